//===- BufferAssignment.cpp - Where every tensor of a step lives ----------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// First the values whose home is given are bound to it: function results to the
// blocks of the caller, what a repeat yields to rings and slices. Everything
// else then gets a buffer of its own in the arena, alive from the kernel that
// writes it to the last that reads it.
//
//===----------------------------------------------------------------------===//

#include "passes/Memory/BufferAssignment.h"
#include "dialects/MoE/MoEConventions.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Builders.h"
#include "passes/Memory/ArenaPacker.h"
#include "passes/Memory/InPlaceWrites.h"
#include "runtime/core/Limits.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace moec;
using namespace moec::memory;

void Buffer::touch(int64_t time) {
  start = start < 0 ? time : std::min(start, time);
  end = std::max(end, time);
}

bool Address::operator==(const Address &o) const {
  return buffer == o.buffer && offset == o.offset && stride == o.stride &&
         shift == o.shift && modulus == o.modulus && size == o.size;
}

kernel::AddressAttr Address::getAttr(int64_t bytes) const {
  return kernel::AddressAttr::get(buffer->block.getContext(), buffer->block,
                                  buffer->blockOffset + offset, bytes, stride,
                                  shift, modulus, size);
}

/// True if the kernel writes memory that nobody else has named.
static bool isFresh(Value value) {
  return isKernel(value.getDefiningOp()) &&
         getDestination(cast<OpResult>(value)).getDefiningOp<tensor::EmptyOp>();
}

Buffer *BufferAssignment::newBuffer(int64_t bytes, Operation *owner) {
  buffers.push_back(std::make_unique<Buffer>());
  buffers.back()->block = arena;
  buffers.back()->bytes = bytes;
  buffers.back()->owner = owner;
  return buffers.back().get();
}

Address BufferAssignment::getBlock(kernel::BlockAttr block,
                                   int64_t byteOffset) {
  Buffer *&buffer = blocks[block];
  if (!buffer) {
    buffer = newBuffer(0);
    buffer->block = block;
  }
  return Address{buffer, byteOffset};
}

FailureOr<Address> BufferAssignment::getBoundary(DictionaryAttr attrs,
                                                 Type type, Location loc) {
  if (auto name = moe::attr::variable.in(attrs)) {
    auto it = layout.find(name.getValue());
    if (it == layout.end())
      return emitError(loc) << "variable " << name
                            << " has no place; run moec-place-variables first";
    if (getTensorBytes(type) != it->second.bytes)
      return emitError(loc)
             << "variable " << name << " has " << it->second.bytes
             << " bytes, here it is " << type;
    return getBlock(blockOf(func.getContext(), it->second.role),
                    it->second.offset);
  }
  auto port = [&](kernel::BlockKind kind, StringRef name) {
    return getBlock(kernel::BlockAttr::get(func.getContext(), kind, name), 0);
  };
  if (auto host = moe::attr::host.in(attrs))
    return port(kernel::BlockKind::Host,
                moe::stringifyHostValue(host.getValue()));
  for (auto [key, kind] :
       {std::pair(moe::attr::field, kernel::BlockKind::Field),
        {moe::attr::output, kernel::BlockKind::Output},
        {moe::attr::metric, kernel::BlockKind::Metric}})
    if (StringAttr name = key.in(attrs))
      return port(kind, name.getValue());
  return emitError(loc) << "expected an attribute that says what this value "
                           "is (moe.var, moe.field, moe.host, moe.output, "
                           "moe.metric)";
}

bool BufferAssignment::tryBind(Value value, Address address) {
  View view = getView(value);
  Value root = view.base;
  address.offset -= view.offset;
  if (auto it = addresses.find(root); it != addresses.end())
    return it->second == address;
  auto result = dyn_cast<OpResult>(root);
  if (!result)
    return false;
  if (isKernel(result.getOwner()) && !isFresh(root)) {
    // Written in place: only if it is that place.
    return tryBind(getDestination(result), address);
  }
  if (view.sliced)
    return false;
  if (isFresh(root)) {
    addresses[root] = address;
    return true;
  }
  auto repeat = dyn_cast<moe::RepeatOp>(result.getOwner());
  if (repeat && result.getResultNumber() >= repeat.getCarried().size() &&
      !address.stride && address.modulus == 1) {
    addresses[root] = address;
    return true;
  }
  return false;
}

void BufferAssignment::copyTo(OpOperand &use, Address address) {
  ++numCopies;
  OpBuilder b(use.getOwner());
  use.set(buildCopy(b, use.getOwner()->getLoc(), use.get()));
  addresses[use.get()] = address;
}

