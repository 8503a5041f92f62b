// RUN: moec-opt %s --split-input-file --moec-lower-attend-grad --verify-diagnostics

module attributes {kernel.machine = #kernel.cpu<cores = 8, vector_bytes = 16, vector_registers = 16>} {
func.func @unscheduled(%q: memref<2x10x6xf32>, %k: memref<2x8x6xf32>, %v: memref<2x8x4xf32>, %g: memref<2x10x4xf32>, %l: memref<2x10xf32>, %m: memref<2x10xf32>,
    %dq: memref<2x10x6xf32>, %dk: memref<2x8x6xf32>, %dv: memref<2x8x4xf32>, %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  // expected-error @+1 {{needs #kernel.schedule<tile = [s, t], micro = [rows, columns]>; run moec-assign-schedule first}}
  kernel.attend_grad dims [2, 10, 4, 8, 6] ins(%q, %k, %v, %g, %l, %m : memref<2x10x6xf32>, memref<2x8x6xf32>, memref<2x8x4xf32>, memref<2x10x4xf32>, memref<2x10xf32>, memref<2x10xf32>)
    outs(%dq, %dk, %dv : memref<2x10x6xf32>, memref<2x8x6xf32>, memref<2x8x4xf32>)
    maps [affine_map<(g, s, e, t, d) -> (g, s, d)>, affine_map<(g, s, e, t, d) -> (g, t, d)>, affine_map<(g, s, e, t, d) -> (g, t, e)>, affine_map<(g, s, e, t, d) -> (g, s, e)>, affine_map<(g, s, e, t, d) -> (g, s)>, affine_map<(g, s, e, t, d) -> (g, s)>, affine_map<(g, s, e, t, d) -> (g, s, d)>, affine_map<(g, s, e, t, d) -> (g, t, d)>, affine_map<(g, s, e, t, d) -> (g, t, e)>]
    scale 0.5
    query { ^bb0(%a: f32, %b: f32, %c: f32, %g: f32, %x: f32, %y: f32): kernel.yield %a : f32 }
    key { ^bb0(%a: f32, %b: f32, %c: f32, %g: f32, %x: f32, %y: f32): kernel.yield %b : f32 }
    value { ^bb0(%a: f32, %b: f32, %c: f32, %g: f32, %x: f32, %y: f32): kernel.yield %c : f32 }
    gradient { ^bb0(%a: f32, %b: f32, %c: f32, %g: f32, %x: f32, %y: f32): kernel.yield %g : f32 }
    statistics { ^bb0(%a: f32, %b: f32, %c: f32, %g: f32, %x: f32, %y: f32): kernel.yield %x, %y : f32, f32 }
    query_grad { ^bb0(%a: f32, %b: f32, %c: f32, %g: f32, %x: f32, %y: f32, %sum: f32): kernel.yield %sum : f32 }
    key_grad { ^bb0(%a: f32, %b: f32, %c: f32, %g: f32, %x: f32, %y: f32, %sum: f32): kernel.yield %sum : f32 }
    value_grad { ^bb0(%a: f32, %b: f32, %c: f32, %g: f32, %x: f32, %y: f32, %sum: f32): kernel.yield %sum : f32 }
  return
}
}

// -----

