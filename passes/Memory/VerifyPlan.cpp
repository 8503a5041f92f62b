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
  kernel::BlockAttr block;
  int64_t begin = 0, end = 0;
  bool overlaps(const Range &o) const {
    return block == o.block && begin < o.end && o.begin < end;
  }
};

/// Bytes of a value, from `from` on, as that iteration of the repeat made it
/// that computes it (0 outside).
struct Source {
  Value base;
  int64_t iteration = 0;
  int64_t from = 0;
  Source at(int64_t bytes) const { return {base, iteration, from + bytes}; }
};

/// What lies in a block: by its first byte, a piece of a value.
struct Piece {
  int64_t end;
  Source source;
};
using Contents = std::map<int64_t, Piece>;

/// The iteration that runs, and what it was given by the one before.
struct Iteration {
  moe::RepeatOp repeat;
  int64_t number = 0;
  SmallVector<Source> carried;
};

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
  /// The bytes of `value` in the iteration that runs.
  Range rangeOf(Value value) {
    return rangeAt(lookup(value), getTensorBytes(value.getType()),
                   running ? running->number : 0);
  }

  static Range rangeAt(const Address &at, int64_t bytes,
                       int64_t iteration = 0) {
    int64_t begin = at.buffer->blockOffset + at.offset + iteration * at.stride +
                    (iteration + at.shift) % at.modulus * at.size;
    return {at.buffer->block, begin, begin + bytes};
  }

  /// All bytes of `value` in `count` iterations.
  Range rangeOverAll(Value value, int64_t count) {
    Address at = lookup(value);
    int64_t first = at.buffer->blockOffset + at.offset;
    int64_t last = first + at.stride * (count - 1);
    // Places of the ring; all of them where it goes round.
    int64_t place = at.shift % at.modulus, lastPlace = place + count - 1;
    if (lastPlace >= at.modulus) {
      place = 0;
      lastPlace = at.modulus - 1;
    }
    return {at.buffer->block, std::min(first, last) + place * at.size,
            std::max(first, last) + lastPlace * at.size +
                getTensorBytes(value.getType())};
  }

  /// Whose bytes `value` is, for the iteration that runs.
  Source sourceOf(Value value) {
    View view = getView(value);
    Block *body = running ? &running->repeat.getBody().front() : nullptr;
    if (view.base.getParentBlock() != body)
      return {view.base, 0, view.offset};
    auto argument = dyn_cast<BlockArgument>(view.base);
    if (!argument)
      return {view.base, running->number, view.offset};
    moe::RepeatOp repeat = running->repeat;
    unsigned number = argument.getArgNumber();
    unsigned numCarried = repeat.getCarried().size();
    if (number < numCarried)
      return running->carried[number].at(view.offset);
    int64_t slice = repeat.getReverse()
                        ? int64_t(repeat.getCount()) - 1 - running->number
                        : running->number;
    return sourceOf(repeat.getStacked()[number - numCarried])
        .at(slice * getTensorBytes(argument.getType()) + view.offset);
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
        contents[begin] = {range.begin, piece.source};
      if (piece.end > range.end)
        contents[range.end] = {piece.end, piece.source.at(range.end - begin)};
      it = contents.lower_bound(range.begin);
    }
  }

  /// Of a kernel, a repeat or the entry's arguments.
  void store(Value value) {
    Range range = rangeOf(value);
    if (range.begin == range.end)
      return;
    clear(range);
    memory[range.block][range.begin] = {range.end, sourceOf(value)};
  }

  /// True if `range` holds those bytes.
  bool holds(const Range &range, const Source &source) {
    if (holdsItself(range, source))
      return true;
    Value other = sameAs.lookup(source.base);
    return other && holdsItself(range, {other, 0, source.from});
  }

  bool holdsItself(const Range &range, const Source &source) {
    if (auto concat = source.base.getDefiningOp<tensor::ConcatOp>();
        concat && isView(concat)) {
      SmallVector<std::pair<Source, int64_t>> parts;
      for (Value part : concat.getInputs())
        parts.emplace_back(sourceOf(part), getTensorBytes(part.getType()));
      return holdsParts(range, parts, source.from);
    }
    if (auto made = slices.find(source.base); made != slices.end()) {
      int64_t bytes =
          getTensorBytes(source.base.getType()) / int64_t(made->second.size());
      SmallVector<std::pair<Source, int64_t>> parts;
      for (const Source &slice : made->second)
        parts.emplace_back(slice, bytes);
      return holdsParts(range, parts, source.from);
    }
    Contents &contents = memory[range.block];
    int64_t at = range.begin;
    while (at < range.end) {
      auto it = contents.upper_bound(at);
      if (it == contents.begin())
        return false;
      const auto &[begin, piece] = *--it;
      if (piece.end <= at || piece.source.base != source.base ||
          piece.source.iteration != source.iteration ||
          piece.source.from - begin != source.from - range.begin)
        return false;
      at = piece.end;
    }
    return true;
  }

  /// The same of what lies side by side, each with its bytes.
  bool holdsParts(const Range &range,
                  ArrayRef<std::pair<Source, int64_t>> parts, int64_t from) {
    int64_t start = 0, end = from + range.end - range.begin;
    for (const auto &[part, bytes] : parts) {
      int64_t low = std::max(start, from), high = std::min(start + bytes, end);
      if (low < high && !holds({range.block, range.begin + low - from,
                                range.begin + high - from},
                               part.at(low - start)))
        return false;
      start += bytes;
    }
    return true;
  }

  InFlightDiagnostic wrong(Location loc) {
    return emitError(loc) << "the memory plan is wrong, please report it: ";
  }

  LogicalResult checkRead(Operation *reader, Value value) {
    if (value.getDefiningOp<tensor::EmptyOp>() ||
        holds(rangeOf(value), sourceOf(value)))
      return success();
    InFlightDiagnostic diag = wrong(reader->getLoc())
                              << "'" << reader->getName() << "' of @"
                              << func.getSymName() << " reads a value of type "
                              << value.getType()
                              << " that is no longer, or not yet, in its place";
    if (running)
      diag << " in iteration " << running->number;
    return diag;
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
          return wrong(kernel->getLoc())
                 << "'" << kernel->getName() << "' of @" << func.getSymName()
                 << " overwrites its operand " << use.getOperandNumber();
    }
    for (Value result : kernel->getResults())
      store(result);
    return success();
  }

  LogicalResult runRepeat(moe::RepeatOp repeat) {
    int64_t count = repeat.getCount();
    Block &body = repeat.getBody().front();
    unsigned numCarried = repeat.getCarried().size();
    Iteration iteration{repeat, 0, {}};
    for (Value start : repeat.getCarried())
      iteration.carried.push_back(sourceOf(start));
    // Of each result what it is made of.
    SmallVector<SmallVector<Source>> made(repeat.getNumResults());
    running = &iteration;
    for (; iteration.number < std::min(count, maxFollowedIterations);
         ++iteration.number) {
      for (Operation &op : body)
        if (isKernel(&op) && failed(runKernel(&op)))
          return failure();
      SmallVector<Source> carried;
      for (auto [i, value] :
           llvm::enumerate(body.getTerminator()->getOperands()))
        (i < numCarried ? carried : made[i]).push_back(sourceOf(value));
      iteration.carried = carried;
    }
    running = nullptr;
    if (count > maxFollowedIterations)
      return takeAsOne(repeat);
    for (auto [i, result] : llvm::enumerate(repeat.getResults())) {
      if (i < numCarried)
        made[i] = {iteration.carried[i]};
      else if (repeat.getReverse())
        std::reverse(made[i].begin(), made[i].end());
      slices[result] = std::move(made[i]);
    }
    return success();
  }

  /// All iterations of a repeat at once: what they write is its results, and
  /// nothing that they read from outside.
  LogicalResult takeAsOne(moe::RepeatOp repeat) {
    Block &body = repeat.getBody().front();
    SmallVector<Value> outer(repeat.getStacked());
    SmallVector<Range> written;
    for (Operation &op : body) {
      if (!isKernel(&op))
        continue;
      for (Value in : op.getOperands().take_front(getNumInputs(&op)))
        if (getView(in).base.getParentBlock() != &body)
          outer.push_back(in);
      for (Value result : op.getResults())
        written.push_back(rangeOverAll(result, repeat.getCount()));
    }
    for (const Range &range : written)
      for (Value value : outer)
        if (range.overlaps(rangeOf(value)))
          return wrong(repeat.getLoc())
                 << "a repeat of @" << func.getSymName()
                 << " overwrites a value of type " << value.getType()
                 << " that its iterations read";
    for (const Range &range : written)
      clear(range);
    for (Value result : repeat.getResults())
      store(result);
    // The first state of a carried value, where all states are stacked, is the
    // value that it starts from.
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
      Range range = rangeAt(results[use.getOperandNumber()],
                            getTensorBytes(use.get().getType()));
      if (!holds(range, sourceOf(use.get())))
        return wrong(func.getLoc())
               << "result " << use.getOperandNumber() << " of @"
               << func.getSymName() << " is not in its place at the end";
      if (auto name =
              moe::attr::variable.ofResult(func, use.getOperandNumber()))
        changed.insert(name.getValue());
    }
    for (BlockArgument argument : body.getArguments())
      if (StringRef name = variableOf(argument);
          !name.empty() && !changed.contains(name) &&
          !holds(rangeOf(argument), {argument}))
        return wrong(func.getLoc())
               << "@" << func.getSymName() << " changes variable @" << name
               << ", of which no result is the new value";
    return success();
  }

  func::FuncOp func;
  llvm::function_ref<Address(Value)> lookup;
  llvm::DenseMap<kernel::BlockAttr, Contents> memory;
  /// The iteration that runs; null outside of repeats.
  Iteration *running = nullptr;
  /// Of the results of repeats that were followed: the last state of what they
  /// carry, the slices of a stack in order.
  llvm::DenseMap<Value, SmallVector<Source>> slices;
  /// Values that begin with the bytes of others.
  llvm::DenseMap<Value, Value> sameAs;
};
} // namespace

LogicalResult memory::verifyPlan(func::FuncOp func,
                                 llvm::function_ref<Address(Value)> lookup,
                                 ArrayRef<Address> results) {
  return Verifier(func, lookup).run(results);
}
