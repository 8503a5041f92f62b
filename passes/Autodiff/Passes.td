#ifndef MOEC_PASSES_AUTODIFF_PASSES_TD
#define MOEC_PASSES_AUTODIFF_PASSES_TD

include "mlir/Pass/PassBase.td"

def AutodiffPass : Pass<"moec-autodiff", "::mlir::ModuleOp"> {
  let summary = "Turn @loss into @train_step: loss, metrics and gradients";
  let description = [{
    One reverse sweep over the body of `@loss` through the rules beside the ops
    (`moe.DifferentiableOpInterface`), starting with 1 for the first result.
    `@train_step` has the same arguments and results, then for each argument with
    `moe.param` its gradient, with `moe.grad` (0 where the loss does not depend on
    it). `@loss` is gone. A module without `@loss` stays as it is.

    For a `moe.repeat` a second one runs in the other direction. What its block
    needs from the forward block is stacked by the forward repeat, or computed
    again where that is cheap (`CheapToRecompute`); only what the gradients read is
    stacked, and parameters never are.

    Errors: `@loss` without a scalar `moe.loss` as first result; an op without a
    rule between a parameter and the loss; a routing plan needed out of a nested
    repeat.
  }];
  let dependentDialects = ["::moec::moe::MoEDialect"];
}

def AppendUpdatePass : Pass<"moec-append-update", "::mlir::ModuleOp"> {
  let summary = "Build @update: gradient clipping and the optimizer's step";
  let description = [{
    From the module's dictionary `moe.training`:
    `{optimizer = {op = "adamw", beta1, beta2, eps, weight_decay}, clip_norm}` or
    `{optimizer = {op = "sgd", momentum, weight_decay}, clip_norm}`, all f64; `clip_norm = 0.0` clips
    nothing. Arguments and results are flat f32 blocks (`moe.block`, `moe.offset` in
    elements) which are updated in place: the decayed parameters with the weight decay, the
    others without. State blocks: `state0` is Adam's mean or SGD's momentum, `state1`
    Adam's variance. The norm is that of the whole gradient block, so its padding between
    parameters must be 0; it is the last result, `moe.metric = "grad_norm"`.

    Only trained parameters are updated, those before `moe.trained_elements`: the others neither
    have a gradient nor decay. Does nothing without `@train_step` or without trained parameters. Errors: a missing or negative number, no
    parameter table.
  }];
  let dependentDialects = ["::moec::moe::MoEDialect", "::mlir::func::FuncDialect"];
}

def VerifyAutodiffPass : Pass<"moec-verify-autodiff", "::mlir::ModuleOp"> {
  let summary = "Check what must hold after the autodiff phase";
  let description = [{
    No `@loss` is left; `@train_step` has one `moe.grad` of the right type for each `moe.param`,
    in their order and last, and takes every parameter of `moe.parameters`.
  }];
}

#endif
