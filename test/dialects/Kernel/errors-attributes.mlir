// RUN: moec-opt %s -split-input-file -verify-diagnostics

// expected-error @+1 {{unknown attribute 'kernel.functoin'; did you mean 'kernel.function'?}}
func.func @unknown(%x: memref<8xf32>) attributes {kernel.functoin} {
  return
}

// -----

// expected-error @+1 {{attribute 'kernel.parts': expected an i64 of 1 or more, got 0 : i64}}
func.func @parts(%x: tensor<8xf32>) attributes {kernel.parts = 0 : i64} {
  return
}

// -----

// expected-error @+1 {{attribute 'kernel.blocks': expected an i64 of 1 or more, got 0 : i64}}
func.func @blocks(%x: memref<8xf32>) attributes {kernel.blocks = 0 : i64} {
  return
}

// -----

// expected-error @+1 {{attribute 'kernel.function' belongs on a function, not here}}
module attributes {kernel.function} {
}

// -----

// expected-error @+1 {{argument 0: attribute 'kernel.grid' belongs on a function, not here}}
func.func @argument(%x: memref<8xf32> {kernel.grid = 1 : i64}) {
  return
}

// -----

// expected-error @+1 {{result 0: unknown attribute 'kernel.x'}}
func.func @result(%x: i32) -> (i32 {kernel.x}) {
  return %x : i32
}

// -----

// expected-error @+1 {{attribute 'kernel.tensor_maps': expected an array of #kernel.tensor_map<..>, got [{operand = 0 : i64}]}}
func.func @maps(%x: memref<8xf32>) attributes {kernel.tensor_maps = [{operand = 0 : i64}]} {
  return
}

// -----

// expected-error @+1 {{expected an operand of 0 or more, got -1}}
#m = #kernel.tensor_map<operand = -1, element = bf16, shape = [64, 128], strides = [128], box = [64, 64], swizzle = 128>

// -----

// expected-error @+1 {{expected elements of bf16, f16, f32, i32 or u8 (i8), got 'f64'}}
#m = #kernel.tensor_map<operand = 0, element = f64, shape = [64, 128], strides = [128], box = [64, 64], swizzle = 128>

// -----

// expected-error @+1 {{expected 1 to 5 dimensions, one stride less and as many sizes of a box, got 2, 2 and 2}}
#m = #kernel.tensor_map<operand = 0, element = bf16, shape = [64, 128], strides = [2, 128], box = [64, 64], swizzle = 128>

// -----

// expected-error @+1 {{got 2, 1 and 1}}
#m = #kernel.tensor_map<operand = 0, element = bf16, shape = [64, 128], strides = [128], box = [64], swizzle = 128>

// -----

// expected-error @+1 {{got 6, 5 and 6}}
#m = #kernel.tensor_map<operand = 0, element = bf16, shape = [8, 1, 1, 1, 1, 1], strides = [16, 16, 16, 16, 16], box = [8, 1, 1, 1, 1, 1], swizzle = 0>

// -----

// expected-error @+1 {{got 0, 0 and 0}}
#m = #kernel.tensor_map<operand = 0, element = bf16, shape = [], strides = [], box = [], swizzle = 0>

// -----

// expected-error @+1 {{expected sizes of 0 or more, got -128}}
#m = #kernel.tensor_map<operand = 0, element = bf16, shape = [64, 128], strides = [-128], box = [64, 64], swizzle = 128>

// -----

// expected-error @+1 {{expected a swizzle of 0, 32, 64 or 128 bytes, got 16}}
#m = #kernel.tensor_map<operand = 0, element = bf16, shape = [64, 128], strides = [128], box = [64, 64], swizzle = 16>

// -----

// expected-error @+1 {{'func.func' op is marked kernel.function, so it must have a body}}
func.func private @external(memref<8xf32>, index, index, memref<?xi8>) attributes {kernel.function}

// -----

// expected-error @+1 {{is marked kernel.function, so its arguments must end with (index, index, memref<?xi8>)}}
func.func @without_range(%x: memref<20xf32>) attributes {kernel.function} {
  return
}

// -----

// expected-error @+1 {{its arguments must end with (index, index, memref<?xi8>)}}
func.func @no_arguments() attributes {kernel.function} {
  return
}

// -----

// expected-error @+1 {{is marked kernel.function, so it must not have results}}
func.func @results(%begin: index, %end: index, %scratch: memref<?xi8>) -> index attributes {kernel.function} {
  return %begin : index
}

// -----

func.func @misspelt(%x: tensor<8xf32>) -> tensor<8xf32> {
  // expected-error @+1 {{'kernel.map' op unknown attribute 'gather'; did you mean 'gathers'?}}
  %y = kernel.map dims [8] outs(%x : tensor<8xf32>) maps [affine_map<(i) -> (i)>]
    body {
      %c = arith.constant 1.0 : f32
      kernel.yield %c : f32 } {gather = array<i32: 0>} -> tensor<8xf32>
  return %y : tensor<8xf32>
}

// -----

func.func private @k0(memref<8xf32>, index, index, memref<?xi8>)
// expected-error @+1 {{'kernel.program' op unknown attribute 'arana'; did you mean 'arena'?}}
kernel.program @infer arena 0 inputs [] outputs [] {
} {arana = 3}
