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
#include "passes/Remarks.h"
#include "passes/Schedule/Passes.h"
#include "passes/Schedule/StoredFactor.h"

using namespace mlir;

namespace moec::schedule {
#define GEN_PASS_DEF_MATERIALIZEOPERANDSPASS
#include "passes/Schedule/Passes.h.inc"

namespace {
using kernel::StructuredKernelOpInterface;

// Cycles: from the end of one kernel to the work of the next; bytes that a
// multiprocessor reads or writes in one.
constexpr double launch = 2500, memoryRate = 16, lanes = 64;

/// What is stored, and how.
struct Stored {
  SmallVector<int64_t> extents;
  SmallVector<kernel::KernelInput> inputs; ///< read over `extents`
  SmallVector<unsigned> arguments;         ///< of the region, one an input
  AffineMap map;       ///< the contraction's dims to what it reads
  int32_t gather = -1; ///< the contraction's input with the row numbers
  SmallVector<AffineExpr> renamed; ///< the contraction's dims over `extents`
};

/// The source of rows that are gathered and only then computed with: its own
/// elements, before they are gathered.
Stored storeSource(kernel::ContractOp op, unsigned input) {
  auto access = cast<StructuredKernelOpInterface>(op.getOperation());
  Stored stored;
  Value value = op.getInputs()[input];
  llvm::append_range(stored.extents,
                     cast<ShapedType>(value.getType()).getShape());
  auto identity =
      AffineMap::getMultiDimIdentityMap(stored.extents.size(), op.getContext());
  stored.inputs.push_back({value, identity, -1});
  stored.arguments.push_back(input);
  stored.map = access.getInputMap(input);
  stored.gather = access.getGather(input);
  return stored;
}

/// The operand along those dimensions of the contraction along which it
/// changes, in the order in which its largest input lies in memory; nothing if
/// that is not an order of dimensions.
std::optional<Stored> storeOperand(kernel::ContractOp op, Region &region) {
  auto access = cast<StructuredKernelOpInterface>(op.getOperation());
  SmallVector<unsigned> used = codegen::usedArguments(region);
  bool usesIndex = false;
  region.walk([&](kernel::IndexOp) { usesIndex = true; });
  if (used.size() == 1 && access.getGather(used[0]) >= 0 && !usesIndex)
    return storeSource(op, used[0]);

  auto shapeOf = [&](unsigned input) {
    return cast<ShapedType>(op.getInputs()[input].getType()).getShape();
  };
  SmallVector<unsigned> reads = used; // and the row numbers
  unsigned largest = used.front();
  for (unsigned input : used) {
    int32_t gather = access.getGather(input);
    if (gather >= 0 && !llvm::is_contained(reads, unsigned(gather)))
      reads.push_back(gather);
    if (ShapedType::getNumElements(shapeOf(input)) >
        ShapedType::getNumElements(shapeOf(largest)))
      largest = input;
  }
  AffineExpr address = codegen::linearizeAccess(access.getInputMap(largest),
                                                shapeOf(largest), op.getDims());
  SmallVector<std::pair<int64_t, unsigned>> strides;
  for (unsigned d = 0; d < op.getDims().size(); ++d) {
    bool changes = llvm::any_of(reads, [&](unsigned input) {
      return access.getInputMap(input).isFunctionOfDim(d);
    });
    region.walk([&](kernel::IndexOp index) {
      changes |= index.getExpr().isFunctionOfDim(d);
    });
    if (!changes)
      continue;
    codegen::LaneInfo lane = codegen::analyzeLane(address, d);
    if (lane.kind == codegen::LaneKind::Irregular)
      return std::nullopt;
    bool outermost = lane.kind == codegen::LaneKind::Invariant;
    strides.push_back({outermost ? INT64_MAX : lane.stride, d});
  }
  llvm::stable_sort(strides,
                    [](auto &a, auto &b) { return a.first > b.first; });

  Stored stored;
  MLIRContext *context = op.getContext();
  unsigned numDims = op.getDims().size();
  SmallVector<AffineExpr> dims;
  stored.renamed.assign(numDims, getAffineConstantExpr(0, context));
  for (auto [i, stride] : llvm::enumerate(strides)) {
    unsigned d = stride.second;
    stored.extents.push_back(op.getDims()[d]);
    stored.renamed[d] = getAffineDimExpr(i, context);
    dims.push_back(getAffineDimExpr(d, context));
  }
  stored.map = AffineMap::get(numDims, 0, dims, context);
  for (unsigned input : reads) {
    int32_t gather = access.getGather(input);
    stored.inputs.push_back(
        {op.getInputs()[input],
         access.getInputMap(input).replaceDimsAndSymbols(stored.renamed, {},
                                                         strides.size(), 0),
         gather < 0
             ? -1
             : int32_t(llvm::find(reads, unsigned(gather)) - reads.begin())});
  }
  stored.arguments = reads;
  return stored;
}

/// Computes `region`, an operand of `op`.
kernel::MapOp compute(RewriterBase &rewriter, kernel::ContractOp op,
                      Region &region, const Stored &stored) {
  SmallVector<Value> inputs;
  SmallVector<AffineMap> maps;
  SmallVector<int32_t> gathers;
  SmallVector<Type> elements;
  bool gathered = false;
  for (auto [input, argument] : llvm::zip(stored.inputs, stored.arguments)) {
    inputs.push_back(input.value);
    maps.push_back(input.map);
    gathers.push_back(input.gather);
    gathered |= input.gather >= 0;
    elements.push_back(region.getArgument(argument).getType());
  }
  if (!gathered)
    gathers.clear();
  maps.push_back(rewriter.getMultiDimIdentityMap(stored.extents.size()));
  Value empty = tensor::EmptyOp::create(rewriter, op.getLoc(), stored.extents,
                                        rewriter.getBF16Type());
  auto map = kernel::MapOp::create(
      rewriter, op.getLoc(), TypeRange(empty.getType()), inputs,
      ValueRange(empty), stored.extents, rewriter.getAffineMapArrayAttr(maps),
      gathers, /*ragged_dim=*/IntegerAttr(), /*offsets=*/IntegerAttr(),
      /*schedule=*/nullptr);
  OpBuilder::InsertionGuard guard(rewriter);
  Block *body =
      rewriter.createBlock(&map.getBody(), {}, elements,
                           SmallVector<Location>(elements.size(), op.getLoc()));
  IRMapping values;
  for (auto [i, argument] : llvm::enumerate(stored.arguments))
    values.map(region.getArgument(argument), body->getArgument(i));
  for (Operation &inner : region.front())
    rewriter.clone(inner, values);
  map.walk([&](kernel::IndexOp index) {
    index.setExpr(index.getExpr().replaceDims(stored.renamed));
  });
  return map;
}

struct MaterializeOperandsPass
    : impl::MaterializeOperandsPassBase<MaterializeOperandsPass> {
  void runOnOperation() override {
    kernel::MachineInterface machine = kernel::getMachine(getOperation());
    if (!machine)
      return signalPassFailure();
    auto gpu = dyn_cast<kernel::GpuAttr>(machine);
    if (!gpu)
      return;
    IRRewriter rewriter(&getContext());
    SmallVector<kernel::ContractOp> ops;
    getOperation()->walk([&](kernel::ContractOp op) { ops.push_back(op); });
    for (kernel::ContractOp op : ops)
      for (unsigned side : {0, 1})
        op = visit(rewriter, op, side, gpu);
  }

  kernel::ContractOp visit(RewriterBase &rewriter, kernel::ContractOp op,
                           unsigned side, kernel::GpuAttr machine) {
    Region &region = op->getRegion(side);
    GpuContractShape shape = describeForGpu(op);
    GpuContractShape::Operand &operand = side ? shape.right : shape.left;
    if (!shape.tensorCores || operand.staging == 0)
      return op;
    std::optional<Stored> stored = storeOperand(op, region);
    if (!stored)
      return op;
    // Its rows have to be whole pieces of cp.async.
    auto lane = dyn_cast<AffineDimExpr>(stored->map.getResults().back());
    if (!lane || op.getDims()[lane.getPosition()] % 8 ||
        stored->extents.back() % 8 ||
        op.getRaggedDim() == std::optional<uint64_t>(lane.getPosition()))
      return op;
    double elements = 1, before, after;
    for (int64_t extent : stored->extents)
      elements *= extent;
    double work = elements *
                  ((operand.bytes + 2) / memoryRate +
                   (4 + countInstructions(region)) / lanes) /
                  machine.getMultiprocessors();
    chooseGpuSchedule(shape, machine, &before);
    operand = {0, 2};
    chooseGpuSchedule(shape, machine, &after);
    if (after + work + launch >= before)
      return op;
    rewriter.setInsertionPoint(op);
    kernel::MapOp map = compute(rewriter, op, region, *stored);
    op = readStored(rewriter, op, side,
                    {map.getResult(0), stored->map, stored->gather});
    remark::passed(op.getLoc(),
                   remarkAbout(op, "MaterializedOperand", "Schedule"))
        << remark::reason("{0} operand is stored before it is multiplied",
                          side ? "right" : "left");
    return op;
  }
};
} // namespace
} // namespace moec::schedule
