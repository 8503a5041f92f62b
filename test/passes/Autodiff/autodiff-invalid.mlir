// RUN: moec-opt %s -moec-autodiff -split-input-file -verify-diagnostics

moe.variable @u : tensor<4xf32> role(parameter)
func.func @unused(%u: tensor<4xf32> {moe.var = @u}, %l: tensor<f32>) -> tensor<4xf32> {
  // expected-warning@+1 {{the loss does not depend on @u; its gradient is zero}}
  %g = moe.gradient %l wrt %u : tensor<f32>, tensor<4xf32>
  return %g : tensor<4xf32>
}

// -----

func.func @unused(%u: tensor<4xf32>, %l: tensor<f32>) -> (tensor<f32>, tensor<4xf32>) {
  // expected-warning@+1 {{the loss does not depend on value 1; its gradient is zero}}
  %g:2 = moe.gradient %l wrt %l, %u : tensor<f32>, tensor<f32>, tensor<4xf32>
  return %g#0, %g#1 : tensor<f32>, tensor<4xf32>
}

// -----

func.func @inside(%x: tensor<f32>) -> tensor<f32> {
  %y = moe.repeat 2 carry(%x : tensor<f32>) stacked() {
  ^bb0(%c: tensor<f32>):
    // expected-error@+1 {{expected in the body of a function, not in a region of an op}}
    %g = moe.gradient %c wrt %c : tensor<f32>, tensor<f32>
    moe.yield %g : tensor<f32>
  } -> tensor<f32>
  return %y : tensor<f32>
}
