//===- Layout.cpp - Views, and the memory of variables --------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/Memory/Layout.h"
#include "dialects/Kernel/AffineExtents.h"
#include "dialects/MoE/MoEConventions.h"

using namespace mlir;
using namespace moec;
using namespace moec::memory;

int64_t moec::memory::getTensorBytes(Type type) {
  auto tensor = cast<RankedTensorType>(type);
  return tensor.getNumElements() * (tensor.getElementTypeBitWidth() / 8);
}

/// A slice of a flat tensor, without steps.
static bool isFlatSlice(tensor::ExtractSliceOp slice) {
  return slice.getSourceType().getRank() == 1 &&
         slice.getType().getRank() == 1 && slice.hasUnitStride() &&
         !ShapedType::isDynamic(slice.getStaticOffsets()[0]);
}

static bool isFlatConcat(tensor::ConcatOp concat) {
  return cast<RankedTensorType>(concat.getType()).getRank() == 1;
}

View memory::getView(Value value) {
  View view{value};
  while (Operation *op = view.base.getDefiningOp()) {
    if (auto slice = dyn_cast<tensor::ExtractSliceOp>(op);
        slice && isFlatSlice(slice)) {
      view.sliced = true;
      view.offset += slice.getStaticOffsets()[0] *
                     (slice.getType().getElementTypeBitWidth() / 8);
    } else if (!isa<tensor::ExpandShapeOp, tensor::CollapseShapeOp>(op)) {
      break;
    }
    view.base = op->getOperand(0);
  }
  return view;
}

bool memory::isView(Operation *op) {
  if (auto slice = dyn_cast<tensor::ExtractSliceOp>(op))
    return isFlatSlice(slice);
  if (auto concat = dyn_cast<tensor::ConcatOp>(op))
    return isFlatConcat(concat);
  return isa<tensor::ExpandShapeOp, tensor::CollapseShapeOp>(op);
}

bool memory::isKernel(Operation *op) {
  return isa_and_nonnull<kernel::KernelOpInterface>(op);
}

unsigned memory::getNumInputs(Operation *kernel) {
  return kernel->getNumOperands() - kernel->getNumResults();
}

Value memory::getDestination(OpResult result) {
  Operation *op = result.getOwner();
  return op->getOperand(getNumInputs(op) + result.getResultNumber());
}

bool memory::readsWhereItWrites(OpOperand &use, OpResult write) {
  auto map = dyn_cast<kernel::MapOp>(use.getOwner());
  if (!map || map != write.getOwner())
    return false;
  unsigned in = use.getOperandNumber();
  unsigned out = getNumInputs(map) + write.getResultNumber();
  // (0, j) and (i, j) are one element where i has an extent of 1.
  auto mapOf = [&](unsigned operand) {
    return kernel::simplifyMap(map.getInputMap(operand), map.getDims());
  };
  return mapOf(in) == mapOf(out) &&
         (map.getGathers().empty() || map.getGathers()[in] < 0);
}

StringRef memory::variableOf(Value value) {
  auto argument = dyn_cast<BlockArgument>(value);
  if (!argument)
    return {};
  auto func = dyn_cast<func::FuncOp>(argument.getOwner()->getParentOp());
  if (!func)
    return {};
  auto name = moe::attr::variable.ofArgument(func, argument.getArgNumber());
  return name ? name.getValue() : StringRef();
}

kernel::BlockAttr memory::blockOf(MLIRContext *context, moe::Role role) {
  // Both have the names of dialects/VariableRoles.td.
  return kernel::BlockAttr::get(
      context, *kernel::symbolizeBlockKind(moe::stringifyRole(role)), "");
}

std::optional<Place> memory::joinedPlace(tensor::ConcatOp concat,
                                         const Layout &layout) {
  std::optional<Place> joined;
  if (!isFlatConcat(concat))
    return joined;
  for (Value part : concat.getInputs()) {
    View view = getView(part);
    auto place = layout.find(variableOf(view.base));
    if (view.sliced || place == layout.end())
      return std::nullopt;
    if (!joined)
      joined = Place{place->second.role, place->second.offset, 0};
    else if (joined->role != place->second.role ||
             joined->offset + joined->bytes != place->second.offset)
      return std::nullopt;
    joined->bytes += place->second.bytes;
  }
  return joined;
}

Value memory::buildCopy(OpBuilder &b, Location loc, Value value) {
  auto type = cast<RankedTensorType>(value.getType());
  SmallVector<int64_t> dims(type.getShape());
  AffineMap map = b.getMultiDimIdentityMap(type.getRank());
  if (dims.empty()) {
    dims.push_back(1);
    map = AffineMap::get(1, 0, b.getContext());
  }
  Value empty =
      tensor::EmptyOp::create(b, loc, type.getShape(), type.getElementType());
  auto copy = kernel::MapOp::create(b, loc, TypeRange(type), ValueRange(value),
                                    ValueRange(empty), dims,
                                    b.getAffineMapArrayAttr({map, map}),
                                    /*gathers=*/ArrayRef<int32_t>{},
                                    /*ragged_dim=*/IntegerAttr(),
                                    /*offsets=*/IntegerAttr(),
                                    /*schedule=*/nullptr);
  OpBuilder::InsertionGuard guard(b);
  Block *body = b.createBlock(&copy.getBody(), {}, type.getElementType(), loc);
  kernel::YieldOp::create(b, loc, body->getArguments());
  return copy.getResult(0);
}
