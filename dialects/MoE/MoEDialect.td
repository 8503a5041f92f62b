#ifndef MOEC_DIALECTS_MOE_MOEDIALECT_TD
#define MOEC_DIALECTS_MOE_MOEDIALECT_TD

include "mlir/IR/OpBase.td"

def MoE_Dialect : Dialect {
  let name = "moe";
  let cppNamespace = "::moec::moe";
  let summary = "Vision models with experts and mixers, in the field's words";
  let description = [{
    Tensor ops of the model level: linear layers over any axis, normalisation,
    routing, dispatch, expert layers, combine, losses, optimizer updates. Shapes
    are static. Element types are f32; f64 is accepted everywhere that f32 is, so
    that gradients can be checked. Nothing broadcasts silently: use
    `moe.broadcast`.

    Function arguments and results carry what they are: `moe.input = "image"`,
    `moe.param = "stack.fc1.weight"` (with `moe.init`, `moe.decay`), `moe.output = "logits"`,
    `moe.loss`, `moe.metric = "name"`, `moe.grad = "stack.fc1.weight"`.
  }];
  let useDefaultTypePrinterParser = 1;
  let hasOperationAttrVerify = 1;
  let hasRegionArgAttrVerify = 1;
  let hasRegionResultAttrVerify = 1;
}

class MoE_Op<string mnemonic, list<Trait> traits = []> : Op<MoE_Dialect, mnemonic, traits>;

// Tensors of f32 or f64; indices and labels are i32.
def MoE_Float : AnyTypeOf<[F32, F64]>;
def MoE_Tensor : StaticShapeTensorOf<[MoE_Float]>;
def MoE_Scalar : TensorRankOf<[MoE_Float], [0]>;
def MoE_Labels : StaticShapeTensorOf<[I32]>;

#endif
