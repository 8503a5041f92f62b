//===- MemoryLimit.cpp - How much to compute again ------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Autodiff decides what is computed again, long before the planner knows what
// that saves: stacks share their memory with what lives before and after them.
// So nothing is estimated. The module is planned at one price after the other
// until it fits; autodiff leaves behind from which price on it would do more.
//
//===----------------------------------------------------------------------===//

#include "lib/Driver/MemoryLimit.h"
#include "dialects/MoE/MoEWork.h"
#include "lib/Driver/MemoryPlan.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/OwningOpRef.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace moec;
using namespace moec::driver;

static LogicalResult refuse(ModuleOp module, int64_t limit,
                            const MemoryPlan &floor) {
  int64_t bytes = floor.getTotal();
  int64_t fits = llvm::divideCeil(bytes, int64_t(1) << 20);
  return emitError(UnknownLoc::get(module.getContext()))
         << "--memory-limit: expected at least " << mebibytes(bytes)
         << ", which the module needs with all recomputation that helps, got "
         << mebibytes(limit) << " (" << floor.getSummary()
         << "); fix: --memory-limit " << fits << "MiB, or a smaller batch";
}

LogicalResult moec::driver::fitMemory(ModuleOp module, int64_t limit,
                                      PlanCopy plan) {
  Builder b(module.getContext());
  // What passes say, they say again when the module itself is compiled.
  auto silence = [](Diagnostic &) { return success(); };
  auto take = [&](double price) {
    if (price > 0)
      moe::attr::recompute.set(module, b.getF64FloatAttr(price));
    return success();
  };
  struct {
    double price = 0;
    bool withCode = false;
    OwningOpRef<ModuleOp> copy;
  } least; ///< what needs least
  int64_t floor = INT64_MAX;
  double price = 0;
  // What kernels need beside the plan is known when they have code: that of the
  // first plan stands for the others until one of them may fit.
  std::optional<int64_t> scratch;
  while (true) {
    OwningOpRef<ModuleOp> copy = module.clone();
    moe::attr::recompute.set(*copy, b.getF64FloatAttr(price));
    ScopedDiagnosticHandler handler(module.getContext(), silence);
    if (failed(plan(*copy, /*code=*/false)))
      return success();
    MemoryPlan found(*copy);
    found.scratch = scratch.value_or(0);
    bool withCode = !scratch || found.getTotal() <= limit;
    if (withCode) {
      if (failed(plan(*copy, /*code=*/true)))
        return success();
      found = MemoryPlan(*copy);
      scratch = found.scratch;
      if (found.getTotal() <= limit)
        return take(price);
    }
    FloatAttr next = moe::attr::recomputeNext.get(*copy);
    if (found.getTotal() < floor) {
      floor = found.getTotal();
      least = {price, withCode, std::move(copy)};
    }
    if (!next || next.getValueAsDouble() <= price)
      break;
    price = next.getValueAsDouble();
  }
  {
    ScopedDiagnosticHandler handler(module.getContext(), silence);
    if (!least.withCode && failed(plan(*least.copy, /*code=*/true)))
      return success();
  }
  MemoryPlan found(*least.copy);
  return found.getTotal() <= limit ? take(least.price)
                                   : refuse(module, limit, found);
}
