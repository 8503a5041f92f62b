//===- Recomputation.cpp - Work in the place of memory --------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/Autodiff/Recomputation.h"
#include "dialects/MoE/MoEWork.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "passes/Remarks.h"
#include "llvm/Support/FormatVariadic.h"

using namespace mlir;
using namespace moec;
using namespace moec::autodiff;

/// What an element that passes through an op costs beside products: about what
/// a core multiplies while it loads and stores it. It only orders the choices.
static constexpr double flopsOfElement = 16;

int64_t autodiff::getBits(Value value) {
  if (auto plan = dyn_cast<moe::RoutingType>(value.getType()))
    return plan.getBufferSize() * 32;
  auto tensor = cast<RankedTensorType>(value.getType());
  return tensor.getNumElements() * tensor.getElementTypeBitWidth();
}

/// The work of `op`, in FLOPs of the kind that contractions have.
static double getWork(Operation *op) {
  if (isa<moe::ReshapeOp, moe::TransposeOp, moe::BroadcastOp, moe::FillOp>(op))
    return 0; // indexing maps of whoever reads them
  if (double flops = moe::getContractionFlops(op))
    return flops;
  double bits = 0;
  for (Value value : op->getOperands())
    bits += double(getBits(value));
  for (Value value : op->getResults())
    bits += double(getBits(value));
  return bits / 32 * flopsOfElement;
}

/// Whether the backward block may have a copy of `op`. Not of one that adds
/// along a row: in which lanes a kernel does that depends on what it is fused
/// with, so the copy's last bits could be others.
static bool canCompute(Operation *op) {
  return op && op->getNumRegions() == 0 && isPure(op) &&
         !isa<moe::SoftmaxOp, moe::TopKSoftmaxOp, moe::ReduceOp>(op);
}

/// Whether `value`, of the block of `forward`, is a slice of a stacked operand.
static bool isSlice(moe::RepeatOp forward, Value value) {
  auto argument = dyn_cast<BlockArgument>(value);
  return argument && argument.getArgNumber() >= forward.getCarried().size();
}

namespace {
/// One value less to keep, or several of one op.
struct Trade {
  SetVector<Operation *> again;
  /// What has to be kept for that: arguments of the block, results of repeats.
  SetVector<Value> instead;
  double work = 0, bytes = 0;

  double price() const { return work / bytes; }
};

/// What the trades of one repeat cost.
class Market {
public:
  Market(moe::RepeatOp forward, Source &source)
      : forward(forward), body(forward.getBody().front()), source(source) {
    ValueRange yielded = body.getTerminator()->getOperands();
    for (Value value : yielded.drop_front(forward.getCarried().size()))
      stacked.insert(value);
  }

  /// The one with the lowest price, the first of several.
  std::optional<Trade> findBest() const {
    std::optional<Trade> best;
    for (Operation &op : body) {
      if (!canCompute(&op) || !llvm::any_of(op.getResults(), [&](Value result) {
            return costs(result);
          }))
        continue;
      Trade trade = weigh(&op);
      if (trade.bytes > 0 && (!best || trade.price() < best->price()))
        best = std::move(trade);
    }
    return best;
  }

  void take(const Trade &trade) {
    source.kept.insert_range(trade.instead);
    for (Operation *op : trade.again)
      for (Value result : op->getResults()) {
        if (costs(result))
          source.kept.remove(result);
        source.recomputed.insert(result);
      }
  }

private:
  /// Whether `value` is kept for the backward repeat, and not as a result of
  /// the forward one as well.
  bool costs(Value value) const {
    return source.kept.contains(value) && !stacked.contains(value);
  }
  bool isAvailable(Value value) const {
    return value.getParentBlock() != &body || isSlice(forward, value) ||
           source.kept.contains(value) || source.recomputed.contains(value);
  }

  /// What it takes to have the operands of `op` in the backward block.
  void collect(Operation *op, Trade &trade) const {
    for (Value operand : op->getOperands()) {
      if (isAvailable(operand))
        continue;
      Operation *from = operand.getDefiningOp();
      if (!canCompute(from))
        trade.instead.insert(operand);
      else if (trade.again.insert(from))
        collect(from, trade);
    }
  }

  Trade weigh(Operation *op) const {
    Trade trade;
    trade.again.insert(op);
    collect(op, trade);
    for (Operation *again : trade.again) {
      trade.work += getWork(again);
      for (Value result : again->getResults())
        if (costs(result))
          trade.bytes += double(getBits(result)) / 8;
    }
    for (Value value : trade.instead)
      if (!stacked.contains(value))
        trade.bytes -= double(getBits(value)) / 8;
    return trade;
  }

  moe::RepeatOp forward;
  Block &body;
  Source &source;
  /// What the forward repeat stacks anyway.
  DenseSet<Value> stacked;
};
} // namespace

void Recomputation::trade(moe::RepeatOp forward, Source &source) {
  Market market(forward, source);
  double work = 0, bytes = 0;
  while (std::optional<Trade> best = market.findBest()) {
    if (best->price() > price) {
      next = std::min(next, best->price());
      break;
    }
    market.take(*best);
    work += best->work * double(forward.getCount());
    bytes += best->bytes * double(forward.getCount());
  }
  if (bytes > 0)
    remark::passed(forward.getLoc(),
                   remarkAbout(forward, "Recompute", "Autodiff"))
        << llvm::formatv("keeps {0:F2} MiB less for the backward pass, which "
                         "computes {1:F3} GFLOP again",
                         bytes / (1 << 20), work * 1e-9)
               .str();
}
