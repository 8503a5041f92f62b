//===- MmaTest.cpp - Tests of mma.sync ------------------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/PtxSim/Mma.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <vector>

using namespace moec::ptxsim;

namespace {
/// Where element `i` of a fragment of lane `lane` is, as the manual lists it.
struct Place {
  int row, column;
};

struct Case {
  const char *text;
  MatrixType type;
  int k;
  bool half;
};
} // namespace

static Place placeOfA(const Case &test, int lane, int i) {
  int group = lane >> 2, thread = lane % 4;
  if (test.type == MatrixType::TF32)
    return {i == 0 || i == 2 ? group : group + 8,
            i == 0 || i == 1 ? thread : thread + 4};
  if (test.k == 8)
    return {i < 2 ? group : group + 8, thread * 2 + (i & 1)};
  return {i < 2 || (i >= 4 && i < 6) ? group : group + 8,
          i < 4 ? thread * 2 + (i & 1) : thread * 2 + (i & 1) + 8};
}

static Place placeOfB(const Case &test, int lane, int i) {
  int group = lane >> 2, thread = lane % 4;
  if (test.type == MatrixType::TF32)
    return {i == 0 ? thread : thread + 4, group};
  return {i < 2 ? thread * 2 + (i & 1) : thread * 2 + (i & 1) + 8, group};
}

static Place placeOfC(int lane, int i) {
  return {i < 2 ? lane >> 2 : (lane >> 2) + 8, (lane % 4) * 2 + (i & 1)};
}

/// Bits of an element that is exact in every format here.
static uint32_t bitsOf(MatrixType type, float value) {
  if (type == MatrixType::F16)
    return floatToHalf(value);
  if (type == MatrixType::BF16)
    return floatToBits(value) >> 16;
  return floatToBits(value);
}

static void checkCase(const Case &test) {
  SCOPED_TRACE(test.text);
  MmaShape shape;
  ASSERT_TRUE(parseMmaShape(test.text, shape));
  EXPECT_EQ(shape.k, test.k);
  std::mt19937 generator(7);
  // Small multiples of 1/8: every sum is exact, so the order does not matter.
  std::uniform_int_distribution<int> value(-16, 16);
  std::vector<float> a(16 * test.k), b(test.k * 8), c(16 * 8);
  for (auto *matrix : {&a, &b, &c})
    for (float &x : *matrix)
      x = static_cast<float>(value(generator)) / 8;

  WarpRegister ra[4] = {}, rb[2] = {}, rc[4] = {}, rd[4] = {};
  int packed = test.type == MatrixType::TF32 ? 1 : 2;
  for (int lane = 0; lane < 32; ++lane) {
    for (int i = 0; i < 16 * test.k / 32; ++i) {
      Place p = placeOfA(test, lane, i);
      ra[i / packed][lane] |= bitsOf(test.type, a[p.row * test.k + p.column])
                              << (16 * (i % packed));
    }
    for (int i = 0; i < test.k * 8 / 32; ++i) {
      Place p = placeOfB(test, lane, i);
      rb[i / packed][lane] |= bitsOf(test.type, b[p.row * 8 + p.column])
                              << (16 * (i % packed));
    }
    for (int i = 0; i < 4; ++i) {
      Place p = placeOfC(lane, i);
      float x = c[p.row * 8 + p.column];
      if (test.half)
        rc[i / 2][lane] |= static_cast<uint32_t>(floatToHalf(x))
                           << (16 * (i % 2));
      else
        rc[i][lane] = floatToBits(x);
    }
  }
  executeMma(shape, ra, rb, rc, rd);
  for (int lane = 0; lane < 32; ++lane)
    for (int i = 0; i < 4; ++i) {
      Place p = placeOfC(lane, i);
      float expected = c[p.row * 8 + p.column];
      for (int k = 0; k < test.k; ++k)
        expected += a[p.row * test.k + k] * b[k * 8 + p.column];
      float got = test.half ? halfToFloat(static_cast<uint16_t>(
                                  rd[i / 2][lane] >> (16 * (i % 2))))
                            : bitsToFloat(rd[i][lane]);
      if (test.half)
        expected = halfToFloat(floatToHalf(expected));
      EXPECT_EQ(got, expected) << "lane " << lane << ", element " << i;
    }
}

