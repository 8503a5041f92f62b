//===- MoETraining.cpp - Clipping and optimizers --------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/MoE/MoEVerify.h"

using namespace mlir;
using namespace moec;
using namespace moec::moe;

LogicalResult ClipScaleOp::verify() {
  if (getGrads().empty())
    return emitOpError("expected at least one gradient");
  if (failed(expectNotNegative(*this, "max_norm", getMaxNorm())))
    return failure();
  return expectOneElementType(*this);
}

LogicalResult SgdUpdateOp::verify() { return expectOneElementType(*this); }

LogicalResult AdamWUpdateOp::verify() {
  for (const APFloat &beta : {getBeta1(), getBeta2()}) {
    double value = beta.convertToDouble();
    if (value < 0 || value >= 1) {
      SmallString<16> text;
      beta.toString(text);
      return emitOpError("expected 0 <= beta < 1, got ") << text;
    }
  }
  return expectOneElementType(*this);
}