void BufferAssignment::bindOrCopy(OpOperand &use, Address address) {
  // What an iteration yields belongs where that iteration says; a value from
  // outside is made once.
  Operation *owner = use.getOwner();
  bool outside =
      isa<moe::YieldOp>(owner) &&
      getView(use.get()).base.getParentRegion() != owner->getParentRegion();
  if (outside || !tryBind(use.get(), address))
    copyTo(use, address);
}

void BufferAssignment::bindJoinedVariables(Block &body) {
  for (auto concat : body.getOps<tensor::ConcatOp>())
    if (std::optional<Place> place = joinedPlace(concat, layout))
      addresses[concat.getResult()] =
          getBlock(blockOf(func.getContext(), place->role), place->offset);
}

void BufferAssignment::bindJoinedParts(Block &body) {
  // Copies are put ahead of the op that they are for.
  for (auto concat : llvm::to_vector(body.getOps<tensor::ConcatOp>())) {
    if (addresses.contains(concat.getResult()))
      continue;
    Address at{newBuffer(getTensorBytes(concat.getType()))};
    addresses[concat.getResult()] = at;
    for (OpOperand &part : concat->getOpOperands()) {
      bindOrCopy(part, at);
      at.offset += getTensorBytes(part.get().getType());
    }
  }
}

void BufferAssignment::bindStackedYields(moe::RepeatOp repeat,
                                         SmallVectorImpl<Buffer *> &rings) {
  Block &body = repeat.getBody().front();
  Operation *yield = body.getTerminator();
  int64_t count = repeat.getCount();
  unsigned numCarried = repeat.getCarried().size();
  for (unsigned i = numCarried; i < yield->getNumOperands(); ++i) {
    OpOperand &use = yield->getOpOperand(i);
    Value stack = repeat.getResult(i);
    int64_t slice = getTensorBytes(use.get().getType());
    auto arg = dyn_cast<BlockArgument>(use.get());
    bool ofCarried = arg && arg.getOwner() == &body &&
                     arg.getArgNumber() < numCarried && !repeat.getReverse();
    if (ofCarried && !addresses.contains(stack)) {
      Buffer *&ring = rings[arg.getArgNumber()];
      if (!ring)
        ring = newBuffer((count + 1) * slice);
      addresses[stack] = Address{ring};
      continue;
    }
    if (!addresses.contains(stack))
      addresses[stack] = Address{newBuffer(count * slice)};
    Address at = addresses[stack];
    at.stride = repeat.getReverse() ? -slice : slice;
    if (repeat.getReverse())
      at.offset += (count - 1) * slice;
    bindOrCopy(use, at);
  }
}

/// Refuses a repeat whose iterations keep more, all together, than a module may
/// have.
static LogicalResult checkStacks(moe::RepeatOp repeat) {
  Operation *yield = repeat.getBody().front().getTerminator();
  uint64_t slices = 0;
  for (Value value :
       yield->getOperands().drop_front(repeat.getCarried().size()))
    slices =
        llvm::SaturatingAdd<uint64_t>(slices, getTensorBytes(value.getType()));
  // One more for the start value of a carried one.
  uint64_t count = repeat.getCount();
  if (llvm::SaturatingMultiply<uint64_t>(count + 1, slices) <=
      uint64_t(rt::maxBytes))
    return success();
  // Not of the op, which would be printed: it is the model that is too large.
  return emitError(repeat.getLoc(), "each of ")
         << count << " iterations keeps " << slices
         << " bytes; expected at most " << rt::maxBytes
         << " bytes in all; fix: repeat less, or a smaller "
         << "batch";
}

LogicalResult BufferAssignment::bindRepeat(moe::RepeatOp repeat) {
  if (failed(checkStacks(repeat)))
    return failure();
  Block &body = repeat.getBody().front();
  Operation *yield = body.getTerminator();
  int64_t count = repeat.getCount();
  unsigned numCarried = repeat.getCarried().size();
  SmallVector<Buffer *> rings(numCarried, nullptr);
  bindStackedYields(repeat, rings);
  for (unsigned i = 0; i < numCarried; ++i) {
    BlockArgument arg = body.getArgument(i);
    int64_t slice = getTensorBytes(arg.getType());
    bool keepsAll = rings[i] != nullptr;
    int64_t modulus = keepsAll ? count + 1 : 2;
    if (!rings[i])
      rings[i] = newBuffer(2 * slice);
    Address at{rings[i], 0, 0, 0, modulus, slice};
    addresses[arg] = at;
    addresses[repeat.getResult(i)] =
        Address{rings[i], (count % modulus) * slice};
    at.shift = 1;
    bindOrCopy(yield->getOpOperand(i), at);
    // The start value may be written into the ring by its producer, unless
    // somebody else reads it after the ring has moved on.
    OpOperand &init = repeat->getOpOperand(i);
    Value root = getView(init.get()).base;
    bool alone = llvm::all_of(root.getUses(), [&](OpOperand &use) {
      Operation *user = use.getOwner();
      return &use == &init || (user->getBlock() == repeat->getBlock() &&
                               user->isBeforeInBlock(repeat) && isKernel(user));
    });
    if (!alone && !keepsAll && !addresses.contains(root) && isFresh(root))
      addresses[root] = Address{newBuffer(getTensorBytes(root.getType()))};
    bindOrCopy(init, Address{rings[i]});
  }
  return success();
}

