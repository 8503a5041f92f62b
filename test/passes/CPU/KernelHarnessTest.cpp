//===- KernelHarnessTest.cpp - The harness itself -------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "KernelHarness.h"
#include "dialects/Kernel/KernelOps.h"
#include "mlir/Parser/Parser.h"
#include "test/passes/Codegen/KernelReference.h"

using namespace moec;
using namespace moec::test;

namespace {

Scalar f(double v) {
  Scalar s;
  s.f = v;
  return s;
}
Scalar i(int32_t v) {
  Scalar s;
  s.i = uint32_t(v);
  return s;
}

/// The reference, on numbers worked out by hand.
TEST(KernelReferenceTest, ContractWithBiasAndGather) {
  auto context = makeContext();
  auto module = mlir::parseSourceString<mlir::ModuleOp>(R"(
    func.func @k(%x: memref<2x2xf32>, %w: memref<2x1xf32>, %b: memref<1xf32>,
                 %rows: memref<3xi32>, %y: memref<3x1xf32>) {
      kernel.contract dims [3, 1, 2]
        ins(%x, %w, %b, %rows : memref<2x2xf32>, memref<2x1xf32>, memref<1xf32>, memref<3xi32>)
        outs(%y : memref<3x1xf32>)
        maps [affine_map<(m, n, k) -> (0, k)>, affine_map<(m, n, k) -> (k, n)>,
              affine_map<(m, n, k) -> (n)>, affine_map<(m, n, k) -> (m)>,
              affine_map<(m, n, k) -> (m, n)>] gathers [3, -1, -1, -1]
        lhs { ^bb0(%l: f32, %r: f32, %c: f32, %i: i32): kernel.yield %l : f32 }
        rhs { ^bb0(%l: f32, %r: f32, %c: f32, %i: i32): kernel.yield %r : f32 }
        epilogue { ^bb0(%l: f32, %r: f32, %c: f32, %i: i32, %acc: f32):
          %s = arith.addf %acc, %c : f32
          kernel.yield %s : f32 }
      return
    })",
                                                        context.get());
  ASSERT_TRUE(module);
  std::vector<ScalarBuffer> buffers = {{f(1), f(2), f(3), f(4)},
                                       {f(10), f(100)},
                                       {f(0.5)},
                                       {i(1), i(-1), i(0)},
                                       {f(0), f(0), f(0)}};
  module->walk([&](kernel::ContractOp op) { evaluateKernel(op, buffers); });
  EXPECT_EQ(buffers[4][0].f, 430.5);
  EXPECT_EQ(buffers[4][1].f, 0.5); // a row that is not there
  EXPECT_EQ(buffers[4][2].f, 210.5);
}

TEST(KernelReferenceTest, RaggedRowsWithTwoPhases) {
  auto context = makeContext();
  auto module = mlir::parseSourceString<mlir::ModuleOp>(R"(
    func.func @k(%x: memref<5xf32>, %o: memref<3xi32>, %y: memref<2xf32>, %z: memref<5xf32>) {
      kernel.rows dims [2, 5] ins(%x, %o : memref<5xf32>, memref<3xi32>)
        outs(%y, %z : memref<2xf32>, memref<5xf32>)
        maps [affine_map<(p, c) -> (c)>, affine_map<(p, c) -> (p)>,
              affine_map<(p, c) -> (p)>, affine_map<(p, c) -> (c)>]
        ragged 1 by 1
        combiners [#kernel.combiner<max>, #kernel.combiner<add>]
        phases { ^bb0(%e: f32, %i: i32): kernel.yield %e : f32 },
               { ^bb0(%e: f32, %i: i32, %m: f32):
                 %d = arith.subf %m, %e : f32
                 kernel.yield %d : f32 }
        finish { ^bb0(%e: f32, %i: i32, %m: f32, %s: f32): kernel.yield %s : f32 }
        emit { ^bb0(%e: f32, %i: i32, %m: f32, %s: f32):
          %q = arith.subf %e, %m : f32
          kernel.yield %q : f32 }
      return
    })",
                                                        context.get());
  ASSERT_TRUE(module);
  std::vector<ScalarBuffer> buffers = {{f(1), f(5), f(2), f(8), f(6)},
                                       {i(0), i(3), i(5)},
                                       {f(0), f(0)},
                                       {f(0), f(0), f(0), f(0), f(0)}};
  module->walk([&](kernel::RowsOp op) { evaluateKernel(op, buffers); });
  EXPECT_EQ(buffers[2][0].f, 4 + 0 + 3);
  EXPECT_EQ(buffers[2][1].f, 0 + 2);
  EXPECT_EQ(buffers[3][2].f, -3);
  EXPECT_EQ(buffers[3][3].f, 0);
}

} // namespace
