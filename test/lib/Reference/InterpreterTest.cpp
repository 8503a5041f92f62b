//===- InterpreterTest.cpp - Tests of the arithmetic of the interpreter ---===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Reference/Interpreter.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Parser/Parser.h"
#include "moec/InitAll.h"
#include "gtest/gtest.h"
#include <cmath>

using namespace mlir;
using namespace moec::reference;

/// What @main of `text` makes of `x`.
static std::vector<Tensor> run(const char *text, std::vector<double> x,
                               Precision precision) {
  DialectRegistry registry;
  moec::registerAllDialects(registry);
  MLIRContext context(registry);
  OwningOpRef<ModuleOp> module = parseSourceString<ModuleOp>(text, &context);
  Tensor argument = Tensor::floating({int64_t(x.size())});
  argument.floats = std::move(x);
  auto results =
      interpret(*module->getOps<func::FuncOp>().begin(), {argument}, precision);
  return succeeded(results) ? *results : std::vector<Tensor>();
}

// x / |x| of a number and its opposite: rounded in one direction, the two sum
// to 0 in f32 too.
static const char *cancels = R"(
func.func @main(%x: tensor<2xf32>) -> (tensor<2xf32>, tensor<f32>) {
  %q = moe.mul %x, %x : tensor<2xf32>
  %r = moe.rsqrt %q eps 0.0 : tensor<2xf32>
  %s = moe.mul %x, %r : tensor<2xf32>
  %sum = moe.reduce %s axes [0] : tensor<2xf32> -> tensor<f32>
  return %s, %sum : tensor<2xf32>, tensor<f32>
})";

TEST(Interpreter, PerturbsWhatCancels) {
  for (Precision precision : {Precision::F32, Precision::F64})
    EXPECT_EQ(run(cancels, {3, -3}, precision)[1].floats[0], 0);
  std::vector<Tensor> moved = run(cancels, {3, -3}, Precision::Perturbed);
  EXPECT_NEAR(moved[0].floats[0], 1, 0x1p-21);
  EXPECT_NEAR(moved[1].floats[0], 0, 0x1p-20);
  EXPECT_GT(std::fabs(moved[1].floats[0]), 1e-9);
}

TEST(Interpreter, PerturbsAlikeEachTime) {
  EXPECT_EQ(run(cancels, {3, -3}, Precision::Perturbed)[1].floats,
            run(cancels, {3, -3}, Precision::Perturbed)[1].floats);
}

// What stays as it is stays exact: a transfer is no arithmetic.
TEST(Interpreter, MovesNumbersUnperturbed) {
  const char *moves = R"(
func.func @main(%x: tensor<4xf32>) -> tensor<2x2xf32> {
  %r = moe.reshape %x : tensor<4xf32> -> tensor<2x2xf32>
  %t = moe.transpose %r [1, 0] : tensor<2x2xf32> -> tensor<2x2xf32>
  return %t : tensor<2x2xf32>
})";
  EXPECT_EQ(run(moves, {1, 2, 3, 4}, Precision::Perturbed)[0].floats,
            (std::vector<double>{1, 3, 2, 4}));
}
