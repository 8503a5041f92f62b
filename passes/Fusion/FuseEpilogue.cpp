//===- FuseEpilogue.cpp - Move element-wise consumers into producers ------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A kernel.map that alone reads what a contraction (or the element outs of
// kernel.rows) stores moves into its epilogue, so that the value is stored
// once, in its last form:
//
//   %h = kernel.contract .. epilogue { acc + bias }
//   %y = kernel.map ins(%h, %x) .. body { h + x }
// becomes
//   %y = kernel.contract ins(.., %x) .. epilogue { acc + bias + x }
//
// A map that reads what kernel.rows stores once a row moves into `finish`.
//
// Shown by test/passes/Fusion/fuse-epilogue.mlir.
//
//===----------------------------------------------------------------------===//

#include "passes/Fusion/FuseEpilogue.h"
#include "dialects/Kernel/IndexingMaps.h"
#include "dialects/Kernel/KernelRewriter.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "passes/Fusion/FusionUtils.h"
#include "passes/Fusion/NewValues.h"
#include "passes/Fusion/Passes.h"
#include "passes/Remarks.h"

namespace moec::fusion {
#define GEN_PASS_DEF_FUSEEPILOGUEPASS
#include "passes/Fusion/Passes.h.inc"
} // namespace moec::fusion

using namespace mlir;
using namespace moec;
using namespace moec::fusion;
using namespace moec::kernel;

/// True if nothing but `map` reads `value`, through views with one reader each.
static bool isOnlyReadBy(Value value, Operation *map) {
  while (value.hasOneUse()) {
    Operation *user = *value.user_begin();
    if (user == map)
      return true;
    if (!isa<tensor::ExpandShapeOp, tensor::CollapseShapeOp>(user))
      return false;
    value = user->getResult(0);
  }
  return false;
}

/// True if `kernel` stores every element of its result `out`, not only a part.
static bool storesAll(kernel::StructuredKernelOpInterface kernel,
                      unsigned out) {
  int64_t points = 1;
  for (auto [dim, extent] : llvm::enumerate(kernel.getDims()))
    if (kernel.getOutMap(out).isFunctionOfDim(dim))
      points *= extent;
  auto type = cast<ShapedType>(kernel.getOuts()[out].getType());
  return points == type.getNumElements();
}

namespace {
class EpilogueFusion {
public:
  EpilogueFusion(StringRef pass, bool shared) : pass(pass), shared(shared) {}

  void run(func::FuncOp function) {
    IRRewriter rewriter(function.getContext());
    NewValues variables(function);
    newValues = &variables;
    SmallVector<kernel::MapOp> maps;
    function.walk([&](kernel::MapOp map) { maps.push_back(map); });
    for (kernel::MapOp map : maps)
      if (!fuseInto(rewriter, map, /*ifShared=*/false) && shared)
        fuseInto(rewriter, map, /*ifShared=*/true);
  }

private:
  /// Moves `map` into one of the kernels that it reads: of those that take it
  /// only where they have other readers, or of the others.
  bool fuseInto(RewriterBase &rewriter, kernel::MapOp map, bool ifShared) {
    for (unsigned input = 0; input < map.getInputs().size(); ++input) {
      auto root = dyn_cast<OpResult>(getViewRoot(map.getInputs()[input]));
      auto producer =
          root ? dyn_cast<kernel::StructuredKernelOpInterface>(root.getOwner())
               : nullptr;
      if (!producer || producer->getBlock() != map->getBlock())
        continue;
      kernel::OutFusion where = producer.getOutFusion(root.getResultNumber());
      if (where != kernel::OutFusion::Never &&
          (where == kernel::OutFusion::IfShared) == ifShared &&
          fuse(rewriter, map, input))
        return true;
    }
    return false;
  }

  bool missed(kernel::MapOp map, StringRef reason) {
    remark::missed(map.getLoc(), remarkAbout(map, pass, "Fusion"))
        << remark::reason("{0}", reason);
    return false;
  }

