// RUN: moec-opt %s --split-input-file --pass-pipeline='builtin.module(func.func(moec-fuse-epilogue))' | FileCheck %s
// RUN: moec-opt %s --split-input-file --pass-pipeline='builtin.module(func.func(moec-fuse-epilogue))' --remarks-filter=Fusion --remark-policy=all -o /dev/null 2>&1 | FileCheck %s --check-prefix=REMARK

// A bias and a residual are stored with the contraction: one kernel, one store.

// CHECK-LABEL: func.func @residual
// CHECK:         kernel.contract dims [8, 16, 32]
// CHECK-SAME:      ins(%{{.*}}, %{{.*}}, %{{.*}} : tensor<8x32xf32>, tensor<32x16xf32>, tensor<8x16xf32>)
// CHECK:         epilogue
// CHECK-NEXT:    ^bb0(%{{.*}}: f32, %{{.*}}: f32, %[[X:.*]]: f32, %[[ACC:.*]]: f32):
// CHECK-NEXT:      %[[S:.*]] = arith.addf %[[ACC]], %[[X]] : f32
// CHECK-NEXT:      kernel.yield %[[S]] : f32
// CHECK-NOT:     kernel.map
// REMARK: remark: [Passed] FuseEpilogue
func.func @residual(%a: tensor<8x32xf32>, %w: tensor<32x16xf32>, %x: tensor<8x16xf32>) -> tensor<8x16xf32> {
  %init = tensor.empty() : tensor<8x16xf32>
  %h = kernel.contract dims [8, 16, 32] ins(%a, %w : tensor<8x32xf32>, tensor<32x16xf32>)
    outs(%init : tensor<8x16xf32>)
    maps [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>]
    lhs { ^bb0(%l: f32, %r: f32): kernel.yield %l : f32 }
    rhs { ^bb0(%l: f32, %r: f32): kernel.yield %r : f32 }
    epilogue { ^bb0(%l: f32, %r: f32, %acc: f32): kernel.yield %acc : f32 } -> tensor<8x16xf32>
  %y = kernel.map dims [8, 16] ins(%h, %x : tensor<8x16xf32>, tensor<8x16xf32>) outs(%init : tensor<8x16xf32>)
    maps [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i, j)>]
    body { ^bb0(%p: f32, %q: f32):
      %s = arith.addf %p, %q : f32
      kernel.yield %s : f32 } -> tensor<8x16xf32>
  return %y : tensor<8x16xf32>
}

// -----

// A second reader needs the value as it was.

// CHECK-LABEL: func.func @two_readers
// CHECK:         kernel.contract
// CHECK:         kernel.map
// REMARK: remark: [Missed] FuseEpilogue
// REMARK-SAME: Reason="what it reads has other readers"
func.func @two_readers(%a: tensor<8x32xf32>, %w: tensor<32x16xf32>) -> (tensor<8x16xf32>, tensor<8x16xf32>) {
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
      %s = arith.negf %p : f32
      kernel.yield %s : f32 } -> tensor<8x16xf32>
  return %h, %y : tensor<8x16xf32>, tensor<8x16xf32>
}

// -----

// Transposing while storing would write with a stride.

// CHECK-LABEL: func.func @transposed
// CHECK:         kernel.contract
// CHECK:         kernel.map
// REMARK: remark: [Missed] FuseEpilogue
// REMARK-SAME: Reason="its result would be stored with a stride"
func.func @transposed(%a: tensor<8x32xf32>, %w: tensor<32x16xf32>) -> tensor<16x8xf32> {
  %init = tensor.empty() : tensor<8x16xf32>
  %turned = tensor.empty() : tensor<16x8xf32>
  %h = kernel.contract dims [8, 16, 32] ins(%a, %w : tensor<8x32xf32>, tensor<32x16xf32>)
    outs(%init : tensor<8x16xf32>)
    maps [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>]
    lhs { ^bb0(%l: f32, %r: f32): kernel.yield %l : f32 }
    rhs { ^bb0(%l: f32, %r: f32): kernel.yield %r : f32 }
    epilogue { ^bb0(%l: f32, %r: f32, %acc: f32): kernel.yield %acc : f32 } -> tensor<8x16xf32>
  %y = kernel.map dims [16, 8] ins(%h : tensor<8x16xf32>) outs(%turned : tensor<16x8xf32>)
    maps [affine_map<(i, j) -> (j, i)>, affine_map<(i, j) -> (i, j)>]
    body { ^bb0(%p: f32): kernel.yield %p : f32 } -> tensor<16x8xf32>
  return %y : tensor<16x8xf32>
}

// -----

// What kernel.rows stores once a row: the map moves into `finish`.

// CHECK-LABEL: func.func @finish
// CHECK:         kernel.rows dims [8, 16, 2]
// CHECK:         finish
// CHECK:           arith.addf
// CHECK-NOT:     kernel.map
func.func @finish(%x: tensor<8x2x16xf32>, %y: tensor<8x16xf32>) -> tensor<8x16xf32> {
  %init = tensor.empty() : tensor<8x16xf32>
  %s = kernel.rows dims [8, 16, 2] ins(%x : tensor<8x2x16xf32>) outs(%init : tensor<8x16xf32>)
    maps [affine_map<(i, j, r) -> (i, r, j)>, affine_map<(i, j, r) -> (i, j)>]
    combiners [#kernel.combiner<add>]
    phases { ^bb0(%v: f32): kernel.yield %v : f32 }
    finish { ^bb0(%v: f32, %a: f32): kernel.yield %a : f32 }
    emit { ^bb0(%v: f32, %a: f32): kernel.yield } -> tensor<8x16xf32>
  %z = kernel.map dims [8, 16] ins(%y, %s : tensor<8x16xf32>, tensor<8x16xf32>) outs(%init : tensor<8x16xf32>)
    maps [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i, j)>]
    body { ^bb0(%p: f32, %q: f32):
      %t = arith.addf %p, %q : f32
      kernel.yield %t : f32 } -> tensor<8x16xf32>
  return %z : tensor<8x16xf32>
}
