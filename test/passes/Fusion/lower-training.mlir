// RUN: moec-opt %s -moec-lower-to-kernel -mlir-print-local-scope | FileCheck %s

// Parameters and state are overwritten.
// CHECK-LABEL: func @sgd
// CHECK-NOT: tensor.empty
// CHECK: kernel.map dims [64] ins(%arg0, %arg1, %arg2, %arg3, %arg4 :
// CHECK-SAME: outs(%arg0, %arg2 : tensor<64xf32>, tensor<64xf32>)
// CHECK-NOT: tensor.empty
func.func @sgd(%p: tensor<64xf32>, %g: tensor<64xf32>, %m: tensor<64xf32>, %lr: tensor<f32>, %c: tensor<f32>) -> (tensor<64xf32>, tensor<64xf32>) {
  %q, %n = moe.sgd_update (%p) grads (%g) momenta (%m) rate %lr scale %c mu 0.9 weight_decay 1.0e-4 : tensor<f32>, tensor<64xf32>
  return %q, %n : tensor<64xf32>, tensor<64xf32>
}

// 1 - beta^step through expm1: it is small for the first steps.
// CHECK-LABEL: func @adamw
// CHECK: kernel.map dims [64] ins(%arg0, %arg1, %arg2, %arg3, %arg4, %arg5, %arg6 :
// CHECK-SAME: outs(%arg0, %arg2, %arg3 :
// CHECK-COUNT-2: math.expm1
// CHECK: math.sqrt
func.func @adamw(%p: tensor<64xf32>, %g: tensor<64xf32>, %m: tensor<64xf32>, %v: tensor<64xf32>, %lr: tensor<f32>, %s: tensor<i32> {moe.range = [1, 50]}, %c: tensor<f32>)
    -> (tensor<64xf32>, tensor<64xf32>, tensor<64xf32>) {
  %q, %n, %w = moe.adamw_update (%p) grads (%g) means (%m) variances (%v) rate %lr step %s scale %c beta1 0.9 beta2 0.999 eps 1.0e-8 weight_decay 0.05
    : tensor<f32>, tensor<i32>, tensor<64xf32>
  return %q, %n, %w : tensor<64xf32>, tensor<64xf32>, tensor<64xf32>
}

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
