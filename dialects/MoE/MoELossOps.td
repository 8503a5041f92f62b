#ifndef MOEC_DIALECTS_MOE_MOELOSSOPS_TD
#define MOEC_DIALECTS_MOE_MOELOSSOPS_TD

include "dialects/MoE/MoEStructureOps.td"

def MoE_SoftmaxCrossEntropyOp : MoE_DiffOp<"softmax_cross_entropy"> {
  let summary = "Cross-entropy of a batch: its mean, or that of each item";
  let description = [{
    logits [B, C], labels [B]: -sum_c q_c log softmax(logits[b])_c with
    q = (1 - label_smoothing) * onehot + label_smoothing / C. A result of type [B] holds it for each b, a scalar
    the mean over b.

    Example:

    ```mlir
    func.func @f(%x: tensor<8x10xf32>, %l: tensor<8xi32>) -> tensor<f32> {
      %y = moe.softmax_cross_entropy %x, %l smoothing 0.1 : tensor<8x10xf32>, tensor<8xi32> -> tensor<f32>
      return %y : tensor<f32>
    }
    ```
  }];
  let arguments = (ins MoE_Tensor:$logits, MoE_Labels:$labels, F64Attr:$label_smoothing);
  let results = (outs MoE_Tensor:$loss);
  let assemblyFormat = "$logits `,` $labels `smoothing` $label_smoothing attr-dict `:` type($logits) `,` type($labels) `->` type($loss)";
  let hasVerifier = 1;
  let hasCanonicalizer = 1;
}

def MoE_SoftmaxCrossEntropyGradOp : MoE_Op<"softmax_cross_entropy_grad", [Pure, AllTypesMatch<["logits", "result"]>]> {
  let summary = "Gradient of `moe.softmax_cross_entropy`";
  let description = [{
    lossGrad / B * (softmax(logits) - q).

    Example:

    ```mlir
    func.func @f(%x: tensor<8x10xf32>, %l: tensor<8xi32>, %d: tensor<f32>) -> tensor<8x10xf32> {
      %y = moe.softmax_cross_entropy_grad %x, %l, %d smoothing 0.1 : tensor<8x10xf32>, tensor<8xi32>, tensor<f32>
      return %y : tensor<8x10xf32>
    }
    ```
  }];
  let arguments = (ins MoE_Tensor:$logits, MoE_Labels:$labels, MoE_Scalar:$lossGrad, F64Attr:$label_smoothing);
  let results = (outs MoE_Tensor:$result);
  let assemblyFormat = "$logits `,` $labels `,` $lossGrad `smoothing` $label_smoothing attr-dict `:` type($logits) `,` type($labels) `,` type($lossGrad)";
  let hasVerifier = 1;
}

def MoE_SigmoidCrossEntropyOp : MoE_DiffOp<"sigmoid_cross_entropy"> {
  let summary = "Cross-entropy of each class against all others: of a batch its mean, or that of each item";
  let description = [{
    logits [B, C], labels [B]: -sum_c (z_c log sigmoid(logits[b]_c) + (1 - z_c) log sigmoid(-logits[b]_c)) with z = onehot, the
    loss of the pretraining of V-MoE and Soft MoE (big_vision, `sigmoid_xent`). A result of type [B] holds it for each b, a scalar the
    mean over b. It is computed as sum_c max(y, 0) + log(1 + exp(-|y|)), with y = -logits[b]_c at the label and logits[b]_c elsewhere:
    nothing overflows.

    Example:

    ```mlir
    func.func @f(%x: tensor<8x10xf32>, %l: tensor<8xi32>) -> tensor<f32> {
      %y = moe.sigmoid_cross_entropy %x, %l : tensor<8x10xf32>, tensor<8xi32> -> tensor<f32>
      return %y : tensor<f32>
    }
    ```
  }];
  let arguments = (ins MoE_Tensor:$logits, MoE_Labels:$labels);
  let results = (outs MoE_Tensor:$loss);
  let assemblyFormat = "$logits `,` $labels attr-dict `:` type($logits) `,` type($labels) `->` type($loss)";
  let hasVerifier = 1;
}

