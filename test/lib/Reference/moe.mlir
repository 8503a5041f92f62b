// Small numbers that one can check by hand.
// RUN: moec-interpret %s | FileCheck %s

// CHECK-LABEL: @shapes
// CHECK-NEXT: result 0 [3, 2]: 0 3 1 4 2 5
// CHECK-NEXT: result 1 [2]: 3 12
// CHECK-NEXT: result 2 [2, 2, 3]: 0 1 2 0 1 2 3 4 5 3 4 5
// CHECK-NEXT: result 3 [3, 2]: 0 1 2 3 4 5
func.func @shapes() -> (tensor<3x2xf32>, tensor<2xf32>, tensor<2x2x3xf32>, tensor<3x2xf32>) {
  %x = arith.constant dense<[[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]]> : tensor<2x3xf32>
  %t = moe.transpose %x [1, 0] : tensor<2x3xf32> -> tensor<3x2xf32>
  %r = moe.reduce %x axes [1] : tensor<2x3xf32> -> tensor<2xf32>
  %b = moe.broadcast %x axes [1] : tensor<2x3xf32> -> tensor<2x2x3xf32>
  %s = moe.reshape %x : tensor<2x3xf32> -> tensor<3x2xf32>
  return %t, %r, %b, %s : tensor<3x2xf32>, tensor<2xf32>, tensor<2x2x3xf32>, tensor<3x2xf32>
}

// CHECK-LABEL: @parts
// CHECK-NEXT: result 0 [2, 3]: 0 1 7 2 3 8
// CHECK-NEXT: result 1 [2, 2]: 1 7 3 8
func.func @parts() -> (tensor<2x3xf32>, tensor<2x2xf32>) {
  %x = arith.constant dense<[[0.0, 1.0], [2.0, 3.0]]> : tensor<2x2xf32>
  %z = arith.constant dense<[[7.0], [8.0]]> : tensor<2x1xf32>
  %c = moe.concat %x, %z axis 1 : tensor<2x2xf32>, tensor<2x1xf32> -> tensor<2x3xf32>
  %s = moe.slice %c axis 1 begin 1 : tensor<2x3xf32> -> tensor<2x2xf32>
  %k = moe.stop_gradient %s : tensor<2x2xf32>
  return %c, %k : tensor<2x3xf32>, tensor<2x2xf32>
}

// NaN stays, and has no slope; 0 has none either.
// CHECK-LABEL: @rectified
// CHECK-NEXT: result 0 [4]: 0 0 2 nan
// CHECK-NEXT: result 1 [4]: 0 0 7 0
// CHECK-NEXT: result 2 [3]: 0 1 2
func.func @rectified() -> (tensor<4xf32>, tensor<4xf32>, tensor<3xi32>) {
  %x = arith.constant dense<[-1.0, 0.0, 2.0, 0x7FC00000]> : tensor<4xf32>
  %d = arith.constant dense<7.0> : tensor<4xf32>
  %y = moe.relu %x : tensor<4xf32>
  %dx = moe.relu_grad %x, %d : tensor<4xf32>
  %i = moe.iota : tensor<3xi32>
  return %y, %dx, %i : tensor<4xf32>, tensor<4xf32>, tensor<3xi32>
}

