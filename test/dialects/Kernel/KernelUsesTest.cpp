//===- KernelUsesTest.cpp - What kernel ops say of their operands ---------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/Kernel/KernelOps.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Parser/Parser.h"
#include <gtest/gtest.h>

using namespace mlir;
using namespace moec::kernel;

namespace {

class KernelUsesTest : public testing::Test {
protected:
  /// The first op of the function `text`.
  KernelOpInterface parse(const std::string &text) {
    context.loadDialect<arith::ArithDialect, math::MathDialect, KernelDialect,
                        func::FuncDialect>();
    module = parseSourceString<ModuleOp>(text, &context);
    if (!module)
      return {};
    return cast<KernelOpInterface>(
        (*module->getOps<func::FuncOp>().begin()).getBody().front().front());
  }

  static std::vector<bool> flags(InputUse use) {
    return {use.mayRound, use.multiplied, use.computedOn, use.decides};
  }

  MLIRContext context;
  OwningOpRef<ModuleOp> module;
};

TEST_F(KernelUsesTest, Contraction) {
  // %s scales the left operand, %b is added, %u is not read.
  KernelOpInterface op = parse(R"(
    func.func @f(%x: memref<8x4xf32>, %w: memref<4x6xf32>, %s: memref<8xf32>, %b: memref<6xf32>, %u: memref<6xf32>, %y: memref<8x6xf32>) {
      kernel.contract dims [8, 6, 4] ins(%x, %w, %s, %b, %u : memref<8x4xf32>, memref<4x6xf32>, memref<8xf32>, memref<6xf32>, memref<6xf32>)
        outs(%y : memref<8x6xf32>)
        maps [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m)>,
              affine_map<(m, n, k) -> (n)>, affine_map<(m, n, k) -> (n)>, affine_map<(m, n, k) -> (m, n)>]
        lhs { ^bb0(%l: f32, %r: f32, %a: f32, %c: f32, %d: f32):
          %p = arith.mulf %l, %a : f32
          kernel.yield %p : f32 }
        rhs { ^bb0(%l: f32, %r: f32, %a: f32, %c: f32, %d: f32): kernel.yield %r : f32 }
        epilogue { ^bb0(%l: f32, %r: f32, %a: f32, %c: f32, %d: f32, %acc: f32):
          %q = arith.addf %acc, %c : f32
          kernel.yield %q : f32 }
      return
    })");
  ASSERT_TRUE(bool(op));
  EXPECT_EQ(op.getNumFixedInputs(), 2u);
  EXPECT_EQ(op.getGrid(), ArrayRef<int64_t>({8, 6}));
  EXPECT_EQ(op.getInputs().size(), 5u);
  EXPECT_EQ(op.getOuts().size(), 1u);
  EXPECT_EQ(op.getOutRounding(0), OutRounding::Always);
  // The operand itself may be rounded, what it is scaled by not.
  EXPECT_EQ(flags(op.getInputUse(0)), std::vector<bool>({1, 1, 1, 0}));
  EXPECT_EQ(flags(op.getInputUse(1)), std::vector<bool>({1, 1, 0, 0}));
  EXPECT_EQ(flags(op.getInputUse(2)), std::vector<bool>({0, 1, 1, 0}));
  EXPECT_EQ(flags(op.getInputUse(3)), std::vector<bool>({0, 0, 1, 0}));
  EXPECT_EQ(flags(op.getInputUse(4)), std::vector<bool>({1, 0, 0, 0}));
  auto structured = cast<StructuredKernelOpInterface>(op.getOperation());
  EXPECT_EQ(structured.getStored(0).getOwner()->getParentRegion(),
            &cast<ContractOp>(op.getOperation()).getEpilogue());
}

