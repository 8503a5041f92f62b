//===- AssignPrecision.cpp - What is multiplied and kept as bf16 ----------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
//   %h = kernel.contract ins(%x, %w0 : f32, f32) outs(f32)
//          lhs { x } rhs { w0 } epilogue { acc + bias }
//   %y = kernel.contract ins(%h, %w1 : f32, f32) outs(f32)
//          lhs { gelu(h) } rhs { w1 } epilogue { acc + x }
// becomes, %x being a residual stream and %w0 and %w1 parameters,
//   %v0 = kernel.map ins(%w0 : f32) outs(bf16) body { truncf(w0) }, %v1 alike
//   %h = kernel.contract ins(%x, %v0 : f32, bf16) outs(bf16)
//          lhs { truncf(x) } rhs { v0 } epilogue { truncf(acc + bias) }
//   %y = kernel.contract ins(%h, %v1 : bf16, bf16) outs(f32)
//          lhs { truncf(gelu(extf(h))) } rhs { v1 } epilogue { acc + x }
//
// Shown by test/passes/Precision/assign-precision.mlir.
//
//===----------------------------------------------------------------------===//

#include "dialects/Kernel/IndexingMaps.h"
#include "dialects/MoE/MoEConventions.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Remarks.h"
#include "passes/Precision/Passes.h"
#include "passes/Precision/StoredValues.h"
#include "passes/Remarks.h"

namespace moec::precision {
#define GEN_PASS_DEF_ASSIGNPRECISIONPASS
#include "passes/Precision/Passes.h.inc"
} // namespace moec::precision

using namespace mlir;
using namespace moec;
using namespace moec::precision;

static Type toBF16(Type type) {
  return cast<RankedTensorType>(type).clone(
      BFloat16Type::get(type.getContext()));
}

/// Rounds value `i` that `region` yields, unless it is an extended bf16.
static void roundYield(OpOperand &yielded) {
  Value value = yielded.get();
  if (auto extended = value.getDefiningOp<arith::ExtFOp>()) {
    yielded.set(extended.getIn());
    if (extended.use_empty())
      extended.erase();
    return;
  }
  OpBuilder b(yielded.getOwner());
  yielded.set(
      arith::TruncFOp::create(b, value.getLoc(), b.getBF16Type(), value));
}

/// Input `i` of `op` is bf16 now: its regions extend the element.
static void extendInput(Operation *op, unsigned i) {
  for (Region &region : op->getRegions()) {
    BlockArgument argument = region.getArgument(i);
    argument.setType(BFloat16Type::get(op->getContext()));
    if (argument.use_empty())
      continue;
    OpBuilder b = OpBuilder::atBlockBegin(&region.front());
    auto extended =
        arith::ExtFOp::create(b, op->getLoc(), b.getF32Type(), argument);
    argument.replaceAllUsesExcept(extended, extended);
  }
}

/// Makes result `i` of `op` bf16.
static void roundResult(kernel::StructuredKernelOpInterface op, unsigned i) {
  OpResult result = op->getResult(i);
  OpBuilder b(op);
  if (op.getOuts()[i].getDefiningOp<tensor::EmptyOp>()) {
    auto type = cast<RankedTensorType>(result.getType());
    op->setOperand(op.getInputs().size() + i,
                   tensor::EmptyOp::create(b, op.getLoc(), type.getShape(),
                                           b.getBF16Type()));
  }
  result.setType(toBF16(result.getType()));
  roundYield(op.getStored(i));
}

namespace {
/// One function.
class PrecisionAssigner {
public:
  explicit PrecisionAssigner(func::FuncOp func) : func(func) {}

