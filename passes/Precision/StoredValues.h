//===- StoredValues.h - Which tensors are kept as bf16 ---------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_PASSES_PRECISION_STOREDVALUES_H
#define MOEC_PASSES_PRECISION_STOREDVALUES_H

#include "dialects/Kernel/KernelOps.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/EquivalenceClasses.h"

namespace moec::precision {

/// Finds the f32 tensors of a function that may be kept as bf16, given which
/// contractions multiply in bf16. Values that share memory or pass it on
/// (views, what a repeat carries, stacks and slices, kernels that write in
/// place) are one group and keep one type.
class StoredValues {
public:
  StoredValues(mlir::func::FuncOp func,
               const llvm::SmallPtrSetImpl<mlir::Operation *> &multiplying);

  /// Whether `value` is to become bf16.
  bool contains(mlir::Value value) const;

private:
  /// What the members of a group say together.
  struct Group {
    bool pinned = false;      ///< stays f32
    bool multiplied = false;  ///< a contraction in bf16 multiplies it
    bool computedOn = false;  ///< is read otherwise than as a factor as it is
    bool isStatistic = false; ///< f32 if anything computes on it
  };
  void join(mlir::Value a, mlir::Value b);
  void pin(mlir::ValueRange values);
  Group &groupOf(mlir::Value value);
  void joinBlock(mlir::Block &block);
  void joinRepeat(mlir::Operation *op);
  void read(kernel::KernelOpInterface op, unsigned input);

  const llvm::SmallPtrSetImpl<mlir::Operation *> &multiplying;
  llvm::EquivalenceClasses<mlir::Value> groups;
  llvm::DenseMap<mlir::Value, Group> about; ///< by the group's leader
};

} // namespace moec::precision

#endif // MOEC_PASSES_PRECISION_STOREDVALUES_H
