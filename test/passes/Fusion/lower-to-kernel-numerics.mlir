// The kernels compute what the moe ops mean, on plans with dropped items.
// RUN: moec-interpret %s --pipeline=moec-lower-to-kernel,cse,canonicalize
// RUN: moec-interpret %S/lower-contraction.mlir --pipeline=moec-lower-to-kernel,cse,canonicalize
// RUN: moec-interpret %S/lower-elementwise.mlir --pipeline=moec-lower-to-kernel,cse,canonicalize
// RUN: moec-interpret %S/lower-shape.mlir --pipeline=moec-lower-to-kernel,cse,canonicalize
// RUN: moec-interpret %S/lower-normalization.mlir --pipeline=moec-lower-to-kernel,cse,canonicalize
// RUN: moec-interpret %S/lower-loss.mlir --pipeline=moec-lower-to-kernel,cse,canonicalize
// RUN: moec-interpret %S/lower-top-k.mlir --pipeline=moec-lower-to-kernel,cse,canonicalize
// RUN: moec-interpret %S/lower-training.mlir --pipeline=moec-lower-to-kernel,cse,canonicalize --rtol=1e-4 --atol=1e-6
// RUN: moec-interpret %S/lower-update.mlir --pipeline=moec-lower-to-kernel,cse,canonicalize --rtol=1e-4 --atol=1e-6
// RUN: moec-interpret %S/lower-order.mlir --pipeline=moec-lower-to-kernel,cse,canonicalize --rtol=0 --atol=0
// RUN: moec-interpret %S/lower-random.mlir --pipeline=moec-lower-to-kernel,cse,canonicalize --rtol=1e-4 --atol=1e-6

!plan = !moe.routing<items = 16, experts = 4, k = 2, capacity = 6>
!single = !moe.routing<items = 16, experts = 4, k = 1, capacity = 5>
!chosen = !moe.routing<items = 16, experts = 4, k = 4, capacity = 6>
!plans = !moe.routing<items = 16, experts = 4, k = 2, capacity = 6, stack = 3>

func.func @experts(%x: tensor<16x8xf32>, %g: tensor<16x4xf32>, %w: tensor<4x8x12xf32>, %b: tensor<4x12xf32>, %dy: tensor<16x12xf32>)
    -> (tensor<16x12xf32>, tensor<16x8xf32>, tensor<4x8x12xf32>, tensor<4x12xf32>, tensor<16x4xf32>, !plan) {
  %gates = moe.softmax %g axes [1] : tensor<16x4xf32>
  %weights, %plan = moe.top_k_route %gates k 2 capacity 6 priority importance : tensor<16x4xf32> -> tensor<16x2xf32>, !plan
  %rows = moe.dispatch %x, %plan : (tensor<16x8xf32>, !plan) -> tensor<24x8xf32>
  %h = moe.expert_linear %rows, %w, %plan, %b : (tensor<24x8xf32>, tensor<4x8x12xf32>, !plan, tensor<4x12xf32>) -> tensor<24x12xf32>
  %y = moe.combine %h, %plan, %weights : (tensor<24x12xf32>, !plan, tensor<16x2xf32>) -> tensor<16x12xf32>
  %dh = moe.dispatch %dy, %plan, %weights : (tensor<16x12xf32>, !plan, tensor<16x2xf32>) -> tensor<24x12xf32>
  %dw, %db = moe.expert_linear_grad %rows, %dh, %plan : (tensor<24x8xf32>, tensor<24x12xf32>, !plan) -> (tensor<4x8x12xf32>, tensor<4x12xf32>)
  %drows = moe.expert_linear %dh, %w, %plan transposed : (tensor<24x12xf32>, tensor<4x8x12xf32>, !plan) -> tensor<24x8xf32>
  %dx = moe.combine %drows, %plan : (tensor<24x8xf32>, !plan) -> tensor<16x8xf32>
  %dweights = moe.combine_weight_grad %h, %dy, %plan : (tensor<24x12xf32>, tensor<16x12xf32>, !plan) -> tensor<16x2xf32>
  %dg = moe.top_k_route_grad %dweights, %plan : (tensor<16x2xf32>, !plan) -> tensor<16x4xf32>
  return %y, %dx, %dw, %db, %dg, %plan : tensor<16x12xf32>, tensor<16x8xf32>, tensor<4x8x12xf32>, tensor<4x12xf32>, tensor<16x4xf32>, !plan
}

