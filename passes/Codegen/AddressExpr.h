//===- AddressExpr.h - Affine addresses of kernel operands -----*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_PASSES_CODEGEN_ADDRESSEXPR_H
#define MOEC_PASSES_CODEGEN_ADDRESSEXPR_H

#include "dialects/Kernel/AffineExtents.h"
#include "mlir/IR/Builders.h"

namespace moec::codegen {

/// The row-major element offset that `map` selects in a dense buffer of
/// `shape`: (m floordiv 49, m mod 49, k) on 4x49x96 becomes m * 96 + k.
mlir::AffineExpr linearizeAccess(mlir::AffineMap map,
                                 llvm::ArrayRef<int64_t> shape,
                                 llvm::ArrayRef<int64_t> dims);

/// How an address moves when one dimension advances. Chunked: by `stride` (0 or
/// 1) within a vector that starts at a multiple of the alignment asked for, and
/// anyhow from one such vector to the next.
enum class LaneKind { Invariant, Unit, Strided, Chunked, Irregular };
struct LaneInfo {
  LaneKind kind;
  int64_t stride; ///< elements a step; 0 for Invariant and Irregular
};
/// `alignment`: positions along `dim` are visited in vectors of so many
/// lanes from multiples of it; 1 if nothing is known.
LaneInfo analyzeLane(mlir::AffineExpr address, unsigned dim,
                     int64_t alignment = 1);

/// Emits arith ops that compute `expr` from one value per dimension: all of
/// type index, or of one integer or integer vector type (the dims that `expr`
/// does not use may be null), whose width results are modulo. `dims` are the
/// extents, used to choose unsigned division where the operand cannot be
/// negative.
mlir::Value expandExpr(mlir::OpBuilder &b, mlir::Location loc,
                       mlir::AffineExpr expr, mlir::ValueRange values,
                       llvm::ArrayRef<int64_t> dims, mlir::Type type);

} // namespace moec::codegen

#endif // MOEC_PASSES_CODEGEN_ADDRESSEXPR_H
