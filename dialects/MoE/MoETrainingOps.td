#ifndef MOEC_DIALECTS_MOE_MOETRAININGOPS_TD
#define MOEC_DIALECTS_MOE_MOETRAININGOPS_TD

include "dialects/MoE/MoEStructureOps.td"

class MoE_SameTypes<string a, string b> : RangedTypesMatchWith<b # " have the types of " # a, a, b, "$_self">;

class MoE_OptimizerOp<string mnemonic, list<Trait> traits, list<string> more = []> : MoE_Op<mnemonic, !listconcat([Pure,
    SameVariadicOperandSize, SameVariadicResultSize, AllTypesMatch<["learningRate", "gradScale"]>,
    DeclareOpInterfaceMethods<MoE_OptimizerOpInterface, more>], traits)> {
  let hasVerifier = 1;
}

def MoE_ClipScaleOp : MoE_Op<"clip_scale", [Pure, AllTypesMatch<["scale", "norm"]>]> {
  let summary = "Global gradient norm and the factor that clips it";
  let description = [{
    norm = sqrt(sum g^2) over all elements of all gradients; scale = min(1, max_norm / (norm + 1e-6)), or 1 if
    max_norm is 0. The sum of each gradient is taken over chunks of 4096 elements, then over the chunks; then
    the sums are added in order. Where the sum is beyond f32 it is that of (2^-80 g)^2, so that the norm of finite
    gradients is finite if f32 can hold it. An infinite norm gives the factor 0 and a NaN a NaN, as in
    optax.clip_by_global_norm and torch.nn.utils.clip_grad_norm_.

    Example:

    ```mlir
    func.func @f(%g: tensor<16x64xf32>, %h: tensor<8xf32>) -> (tensor<f32>, tensor<f32>) {
      %s, %n = moe.clip_scale %g, %h max_norm 1.0 : tensor<16x64xf32>, tensor<8xf32> -> tensor<f32>
      return %s, %n : tensor<f32>, tensor<f32>
    }
    ```
  }];
  let arguments = (ins Variadic<MoE_Tensor>:$grads, F64Attr:$max_norm);
  let results = (outs MoE_Scalar:$scale, MoE_Scalar:$norm);
  let assemblyFormat = "$grads `max_norm` $max_norm attr-dict `:` type($grads) `->` type($scale)";
  let hasVerifier = 1;
}

def MoE_SgdUpdateOp : MoE_OptimizerOp<"sgd_update", [MoE_SameTypes<"params", "grads">,
    MoE_SameTypes<"params", "momenta">, MoE_SameTypes<"params", "newParams">, MoE_SameTypes<"params", "newMomenta">]> {
  let summary = "SGD with momentum";
  let description = [{
    For each parameter: g' = gradScale * g + weight_decay * p; m' = momentum * m + g'; p' = p - lr * m'.

    Example:

    ```mlir
    func.func @f(%p: tensor<8xf32>, %g: tensor<8xf32>, %m: tensor<8xf32>, %lr: tensor<f32>, %c: tensor<f32>) -> (tensor<8xf32>, tensor<8xf32>) {
      %q, %n = moe.sgd_update (%p) grads (%g) momenta (%m) rate %lr scale %c momentum 0.9 weight_decay 1.0e-4 : tensor<f32>, tensor<8xf32>
      return %q, %n : tensor<8xf32>, tensor<8xf32>
    }
    ```
  }];
  let arguments = (ins Variadic<MoE_Tensor>:$params, Variadic<MoE_Tensor>:$grads, Variadic<MoE_Tensor>:$momenta,
    MoE_Scalar:$learningRate, MoE_Scalar:$gradScale, F64Attr:$momentum, F64Attr:$weight_decay);
  let results = (outs Variadic<MoE_Tensor>:$newParams, Variadic<MoE_Tensor>:$newMomenta);
  let assemblyFormat = [{ `(` $params `)` `grads` `(` $grads `)` `momenta` `(` $momenta `)` `rate` $learningRate
    `scale` $gradScale `momentum` $momentum `weight_decay` $weight_decay attr-dict `:` type($learningRate) `,` type($params) }];
}