// Equal keys keep their places; the argsort of an order is its inverse. Positions that are
// none read zeros, and go nowhere.
// CHECK-LABEL: @orders
// CHECK-NEXT: result 0 [2, 3]: 1 2 0 0 2 1
// CHECK-NEXT: result 1 [2, 3]: 2 0 1 0 2 1
// CHECK-NEXT: result 2 [2, 2, 1]: 3 1 6 5
// CHECK-NEXT: result 3 [2, 3, 1]: 1 0 0 0 0 3
// CHECK-NEXT: result 4 [1, 3, 1]: 2 0 0
// CHECK-NEXT: result 5 [1, 3, 1]: 0 1 0
func.func @orders() -> (tensor<2x3xi32>, tensor<2x3xi32>, tensor<2x2x1xf32>, tensor<2x3x1xf32>, tensor<1x3x1xf32>, tensor<1x3x1xf32>) {
  %k = arith.constant dense<[[5, -7, -7], [1, 9, 4]]> : tensor<2x3xi32>
  %o = moe.argsort %k : tensor<2x3xi32>
  %i = moe.argsort %o : tensor<2x3xi32>
  %x = arith.constant dense<[[[1.0], [2.0], [3.0]], [[4.0], [5.0], [6.0]]]> : tensor<2x3x1xf32>
  %g = moe.gather_tokens %x, %o begin 1 : tensor<2x3x1xf32>, tensor<2x3xi32> -> tensor<2x2x1xf32>
  %z = arith.constant dense<[[[1.0]], [[3.0]]]> : tensor<2x1x1xf32>
  %s = moe.scatter_tokens %z, %i begin 1 : tensor<2x1x1xf32>, tensor<2x3xi32> -> tensor<2x3x1xf32>
  %bad = arith.constant dense<[[1, -1, 3]]> : tensor<1x3xi32>
  %v = arith.constant dense<[[[1.0], [2.0], [3.0]]]> : tensor<1x3x1xf32>
  %gb = moe.gather_tokens %v, %bad begin 0 : tensor<1x3x1xf32>, tensor<1x3xi32> -> tensor<1x3x1xf32>
  %sb = moe.scatter_tokens %v, %bad begin 0 : tensor<1x3x1xf32>, tensor<1x3xi32> -> tensor<1x3x1xf32>
  return %o, %i, %g, %s, %gb, %sb : tensor<2x3xi32>, tensor<2x3xi32>, tensor<2x2x1xf32>, tensor<2x3x1xf32>, tensor<1x3x1xf32>, tensor<1x3x1xf32>
}

// CHECK-LABEL: @integers
// CHECK-NEXT: result 0 [2, 2]: -3 -3 -3 -3
func.func @integers() -> tensor<2x2xi32> {
  %f = moe.fill -3.0 : tensor<2xi32>
  %b = moe.broadcast %f axes [0] : tensor<2xi32> -> tensor<2x2xi32>
  return %b : tensor<2x2xi32>
}

// CHECK-LABEL: @roots
// CHECK-NEXT: result 0 [3]: 2 0.5 0.25
func.func @roots() -> tensor<3xf32> {
  %x = arith.constant dense<[0.0, 3.75, 15.75]> : tensor<3xf32>
  %r = moe.rsqrt %x eps 0.25 : tensor<3xf32>
  return %r : tensor<3xf32>
}

// Bytes are unsigned: -1 is 255, so (1 - 0.5) / 0.5. Two patches side by side.
// CHECK-LABEL: @patches
// CHECK-NEXT: result 0 [1, 2, 4]: 1 -1 -1 1 -1 1 1 -1
func.func @patches() -> tensor<1x2x4xf32> {
  %x = arith.constant dense<[[[[-1], [0], [0], [-1]], [[0], [-1], [-1], [0]]]]> : tensor<1x2x4x1xi8>
  %y = moe.patchify %x patch 2 mean [0.5] std [0.5] : tensor<1x2x4x1xi8> -> tensor<1x2x4xf32>
  return %y : tensor<1x2x4xf32>
}

// Each channel by its own mean and std.
// CHECK-LABEL: @channels
// CHECK-NEXT: result 0 [1, 2, 2]: 2 1 4 2
func.func @channels() -> tensor<1x2x2xf32> {
  %x = arith.constant dense<[[[[2.0, 3.0], [4.0, 5.0]]]]> : tensor<1x1x2x2xf32>
  %y = moe.patchify %x patch 1 mean [0.0, 1.0] std [1.0, 2.0] : tensor<1x1x2x2xf32> -> tensor<1x2x2xf32>
  return %y : tensor<1x2x2xf32>
}

