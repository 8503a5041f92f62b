//===- NewValues.h - What an entry overwrites -------------------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// An entry gets the old value of a variable as an argument and returns the new
// one. Both have one place in memory: the planner lets a kernel write there if
// whatever reads the old value has run by then, and copies otherwise. So a
// fusion that changes the order is right in any case, but may cost a copy.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_PASSES_FUSION_NEWVALUES_H
#define MOEC_PASSES_FUSION_NEWVALUES_H

#include "dialects/Kernel/KernelOps.h"
#include "dialects/MoE/MoEConventions.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "llvm/ADT/StringMap.h"

namespace moec::fusion {

/// The variables of an entry that have a new value when it ends. Fusions may go
/// on while it exists: it remembers arguments and operands of the return.
class NewValues {
public:
  explicit NewValues(mlir::func::FuncOp func) {
    if (func.isExternal())
      return;
    llvm::StringMap<mlir::BlockArgument> arguments;
    for (mlir::BlockArgument argument : func.getArguments())
      if (auto name =
              moe::attr::variable.ofArgument(func, argument.getArgNumber()))
        arguments[name.getValue()] = argument;
    for (mlir::Block &block : func.getBody())
      if (auto ret =
              mlir::dyn_cast<mlir::func::ReturnOp>(block.getTerminator()))
        for (mlir::OpOperand &use : ret->getOpOperands())
          if (auto name =
                  moe::attr::variable.ofResult(func, use.getOperandNumber()))
            if (mlir::BlockArgument old = arguments.lookup(name.getValue())) {
              oldValues[&use] = old;
              returns[old] = &use;
            }
  }

  /// The old value of the variable that `use`, an operand of the return, is the
  /// new value of; null if it is none.
  mlir::BlockArgument getOldValue(mlir::OpOperand &use) const {
    return oldValues.lookup(&use);
  }

  /// True if one kernel at `place`, which is `producer` or `consumer`, that
  /// does the work of both would write a variable where its old value is still
  /// to be read.
  bool areReadLate(mlir::Operation *producer, mlir::Operation *consumer,
                   mlir::Operation *place) const {
    auto isBetween = [&](mlir::Operation *op) {
      mlir::Operation *top = producer->getBlock()->findAncestorOpInBlock(*op);
      return top && producer->isBeforeInBlock(top) &&
             top->isBeforeInBlock(consumer);
    };
    // What `consumer` writes is written at the same time as `producer` reads.
    bool late = llvm::any_of(consumer->getResults(), [&](mlir::Value result) {
      return isAnyReturned(result, [&](mlir::BlockArgument old) {
        return isAnyReader(old, [&](mlir::Operation *reader) {
          return reader == producer || (place == producer && isBetween(reader));
        });
      });
    });
    auto inputs = mlir::cast<kernel::KernelOpInterface>(producer).getInputs();
    return late ||
           (place == consumer && llvm::any_of(inputs, [&](mlir::Value input) {
              return isAnyWriter(input, isBetween);
            }));
  }

private:
  /// Ops that read and write no memory.
  static bool isView(mlir::Operation *op) {
    return mlir::isa_and_present<
        mlir::tensor::ExpandShapeOp, mlir::tensor::CollapseShapeOp,
        mlir::tensor::ExtractSliceOp, mlir::tensor::ConcatOp>(op);
  }

  /// Asks about the old values of all variables that `value` is the new one of.
  bool
  isAnyReturned(mlir::Value value,
                llvm::function_ref<bool(mlir::BlockArgument)> predicate) const {
    return llvm::any_of(value.getUses(), [&](mlir::OpOperand &use) {
      if (isView(use.getOwner()))
        return isAnyReturned(use.getOwner()->getResult(0), predicate);
      mlir::BlockArgument old = getOldValue(use);
      return old && predicate(old);
    });
  }

  /// Asks about all that reads `value`; destinations are not read.
  static bool
  isAnyReader(mlir::Value value,
              llvm::function_ref<bool(mlir::Operation *)> predicate) {
    return llvm::any_of(value.getUses(), [&](mlir::OpOperand &use) {
      mlir::Operation *user = use.getOwner();
      if (isView(user))
        return isAnyReader(user->getResult(0), predicate);
      auto kernel = mlir::dyn_cast<kernel::KernelOpInterface>(user);
      bool reads =
          !kernel || use.getOperandNumber() < kernel.getInputs().size();
      return reads && predicate(user);
    });
  }

  /// Asks about the ops that make the new values of the variables whose old
  /// ones `value` shows.
  bool
  isAnyWriter(mlir::Value value,
              llvm::function_ref<bool(mlir::Operation *)> predicate) const {
    if (mlir::Operation *op = value.getDefiningOp())
      return isView(op) &&
             llvm::any_of(op->getOperands(), [&](mlir::Value part) {
               return isAnyWriter(part, predicate);
             });
    mlir::OpOperand *use =
        returns.lookup(mlir::cast<mlir::BlockArgument>(value));
    mlir::Operation *writer = use ? use->get().getDefiningOp() : nullptr;
    while (isView(writer))
      writer = writer->getOperand(0).getDefiningOp();
    return writer && predicate(writer);
  }

  llvm::DenseMap<mlir::OpOperand *, mlir::BlockArgument> oldValues;
  llvm::DenseMap<mlir::Value, mlir::OpOperand *> returns;
};

} // namespace moec::fusion

#endif // MOEC_PASSES_FUSION_NEWVALUES_H
