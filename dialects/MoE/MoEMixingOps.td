#ifndef MOEC_DIALECTS_MOE_MOEMIXINGOPS_TD
#define MOEC_DIALECTS_MOE_MOEMIXINGOPS_TD

include "dialects/MoE/MoEStructureOps.td"

def MoE_PatchifyOp : MoE_Op<"patchify", [Pure]> {
  let summary = "Cuts images into normalised patches";
  let description = [{
    input [B, H, W, C] (u8 as i8, or float), result [B, (H/P)*(W/P), P*P*C]: patch (i, j) is token
    i*(W/P)+j, element ((y*P)+x)*C+c. Values become (v - mean) / std, of which there is one each or one a
    channel; u8 is divided by 255 first. Data has no gradient.

    Example:

    ```mlir
    func.func @f(%x: tensor<2x28x28x1xi8>) -> tensor<2x49x16xf32> {
      %y = moe.patchify %x patch 4 mean [0.286] std [0.353] : tensor<2x28x28x1xi8> -> tensor<2x49x16xf32>
      return %y : tensor<2x49x16xf32>
    }
    ```
  }];
  let arguments = (ins StaticShapeTensorOf<[I8, F32, F64]>:$image, I64Attr:$patch, DenseF64ArrayAttr:$mean,
    DenseF64ArrayAttr:$std);
  let results = (outs MoE_Tensor:$result);
  let assemblyFormat = "$image `patch` $patch `mean` $mean `std` $std attr-dict `:` type($image) `->` type($result)";
  let hasVerifier = 1;
}

def MoE_LinearOp : MoE_DiffOp<"linear"> {
  let summary = "A linear layer over any axis";
  let description = [{
    result[.., n, ..] = sum over k of input[.., k, ..] * weight[k, n] (+ bias[n]), where k and n stand at
    `axis`. Over the last axis it is channel mixing, over the token axis token mixing (MLP-Mixer, arXiv 2105.01601, equation 1).

    Example:

    ```mlir
    func.func @f(%x: tensor<2x49x96xf32>, %w: tensor<49x64xf32>, %b: tensor<64xf32>) -> tensor<2x64x96xf32> {
      %y = moe.linear %x, %w, %b axis 1 : (tensor<2x49x96xf32>, tensor<49x64xf32>, tensor<64xf32>) -> tensor<2x64x96xf32>
      return %y : tensor<2x64x96xf32>
    }
    ```
  }];
  let arguments = (ins MoE_Tensor:$input, MoE_Tensor:$weight, Optional<MoE_Tensor>:$bias, I64Attr:$axis);
  let results = (outs MoE_Tensor:$result);
  let assemblyFormat = "$input `,` $weight (`,` $bias^)? `axis` $axis attr-dict `:` functional-type(operands, results)";
  let hasVerifier = 1;
}

def MoE_EinsumOp : MoE_DiffOp<"einsum"> {
  let summary = "A contraction of two tensors in index notation";
  let description = [{
    `"bsd,btd->bst"`: one letter an axis; letters of both inputs that are missing in the result are
    summed; every letter of the result is in an input, and every letter of one input is in the other or in the result.

    Example:

    ```mlir
    func.func @f(%q: tensor<2x49x4x24xf32>, %k: tensor<2x49x4x24xf32>) -> tensor<2x4x49x49xf32> {
      %y = moe.einsum %q, %k "bshd,bthd->bhst" : (tensor<2x49x4x24xf32>, tensor<2x49x4x24xf32>) -> tensor<2x4x49x49xf32>
      return %y : tensor<2x4x49x49xf32>
    }
    ```
  }];
  let arguments = (ins MoE_Tensor:$lhs, MoE_Tensor:$rhs, StrAttr:$equation);
  let results = (outs MoE_Tensor:$result);
  let assemblyFormat = "$lhs `,` $rhs $equation attr-dict `:` functional-type(operands, results)";
  let hasVerifier = 1;
}

def MoE_LayerNormOp : MoE_CheapOp<"layer_norm", [AllTypesMatch<["input", "result"]>, AllTypesMatch<["scale", "bias"]>]> {
  let summary = "Layer normalisation over the last axis";
  let description = [{
    (x - mean) / sqrt(var + eps) * scale + bias, with the biased variance (arXiv 1607.06450).

    Mean and variance by the corrected two-pass algorithm: a constant row gives `bias` exactly. Of other rows the
    normalised value h is off by 2^-24 |mean| / sqrt(var + eps), for want of digits of the mean, and a rounding of sums
    and products (docs/numerics.md).

    Example:

    ```mlir
    func.func @f(%x: tensor<2x49x96xf32>, %s: tensor<96xf32>, %b: tensor<96xf32>) -> tensor<2x49x96xf32> {
      %y = moe.layer_norm %x, %s, %b eps 1.0e-6 : tensor<2x49x96xf32>, tensor<96xf32>
      return %y : tensor<2x49x96xf32>
    }
    ```
  }];
  let arguments = (ins MoE_Tensor:$input, MoE_Tensor:$scale, MoE_Tensor:$bias, F64Attr:$eps);
  let results = (outs MoE_Tensor:$result);
  let assemblyFormat = "$input `,` $scale `,` $bias `eps` $eps attr-dict `:` type($input) `,` type($scale)";
  let hasVerifier = 1;
}

