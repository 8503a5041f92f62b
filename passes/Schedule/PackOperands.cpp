//===- PackOperands.cpp - Stores operands as register tiles read them -----===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The columns that a register tile multiplies at a time, `micro`, should lie
// side by side for all of k. Where the right operand of a contraction is made
// of variables that no entry changes, a kernel ahead of all repeats stores it
// like that, which moec-hoist-parameters moves out of the step:
//
//   %y = kernel.contract dims [6272, 192, 96] ins(%x, %w : ..)
//          maps [.., (m, n, k) -> (k, n), ..] schedule <.. micro = [14, 32]> ..
// becomes
//   %p = kernel.map dims [96, 192] ins(%w : ..) outs(tensor<6x96x32xf32>)
//          maps [(k, n) -> (k, n), (k, n) -> (n floordiv 32, k, n mod 32)] ..
//   %y = kernel.contract dims [6272, 192, 96] ins(%x, %p : ..)
//          maps [.., (m, n, k) -> (n floordiv 32, k, n mod 32), ..] ..
//
// and moec-lower-contract multiplies it where it lies. The last strip may be
// filled in part; nobody reads its other columns but to drop their products.
//
// A left operand that is made of such variables is stored row by row, (m, k) at
// [m, k], where it does not lie like that already: moec-lower-contract then
// reads rows where they lie, too. The weights of token mixing are one.
//
// Any other right operand is stored in strips right ahead of the contraction
// where that is cheaper than that each core packs it, for each block of rows
// again if it is too large to stay packed: that of the gradient of a weight,
// whose depth is the batch. All cores store it, and share it.
//
// Shown by test/passes/Schedule/pack-operands.mlir.
//
//===----------------------------------------------------------------------===//

#include "dialects/Kernel/KernelBuilder.h"
#include "mlir/IR/Remarks.h"
#include "passes/Codegen/ContractBlocks.h"
#include "passes/Remarks.h"
#include "passes/Schedule/FixedVariables.h"
#include "passes/Schedule/Passes.h"
#include "passes/Schedule/PreparedValue.h"
#include "passes/Schedule/RepeatSlices.h"
#include "passes/Schedule/StoredFactor.h"
#include "llvm/Support/MathExtras.h"
#include <array>

using namespace mlir;

namespace moec::schedule {
#define GEN_PASS_DEF_PACKOPERANDSPASS
#include "passes/Schedule/Passes.h.inc"

namespace {
using kernel::StructuredKernelOpInterface;

enum Side : unsigned { Left = 0, Right = 1 };

Region &factorOf(kernel::ContractOp op, Side side) {
  return side == Left ? op.getLhs() : op.getRhs();
}

/// How a factor is stored: over `dims`, the iterations of `repeats`, those
/// groups along which it changes, and k and n of a right one, m and k of a left
/// one. In the step: next to the contraction, within its repeats.
struct Layout {
  Side side;
  bool inStep;
  SmallVector<moe::RepeatOp> repeats;
  SmallVector<unsigned> groups;
  SmallVector<int64_t> dims;
  std::array<unsigned, 2> inner; ///< the contraction's dims of the last two
  int64_t columns = 1;           ///< of a strip, as the schedule says

