//===- MoEVerify.h - What the verifiers of the moe dialect share
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_DIALECTS_MOE_MOEVERIFY_H
#define MOEC_DIALECTS_MOE_MOEVERIFY_H

#include "dialects/MoE/MoEOps.h"

namespace moec::moe {

/// "[2, 3]".
std::string shapeText(llvm::ArrayRef<int64_t> shape);

inline llvm::ArrayRef<int64_t> shapeOf(mlir::Value value) {
  return llvm::cast<mlir::ShapedType>(value.getType()).getShape();
}

/// "expected <what> of shape [2, 3], got [2, 4]".
mlir::LogicalResult expectShape(mlir::Operation *op, llvm::StringRef what,
                                mlir::Value value,
                                llvm::ArrayRef<int64_t> shape);
/// "expected <what> of rank 2, got 3".
mlir::LogicalResult expectRank(mlir::Operation *op, llvm::StringRef what,
                               mlir::Value value, int64_t rank);
/// "expected 0 <= axis < 3, got 3".
mlir::LogicalResult expectAxis(mlir::Operation *op, int64_t axis, int64_t rank);
/// "expected ascending axes of 0 .. 2, got [1, 1]".
mlir::LogicalResult expectAxes(mlir::Operation *op,
                               llvm::ArrayRef<int64_t> axes, int64_t rank);
/// "expected 1 <= k <= 8, got 9".
mlir::LogicalResult expectChoices(mlir::Operation *op, int64_t k,
                                  int64_t experts);
/// All floating-point operands and results have the same element type.
mlir::LogicalResult expectOneElementType(mlir::Operation *op);
/// All operands and results have the same element type.
mlir::LogicalResult expectSameElementType(mlir::Operation *op);
/// The plan is that of one iteration, not a stack.
mlir::LogicalResult expectSinglePlan(mlir::Operation *op, RoutingType plan);
/// As one would write it: 0.5, not 5.000000e-01.
std::string numberText(const llvm::APFloat &value);
/// "expected <what> >= 0, got -1".
mlir::LogicalResult expectNotNegative(mlir::Operation *op, llvm::StringRef what,
                                      const llvm::APFloat &value);
/// "expected <what> > 0, got 0".
mlir::LogicalResult expectPositive(mlir::Operation *op, llvm::StringRef what,
                                   const llvm::APFloat &value);
/// "expected 0 <= <what> < 1, got 1": less than 1, so that it forgets.
mlir::LogicalResult expectDecay(mlir::Operation *op, llvm::StringRef what,
                                const llvm::APFloat &value);

} // namespace moec::moe

#endif // MOEC_DIALECTS_MOE_MOEVERIFY_H
