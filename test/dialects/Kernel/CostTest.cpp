//===- CostTest.cpp - Work of kernels -------------------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/Kernel/Cost.h"
#include "dialects/Kernel/KernelOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Parser/Parser.h"
#include <gtest/gtest.h>

using namespace mlir;
using namespace moec;

namespace {

struct Work {
  int64_t flops, bytes;
};

/// The work of the first op of the function `text`.
Work workOf(const std::string &text) {
  MLIRContext context;
  context.loadDialect<arith::ArithDialect, kernel::KernelDialect,
                      func::FuncDialect>();
  OwningOpRef<ModuleOp> module = parseSourceString<ModuleOp>(text, &context);
  EXPECT_TRUE(bool(module));
  if (!module)
    return {-1, -1};
  auto op = cast<kernel::KernelOpInterface>(
      (*module->getOps<func::FuncOp>().begin()).getBody().front().front());
  return {op.getFlops(), op.getBytes()};
}

TEST(CostTest, ContractionOfGroups) {
  Work work = workOf(R"(
    func.func @f(%x: memref<3x8x32xbf16>, %w: memref<32x16xbf16>, %y: memref<3x8x16xf32>) {
      kernel.contract dims [3, 8, 16, 32]
        ins(%x, %w : memref<3x8x32xbf16>, memref<32x16xbf16>) outs(%y : memref<3x8x16xf32>)
        maps [affine_map<(g, m, n, k) -> (g, m, k)>, affine_map<(g, m, n, k) -> (k, n)>,
              affine_map<(g, m, n, k) -> (g, m, n)>]
        lhs { ^bb0(%l: bf16, %r: bf16): kernel.yield %l : bf16 }
        rhs { ^bb0(%l: bf16, %r: bf16): kernel.yield %r : bf16 }
        epilogue { ^bb0(%l: bf16, %r: bf16, %acc: f32): kernel.yield %acc : f32 }
      return
    })");
  EXPECT_EQ(work.flops, 2 * 3 * 8 * 16 * 32);
  EXPECT_EQ(work.bytes, 3 * 8 * 32 * 2 + 32 * 16 * 2 + 3 * 8 * 16 * 4);
}

TEST(CostTest, AttentionHasTwoProducts) {
  Work work = workOf(R"(
    func.func @f(%q: memref<3x5x8xf32>, %k: memref<3x7x8xf32>, %v: memref<3x7x6xf32>, %y: memref<3x5x6xf32>) {
      kernel.attend dims [3, 5, 6, 7, 8] ins(%q, %k, %v : memref<3x5x8xf32>, memref<3x7x8xf32>, memref<3x7x6xf32>)
        outs(%y : memref<3x5x6xf32>)
        maps [affine_map<(g, s, e, t, d) -> (g, s, d)>, affine_map<(g, s, e, t, d) -> (g, t, d)>,
              affine_map<(g, s, e, t, d) -> (g, t, e)>, affine_map<(g, s, e, t, d) -> (g, s, e)>]
        scale 0.5
        query { ^bb0(%a: f32, %b: f32, %c: f32): kernel.yield %a : f32 }
        key { ^bb0(%a: f32, %b: f32, %c: f32): kernel.yield %b : f32 }
        value { ^bb0(%a: f32, %b: f32, %c: f32): kernel.yield %c : f32 }
        epilogue { ^bb0(%a: f32, %b: f32, %c: f32, %acc: f32): kernel.yield %acc : f32 }
      return
    })");
  EXPECT_EQ(work.flops, 2 * 3 * 5 * 7 * (8 + 6));
  EXPECT_EQ(work.bytes, 4 * 3 * (5 * 8 + 7 * 8 + 7 * 6 + 5 * 6));
}

TEST(CostTest, GradientOfAttentionHasFiveProducts) {
  Work work = workOf(R"(
    func.func @f(%q: memref<3x5x8xf32>, %k: memref<3x7x8xf32>, %v: memref<3x7x6xf32>, %g: memref<3x5x6xf32>, %l: memref<3x5xf32>, %m: memref<3x5xf32>, %dq: memref<3x5x8xf32>, %dk: memref<3x7x8xf32>, %dv: memref<3x7x6xf32>) {
      kernel.attend_grad dims [3, 5, 6, 7, 8] ins(%q, %k, %v, %g, %l, %m : memref<3x5x8xf32>, memref<3x7x8xf32>, memref<3x7x6xf32>, memref<3x5x6xf32>, memref<3x5xf32>, memref<3x5xf32>)
        outs(%dq, %dk, %dv : memref<3x5x8xf32>, memref<3x7x8xf32>, memref<3x7x6xf32>)
        maps [affine_map<(g, s, e, t, d) -> (g, s, d)>, affine_map<(g, s, e, t, d) -> (g, t, d)>, affine_map<(g, s, e, t, d) -> (g, t, e)>, affine_map<(g, s, e, t, d) -> (g, s, e)>, affine_map<(g, s, e, t, d) -> (g, s)>, affine_map<(g, s, e, t, d) -> (g, s)>, affine_map<(g, s, e, t, d) -> (g, s, d)>, affine_map<(g, s, e, t, d) -> (g, t, d)>, affine_map<(g, s, e, t, d) -> (g, t, e)>]
        scale 0.5
        query { ^bb0(%a: f32, %b: f32, %c: f32, %g: f32, %x: f32, %y: f32): kernel.yield %a : f32 }
        key { ^bb0(%a: f32, %b: f32, %c: f32, %g: f32, %x: f32, %y: f32): kernel.yield %b : f32 }
        value { ^bb0(%a: f32, %b: f32, %c: f32, %g: f32, %x: f32, %y: f32): kernel.yield %c : f32 }
        gradient { ^bb0(%a: f32, %b: f32, %c: f32, %g: f32, %x: f32, %y: f32): kernel.yield %g : f32 }
        statistics { ^bb0(%a: f32, %b: f32, %c: f32, %g: f32, %x: f32, %y: f32): kernel.yield %x, %y : f32, f32 }
        query_grad { ^bb0(%a: f32, %b: f32, %c: f32, %g: f32, %x: f32, %y: f32, %sum: f32): kernel.yield %sum : f32 }
        key_grad { ^bb0(%a: f32, %b: f32, %c: f32, %g: f32, %x: f32, %y: f32, %sum: f32): kernel.yield %sum : f32 }
        value_grad { ^bb0(%a: f32, %b: f32, %c: f32, %g: f32, %x: f32, %y: f32, %sum: f32): kernel.yield %sum : f32 }
      return
    })");
  EXPECT_EQ(work.flops, 2 * 3 * 5 * 7 * (3 * 8 + 2 * 6));
  EXPECT_EQ(work.bytes, 4 * 3 * (2 * (5 * 8 + 7 * 8 + 7 * 6) + 5 * 6 + 2 * 5));
}

TEST(CostTest, RowsOfExpertsCountOnce) {
  Work work = workOf(R"(
    func.func @f(%x: memref<16x8xf32>, %w: memref<4x8x12xf32>, %o: memref<5xi32>, %y: memref<16x12xf32>) {
      kernel.contract dims [4, 16, 12, 8]
        ins(%x, %w, %o : memref<16x8xf32>, memref<4x8x12xf32>, memref<5xi32>) outs(%y : memref<16x12xf32>)
        maps [affine_map<(g, m, n, k) -> (m, k)>, affine_map<(g, m, n, k) -> (g, k, n)>,
              affine_map<(g, m, n, k) -> (g)>, affine_map<(g, m, n, k) -> (m, n)>] ragged 1 by 2
        lhs { ^bb0(%l: f32, %r: f32, %i: i32): kernel.yield %l : f32 }
        rhs { ^bb0(%l: f32, %r: f32, %i: i32): kernel.yield %r : f32 }
        epilogue { ^bb0(%l: f32, %r: f32, %i: i32, %acc: f32): kernel.yield %acc : f32 }
      return
    })");
  EXPECT_EQ(work.flops, 2 * 16 * 12 * 8);
  EXPECT_EQ(work.bytes, 4 * (16 * 8 + 4 * 8 * 12 + 5 + 16 * 12));
}

TEST(CostTest, MapsMoveMemoryAndReadAnInputOnce) {
  Work work = workOf(R"(
    func.func @f(%x: memref<8x8xf32>, %y: memref<8x8xbf16>) {
      kernel.map dims [8, 8] ins(%x, %x : memref<8x8xf32>, memref<8x8xf32>) outs(%y : memref<8x8xbf16>)
        maps [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (j, i)>, affine_map<(i, j) -> (i, j)>]
        body { ^bb0(%a: f32, %b: f32):
          %s = arith.addf %a, %b : f32
          %t = arith.truncf %s : f32 to bf16
          kernel.yield %t : bf16 }
      return
    })");
  EXPECT_EQ(work.flops, 0);
  EXPECT_EQ(work.bytes, 8 * 8 * 4 + 8 * 8 * 2);
}

TEST(CostTest, ScalarOpsByTheirClass) {
  MLIRContext context;
  context.loadDialect<arith::ArithDialect, math::MathDialect,
                      kernel::KernelDialect, func::FuncDialect>();
  OwningOpRef<ModuleOp> module = parseSourceString<ModuleOp>(R"(
    func.func @f(%x: memref<8xf32>, %y: memref<8xf32>) {
      kernel.map dims [8] ins(%x : memref<8xf32>) outs(%y : memref<8xf32>)
        maps [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>]
        body { ^bb0(%a: f32):
          %two = arith.constant 2.0 : f32
          %b = math.fma %a, %a, %two : f32
          %c = math.absf %b : f32
          %d = arith.addf %c, %two : f32
          %e = math.sqrt %d : f32
          %f = math.exp %e : f32
          kernel.yield %f : f32 }
      return
    })",
                                                             &context);
  ASSERT_TRUE(bool(module));
  Operation &op =
      (*module->getOps<func::FuncOp>().begin()).getBody().front().front();
  kernel::ScalarWork work = kernel::getScalarWork(op.getRegion(0));
  EXPECT_EQ(work.simple, 2);
  EXPECT_EQ(work.magnitudes, 1);
  EXPECT_EQ(work.roots, 1);
  EXPECT_EQ(work.functions, 1);
  EXPECT_EQ(work.total(), 3 + 2 * kernel::functionCost);
  EXPECT_EQ(work.total(/*perSimple=*/0.5), 1.5 + 2 * kernel::functionCost);
}

} // namespace