TEST_F(KernelUsesTest, AttentionWithStatistic) {
  // %s scales the key, %r is added.
  KernelOpInterface op = parse(R"(
    func.func @f(%q: memref<2x5x8xf32>, %k: memref<2x7x8xf32>, %v: memref<2x7x6xf32>, %s: memref<7xf32>, %r: memref<5x6xf32>, %y: memref<2x5x6xf32>, %l: memref<2x5xf32>) {
      kernel.attend dims [2, 5, 6, 7, 8] ins(%q, %k, %v, %s, %r : memref<2x5x8xf32>, memref<2x7x8xf32>, memref<2x7x6xf32>, memref<7xf32>, memref<5x6xf32>)
        outs(%y, %l : memref<2x5x6xf32>, memref<2x5xf32>)
        maps [affine_map<(g, s, e, t, d) -> (g, s, d)>, affine_map<(g, s, e, t, d) -> (g, t, d)>, affine_map<(g, s, e, t, d) -> (g, t, e)>,
              affine_map<(g, s, e, t, d) -> (t)>, affine_map<(g, s, e, t, d) -> (s, e)>,
              affine_map<(g, s, e, t, d) -> (g, s, e)>, affine_map<(g, s, e, t, d) -> (g, s)>]
        scale 0.5
        query { ^bb0(%a: f32, %b: f32, %c: f32, %m: f32, %n: f32): kernel.yield %a : f32 }
        key { ^bb0(%a: f32, %b: f32, %c: f32, %m: f32, %n: f32):
          %p = arith.mulf %b, %m : f32
          kernel.yield %p : f32 }
        value { ^bb0(%a: f32, %b: f32, %c: f32, %m: f32, %n: f32): kernel.yield %c : f32 }
        epilogue { ^bb0(%a: f32, %b: f32, %c: f32, %m: f32, %n: f32, %acc: f32):
          %z = arith.addf %acc, %n : f32
          kernel.yield %z : f32 }
      return
    })");
  ASSERT_TRUE(bool(op));
  EXPECT_EQ(op.getNumFixedInputs(), 3u);
  EXPECT_EQ(op.getGrid(), ArrayRef<int64_t>({2, 5}));
  EXPECT_EQ(op.getOutRounding(0), OutRounding::Always);
  EXPECT_EQ(op.getOutRounding(1), OutRounding::Never);
  EXPECT_EQ(flags(op.getInputUse(0)), std::vector<bool>({1, 1, 0, 0}));
  EXPECT_EQ(flags(op.getInputUse(1)), std::vector<bool>({1, 1, 1, 0}));
  EXPECT_EQ(flags(op.getInputUse(2)), std::vector<bool>({1, 1, 0, 0}));
  EXPECT_EQ(flags(op.getInputUse(3)), std::vector<bool>({0, 1, 1, 0}));
  EXPECT_EQ(flags(op.getInputUse(4)), std::vector<bool>({0, 0, 1, 0}));
  auto attend = cast<AttendOp>(op.getOperation());
  EXPECT_EQ(attend.getStatistic(), std::optional<unsigned>(1));
  // What is stored behind the statistic would take its place.
  EXPECT_EQ(attend.getOutFusion(0), OutFusion::InPlace);
  EXPECT_EQ(attend.getOutFusion(1), OutFusion::Never);
  EXPECT_EQ(attend.getMatrixDims(1), SmallVector<unsigned>({4, 3}));
  EXPECT_EQ(attend.getMatrixDims(2), SmallVector<unsigned>({3, 2}));
  EXPECT_TRUE(attend.getMatrixDims(3).empty());
}

