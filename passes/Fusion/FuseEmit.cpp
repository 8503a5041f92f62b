//===- FuseEmit.cpp - Statistics and the map that applies them ------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Normalisation and softmax are lowered to statistics (kernel.rows) and a map
// that applies them. Where the map stays a kernel of its own, both become one:
// the row is still in the cache when it is written.
//
//   %max, %inv = kernel.rows ins(%x) .. finish { max, 1 / sum }
//   %y = kernel.map ins(%x, %max, %inv) .. body { exp(x - max) * inv }
// becomes
//   %y = kernel.rows ins(%x) .. emit { exp(x - max) * inv }
//
// Shown by test/passes/Fusion/fuse-emit.mlir.
//
//===----------------------------------------------------------------------===//

#include "dialects/Kernel/IndexingMaps.h"
#include "dialects/Kernel/KernelRewriter.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "passes/Fusion/FusionUtils.h"
#include "passes/Fusion/Passes.h"
#include "passes/Remarks.h"

namespace moec::fusion {
#define GEN_PASS_DEF_FUSEEMITPASS
#include "passes/Fusion/Passes.h.inc"
} // namespace moec::fusion

using namespace mlir;
using namespace moec;
using namespace moec::fusion;
using namespace moec::kernel;

/// From points of `rows` to points of `map`, through an input that both read
/// and that the map reads once per point.
static FailureOr<AffineMap> matchIteration(kernel::RowsOp rows,
                                           kernel::MapOp map) {
  for (auto [i, mapInput] : llvm::enumerate(map.getInputs()))
    for (auto [j, rowsInput] : llvm::enumerate(rows.getInputs())) {
      AffineMap read = map.getInputMap(i);
      if (getViewRoot(mapInput) != getViewRoot(rowsInput) ||
          !read.isPermutation() || map.getGather(i) >= 0 ||
          rows.getGather(j) >= 0)
        continue;
      AffineMap iteration = simplifyMap(
          inversePermutation(read).compose(getInverseViewMap(mapInput).compose(
              getViewMap(rowsInput).compose(rows.getInputMap(j)))),
          rows.getDims());
      int64_t points = 1, rowPoints = 1;
      for (int64_t extent : map.getDims())
        points *= extent;
      for (int64_t extent : rows.getDims())
        rowPoints *= extent;
      if (points == rowPoints)
        return iteration;
    }
  return failure();
}

namespace {
struct FuseEmitPass : fusion::impl::FuseEmitPassBase<FuseEmitPass> {
  void runOnOperation() override {
    IRRewriter rewriter(&getContext());
    SmallVector<kernel::MapOp> maps;
    getOperation().walk([&](kernel::MapOp map) { maps.push_back(map); });
    for (kernel::MapOp map : maps)
      for (Value input : map.getInputs()) {
        auto rows = getViewRoot(input).getDefiningOp<kernel::RowsOp>();
        if (rows && rows->getBlock() == map->getBlock() &&
            fuse(rewriter, rows, map))
          break;
      }
  }

  bool fuse(RewriterBase &rewriter, kernel::RowsOp rows, kernel::MapOp map) {
    if (rows.getRaggedDim() || map.getRaggedDim() ||
        !map.getGathers().empty() || !fitOneKernel(rows, map))
      return false;
    FailureOr<AffineMap> iteration = matchIteration(rows, map);
    if (failed(iteration) ||
        !canInlineIndices(map.getBody().front(), *iteration, rows.getDims()))
      return false;
    // What the map reads of the rows must be this row's statistics.
    SmallVector<AffineMap> maps;
    SmallVector<std::optional<unsigned>> statistic;
    for (auto [i, input] : llvm::enumerate(map.getInputs())) {
      maps.push_back(
          simplifyMap(map.getInputMap(i).compose(*iteration), rows.getDims()));
      statistic.push_back(std::nullopt);
      auto root = dyn_cast<OpResult>(getViewRoot(input));
      if (!root || root.getOwner() != rows)
        continue;
      unsigned out = root.getResultNumber();
      AffineMap read =
          simplifyMap(getViewMap(input).compose(maps.back()), rows.getDims());
      if (out >= rows.getNumRowOuts() ||
          read != simplifyMap(rows.getOutMap(out), rows.getDims()))
        return false;
      statistic.back() = out;
    }
    Operation *place = findPlace(rows, map);
    if (!place)
      return false;
    apply(rewriter, rows, map, *iteration, maps, statistic, place);
    return true;
  }

