//===- VerifyPlan.cpp - A plan keeps every value until it is read ---------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/Memory/VerifyPlan.h"
#include "dialects/Kernel/KernelOps.h"
#include "dialects/MoE/MoEConventions.h"
#include "llvm/ADT/StringSet.h"
#include <map>

using namespace mlir;
using namespace moec;
using namespace moec::memory;

namespace {
/// Bytes of a block.
struct Range {
  std::string block;
  int64_t begin = 0, end = 0;
  bool overlaps(const Range &o) const {
    return block == o.block && begin < o.end && o.begin < end;
  }
};

/// What lies in a block: by its first byte, a piece of a value.
struct Piece {
  int64_t end;
  Value value;
  int64_t from; ///< of the value, in bytes
};
using Contents = std::map<int64_t, Piece>;

class Verifier {
public:
  Verifier(func::FuncOp func, llvm::function_ref<Address(Value)> lookup)
      : func(func), lookup(lookup) {}

  LogicalResult run(ArrayRef<Address> results) {
    Block &body = func.getBody().front();
    for (BlockArgument argument : body.getArguments())
      store(argument);
    for (Operation &op : body) {
      LogicalResult done = success();
      if (isKernel(&op))
        done = runKernel(&op);
      else if (auto repeat = dyn_cast<moe::RepeatOp>(op))
        done = runRepeat(repeat);
      if (failed(done))
        return failure();
    }
    return checkEnd(body, results);
  }

private:
  /// All bytes of `value` in `count` iterations.
  Range rangeOf(Value value, int64_t count = 1) {
    return rangeAt(lookup(value), getTensorBytes(value.getType()), count);
  }

  static Range rangeAt(const Address &at, int64_t bytes, int64_t count = 1) {
    int64_t first = at.buffer->blockOffset + at.offset;
    int64_t last = first + at.stride * (count - 1);
    // Places of the ring; all of them where it goes round.
    int64_t place = at.shift % at.modulus, lastPlace = place + count - 1;
    if (lastPlace >= at.modulus) {
      place = 0;
      lastPlace = at.modulus - 1;
    }
    return {at.buffer->block, std::min(first, last) + place * at.size,
            std::max(first, last) + lastPlace * at.size + bytes};
  }

  /// Forgets what lies in `range`.
  void clear(const Range &range) {
    Contents &contents = memory[range.block];
    auto it = contents.upper_bound(range.begin);
    if (it != contents.begin())
      --it;
    while (it != contents.end() && it->first < range.end) {
      auto [begin, piece] = *it;
      if (piece.end <= range.begin) {
        ++it;
        continue;
      }
      it = contents.erase(it);
      if (begin < range.begin)
        contents[begin] = {range.begin, piece.value, piece.from};
      if (piece.end > range.end)
        contents[range.end] = {piece.end, piece.value,
                               piece.from + range.end - begin};
      it = contents.lower_bound(range.begin);
    }
  }

  void store(Value value) {
    Range range = rangeOf(value);
    if (range.begin == range.end)
      return;
    clear(range);
    memory[range.block][range.begin] = {range.end, value, 0};
  }

  /// True if `range` holds the bytes of `base` from `from` on.
  bool holds(const Range &range, Value base, int64_t from) {
    if (holdsItself(range, base, from))
      return true;
    Value other = sameAs.lookup(base);
    return other && holdsItself(range, other, from);
  }

  bool holdsItself(const Range &range, Value base, int64_t from) {
    if (auto concat = base.getDefiningOp<tensor::ConcatOp>();
        concat && isView(concat))
      return holdsParts(range, concat, from);
    Contents &contents = memory[range.block];
    int64_t at = range.begin;
    while (at < range.end) {
      auto it = contents.upper_bound(at);
      if (it == contents.begin())
        return false;
      const auto &[begin, piece] = *--it;
      if (piece.end <= at || piece.value != base ||
          piece.from + at - begin != from + at - range.begin)
        return false;
      at = piece.end;
    }
    return true;
  }

  bool holdsParts(const Range &range, tensor::ConcatOp concat, int64_t from) {
    int64_t start = 0, end = from + range.end - range.begin;
    for (Value part : concat.getInputs()) {
      int64_t bytes = getTensorBytes(part.getType());
      int64_t low = std::max(start, from), high = std::min(start + bytes, end);
      View view = getView(part);
      if (low < high && !holds({range.block, range.begin + low - from,
                                range.begin + high - from},
                               view.base, view.offset + low - start))
        return false;
      start += bytes;
    }
    return true;
  }

