// RUN: moec-opt %s -moec-unroute-shared | FileCheck %s
// RUN: moec-interpret %s "--pipeline=func.func(moec-unroute-shared)" --rtol=1e-5

// The layers that all experts share see items; the gates alone are routed.
// CHECK-LABEL: func.func @shared
// CHECK-SAME: %[[X:.+]]: tensor<6x4xf32>, %[[L:.+]]: tensor<6x3xf32>, %[[W:.+]]: tensor<3x4x5xf32>, %[[V:.+]]: tensor<4x5xf32>, %[[BV:.+]]: tensor<5xf32>, %[[W2:.+]]: tensor<5x4xf32>, %[[B2:.+]]: tensor<4xf32>
// CHECK: %[[WEIGHTS:.+]], %[[PLAN:.+]] = moe.top_k_route
// CHECK: %[[ROWS:.+]] = moe.dispatch %[[X]], %[[PLAN]]
// CHECK: %[[H:.+]] = moe.expert_linear %[[ROWS]], %[[W]]
// CHECK: %[[SIGMOID:.+]] = moe.sigmoid %[[H]] : tensor<12x5xf32>
// CHECK: %[[A:.+]] = moe.mul %[[H]], %[[SIGMOID]] : tensor<12x5xf32>
// CHECK: %[[C:.+]] = moe.combine %[[A]], %[[PLAN]], %[[WEIGHTS]]
// CHECK: %[[U:.+]] = moe.linear %[[X]], %[[V]], %[[BV]] axis 1 : {{.*}} -> tensor<6x5xf32>
// CHECK: %[[P:.+]] = moe.mul %[[C]], %[[U]] : tensor<6x5xf32>
// CHECK: %[[Y:.+]] = moe.linear %[[P]], %[[W2]], %[[B2]] axis 1 : {{.*}} -> tensor<6x4xf32>
// CHECK: return %[[Y]]
func.func @shared(%x: tensor<6x4xf32>, %l: tensor<6x3xf32>, %w: tensor<3x4x5xf32>, %v: tensor<4x5xf32>, %bv: tensor<5xf32>,
    %w2: tensor<5x4xf32>, %b2: tensor<4xf32>) -> tensor<6x4xf32> {
  %g = moe.top_k_softmax %l k 2 : tensor<6x3xf32>
  %weights, %plan = moe.top_k_route %g k 2 capacity 6 priority position
    : tensor<6x3xf32> -> tensor<6x2xf32>, !moe.routing<items = 6, experts = 3, k = 2, capacity = 6>
  %r = moe.dispatch %x, %plan : (tensor<6x4xf32>, !moe.routing<items = 6, experts = 3, k = 2, capacity = 6>) -> tensor<12x4xf32>
  %h = moe.expert_linear %r, %w, %plan : (tensor<12x4xf32>, tensor<3x4x5xf32>, !moe.routing<items = 6, experts = 3, k = 2, capacity = 6>) -> tensor<12x5xf32>
  %s = moe.sigmoid %h : tensor<12x5xf32>
  %a = moe.mul %h, %s : tensor<12x5xf32>
  %u = moe.linear %r, %v, %bv axis 1 : (tensor<12x4xf32>, tensor<4x5xf32>, tensor<5xf32>) -> tensor<12x5xf32>
  %p = moe.mul %a, %u : tensor<12x5xf32>
  %o = moe.linear %p, %w2, %b2 axis 1 : (tensor<12x5xf32>, tensor<5x4xf32>, tensor<4xf32>) -> tensor<12x4xf32>
  %y = moe.combine %o, %plan, %weights : (tensor<12x4xf32>, !moe.routing<items = 6, experts = 3, k = 2, capacity = 6>, tensor<6x2xf32>) -> tensor<6x4xf32>
  return %y : tensor<6x4xf32>
}

