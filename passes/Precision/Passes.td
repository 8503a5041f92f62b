#ifndef MOEC_PASSES_PRECISION_PASSES_TD
#define MOEC_PASSES_PRECISION_PASSES_TD

include "mlir/Pass/PassBase.td"

def AssignPrecisionPass : Pass<"moec-assign-precision", "::mlir::ModuleOp"> {
  let summary = "Multiply in bf16 and keep what is multiplied in bf16";
  let description = [{
    Where the module has `moe.precision = "bf16"`, in every function:

    1. `lhs` and `rhs` of each `kernel.contract` yield bf16, rounded to nearest, ties to even. Products
       and sums stay f32. Not so the contraction that `kernel.route` gets its gates from: a choice
       between experts must not hang on a rounding.
    2. A tensor that a kernel writes is kept as bf16 in memory if a contraction in bf16 multiplies it
       and nothing needs more of it: it is not a function's result, not carried by a repeat and not
       a term of a sum in another kernel (a residual stream). Sums over all its rows (bias gradients)
       and products with it (derivatives of activations) read it as bf16 and compute in f32. What
       `kernel.rows` wrote (softmax, normalisation, loss) is only kept so if contractions take it as it
       is, which changes no result.
    3. A weight that contractions multiply as it is gets a bf16 copy, made once by a `kernel.map` at the
       start of the function, for all layers of a repeat at once.

    Everything else is f32 as before: arithmetic in regions, sums, statistics, gradients of parameters,
    the update. `"f32"` is the same as no `moe.precision`: nothing changes.

    Before: `%y = kernel.contract ins(%x, %w : tensor<8x96xf32>, ..) .. lhs { %x } rhs { %w } epilogue { acc }`.
    After: `%v = kernel.map ins(%w) .. body { truncf }` and
    `%y = kernel.contract ins(%x, %v : tensor<8x96xf32>, tensor<..xbf16>) .. lhs { truncf %x } rhs { %v } epilogue { acc }`.
  }];
  let dependentDialects = ["::moec::kernel::KernelDialect", "::mlir::arith::ArithDialect",
    "::mlir::tensor::TensorDialect"];
}

def VerifyPrecisionPass : Pass<"moec-verify-precision", "::mlir::ModuleOp"> {
  let summary = "Check where bf16 may be";
  let description = [{
    A module whose `moe.precision` is not `"bf16"` has no value of that type.
  }];
}

#endif