// The same matrix over the last axis, over the first, and in index notation.
// CHECK-LABEL: @mixing
// CHECK-NEXT: result 0 [2, 2]: 12 23 14 27
// CHECK-NEXT: result 1 [2, 2]: 13 14 24 26
// CHECK-NEXT: result 2 [2, 2]: 3 4 4 6
func.func @mixing() -> (tensor<2x2xf32>, tensor<2x2xf32>, tensor<2x2xf32>) {
  %x = arith.constant dense<[[1.0, 2.0], [3.0, 4.0]]> : tensor<2x2xf32>
  %w = arith.constant dense<[[0.0, 1.0], [1.0, 1.0]]> : tensor<2x2xf32>
  %b = arith.constant dense<[10.0, 20.0]> : tensor<2xf32>
  %c = moe.linear %x, %w, %b axis 1 : (tensor<2x2xf32>, tensor<2x2xf32>, tensor<2xf32>) -> tensor<2x2xf32>
  %t = moe.linear %x, %w, %b axis 0 : (tensor<2x2xf32>, tensor<2x2xf32>, tensor<2xf32>) -> tensor<2x2xf32>
  %e = moe.einsum %x, %w "kj,ki->ij" : (tensor<2x2xf32>, tensor<2x2xf32>) -> tensor<2x2xf32>
  return %c, %t, %e : tensor<2x2xf32>, tensor<2x2xf32>, tensor<2x2xf32>
}

// Three items, all with expert 1 first, room for one row each. By position item 0
// gets the row of expert 1, by importance item 2.
// CHECK-LABEL: @routing
// CHECK-NEXT: result 0 [3, 2]: 0.75 0.25 0.625 0.375 0.875 0.125
// CHECK-NEXT: result 1 [3, 2]: 0.75 0.25 0.625 0.375 0.875 0.125
// The chosen item gets both experts; the others are dropped.
// CHECK-NEXT: result 2 [3, 1]: 1 0 0
// CHECK-NEXT: result 3 [3, 1]: 0 0 3
func.func @routing() -> (tensor<3x2xf32>, tensor<3x2xf32>, tensor<3x1xf32>, tensor<3x1xf32>) {
  %g = arith.constant dense<[[0.25, 0.75], [0.375, 0.625], [0.125, 0.875]]> : tensor<3x2xf32>
  %x = arith.constant dense<[[1.0], [2.0], [3.0]]> : tensor<3x1xf32>
  %w0, %p0 = moe.top_k_route %g k 2 capacity 1 priority position : tensor<3x2xf32> -> tensor<3x2xf32>, !moe.routing<items = 3, experts = 2, k = 2, capacity = 1>
  %w1, %p1 = moe.top_k_route %g k 2 capacity 1 priority importance : tensor<3x2xf32> -> tensor<3x2xf32>, !moe.routing<items = 3, experts = 2, k = 2, capacity = 1>
  %r0 = moe.dispatch %x, %p0 : (tensor<3x1xf32>, !moe.routing<items = 3, experts = 2, k = 2, capacity = 1>) -> tensor<2x1xf32>
  %y0 = moe.combine %r0, %p0, %w0 : (tensor<2x1xf32>, !moe.routing<items = 3, experts = 2, k = 2, capacity = 1>, tensor<3x2xf32>) -> tensor<3x1xf32>
  %r1 = moe.dispatch %x, %p1 : (tensor<3x1xf32>, !moe.routing<items = 3, experts = 2, k = 2, capacity = 1>) -> tensor<2x1xf32>
  %y1 = moe.combine %r1, %p1, %w1 : (tensor<2x1xf32>, !moe.routing<items = 3, experts = 2, k = 2, capacity = 1>, tensor<3x2xf32>) -> tensor<3x1xf32>
  return %w0, %w1, %y0, %y1 : tensor<3x2xf32>, tensor<3x2xf32>, tensor<3x1xf32>, tensor<3x1xf32>
}

