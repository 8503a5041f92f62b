// RUN: moec-opt %s -split-input-file -verify-diagnostics

!plan = !moe.routing<items = 6, experts = 4, k = 2, capacity = 3>
func.func @gates(%g: tensor<24xf32>) -> tensor<6x2xf32> {
  // expected-error @+1 {{expected gates of rank 2, got 1}}
  %w, %p = moe.top_k_route %g k 2 capacity 3 priority position : tensor<24xf32> -> tensor<6x2xf32>, !plan
  return %w : tensor<6x2xf32>
}

// -----

!plan = !moe.routing<items = 6, experts = 4, k = 2, capacity = 3>
func.func @k(%g: tensor<6x4xf32>) -> tensor<6x5xf32> {
  // expected-error @+1 {{expected 1 <= k <= 4, got 5}}
  %w, %p = moe.top_k_route %g k 5 capacity 3 priority position : tensor<6x4xf32> -> tensor<6x5xf32>, !plan
  return %w : tensor<6x5xf32>
}

// -----

!plan = !moe.routing<items = 6, experts = 4, k = 2, capacity = 3>
func.func @capacity(%g: tensor<6x4xf32>) -> tensor<6x2xf32> {
  // expected-error @+1 {{expected capacity >= 0, got -1}}
  %w, %p = moe.top_k_route %g k 2 capacity -1 priority position : tensor<6x4xf32> -> tensor<6x2xf32>, !plan
  return %w : tensor<6x2xf32>
}

// -----

!plan = !moe.routing<items = 6, experts = 4, k = 2, capacity = 3>
func.func @priority(%g: tensor<6x4xf32>) -> tensor<6x2xf32> {
  // expected-error @+2 {{expected ::moec::moe::Priority to be one of: position, importance}}
  // expected-error @+1 {{failed to parse MoE_PriorityAttr}}
  %w, %p = moe.top_k_route %g k 2 capacity 3 priority first : tensor<6x4xf32> -> tensor<6x2xf32>, !plan
  return %w : tensor<6x2xf32>
}

// -----

!plan = !moe.routing<items = 6, experts = 4, k = 2, capacity = 3>
func.func @plan(%g: tensor<6x4xf32>) -> tensor<6x2xf32> {
  // expected-error @+1 {{expected a plan of type '!moe.routing<items = 6, experts = 4, k = 2, capacity = 2>', got '!moe.routing<items = 6, experts = 4, k = 2, capacity = 3>'}}
  %w, %p = moe.top_k_route %g k 2 capacity 2 priority position : tensor<6x4xf32> -> tensor<6x2xf32>, !plan
  return %w : tensor<6x2xf32>
}

// -----

!plan = !moe.routing<items = 6, experts = 4, k = 2, capacity = 3>
func.func @weights(%g: tensor<6x4xf32>) -> tensor<6x3xf32> {
  // expected-error @+1 {{expected weights of shape [6, 2], got [6, 3]}}
  %w, %p = moe.top_k_route %g k 2 capacity 3 priority position : tensor<6x4xf32> -> tensor<6x3xf32>, !plan
  return %w : tensor<6x3xf32>
}

// -----

!plan = !moe.routing<items = 6, experts = 4, k = 2, capacity = 3>
func.func @route_grad(%w: tensor<6x3xf32>, %p: !plan) -> tensor<6x4xf32> {
  // expected-error @+1 {{expected a gradient of weights of shape [6, 2], got [6, 3]}}
  %g = moe.top_k_route_grad %w, %p : (tensor<6x3xf32>, !plan) -> tensor<6x4xf32>
  return %g : tensor<6x4xf32>
}

// -----

!plan = !moe.routing<items = 6, experts = 4, k = 2, capacity = 3>
func.func @route_grad_result(%w: tensor<6x2xf32>, %p: !plan) -> tensor<6x3xf32> {
  // expected-error @+1 {{expected a result of shape [6, 4], got [6, 3]}}
  %g = moe.top_k_route_grad %w, %p : (tensor<6x2xf32>, !plan) -> tensor<6x3xf32>
  return %g : tensor<6x3xf32>
}

// -----

!plan = !moe.routing<items = 6, experts = 4, k = 2, capacity = 3, stack = 5>
func.func @stack(%x: tensor<6x8xf32>, %p: !plan) -> tensor<12x8xf32> {
  // expected-error @+1 {{expected one plan (stack = 0), got stack = 5}}
  %r = moe.dispatch %x, %p : (tensor<6x8xf32>, !plan) -> tensor<12x8xf32>
  return %r : tensor<12x8xf32>
}

// -----

!plan = !moe.routing<items = 6, experts = 4, k = 2, capacity = 3>
func.func @dispatch_rank(%x: tensor<6x8x1xf32>, %p: !plan) -> tensor<12x8xf32> {
  // expected-error @+1 {{expected an input of rank 2, got 3}}
  %r = moe.dispatch %x, %p : (tensor<6x8x1xf32>, !plan) -> tensor<12x8xf32>
  return %r : tensor<12x8xf32>
}

