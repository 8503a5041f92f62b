//===- ToolValues.h - Arguments of kernels on a command line ----*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_LIB_PTXSIM_TOOLVALUES_H
#define MOEC_LIB_PTXSIM_TOOLVALUES_H

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace moec::ptxsim {

/// U16 also holds the bits of f16 and bf16.
enum class ScalarType : uint8_t { U8, U16, I32, U32, I64, U64, F32, F64 };

uint32_t scalarBytes(ScalarType type);
/// "u8", "f32", ...
const char *scalarName(ScalarType type);
/// The element at `bytes` as text: as many digits as tell it apart.
std::string scalarText(ScalarType type, const void *bytes);

/// What --arg says.
struct Argument {
  ScalarType type = ScalarType::F32;
  bool buffer = false;
  std::array<uint8_t, 8> value{}; ///< of the scalar; what fills the buffer
  uint64_t count = 0;             ///< elements of the buffer
  std::string file;               ///< an npy file that fills it, or empty

  /// Of the parameter: an address where it is a buffer.
  uint32_t bytes() const { return buffer ? 8 : scalarBytes(type); }
  uint64_t bufferBytes() const { return count * scalarBytes(type); }
};

/// Reads TYPE:VALUE or buffer:TYPE:COUNT[=VALUE|=@FILE.npy]. Throws Error with
/// what was expected.
Argument parseArgument(const std::string &text);

/// The elements of an npy file of any shape; throws Error unless it is in C
/// order and has that type and that many elements. The runtime's reader knows
/// three types and is no part of the simulator.
std::vector<char> readNpyElements(const std::string &path, ScalarType type,
                                  uint64_t count);

/// Writes an npy file of shape [count].
void writeNpyElements(const std::string &path, ScalarType type, uint64_t count,
                      const void *data);

/// A file as it is. Throws Error with the cause; beyond `most` bytes with
/// ErrorCode::Resources.
std::string readFile(const std::string &path, uint64_t most);

} // namespace moec::ptxsim

#endif // MOEC_LIB_PTXSIM_TOOLVALUES_H
