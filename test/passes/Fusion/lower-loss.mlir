// RUN: moec-opt %s -moec-lower-to-kernel -cse -mlir-print-local-scope | FileCheck %s

// The loss of each image, then their mean.
// CHECK-LABEL: func @cross_entropy
// CHECK: %[[LOSSES:.*]] = kernel.rows dims [8, 10] ins(%arg0, %arg1 :
// CHECK-SAME: combiners [#kernel.combiner<max>, #kernel.combiner<add>]
// CHECK: ^bb0(%[[X:.*]]: f32, %[[LABEL:.*]]: i32, %[[MAX:.*]]: f32):
// CHECK: %[[D:.*]] = arith.subf %[[X]], %[[MAX]]
// CHECK: math.exp %[[D]]
// CHECK: %[[C:.*]] = kernel.index 1 : i32
// CHECK: %[[EQ:.*]] = arith.cmpi eq, %[[LABEL]], %[[C]] : i32
// CHECK-DAG: %[[REST:.*]] = arith.constant 0.00999999977 : f32
// CHECK-DAG: %[[HIT:.*]] = arith.constant 9.100000e-01 : f32
// CHECK: %[[Q:.*]] = arith.select %[[EQ]], %[[HIT]], %[[REST]]
// CHECK: arith.mulf %[[Q]], %[[D]]
// CHECK: finish
// CHECK: math.log
// CHECK: kernel.rows dims [1, 8] ins(%[[LOSSES]] : tensor<8xf32>)
// CHECK: arith.divf
func.func @cross_entropy(%x: tensor<8x10xf32>, %l: tensor<8xi32> {moe.range = [0, 10]}) -> tensor<f32> {
  %y = moe.softmax_cross_entropy %x, %l smoothing 0.1 : tensor<8x10xf32>, tensor<8xi32> -> tensor<f32>
  return %y : tensor<f32>
}

// Nothing of x - max, which may be -inf, is multiplied by 0.
// CHECK-LABEL: func @cross_entropy_plain
// CHECK: ^bb0(%[[X:.*]]: f32, %[[LABEL:.*]]: i32, %[[MAX:.*]]: f32):
// CHECK: %[[D:.*]] = arith.subf %[[X]], %[[MAX]]
// CHECK: %[[EQ:.*]] = arith.cmpi eq, %[[LABEL]],
// CHECK-NOT: arith.mulf
// CHECK: arith.select %[[EQ]], %[[D]], %{{.*}} : f32
func.func @cross_entropy_plain(%x: tensor<8x10xf32>, %l: tensor<8xi32> {moe.range = [0, 10]}) -> tensor<f32> {
  %y = moe.softmax_cross_entropy %x, %l smoothing 0.0 : tensor<8x10xf32>, tensor<8xi32> -> tensor<f32>
  return %y : tensor<f32>
}

// CHECK-LABEL: func @cross_entropy_gradient
// CHECK: %[[STATS:.*]]:2 = kernel.rows dims [8, 10] ins(%arg0 :
// CHECK: kernel.map dims [8, 10] ins(%arg0, %[[STATS]]#0, %[[STATS]]#1, %arg1, %arg2 :
// CHECK: kernel.index 1
func.func @cross_entropy_gradient(%x: tensor<8x10xf32>, %l: tensor<8xi32> {moe.range = [0, 10]}, %d: tensor<f32>) -> tensor<8x10xf32> {
  %y = moe.softmax_cross_entropy_grad %x, %l, %d smoothing 0.1 : tensor<8x10xf32>, tensor<8xi32>, tensor<f32>
  return %y : tensor<8x10xf32>
}

// The logit of the label, then whether another one comes before it, as NaN does.
// CHECK-LABEL: func @accuracy
// CHECK: kernel.rows dims [8, 10] ins(%arg0, %arg1 :
// CHECK-SAME: combiners [#kernel.combiner<add>, #kernel.combiner<max>]
// CHECK: arith.cmpi eq
// CHECK: arith.cmpi slt
// CHECK: arith.cmpf uge
// CHECK: arith.cmpf ugt
// CHECK: kernel.rows dims [1, 8]
func.func @accuracy(%x: tensor<8x10xf32>, %l: tensor<8xi32> {moe.range = [0, 10]}) -> tensor<f32> {
  %y = moe.accuracy %x, %l : tensor<8x10xf32>, tensor<8xi32> -> tensor<f32>
  return %y : tensor<f32>
}

// CHECK-LABEL: func @cv_squared
// CHECK: kernel.rows dims [1, 8] ins(%arg0 :
// CHECK-SAME: maps [affine_map<(d0, d1) -> (d1)>, affine_map<(d0, d1) -> ()>] combiners [#kernel.combiner<add>, #kernel.combiner<add>]
// CHECK: kernel.rows dims [1, 8] ins(%arg0, %arg1 :
// CHECK: emit
// CHECK: kernel.yield %{{.*}} : f32
func.func @cv_squared(%x: tensor<8xf32>, %d: tensor<f32>) -> (tensor<f32>, tensor<8xf32>) {
  %y = moe.cv_squared %x : tensor<8xf32> -> tensor<f32>
  %dx = moe.cv_squared_grad %x, %d : tensor<8xf32>, tensor<f32>
  return %y, %dx : tensor<f32>, tensor<8xf32>
}

// One row an image; log(1 + u) keeps what 1 + u rounds away.
// CHECK-LABEL: func @sigmoid_cross_entropy
// CHECK: %[[LOSSES:.*]] = kernel.rows dims [8, 10] ins(%arg0, %arg1 :
// CHECK-SAME: combiners [#kernel.combiner<add>]
// CHECK: arith.negf
// CHECK: %[[Y:.*]] = arith.select
// CHECK: math.absf %[[Y]]
// CHECK: %[[U:.*]] = math.exp
// CHECK: %[[LOG:.*]] = math.log
// CHECK: arith.divf %[[U]]
// CHECK: kernel.rows dims [1, 8] ins(%[[LOSSES]] : tensor<8xf32>)
// CHECK: kernel.map dims [8, 10] ins(%arg0, %arg1, %arg2 :
// CHECK: kernel.map dims [8, 10] ins(%arg0, %arg1, %{{.*}} :
func.func @sigmoid_cross_entropy(%x: tensor<8x10xf32>, %l: tensor<8xi32> {moe.range = [0, 10]}, %d: tensor<8xf32>) -> (tensor<f32>, tensor<8x10xf32>, tensor<8x10xf32>, tensor<8xf32>) {
  %y = moe.sigmoid_cross_entropy %x, %l : tensor<8x10xf32>, tensor<8xi32> -> tensor<f32>
  %dx = moe.sigmoid_cross_entropy_grad %x, %l, %d : tensor<8x10xf32>, tensor<8xi32>, tensor<8xf32>
  %dm = moe.sigmoid_cross_entropy_grad %x, %l, %y : tensor<8x10xf32>, tensor<8xi32>, tensor<f32>
  %z = moe.sigmoid_cross_entropy %x, %l : tensor<8x10xf32>, tensor<8xi32> -> tensor<8xf32>
  return %y, %dx, %dm, %z : tensor<f32>, tensor<8x10xf32>, tensor<8x10xf32>, tensor<8xf32>
}