// The factors may stand the other way round.
// CHECK-LABEL: func.func @other_side
// CHECK: moe.combine {{.*}} -> tensor<6x5xf32>
// CHECK: moe.linear {{.*}} -> tensor<6x5xf32>
// CHECK: moe.linear {{.*}} -> tensor<6x4xf32>
// CHECK-NEXT: return
func.func @other_side(%x: tensor<6x4xf32>, %l: tensor<6x3xf32>, %w: tensor<3x4x5xf32>, %v: tensor<4x5xf32>, %bv: tensor<5xf32>,
    %w2: tensor<5x4xf32>, %b2: tensor<4xf32>) -> tensor<6x4xf32> {
  %g = moe.top_k_softmax %l k 2 : tensor<6x3xf32>
  %weights, %plan = moe.top_k_route %g k 2 capacity 6 priority position
    : tensor<6x3xf32> -> tensor<6x2xf32>, !moe.routing<items = 6, experts = 3, k = 2, capacity = 6>
  %r = moe.dispatch %x, %plan : (tensor<6x4xf32>, !moe.routing<items = 6, experts = 3, k = 2, capacity = 6>) -> tensor<12x4xf32>
  %h = moe.expert_linear %r, %w, %plan : (tensor<12x4xf32>, tensor<3x4x5xf32>, !moe.routing<items = 6, experts = 3, k = 2, capacity = 6>) -> tensor<12x5xf32>
  %s = moe.sigmoid %h : tensor<12x5xf32>
  %a = moe.mul %h, %s : tensor<12x5xf32>
  %u = moe.linear %r, %v, %bv axis 1 : (tensor<12x4xf32>, tensor<4x5xf32>, tensor<5xf32>) -> tensor<12x5xf32>
  %p = moe.mul %u, %a : tensor<12x5xf32>
  %o = moe.linear %p, %w2, %b2 axis 1 : (tensor<12x5xf32>, tensor<5x4xf32>, tensor<4xf32>) -> tensor<12x4xf32>
  %y = moe.combine %o, %plan, %weights : (tensor<12x4xf32>, !moe.routing<items = 6, experts = 3, k = 2, capacity = 6>, tensor<6x2xf32>) -> tensor<6x4xf32>
  return %y : tensor<6x4xf32>
}

// Gates that do not sum to 1 over the chosen: the bias of the last layer would be counted in full.
// CHECK-LABEL: func.func @softmax
// CHECK: moe.linear {{.*}} -> tensor<12x5xf32>
// CHECK: moe.combine {{.*}} -> tensor<6x4xf32>
// CHECK-NEXT: return
func.func @softmax(%x: tensor<6x4xf32>, %l: tensor<6x3xf32>, %w: tensor<3x4x5xf32>, %v: tensor<4x5xf32>, %bv: tensor<5xf32>,
    %w2: tensor<5x4xf32>, %b2: tensor<4xf32>) -> tensor<6x4xf32> {
  %g = moe.softmax %l axes [1] : tensor<6x3xf32>
  %weights, %plan = moe.top_k_route %g k 2 capacity 6 priority position
    : tensor<6x3xf32> -> tensor<6x2xf32>, !moe.routing<items = 6, experts = 3, k = 2, capacity = 6>
  %r = moe.dispatch %x, %plan : (tensor<6x4xf32>, !moe.routing<items = 6, experts = 3, k = 2, capacity = 6>) -> tensor<12x4xf32>
  %h = moe.expert_linear %r, %w, %plan : (tensor<12x4xf32>, tensor<3x4x5xf32>, !moe.routing<items = 6, experts = 3, k = 2, capacity = 6>) -> tensor<12x5xf32>
  %s = moe.sigmoid %h : tensor<12x5xf32>
  %a = moe.mul %h, %s : tensor<12x5xf32>
  %u = moe.linear %r, %v, %bv axis 1 : (tensor<12x4xf32>, tensor<4x5xf32>, tensor<5xf32>) -> tensor<12x5xf32>
  %p = moe.mul %a, %u : tensor<12x5xf32>
  %o = moe.linear %p, %w2, %b2 axis 1 : (tensor<12x5xf32>, tensor<5x4xf32>, tensor<4xf32>) -> tensor<12x4xf32>
  %y = moe.combine %o, %plan, %weights : (tensor<12x4xf32>, !moe.routing<items = 6, experts = 3, k = 2, capacity = 6>, tensor<6x2xf32>) -> tensor<6x4xf32>
  return %y : tensor<6x4xf32>
}

