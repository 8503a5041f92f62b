//===- KernelVerify.cpp - Verifiers of kernel ops
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/Kernel/KernelVerify.h"
#include "mlir/IR/AffineExpr.h"
#include "llvm/Support/MathExtras.h"
#include <limits>

using namespace mlir;
using namespace moec::kernel;

/// The product, or nothing if it is 2^60 or more: bytes and addresses in bits
/// are numbers of 64 bits everywhere.
static std::optional<int64_t> productOf(ArrayRef<int64_t> extents) {
  int64_t product = 1;
  for (int64_t extent : extents)
    if (llvm::MulOverflow(product, extent, product) || product >= int64_t(1)
                                                                      << 60)
      return std::nullopt;
  return product;
}

static bool isDense(ShapedType type) {
  Type element = type.getElementType();
  return type.hasStaticShape() && productOf(type.getShape()) &&
         (element.isF32() || element.isBF16() || element.isInteger(32) ||
          element.isInteger(8));
}

static bool usesDim(AffineMap map, unsigned dim) {
  return llvm::any_of(map.getResults(), [&](AffineExpr expr) {
    return expr.isFunctionOfDim(dim);
  });
}

LogicalResult moec::kernel::verifyOperands(Operation *op, OperandRange outs) {
  bool tensors = isa<RankedTensorType>(outs.front().getType());
  for (auto [i, operand] : llvm::enumerate(op->getOperands())) {
    auto memref = dyn_cast<MemRefType>(operand.getType());
    if (tensors ? !isa<RankedTensorType>(operand.getType()) : !memref)
      return op->emitOpError("expected operands that are all tensors or all "
                             "memrefs, got ")
             << operand.getType() << " for operand " << i;
    auto type = cast<ShapedType>(operand.getType());
    if (!isDense(type) || (memref && !memref.getLayout().isIdentity()))
      return op->emitOpError(
                 "expected dense operands of static shape, with fewer "
                 "than 2^60 elements of f32, bf16, i32 or i8, got ")
             << type << " for operand " << i;
  }
  unsigned expected = tensors ? outs.size() : 0;
  if (op->getNumResults() != expected)
    return op->emitOpError("expected ")
           << expected << " results, one per out on tensors and none on "
           << "memrefs, got " << op->getNumResults();
  for (auto [i, result] : llvm::enumerate(op->getResults()))
    if (result.getType() != outs[i].getType())
      return op->emitOpError("result ")
             << i << ": expected the type of its out, " << outs[i].getType()
             << ", got " << result.getType();
  return success();
}

/// Each result of the map of operand `i` stays inside of the operand at every
/// point of the iteration space.
static LogicalResult verifyBounds(StructuredKernelOpInterface op, unsigned i,
                                  AffineMap map) {
  auto type = cast<ShapedType>(op->getOperand(i).getType());
  unsigned dims = op.getDims().size();
  SmallVector<std::optional<int64_t>> lower(dims, 0), upper;
  for (int64_t extent : op.getDims())
    upper.push_back(extent - 1);
  if (op.getOffsets() && *op.getOffsets() == i && dims)
    ++*upper[0]; // Offsets are read at g + 1 too.
  for (auto [d, expr] : llvm::enumerate(map.getResults())) {
    auto least = getBoundForAffineExpr(expr, dims, 0, lower, upper,
                                       /*isUpper=*/false);
    auto most =
        getBoundForAffineExpr(expr, dims, 0, lower, upper, /*isUpper=*/true);
    if ((least && *least < 0) || (most && *most >= type.getDimSize(d)))
      return op->emitOpError("map ")
             << i << ": expected result " << d << " inside of " << type
             << ", got " << (least ? std::to_string(*least) : "?") << " .. "
             << (most ? std::to_string(*most) : "?");
  }
  return success();
}

/// Divisions that code can be made of: by constants above 0.
static bool dividesByConstants(AffineMap map) {
  bool divides = true;
  map.walkExprs([&](AffineExpr expr) {
    if (expr.getKind() != AffineExprKind::FloorDiv &&
        expr.getKind() != AffineExprKind::CeilDiv &&
        expr.getKind() != AffineExprKind::Mod)
      return;
    auto by =
        dyn_cast<AffineConstantExpr>(cast<AffineBinaryOpExpr>(expr).getRHS());
    divides &= by && by.getValue() > 0;
  });
  return divides;
}

