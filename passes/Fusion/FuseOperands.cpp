//===- FuseOperands.cpp - Move element-wise producers into consumers ------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A kernel.map whose readers are all kernels moves into the regions that read
// it, if each can still follow its inputs with vectors:
//
//   %n = kernel.map ins(%x, %mean, %rstd) .. body { (x - mean) * rstd }
//   %y = kernel.contract ins(%n, %w) .. lhs { n }
// becomes
//   %y = kernel.contract ins(%x, %w, %mean, %rstd) .. lhs { (x - mean) * rstd }
//
// Dispatch is such a map: its row gather moves into the contraction. Transposes
// and broadcasts vanish into indexing maps. Shown by
// test/passes/Fusion/fuse-operands.mlir.
//
//===----------------------------------------------------------------------===//

#include "dialects/Kernel/Cost.h"
#include "dialects/Kernel/IndexingMaps.h"
#include "dialects/Kernel/KernelRewriter.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "passes/Fusion/FusionUtils.h"
#include "passes/Fusion/Passes.h"
#include "passes/Remarks.h"
#include <set>

namespace moec::fusion {
#define GEN_PASS_DEF_FUSEOPERANDSPASS
#include "passes/Fusion/Passes.h.inc"
} // namespace moec::fusion

using namespace mlir;
using namespace moec;
using namespace moec::fusion;
using namespace moec::kernel;

namespace {
/// How a map moves into one input of a consumer.
struct Move {
  kernel::StructuredKernelOpInterface consumer;
  unsigned input;
  unsigned result; ///< of the map
  /// From points of the consumer to points of the map.
  AffineMap iteration;
  /// Position among the map's inputs of the one that takes the operand's place.
  std::optional<unsigned> primary;
};
} // namespace

/// The maps of `map`'s inputs at points of the consumer.
static SmallVector<AffineMap> getMovedMaps(kernel::MapOp map,
                                           const Move &move) {
  SmallVector<AffineMap> maps;
  for (unsigned i = 0; i < map.getInputs().size(); ++i)
    maps.push_back(simplifyMap(map.getInputMap(i).compose(move.iteration),
                               Move(move).consumer.getDims()));
  return maps;
}

static bool isIndex(kernel::StructuredKernelOpInterface op, unsigned input) {
  if (op.getOffsets() && *op.getOffsets() == input)
    return true;
  for (unsigned i = 0; i < op.getInputs().size(); ++i)
    if (op.getGather(i) == static_cast<int32_t>(input))
      return true;
  return false;
}

/// Checks the vector access of the moved inputs, and picks the one that stands
/// for the operand (its layout decides how a contraction packs).
static const char *checkAccess(kernel::MapOp map, Move &move) {
  SmallVector<AffineMap> maps = getMovedMaps(map, move);
  AffineMap old = move.consumer.getInputMap(move.input);
  // An operand that is packed may be contiguous along either dim.
  SmallVector<unsigned> packed = move.consumer.getMatrixDims(move.input);
  bool operand = !packed.empty();
  SmallVector<unsigned> allowed;
  if (std::optional<unsigned> dim =
          getUnitStrideDim(simplifyMap(old, move.consumer.getDims())))
    allowed.push_back(*dim);
  if (operand)
    allowed = packed;
  std::optional<unsigned> vectorDim;
  for (auto [i, moved] : llvm::enumerate(maps)) {
    // Row numbers say where an element lies, and are none themselves.
    if (operand && isIndex(map, i))
      continue;
    std::optional<unsigned> dim = getUnitStrideDim(moved);
    if (dim && llvm::is_contained(allowed, *dim)) {
      vectorDim = dim;
      move.primary = i;
      break;
    }
  }
  if (operand && !move.primary)
    return "no input keeps the operand contiguous";
  if (!canInlineIndices(map.getBody().front(), move.iteration,
                        move.consumer.getDims(), vectorDim))
    return "its position would take divisions in every lane";
  for (AffineMap moved : maps) {
    if (vectorDim && !isVectorFriendly(moved, *vectorDim))
      return "an input would be read with a stride";
    // Without a direction to follow, only what every code can follow.
    if (!vectorDim && moved.getNumResults() &&
        !isa<AffineConstantExpr>(moved.getResults().back()) &&
        !getUnitStrideDim(moved))
      return "an input's innermost index would not move in steps of one";
  }
  return nullptr;
}

