// RUN: moec-opt %s -moec-lower-to-kernel -cse -mlir-print-local-scope | FileCheck %s
// RUN: moec-interpret %s --pipeline=moec-lower-to-kernel,cse

// The iteration spaces and operands that every lowering gets from KernelBuilder (dialects/Kernel).

// The axes that stay come first, in order, the reduced one last, wherever it
// lies in memory.
// CHECK-LABEL: func @axes
// CHECK: kernel.rows dims [2, 3, 4]
// CHECK-SAME: maps [affine_map<(d0, d1, d2) -> (d0, d1, d2)>, affine_map<(d0, d1, d2) -> (d0, d1)>]
// CHECK: kernel.rows dims [2, 4, 3]
// CHECK-SAME: maps [affine_map<(d0, d1, d2) -> (d0, d2, d1)>, affine_map<(d0, d1, d2) -> (d0, d1)>]
func.func @axes(%x: tensor<2x3x4xf32>) -> (tensor<2x3xf32>, tensor<2x4xf32>) {
  %a = moe.reduce %x axes [2] : tensor<2x3x4xf32> -> tensor<2x3xf32>
  %b = moe.reduce %x axes [1] : tensor<2x3x4xf32> -> tensor<2x4xf32>
  return %a, %b : tensor<2x3xf32>, tensor<2x4xf32>
}

// Two axes together, and every axis.
// CHECK-LABEL: func @softmax_axes
// CHECK: kernel.rows dims [49, 64]
// CHECK-SAME: maps [affine_map<(d0, d1) -> (d1 floordiv 32, d0, d1 mod 32)>, affine_map<(d0, d1) -> (d0)>, affine_map<(d0, d1) -> (d0)>]
// CHECK: kernel.rows dims [1, 3136]
// CHECK-SAME: affine_map<(d0, d1) -> (d1 floordiv 1568, (d1 floordiv 32) mod 49, d1 mod 32)>, affine_map<(d0, d1) -> ()>
func.func @softmax_axes(%x: tensor<2x49x32xf32>) -> (tensor<2x49x32xf32>, tensor<2x49x32xf32>) {
  %y = moe.softmax %x axes [0, 2] : tensor<2x49x32xf32>
  %z = moe.softmax %x axes [0, 1, 2] : tensor<2x49x32xf32>
  return %y, %z : tensor<2x49x32xf32>, tensor<2x49x32xf32>
}

// A scalar is one point; a result is a fresh tensor; a constant that is used
// twice is one.
// CHECK-LABEL: func @scalar
// CHECK: %[[INIT:.*]] = tensor.empty() : tensor<f32>
// CHECK: kernel.map dims [1] ins(%arg0 : tensor<f32>) outs(%[[INIT]] : tensor<f32>) maps [affine_map<(d0) -> ()>, affine_map<(d0) -> ()>]
// CHECK: %[[LOW:.*]] = arith.cmpf olt, %[[X:.*]], %[[BOUND:.*]] : f32
// CHECK-NEXT: arith.select %[[LOW]], %[[BOUND]], %[[X]]
func.func @scalar(%x: tensor<f32>) -> tensor<f32> {
  %y = moe.gelu %x : tensor<f32>
  return %y : tensor<f32>
}

// Rows that a plan picks: the first axis is looked up, the rows of a group lie
// between its offsets.
// CHECK-LABEL: func @plan
// CHECK: kernel.map dims [8, 4] ins(%arg0, %[[PLAN:.*]] : tensor<8x4xf32>, tensor<35xi32>)
// CHECK-SAME: maps [affine_map<(d0, d1) -> (0, d1)>, affine_map<(d0, d1) -> (d0 + 3)>, affine_map<(d0, d1) -> (d0, d1)>] gathers [1, -1]
// CHECK: kernel.contract dims [2, 8, 6, 4]
// CHECK-SAME: ragged 1 by 2
!plan = !moe.routing<items = 8, experts = 2, k = 1, capacity = 8>
func.func @plan(%x: tensor<8x4xf32>, %g: tensor<8x2xf32>, %w: tensor<2x4x6xf32>) -> tensor<8x6xf32> {
  %weights, %p = moe.top_k_route %g k 1 capacity 8 priority position : tensor<8x2xf32> -> tensor<8x1xf32>, !plan
  %r = moe.dispatch %x, %p : (tensor<8x4xf32>, !plan) -> tensor<8x4xf32>
  %y = moe.expert_linear %r, %w, %p : (tensor<8x4xf32>, tensor<2x4x6xf32>, !plan) -> tensor<8x6xf32>
  return %y : tensor<8x6xf32>
}
