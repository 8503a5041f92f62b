//===- BatchParts.cpp - What follows from which images of a batch ---------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Shown by test/passes/Schedule/batch-parts.mlir.
//
//===----------------------------------------------------------------------===//

#include "passes/Schedule/BatchParts.h"
#include "dialects/Kernel/AffineExtents.h"
#include "dialects/MoE/MoEConventions.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;

namespace moec::schedule {
using kernel::StructuredKernelOpInterface;

//===----------------------------------------------------------------------===//
// Plans
//===----------------------------------------------------------------------===//

moe::RoutingType getPlanType(kernel::RoutingKernelOpInterface route) {
  // Of none there is nothing to divide.
  int64_t items = route.getItems();
  int64_t experts = std::max<int64_t>(route.getExperts(), 1);
  // Of as many rows an expert as makes that many in all.
  return moe::RoutingType::get(route->getContext(), items, route.getExperts(),
                               route.getChoices() / std::max<int64_t>(items, 1),
                               llvm::divideCeil(route.getRows(), experts),
                               /*stack=*/0);
}

int64_t getStart(moe::RoutingType plan, PlanPiece piece) {
  switch (piece) {
  case PlanPiece::Offsets:
    return plan.getOffsetsStart();
  case PlanPiece::Item:
    return plan.getItemStart();
  case PlanPiece::Slot:
    return plan.getSlotStart();
  case PlanPiece::Pos:
    return plan.getPosStart();
  case PlanPiece::Expert:
    return plan.getExpertStart();
  }
  llvm_unreachable("unknown piece");
}

/// The piece in which all indices of `expr` lie.
static std::optional<PlanPiece>
findPiece(moe::RoutingType plan, AffineExpr expr, ArrayRef<int64_t> dims) {
  kernel::ExprRange range = kernel::rangeOf(expr, dims);
  int64_t end = plan.getBufferSize();
  for (PlanPiece piece : {PlanPiece::Expert, PlanPiece::Pos, PlanPiece::Slot,
                          PlanPiece::Item, PlanPiece::Offsets}) {
    int64_t start = getStart(plan, piece);
    if (range.low >= start && range.high < end)
      return piece;
    end = start;
  }
  return std::nullopt;
}

std::optional<PlanPiece> BatchParts::getPiece(StructuredKernelOpInterface op,
                                              unsigned input) const {
  Value plan = op.getInputs()[input];
  if (lookup(plan).kind != Parts::Plan)
    return std::nullopt;
  return findPiece(getPlan(plan), op.getInputMap(input).getResult(0),
                   op.getDims());
}

//===----------------------------------------------------------------------===//
// Kernels
//===----------------------------------------------------------------------===//

/// What `expr` grows by when dim `dim` does by `step`; nothing if that is not
/// the same everywhere.
static std::optional<int64_t> growth(AffineExpr expr, unsigned dim,
                                     int64_t step) {
  if (!expr.isFunctionOfDim(dim))
    return 0;
  if (isa<AffineDimExpr>(expr))
    return step;
  auto bin = cast<AffineBinaryOpExpr>(expr);
  std::optional<int64_t> left = growth(bin.getLHS(), dim, step);
  if (!left)
    return std::nullopt;
  if (bin.getKind() == AffineExprKind::Add) {
    std::optional<int64_t> right = growth(bin.getRHS(), dim, step);
    return right ? std::optional(*left + *right) : std::nullopt;
  }
  auto by = dyn_cast<AffineConstantExpr>(bin.getRHS());
  if (!by)
    return std::nullopt;
  if (bin.getKind() == AffineExprKind::Mul)
    return *left * by.getValue();
  if (*left % by.getValue())
    return std::nullopt;
  return bin.getKind() == AffineExprKind::Mod ? 0 : *left / by.getValue();
}

/// The one result of `map` that grows, and by how much; no result if none does.
struct Growth {
  std::optional<unsigned> result;
  int64_t by = 0;
};
static std::optional<Growth> growthOf(AffineMap map, unsigned dim,
                                      int64_t step) {
  Growth all;
  for (auto [i, expr] : llvm::enumerate(map.getResults())) {
    std::optional<int64_t> by = growth(expr, dim, step);
    if (!by || (*by && all.result))
      return std::nullopt;
    if (*by)
      all = {unsigned(i), *by};
  }
  return all;
}

static int64_t sizeOf(Value value, unsigned dim) {
  return cast<ShapedType>(value.getType()).getDimSize(dim);
}

/// True if the regions of `op` do no arithmetic on input `input`: they may ask
/// whether a choice was dropped.
static bool onlyCompares(Operation *op, unsigned input) {
  for (Region &region : op->getRegions())
    for (Block &block : region)
      for (OpOperand &use : block.getArgument(input).getUses())
        if (!isa<arith::CmpIOp>(use.getOwner()))
          return false;
  return true;
}

bool BatchParts::gathersByPart(StructuredKernelOpInterface op, Parts lies,
                               Value gathered, unsigned numbers) const {
  std::optional<PlanPiece> piece = getPiece(op, numbers);
  if (!piece)
    return false;
  Value plan = op.getInputs()[numbers];
  moe::RoutingType type = getPlan(plan);
  auto hasRows = [&](int64_t rows, Value order) {
    return lies == Parts{Parts::Cut, 0, order} && sizeOf(gathered, 0) == rows;
  };
  switch (*piece) {
  case PlanPiece::Offsets:
    return false;
  case PlanPiece::Item:
    return hasRows(type.getItems(), nullptr);
  case PlanPiece::Slot:
    return hasRows(type.getChoices(), nullptr);
  case PlanPiece::Pos:
    return hasRows(type.getRows(), plan);
  case PlanPiece::Expert: // what experts have is the same for all parts
    return lies.kind == Parts::Whole;
  }
  llvm_unreachable("unknown piece");
}

std::optional<SmallVector<Parts>>
BatchParts::along(StructuredKernelOpInterface op, unsigned dim) const {
  int64_t extent = op.getDims()[dim];
  if (extent % parts)
    return std::nullopt;
  int64_t step = extent / parts;
  // Which expert a row goes to is said by the plan of its part.
  if (op.getRaggedDim() == dim &&
      lookup(op.getInputs()[*op.getOffsets()]).kind != Parts::Plan)
    return std::nullopt;
  // The plan in whose order this kernel goes through rows, or null.
  Value order;
  bool ofItems = false, ofRows = false;
  auto goesBy = [&](Value plan) {
    bool fits = !order || order == plan;
    order = plan;
    ofRows = true;
    return fits;
  };
  for (auto [i, input] : llvm::enumerate(op.getInputs())) {
    AffineMap map = op.getInputMap(i);
    std::optional<Growth> grown = growthOf(map, dim, step);
    if (!grown)
      return std::nullopt;
    Parts lies = lookup(input);
    int32_t gather = op.getGather(i);
    if (gather >= 0) {
      if (grown->result || !gathersByPart(op, lies, input, gather))
        return std::nullopt;
      continue;
    }
    switch (lies.kind) {
    case Parts::Whole:
      if (grown->result)
        return std::nullopt;
      break;
    case Parts::Cut:
      if (grown->result != lies.dim ||
          grown->by != sizeOf(input, lies.dim) / parts)
        return std::nullopt;
      if (!lies.plan) {
        ofItems = true;
      } else if (!goesBy(lies.plan) ||
                 map.getResult(lies.dim) !=
                     getAffineDimExpr(dim, op->getContext())) {
        return std::nullopt;
      }
      break;
    case Parts::Plan: {
      moe::RoutingType plan = getPlan(lies.plan);
      std::optional<PlanPiece> piece = getPiece(op, i);
      if (!piece || !onlyCompares(op, i))
        return std::nullopt;
      if (*piece == PlanPiece::Offsets) {
        if (grown->result || op.getOffsets() != i || op.getRaggedDim() != dim ||
            !goesBy(lies.plan))
          return std::nullopt;
        break;
      }
      bool ofChoices = *piece == PlanPiece::Pos || *piece == PlanPiece::Expert;
      int64_t size = ofChoices ? plan.getChoices() : plan.getRows();
      if (!grown->result || grown->by != size / parts)
        return std::nullopt;
      if (ofChoices)
        ofItems = true;
      else if (!goesBy(lies.plan) || extent != size)
        return std::nullopt;
      break;
    }
    }
  }
  if (ofItems && ofRows)
    return std::nullopt;
  WalkResult indices = op->walk([&](kernel::IndexOp index) {
    return growth(index.getExpr(), dim, step) == 0 ? WalkResult::advance()
                                                   : WalkResult::interrupt();
  });
  if (indices.wasInterrupted())
    return std::nullopt;
  SmallVector<Parts> outs;
  for (auto [i, out] : llvm::enumerate(op.getOuts())) {
    AffineMap map = op.getOutMap(i);
    std::optional<Growth> grown = growthOf(map, dim, step);
    if (!grown || !grown->result ||
        grown->by * parts != sizeOf(out, *grown->result))
      return std::nullopt;
    if (order && map.getResult(*grown->result) !=
                     getAffineDimExpr(dim, op->getContext()))
      return std::nullopt;
    Parts lies{Parts::Cut, *grown->result, order};
    if (!out.getDefiningOp<tensor::EmptyOp>() && lookup(out) != lies)
      return std::nullopt;
    outs.push_back(lies);
  }
  return outs;
}

bool BatchParts::visitStructured(StructuredKernelOpInterface op) {
  auto isWhole = [&](Value value) {
    return lookup(value).kind == Parts::Whole;
  };
  if (llvm::all_of(op->getOperands(), isWhole))
    return true;
  for (unsigned dim = 0; dim < op.getDims().size(); ++dim) {
    std::optional<SmallVector<Parts>> outs = along(op, dim);
    if (!outs)
      continue;
    dims[op] = dim;
    for (auto [result, lies] : llvm::zip_equal(op->getResults(), *outs))
      values[result] = lies;
    return true;
  }
  return fail(op, "computes one value from several parts of the batch");
}

std::optional<unsigned> BatchParts::getDim(Operation *kernel) const {
  auto it = dims.find(kernel);
  return it == dims.end() ? std::nullopt : std::optional(it->second);
}

//===----------------------------------------------------------------------===//
// Other ops
//===----------------------------------------------------------------------===//

bool BatchParts::fail(Operation *op, StringRef why) {
  culprit = op;
  reason = why.str();
  return false;
}

bool BatchParts::visitRoute(kernel::RoutingKernelOpInterface op) {
  Parts gates = lookup(op->getOperand(0));
  if (gates.kind == Parts::Whole)
    return true;
  if (gates != Parts{Parts::Cut, 0, nullptr})
    return fail(op, "routes what does not lie part by part");
  if (!op.canRouteParts(parts))
    return fail(op, "lets images of several parts compete");
  for (Value result : op->getResults())
    values[result] = {Parts::Cut, 0, nullptr};
  Value plan = op->getResults().back();
  values[plan] = {Parts::Plan, 0, plan};
  plans[plan] = getPlanType(op);
  return true;
}

bool BatchParts::visitView(Operation &op) {
  Parts lies = lookup(op.getOperand(0));
  auto from = cast<RankedTensorType>(op.getOperand(0).getType());
  auto to = cast<RankedTensorType>(op.getResult(0).getType());
  if (lies.kind == Parts::Whole)
    return true;
  if (lies.kind != Parts::Cut)
    return fail(&op, "reshapes a plan");
  auto expand = dyn_cast<tensor::ExpandShapeOp>(op);
  bool expands = bool(expand);
  SmallVector<ReassociationIndices> groups =
      expands ? expand.getReassociationIndices()
              : cast<tensor::CollapseShapeOp>(op).getReassociationIndices();
  for (auto [i, group] : llvm::enumerate(groups)) {
    if (expands ? i != lies.dim : !llvm::is_contained(group, lies.dim))
      continue;
    // The parts follow each other along the first dimension of the group that
    // has more than one element.
    RankedTensorType wide = expands ? to : from;
    int64_t *outer = llvm::find_if(
        group, [&](int64_t d) { return wide.getDimSize(d) != 1; });
    if (outer == group.end() || wide.getDimSize(*outer) % parts ||
        (!expands && *outer != lies.dim))
      return fail(&op, "reshapes across the parts of the batch");
    if (lies.plan &&
        wide.getDimSize(*outer) !=
            (expands ? from : to).getDimSize(expands ? lies.dim : i))
      return fail(&op, "takes dispatched rows apart");
    values[op.getResult(0)] = {Parts::Cut, unsigned(expands ? *outer : i),
                               lies.plan};
    return true;
  }
  llvm_unreachable("every dimension is in a group");
}

bool BatchParts::visit(moe::RepeatOp repeat) {
  Block &body = repeat.getBody().front();
  size_t carried = repeat.getCarried().size();
  for (auto [i, operand] : llvm::enumerate(repeat.getOperands())) {
    Parts lies = lookup(operand);
    if (i >= carried && lies.kind != Parts::Whole)
      return fail(repeat, "reads what is stacked of images");
    values[body.getArgument(i)] = lies;
  }
  if (!visit(body))
    return false;
  for (auto [i, yielded] :
       llvm::enumerate(body.getTerminator()->getOperands())) {
    Parts lies = lookup(yielded);
    if (lies != (i < carried ? lookup(repeat.getOperand(i)) : Parts()) ||
        lies.plan)
      return fail(repeat, "stacks or carries what changes with the images");
    values[repeat.getResult(i)] = lies;
  }
  return true;
}

bool BatchParts::visitReturn(Operation &op) {
  for (Value value : op.getOperands())
    if (lookup(value) != Parts{Parts::Cut, 0, nullptr})
      return fail(&op, "returns what is no value of each image");
  return true;
}

bool BatchParts::visit(Operation &op) {
  if (auto repeat = dyn_cast<moe::RepeatOp>(op))
    return visit(repeat);
  if (auto structured = dyn_cast<StructuredKernelOpInterface>(op))
    return visitStructured(structured);
  if (auto route = dyn_cast<kernel::RoutingKernelOpInterface>(op))
    return visitRoute(route);
  if (isa<tensor::ExpandShapeOp, tensor::CollapseShapeOp>(op))
    return visitView(op);
  if (isa<func::ReturnOp>(op))
    return visitReturn(op);
  for (Value operand : op.getOperands())
    if (lookup(operand).kind != Parts::Whole && !isa<moe::YieldOp>(op))
      return fail(&op, "is not known to treat each part by itself");
  return true;
}

bool BatchParts::visit(Block &block) {
  return llvm::all_of(block, [&](Operation &op) { return visit(op); });
}

bool BatchParts::run() {
  if (!func.getBody().hasOneBlock())
    return fail(func, "has several blocks");
  for (BlockArgument argument : func.getArguments()) {
    if (!moe::attr::field.ofArgument(func, argument.getArgNumber()))
      continue;
    auto type = cast<RankedTensorType>(argument.getType());
    if (type.getRank() == 0 || type.getDimSize(0) % parts)
      return fail(func, "has a field that the parts do not divide");
    values[argument] = {Parts::Cut, 0, nullptr};
  }
  return visit(func.getBody().front());
}

} // namespace moec::schedule
