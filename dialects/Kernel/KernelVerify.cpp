//===- KernelVerify.cpp - Verifiers of the kernel dialect -----------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What every pass may rely on without looking: maps fit their operands, regions
// have the arguments and values that the op promises, and no region reads along
// a dimension over which it has no say. Each message stands in
// test/dialects/Kernel/errors.mlir.
//
//===----------------------------------------------------------------------===//

#include "dialects/Kernel/KernelOps.h"
#include "mlir/IR/AffineExpr.h"

using namespace mlir;
using namespace moec::kernel;

static std::string nameOperand(StructuredKernelOpInterface op, unsigned i) {
  unsigned inputs = op.getInputs().size();
  return i < inputs ? "input " + std::to_string(i)
                    : "out " + std::to_string(i - inputs);
}

/// The map of operand `i` has one result per dimension of the operand, each of
/// them inside for every point of the iteration space.
static LogicalResult verifyMap(StructuredKernelOpInterface op, unsigned i,
                               Type operandType) {
  AffineMap map = op.getInputMap(i);
  auto type = cast<ShapedType>(operandType);
  ArrayRef<int64_t> dims = op.getDims();
  auto error = [&]() {
    return op->emitOpError("map of " + nameOperand(op, i) + ": ");
  };
  if (map.getNumDims() != dims.size() || map.getNumSymbols() != 0)
    return error() << "expected " << dims.size() << " dims and no symbols, got "
                   << AffineMapAttr::get(map);
  if (map.getNumResults() != static_cast<unsigned>(type.getRank()))
    return error() << "expected " << type.getRank() << " results for "
                   << operandType << ", got " << map.getNumResults();
  SmallVector<std::optional<int64_t>> lower(dims.size(), 0), upper;
  for (int64_t extent : dims)
    upper.push_back(extent - 1);
  for (auto [at, result] : llvm::enumerate(map.getResults())) {
    if (type.isDynamicDim(at))
      continue;
    auto least = getBoundForAffineExpr(result, dims.size(), 0, lower, upper,
                                       /*isUpper=*/false);
    auto most = getBoundForAffineExpr(result, dims.size(), 0, lower, upper,
                                      /*isUpper=*/true);
    if ((least && *least < 0) || (most && *most >= type.getDimSize(at)))
      return error() << "result " << at << " leaves " << operandType
                     << ": its range is "
                     << (least ? std::to_string(*least) : "?") << " .. "
                     << (most ? std::to_string(*most) : "?");
  }
  return success();
}

/// On tensors each out is tied to a result of its type; on memrefs there are
/// no results.
static LogicalResult verifyResults(Operation *op, ValueRange outs) {
  bool onMemRefs =
      llvm::any_of(op->getOperandTypes(), llvm::IsaPred<MemRefType>);
  if (onMemRefs &&
      llvm::any_of(op->getOperandTypes(), llvm::IsaPred<TensorType>))
    return op->emitOpError("expected all operands to be tensors or all to be "
                           "memrefs, got both");
  size_t expected = onMemRefs ? 0 : outs.size();
  if (op->getNumResults() != expected)
    return op->emitOpError("expected ")
           << expected << " results, got " << op->getNumResults();
  for (auto [i, result] : llvm::enumerate(op->getResults()))
    if (result.getType() != outs[i].getType())
      return op->emitOpError("result ")
             << i << ": expected the type of its out, " << outs[i].getType()
             << ", got " << result.getType();
  return success();
}

/// Row numbers and group offsets come from i32 inputs.
static LogicalResult verifyIndexInput(StructuredKernelOpInterface op,
                                      int64_t index, StringRef what) {
  int64_t count = op.getInputs().size();
  if (index < 0 || index >= count)
    return op->emitOpError() << what << ": expected an input below " << count
                             << ", got " << index;
  Type type = op.getInputs()[index].getType();
  if (!getElementTypeOrSelf(type).isInteger(32))
    return op->emitOpError() << what << ": expected input " << index
                             << " to hold i32, got " << type;
  return success();
}

