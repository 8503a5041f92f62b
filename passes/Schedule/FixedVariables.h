//===- FixedVariables.h - Variables that no step changes --------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_PASSES_SCHEDULE_FIXEDVARIABLES_H
#define MOEC_PASSES_SCHEDULE_FIXEDVARIABLES_H

#include "dialects/MoE/MoEOps.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/AffineMap.h"
#include "llvm/ADT/DenseSet.h"

namespace moec::schedule {

/// Whether a derived variable may have such numbers.
bool canBeDerived(mlir::Type type);

/// A value that is a variable or a part of it, by reshapes and slices of
/// stacks.
struct VariablePart {
  mlir::BlockArgument variable; ///< of the entry
  /// Whose slices it is, outermost first.
  llvm::SmallVector<moe::RepeatOp> repeats;
  /// From the iterations of these and an index of the value to one of the
  /// variable.
  mlir::AffineMap map;
};

/// The variables of a module that no entry changes, but the one that prepares
/// derived variables: what is computed of them is the same in every step. With
/// a training step in the module parameters are none of them.
class FixedVariables {
public:
  explicit FixedVariables(mlir::ModuleOp module);

  /// Whether the argument of an entry is one.
  bool contains(mlir::BlockArgument argument) const;
  /// The part of one that `value`, of an entry, is.
  std::optional<VariablePart> find(mlir::Value value) const;

  /// The entry that changes derived variables and nothing else, or null.
  mlir::func::FuncOp preparing() const { return prepare; }

private:
  mlir::func::FuncOp prepare;
  llvm::DenseSet<mlir::Attribute> changed; ///< variables, by name
};

} // namespace moec::schedule

#endif // MOEC_PASSES_SCHEDULE_FIXEDVARIABLES_H
