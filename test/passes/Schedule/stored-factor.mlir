// RUN: moec-opt %s --moec-pack-operands --mlir-print-local-scope | FileCheck %s

// Both factors and the epilogue read one variable: the right one reads what is stored now, the others what they read before. Of the
// region of the factor nothing is left.

module attributes {kernel.machine = #kernel.cpu<cores = 2, vector_bytes = 64, vector_registers = 32>} {
moe.variable @w : tensor<16x16xf32> role(parameter)
// CHECK-LABEL: func.func @square
// CHECK-SAME:    (%[[W:.*]]: tensor<16x16xf32>
// CHECK:         %[[P:.*]] = kernel.map
// CHECK:           math.absf
// CHECK:         kernel.contract dims [16, 16, 16] ins(%[[W]], %[[P]], %[[W]] : tensor<16x16xf32>, tensor<1x16x16xf32>, tensor<16x16xf32>)
// CHECK-NEXT:    ^bb0(%[[L:.*]]: f32, %{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT:      kernel.yield %[[L]] : f32
// CHECK-NEXT:    } rhs {
// CHECK-NEXT:    ^bb0(%{{.*}}: f32, %[[R:.*]]: f32, %{{.*}}: f32):
// CHECK-NEXT:      kernel.yield %[[R]] : f32
// CHECK-NEXT:    } epilogue {
// CHECK-NEXT:    ^bb0(%{{.*}}: f32, %{{.*}}: f32, %[[E:.*]]: f32, %[[ACC:.*]]: f32):
// CHECK-NEXT:      arith.addf %[[ACC]], %[[E]]
func.func @square(%w: tensor<16x16xf32> {moe.var = @w}) -> (tensor<16x16xf32> {moe.output = "y"}) attributes {moe.entry = #moe.entry<"infer">} {
  %init = tensor.empty() : tensor<16x16xf32>
  %y = kernel.contract dims [16, 16, 16] ins(%w, %w, %w : tensor<16x16xf32>, tensor<16x16xf32>, tensor<16x16xf32>) outs(%init : tensor<16x16xf32>)
    maps [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (0, n)>, affine_map<(m, n, k) -> (m, n)>]
    schedule <tile = [16, 16, 16], micro = [8, 16]>
    lhs { ^bb0(%l: f32, %r: f32, %e: f32): kernel.yield %l : f32 }
    rhs { ^bb0(%l: f32, %r: f32, %e: f32):
      %a = math.absf %r : f32
      kernel.yield %a : f32 }
    epilogue { ^bb0(%l: f32, %r: f32, %e: f32, %acc: f32):
      %s = arith.addf %acc, %e : f32
      kernel.yield %s : f32 } -> tensor<16x16xf32>
  return %y : tensor<16x16xf32>
}
}
