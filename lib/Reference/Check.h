//===- Check.h - Comparing results, checking gradients
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_LIB_REFERENCE_CHECK_H
#define MOEC_LIB_REFERENCE_CHECK_H

#include "lib/Reference/Interpreter.h"
#include <string>

namespace moec::reference {

/// Arguments for `function`, the same for the same seed on every machine:
/// standard normal numbers (exact in f32), of variables of role statistic their
/// sizes, since a variance is one; integers of 0 .. 1 or, with the argument
/// attribute `moe.range = [low, high]` (i64), of low .. high-1. Fails, with a
/// diagnostic, on a type that is no static tensor of numbers or on a bad range.
mlir::FailureOr<std::vector<Tensor>> makeArguments(mlir::func::FuncOp function,
                                                   uint64_t seed);

/// How far two tensors are apart.
struct Difference {
  /// The largest |actual - expected|, and that over |expected|.
  double absolute = 0, relative = 0;
  /// Elements with |actual - expected| > atol + rtol * |expected|, and the
  /// first.
  int64_t wrong = 0, firstWrong = -1;
  /// Undefined (NaN) elements of `expected`: these are not compared.
  int64_t undefined = 0;
  /// Why nothing could be compared (shape, everything undefined); empty if it
  /// was.
  std::string mismatch;
  bool ok() const { return mismatch.empty() && wrong == 0; }
};
Difference compare(const Tensor &expected, const Tensor &actual, double rtol,
                   double atol);

/// Makes @loss and @train_step, whose gradients can be compared, in a module.
/// From a function @loss: @train_step is the same, and behind its results stand
/// the gradients of result 0 by every argument with `moe.var`, as
/// `moe.gradient`. Else from the first function with a `moe.gradient`: @loss
/// gives its loss, @train_step that and the gradients, and of the arguments
/// only those that they are taken by keep `moe.var`. Fails, with a diagnostic,
/// if there is neither, or result 0 of @loss is no scalar.
mlir::LogicalResult makeGradientFunctions(mlir::ModuleOp module);

/// Compares the gradients that `trainStep` returns behind the results of `loss`
/// with fourth-order central differences of result 0 of `loss`, in double. Both
/// take the same arguments; there is a gradient for each with `moe.var`. Gives
/// the largest |gradient - difference| over the largest |difference| of the
/// same variable, and the name of that variable. Fails, with a diagnostic, if
/// one cannot be run, a gradient is missing or not finite.
struct GradientError {
  double error = 0;
  std::string parameter;
};
mlir::FailureOr<GradientError> gradientError(mlir::func::FuncOp loss,
                                             mlir::func::FuncOp trainStep,
                                             llvm::ArrayRef<Tensor> arguments,
                                             double step = 1e-4);

} // namespace moec::reference

#endif // MOEC_LIB_REFERENCE_CHECK_H
