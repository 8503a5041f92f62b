#ifndef MOEC_DIALECTS_MOE_MOEORDEROPS_TD
#define MOEC_DIALECTS_MOE_MOEORDEROPS_TD

include "dialects/MoE/MoEStructureOps.td"

def MoE_ArgsortOp : MoE_Op<"argsort", [Pure, AllTypesMatch<["input", "result"]>]> {
  let summary = "The order that sorts each row";
  let description = [{
    Of each row along the last axis, result[p] is the position of the element that comes at p when the row is sorted: ascending, as
    signed numbers, of equal ones the lower position first. Of random bits it is a random permutation, of a permutation the
    inverse.

    Every element is compared with every other of its row, so there is no order of comparisons on which a result could hang,
    and rows have at most 65536 elements.

    Example:

    ```mlir
    func.func @f(%bits: tensor<8x49xi32>) -> tensor<8x49xi32> {
      %order = moe.argsort %bits : tensor<8x49xi32>
      return %order : tensor<8x49xi32>
    }
    ```
  }];
  let arguments = (ins MoE_Integers:$input);
  let results = (outs MoE_Integers:$result);
  let assemblyFormat = "$input attr-dict `:` type($input)";
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    /// Elements of a row, at most.
    static constexpr int64_t maxExtent = 65536;
  }];
}

def MoE_GatherTokensOp : MoE_CheapOp<"gather_tokens"> {
  let summary = "Tokens of each image in an order, or a run of it";
  let description = [{
    input [images, n, channels], order [images, n] to [images, m, channels]: result[b, p] = input[b, order[b, begin + p]]; zeros
    where that is no position, which is not from 0 to n - 1. The positions of a row are distinct, such as those of a permutation:
    the gradient, `moe.scatter_tokens`, takes each from one place.

    Example: the 12 tokens of 49 that a masked autoencoder sees (arXiv 2111.06377):

    ```mlir
    func.func @f(%x: tensor<8x49x96xf32>, %order: tensor<8x49xi32>) -> tensor<8x12x96xf32> {
      %y = moe.gather_tokens %x, %order begin 0 : tensor<8x49x96xf32>, tensor<8x49xi32> -> tensor<8x12x96xf32>
      return %y : tensor<8x12x96xf32>
    }
    ```
  }];
  let arguments = (ins MoE_Tensor:$input, MoE_Integers:$order, I64Attr:$begin);
  let results = (outs MoE_Tensor:$result);
  let assemblyFormat = "$input `,` $order `begin` $begin attr-dict `:` type($input) `,` type($order) `->` type($result)";
  let hasVerifier = 1;
  let hasFolder = 1;
}

def MoE_ScatterTokensOp : MoE_CheapOp<"scatter_tokens"> {
  let summary = "Tokens of each image back to where an order took them from";
  let description = [{
    input [images, m, channels], order [images, n] to [images, n, channels]: result[b, order[b, begin + p]] = input[b, p] for each p
    below m, and zeros elsewhere; of several that go to one place the last. The way back of `moe.gather_tokens`, and its gradient.
    Each token of the result finds the p that it is from, so nothing is written twice.

    Example:

    ```mlir
    func.func @f(%x: tensor<8x12x96xf32>, %order: tensor<8x49xi32>) -> tensor<8x49x96xf32> {
      %y = moe.scatter_tokens %x, %order begin 0 : tensor<8x12x96xf32>, tensor<8x49xi32> -> tensor<8x49x96xf32>
      return %y : tensor<8x49x96xf32>
    }
    ```
  }];
  let arguments = (ins MoE_Tensor:$input, MoE_Integers:$order, I64Attr:$begin);
  let results = (outs MoE_Tensor:$result);
  let assemblyFormat = "$input `,` $order `begin` $begin attr-dict `:` type($input) `,` type($order) `->` type($result)";
  let hasVerifier = 1;
  let hasFolder = 1;
}

#endif
