// RUN: moec-opt %s --moec-verify-memory --split-input-file --verify-diagnostics

// To the last byte, in every iteration: forwards, backwards, and in rings.
moe.variable @v : tensor<8xf32> role(parameter) at 0
moe.variable @w : tensor<4x8xf32> role(parameter) at 64
func.func @k(%x: memref<8xf32>, %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  return
}
kernel.program @infer arena 96 inputs [#kernel.port<field "x" : tensor<4x8xi8>>,
                                       #kernel.port<host "x" : tensor<8xf32>>]
    outputs [#kernel.port<metric "x" : tensor<8xi32>>] {
  kernel.launch @k [#kernel.address<arena, offset = 64, bytes = 32>]
  kernel.launch @k [#kernel.address<field "x", offset = 0, bytes = 32>]
  kernel.launch @k [#kernel.address<host "x", offset = 0, bytes = 32>]
  kernel.launch @k [#kernel.address<metric "x", offset = 0, bytes = 32>]
  kernel.loop 4 {
    kernel.launch @k [#kernel.address<parameter, offset = 64, bytes = 32, stride = 32>]
    kernel.launch @k [#kernel.address<parameter, offset = 160, bytes = 32, stride = -32>]
    kernel.launch @k [#kernel.address<arena, offset = 0, bytes = 32, shift = 5, modulus = 3, size = 32>]
  }
}

// -----

// expected-error @below {{'func.func' op still works on a tensor; after planning every value has its place in memory}}
func.func @tensor(%x: tensor<8xf32>) {
  return
}

// -----

kernel.program @infer arena 64 inputs [] outputs [] {
  // expected-error @below {{launches @k, which is no kernel function}}
  kernel.launch @k [#kernel.address<arena, offset = 0, bytes = 32>]
}

// -----

func.func private @k(%x: memref<8xf32>)
kernel.program @infer arena 64 inputs [] outputs [] {
  // expected-error @below {{launches @k, which is no kernel function}}
  kernel.launch @k [#kernel.address<arena, offset = 0, bytes = 32>]
}

// -----

// expected-note @below {{of @k}}
func.func @k(%x: memref<8xf32>, %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  return
}
kernel.program @infer arena 64 inputs [] outputs [] {
  // expected-error @below {{gives 2 addresses for 1 operands}}
  kernel.launch @k [#kernel.address<arena, offset = 0, bytes = 32>, #kernel.address<arena, offset = 0, bytes = 32>]
}

// -----

#id = affine_map<(i) -> (i)>
// expected-error @below {{expected kernel.outs = 1, the operands that its kernel writes, got 2}}
func.func @k(%x: memref<8xf32>, %y: memref<8xf32>, %begin: index, %end: index, %scratch: memref<?xi8>)
    attributes {kernel.function, kernel.outs = 2} {
  kernel.map dims [8] ins(%x : memref<8xf32>) outs(%y : memref<8xf32>) maps [#id, #id]
    body { ^bb0(%v: f32): kernel.yield %v : f32 }
  return
}

// -----

#id = affine_map<(i) -> (i)>
// expected-error @below {{expected kernel.outs = 1, the operands that its kernel writes}}
func.func @k(%x: memref<8xf32>, %y: memref<8xf32>, %begin: index, %end: index, %scratch: memref<?xi8>)
    attributes {kernel.function} {
  kernel.map dims [8] ins(%x : memref<8xf32>) outs(%y : memref<8xf32>) maps [#id, #id]
    body { ^bb0(%v: f32): kernel.yield %v : f32 }
  return
}

// -----

moe.variable @w : tensor<4x8xf32> role(parameter) at 64
func.func @k(%x: memref<8xf32>, %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  return
}
kernel.program @infer arena 64 inputs [#kernel.port<field "x" : tensor<32xi8>>] outputs [] {
  // expected-error @below {{expected the 32 bytes of a 'memref<8xf32>', got 28}}
  kernel.launch @k [#kernel.address<arena, offset = 0, bytes = 28>]
}

// -----

moe.variable @w : tensor<4x8xf32> role(parameter) at 64
func.func @k(%x: memref<8xf32>, %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  return
}
kernel.program @infer arena 64 inputs [#kernel.port<field "x" : tensor<32xi8>>] outputs [] {
  // expected-error @below {{gives operand 0 of @k the address #kernel.address<arena, offset = 4096, bytes = 32>: it lies outside of the block, which has 64 bytes}}
  kernel.launch @k [#kernel.address<arena, offset = 4096, bytes = 32>]
}

// -----

moe.variable @w : tensor<4x8xf32> role(parameter) at 64
func.func @k(%x: memref<8xf32>, %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  return
}
kernel.program @infer arena 64 inputs [#kernel.port<field "x" : tensor<32xi8>>] outputs [] {
  // expected-error @below {{it lies outside of the block, which has 64 bytes}}
  kernel.launch @k [#kernel.address<arena, offset = 0, bytes = 68>]
}

// -----

moe.variable @w : tensor<4x8xf32> role(parameter) at 64
func.func @k(%x: memref<8xf32>, %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  return
}
kernel.program @infer arena 64 inputs [#kernel.port<field "x" : tensor<32xi8>>] outputs [] {
  // expected-error @below {{it lies outside of the block, which has 32 bytes}}
  kernel.launch @k [#kernel.address<field "x", offset = 4, bytes = 32>]
}

// -----

moe.variable @w : tensor<4x8xf32> role(parameter) at 64
func.func @k(%x: memref<8xf32>, %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  return
}
kernel.program @infer arena 64 inputs [#kernel.port<field "x" : tensor<32xi8>>] outputs [] {
  // expected-error @below {{there is no variable of role moment}}
  kernel.launch @k [#kernel.address<moment, offset = 0, bytes = 32>]
}

// -----

moe.variable @w : tensor<4x8xf32> role(parameter) at 64
func.func @k(%x: memref<8xf32>, %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  return
}
kernel.program @infer arena 64 inputs [#kernel.port<field "x" : tensor<32xi8>>] outputs [] {
  // expected-error @below {{it lies outside of the block, which has 192 bytes}}
  kernel.launch @k [#kernel.address<parameter, offset = 164, bytes = 32>]
}

// -----

moe.variable @w : tensor<4x8xf32> role(parameter) at 64
func.func @k(%x: memref<8xf32>, %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  return
}
kernel.program @infer arena 64 inputs [#kernel.port<field "x" : tensor<32xi8>>] outputs [] {
  // expected-error @below {{a stride needs a kernel.loop around the launch}}
  kernel.launch @k [#kernel.address<arena, offset = 0, bytes = 32, stride = 4>]
}

// -----

moe.variable @w : tensor<4x8xf32> role(parameter) at 64
func.func @k(%x: memref<8xf32>, %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  return
}
kernel.program @infer arena 64 inputs [#kernel.port<field "x" : tensor<32xi8>>] outputs [] {
  kernel.loop 5 {
    // expected-error @below {{in iteration 4 it lies outside of the block, which has 192 bytes}}
    kernel.launch @k [#kernel.address<parameter, offset = 64, bytes = 32, stride = 32>]
  }
}

// -----

moe.variable @w : tensor<4x8xf32> role(parameter) at 64
func.func @k(%x: memref<8xf32>, %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  return
}
kernel.program @infer arena 64 inputs [#kernel.port<field "x" : tensor<32xi8>>] outputs [] {
  kernel.loop 4 {
    // expected-error @below {{in iteration 3 it lies outside of the block, which has 192 bytes}}
    kernel.launch @k [#kernel.address<parameter, offset = 64, bytes = 32, stride = -32>]
  }
}

// -----

moe.variable @w : tensor<4x8xf32> role(parameter) at 64
func.func @k(%x: memref<8xf32>, %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  return
}
kernel.program @infer arena 64 inputs [#kernel.port<field "x" : tensor<32xi8>>] outputs [] {
  kernel.loop 3 {
    // expected-error @below {{in iteration 1 it lies outside of the block, which has 64 bytes}}
    kernel.launch @k [#kernel.address<arena, offset = 0, bytes = 32, shift = 1, modulus = 3, size = 32>]
  }
}

// -----

moe.variable @w : tensor<4x8xf32> role(parameter) at 64
func.func @k(%x: memref<8xf32>, %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  return
}
kernel.program @infer arena 64 inputs [#kernel.port<field "x" : tensor<32xi8>>] outputs [] {
  kernel.loop 2 {
    // expected-error @below {{expected iterations, a shift and a modulus of at most 2147483648, got 2, 1 and 4294967296}}
    kernel.launch @k [#kernel.address<arena, offset = 0, bytes = 32, shift = 1, modulus = 4294967296, size = 32>]
  }
}

// -----

// expected-error @below {{has no place in the block of its role; run moec-place-variables first}}
moe.variable @w : tensor<8xf32> role(parameter)

// -----

// expected-error @below {{ends at byte 9223372036854775839 of the block of its role; expected at most 1125899906842624}}
moe.variable @w : tensor<8xf32> role(parameter) at 9223372036854775807

// -----

func.func @k(%x: memref<?xf32>, %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  return
}
kernel.program @infer arena 64 inputs [] outputs [] {
  // expected-error @below {{expected an operand that is a memref of static shape, got 'memref<?xf32>'}}
  kernel.launch @k [#kernel.address<arena, offset = 0, bytes = 32>]
}