  void apply(RewriterBase &rewriter, kernel::RowsOp rows, kernel::MapOp map,
             AffineMap iteration, ArrayRef<AffineMap> maps,
             ArrayRef<std::optional<unsigned>> statistic, Operation *place) {
    rewriter.setInsertionPoint(place);
    Location loc = rewriter.getFusedLoc({rows.getLoc(), map.getLoc()});
    unsigned numResults = rows->getNumResults();
    SmallVector<bool> keep;
    for (OpResult result : rows->getResults())
      keep.push_back(!isReadOnlyBy(result, map));
    KernelRewriter kernel(rewriter, rows);
    SmallVector<unsigned> positions;
    for (auto [i, input] : llvm::enumerate(map.getInputs()))
      positions.push_back(statistic[i] ? 0 : kernel.addInput({input, maps[i]}));
    Block *finish = kernel.blocks[0], *emit = kernel.blocks[1];
    Operation *finishYield = finish->getTerminator();
    Operation *emitYield = emit->getTerminator();
    OpBuilder inner(emitYield);
    SmallVector<Value> rowValues = inlineBody(
        inner, *finish, emit->getArguments(),
        rewriter.getMultiDimIdentityMap(rows.getDims().size()), rows.getDims());
    SmallVector<Value> args;
    for (unsigned i = 0; i < maps.size(); ++i)
      args.push_back(statistic[i] ? rowValues[*statistic[i]]
                                  : Value(emit->getArgument(positions[i])));
    SmallVector<Value> yielded(emitYield->getOperands());
    for (Value value : inlineBody(inner, map.getBody().front(), args, iteration,
                                  rows.getDims()))
      yielded.push_back(value);
    emitYield->setOperands(yielded);
    for (unsigned i = 0; i < map.getOuts().size(); ++i)
      kernel.outputs.push_back(
          {map.getOuts()[i],
           simplifyMap(map.getOutMap(i).compose(iteration), rows.getDims())});
    // Statistics that nobody else reads are not stored.
    unsigned numRowOuts = finishYield->getNumOperands();
    for (unsigned i = numRowOuts; i-- > 0;)
      if (!keep[i]) {
        finishYield->eraseOperand(i);
        kernel.outputs.erase(kernel.outputs.begin() + i);
      }
    std::string statistics = describeForRemark(rows);
    Operation *fused = kernel.build(loc);
    unsigned next = 0, kept = fused->getNumResults() - map.getNumResults();
    rewriter.replaceOp(map, fused->getResults().drop_front(kept));
    eraseDeadViews(rewriter, rows);
    for (unsigned i = 0; i < numResults; ++i)
      if (i >= numRowOuts || keep[i])
        rewriter.replaceAllUsesWith(rows->getResult(i),
                                    fused->getResult(next++));
    rewriter.eraseOp(rows);
    remark::passed(loc, remarkAbout(fused, "FuseEmit", "Fusion"))
        << "statistics and the map that applies them are one kernel, with " +
               statistics;
  }

  /// True if all readers of `value`, through views, are `map`.
  static bool isReadOnlyBy(Value value, Operation *map) {
    return llvm::all_of(value.getUsers(), [&](Operation *user) {
      if (isa<tensor::ExpandShapeOp, tensor::CollapseShapeOp>(user))
        return isReadOnlyBy(user->getResult(0), map);
      return user == map;
    });
  }
};
} // namespace
