// RUN: moec-opt %s --split-input-file --pass-pipeline='builtin.module(func.func(moec-fuse-operands))' | FileCheck %s
// RUN: moec-opt %s --split-input-file --pass-pipeline='builtin.module(func.func(moec-fuse-operands))' --remarks-filter=Fusion --remark-policy=all -o /dev/null 2>&1 | FileCheck %s --check-prefix=REMARK

// The normalisation moves to where the contraction packs its left operand.

// CHECK-LABEL: func.func @normalised
// CHECK-SAME:    %[[A:.*]]: tensor<8x32xf32>, %[[R:.*]]: tensor<8xf32>, %[[W:.*]]: tensor<32x16xf32>
// CHECK-NOT:     kernel.map
// CHECK:         kernel.contract dims [8, 16, 32] ins(%[[A]], %[[W]], %[[R]] :
// CHECK:         ^bb0(%[[L:.*]]: f32, %{{.*}}: f32, %[[F:.*]]: f32):
// CHECK-NEXT:      %[[M:.*]] = arith.mulf %[[L]], %[[F]] : f32
// CHECK-NEXT:      kernel.yield %[[M]] : f32
// CHECK:         rhs
// REMARK: remark: [Passed] FuseOperands
// REMARK-SAME: Function=normalised
// REMARK-SAME: moved into the kernels that read it, kernel.contract of mlp.fc1
func.func @normalised(%a: tensor<8x32xf32>, %r: tensor<8xf32>, %w: tensor<32x16xf32>) -> tensor<8x16xf32> {
  %e0 = tensor.empty() : tensor<8x32xf32>
  %e1 = tensor.empty() : tensor<8x16xf32>
  %n = kernel.map dims [8, 32] ins(%a, %r : tensor<8x32xf32>, tensor<8xf32>) outs(%e0 : tensor<8x32xf32>)
    maps [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i)>, affine_map<(i, j) -> (i, j)>]
    body { ^bb0(%p: f32, %q: f32):
      %s = arith.mulf %p, %q : f32
      kernel.yield %s : f32 } -> tensor<8x32xf32>
  %y = kernel.contract dims [8, 16, 32] ins(%n, %w : tensor<8x32xf32>, tensor<32x16xf32>)
    outs(%e1 : tensor<8x16xf32>)
    maps [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>]
    lhs { ^bb0(%l: f32, %q: f32): kernel.yield %l : f32 }
    rhs { ^bb0(%l: f32, %q: f32): kernel.yield %q : f32 }
    epilogue { ^bb0(%l: f32, %q: f32, %acc: f32): kernel.yield %acc : f32 } -> tensor<8x16xf32> loc("mlp.fc1")
  return %y : tensor<8x16xf32>
}

// -----

// Row numbers, here side by side along k, cannot stand for the operand that they gather.

// CHECK-LABEL: func.func @gathered_columns
// CHECK:         kernel.map
// CHECK:         kernel.contract dims [20, 16, 8]
// REMARK: remark: [Missed] FuseOperands
// REMARK-SAME: Function=gathered_columns
// REMARK-SAME: no input keeps the operand contiguous
func.func @gathered_columns(%a: tensor<12x10xf32>, %items: tensor<2x8xi32>, %w: tensor<8x16xf32>) -> tensor<2x16x10xf32> {
  %e0 = tensor.empty() : tensor<2x8x10xf32>
  %e1 = tensor.empty() : tensor<2x16x10xf32>
  %d = kernel.map dims [2, 8, 10] ins(%a, %items : tensor<12x10xf32>, tensor<2x8xi32>) outs(%e0 : tensor<2x8x10xf32>)
    maps [affine_map<(i, j, c) -> (0, c)>, affine_map<(i, j, c) -> (i, j)>, affine_map<(i, j, c) -> (i, j, c)>] gathers [1, -1]
    body { ^bb0(%p: f32, %q: i32): kernel.yield %p : f32 } -> tensor<2x8x10xf32>
  %y = kernel.contract dims [20, 16, 8] ins(%d, %w : tensor<2x8x10xf32>, tensor<8x16xf32>)
    outs(%e1 : tensor<2x16x10xf32>)
    maps [affine_map<(m, n, k) -> (m floordiv 10, k, m mod 10)>, affine_map<(m, n, k) -> (k, n)>,
          affine_map<(m, n, k) -> (m floordiv 10, n, m mod 10)>]
    lhs { ^bb0(%l: f32, %q: f32): kernel.yield %l : f32 }
    rhs { ^bb0(%l: f32, %q: f32): kernel.yield %q : f32 }
    epilogue { ^bb0(%l: f32, %q: f32, %acc: f32): kernel.yield %acc : f32 } -> tensor<2x16x10xf32>
  return %y : tensor<2x16x10xf32>
}

