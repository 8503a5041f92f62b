// RUN: moec-opt %s -split-input-file -verify-diagnostics

func.func @smoothing(%x: tensor<8x10xf32>, %l: tensor<8xi32>) -> tensor<f32> {
  // expected-error @+1 {{expected 0 <= smoothing <= 1, got 1.5}}
  %y = moe.softmax_cross_entropy %x, %l smoothing 1.5 : tensor<8x10xf32>, tensor<8xi32> -> tensor<f32>
  return %y : tensor<f32>
}

// -----

func.func @logits(%x: tensor<8xf32>, %l: tensor<8xi32>) -> tensor<f32> {
  // expected-error @+1 {{expected logits of rank 2, got 1}}
  %y = moe.softmax_cross_entropy %x, %l smoothing 0.0 : tensor<8xf32>, tensor<8xi32> -> tensor<f32>
  return %y : tensor<f32>
}

// -----

func.func @cross_entropy_grad(%x: tensor<8x10xf32>, %l: tensor<8x1xi32>, %d: tensor<f32>) -> tensor<8x10xf32> {
  // expected-error @+1 {{expected labels of shape [8], got [8, 1]}}
  %y = moe.softmax_cross_entropy_grad %x, %l, %d smoothing 0.1 : tensor<8x10xf32>, tensor<8x1xi32>, tensor<f32>
  return %y : tensor<8x10xf32>
}

// -----

func.func @accuracy(%x: tensor<8x10xf32>, %l: tensor<7xi32>) -> tensor<f32> {
  // expected-error @+1 {{expected labels of shape [8], got [7]}}
  %y = moe.accuracy %x, %l : tensor<8x10xf32>, tensor<7xi32> -> tensor<f32>
  return %y : tensor<f32>
}

// -----

func.func @cv_squared(%x: tensor<8x1xf32>) -> tensor<f32> {
  // expected-error @+1 {{expected an input of rank 1, got 2}}
  %y = moe.cv_squared %x : tensor<8x1xf32> -> tensor<f32>
  return %y : tensor<f32>
}

// -----

func.func @cv_squared_grad(%x: tensor<8xf32>, %d: tensor<f64>) -> tensor<8xf32> {
  // expected-error @+1 {{expected one element type, got 'f32' and 'f64'}}
  %y = moe.cv_squared_grad %x, %d : tensor<8xf32>, tensor<f64>
  return %y : tensor<8xf32>
}

// -----

func.func @load(%x: tensor<6x4xf32>) -> tensor<6x4xf32> {
  // expected-error @+1 {{expected 1 <= k <= 4, got 0}}
  %y = moe.load_probability %x, %x k 0 std 0.25 : tensor<6x4xf32>
  return %y : tensor<6x4xf32>
}

// -----

func.func @load_grad(%x: tensor<6x4xf32>) -> tensor<6x4xf32> {
  // expected-error @+1 {{expected std > 0, got 0}}
  %y, %z = moe.load_probability_grad %x, %x, %x k 2 std 0.0 : tensor<6x4xf32>
  return %y : tensor<6x4xf32>
}

// -----

func.func @learned_load(%x: tensor<6x4xf32>) -> tensor<6x4xf32> {
  // expected-error @+1 {{expected 1 <= k < 4, got 4}}
  %y = moe.learned_load_probability %x, %x, %x k 4 : tensor<6x4xf32>
  return %y : tensor<6x4xf32>
}

// -----

func.func @learned_load_grad(%x: tensor<24xf32>) -> tensor<24xf32> {
  // expected-error @+1 {{expected logits of rank 2, got 1}}
  %y, %z, %w = moe.learned_load_probability_grad %x, %x, %x, %x k 2 : tensor<24xf32>
  return %y : tensor<24xf32>
}

// -----

func.func @clip_types(%g: tensor<4x8xf32>, %h: tensor<4xf64>) -> tensor<f32> {
  // expected-error @+1 {{expected one element type, got 'f32' and 'f64'}}
  %s, %n = moe.clip_scale %g, %h max_norm 1.0 : tensor<4x8xf32>, tensor<4xf64> -> tensor<f32>
  return %s : tensor<f32>
}

// -----

func.func @clip_norm(%g: tensor<32xf32>) -> tensor<f32> {
  // expected-error @+1 {{expected max_norm >= 0, got -1}}
  %s, %n = moe.clip_scale %g max_norm -1.0 : tensor<32xf32> -> tensor<f32>
  return %s : tensor<f32>
}

// -----

func.func @sgd(%p: tensor<8xf32>, %lr: tensor<f64>) -> tensor<8xf32> {
  // expected-error @+1 {{expected one element type, got 'f32' and 'f64'}}
  %a, %b = moe.sgd_update (%p) grads (%p) momenta (%p) rate %lr scale %lr momentum 0.9 weight_decay 0.0 : tensor<f64>, tensor<8xf32>
  return %a : tensor<8xf32>
}

// -----

func.func @adamw(%p: tensor<8xf32>, %lr: tensor<f32>, %s: tensor<i32>) -> tensor<8xf32> {
  // expected-error @+1 {{expected 0 <= beta < 1, got 1}}
  %q, %m, %v = moe.adamw_update (%p) grads (%p) means (%p) variances (%p) rate %lr step %s scale %lr beta1 0.9 beta2 1.0 eps 1.0e-8 weight_decay 0.05
    : tensor<f32>, tensor<i32>, tensor<8xf32>
  return %q : tensor<8xf32>
}

