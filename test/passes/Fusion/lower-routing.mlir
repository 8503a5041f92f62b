// RUN: moec-opt %s -moec-lower-to-kernel -mlir-print-local-scope | FileCheck %s

// The plan of 128 items, 8 experts, 2 choices: offsets at 0, items at 9, slots
// at 265, positions at 521, experts at 777; 1033 numbers.
!plan = !moe.routing<items = 128, experts = 8, k = 2, capacity = 40>
!single = !moe.routing<items = 128, experts = 8, k = 1, capacity = 40>

// CHECK-LABEL: func @route
// CHECK: %[[W:.*]] = tensor.empty() : tensor<128x2xf32>
// CHECK: %[[P:.*]] = tensor.empty() : tensor<1033xi32>
// CHECK: kernel.route ins(%arg0 : tensor<128x8xf32>) outs(%[[W]], %[[P]] : tensor<128x2xf32>, tensor<1033xi32>)
// CHECK-SAME: k 2 capacity 40 priority importance
func.func @route(%g: tensor<128x8xf32>) -> (tensor<128x2xf32>, !plan) {
  %w, %plan = moe.top_k_route %g k 2 capacity 40 priority importance : tensor<128x8xf32> -> tensor<128x2xf32>, !plan
  return %w, %plan : tensor<128x2xf32>, !plan
}

// CHECK-LABEL: func @route_groups
// CHECK: kernel.route {{.*}} k 2 capacity 10 groups 4 priority position
func.func @route_groups(%g: tensor<128x8xf32>) -> (tensor<128x2xf32>, !plan) {
  %w, %plan = moe.top_k_route %g k 2 capacity 10 groups 4 priority position : tensor<128x8xf32> -> tensor<128x2xf32>, !plan
  return %w, %plan : tensor<128x2xf32>, !plan
}

// Rows by the offsets, then what each item has, then the sums side by side.
// CHECK-LABEL: func @statistics
// CHECK: %[[ROWS:.*]]:4 = kernel.rows dims [1, 8] ins(%arg1, %arg1 :
// CHECK-SAME: maps [affine_map<(d0, d1) -> (d1)>, affine_map<(d0, d1) -> (d1 + 1)>,
// CHECK-SAME: combiners [#kernel.combiner<max>, #kernel.combiner<add>, #kernel.combiner<add>] phases
// CHECK: %[[SERVED:.*]] = kernel.rows dims [128, 2] ins(%arg1 :
// CHECK-SAME: affine_map<(d0, d1) -> (d0 * 2 + d1 + 521)>
// CHECK: %[[ENTROPY:.*]] = kernel.rows dims [128, 8] ins(%arg0 :
// CHECK: math.log
// CHECK: %[[ITEMS:.*]]:3 = kernel.rows dims [1, 128] ins(%[[SERVED]], %[[ENTROPY]] :
// CHECK: kernel.map dims [7] ins(%[[ROWS]]#0, %[[ROWS]]#1, %[[ROWS]]#2, %[[ROWS]]#3, %[[ITEMS]]#0, %[[ITEMS]]#1, %[[ITEMS]]#2 :
func.func @statistics(%g: tensor<128x8xf32>, %plan: !plan) -> tensor<7xf32> {
  %s = moe.routing_statistics %plan, %g : (!plan, tensor<128x8xf32>) -> tensor<7xf32>
  return %s : tensor<7xf32>
}

// CHECK-LABEL: func @route_gradient
// CHECK: kernel.rows dims [128, 8, 2] ins(%arg0, %arg1 : tensor<128x2xf32>, tensor<1033xi32>)
// CHECK-SAME: maps [affine_map<(d0, d1, d2) -> (d0, d2)>, affine_map<(d0, d1, d2) -> (d0 * 2 + d2 + 777)>, affine_map<(d0, d1, d2) -> (d0, d1)>]
// CHECK-NEXT: ^bb0(%[[DW:.*]]: f32, %[[E:.*]]: i32):
// CHECK: %[[I:.*]] = kernel.index 1 : i32
// CHECK: %[[MINE:.*]] = arith.cmpi eq, %[[E]], %[[I]] : i32
// CHECK: arith.select %[[MINE]], %[[DW]], %{{.*}} : f32
func.func @route_gradient(%dw: tensor<128x2xf32>, %plan: !plan) -> tensor<128x8xf32> {
  %dg = moe.top_k_route_grad %dw, %plan : (tensor<128x2xf32>, !plan) -> tensor<128x8xf32>
  return %dg : tensor<128x8xf32>
}

