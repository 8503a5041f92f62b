//===- SplitBatch.cpp - Runs an entry for a few images at a time ----------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
//   func.func @infer(%x: tensor<32x8xf32> {moe.field = "x"}) ->
//       (tensor<32x8xf32> {moe.output = "y"}) {
//     %y = kernel.map dims [32, 8] ins(%x : tensor<32x8xf32>) ..
// becomes
//   func.func @infer(%x: tensor<4x8xf32> {moe.field = "x"}) ->
//       (tensor<4x8xf32> {moe.output = "y"}) attributes {kernel.parts = 8} {
//     %y = kernel.map dims [4, 8] ins(%x : tensor<4x8xf32>) ..
//
// which moec-plan-memory makes a program of that runs these kernels 8 times.
//
// Shown by test/passes/Schedule/split-batch.mlir.
//
//===----------------------------------------------------------------------===//

#include "dialects/Kernel/KernelFunctions.h"
#include "dialects/MoE/MoEConventions.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "passes/Remarks.h"
#include "passes/Schedule/BatchParts.h"
#include "passes/Schedule/Passes.h"

using namespace mlir;

namespace moec::schedule {
#define GEN_PASS_DEF_SPLITBATCHPASS
#include "passes/Schedule/Passes.h.inc"

namespace {
using kernel::StructuredKernelOpInterface;

int64_t bytesOf(Value value) {
  auto type = cast<RankedTensorType>(value.getType());
  return type.getNumElements() * (type.getElementTypeBitWidth() / 8);
}

// Measured with AVX2 on two cores that share 32 MB of L3 with others: products
// of mLiT-XXS, whose depth is 108, take 10 % longer where 32 images go through
// memory, those of ViT-S/16, of 384, 2 %.

/// What a kernel finds in caches if its operands take no more: of what one
/// before it wrote, or it read for the part before.
constexpr int64_t cacheBytes = 2 << 20;
/// Floating-point operations in the time that a byte from memory takes beside
/// them, where prefetching hides most of it.
constexpr int64_t flopsOfByte = 2;
/// Such bytes in the time of a launch.
constexpr int64_t launchBytes = 64 << 10;
/// Parts are made if they save this share of the time: the model leaves out
/// more than that.
constexpr int64_t worthwhile = 32;
/// Each is a copy of the program.
constexpr int64_t mostParts = 64;

/// The time of an entry, in bytes from memory: weights, once for each part,
/// and images and what is made of them, where a part does not stay in caches.
int64_t costOf(func::FuncOp func, const BatchParts &analysis, int64_t parts) {
  int64_t cost = 0;
  func.walk([&](kernel::KernelOpInterface op) {
    int64_t count = 1;
    if (auto repeat = op->getParentOfType<moe::RepeatOp>())
      count = repeat.getCount();
    int64_t whole = 0, cut = 0;
    for (Value operand : op->getOperands())
      (analysis.lookup(operand).kind == Parts::Whole &&
               !operand.getDefiningOp<tensor::EmptyOp>()
           ? whole
           : cut) += bytesOf(operand);
    cost +=
        count * (op.getFlops() / flopsOfByte + parts * whole +
                 (cut / parts > cacheBytes ? cut : 0) + parts * launchBytes);
  });
  return cost;
}

/// Makes a function one for a part of its batch.
class BatchSplitter {
public:
  BatchSplitter(func::FuncOp func, const BatchParts &analysis, int64_t parts)
      : func(func), analysis(analysis), parts(parts), b(func.getContext()) {}

  void run() {
    Block &body = func.getBody().front();
    for (BlockArgument argument : body.getArguments())
      shrink(argument);
    visit(body);
    func.setFunctionType(b.getFunctionType(
        body.getArgumentTypes(), body.getTerminator()->getOperandTypes()));
    kernel::attr::parts.set(func, parts);
  }

private:
  void shrink(Value value) {
    Parts lies = analysis.lookup(value);
    if (lies.kind != Parts::Cut)
      return;
    auto type = cast<RankedTensorType>(value.getType());
    SmallVector<int64_t> shape(type.getShape());
    shape[lies.dim] /= parts;
    value.setType(type.clone(shape));
  }

  void visit(Block &body) {
    for (Operation &op : llvm::make_early_inc_range(body)) {
      if (auto structured = dyn_cast<StructuredKernelOpInterface>(op))
        visitStructured(structured);
      else if (auto route = dyn_cast<kernel::RoutingKernelOpInterface>(op))
        visitRoute(route);
      else if (auto expand = dyn_cast<tensor::ExpandShapeOp>(op))
        visitExpand(expand);
      else
        visitOther(op);
    }
  }

  void visitOther(Operation &op) {
    for (Value result : op.getResults())
      shrink(result);
    if (auto repeat = dyn_cast<moe::RepeatOp>(op)) {
      Block &inner = repeat.getBody().front();
      for (BlockArgument argument : inner.getArguments())
        shrink(argument);
      visit(inner);
    }
  }

  void visitExpand(tensor::ExpandShapeOp expand) {
    shrink(expand.getResult());
    expand.setStaticOutputShape(expand.getResultType().getShape());
  }

