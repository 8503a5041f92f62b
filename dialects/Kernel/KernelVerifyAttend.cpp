//===- KernelVerifyAttend.cpp - The verifier of attention -----------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/Kernel/KernelVerify.h"

using namespace mlir;
using namespace moec::kernel;

LogicalResult AttendOp::verify() {
  if (getDims().size() < 4)
    return emitOpError("expected dims [groups..., s, e, t, d], got ")
           << getDims().size() << " dims";
  if (getInputs().size() < 3)
    return emitOpError("expected at least 3 inputs, query, key and value, got ")
           << getInputs().size();
  if (!getScale().isFinite())
    return emitOpError("expected a finite scale, got ")
           << getScale().convertToDouble();
  if (failed(verifyStructure(*this)) ||
      failed(verifyFactors(*this, {"query", "key", "value"})) ||
      failed(verifyArguments(*this, "epilogue", getEpilogue(),
                             Float32Type::get(getContext()))))
    return failure();
  unsigned s = getSDim(), e = getEDim(), t = getTDim(), d = getDDim();
  struct Use {
    StringRef name;
    Region &region;
    SmallVector<std::pair<unsigned, StringRef>> without;
  };
  for (const Use &use : {Use{"query", getQuery(), {{e, "e"}, {t, "t"}}},
                         Use{"key", getKey(), {{s, "s"}, {e, "e"}}},
                         Use{"value", getValue(), {{s, "s"}, {d, "d"}}},
                         Use{"epilogue", getEpilogue(), {{t, "t"}, {d, "d"}}}})
    for (auto [dim, dimName] : use.without)
      if (failed(verifyIndependent(*this, use.name, use.region, dim, dimName)))
        return failure();
  TypeRange values = yielded(getEpilogue()).getTypes();
  if (values.empty() || getOuts().size() < values.size() ||
      getOuts().size() > values.size() + 1)
    return emitOpError("epilogue: expected a value for each of the ")
           << getOuts().size() << " outs, or all but the last, got "
           << values.size();
  if (failed(verifyStores(*this, "epilogue", values, 0, t)))
    return failure();
  if (!getStatistic())
    return success();
  return verifyStores(*this, "statistic", Float32Type::get(getContext()),
                      *getStatistic(), e);
}
