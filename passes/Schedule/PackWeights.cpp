//===- PackWeights.cpp - Stores weights as register tiles read them -------===//
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
// Shown by test/passes/Schedule/pack-weights.mlir.
//
//===----------------------------------------------------------------------===//

#include "dialects/Kernel/KernelBuilder.h"
#include "mlir/IR/Remarks.h"
#include "passes/Codegen/OperandAccess.h"
#include "passes/Remarks.h"
#include "passes/Schedule/FixedVariables.h"
#include "passes/Schedule/Passes.h"
#include "passes/Schedule/RepeatSlices.h"
#include "passes/Schedule/StoredFactor.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;

namespace moec::schedule {
#define GEN_PASS_DEF_PACKWEIGHTSPASS
#include "passes/Schedule/Passes.h.inc"

namespace {
using kernel::StructuredKernelOpInterface;

/// How a right operand is stored: over `dims`, the iterations of `repeats`,
/// those groups along which it changes, k and n.
struct Strips {
  SmallVector<moe::RepeatOp> repeats;
  SmallVector<unsigned> groups;
  SmallVector<int64_t> dims;
  int64_t columns = 1; ///< of a strip, as the schedule says

  /// The place of (leading.., k, n).
  SmallVector<AffineExpr> at(ArrayRef<AffineExpr> leading, AffineExpr k,
                             AffineExpr n) const {
    SmallVector<AffineExpr> place(leading);
    place.append({n.floorDiv(columns), k, n % columns});
    return place;
  }
};

Strips describe(kernel::ContractOp op, const FixedVariables &fixed) {
  auto access = cast<StructuredKernelOpInterface>(op.getOperation());
  SmallVector<unsigned> used = codegen::usedArguments(op.getRhs());
  Strips strips;
  llvm::SetVector<Operation *> sliced;
  for (unsigned input : used)
    for (moe::RepeatOp repeat : fixed.find(op.getInputs()[input])->repeats)
      sliced.insert(repeat);
  for (Operation *up = op; (up = up->getParentOp());)
    if (sliced.contains(up))
      strips.repeats.insert(strips.repeats.begin(), cast<moe::RepeatOp>(up));
  for (moe::RepeatOp repeat : strips.repeats)
    strips.dims.push_back(repeat.getCount());
  for (unsigned g = 0; g < op.getNumGroupDims(); ++g) {
    bool changes = llvm::any_of(used, [&](unsigned input) {
      return access.getInputMap(input).isFunctionOfDim(g);
    });
    op.getRhs().walk([&](kernel::IndexOp index) {
      changes |= index.getExpr().isFunctionOfDim(g);
    });
    if (changes) {
      strips.groups.push_back(g);
      strips.dims.push_back(op.getDims()[g]);
    }
  }
  strips.dims.append({op.getDims()[op.getKDim()], op.getDims()[op.getNDim()]});
  if (auto schedule = op.getScheduleAttr())
    strips.columns = schedule.getMicro()[1];
  return strips;
}

/// The most that is stored for one right operand, of all layers: its weights
/// are in memory twice. Experts of large models take more.
constexpr int64_t mostBytes = int64_t(1) << 31;

/// Bytes of what would be stored, but for the rest of the last strip.
int64_t bytesOf(kernel::ContractOp op, const FixedVariables &fixed) {
  return 4 * llvm::product_of(describe(op, fixed).dims);
}

/// Whether the right operand is made of variables that no entry changes.
bool isFixed(kernel::ContractOp op, const FixedVariables &fixed) {
  auto access = cast<StructuredKernelOpInterface>(op.getOperation());
  SmallVector<unsigned> used = codegen::usedArguments(op.getRhs());
  if (used.empty() ||
      op.getRaggedDim() == std::optional<uint64_t>(op.getKDim()))
    return false;
  // Variables are f32, derived ones too.
  if (!op.getRhs().front().getTerminator()->getOperand(0).getType().isF32())
    return false;
  return llvm::all_of(used, [&](unsigned input) {
    return access.getGather(input) < 0 && fixed.find(op.getInputs()[input]);
  });
}

/// Computes `rhs` of `op` ahead of everything that repeats.
Value store(IRRewriter &rewriter, kernel::ContractOp op, const Strips &strips,
            const FixedVariables &fixed) {
  auto access = cast<StructuredKernelOpInterface>(op.getOperation());
  MLIRContext *context = op.getContext();
  unsigned numDims = strips.dims.size(), leading = numDims - 2;
  SmallVector<AffineExpr> dims = kernel::identity(context, numDims);
  // The contraction's dims in those of the kernel; m is not used.
  SmallVector<AffineExpr> inner(op.getDims().size(),
                                getAffineConstantExpr(0, context));
  for (auto [i, g] : llvm::enumerate(strips.groups))
    inner[g] = dims[strips.repeats.size() + i];
  inner[op.getKDim()] = dims[leading];
  inner[op.getNDim()] = dims[leading + 1];
  AffineMap iteration = AffineMap::get(numDims, 0, inner, context);

  kernel::KernelSpec spec(op.getLoc(), strips.dims);
  SmallVector<unsigned> used = codegen::usedArguments(op.getRhs());
  for (unsigned input : used) {
    VariablePart part = *fixed.find(op.getInputs()[input]);
    SmallVector<AffineExpr> from;
    for (moe::RepeatOp repeat : part.repeats)
      from.push_back(
          dims[llvm::find(strips.repeats, repeat) - strips.repeats.begin()]);
    llvm::append_range(
        from, access.getInputMap(input).compose(iteration).getResults());
    AffineMap map = part.map.compose(AffineMap::get(numDims, 0, from, context));
    spec.input(part.variable,
               kernel::simplifyMap(map, strips.dims).getResults());
  }
  SmallVector<int64_t> shape(ArrayRef(strips.dims).take_front(leading));
  int64_t count = llvm::divideCeil(strips.dims[leading + 1], strips.columns);
  shape.append({count, strips.dims[leading], strips.columns});
  spec.result(rewriter, shape,
              strips.at(ArrayRef(dims).take_front(leading), dims[leading],
                        dims[leading + 1]));
  return spec
      .map(rewriter,
           [&](kernel::ScalarBuilder &, ValueRange elements) {
             SmallVector<Value> arguments(op.getRhs().getNumArguments());
             for (auto [i, input] : llvm::enumerate(used))
               arguments[input] = elements[i];
             return kernel::inlineBody(rewriter, op.getRhs().front(), arguments,
                                       iteration, strips.dims);
           })
      .front();
}

struct PackWeightsPass : impl::PackWeightsPassBase<PackWeightsPass> {
  void runOnOperation() override {
    kernel::MachineInterface machine = kernel::getMachine(getOperation());
    if (!machine)
      return signalPassFailure();
    if (!isa<kernel::CpuAttr>(machine))
      return;
    FixedVariables fixed(getOperation());
    SmallVector<kernel::ContractOp> ops;
    getOperation()->walk([&](kernel::ContractOp op) {
      if (!op.getScheduleAttr() || !isFixed(op, fixed))
        return;
      if (canPackWeight(op, fixed))
        ops.push_back(op);
      else
        remark::missed(op.getLoc(), remarkAbout(op, "PackWeights", "Schedule"))
            << remark::reason(
                   "{0} bytes of weights are packed in each step, as "
                   "more than {1} are not kept twice",
                   bytesOf(op, fixed), mostBytes);
    });
    IRRewriter rewriter(&getContext());
    for (kernel::ContractOp op : ops)
      pack(rewriter, op, fixed);
  }