// offsets, item, slot, pos, expert: by importance item 2 goes to expert 1, then item 1
// to expert 0; both are full then.
// CHECK-LABEL: @plan
// CHECK-NEXT: result 0 [19]: 0 1 2 1 2 2 4 -1 -1 0 -1 1 -1 1 0 0 1 1 0
func.func @plan() -> tensor<19xi32> {
  %g = arith.constant dense<[[0.4, 0.6], [0.7, 0.3], [0.1, 0.9]]> : tensor<3x2xf32>
  %w = tensor.empty() : tensor<3x2xf32>
  %p = tensor.empty() : tensor<19xi32>
  %r:2 = kernel.route ins(%g : tensor<3x2xf32>) outs(%w, %p : tensor<3x2xf32>, tensor<19xi32>)
    k 2 capacity 1 priority importance -> tensor<3x2xf32>, tensor<19xi32>
  return %r#1 : tensor<19xi32>
}

// Equal gates: the lower expert first, the lower item first.
// CHECK-LABEL: @ties
// CHECK-NEXT: result 0 [11]: 0 1 1 0 -1 0 -1 0 -1 0 0
func.func @ties() -> tensor<11xi32> {
  %g = arith.constant dense<0.5> : tensor<2x2xf32>
  %w = tensor.empty() : tensor<2x1xf32>
  %p = tensor.empty() : tensor<11xi32>
  %r:2 = kernel.route ins(%g : tensor<2x2xf32>) outs(%w, %p : tensor<2x1xf32>, tensor<11xi32>)
    k 1 capacity 1 priority importance -> tensor<2x1xf32>, tensor<11xi32>
  return %r#1 : tensor<11xi32>
}

// Of each half an expert takes one item: expert 0 items 1 and 2 (a tie, the lower
// item), expert 1 items 0 and 3. All four rows are used; item 2 has expert 0 alone.
// offsets, item, slot, pos, expert.
// CHECK-LABEL: @expert_choice
// CHECK-NEXT: result 0 [27]: 0 2 4 1 2 0 3 2 4 1 7 -1 2 0 -1 1 -1 -1 3 0 1 0 1 0 1 0 1
func.func @expert_choice() -> tensor<27xi32> {
  %g = arith.constant dense<[[0.25, 0.75], [0.5, 0.5], [0.375, 0.625], [0.375, 0.875]]> : tensor<4x2xf32>
  %p = tensor.empty() : tensor<27xi32>
  %r = kernel.expert_route ins(%g : tensor<4x2xf32>) outs(%p : tensor<27xi32>) groups 2 capacity 1 -> tensor<27xi32>
  return %r : tensor<27xi32>
}

// An item that both experts chose, and two that none did; NaN is never large.
// CHECK-LABEL: @expert_choice_combine
// CHECK-NEXT: result 0 [3, 1]: 0 3 0
// CHECK-NEXT: result 1 [2, 1]: 2 2
func.func @expert_choice_combine() -> (tensor<3x1xf32>, tensor<2x1xf32>) {
  %g = arith.constant dense<[[0.25, 0x7FC00000], [0.5, 1.0], [0.5, 0.75]]> : tensor<3x2xf32>
  %x = arith.constant dense<[[1.0], [2.0], [3.0]]> : tensor<3x1xf32>
  %plan = moe.expert_choice_route %g groups 1 capacity 1 : tensor<3x2xf32> -> !moe.routing<items = 3, experts = 2, k = 2, capacity = 1>
  %r = moe.dispatch %x, %plan : (tensor<3x1xf32>, !moe.routing<items = 3, experts = 2, k = 2, capacity = 1>) -> tensor<2x1xf32>
  %y = moe.combine %r, %plan, %g : (tensor<2x1xf32>, !moe.routing<items = 3, experts = 2, k = 2, capacity = 1>, tensor<3x2xf32>) -> tensor<3x1xf32>
  return %y, %r : tensor<3x1xf32>, tensor<2x1xf32>
}

