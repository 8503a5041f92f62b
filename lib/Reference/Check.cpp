//===- Check.cpp - Comparing results, checking gradients
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Reference/Check.h"
#include "dialects/MoE/MoEConventions.h"
#include "lib/Reference/Random.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include <cmath>

using namespace mlir;
using namespace moec;
using namespace moec::reference;

static bool isStatistic(func::FuncOp function, unsigned i) {
  auto name = moe::attr::variable.ofArgument(function, i);
  auto variable = name ? SymbolTable::lookupNearestSymbolFrom<moe::VariableOp>(
                             function, name)
                       : moe::VariableOp();
  return variable && variable.getRole() == moe::Role::Statistic;
}

FailureOr<std::vector<Tensor>>
moec::reference::makeArguments(func::FuncOp function, uint64_t seed) {
  Random generator(seed);
  std::vector<Tensor> arguments;
  for (unsigned i = 0; i < function.getNumArguments(); ++i) {
    auto type = dyn_cast<RankedTensorType>(function.getArgument(i).getType());
    if (!type || !type.hasStaticShape() ||
        !type.getElementType().isIntOrFloat())
      return function.emitError("argument ")
             << i << ": expected a static tensor of numbers, to fill it, got "
             << function.getArgument(i).getType()
             << "; build routing plans inside of the function";
    if (!isIntegral(type)) {
      Tensor tensor = Tensor::floating(type.getShape());
      for (double &value : tensor.floats)
        value = float(generator.normal());
      if (isStatistic(function, i))
        for (double &value : tensor.floats)
          value = std::fabs(value);
      arguments.push_back(std::move(tensor));
      continue;
    }
    int64_t low = 0, high = 2;
    if (auto host = moe::attr::host.ofArgument(function, i);
        host && host.getValue() == moe::HostValue::Step) {
      low = 1; // steps count from 1
      high = 50;
    }
    if (ArrayAttr limits = moe::attr::range.ofArgument(function, i)) {
      auto value = [&](unsigned j) {
        return limits.size() == 2 ? dyn_cast<IntegerAttr>(limits[j])
                                  : IntegerAttr();
      };
      if (!value(0) || !value(1) || value(0).getInt() >= value(1).getInt())
        return function.emitError("argument ")
               << i
               << ": expected moe.range = [low, high] with low < high, got "
               << limits;
      low = value(0).getInt();
      high = value(1).getInt();
    }
    Tensor tensor = Tensor::integer(type.getShape());
    for (int32_t &value : tensor.ints)
      value = int32_t(low + int64_t(generator.next() % uint64_t(high - low)));
    arguments.push_back(std::move(tensor));
  }
  return arguments;
}

Difference moec::reference::compare(const Tensor &expected,
                                    const Tensor &actual, double rtol,
                                    double atol) {
  Difference difference;
  if (expected.isInt != actual.isInt || expected.size() != actual.size()) {
    difference.mismatch = "expected " + std::to_string(expected.size()) +
                          (expected.isInt ? " integers" : " numbers") +
                          ", got " + std::to_string(actual.size()) +
                          (actual.isInt ? " integers" : " numbers");
    return difference;
  }
  for (int64_t i = 0; i < expected.size(); ++i) {
    double want = expected.isInt ? expected.ints[i] : expected.floats[i];
    double have = actual.isInt ? actual.ints[i] : actual.floats[i];
    if (std::isnan(want) || (expected.isInt && expected.ints[i] == INT32_MIN)) {
      ++difference.undefined;
      continue;
    }
    double error = want == have ? 0 : std::fabs(have - want);
    if (!(error <= atol + rtol * std::fabs(want))) { // NaN is wrong too.
      if (!difference.wrong++)
        difference.firstWrong = i;
    }
    if (std::isnan(error))
      error = std::numeric_limits<double>::infinity();
    difference.absolute = std::max(difference.absolute, error);
    if (want != 0)
      difference.relative =
          std::max(difference.relative, error / std::fabs(want));
  }
  if (expected.size() && difference.undefined == expected.size())
    difference.mismatch = "every expected element is undefined";
  return difference;
}

static LogicalResult addGradients(func::FuncOp loss) {
  auto scalar = loss.getNumResults()
                    ? dyn_cast<RankedTensorType>(loss.getResultTypes()[0])
                    : RankedTensorType();
  if (loss.isExternal() || !scalar || scalar.getRank() != 0 ||
      !isa<FloatType>(scalar.getElementType()))
    return loss.emitError("expected a scalar loss as first result");
  OpBuilder b(loss);
  b.setInsertionPointAfter(loss);
  auto step = cast<func::FuncOp>(b.clone(*loss));
  step.setSymName("train_step");
  Operation *ret = step.getBody().front().getTerminator();
  SmallVector<Value> by;
  for (BlockArgument argument : step.getArguments())
    if (moe::attr::variable.ofArgument(step, argument.getArgNumber()))
      by.push_back(argument);
  b.setInsertionPoint(ret);
  auto gradient = moe::GradientOp::create(
      b, loss.getLoc(), ValueRange(by).getTypes(), ret->getOperand(0), by);
  ret->insertOperands(ret->getNumOperands(), gradient.getGradients());
  step.setFunctionType(
      b.getFunctionType(step.getArgumentTypes(), ret->getOperandTypes()));
  step.setResAttrsAttr({});
  return success();
}