  LogicalResult checkRead(Operation *reader, Value value) {
    View view = getView(value);
    if (value.getDefiningOp<tensor::EmptyOp>() ||
        holds(rangeOf(value), view.base, view.offset))
      return success();
    return emitError(reader->getLoc())
           << "the memory plan is wrong, please report it: '"
           << reader->getName() << "' of @" << func.getSymName()
           << " reads a value of type " << value.getType()
           << " that is no longer, or not yet, in its place";
  }

  LogicalResult runKernel(Operation *kernel) {
    unsigned inputs = getNumInputs(kernel);
    for (OpOperand &use : kernel->getOpOperands()) {
      if (use.getOperandNumber() >= inputs)
        break;
      if (failed(checkRead(kernel, use.get())))
        return failure();
      for (OpResult result : kernel->getResults())
        if (rangeOf(use.get()).overlaps(rangeOf(result)) &&
            (rangeOf(use.get()).begin != rangeOf(result).begin ||
             !readsWhereItWrites(use, result)))
          return emitError(kernel->getLoc())
                 << "the memory plan is wrong, please report it: '"
                 << kernel->getName() << "' of @" << func.getSymName()
                 << " overwrites its operand " << use.getOperandNumber();
    }
    for (Value result : kernel->getResults())
      store(result);
    return success();
  }

  LogicalResult runRepeat(moe::RepeatOp repeat) {
    for (Value operand : repeat->getOperands())
      if (failed(checkRead(repeat, operand)))
        return failure();
    SmallVector<Value> outer(repeat.getStacked());
    SmallVector<Range> written;
    for (Operation &op : repeat.getBody().front()) {
      if (!isKernel(&op))
        continue;
      for (Value in : op.getOperands().take_front(getNumInputs(&op)))
        if (!repeat->isAncestor(
                getView(in).base.getParentRegion()->getParentOp())) {
          if (failed(checkRead(&op, in)))
            return failure();
          outer.push_back(in);
        }
      for (Value result : op.getResults())
        written.push_back(rangeOf(result, repeat.getCount()));
    }
    for (const Range &range : written)
      for (Value value : outer)
        if (range.overlaps(rangeOf(value)))
          return emitError(repeat.getLoc())
                 << "the memory plan is wrong, please report it: a repeat of @"
                 << func.getSymName() << " overwrites a value of type "
                 << value.getType() << " that its iterations read";
    for (const Range &range : written)
      clear(range);
    for (Value result : repeat.getResults())
      store(result);
    // The first state of a carried value, where all states are stacked, is the
    // value that it starts from.
    Block &body = repeat.getBody().front();
    for (auto [result, yielded] :
         llvm::zip(repeat.getResults(), body.getTerminator()->getOperands()))
      if (auto state = dyn_cast<BlockArgument>(yielded);
          state && state.getOwner() == &body &&
          state.getArgNumber() < repeat.getCarried().size()) {
        View start = getView(repeat.getCarried()[state.getArgNumber()]);
        if (!start.sliced)
          sameAs[start.base] = result;
      }
    return success();
  }

  LogicalResult checkEnd(Block &body, ArrayRef<Address> results) {
    llvm::StringSet<> changed;
    Operation *ret = body.getTerminator();
    for (OpOperand &use : ret->getOpOperands()) {
      View view = getView(use.get());
      Range range = rangeAt(results[use.getOperandNumber()],
                            getTensorBytes(use.get().getType()));
      if (!holds(range, view.base, view.offset))
        return emitError(func.getLoc())
               << "the memory plan is wrong, please report it: result "
               << use.getOperandNumber() << " of @" << func.getSymName()
               << " is not in its place at the end";
      if (auto name =
              moe::attr::variable.ofResult(func, use.getOperandNumber()))
        changed.insert(name.getValue());
    }
    for (BlockArgument argument : body.getArguments())
      if (StringRef name = variableOf(argument);
          !name.empty() && !changed.contains(name) &&
          !holds(rangeOf(argument), argument, 0))
        return emitError(func.getLoc())
               << "the memory plan is wrong, please report it: @"
               << func.getSymName() << " changes variable @" << name
               << ", of which no result is the new value";
    return success();
  }

  func::FuncOp func;
  llvm::function_ref<Address(Value)> lookup;
  llvm::StringMap<Contents> memory;
  /// Values that begin with the bytes of others.
  llvm::DenseMap<Value, Value> sameAs;
};
} // namespace

LogicalResult memory::verifyPlan(func::FuncOp func,
                                 llvm::function_ref<Address(Value)> lookup,
                                 ArrayRef<Address> results) {
  return Verifier(func, lookup).run(results);
}
