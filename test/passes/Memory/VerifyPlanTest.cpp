//===- VerifyPlanTest.cpp - Wrong plans are found -------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/Memory/VerifyPlan.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Parser/Parser.h"
#include "gtest/gtest.h"

using namespace mlir;
using namespace moec;
using namespace moec::memory;

namespace {
/// y = exp(x), z = exp(p), w = exp(y) beside z: good as it is planned.
const char *const text = R"(
  #id = affine_map<(i) -> (i)>
  func.func @f(%x: tensor<8xf32> {moe.field = "x"}, %p: tensor<8xf32> {moe.var = @p})
      -> (tensor<8xf32> {moe.output = "w"}, tensor<8xf32> {moe.output = "z"}) {
    %e = tensor.empty() : tensor<8xf32>
    %y = kernel.map dims [8] ins(%x : tensor<8xf32>) outs(%e : tensor<8xf32>) maps [#id, #id]
      body { ^bb0(%a: f32):
        %b = math.exp %a : f32
        kernel.yield %b : f32 } -> tensor<8xf32>
    %z = kernel.map dims [8] ins(%p : tensor<8xf32>) outs(%e : tensor<8xf32>) maps [#id, #id]
      body { ^bb0(%a: f32):
        %b = math.exp %a : f32
        kernel.yield %b : f32 } -> tensor<8xf32>
    %w = kernel.map dims [8] ins(%y : tensor<8xf32>) outs(%e : tensor<8xf32>) maps [#id, #id]
      body { ^bb0(%a: f32):
        %b = math.exp %a : f32
        kernel.yield %b : f32 } -> tensor<8xf32>
    return %w, %z : tensor<8xf32>, tensor<8xf32>
  })";

struct VerifyPlanTest : testing::Test {
  VerifyPlanTest() {
    context.loadDialect<kernel::KernelDialect, moe::MoEDialect,
                        func::FuncDialect, tensor::TensorDialect,
                        arith::ArithDialect, math::MathDialect>();
    module = parseSourceString<ModuleOp>(text, &context);
    func = module->lookupSymbol<func::FuncOp>("f");
    layout["p"] = {moe::Role::Parameter, 0, 32};
    plan.emplace(func, layout);
    EXPECT_TRUE(succeeded(plan->run()));
    for (Operation &op : func.getBody().front())
      if (isKernel(&op))
        made.push_back(op.getResult(0));
    places.assign(plan->getResultPlaces().begin(),
                  plan->getResultPlaces().end());
  }

  /// The error of the plan where `value` lies as `at` says; "" if it is right.
  std::string verify(Value value = {}, Value at = {}) {
    std::string message;
    ScopedDiagnosticHandler handler(
        &context, [&](Diagnostic &diagnostic) { message = diagnostic.str(); });
    LogicalResult result = verifyPlan(
        func,
        [&](Value asked) { return plan->lookup(asked == value ? at : asked); },
        places);
    EXPECT_EQ(succeeded(result), message.empty());
    return message;
  }

  MLIRContext context;
  OwningOpRef<ModuleOp> module;
  func::FuncOp func;
  Layout layout;
  std::optional<BufferAssignment> plan;
  SmallVector<Value> made;
  SmallVector<Address> places;
};

bool has(const std::string &text, const char *part) {
  return text.find(part) != std::string::npos;
}

TEST_F(VerifyPlanTest, GoodPlan) {
  ASSERT_EQ(made.size(), 3u);
  EXPECT_EQ(verify(), "");
}

TEST_F(VerifyPlanTest, OverwrittenBeforeItIsRead) {
  // z is made where y still waits for w.
  EXPECT_TRUE(has(verify(made[1], made[0]), "no longer, or not yet"));
}

TEST_F(VerifyPlanTest, ResultThatIsNotInItsPlace) {
  std::swap(places[0], places[1]);
  EXPECT_TRUE(has(verify(), "result 0 of @f is not in its place"));
}

TEST_F(VerifyPlanTest, VariableThatNobodyGaveANewValue) {
  EXPECT_TRUE(has(verify(made[0], func.getArgument(1)), "no longer"));
  // Behind its last reader.
  EXPECT_TRUE(has(verify(made[2], func.getArgument(1)), "not in its place"));
  places[0] = plan->lookup(func.getArgument(1));
  EXPECT_TRUE(has(verify(made[2], func.getArgument(1)),
                  "changes variable @p, of which no result is the new value"));
}
} // namespace