// -----

func.func @items(%x: tensor<8x10xf32>, %l: tensor<8xi32>) -> tensor<4xf32> {
  // expected-error @+1 {{expected a scalar or [8] as result, got [4]}}
  %y = moe.softmax_cross_entropy %x, %l smoothing 0.0 : tensor<8x10xf32>, tensor<8xi32> -> tensor<4xf32>
  return %y : tensor<4xf32>
}

// -----

func.func @right(%x: tensor<8x10xf32>, %l: tensor<8xi32>) -> tensor<1xf32> {
  // expected-error @+1 {{expected a scalar or [8] as result, got [1]}}
  %y = moe.accuracy %x, %l : tensor<8x10xf32>, tensor<8xi32> -> tensor<1xf32>
  return %y : tensor<1xf32>
}

// -----

func.func @sigmoid_labels(%x: tensor<8x10xf32>, %l: tensor<7xi32>) -> tensor<f32> {
  // expected-error @+1 {{expected labels of shape [8], got [7]}}
  %y = moe.sigmoid_cross_entropy %x, %l : tensor<8x10xf32>, tensor<7xi32> -> tensor<f32>
  return %y : tensor<f32>
}

// -----

func.func @sigmoid_items(%x: tensor<8x10xf32>, %l: tensor<8xi32>) -> tensor<4xf32> {
  // expected-error @+1 {{expected a scalar or [8] as result, got [4]}}
  %y = moe.sigmoid_cross_entropy %x, %l : tensor<8x10xf32>, tensor<8xi32> -> tensor<4xf32>
  return %y : tensor<4xf32>
}

// -----

func.func @sigmoid_gradient(%x: tensor<8x10xf32>, %l: tensor<8xi32>, %d: tensor<4xf32>) -> tensor<8x10xf32> {
  // expected-error @+1 {{expected a scalar or [8] as gradient of the loss, got [4]}}
  %y = moe.sigmoid_cross_entropy_grad %x, %l, %d : tensor<8x10xf32>, tensor<8xi32>, tensor<4xf32>
  return %y : tensor<8x10xf32>
}

// -----

func.func @lamb_beta(%p: tensor<4x8xf32>, %c: tensor<f32>, %s: tensor<i32>) {
  // expected-error @+1 {{expected 0 <= beta < 1, got 1}}
  %r:3 = moe.lamb_update (%p) grads (%p) means (%p) variances (%p) rate %c step %s scale %c slices [1] beta1 1.0 beta2 0.99 eps 1.0e-3 weight_decay 0.05 : tensor<f32>, tensor<i32>, tensor<4x8xf32>
  return
}

// -----

func.func @lamb_count(%p: tensor<4x8xf32>, %c: tensor<f32>, %s: tensor<i32>) {
  // expected-error @+1 {{expected a number of slices for each of the 1 parameters, got 2}}
  %r:3 = moe.lamb_update (%p) grads (%p) means (%p) variances (%p) rate %c step %s scale %c slices [1, 1] beta1 0.9 beta2 0.99 eps 1.0e-3 weight_decay 0.05 : tensor<f32>, tensor<i32>, tensor<4x8xf32>
  return
}

// -----

func.func @lamb_slices(%p: tensor<4x8xf32>, %c: tensor<f32>, %s: tensor<i32>) {
  // expected-error @+1 {{expected 1 slice of a parameter [4, 8] or as many as its first axis has, got 8}}
  %r:3 = moe.lamb_update (%p) grads (%p) means (%p) variances (%p) rate %c step %s scale %c slices [8] beta1 0.9 beta2 0.99 eps 1.0e-3 weight_decay 0.05 : tensor<f32>, tensor<i32>, tensor<4x8xf32>
  return
}

// -----

func.func @lion_beta1(%p: tensor<8xf32>, %c: tensor<f32>) {
  // expected-error @+1 {{expected 0 <= beta < 1, got 1}}
  %r:2 = moe.lion_update (%p) grads (%p) means (%p) rate %c scale %c beta1 1.0 beta2 0.99 weight_decay 0.0 : tensor<f32>, tensor<8xf32>
  return
}

// -----

func.func @lion_beta2(%p: tensor<8xf32>, %c: tensor<f32>) {
  // expected-error @+1 {{expected 0 <= beta < 1, got -0.5}}
  %r:2 = moe.lion_update (%p) grads (%p) means (%p) rate %c scale %c beta1 0.9 beta2 -0.5 weight_decay 0.0 : tensor<f32>, tensor<8xf32>
  return
}

// -----

func.func @lion_types(%p: tensor<8xf32>, %c: tensor<f64>) {
  // expected-error @+1 {{expected one element type, got 'f32' and 'f64'}}
  %r:2 = moe.lion_update (%p) grads (%p) means (%p) rate %c scale %c beta1 0.9 beta2 0.99 weight_decay 0.0 : tensor<f64>, tensor<8xf32>
  return
}

// -----

func.func @nothing_to_clip() {
  // expected-error @+1 {{expected at least one gradient}}
  %s, %n = "moe.clip_scale"() {max_norm = 1.0 : f64} : () -> (tensor<f32>, tensor<f32>)
  return
}
