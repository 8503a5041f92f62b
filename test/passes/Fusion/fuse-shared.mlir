// RUN: moec-opt %s --pass-pipeline='builtin.module(func.func(moec-fuse-shared))' | FileCheck %s
// RUN: moec-opt %s --pass-pipeline='builtin.module(func.func(moec-fuse-shared))' --remarks-filter=Fusion --remark-policy=all -o /dev/null 2>&1 | FileCheck %s --check-prefix=REMARK

// A value that is read again later stays; what the map makes of it is stored
// beside it.

// REMARK: remark: [Passed] FuseShared
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

// The view that the map read is gone, since the kernel stands behind it.
// CHECK-LABEL: func.func @view
// CHECK-NOT:     tensor.expand_shape
// CHECK:         %[[Y:.*]]:2 = kernel.contract
// CHECK-NOT:     kernel.map
// CHECK:         return %[[Y]]#0, %[[Y]]#1
func.func @view(%a: tensor<8x32xf32>, %w: tensor<32x16xf32>) -> (tensor<8x16xf32>, tensor<1x8x16xf32>) {
  %init = tensor.empty() : tensor<8x16xf32>
  %flat = tensor.empty() : tensor<1x8x16xf32>
  %h = kernel.contract dims [8, 16, 32] ins(%a, %w : tensor<8x32xf32>, tensor<32x16xf32>)
    outs(%init : tensor<8x16xf32>)
    maps [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>]
    lhs { ^bb0(%l: f32, %r: f32): kernel.yield %l : f32 }
    rhs { ^bb0(%l: f32, %r: f32): kernel.yield %r : f32 }
    epilogue { ^bb0(%l: f32, %r: f32, %acc: f32): kernel.yield %acc : f32 } -> tensor<8x16xf32>
  %v = tensor.expand_shape %h [[0, 1], [2]] output_shape [1, 8, 16] : tensor<8x16xf32> into tensor<1x8x16xf32>
  %y = kernel.map dims [1, 8, 16] ins(%v : tensor<1x8x16xf32>) outs(%flat : tensor<1x8x16xf32>)
    maps [affine_map<(z, i, j) -> (z, i, j)>, affine_map<(z, i, j) -> (z, i, j)>]
    body { ^bb0(%p: f32):
      %t = math.tanh %p : f32
      kernel.yield %t : f32 } -> tensor<1x8x16xf32>
  return %h, %y : tensor<8x16xf32>, tensor<1x8x16xf32>
}

// A repeat that reads the value stands before the map that reads both.
// CHECK-LABEL: func.func @repeat
// CHECK:         %[[H:.*]] = kernel.contract
// CHECK:         %[[R:.*]] = moe.repeat
// CHECK:         kernel.map {{.*}} ins(%[[R]], %[[H]]
func.func @repeat(%a: tensor<8x32xf32>, %w: tensor<32x16xf32>) -> tensor<8x16xf32> {
  %init = tensor.empty() : tensor<8x16xf32>
  %h = kernel.contract dims [8, 16, 32] ins(%a, %w : tensor<8x32xf32>, tensor<32x16xf32>)
    outs(%init : tensor<8x16xf32>)
    maps [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>]
    lhs { ^bb0(%l: f32, %r: f32): kernel.yield %l : f32 }
    rhs { ^bb0(%l: f32, %r: f32): kernel.yield %r : f32 }
    epilogue { ^bb0(%l: f32, %r: f32, %acc: f32): kernel.yield %acc : f32 } -> tensor<8x16xf32>
  %r = moe.repeat 2 carry(%h : tensor<8x16xf32>) stacked() {
  ^bb0(%x: tensor<8x16xf32>):
    moe.yield %x : tensor<8x16xf32>
  } -> tensor<8x16xf32>
  %y = kernel.map dims [8, 16] ins(%r, %h : tensor<8x16xf32>, tensor<8x16xf32>) outs(%init : tensor<8x16xf32>)
    maps [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i, j)>]
    body { ^bb0(%p: f32, %q: f32):
      %t = arith.addf %p, %q : f32
      kernel.yield %t : f32 } -> tensor<8x16xf32>
  return %y : tensor<8x16xf32>
}
