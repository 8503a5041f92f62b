//===- InPlaceWrites.cpp - Which writes may go into a variable ------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/Memory/InPlaceWrites.h"
#include "dialects/Kernel/KernelOps.h"
#include "dialects/MoE/MoEConventions.h"
#include "mlir/IR/IRMapping.h"

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
      if (auto name =
              moe::attr::variable.ofResult(func, use.getOperandNumber()))
        results[name.getValue()] = &use;
  }

  llvm::DenseSet<OpOperand *> run() {
    copyReturnedOldValues();
    func.walk([&](Operation *op) {
      if (isKernel(op))
        for (OpResult result : op->getResults())
          checkInPlace(result);
    });
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
      if (!readsOverwritten(use.get(), use))
        continue;
      OpBuilder b = OpBuilder::atBlockBegin(&body);
      Value first = viewAtBegin(b, use.get());
      if (first)
        use.set(buildCopy(b, ret->getLoc(), first));
    }
  }

  /// True if `value`, which `use` returns, is or has as a part the old value of
  /// a variable that has a new one.
  bool readsOverwritten(Value value, OpOperand &use) {
    View view = getView(value);
    if (auto concat = view.base.getDefiningOp<tensor::ConcatOp>();
        concat && isView(concat))
      return llvm::any_of(concat.getInputs(), [&](Value part) {
        return readsOverwritten(part, use);
      });
    auto written = results.find(variableOf(view.base));
    return written != results.end() && written->second != &use;
  }

  /// The view `value` once more, made of arguments alone; null if it is of
  /// something computed.
  Value viewAtBegin(OpBuilder &b, Value value) {
    if (isa<BlockArgument>(value))
      return value;
    Operation *op = value.getDefiningOp();
    if (!isView(op))
      return {};
    IRMapping map;
    for (Value operand : op->getOperands()) {
      Value first = viewAtBegin(b, operand);
      if (!first)
        return {};
      map.map(operand, first);
    }
    return b.clone(*op, map)->getResult(0);
  }

  /// The op of the entry's block that `op` is in.
  Operation *outer(Operation *op) { return body.findAncestorOpInBlock(*op); }

  /// True if `write` is made by the point-wise kernel of `use`, which reads
  /// each element of the old value in the place of the new one.
  static bool readsItsOwnElement(OpOperand &use, OpResult write) {
    if (!readsWhereItWrites(use, write))
      return false;
    View read = getView(use.get()), over = getView(getDestination(write));
    if (over.base.getDefiningOp<tensor::EmptyOp>())
      return !read.sliced && isa<BlockArgument>(read.base);
    return read.base == over.base && read.offset == over.offset;
  }

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
              ? !readsItsOwnElement(use, write)
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
    // Only variables are worth it: what else is overwritten may have readers
    // anywhere, also in the next iteration of a repeat.
    SmallVector<std::pair<StringRef, int64_t>> overwritten;
    if (outer(kernel) == kernel)
      overwritten = variablesIn(destination);
    bool good = !overwritten.empty();
    for (auto [name, offset] : overwritten) {
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
    auto map = dyn_cast<kernel::MapOp>(kernel);
    Value own;
    if (map && !map.getRaggedDim()) // writes all of it
      own = tensor::EmptyOp::create(b, kernel->getLoc(), type.getShape(),
                                    type.getElementType());
    else
      own = buildCopy(b, kernel->getLoc(), destination);
    kernel->setOperand(getNumInputs(kernel) + result.getResultNumber(), own);
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
