// bf16 is rounded to nearest, ties to even, wherever a value of that type comes about; sums are f32.
// RUN: moec-interpret %s --input=%S/Inputs/bf16.json | FileCheck %s
// RUN: moec-interpret %s --input=%S/Inputs/bf16.json --f64 | FileCheck %s

// Ties at 1 + 1/256 and 1 + 3/256, a bit above the first, 257 and -257.
// CHECK-LABEL: @round
// CHECK-NEXT:    result 0 [6]: 1 1.015625 1.0078125 256 -256 1.5
func.func @round(%x: tensor<6xf32>) -> tensor<6xbf16> {
  %e = tensor.empty() : tensor<6xbf16>
  %y = kernel.map dims [6] ins(%x : tensor<6xf32>) outs(%e : tensor<6xbf16>)
    maps [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>]
    body { ^bb0(%a: f32):
      %r = arith.truncf %a : f32 to bf16
      kernel.yield %r : bf16 } -> tensor<6xbf16>
  return %y : tensor<6xbf16>
}

// An argument of bf16 is rounded too; what is added to it in f32 is not.
// CHECK-LABEL: @extend
// CHECK-NEXT:    result 0 [1]: 257
func.func @extend(%x: tensor<1xbf16>) -> tensor<1xf32> {
  %e = tensor.empty() : tensor<1xf32>
  %y = kernel.map dims [1] ins(%x : tensor<1xbf16>) outs(%e : tensor<1xf32>)
    maps [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>]
    body { ^bb0(%a: bf16):
      %one = arith.constant 1.0 : f32
      %r = arith.extf %a : bf16 to f32
      %s = arith.addf %r, %one : f32
      kernel.yield %s : f32 } -> tensor<1xf32>
  return %y : tensor<1xf32>
}

// 257 is rounded to 256 before it is multiplied, 256 + 1 + 1 is not.
// CHECK-LABEL: @contract
// CHECK-NEXT:    result 0 [1, 1]: 258
func.func @contract(%x: tensor<1x3xf32>, %w: tensor<3x1xbf16>) -> tensor<1x1xf32> {
  %e = tensor.empty() : tensor<1x1xf32>
  %y = kernel.contract dims [1, 1, 3] ins(%x, %w : tensor<1x3xf32>, tensor<3x1xbf16>) outs(%e : tensor<1x1xf32>)
    maps [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>]
    lhs { ^bb0(%a: f32, %b: bf16):
      %l = arith.truncf %a : f32 to bf16
      kernel.yield %l : bf16 }
    rhs { ^bb0(%a: f32, %b: bf16): kernel.yield %b : bf16 }
    epilogue { ^bb0(%a: f32, %b: bf16, %sum: f32): kernel.yield %sum : f32 } -> tensor<1x1xf32>
  return %y : tensor<1x1xf32>
}
