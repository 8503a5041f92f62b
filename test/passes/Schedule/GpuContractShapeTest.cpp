//===- GpuContractShapeTest.cpp - What the GPU's cost model is told -------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Parser/Parser.h"
#include "passes/Schedule/Passes.h"
#include <gtest/gtest.h>

using namespace mlir;
using namespace moec;
using namespace moec::schedule;

namespace {

/// What is known of the only contraction in the function `text`.
GpuContractShape describe(const std::string &text) {
  MLIRContext context;
  context.loadDialect<kernel::KernelDialect, arith::ArithDialect,
                      math::MathDialect, func::FuncDialect>();
  OwningOpRef<ModuleOp> module = parseSourceString<ModuleOp>(text, &context);
  EXPECT_TRUE(bool(module));
  GpuContractShape shape{};
  if (module)
    module->walk([&](kernel::ContractOp op) { shape = describeForGpu(op); });
  return shape;
}

/// m and k are 64, n is `n`: operands as memory holds them, with the maps and
/// the left region given.
GpuContractShape describe(const std::string &left, const std::string &leftMap,
                          const std::string &lhs = "kernel.yield %l : bf16",
                          int64_t n = 64) {
  std::string element = left.substr(left.rfind('x') + 1);
  std::string right = "memref<64x" + std::to_string(n) + "xbf16>";
  std::string out = "memref<64x" + std::to_string(n) + "xf32>";
  std::string arguments = "(%l: " + element + ", %r: bf16";
  return describe("func.func @f(%x: memref<" + left + ">, %w: " + right +
                  ", %y: " + out + ") {\n  kernel.contract dims [64, " +
                  std::to_string(n) + ", 64] ins(%x, %w : memref<" + left +
                  ">, " + right + ") outs(%y : " + out +
                  ")\n  maps [affine_map<(m, n, k) -> (" + leftMap +
                  ")>, affine_map<(m, n, k) -> (k, n)>, "
                  "affine_map<(m, n, k) -> (m, n)>]\n  lhs { ^bb0" +
                  arguments + "): " + lhs + " }\n  rhs { ^bb0" + arguments +
                  "): kernel.yield %r : bf16 }\n  epilogue { ^bb0" + arguments +
                  ", %acc: f32): kernel.yield %acc : f32 }\n  return\n}");
}

TEST(GpuContractShapeTest, PlainRowsOfBf16AreCopied) {
  GpuContractShape shape = describe("64x64xbf16", "m, k");
  EXPECT_TRUE(shape.tensorCores);
  EXPECT_EQ(shape.left.staging, 0);
  EXPECT_EQ(shape.left.bytes, 2);
  EXPECT_EQ(shape.right.staging, 0);
  // By columns the pieces lie along m.
  EXPECT_EQ(describe("64x64xbf16", "k, m").left.staging, 0);
}

TEST(GpuContractShapeTest, WhatIsNoPieceIsStagedByInstructions) {
  // Rows of 65 elements do not begin at multiples of 16 bytes.
  EXPECT_GT(describe("64x65xbf16", "m, k").left.staging, 0);
  // Every other element.
  EXPECT_GT(describe("64x128xbf16", "m, k * 2").left.staging, 0);
  // The same element up to the extent, whatever the map seems to move along.
  EXPECT_GT(describe("8x8xbf16", "m floordiv 64, k floordiv 8").left.staging,
            0);
  // f32 is rounded on the way, and has twice the bytes.
  GpuContractShape rounded =
      describe("64x64xf32", "m, k",
               "%v = arith.truncf %l : f32 to bf16 kernel.yield %v : bf16");
  EXPECT_GT(rounded.left.staging, 0);
  EXPECT_EQ(rounded.left.bytes, 4);
  EXPECT_EQ(rounded.right.staging, 0);
  // 10 columns are no whole pieces either.
  GpuContractShape narrow =
      describe("64x64xbf16", "m, k", "kernel.yield %l : bf16", 10);
  EXPECT_EQ(narrow.left.staging, 0);
  EXPECT_GT(narrow.right.staging, 0);
}

TEST(GpuContractShapeTest, FunctionsCountAsManyInstructions) {
  auto staging = [](const std::string &op) {
    return describe("64x64xf32", "m, k",
                    "%v = " + op +
                        " : f32 %t = arith.truncf %v : f32 to bf16 "
                        "kernel.yield %t : bf16")
        .left.staging;
  };
  double sum = staging("arith.addf %l, %l");
  EXPECT_EQ(staging("math.fma %l, %l, %l"), sum);
  EXPECT_GT(staging("math.exp %l"), sum + 10);
  // A constant takes none.
  EXPECT_EQ(staging("arith.constant 1.0 : f32 %u = arith.addf %l, %v"), sum);
}

/// Four groups of 8 rows or of a depth of 8, as `ragged` says, with a bias and
/// statistics of rows that the left region reads.
GpuContractShape describeGroups(const std::string &ragged) {
  return describe(R"(
    func.func @f(%x: memref<32x32xf32>, %w: memref<4x32x16xf32>, %s: memref<32xf32>,
                 %o: memref<5xi32>, %y: memref<4x32x16xf32>) {
      kernel.contract dims [4, 32, 16, 32]
        ins(%x, %w, %s, %o : memref<32x32xf32>, memref<4x32x16xf32>, memref<32xf32>, memref<5xi32>)
        outs(%y : memref<4x32x16xf32>)
        maps [affine_map<(g, m, n, k) -> (m, k)>, affine_map<(g, m, n, k) -> (g, k, n)>,
              affine_map<(g, m, n, k) -> (m)>, affine_map<(g, m, n, k) -> (g)>,
              affine_map<(g, m, n, k) -> (g, m, n)>] )" +
                  ragged + R"(
        lhs { ^bb0(%l: f32, %r: f32, %t: f32, %i: i32):
          %p = arith.mulf %l, %t : f32
          kernel.yield %p : f32 }
        rhs { ^bb0(%l: f32, %r: f32, %t: f32, %i: i32): kernel.yield %r : f32 }
        epilogue { ^bb0(%l: f32, %r: f32, %t: f32, %i: i32, %acc: f32):
          %p = arith.addf %acc, %t : f32
          kernel.yield %p : f32 }
      return
    })");
}

