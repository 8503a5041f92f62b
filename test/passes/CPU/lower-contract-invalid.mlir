// RUN: moec-opt %s --split-input-file --moec-lower-contract --verify-diagnostics

// A register tile is written out: one that no CPU holds would take for ever.

module attributes {kernel.machine = #kernel.cpu<cores = 8, vector_bytes = 64, vector_registers = 32>} {
func.func @wide(%a: memref<8x16xf32>, %b: memref<16x16xf32>, %c: memref<8x16xf32>,
                %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  // expected-error @+1 {{expected a register tile of at most 1024 vectors of 16 lanes, got #kernel.schedule<tile = [8, 16, 16], micro = [4, 1048576]>}}
  kernel.contract dims [8, 16, 16] ins(%a, %b : memref<8x16xf32>, memref<16x16xf32>) outs(%c : memref<8x16xf32>)
    maps [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>]
    schedule <tile = [8, 16, 16], micro = [4, 1048576]>
    lhs { ^bb0(%x: f32, %y: f32): kernel.yield %x : f32 }
    rhs { ^bb0(%x: f32, %y: f32): kernel.yield %y : f32 }
    epilogue { ^bb0(%x: f32, %y: f32, %acc: f32): kernel.yield %acc : f32 }
  return
}
}

// -----

module attributes {kernel.machine = #kernel.cpu<cores = 8, vector_bytes = 64, vector_registers = 32>} {
func.func @high(%a: memref<8x16xf32>, %b: memref<16x16xf32>, %c: memref<8x16xf32>,
                %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  // expected-error @+1 {{expected a register tile of at most 1024 vectors}}
  kernel.contract dims [8, 16, 16] ins(%a, %b : memref<8x16xf32>, memref<16x16xf32>) outs(%c : memref<8x16xf32>)
    maps [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>]
    schedule <tile = [8, 16, 16], micro = [1048576, 16]>
    lhs { ^bb0(%x: f32, %y: f32): kernel.yield %x : f32 }
    rhs { ^bb0(%x: f32, %y: f32): kernel.yield %y : f32 }
    epilogue { ^bb0(%x: f32, %y: f32, %acc: f32): kernel.yield %acc : f32 }
  return
}
}

// -----

module attributes {kernel.machine = #kernel.cpu<cores = 8, vector_bytes = 64, vector_registers = 32>} {
func.func @unscheduled(%a: memref<8x16xf32>, %b: memref<16x16xf32>, %c: memref<8x16xf32>,
                       %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  // expected-error @+1 {{needs #kernel.schedule<tile = [m, n, k], micro = [rows, columns]>; run moec-assign-schedule first}}
  kernel.contract dims [8, 16, 16] ins(%a, %b : memref<8x16xf32>, memref<16x16xf32>) outs(%c : memref<8x16xf32>)
    maps [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>]
    lhs { ^bb0(%x: f32, %y: f32): kernel.yield %x : f32 }
    rhs { ^bb0(%x: f32, %y: f32): kernel.yield %y : f32 }
    epilogue { ^bb0(%x: f32, %y: f32, %acc: f32): kernel.yield %acc : f32 }
  return
}
}