  /// The place of (leading.., inner..).
  SmallVector<AffineExpr> at(ArrayRef<AffineExpr> leading, AffineExpr x,
                             AffineExpr y) const {
    SmallVector<AffineExpr> place(leading);
    if (side == Left)
      place.append({x, y});
    else
      place.append({y.floorDiv(columns), x, y % columns});
    return place;
  }
};

Layout layOut(kernel::ContractOp op, Side side, bool inStep,
              const FixedVariables &fixed) {
  auto access = cast<StructuredKernelOpInterface>(op.getOperation());
  Region &factor = factorOf(op, side);
  SmallVector<unsigned> used = codegen::usedArguments(factor);
  Layout layout;
  layout.side = side;
  layout.inStep = inStep;
  llvm::SetVector<Operation *> sliced;
  if (!inStep)
    for (unsigned input : used)
      for (moe::RepeatOp repeat : fixed.find(op.getInputs()[input])->repeats)
        sliced.insert(repeat);
  for (Operation *up = op; (up = up->getParentOp());)
    if (sliced.contains(up))
      layout.repeats.insert(layout.repeats.begin(), cast<moe::RepeatOp>(up));
  for (moe::RepeatOp repeat : layout.repeats)
    layout.dims.push_back(repeat.getCount());
  for (unsigned g = 0; g < op.getNumGroupDims(); ++g) {
    bool changes = llvm::any_of(used, [&](unsigned input) {
      return access.getInputMap(input).isFunctionOfDim(g);
    });
    factor.walk([&](kernel::IndexOp index) {
      changes |= index.getExpr().isFunctionOfDim(g);
    });
    if (changes) {
      layout.groups.push_back(g);
      layout.dims.push_back(op.getDims()[g]);
    }
  }
  layout.inner = {op.getKDim(), op.getNDim()};
  if (side == Left)
    layout.inner = {op.getMDim(), op.getKDim()};
  for (unsigned dim : layout.inner)
    layout.dims.push_back(op.getDims()[dim]);
  if (auto schedule = op.getScheduleAttr())
    layout.columns = schedule.getMicro()[1];
  return layout;
}

/// The most that is stored for one factor, of all layers: its weights
/// are in memory twice. Experts of large models take more.
constexpr int64_t mostBytes = int64_t(1) << 31;

/// The type of a factor's elements, f32 or bf16.
Type elementOf(kernel::ContractOp op, Side side) {
  return factorOf(op, side).front().getTerminator()->getOperand(0).getType();
}

/// Bytes of what would be stored, but for the rest of the last strip.
int64_t bytesOf(kernel::ContractOp op, Side side, const FixedVariables &fixed) {
  return elementOf(op, side).getIntOrFloatBitWidth() / 8 *
         llvm::product_of(layOut(op, side, /*inStep=*/false, fixed).dims);
}

/// Whether a factor is made of variables that no entry changes.
bool isFixed(kernel::ContractOp op, Side side, const FixedVariables &fixed) {
  auto access = cast<StructuredKernelOpInterface>(op.getOperation());
  Region &factor = factorOf(op, side);
  SmallVector<unsigned> used = codegen::usedArguments(factor);
  if (used.empty() ||
      op.getRaggedDim() == std::optional<uint64_t>(op.getKDim()) ||
      (side == Left && op.getRaggedDim()))
    return false;
  // The rows of a left operand are multiplied in place as f32 alone.
  Type element = elementOf(op, side);
  if (side == Left ? !element.isF32() : !canBeDerived(element))
    return false;
  return llvm::all_of(used, [&](unsigned input) {
    return access.getGather(input) < 0 && fixed.find(op.getInputs()[input]);
  });
}

/// Whether it would be read in place if it were stored, and is not now.
bool isWorthwhile(kernel::ContractOp op, Side side) {
  if (side == Right)
    return true;
  auto schedule = op.getScheduleAttr();
  return !leftStride(op) &&
         (!schedule || codegen::canReadRows(schedule.getMicro()[0],
                                            op.getDims()[op.getKDim()]));
}

/// Emits the kernel that computes and stores the factor.
Value store(IRRewriter &rewriter, kernel::ContractOp op, const Layout &layout,
            const FixedVariables &fixed) {
  auto access = cast<StructuredKernelOpInterface>(op.getOperation());
  MLIRContext *context = op.getContext();
  Region &factor = factorOf(op, layout.side);
  unsigned numDims = layout.dims.size(), leading = numDims - 2;
  SmallVector<AffineExpr> dims = kernel::identity(context, numDims);
  // The contraction's dims in those of the kernel; one is not used.
  SmallVector<AffineExpr> inner(op.getDims().size(),
                                getAffineConstantExpr(0, context));
  for (auto [i, g] : llvm::enumerate(layout.groups))
    inner[g] = dims[layout.repeats.size() + i];
  inner[layout.inner[0]] = dims[leading];
  inner[layout.inner[1]] = dims[leading + 1];
  AffineMap iteration = AffineMap::get(numDims, 0, inner, context);

  kernel::KernelSpec spec(op.getLoc(), layout.dims);
  SmallVector<unsigned> used = codegen::usedArguments(factor);
  std::vector<PreparedValue> prepared; // of each that is used
  for (unsigned input : used) {
    if (layout.inStep) {
      spec.input(op.getInputs()[input],
                 access.getInputMap(input).compose(iteration).getResults());
      continue;
    }
    VariablePart part = *fixed.find(op.getInputs()[input]);
    SmallVector<AffineExpr> from;
    for (moe::RepeatOp repeat : part.repeats)
      from.push_back(
          dims[llvm::find(layout.repeats, repeat) - layout.repeats.begin()]);
    llvm::append_range(
        from, access.getInputMap(input).compose(iteration).getResults());
    AffineMap map = part.map.compose(AffineMap::get(numDims, 0, from, context));
    prepared.emplace_back(fixed, part.variable, map);
    prepared.back().addInputs(spec, op->getParentOfType<func::FuncOp>(),
                              layout.dims);
  }
  SmallVector<AffineExpr> place = layout.at(ArrayRef(dims).take_front(leading),
                                            dims[leading], dims[leading + 1]);
  SmallVector<int64_t> shape;
  for (AffineExpr expr : place)
    shape.push_back(kernel::rangeOf(expr, layout.dims).high + 1);
  if (layout.side == Right)
    shape.back() = layout.columns;
  spec.result(rewriter, shape, place, elementOf(op, layout.side));
  return spec
      .map(rewriter,
           [&](kernel::ScalarBuilder &, ValueRange elements) {
             SmallVector<Value> arguments(factor.getNumArguments());
             for (auto [i, input] : llvm::enumerate(used))
               arguments[input] =
                   layout.inStep
                       ? elements[i]
                       : prepared[i].emit(rewriter, elements, layout.dims);
             return kernel::inlineBody(rewriter, factor.front(), arguments,
                                       iteration, layout.dims);
           })
      .front();
}

/// Whether to store a factor of variables; a remark where it is too large for
/// that.
bool wants(kernel::ContractOp op, Side side, const FixedVariables &fixed) {
  if (!isFixed(op, side, fixed) || !isWorthwhile(op, side))
    return false;
  int64_t bytes = bytesOf(op, side, fixed);
  if (bytes > mostBytes)
    remark::missed(op.getLoc(), remarkAbout(op, "PackOperands", "Schedule"))
        << remark::reason("{0} bytes of weights are packed in each step, as "
                          "more than {1} are not kept twice",
                          bytes, mostBytes);
  return bytes <= mostBytes;
}

struct PackOperandsPass : impl::PackOperandsPassBase<PackOperandsPass> {
  void runOnOperation() override {
    kernel::MachineInterface machine = kernel::getMachine(getOperation());
    if (!machine)
      return signalPassFailure();
    auto cpu = dyn_cast<kernel::CpuAttr>(machine);
    if (!cpu)
      return;
    FixedVariables fixed(getOperation());
    SmallVector<kernel::ContractOp> ops;
    getOperation()->walk([&](kernel::ContractOp op) {
      if (op.getScheduleAttr())
        ops.push_back(op);
    });
    IRRewriter rewriter(&getContext());
    for (kernel::ContractOp op : ops) {
      bool inStrips = schedule::describe(op, cpu, &fixed).rightInStrips;
      for (Side side : {Left, Right})
        if (wants(op, side, fixed))
          op = pack(rewriter, op, side, /*inStep=*/false, fixed);
        else if (side == Right && inStrips)
          op = pack(rewriter, op, side, /*inStep=*/true, fixed);
    }
  }