/// The move of `map` into the kernel input `use`, or the reason why not.
static FailureOr<Move> getMove(kernel::MapOp map, OpOperand &use,
                               std::string &reason) {
  auto fail = [&](StringRef why) {
    reason = why.str();
    return failure();
  };
  auto consumer = dyn_cast<kernel::StructuredKernelOpInterface>(use.getOwner());
  if (!consumer || use.getOperandNumber() >= consumer.getInputs().size())
    return fail("a reader is not a kernel's input");
  if (use.getOwner()->getBlock() != map->getBlock())
    return fail("a reader is in another block");
  Move move{consumer, use.getOperandNumber(), 0, {}, {}};
  if (!fitOneKernel(map, consumer))
    return fail(tooLong);
  auto result = cast<OpResult>(getViewRoot(use.get()));
  move.result = result.getResultNumber();
  if (consumer.getGather(move.input) >= 0 || isIndex(consumer, move.input))
    return fail("a reader gathers from it");
  AffineMap out = map.getOutMap(move.result);
  if (!out.isPermutation())
    return fail("its out map is not a permutation");
  move.iteration =
      simplifyMap(inversePermutation(out).compose(getViewMap(use.get()).compose(
                      consumer.getInputMap(move.input))),
                  consumer.getDims());
  if (const char *why = checkAccess(map, move))
    return fail(why);
  return move;
}

/// All reads of the op's results, through views.
static void collectReads(Operation *op, SmallVectorImpl<OpOperand *> &reads) {
  for (OpOperand &use : op->getUses()) {
    if (isa<tensor::ExpandShapeOp, tensor::CollapseShapeOp>(use.getOwner()))
      collectReads(use.getOwner(), reads);
    else
      reads.push_back(&use);
  }
}

/// Ops of a map that is done once for each of several readers, at most. A chain
/// of maps that each have two readers would else be done anew from its
/// beginning in each kernel, and its time grow with the square of its length.
static constexpr size_t maxRepeatedOps = 24;

/// Doing the work for each reader must not cost more than storing it once.
static bool isWorthRepeating(kernel::MapOp map) {
  if (map.getBody().front().getOperations().size() > maxRepeatedOps)
    return false;
  int64_t size = cast<ShapedType>(map.getResult(0).getType()).getNumElements();
  int64_t fullReads = llvm::count_if(map.getInputs(), [&](Value input) {
    return cast<ShapedType>(input.getType()).getNumElements() >= size;
  });
  return fullReads <= 1 && kernel::getScalarWork(map.getBody()).functions == 0;
}

/// Returns the op that takes the reader's place.
static Operation *apply(RewriterBase &rewriter, kernel::MapOp map,
                        const Move &move) {
  kernel::StructuredKernelOpInterface consumer = move.consumer;
  Operation *op = consumer;
  SmallVector<AffineMap> maps = getMovedMaps(map, move);
  bool isOperand = !consumer.getMatrixDims(move.input).empty();
  rewriter.setInsertionPoint(op);
  KernelRewriter kernel(rewriter, consumer);
  unsigned base = kernel.inputs.size();
  for (auto [i, value] : llvm::enumerate(map.getInputs())) {
    int32_t gather = map.getGather(i);
    kernel.addInput({value, maps[i],
                     gather < 0 ? -1 : gather + static_cast<int32_t>(base)});
  }
  for (Block *block : kernel.blocks) {
    BlockArgument element = block->getArgument(move.input);
    if (element.use_empty())
      continue;
    OpBuilder inner(map.getContext()); // the region has no parent now
    inner.setInsertionPointToStart(block);
    SmallVector<Value> values =
        inlineBody(inner, map.getBody().front(),
                   block->getArguments().slice(base, map.getInputs().size()),
                   move.iteration, consumer.getDims());
    element.replaceAllUsesWith(values[move.result]);
  }
  // The operand of a product keeps its place.
  if (move.primary && isOperand)
    kernel.inputs[move.input] = kernel.inputs[base + *move.primary];
  Operation *fused =
      kernel.build(rewriter.getFusedLoc({map.getLoc(), op->getLoc()}));
  rewriter.replaceOp(op, fused->getResults());
  return fused;
}