def MoE_AdamWUpdateOp : MoE_OptimizerOp<"adamw_update", [MoE_SameTypes<"params", "grads">,
    MoE_SameTypes<"params", "means">, MoE_SameTypes<"params", "variances">, MoE_SameTypes<"params", "newParams">,
    MoE_SameTypes<"params", "newMeans">, MoE_SameTypes<"params", "newVariances">]> {
  let summary = "Adam with decoupled weight decay";
  let description = [{
    arXiv 1711.05101, algorithm 2, with learning rate on both terms. For each parameter: g' = gradScale * g;
    m' = b1 m + (1-b1) g'; v' = b2 v + (1-b2) g'^2;
    p' = p - lr * (m'/(1-b1^step) / (sqrt(v'/(1-b2^step)) + eps) + weight_decay * p). `step` counts from 1.

    Example:

    ```mlir
    func.func @f(%p: tensor<8xf32>, %g: tensor<8xf32>, %m: tensor<8xf32>, %v: tensor<8xf32>, %lr: tensor<f32>, %s: tensor<i32>, %c: tensor<f32>)
        -> (tensor<8xf32>, tensor<8xf32>, tensor<8xf32>) {
      %q, %n, %w = moe.adamw_update (%p) grads (%g) means (%m) variances (%v) rate %lr step %s scale %c
        beta1 0.9 beta2 0.999 eps 1.0e-8 weight_decay 0.05 : tensor<f32>, tensor<i32>, tensor<8xf32>
      return %q, %n, %w : tensor<8xf32>, tensor<8xf32>, tensor<8xf32>
    }
    ```
  }];
  let arguments = (ins Variadic<MoE_Tensor>:$params, Variadic<MoE_Tensor>:$grads, Variadic<MoE_Tensor>:$means,
    Variadic<MoE_Tensor>:$variances, MoE_Scalar:$learningRate, TensorRankOf<[I32], [0]>:$step,
    MoE_Scalar:$gradScale, F64Attr:$beta1, F64Attr:$beta2, F64Attr:$eps, F64Attr:$weight_decay);
  let results = (outs Variadic<MoE_Tensor>:$newParams, Variadic<MoE_Tensor>:$newMeans,
    Variadic<MoE_Tensor>:$newVariances);
  let assemblyFormat = [{ `(` $params `)` `grads` `(` $grads `)` `means` `(` $means `)` `variances` `(` $variances `)`
    `rate` $learningRate `step` $step `scale` $gradScale `beta1` $beta1 `beta2` $beta2 `eps` $eps
    `weight_decay` $weight_decay attr-dict `:` type($learningRate) `,` type($step) `,` type($params) }];
}

def MoE_LambUpdateOp : MoE_OptimizerOp<"lamb_update", [MoE_SameTypes<"params", "grads">,
    MoE_SameTypes<"params", "means">, MoE_SameTypes<"params", "variances">, MoE_SameTypes<"params", "newParams">,
    MoE_SameTypes<"params", "newMeans">, MoE_SameTypes<"params", "newVariances">], ["getNumSlices", "terms"]> {
  let summary = "Adam with a step as long as the parameter asks for (LAMB)";
  let description = [{
    arXiv 1904.00962, algorithm 2, with phi(z) = z. For each parameter, or for each of `slices` equal parts of it along its first
    axis (the layers of a repeated block): g' = gradScale * g; m' = b1 m + (1-b1) g'; v' = b2 v + (1-b2) g'^2;
    r = m'/(1-b1^step) / (sqrt(v'/(1-b2^step)) + eps) + weight_decay * p; p' = p - lr * |p| / |r| * r, where the ratio of the
    norms is 1 if one of them is 0. `step` counts from 1. The sums of squares are taken over chunks of 4096 elements, what is left,
    then over both.

    Example:

    ```mlir
    func.func @f(%p: tensor<4x8xf32>, %g: tensor<4x8xf32>, %m: tensor<4x8xf32>, %v: tensor<4x8xf32>, %lr: tensor<f32>, %s: tensor<i32>, %c: tensor<f32>)
        -> (tensor<4x8xf32>, tensor<4x8xf32>, tensor<4x8xf32>) {
      %q, %n, %w = moe.lamb_update (%p) grads (%g) means (%m) variances (%v) rate %lr step %s scale %c slices [4]
        beta1 0.9 beta2 0.999 eps 1.0e-6 weight_decay 0.05 : tensor<f32>, tensor<i32>, tensor<4x8xf32>
      return %q, %n, %w : tensor<4x8xf32>, tensor<4x8xf32>, tensor<4x8xf32>
    }
    ```
  }];
  let arguments = (ins Variadic<MoE_Tensor>:$params, Variadic<MoE_Tensor>:$grads, Variadic<MoE_Tensor>:$means,
    Variadic<MoE_Tensor>:$variances, MoE_Scalar:$learningRate, TensorRankOf<[I32], [0]>:$step, MoE_Scalar:$gradScale,
    DenseI64ArrayAttr:$slices, F64Attr:$beta1, F64Attr:$beta2, F64Attr:$eps, F64Attr:$weight_decay);
  let results = (outs Variadic<MoE_Tensor>:$newParams, Variadic<MoE_Tensor>:$newMeans,
    Variadic<MoE_Tensor>:$newVariances);
  let assemblyFormat = [{ `(` $params `)` `grads` `(` $grads `)` `means` `(` $means `)` `variances` `(` $variances `)`
    `rate` $learningRate `step` $step `scale` $gradScale `slices` $slices `beta1` $beta1 `beta2` $beta2 `eps` $eps
    `weight_decay` $weight_decay attr-dict `:` type($learningRate) `,` type($step) `,` type($params) }];
  let extraClassDeclaration = "static unsigned getNumSums() { return 2; }";
}

