#ifndef MOEC_DIALECTS_MOE_MOEDIALECT_TD
#define MOEC_DIALECTS_MOE_MOEDIALECT_TD

include "dialects/KnownAttributes.td"

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

    What a model is made of are variables (`moe.variable`) and entries, functions over them. Arguments of an entry
    say where their value comes from: `moe.var = @stack.fc1.weight`, `moe.field = "image"` (of the data set, or what
    the caller gives) or `moe.host = #moe.host<learning_rate>`; results where it goes: `moe.var = @stack.fc1.weight`,
    `moe.output = "logits"` or `moe.metric = "loss"`. `moe.entry = #moe.entry<"infer", batch = 32>` on the function
    gives the entry's name where it is not that of the function, and its batch size.
  }];
  let useDefaultTypePrinterParser = 1;
  let useDefaultAttributePrinterParser = 1;
  let hasOperationAttrVerify = 1;
  let hasRegionArgAttrVerify = 1;
  let hasRegionResultAttrVerify = 1;
}

class MoE_Op<string mnemonic, list<Trait> traits = []>
    : Op<MoE_Dialect, mnemonic, !listconcat([KnownAttributes], traits)>;

// Tensors of f32 or f64; indices and labels are i32.
def MoE_Float : AnyTypeOf<[F32, F64]>;
def MoE_Tensor : StaticShapeTensorOf<[MoE_Float]>;
def MoE_Scalar : TensorRankOf<[MoE_Float], [0]>;
def MoE_Labels : StaticShapeTensorOf<[I32]>;
def MoE_Integers : StaticShapeTensorOf<[I32]>;
// What only changes its shape, or is one value: also indices.
def MoE_Elements : StaticShapeTensorOf<[F32, F64, I32]>;

#endif