static LogicalResult verifyMaps(StructuredKernelOpInterface op) {
  size_t operands = op.getInputs().size() + op.getOuts().size();
  if (op.getIndexingMaps().size() != operands)
    return op->emitOpError("expected ")
           << operands << " indexing maps, one per operand, got "
           << op.getIndexingMaps().size();
  for (int64_t extent : op.getDims())
    if (extent < 1)
      return op->emitOpError("expected dims >= 1, got ") << extent;
  if (!productOf(op.getDims()))
    return op->emitOpError("expected fewer than 2^60 points, got dims [")
           << op.getDims() << "]";
  for (auto [i, attribute] : llvm::enumerate(op.getIndexingMaps())) {
    AffineMap map = cast<AffineMapAttr>(attribute).getValue();
    int64_t rank = cast<ShapedType>(op->getOperand(i).getType()).getRank();
    if (map.getNumDims() != op.getDims().size() || map.getNumSymbols())
      return op->emitOpError("map ")
             << i << ": expected " << op.getDims().size()
             << " dims and no symbols, got " << attribute;
    if (map.getNumResults() != rank)
      return op->emitOpError("map ")
             << i << ": expected " << rank << " results, the rank of "
             << op->getOperand(i).getType() << ", got " << attribute;
    if (!dividesByConstants(map))
      return op->emitOpError("map ")
             << i << ": expected divisions by constants above 0, got "
             << attribute;
  }
  return success();
}

static LogicalResult verifyGathers(StructuredKernelOpInterface op) {
  ArrayRef<int32_t> gathers = op.getGathers();
  int32_t inputs = op.getInputs().size();
  if (gathers.empty())
    return success();
  if (int32_t(gathers.size()) != inputs)
    return op->emitOpError("expected ")
           << inputs << " gathers, one per input, or none, got "
           << gathers.size();
  for (auto [i, gather] : llvm::enumerate(gathers)) {
    if (gather == -1)
      continue;
    if (gather < 0 || gather >= inputs)
      return op->emitOpError("gather of input ")
             << i << ": expected -1 or the number of an input, at most "
             << inputs - 1 << ", got " << gather;
    if (!elementTypeOf(op.getInputs()[gather]).isInteger(32))
      return op->emitOpError("gather of input ")
             << i << ": expected row numbers of type i32, got "
             << elementTypeOf(op.getInputs()[gather]);
    if (gathers[gather] != -1)
      return op->emitOpError("gather of input ")
             << i << ": expected row numbers that are not gathered "
             << "themselves, got input " << gather;
    AffineMap map = op.getInputMap(i);
    auto first = map.getNumResults()
                     ? dyn_cast<AffineConstantExpr>(map.getResult(0))
                     : AffineConstantExpr();
    if (!first || first.getValue() != 0)
      return op->emitOpError("gather of input ")
             << i << ": expected 0 as first result of its map, got "
             << AffineMapAttr::get(map);
  }
  return success();
}

static LogicalResult verifyRagged(StructuredKernelOpInterface op) {
  std::optional<uint64_t> dim = op.getRaggedDim(), offsets = op.getOffsets();
  if (dim.has_value() != offsets.has_value())
    return op->emitOpError("expected a ragged dimension and its offsets "
                           "together, got one of them");
  if (!dim)
    return success();
  if (*dim < 1 || *dim >= op.getDims().size())
    return op->emitOpError("expected 1 <= ragged dimension < ")
           << op.getDims().size() << ", since dimension 0 is the group, got "
           << *dim;
  if (*offsets >= op.getInputs().size() ||
      !elementTypeOf(op.getInputs()[*offsets]).isInteger(32))
    return op->emitOpError("expected offsets that are an input of i32, got "
                           "input ")
           << *offsets;
  AffineMap map = op.getInputMap(*offsets);
  for (unsigned d = 1; d < map.getNumDims(); ++d)
    if (usesDim(map, d))
      return op->emitOpError("expected a map of the offsets that uses only "
                             "the group, got ")
             << AffineMapAttr::get(map);
  return success();
}

LogicalResult moec::kernel::verifyStructure(StructuredKernelOpInterface op) {
  if (op.getOuts().empty())
    return op->emitOpError("expected at least one out");
  if (failed(verifyOperands(op, op.getOuts())) || failed(verifyMaps(op)) ||
      failed(verifyGathers(op)) || failed(verifyRagged(op)))
    return failure();
  for (auto [i, map] : llvm::enumerate(op.getIndexingMaps()))
    if (failed(verifyBounds(op, i, cast<AffineMapAttr>(map).getValue())))
      return failure();
  return success();
}

