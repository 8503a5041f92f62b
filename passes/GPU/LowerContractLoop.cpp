//===- LowerContractLoop.cpp - The pipeline over k ------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A ring of stages in shared memory. In round t every thread
//   waits until its asynchronous copies of tile t have landed; then a barrier:
//     tile t is complete, and nobody reads the stage of tile t - 1 any more
//   starts the asynchronous copies of tile t + stages - 1
//   loads tile t + 1 of the other operands into registers
//   computes with tile t
//   stores what it loaded in the stage of tile t + 1
// so that one barrier a round is enough.
//
//===----------------------------------------------------------------------===//

#include "passes/GPU/GPUContractEmitter.h"

using namespace mlir;

namespace moec::gpu {

SmallVector<Value> GPUContractEmitter::mainLoop(
    const BlockRange &range, SmallVector<Value> sums,
    function_ref<SmallVector<Value>(Value, ValueRange)> compute) {
  SmallVector<const Panel *> async, staged;
  for (Panel *panel : {&left, &right}) {
    if (panel->async)
      panel->pointer = stager.globalPointer(b, panel->inputs.front());
    (panel->async ? async : staged).push_back(panel);
  }
  SmallVector<Piece> positions[] = {pieces(left, range), pieces(right, range)};
  auto of = [&](const Panel *panel) -> ArrayRef<Piece> {
    return positions[panel == &right];
  };
  Value tiles = ceilDiv(sub(range.kEnd, range.kBegin), kTile);
  if (!raggedK)
    tiles = c(llvm::divideCeil(K, kTile));

  for (int64_t s = 0; s + 1 < stages && !async.empty(); ++s) {
    for (const Panel *panel : async)
      copyAsync(*panel, range, of(panel), add(range.kBegin, s * kTile),
                c(s * stageBytes));
    NVVM::CpAsyncCommitGroupOp::create(b, loc);
  }
  for (const Panel *panel : staged)
    store(*panel, range, of(panel), range.kBegin,
          load(*panel, range, of(panel), range.kBegin), c(0));

  // The stage of this round and of the next, in bytes.
  sums.push_back(c(0));
  auto after = [&](Value stage, int64_t steps) {
    Value next = add(stage, steps * stageBytes);
    Value wrapped = sub(next, c(stages * stageBytes));
    return arith::SelectOp::create(
               b, loc, lessThan(next, c(stages * stageBytes)), next, wrapped)
        .getResult();
  };
  SmallVector<Value> results =
      loop(c(0), tiles, 1, sums, [&](Value t, ValueRange args) {
        Value stage = args.back();
        ValueRange sumsIn = args.drop_back();
        if (!async.empty())
          NVVM::CpAsyncWaitGroupOp::create(b, loc, stages - 2);
        barrier();
        if (!async.empty()) {
          Value ahead = add(t, stages - 1);
          when(lessThan(ahead, tiles), [&] {
            for (const Panel *panel : async)
              copyAsync(*panel, range, of(panel),
                        mad(ahead, kTile, range.kBegin),
                        after(stage, stages - 1));
          });
          NVVM::CpAsyncCommitGroupOp::create(b, loc);
        }
        Value next = stages > 1 ? after(stage, 1) : stage;
        Value more = lessThan(add(t, 1), tiles);
        Value k = mad(add(t, 1), kTile, range.kBegin);
        SmallVector<SmallVector<Value>> loaded;
        for (const Panel *panel : staged)
          loaded.push_back(loadIf(more, *panel, range, of(panel), k));
        SmallVector<Value> sumsOut = compute(stage, sumsIn);
        if (!staged.empty() && stages > 1)
          when(more, [&] {
            for (auto [panel, values] : llvm::zip_equal(staged, loaded))
              store(*panel, range, of(panel), k, values, next);
          });
        sumsOut.push_back(next);
        return sumsOut;
      });
  results.pop_back();
  if (!async.empty())
    NVVM::CpAsyncWaitGroupOp::create(b, loc, 0);
  barrier(); // the epilogue uses the same memory
  return results;
}

/// load() if `condition` holds (for all threads or none), else zeros.
SmallVector<Value> GPUContractEmitter::loadIf(Value condition,
                                              const Panel &panel,
                                              const BlockRange &range,
                                              ArrayRef<Piece> pieces, Value k) {
  SmallVector<Type> types;
  for (const Piece &piece : pieces)
    for (unsigned slot = 0; slot < panel.inputs.size(); ++slot)
      if (!piece.fixed[slot])
        types.push_back(stager.loadedType(panel, slot));
  if (stages == 1 || types.empty())
    return {};
  auto choice = scf::IfOp::create(b, loc, types, condition,
                                  /*addThenBlock=*/true, /*addElseBlock=*/true);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(choice.thenBlock());
  scf::YieldOp::create(b, loc, load(panel, range, pieces, k));
  b.setInsertionPointToStart(choice.elseBlock());
  SmallVector<Value> zeros;
  for (Type type : types)
    zeros.push_back(zero(type));
  scf::YieldOp::create(b, loc, zeros);
  return choice.getResults();
}

} // namespace moec::gpu
