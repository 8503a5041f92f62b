#ifndef MOEC_PASSES_AUTODIFF_PASSES_TD
#define MOEC_PASSES_AUTODIFF_PASSES_TD

include "mlir/Pass/PassBase.td"

def AutodiffPass : Pass<"moec-autodiff", "::mlir::ModuleOp"> {
  let summary = "Put the backward pass in the place of moe.gradient";
  let description = [{
    For each `moe.gradient`, one reverse sweep over the ops ahead of it through the rules beside the ops
    (`moe.DifferentiableOpInterface`), starting with 1 for the loss. A gradient by a value that the loss does not
    depend on is zero (warning). Functions without `moe.gradient` stay as they are.

    For a `moe.repeat` a second one runs in the other direction. What its block
    needs from the forward block is stacked by the forward repeat, or computed
    again where that is cheap (`CheapToRecompute`); only what the gradients read is
    stacked, and parameters never are.

    With `moe.recompute = PRICE` on the module, other values too are computed again, whole layers from their inputs if need be
    (arXiv 1604.06174): the one that costs the fewest FLOPs for its bytes first, as long as that is at most PRICE, and so on, where
    what has been bought serves what comes after it. `moe.recompute_next` then says from which price on there would be more.
    Sums along rows, whose order depends on what they are fused with, are kept; other ops may round their last bit otherwise in
    another kernel.

    Errors: an op without a rule between a parameter and the loss; a routing plan needed out of a nested repeat;
    `moe.gradient` inside of a `moe.repeat`.

    Before:

    ```mlir
    %y = moe.mul %x, %w : tensor<4xf32>
    %l = moe.reduce %y axes [0] : tensor<4xf32> -> tensor<f32>
    %g = moe.gradient %l wrt %w : tensor<f32>, tensor<4xf32>
    ```

    After:

    ```mlir
    %y = moe.mul %x, %w : tensor<4xf32>
    %l = moe.reduce %y axes [0] : tensor<4xf32> -> tensor<f32>
    %one = moe.fill 1.0 : tensor<f32>
    %d = moe.broadcast %one axes [0] : tensor<f32> -> tensor<4xf32>
    %g = moe.mul %d, %x : tensor<4xf32>
    ```
  }];
  let dependentDialects = ["::moec::moe::MoEDialect"];
}

def VerifyAutodiffPass : Pass<"moec-verify-autodiff", "::mlir::ModuleOp"> {
  let summary = "Check what must hold after the autodiff phase";
  let description = [{
    No `moe.gradient` is left.
  }];
}

#endif
