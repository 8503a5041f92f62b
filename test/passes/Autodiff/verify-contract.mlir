// RUN: moec-opt %s -moec-verify-autodiff -split-input-file -verify-diagnostics

func.func @infer(%w: tensor<4xf32>) -> tensor<4xf32> {
  return %w : tensor<4xf32>
}

// -----

func.func @step(%l: tensor<f32>, %w: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error@+1 {{is left after autodiff; run moec-autodiff first}}
  %g = moe.gradient %l wrt %w : tensor<f32>, tensor<4xf32>
  return %g : tensor<4xf32>
}
