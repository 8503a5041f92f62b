//===- TurnOver.cpp - Exchanges m and n of a contraction ------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/Codegen/AddressExpr.h"
#include "passes/Schedule/Passes.h"

using namespace mlir;

namespace moec::schedule {

codegen::LaneInfo laneAlong(kernel::ContractOp op, unsigned operand,
                            unsigned dim, int64_t tile) {
  auto shape = cast<ShapedType>(op->getOperand(operand).getType()).getShape();
  auto access = cast<kernel::StructuredKernelOpInterface>(op.getOperation());
  AffineExpr address = codegen::linearizeAccess(access.getInputMap(operand),
                                                shape, op.getDims());
  return codegen::analyzeLane(address, dim, tile);
}

bool isSlowAlong(kernel::ContractOp op, unsigned operand, unsigned dim,
                 int64_t tile) {
  codegen::LaneKind kind = laneAlong(op, operand, dim, tile).kind;
  return kind == codegen::LaneKind::Strided ||
         kind == codegen::LaneKind::Irregular;
}

static void turnOver(kernel::ContractOp op) {
  unsigned m = op.getMDim(), n = op.getNDim();
  SmallVector<int64_t> dims = llvm::to_vector(op.getDims());
  std::swap(dims[m], dims[n]);
  op.setDims(dims);
  SmallVector<AffineExpr> exchange;
  for (unsigned d = 0; d < dims.size(); ++d)
    exchange.push_back(getAffineDimExpr(d == m   ? n
                                        : d == n ? m
                                                 : d,
                                        op.getContext()));
  SmallVector<AffineMap> maps;
  for (AffineMap map : op.getIndexingMaps().getAsValueRange<AffineMapAttr>())
    maps.push_back(map.replaceDimsAndSymbols(exchange, {}, dims.size(), 0));
  op.setIndexingMapsAttr(Builder(op.getContext()).getAffineMapArrayAttr(maps));
  Region kept;
  kept.takeBody(op.getLhs());
  op.getLhs().takeBody(op.getRhs());
  op.getRhs().takeBody(kept);
  op->walk([&](kernel::IndexOp index) {
    index.setExpr(index.getExpr().replaceDims(exchange));
  });
}

static bool shouldTurnOver(kernel::ContractOp op) {
  if (op.getRaggedDim())
    return false;
  int64_t slowM = 0, slowN = 0;
  for (unsigned o = op.getInputs().size(); o < op->getNumOperands(); ++o) {
    slowM += isSlowAlong(op, o, op.getMDim());
    slowN += isSlowAlong(op, o, op.getNDim());
  }
  return slowM < slowN;
}

void scheduleContractions(Operation *root,
                          function_ref<void(kernel::ContractOp)> assign) {
  root->walk([&](kernel::ContractOp op) {
    if (op.getScheduleAttr())
      return;
    if (shouldTurnOver(op))
      turnOver(op);
    assign(op);
  });
}

} // namespace moec::schedule
