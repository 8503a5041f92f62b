//===- Elements.cpp - Stored elements as numbers --------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/weights/Elements.h"

#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <map>

namespace moec::rt {

template <typename T> static T load(const char *bytes) {
  T value;
  std::memcpy(&value, bytes, sizeof(T));
  return value;
}

template <typename T> static double number(const char *bytes) {
  return double(load<T>(bytes));
}

/// bf16 is the upper half of an f32.
static double bfloat16(const char *bytes) {
  uint32_t bits = uint32_t(load<uint16_t>(bytes)) << 16;
  return number<float>(reinterpret_cast<const char *>(&bits));
}

/// IEEE 754 binary16: a sign, 5 bits of exponent, 10 of fraction.
static double float16(const char *bytes) {
  uint16_t bits = load<uint16_t>(bytes);
  int exponent = bits >> 10 & 31, fraction = bits & 1023;
  double value =
      exponent == 31
          ? (fraction ? std::nan("") : std::numeric_limits<double>::infinity())
      : exponent ? std::ldexp(1024 + fraction, exponent - 25)
                 : std::ldexp(fraction, -24);
  return bits >> 15 ? -value : value;
}

ElementDecoder decoderOf(const std::string &dtype) {
  static const std::map<std::string, ElementDecoder> table = {
      {"BOOL", number<uint8_t>}, {"U8", number<uint8_t>},
      {"I8", number<int8_t>},    {"U16", number<uint16_t>},
      {"I16", number<int16_t>},  {"U32", number<uint32_t>},
      {"I32", number<int32_t>},  {"U64", number<uint64_t>},
      {"I64", number<int64_t>},  {"BF16", bfloat16},
      {"F16", float16},          {"F32", number<float>},
      {"F64", number<double>}};
  auto found = table.find(dtype);
  return found == table.end() ? nullptr : found->second;
}

bool isFloating(const std::string &dtype) {
  return dtype == "F32" || dtype == "F16" || dtype == "BF16" || dtype == "F64";
}

} // namespace moec::rt
