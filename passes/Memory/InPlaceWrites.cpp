//===- InPlaceWrites.cpp - Which writes may go into a variable ------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/Memory/InPlaceWrites.h"
#include "dialects/Kernel/KernelOps.h"

using namespace mlir;
using namespace moec;
using namespace moec::memory;

namespace {
class Resolver {
public:
  Resolver(func::FuncOp func, const Layout &layout)
      : func(func), layout(layout), body(func.getBody().front()) {
    for (BlockArgument argument : body.getArguments())
      if (StringRef name = variableOf(argument); !name.empty())
        arguments[name] = argument;
    Operation *ret = body.getTerminator();
    for (OpOperand &use : ret->getOpOperands())
      if (auto name = func.getResultAttrOfType<FlatSymbolRefAttr>(
              use.getOperandNumber(), "moe.var"))
        results[name.getValue()] = &use;
  }

  llvm::DenseSet<OpOperand *> run() {
    copyReturnedOldValues();
    for (Operation &op : body)
      if (isKernel(&op))
        for (OpResult result : op.getResults())
          checkInPlace(result);
    llvm::DenseSet<OpOperand *> copied;
    for (auto &[name, use] : results)
      if (isLate(name, *use))
        copied.insert(use);
    return copied;
  }

private:
  /// A variable's old value that is returned as something else is read when
  /// the entry ends, so after the write.
  void copyReturnedOldValues() {
    Operation *ret = body.getTerminator();
    for (OpOperand &use : ret->getOpOperands()) {
      StringRef name = variableOf(getView(use.get()).base);
      auto written = results.find(name);
      if (name.empty() || written == results.end() || written->second == &use)
        continue;
      OpBuilder b = OpBuilder::atBlockBegin(&body);
      // Views may stand behind the begin; they move with what they view.
      if (Operation *view = use.get().getDefiningOp())
        b.setInsertionPointAfter(view);
      use.set(buildCopy(b, ret->getLoc(), use.get()));
    }
  }

  /// The op of the entry's block that `op` is in.
  Operation *outer(Operation *op) { return body.findAncestorOpInBlock(*op); }

  /// True if something reads `value` or what views it once `write`, a result
  /// of a kernel or repeat of the entry's block, is being written.
  bool isReadLate(Value value, OpResult write) {
    for (OpOperand &use : value.getUses()) {
      Operation *user = use.getOwner();
      if (isView(user)) {
        if (isReadLate(user->getResult(0), write))
          return true;
        continue;
      }
      if (user == body.getTerminator() ||
          (isKernel(user) && use.getOperandNumber() >= getNumInputs(user)))
        continue; // the new value, or the destination
      Operation *reader = outer(user);
      if (reader == write.getOwner()
              ? !readsWhereItWrites(use, write)
              : write.getOwner()->isBeforeInBlock(reader))
        return true;
    }
    return false;
  }

  /// True if `write` must not go into the place of variable `name`.
  bool isReadLate(StringRef name, OpResult write) {
    auto old = arguments.find(name);
    return old != arguments.end() && isReadLate(old->second, write);
  }

  /// Variables that lie in `destination`, with their offsets; none if it is
  /// not the memory of variables.
  SmallVector<std::pair<StringRef, int64_t>> variablesIn(Value destination) {
    View view = getView(destination);
    if (StringRef name = variableOf(view.base); !name.empty())
      return {{name, -view.offset}};
    SmallVector<std::pair<StringRef, int64_t>> found;
    auto concat = view.base.getDefiningOp<tensor::ConcatOp>();
    if (!concat || !joinedPlace(concat, layout))
      return found;
    int64_t offset = -view.offset;
    for (Value part : concat.getInputs()) {
      found.push_back({variableOf(getView(part).base), offset});
      offset += getTensorBytes(part.getType());
    }
    return found;
  }

  /// Gives a result a destination of its own unless it is the new value of
  /// all variables that it overwrites and nothing reads the old ones late.
  void checkInPlace(OpResult result) {
    Operation *kernel = result.getOwner();
    Value destination = getDestination(result);
    if (destination.getDefiningOp<tensor::EmptyOp>())
      return;
    bool good = true;
    for (auto [name, offset] : variablesIn(destination)) {
      auto returned = results.find(name);
      View view =
          returned == results.end() ? View{} : getView(returned->second->get());
      good &= view.base == result && view.offset == offset &&
              !isReadLate(name, result);
    }
    if (good)
      return;
    OpBuilder b(kernel);
    auto type = cast<RankedTensorType>(result.getType());
    kernel->setOperand(getNumInputs(kernel) + result.getResultNumber(),
                       tensor::EmptyOp::create(b, kernel->getLoc(),
                                               type.getShape(),
                                               type.getElementType()));
  }

  /// True if the new value of `name` cannot be made in the variable's place.
  bool isLate(StringRef name, OpOperand &use) {
    View view = getView(use.get());
    auto made = dyn_cast<OpResult>(view.base);
    // Kernels may write on in what others wrote; the first one overwrites.
    while (made && isKernel(made.getOwner()))
      if (auto before = dyn_cast<OpResult>(getView(getDestination(made)).base);
          before && isKernel(before.getOwner()))
        made = before;
      else
        break;
    // An argument is in its own place, or copied anyway.
    return made && isReadLate(name, made);
  }

  func::FuncOp func;
  const Layout &layout;
  Block &body;
  llvm::StringMap<Value> arguments;
  llvm::MapVector<StringRef, OpOperand *> results;
};
} // namespace

llvm::DenseSet<OpOperand *> memory::resolveInPlaceWrites(func::FuncOp func,
                                                         const Layout &layout) {
  return Resolver(func, layout).run();
}
