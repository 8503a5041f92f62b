//===- SpecialFunctions.cpp - Functions on the special function unit ------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
//   %y = math.exp %x : f32
// becomes
//   %t = arith.mulf %x, %log2e : f32
//   %y = llvm.call_intrinsic "llvm.nvvm.ex2.approx.ftz.f"(%t)
// and likewise divisions that may be estimated.
//
// Shown by test/passes/GPU/special-functions.mlir.
//
//===----------------------------------------------------------------------===//

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "passes/GPU/Passes.h"
#include <cmath>

using namespace mlir;

namespace moec::gpu {
#define GEN_PASS_DEF_SPECIALFUNCTIONSPASS
#include "passes/GPU/Passes.h.inc"

namespace {

class Emitter {
public:
  explicit Emitter(Operation *op) : b(op), loc(op->getLoc()) {}

  Value constant(double value) {
    return arith::ConstantOp::create(b, loc, b.getF32FloatAttr(value));
  }
  Value mul(Value x, Value y) { return arith::MulFOp::create(b, loc, x, y); }
  Value reciprocal(Value x) {
    return NVVM::RcpApproxFtzF32Op::create(b, loc, x.getType(), x);
  }
  Value exp2(Value x) {
    return LLVM::CallIntrinsicOp::create(
               b, loc, x.getType(),
               b.getStringAttr("llvm.nvvm.ex2.approx.ftz.f32"), ValueRange(x))
        .getResult(0);
  }

  Value exp(Value x) { return exp2(mul(x, constant(1 / std::log(2.0)))); }

  Value divide(Value x, Value y) { return mul(x, reciprocal(y)); }

private:
  OpBuilder b;
  Location loc;
};

struct SpecialFunctionsPass
    : impl::SpecialFunctionsPassBase<SpecialFunctionsPass> {
  void runOnOperation() override {
    getOperation()->walk([&](Operation *op) {
      if (op->getNumResults() != 1 || !op->getResult(0).getType().isF32())
        return;
      Emitter emit(op);
      Value value;
      if (isa<math::ExpOp>(op))
        value = emit.exp(op->getOperand(0));
      else if (isa<math::Exp2Op>(op))
        value = emit.exp2(op->getOperand(0));
      else if (auto divide = dyn_cast<arith::DivFOp>(op);
               divide && bitEnumContainsAll(divide.getFastmath(),
                                            arith::FastMathFlags::arcp))
        value = emit.divide(divide.getLhs(), divide.getRhs());
      else
        return;
      op->getResult(0).replaceAllUsesWith(value);
      op->erase();
    });
  }
};
} // namespace
} // namespace moec::gpu
