//===- Version.h - Which moec this is ---------------------------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_RUNTIME_CORE_VERSION_H
#define MOEC_RUNTIME_CORE_VERSION_H

#include "moec/Runtime/Version.h"

#include <string>

namespace moec {

/// The commit that this was built from, abbreviated; "unknown" without git.
const char *commit();

/// "moec 0.1.0 (commit 208e050a1b, LLVM 22.1.8, module ABI 1)": what
/// `--version` of a tool prints. `llvm` is LLVM_VERSION_STRING in tools that
/// contain LLVM, else "", which leaves that part away.
std::string versionText(const std::string &tool, const std::string &llvm = "");

} // namespace moec

#endif // MOEC_RUNTIME_CORE_VERSION_H
