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

/// The arithmetic in which f32 is evaluated.
enum class Precision { F32, F64 };

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
/// out of bounds.
mlir::FailureOr<std::vector<Tensor>>
interpret(mlir::func::FuncOp function, llvm::ArrayRef<Tensor> arguments,
          Precision precision = Precision::F32);

} // namespace moec::reference

#endif // MOEC_LIB_REFERENCE_INTERPRETER_H
