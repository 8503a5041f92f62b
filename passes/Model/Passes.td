#ifndef MOEC_PASSES_MODEL_PASSES_TD
#define MOEC_PASSES_MODEL_PASSES_TD

include "mlir/Pass/PassBase.td"

def AssignParametersPass : Pass<"moec-assign-parameters", "::mlir::ModuleOp"> {
  let summary = "Give every parameter its place in the parameter block";
  let description = [{
    Collects the arguments with `moe.param` of all functions into module attributes:
    `moe.parameters`, an array of `{name, shape : array<i64>, offset : i64, decay : bool, init}`;
    `moe.parameter_elements`, the length of the block; `moe.decay_elements`, where the decayed
    parameters end; beside a `@loss`, `moe.trained_elements`, where those end that it takes. The others,
    which no training changes, have `trained = false` and come last. Offsets are in elements: decayed parameters first, each in the order of first
    use, each a multiple of 16 (a cache line), the length a multiple of 4096 so that flat kernels
    have no tails. Gradients and optimizer state use the same offsets.

    Errors: functions that disagree about a parameter's type, `moe.decay` or `moe.init`; a name
    twice in one function; no `moe.init`; a type that is no static float tensor.
  }];
}

#endif
