//===- MoEWork.cpp - What ops multiply ------------------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/MoE/MoEWork.h"
#include "dialects/MoE/MoEVerify.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace moec;
using namespace moec::moe;

static double countOf(Value value) {
  return double(ShapedType::getNumElements(shapeOf(value)));
}

double moe::getContractionFlops(Operation *op) {
  return llvm::TypeSwitch<Operation *, double>(op)
      .Case([](LinearOp op) {
        return 2 * countOf(op.getResult()) * double(shapeOf(op.getWeight())[0]);
      })
      .Case([](EinsumOp op) {
        auto [inputs, result] = op.getEquation().split("->");
        auto [lhs, rhs] = inputs.split(',');
        // Every letter is in one of the inputs.
        double flops = 2 * countOf(op.getLhs());
        for (auto [letter, size] : llvm::zip(rhs, shapeOf(op.getRhs())))
          if (!lhs.contains(letter))
            flops *= double(size);
        return flops;
      })
      .Case([](ExpertLinearOp op) {
        return 2 * countOf(op.getResult()) * double(shapeOf(op.getRows())[1]);
      })
      .Case([](AttentionOp op) {
        return 2 * countOf(op.getLogSumExp()) *
               double(shapeOf(op.getKey())[1]) *
               double(shapeOf(op.getQuery())[3] + shapeOf(op.getValue())[3]);
      })
      .Default([](Operation *) { return 0.0; });
}
