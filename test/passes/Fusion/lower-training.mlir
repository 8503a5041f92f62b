// RUN: moec-opt %s -moec-lower-to-kernel -mlir-print-local-scope | FileCheck %s

// Whole chunks, the rest, then one row over both; each sum twice, of the squares
// and of those of smaller numbers, which is taken where the first is infinite.
// CHECK-LABEL: func @clip
// CHECK: %[[SUMS:.*]]:2 = kernel.rows dims [2, 4096] ins(%arg0 : tensor<8208xf32>)
// CHECK-SAME: maps [affine_map<(d0, d1) -> (d0 * 4096 + d1)>, affine_map<(d0, d1) -> (d0)>
// CHECK: %[[REST:.*]]:2 = kernel.rows dims [1, 16] ins(%arg0 : tensor<8208xf32>)
// CHECK-SAME: maps [affine_map<(d0, d1) -> (d0 * 16 + d1 + 8192)>, affine_map<(d0, d1) -> (d0)>
// CHECK: kernel.rows dims [1, 2] ins(%[[SUMS]]#0, %[[SUMS]]#1, %[[REST]]#0, %[[REST]]#1 :
// CHECK: %[[FITS:.*]] = arith.cmpf ole,
// CHECK-COUNT-2: math.sqrt
// CHECK: arith.select %[[FITS]]
// CHECK: arith.minimumf
func.func @clip(%g: tensor<8208xf32>) -> (tensor<f32>, tensor<f32>) {
  %s, %n = moe.clip_scale %g max_norm 1.0 : tensor<8208xf32> -> tensor<f32>
  return %s, %n : tensor<f32>, tensor<f32>
}

// No clipping: the factor is 1.
// CHECK-LABEL: func @norm
// CHECK: kernel.rows dims [1, 4096]
// CHECK: kernel.rows dims [1, 1]
// CHECK: finish
// CHECK: %[[NORM:.*]] = arith.select
// CHECK: %[[ONE:.*]] = arith.constant 1.000000e+00 : f32
// CHECK-NEXT: kernel.yield %[[ONE]], %[[NORM]] : f32, f32
func.func @norm(%g: tensor<4096xf32>) -> (tensor<f32>, tensor<f32>) {
  %s, %n = moe.clip_scale %g max_norm 0.0 : tensor<4096xf32> -> tensor<f32>
  return %s, %n : tensor<f32>, tensor<f32>
}
