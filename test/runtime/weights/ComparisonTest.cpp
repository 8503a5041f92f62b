//===- ComparisonTest.cpp - Tests of differences of weights ---------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/weights/Comparison.h"
#include "runtime/data/Safetensors.h"
#include "test/runtime/TestSupport.h"

#include <cmath>

using namespace moec::rt;
using namespace moec::rt::test;

using Lines = std::vector<std::string>;

template <typename T>
static std::string_view asBytes(const std::vector<T> &values) {
  return {reinterpret_cast<const char *>(values.data()),
          values.size() * sizeof(T)};
}

TEST(Comparison, TellsWhatDiffers) {
  TemporaryFolder folder;
  std::vector<float> a = {1, 2, NAN, 4, 5, 6}, b = {1, 2.5, NAN, 4, 5, 8};
  std::vector<double> wide = {1, 2, 3};
  std::vector<uint8_t> bytes = {1}, other = {2};
  writeSafetensors(folder / "a",
                   {{"equal", "F32", {6}, asBytes(a)},
                    {"values", "F32", {2, 3}, asBytes(a)},
                    {"shapes", "F32", {6}, asBytes(a)},
                    {"small", "F8_E5M2", {1}, asBytes(bytes)},
                    {"gone", "F32", {6}, asBytes(a)}},
                   {});
  writeSafetensors(folder / "b",
                   {{"new", "F64", {3}, asBytes(wide)},
                    {"values", "F32", {2, 3}, asBytes(b)},
                    {"shapes", "F32", {3, 2}, asBytes(a)},
                    {"small", "F8_E5M2", {1}, asBytes(other)},
                    {"equal", "F32", {6}, asBytes(a)}},
                   {});
  TensorFile first(folder / "a"), second(folder / "b");
  EXPECT_EQ(
      compareWeights(first, second, 0, 0),
      (Lines{"\"values\" F32 [2, 3]: 2 of 6 elements differ, most by 2 at [1, "
             "2]: 6 and 8",
             "\"shapes\" F32 [6] and F32 [3, 2]: shapes differ",
             "\"small\" F8_E5M2 [1]: bytes differ",
             "\"gone\" F32 [6]: only in " + (folder / "a"),
             "\"new\" F64 [3]: only in " + (folder / "b")}));
  EXPECT_EQ(compareWeights(first, second, 0.5, 0)[0],
            "\"values\" F32 [2, 3]: 1 of 6 elements differ, most by 2 at [1, "
            "2]: 6 and 8");
  EXPECT_EQ(compareWeights(first, second, 0, 0.25)[0],
            "\"shapes\" F32 [6] and F32 [3, 2]: shapes differ");
  EXPECT_EQ(compareWeights(first, first, 0, 0), Lines());
}

TEST(Comparison, NumbersCount) {
  TemporaryFolder folder;
  std::vector<float> a = {1, NAN, INFINITY};
  std::vector<double> same = {1, NAN, INFINITY}, other = {1, 2, INFINITY};
  writeSafetensors(folder / "a", {{"x", "F32", {3}, asBytes(a)}}, {});
  writeSafetensors(folder / "b", {{"x", "F64", {3}, asBytes(same)}}, {});
  writeSafetensors(folder / "c", {{"x", "F64", {3}, asBytes(other)}}, {});
  TensorFile first(folder / "a"), second(folder / "b"), third(folder / "c");
  EXPECT_EQ(compareWeights(first, second, 0, 0), Lines());
  EXPECT_EQ(compareWeights(first, third, 1e9, 0),
            (Lines{"\"x\" F32 [3] and F64 [3]: 1 of 3 elements differ, most by "
                   "inf at [1]: nan and 2"}));
}