  /// Gives the outs destinations of their types; others may share the old ones.
  void renewDestinations(Operation *op) {
    unsigned first = op->getNumOperands() - op->getNumResults();
    b.setInsertionPoint(op);
    for (OpResult result : op->getResults()) {
      OpOperand &out = op->getOpOperand(first + result.getResultNumber());
      auto empty = out.get().getDefiningOp<tensor::EmptyOp>();
      if (!empty || empty.getType() == result.getType())
        continue;
      auto type = cast<RankedTensorType>(result.getType());
      out.set(tensor::EmptyOp::create(b, empty.getLoc(), type.getShape(),
                                      type.getElementType()));
      if (empty->use_empty())
        empty.erase();
    }
  }

  void visitStructured(StructuredKernelOpInterface op) {
    std::optional<unsigned> dim = analysis.getDim(op);
    if (!dim)
      return;
    SmallVector<AffineMap> maps;
    for (unsigned i = 0; i < op.getInputs().size(); ++i)
      maps.push_back(mapOfPart(op, i));
    for (unsigned i = 0; i < op.getOuts().size(); ++i)
      maps.push_back(op.getOutMap(i));
    SmallVector<int64_t> extents(op.getDims());
    extents[*dim] /= parts;
    visitOther(*op);
    renewDestinations(op);
    op->setAttr("dims", b.getDenseI64ArrayAttr(extents));
    op->setAttr("indexing_maps", b.getAffineMapArrayAttr(maps));
  }

  /// The map of an input; of a plan, to where its pieces begin now.
  AffineMap mapOfPart(StructuredKernelOpInterface op, unsigned input) {
    AffineMap map = op.getInputMap(input);
    Value plan = op.getInputs()[input];
    if (analysis.lookup(plan).kind != Parts::Plan)
      return map;
    PlanPiece piece = *analysis.getPiece(op, input);
    int64_t moved =
        getStart(
            getPlanType(plan.getDefiningOp<kernel::RoutingKernelOpInterface>()),
            piece) -
        getStart(analysis.getPlan(plan), piece);
    return AffineMap::get(map.getNumDims(), 0, map.getResult(0) + moved);
  }

  void visitRoute(kernel::RoutingKernelOpInterface op) {
    Value plan = op->getResults().back();
    if (analysis.lookup(plan).kind != Parts::Plan)
      return;
    op.becomePart(parts);
    plan.setType(RankedTensorType::get({getPlanType(op).getBufferSize()},
                                       b.getI32Type()));
    visitOther(*op);
    renewDestinations(op);
  }

  func::FuncOp func;
  const BatchParts &analysis;
  int64_t parts;
  OpBuilder b;
};

struct SplitBatchPass : impl::SplitBatchPassBase<SplitBatchPass> {
  using SplitBatchPassBase::SplitBatchPassBase;

  void runOnOperation() override {
    func::FuncOp func = getOperation();
    moe::EntryAttr entry = moe::attr::entry.get(func);
    if (!entry ||
        !isa_and_nonnull<kernel::CpuAttr>(kernel::findMachine(func)) ||
        !isOfImages(func) || !run(func, entry.getBatch()))
      markAllAnalysesPreserved();
  }

  /// Not what trains, nor what prepares variables.
  static bool isOfImages(func::FuncOp func) {
    for (unsigned i = 0; i < func.getNumResults(); ++i)
      if (moe::attr::variable.ofResult(func, i))
        return false;
    for (unsigned i = 0; i < func.getNumArguments(); ++i)
      if (moe::attr::field.ofArgument(func, i))
        return true;
    return false;
  }

  bool run(func::FuncOp func, int64_t batch) {
    if (batch < 2)
      return false;
    BatchParts whole(func, 1);
    if (!whole.run())
      return note(whole);
    int64_t bestParts = 1, least = costOf(func, whole, 1);
    least -= least / worthwhile;
    // Of equal costs the fewest parts.
    std::optional<BatchParts> best, refused;
    for (int64_t parts = 2; parts <= std::min(batch, mostParts); ++parts) {
      if (batch % parts || (images && batch / parts != images))
        continue;
      BatchParts analysis(func, parts);
      if (!analysis.run()) {
        refused = std::move(analysis);
        continue;
      }
      int64_t cost = costOf(func, analysis, parts);
      if (!images && cost >= least)
        continue;
      best = std::move(analysis);
      bestParts = parts;
      least = cost;
    }
    if (!best)
      return refused && note(*refused);
    remark::passed(func.getLoc(), remarkAbout(func, "SplitBatch", "Schedule"))
        << "treats " << std::to_string(batch / bestParts) << " of "
        << std::to_string(batch) << " images at a time";
    BatchSplitter(func, *best, bestParts).run();
    return true;
  }

  /// Tells why the batch stays whole.
  static bool note(const BatchParts &analysis) {
    Operation *culprit = analysis.getCulprit();
    remark::missed(culprit->getLoc(),
                   remarkAbout(culprit, "SplitBatch", "Schedule"))
        << describeForRemark(culprit) << " " << analysis.getReason();
    return false;
  }
};
} // namespace
} // namespace moec::schedule