  void pack(IRRewriter &rewriter, kernel::ContractOp op,
            const FixedVariables &fixed) {
    Strips strips = describe(op, fixed);
    auto function = op->getParentOfType<func::FuncOp>();
    rewriter.setInsertionPoint(
        function.getBody().front().findAncestorOpInBlock(*op));
    Value value = store(rewriter, op, strips, fixed);
    int64_t elements = cast<ShapedType>(value.getType()).getNumElements();
    value = passInto(strips.repeats, value, op.getLoc());
    unsigned numDims = op.getDims().size();
    auto dim = [&](unsigned d) { return getAffineDimExpr(d, op.getContext()); };
    SmallVector<AffineExpr> groups;
    for (unsigned g : strips.groups)
      groups.push_back(dim(g));
    AffineMap map = AffineMap::get(
        numDims, 0, strips.at(groups, dim(op.getKDim()), dim(op.getNDim())),
        op.getContext());
    rewriter.setInsertionPoint(op);
    op = readStored(rewriter, op, 1, {value, map, -1});
    dropUnusedSlices(op);
    remark::passed(op.getLoc(), remarkAbout(op, "PackWeights", "Schedule"))
        << remark::reason("{0} bytes of weights are stored in strips of {1} "
                          "columns",
                          elements * 4, strips.columns);
  }
};
} // namespace

bool canPackWeight(kernel::ContractOp op, const FixedVariables &fixed) {
  return isFixed(op, fixed) && bytesOf(op, fixed) <= mostBytes;
}

} // namespace moec::schedule
