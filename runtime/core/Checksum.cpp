//===- Checksum.cpp - A checksum of bytes ---------------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/core/Checksum.h"

// The header alone: what one ships needs no library for it.
#define XXH_INLINE_ALL
#include <xxhash.h>

using namespace moec;

struct Checksum::State {
  XXH3_state_t hash; // aligned to 64 bytes, which `new` of C++17 respects
};

Checksum::Checksum() : state(new State) { XXH3_64bits_reset(&state->hash); }

Checksum::~Checksum() = default;

void Checksum::add(std::string_view bytes) {
  XXH3_64bits_update(&state->hash, bytes.data(), bytes.size());
}

uint64_t Checksum::value() const { return XXH3_64bits_digest(&state->hash); }

uint64_t moec::checksum(std::string_view bytes) {
  return XXH3_64bits(bytes.data(), bytes.size());
}