  bool fuse(RewriterBase &rewriter, kernel::MapOp map, unsigned input) {
    Value read = map.getInputs()[input];
    auto root = cast<OpResult>(getViewRoot(read));
    Operation *producer = root.getOwner();
    unsigned out = root.getResultNumber();
    auto structured = cast<kernel::StructuredKernelOpInterface>(producer);
    bool beside = structured.getOutFusion(out) != kernel::OutFusion::InPlace;
    if (!beside && map.getNumResults() != 1)
      return missed(map, "it has several results");
    bool keep = !isOnlyReadBy(root, map);
    if (keep && (!shared || !beside))
      return missed(map, "what it reads has other readers");
    if (map.getRaggedDim() || !map.getGathers().empty())
      return missed(map, "it gathers");
    if (!fitOneKernel(producer, map))
      return missed(map, tooLong);
    AffineMap readMap = map.getInputMap(input);
    // A slice reads a part: the other points would have nowhere to store.
    int64_t points = 1;
    for (int64_t extent : map.getDims())
      points *= extent;
    if (!readMap.isPermutation() ||
        points != cast<ShapedType>(read.getType()).getNumElements())
      return missed(map, "it does not read every element once");
    if (!storesAll(structured, out))
      return missed(map, "several kernels write what it reads");

    ArrayRef<int64_t> dims = structured.getDims();
    AffineMap outMap = structured.getOutMap(out);
    std::optional<unsigned> vectorDim =
        getUnitStrideDim(simplifyMap(outMap, dims));
    AffineMap iteration =
        simplifyMap(inversePermutation(readMap).compose(
                        getInverseViewMap(read).compose(outMap)),
                    dims);
    if (!canInlineIndices(map.getBody().front(), iteration, dims, vectorDim))
      return missed(map, "its position would take divisions in every lane");
    SmallVector<AffineMap> maps;
    for (unsigned i = 0; i < map.getInputs().size(); ++i) {
      maps.push_back(simplifyMap(map.getInputMap(i).compose(iteration), dims));
      if (vectorDim && !isVectorFriendly(maps.back(), *vectorDim))
        return missed(map, "an input would be read with a stride");
    }
    SmallVector<AffineMap> outMaps;
    for (unsigned i = 0; i < map.getOuts().size(); ++i) {
      outMaps.push_back(simplifyMap(map.getOutMap(i).compose(iteration), dims));
      if (vectorDim && getUnitStrideDim(outMaps.back()) != vectorDim)
        return missed(map, "its result would be stored with a stride");
    }
    for (OpOperand &operand : map->getOpOperands())
      if (operand.getOperandNumber() != input &&
          getViewRoot(operand.get()).getDefiningOp() == producer)
        return missed(map, "it reads or overwrites two results of one kernel");
    Operation *place = findPlace(producer, map);
    if (!place)
      return missed(map, "its other inputs are computed too late");
    if (newValues->areReadLate(producer, map, place))
      return missed(map, "a variable would be overwritten before it is read");

    rewriter.setInsertionPoint(place);
    Location loc = rewriter.getFusedLoc({producer->getLoc(), map.getLoc()});
    OpOperand &stored = structured.getStored(out);
    Operation *yield = stored.getOwner();
    Block *block = yield->getBlock();
    unsigned position = stored.getOperandNumber();
    KernelRewriter kernel(rewriter, structured);
    SmallVector<unsigned> positions;
    for (unsigned i = 0; i < map.getInputs().size(); ++i)
      positions.push_back(
          i == input ? 0 : kernel.addInput({map.getInputs()[i], maps[i]}));
    OpBuilder inner(yield);
    SmallVector<Value> args;
    for (unsigned i = 0; i < map.getInputs().size(); ++i)
      args.push_back(i == input ? yield->getOperand(position)
                                : block->getArgument(positions[i]));
    SmallVector<Value> values =
        inlineBody(inner, map.getBody().front(), args, iteration, dims);
    SmallVector<Value> yielded(yield->getOperands());
    unsigned before = kernel.outputs.size();
    for (unsigned i = 0; i < values.size(); ++i) {
      KernelOutput output{map.getOuts()[i], outMaps[i]};
      if (i == 0 && !keep) {
        kernel.outputs[out] = output;
        yielded[position] = values[0];
      } else {
        kernel.outputs.push_back(output);
        yielded.push_back(values[i]);
      }
    }
    yield->setOperands(yielded);
    std::string writer = describeForRemark(producer);
    Operation *fused = kernel.build(loc);
    for (unsigned i = 0; i < values.size(); ++i)
      rewriter.replaceAllUsesWith(map.getResult(i),
                                  fused->getResult(keep     ? before + i
                                                   : i == 0 ? out
                                                            : before + i - 1));
    rewriter.eraseOp(map);
    eraseDeadViews(rewriter, producer);
    for (unsigned i = 0; i < producer->getNumResults(); ++i)
      if (i != out || keep)
        rewriter.replaceAllUsesWith(producer->getResult(i),
                                    fused->getResult(i));
    rewriter.eraseOp(producer);
    remark::passed(loc, remarkAbout(fused, pass, "Fusion"))
        << "moved into the kernel that writes what it reads, " + writer;
    return true;
  }

  StringRef pass;
  bool shared;
  const NewValues *newValues = nullptr; ///< of the function at hand
};

struct FuseEpiloguePass : fusion::impl::FuseEpiloguePassBase<FuseEpiloguePass> {
  void runOnOperation() override {
    fuseEpilogues(getOperation(), "FuseEpilogue", /*shared=*/false);
  }
};
} // namespace

void fusion::fuseEpilogues(func::FuncOp function, StringRef pass, bool shared) {
  EpilogueFusion(pass, shared).run(function);
}
