// RUN: moec-opt %s --moec-verify-memory --split-input-file --verify-diagnostics

moe.variable @w : tensor<8xf32> role(parameter) at 0
func.func @k(%x: memref<8xf32>, %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  return
}
kernel.program @infer arena 64 inputs [] outputs [] {
  kernel.launch @k [#kernel.address<"arena", offset = 0, bytes = 32>]
}

// -----

// expected-error @below {{'func.func' op still works on a tensor; after planning every value has its place in memory}}
func.func @tensor(%x: tensor<8xf32>) {
  return
}

// -----

kernel.program @infer arena 64 inputs [] outputs [] {
  // expected-error @below {{launches @k, which is no kernel function}}
  kernel.launch @k [#kernel.address<"arena", offset = 0, bytes = 32>]
}

// -----

func.func private @k(%x: memref<8xf32>)
kernel.program @infer arena 64 inputs [] outputs [] {
  // expected-error @below {{launches @k, which is no kernel function}}
  kernel.launch @k [#kernel.address<"arena", offset = 0, bytes = 32>]
}

// -----

// expected-note @below {{of @k}}
func.func @k(%x: memref<8xf32>, %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  return
}
kernel.program @infer arena 64 inputs [] outputs [] {
  // expected-error @below {{gives 2 addresses for 1 operands}}
  kernel.launch @k [#kernel.address<"arena", offset = 0, bytes = 32>, #kernel.address<"arena", offset = 0, bytes = 32>]
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