/// A copy of `function` that returns `results`, values of the body of
/// `function`, and has no ops that these do not need.
static void cloneReturning(func::FuncOp function, StringRef name,
                           ValueRange results) {
  OpBuilder b(function);
  IRMapping map;
  auto copy = cast<func::FuncOp>(b.clone(*function, map));
  copy.setSymName(name);
  moe::attr::entry.remove(copy);
  Block &body = copy.getBody().front();
  SmallVector<Value> mapped;
  for (Value result : results)
    mapped.push_back(map.lookup(result));
  body.getTerminator()->setOperands(mapped);
  copy.setFunctionType(
      b.getFunctionType(copy.getArgumentTypes(), results.getTypes()));
  SmallVector<Attribute> names;
  for (unsigned i = 0; i < results.size(); ++i)
    names.push_back(b.getDictionaryAttr(
        moe::attr::output.with(b.getStringAttr("result" + Twine(i)))));
  copy.setResAttrsAttr(b.getArrayAttr(names));
  for (Operation &op : llvm::make_early_inc_range(llvm::reverse(body)))
    if (isOpTriviallyDead(&op))
      op.erase();
}

LogicalResult moec::reference::makeGradientFunctions(ModuleOp module) {
  if (auto loss = module.lookupSymbol<func::FuncOp>("loss"))
    return addGradients(loss);
  moe::GradientOp gradient;
  module.walk([&](moe::GradientOp op) {
    gradient = op;
    return WalkResult::interrupt();
  });
  auto function = gradient ? dyn_cast<func::FuncOp>(gradient->getParentOp())
                           : func::FuncOp();
  if (!function)
    return module.emitError("expected a function @loss, or one with "
                            "moe.gradient in its body, to check gradients");
  for (BlockArgument argument : function.getArguments())
    if (!llvm::is_contained(gradient.getWrt(), argument) &&
        function.removeArgAttr(argument.getArgNumber(),
                               moe::attr::variable.name))
      function.setArgAttr(
          argument.getArgNumber(), moe::attr::field.name,
          StringAttr::get(module.getContext(),
                          "other" + Twine(argument.getArgNumber())));
  SmallVector<Value> results = {gradient.getLoss()};
  cloneReturning(function, "loss", results);
  llvm::append_range(results, gradient.getGradients());
  function.setSymName("moec.original");
  cloneReturning(function, "train_step", results);
  function.erase();
  return success();
}

FailureOr<GradientError>
moec::reference::gradientError(func::FuncOp loss, func::FuncOp trainStep,
                               ArrayRef<Tensor> arguments, double step) {
  auto gradients = interpret(trainStep, arguments, Precision::F64);
  if (failed(gradients))
    return failure();
  std::vector<Tensor> moved(arguments.begin(), arguments.end());
  auto lossAt = [&]() -> FailureOr<double> {
    auto results = interpret(loss, moved, Precision::F64);
    if (failed(results))
      return failure();
    if (results->empty() || results->front().floats.size() != 1)
      return loss.emitError("expected a scalar loss as first result");
    return results->front().floats[0];
  };

  GradientError worst;
  unsigned next = loss.getNumResults();
  for (unsigned i = 0; i < loss.getNumArguments(); ++i) {
    auto name = moe::attr::variable.ofArgument(loss, i);
    if (!name)
      continue;
    const Tensor *gradient =
        next < gradients->size() ? &(*gradients)[next] : nullptr;
    if (!gradient || gradient->size() != arguments[i].size())
      return trainStep.emitError("expected as result ")
             << next << " the gradient by " << name
             << ", of the variable's shape";
    ++next;
    double largest = 0, error = 0;
    for (int64_t at = 0; at < gradient->size(); ++at) {
      double value = moved[i].floats[at], samples[4];
      for (int s = 0; s < 4; ++s) {
        moved[i].floats[at] = value + step * (s < 2 ? s - 2 : s - 1);
        auto sample = lossAt();
        if (failed(sample))
          return failure();
        samples[s] = *sample;
      }
      moved[i].floats[at] = value;
      double slope =
          (samples[0] - 8 * samples[1] + 8 * samples[2] - samples[3]) /
          (12 * step);
      double apart = std::fabs(gradient->floats[at] - slope);
      if (!std::isfinite(apart))
        return trainStep.emitError("gradient of ")
               << name << ": element " << at
               << " is not finite, or its central difference is not";
      error = std::max(error, apart);
      largest = std::max(largest, std::fabs(slope));
    }
    // Where the loss does not depend on it, what is left is rounding.
    double relative = error / std::max(largest, 1e-3);
    if (relative >= worst.error)
      worst = {relative, name.getValue().str()};
  }
  return worst;
}
