//===- KernelOps.cpp - What tablegen writes, and effects ----------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/Kernel/KernelOps.h"

using namespace mlir;
using namespace moec::kernel;

/// Regions are isolated, so that names in them mean nothing outside. A region
/// that shared the names around it would define what the text before used, and
/// leave those uses dangling when a fault behind it ends the parsing.
static ParseResult parseIsolated(OpAsmParser &parser, Region &region) {
  if (parser.parseRegion(region, /*arguments=*/{},
                         /*enableNameShadowing=*/true))
    return failure();
  if (region.empty())
    region.emplaceBlock();
  return success();
}

static void printIsolated(OpAsmPrinter &printer, Operation *, Region &region) {
  printer.printRegion(region);
}

static ParseResult
parseIsolatedList(OpAsmParser &parser,
                  SmallVectorImpl<std::unique_ptr<Region>> &regions) {
  std::unique_ptr<Region> region;
  OptionalParseResult first = parser.parseOptionalRegion(
      region, /*arguments=*/{}, /*enableNameShadowing=*/true);
  if (!first.has_value())
    return success();
  if (failed(*first))
    return failure();
  if (region->empty())
    region->emplaceBlock();
  regions.push_back(std::move(region));
  while (succeeded(parser.parseOptionalComma())) {
    regions.push_back(std::make_unique<Region>());
    if (parseIsolated(parser, *regions.back()))
      return failure();
  }
  return success();
}

static void printIsolatedList(OpAsmPrinter &printer, Operation *,
                              MutableArrayRef<Region> regions) {
  llvm::interleaveComma(regions, printer,
                        [&](Region &region) { printer.printRegion(region); });
}

/// A position has the dims up to the last that it uses, so that equal ones are
/// equal attributes.
static AffineMap positionOf(AffineExpr expr) {
  unsigned dims = 0;
  expr.walk([&](AffineExpr part) {
    if (auto dim = dyn_cast<AffineDimExpr>(part))
      dims = std::max(dims, dim.getPosition() + 1);
  });
  return AffineMap::get(dims, 0, expr);
}

/// The number of a dimension, or a map.
static ParseResult parsePosition(OpAsmParser &parser, AffineMapAttr &position) {
  int64_t dim = 0;
  SMLoc at = parser.getCurrentLocation();
  OptionalParseResult number = parser.parseOptionalInteger(dim);
  MLIRContext *context = parser.getContext();
  if (!number.has_value()) {
    if (parser.parseAttribute(position))
      return failure();
    AffineMap map = position.getValue();
    if (map.getNumResults() == 1 && map.getNumSymbols() == 0)
      position = AffineMapAttr::get(positionOf(map.getResult(0)));
    return success();
  }
  if (failed(*number))
    return failure();
  constexpr int64_t maxDim = 65535;
  if (dim < 0 || dim > maxDim)
    return parser.emitError(at, "expected a dimension from 0 to ")
           << maxDim << ", got " << dim;
  position = AffineMapAttr::get(
      positionOf(getAffineDimExpr(static_cast<unsigned>(dim), context)));
  return success();
}

static void printPosition(OpAsmPrinter &printer, IndexOp,
                          AffineMapAttr position) {
  AffineMap map = position.getValue();
  auto dim = map.getNumResults() == 1
                 ? dyn_cast<AffineDimExpr>(map.getResult(0))
                 : AffineDimExpr(nullptr);
  if (dim && positionOf(dim) == map)
    printer << dim.getPosition();
  else
    printer << position;
}

void IndexOp::build(OpBuilder &builder, OperationState &state,
                    AffineExpr expr) {
  build(builder, state, builder.getI32Type(), positionOf(expr));
}

void IndexOp::setExpr(AffineExpr expr) { setPosition(positionOf(expr)); }

#define GET_OP_CLASSES
#include "dialects/Kernel/KernelOps.cpp.inc"

/// On memrefs a kernel reads its inputs and writes its outs; on tensors it is
/// pure.
static void
addEffects(OperandRange inputs, OperandRange outs, Operation *op,
           SmallVectorImpl<SideEffects::EffectInstance<MemoryEffects::Effect>>
               &effects) {
  auto add = [&](OpOperand &operand, MemoryEffects::Effect *effect) {
    if (isa<MemRefType>(operand.get().getType()))
      effects.emplace_back(effect, &operand);
  };
  for (OpOperand &operand : op->getOpOperands()) {
    bool isOut = operand.getOperandNumber() >= inputs.size();
    add(operand, isOut ? static_cast<MemoryEffects::Effect *>(
                             MemoryEffects::Write::get())
                       : MemoryEffects::Read::get());
  }
}

#define KERNEL_EFFECTS(OP)                                                     \
  void OP::getEffects(                                                         \
      SmallVectorImpl<SideEffects::EffectInstance<MemoryEffects::Effect>>      \
          &effects) {                                                          \
    addEffects(getInputs(), getOuts(), *this, effects);                        \
  }
KERNEL_EFFECTS(ContractOp)
KERNEL_EFFECTS(AttendOp)
KERNEL_EFFECTS(AttendGradOp)
KERNEL_EFFECTS(RowsOp)
KERNEL_EFFECTS(MapOp)
KERNEL_EFFECTS(RouteOp)
KERNEL_EFFECTS(ExpertRouteOp)
