//===- ModuleSeal.cpp - The last bytes of a module file -------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/core/ModuleSeal.h"
#include "runtime/core/Checksum.h"
#include "runtime/core/Version.h"

using namespace moec;

static constexpr std::string_view magic = "moecseal";
static constexpr size_t abiAt = 8, checksumAt = 16;

static void append(std::string &to, uint64_t value, int bytes) {
  for (int i = 0; i < bytes; ++i)
    to.push_back(char(value >> (8 * i)));
}

static uint64_t readNumber(std::string_view from, size_t at, int bytes) {
  uint64_t value = 0;
  for (int i = bytes - 1; i >= 0; --i)
    value = value << 8 | uint8_t(from[at + i]);
  return value;
}

std::string moec::moduleSeal(std::string_view image, uint32_t abi) {
  std::string seal(magic);
  append(seal, abi, 4);
  append(seal, 0, 4);
  Checksum sum;
  sum.add(image);
  sum.add(seal);
  append(seal, sum.value(), 8);
  return seal;
}

std::string moec::moduleFault(std::string_view file) {
  if (file.substr(0, 4) != "\177ELF")
    return "is no moec module: it is not an ELF file; `moec compile` makes one";
  std::string_view seal = file.substr(
      file.size() < sealBytes ? file.size() : file.size() - sealBytes);
  if (seal.substr(0, magic.size()) != magic)
    return "is no whole moec module: the seal that should stand at its end is "
           "missing; it was truncated or changed, or is no module of this "
           "moec: copy it again, or compile the model again";
  if (checksum(file.substr(0, file.size() - 8)) !=
      readNumber(seal, checksumAt, 8))
    return "is damaged: its bytes do not have the checksum that stands at its "
           "end; copy it again, or compile the model again";
  uint64_t abi = readNumber(seal, abiAt, 4);
  if (abi != MOEC_MODULE_ABI)
    return "has module ABI " + std::to_string(abi) +
           ", this runtime (" MOEC_VERSION ") takes " +
           std::to_string(MOEC_MODULE_ABI) +
           "; compile the model again with the moec of this runtime";
  return "";
}
