//===- RowSpace.cpp ------- The loops of a row or map kernel --------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/Codegen/RowSpace.h"
#include "dialects/Kernel/Cost.h"

using namespace mlir;
using namespace moec::codegen;
using moec::kernel::StructuredKernelOpInterface;

/// Smallest k > 1 that divides `extent` with `d floordiv k` or `d mod k` in an
/// address, or 0.
static int64_t findDivisor(ArrayRef<OperandUse> operands, unsigned d,
                           int64_t extent) {
  int64_t best = 0;
  for (const OperandUse &operand : operands)
    operand.address.walk([&](AffineExpr expr) {
      if (expr.getKind() != AffineExprKind::FloorDiv &&
          expr.getKind() != AffineExprKind::Mod)
        return;
      auto binary = cast<AffineBinaryOpExpr>(expr);
      auto dim = dyn_cast<AffineDimExpr>(binary.getLHS());
      auto k = dyn_cast<AffineConstantExpr>(binary.getRHS());
      if (dim && k && dim.getPosition() == d && k.getValue() > 1 &&
          extent % k.getValue() == 0 && (!best || k.getValue() < best))
        best = k.getValue();
    });
  return best;
}

RowSpace::RowSpace(StructuredKernelOpInterface op,
                   const KernelOperands &accesses)
    : context(op->getContext()) {
  ArrayRef<int64_t> extents = op.getDims();
  size_t parallel =
      cast<kernel::KernelOpInterface>(op.getOperation()).getGrid().size();
  numInputs = op.getInputs().size();
  std::optional<uint64_t> ragged = op.getRaggedDim();
  for (auto [d, extent] : llvm::enumerate(extents)) {
    bool isRagged = ragged && *ragged == d;
    dims.push_back({extent, d >= parallel, isRagged});
    original.push_back(getAffineDimExpr(d, context));
  }
  for (unsigned i = 0; i < numInputs + accesses.numOuts(); ++i) {
    OperandUse use;
    use.address = accesses.address(i);
    use.gather = i < numInputs ? accesses.gather(i) : -1;
    operands.push_back(use);
  }
  // A gathered operand needs its row numbers.
  auto markUsed = [&](Region &region, bool perElement) {
    for (unsigned i = 0; i < numInputs; ++i)
      if (!region.getArgument(i).use_empty())
        for (int p = i; p >= 0; p = operands[p].gather) {
          operands[p].used = true;
          operands[p].perElement |= perElement;
        }
  };
  unsigned onceOuts = 0;
  if (auto rows = dyn_cast<kernel::RowsOp>(op.getOperation())) {
    markUsed(rows.getFinish(), false);
    markUsed(rows.getEmit(), true);
    for (Region &phase : rows.getPhases())
      markUsed(phase, true);
    onceOuts = rows.getNumRowOuts();
  } else {
    markUsed(op->getRegion(0), true);
  }
  for (unsigned i = numInputs; i < operands.size(); ++i)
    operands[i].perElement = i >= numInputs + onceOuts;

  for (Region &region : op->getRegions())
    ops += 1 + int64_t(kernel::getScalarWork(region).total());

  // The group and the ragged dimension carry the meaning of the offsets.
  auto isFixed = [&](unsigned loop) {
    return ragged && (loop == 0 || dims[loop].ragged);
  };
  for (unsigned d = 0; d < dims.size(); ++d)
    while (int64_t k =
               isFixed(d) ? 0 : findDivisor(operands, d, dims[d].extent))
      split(d, k);
  for (unsigned d = 0; d < dims.size();)
    if (dims[d].extent == 1 && !isFixed(d))
      drop(d);
    else
      ++d;
  for (bool changed = true; changed;) {
    changed = false;
    for (unsigned outer = 0; outer < dims.size() && !changed; ++outer)
      for (unsigned inner = 0; inner < dims.size() && !changed; ++inner)
        if (!isFixed(outer) && !isFixed(inner) && joinable(outer, inner)) {
          join(outer, inner);
          changed = true;
        }
  }
}

void RowSpace::rewrite(ArrayRef<AffineExpr> replacements,
                       ArrayRef<int64_t> extents) {
  auto apply = [&](AffineExpr &expr) {
    expr = kernel::simplifyWithExtents(expr.replaceDims(replacements), extents);
  };
  for (OperandUse &operand : operands)
    apply(operand.address);
  for (AffineExpr &expr : original)
    apply(expr);
}