static LogicalResult verifyStructured(StructuredKernelOpInterface op,
                                      size_t leastDims) {
  ArrayRef<int64_t> dims = op.getDims();
  if (dims.size() < leastDims)
    return op->emitOpError("expected at least ")
           << leastDims << " dims, got " << dims.size();
  for (int64_t extent : dims)
    if (extent <= 0)
      return op->emitOpError("expected positive dims, got ") << extent;
  size_t inputs = op.getInputs().size(),
         operands = inputs + op.getOuts().size();
  if (op.getIndexingMaps().size() != operands)
    return op->emitOpError("expected ")
           << operands << " maps, one an operand, got "
           << op.getIndexingMaps().size();
  for (unsigned i = 0; i < operands; ++i)
    if (failed(verifyMap(op, i,
                         i < inputs ? op.getInputs()[i].getType()
                                    : op.getOuts()[i - inputs].getType())))
      return failure();
  if (!op.getGathers().empty() && op.getGathers().size() != inputs)
    return op->emitOpError("expected ")
           << inputs << " gathers, one an input, got "
           << op.getGathers().size();
  for (auto [i, gather] : llvm::enumerate(op.getGathers()))
    if (gather != -1 &&
        failed(verifyIndexInput(op, gather,
                                "gather of input " + std::to_string(i))))
      return failure();
  if (op.getRaggedDim().has_value() != op.getOffsets().has_value())
    return op->emitOpError("expected ragged_dim and offsets together");
  if (op.getRaggedDim()) {
    if (*op.getRaggedDim() >= dims.size())
      return op->emitOpError("ragged dim: expected one below ")
             << dims.size() << ", got " << *op.getRaggedDim();
    if (failed(verifyIndexInput(op, *op.getOffsets(), "ragged offsets")))
      return failure();
  }
  return verifyResults(op, op.getOuts());
}

/// A region takes one scalar per input, then `more`, and yields `yields`.
static LogicalResult verifyRegion(StructuredKernelOpInterface op,
                                  Region &region, const Twine &name,
                                  TypeRange more, TypeRange yields) {
  SmallVector<Type> expected;
  for (Value input : op.getInputs())
    expected.push_back(getElementTypeOrSelf(input.getType()));
  llvm::append_range(expected, more);
  Block &block = region.front();
  if (TypeRange(block.getArgumentTypes()) != TypeRange(expected))
    return op->emitOpError(name + ": expected arguments (")
           << expected << "), got (" << block.getArgumentTypes() << ")";
  auto yield = dyn_cast<YieldOp>(block.getTerminator());
  if (!yield)
    return op->emitOpError(name + ": expected to end in kernel.yield");
  if (yield.getOperandTypes() != yields)
    return op->emitOpError(name + ": expected to yield (")
           << yields << "), got (" << yield.getOperandTypes() << ")";
  return success();
}

/// A region must not use inputs whose element depends on `dim`.
static LogicalResult verifyUnused(StructuredKernelOpInterface op,
                                  Region &region, StringRef name,
                                  unsigned dim) {
  for (unsigned i = 0; i < op.getInputs().size(); ++i)
    if (!region.getArgument(i).use_empty() &&
        op.getInputMap(i).isFunctionOfDim(dim))
      return op->emitOpError() << name << " uses input " << i
                               << ", whose map depends on dim " << dim;
  return success();
}

static LogicalResult verifyOutUnused(StructuredKernelOpInterface op,
                                     unsigned out, unsigned dim) {
  if (!op.getOutMap(out).isFunctionOfDim(dim))
    return success();
  return op->emitOpError("map of out ")
         << out << " depends on dim " << dim << ", which is reduced";
}

static SmallVector<Type> getElementTypes(ValueRange values) {
  SmallVector<Type> types;
  for (Value value : values)
    types.push_back(getElementTypeOrSelf(value.getType()));
  return types;
}

LogicalResult ContractOp::verify() {
  auto op = cast<StructuredKernelOpInterface>(getOperation());
  if (getDims().size() >= 3 && getRaggedDim() && *getRaggedDim() != getMDim() &&
      *getRaggedDim() != getKDim())
    return emitOpError("ragged dim: expected m (")
           << getMDim() << ") or k (" << getKDim() << "), got "
           << *getRaggedDim();
  if (failed(verifyStructured(op, 3)))
    return failure();
  if (getInputs().size() < 2)
    return emitOpError("expected a left and a right operand, got ")
           << getInputs().size() << " inputs";
  Type f32 = Float32Type::get(getContext());
  if (failed(verifyRegion(op, getLhs(), "lhs", {}, f32)) ||
      failed(verifyRegion(op, getRhs(), "rhs", {}, f32)) ||
      failed(verifyRegion(op, getEpilogue(), "epilogue", f32,
                          getElementTypes(getOuts()))) ||
      failed(verifyUnused(op, getLhs(), "lhs", getNDim())) ||
      failed(verifyUnused(op, getRhs(), "rhs", getMDim())) ||
      failed(verifyUnused(op, getEpilogue(), "epilogue", getKDim())))
    return failure();
  for (unsigned i = 0; i < getOuts().size(); ++i)
    if (failed(verifyOutUnused(op, i, getKDim())))
      return failure();
  return success();
}

