#ifndef MOEC_PASSES_CODEGEN_PASSES_TD
#define MOEC_PASSES_CODEGEN_PASSES_TD

include "mlir/Pass/PassBase.td"

def ApproximateMathPass : Pass<"moec-approximate-math", "::mlir::func::FuncOp"> {
  let summary = "Replace math functions by polynomials that vectorise";
  let description = [{
    Inner loops must not call the C library, which takes one scalar at a time.
    exp, expm1, log, tanh, erf and cos become the same straight-line code for any
    number of lanes and any instruction set, within the bounds of docs/numerics.md;
    any other function is an error. Divisions of that code, not those of the model,
    use an estimated reciprocal.
  }];
  let options = [Option<"keepExp", "keep-exp", "bool", "false",
                        "the target computes exp itself; other functions are made of it">];
  let dependentDialects = [
    "::mlir::arith::ArithDialect", "::mlir::math::MathDialect", "::mlir::vector::VectorDialect"];
}

#endif