module attributes {kernel.machine = #kernel.cpu<cores = 8, vector_bytes = 16, vector_registers = 16>} {
func.func @three_tiles(%q: memref<2x10x6xf32>, %k: memref<2x8x6xf32>, %v: memref<2x8x4xf32>, %g: memref<2x10x4xf32>, %l: memref<2x10xf32>, %m: memref<2x10xf32>,
    %dq: memref<2x10x6xf32>, %dk: memref<2x8x6xf32>, %dv: memref<2x8x4xf32>, %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  // expected-error @+1 {{needs #kernel.schedule<tile = [s, t], micro = [rows, columns]>; run moec-assign-schedule first}}
  kernel.attend_grad dims [2, 10, 4, 8, 6] ins(%q, %k, %v, %g, %l, %m : memref<2x10x6xf32>, memref<2x8x6xf32>, memref<2x8x4xf32>, memref<2x10x4xf32>, memref<2x10xf32>, memref<2x10xf32>)
    outs(%dq, %dk, %dv : memref<2x10x6xf32>, memref<2x8x6xf32>, memref<2x8x4xf32>)
    maps [affine_map<(g, s, e, t, d) -> (g, s, d)>, affine_map<(g, s, e, t, d) -> (g, t, d)>, affine_map<(g, s, e, t, d) -> (g, t, e)>, affine_map<(g, s, e, t, d) -> (g, s, e)>, affine_map<(g, s, e, t, d) -> (g, s)>, affine_map<(g, s, e, t, d) -> (g, s)>, affine_map<(g, s, e, t, d) -> (g, s, d)>, affine_map<(g, s, e, t, d) -> (g, t, d)>, affine_map<(g, s, e, t, d) -> (g, t, e)>]
    scale 0.5 schedule <tile = [6, 8, 8], micro = [3, 4]>
    query { ^bb0(%a: f32, %b: f32, %c: f32, %g: f32, %x: f32, %y: f32): kernel.yield %a : f32 }
    key { ^bb0(%a: f32, %b: f32, %c: f32, %g: f32, %x: f32, %y: f32): kernel.yield %b : f32 }
    value { ^bb0(%a: f32, %b: f32, %c: f32, %g: f32, %x: f32, %y: f32): kernel.yield %c : f32 }
    gradient { ^bb0(%a: f32, %b: f32, %c: f32, %g: f32, %x: f32, %y: f32): kernel.yield %g : f32 }
    statistics { ^bb0(%a: f32, %b: f32, %c: f32, %g: f32, %x: f32, %y: f32): kernel.yield %x, %y : f32, f32 }
    query_grad { ^bb0(%a: f32, %b: f32, %c: f32, %g: f32, %x: f32, %y: f32, %sum: f32): kernel.yield %sum : f32 }
    key_grad { ^bb0(%a: f32, %b: f32, %c: f32, %g: f32, %x: f32, %y: f32, %sum: f32): kernel.yield %sum : f32 }
    value_grad { ^bb0(%a: f32, %b: f32, %c: f32, %g: f32, %x: f32, %y: f32, %sum: f32): kernel.yield %sum : f32 }
  return
}
}

// -----

module attributes {kernel.machine = #kernel.cpu<cores = 8, vector_bytes = 16, vector_registers = 16>} {
func.func @high(%q: memref<2x10x6xf32>, %k: memref<2x8x6xf32>, %v: memref<2x8x4xf32>, %g: memref<2x10x4xf32>, %l: memref<2x10xf32>, %m: memref<2x10xf32>,
    %dq: memref<2x10x6xf32>, %dk: memref<2x8x6xf32>, %dv: memref<2x8x4xf32>, %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  // expected-error @+1 {{expected a register tile of at most 1024 vectors of 4 lanes, got #kernel.schedule<tile = [6, 8], micro = [1048576, 4]>}}
  kernel.attend_grad dims [2, 10, 4, 8, 6] ins(%q, %k, %v, %g, %l, %m : memref<2x10x6xf32>, memref<2x8x6xf32>, memref<2x8x4xf32>, memref<2x10x4xf32>, memref<2x10xf32>, memref<2x10xf32>)
    outs(%dq, %dk, %dv : memref<2x10x6xf32>, memref<2x8x6xf32>, memref<2x8x4xf32>)
    maps [affine_map<(g, s, e, t, d) -> (g, s, d)>, affine_map<(g, s, e, t, d) -> (g, t, d)>, affine_map<(g, s, e, t, d) -> (g, t, e)>, affine_map<(g, s, e, t, d) -> (g, s, e)>, affine_map<(g, s, e, t, d) -> (g, s)>, affine_map<(g, s, e, t, d) -> (g, s)>, affine_map<(g, s, e, t, d) -> (g, s, d)>, affine_map<(g, s, e, t, d) -> (g, t, d)>, affine_map<(g, s, e, t, d) -> (g, t, e)>]
    scale 0.5 schedule <tile = [6, 8], micro = [1048576, 4]>
    query { ^bb0(%a: f32, %b: f32, %c: f32, %g: f32, %x: f32, %y: f32): kernel.yield %a : f32 }
    key { ^bb0(%a: f32, %b: f32, %c: f32, %g: f32, %x: f32, %y: f32): kernel.yield %b : f32 }
    value { ^bb0(%a: f32, %b: f32, %c: f32, %g: f32, %x: f32, %y: f32): kernel.yield %c : f32 }
    gradient { ^bb0(%a: f32, %b: f32, %c: f32, %g: f32, %x: f32, %y: f32): kernel.yield %g : f32 }
    statistics { ^bb0(%a: f32, %b: f32, %c: f32, %g: f32, %x: f32, %y: f32): kernel.yield %x, %y : f32, f32 }
    query_grad { ^bb0(%a: f32, %b: f32, %c: f32, %g: f32, %x: f32, %y: f32, %sum: f32): kernel.yield %sum : f32 }
    key_grad { ^bb0(%a: f32, %b: f32, %c: f32, %g: f32, %x: f32, %y: f32, %sum: f32): kernel.yield %sum : f32 }
    value_grad { ^bb0(%a: f32, %b: f32, %c: f32, %g: f32, %x: f32, %y: f32, %sum: f32): kernel.yield %sum : f32 }
  return
}
}