LogicalResult moec::kernel::verifyArguments(StructuredKernelOpInterface op,
                                            StringRef name, Region &region,
                                            ArrayRef<Type> extra) {
  SmallVector<Type> expected;
  for (Value input : op.getInputs())
    expected.push_back(elementTypeOf(input));
  llvm::append_range(expected, extra);
  Block &block = region.front();
  if (block.getNumArguments() != expected.size())
    return op->emitOpError(name)
           << ": expected " << expected.size() << " arguments, got "
           << block.getNumArguments();
  for (auto [i, type] : llvm::enumerate(expected))
    if (block.getArgument(i).getType() != type)
      return op->emitOpError(name)
             << ": argument " << i << ": expected " << type << ", got "
             << block.getArgument(i).getType();
  if (!isa_and_nonnull<YieldOp>(block.empty() ? nullptr : &block.back()))
    return op->emitOpError(name) << ": expected kernel.yield at the end";
  return success();
}

LogicalResult moec::kernel::verifyIndependent(StructuredKernelOpInterface op,
                                              StringRef name, Region &region,
                                              unsigned dim, StringRef dimName) {
  for (auto [i, input] : llvm::enumerate(op.getInputs())) {
    if (region.front().getArgument(i).use_empty())
      continue;
    int32_t gather = op.getGather(i);
    if (usesDim(op.getInputMap(i), dim) ||
        (gather >= 0 && usesDim(op.getInputMap(gather), dim)))
      return op->emitOpError(name) << ": expected no input whose map uses "
                                   << dimName << ", got input " << i;
  }
  WalkResult result = region.walk([&](IndexOp index) {
    return usesDim(index.getPosition(), dim) ? WalkResult::interrupt()
                                             : WalkResult::advance();
  });
  if (result.wasInterrupted())
    return op->emitOpError(name)
           << ": expected no kernel.index of " << dimName << ", got one";
  return success();
}

LogicalResult moec::kernel::verifyStores(StructuredKernelOpInterface op,
                                         StringRef name, TypeRange values,
                                         unsigned first,
                                         ArrayRef<unsigned> reduced) {
  auto isReduced = [&](unsigned d) { return llvm::is_contained(reduced, d); };
  unsigned dims = op.getDims().size();
  for (auto [i, value] : llvm::enumerate(values)) {
    Type expected = elementTypeOf(op.getOuts()[first + i]);
    if (value != expected)
      return op->emitOpError(name) << ": value " << i << ": expected "
                                   << expected << ", got " << value;
    AffineMap map = op.getOutMap(first + i);
    // Rows of different groups are different rows.
    bool grouped = op.getRaggedDim() && !isReduced(*op.getRaggedDim());
    for (unsigned d = 0; d < dims; ++d)
      if (!isReduced(d) && op.getDims()[d] > 1 && !(grouped && d == 0) &&
          !usesDim(map, d))
        return op->emitOpError("map of out ")
               << first + i << ": expected each point to have its own element; "
               << "dimension " << d << " is not used by "
               << AffineMapAttr::get(map);
    for (unsigned d : reduced)
      if (usesDim(map, d))
        return op->emitOpError("map of out ")
               << first + i << ": expected no use of the reduced dimension "
               << d << ", got " << AffineMapAttr::get(map);
  }
  return success();
}

LogicalResult moec::kernel::verifyFactors(StructuredKernelOpInterface op,
                                          ArrayRef<StringRef> names) {
  SmallVector<Type> types;
  for (auto [name, region] : llvm::zip_equal(names, op.getFactors())) {
    if (failed(verifyArguments(op, name, *region, {})))
      return failure();
    OperandRange values = yielded(*region);
    if (values.size() != 1)
      return op->emitOpError(name) << ": expected one value of f32 or bf16, "
                                   << "got " << values.size() << " values";
    types.push_back(values.front().getType());
    if (!types.back().isF32() && !types.back().isBF16())
      return op->emitOpError(name)
             << ": expected a value of f32 or bf16, got " << types.back();
  }
  for (unsigned i = 1; i < types.size(); ++i)
    if (types[i] != types[0])
      return op->emitOpError("expected ")
             << names[0] << " and " << names[i] << " of one type, got "
             << types[0] << " and " << types[i];
  return success();
}