LogicalResult BufferAssignment::assignBlock(Block &block, Operation *owner) {
  for (Operation &op : block) {
    if (isa<tensor::ConcatOp>(op) && isView(&op) &&
        addresses.contains(op.getResult(0)))
      continue;
    if (isView(&op) && !isa<tensor::ConcatOp>(op)) {
      addresses[op.getResult(0)] = lookup(op.getResult(0));
    } else if (isKernel(&op)) {
      for (OpResult result : op.getResults()) {
        if (!isFresh(result))
          addresses[result] = lookup(getDestination(result));
        else if (!addresses.contains(result))
          addresses[result] =
              Address{newBuffer(getTensorBytes(result.getType()), owner)};
      }
    } else if (auto repeat = dyn_cast<moe::RepeatOp>(op)) {
      if (owner)
        return emitError(repeat.getLoc(),
                         "repeat inside repeat is not supported; expected it "
                         "at the top level of the function");
      Block &body = repeat.getBody().front();
      unsigned numCarried = repeat.getCarried().size();
      for (auto [i, operand] : llvm::enumerate(repeat.getStacked())) {
        Value arg = body.getArgument(numCarried + i);
        int64_t slice = getTensorBytes(arg.getType());
        Address at = lookup(operand);
        at.stride = repeat.getReverse() ? -slice : slice;
        if (repeat.getReverse())
          at.offset += (repeat.getCount() - 1) * slice;
        addresses[arg] = at;
      }
      if (failed(assignBlock(body, repeat)))
        return failure();
    } else if (!isa<tensor::EmptyOp, func::ReturnOp, moe::YieldOp>(op)) {
      return op.emitError("expected kernel ops, views and moe.repeat only");
    }
  }
  return success();
}

void BufferAssignment::computeLifetimes() {
  int64_t time = 0;
  auto touch = [&](Value value, moe::RepeatOp loop, int64_t loopStart,
                   int64_t now) {
    Buffer *buffer = lookup(value).buffer;
    buffer->touch(now);
    if (Operation *op = value.getDefiningOp(); isKernel(op))
      buffer->writers.insert(op);
    if (loop && buffer->owner != loop.getOperation())
      buffer->touch(loopStart);
  };
  for (Operation &op : func.getBody().front()) {
    int64_t start = ++time;
    if (isKernel(&op))
      for (Value v : llvm::concat<Value>(SmallVector<Value>(op.getOperands()),
                                         SmallVector<Value>(op.getResults())))
        if (!v.getDefiningOp<tensor::EmptyOp>())
          touch(v, {}, start, start);
    auto repeat = dyn_cast<moe::RepeatOp>(op);
    if (!repeat)
      continue;
    SmallVector<Buffer *> outer;
    for (Operation &inner : repeat.getBody().front()) {
      ++time;
      if (!isKernel(&inner))
        continue;
      for (Value v :
           llvm::concat<Value>(SmallVector<Value>(inner.getOperands()),
                               SmallVector<Value>(inner.getResults())))
        if (!v.getDefiningOp<tensor::EmptyOp>()) {
          touch(v, repeat, start, time);
          if (lookup(v).buffer->owner != repeat.getOperation())
            outer.push_back(lookup(v).buffer);
        }
    }
    // What lives longer than an iteration stays until the loop ends; that holds
    // for carried values that the body does not even read.
    for (Value v : repeat->getOperands())
      outer.push_back(lookup(v).buffer);
    for (Value v : repeat->getResults())
      outer.push_back(lookup(v).buffer);
    for (Buffer *buffer : outer) {
      buffer->touch(start);
      buffer->touch(time);
    }
  }
}

LogicalResult BufferAssignment::packArenaBuffers() {
  SmallVector<memory::Lifetime> lifetimes;
  SmallVector<Buffer *> inArena;
  for (auto &buffer : buffers)
    if (buffer->block == arena && buffer->start >= 0) {
      inArena.push_back(buffer.get());
      lifetimes.push_back({buffer->bytes, buffer->start, buffer->end});
    }
  uint64_t most = 0;
  for (const memory::Lifetime &lifetime : lifetimes)
    most = llvm::SaturatingAdd<uint64_t>(most, lifetime.bytes);
  // Offsets are signed, and padded.
  bool packs = most < uint64_t(1) << 62;
  if (packs)
    arenaBytes = memory::packArena(lifetimes);
  if (!packs || arenaBytes > rt::maxBytes)
    return emitError(func.getLoc(), "needs ")
           << (packs ? uint64_t(arenaBytes) : most)
           << " bytes of memory beside inputs, outputs and parameters; "
              "expected "
              "at most "
           << rt::maxBytes << "; fix: repeat less, or a smaller batch";
  for (auto [buffer, lifetime] : llvm::zip(inArena, lifetimes))
    buffer->blockOffset = lifetime.offset;
  for (size_t i : memory::findPeak(lifetimes))
    peak.push_back(inArena[i]);
  return success();
}