// -----

// A row gather (dispatch) becomes a gather of the contraction.

// CHECK-LABEL: func.func @gathered
// CHECK-NOT:     kernel.map
// CHECK:         kernel.contract dims [8, 16, 32]
// CHECK-SAME:      tensor<4x32xf32>, tensor<32x16xf32>
// CHECK-SAME:      tensor<8xi32>
// CHECK-SAME:      gathers [2, -1, -1]
// REMARK: remark: [Passed] FuseOperands
func.func @gathered(%a: tensor<4x32xf32>, %items: tensor<8xi32>, %w: tensor<32x16xf32>) -> tensor<8x16xf32> {
  %e0 = tensor.empty() : tensor<8x32xf32>
  %e1 = tensor.empty() : tensor<8x16xf32>
  %d = kernel.map dims [8, 32] ins(%a, %items : tensor<4x32xf32>, tensor<8xi32>) outs(%e0 : tensor<8x32xf32>)
    maps [affine_map<(i, j) -> (0, j)>, affine_map<(i, j) -> (i)>, affine_map<(i, j) -> (i, j)>] gathers [1, -1]
    body { ^bb0(%p: f32, %q: i32): kernel.yield %p : f32 } -> tensor<8x32xf32>
  %y = kernel.contract dims [8, 16, 32] ins(%d, %w : tensor<8x32xf32>, tensor<32x16xf32>)
    outs(%e1 : tensor<8x16xf32>)
    maps [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>]
    lhs { ^bb0(%l: f32, %q: f32): kernel.yield %l : f32 }
    rhs { ^bb0(%l: f32, %q: f32): kernel.yield %q : f32 }
    epilogue { ^bb0(%l: f32, %q: f32, %acc: f32): kernel.yield %acc : f32 } -> tensor<8x16xf32>
  return %y : tensor<8x16xf32>
}

// -----

// A function of its own for each of two readers would be computed twice.

// CHECK-LABEL: func.func @costly
// CHECK:         kernel.map
// CHECK:           math.exp
// CHECK:         kernel.map
// CHECK:         kernel.map
// REMARK: remark: [Missed] FuseOperands
// REMARK-SAME: Reason="it has several readers and is costly to repeat"
func.func @costly(%a: tensor<8x32xf32>) -> (tensor<8x32xf32>, tensor<8x32xf32>) {
  %e = tensor.empty() : tensor<8x32xf32>
  %x = kernel.map dims [8, 32] ins(%a : tensor<8x32xf32>) outs(%e : tensor<8x32xf32>)
    maps [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i, j)>]
    body { ^bb0(%p: f32):
      %s = math.exp %p : f32
      kernel.yield %s : f32 } -> tensor<8x32xf32>
  %y = kernel.map dims [8, 32] ins(%x : tensor<8x32xf32>) outs(%e : tensor<8x32xf32>)
    maps [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i, j)>]
    body { ^bb0(%p: f32):
      %s = arith.negf %p : f32
      kernel.yield %s : f32 } -> tensor<8x32xf32>
  %z = kernel.map dims [8, 32] ins(%x : tensor<8x32xf32>) outs(%e : tensor<8x32xf32>)
    maps [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i, j)>]
    body { ^bb0(%p: f32):
      %s = arith.addf %p, %p : f32
      kernel.yield %s : f32 } -> tensor<8x32xf32>
  return %y, %z : tensor<8x32xf32>, tensor<8x32xf32>
}