// -----

module attributes {kernel.machine = #kernel.gpu<multiprocessors = 8, shared_bytes = 49152>} {
func.func @gpu(%q: memref<2x10x6xf32>, %k: memref<2x8x6xf32>, %v: memref<2x8x4xf32>, %g: memref<2x10x4xf32>, %l: memref<2x10xf32>, %m: memref<2x10xf32>,
    %dq: memref<2x10x6xf32>, %dk: memref<2x8x6xf32>, %dv: memref<2x8x4xf32>, %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  // expected-error @+1 {{is compiled for #kernel.gpu<multiprocessors = 8, shared_bytes = 49152>; expected #kernel.cpu<..>}}
  kernel.attend_grad dims [2, 10, 4, 8, 6] ins(%q, %k, %v, %g, %l, %m : memref<2x10x6xf32>, memref<2x8x6xf32>, memref<2x8x4xf32>, memref<2x10x4xf32>, memref<2x10xf32>, memref<2x10xf32>)
    outs(%dq, %dk, %dv : memref<2x10x6xf32>, memref<2x8x6xf32>, memref<2x8x4xf32>)
    maps [affine_map<(g, s, e, t, d) -> (g, s, d)>, affine_map<(g, s, e, t, d) -> (g, t, d)>, affine_map<(g, s, e, t, d) -> (g, t, e)>, affine_map<(g, s, e, t, d) -> (g, s, e)>, affine_map<(g, s, e, t, d) -> (g, s)>, affine_map<(g, s, e, t, d) -> (g, s)>, affine_map<(g, s, e, t, d) -> (g, s, d)>, affine_map<(g, s, e, t, d) -> (g, t, d)>, affine_map<(g, s, e, t, d) -> (g, t, e)>]
    scale 0.5 schedule <tile = [6, 8], micro = [3, 4]>
    query { ^bb0(%a: f32, %b: f32, %c: f32, %g: f32, %x: f32, %y: f32): kernel.yield %a : f32 }
    key { ^bb0(%a: f32, %b: f32, %c: f32, %g: f32, %x: f32, %y: f32): kernel.yield %b : f32 }
    value { ^bb0(%a: f32, %b: f32, %c: f32, %g: f32, %x: f32, %y: f32): kernel.yield %c : f32 }
    gradient { ^bb0(%a: f32, %b: f32, %c: f32, %g: f32, %x: f32, %y: f32): kernel.yield %g : f32 }
    statistics { ^bb0(%a: f32, %b: f32, %c: f32, %g: f32, %x: f32, %y: f32): kernel.yield %x, %y : f32, f32 }
    query_grad { ^bb0(%a: f32, %b: f32, %c: f32, %g: f32, %x: f32, %y: f32, %sum: f32): kernel.yield %sum : f32 }
    key_grad { ^bb0(%a: f32, %b: f32, %c: f32, %g: f32, %x: f32, %y: f32, %sum: f32): kernel.yield %sum : f32 }
    value_grad { ^bb0(%a: f32, %b: f32, %c: f32, %g: f32, %x: f32, %y: f32, %sum: f32): kernel.yield %sum : f32 }
  return
}
}
