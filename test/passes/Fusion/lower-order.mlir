// Counts of what comes before, and gathers both ways: nothing is sorted or scattered.
// RUN: moec-opt %s -moec-lower-to-kernel -mlir-print-local-scope | FileCheck %s

// CHECK-LABEL: func @argsort
// CHECK: %[[RANKS:.*]] = kernel.rows dims [2, 7, 7] ins(%arg0, %arg0 :
// CHECK-SAME: maps [affine_map<(d0, d1, d2) -> (d0, d1)>, affine_map<(d0, d1, d2) -> (d0, d2)>, affine_map<(d0, d1, d2) -> (d0, d1)>] combiners [#kernel.combiner<add>]
// CHECK: arith.cmpi slt
// CHECK: arith.fptosi
// CHECK: -> tensor<2x7xi32>
// CHECK: kernel.rows dims [2, 7, 7] ins(%[[RANKS]] : tensor<2x7xi32>)
// CHECK-SAME: maps [affine_map<(d0, d1, d2) -> (d0, d2)>, affine_map<(d0, d1, d2) -> (d0, d1)>] combiners [#kernel.combiner<add>]
// CHECK: -> tensor<2x7xi32>
func.func @argsort(%keys: tensor<2x7xi32> {moe.range = [-3, 4]}) -> tensor<2x7xi32> {
  %0 = moe.argsort %keys : tensor<2x7xi32>
  return %0 : tensor<2x7xi32>
}

// Of any rank.
// CHECK-LABEL: func @one_row
// CHECK: kernel.rows dims [1, 7, 7]
func.func @one_row(%keys: tensor<7xi32> {moe.range = [-3, 4]}, %more: tensor<2x3x4xi32> {moe.range = [-2147483648, 2147483647]})
    -> (tensor<7xi32>, tensor<2x3x4xi32>) {
  %0 = moe.argsort %keys : tensor<7xi32>
  %1 = moe.argsort %more : tensor<2x3x4xi32>
  return %0, %1 : tensor<7xi32>, tensor<2x3x4xi32>
}

// CHECK-LABEL: func @gather
// CHECK: %[[ROWS:.*]] = kernel.map dims [3, 4] ins(%arg1 : tensor<3x7xi32>)
// CHECK-SAME: maps [affine_map<(d0, d1) -> (d0, d1 + 2)>, affine_map<(d0, d1) -> (d0, d1)>]
// CHECK: arith.cmpi ult
// CHECK: %[[FLAT:.*]] = tensor.collapse_shape %arg0 {{\[}}[0, 1], [2]] : tensor<3x7x5xf32> into tensor<21x5xf32>
// CHECK: kernel.map dims [3, 4, 5] ins(%[[FLAT]], %[[ROWS]] :
// CHECK-SAME: maps [affine_map<(d0, d1, d2) -> (0, d2)>, affine_map<(d0, d1, d2) -> (d0, d1)>, affine_map<(d0, d1, d2) -> (d0, d1, d2)>] gathers [1, -1]
func.func @gather(%x: tensor<3x7x5xf32>, %order: tensor<3x7xi32> {moe.range = [-2, 10]}) -> tensor<3x4x5xf32> {
  %0 = moe.gather_tokens %x, %order begin 2 : tensor<3x7x5xf32>, tensor<3x7xi32> -> tensor<3x4x5xf32>
  return %0 : tensor<3x4x5xf32>
}

// CHECK-LABEL: func @scatter
// CHECK: %[[ROWS:.*]] = kernel.rows dims [3, 7, 4] ins(%arg1 : tensor<3x7xi32>)
// CHECK-SAME: maps [affine_map<(d0, d1, d2) -> (d0, d2 + 1)>, affine_map<(d0, d1, d2) -> (d0, d1)>] combiners [#kernel.combiner<max>]
// CHECK: %[[FLAT:.*]] = tensor.collapse_shape %arg0 {{\[}}[0, 1], [2]] : tensor<3x4x5xf32> into tensor<12x5xf32>
// CHECK: kernel.map dims [3, 7, 5] ins(%[[FLAT]], %[[ROWS]] :
// CHECK-SAME: gathers [1, -1]
func.func @scatter(%x: tensor<3x4x5xf32>, %order: tensor<3x7xi32> {moe.range = [-2, 10]}) -> tensor<3x7x5xf32> {
  %0 = moe.scatter_tokens %x, %order begin 1 : tensor<3x4x5xf32>, tensor<3x7xi32> -> tensor<3x7x5xf32>
  return %0 : tensor<3x7x5xf32>
}
