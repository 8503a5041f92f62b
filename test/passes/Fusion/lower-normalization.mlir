// RUN: moec-opt %s -moec-lower-to-kernel -cse -mlir-print-local-scope | FileCheck %s

// The statistics, then a map that reads them. The distances from the mean of
// the first phase correct it, and the variance.
// CHECK-LABEL: func @layer_norm
// CHECK: %[[STATS:.*]]:2 = kernel.rows dims [2, 49, 96] ins(%arg0 :
// CHECK-SAME: maps [affine_map<(d0, d1, d2) -> (d0, d1, d2)>, affine_map<(d0, d1, d2) -> (d0, d1)>, affine_map<(d0, d1, d2) -> (d0, d1)>]
// CHECK-SAME: combiners [#kernel.combiner<add>, #kernel.combiner<add>]
// CHECK-NEXT: ^bb0(%[[X:.*]]: f32):
// CHECK-NEXT: kernel.yield %[[X]]
// CHECK: ^bb0(%[[X:.*]]: f32, %[[SUM:.*]]: f32):
// CHECK: %[[MEAN:.*]] = arith.mulf %[[SUM]], %{{.*}} : f32
// CHECK: %[[D:.*]] = arith.subf %[[X]], %[[MEAN]]
// CHECK: %[[D2:.*]] = arith.mulf %[[D]], %[[D]]
// CHECK: kernel.yield %[[D]], %[[D2]]
// CHECK: finish
// CHECK-NEXT: ^bb0(%{{.*}}: f32, %[[SUM:.*]]: f32, %[[RESTS:.*]]: f32, %[[SQUARES:.*]]: f32):
// CHECK: %[[REST:.*]] = arith.mulf %[[RESTS]]
// CHECK: %[[FIRST:.*]] = arith.mulf %[[SUM]]
// CHECK: arith.addf %[[FIRST]], %[[REST]]
// CHECK: math.fma %{{.*}}, %[[REST]],
// CHECK: math.rsqrt
// CHECK: } emit {
// CHECK-NEXT: ^bb0
// CHECK-NEXT: kernel.yield
// CHECK: kernel.map dims [2, 49, 96] ins(%arg0, %[[STATS]]#0, %[[STATS]]#1, %arg1, %arg2 :
// CHECK-SAME: maps [affine_map<(d0, d1, d2) -> (d0, d1, d2)>, affine_map<(d0, d1, d2) -> (d0, d1)>,
// CHECK-SAME:       affine_map<(d0, d1, d2) -> (d0, d1)>, affine_map<(d0, d1, d2) -> (d2)>,
// CHECK-SAME:       affine_map<(d0, d1, d2) -> (d2)>, affine_map<(d0, d1, d2) -> (d0, d1, d2)>]
// CHECK: math.fma
func.func @layer_norm(%x: tensor<2x49x96xf32>, %s: tensor<96xf32>, %b: tensor<96xf32>) -> tensor<2x49x96xf32> {
  %y = moe.layer_norm %x, %s, %b eps 1.0e-6 : tensor<2x49x96xf32>, tensor<96xf32>
  return %y : tensor<2x49x96xf32>
}

// The statistics of forward and backward are one kernel after CSE; then dx by
// rows, and the gradients of scale and bias by channels.
// CHECK-LABEL: func @layer_norm_and_gradient
// CHECK: %[[STATS:.*]]:2 = kernel.rows dims [2, 49, 96] ins(%arg0 :
// CHECK: kernel.map dims [2, 49, 96] ins(%arg0, %[[STATS]]#0, %[[STATS]]#1, %arg1, %arg2 :
// CHECK-NOT: kernel.rows dims [2, 49, 96] ins(%arg0 :
// CHECK: kernel.rows dims [2, 49, 96] ins(%arg0, %[[STATS]]#0, %[[STATS]]#1, %arg1, %arg3 :
// CHECK-SAME: combiners [#kernel.combiner<add>]
// CHECK: kernel.yield %{{.*}}, %{{.*}} : f32, f32
// CHECK: emit
// CHECK: kernel.yield %{{.*}} : f32
// CHECK: kernel.rows dims [96, 98] ins(%arg0, %[[STATS]]#0, %[[STATS]]#1, %arg3 :
// CHECK-SAME: maps [affine_map<(d0, d1) -> (d1 floordiv 49, d1 mod 49, d0)>,
// CHECK-SAME:       affine_map<(d0, d1) -> (d1 floordiv 49, d1 mod 49)>, affine_map<(d0, d1) -> (d1 floordiv 49, d1 mod 49)>,
// CHECK-SAME:       affine_map<(d0, d1) -> (d1 floordiv 49, d1 mod 49, d0)>, affine_map<(d0, d1) -> (d0)>, affine_map<(d0, d1) -> (d0)>]
func.func @layer_norm_and_gradient(%x: tensor<2x49x96xf32>, %s: tensor<96xf32>, %b: tensor<96xf32>, %dy: tensor<2x49x96xf32>)
    -> (tensor<2x49x96xf32>, tensor<2x49x96xf32>, tensor<96xf32>, tensor<96xf32>) {
  %y = moe.layer_norm %x, %s, %b eps 1.0e-6 : tensor<2x49x96xf32>, tensor<96xf32>
  %dx, %ds, %db = moe.layer_norm_grad %x, %s, %dy eps 1.0e-6 : tensor<2x49x96xf32>, tensor<96xf32>
  return %y, %dx, %ds, %db : tensor<2x49x96xf32>, tensor<2x49x96xf32>, tensor<96xf32>, tensor<96xf32>
}

