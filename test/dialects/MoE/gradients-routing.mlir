// The gradient rules of routing, dispatch, experts and combine.
// RUN: moec-opt %s -moec-autodiff -split-input-file | FileCheck %s

!plan = !moe.routing<items = 6, experts = 4, k = 2, capacity = 3>

// CHECK-LABEL: func.func @train_step
// CHECK-SAME: %[[X:[a-z0-9]+]]: tensor<6x8xf32> {moe.var = @x}, %[[G:[a-z0-9]+]]: tensor<6x4xf32> {moe.var = @g}, %[[W:[a-z0-9]+]]: tensor<4x8x5xf32>
// CHECK: %[[P:weights]], %[[PLAN:plan]] = moe.top_k_route %[[G]]
// CHECK: %[[ROWS:.+]] = moe.dispatch %[[X]], %[[PLAN]] :
// CHECK: %[[H:.+]] = moe.expert_linear %[[ROWS]]
// CHECK: moe.combine %[[H]]
// CHECK: %[[DY:.+]] = moe.broadcast
// CHECK: %[[DH:.+]] = moe.dispatch %[[DY]], %[[PLAN]], %[[P]] :
// CHECK: %[[DP:.+]] = moe.combine_weight_grad %[[H]], %[[DY]], %[[PLAN]] :
// CHECK: %[[DROWS:.+]] = moe.expert_linear %[[DH]], %[[W]], %[[PLAN]] transposed : (tensor<12x5xf32>
// CHECK: %[[DW:.+]], %[[DB:.+]] = moe.expert_linear_grad %[[ROWS]], %[[DH]], %[[PLAN]] : {{.+}} -> (tensor<4x8x5xf32>, tensor<4x5xf32>)
// CHECK: %[[DX:.+]] = moe.combine %[[DROWS]], %[[PLAN]] :
// CHECK: %[[DG:.+]] = moe.top_k_route_grad %[[DP]], %[[PLAN]] :
// CHECK: return %{{.+}}, %[[DX]], %[[DG]], %[[DW]], %[[DB]] :
func.func @train_step(%x: tensor<6x8xf32> {moe.var = @x}, %g: tensor<6x4xf32> {moe.var = @g}, %w: tensor<4x8x5xf32> {moe.var = @w},
    %b: tensor<4x5xf32> {moe.var = @b}) -> (tensor<f32> {moe.metric = "loss"}, tensor<6x8xf32>, tensor<6x4xf32>, tensor<4x8x5xf32>, tensor<4x5xf32>) {
  %p, %plan = moe.top_k_route %g k 2 capacity 3 priority position : tensor<6x4xf32> -> tensor<6x2xf32>, !plan
  %rows = moe.dispatch %x, %plan : (tensor<6x8xf32>, !plan) -> tensor<12x8xf32>
  %h = moe.expert_linear %rows, %w, %plan, %b : (tensor<12x8xf32>, tensor<4x8x5xf32>, !plan, tensor<4x5xf32>) -> tensor<12x5xf32>
  %y = moe.combine %h, %plan, %p : (tensor<12x5xf32>, !plan, tensor<6x2xf32>) -> tensor<6x5xf32>
  %l = moe.reduce %y axes [0, 1] : tensor<6x5xf32> -> tensor<f32>
  %grads:4 = moe.gradient %l wrt %x, %g, %w, %b : tensor<f32>, tensor<6x8xf32>, tensor<6x4xf32>, tensor<4x8x5xf32>, tensor<4x5xf32>
  return %l, %grads#0, %grads#1, %grads#2, %grads#3 : tensor<f32>, tensor<6x8xf32>, tensor<6x4xf32>, tensor<4x8x5xf32>, tensor<4x5xf32>
}

// -----

// Weights at dispatch instead of combine; the weight transposed. Its gradient
// has the roles swapped, and the bias keeps its own.

!plan = !moe.routing<items = 6, experts = 4, k = 2, capacity = 3>

