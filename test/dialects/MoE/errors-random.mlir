// RUN: moec-opt %s -split-input-file -verify-diagnostics

func.func @words(%seed: tensor<i32>, %step: tensor<i32>) {
  // expected-error @+1 {{expected keys of shape [4], or [layers, 4], got [3]}}
  %k = moe.dropout_key %seed, %step : tensor<i32> stream 0 rates [0.0, 0.1] -> tensor<3xi32>
  return
}

// -----

func.func @no_layers(%seed: tensor<i32>, %step: tensor<i32>) {
  // expected-error @+1 {{expected keys of shape [4], or [layers, 4], got [0, 4]}}
  %k = moe.dropout_key %seed, %step : tensor<i32> stream 0 rates [0.0, 0.1] -> tensor<0x4xi32>
  return
}

// -----

func.func @rates(%seed: tensor<i32>, %step: tensor<i32>) {
  // expected-error @+1 {{expected two rates, of the first and the last layer, got 3}}
  %k = moe.dropout_key %seed, %step : tensor<i32> stream 0 rates [0.0, 0.1, 0.2] -> tensor<3x4xi32>
  return
}

// -----

func.func @all(%seed: tensor<i32>, %step: tensor<i32>) {
  // expected-error @+1 {{expected 0 <= rate < 1, got 1}}
  %k = moe.dropout_key %seed, %step : tensor<i32> stream 0 rates [0.0, 1.0] -> tensor<3x4xi32>
  return
}

// -----

func.func @one_layer(%seed: tensor<i32>, %step: tensor<i32>) {
  // expected-error @+1 {{expected one rate of one layer, got 0.000000e+00 and 1.000000e-01}}
  %k = moe.dropout_key %seed, %step : tensor<i32> stream 0 rates [0.0, 0.1] -> tensor<4xi32>
  return
}

// -----

func.func @key(%x: tensor<8x4xf32>, %key: tensor<2x4xi32>) {
  // expected-error @+1 {{expected a key of shape [4], got [2, 4]}}
  %y = moe.dropout %x, %key leading 2 : tensor<8x4xf32>, tensor<2x4xi32>
  return
}

// -----

func.func @leading(%x: tensor<8x4xf32>, %key: tensor<4xi32>) {
  // expected-error @+1 {{expected 0 <= leading <= 2, got 3}}
  %y = moe.dropout %x, %key leading 3 : tensor<8x4xf32>, tensor<4xi32>
  return
}