// Over the tokens: rows are (image, slot).
// CHECK-LABEL: func @softmax
// CHECK: %[[STATS:.*]]:2 = kernel.rows dims [2, 32, 49] ins(%arg0 :
// CHECK-SAME: maps [affine_map<(d0, d1, d2) -> (d0, d2, d1)>, affine_map<(d0, d1, d2) -> (d0, d1)>, affine_map<(d0, d1, d2) -> (d0, d1)>]
// CHECK-SAME: combiners [#kernel.combiner<max>, #kernel.combiner<add>]
// CHECK: kernel.map dims [2, 49, 32] ins(%arg0, %[[STATS]]#0, %[[STATS]]#1 :
// CHECK-SAME: maps [affine_map<(d0, d1, d2) -> (d0, d1, d2)>, affine_map<(d0, d1, d2) -> (d0, d2)>,
// CHECK-SAME:       affine_map<(d0, d1, d2) -> (d0, d2)>, affine_map<(d0, d1, d2) -> (d0, d1, d2)>]
// CHECK-NEXT: ^bb0(%[[X:.*]]: f32, %[[MAX:.*]]: f32, %[[INV:.*]]: f32):
// CHECK-NEXT: %[[D:.*]] = arith.subf %[[X]], %[[MAX]]
// CHECK-NEXT: %[[E:.*]] = math.exp %[[D]]
// CHECK-NEXT: %[[Y:.*]] = arith.mulf %[[E]], %[[INV]]
// CHECK-NEXT: kernel.yield %[[Y]]
func.func @softmax(%x: tensor<2x49x32xf32>) -> tensor<2x49x32xf32> {
  %y = moe.softmax %x axes [1] : tensor<2x49x32xf32>
  return %y : tensor<2x49x32xf32>
}

// CHECK-LABEL: func @softmax_gradient
// CHECK: %[[DOT:.*]] = kernel.rows dims [2, 32, 49] ins(%arg0, %arg1 :
// CHECK: kernel.map dims [2, 49, 32] ins(%arg0, %arg1, %[[DOT]] :
func.func @softmax_gradient(%y: tensor<2x49x32xf32>, %dy: tensor<2x49x32xf32>) -> tensor<2x49x32xf32> {
  %dx = moe.softmax_grad %y, %dy axes [1] : tensor<2x49x32xf32>
  return %dx : tensor<2x49x32xf32>
}

// CHECK-LABEL: func @l2_normalize
// CHECK: %[[R:.*]] = kernel.rows dims [32, 96] ins(%arg0 : tensor<96x32xf32>)
// CHECK-SAME: maps [affine_map<(d0, d1) -> (d1, d0)>, affine_map<(d0, d1) -> (d0)>]
// CHECK: math.rsqrt
// CHECK: kernel.map dims [96, 32] ins(%arg0, %[[R]] :
// CHECK-SAME: maps [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d1)>, affine_map<(d0, d1) -> (d0, d1)>]
func.func @l2_normalize(%x: tensor<96x32xf32>) -> tensor<96x32xf32> {
  %y = moe.l2_normalize %x axis 0 eps 1.0e-6 : tensor<96x32xf32>
  return %y : tensor<96x32xf32>
}

// CHECK-LABEL: func @l2_normalize_gradient
// CHECK: %[[R:.*]]:2 = kernel.rows dims [32, 96] ins(%arg0, %arg1 :
// CHECK: kernel.map dims [96, 32] ins(%arg0, %arg1, %[[R]]#0, %[[R]]#1 :
func.func @l2_normalize_gradient(%x: tensor<96x32xf32>, %dy: tensor<96x32xf32>) -> tensor<96x32xf32> {
  %dx = moe.l2_normalize_grad %x, %dy axis 0 eps 1.0e-6 : tensor<96x32xf32>
  return %dx : tensor<96x32xf32>
}
