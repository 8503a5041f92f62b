//===- Elements.h - Stored elements as numbers ------------------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_RUNTIME_WEIGHTS_ELEMENTS_H
#define MOEC_RUNTIME_WEIGHTS_ELEMENTS_H

#include <string>

namespace moec::rt {

/// The number that little-endian bytes stand for. It is exact, but for I64 and
/// U64 of more than 53 bits.
using ElementDecoder = double (*)(const char *bytes);

/// That of a dtype as safetensors files name it; null for those of 8 bits with
/// a point, and for what is no dtype.
ElementDecoder decoderOf(const std::string &dtype);

/// Whether elements of this dtype are taken for weights: F64, F32, F16, BF16.
bool isFloating(const std::string &dtype);

} // namespace moec::rt

#endif // MOEC_RUNTIME_WEIGHTS_ELEMENTS_H
