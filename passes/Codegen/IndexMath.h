//===- IndexMath.h - Arithmetic on positions --------------------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_PASSES_CODEGEN_INDEXMATH_H
#define MOEC_PASSES_CODEGEN_INDEXMATH_H

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/Builders.h"

namespace moec::codegen {

/// Emits arithmetic on positions, which are never negative, in the type that a
/// back end counts in: index on a CPU, i32 on a GPU. For emitters to derive
/// from.
class IndexMath {
protected:
  IndexMath(mlir::Operation *before, mlir::Type positions)
      : b(before), loc(before->getLoc()), positions(positions) {}

  mlir::OpBuilder b;
  mlir::Location loc;

  mlir::Value c(int64_t value);
  mlir::Value add(mlir::Value x, mlir::Value y);
  mlir::Value add(mlir::Value x, int64_t y) { return y ? add(x, c(y)) : x; }
  mlir::Value sub(mlir::Value x, mlir::Value y);
  mlir::Value mul(mlir::Value x, int64_t y);
  /// x * y + z
  mlir::Value mad(mlir::Value x, int64_t y, mlir::Value z) {
    return add(mul(x, y), z);
  }
  mlir::Value div(mlir::Value x, int64_t y);
  mlir::Value rem(mlir::Value x, int64_t y);
  mlir::Value ceilDiv(mlir::Value x, int64_t y);
  mlir::Value minimum(mlir::Value x, mlir::Value y);
  mlir::Value maximum(mlir::Value x, mlir::Value y);
  mlir::Value lessThan(mlir::Value x, mlir::Value y);
  mlir::Value both(mlir::Value x, mlir::Value y);
  mlir::Value pick(mlir::Value condition, mlir::Value yes, mlir::Value no);
  /// A position as index, and what memory holds (an i32) as position.
  mlir::Value index(mlir::Value position);
  mlir::Value position(mlir::Value loaded);

private:
  mlir::Type positions;
};

} // namespace moec::codegen

#endif // MOEC_PASSES_CODEGEN_INDEXMATH_H