LogicalResult ContractOp::verify() {
  if (getDims().size() < 3)
    return emitOpError("expected dims [groups..., m, n, k], got ")
           << getDims().size() << " dims";
  if (getInputs().size() < 2)
    return emitOpError("expected at least 2 inputs, the left and the right "
                       "operand, got ")
           << getInputs().size();
  if (failed(verifyStructure(*this)))
    return failure();
  if (getRaggedDim() &&
      (getNumGroupDims() == 0 ||
       (*getRaggedDim() != getMDim() && *getRaggedDim() != getKDim())))
    return emitOpError("expected m or k of groups as ragged dimension, got "
                       "dimension ")
           << *getRaggedDim() << " of " << getDims().size();
  if (failed(verifyFactors(*this, {"lhs", "rhs"})))
    return failure();
  if (failed(verifyArguments(*this, "epilogue", getEpilogue(),
                             Float32Type::get(getContext()))))
    return failure();
  if (yielded(getEpilogue()).size() != getOuts().size())
    return emitOpError("epilogue: expected ")
           << getOuts().size() << " values, one per out, got "
           << yielded(getEpilogue()).size();
  if (failed(verifyIndependent(*this, "lhs", getLhs(), getNDim(), "n")) ||
      failed(verifyIndependent(*this, "rhs", getRhs(), getMDim(), "m")) ||
      failed(
          verifyIndependent(*this, "epilogue", getEpilogue(), getKDim(), "k")))
    return failure();
  return verifyStores(*this, "epilogue", yielded(getEpilogue()).getTypes(), 0,
                      {getKDim()});
}

LogicalResult RowsOp::verify() {
  if (getDims().empty())
    return emitOpError("expected dims [rows..., c], got none");
  if (failed(verifyStructure(*this)))
    return failure();
  if (getPhases().size() != getCombiners().size())
    return emitOpError("expected ")
           << getPhases().size() << " combiners, one per phase, got "
           << getCombiners().size();
  unsigned c = getDims().size() - 1;
  SmallVector<Type> reduced;
  for (auto [i, phase] : llvm::enumerate(getPhases())) {
    std::string name = "phase " + std::to_string(i);
    if (failed(verifyArguments(*this, name, phase, reduced)))
      return failure();
    if (yielded(phase).empty())
      return emitOpError(name) << ": expected at least one value, got none";
    for (Value value : yielded(phase)) {
      if (!value.getType().isF32())
        return emitOpError(name)
               << ": expected values of f32, got " << value.getType();
      reduced.push_back(value.getType());
    }
  }
  if (failed(verifyArguments(*this, "finish", getFinish(), reduced)) ||
      failed(verifyArguments(*this, "emit", getEmit(), reduced)))
    return failure();
  OperandRange rows = yielded(getFinish()), elements = yielded(getEmit());
  if (rows.size() + elements.size() != getOuts().size())
    return emitOpError("expected finish and emit to yield ")
           << getOuts().size() << " values, one per out, got " << rows.size()
           << " and " << elements.size();
  if (failed(verifyIndependent(*this, "finish", getFinish(), c, "c")) ||
      failed(verifyStores(*this, "finish", rows.getTypes(), 0, {c})))
    return failure();
  return verifyStores(*this, "emit", elements.getTypes(), rows.size(), {});
}

LogicalResult MapOp::verify() {
  if (failed(verifyStructure(*this)) ||
      failed(verifyArguments(*this, "body", getBody(), {})))
    return failure();
  if (yielded(getBody()).size() != getOuts().size())
    return emitOpError("body: expected ")
           << getOuts().size() << " values, one per out, got "
           << yielded(getBody()).size();
  return verifyStores(*this, "body", yielded(getBody()).getTypes(), 0, {});
}

LogicalResult IndexOp::verify() {
  auto parent = dyn_cast<StructuredKernelOpInterface>((*this)->getParentOp());
  if (!parent)
    return emitOpError("expected to stand in a region of kernel.contract, "
                       "kernel.attend, kernel.attend_grad, kernel.rows or "
                       "kernel.map");
  AffineMap position = getPosition();
  size_t dims = parent.getDims().size();
  if (position.getNumResults() != 1 || position.getNumSymbols() ||
      !dividesByConstants(position))
    return emitOpError("expected a map with one result and no symbols, which "
                       "divides by constants above 0, got ")
           << getPositionAttr();
  if (position.getNumDims() > dims)
    return emitOpError("expected 0 <= dimension < ")
           << dims << ", got " << position.getNumDims() - 1;
  for (auto [d, extent] : llvm::enumerate(parent.getDims()))
    if (usesDim(position, d) &&
        extent - 1 > std::numeric_limits<int32_t>::max())
      return emitOpError("expected a dimension of at most 2^31 positions, "
                         "which an i32 numbers, got ")
             << extent;
  return success();
}
