//===- StableCounting.cpp - Places by bin and position --------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/GPU/StableCounting.h"

using namespace mlir;
using namespace moec;
using namespace moec::gpu;

StableCounting::StableCounting(ImplicitLocOpBuilder &b, Value counts,
                               Value totals, int64_t threads)
    : b(b), thread(threadId(b, b.getLoc())), threads(threads), counts(counts),
      totals(totals) {}

Value StableCounting::index(int64_t value) {
  return arith::ConstantIndexOp::create(b, value);
}
Value StableCounting::i32(int64_t value) {
  return arith::ConstantOp::create(b, b.getI32IntegerAttr(value));
}
Value StableCounting::toIndex(Value value) {
  return arith::IndexCastOp::create(b, b.getIndexType(), value);
}
Value StableCounting::toI32(Value value) {
  return arith::IndexCastOp::create(b, b.getI32Type(), value);
}
Value StableCounting::load(Value buffer, ValueRange at) {
  return memref::LoadOp::create(b, buffer, at);
}
void StableCounting::store(Value value, Value buffer, ValueRange at) {
  memref::StoreOp::create(b, value, buffer, at);
}

void StableCounting::loop(Value lo, Value hi, Value step,
                          llvm::function_ref<void(Value)> body) {
  auto loop = scf::ForOp::create(b, lo, hi, step);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(loop.getBody());
  body(loop.getInductionVar());
}

void StableCounting::when(Value condition, llvm::function_ref<void()> body) {
  auto branch = scf::IfOp::create(b, condition);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(branch.thenBlock());
  body();
}

void StableCounting::forAll(int64_t elements,
                            llvm::function_ref<void(Value)> body) {
  loop(thread, index(elements), index(threads), body);
}

void StableCounting::forChunk(int64_t elements,
                              llvm::function_ref<void(Value)> body) {
  int64_t chunk = llvm::divideCeil(elements, threads);
  Value lo = arith::MulIOp::create(b, thread, index(chunk));
  Value hi = arith::MinUIOp::create(
      b, arith::AddIOp::create(b, lo, index(chunk)), index(elements));
  loop(lo, hi, index(1), body);
}

Value StableCounting::takeTicket(Value bin) {
  Value ticket = load(counts, {bin, thread});
  store(arith::AddIOp::create(b, ticket, i32(1)), counts, {bin, thread});
  return ticket;
}

void StableCounting::count(int64_t bins, int64_t elements,
                           llvm::function_ref<Element(Value)> element) {
  loop(index(0), index(bins), index(1),
       [&](Value bin) { store(i32(0), counts, {bin, thread}); });
  forChunk(elements, [&](Value i) {
    Element e = element(i);
    if (e.counted)
      when(e.counted, [&] { takeTicket(e.bin); });
    else
      takeTicket(e.bin);
  });
  barrier();
  scan(bins);
  barrier();
}

/// Each warp turns whole rows of counts into what stands before them.
void StableCounting::scan(int64_t bins) {
  Value lane = arith::RemUIOp::create(b, thread, index(warpSize));
  Value warp = arith::DivUIOp::create(b, thread, index(warpSize));
  Value lane32 = toI32(lane), width = i32(warpSize);
  auto shuffle = [&](Value value, Value by, mlir::gpu::ShuffleMode mode) {
    return mlir::gpu::ShuffleOp::create(b, value, by, width, mode)
        .getShuffleResult();
  };
  loop(warp, index(bins), index(threads / warpSize), [&](Value bin) {
    auto pieces = scf::ForOp::create(
        b, index(0), index(threads), index(warpSize), ValueRange{i32(0)},
        [&](OpBuilder &, Location, Value first, ValueRange carried) {
          Value column = arith::AddIOp::create(b, first, lane);
          Value own = load(counts, {bin, column}), sum = own;
          for (int64_t d = 1; d < warpSize; d *= 2) {
            Value below = shuffle(sum, i32(d), mlir::gpu::ShuffleMode::UP);
            Value more = arith::AddIOp::create(b, sum, below);
            Value has = arith::CmpIOp::create(b, arith::CmpIPredicate::uge,
                                              lane32, i32(d));
            sum = arith::SelectOp::create(b, has, more, sum);
          }
          Value before = arith::AddIOp::create(
              b, carried[0], arith::SubIOp::create(b, sum, own));
          store(before, counts, {bin, column});
          Value all =
              shuffle(sum, i32(warpSize - 1), mlir::gpu::ShuffleMode::IDX);
          scf::YieldOp::create(
              b, arith::AddIOp::create(b, carried[0], all).getResult());
        });
    Value isFirst =
        arith::CmpIOp::create(b, arith::CmpIPredicate::eq, lane, index(0));
    when(isFirst, [&] { store(pieces.getResult(0), totals, {bin}); });
  });
}
