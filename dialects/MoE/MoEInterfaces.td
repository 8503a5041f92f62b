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

#endif
