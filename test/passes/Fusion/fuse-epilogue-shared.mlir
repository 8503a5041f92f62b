// RUN: moec-opt %s --pass-pipeline='builtin.module(func.func(moec-fuse-epilogue{shared=true}))' | FileCheck %s

// A value that is read again later stays; what the map makes of it is stored
// beside it.

// CHECK-LABEL: func.func @activation
// CHECK:         %[[Y:.*]]:2 = kernel.contract dims [8, 16, 32]
// CHECK-SAME:      outs(%{{.*}}, %{{.*}} : tensor<8x16xf32>, tensor<8x16xf32>)
// CHECK:         epilogue
// CHECK:           ^bb0(%{{.*}}: f32, %{{.*}}: f32, %[[ACC:.*]]: f32):
// CHECK:           %[[T:.*]] = math.tanh %[[ACC]] : f32
// CHECK:           kernel.yield %[[ACC]], %[[T]] : f32, f32
// CHECK-NOT:     kernel.map
// CHECK:         return %[[Y]]#0, %[[Y]]#1
func.func @activation(%a: tensor<8x32xf32>, %w: tensor<32x16xf32>) -> (tensor<8x16xf32>, tensor<8x16xf32>) {
  %init = tensor.empty() : tensor<8x16xf32>
  %h = kernel.contract dims [8, 16, 32] ins(%a, %w : tensor<8x32xf32>, tensor<32x16xf32>)
    outs(%init : tensor<8x16xf32>)
    maps [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>]
    lhs { ^bb0(%l: f32, %r: f32): kernel.yield %l : f32 }
    rhs { ^bb0(%l: f32, %r: f32): kernel.yield %r : f32 }
    epilogue { ^bb0(%l: f32, %r: f32, %acc: f32): kernel.yield %acc : f32 } -> tensor<8x16xf32>
  %y = kernel.map dims [8, 16] ins(%h : tensor<8x16xf32>) outs(%init : tensor<8x16xf32>)
    maps [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i, j)>]
    body { ^bb0(%p: f32):
      %t = math.tanh %p : f32
      kernel.yield %t : f32 } -> tensor<8x16xf32>
  return %h, %y : tensor<8x16xf32>, tensor<8x16xf32>
}
