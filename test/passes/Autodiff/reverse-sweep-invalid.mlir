// The loss depends on a parameter through an op without a gradient.
// RUN: moec-opt %s -moec-autodiff -split-input-file -verify-diagnostics

func.func @train_step(%x: tensor<8x10xf32> {moe.var = @x}, %l: tensor<8xi32> {moe.field = "label"}) -> (tensor<f32> {moe.metric = "loss"}, tensor<8x10xf32>) {
  // expected-error@+1 {{the loss depends on parameters through 'moe.accuracy', which has no gradient; use its result only as a metric or an output}}
  %y = moe.accuracy %x, %l : tensor<8x10xf32>, tensor<8xi32> -> tensor<f32>
  %grads = moe.gradient %y wrt %x : tensor<f32>, tensor<8x10xf32>
  return %y, %grads : tensor<f32>, tensor<8x10xf32>
}
