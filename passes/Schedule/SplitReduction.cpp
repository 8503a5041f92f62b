//===- SplitReduction.cpp - Long reductions in parts ----------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A weight gradient has few outputs and sums over all rows of the batch; so do
// the gradients of biases and of the scales of a normalisation. Shared out by
// outputs, each core would read pieces of every row. Here it is shared out by
// rows: parts become a dimension of the outputs, and a second kernel adds them
// in order.
//
//   %g = kernel.contract dims [256, 128, 6272] ..
// becomes
//   %p = kernel.contract dims [2, 256, 128, 3136] ..    // k is part * 3136 + k
//   %g = kernel.rows dims [256, 128, 2] ins(%p) .. phases { p }
//
// The number of parts follows from the shape and the target, never from the
// threads of a run. Shown by test/passes/Schedule/split-reduction.mlir.
//
//===----------------------------------------------------------------------===//

#include "dialects/Kernel/IndexingMaps.h"
#include "dialects/Kernel/KernelBuilder.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "passes/Codegen/OperandAccess.h"
#include "passes/Schedule/Passes.h"

using namespace mlir;

namespace moec::schedule {
#define GEN_PASS_DEF_SPLITREDUCTIONPASS
#include "passes/Schedule/Passes.h.inc"

namespace {
using kernel::StructuredKernelOpInterface;

/// Shorter parts are not worth a second kernel.
constexpr int64_t minPart = 512;
/// Outputs that are added up again for each part.
constexpr int64_t maxOutputs = 128 << 10;
/// Sums of less stay in a core's cache anyway.
constexpr int64_t minRowPoints = 256 << 10;

/// The distance along `dim` after which `expr` has moved by a constant step: a
/// multiple of what it is divided by.
int64_t period(AffineExpr expr, unsigned dim) {
  if (!expr.isFunctionOfDim(dim))
    return 1;
  auto binary = dyn_cast<AffineBinaryOpExpr>(expr);
  if (!binary)
    return 1;
  int64_t inner = period(binary.getLHS(), dim) * period(binary.getRHS(), dim);
  auto by = dyn_cast<AffineConstantExpr>(binary.getRHS());
  bool divides = expr.getKind() == AffineExprKind::FloorDiv ||
                 expr.getKind() == AffineExprKind::Mod;
  return divides && by ? inner * by.getValue() : inner;
}

/// The most parts up to `wanted` that `extent` falls into evenly, so that all
/// maps stay simple.
int64_t chooseParts(StructuredKernelOpInterface op, int64_t wanted) {
  unsigned k = op.getDims().size() - 1;
  int64_t extent = op.getDims()[k], unit = 1;
  for (unsigned i = 0; i < op.getInputs().size(); ++i)
    for (AffineExpr expr : op.getInputMap(i).getResults())
      unit = std::max(unit, period(expr, k));
  for (int64_t parts = wanted; parts > 1; --parts)
    if (extent % parts == 0 && extent / parts >= minPart &&
        extent / parts % unit == 0)
      return parts;
  return 1;
}

/// What both kinds of kernel need: fresh f32 outs.
bool canSplit(StructuredKernelOpInterface op) {
  if (op.getRaggedDim())
    return false;
  for (Value out : op.getOuts())
    if (!out.getDefiningOp<tensor::EmptyOp>() ||
        !cast<ShapedType>(out.getType()).getElementType().isF32())
      return false;
  return true;
}

/// A copy of the op whose outs have the part as their first axis.
template <typename OpT>
OpT makeParts(RewriterBase &rewriter, OpT op, int64_t parts) {
  MLIRContext *context = op.getContext();
  auto structured = cast<StructuredKernelOpInterface>(op.getOperation());
  SmallVector<int64_t> dims = {parts};
  llvm::append_range(dims, op.getDims());
  dims.back() /= parts;
  SmallVector<AffineExpr> to;
  for (unsigned d = 1; d < dims.size(); ++d)
    to.push_back(getAffineDimExpr(d, context));
  AffineExpr part = getAffineDimExpr(0, context);
  to.back() = part * dims.back() + to.back();

  unsigned numInputs = op.getInputs().size();
  SmallVector<Value> outs;
  for (Value out : op.getOuts()) {
    auto type = cast<RankedTensorType>(out.getType());
    SmallVector<int64_t> shape = {parts};
    llvm::append_range(shape, type.getShape());
    outs.push_back(tensor::EmptyOp::create(rewriter, op.getLoc(), shape,
                                           type.getElementType()));
  }
  auto copy = cast<OpT>(rewriter.clone(*op));
  SmallVector<AffineMap> maps;
  for (unsigned i = 0; i < op->getNumOperands(); ++i) {
    AffineMap map =
        structured.getInputMap(i).replaceDimsAndSymbols(to, {}, dims.size(), 0);
    if (i >= numInputs) {
      map = map.insertResult(part, 0);
      copy->setOperand(i, outs[i - numInputs]);
      copy->getResult(i - numInputs).setType(outs[i - numInputs].getType());
    }
    maps.push_back(kernel::simplifyMap(map, dims));
  }
  copy.setDims(dims);
  copy.setIndexingMapsAttr(rewriter.getAffineMapArrayAttr(maps));
  copy->walk([&](kernel::IndexOp index) {
    index.setExpr(
        kernel::simplifyWithExtents(index.getExpr().replaceDims(to), dims));
  });
  return copy;
}

/// Replaces the op by the sums of what `copy` computes for each part.
void addParts(RewriterBase &rewriter, Operation *op, Operation *copy,
              int64_t parts) {
  SmallVector<Value> sums;
  for (OpResult result : op->getResults()) {
    ArrayRef<int64_t> shape = cast<ShapedType>(result.getType()).getShape();
    unsigned rank = shape.size();
    SmallVector<int64_t> dims(shape);
    if (dims.empty())
      dims.push_back(1);
    dims.push_back(parts);
    kernel::KernelSpec spec(op->getLoc(), dims);
    SmallVector<AffineExpr> at = kernel::identity(op->getContext(), rank);
    SmallVector<AffineExpr> from = {spec.dim(dims.size() - 1)};
    llvm::append_range(from, at);
    spec.input(copy->getResult(result.getResultNumber()), from);
    spec.result(rewriter, shape, at);
    kernel::Phase sum{kernel::Combiner::Add,
                      [](kernel::ScalarBuilder &, ValueRange args) {
                        return SmallVector<Value>{args[0]};
                      }};
    sums.push_back(spec.rows(rewriter, {sum},
                             [](kernel::ScalarBuilder &, ValueRange args) {
                               return SmallVector<Value>{args.back()};
                             })
                       .front());
  }
  rewriter.replaceOp(op, sums);
}

/// Sums over rows whose elements lie side by side, with nothing done to them.
bool isColumnSum(kernel::RowsOp op) {
  Block &finish = op.getFinish().front();
  unsigned k = op.getDims().size() - 1, numInputs = op.getInputs().size();
  if (op.getPhases().size() != 1 ||
      op.getEmit().front().getTerminator()->getNumOperands() ||
      cast<kernel::CombinerAttr>(op.getCombiners()[0]).getValue() !=
          kernel::Combiner::Add)
    return false;
  Operation *yield = finish.getTerminator();
  if (yield->getNumOperands() + numInputs != finish.getNumArguments())
    return false;
  for (auto [i, value] : llvm::enumerate(yield->getOperands()))
    if (value != finish.getArgument(numInputs + i))
      return false;
  auto access = cast<StructuredKernelOpInterface>(op.getOperation());
  int64_t points = 1;
  for (int64_t extent : op.getDims())
    points *= extent;
  if (points < minRowPoints)
    return false;
  for (unsigned i = 0; i < numInputs; ++i) {
    AffineMap map = kernel::simplifyMap(access.getInputMap(i), op.getDims());
    std::optional<unsigned> along = kernel::getUnitStrideDim(map);
    if (along && *along != k && map.isFunctionOfDim(k))
      return true;
  }
  return false;
}

struct SplitReductionPass : impl::SplitReductionPassBase<SplitReductionPass> {
  void runOnOperation() override {
    kernel::MachineInterface machine = kernel::getMachine(getOperation());
    if (!machine)
      return signalPassFailure();
    units = machine.getUnits();
    IRRewriter rewriter(&getContext());
    SmallVector<Operation *> ops;
    getOperation()->walk([&](Operation *op) {
      if (isa<kernel::ContractOp, kernel::RowsOp>(op))
        ops.push_back(op);
    });
    for (Operation *op : ops) {
      rewriter.setInsertionPoint(op);
      if (auto contract = dyn_cast<kernel::ContractOp>(op))
        split(rewriter, contract);
      else
        split(rewriter, cast<kernel::RowsOp>(op));
    }
  }

  void split(RewriterBase &rewriter, kernel::ContractOp op) {
    auto access = cast<StructuredKernelOpInterface>(op.getOperation());
    int64_t outputs = 1;
    for (int64_t extent : op.getDims().drop_back())
      outputs *= extent;
    if (outputs > maxOutputs || op.getOuts().size() != 1 || !canSplit(access) ||
        !codegen::yieldsArgument(op.getEpilogue(), op.getInputs().size()))
      return;
    int64_t parts = chooseParts(access, units);
    if (parts > 1)
      addParts(rewriter, op, makeParts(rewriter, op, parts), parts);
  }

  void split(RewriterBase &rewriter, kernel::RowsOp op) {
    auto access = cast<StructuredKernelOpInterface>(op.getOperation());
    if (!canSplit(access) || !isColumnSum(op))
      return;
    // More parts than units, as one column vector of each is little.
    int64_t parts = chooseParts(access, 4 * units);
    if (parts > 1)
      addParts(rewriter, op, makeParts(rewriter, op, parts), parts);
  }

  int64_t units; ///< of the machine
};
} // namespace
} // namespace moec::schedule