TEST(Mma, MatchesATripleLoop) {
  for (const Case &test : std::vector<Case>{
           {"m16n8k16.row.col.f32.bf16.bf16.f32", MatrixType::BF16, 16, false},
           {"m16n8k16.row.col.f32.f16.f16.f32", MatrixType::F16, 16, false},
           {"m16n8k16.row.col.f16.f16.f16.f16", MatrixType::F16, 16, true},
           {"m16n8k8.row.col.f32.bf16.bf16.f32", MatrixType::BF16, 8, false},
           {"m16n8k8.row.col.f32.f16.f16.f32", MatrixType::F16, 8, false},
           {"m16n8k8.row.col.f16.f16.f16.f16", MatrixType::F16, 8, true},
           {"m16n8k8.row.col.f32.tf32.tf32.f32", MatrixType::TF32, 8, false},
           {"m16n8k4.row.col.f32.tf32.tf32.f32", MatrixType::TF32, 4, false}})
    checkCase(test);
}

TEST(Mma, RefusesOtherShapes) {
  MmaShape shape;
  for (const char *text :
       {"m16n8k16.row.col.f32.tf32.tf32.f32", "m8n8k4.row.col.f32.f16.f16.f32",
        "m16n8k16.col.row.f32.bf16.bf16.f32",
        "m16n8k16.row.col.f32.bf16.f16.f32",
        "m16n8k16.row.col.f16.bf16.bf16.f16", "m16n8k16.row.col.f32.bf16.bf16",
        "m16n8k4.row.col.f32.bf16.bf16.f32", "",
        "m16n8k16.row.col.f32.bf16.bf16.f32.satfinite"})
    EXPECT_FALSE(parseMmaShape(text, shape)) << text;
}

TEST(Mma, Tf32DropsThirteenBits) {
  MmaShape shape{16, 8, 4, MatrixType::TF32, false};
  WarpRegister a[2] = {}, b[1] = {}, c[4] = {}, d[4];
  a[0][0] = floatToBits(1.0f) | 0x1fff; // row 0, column 0
  b[0][0] = floatToBits(3.0f);          // row 0, column 0
  executeMma(shape, a, b, c, d);
  EXPECT_EQ(bitsToFloat(d[0][0]), 3.0f);
  a[0][0] |= 0x2000; // the last bit that counts
  executeMma(shape, a, b, c, d);
  EXPECT_EQ(bitsToFloat(d[0][0]), 3.0f + 3 * 0x1p-10f);
}

TEST(TensorFloat, HalfRoundTripsAndRounds) {
  for (uint32_t bits = 0; bits < 0x10000; ++bits) {
    float value = halfToFloat(static_cast<uint16_t>(bits));
    if (std::isnan(value)) {
      EXPECT_TRUE(std::isnan(halfToFloat(floatToHalf(value))));
      continue;
    }
    EXPECT_EQ(floatToHalf(value), bits);
    // Between two neighbours: to nearest, the tie to the even one.
    uint16_t next = static_cast<uint16_t>(bits + 1);
    if ((bits & 0x7fff) >= 0x7bff)
      continue;
    float upper = halfToFloat(next), middle = (value + upper) / 2;
    EXPECT_EQ(floatToHalf(middle), bits & 1 ? next : bits);
    EXPECT_EQ(floatToHalf(std::nextafterf(middle, value)), bits);
    EXPECT_EQ(floatToHalf(std::nextafterf(middle, upper)), next);
  }
  EXPECT_EQ(floatToHalf(65519.0f), 0x7bff);
  EXPECT_EQ(floatToHalf(65520.0f), 0x7c00);
  EXPECT_EQ(floatToHalf(-1e30f), 0xfc00);
  EXPECT_EQ(halfToFloat(0x3c01), 1.0f + 0x1p-10f);
  EXPECT_EQ(halfToFloat(0x0001), 0x1p-24f);
}
