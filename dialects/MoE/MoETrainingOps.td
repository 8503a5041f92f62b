#ifndef MOEC_DIALECTS_MOE_MOETRAININGOPS_TD
#define MOEC_DIALECTS_MOE_MOETRAININGOPS_TD

include "dialects/MoE/MoEStructureOps.td"

def MoE_ClipScaleOp : MoE_Op<"clip_scale", [Pure, AllTypesMatch<["scale", "norm"]>]> {
  let summary = "Global gradient norm and the factor that clips it";
  let description = [{
    grads: all gradients as one flat vector. norm = sqrt(sum g^2); scale = min(1, max_norm / (norm + 1e-6)), or 1 if
    max_norm is 0. The sum is taken over chunks of 4096 elements, then over the chunks. Where it is beyond f32 it is that
    of (2^-80 g)^2, so that the norm of finite gradients is finite if f32 can hold it. An infinite norm gives the factor 0
    and a NaN a NaN, as in optax.clip_by_global_norm and torch.nn.utils.clip_grad_norm_.

    Example:

    ```mlir
    func.func @f(%g: tensor<1024xf32>) -> (tensor<f32>, tensor<f32>) {
      %s, %n = moe.clip_scale %g max_norm 1.0 : tensor<1024xf32> -> tensor<f32>
      return %s, %n : tensor<f32>, tensor<f32>
    }
    ```
  }];
  let arguments = (ins MoE_Tensor:$grads, F64Attr:$max_norm);
  let results = (outs MoE_Scalar:$scale, MoE_Scalar:$norm);
  let assemblyFormat = "$grads `max_norm` $max_norm attr-dict `:` type($grads) `->` type($scale)";
  let hasVerifier = 1;
}

def MoE_SgdUpdateOp : MoE_Op<"sgd_update", [Pure, AllTypesMatch<["param", "grad", "momentum", "newParam", "newMomentum"]>,
    AllTypesMatch<["learningRate", "gradScale"]>]> {
  let summary = "SGD with momentum";
  let description = [{
    g' = gradScale * g + weight_decay * p; m' = mu * m + g'; p' = p - lr * m'. Flat vectors.

    Example:

    ```mlir
    func.func @f(%p: tensor<8xf32>, %g: tensor<8xf32>, %m: tensor<8xf32>, %lr: tensor<f32>, %c: tensor<f32>) -> (tensor<8xf32>, tensor<8xf32>) {
      %q, %n = moe.sgd_update %p, %g, %m, %lr, %c mu 0.9 weight_decay 1.0e-4 : tensor<8xf32>, tensor<f32>
      return %q, %n : tensor<8xf32>, tensor<8xf32>
    }
    ```
  }];
  let arguments = (ins MoE_Tensor:$param, MoE_Tensor:$grad, MoE_Tensor:$momentum, MoE_Scalar:$learningRate,
    MoE_Scalar:$gradScale, F64Attr:$mu, F64Attr:$weight_decay);
  let results = (outs MoE_Tensor:$newParam, MoE_Tensor:$newMomentum);
  let assemblyFormat = [{ $param `,` $grad `,` $momentum `,` $learningRate `,` $gradScale `mu` $mu
    `weight_decay` $weight_decay attr-dict `:` type($param) `,` type($learningRate) }];
  let hasVerifier = 1;
}

def MoE_AdamWUpdateOp : MoE_Op<"adamw_update", [Pure,
    AllTypesMatch<["param", "grad", "mean", "variance", "newParam", "newMean", "newVariance"]>,
    AllTypesMatch<["learningRate", "gradScale"]>]> {
  let summary = "Adam with decoupled weight decay";
  let description = [{
    arXiv 1711.05101, algorithm 2, with learning rate on both terms: g' = gradScale * g; m' = b1 m + (1-b1) g';
    v' = b2 v + (1-b2) g'^2; p' = p - lr * (m'/(1-b1^step) / (sqrt(v'/(1-b2^step)) + eps) + weight_decay * p). `step`
    counts from 1. Flat vectors.

    Example:

    ```mlir
    func.func @f(%p: tensor<8xf32>, %g: tensor<8xf32>, %m: tensor<8xf32>, %v: tensor<8xf32>, %lr: tensor<f32>, %s: tensor<i32>, %c: tensor<f32>)
        -> (tensor<8xf32>, tensor<8xf32>, tensor<8xf32>) {
      %q, %n, %w = moe.adamw_update %p, %g, %m, %v, %lr, %s, %c beta1 0.9 beta2 0.999 eps 1.0e-8 weight_decay 0.05
        : tensor<8xf32>, tensor<f32>, tensor<i32>
      return %q, %n, %w : tensor<8xf32>, tensor<8xf32>, tensor<8xf32>
    }
    ```
  }];
  let arguments = (ins MoE_Tensor:$param, MoE_Tensor:$grad, MoE_Tensor:$mean, MoE_Tensor:$variance,
    MoE_Scalar:$learningRate, TensorRankOf<[I32], [0]>:$step, MoE_Scalar:$gradScale,
    F64Attr:$beta1, F64Attr:$beta2, F64Attr:$eps, F64Attr:$weight_decay);
  let results = (outs MoE_Tensor:$newParam, MoE_Tensor:$newMean, MoE_Tensor:$newVariance);
  let assemblyFormat = [{ $param `,` $grad `,` $mean `,` $variance `,` $learningRate `,` $step `,` $gradScale
    `beta1` $beta1 `beta2` $beta2 `eps` $eps `weight_decay` $weight_decay attr-dict
    `:` type($param) `,` type($learningRate) `,` type($step) }];
  let hasVerifier = 1;
}

#endif