// -----

!plan = !moe.routing<items = 6, experts = 4, k = 2, capacity = 3>
func.func @dispatch_input(%x: tensor<7x8xf32>, %p: !plan) -> tensor<12x8xf32> {
  // expected-error @+1 {{expected an input of shape [6, 8], got [7, 8]}}
  %r = moe.dispatch %x, %p : (tensor<7x8xf32>, !plan) -> tensor<12x8xf32>
  return %r : tensor<12x8xf32>
}

// -----

!plan = !moe.routing<items = 6, experts = 4, k = 2, capacity = 3>
func.func @dispatch_rows(%x: tensor<6x8xf32>, %p: !plan) -> tensor<6x8xf32> {
  // expected-error @+1 {{expected rows of shape [12, 8], got [6, 8]}}
  %r = moe.dispatch %x, %p : (tensor<6x8xf32>, !plan) -> tensor<6x8xf32>
  return %r : tensor<6x8xf32>
}

// -----

!plan = !moe.routing<items = 6, experts = 4, k = 2, capacity = 3>
func.func @combine(%r: tensor<12x8xf32>, %w: tensor<12xf32>, %p: !plan) -> tensor<6x8xf32> {
  // expected-error @+1 {{expected weights of shape [6, 2], got [12]}}
  %y = moe.combine %r, %p, %w : (tensor<12x8xf32>, !plan, tensor<12xf32>) -> tensor<6x8xf32>
  return %y : tensor<6x8xf32>
}

// -----

!plan = !moe.routing<items = 6, experts = 4, k = 2, capacity = 3>
func.func @combine_weight_grad(%r: tensor<12x8xf32>, %x: tensor<5x8xf32>, %p: !plan) -> tensor<6x2xf32> {
  // expected-error @+1 {{expected items of shape [6, 8], got [5, 8]}}
  %y = moe.combine_weight_grad %r, %x, %p : (tensor<12x8xf32>, tensor<5x8xf32>, !plan) -> tensor<6x2xf32>
  return %y : tensor<6x2xf32>
}

// -----

!plan = !moe.routing<items = 6, experts = 4, k = 2, capacity = 3>
func.func @expert_linear_rows(%r: tensor<6x8xf32>, %w: tensor<4x8x5xf32>, %p: !plan) -> tensor<12x5xf32> {
  // expected-error @+1 {{expected rows of shape [12, 8], got [6, 8]}}
  %y = moe.expert_linear %r, %w, %p : (tensor<6x8xf32>, tensor<4x8x5xf32>, !plan) -> tensor<12x5xf32>
  return %y : tensor<12x5xf32>
}

// -----

!plan = !moe.routing<items = 6, experts = 4, k = 2, capacity = 3>
func.func @expert_linear_rank(%r: tensor<12x8xf32>, %w: tensor<8x5xf32>, %p: !plan) -> tensor<12x5xf32> {
  // expected-error @+1 {{expected a weight of rank 3, got 2}}
  %y = moe.expert_linear %r, %w, %p : (tensor<12x8xf32>, tensor<8x5xf32>, !plan) -> tensor<12x5xf32>
  return %y : tensor<12x5xf32>
}

// -----

!plan = !moe.routing<items = 6, experts = 4, k = 2, capacity = 3>
func.func @expert_linear_weight(%r: tensor<12x8xf32>, %w: tensor<4x8x5xf32>, %p: !plan) -> tensor<12x8xf32> {
  // expected-error @+1 {{expected a weight of shape [4, 8, 8], got [4, 8, 5]}}
  %y = moe.expert_linear %r, %w, %p transposed : (tensor<12x8xf32>, tensor<4x8x5xf32>, !plan) -> tensor<12x8xf32>
  return %y : tensor<12x8xf32>
}

// -----

!plan = !moe.routing<items = 6, experts = 4, k = 2, capacity = 3>
func.func @expert_linear_bias(%r: tensor<12x8xf32>, %w: tensor<4x8x5xf32>, %b: tensor<5xf32>, %p: !plan) -> tensor<12x5xf32> {
  // expected-error @+1 {{expected a bias of shape [4, 5], got [5]}}
  %y = moe.expert_linear %r, %w, %p, %b : (tensor<12x8xf32>, tensor<4x8x5xf32>, !plan, tensor<5xf32>) -> tensor<12x5xf32>
  return %y : tensor<12x5xf32>
}

// -----

