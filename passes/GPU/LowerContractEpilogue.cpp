//===- LowerContractEpilogue.cpp - From sums to results -------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Sums lie scattered over the threads as the arithmetic wants them. They pass
// through shared memory, so that neighbouring threads store neighbours: warps
// write whole sectors. Loads past an edge read the last row or column.
//
//===----------------------------------------------------------------------===//

#include "passes/GPU/GPUContractEmitter.h"

using namespace mlir;

namespace moec::gpu {

/// Whether results are contiguous along m and not along n.
bool GPUContractEmitter::storesAlongM() {
  int64_t alongM = 0, alongN = 0;
  for (unsigned o = 0; o < operands.numOuts(); ++o) {
    unsigned number = operands.numInputs() + o;
    alongM += operands.along(number, mDim).kind == LaneKind::Unit;
    alongN += operands.along(number, nDim).kind == LaneKind::Unit;
  }
  return alongM > alongN;
}

void GPUContractEmitter::emitEpilogue(const BlockRange &range,
                                      const Chunk &chunk) {
  // Elements that a thread works on at a time: their loads overlap.
  constexpr int64_t most = 4;
  int64_t elements = chunk.rows * nTile;
  int64_t perThread = llvm::divideCeil(elements, workers);
  int64_t together = std::min(perThread, most);
  while (perThread % together)
    --together;
  bool exact = elements % workers == 0, alongM = storesAlongM();
  Region &region = op.getEpilogue();
  SmallVector<unsigned> inputs = usedArguments(region);
  loop(c(0), c(perThread), together, {}, [&](Value first, ValueRange) {
    struct Element {
      Value valid, sum;
      Lanes point;
      SmallVector<Value> arguments;
    };
    SmallVector<Element> work;
    for (int64_t i = 0; i < together; ++i) {
      Element e;
      Value number = mad(add(first, i), workers, worker);
      Value local = alongM ? rem(number, chunk.rows) : div(number, nTile);
      Value column = alongM ? div(number, chunk.rows) : rem(number, nTile);
      if (!exact)
        local = minimum(local, c(chunk.rows - 1));
      Value m = add(range.mBegin, chunk.rowOf(local));
      Value n = add(range.nBegin, column);
      e.valid = both(lessThan(m, range.mEnd), lessThan(n, range.nEnd));
      if (!exact)
        e.valid = both(e.valid, lessThan(number, c(elements)));
      m = minimum(m, add(range.mEnd, -1));
      n = minimum(n, add(range.nEnd, -1));
      e.point = Lanes{pointOf(range, m, n, Value()), nDim, 0, {}};
      Value place =
          add(mul(mad(local, epilogueStride(), column), 4), epilogueAt);
      e.sum = sharedLoad(b.getF32Type(), place);
      for (int64_t p = 1; p < kParts; ++p)
        e.sum = arith::AddFOp::create(
            b, loc, e.sum,
            sharedLoad(b.getF32Type(), place,
                       p * chunk.rows * epilogueStride() * 4));
      work.push_back(std::move(e));
    }
    for (Element &e : work) {
      e.arguments.assign(region.getNumArguments(), Value());
      e.arguments.back() = e.sum;
      for (unsigned input : inputs)
        if (input < operands.numInputs())
          e.arguments[input] =
              operands.loadScalar(b, loc,
                                  operands.row(b, loc, input, e.point.values,
                                               operands.dims().size()),
                                  e.point.values[nDim]);
    }
    for (Element &e : work) {
      auto values = inlineRegion(b, region, e.arguments, e.point);
      if (failed(values)) {
        broken = true;
        return SmallVector<Value>();
      }
      when(e.valid, [&] {
        for (auto [o, value] : llvm::enumerate(*values))
          operands.storeScalar(b, loc,
                               operands.row(b, loc, operands.numInputs() + o,
                                            e.point.values,
                                            operands.dims().size()),
                               e.point.values[nDim], value);
      });
    }
    return SmallVector<Value>();
  });
}

} // namespace moec::gpu
