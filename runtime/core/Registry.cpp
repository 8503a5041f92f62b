//===- Registry.cpp - Things that are known by name -----------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/core/Registry.h"

namespace moec::rt {

std::string alternatives(const std::vector<std::string> &words) {
  if (words.empty())
    return "none";
  if (words.size() == 1)
    return words[0];
  return fmt::format("{} or {}",
                     fmt::join(words.begin(), words.end() - 1, ", "),
                     words.back());
}

} // namespace moec::rt