LogicalResult RowsOp::verify() {
  auto op = cast<StructuredKernelOpInterface>(getOperation());
  if (failed(verifyStructured(op, 1)))
    return failure();
  if (getCombiners().size() != getPhases().size())
    return emitOpError("expected ")
           << getPhases().size() << " combiners, one a phase, got "
           << getCombiners().size();
  // Each value of each phase is reduced by itself.
  SmallVector<Type> values;
  Type f32 = Float32Type::get(getContext());
  for (auto [i, phase] : llvm::enumerate(getPhases())) {
    size_t count = phase.front().getTerminator()->getNumOperands();
    if (count == 0)
      return emitOpError("phase ") << i << ": expected to yield f32 values";
    SmallVector<Type> reduced(count, f32);
    if (failed(verifyRegion(op, phase, "phase " + Twine(i), values, reduced)))
      return failure();
    values.append(reduced);
  }
  // The first outs are those of `finish`, as many as it yields.
  SmallVector<Type> outs = getElementTypes(getOuts());
  size_t rowOuts = getFinish().front().getTerminator()->getNumOperands();
  if (rowOuts > outs.size())
    return emitOpError("finish: expected to yield at most ")
           << outs.size() << " values, got " << rowOuts;
  ArrayRef<Type> types(outs);
  unsigned column = getDims().size() - 1;
  if (failed(verifyRegion(op, getFinish(), "finish", values,
                          types.take_front(rowOuts))) ||
      failed(verifyRegion(op, getEmit(), "emit", values,
                          types.drop_front(rowOuts))) ||
      failed(verifyUnused(op, getFinish(), "finish", column)))
    return failure();
  for (unsigned i = 0; i < rowOuts; ++i)
    if (failed(verifyOutUnused(op, i, column)))
      return failure();
  return success();
}

LogicalResult MapOp::verify() {
  auto op = cast<StructuredKernelOpInterface>(getOperation());
  if (failed(verifyStructured(op, 0)))
    return failure();
  return verifyRegion(op, getBody(), "body", {}, getElementTypes(getOuts()));
}

LogicalResult RouteOp::verify() {
  auto gates = cast<ShapedType>(getGates().getType());
  auto weights = cast<ShapedType>(getWeights().getType());
  auto plan = cast<ShapedType>(getPlan().getType());
  if (gates.getRank() != 2 || !gates.hasStaticShape())
    return emitOpError("gates: expected [items, experts], got ") << gates;
  int64_t items = gates.getDimSize(0), experts = gates.getDimSize(1);
  int64_t k = getK();
  if (k < 1 || k > experts)
    return emitOpError("expected 1 <= k <= ")
           << experts << " experts, got k = " << k;
  if (static_cast<int64_t>(getCapacity()) < 0)
    return emitOpError("expected capacity >= 0, got ")
           << static_cast<int64_t>(getCapacity());
  if (getPriority() != "position" && getPriority() != "importance")
    return emitOpError(
               "priority: expected \"position\" or \"importance\", got \"")
           << getPriority() << "\"";
  if (weights.getShape() != ArrayRef<int64_t>({items, k}))
    return emitOpError("weights: expected shape ")
           << items << "x" << k << ", got " << weights;
  int64_t size = experts + 1 + 4 * items * k;
  if (plan.getShape() != ArrayRef<int64_t>({size}) ||
      !plan.getElementType().isInteger(32))
    return emitOpError("plan: expected ") << size << " x i32, got " << plan;
  return verifyResults(*this, {getWeights(), getPlan()});
}

LogicalResult IndexOp::verify() {
  auto parent = (*this)->getParentOfType<StructuredKernelOpInterface>();
  if (!parent)
    return emitOpError("expected to stand inside a kernel op with dims");
  if (getDim() >= parent.getDims().size())
    return emitOpError("expected a dim below ")
           << parent.getDims().size() << ", got " << getDim();
  return success();
}
