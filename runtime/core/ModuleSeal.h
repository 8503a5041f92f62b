//===- ModuleSeal.h - The last bytes of a module file -----------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A module file is an ELF image and 24 bytes behind it, numbers with the least
// byte first (docs/module-format.md):
//
//    0  8 bytes  "moecseal"
//    8  uint32   the module ABI
//   12  uint32   0
//   16  uint64   checksum of every byte before it
//
// The compiler appends them; the runtime looks at nothing else of a file before
// they are right.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_RUNTIME_CORE_MODULESEAL_H
#define MOEC_RUNTIME_CORE_MODULESEAL_H

#include <cstdint>
#include <string>
#include <string_view>

namespace moec {

constexpr size_t sealBytes = 24;

/// The seal to append to `image`, for the module ABI `abi`.
std::string moduleSeal(std::string_view image, uint32_t abi);

/// What is wrong with the file of these bytes, as the end of a sentence that
/// begins with its name; "" when it is whole and of this runtime's ABI.
std::string moduleFault(std::string_view file);

} // namespace moec

#endif // MOEC_RUNTIME_CORE_MODULESEAL_H
