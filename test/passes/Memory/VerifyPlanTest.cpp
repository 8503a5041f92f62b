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

/// n = c + exp(p) is carried, u = exp(exp(p)) is saved; backwards, b = c + u.
/// What is outside of the loops, x, is read by each iteration of the first.
std::string repeats(const char *count) {
  std::string made = R"(
  #id = affine_map<(i) -> (i)>
  func.func @f(%x: tensor<8xf32> {moe.field = "x"}, %w: tensor<Nx8xf32> {moe.field = "w"})
      -> (tensor<8xf32> {moe.output = "y"}, tensor<8xf32> {moe.output = "z"}) {
    %e = tensor.empty() : tensor<8xf32>
    %a = kernel.map dims [8] ins(%x : tensor<8xf32>) outs(%e : tensor<8xf32>) maps [#id, #id]
      body { ^bb0(%s: f32):
        %b = math.exp %s : f32
        kernel.yield %b : f32 } -> tensor<8xf32>
    %r:2 = moe.repeat N carry(%a : tensor<8xf32>) stacked(%w : tensor<Nx8xf32>) {
    ^bb0(%c: tensor<8xf32>, %p: tensor<8xf32>):
      %f = tensor.empty() : tensor<8xf32>
      %t = kernel.map dims [8] ins(%p, %x : tensor<8xf32>, tensor<8xf32>) outs(%f : tensor<8xf32>) maps [#id, #id, #id]
        body { ^bb0(%s: f32, %g: f32):
          %b = math.exp %s : f32
          kernel.yield %b : f32 } -> tensor<8xf32>
      %n = kernel.map dims [8] ins(%c, %t : tensor<8xf32>, tensor<8xf32>) outs(%f : tensor<8xf32>) maps [#id, #id, #id]
        body { ^bb0(%s: f32, %g: f32):
          %b = arith.addf %s, %g : f32
          kernel.yield %b : f32 } -> tensor<8xf32>
      %u = kernel.map dims [8] ins(%t : tensor<8xf32>) outs(%f : tensor<8xf32>) maps [#id, #id]
        body { ^bb0(%s: f32):
          %b = math.exp %s : f32
          kernel.yield %b : f32 } -> tensor<8xf32>
      moe.yield %n, %u : tensor<8xf32>, tensor<8xf32>
    } -> tensor<8xf32>, tensor<Nx8xf32>
    %q = moe.repeat N reverse carry(%a : tensor<8xf32>) stacked(%r#1 : tensor<Nx8xf32>) {
    ^bb0(%c: tensor<8xf32>, %p: tensor<8xf32>):
      %f = tensor.empty() : tensor<8xf32>
      %b = kernel.map dims [8] ins(%c, %p : tensor<8xf32>, tensor<8xf32>) outs(%f : tensor<8xf32>) maps [#id, #id, #id]
        body { ^bb0(%s: f32, %g: f32):
          %b = arith.addf %s, %g : f32
          kernel.yield %b : f32 } -> tensor<8xf32>
      moe.yield %b : tensor<8xf32>
    } -> tensor<8xf32>
    %y = kernel.map dims [8] ins(%r#0 : tensor<8xf32>) outs(%e : tensor<8xf32>) maps [#id, #id]
      body { ^bb0(%s: f32):
        %b = math.exp %s : f32
        kernel.yield %b : f32 } -> tensor<8xf32>
    return %y, %q : tensor<8xf32>, tensor<8xf32>
  })";
  for (size_t at = 0; (at = made.find('N', at)) != std::string::npos;)
    made.replace(at, 1, count);
  return made;
}

struct VerifyPlanTest : testing::Test {
  explicit VerifyPlanTest(const std::string &text = ::text) {
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

  /// The error of the plan where `value` lies there; "" if it is right.
  std::string verify(Value value, Value at) {
    return verify(value, plan->lookup(at));
  }
  std::string verify(Value value = {}, Address at = {}) {
    std::string message;
    ScopedDiagnosticHandler handler(
        &context, [&](Diagnostic &diagnostic) { message = diagnostic.str(); });
    LogicalResult result = verifyPlan(
        func,
        [&](Value asked) { return asked == value ? at : plan->lookup(asked); },
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

TEST_F(VerifyPlanTest, KernelThatOverwritesWhatItReads) {
  // In place it may, but not beside.
  Address beside = plan->lookup(func.getArgument(0));
  beside.offset += 4;
  EXPECT_TRUE(has(verify(made[0], beside),
                  "'kernel.map' of @f overwrites its operand 0"));
}

struct VerifyRepeatTest : VerifyPlanTest {
  explicit VerifyRepeatTest(const char *count = "4")
      : VerifyPlanTest(repeats(count)) {
    auto loops = llvm::to_vector(func.getOps<moe::RepeatOp>());
    forward = loops.front();
    backward = loops.back();
    auto names = {&t, &n, &u};
    auto kernels = llvm::make_filter_range(
        forward.getBody().front(), [](Operation &op) { return isKernel(&op); });
    for (auto [name, op] : llvm::zip_equal(names, kernels))
      *name = op.getResult(0);
    c = forward.getBody().getArgument(0);
  }

  moe::RepeatOp forward, backward;
  Value t, n, u, c;
};

TEST_F(VerifyRepeatTest, GoodPlan) { EXPECT_EQ(verify(), ""); }

TEST_F(VerifyRepeatTest, CarriedValueThatIsOverwrittenBeforeItIsRead) {
  // u is made where n waits for the next iteration.
  EXPECT_TRUE(
      has(verify(u, n), "no longer, or not yet, in its place in iteration 1"));
}

TEST_F(VerifyRepeatTest, CarriedValueInThePlaceOfThisIteration) {
  EXPECT_TRUE(has(verify(n, c), "in its place in iteration 1"));
}

TEST_F(VerifyRepeatTest, InPlaceOfWhatTheNextIterationReads) {
  // Good for one iteration: t is point-wise in x.
  EXPECT_TRUE(
      has(verify(t, func.getArgument(0)), "in its place in iteration 1"));
}

TEST_F(VerifyRepeatTest, SlotOfAnotherIteration) {
  // As it is written: one slot for all, or the next one.
  Address at = plan->lookup(u);
  at.stride = 0;
  EXPECT_TRUE(has(verify(u, at), "in its place in iteration 0"));
  at = plan->lookup(u);
  at.offset += at.stride;
  EXPECT_TRUE(has(verify(u, at), "in its place in iteration 0"));
  // As it is read: backwards, the first slot comes last.
  Value saved = backward.getBody().getArgument(1);
  EXPECT_TRUE(has(verify(saved, u), "in its place in iteration 0"));
  at = plan->lookup(saved);
  at.stride *= 2;
  EXPECT_TRUE(has(verify(saved, at), "in its place in iteration 1"));
}

TEST_F(VerifyRepeatTest, ValueOfAnotherIterationBehindTheRepeat) {
  Address at = plan->lookup(forward.getResult(0));
  at.offset = at.offset ? 0 : 32; // the state before the last
  std::string message = verify(forward.getResult(0), at);
  EXPECT_TRUE(has(message, "or not yet, in its place")) << message;
  EXPECT_FALSE(has(message, "iteration"));
}

TEST_F(VerifyRepeatTest, TemporaryOverSavedSlot) {
  // What iteration 2 saves is overwritten by iteration 3; backwards it is read
  // second.
  Address at = plan->lookup(u);
  at.offset += 2 * at.stride;
  at.stride = 0;
  EXPECT_TRUE(has(verify(t, at), "in its place in iteration 1"));
}

struct VerifyLongRepeatTest : VerifyRepeatTest {
  VerifyLongRepeatTest() : VerifyRepeatTest("2000") {}
};

TEST_F(VerifyLongRepeatTest, GoodPlan) { EXPECT_EQ(verify(), ""); }

TEST_F(VerifyLongRepeatTest, FollowsTheFirstIterations) {
  EXPECT_TRUE(has(verify(u, n), "in its place in iteration 1"));
}

TEST_F(VerifyLongRepeatTest, WritesOverWhatItReadsMuchLater) {
  ASSERT_GT(2000, maxFollowedIterations);
  Address at = plan->lookup(func.getArgument(0));
  at.stride = 32;
  at.offset -= 1500 * at.stride;
  EXPECT_TRUE(has(verify(t, at),
                  "a repeat of @f overwrites a value of type 'tensor<8xf32>' "
                  "that its iterations read"));
}
} // namespace