def MoE_SigmoidCrossEntropyGradOp : MoE_Op<"sigmoid_cross_entropy_grad", [Pure, AllTypesMatch<["logits", "result"]>]> {
  let summary = "Gradient of `moe.sigmoid_cross_entropy`";
  let description = [{
    lossGrad[b] * (sigmoid(logits[b]) - onehot); of the mean, a scalar lossGrad / B in the place of lossGrad[b].

    Example:

    ```mlir
    func.func @f(%x: tensor<8x10xf32>, %l: tensor<8xi32>, %d: tensor<8xf32>) -> tensor<8x10xf32> {
      %y = moe.sigmoid_cross_entropy_grad %x, %l, %d : tensor<8x10xf32>, tensor<8xi32>, tensor<8xf32>
      return %y : tensor<8x10xf32>
    }
    ```
  }];
  let arguments = (ins MoE_Tensor:$logits, MoE_Labels:$labels, MoE_Tensor:$lossGrad);
  let results = (outs MoE_Tensor:$result);
  let assemblyFormat = "$logits `,` $labels `,` $lossGrad attr-dict `:` type($logits) `,` type($labels) `,` type($lossGrad)";
  let hasVerifier = 1;
}

def MoE_AccuracyOp : MoE_Op<"accuracy", [Pure]> {
  let summary = "Share of the batch whose largest logit is the label, or 1 or 0 for each item";
  let description = [{
    A result of type [B] holds 1 for each item that is right and 0 for the others, a scalar their mean. Ties: the lower class wins. An image with a NaN among its logits is not right. Not differentiable.

    Example:

    ```mlir
    func.func @f(%x: tensor<8x10xf32>, %l: tensor<8xi32>) -> tensor<f32> {
      %y = moe.accuracy %x, %l : tensor<8x10xf32>, tensor<8xi32> -> tensor<f32>
      return %y : tensor<f32>
    }
    ```
  }];
  let arguments = (ins MoE_Tensor:$logits, MoE_Labels:$labels);
  let results = (outs MoE_Tensor:$result);
  let assemblyFormat = "$logits `,` $labels attr-dict `:` type($logits) `,` type($labels) `->` type($result)";
  let hasVerifier = 1;
  let hasCanonicalizer = 1;
}

def MoE_CvSquaredOp : MoE_DiffOp<"cv_squared"> {
  let summary = "Squared coefficient of variation";
  let description = [{
    (std(x) / mean(x))^2 of a vector, population std: the importance loss on the summed gates, the load loss on the
    summed load probabilities (V-MoE, arXiv 2106.05974, appendix A).

    Example:

    ```mlir
    func.func @f(%x: tensor<8xf32>) -> tensor<f32> {
      %y = moe.cv_squared %x : tensor<8xf32> -> tensor<f32>
      return %y : tensor<f32>
    }
    ```
  }];
  let arguments = (ins MoE_Tensor:$input);
  let results = (outs MoE_Scalar:$result);
  let assemblyFormat = "$input attr-dict `:` type($input) `->` type($result)";
  let hasVerifier = 1;
}

def MoE_CvSquaredGradOp : MoE_Op<"cv_squared_grad", [Pure, AllTypesMatch<["input", "result"]>]> {
  let summary = "Gradient of `moe.cv_squared`";
  let description = [{
    With mean m and variance v of n values: dx_i = d * 2 / n * ((x_i - m) / m^2 - v / m^3).

    Example:

    ```mlir
    func.func @f(%x: tensor<8xf32>, %d: tensor<f32>) -> tensor<8xf32> {
      %y = moe.cv_squared_grad %x, %d : tensor<8xf32>, tensor<f32>
      return %y : tensor<8xf32>
    }
    ```
  }];
  let arguments = (ins MoE_Tensor:$input, MoE_Scalar:$outGrad);
  let results = (outs MoE_Tensor:$result);
  let assemblyFormat = "$input `,` $outGrad attr-dict `:` type($input) `,` type($outGrad)";
  let hasVerifier = 1;
}