!plan = !moe.routing<items = 6, experts = 4, k = 2, capacity = 3>
func.func @expert_linear_result(%r: tensor<12x8xf32>, %w: tensor<4x8x5xf32>, %p: !plan) -> tensor<12x8xf32> {
  // expected-error @+1 {{expected a result of shape [12, 5], got [12, 8]}}
  %y = moe.expert_linear %r, %w, %p : (tensor<12x8xf32>, tensor<4x8x5xf32>, !plan) -> tensor<12x8xf32>
  return %y : tensor<12x8xf32>
}

// -----

!plan = !moe.routing<items = 6, experts = 4, k = 2, capacity = 3>
func.func @expert_linear_grad_rows(%r: tensor<12x8xf32>, %d: tensor<6x5xf32>, %p: !plan) {
  // expected-error @+1 {{expected a gradient of rows of shape [12, 5], got [6, 5]}}
  %w, %b = moe.expert_linear_grad %r, %d, %p : (tensor<12x8xf32>, tensor<6x5xf32>, !plan) -> (tensor<4x8x5xf32>, tensor<4x5xf32>)
  return
}

// -----

!plan = !moe.routing<items = 6, experts = 4, k = 2, capacity = 3>
func.func @expert_linear_grad_weight(%r: tensor<12x8xf32>, %d: tensor<12x5xf32>, %p: !plan) {
  // expected-error @+1 {{expected a gradient of the weight of shape [4, 8, 5], got [4, 5, 8]}}
  %w, %b = moe.expert_linear_grad %r, %d, %p : (tensor<12x8xf32>, tensor<12x5xf32>, !plan) -> (tensor<4x5x8xf32>, tensor<4x5xf32>)
  return
}

// -----

!plan = !moe.routing<items = 6, experts = 4, k = 2, capacity = 3>
func.func @expert_linear_grad_bias(%r: tensor<12x8xf32>, %d: tensor<12x5xf32>, %p: !plan) {
  // expected-error @+1 {{expected a gradient of the bias of shape [4, 5], got [4, 8]}}
  %w, %b = moe.expert_linear_grad %r, %d, %p : (tensor<12x8xf32>, tensor<12x5xf32>, !plan) -> (tensor<4x8x5xf32>, tensor<4x8xf32>)
  return
}

// -----

// expected-error @+1 {{expected items * k and experts of at most 2147483647, got items = 8, experts = 9223372036854775807, k = 1, stack = 0}}
func.func @many_experts(%p: !moe.routing<items = 8, experts = 9223372036854775807, k = 1, capacity = 8>) {
  return
}

// -----

// expected-error @+1 {{expected items * k and experts of at most 2147483647, got items = 1073741824, experts = 4, k = 2, stack = 0}}
func.func @many_rows(%p: !moe.routing<items = 1073741824, experts = 4, k = 2, capacity = 8>) {
  return
}

// -----

// expected-error @+1 {{got items = 8, experts = 4, k = 2, stack = 4611686018427387904}}
func.func @many_plans(%p: !moe.routing<items = 8, experts = 4, k = 2, capacity = 8, stack = 4611686018427387904>) {
  return
}

// -----

!plan = !moe.routing<items = 6, experts = 4, k = 4, capacity = 2>
func.func @expert_choice_gates(%g: tensor<24xf32>) -> !plan {
  // expected-error @+1 {{expected gates of rank 2, got 1}}
  %p = moe.expert_choice_route %g groups 2 capacity 1 : tensor<24xf32> -> !plan
  return %p : !plan
}

// -----

!plan = !moe.routing<items = 6, experts = 4, k = 4, capacity = 2>
func.func @expert_choice_groups(%g: tensor<6x4xf32>) -> !plan {
  // expected-error @+1 {{expected groups that divide 6 items, got 4}}
  %p = moe.expert_choice_route %g groups 4 capacity 1 : tensor<6x4xf32> -> !plan
  return %p : !plan
}

// -----

!plan = !moe.routing<items = 6, experts = 4, k = 4, capacity = 2>
func.func @expert_choice_no_groups(%g: tensor<6x4xf32>) -> !plan {
  // expected-error @+1 {{expected groups that divide 6 items, got 0}}
  %p = moe.expert_choice_route %g groups 0 capacity 1 : tensor<6x4xf32> -> !plan
  return %p : !plan
}

// -----

!plan = !moe.routing<items = 6, experts = 4, k = 4, capacity = 2>
func.func @expert_choice_capacity(%g: tensor<6x4xf32>) -> !plan {
  // expected-error @+1 {{expected 1 <= capacity <= 3, got 4}}
  %p = moe.expert_choice_route %g groups 2 capacity 4 : tensor<6x4xf32> -> !plan
  return %p : !plan
}

// -----

!plan = !moe.routing<items = 6, experts = 4, k = 4, capacity = 2>
func.func @expert_choice_none(%g: tensor<6x4xf32>) -> !plan {
  // expected-error @+1 {{expected 1 <= capacity <= 3, got 0}}
  %p = moe.expert_choice_route %g groups 2 capacity 0 : tensor<6x4xf32> -> !plan
  return %p : !plan
}