  void run() {
    func.walk([&](kernel::KernelOpInterface op) {
      for (auto [i, input] : llvm::enumerate(op.getInputs()))
        if (op.getInputUse(i).decides)
          keepGates(input);
    });
    func.walk([&](kernel::StructuredKernelOpInterface op) {
      SmallVector<Region *> factors = op.getFactors();
      if (factors.empty())
        return;
      Type operand =
          factors[0]->front().getTerminator()->getOperand(0).getType();
      if (precise.contains(op))
        remark::missed(op.getLoc(),
                       remarkAbout(op, "AssignPrecision", "Precision"))
            << remark::reason("its result decides where rows are routed");
      else if (operand.isF32())
        multiplying.insert(op);
    });
    storeValues();
    func.walk([&](kernel::StructuredKernelOpInterface op) {
      if (!multiplying.contains(op))
        return;
      for (Region *factor : op.getFactors())
        roundYield(factor->front().getTerminator()->getOpOperand(0));
    });
    copyWeights();
  }

private:
  /// Contractions whose results `value` is computed from by rows and maps stay
  /// f32.
  void keepGates(Value value) {
    value = kernel::getViewRoot(value);
    if (!seen.insert(value).second)
      return;
    if (auto argument = dyn_cast<BlockArgument>(value)) {
      // The memory of a slice is that of the stack.
      if (auto repeat =
              dyn_cast<moe::RepeatOp>(argument.getOwner()->getParentOp()))
        keepGates(repeat->getOperand(argument.getArgNumber()));
      return;
    }
    auto result = cast<OpResult>(value);
    Operation *op = result.getOwner();
    if (auto repeat = dyn_cast<moe::RepeatOp>(op))
      keepGates(repeat.getBody().front().getTerminator()->getOperand(
          result.getResultNumber()));
    else if (auto kernel = dyn_cast<kernel::StructuredKernelOpInterface>(op)) {
      if (!kernel.getFactors().empty())
        precise.insert(op);
      else
        for (Value input : kernel.getInputs())
          keepGates(input);
    }
  }

  void storeValues() {
    StoredValues stored(func, multiplying);
    // All answers first: they ask for f32 types.
    SmallVector<Value> values;
    auto consider = [&](Value value) {
      if (stored.contains(value))
        values.push_back(value);
    };
    func.walk<WalkOrder::PreOrder>([&](Operation *op) {
      if (isa<moe::RepeatOp>(op))
        llvm::for_each(op->getRegion(0).getArguments(), consider);
      llvm::for_each(op->getResults(), consider);
    });
    for (Value value : values) {
      for (OpOperand &use : value.getUses()) {
        auto op = dyn_cast<kernel::StructuredKernelOpInterface>(use.getOwner());
        if (op && use.getOperandNumber() < op.getInputs().size())
          extendInput(op, use.getOperandNumber());
      }
      auto result = dyn_cast<OpResult>(value);
      auto op =
          result
              ? dyn_cast<kernel::StructuredKernelOpInterface>(result.getOwner())
              : kernel::StructuredKernelOpInterface();
      if (op)
        roundResult(op, result.getResultNumber());
      else
        value.setType(toBF16(value.getType()));
    }
    func.walk([](tensor::EmptyOp empty) {
      if (empty.use_empty())
        empty.erase();
    });
  }

  void copyWeights() {
    SmallVector<std::pair<kernel::StructuredKernelOpInterface, unsigned>>
        weights;
    func.walk([&](kernel::StructuredKernelOpInterface op) {
      for (unsigned i = 0; i < op.getInputs().size(); ++i)
        if (multiplying.contains(op) && isPlainWeight(op, i))
          weights.push_back({op, i});
    });
    for (auto [op, i] : weights) {
      op->setOperand(i, getCopy(op.getInputs()[i]));
      for (Region *region : op.getFactors()) {
        BlockArgument argument = region->getArgument(i);
        if (argument.use_empty())
          continue;
        auto rounded = cast<arith::TruncFOp>(*argument.user_begin());
        rounded.replaceAllUsesWith(Value(argument));
        rounded.erase();
      }
      for (Region &region : op->getRegions())
        region.getArgument(i).setType(BFloat16Type::get(op.getContext()));
    }
    dropUnusedSlices();
  }

  /// A parameter that `op` rounds and multiplies and does nothing else with.
  bool isPlainWeight(kernel::StructuredKernelOpInterface op, unsigned i) {
    Value root = kernel::getViewRoot(op.getInputs()[i]);
    while (auto argument = dyn_cast<BlockArgument>(root)) {
      auto repeat = dyn_cast<moe::RepeatOp>(argument.getOwner()->getParentOp());
      if (!repeat)
        break;
      if (argument.getArgNumber() < repeat.getCarried().size())
        return false;
      root = kernel::getViewRoot(repeat->getOperand(argument.getArgNumber()));
    }
    auto argument = dyn_cast<BlockArgument>(root);
    if (!argument || !cast<RankedTensorType>(argument.getType()).getRank() ||
        !moe::attr::variable.ofArgument(func, argument.getArgNumber()))
      return false;
    SmallVector<Region *> factors = op.getFactors();
    for (Region &region : op->getRegions())
      if (!llvm::is_contained(factors, &region) &&
          !region.getArgument(i).use_empty())
        return false;
    bool multiplied = false;
    for (Region *region : factors) {
      BlockArgument element = region->getArgument(i);
      if (element.use_empty())
        continue;
      auto rounded = element.hasOneUse()
                         ? dyn_cast<arith::TruncFOp>(*element.user_begin())
                         : arith::TruncFOp();
      if (!rounded || !isa<kernel::YieldOp>(*rounded->user_begin()))
        return false;
      multiplied = true;
    }
    return multiplied;
  }

