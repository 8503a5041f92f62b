// RUN: moec-opt %s --split-input-file --moec-lower-rows --moec-lower-map --moec-lower-contract --verify-diagnostics

module attributes {kernel.machine = #kernel.cpu<cores = 8, vector_bytes = 64, vector_registers = 32>} {
func.func @tensor(%x: tensor<8xf32>, %y: tensor<8xf32>, %begin: index, %end: index,
                  %scratch: memref<?xi8>) attributes {kernel.function} {
  // expected-error @+1 {{operand #0 must be a memref of static shape and identity layout, got 'tensor<8xf32>'; run the Memory phase first}}
  %r = kernel.map dims [8] ins(%x : tensor<8xf32>) outs(%y : tensor<8xf32>)
    maps [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>]
    body { ^bb0(%a: f32): kernel.yield %a : f32 } -> tensor<8xf32>
  return
}
}

// -----

module attributes {kernel.machine = #kernel.cpu<cores = 8, vector_bytes = 64, vector_registers = 32>} {
func.func @nested(%x: memref<8xf32>, %y: memref<8xf32>, %begin: index, %end: index,
                  %scratch: memref<?xi8>) attributes {kernel.function} {
  kernel.map dims [8] ins(%x : memref<8xf32>) outs(%y : memref<8xf32>)
    maps [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>]
    body { ^bb0(%a: f32):
      // expected-error @+1 {{not element-wise}}
      %v = vector.broadcast %a : f32 to vector<4xf32>
      %s = vector.extract %v[0] : f32 from vector<4xf32>
      kernel.yield %s : f32 }
  return
}
}

// -----

module attributes {kernel.machine = #kernel.cpu<cores = 8, vector_bytes = 64, vector_registers = 32>} {
func.func @in_rows(%x: memref<8x4xf32>, %y: memref<8xf32>, %begin: index, %end: index,
                   %scratch: memref<?xi8>) attributes {kernel.function} {
  kernel.rows dims [8, 4] ins(%x : memref<8x4xf32>) outs(%y : memref<8xf32>)
    maps [affine_map<(p, c) -> (p, c)>, affine_map<(p, c) -> (p)>] combiners [#kernel.combiner<add>]
    phases { ^bb0(%e: f32):
      // expected-error @+1 {{'vector.broadcast' op cannot stand in a region of a kernel op: it is not element-wise}}
      %v = vector.broadcast %e : f32 to vector<4xf32>
      %t = vector.extract %v[0] : f32 from vector<4xf32>
      kernel.yield %t : f32 }
    finish { ^bb0(%e: f32, %s: f32): kernel.yield %s : f32 }
    emit { ^bb0(%e: f32, %s: f32): kernel.yield }
  return
}
}

// -----

module attributes {kernel.machine = #kernel.cpu<cores = 8, vector_bytes = 64, vector_registers = 32>} {
func.func @in_lhs(%x: memref<4x4xf32>, %w: memref<4x4xf32>, %y: memref<4x4xf32>, %begin: index, %end: index,
                  %scratch: memref<?xi8>) attributes {kernel.function} {
  kernel.contract dims [4, 4, 4] ins(%x, %w : memref<4x4xf32>, memref<4x4xf32>) outs(%y : memref<4x4xf32>)
    maps [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>]
    schedule <tile = [4, 4, 4], micro = [4, 4]>
    lhs { ^bb0(%l: f32, %r: f32):
      // expected-error @+1 {{not element-wise}}
      %v = vector.broadcast %l : f32 to vector<4xf32>
      %t = vector.extract %v[0] : f32 from vector<4xf32>
      kernel.yield %t : f32 }
    rhs { ^bb0(%l: f32, %r: f32): kernel.yield %r : f32 }
    epilogue { ^bb0(%l: f32, %r: f32, %acc: f32): kernel.yield %acc : f32 }
  return
}
}

// -----

module attributes {kernel.machine = #kernel.cpu<cores = 8, vector_bytes = 64, vector_registers = 32>} {
func.func @in_epilogue(%x: memref<4x4xf32>, %w: memref<4x4xf32>, %y: memref<4x4xf32>, %begin: index, %end: index,
                       %scratch: memref<?xi8>) attributes {kernel.function} {
  kernel.contract dims [4, 4, 4] ins(%x, %w : memref<4x4xf32>, memref<4x4xf32>) outs(%y : memref<4x4xf32>)
    maps [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>]
    schedule <tile = [4, 4, 4], micro = [4, 4]>
    lhs { ^bb0(%l: f32, %r: f32): kernel.yield %l : f32 }
    rhs { ^bb0(%l: f32, %r: f32): kernel.yield %r : f32 }
    epilogue { ^bb0(%l: f32, %r: f32, %acc: f32):
      // expected-error @+1 {{not element-wise}}
      %v = vector.broadcast %acc : f32 to vector<4xf32>
      %t = vector.extract %v[0] : f32 from vector<4xf32>
      kernel.yield %t : f32 }
  return
}
}
