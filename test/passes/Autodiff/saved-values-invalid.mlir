// What cannot be kept: a stack of plans has no stack of its own.
// RUN: moec-opt %s -moec-autodiff -split-input-file -verify-diagnostics

!plan = !moe.routing<items = 4, experts = 8, k = 1, capacity = 3>
func.func @train_step(%x: tensor<4x8xf32> {moe.var = @x}) -> (tensor<f32> {moe.metric = "loss"}, tensor<4x8xf32>) {
  // expected-error@+1 {{the backward pass needs a value of type '!moe.routing<items = 4, experts = 8, k = 1, capacity = 3, stack = 2>' from every iteration, which cannot be stacked}}
  %y = moe.repeat 2 carry(%x : tensor<4x8xf32>) stacked() {
  ^bb0(%c: tensor<4x8xf32>):
    // expected-note@+1 {{routing inside nested repeats is not supported: write the outer repeat out}}
    %r = moe.repeat 2 carry(%c : tensor<4x8xf32>) stacked() {
    ^bb1(%d: tensor<4x8xf32>):
      %w, %plan = moe.top_k_route %d k 1 capacity 3 priority position : tensor<4x8xf32> -> tensor<4x1xf32>, !plan
      %rows = moe.dispatch %d, %plan, %w : (tensor<4x8xf32>, !plan, tensor<4x1xf32>) -> tensor<4x8xf32>
      %n = moe.combine %rows, %plan : (tensor<4x8xf32>, !plan) -> tensor<4x8xf32>
      moe.yield %n : tensor<4x8xf32>
    } -> tensor<4x8xf32>
    moe.yield %r : tensor<4x8xf32>
  } -> tensor<4x8xf32>
  %l = moe.reduce %y axes [0, 1] : tensor<4x8xf32> -> tensor<f32>
  %grads = moe.gradient %l wrt %x : tensor<f32>, tensor<4x8xf32>
  return %l, %grads : tensor<f32>, tensor<4x8xf32>
}
