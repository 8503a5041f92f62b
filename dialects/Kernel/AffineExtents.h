//===- AffineExtents.h - Affine expressions of bounded dims ---*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_DIALECTS_KERNEL_AFFINEEXTENTS_H
#define MOEC_DIALECTS_KERNEL_AFFINEEXTENTS_H

#include "mlir/IR/AffineExpr.h"
#include "mlir/IR/AffineMap.h"

namespace moec::kernel {

/// Smallest and largest value of an expression over dims `0 <= d_i < dims[i]`.
struct ExprRange {
  int64_t low, high;
};
ExprRange rangeOf(mlir::AffineExpr expr, llvm::ArrayRef<int64_t> dims);

/// Simplifies `expr`, knowing `0 <= d_i < dims[i]`. Beyond MLIR's own rules it
/// joins `(e floordiv c) * (c*s) + (e mod c) * s` to `e * s` and drops division
/// and remainder that the extents make superfluous, as in
/// (b * 49 + s) floordiv 49 = b for s < 49.
mlir::AffineExpr simplifyWithExtents(mlir::AffineExpr expr,
                                     llvm::ArrayRef<int64_t> dims);

/// What `expr` grows by when dim `dim` does by one; nothing if that is not the
/// same everywhere. What a division of the dim grows by is said by
/// `ofDivision`, or not the same everywhere.
std::optional<int64_t>
getSlope(mlir::AffineExpr expr, unsigned dim,
         llvm::function_ref<std::optional<int64_t>(mlir::AffineBinaryOpExpr)>
             ofDivision = nullptr);

/// simplifyWithExtents() of all results of a map without symbols.
mlir::AffineMap simplifyMap(mlir::AffineMap map,
                            llvm::ArrayRef<int64_t> extents);

} // namespace moec::kernel

#endif // MOEC_DIALECTS_KERNEL_AFFINEEXTENTS_H