// NaN is below all that is a number, also -inf.
// CHECK-LABEL: @nan
// CHECK-NEXT: result 0 [1, 2]: -inf nan
func.func @nan() -> tensor<1x2xf32> {
  %g = arith.constant dense<[[0x7FC00000, 0xFF800000]]> : tensor<1x2xf32>
  %w, %p = moe.top_k_route %g k 2 capacity 1 priority position : tensor<1x2xf32> -> tensor<1x2xf32>, !moe.routing<items = 1, experts = 2, k = 2, capacity = 1>
  return %w : tensor<1x2xf32>
}

// x -> (x + 1) * w in both directions; the stack keeps what came in.
// CHECK-LABEL: @repeat
// CHECK-NEXT: result 0 [1]: 64
// CHECK-NEXT: result 1 [3, 1]: 1 4 15
// CHECK-NEXT: result 2 [1]: 56
// CHECK-NEXT: result 3 [3, 1]: 27 8 1
func.func @repeat() -> (tensor<1xf32>, tensor<3x1xf32>, tensor<1xf32>, tensor<3x1xf32>) {
  %x = moe.fill 1.0 : tensor<1xf32>
  %w = arith.constant dense<[[2.0], [3.0], [4.0]]> : tensor<3x1xf32>
  %a:2 = moe.repeat 3 carry(%x : tensor<1xf32>) stacked(%w : tensor<3x1xf32>) {
  ^bb0(%c: tensor<1xf32>, %p: tensor<1xf32>):
    %s = moe.add %c, %x : tensor<1xf32>
    %n = moe.mul %s, %p : tensor<1xf32>
    moe.yield %n, %c : tensor<1xf32>, tensor<1xf32>
  } -> tensor<1xf32>, tensor<3x1xf32>
  %b:2 = moe.repeat 3 reverse carry(%x : tensor<1xf32>) stacked(%w : tensor<3x1xf32>) {
  ^bb0(%c: tensor<1xf32>, %p: tensor<1xf32>):
    %s = moe.add %c, %x : tensor<1xf32>
    %n = moe.mul %s, %p : tensor<1xf32>
    moe.yield %n, %c : tensor<1xf32>, tensor<1xf32>
  } -> tensor<1xf32>, tensor<3x1xf32>
  return %a#0, %a#1, %b#0, %b#1 : tensor<1xf32>, tensor<3x1xf32>, tensor<1xf32>, tensor<3x1xf32>
}

// CHECK-LABEL: @losses
// log(4), and the share of labels that win (ties: the lower class).
// CHECK-NEXT: result 0 []: 1.38629436
// CHECK-NEXT: result 1 []: 0.5
// Variance 1, mean 2.
// CHECK-NEXT: result 2 []: 0.25
// Half of the noise lies above a threshold at the logit itself.
// CHECK-NEXT: result 3 [1, 2]: 0.5 0.841344{{[0-9]*}}
func.func @losses() -> (tensor<f32>, tensor<f32>, tensor<f32>, tensor<1x2xf32>) {
  %x = moe.fill 3.0 : tensor<2x4xf32>
  %l = arith.constant dense<[0, 2]> : tensor<2xi32>
  %c = moe.softmax_cross_entropy %x, %l smoothing 0.1 : tensor<2x4xf32>, tensor<2xi32> -> tensor<f32>
  %a = moe.accuracy %x, %l : tensor<2x4xf32>, tensor<2xi32> -> tensor<f32>
  %v = arith.constant dense<[1.0, 3.0]> : tensor<2xf32>
  %cv = moe.cv_squared %v : tensor<2xf32> -> tensor<f32>
  %g = arith.constant dense<[[0.0, 0.5]]> : tensor<1x2xf32>
  %n = arith.constant dense<[[0.0, -1.0]]> : tensor<1x2xf32>
  %p = moe.load_probability %g, %n k 1 std 0.5 : tensor<1x2xf32>
  return %c, %a, %cv, %p : tensor<f32>, tensor<f32>, tensor<f32>, tensor<1x2xf32>
}

