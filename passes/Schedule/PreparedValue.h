//===- PreparedValue.h - What a derived variable is made of -----*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_PASSES_SCHEDULE_PREPAREDVALUE_H
#define MOEC_PASSES_SCHEDULE_PREPAREDVALUE_H

#include "dialects/Kernel/KernelBuilder.h"
#include "dialects/Kernel/KernelOps.h"
#include "passes/Schedule/FixedVariables.h"

namespace moec::schedule {

/// An element of a variable as one expression. A derived variable that
/// `kernel.map`s make, one of the other, of variables that are none is what
/// these maps compute: who stores it in another order reads what it was made
/// of, and it needs no place, not even while weights are loaded.
class PreparedValue {
public:
  /// The element of `variable`, an argument of an entry, at the place `map`
  /// says of each point of a kernel.
  PreparedValue(const FixedVariables &fixed, mlir::BlockArgument variable,
                mlir::AffineMap map);

  /// Adds to a kernel of `entry` what is read. The entry gets arguments for
  /// variables that it has none for.
  void addInputs(kernel::KernelSpec &spec, mlir::func::FuncOp entry,
                 llvm::ArrayRef<int64_t> dims) const;
  /// The element, of what the inputs that were added hold; takes those away
  /// from the front of `elements`.
  mlir::Value emit(mlir::OpBuilder &builder, mlir::ValueRange &elements,
                   llvm::ArrayRef<int64_t> dims) const;

private:
  PreparedValue() = default;
  /// Of a value in the entry that prepares, if maps make it.
  static std::optional<PreparedValue> follow(mlir::Value value,
                                             mlir::AffineMap map);

  mlir::AffineMap map;          ///< from points of the kernel to those of
  mlir::BlockArgument variable; ///< this argument of an entry, or
  kernel::MapOp op;             ///< this op, of these
  std::vector<PreparedValue> inputs;
};

} // namespace moec::schedule

#endif // MOEC_PASSES_SCHEDULE_PREPAREDVALUE_H
