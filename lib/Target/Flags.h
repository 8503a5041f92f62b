//===- Flags.h - Flags of targets -------------------------------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_LIB_TARGET_FLAGS_H
#define MOEC_LIB_TARGET_FLAGS_H

#include <map>
#include <string>

namespace moec::target {

/// A flag of the command line that only some targets know.
struct Flag {
  std::string name;     ///< "cpu", said as --cpu
  std::string synonyms; ///< other spellings, ",--target-cpu", or empty
  std::string help;
};
/// The flags that were given, by name.
using FlagValues = std::map<std::string, std::string>;

} // namespace moec::target

#endif // MOEC_LIB_TARGET_FLAGS_H