TEST_F(KernelUsesTest, GradientOfAttention) {
  // %u scales the gradient and a statistic.
  KernelOpInterface op = parse(R"(
    func.func @f(%q: memref<3x5x8xf32>, %k: memref<3x7x8xf32>, %v: memref<3x7x6xf32>, %g: memref<3x5x6xf32>, %l: memref<3x5xf32>, %m: memref<3x5xf32>, %dq: memref<3x5x8xf32>, %dk: memref<3x7x8xf32>, %dv: memref<3x7x6xf32>, %u: memref<3x5xf32>) {
      kernel.attend_grad dims [3, 5, 6, 7, 8] ins(%q, %k, %v, %g, %l, %m, %u : memref<3x5x8xf32>, memref<3x7x8xf32>, memref<3x7x6xf32>, memref<3x5x6xf32>, memref<3x5xf32>, memref<3x5xf32>, memref<3x5xf32>)
        outs(%dq, %dk, %dv : memref<3x5x8xf32>, memref<3x7x8xf32>, memref<3x7x6xf32>)
        maps [affine_map<(g, s, e, t, d) -> (g, s, d)>, affine_map<(g, s, e, t, d) -> (g, t, d)>, affine_map<(g, s, e, t, d) -> (g, t, e)>, affine_map<(g, s, e, t, d) -> (g, s, e)>, affine_map<(g, s, e, t, d) -> (g, s)>, affine_map<(g, s, e, t, d) -> (g, s)>, affine_map<(g, s, e, t, d) -> (g, s)>, affine_map<(g, s, e, t, d) -> (g, s, d)>, affine_map<(g, s, e, t, d) -> (g, t, d)>, affine_map<(g, s, e, t, d) -> (g, t, e)>]
        scale 0.5
        query { ^bb0(%a: f32, %b: f32, %c: f32, %g: f32, %x: f32, %y: f32, %u: f32): kernel.yield %a : f32 }
        key { ^bb0(%a: f32, %b: f32, %c: f32, %g: f32, %x: f32, %y: f32, %u: f32): kernel.yield %b : f32 }
        value { ^bb0(%a: f32, %b: f32, %c: f32, %g: f32, %x: f32, %y: f32, %u: f32): kernel.yield %c : f32 }
        gradient { ^bb0(%a: f32, %b: f32, %c: f32, %g: f32, %x: f32, %y: f32, %u: f32):
          %p = arith.mulf %g, %u : f32
          kernel.yield %p : f32 }
        statistics { ^bb0(%a: f32, %b: f32, %c: f32, %g: f32, %x: f32, %y: f32, %u: f32):
          %z = arith.mulf %x, %u : f32
          kernel.yield %z, %y : f32, f32 }
        query_grad { ^bb0(%a: f32, %b: f32, %c: f32, %g: f32, %x: f32, %y: f32, %u: f32, %sum: f32): kernel.yield %sum : f32 }
        key_grad { ^bb0(%a: f32, %b: f32, %c: f32, %g: f32, %x: f32, %y: f32, %u: f32, %sum: f32): kernel.yield %sum : f32 }
        value_grad { ^bb0(%a: f32, %b: f32, %c: f32, %g: f32, %x: f32, %y: f32, %u: f32, %sum: f32): kernel.yield %sum : f32 }
      return
    })");
  ASSERT_TRUE(bool(op));
  EXPECT_EQ(op.getNumFixedInputs(), 4u);
  EXPECT_EQ(op.getGrid(), ArrayRef<int64_t>({3}));
  for (unsigned i = 0; i < 3; ++i) {
    EXPECT_EQ(op.getOutRounding(i), OutRounding::Always);
    EXPECT_EQ(flags(op.getInputUse(i)), std::vector<bool>({1, 1, 0, 0}));
  }
  EXPECT_EQ(flags(op.getInputUse(3)), std::vector<bool>({1, 1, 1, 0}));
  for (unsigned i : {4, 5})
    EXPECT_EQ(flags(op.getInputUse(i)), std::vector<bool>({0, 0, 1, 0}));
  EXPECT_EQ(flags(op.getInputUse(6)), std::vector<bool>({0, 1, 1, 0}));
  auto grad = cast<AttendGradOp>(op.getOperation());
  EXPECT_EQ(grad.getMatrixDims(0), SmallVector<unsigned>({4, 1}));
  EXPECT_EQ(grad.getMatrixDims(1), SmallVector<unsigned>({4, 3}));
  EXPECT_EQ(grad.getMatrixDims(2), SmallVector<unsigned>({2, 3}));
  EXPECT_EQ(grad.getMatrixDims(3), SmallVector<unsigned>({2, 1}));
  EXPECT_TRUE(grad.getMatrixDims(4).empty());
  Region *regions[] = {&grad.getQueryGrad(), &grad.getKeyGrad(),
                       &grad.getValueGrad()};
  for (auto [out, region] : llvm::enumerate(regions)) {
    EXPECT_EQ(grad.getStored(out).getOwner()->getParentRegion(), region);
    EXPECT_EQ(grad.getOutFusion(out), OutFusion::InPlace);
  }
}

