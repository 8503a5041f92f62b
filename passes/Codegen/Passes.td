#ifndef MOEC_PASSES_CODEGEN_PASSES_TD
#define MOEC_PASSES_CODEGEN_PASSES_TD

include "mlir/Pass/PassBase.td"

def ApproximateMathPass : Pass<"moec-approximate-math", "::mlir::func::FuncOp"> {
  let summary = "Replace math functions by polynomials that vectorise";
  let description = [{
    Inner loops must not call the C library, which takes one scalar at a time.
    Every function that kernels use becomes straight-line code of f32 accuracy,
    whose own divisions (not the model's) may use an estimated reciprocal;
    test/passes/Codegen/ApproximateMathTest.cpp holds them against libm in f64.
  }];
  let options = [ListOption<"keep", "keep", "std::string", "functions that the target computes itself">];
  let dependentDialects = [
    "::mlir::arith::ArithDialect", "::mlir::math::MathDialect", "::mlir::vector::VectorDialect"];
}

#endif