// A softmax over more than are chosen.
// CHECK-LABEL: func.func @more
// CHECK: moe.combine {{.*}} -> tensor<6x4xf32>
// CHECK-NEXT: return
func.func @more(%x: tensor<6x4xf32>, %l: tensor<6x3xf32>, %w: tensor<3x4x5xf32>, %v: tensor<4x5xf32>, %bv: tensor<5xf32>,
    %w2: tensor<5x4xf32>, %b2: tensor<4xf32>) -> tensor<6x4xf32> {
  %g = moe.top_k_softmax %l k 2 : tensor<6x3xf32>
  %weights, %plan = moe.top_k_route %g k 1 capacity 6 priority position
    : tensor<6x3xf32> -> tensor<6x1xf32>, !moe.routing<items = 6, experts = 3, k = 1, capacity = 6>
  %r = moe.dispatch %x, %plan : (tensor<6x4xf32>, !moe.routing<items = 6, experts = 3, k = 1, capacity = 6>) -> tensor<6x4xf32>
  %h = moe.expert_linear %r, %w, %plan : (tensor<6x4xf32>, tensor<3x4x5xf32>, !moe.routing<items = 6, experts = 3, k = 1, capacity = 6>) -> tensor<6x5xf32>
  %s = moe.sigmoid %h : tensor<6x5xf32>
  %a = moe.mul %h, %s : tensor<6x5xf32>
  %u = moe.linear %r, %v, %bv axis 1 : (tensor<6x4xf32>, tensor<4x5xf32>, tensor<5xf32>) -> tensor<6x5xf32>
  %p = moe.mul %a, %u : tensor<6x5xf32>
  %o = moe.linear %p, %w2, %b2 axis 1 : (tensor<6x5xf32>, tensor<5x4xf32>, tensor<4xf32>) -> tensor<6x4xf32>
  %y = moe.combine %o, %plan, %weights : (tensor<6x4xf32>, !moe.routing<items = 6, experts = 3, k = 1, capacity = 6>, tensor<6x1xf32>) -> tensor<6x4xf32>
  return %y : tensor<6x4xf32>
}

// Items may be dropped.
// CHECK-LABEL: func.func @capacity
// CHECK: moe.combine {{.*}} -> tensor<6x4xf32>
// CHECK-NEXT: return
func.func @capacity(%x: tensor<6x4xf32>, %l: tensor<6x3xf32>, %w: tensor<3x4x5xf32>, %v: tensor<4x5xf32>, %bv: tensor<5xf32>,
    %w2: tensor<5x4xf32>, %b2: tensor<4xf32>) -> tensor<6x4xf32> {
  %g = moe.top_k_softmax %l k 2 : tensor<6x3xf32>
  %weights, %plan = moe.top_k_route %g k 2 capacity 3 priority position
    : tensor<6x3xf32> -> tensor<6x2xf32>, !moe.routing<items = 6, experts = 3, k = 2, capacity = 3>
  %r = moe.dispatch %x, %plan : (tensor<6x4xf32>, !moe.routing<items = 6, experts = 3, k = 2, capacity = 3>) -> tensor<9x4xf32>
  %h = moe.expert_linear %r, %w, %plan : (tensor<9x4xf32>, tensor<3x4x5xf32>, !moe.routing<items = 6, experts = 3, k = 2, capacity = 3>) -> tensor<9x5xf32>
  %s = moe.sigmoid %h : tensor<9x5xf32>
  %a = moe.mul %h, %s : tensor<9x5xf32>
  %u = moe.linear %r, %v, %bv axis 1 : (tensor<9x4xf32>, tensor<4x5xf32>, tensor<5xf32>) -> tensor<9x5xf32>
  %p = moe.mul %a, %u : tensor<9x5xf32>
  %o = moe.linear %p, %w2, %b2 axis 1 : (tensor<9x5xf32>, tensor<5x4xf32>, tensor<4xf32>) -> tensor<9x4xf32>
  %y = moe.combine %o, %plan, %weights : (tensor<9x4xf32>, !moe.routing<items = 6, experts = 3, k = 2, capacity = 3>, tensor<6x2xf32>) -> tensor<6x4xf32>
  return %y : tensor<6x4xf32>
}