/// Loop d becomes d * k + b with a new loop b, right behind it.
void RowSpace::split(unsigned d, int64_t k) {
  SmallVector<AffineExpr> to;
  for (unsigned i = 0; i < dims.size(); ++i)
    to.push_back(getAffineDimExpr(i > d ? i + 1 : i, context));
  to[d] = to[d] * k + getAffineDimExpr(d + 1, context);
  dims[d].extent /= k;
  dims.insert(dims.begin() + d + 1, {k, dims[d].reduction, false});
  rewrite(to, extents());
}

/// Loop d stays at 0.
void RowSpace::drop(unsigned d) {
  SmallVector<AffineExpr> to;
  for (unsigned i = 0; i < dims.size(); ++i)
    to.push_back(i == d ? getAffineConstantExpr(0, context)
                        : getAffineDimExpr(i > d ? i - 1 : i, context));
  dims.erase(dims.begin() + d);
  rewrite(to, extents());
}

/// All addresses hold s * (outer * extent + inner), so the inner loop simply
/// runs further; positions come out of it by division.
void RowSpace::join(unsigned outer, unsigned inner) {
  int64_t extent = dims[inner].extent;
  dims[inner].extent *= dims[outer].extent;
  SmallVector<AffineExpr> to;
  for (unsigned i = 0; i < dims.size(); ++i)
    to.push_back(getAffineDimExpr(i, context));
  to[outer] = to[inner].floorDiv(extent);
  to[inner] = to[inner] % extent;
  rewrite(to, extents());
  drop(outer);
}

bool RowSpace::joinable(unsigned outer, unsigned inner) const {
  if (outer == inner || dims[outer].reduction != dims[inner].reduction)
    return false;
  return llvm::all_of(operands, [&](const OperandUse &operand) {
    LaneInfo o = analyzeLane(operand.address, outer);
    LaneInfo i = analyzeLane(operand.address, inner);
    return o.kind != LaneKind::Irregular && i.kind != LaneKind::Irregular &&
           o.stride == i.stride * dims[inner].extent;
  });
}

LaneInfo RowSpace::along(unsigned i, unsigned d) const {
  for (int p = operands[i].gather; p >= 0; p = operands[p].gather)
    if (operands[p].address.isFunctionOfDim(d))
      return {LaneKind::Irregular, 0};
  return analyzeLane(operands[i].address, d);
}

SmallVector<int64_t> RowSpace::extents() const {
  return llvm::map_to_vector(dims,
                             [](const LoopDim &dim) { return dim.extent; });
}

SmallVector<AffineExpr> RowSpace::addresses() const {
  return llvm::map_to_vector(
      operands, [](const OperandUse &operand) { return operand.address; });
}

int RowSpace::raggedDim() const {
  for (auto [d, dim] : llvm::enumerate(dims))
    if (dim.ragged)
      return d;
  return -1;
}

int64_t RowSpace::volume() const {
  int64_t volume = 1;
  for (auto [d, dim] : llvm::enumerate(dims))
    if (d != 0 || raggedDim() < 0)
      volume *= dim.extent;
  return volume;
}

SmallVector<unsigned> RowSpace::select(bool reduction, int except) const {
  SmallVector<unsigned> result;
  for (auto [d, dim] : llvm::enumerate(dims))
    if (dim.reduction == reduction && int(d) != except)
      result.push_back(d);
  return result;
}

unsigned RowSpace::chooseVectorDim(unsigned lanes) {
  // Costs of a vector in cycles, as measured: two elements a cycle are
  // gathered, one is scattered; four ops run in a cycle.
  constexpr double unit = 1, broadcast = 0.5;
  const double gather = lanes / 2.0, scatter = lanes;
  int best = -1;
  double bestCost = 0;
  for (unsigned d = 0; d < dims.size(); ++d) {
    // The group of a ragged loop is one scalar per row, and a ragged loop that
    // is not reduced has no static tiles.
    if (raggedDim() >= 0 && (d == 0 || (dims[d].ragged && !dims[d].reduction)))
      continue;
    double cost = 1 + ops / 4.0;
    for (unsigned i = 0; i < operands.size(); ++i) {
      if (!operands[i].perElement)
        continue;
      LaneKind kind = along(i, d).kind;
      cost += kind == LaneKind::Unit        ? unit
              : kind == LaneKind::Invariant ? broadcast
              : i < numInputs               ? gather
                                            : scatter;
    }
    double extent = std::max<int64_t>(dims[d].extent, 1);
    cost *= llvm::divideCeil(int64_t(extent), int64_t(lanes)) * lanes / extent;
    // The horizontal step at the end of a row.
    if (dims[d].reduction)
      cost += 8.0 * lanes / extent;
    if (best < 0 || cost <= bestCost) {
      best = d;
      bestCost = cost;
    }
  }
  if (best < 0) {
    best = dims.size();
    dims.push_back({1, false, false});
  }
  return best;
}