TEST(GpuContractShapeTest, RaggedExtentsAreSharedOut) {
  GpuContractShape whole = describeGroups("");
  EXPECT_EQ(whole.groups, 4);
  EXPECT_EQ(whole.m, 32);
  EXPECT_EQ(whole.n, 16);
  EXPECT_EQ(whole.k, 32);
  EXPECT_FALSE(whole.raggedM);
  GpuContractShape rows = describeGroups("ragged 1 by 3");
  EXPECT_EQ(rows.m, 8);
  EXPECT_EQ(rows.k, 32);
  EXPECT_TRUE(rows.raggedM);
  GpuContractShape depth = describeGroups("ragged 3 by 3");
  EXPECT_EQ(depth.m, 32);
  EXPECT_EQ(depth.k, 8);
  EXPECT_FALSE(depth.raggedM);
}

TEST(GpuContractShapeTest, BytesAreThoseOfTheLargeInputs) {
  GpuContractShape shape = describeGroups("");
  EXPECT_FALSE(shape.tensorCores);
  // Statistics of rows stay in caches, but take instructions.
  EXPECT_EQ(shape.left.bytes, 4);
  EXPECT_EQ(shape.right.bytes, 4);
  EXPECT_GT(shape.left.staging, shape.right.staging);
}

TEST(GpuContractShapeTest, EpilogueInputsCount) {
  double with = describeGroups("").epilogue;
  double without = describe("64x64xbf16", "m, k").epilogue;
  EXPECT_GT(with, without);
}

} // namespace
