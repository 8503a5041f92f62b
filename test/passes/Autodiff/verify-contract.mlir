// RUN: moec-opt %s -moec-verify-autodiff -split-input-file -verify-diagnostics

func.func @train_step(%w: tensor<4xf32> {moe.param = "w"}, %v: tensor<2xf32> {moe.param = "v"})
    -> (tensor<f32> {moe.loss}, tensor<4xf32> {moe.grad = "w"}, tensor<2xf32> {moe.grad = "v"}) {
  %l = moe.fill 0.0 : tensor<f32>
  return %l, %w, %v : tensor<f32>, tensor<4xf32>, tensor<2xf32>
}

// -----

// expected-error@+1 {{@loss is left after autodiff}}
func.func @loss() { return }

// -----

// expected-error@+1 {{result 1 must be the gradient of parameter "v" (moe.grad = "v")}}
func.func @train_step(%w: tensor<4xf32> {moe.param = "w"}, %v: tensor<4xf32> {moe.param = "v"}) -> (tensor<4xf32> {moe.grad = "w"}) {
  return %w : tensor<4xf32>
}

// -----

// expected-error@+1 {{the gradient of parameter "w" has type 'tensor<4xf64>', the parameter 'tensor<4xf32>'}}
func.func @train_step(%w: tensor<4xf32> {moe.param = "w"}) -> (tensor<4xf64> {moe.grad = "w"}) {
  %g = moe.fill 0.0 : tensor<4xf64>
  return %g : tensor<4xf64>
}

// -----

// expected-error@+1 {{result 1 comes after the gradients, but belongs to no parameter}}
func.func @train_step(%w: tensor<4xf32> {moe.param = "w"}) -> (tensor<4xf32> {moe.grad = "w"}, tensor<4xf32> {moe.metric = "m"}) {
  return %w, %w : tensor<4xf32>, tensor<4xf32>
}

// -----

module attributes {moe.parameters = [{name = "w", shape = array<i64: 4>, offset = 0 : i64}, {name = "u", shape = array<i64: 4>, offset = 16 : i64}]} {
  // expected-error@+1 {{parameter "u" has no gradient: @train_step does not take it}}
  func.func @train_step(%w: tensor<4xf32> {moe.param = "w"}) -> (tensor<4xf32> {moe.grad = "w"}) {
    return %w : tensor<4xf32>
  }
}
