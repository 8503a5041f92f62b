//===- StableCounting.cpp - Places by bin and position --------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/GPU/StableCounting.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"

using namespace mlir;
using namespace moec;
using namespace moec::gpu;
using arith::CmpIPredicate;

StableCounting::StableCounting(ImplicitLocOpBuilder &b, Value counts,
                               Value totals, int64_t threads)
    : BlockCode(b, threads), counts(counts), totals(totals) {}

void StableCounting::forChunk(
    int64_t elements, llvm::function_ref<void(Value, Value, Value)> body) {
  // Whole steps, so that only the last warp with work has idle lanes.
  int64_t chunk = llvm::alignTo(llvm::divideCeil(elements, threads / warpSize),
                                uint64_t(warpSize));
  Value lo = arith::MulIOp::create(b, warp, index(chunk));
  Value hi = arith::MinUIOp::create(
      b, arith::AddIOp::create(b, lo, index(chunk)), index(elements));
  loop(lo, hi, index(warpSize), [&](Value first) {
    Value i = arith::AddIOp::create(b, first, lane);
    Value exists = compare(CmpIPredicate::ult, i, index(elements));
    Value last = index(elements - 1);
    body(first, arith::MinUIOp::create(b, i, last), exists);
  });
}

StableCounting::Peers StableCounting::peersOf(Value bin) {
  Value mask = NVVM::MatchSyncOp::create(b, b.getI32Type(), i32(-1), bin,
                                         NVVM::MatchSyncKind::any);
  return {mask, lanesBefore(mask)};
}

Value StableCounting::placeOf(int64_t bins, Value bin) {
  Value safe = toIndex(arith::MaxSIOp::create(b, bin, i32(0)));
  Value row = arith::MulIOp::create(b, warp, index(bins));
  return arith::AddIOp::create(b, row, safe);
}

StableCounting::Values StableCounting::existing(Values bins, Value exists) {
  for (Value &bin : bins)
    bin = select(exists, bin, i32(-1));
  return bins;
}

void StableCounting::add(Value bin, Peers peers, Value count, Value at) {
  Value isFirst = compare(CmpIPredicate::eq, peers.rank, i32(0));
  Value isReal = compare(CmpIPredicate::sge, bin, i32(0));
  when(arith::AndIOp::create(b, isFirst, isReal), [&] {
    Value more = countBits(peers.mask);
    store(arith::AddIOp::create(b, count, more), counts, at);
  });
}

void StableCounting::count(int64_t bins, int64_t elements, Bins binsOf) {
  int64_t warps = threads / warpSize;
  forAll(warps * bins, [&](Value i) { store(i32(0), counts, i); });
  barrier();
  forChunk(elements, [&](Value, Value i, Value exists) {
    for (Value bin : existing(binsOf(i), exists)) {
      Peers peers = peersOf(bin);
      Value at = placeOf(bins, bin), before = load(counts, at);
      add(bin, peers, before, at);
    }
    // The next step is counted by other lanes.
    syncWarp();
  });
  barrier();
  // What stands before each warp.
  forAll(bins, [&](Value bin) {
    Value sum = i32(0);
    for (int64_t w = 0; w < warps; ++w) {
      Value at = arith::AddIOp::create(b, bin, index(w * bins));
      Value here = load(counts, at);
      store(sum, counts, at);
      sum = arith::AddIOp::create(b, sum, here);
    }
    store(sum, totals, bin);
  });
  barrier();
}

void StableCounting::place(
    int64_t bins, int64_t elements, Bins binsOf,
    llvm::function_ref<void(Value, Value, Values, Values)> body) {
  forChunk(elements, [&](Value, Value i, Value exists) {
    Values all = existing(binsOf(i), exists), at, before, tickets;
    SmallVector<Peers> peers;
    for (Value bin : all) {
      peers.push_back(peersOf(bin));
      at.push_back(placeOf(bins, bin));
      before.push_back(load(counts, at.back()));
      tickets.push_back(
          arith::AddIOp::create(b, before.back(), peers.back().rank));
    }
    syncWarp();
    for (size_t j = 0; j < all.size(); ++j)
      add(all[j], peers[j], before[j], at[j]);
    syncWarp();
    body(i, exists, all, tickets);
  });
}

Value StableCounting::prefix(Value buffer, int64_t count) {
  Value lane32 = toI32(lane), width = i32(warpSize);
  auto shuffle = [&](Value value, Value by, mlir::gpu::ShuffleMode mode) {
    return mlir::gpu::ShuffleOp::create(b, value, by, width, mode)
        .getShuffleResult();
  };
  auto branch = scf::IfOp::create(
      b, b.getI32Type(), compare(CmpIPredicate::ult, thread, index(warpSize)),
      /*withElseRegion=*/true);
  {
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(branch.elseBlock());
    scf::YieldOp::create(b, i32(0));
    b.setInsertionPointToStart(branch.thenBlock());
    auto pieces = scf::ForOp::create(
        b, index(0), index(count), index(warpSize), ValueRange{i32(0)},
        [&](OpBuilder &, Location, Value first, ValueRange carried) {
          Value i = arith::AddIOp::create(b, first, lane);
          Value exists = compare(CmpIPredicate::ult, i, index(count));
          Value safe = arith::MinUIOp::create(b, i, index(count - 1));
          Value own = select(exists, load(buffer, safe), i32(0)), sum = own;
          for (int64_t d = 1; d < warpSize; d *= 2) {
            Value below = shuffle(sum, i32(d), mlir::gpu::ShuffleMode::UP);
            Value more = arith::AddIOp::create(b, sum, below);
            sum =
                select(compare(CmpIPredicate::uge, lane32, i32(d)), more, sum);
          }
          Value before = arith::AddIOp::create(
              b, carried[0], arith::SubIOp::create(b, sum, own));
          when(exists, [&] { store(before, buffer, i); });
          Value all =
              shuffle(sum, i32(warpSize - 1), mlir::gpu::ShuffleMode::IDX);
          scf::YieldOp::create(
              b, arith::AddIOp::create(b, carried[0], all).getResult());
        });
    scf::YieldOp::create(b, pieces.getResult(0));
  }
  return branch.getResult(0);
}