def MoE_LayerNormGradOp : MoE_Op<"layer_norm_grad", [Pure, AllTypesMatch<["input", "outGrad", "inputGrad"]>,
    AllTypesMatch<["scale", "scaleGrad", "biasGrad"]>]> {
  let summary = "Gradients of `moe.layer_norm`";
  let description = [{
    With h = (x - mean) * rstd and g = dy * scale: dx = rstd * (g - mean(g) - h * mean(g * h)), dscale = sum(dy * h),
    dbias = sum(dy).

    Example:

    ```mlir
    func.func @f(%x: tensor<2x49x96xf32>, %s: tensor<96xf32>, %dy: tensor<2x49x96xf32>)
        -> (tensor<2x49x96xf32>, tensor<96xf32>, tensor<96xf32>) {
      %dx, %ds, %db = moe.layer_norm_grad %x, %s, %dy eps 1.0e-6 : tensor<2x49x96xf32>, tensor<96xf32>
      return %dx, %ds, %db : tensor<2x49x96xf32>, tensor<96xf32>, tensor<96xf32>
    }
    ```
  }];
  let arguments = (ins MoE_Tensor:$input, MoE_Tensor:$scale, MoE_Tensor:$outGrad, F64Attr:$eps);
  let results = (outs MoE_Tensor:$inputGrad, MoE_Tensor:$scaleGrad, MoE_Tensor:$biasGrad);
  let assemblyFormat = "$input `,` $scale `,` $outGrad `eps` $eps attr-dict `:` type($input) `,` type($scale)";
  let hasVerifier = 1;
}

def MoE_L2NormalizeOp : MoE_CheapOp<"l2_normalize", [AllTypesMatch<["input", "result"]>]> {
  let summary = "Unit length along one axis";
  let description = [{
    x * rsqrt(sum(x^2) + eps), as in the released Soft MoE code (arXiv 2308.00951, algorithm 2, with eps inside the root).

    Example:

    ```mlir
    func.func @f(%x: tensor<96x32xf32>) -> tensor<96x32xf32> {
      %y = moe.l2_normalize %x axis 0 eps 1.0e-6 : tensor<96x32xf32>
      return %y : tensor<96x32xf32>
    }
    ```
  }];
  let arguments = (ins MoE_Tensor:$input, I64Attr:$axis, F64Attr:$eps);
  let results = (outs MoE_Tensor:$result);
  let assemblyFormat = "$input `axis` $axis `eps` $eps attr-dict `:` type($input)";
  let hasVerifier = 1;
}

def MoE_L2NormalizeGradOp : MoE_Op<"l2_normalize_grad", [Pure, SameOperandsAndResultType]> {
  let summary = "Gradient of `moe.l2_normalize`";
  let description = [{
    With r = rsqrt(sum(x^2) + eps): dx = r * dy - x * r^3 * sum(x * dy).

    Example:

    ```mlir
    func.func @f(%x: tensor<96x32xf32>, %dy: tensor<96x32xf32>) -> tensor<96x32xf32> {
      %dx = moe.l2_normalize_grad %x, %dy axis 0 eps 1.0e-6 : tensor<96x32xf32>
      return %dx : tensor<96x32xf32>
    }
    ```
  }];
  let arguments = (ins MoE_Tensor:$input, MoE_Tensor:$outGrad, I64Attr:$axis, F64Attr:$eps);
  let results = (outs MoE_Tensor:$result);
  let assemblyFormat = "$input `,` $outGrad `axis` $axis `eps` $eps attr-dict `:` type($input)";
  let hasVerifier = 1;
}

def MoE_SoftmaxOp : MoE_DiffOp<"softmax", [AllTypesMatch<["input", "result"]>]> {
  let summary = "Softmax over one or more axes";
  let description = [{
    exp(x - max) / sum(exp(x - max)) over all of `axes` (ascending) together. Soft MoE takes it over the tokens for
    dispatch and over the slots for combine (arXiv 2308.00951, equations 1 and 2).

    Example:

    ```mlir
    func.func @f(%x: tensor<2x49x32xf32>) -> tensor<2x49x32xf32> {
      %y = moe.softmax %x axes [1] : tensor<2x49x32xf32>
      return %y : tensor<2x49x32xf32>
    }
    ```
  }];
  let arguments = (ins MoE_Tensor:$input, DenseI64ArrayAttr:$axes);
  let results = (outs MoE_Tensor:$result);
  let assemblyFormat = "$input `axes` $axes attr-dict `:` type($input)";
  let hasVerifier = 1;
}

def MoE_SoftmaxGradOp : MoE_Op<"softmax_grad", [Pure, SameOperandsAndResultType]> {
  let summary = "Gradient of `moe.softmax`";
  let description = [{
    From the result y: dx = y * (dy - sum(y * dy)) over `axes`.

    Example:

    ```mlir
    func.func @f(%y: tensor<2x49x32xf32>, %dy: tensor<2x49x32xf32>) -> tensor<2x49x32xf32> {
      %dx = moe.softmax_grad %y, %dy axes [1] : tensor<2x49x32xf32>
      return %dx : tensor<2x49x32xf32>
    }
    ```
  }];
  let arguments = (ins MoE_Tensor:$output, MoE_Tensor:$outGrad, DenseI64ArrayAttr:$axes);
  let results = (outs MoE_Tensor:$result);
  let assemblyFormat = "$output `,` $outGrad `axes` $axes attr-dict `:` type($output)";
  let hasVerifier = 1;
}

#endif
