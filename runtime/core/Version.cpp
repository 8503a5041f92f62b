//===- Version.cpp - Which moec this is -----------------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/core/Version.h"

const char *moec::commit() {
  return
#include "moec/Commit.inc"
      ;
}

std::string moec::versionText(const std::string &tool,
                              const std::string &llvm) {
  return tool + " " MOEC_VERSION " (commit " + commit() +
         (llvm.empty() ? "" : ", LLVM " + llvm) + ", module ABI " +
         std::to_string(MOEC_MODULE_ABI) + ")";
}
