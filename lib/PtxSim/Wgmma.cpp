//===- Wgmma.cpp - wgmma: products by four warps --------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/PtxSim/Wgmma.h"

#include "lib/PtxSim/MatrixMove.h"
#include "lib/PtxSim/TensorMap.h"
#include "lib/PtxSim/Violation.h"

#include <cstring>

using namespace moec::ptxsim;

bool moec::ptxsim::parseWgmmaShape(std::string_view modifiers,
                                   WgmmaShape &shape) {
  if (modifiers.substr(0, 4) != "m64n")
    return false;
  modifiers.remove_prefix(4);
  int n = 0;
  while (!modifiers.empty() && modifiers[0] >= '0' && modifiers[0] <= '9' &&
         n < 1000) {
    n = 10 * n + (modifiers[0] - '0');
    modifiers.remove_prefix(1);
  }
  if (n < 8 || n > 256 || n % 8)
    return false;
  struct Form {
    const char *text;
    int k;
    MatrixType type;
    bool half;
  };
  static constexpr Form forms[] = {
      {"k16.f32.bf16.bf16", 16, MatrixType::BF16, false},
      {"k16.f32.f16.f16", 16, MatrixType::F16, false},
      {"k16.f16.f16.f16", 16, MatrixType::F16, true},
      {"k8.f32.tf32.tf32", 8, MatrixType::TF32, false}};
  for (const Form &form : forms)
    if (modifiers == form.text) {
      shape = {n, form.k, form.type, form.half};
      return true;
    }
  return false;
}

MatrixDescriptor moec::ptxsim::decodeMatrixDescriptor(uint64_t bits) {
  constexpr uint64_t fields = 0xc00e3fff3fff3fffu;
  if (bits & ~fields)
    violate(FaultKind::BadOperand,
            "matrix descriptor 0x{:016x}: bits 0x{:x} belong to no field", bits,
            bits & ~fields);
  MatrixDescriptor result;
  result.start = static_cast<uint32_t>(bits & 0x3fff) << 4;
  result.leading = static_cast<uint32_t>(bits >> 16 & 0x3fff) << 4;
  result.stride = static_cast<uint32_t>(bits >> 32 & 0x3fff) << 4;
  result.base = static_cast<uint32_t>(bits >> 49 & 7);
  static constexpr unsigned widths[] = {0, 128, 64, 32};
  result.swizzle = widths[bits >> 62];
  return result;
}

uint64_t
moec::ptxsim::encodeMatrixDescriptor(const MatrixDescriptor &descriptor) {
  auto field = [](uint32_t bytes) { return uint64_t{(bytes & 0x3ffff) >> 4}; };
  uint64_t mode = descriptor.swizzle == 128  ? 1
                  : descriptor.swizzle == 64 ? 2
                  : descriptor.swizzle == 32 ? 3
                                             : 0;
  return field(descriptor.start) | field(descriptor.leading) << 16 |
         field(descriptor.stride) << 32 | uint64_t{descriptor.base & 7} << 49 |
         mode << 62;
}

void moec::ptxsim::operandPieces(const MatrixDescriptor &descriptor, int rows,
                                 bool mnMajor,
                                 std::vector<uint32_t> &addresses) {
  uint32_t swizzle = descriptor.swizzle;
  auto place = [&](uint32_t offset) {
    uint32_t address = descriptor.start + offset;
    // The phase of the pattern counts from where it begins.
    uint32_t shifted = address - (descriptor.base << 7);
    addresses.push_back(address ^ swizzleAddress(shifted, swizzle) ^ shifted);
  };
  addresses.clear();
  if (!mnMajor) {
    uint32_t pitch = swizzle ? swizzle : 16;
    uint32_t next = swizzle ? 16 : descriptor.leading;
    for (uint32_t row = 0; row < static_cast<uint32_t>(rows); ++row)
      for (uint32_t piece = 0; piece < 2; ++piece)
        place(row % 8 * pitch + row / 8 * descriptor.stride + piece * next);
    return;
  }
  uint32_t wide = swizzle ? swizzle / 16 : 1;
  uint32_t pitch = swizzle ? swizzle : 16;
  uint32_t outer = swizzle ? descriptor.leading : descriptor.stride;
  uint32_t deep = swizzle ? descriptor.stride : descriptor.leading;
  for (uint32_t k = 0; k < 16; ++k)
    for (uint32_t piece = 0; piece < static_cast<uint32_t>(rows) / 8; ++piece)
      place(piece % wide * 16 + piece / wide * outer + k % 8 * pitch +
            k / 8 * deep);
}

/// operandElements() for one type, so that the loops hold no decisions.
template <MatrixType type>
static void elementsOf(const uint8_t *bytes, int rows, bool mnMajor,
                       bool rowsOutside, float *out) {
  constexpr int width = type == MatrixType::TF32 ? 4 : 2, k = 32 / width;
  const int rowIn = mnMajor ? 1 : k, kIn = mnMajor ? rows : 1;
  const int rowOut = rowsOutside ? k : 1, kOut = rowsOutside ? 1 : rows;
  for (int row = 0; row < rows; ++row)
    for (int inner = 0; inner < k; ++inner) {
      uint32_t bits = 0;
      std::memcpy(&bits, bytes + (row * rowIn + inner * kIn) * width, width);
      out[row * rowOut + inner * kOut] = matrixElement(type, bits);
    }
}

void moec::ptxsim::operandElements(const uint8_t *bytes, MatrixType type,
                                   int rows, bool mnMajor, bool rowsOutside,
                                   float *out) {
  switch (type) {
  case MatrixType::F16:
    return elementsOf<MatrixType::F16>(bytes, rows, mnMajor, rowsOutside, out);
  case MatrixType::BF16:
    return elementsOf<MatrixType::BF16>(bytes, rows, mnMajor, rowsOutside, out);
  case MatrixType::TF32:
    return elementsOf<MatrixType::TF32>(bytes, rows, mnMajor, rowsOutside, out);
  }
}

int64_t moec::ptxsim::operandConflicts(const std::vector<uint32_t> &addresses,
                                       int rows, bool mnMajor) {
  int64_t extra = 0;
  uint32_t group[8];
  int perLine = mnMajor ? rows / 8 : 2;
  int lines = mnMajor ? 16 : rows;
  for (int first = 0; first < lines; first += 8)
    for (int piece = 0; piece < perLine; ++piece) {
      for (int i = 0; i < 8; ++i)
        group[i] =
            addresses[static_cast<size_t>((first + i) * perLine + piece)];
      extra += sharedPasses16(group, 8) - 1;
    }
  return extra;
}

void moec::ptxsim::wgmmaRegistersToA(const WgmmaShape &shape,
                                     const WarpRegister *registers, float *a) {
  int packed = shape.type == MatrixType::TF32 ? 1 : 2;
  for (int warp = 0; warp < 4; ++warp)
    for (int r = 0; r < 4; ++r)
      for (int lane = 0; lane < warpLanes; ++lane) {
        int row = 16 * warp + lane / 4 + 8 * (r & 1);
        int column = packed * (lane % 4 + 4 * (r >> 1));
        uint32_t bits = registers[4 * warp + r][lane];
        for (int e = 0; e < packed; ++e)
          a[row * shape.k + column + e] =
              matrixElement(shape.type, e ? bits >> 16 : bits);
      }
}