namespace {
struct FuseOperandsPass : fusion::impl::FuseOperandsPassBase<FuseOperandsPass> {
  void runOnOperation() override {
    IRRewriter rewriter(&getContext());
    getOperation().walk([&](kernel::StructuredKernelOpInterface op) {
      places[op] = kernels.size();
      kernels.push_back(op);
      look(op);
    });
    while (!pending.empty()) {
      auto first = pending.begin();
      auto map = cast<kernel::MapOp>(kernels[*first]);
      pending.erase(first);
      fuse(rewriter, map);
    }
    // Said once, about the maps that stayed.
    getOperation().walk([&](kernel::MapOp map) {
      if (!reasons.contains(map))
        return;
      remark::missed(map.getLoc(), remarkAbout(map, "FuseOperands", "Fusion"))
          << remark::reason("{0}", reasons[map]);
    });
    reasons.clear();
    kernels.clear();
    places.clear();
  }

  /// Maps are looked at in order; those whose readers change, once more.
  void look(Operation *op) {
    auto place = places.find(op);
    if (place != places.end() && isa<kernel::MapOp>(op))
      pending.insert(place->second);
  }

  /// `fused` stands where `reader` stood, of which nothing but the address is
  /// left.
  void replace(Operation *reader, Operation *fused) {
    size_t place = places.lookup(reader);
    places.erase(reader);
    reasons.erase(reader);
    places[fused] = place;
    kernels[place] = fused;
    look(fused);
    for (Value operand : fused->getOperands())
      if (Operation *producer = getViewRoot(operand).getDefiningOp())
        look(producer);
  }

  void fuse(RewriterBase &rewriter, kernel::MapOp map) {
    std::string reason;
    auto missed = [&]() { reasons[map] = reason; };
    if (map.getRaggedDim())
      return;
    for (Value out : map.getOuts())
      if (!out.getDefiningOp<tensor::EmptyOp>())
        return;
    SmallVector<OpOperand *> reads;
    collectReads(map, reads);
    if (reads.empty())
      return;
    if (reads.size() > 1 && !isWorthRepeating(map)) {
      reason = "it has several readers and is costly to repeat";
      return missed();
    }
    for (OpOperand *use : reads)
      if (failed(getMove(map, *use, reason)))
        return missed();
    // A kernel that reads the map twice is rewritten twice: ask again each
    // time.
    SmallVector<std::string> readers;
    while (true) {
      reads.clear();
      collectReads(map, reads);
      if (reads.empty())
        break;
      FailureOr<Move> move = getMove(map, *reads.front(), reason);
      if (failed(move))
        return missed();
      Operation *reader = move->consumer;
      std::string text = describeForRemark(reader);
      if (!llvm::is_contained(readers, text))
        readers.push_back(text);
      replace(reader, apply(rewriter, map, *move));
    }
    remark::passed(map.getLoc(), remarkAbout(map, "FuseOperands", "Fusion"))
        << "moved into the kernels that read it, " + llvm::join(readers, "; ");
    reasons.erase(map);
    size_t place = places.lookup(map);
    places.erase(map);
    pending.erase(place);
    kernels[place] = nullptr;
    eraseViewsAndOp(rewriter, map);
  }

  /// The kernels in order, where each stands there, and the places of the maps
  /// that are still to be looked at.
  SmallVector<Operation *> kernels;
  llvm::DenseMap<Operation *, size_t> places;
  std::set<size_t> pending;

  /// Why a map could not move, the last time it was tried.
  llvm::DenseMap<Operation *, std::string> reasons;
};
} // namespace