  /// The bf16 copy of a parameter, of a view of it or of its slice in a repeat.
  Value getCopy(Value value) {
    Value &copy = copies[value];
    if (copy)
      return copy;
    Value made;
    if (Operation *view = value.getDefiningOp()) {
      Value source = getCopy(view->getOperand(0));
      OpBuilder b(view);
      b.setInsertionPointAfter(view);
      Operation *clone = b.clone(*view);
      clone->setOperand(0, source);
      clone->getResult(0).setType(toBF16(value.getType()));
      made = clone->getResult(0);
    } else if (auto repeat = dyn_cast<moe::RepeatOp>(
                   value.getParentBlock()->getParentOp())) {
      unsigned number = cast<BlockArgument>(value).getArgNumber();
      repeat.getStackedMutable().append(getCopy(repeat->getOperand(number)));
      made = repeat.getBody().front().addArgument(toBF16(value.getType()),
                                                  value.getLoc());
      grown.insert(repeat);
    } else {
      made = convertParameter(cast<BlockArgument>(value));
    }
    return copies[value] = made;
  }

  Value convertParameter(BlockArgument parameter) {
    auto type = cast<RankedTensorType>(parameter.getType());
    OpBuilder b = OpBuilder::atBlockBegin(&func.getBody().front());
    if (lastConversion)
      b.setInsertionPointAfter(lastConversion);
    Location loc = parameter.getLoc();
    Value empty =
        tensor::EmptyOp::create(b, loc, type.getShape(), b.getBF16Type());
    AffineMap identity = b.getMultiDimIdentityMap(type.getRank());
    auto map = kernel::MapOp::create(
        b, loc, TypeRange(empty.getType()), ValueRange(parameter),
        ValueRange(empty), type.getShape(),
        b.getAffineMapArrayAttr({identity, identity}),
        /*gathers=*/ArrayRef<int32_t>{}, /*ragged_dim=*/IntegerAttr(),
        /*offsets=*/IntegerAttr(), /*schedule=*/nullptr);
    Block *body = b.createBlock(&map.getBody(), {}, b.getF32Type(), loc);
    Value rounded =
        arith::TruncFOp::create(b, loc, b.getBF16Type(), body->getArgument(0));
    kernel::YieldOp::create(b, loc, rounded);
    lastConversion = map;
    return map.getResult(0);
  }

  /// Views and slices of f32 weights that nobody reads any more.
  void dropUnusedSlices() {
    for (auto [value, copy] : copies)
      if (value.use_empty() && value.getDefiningOp())
        value.getDefiningOp()->erase();
    for (Operation *op : grown) {
      auto repeat = cast<moe::RepeatOp>(op);
      Block &body = repeat.getBody().front();
      unsigned carried = repeat.getCarried().size();
      for (unsigned i = repeat.getStacked().size(); i-- > 0;)
        if (body.getArgument(carried + i).use_empty()) {
          body.eraseArgument(carried + i);
          repeat.getStackedMutable().erase(i);
        }
    }
  }

  func::FuncOp func;
  llvm::SmallPtrSet<Operation *, 16> precise, multiplying;
  llvm::DenseSet<Value> seen;
  llvm::MapVector<Value, Value> copies;
  llvm::SetVector<Operation *> grown;
  Operation *lastConversion = nullptr;
};

struct AssignPrecisionPass
    : precision::impl::AssignPrecisionPassBase<AssignPrecisionPass> {
  void runOnOperation() override {
    ModuleOp module = getOperation();
    // The dialect has seen to it that there is no third.
    StringAttr asked = moe::attr::precision.get(module);
    if (!asked || asked == "f32") {
      moe::attr::precision.remove(module);
      return;
    }
    for (auto func : module.getOps<func::FuncOp>())
      if (!func.isExternal())
        PrecisionAssigner(func).run();
  }
};
} // namespace