func.func @expert_choice(%x: tensor<16x8xf32>, %g: tensor<16x4xf32>, %w: tensor<4x8x12xf32>, %dy: tensor<16x12xf32>)
    -> (tensor<16x12xf32>, tensor<16x8xf32>, tensor<4x8x12xf32>, tensor<16x4xf32>, !chosen) {
  %gates = moe.softmax %g axes [1] : tensor<16x4xf32>
  %plan = moe.expert_choice_route %gates groups 2 capacity 3 : tensor<16x4xf32> -> !chosen
  %rows = moe.dispatch %x, %plan : (tensor<16x8xf32>, !chosen) -> tensor<24x8xf32>
  %h = moe.expert_linear %rows, %w, %plan : (tensor<24x8xf32>, tensor<4x8x12xf32>, !chosen) -> tensor<24x12xf32>
  %y = moe.combine %h, %plan, %gates : (tensor<24x12xf32>, !chosen, tensor<16x4xf32>) -> tensor<16x12xf32>
  %dh = moe.dispatch %dy, %plan, %gates : (tensor<16x12xf32>, !chosen, tensor<16x4xf32>) -> tensor<24x12xf32>
  %dw, %db = moe.expert_linear_grad %rows, %dh, %plan : (tensor<24x8xf32>, tensor<24x12xf32>, !chosen) -> (tensor<4x8x12xf32>, tensor<4x12xf32>)
  %drows = moe.expert_linear %dh, %w, %plan transposed : (tensor<24x12xf32>, tensor<4x8x12xf32>, !chosen) -> tensor<24x8xf32>
  %dx = moe.combine %drows, %plan : (tensor<24x8xf32>, !chosen) -> tensor<16x8xf32>
  %dg = moe.combine_weight_grad %h, %dy, %plan : (tensor<24x12xf32>, tensor<16x12xf32>, !chosen) -> tensor<16x4xf32>
  return %y, %dx, %dw, %dg, %plan : tensor<16x12xf32>, tensor<16x8xf32>, tensor<4x8x12xf32>, tensor<16x4xf32>, !chosen
}

func.func @single(%x: tensor<16x8xf32>, %g: tensor<16x4xf32>) -> (tensor<16x8xf32>, tensor<16x8xf32>, tensor<16x8xf32>) {
  %weights, %plan = moe.top_k_route %g k 1 capacity 5 priority position : tensor<16x4xf32> -> tensor<16x1xf32>, !single
  %rows = moe.dispatch %x, %plan : (tensor<16x8xf32>, !single) -> tensor<16x8xf32>
  %y = moe.combine %rows, %plan, %weights : (tensor<16x8xf32>, !single, tensor<16x1xf32>) -> tensor<16x8xf32>
  %z = moe.combine %rows, %plan : (tensor<16x8xf32>, !single) -> tensor<16x8xf32>
  return %rows, %y, %z : tensor<16x8xf32>, tensor<16x8xf32>, tensor<16x8xf32>
}

// Plans that a repeat stacks and another reads back to front.
func.func @stacked(%g: tensor<16x4xf32>, %s: tensor<3x16x4xf32>) -> (tensor<16x4xf32>, !plans) {
  %f:2 = moe.repeat 3 carry(%g : tensor<16x4xf32>) stacked(%s : tensor<3x16x4xf32>) {
  ^bb0(%c: tensor<16x4xf32>, %add: tensor<16x4xf32>):
    %next = moe.add %c, %add : tensor<16x4xf32>
    %w, %plan = moe.top_k_route %next k 2 capacity 6 priority position : tensor<16x4xf32> -> tensor<16x2xf32>, !plan
    moe.yield %next, %plan : tensor<16x4xf32>, !plan
  } -> tensor<16x4xf32>, !plans
  %b = moe.repeat 3 reverse carry(%f#0 : tensor<16x4xf32>) stacked(%f#1 : !plans) {
  ^bb0(%c: tensor<16x4xf32>, %plan: !plan):
    %rows = moe.dispatch %c, %plan : (tensor<16x4xf32>, !plan) -> tensor<24x4xf32>
    %y = moe.combine %rows, %plan : (tensor<24x4xf32>, !plan) -> tensor<16x4xf32>
    moe.yield %y : tensor<16x4xf32>
  } -> tensor<16x4xf32>
  return %b, %f#1 : tensor<16x4xf32>, !plans
}

// Equal logits: the lower expert, the lower class comes first.
func.func @ties(%l: tensor<4x6xf32>, %d: tensor<4x6xf32>, %label: tensor<4xi32>)
    -> (tensor<4x6xf32>, tensor<4x6xf32>, tensor<4x6xf32>, tensor<f32>) {
  %noisy = moe.fill 0.5 : tensor<4x6xf32>
  %p = moe.load_probability %l, %noisy k 3 std 1.0 : tensor<4x6xf32>
  %dl, %dn = moe.load_probability_grad %l, %noisy, %d k 3 std 1.0 : tensor<4x6xf32>
  %a = moe.accuracy %noisy, %label : tensor<4x6xf32>, tensor<4xi32> -> tensor<f32>
  return %p, %dl, %dn, %a : tensor<4x6xf32>, tensor<4x6xf32>, tensor<4x6xf32>, tensor<f32>
}

