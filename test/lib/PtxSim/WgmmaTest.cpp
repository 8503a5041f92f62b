//===- WgmmaTest.cpp - Tests of the operands and results of wgmma ---------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/PtxSim/Wgmma.h"
#include "lib/PtxSim/Violation.h"

#include <gtest/gtest.h>

#include <cstring>
#include <random>
#include <set>
#include <vector>

using namespace moec::ptxsim;

namespace {
/// An operand in shared memory that starts at byte 1024, next to its values.
struct Laid {
  std::vector<uint8_t> shared = std::vector<uint8_t>(1 << 17);
  std::vector<float> values; // [rows][columns of k]
  int columns = 0;

  void put(uint32_t address, MatrixType type, float value) {
    uint32_t bits = type == MatrixType::F16    ? floatToHalf(value)
                    : type == MatrixType::BF16 ? floatToBits(value) >> 16
                                               : floatToBits(value);
    std::memcpy(&shared.at(address), &bits,
                static_cast<size_t>(matrixElementBytes(type)));
  }
};
} // namespace

static constexpr uint32_t base = 1024;

static float randomValue(std::mt19937 &generator) {
  return static_cast<float>(
             std::uniform_int_distribution<int>(-8, 8)(generator)) /
         4;
}

/// K-major, as a tensor copy with this swizzle writes a box of `swizzle` bytes
/// by `rows` rows: piece c of row r lies at piece c ^ (line of 128 bytes).
static Laid layKMajor(MatrixType type, int rows, unsigned swizzle) {
  std::mt19937 generator(1);
  Laid laid;
  int width = matrixElementBytes(type);
  laid.columns = static_cast<int>(swizzle) / width;
  for (int r = 0; r < rows; ++r)
    for (int k = 0; k < laid.columns; ++k) {
      float value = randomValue(generator);
      laid.values.push_back(value);
      int piece = k * width / 16, inside = k * width % 16;
      int key = swizzle == 128 ? r % 8 : swizzle == 64 ? r / 2 % 4 : r / 4 % 2;
      laid.put(base + static_cast<uint32_t>(r * static_cast<int>(swizzle) +
                                            (piece ^ key) * 16 + inside),
               type, value);
    }
  return laid;
}

/// Reads rows x 32 bytes of the operand through a descriptor.
static std::vector<float> readOperand(const Laid &laid, MatrixType type,
                                      const MatrixDescriptor &descriptor,
                                      int rows, bool mnMajor,
                                      int64_t *conflicts = nullptr) {
  std::vector<uint32_t> pieces;
  operandPieces(decodeMatrixDescriptor(encodeMatrixDescriptor(descriptor)),
                rows, mnMajor, pieces);
  std::vector<uint8_t> bytes;
  for (uint32_t address : pieces)
    bytes.insert(bytes.end(), &laid.shared.at(address),
                 &laid.shared.at(address) + 16);
  std::vector<float> out(
      static_cast<size_t>(rows * 32 / matrixElementBytes(type)));
  operandElements(bytes.data(), type, rows, mnMajor, true, out.data());
  if (conflicts)
    *conflicts = operandConflicts(pieces, rows, mnMajor);
  return out;
}

TEST(WgmmaOperand, KMajorSwizzled) {
  for (MatrixType type : {MatrixType::BF16, MatrixType::F16, MatrixType::TF32})
    for (unsigned swizzle : {32u, 64u, 128u})
      for (int rows : {8, 64, 256}) {
        Laid laid = layKMajor(type, rows, swizzle);
        int k = 32 / matrixElementBytes(type);
        for (unsigned step = 0; step < swizzle / 32; ++step) {
          MatrixDescriptor descriptor{base + 32 * step, 16, 8 * swizzle, 0,
                                      swizzle};
          int64_t conflicts = -1;
          std::vector<float> got =
              readOperand(laid, type, descriptor, rows, false, &conflicts);
          EXPECT_EQ(conflicts, 0);
          for (int r = 0; r < rows; ++r)
            for (int i = 0; i < k; ++i)
              ASSERT_EQ(got[static_cast<size_t>(r * k + i)],
                        laid.values[static_cast<size_t>(
                            r * laid.columns + static_cast<int>(step) * k + i)])
                  << "swizzle " << swizzle << " row " << r << " k " << i;
        }
      }
}

TEST(WgmmaOperand, AnotherSwizzleReadsOtherNumbers) {
  Laid laid = layKMajor(MatrixType::BF16, 64, 128);
  std::vector<float> right =
      readOperand(laid, MatrixType::BF16, {base, 16, 1024, 0, 128}, 64, false);
  EXPECT_NE(right, readOperand(laid, MatrixType::BF16, {base, 16, 512, 0, 64},
                               64, false));
  EXPECT_NE(right, readOperand(laid, MatrixType::BF16, {base, 16, 1024, 0, 0},
                               64, false));
}

