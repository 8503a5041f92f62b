#ifndef MOEC_DIALECTS_MOE_MOEINTERFACES_TD
#define MOEC_DIALECTS_MOE_MOEINTERFACES_TD

include "mlir/IR/OpBase.td"

def MoE_DifferentiableOpInterface : OpInterface<"DifferentiableOpInterface"> {
  let cppNamespace = "::moec::moe";
  let description = [{
    An op that knows its vector-Jacobian product.
  }];
  let methods = [
    InterfaceMethod<[{
      Builds the gradients of the operands. `resultGrads` has one value per result, null
      where nothing flows back; the answer has one per operand, null where it
      is zero or not differentiable (labels, plans). Operands and results of
      the op may be used: autodiff saves or recomputes them.
    }], "::llvm::SmallVector<::mlir::Value>", "buildGradient",
      (ins "::mlir::OpBuilder &":$builder, "::mlir::ValueRange":$resultGrads)>,
  ];
}

def MoE_OptimizerOpInterface : OpInterface<"OptimizerOpInterface"> {
  let cppNamespace = "::moec::moe";
  let description = [{
    The update of a list of parameters. Operands are lists of one length: parameters, gradients, then each kind of
    moment; behind them scalars. Results are the new parameters and the new moments, lists again. What happens to an element
    is said by `newMoments`, then `newParam`, which may read sums over the whole parameter of what `terms` gives, or,
    where there are none, the gradient and the moments before the step.
  }];
  let methods = [
    StaticInterfaceMethod<"What a model may say of it, and which operands and attributes it has.",
      "const ::moec::moe::UpdateInfo &", "getInfo">,
    StaticInterfaceMethod<"How many moments a parameter has.", "unsigned", "getNumMoments", (ins), "", [{
      return ConcreteOp::getInfo().moments.size();
    }]>,
    InterfaceMethod<"How many parameters there are.", "unsigned", "getNumParams", (ins), "", [{
      return $_op->getNumResults() / (1 + ConcreteOp::getInfo().moments.size());
    }]>,
    StaticInterfaceMethod<[{
      How many sums over a parameter its update reads. With none, parameters may be joined.
    }], "unsigned", "getNumSums", (ins), "", [{ return 0; }]>,
    InterfaceMethod<[{
      Parts of equal size along the first axis of parameter `param` that have sums of their own.
    }], "int64_t", "getNumSlices", (ins "unsigned":$param), "", [{ return 1; }]>,
    InterfaceMethod<"The moments after the step.", "::llvm::SmallVector<::moec::moe::Number>", "newMoments",
      (ins "::moec::moe::UpdateMath &":$math, "const ::moec::moe::UpdateElement &":$element)>,
    InterfaceMethod<"What is summed, given the new moments.", "::llvm::SmallVector<::moec::moe::Number>", "terms",
      (ins "::moec::moe::UpdateMath &":$math, "const ::moec::moe::UpdateElement &":$element), "", [{ return {}; }]>,
    InterfaceMethod<"The parameter after the step, given the new moments.", "::moec::moe::Number", "newParam",
      (ins "::moec::moe::UpdateMath &":$math, "const ::moec::moe::UpdateElement &":$element,
           "::llvm::ArrayRef<::moec::moe::Number>":$sums)>,
  ];
}

#endif