// Experts choose: 8 choices of an item, 256 rows; 9 + 2 * (256 + 1024) numbers.
// CHECK-LABEL: func @expert_choice
// CHECK: %[[P:.*]] = tensor.empty() : tensor<2569xi32>
// CHECK: %[[PLAN:.*]] = kernel.expert_route ins(%arg0 : tensor<128x8xf32>) outs(%[[P]] : tensor<2569xi32>) groups 2 capacity 16
// CHECK: kernel.rows dims [128, 96, 8] ins(%arg1, %[[PLAN]], %arg0 :
func.func @expert_choice(%g: tensor<128x8xf32>, %r: tensor<256x96xf32>) -> tensor<128x96xf32> {
  %plan = moe.expert_choice_route %g groups 2 capacity 16 : tensor<128x8xf32> -> !moe.routing<items = 128, experts = 8, k = 8, capacity = 32>
  %y = moe.combine %r, %plan, %g : (tensor<256x96xf32>, !moe.routing<items = 128, experts = 8, k = 8, capacity = 32>, tensor<128x8xf32>) -> tensor<128x96xf32>
  return %y : tensor<128x96xf32>
}

// CHECK-LABEL: func @dispatch
// CHECK: kernel.map dims [256, 96] ins(%arg0, %arg1 : tensor<128x96xf32>, tensor<1033xi32>)
// CHECK-SAME: maps [affine_map<(d0, d1) -> (0, d1)>, affine_map<(d0, d1) -> (d0 + 9)>, affine_map<(d0, d1) -> (d0, d1)>]
// CHECK-SAME: gathers [1, -1]
func.func @dispatch(%x: tensor<128x96xf32>, %plan: !plan) -> tensor<256x96xf32> {
  %r = moe.dispatch %x, %plan : (tensor<128x96xf32>, !plan) -> tensor<256x96xf32>
  return %r : tensor<256x96xf32>
}

// Weights are read flat, at the slot of the row.
// CHECK-LABEL: func @dispatch_weighted
// CHECK: %[[FLAT:.*]] = tensor.collapse_shape %arg2 {{\[}}[0, 1]] : tensor<128x2xf32> into tensor<256xf32>
// CHECK: kernel.map dims [256, 96] ins(%arg0, %arg1, %[[FLAT]], %arg1 :
// CHECK-SAME: affine_map<(d0, d1) -> (0)>, affine_map<(d0, d1) -> (d0 + 265)>
// CHECK-SAME: gathers [1, -1, 3, -1]
// CHECK: arith.mulf
func.func @dispatch_weighted(%x: tensor<128x96xf32>, %plan: !plan, %w: tensor<128x2xf32>) -> tensor<256x96xf32> {
  %r = moe.dispatch %x, %plan, %w : (tensor<128x96xf32>, !plan, tensor<128x2xf32>) -> tensor<256x96xf32>
  return %r : tensor<256x96xf32>
}

// CHECK-LABEL: func @combine
// CHECK: kernel.rows dims [128, 96, 2] ins(%arg0, %arg1, %arg2 :
// CHECK-SAME: maps [affine_map<(d0, d1, d2) -> (0, d1)>, affine_map<(d0, d1, d2) -> (d0 * 2 + d2 + 521)>,
// CHECK-SAME:       affine_map<(d0, d1, d2) -> (d0, d2)>, affine_map<(d0, d1, d2) -> (d0, d1)>]
// CHECK-SAME: gathers [1, -1, -1]
// CHECK-SAME: combiners [#kernel.combiner<add>]
func.func @combine(%r: tensor<256x96xf32>, %plan: !plan, %w: tensor<128x2xf32>) -> tensor<128x96xf32> {
  %y = moe.combine %r, %plan, %w : (tensor<256x96xf32>, !plan, tensor<128x2xf32>) -> tensor<128x96xf32>
  return %y : tensor<128x96xf32>
}

// One choice: nothing to sum.
// CHECK-LABEL: func @combine_single
// CHECK: kernel.map dims [128, 96] ins(%arg0, %arg1 : tensor<128x96xf32>, tensor<521xi32>)
// CHECK-SAME: maps [affine_map<(d0, d1) -> (0, d1)>, affine_map<(d0, d1) -> (d0 + 265)>, affine_map<(d0, d1) -> (d0, d1)>]
// CHECK-SAME: gathers [1, -1]
func.func @combine_single(%r: tensor<128x96xf32>, %plan: !single) -> tensor<128x96xf32> {
  %y = moe.combine %r, %plan : (tensor<128x96xf32>, !single) -> tensor<128x96xf32>
  return %y : tensor<128x96xf32>
}

// CHECK-LABEL: func @combine_weight_gradient
// CHECK: kernel.rows dims [128, 2, 96] ins(%arg0, %arg2, %arg1 :
// CHECK-SAME: maps [affine_map<(d0, d1, d2) -> (0, d2)>, affine_map<(d0, d1, d2) -> (d0 * 2 + d1 + 521)>,
// CHECK-SAME:       affine_map<(d0, d1, d2) -> (d0, d2)>, affine_map<(d0, d1, d2) -> (d0, d1)>]
// CHECK-SAME: gathers [1, -1, -1]
func.func @combine_weight_gradient(%r: tensor<256x96xf32>, %dy: tensor<128x96xf32>, %plan: !plan) -> tensor<128x2xf32> {
  %dw = moe.combine_weight_grad %r, %dy, %plan : (tensor<256x96xf32>, tensor<128x96xf32>, !plan) -> tensor<128x2xf32>
  return %dw : tensor<128x2xf32>
}
