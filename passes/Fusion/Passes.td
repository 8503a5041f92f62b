#ifndef MOEC_PASSES_FUSION_PASSES_TD
#define MOEC_PASSES_FUSION_PASSES_TD

include "mlir/Pass/PassBase.td"

def LowerToKernel : Pass<"moec-lower-to-kernel", "::mlir::ModuleOp"> {
  let summary = "Lowers moe ops to unfused kernel ops on tensors";
  let description = [{
    Every moe op on f32 tensors becomes kernel ops, each with the location of the
    op; `moe.repeat` and `moe.yield` stay. A plan (`!moe.routing`) becomes its i32 buffer,
    in signatures too. Run CSE after it: statistics of the forward and
    the backward pass, written alike, become one.

    A linear layer or einsum is one `kernel.contract` whose innermost output axis is n; normalisation
    and softmax are a `kernel.rows` for the statistics and a `kernel.map`, so that the map can move
    into the kernels that read it.
  }];
  let dependentDialects = ["::moec::kernel::KernelDialect", "::mlir::arith::ArithDialect",
    "::mlir::math::MathDialect", "::mlir::tensor::TensorDialect"];
}

def VerifyKernelContract : Pass<"moec-verify-kernel-contract", "::mlir::ModuleOp"> {
  let summary = "Checks what the phases after fusion rely on";
  let description = [{
    Of the moe dialect only `moe.repeat` and `moe.yield` are left, and no value is a `!moe.routing`.
    Says which op broke it.
  }];
}

#endif