def MoE_LoadProbabilityOp : MoE_DiffOp<"load_probability", [AllTypesMatch<["logits", "noisy", "result"]>]> {
  let summary = "Probability that an item would choose an expert under fresh noise";
  let description = [{
    logits and noisy logits [items, experts]: p = 1 - Phi((t - logits) / std), where t is the k-th largest noisy
    logit of the item (V-MoE, arXiv 2106.05974, appendix A, and its authors' code).

    Example:

    ```mlir
    func.func @f(%l: tensor<128x8xf32>, %n: tensor<128x8xf32>) -> tensor<128x8xf32> {
      %p = moe.load_probability %l, %n k 2 std 0.125 : tensor<128x8xf32>
      return %p : tensor<128x8xf32>
    }
    ```
  }];
  let arguments = (ins MoE_Tensor:$logits, MoE_Tensor:$noisy, I64Attr:$k, F64Attr:$std);
  let results = (outs MoE_Tensor:$result);
  let assemblyFormat = "$logits `,` $noisy `k` $k `std` $std attr-dict `:` type($logits)";
  let hasVerifier = 1;
}

def MoE_LoadProbabilityGradOp : MoE_Op<"load_probability_grad", [Pure,
    AllTypesMatch<["logits", "noisy", "outGrad", "logitsGrad", "noisyGrad"]>]> {
  let summary = "Gradients of `moe.load_probability`";
  let description = [{
    With z = (t - logits) / std and phi the normal density: logitsGrad = d * phi(z) / std; noisyGrad is
    -sum_e(d * phi(z)) / std at the k-th largest noisy logit (ties: the lower expert is the larger) and 0 elsewhere.

    Example:

    ```mlir
    func.func @f(%l: tensor<128x8xf32>, %n: tensor<128x8xf32>, %d: tensor<128x8xf32>) -> (tensor<128x8xf32>, tensor<128x8xf32>) {
      %dl, %dn = moe.load_probability_grad %l, %n, %d k 2 std 0.125 : tensor<128x8xf32>
      return %dl, %dn : tensor<128x8xf32>, tensor<128x8xf32>
    }
    ```
  }];
  let arguments = (ins MoE_Tensor:$logits, MoE_Tensor:$noisy, MoE_Tensor:$outGrad, I64Attr:$k, F64Attr:$std);
  let results = (outs MoE_Tensor:$logitsGrad, MoE_Tensor:$noisyGrad);
  let assemblyFormat = "$logits `,` $noisy `,` $outGrad `k` $k `std` $std attr-dict `:` type($logits)";
  let hasVerifier = 1;
}

def MoE_LearnedLoadProbabilityOp : MoE_DiffOp<"learned_load_probability", [
    AllTypesMatch<["logits", "noisy", "stds", "result"]>]> {
  let summary = "`moe.load_probability` under noise with a standard deviation of its own for each logit";
  let description = [{
    p = Phi((logits - t) / std), where t is the k-th largest noisy logit of the other experts of the item: the (k+1)-th of all
    for those among the k largest (ties: the lower expert is the larger), the k-th for the others; k < experts (Shazeer et al.,
    arXiv 1701.06538, equations 8 and 9). A std below 1e-20 counts as 1e-20.

    Example:

    ```mlir
    func.func @f(%l: tensor<128x8xf32>, %n: tensor<128x8xf32>, %s: tensor<128x8xf32>) -> tensor<128x8xf32> {
      %p = moe.learned_load_probability %l, %n, %s k 2 : tensor<128x8xf32>
      return %p : tensor<128x8xf32>
    }
    ```
  }];
  let arguments = (ins MoE_Tensor:$logits, MoE_Tensor:$noisy, MoE_Tensor:$stds, I64Attr:$k);
  let results = (outs MoE_Tensor:$result);
  let assemblyFormat = "$logits `,` $noisy `,` $stds `k` $k attr-dict `:` type($logits)";
  let hasVerifier = 1;
}

def MoE_LearnedLoadProbabilityGradOp : MoE_Op<"learned_load_probability_grad", [Pure,
    AllTypesMatch<["logits", "noisy", "stds", "outGrad", "logitsGrad", "noisyGrad", "stdsGrad"]>]> {
  let summary = "Gradients of `moe.learned_load_probability`";
  let description = [{
    With z = (logits - t) / std, phi the normal density and a = d * phi(z) / std: logitsGrad = a, stdsGrad = -a * z; noisyGrad is
    -sum(a) over the experts that are compared with it at the k-th and the (k+1)-th largest noisy logit, 0 elsewhere.

    Example:

    ```mlir
    func.func @f(%l: tensor<128x8xf32>, %n: tensor<128x8xf32>, %s: tensor<128x8xf32>, %d: tensor<128x8xf32>) -> (tensor<128x8xf32>, tensor<128x8xf32>, tensor<128x8xf32>) {
      %dl, %dn, %ds = moe.learned_load_probability_grad %l, %n, %s, %d k 2 : tensor<128x8xf32>
      return %dl, %dn, %ds : tensor<128x8xf32>, tensor<128x8xf32>, tensor<128x8xf32>
    }
    ```
  }];
  let arguments = (ins MoE_Tensor:$logits, MoE_Tensor:$noisy, MoE_Tensor:$stds, MoE_Tensor:$outGrad, I64Attr:$k);
  let results = (outs MoE_Tensor:$logitsGrad, MoE_Tensor:$noisyGrad, MoE_Tensor:$stdsGrad);
  let assemblyFormat = "$logits `,` $noisy `,` $stds `,` $outGrad `k` $k attr-dict `:` type($logits)";
  let hasVerifier = 1;
}

#endif
