//===- RowsCases.h - kernel.rows against its definition --------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Shapes and regions that every backend has to get right. A backend names its
// harness with INSTANTIATE_TYPED_TEST_SUITE_P.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_TEST_PASSES_CODEGEN_ROWSCASES_H
#define MOEC_TEST_PASSES_CODEGEN_ROWSCASES_H

#include "test/passes/Codegen/CheckText.h"
#include <cmath>
#include <cstring>

namespace moec::test {

inline const char *const yieldSum = "kernel.yield %v0 : f32";
inline const char *const yieldFirst = "kernel.yield %a0 : f32";

inline KernelText softmax(KernelText text) {
  return text.phase("max", 1, yieldFirst)
      .phase("add", 1,
             "%d = arith.subf %a0, %v0 : f32 %e = math.exp %d : f32 "
             "kernel.yield %e : f32")
      .finish("kernel.yield")
      .emit("%d = arith.subf %a0, %v0 : f32 %e = math.exp %d : f32 "
            "%q = arith.divf %e, %v1 : f32 kernel.yield %q : f32");
}

template <typename Harness> class RowsCases : public testing::Test {};
TYPED_TEST_SUITE_P(RowsCases);

TYPED_TEST_P(RowsCases, SumsOverTheLastAxis) {
  for (int64_t p : {1, 5, 49})
    for (int64_t c : {1, 2, 8, 13, 16, 17, 64, 96, 131, 200, 1000})
      EXPECT_TRUE(checkText<TypeParam>(KernelText("rows", {p, c})
                                           .in(shape({p, c}, "f32"), "d0, d1")
                                           .out(shape({p}, "f32"), "d0")
                                           .phase("add", 1, yieldFirst)
                                           .finish(yieldSum)
                                           .emit("kernel.yield")));
}

TYPED_TEST_P(RowsCases, SumsOverTheFirstAxis) {
  for (int64_t p : {1, 5, 16, 49, 64, 97, 200})
    for (int64_t c : {1, 2, 3, 8, 9, 300})
      EXPECT_TRUE(checkText<TypeParam>(KernelText("rows", {p, c})
                                           .in(shape({c, p}, "f32"), "d1, d0")
                                           .out(shape({p}, "f32"), "d0")
                                           .phase("add", 1, yieldFirst)
                                           .finish(yieldSum)
                                           .emit("kernel.yield")));
}

TYPED_TEST_P(RowsCases, SumsOverTheMiddleAxis) {
  for (int64_t p : {1, 6})
    for (int64_t c : {7, 49})
      for (int64_t q : {1, 10, 96})
        EXPECT_TRUE(
            checkText<TypeParam>(KernelText("rows", {p, q, c})
                                     .in(shape({p, c, q}, "f32"), "d0, d2, d1")
                                     .out(shape({p, q}, "f32"), "d0, d1")
                                     .phase("add", 1, yieldFirst)
                                     .finish(yieldSum)
                                     .emit("kernel.yield")));
}

/// The bias of a layer over tokens: sums over images and channels.
TYPED_TEST_P(RowsCases, SumsOverTwoAxesAroundTheRows) {
  for (int64_t images : {1, 12})
    for (int64_t tokens : {3, 49})
      for (int64_t channels : {8, 21, 96}) {
        std::string n = std::to_string(channels);
        EXPECT_TRUE(checkText<TypeParam>(
            KernelText("rows", {tokens, images * channels})
                .in(shape({images, tokens, channels}, "f32"),
                    "d1 floordiv " + n + ", d0, d1 mod " + n)
                .out(shape({tokens}, "f32"), "d0")
                .phase("add", 1, yieldFirst)
                .finish(yieldSum)
                .emit("kernel.yield"),
            1e-4));
      }
}

TYPED_TEST_P(RowsCases, SoftmaxOverAnyAxis) {
  for (int64_t p : {1, 7})
    for (int64_t c : {1, 10, 33, 49})
      for (int64_t q : {1, 8, 30}) {
        std::string type = shape({p, c, q}, "f32");
        EXPECT_TRUE(
            checkText<TypeParam>(softmax(KernelText("rows", {p, q, c})
                                             .in(type, "d0, d2, d1")
                                             .out(type, "d0, d2, d1"))));
        std::string pq = "d0, d1 floordiv " + std::to_string(q) + ", d1 mod " +
                         std::to_string(q);
        EXPECT_TRUE(checkText<TypeParam>(softmax(
            KernelText("rows", {p, c * q}).in(type, pq).out(type, pq))));
        EXPECT_TRUE(
            checkText<TypeParam>(softmax(KernelText("rows", {c, q, p})
                                             .in(type, "d2, d0, d1")
                                             .out(type, "d2, d0, d1"))));
      }
}

TYPED_TEST_P(RowsCases, LayerNormAndItsGradient) {
  for (int64_t p : {1, 49})
    for (int64_t c : {8, 96, 130}) {
      std::string x = shape({p, c}, "f32"), v = shape({c}, "f32");
      std::string n = std::to_string(c) + ".0";
      std::string count = "%n = arith.constant " + n + " : f32 ";
      EXPECT_TRUE(checkText<TypeParam>(
          KernelText("rows", {p, c})
              .in(x, "d0, d1")
              .in(v, "d1")
              .in(v, "d1")
              .out(shape({p}, "f32"), "d0")
              .out(shape({p}, "f32"), "d0")
              .out(x, "d0, d1")
              .phase("add", 1, yieldFirst)
              .phase("add", 1,
                     count + "%m = arith.divf %v0, %n : f32 "
                             "%d = arith.subf %a0, %m : f32 "
                             "%s = arith.mulf %d, %d : f32 "
                             "kernel.yield %s : f32")
              .finish(count + "%m = arith.divf %v0, %n : f32 "
                              "%q = arith.divf %v1, %n : f32 "
                              "%e = arith.constant 1.0e-6 : f32 "
                              "%s = arith.addf %q, %e : f32 "
                              "%r = math.rsqrt %s : f32 "
                              "kernel.yield %m, %r : f32, f32")
              .emit(count + "%m = arith.divf %v0, %n : f32 "
                            "%q = arith.divf %v1, %n : f32 "
                            "%e = arith.constant 1.0e-6 : f32 "
                            "%s = arith.addf %q, %e : f32 "
                            "%r = math.rsqrt %s : f32 "
                            "%d = arith.subf %a0, %m : f32 "
                            "%h = arith.mulf %d, %r : f32 "
                            "%g = arith.mulf %h, %a1 : f32 "
                            "%y = arith.addf %g, %a2 : f32 "
                            "kernel.yield %y : f32"),
          1e-4));
      // dx from x, dy, scale, mean and rstd: two sums in one phase.
      EXPECT_TRUE(checkText<TypeParam>(
          KernelText("rows", {p, c})
              .in(x, "d0, d1")
              .in(x, "d0, d1")
              .in(v, "d1")
              .in(shape({p}, "f32"), "d0")
              .in(shape({p}, "f32"), "d0")
              .out(x, "d0, d1")
              .phase("add", 2,
                     "%g = arith.mulf %a1, %a2 : f32 "
                     "%d = arith.subf %a0, %a3 : f32 "
                     "%h = arith.mulf %d, %a4 : f32 "
                     "%s = arith.mulf %g, %h : f32 "
                     "kernel.yield %g, %s : f32, f32")
              .finish("kernel.yield")
              .emit(count + "%g = arith.mulf %a1, %a2 : f32 "
                            "%d = arith.subf %a0, %a3 : f32 "
                            "%h = arith.mulf %d, %a4 : f32 "
                            "%m0 = arith.divf %v0, %n : f32 "
                            "%m1 = arith.divf %v1, %n : f32 "
                            "%t = arith.subf %g, %m0 : f32 "
                            "%u = arith.mulf %h, %m1 : f32 "
                            "%w = arith.subf %t, %u : f32 "
                            "%y = arith.mulf %w, %a4 : f32 "
                            "kernel.yield %y : f32"),
          1e-4));
      // dscale and dbias: columns over all rows.
      EXPECT_TRUE(
          checkText<TypeParam>(KernelText("rows", {c, p})
                                   .in(x, "d1, d0")
                                   .in(x, "d1, d0")
                                   .in(shape({p}, "f32"), "d1")
                                   .in(shape({p}, "f32"), "d1")
                                   .out(v, "d0")
                                   .out(v, "d0")
                                   .phase("add", 2,
                                          "%d = arith.subf %a0, %a2 : f32 "
                                          "%h = arith.mulf %d, %a3 : f32 "
                                          "%s = arith.mulf %h, %a1 : f32 "
                                          "kernel.yield %s, %a1 : f32, f32")
                                   .finish("kernel.yield %v0, %v1 : f32, f32")
                                   .emit("kernel.yield")));
    }
}

TYPED_TEST_P(RowsCases, MaximumOfMinusInfinity) {
  for (int64_t c : {1, 7, 16, 40}) {
    KernelText text = KernelText("rows", {3, c})
                          .in(shape({3, c}, "f32"), "d0, d1")
                          .out("3xf32", "d0")
                          .phase("max", 1, yieldFirst)
                          .finish(yieldSum)
                          .emit("kernel.yield");
    TypeParam harness(text.str());
    harness.randomize();
    for (int64_t i = 0; i < c; ++i) {
      harness.template data<float>(0)[i] = -INFINITY; // all of row 0
      harness.template data<float>(0)[c + i] -=
          1000.0f; // below the padding of a tail
    }
    EXPECT_TRUE(harness.check());
    EXPECT_EQ(harness.template data<float>(1)[0], -INFINITY);
  }
}

/// Loss and gradient of labels, found by position.
TYPED_TEST_P(RowsCases, CrossEntropyAtLabels) {
  for (int64_t c : {2, 10, 100}) {
    std::string type = shape({37, c}, "f32");
    KernelText text =
        KernelText("rows", {37, c})
            .in(type, "d0, d1")
            .in("37xi32", "d0")
            .out("37xf32", "d0")
            .out(type, "d0, d1")
            .phase("max", 1, yieldFirst)
            .phase("add", 2,
                   "%d = arith.subf %a0, %v0 : f32 %e = math.exp %d : f32 "
                   "%i = kernel.index 1 : i32 "
                   "%h = arith.cmpi eq, %i, %a1 : i32 "
                   "%z = arith.constant 0.0 : f32 "
                   "%l = arith.select %h, %d, %z : f32 "
                   "kernel.yield %e, %l : f32, f32")
            .finish("%g = math.log %v1 : f32 %r = arith.subf %g, %v2 : f32 "
                    "kernel.yield %r : f32")
            .emit("%d = arith.subf %a0, %v0 : f32 %e = math.exp %d : f32 "
                  "%q = arith.divf %e, %v1 : f32 "
                  "%i = kernel.index 1 : i32 "
                  "%h = arith.cmpi eq, %i, %a1 : i32 "
                  "%z = arith.constant 0.0 : f32 "
                  "%o = arith.constant 1.0 : f32 "
                  "%s = arith.select %h, %o, %z : f32 "
                  "%r = arith.subf %q, %s : f32 kernel.yield %r : f32");
    TypeParam harness(text.str());
    harness.randomize();
    for (int i = 0; i < 37; ++i)
      harness.template data<int32_t>(1)[i] = i * 3 % c;
    EXPECT_TRUE(harness.check()) << text.str();
  }
}

/// The positions of rows and of the reduction, with rows in lanes.
TYPED_TEST_P(RowsCases, PositionsOfRowsInLanes) {
  for (int64_t p : {5, 48})
    for (int64_t c : {3, 20})
      EXPECT_TRUE(checkText<TypeParam>(
          KernelText("rows", {p, 3, c})
              .in(shape({c, p, 3}, "f32"), "d2, d0, d1")
              .out(shape({p, 3}, "f32"), "d0, d1")
              .phase("add", 1,
                     "%i = kernel.index 0 : i32 %j = kernel.index 1 : i32 "
                     "%k = kernel.index 2 : i32 "
                     "%s = arith.addi %j, %k : i32 "
                     "%e = arith.cmpi eq, %i, %s : i32 "
                     "%z = arith.constant 0.0 : f32 "
                     "%r = arith.select %e, %z, %a0 : f32 "
                     "kernel.yield %r : f32")
              .finish("%j = kernel.index 1 : i32 "
                      "%f = arith.sitofp %j : i32 to f32 "
                      "%r = arith.addf %v0, %f : f32 kernel.yield %r : f32")
              .emit("kernel.yield")));
}

/// Everything in one scalar: loss of a batch, norm of gradients.
TYPED_TEST_P(RowsCases, OneRow) {
  for (int64_t c : {1, 128, 4096, 10007})
    EXPECT_TRUE(
        checkText<TypeParam>(KernelText("rows", {c})
                                 .in(shape({c}, "f32"), "d0")
                                 .out("f32", "")
                                 .phase("add", 1,
                                        "%s = arith.mulf %a0, %a0 : f32 "
                                        "kernel.yield %s : f32")
                                 .finish("%r = math.sqrt %v0 : f32 "
                                         "kernel.yield %r : f32")
                                 .emit("kernel.yield"),
                             1e-4));
}

/// Gradient of the experts' bias: columns over the rows of a group.
TYPED_TEST_P(RowsCases, RaggedReduction) {
  for (int64_t n : {1, 24, 50, 192}) {
    KernelText text = KernelText("rows", {5, n, 70})
                          .in(shape({70, n}, "f32"), "d2, d1")
                          .in("9xi32", "d0 + 2")
                          .out(shape({5, n}, "f32"), "d0, d1")
                          .with("ragged 2 by 1")
                          .phase("add", 1, yieldFirst)
                          .finish(yieldSum)
                          .emit("kernel.yield");
    TypeParam harness(text.str());
    harness.randomize();
    int32_t offsets[] = {7, 7, 0, 0, 33, 34, 34, 61, 1};
    std::memcpy(harness.template data<int32_t>(1), offsets, sizeof offsets);
    EXPECT_TRUE(harness.check()) << text.str();
  }
}

/// The ragged dimension itself in lanes; one group, and groups that are empty.
TYPED_TEST_P(RowsCases, RaggedReductionInLanes) {
  for (int64_t groups : {1, 4}) {
    KernelText text = softmax(KernelText("rows", {groups, 300})
                                  .in("300xf32", "d1")
                                  .in(shape({groups + 1}, "i32"), "d0")
                                  .out("300xf32", "d1")
                                  .with("ragged 1 by 1"));
    TypeParam harness(text.str());
    harness.randomize();
    int32_t offsets[] = {5, 150, 150, 203, 290};
    std::memcpy(harness.template data<int32_t>(1), offsets, (groups + 1) * 4);
    EXPECT_TRUE(harness.check()) << text.str();
  }
}

TYPED_TEST_P(RowsCases, RaggedParallelRows) {
  KernelText text = KernelText("rows", {3, 70, 20})
                        .in("70x20xf32", "d1, d2")
                        .in("3x20xf32", "d0, d2")
                        .in("4xi32", "d0")
                        .out("70xf32", "d1")
                        .with("ragged 1 by 2")
                        .phase("add", 1,
                               "%s = arith.mulf %a0, %a1 : f32 "
                               "kernel.yield %s : f32")
                        .finish(yieldSum)
                        .emit("kernel.yield");
  TypeParam harness(text.str());
  harness.randomize();
  int32_t offsets[] = {0, 12, 12, 65};
  std::memcpy(harness.template data<int32_t>(2), offsets, sizeof offsets);
  EXPECT_TRUE(harness.check()) << text.str();
}

/// What experts gave back, in the order of the choices; some were dropped.
TYPED_TEST_P(RowsCases, CombinesChoices) {
  for (int64_t k : {1, 2, 3, 11})
    for (int64_t n : {1, 10, 96}) {
      KernelText text = KernelText("rows", {13, n, k})
                            .in(shape({13 * k, n}, "f32"), "0, d1")
                            .in(shape({13, k}, "i32"), "d0, d2")
                            .in(shape({13, k}, "f32"), "d0, d2")
                            .out(shape({13, n}, "f32"), "d0, d1")
                            .with("gathers [1, -1, -1]")
                            .phase("add", 1,
                                   "%s = arith.mulf %a0, %a2 : f32 "
                                   "kernel.yield %s : f32")
                            .finish(yieldSum)
                            .emit("kernel.yield");
      TypeParam harness(text.str());
      harness.randomize();
      for (int64_t i = 0; i < 13 * k; ++i)
        harness.template data<int32_t>(1)[i] =
            i % 3 == 1 ? -1 : i * 7 % (13 * k);
      EXPECT_TRUE(harness.check()) << text.str();
    }
}

/// <item, row that the expert gave back>: a gathered row along the reduction.
TYPED_TEST_P(RowsCases, GathersAlongTheReduction) {
  for (int64_t n : {5, 96}) {
    KernelText text = KernelText("rows", {13, 2, n})
                          .in(shape({26, n}, "f32"), "0, d2")
                          .in("13x2xi32", "d0, d1")
                          .in(shape({13, n}, "f32"), "d0, d2")
                          .out("13x2xf32", "d0, d1")
                          .with("gathers [1, -1, -1]")
                          .phase("add", 1,
                                 "%s = arith.mulf %a0, %a2 : f32 "
                                 "kernel.yield %s : f32")
                          .finish(yieldSum)
                          .emit("kernel.yield");
    TypeParam harness(text.str());
    harness.randomize();
    for (int64_t i = 0; i < 26; ++i)
      harness.template data<int32_t>(1)[i] = i % 3 == 1 ? -1 : i * 7 % 26;
    EXPECT_TRUE(harness.check()) << text.str();
  }
}

TYPED_TEST_P(RowsCases, SoftmaxInPlace) {
  for (int64_t q : {1, 20}) {
    std::string type = shape({9, 33, q}, "f32");
    TypeParam harness(softmax(KernelText("rows", {9, q, 33})
                                  .in(type, "d0, d2, d1")
                                  .out(type, "d0, d2, d1"))
                          .str());
    harness.randomize();
    ASSERT_TRUE(harness.check());
    const float *out = harness.template data<float>(1);
    std::vector<float> apart(out, out + harness.size(1));
    ASSERT_TRUE(harness.run({0, 0}));
    EXPECT_EQ(std::memcmp(harness.template data<float>(0), apart.data(),
                          apart.size() * 4),
              0);
  }
}

TYPED_TEST_P(RowsCases, SumsOfBF16AreF32) {
  for (int64_t m : {1, 5, 64})
    for (int64_t n : {1, 17, 130})
      for (const char *map : {"d0, d1", "d1, d0"}) {
        bool turned = map[1] == '1';
        std::string type = shape({turned ? n : m, turned ? m : n}, "bf16");
        EXPECT_TRUE(
            checkText<TypeParam>(KernelText("rows", {m, n})
                                     .in(type, map)
                                     .out(shape({m}, "f32"), "d0")
                                     .out(type, map)
                                     .phase("add", 1,
                                            "%x = arith.extf %a0 : bf16 to f32 "
                                            "kernel.yield %x : f32")
                                     .finish("kernel.yield %v0 : f32")
                                     .emit("%x = arith.extf %a0 : bf16 to f32 "
                                           "%d = arith.subf %x, %v0 : f32 "
                                           "%t = arith.truncf %d : f32 to bf16 "
                                           "kernel.yield %t : bf16")));
      }
}

REGISTER_TYPED_TEST_SUITE_P(RowsCases, SumsOverTheLastAxis,
                            SumsOverTheFirstAxis, SumsOverTheMiddleAxis,
                            SumsOverTwoAxesAroundTheRows, SoftmaxOverAnyAxis,
                            LayerNormAndItsGradient, MaximumOfMinusInfinity,
                            CrossEntropyAtLabels, PositionsOfRowsInLanes,
                            OneRow, RaggedReduction, RaggedReductionInLanes,
                            RaggedParallelRows, CombinesChoices,
                            GathersAlongTheReduction, SoftmaxInPlace,
                            SumsOfBF16AreF32);

} // namespace moec::test

#endif // MOEC_TEST_PASSES_CODEGEN_ROWSCASES_H