def MoE_LionUpdateOp : MoE_OptimizerOp<"lion_update", [MoE_SameTypes<"params", "grads">, MoE_SameTypes<"params", "means">,
    MoE_SameTypes<"params", "newParams">, MoE_SameTypes<"params", "newMeans">]> {
  let summary = "The sign of an average of gradients (Lion)";
  let description = [{
    arXiv 2302.06675, algorithm 2. For each parameter: g' = gradScale * g; c = b1 m + (1-b1) g';
    p' = p - lr * (sign(c) + weight_decay * p); m' = b2 m + (1-b2) g'. The sign of 0 is 0, that of a NaN a NaN.

    Example:

    ```mlir
    func.func @f(%p: tensor<8xf32>, %g: tensor<8xf32>, %m: tensor<8xf32>, %lr: tensor<f32>, %c: tensor<f32>) -> (tensor<8xf32>, tensor<8xf32>) {
      %q, %n = moe.lion_update (%p) grads (%g) means (%m) rate %lr scale %c beta1 0.9 beta2 0.99 weight_decay 0.5 : tensor<f32>, tensor<8xf32>
      return %q, %n : tensor<8xf32>, tensor<8xf32>
    }
    ```
  }];
  let arguments = (ins Variadic<MoE_Tensor>:$params, Variadic<MoE_Tensor>:$grads, Variadic<MoE_Tensor>:$means,
    MoE_Scalar:$learningRate, MoE_Scalar:$gradScale, F64Attr:$beta1, F64Attr:$beta2, F64Attr:$weight_decay);
  let results = (outs Variadic<MoE_Tensor>:$newParams, Variadic<MoE_Tensor>:$newMeans);
  let assemblyFormat = [{ `(` $params `)` `grads` `(` $grads `)` `means` `(` $means `)` `rate` $learningRate
    `scale` $gradScale `beta1` $beta1 `beta2` $beta2 `weight_decay` $weight_decay attr-dict
    `:` type($learningRate) `,` type($params) }];
}

#endif