/// 64 rows and 16 columns without swizzle: core matrices of 8 rows x 8 k, the
/// next one in k after `leading` bytes, in rows after `stride`.
static void checkPlain(MatrixType type, uint32_t leading, uint32_t stride,
                       bool mnMajor) {
  std::mt19937 generator(2);
  Laid laid;
  for (int r = 0; r < 64; ++r)
    for (int k = 0; k < 16; ++k) {
      laid.values.push_back(randomValue(generator));
      int outer = mnMajor ? k : r, inner = mnMajor ? r : k;
      laid.put(base + static_cast<uint32_t>(r / 8) * stride +
                   static_cast<uint32_t>(k / 8) * leading +
                   static_cast<uint32_t>(outer % 8 * 16 + inner % 8 * 2),
               type, laid.values.back());
    }
  EXPECT_EQ(readOperand(laid, type, {base, leading, stride, 0, 0}, 64, mnMajor),
            laid.values);
}

TEST(WgmmaOperand, KMajorPlain) {
  checkPlain(MatrixType::BF16, 128, 256, false);
}

TEST(WgmmaOperand, MnMajorPlain) {
  checkPlain(MatrixType::F16, 128, 512, true);
}

/// MN-major: k is the outer dimension of the copied box, rows the inner one,
/// cut into boxes of `swizzle` bytes.
TEST(WgmmaOperand, MnMajorSwizzled) {
  for (unsigned swizzle : {32u, 64u, 128u})
    for (int rows : {64, 128, 256}) {
      std::mt19937 generator(3);
      Laid laid;
      int perBox = static_cast<int>(swizzle) / 2;
      constexpr int tileK = 32; // the box holds twice what one wgmma reads
      uint32_t boxBytes = tileK * swizzle;
      laid.values.resize(static_cast<size_t>(rows * tileK));
      for (int r = 0; r < rows; ++r)
        for (int k = 0; k < tileK; ++k) {
          float value = randomValue(generator);
          laid.values[static_cast<size_t>(r * tileK + k)] = value;
          int key = swizzle == 128  ? k % 8
                    : swizzle == 64 ? k / 2 % 4
                                    : k / 4 % 2;
          int piece = r % perBox / 8;
          laid.put(base + static_cast<uint32_t>(r / perBox) * boxBytes +
                       static_cast<uint32_t>(k * static_cast<int>(swizzle) +
                                             (piece ^ key) * 16 + r % 8 * 2),
                   MatrixType::BF16, value);
        }
      for (int step = 0; step < 2; ++step) {
        int64_t conflicts = -1;
        std::vector<float> got =
            readOperand(laid, MatrixType::BF16,
                        {base + static_cast<uint32_t>(step) * 16 * swizzle,
                         boxBytes, 8 * swizzle, 0, swizzle},
                        rows, true, &conflicts);
        EXPECT_EQ(conflicts, 0);
        for (int r = 0; r < rows; ++r)
          for (int k = 0; k < 16; ++k)
            ASSERT_EQ(
                got[static_cast<size_t>(r * 16 + k)],
                laid.values[static_cast<size_t>(r * tileK + 16 * step + k)])
                << "swizzle " << swizzle << " row " << r << " k " << k;
      }
    }
}

TEST(WgmmaOperand, TransposedOutput) {
  Laid laid = layKMajor(MatrixType::BF16, 16, 32);
  std::vector<uint8_t> bytes;
  std::vector<uint32_t> pieces;
  operandPieces({base, 16, 256, 0, 32}, 16, false, pieces);
  for (uint32_t address : pieces)
    bytes.insert(bytes.end(), &laid.shared[address],
                 &laid.shared[address] + 16);
  std::vector<float> out(256);
  operandElements(bytes.data(), MatrixType::BF16, 16, false, false, out.data());
  for (int r = 0; r < 16; ++r)
    for (int k = 0; k < 16; ++k)
      EXPECT_EQ(out[static_cast<size_t>(k * 16 + r)],
                laid.values[static_cast<size_t>(r * 16 + k)]);
}

TEST(WgmmaOperand, CountsConflicts) {
  // Rows 1024 bytes apart in one core matrix cannot happen; a start that is not
  // aligned to the lines of the pattern can.
  std::vector<uint32_t> pieces(16, 0);
  for (uint32_t r = 0; r < 8; ++r)
    pieces[2 * r] = pieces[2 * r + 1] = 128 * r;
  EXPECT_EQ(operandConflicts(pieces, 8, false), 14);
}

TEST(WgmmaOperand, BaseOffsetShiftsThePattern) {
  // The same tile, begun 384 bytes after a repeat: row r of it lies in line
  // r + 3 of the address pattern, the descriptor says so.
  std::vector<uint32_t> aligned, shifted;
  operandPieces({base, 16, 1024, 0, 128}, 8, false, aligned);
  operandPieces({base + 384, 16, 1024, 3, 128}, 8, false, shifted);
  for (size_t i = 0; i < aligned.size(); ++i)
    EXPECT_EQ(aligned[i] + 384, shifted[i]);
}

