// RUN: moec-opt %s -moec-autodiff -split-input-file -verify-diagnostics

func.func @loss(%x: tensor<8x10xf32> {moe.param = "x"}, %l: tensor<8xi32> {moe.input = "label"}) -> (tensor<f32> {moe.loss}) {
  // expected-error@+1 {{the loss depends on parameters through 'moe.accuracy', which has no gradient; use its result only as a metric or an output}}
  %y = moe.accuracy %x, %l : tensor<8x10xf32>, tensor<8xi32> -> tensor<f32>
  return %y : tensor<f32>
}

// -----

// expected-error@+1 {{the first result of @loss must carry the attribute 'moe.loss'}}
func.func @loss(%x: tensor<f32> {moe.param = "x"}) -> (tensor<f32> {moe.metric = "a"}, tensor<f32> {moe.loss}) {
  return %x, %x : tensor<f32>, tensor<f32>
}

// -----

// expected-error@+1 {{the first result of @loss must carry the attribute 'moe.loss'}}
func.func @loss(%x: tensor<f32> {moe.param = "x"}) {
  return
}

// -----

// expected-error@+1 {{the loss must be a scalar (tensor<f32> or tensor<f64>), but is 'tensor<4xf32>'; reduce it with moe.reduce}}
func.func @loss(%x: tensor<4xf32> {moe.param = "x"}) -> (tensor<4xf32> {moe.loss}) {
  return %x : tensor<4xf32>
}

// -----

// expected-error@+1 {{parameter "n" has type 'tensor<4xi32>', but parameters are float tensors of static shape}}
func.func @loss(%x: tensor<f32> {moe.param = "x"}, %n: tensor<4xi32> {moe.param = "n"}) -> (tensor<f32> {moe.loss}) {
  return %x : tensor<f32>
}

// -----

// expected-error@+1 {{@loss has no body}}
func.func private @loss(tensor<f32>) -> (tensor<f32> {moe.loss})

// -----

func.func @loss(%x: tensor<f32> {moe.param = "x"}) -> (tensor<f32> {moe.loss}) {
  return %x : tensor<f32>
}
// expected-error@+1 {{@train_step is there already}}
func.func @train_step() {
  return
}

// -----

!plan = !moe.routing<items = 4, experts = 8, k = 1, capacity = 3>
func.func @loss(%x: tensor<4x8xf32> {moe.param = "x"}) -> (tensor<f32> {moe.loss}) {
  // expected-error@+1 {{the backward pass needs a value of type '!moe.routing<items = 4, experts = 8, k = 1, capacity = 3, stack = 2>' from every iteration, which cannot be stacked}}
  %y = moe.repeat 2 carry(%x : tensor<4x8xf32>) stacked() {
  ^bb0(%c: tensor<4x8xf32>):
    // expected-note@+1 {{routing inside nested repeats is not supported: write the outer repeat out}}
    %r = moe.repeat 2 carry(%c : tensor<4x8xf32>) stacked() {
    ^bb1(%d: tensor<4x8xf32>):
      %w, %plan = moe.top_k_route %d k 1 capacity 3 priority "position" : tensor<4x8xf32> -> tensor<4x1xf32>, !plan
      %rows = moe.dispatch %d, %plan, %w : (tensor<4x8xf32>, !plan, tensor<4x1xf32>) -> tensor<4x8xf32>
      %n = moe.combine %rows, %plan : (tensor<4x8xf32>, !plan) -> tensor<4x8xf32>
      moe.yield %n : tensor<4x8xf32>
    } -> tensor<4x8xf32>
    moe.yield %r : tensor<4x8xf32>
  } -> tensor<4x8xf32>
  %l = moe.reduce %y axes [0, 1] : tensor<4x8xf32> -> tensor<f32>
  return %l : tensor<f32>
}