// CHECK-LABEL: func.func @train_step
// CHECK-SAME: %[[X:[a-z0-9]+]]: tensor<6x8xf32> {moe.var = @x}, %[[G:[a-z0-9]+]]: tensor<6x4xf32> {moe.var = @g}, %[[W:[a-z0-9]+]]: tensor<4x5x8xf32>
// CHECK: %[[P:weights]], %[[PLAN:plan]] = moe.top_k_route %[[G]]
// CHECK: %[[ROWS:.+]] = moe.dispatch %[[X]], %[[PLAN]], %[[P]] :
// CHECK: %[[DY:.+]] = moe.broadcast
// CHECK: %[[DH:.+]] = moe.dispatch %[[DY]], %[[PLAN]] :
// CHECK: %[[DROWS:.+]] = moe.expert_linear %[[DH]], %[[W]], %[[PLAN]] : (tensor<12x5xf32>, tensor<4x5x8xf32>
// CHECK: %[[DW:[a-zA-Z]+]], %{{.+}} = moe.expert_linear_grad %[[DH]], %[[ROWS]], %[[PLAN]] : {{.+}} -> (tensor<4x5x8xf32>, tensor<4x8xf32>)
// CHECK: %{{.+}}, %[[DB:.+]] = moe.expert_linear_grad %[[ROWS]], %[[DH]], %[[PLAN]] : {{.+}} -> (tensor<4x8x5xf32>, tensor<4x5xf32>)
// CHECK: %[[DX:.+]] = moe.combine %[[DROWS]], %[[PLAN]], %[[P]] :
// CHECK: %[[DP:.+]] = moe.combine_weight_grad %[[DROWS]], %[[X]], %[[PLAN]] :
// CHECK: %[[DG:.+]] = moe.top_k_route_grad %[[DP]], %[[PLAN]] :
// CHECK: return %{{.+}}, %[[DX]], %[[DG]], %[[DW]], %[[DB]] :
func.func @train_step(%x: tensor<6x8xf32> {moe.var = @x}, %g: tensor<6x4xf32> {moe.var = @g}, %w: tensor<4x5x8xf32> {moe.var = @w},
    %b: tensor<4x5xf32> {moe.var = @b}) -> (tensor<f32> {moe.metric = "loss"}, tensor<6x8xf32>, tensor<6x4xf32>, tensor<4x5x8xf32>, tensor<4x5xf32>) {
  %p, %plan = moe.top_k_route %g k 2 capacity 3 priority importance : tensor<6x4xf32> -> tensor<6x2xf32>, !plan
  %rows = moe.dispatch %x, %plan, %p : (tensor<6x8xf32>, !plan, tensor<6x2xf32>) -> tensor<12x8xf32>
  %h = moe.expert_linear %rows, %w, %plan, %b transposed : (tensor<12x8xf32>, tensor<4x5x8xf32>, !plan, tensor<4x5xf32>) -> tensor<12x5xf32>
  %y = moe.combine %h, %plan : (tensor<12x5xf32>, !plan) -> tensor<6x5xf32>
  %l = moe.reduce %y axes [0, 1] : tensor<6x5xf32> -> tensor<f32>
  %grads:4 = moe.gradient %l wrt %x, %g, %w, %b : tensor<f32>, tensor<6x8xf32>, tensor<6x4xf32>, tensor<4x5x8xf32>, tensor<4x5xf32>
  return %l, %grads#0, %grads#1, %grads#2, %grads#3 : tensor<f32>, tensor<6x8xf32>, tensor<6x4xf32>, tensor<4x5x8xf32>, tensor<4x5xf32>
}

// -----

// Experts choose: the weights are the gates, whose gradient comes from the
// combination alone.

!plan = !moe.routing<items = 6, experts = 4, k = 4, capacity = 2>

// CHECK-LABEL: func.func @train_step
// CHECK-SAME: %[[X:[a-z0-9]+]]: tensor<6x8xf32> {moe.var = @x}, %[[G:[a-z0-9]+]]: tensor<6x4xf32> {moe.var = @g}
// CHECK: %[[PLAN:.+]] = moe.expert_choice_route %[[G]]
// CHECK: %[[ROWS:.+]] = moe.dispatch %[[X]], %[[PLAN]] :
// CHECK: moe.combine %[[ROWS]], %[[PLAN]], %[[G]] :
// CHECK: %[[DY:.+]] = moe.broadcast
// CHECK: %[[DROWS:.+]] = moe.dispatch %[[DY]], %[[PLAN]], %[[G]] :
// CHECK: %[[DG:.+]] = moe.combine_weight_grad %[[ROWS]], %[[DY]], %[[PLAN]] : {{.+}} -> tensor<6x4xf32>
// CHECK: %[[DX:.+]] = moe.combine %[[DROWS]], %[[PLAN]] :
// CHECK: return %{{.+}}, %[[DX]], %[[DG]] :
func.func @train_step(%x: tensor<6x8xf32> {moe.var = @x}, %g: tensor<6x4xf32> {moe.var = @g})
    -> (tensor<f32> {moe.metric = "loss"}, tensor<6x8xf32>, tensor<6x4xf32>) {
  %plan = moe.expert_choice_route %g groups 2 capacity 1 : tensor<6x4xf32> -> !plan
  %rows = moe.dispatch %x, %plan : (tensor<6x8xf32>, !plan) -> tensor<8x8xf32>
  %y = moe.combine %rows, %plan, %g : (tensor<8x8xf32>, !plan, tensor<6x4xf32>) -> tensor<6x8xf32>
  %l = moe.reduce %y axes [0, 1] : tensor<6x8xf32> -> tensor<f32>
  %grads:2 = moe.gradient %l wrt %x, %g : tensor<f32>, tensor<6x8xf32>, tensor<6x4xf32>
  return %l, %grads#0, %grads#1 : tensor<f32>, tensor<6x8xf32>, tensor<6x4xf32>
}

// -----

// That of a softmax, in which those that were not chosen are 0.
// CHECK-LABEL: func.func @train_step
// CHECK: %[[Y:.+]] = moe.top_k_softmax
// CHECK: %[[DX:.+]] = moe.softmax_grad %[[Y]], %{{.+}} axes [1] : tensor<6x4xf32>
// CHECK: return %{{.+}}, %[[DX]] :
func.func @train_step(%x: tensor<6x4xf32> {moe.var = @x}) -> (tensor<f32> {moe.metric = "loss"}, tensor<6x4xf32>) {
  %y = moe.top_k_softmax %x k 2 : tensor<6x4xf32>
  %s = moe.mul %y, %y : tensor<6x4xf32>
  %l = moe.reduce %s axes [0, 1] : tensor<6x4xf32> -> tensor<f32>
  %grads = moe.gradient %l wrt %x : tensor<f32>, tensor<6x4xf32>
  return %l, %grads : tensor<f32>, tensor<6x4xf32>
}