func.func @learned_load(%l: tensor<4x6xf32>, %n: tensor<4x6xf32>, %r: tensor<4x6xf32>, %d: tensor<4x6xf32>)
    -> (tensor<4x6xf32>, tensor<4x6xf32>, tensor<4x6xf32>, tensor<4x6xf32>, tensor<4x6xf32>) {
  %s = moe.softplus %r : tensor<4x6xf32>
  %p = moe.learned_load_probability %l, %n, %s k 3 : tensor<4x6xf32>
  %dl, %dn, %ds = moe.learned_load_probability_grad %l, %n, %s, %d k 3 : tensor<4x6xf32>
  %tied = moe.fill 0.5 : tensor<4x6xf32>
  %q = moe.learned_load_probability %l, %tied, %s k 5 : tensor<4x6xf32>
  return %p, %dl, %dn, %ds, %q : tensor<4x6xf32>, tensor<4x6xf32>, tensor<4x6xf32>, tensor<4x6xf32>, tensor<4x6xf32>
}

func.func @statistics(%l: tensor<12x4xf32>) -> (tensor<7xf32>, tensor<7xf32>, tensor<7xf32>) {
  %g = moe.softmax %l axes [1] : tensor<12x4xf32>
  %w, %plan = moe.top_k_route %g k 2 capacity 2 groups 3 priority importance : tensor<12x4xf32> -> tensor<12x2xf32>, !moe.routing<items = 12, experts = 4, k = 2, capacity = 6>
  %s = moe.routing_statistics %plan, %g : (!moe.routing<items = 12, experts = 4, k = 2, capacity = 6>, tensor<12x4xf32>) -> tensor<7xf32>
  %v, %none = moe.top_k_route %g k 1 capacity 0 priority position : tensor<12x4xf32> -> tensor<12x1xf32>, !moe.routing<items = 12, experts = 4, k = 1, capacity = 0>
  %t = moe.routing_statistics %none, %g : (!moe.routing<items = 12, experts = 4, k = 1, capacity = 0>, tensor<12x4xf32>) -> tensor<7xf32>
  %chosen = moe.expert_choice_route %g groups 2 capacity 1 : tensor<12x4xf32> -> !moe.routing<items = 12, experts = 4, k = 4, capacity = 2>
  %u = moe.routing_statistics %chosen, %g experts_choose : (!moe.routing<items = 12, experts = 4, k = 4, capacity = 2>, tensor<12x4xf32>) -> tensor<7xf32>
  return %s, %t, %u : tensor<7xf32>, tensor<7xf32>, tensor<7xf32>
}

func.func @edges(%x: tensor<5xf32>, %dy: tensor<5xf32>, %s: tensor<5xf32>) -> (tensor<5xf32>, tensor<5xf32>, tensor<5xf32>, tensor<5xf32>, tensor<5xf32>, tensor<5xf32>) {
  %n = moe.layer_norm %x, %s, %dy eps 1.0e-6 : tensor<5xf32>, tensor<5xf32>
  %dx, %ds, %db = moe.layer_norm_grad %x, %s, %dy eps 1.0e-6 : tensor<5xf32>, tensor<5xf32>
  %y = moe.softmax %x axes [0] : tensor<5xf32>
  %u = moe.l2_normalize_grad %x, %dy axis 0 eps 1.0e-6 : tensor<5xf32>
  return %n, %dx, %ds, %db, %y, %u : tensor<5xf32>, tensor<5xf32>, tensor<5xf32>, tensor<5xf32>, tensor<5xf32>, tensor<5xf32>
}

func.func @pixels(%image: tensor<2x8x12x3xf32>) -> tensor<2x6x48xf32> {
  %y = moe.patchify %image patch 4 mean [0.286] std [0.353] : tensor<2x8x12x3xf32> -> tensor<2x6x48xf32>
  return %y : tensor<2x6x48xf32>
}

func.func @channels(%image: tensor<2x8x12x3xf32>) -> tensor<2x6x48xf32> {
  %y = moe.patchify %image patch 4 mean [0.286, 0.5, -1.0] std [0.353, 0.5, 2.0] : tensor<2x8x12x3xf32> -> tensor<2x6x48xf32>
  return %y : tensor<2x6x48xf32>
}

// NaN is no largest logit, wherever it stands; of equal ones the first counts.
func.func @accuracy() -> tensor<f32> {
  %x = arith.constant dense<[[0x7FC00000, 0.0], [2.0, 0x7FC00000], [1.0, 1.0], [1.0, 1.0], [0.0, 1.0]]> : tensor<5x2xf32>
  %l = arith.constant dense<[0, 0, 0, 1, 1]> : tensor<5xi32>
  %a = moe.accuracy %x, %l : tensor<5x2xf32>, tensor<5xi32> -> tensor<f32>
  return %a : tensor<f32>
}
