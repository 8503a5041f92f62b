// RUN: moec-opt %s --split-input-file --mlir-print-local-scope --pass-pipeline='builtin.module(func.func(moec-fuse-epilogue))' | FileCheck %s
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

// Rows of tokens are counted through: of an image, a row and its number, what
// the position is in the map becomes what it is in the contraction. Where a
// position along the lanes would be a remainder, the map stays.

// CHECK-LABEL: func.func @positions
// CHECK:         kernel.contract dims [8, 16, 32]
// CHECK:         epilogue
// CHECK:           %[[IMAGE:.*]] = kernel.index affine_map<(d0) -> (d0 floordiv 4)> : i32
// CHECK:           %[[ELEMENT:.*]] = kernel.index affine_map<(d0, d1) -> (d1 + d0 * 16)> : i32
// CHECK:           arith.addi %[[IMAGE]], %[[ELEMENT]]
// CHECK-NOT:     kernel.map
// CHECK-LABEL: func.func @remainder
// CHECK:         kernel.contract
// CHECK:         kernel.map dims [8, 4, 4]
// REMARK: remark: [Passed] FuseEpilogue
// REMARK: remark: [Missed] FuseEpilogue
// REMARK-SAME: Reason="its position would take divisions in every lane"
func.func @positions(%a: tensor<8x32xf32>, %w: tensor<32x16xf32>) -> tensor<2x4x16xf32> {
  %init = tensor.empty() : tensor<8x16xf32>
  %h = kernel.contract dims [8, 16, 32] ins(%a, %w : tensor<8x32xf32>, tensor<32x16xf32>)
    outs(%init : tensor<8x16xf32>)
    maps [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>]
    lhs { ^bb0(%l: f32, %r: f32): kernel.yield %l : f32 }
    rhs { ^bb0(%l: f32, %r: f32): kernel.yield %r : f32 }
    epilogue { ^bb0(%l: f32, %r: f32, %acc: f32): kernel.yield %acc : f32 } -> tensor<8x16xf32>
  %v = tensor.expand_shape %h [[0, 1], [2]] output_shape [2, 4, 16] : tensor<8x16xf32> into tensor<2x4x16xf32>
  %out = tensor.empty() : tensor<2x4x16xf32>
  %y = kernel.map dims [2, 4, 16] ins(%v : tensor<2x4x16xf32>) outs(%out : tensor<2x4x16xf32>)
    maps [affine_map<(b, i, j) -> (b, i, j)>, affine_map<(b, i, j) -> (b, i, j)>]
    body { ^bb0(%p: f32):
      %b = kernel.index 0 : i32
      %n = kernel.index affine_map<(b, i, j) -> (b * 64 + i * 16 + j)> : i32
      %s = arith.addi %b, %n : i32
      %f = arith.sitofp %s : i32 to f32
      %z = arith.addf %p, %f : f32
      kernel.yield %z : f32 } -> tensor<2x4x16xf32>
  return %y : tensor<2x4x16xf32>
}
func.func @remainder(%a: tensor<8x32xf32>, %w: tensor<32x16xf32>) -> tensor<8x4x4xf32> {
  %init = tensor.empty() : tensor<8x16xf32>
  %h = kernel.contract dims [8, 16, 32] ins(%a, %w : tensor<8x32xf32>, tensor<32x16xf32>)
    outs(%init : tensor<8x16xf32>)
    maps [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>]
    lhs { ^bb0(%l: f32, %r: f32): kernel.yield %l : f32 }
    rhs { ^bb0(%l: f32, %r: f32): kernel.yield %r : f32 }
    epilogue { ^bb0(%l: f32, %r: f32, %acc: f32): kernel.yield %acc : f32 } -> tensor<8x16xf32>
  %v = tensor.expand_shape %h [[0], [1, 2]] output_shape [8, 4, 4] : tensor<8x16xf32> into tensor<8x4x4xf32>
  %out = tensor.empty() : tensor<8x4x4xf32>
  %y = kernel.map dims [8, 4, 4] ins(%v : tensor<8x4x4xf32>) outs(%out : tensor<8x4x4xf32>)
    maps [affine_map<(b, i, j) -> (b, i, j)>, affine_map<(b, i, j) -> (b, i, j)>]
    body { ^bb0(%p: f32):
      %n = kernel.index 1 : i32
      %f = arith.sitofp %n : i32 to f32
      %z = arith.addf %p, %f : f32
      kernel.yield %z : f32 } -> tensor<8x4x4xf32>
  return %y : tensor<8x4x4xf32>
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