// -----

!plan = !moe.routing<items = 6, experts = 4, k = 2, capacity = 2>
func.func @expert_choice_plan(%g: tensor<6x4xf32>) -> !plan {
  // expected-error @+1 {{expected a plan of type '!moe.routing<items = 6, experts = 4, k = 4, capacity = 2>', got '!moe.routing<items = 6, experts = 4, k = 2, capacity = 2>'}}
  %p = moe.expert_choice_route %g groups 2 capacity 1 : tensor<6x4xf32> -> !plan
  return %p : !plan
}

// -----

!plan = !moe.routing<items = 6, experts = 4, k = 4, capacity = 2>
func.func @expert_choice_size(%g: tensor<65536x65536xf32>) -> !plan {
  // expected-error @+1 {{expected items * k and experts of at most 2147483647, got items = 65536, experts = 65536, k = 65536, stack = 0}}
  %p = moe.expert_choice_route %g groups 2 capacity 1 : tensor<65536x65536xf32> -> !plan
  return %p : !plan
}

// -----

!plan = !moe.routing<items = 6, experts = 4, k = 2, capacity = 2>
func.func @top_k_size(%g: tensor<1073741824x2xf32>) -> !plan {
  // expected-error @+1 {{expected items * k and experts of at most 2147483647, got items = 1073741824, experts = 2, k = 2, stack = 0}}
  %w, %p = moe.top_k_route %g k 2 capacity 1 priority position : tensor<1073741824x2xf32> -> tensor<1073741824x2xf32>, !plan
  return %p : !plan
}

// -----

func.func @top_k_softmax_rank(%x: tensor<6x2x4xf32>) -> tensor<6x2x4xf32> {
  // expected-error @+1 {{expected an input of rank 2, got 3}}
  %y = moe.top_k_softmax %x k 2 : tensor<6x2x4xf32>
  return %y : tensor<6x2x4xf32>
}

// -----

func.func @top_k_softmax_k(%x: tensor<6x4xf32>) -> tensor<6x4xf32> {
  // expected-error @+1 {{expected 1 <= k <= 4, got 0}}
  %y = moe.top_k_softmax %x k 0 : tensor<6x4xf32>
  return %y : tensor<6x4xf32>
}

// -----

!plan = !moe.routing<items = 6, experts = 4, k = 2, capacity = 4>
func.func @groups(%g: tensor<6x4xf32>) -> tensor<6x2xf32> {
  // expected-error @+1 {{expected groups that divide 6 items, got 4}}
  %w, %p = moe.top_k_route %g k 2 capacity 1 groups 4 priority position : tensor<6x4xf32> -> tensor<6x2xf32>, !plan
  return %w : tensor<6x2xf32>
}

// -----

!plan = !moe.routing<items = 6, experts = 4, k = 2, capacity = 3>
func.func @plan_of_groups(%g: tensor<6x4xf32>) -> tensor<6x2xf32> {
  // expected-error @+1 {{expected a plan of type '!moe.routing<items = 6, experts = 4, k = 2, capacity = 6>', got '!moe.routing<items = 6, experts = 4, k = 2, capacity = 3>'}}
  %w, %p = moe.top_k_route %g k 2 capacity 3 groups 2 priority position : tensor<6x4xf32> -> tensor<6x2xf32>, !plan
  return %w : tensor<6x2xf32>
}

// -----

!plan = !moe.routing<items = 6, experts = 4, k = 2, capacity = 3>
func.func @statistics_gates(%p: !plan, %g: tensor<6x3xf32>) -> tensor<7xf32> {
  // expected-error @+1 {{expected gates of shape [6, 4], got [6, 3]}}
  %s = moe.routing_statistics %p, %g : (!plan, tensor<6x3xf32>) -> tensor<7xf32>
  return %s : tensor<7xf32>
}

// -----

!plan = !moe.routing<items = 6, experts = 4, k = 2, capacity = 3>
func.func @statistics_result(%p: !plan, %g: tensor<6x4xf32>) -> tensor<6xf32> {
  // expected-error @+1 {{expected a result of shape [7], got [6]}}
  %s = moe.routing_statistics %p, %g : (!plan, tensor<6x4xf32>) -> tensor<6xf32>
  return %s : tensor<6xf32>
}

// -----

!plan = !moe.routing<items = 6, experts = 4, k = 2, capacity = 3>
func.func @statistics_type(%p: !plan, %g: tensor<6x4xf32>) -> tensor<7xf64> {
  // expected-error @+1 {{expected one element type, got 'f32' and 'f64'}}
  %s = moe.routing_statistics %p, %g : (!plan, tensor<6x4xf32>) -> tensor<7xf64>
  return %s : tensor<7xf64>
}