// Two groups of two items: each expert has one place in each. Items 0 and 1 want
// expert 0, which has room for one of them; the last two want different ones.
// CHECK-LABEL: @groups
// CHECK-NEXT: result 0 [4, 1]: 0.75 0.875 0.75 0.75
// CHECK-NEXT: result 1 [4, 1]: 0 2 2 2
// Experts have 2 rows and 1, 1.5 on average; one item of four is dropped, and with it
// one choice of four.
// CHECK-NEXT: result 2 [7]: 1 1.5 2 0.333333343 0.25 0.25 0.5{{[0-9]*}}
func.func @groups() -> (tensor<4x1xf32>, tensor<4x1xf32>, tensor<7xf32>) {
  %g = arith.constant dense<[[0.75, 0.25], [0.875, 0.125], [0.75, 0.25], [0.25, 0.75]]> : tensor<4x2xf32>
  %w, %p = moe.top_k_route %g k 1 capacity 1 groups 2 priority importance : tensor<4x2xf32> -> tensor<4x1xf32>, !moe.routing<items = 4, experts = 2, k = 1, capacity = 2>
  %rows = moe.fill 2.0 : tensor<4x1xf32>
  %y = moe.combine %rows, %p : (tensor<4x1xf32>, !moe.routing<items = 4, experts = 2, k = 1, capacity = 2>) -> tensor<4x1xf32>
  %s = moe.routing_statistics %p, %g : (!moe.routing<items = 4, experts = 2, k = 1, capacity = 2>, tensor<4x2xf32>) -> tensor<7xf32>
  return %w, %y, %s : tensor<4x1xf32>, tensor<4x1xf32>, tensor<7xf32>
}

// Of equal logits the lower class counts; an image with a NaN is never right.
// CHECK-LABEL: @accuracy
// CHECK-NEXT: result 0 []: 0.4
func.func @accuracy() -> tensor<f32> {
  %x = arith.constant dense<[[0x7FC00000, 0.0], [2.0, 0x7FC00000], [1.0, 1.0], [1.0, 1.0], [0.0, 1.0]]> : tensor<5x2xf32>
  %l = arith.constant dense<[0, 0, 0, 1, 1]> : tensor<5xi32>
  %a = moe.accuracy %x, %l : tensor<5x2xf32>, tensor<5xi32> -> tensor<f32>
  return %a : tensor<f32>
}

// Undefined: what nothing wrote, and what is computed from it.
// CHECK-LABEL: @undefined
// CHECK-NEXT: result 0 [2]: {{-?}}nan {{-?}}nan
func.func @undefined() -> tensor<2xf32> {
  %e = tensor.empty() : tensor<2xf32>
  %y = moe.scale %e by 0.0 : tensor<2xf32>
  return %y : tensor<2xf32>
}

// By 0.5 * (the sign of 0.5 m + 0.25 g, and 0.5 p); that of 0 is 0, and a NaN shows. The
// mean becomes 0.25 m + 0.375 g.
// CHECK-LABEL: @lion
// CHECK-NEXT: result 0 [4]: 2.5 3.5 1.5 nan
// CHECK-NEXT: result 1 [4]: 1.75 -1.75 0 nan
func.func @lion() -> (tensor<4xf32>, tensor<4xf32>) {
  %p = arith.constant dense<[4.0, 4.0, 2.0, 4.0]> : tensor<4xf32>
  %g = arith.constant dense<[4.0, -4.0, 0.0, 0x7FC00000]> : tensor<4xf32>
  %m = arith.constant dense<[1.0, -1.0, 0.0, 1.0]> : tensor<4xf32>
  %rate = arith.constant dense<0.5> : tensor<f32>
  %q, %n = moe.lion_update (%p) grads (%g) means (%m) rate %rate scale %rate beta1 0.5 beta2 0.25 weight_decay 0.5 : tensor<f32>, tensor<4xf32>
  return %q, %n : tensor<4xf32>, tensor<4xf32>
}