TEST_F(KernelUsesTest, RowsAndWhatTheyStoreOnce) {
  KernelOpInterface op = parse(R"(
    func.func @f(%x: memref<8x4xf32>, %z: memref<8x4xf32>, %s: memref<8xf32>, %y: memref<8x4xf32>) {
      kernel.rows dims [8, 4] ins(%x, %z : memref<8x4xf32>, memref<8x4xf32>) outs(%s, %y : memref<8xf32>, memref<8x4xf32>)
        maps [affine_map<(p, c) -> (p, c)>, affine_map<(p, c) -> (p, c)>, affine_map<(p, c) -> (p)>, affine_map<(p, c) -> (p, c)>]
        combiners [#kernel.combiner<add>]
        phases { ^bb0(%a: f32, %b: f32): kernel.yield %a : f32 }
        finish { ^bb0(%a: f32, %b: f32, %t: f32): kernel.yield %t : f32 }
        emit { ^bb0(%a: f32, %b: f32, %t: f32): kernel.yield %b : f32 }
      return
    })");
  ASSERT_TRUE(bool(op));
  EXPECT_EQ(op.getNumFixedInputs(), 0u);
  EXPECT_EQ(op.getGrid(), ArrayRef<int64_t>({8}));
  EXPECT_EQ(op.getOutRounding(1), OutRounding::IfOnlyMultiplied);
  EXPECT_EQ(flags(op.getInputUse(0)), std::vector<bool>({1, 0, 1, 0}));
  EXPECT_EQ(flags(op.getInputUse(1)), std::vector<bool>({0, 0, 1, 0}));
  auto rows = cast<RowsOp>(op.getOperation());
  EXPECT_EQ(rows.getNumRowOuts(), 1u);
  EXPECT_EQ(rows.getStored(0).getOwner()->getParentRegion(), &rows.getFinish());
  EXPECT_EQ(rows.getStored(1).getOwner()->getParentRegion(), &rows.getEmit());
  EXPECT_EQ(rows.getStored(1).getOperandNumber(), 0u);
}

TEST_F(KernelUsesTest, Map) {
  KernelOpInterface op = parse(R"(
    func.func @f(%x: memref<8xf32>, %z: memref<8xf32>, %u: memref<8xf32>, %y: memref<8xf32>) {
      kernel.map dims [8] ins(%x, %z, %u : memref<8xf32>, memref<8xf32>, memref<8xf32>) outs(%y : memref<8xf32>)
        maps [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>, affine_map<(i) -> (i)>, affine_map<(i) -> (i)>]
        body { ^bb0(%a: f32, %b: f32, %c: f32):
          %f = math.fma %a, %a, %b : f32
          kernel.yield %f : f32 }
      return
    })");
  ASSERT_TRUE(bool(op));
  EXPECT_EQ(op.getGrid(), ArrayRef<int64_t>({8}));
  EXPECT_EQ(flags(op.getInputUse(0)), std::vector<bool>({1, 0, 1, 0}));
  EXPECT_EQ(flags(op.getInputUse(1)), std::vector<bool>({0, 0, 1, 0}));
  EXPECT_EQ(flags(op.getInputUse(2)), std::vector<bool>({1, 0, 0, 0}));
}

TEST_F(KernelUsesTest, RoutesHangOnTheirGates) {
  KernelOpInterface op = parse(R"(
    func.func @f(%g: memref<8x4xf32>, %w: memref<8x2xf32>, %p: memref<69xi32>) {
      kernel.route ins(%g : memref<8x4xf32>) outs(%w, %p : memref<8x2xf32>, memref<69xi32>)
        k 2 capacity 5 priority importance
      return
    })");
  ASSERT_TRUE(bool(op));
  EXPECT_EQ(op.getInputs().size(), 1u);
  EXPECT_EQ(op.getOuts().size(), 2u);
  EXPECT_TRUE(op.getGrid().empty());
  EXPECT_EQ(op.getFlops(), 0);
  EXPECT_EQ(op.getBytes(), 4 * (8 * 4 + 8 * 2 + 69));
  EXPECT_EQ(op.getOutRounding(0), OutRounding::Never);
  EXPECT_EQ(flags(op.getInputUse(0)), std::vector<bool>({0, 0, 1, 1}));
}

TEST_F(KernelUsesTest, ExpertsChooseByTheirGates) {
  KernelOpInterface op = parse(R"(
    func.func @f(%g: memref<8x4xf32>, %p: memref<117xi32>) {
      kernel.expert_route ins(%g : memref<8x4xf32>) outs(%p : memref<117xi32>)
        groups 2 capacity 3
      return
    })");
  ASSERT_TRUE(bool(op));
  EXPECT_EQ(op.getInputs().size(), 1u);
  EXPECT_EQ(op.getOuts().size(), 1u);
  EXPECT_TRUE(op.getGrid().empty());
  EXPECT_EQ(op.getBytes(), 4 * (8 * 4 + 117));
  EXPECT_EQ(op.getOutRounding(0), OutRounding::Never);
  EXPECT_EQ(flags(op.getInputUse(0)), std::vector<bool>({0, 0, 1, 1}));
}

} // namespace