TEST(WgmmaDescriptor, RefusesReservedBits) {
  EXPECT_NO_THROW(decodeMatrixDescriptor(0xc00e3fff3fff3fffu));
  for (int bit : {14, 15, 30, 31, 46, 47, 48, 52, 61})
    EXPECT_THROW(decodeMatrixDescriptor(uint64_t{1} << bit), Violation) << bit;
  MatrixDescriptor d = decodeMatrixDescriptor(
      uint64_t{1} << 62 | uint64_t{64} << 32 | 1 << 16 | 64);
  EXPECT_EQ(d.start, 1024u);
  EXPECT_EQ(d.leading, 16u);
  EXPECT_EQ(d.stride, 1024u);
  EXPECT_EQ(d.swizzle, 128u);
}

TEST(WgmmaShape, Parses) {
  WgmmaShape shape;
  ASSERT_TRUE(parseWgmmaShape("m64n256k16.f32.bf16.bf16", shape));
  EXPECT_EQ(shape.n, 256);
  EXPECT_EQ(shape.k, 16);
  EXPECT_EQ(shape.accumulatorRegisters(), 128);
  EXPECT_EQ(shape.flops(), 2 * 64 * 256 * 16);
  ASSERT_TRUE(parseWgmmaShape("m64n8k8.f32.tf32.tf32", shape));
  EXPECT_EQ(shape.type, MatrixType::TF32);
  ASSERT_TRUE(parseWgmmaShape("m64n64k16.f16.f16.f16", shape));
  EXPECT_EQ(shape.accumulatorRegisters(), 16);
  for (const char *text :
       {"m64n12k16.f32.bf16.bf16", "m64n264k16.f32.bf16.bf16",
        "m64n0k16.f32.bf16.bf16", "m32n8k16.f32.bf16.bf16", "m64n64k16", "m64n",
        "m64n64k8.f32.bf16.bf16", "m64n64k32.f32.e4m3.e4m3",
        "m64n99999999999k16.f32.bf16.bf16"})
    EXPECT_FALSE(parseWgmmaShape(text, shape)) << text;
}

/// Every element of D belongs to exactly one register of one lane.
TEST(WgmmaShape, AccumulatorsCoverD) {
  for (bool half : {false, true}) {
    WgmmaShape shape;
    shape.n = 24;
    shape.halfAccumulator = half;
    std::set<std::pair<int, int>> seen;
    for (int warp = 0; warp < 4; ++warp)
      for (int lane = 0; lane < 32; ++lane)
        for (int r = 0; r < shape.accumulatorRegisters(); ++r)
          for (int e = 0; e < (half ? 2 : 1); ++e)
            seen.insert({wgmmaRow(shape, warp, lane, r),
                         wgmmaColumn(shape, lane, r) + e});
    EXPECT_EQ(seen.size(), 64u * 24u);
    EXPECT_EQ(seen.rbegin()->first, 63);
  }
  // Spot checks against the figure of the manual, f32.
  WgmmaShape shape;
  shape.n = 16;
  EXPECT_EQ(wgmmaRow(shape, 0, 5, 2), 9);
  EXPECT_EQ(wgmmaColumn(shape, 5, 3), 3);
  EXPECT_EQ(wgmmaColumn(shape, 5, 6), 10);
  EXPECT_EQ(wgmmaRow(shape, 3, 31, 7), 63);
}

TEST(WgmmaShape, RegistersHoldALikeMma) {
  // A warp of A is the fragment of an mma.sync of 16 rows.
  for (MatrixType type : {MatrixType::BF16, MatrixType::TF32}) {
    WgmmaShape shape;
    shape.type = type;
    shape.k = type == MatrixType::TF32 ? 8 : 16;
    std::vector<WarpRegister> registers(16);
    std::mt19937 generator(5);
    for (WarpRegister &r : registers)
      for (uint32_t &bits : r)
        bits = type == MatrixType::TF32
                   ? floatToBits(randomValue(generator))
                   : floatToBits(randomValue(generator)) |
                         floatToBits(randomValue(generator)) >> 16;
    std::vector<float> a(static_cast<size_t>(64 * shape.k));
    wgmmaRegistersToA(shape, registers.data(), a.data());
    // Multiply by a part of the unit matrix with mma.sync and compare.
    MmaShape mma{16, 8, shape.k, type, false};
    for (int warp = 0; warp < 4; ++warp)
      for (int half = 0; half < shape.k / 8; ++half) {
        WarpRegister b[2] = {}, c[4] = {}, d[4];
        for (int lane = 0; lane < 32; ++lane)
          for (int r = 0; r < mma.bRegisters(); ++r)
            for (int e = 0; e < mma.elementsPerRegister(); ++e) {
              int k = mma.elementsPerRegister() * (lane % 4 + 4 * r) + e;
              if (k != lane / 4 + 8 * half)
                continue;
              uint32_t one = floatToBits(1.0f);
              b[r][lane] |= type == MatrixType::TF32 ? one
                            : e                      ? one
                                                     : one >> 16;
            }
        executeMma(mma, &registers[static_cast<size_t>(4 * warp)], b, c, d);
        for (int lane = 0; lane < 32; ++lane)
          for (int r = 0; r < 4; ++r)
            EXPECT_EQ(bitsToFloat(d[r][lane]),
                      a[static_cast<size_t>(
                          (16 * warp + lane / 4 + 8 * (r >> 1)) * shape.k +
                          8 * half + 2 * (lane % 4) + (r & 1))]);
      }
  }
}
