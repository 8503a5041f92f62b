//===- Check.cpp - Comparing results, checking gradients
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Reference/Check.h"
#include "lib/Reference/Random.h"
#include "mlir/IR/BuiltinAttributes.h"
#include <cmath>

using namespace mlir;
using namespace moec::reference;

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
      arguments.push_back(std::move(tensor));
      continue;
    }
    int64_t low = 0, high = 2;
    if (Attribute range = function.getArgAttr(i, "moe.range")) {
      auto limits = dyn_cast<ArrayAttr>(range);
      auto value = [&](unsigned j) {
        return limits && limits.size() == 2 ? dyn_cast<IntegerAttr>(limits[j])
                                            : IntegerAttr();
      };
      if (!value(0) || !value(1) || value(0).getInt() >= value(1).getInt())
        return function.emitError("argument ")
               << i
               << ": expected moe.range = [low, high] with low < high, got "
               << range;
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
  for (unsigned i = 0; i < loss.getNumArguments(); ++i) {
    auto name = loss.getArgAttrOfType<StringAttr>(i, "moe.param");
    if (!name)
      continue;
    const Tensor *gradient = nullptr;
    for (unsigned r = 0; r < trainStep.getNumResults(); ++r)
      if (trainStep.getResultAttr(r, "moe.grad") == name)
        gradient = &(*gradients)[r];
    if (!gradient || gradient->size() != arguments[i].size())
      return trainStep.emitError("expected a result with moe.grad = ")
             << name << " of the parameter's shape";
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
      worst = {relative, name.str()};
  }
  return worst;
}
