//===- Interpreter.h - The meaning of every op, in plain C++
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_LIB_REFERENCE_INTERPRETER_H
#define MOEC_LIB_REFERENCE_INTERPRETER_H

#include "lib/Reference/Tensor.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Support/LLVM.h"
#include <vector>

namespace moec::reference {

/// The arithmetic in which f32 is evaluated. Perturbed: in double, where each
/// result of an op that computes is off by half of 2^-22 of itself or less, at
/// random, the same for one seed: what rounding may do to two numbers
/// that rounding in one direction keeps equal.
enum class Precision { F32, F64, Perturbed };

/// A choice between numbers that an evaluation made. Where two of them are
/// nearly equal, rounding decides, and what hangs on it cannot be compared.
struct Choice {
  /// Sign: each item is above 0 or not, its first option or its second one.
  /// Threshold: which number others are compared with.
  enum class Kind { Route, Accuracy, Sign, Threshold };
  Kind kind = Kind::Route;
  int64_t items = 0, options = 0, k = 1; ///< each item chooses k options
  int64_t groups = 1;                    ///< runs of neighbouring items
  int64_t capacity = 0;                  ///< items of each that an option takes
  bool byImportance = false;
  bool optionsChoose = false; ///< each takes the best `capacity` of each group
  std::vector<double> scores; ///< [items, options]
};

/// Whether the choice stays the same when every score moves by up to as much as
/// `by` says for it. Tried at random, the same for the same numbers: where the
/// choice does hang on it, each try finds it with a good chance.
bool isSteady(const Choice &choice, llvm::ArrayRef<double> by, int tries = 8);

/// Runs `function` on `arguments` and gives its results.
///
/// Understands the moe dialect, the kernel dialect on tensors with scalar
/// regions of arith and math ops, and the tensor ops between them (empty,
/// expand_shape, collapse_shape, constants, calls). Sums run in ascending order
/// of the index that disappears, in the chosen precision; a function that
/// mentions f64 is evaluated in double in any case. Elements that an op leaves
/// undefined (rows past the end of a plan, `tensor.empty`) are NaN or
/// INT32_MIN, so that a use of them shows.
///
/// Fails, with a diagnostic at the op, on an op that it does not know, on
/// arguments whose number or shape is not that of the function, and on an index
/// out of bounds. The choices that were made on the way go to `choices`, in
/// order.
mlir::FailureOr<std::vector<Tensor>>
interpret(mlir::func::FuncOp function, llvm::ArrayRef<Tensor> arguments,
          Precision precision = Precision::F32,
          std::vector<Choice> *choices = nullptr, uint64_t seed = 1);

} // namespace moec::reference

#endif // MOEC_LIB_REFERENCE_INTERPRETER_H