/// What this phase can place: tensors of static shape, and memory that is read
/// is that of a value, not of an empty tensor.
LogicalResult BufferAssignment::check() {
  if (!func.getBody().hasOneBlock())
    return func.emitError("expected a function of one block, got ")
           << func.getBody().getBlocks().size();
  auto isPlain = [](Type type) {
    auto tensor = dyn_cast<RankedTensorType>(type);
    return tensor && tensor.hasStaticShape() &&
           tensor.getElementType().isIntOrFloat();
  };
  // Unlike inputs and outputs, variables may be bf16.
  auto canBePlaced = [](Type type, FlatSymbolRefAttr variable) {
    auto tensor = dyn_cast<RankedTensorType>(type);
    if (variable && tensor && tensor.getElementType().isBF16())
      type = tensor.clone(Float32Type::get(type.getContext()));
    return kernel::PortAttr::canBe(type);
  };
  auto refuse = [&](Type type) {
    return func.emitError("expected arguments and results that are tensors of "
                          "static shape of f32, i32 or u8, of at most 2^60 "
                          "elements, got ")
           << type;
  };
  for (auto [i, type] : llvm::enumerate(func.getArgumentTypes()))
    if (!canBePlaced(type, moe::attr::variable.ofArgument(func, i)))
      return refuse(type);
  for (auto [i, type] : llvm::enumerate(func.getResultTypes()))
    if (!canBePlaced(type, moe::attr::variable.ofResult(func, i)))
      return refuse(type);
  WalkResult result =
      func.getBody().walk<WalkOrder::PreOrder>([&](Operation *op) {
        for (Type type : op->getResultTypes())
          if (!isPlain(type)) {
            op->emitOpError("expected results that are tensors of static "
                            "shape, got ")
                << type;
            return WalkResult::interrupt();
          }
        for (OpOperand &operand : op->getOpOperands()) {
          bool out =
              isKernel(op) && operand.getOperandNumber() >=
                                  op->getNumOperands() - op->getNumResults();
          if (out || !operand.get().getDefiningOp<tensor::EmptyOp>())
            continue;
          op->emitOpError("reads operand ")
              << operand.getOperandNumber()
              << ", a tensor.empty that nothing has written";
          return WalkResult::interrupt();
        }
        // What stands in a kernel op are scalars.
        return isKernel(op) ? WalkResult::skip() : WalkResult::advance();
      });
  return failure(result.wasInterrupted());
}

LogicalResult BufferAssignment::run() {
  if (failed(check()))
    return failure();
  Block &body = func.getBody().front();
  for (BlockArgument arg : body.getArguments()) {
    FailureOr<Address> at =
        getBoundary(func.getArgAttrDict(arg.getArgNumber())
                        ? func.getArgAttrDict(arg.getArgNumber())
                        : DictionaryAttr::get(func.getContext()),
                    arg.getType(), arg.getLoc());
    if (failed(at))
      return failure();
    addresses[arg] = *at;
  }
  llvm::DenseSet<OpOperand *> late = resolveInPlaceWrites(func, layout);
  bindJoinedVariables(body);
  Operation *ret = body.getTerminator();
  for (OpOperand &use : ret->getOpOperands()) {
    DictionaryAttr attrs = func.getResultAttrDict(use.getOperandNumber());
    FailureOr<Address> at =
        getBoundary(attrs ? attrs : DictionaryAttr::get(func.getContext()),
                    use.get().getType(), ret->getLoc());
    if (failed(at))
      return failure();
    resultPlaces.push_back(*at);
    if (late.contains(&use))
      copyTo(use, *at);
    else
      bindOrCopy(use, *at);
  }
  bindJoinedParts(body);
  for (auto repeat : llvm::make_early_inc_range(body.getOps<moe::RepeatOp>()))
    if (failed(bindRepeat(repeat)))
      return failure();
  if (failed(assignBlock(body, nullptr)))
    return failure();
  computeLifetimes();
  return packArenaBuffers();
}

Address BufferAssignment::lookup(Value value) const {
  auto it = addresses.find(value);
  if (it != addresses.end())
    return it->second;
  View view = getView(value);
  Address at = addresses.lookup(view.base);
  at.offset += view.offset;
  return at;
}
