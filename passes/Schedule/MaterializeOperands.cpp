//===- MaterializeOperands.cpp - Stores operands that tiles share ---------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// An operand with a map goes through registers, once for every tile along the
// other dimension, and a tile of tensor cores is done sooner than its operands
// are there. Computed once and stored as bf16, cp.async and TMA can copy it.
//
//   %y = kernel.contract dims [8192, 4096, 1024] ins(%x, %w, %mean, ..)
//          lhs { truncf((x - mean) * ..) } rhs { w } ..
// becomes
//   %v = kernel.map dims [8192, 1024] ins(%x, %mean, ..) outs(bf16)
//          body { truncf((x - mean) * ..) }
//   %y = kernel.contract dims [8192, 4096, 1024] ins(%v, %w, ..)
//          lhs { v } rhs { w } ..
// if the model of moec-assign-gpu-schedule finds both together cheaper.
//
// Shown by test/passes/Schedule/materialize-operands.mlir.
//
//===----------------------------------------------------------------------===//

#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Remarks.h"
#include "passes/Codegen/AddressExpr.h"
#include "passes/Codegen/OperandAccess.h"
#include "passes/Fusion/KernelRewriter.h"
#include "passes/Schedule/Passes.h"

using namespace mlir;

namespace moec::schedule {
#define GEN_PASS_DEF_MATERIALIZEOPERANDSPASS
#include "passes/Schedule/Passes.h.inc"

namespace {
using kernel::StructuredKernelOpInterface;

// Cycles: from the end of one kernel to the work of the next; bytes that a
// multiprocessor reads or writes in one.
constexpr double launch = 2500, memoryRate = 16, lanes = 64;

/// The dimensions of the contraction along which an operand changes, in the
/// order in which its largest input lies in memory. Empty if no map can compute
/// it: rows are gathered, or the order is not that of dimensions.
SmallVector<unsigned> operandDims(kernel::ContractOp op, Region &region) {
  auto access = cast<StructuredKernelOpInterface>(op.getOperation());
  SmallVector<unsigned> inputs = codegen::usedArguments(region);
  auto shapeOf = [&](unsigned input) {
    return cast<ShapedType>(op.getInputs()[input].getType()).getShape();
  };
  unsigned largest = inputs.front();
  for (unsigned input : inputs) {
    if (access.getGather(input) >= 0)
      return {};
    if (ShapedType::getNumElements(shapeOf(input)) >
        ShapedType::getNumElements(shapeOf(largest)))
      largest = input;
  }
  AffineExpr address = codegen::linearizeAccess(access.getInputMap(largest),
                                                shapeOf(largest), op.getDims());
  SmallVector<std::pair<int64_t, unsigned>> strides;
  for (unsigned d = 0; d < op.getDims().size(); ++d) {
    bool used = llvm::any_of(inputs, [&](unsigned input) {
      return access.getInputMap(input).isFunctionOfDim(d);
    });
    region.walk([&](kernel::IndexOp index) { used |= index.getDim() == d; });
    if (!used)
      continue;
    codegen::LaneInfo lane = codegen::analyzeLane(address, d);
    if (lane.kind == codegen::LaneKind::Irregular)
      return {};
    bool outermost = lane.kind == codegen::LaneKind::Invariant;
    strides.push_back({outermost ? INT64_MAX : lane.stride, d});
  }
  llvm::stable_sort(strides,
                    [](auto &a, auto &b) { return a.first > b.first; });
  SmallVector<unsigned> dims;
  for (auto [stride, d] : strides)
    dims.push_back(d);
  return dims;
}

/// Computes `region`, an operand of `op`, over `dims`.
kernel::MapOp computeOperand(RewriterBase &rewriter, kernel::ContractOp op,
                             Region &region, ArrayRef<unsigned> dims) {
  auto access = cast<StructuredKernelOpInterface>(op.getOperation());
  SmallVector<int64_t> extents;
  SmallVector<AffineExpr> renamed(op.getDims().size(),
                                  rewriter.getAffineConstantExpr(0));
  SmallVector<unsigned> position(op.getDims().size());
  for (auto [i, d] : llvm::enumerate(dims)) {
    extents.push_back(op.getDims()[d]);
    renamed[d] = rewriter.getAffineDimExpr(i);
    position[d] = i;
  }
  SmallVector<Value> inputs;
  SmallVector<AffineMap> maps;
  SmallVector<Type> elements;
  SmallVector<unsigned> used = codegen::usedArguments(region);
  for (unsigned input : used) {
    inputs.push_back(op.getInputs()[input]);
    maps.push_back(access.getInputMap(input).replaceDimsAndSymbols(
        renamed, {}, dims.size(), 0));
    elements.push_back(region.getArgument(input).getType());
  }
  maps.push_back(rewriter.getMultiDimIdentityMap(dims.size()));
  Value empty = tensor::EmptyOp::create(rewriter, op.getLoc(), extents,
                                        rewriter.getBF16Type());
  auto map = kernel::MapOp::create(
      rewriter, op.getLoc(), TypeRange(empty.getType()), inputs,
      ValueRange(empty), extents, rewriter.getAffineMapArrayAttr(maps),
      /*gathers=*/ArrayRef<int32_t>{}, /*ragged_dim=*/IntegerAttr(),
      /*offsets=*/IntegerAttr(), /*schedule=*/nullptr);
  OpBuilder::InsertionGuard guard(rewriter);
  Block *body =
      rewriter.createBlock(&map.getBody(), {}, elements,
                           SmallVector<Location>(elements.size(), op.getLoc()));
  IRMapping values;
  for (auto [i, input] : llvm::enumerate(used))
    values.map(region.getArgument(input), body->getArgument(i));
  for (Operation &inner : region.front())
    rewriter.clone(inner, values);
  map.walk(
      [&](kernel::IndexOp index) { index.setDim(position[index.getDim()]); });
  return map;
}

/// `op` with operand `side` (0 left, 1 right) read from `value` along `dims`.
kernel::ContractOp readOperand(RewriterBase &rewriter, kernel::ContractOp op,
                               unsigned side, Value value,
                               ArrayRef<unsigned> dims) {
  auto access = cast<StructuredKernelOpInterface>(op.getOperation());
  SmallVector<AffineExpr> exprs;
  for (unsigned d : dims)
    exprs.push_back(rewriter.getAffineDimExpr(d));
  AffineMap map =
      AffineMap::get(op.getDims().size(), 0, exprs, rewriter.getContext());
  fusion::KernelRewriter kernel(rewriter, access);
  // The other operand may read the same input, one that changes along k only.
  unsigned second = kernel.addInput(kernel.inputs[side]);
  kernel.inputs[side] = {value, map, -1};
  for (auto [i, block] : llvm::enumerate(kernel.blocks)) {
    BlockArgument argument = block->getArgument(side);
    argument.replaceAllUsesWith(block->getArgument(second));
    argument.setType(rewriter.getBF16Type());
    if (i != side)
      continue;
    Operation *end = block->getTerminator();
    end->setOperand(0, argument);
    for (Operation *dead = end->getPrevNode(); dead;) {
      Operation *before = dead->getPrevNode();
      if (dead->use_empty())
        dead->erase(); // the region has no parent now
      dead = before;
    }
  }
  Operation *made = kernel.build(op.getLoc());
  rewriter.replaceOp(op, made->getResults());
  return cast<kernel::ContractOp>(made);
}

struct MaterializeOperandsPass
    : impl::MaterializeOperandsPassBase<MaterializeOperandsPass> {
  using MaterializeOperandsPassBase::MaterializeOperandsPassBase;

  void runOnOperation() override {
    IRRewriter rewriter(&getContext());
    SmallVector<kernel::ContractOp> ops;
    getOperation()->walk([&](kernel::ContractOp op) { ops.push_back(op); });
    for (kernel::ContractOp op : ops)
      for (unsigned side : {0, 1})
        op = visit(rewriter, op, side);
  }

  kernel::ContractOp visit(RewriterBase &rewriter, kernel::ContractOp op,
                           unsigned side) {
    Region &region = op->getRegion(side);
    GpuContractShape shape = describeForGpu(op);
    GpuContractShape::Operand &operand = side ? shape.right : shape.left;
    if (!shape.tensorCores || operand.staging == 0)
      return op;
    SmallVector<unsigned> dims = operandDims(op, region);
    // The rows of what is stored have to be whole pieces of cp.async.
    if (dims.empty() || op.getDims()[dims.back()] % 8 ||
        op.getRaggedDim() == std::optional<uint64_t>(dims.back()))
      return op;
    GpuMachine machine{multiprocessors, shared, wgmma};
    double elements = 1, before, after;
    for (unsigned d : dims)
      elements *= op.getDims()[d];
    double work = elements *
                  ((operand.bytes + 2) / memoryRate +
                   (4 + countInstructions(region)) / lanes) /
                  multiprocessors;
    chooseGpuSchedule(shape, machine, &before);
    operand = {0, 2};
    chooseGpuSchedule(shape, machine, &after);
    if (after + work + launch >= before)
      return op;
    rewriter.setInsertionPoint(op);
    kernel::MapOp map = computeOperand(rewriter, op, region, dims);
    op = readOperand(rewriter, op, side, map.getResult(0), dims);
    remark::passed(
        op.getLoc(),
        remark::RemarkOpts::name("MaterializedOperand").category("Schedule"))
        << remark::reason("{0} operand is stored before it is multiplied",
                          side ? "right" : "left");
    return op;
  }
};
} // namespace
} // namespace moec::schedule
