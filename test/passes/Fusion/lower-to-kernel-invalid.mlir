// RUN: moec-opt %s -moec-lower-to-kernel -split-input-file -verify-diagnostics

func.func @f64(%x: tensor<4xf64>) -> tensor<4xf64> {
  // expected-error @below {{'moe.scale' op operand #0 is 'tensor<4xf64>': kernels compute in f32, and f64 is for the reference interpreter; use f32 here}}
  // expected-error @below {{'moe.scale' op result #0 is 'tensor<4xf64>'}}
  %y = moe.scale %x by 2.0 : tensor<4xf64>
  return %y : tensor<4xf64>
}
