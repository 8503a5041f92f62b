// RUN: moec-opt %s --moec-verify-precision --split-input-file --verify-diagnostics

module attributes {moe.precision = "bf16"} {
func.func @asked(%x: tensor<4xbf16>) -> tensor<4xbf16> {
  return %x : tensor<4xbf16>
}
}

// -----

func.func @none(%x: tensor<4xf32>) -> tensor<4xf32> {
  return %x : tensor<4xf32>
}

// -----

// expected-error @below {{'func.func' op has a value of bf16, but moe.precision of the module is not "bf16"}}
func.func @argument(%x: tensor<4xbf16>) {
  return
}

// -----

module attributes {moe.precision = "f32"} {
func.func @result(%x: tensor<4xf32>) {
  // expected-error @below {{'tensor.empty' op has a value of bf16}}
  %e = tensor.empty() : tensor<4xbf16>
  return
}
}
