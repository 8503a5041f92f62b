// RUN: moec-opt %s -moec-lower-to-kernel -mlir-print-local-scope | FileCheck %s

// Parameters and state are overwritten.
// CHECK-LABEL: func @sgd
// CHECK-NOT: tensor.empty
// CHECK: kernel.map dims [64] ins(%arg0, %arg1, %arg2, %arg3, %arg4 :
// CHECK-SAME: outs(%arg0, %arg2 : tensor<64xf32>, tensor<64xf32>)
// CHECK-NOT: tensor.empty
func.func @sgd(%p: tensor<64xf32>, %g: tensor<64xf32>, %m: tensor<64xf32>, %lr: tensor<f32>, %c: tensor<f32>) -> (tensor<64xf32>, tensor<64xf32>) {
  %q, %n = moe.sgd_update (%p) grads (%g) momenta (%m) rate %lr scale %c momentum 0.9 weight_decay 1.0e-4 : tensor<f32>, tensor<64xf32>
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

// The moments; per layer the sums of squares of the parameter and of its change, over
// whole chunks, the rest, then both; the parameter by the ratio of its layer.
// CHECK-LABEL: func @lamb
// CHECK: %[[M:.*]]:2 = kernel.map dims [2, 4100] ins(%arg0, %arg1, %arg2, %[[V:.*]], %arg4, %arg5, %arg6 :
// CHECK-SAME: outs(%arg2, %[[V]] :
// CHECK: %[[FULL:.*]]:2 = kernel.rows dims [2, 1, 4096]
// CHECK-SAME: affine_map<(d0, d1, d2) -> (d0 * 4100 + d1 * 4096 + d2)>
// CHECK: %[[REST:.*]]:2 = kernel.rows dims [2, 1, 4]
// CHECK-SAME: affine_map<(d0, d1, d2) -> (d0 * 4100 + d1 * 4 + d2 + 4096)>
// CHECK: %[[SUMS:.*]]:2 = kernel.rows dims [2, 1] ins(%[[FULL]]#0, %[[FULL]]#1, %[[REST]]#0, %[[REST]]#1 :
// CHECK: %[[P:.*]] = kernel.map dims [2, 4100] ins(%arg0, %[[M]]#0, %[[M]]#1, %arg4, %arg5, %arg6, %[[SUMS]]#0, %[[SUMS]]#1 :
// CHECK-SAME: outs(%arg0 :
func.func @lamb(%p: tensor<2x4100xf32>, %g: tensor<2x4100xf32>, %m: tensor<2x4100xf32>, %v: tensor<2x4100xf32>, %lr: tensor<f32>, %s: tensor<i32> {moe.range = [1, 50]}, %c: tensor<f32>)
    -> (tensor<2x4100xf32>, tensor<2x4100xf32>) {
  %z = moe.mul %v, %v : tensor<2x4100xf32>
  %q, %n, %w = moe.lamb_update (%p) grads (%g) means (%m) variances (%z) rate %lr step %s scale %c slices [2] beta1 0.9 beta2 0.999 eps 1.0e-6 weight_decay 0.05
    : tensor<f32>, tensor<i32>, tensor<2x4100xf32>
  return %q, %n : tensor<2x4100xf32>, tensor<2x4100xf32>
}

// The sign is that of the mean before the step and of the gradient, of which the kernel
// reads both; what is neither above nor below 0 is its own sign.
// CHECK-LABEL: func @lion
// CHECK: kernel.map dims [64] ins(%arg0, %arg1, %arg2, %arg3, %arg4 :
// CHECK-SAME: outs(%arg0, %arg2 :
// CHECK: ^bb0(%[[P:.+]]: f32, %[[G:.+]]: f32, %[[M:.+]]: f32, %[[LR:.+]]: f32, %[[S:.+]]: f32):
// CHECK-DAG: %[[NEW:.+]] = math.fma %[[M]], %{{.+}}, %{{.+}} : f32
// CHECK-DAG: %[[C:.+]] = math.fma %[[M]], %{{.+}}, %{{.+}} : f32
// CHECK-DAG: %[[BELOW:.+]] = arith.select %{{.+}}, %{{.+}}, %[[C]] : f32
// CHECK: %[[SIGN:.+]] = arith.select %{{.+}}, %{{.+}}, %[[BELOW]] : f32
// CHECK: %[[CHANGE:.+]] = math.fma %[[P]], %{{.+}}, %[[SIGN]] : f32
// CHECK: %[[STEP:.+]] = arith.mulf %[[LR]], %[[CHANGE]] : f32
// CHECK: %[[Q:.+]] = arith.subf %[[P]], %[[STEP]] : f32
// CHECK: kernel.yield %[[Q]], %[[NEW]]
func.func @lion(%p: tensor<64xf32>, %g: tensor<64xf32>, %m: tensor<64xf32>, %lr: tensor<f32>, %c: tensor<f32>) -> (tensor<64xf32>, tensor<64xf32>) {
  %q, %n = moe.lion_update (%p) grads (%g) means (%m) rate %lr scale %c beta1 0.9 beta2 0.99 weight_decay 0.5 : tensor<f32>, tensor<64xf32>
  return %q, %n : tensor<64xf32>, tensor<64xf32>
}
