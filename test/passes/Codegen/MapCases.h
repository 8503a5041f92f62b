//===- MapCases.h - kernel.map against its definition ----------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Shapes and bodies that every backend has to get right. A backend names its
// harness with INSTANTIATE_TYPED_TEST_SUITE_P.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_TEST_PASSES_CODEGEN_MAPCASES_H
#define MOEC_TEST_PASSES_CODEGEN_MAPCASES_H

#include "test/passes/Codegen/CheckText.h"
#include "test/passes/Codegen/KernelReference.h"
#include <cmath>
#include <cstring>

namespace moec::test {

inline const char *const scaleAndAdd =
    "%p = arith.mulf %a0, %a1 : f32 %s = arith.addf %p, %a0 : f32 "
    "kernel.yield %s : f32";

template <typename Harness> class MapCases : public testing::Test {};
TYPED_TEST_SUITE_P(MapCases);

TYPED_TEST_P(MapCases, BroadcastsOverEveryShape) {
  for (int64_t m : {1, 2, 7, 49})
    for (int64_t n : {1, 3, 8, 15, 16, 17, 31, 64, 97, 131, 196})
      EXPECT_TRUE(checkText<TypeParam>(KernelText("map", {m, n})
                                           .in(shape({m, n}, "f32"), "d0, d1")
                                           .in(shape({n}, "f32"), "d1")
                                           .out(shape({m, n}, "f32"), "d0, d1")
                                           .body(scaleAndAdd)));
}

TYPED_TEST_P(MapCases, OneLongLoop) {
  for (int64_t a : {1, 3, 40})
    for (int64_t b : {1, 49})
      for (int64_t c : {1, 5, 96})
        EXPECT_TRUE(
            checkText<TypeParam>(KernelText("map", {a, b, c})
                                     .in(shape({a, b, c}, "f32"), "d0, d1, d2")
                                     .in(shape({a, b, c}, "f32"), "d0, d1, d2")
                                     .out(shape({a, b, c}, "f32"), "d0, d1, d2")
                                     .body(scaleAndAdd)));
}

TYPED_TEST_P(MapCases, TransposesAndReshapes) {
  for (int64_t a : {1, 3})
    for (int64_t b : {5, 49})
      for (int64_t c : {7, 16, 24}) {
        // Transposition of the last two dimensions.
        EXPECT_TRUE(
            checkText<TypeParam>(KernelText("map", {a, b, c})
                                     .in(shape({a, c, b}, "f32"), "d0, d2, d1")
                                     .in(shape({b}, "f32"), "d1")
                                     .out(shape({a, b, c}, "f32"), "d0, d1, d2")
                                     .body(scaleAndAdd)));
        // A dimension that is split in the operands.
        std::string split = "d0 floordiv " + std::to_string(b) +
                            ", d1, d0 mod " + std::to_string(b);
        EXPECT_TRUE(
            checkText<TypeParam>(KernelText("map", {a * b, c})
                                     .in(shape({a, c, b}, "f32"), split)
                                     .in(shape({c}, "f32"), "d1")
                                     .out(shape({a * b, c}, "f32"), "d0, d1")
                                     .body(scaleAndAdd)));
        // A split that does not divide the extent.
        EXPECT_TRUE(
            checkText<TypeParam>(KernelText("map", {a * b, c})
                                     .in(shape({a * b + 1, c, 4}, "f32"),
                                         "d0 floordiv 4, d1, d0 mod 4")
                                     .in(shape({c}, "f32"), "d1")
                                     .out(shape({c, a * b}, "f32"), "d1, d0")
                                     .body(scaleAndAdd)));
      }
}

TYPED_TEST_P(MapCases, ScalarsAndEmptyRegionArguments) {
  EXPECT_TRUE(checkText<TypeParam>(
      KernelText("map", {}).in("f32", "").in("f32", "").out("f32", "").body(
          scaleAndAdd)));
  EXPECT_TRUE(checkText<TypeParam>(
      KernelText("map", {33})
          .out("33xf32", "d0")
          .body("%c = arith.constant 0.5 : f32 kernel.yield %c : f32")));
}

TYPED_TEST_P(MapCases, SeveralOuts) {
  EXPECT_TRUE(
      checkText<TypeParam>(KernelText("map", {5, 37})
                               .in("5x37xf32", "d0, d1")
                               .in("37x5xf32", "d1, d0")
                               .out("5x37xf32", "d0, d1")
                               .out("37x5xf32", "d1, d0")
                               .body("%s = arith.addf %a0, %a1 : f32 "
                                     "%d = arith.subf %a0, %a1 : f32 "
                                     "kernel.yield %s, %d : f32, f32")));
}

/// Pixels to normalised patches: u8 input, division and remainder.
TYPED_TEST_P(MapCases, PatchifyFromBytes) {
  for (int64_t patch : {2, 4, 7}) {
    int64_t side = 28 / patch, tokens = side * side, length = patch * patch;
    std::string p = std::to_string(patch), s = std::to_string(side);
    KernelText text =
        KernelText("map", {3, tokens, length})
            .in("3x28x28x1xi8", "d0, (d1 floordiv " + s + ") * " + p +
                                    " + d2 floordiv " + p + ", (d1 mod " + s +
                                    ") * " + p + " + d2 mod " + p + ", 0")
            .out(shape({3, tokens, length}, "f32"), "d0, d1, d2")
            .body("%f = arith.uitofp %a0 : i8 to f32 "
                  "%m = arith.constant 73.0 : f32 "
                  "%r = arith.constant 0.011 : f32 "
                  "%c = arith.subf %f, %m : f32 "
                  "%q = arith.mulf %c, %r : f32 kernel.yield %q : f32");
    TypeParam harness(text.str());
    harness.randomize();
    for (int64_t i = 0; i < harness.size(0); ++i)
      harness.template data<uint8_t>(0)[i] = i * 37 + i / 11;
    EXPECT_TRUE(harness.check()) << text.str();
  }
}

/// Rows of the items in the order of a routing plan, some of them missing.
TYPED_TEST_P(MapCases, GathersRowsAndLeavesMissingOnesZero) {
  for (int64_t rows : {1, 13, 64})
    for (int64_t n : {1, 6, 16, 50}) {
      KernelText text = KernelText("map", {rows, n})
                            .in(shape({9, n}, "f32"), "0, d1")
                            .in(shape({rows + 3}, "i32"), "d0 + 3")
                            .out(shape({rows, n}, "f32"), "d0, d1")
                            .with("gathers [1, -1]")
                            .body("kernel.yield %a0 : f32");
      TypeParam harness(text.str());
      harness.randomize();
      for (int64_t i = 0; i < rows + 3; ++i)
        harness.template data<int32_t>(1)[i] = i % 4 == 1 ? -1 : i * 7 % 9;
      EXPECT_TRUE(harness.check()) << text.str();
    }
}

/// The gathered row changes from lane to lane.
TYPED_TEST_P(MapCases, GathersInLanes) {
  KernelText text = KernelText("map", {37})
                        .in("9xf32", "0")
                        .in("37xi32", "d0")
                        .out("37xf32", "d0")
                        .with("gathers [1, -1]")
                        .body("kernel.yield %a0 : f32");
  TypeParam harness(text.str());
  harness.randomize();
  for (int64_t i = 0; i < 37; ++i)
    harness.template data<int32_t>(1)[i] = i % 5 == 1 ? -1 : i * 7 % 9;
  EXPECT_TRUE(harness.check()) << text.str();
}

TYPED_TEST_P(MapCases, RaggedRows) {
  for (int64_t groups : {1, 2, 5})
    for (int64_t n : {3, 40}) {
      KernelText text = KernelText("map", {groups, 70, n})
                            .in(shape({70, n}, "f32"), "d1, d2")
                            .in(shape({groups, n}, "f32"), "d0, d2")
                            .in(shape({groups + 1}, "i32"), "d0")
                            .out(shape({70, n}, "f32"), "d1, d2")
                            .with("ragged 1 by 2")
                            .body(scaleAndAdd);
      TypeParam harness(text.str());
      harness.randomize();
      int32_t offsets[] = {0, 33, 33, 50, 60, 61}; // one group is empty
      std::memcpy(harness.template data<int32_t>(2), offsets, (groups + 1) * 4);
      EXPECT_TRUE(harness.check()) << text.str();
    }
}

TYPED_TEST_P(MapCases, PositionsInScalarAndLaneLoops) {
  for (int64_t n : {5, 10, 33})
    EXPECT_TRUE(
        checkText<TypeParam>(KernelText("map", {7, n})
                                 .in("7xi32", "d0")
                                 .out(shape({7, n}, "f32"), "d0, d1")
                                 .out(shape({7, n}, "i32"), "d0, d1")
                                 .body("%i = kernel.index 0 : i32 "
                                       "%j = kernel.index 1 : i32 "
                                       "%s = arith.addi %i, %a0 : i32 "
                                       "%e = arith.cmpi eq, %s, %j : i32 "
                                       "%o = arith.constant 1.0 : f32 "
                                       "%z = arith.constant 0.25 : f32 "
                                       "%r = arith.select %e, %o, %z : f32 "
                                       "%k = arith.muli %i, %j : i32 "
                                       "kernel.yield %r, %k : f32, i32")));
}

/// Positions stay what they are where loops are joined.
TYPED_TEST_P(MapCases, PositionsInJoinedLoops) {
  for (int64_t n : {4, 33})
    EXPECT_TRUE(
        checkText<TypeParam>(KernelText("map", {5, 7, n})
                                 .out(shape({5, 7, n}, "i32"), "d0, d1, d2")
                                 .body("%i = kernel.index 0 : i32 "
                                       "%j = kernel.index 1 : i32 "
                                       "%k = kernel.index 2 : i32 "
                                       "%c = arith.constant 100 : i32 "
                                       "%x = arith.muli %i, %c : i32 "
                                       "%y = arith.addi %x, %j : i32 "
                                       "%z = arith.muli %y, %c : i32 "
                                       "%r = arith.addi %z, %k : i32 "
                                       "kernel.yield %r : i32")));
}

/// Functions of several dimensions: even steps along the lanes, steps taken
/// apart, constants.
TYPED_TEST_P(MapCases, PositionsOfSeveralDimensions) {
  for (int64_t n : {4, 33})
    EXPECT_TRUE(checkText<TypeParam>(
        KernelText("map", {5, 7, n})
            .in(shape({5, n, 7}, "i32"), "d0, d2, d1")
            .out(shape({5, 7, n}, "i32"), "d0, d1, d2")
            .body(
                "%i = kernel.index affine_map<(a, b, c) -> (a * 1000 + b * "
                "-9 + c * 3)> : i32 "
                "%j = kernel.index affine_map<(a, b, c) -> ((a * 33 + c) "
                "floordiv 4 + b mod 3)> : i32 "
                "%k = kernel.index affine_map<(a, b, c) -> (a * 7 + b)> : i32 "
                "%l = kernel.index affine_map<() -> (11)> : i32 "
                "%x = arith.muli %i, %j : i32 "
                "%y = arith.addi %x, %k : i32 "
                "%z = arith.muli %y, %l : i32 "
                "%r = arith.addi %z, %a0 : i32 "
                "kernel.yield %r : i32")));
}

/// Of 2^40 elements: what is divided does not wrap, what is added does.
TYPED_TEST_P(MapCases, PositionsBeyondI32) {
  EXPECT_TRUE(checkText<TypeParam>(
      KernelText("map", {3, 40})
          .out("3x40xi32", "d0, d1")
          .body("%i = kernel.index affine_map<(a, b) -> (a * 1099511627776 + b "
                "* 4294967297)> : i32 "
                "%j = kernel.index affine_map<(a, b) -> ((a * 4294967297 + b * "
                "65537) floordiv 65536)> : i32 "
                "%r = arith.addi %i, %j : i32 "
                "kernel.yield %r : i32")));
}

/// Two rounds of Philox: wide products of i32 in lanes.
TYPED_TEST_P(MapCases, CounterBasedRandomNumbers) {
  EXPECT_TRUE(checkText<TypeParam>(
      KernelText("map", {1000})
          .in("i32", "")
          .out("1000xi32", "d0")
          .out("1000xf32", "d0")
          .body("%i = kernel.index 0 : i32 "
                "%m0 = arith.constant -766435501 : i32 "
                "%m1 = arith.constant -845247145 : i32 "
                "%k = arith.constant 12345 : i32 "
                "%l0, %h0 = arith.mului_extended %i, %m0 : i32 "
                "%x0 = arith.xori %h0, %k : i32 "
                "%y0 = arith.xori %x0, %a0 : i32 "
                "%l1, %h1 = arith.mului_extended %y0, %m1 : i32 "
                "%x1 = arith.xori %h1, %l0 : i32 "
                "%w = arith.addi %x1, %l1 : i32 "
                "%f = arith.uitofp %w : i32 to f32 "
                "%c = arith.constant 2.3283064365386963e-10 : f32 "
                "%u = arith.mulf %f, %c : f32 "
                "kernel.yield %w, %u : i32, f32")));
}

/// An optimizer step whose outs are its inputs, swapped: out 0 lands in input
/// 0, out 1 in input 1.
TYPED_TEST_P(MapCases, UpdatesInPlace) {
  for (int64_t n : {5, 77, 40000}) {
    std::string type = shape({n}, "f32");
    TypeParam harness(KernelText("map", {n})
                          .in(type, "d0")
                          .in(type, "d0")
                          .in("f32", "")
                          .out(type, "d0")
                          .out(type, "d0")
                          .body("%m = arith.mulf %a1, %a2 : f32 "
                                "%n = arith.addf %m, %a0 : f32 "
                                "%p = arith.subf %a0, %n : f32 "
                                "kernel.yield %n, %p : f32, f32")
                          .str());
    harness.randomize();
    ASSERT_TRUE(harness.check());
    auto copyOf = [&](unsigned operand) {
      float *p = harness.template data<float>(operand);
      return std::vector<float>(p, p + n);
    };
    std::vector<float> first = copyOf(3), second = copyOf(4);
    ASSERT_TRUE(harness.run({0, 1, 2, 0, 1}));
    EXPECT_TRUE(copyOf(0) == first);
    EXPECT_TRUE(copyOf(1) == second);
  }
}

TYPED_TEST_P(MapCases, ReadsAndWritesBF16) {
  const char *body = "%x = arith.extf %a0 : bf16 to f32 "
                     "%p = arith.mulf %x, %a1 : f32 "
                     "%t = arith.truncf %p : f32 to bf16 "
                     "kernel.yield %t, %p : bf16, f32";
  for (int64_t m : {1, 7, 49})
    for (int64_t n : {1, 3, 16, 31, 97})
      for (const char *map : {"d0, d1", "d1, d0"}) {
        bool turned = map[1] == '1';
        EXPECT_TRUE(checkText<TypeParam>(
            KernelText("map", {m, n})
                .in(turned ? shape({n, m}, "bf16") : shape({m, n}, "bf16"), map)
                .in(shape({n}, "f32"), "d1")
                .out(shape({m, n}, "bf16"), "d0, d1")
                .out(turned ? shape({n, m}, "f32") : shape({m, n}, "f32"), map)
                .body(body)));
      }
}

/// Rounding itself, without a tolerance: ties, carries into the exponent,
/// infinity by overflow, signs, NaN.
TYPED_TEST_P(MapCases, RoundsToNearestEven) {
  const float values[] = {0.0f,          -0.0f,       1.0f,
                          1.00390625f,   1.01171875f, 1.0039063f + 1e-6f,
                          -1.00390625f,  257.0f,      259.0f,
                          1.99609375f,   -1.998f,     3.3961775e38f,
                          3.3895314e38f, -3.4e38f,    INFINITY,
                          -INFINITY,     NAN,         1.5e-38f};
  const int64_t n = std::size(values);
  TypeParam harness(KernelText("map", {n})
                        .in(shape({n}, "f32"), "d0")
                        .out(shape({n}, "bf16"), "d0")
                        .body("%t = arith.truncf %a0 : f32 to bf16 "
                              "kernel.yield %t : bf16")
                        .str());
  ASSERT_TRUE(harness.compiled());
  std::copy(values, values + n, harness.template data<float>(0));
  ASSERT_TRUE(harness.run());
  for (int64_t i = 0; i < n; ++i) {
    uint32_t bits = uint32_t(harness.template data<uint16_t>(1)[i]) << 16;
    float got, want = float(roundToBF16(values[i]));
    std::memcpy(&got, &bits, 4);
    if (std::isnan(want))
      EXPECT_TRUE(std::isnan(got));
    else
      EXPECT_EQ(got, want) << values[i];
    EXPECT_EQ(std::signbit(got), std::signbit(want)) << values[i];
  }
}

REGISTER_TYPED_TEST_SUITE_P(
    MapCases, BroadcastsOverEveryShape, OneLongLoop, TransposesAndReshapes,
    ScalarsAndEmptyRegionArguments, SeveralOuts, PatchifyFromBytes,
    GathersRowsAndLeavesMissingOnesZero, GathersInLanes, RaggedRows,
    PositionsInScalarAndLaneLoops, PositionsInJoinedLoops,
    PositionsOfSeveralDimensions, PositionsBeyondI32, CounterBasedRandomNumbers,
    UpdatesInPlace, ReadsAndWritesBF16, RoundsToNearestEven);

} // namespace moec::test

#endif // MOEC_TEST_PASSES_CODEGEN_MAPCASES_H
