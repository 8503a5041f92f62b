#ifndef MOEC_DIALECTS_MOE_MOETOKENSOPS_TD
#define MOEC_DIALECTS_MOE_MOETOKENSOPS_TD

include "dialects/MoE/MoEStructureOps.td"

def MoE_ConcatOp : MoE_CheapOp<"concat"> {
  let summary = "Tensors side by side along an axis";
  let description = [{
    All other axes have one size. A class token ahead of the tokens of a Vision Transformer is
    one input with one token an image.

    Example:

    ```mlir
    func.func @f(%c: tensor<2x1x8xf32>, %x: tensor<2x49x8xf32>) -> tensor<2x50x8xf32> {
      %y = moe.concat %c, %x axis 1 : tensor<2x1x8xf32>, tensor<2x49x8xf32> -> tensor<2x50x8xf32>
      return %y : tensor<2x50x8xf32>
    }
    ```
  }];
  let arguments = (ins Variadic<MoE_Tensor>:$inputs, I64Attr:$axis);
  let results = (outs MoE_Tensor:$result);
  let assemblyFormat = "$inputs `axis` $axis attr-dict `:` type($inputs) `->` type($result)";
  let hasVerifier = 1;
  let hasFolder = 1;
}

def MoE_SliceOp : MoE_CheapOp<"slice"> {
  let summary = "A part of a tensor along an axis";
  let description = [{
    Elements `begin` to before `begin` + the size that the result has there.

    Example:

    ```mlir
    func.func @f(%x: tensor<2x50x8xf32>) -> tensor<2x49x8xf32> {
      %y = moe.slice %x axis 1 begin 1 : tensor<2x50x8xf32> -> tensor<2x49x8xf32>
      return %y : tensor<2x49x8xf32>
    }
    ```
  }];
  let arguments = (ins MoE_Tensor:$input, I64Attr:$axis, I64Attr:$begin);
  let results = (outs MoE_Tensor:$result);
  let assemblyFormat = "$input `axis` $axis `begin` $begin attr-dict `:` type($input) `->` type($result)";
  let hasVerifier = 1;
  let hasFolder = 1;
}

def MoE_StopGradientOp : MoE_CheapOp<"stop_gradient", [SameOperandsAndResultType]> {
  let summary = "Its operand, through which no gradient flows";
  let description = [{
    Example:

    ```mlir
    func.func @f(%x: tensor<4xf32>) -> tensor<4xf32> {
      %y = moe.stop_gradient %x : tensor<4xf32>
      return %y : tensor<4xf32>
    }
    ```
  }];
  let arguments = (ins MoE_Tensor:$input);
  let results = (outs MoE_Tensor:$result);
  let assemblyFormat = "$input attr-dict `:` type($result)";
}

#endif
