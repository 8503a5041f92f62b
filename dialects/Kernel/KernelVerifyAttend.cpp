//===- KernelVerifyAttend.cpp - The verifier of attention -----------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/Kernel/KernelVerify.h"

using namespace mlir;
using namespace moec::kernel;

namespace {
/// What a region reads must not depend on these dims.
struct Use {
  StringRef name;
  Region &region;
  SmallVector<std::pair<unsigned, StringRef>> without;
};
} // namespace

static LogicalResult verifyUses(StructuredKernelOpInterface op,
                                ArrayRef<Use> uses) {
  for (const Use &use : uses)
    for (auto [dim, dimName] : use.without)
      if (failed(verifyIndependent(op, use.name, use.region, dim, dimName)))
        return failure();
  return success();
}

/// What both ops ask for ahead of their regions; `inputs` names those that are
/// multiplied.
template <typename OpT>
static LogicalResult verifyForm(OpT op, StringRef inputs) {
  if (op.getDims().size() < 4)
    return op.emitOpError("expected dims [groups..., s, e, t, d], got ")
           << op.getDims().size() << " dims";
  if (op.getInputs().size() < op.getNumFixedInputs())
    return op.emitOpError("expected at least ")
           << op.getNumFixedInputs() << " inputs, " << inputs << ", got "
           << op.getInputs().size();
  if (!op.getScale().isFinite())
    return op.emitOpError("expected a finite scale, got ")
           << op.getScale().convertToDouble();
  return verifyStructure(op);
}

LogicalResult AttendOp::verify() {
  if (failed(verifyForm(*this, "query, key and value")) ||
      failed(verifyFactors(*this, {"query", "key", "value"})) ||
      failed(verifyArguments(*this, "epilogue", getEpilogue(),
                             Float32Type::get(getContext()))))
    return failure();
  unsigned s = getSDim(), e = getEDim(), t = getTDim(), d = getDDim();
  if (failed(verifyUses(*this,
                        {{"query", getQuery(), {{e, "e"}, {t, "t"}}},
                         {"key", getKey(), {{s, "s"}, {e, "e"}}},
                         {"value", getValue(), {{s, "s"}, {d, "d"}}},
                         {"epilogue", getEpilogue(), {{t, "t"}, {d, "d"}}}})))
    return failure();
  TypeRange values = yielded(getEpilogue()).getTypes();
  if (values.empty() || getOuts().size() < values.size() ||
      getOuts().size() > values.size() + 1)
    return emitOpError("epilogue: expected a value for each of the ")
           << getOuts().size() << " outs, or all but the last, got "
           << values.size();
  if (failed(verifyStores(*this, "epilogue", values, 0, {t, d})))
    return failure();
  if (!getStatistic())
    return success();
  return verifyStores(*this, "statistic", Float32Type::get(getContext()),
                      *getStatistic(), {e, t, d});
}

LogicalResult AttendGradOp::verify() {
  Type f32 = Float32Type::get(getContext());
  if (failed(verifyForm(*this, "query, key, value and gradient")))
    return failure();
  if (getOuts().size() != 3)
    return emitOpError("expected 3 outs, the gradients of query, key and "
                       "value, got ")
           << getOuts().size();
  if (failed(verifyFactors(*this, {"query", "key", "value", "gradient"})) ||
      failed(verifyArguments(*this, "statistics", getStatistics(), {})))
    return failure();
  TypeRange statistics = yielded(getStatistics()).getTypes();
  if (statistics != TypeRange({f32, f32}))
    return emitOpError("statistics: expected two values of f32, the "
                       "log-sum-exp of a row and its delta, got (")
           << statistics << ")";
  unsigned s = getSDim(), e = getEDim(), t = getTDim(), d = getDDim();
  SmallVector<Use> uses = {
      {"query", getQuery(), {{e, "e"}, {t, "t"}}},
      {"key", getKey(), {{s, "s"}, {e, "e"}}},
      {"value", getValue(), {{s, "s"}, {d, "d"}}},
      {"gradient", getGradient(), {{t, "t"}, {d, "d"}}},
      {"statistics", getStatistics(), {{e, "e"}, {t, "t"}, {d, "d"}}},
      {"query_grad", getQueryGrad(), {{e, "e"}, {t, "t"}}},
      {"key_grad", getKeyGrad(), {{s, "s"}, {e, "e"}}},
      {"value_grad", getValueGrad(), {{s, "s"}, {d, "d"}}}};
  auto epilogues = ArrayRef(uses).take_back(3);
  for (const Use &use : epilogues) {
    if (failed(verifyArguments(*this, use.name, use.region, f32)))
      return failure();
    if (yielded(use.region).size() != 1)
      return emitOpError(use.name)
             << ": expected one value, got " << yielded(use.region).size();
  }
  if (failed(verifyUses(*this, uses)))
    return failure();
  for (auto [number, use] : llvm::enumerate(epilogues))
    if (failed(verifyStores(*this, use.name, yielded(use.region).getTypes(),
                            number,
                            {use.without[0].first, use.without[1].first})))
      return failure();
  return success();
}
