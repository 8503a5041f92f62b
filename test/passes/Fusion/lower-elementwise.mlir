// RUN: moec-opt %s -moec-lower-to-kernel -mlir-print-local-scope | FileCheck %s

// CHECK-LABEL: func @binary
// CHECK: kernel.map dims [4, 8] ins(%arg0, %arg1 :
// CHECK-SAME: maps [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0, d1)>]
// CHECK: arith.addf
// CHECK: arith.subf
// CHECK: arith.mulf
func.func @binary(%x: tensor<4x8xf32>, %y: tensor<4x8xf32>) -> tensor<4x8xf32> {
  %0 = moe.add %x, %y : tensor<4x8xf32>
  %1 = moe.sub %0, %y : tensor<4x8xf32>
  %2 = moe.mul %1, %y : tensor<4x8xf32>
  return %2 : tensor<4x8xf32>
}

// A scalar is one point.
// CHECK-LABEL: func @scalar
// CHECK: kernel.map dims [1] ins(%arg0 : tensor<f32>)
// CHECK-SAME: maps [affine_map<(d0) -> ()>, affine_map<(d0) -> ()>]
// CHECK: %[[F:.*]] = arith.constant 5.000000e-01 : f32
// CHECK: arith.mulf %{{.*}}, %[[F]] : f32
func.func @scalar(%x: tensor<f32>) -> tensor<f32> {
  %0 = moe.scale %x by 0.5 : tensor<f32>
  return %0 : tensor<f32>
}

// CHECK-LABEL: func @rsqrt(
// CHECK: kernel.map
// CHECK: kernel.map dims [4]
// CHECK: %[[EPS:.*]] = arith.constant 9.9999997{{.*}}E-6 : f32
// CHECK: %[[SUM:.*]] = arith.addf %{{.*}}, %[[EPS]]
// CHECK: math.rsqrt %[[SUM]]
func.func @rsqrt(%x: tensor<4xf32>) -> tensor<4xf32> {
  %0 = moe.mul %x, %x : tensor<4xf32>
  %1 = moe.rsqrt %0 eps 1.0e-5 : tensor<4xf32>
  return %1 : tensor<4xf32>
}

// CHECK-LABEL: func @unary(
// CHECK: kernel.map
// CHECK: %[[E:.*]] = math.exp
// CHECK: %[[SUM:.*]] = arith.addf %{{.*}}, %[[E]]
// CHECK: arith.divf %{{.*}}, %[[SUM]]
// CHECK: kernel.map
// CHECK: math.tanh
// CHECK: kernel.map
// CHECK: math.log
// CHECK: arith.maximumf
func.func @unary(%x: tensor<4xf32>) -> tensor<4xf32> {
  %0 = moe.sigmoid %x : tensor<4xf32>
  %1 = moe.tanh %0 : tensor<4xf32>
  %2 = moe.softplus %1 : tensor<4xf32>
  return %2 : tensor<4xf32>
}

// CHECK-LABEL: func @fill
// CHECK: kernel.map dims [3] outs(
// CHECK: %[[C:.*]] = arith.constant 2.500000e-01 : f32
// CHECK: kernel.yield %[[C]] : f32
func.func @fill() -> tensor<3xf32> {
  %0 = moe.fill 0.25 : tensor<3xf32>
  return %0 : tensor<3xf32>
}

// CHECK-LABEL: func @iota
// CHECK: tensor.empty() : tensor<3xi32>
// CHECK: kernel.map dims [3] outs(
// CHECK: %[[I:.*]] = kernel.index 0
// CHECK: kernel.yield %[[I]] : i32
func.func @iota() -> tensor<3xi32> {
  %0 = moe.iota : tensor<3xi32>
  return %0 : tensor<3xi32>
}

// CHECK-LABEL: func @relu
// CHECK: kernel.map
// CHECK: arith.maximumf
// CHECK: kernel.map
// CHECK: %[[ABOVE:.*]] = arith.cmpf ogt
// CHECK: arith.select %[[ABOVE]]
func.func @relu(%x: tensor<4xf32>) -> tensor<4xf32> {
  %0 = moe.relu %x : tensor<4xf32>
  %1 = moe.relu_grad %x, %0 : tensor<4xf32>
  return %1 : tensor<4xf32>
}
