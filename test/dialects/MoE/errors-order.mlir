// RUN: moec-opt %s -split-input-file -verify-diagnostics

func.func @argsort_rank(%x: tensor<i32>) -> tensor<i32> {
  // expected-error @+1 {{expected an input of rank 1 or more, got 0}}
  %y = moe.argsort %x : tensor<i32>
  return %y : tensor<i32>
}

// -----

func.func @argsort_extent(%x: tensor<2x65537xi32>) -> tensor<2x65537xi32> {
  // expected-error @+1 {{expected at most 65536 elements a row, got 65537}}
  %y = moe.argsort %x : tensor<2x65537xi32>
  return %y : tensor<2x65537xi32>
}

// -----

func.func @gather_input(%x: tensor<2x5xf32>, %o: tensor<2x5xi32>) -> tensor<2x3x4xf32> {
  // expected-error @+1 {{expected an input of rank 3, got 2}}
  %y = moe.gather_tokens %x, %o begin 0 : tensor<2x5xf32>, tensor<2x5xi32> -> tensor<2x3x4xf32>
  return %y : tensor<2x3x4xf32>
}

// -----

func.func @gather_result(%x: tensor<2x5x4xf32>, %o: tensor<2x5xi32>) -> tensor<2x3xf32> {
  // expected-error @+1 {{expected a result of rank 3, got 2}}
  %y = moe.gather_tokens %x, %o begin 0 : tensor<2x5x4xf32>, tensor<2x5xi32> -> tensor<2x3xf32>
  return %y : tensor<2x3xf32>
}

// -----

func.func @gather_order(%x: tensor<2x5x4xf32>, %o: tensor<2x3xi32>) -> tensor<2x3x4xf32> {
  // expected-error @+1 {{expected an order of shape [2, 5], got [2, 3]}}
  %y = moe.gather_tokens %x, %o begin 0 : tensor<2x5x4xf32>, tensor<2x3xi32> -> tensor<2x3x4xf32>
  return %y : tensor<2x3x4xf32>
}

// -----

func.func @gather_begin(%x: tensor<2x5x4xf32>, %o: tensor<2x5xi32>) -> tensor<2x3x4xf32> {
  // expected-error @+1 {{expected 0 <= begin <= 2 for 3 of 5 tokens, got 3}}
  %y = moe.gather_tokens %x, %o begin 3 : tensor<2x5x4xf32>, tensor<2x5xi32> -> tensor<2x3x4xf32>
  return %y : tensor<2x3x4xf32>
}

// -----

func.func @gather_channels(%x: tensor<2x5x4xf32>, %o: tensor<2x5xi32>) -> tensor<2x3x6xf32> {
  // expected-error @+1 {{expected a result of shape [2, 3, 4], got [2, 3, 6]}}
  %y = moe.gather_tokens %x, %o begin 0 : tensor<2x5x4xf32>, tensor<2x5xi32> -> tensor<2x3x6xf32>
  return %y : tensor<2x3x6xf32>
}

// -----

func.func @gather_type(%x: tensor<2x5x4xf32>, %o: tensor<2x5xi32>) -> tensor<2x3x4xf64> {
  // expected-error @+1 {{expected one element type, got 'f32' and 'f64'}}
  %y = moe.gather_tokens %x, %o begin 0 : tensor<2x5x4xf32>, tensor<2x5xi32> -> tensor<2x3x4xf64>
  return %y : tensor<2x3x4xf64>
}

// -----

func.func @scatter_order(%x: tensor<2x3x4xf32>, %o: tensor<2x3xi32>) -> tensor<2x5x4xf32> {
  // expected-error @+1 {{expected an order of shape [2, 5], got [2, 3]}}
  %y = moe.scatter_tokens %x, %o begin 0 : tensor<2x3x4xf32>, tensor<2x3xi32> -> tensor<2x5x4xf32>
  return %y : tensor<2x5x4xf32>
}

// -----

func.func @scatter_begin(%x: tensor<2x3x4xf32>, %o: tensor<2x5xi32>) -> tensor<2x5x4xf32> {
  // expected-error @+1 {{expected 0 <= begin <= 2 for 3 of 5 tokens, got -1}}
  %y = moe.scatter_tokens %x, %o begin -1 : tensor<2x3x4xf32>, tensor<2x5xi32> -> tensor<2x5x4xf32>
  return %y : tensor<2x5x4xf32>
}

// -----

func.func @scatter_images(%x: tensor<3x3x4xf32>, %o: tensor<2x5xi32>) -> tensor<2x5x4xf32> {
  // expected-error @+1 {{expected an input of shape [2, 3, 4], got [3, 3, 4]}}
  %y = moe.scatter_tokens %x, %o begin 0 : tensor<3x3x4xf32>, tensor<2x5xi32> -> tensor<2x5x4xf32>
  return %y : tensor<2x5x4xf32>
}
