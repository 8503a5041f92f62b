// RUN: moec-opt %s -moec-lower-to-kernel -split-input-file -verify-diagnostics

func.func @f64(%x: tensor<4xf64>) -> tensor<4xf64> {
  // expected-error @below {{'moe.scale' op operand #0 is 'tensor<4xf64>': kernels compute in f32, and f64 is for the reference interpreter; use f32 here}}
  // expected-error @below {{'moe.scale' op result #0 is 'tensor<4xf64>'}}
  %y = moe.scale %x by 2.0 : tensor<4xf64>
  return %y : tensor<4xf64>
}

// -----

func.func @beta(%p: tensor<8xf32>, %lr: tensor<f32>, %s: tensor<i32>) -> tensor<8xf32> {
  // expected-error @below {{has a beta of 1.000000e+00; it has to be at least 0 and below 1}}
  // expected-error @below {{failed to legalize}}
  %q, %n, %w = moe.adamw_update %p, %p, %p, %p, %lr, %s, %lr beta1 0.9 beta2 1.0 eps 1.0e-8 weight_decay 0.05
    : tensor<8xf32>, tensor<f32>, tensor<i32>
  return %q : tensor<8xf32>
}
