//===- SafetensorsText.h - Safetensors files as bytes ----------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_TEST_RUNTIME_SAFETENSORSTEXT_H
#define MOEC_TEST_RUNTIME_SAFETENSORSTEXT_H

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

namespace moec::rt::test {

/// A file with this header and so many bytes of data.
inline std::string safetensors(const std::string &header, size_t data) {
  uint64_t length = header.size();
  std::string file(8, '\0');
  std::memcpy(file.data(), &length, 8);
  return file + header + std::string(data, 'd');
}

inline std::string_view asBytes(const std::vector<float> &values) {
  return {reinterpret_cast<const char *>(values.data()), values.size() * 4};
}

} // namespace moec::rt::test

#endif // MOEC_TEST_RUNTIME_SAFETENSORSTEXT_H
