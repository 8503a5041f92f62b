//===- KernelReference.h - What a kernel op means, in f64 ------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_TEST_PASSES_CODEGEN_KERNELREFERENCE_H
#define MOEC_TEST_PASSES_CODEGEN_KERNELREFERENCE_H

#include "mlir/IR/AffineExpr.h"
#include "mlir/IR/Operation.h"
#include <cstdint>
#include <vector>

namespace moec::test {

/// A scalar while a kernel is evaluated: floats in f64, integers zero-extended.
union Scalar {
  double f;
  uint64_t i;
};

/// The buffer of one operand, element by element.
using ScalarBuffer = std::vector<Scalar>;

/// Evaluates a kernel op point by point, straight from the definition in
/// dialects/Kernel/KernelOps.td. Buffers are given in the order of inputs, then
/// outs. Elements that the op does not write keep their value. An op that the
/// interpreter does not know ends the program with its name.
void evaluateKernel(mlir::Operation *op, std::vector<ScalarBuffer> &buffers);

/// The value of an index expression where dim i is `point[i]`.
int64_t evaluateExpr(mlir::AffineExpr expr, llvm::ArrayRef<int64_t> point);

/// `value` rounded to bf16, to nearest, ties to even.
double roundToBF16(double value);

} // namespace moec::test

#endif // MOEC_TEST_PASSES_CODEGEN_KERNELREFERENCE_H