  kernel::ContractOp pack(IRRewriter &rewriter, kernel::ContractOp op,
                          Side side, bool inStep, const FixedVariables &fixed) {
    Layout layout = layOut(op, side, inStep, fixed);
    auto function = op->getParentOfType<func::FuncOp>();
    rewriter.setInsertionPoint(
        inStep ? op : function.getBody().front().findAncestorOpInBlock(*op));
    Value value = store(rewriter, op, layout, fixed);
    auto stored = cast<ShapedType>(value.getType());
    int64_t bytes =
        stored.getElementTypeBitWidth() / 8 * stored.getNumElements();
    value = passInto(layout.repeats, value, op.getLoc());
    unsigned numDims = op.getDims().size();
    auto dim = [&](unsigned d) { return getAffineDimExpr(d, op.getContext()); };
    SmallVector<AffineExpr> groups;
    for (unsigned g : layout.groups)
      groups.push_back(dim(g));
    AffineMap map = AffineMap::get(
        numDims, 0,
        layout.at(groups, dim(layout.inner[0]), dim(layout.inner[1])),
        op.getContext());
    rewriter.setInsertionPoint(op);
    op = readStored(rewriter, op, side, {value, map, -1});
    dropUnusedSlices(op);
    auto remark = remark::passed(op.getLoc(),
                                 remarkAbout(op, "PackOperands", "Schedule"));
    if (side == Left)
      remark << remark::reason("{0} bytes of weights are stored row by row",
                               bytes);
    else
      remark << remark::reason("{0} bytes{1} are stored in strips of {2} "
                               "columns{3}",
                               bytes, inStep ? "" : " of weights",
                               layout.columns, inStep ? ", in each step" : "");
    return op;
  }
};
} // namespace

bool canPackLeft(kernel::ContractOp op, const FixedVariables &fixed) {
  return isFixed(op, Left, fixed) && isWorthwhile(op, Left) &&
         bytesOf(op, Left, fixed) <= mostBytes;
}
bool canPackRight(kernel::ContractOp op, const FixedVariables &fixed) {
  return isFixed(op, Right, fixed) && bytesOf(op, Right, fixed) <= mostBytes;
}
bool canStoreRight(kernel::ContractOp op) {
  auto access = cast<StructuredKernelOpInterface>(op.getOperation());
  SmallVector<unsigned> used = codegen::usedArguments(op.getRhs());
  return !op.getRaggedDim() && !used.empty() && elementOf(op, Right).isF32() &&
         llvm::none_of(used, [&](unsigned input) {
           return access.getGather(input) >= 0;
         });
}

} // namespace moec::schedule
