// RUN: moec-opt %s --split-input-file --moec-gpu-lower-attend-grad --verify-diagnostics

module attributes {kernel.machine = #kernel.gpu<multiprocessors = 8, shared_bytes = 49152>} {
func.func @unscheduled(%q: memref<2x10x6xf32>, %k: memref<2x8x6xf32>, %v: memref<2x8x4xf32>, %dy: memref<2x10x4xf32>, %l: memref<2x10xf32>, %delta: memref<2x10xf32>,
    %dq: memref<2x10x6xf32>, %dk: memref<2x8x6xf32>, %dv: memref<2x8x4xf32>,
    %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  // expected-error @+1 {{needs #kernel.schedule<tile = [s, t, e, d], micro = [rows, keys]>; run moec-assign-gpu-schedule first}}
  kernel.attend_grad dims [2, 10, 4, 8, 6] ins(%q, %k, %v, %dy, %l, %delta : memref<2x10x6xf32>, memref<2x8x6xf32>, memref<2x8x4xf32>, memref<2x10x4xf32>, memref<2x10xf32>, memref<2x10xf32>)
    outs(%dq, %dk, %dv : memref<2x10x6xf32>, memref<2x8x6xf32>, memref<2x8x4xf32>)
    maps [affine_map<(g, s, e, t, d) -> (g, s, d)>, affine_map<(g, s, e, t, d) -> (g, t, d)>, affine_map<(g, s, e, t, d) -> (g, t, e)>,
          affine_map<(g, s, e, t, d) -> (g, s, e)>, affine_map<(g, s, e, t, d) -> (g, s)>, affine_map<(g, s, e, t, d) -> (g, s)>,
          affine_map<(g, s, e, t, d) -> (g, s, d)>, affine_map<(g, s, e, t, d) -> (g, t, d)>, affine_map<(g, s, e, t, d) -> (g, t, e)>]
    scale 0.5
    query { ^bb0(%a: f32, %b: f32, %c: f32, %y: f32, %m: f32, %n: f32): kernel.yield %a : f32 }
    key { ^bb0(%a: f32, %b: f32, %c: f32, %y: f32, %m: f32, %n: f32): kernel.yield %b : f32 }
    value { ^bb0(%a: f32, %b: f32, %c: f32, %y: f32, %m: f32, %n: f32): kernel.yield %c : f32 }
    gradient { ^bb0(%a: f32, %b: f32, %c: f32, %y: f32, %m: f32, %n: f32): kernel.yield %y : f32 }
    statistics { ^bb0(%a: f32, %b: f32, %c: f32, %y: f32, %m: f32, %n: f32): kernel.yield %m, %n : f32, f32 }
    query_grad { ^bb0(%a: f32, %b: f32, %c: f32, %y: f32, %m: f32, %n: f32, %sum: f32): kernel.yield %sum : f32 }
    key_grad { ^bb0(%a: f32, %b: f32, %c: f32, %y: f32, %m: f32, %n: f32, %sum: f32): kernel.yield %sum : f32 }
    value_grad { ^bb0(%a: f32, %b: f32, %c: f32, %y: f32, %m: f32, %n: f32, %sum: f32): kernel.yield %sum : f32 }
  return
}
}

// -----

module attributes {kernel.machine = #kernel.gpu<multiprocessors = 8, shared_bytes = 49152>} {
func.func @cpu_schedule(%q: memref<2x10x6xf32>, %k: memref<2x8x6xf32>, %v: memref<2x8x4xf32>, %dy: memref<2x10x4xf32>, %l: memref<2x10xf32>, %delta: memref<2x10xf32>,
    %dq: memref<2x10x6xf32>, %dk: memref<2x8x6xf32>, %dv: memref<2x8x4xf32>,
    %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  // expected-error @+1 {{needs #kernel.schedule<tile = [s, t, e, d], micro = [rows, keys]>; run moec-assign-gpu-schedule first}}
  kernel.attend_grad dims [2, 10, 4, 8, 6] ins(%q, %k, %v, %dy, %l, %delta : memref<2x10x6xf32>, memref<2x8x6xf32>, memref<2x8x4xf32>, memref<2x10x4xf32>, memref<2x10xf32>, memref<2x10xf32>)
    outs(%dq, %dk, %dv : memref<2x10x6xf32>, memref<2x8x6xf32>, memref<2x8x4xf32>)
    maps [affine_map<(g, s, e, t, d) -> (g, s, d)>, affine_map<(g, s, e, t, d) -> (g, t, d)>, affine_map<(g, s, e, t, d) -> (g, t, e)>,
          affine_map<(g, s, e, t, d) -> (g, s, e)>, affine_map<(g, s, e, t, d) -> (g, s)>, affine_map<(g, s, e, t, d) -> (g, s)>,
          affine_map<(g, s, e, t, d) -> (g, s, d)>, affine_map<(g, s, e, t, d) -> (g, t, d)>, affine_map<(g, s, e, t, d) -> (g, t, e)>]
    scale 0.5 schedule <tile = [16, 16], micro = [4, 2]>
    query { ^bb0(%a: f32, %b: f32, %c: f32, %y: f32, %m: f32, %n: f32): kernel.yield %a : f32 }
    key { ^bb0(%a: f32, %b: f32, %c: f32, %y: f32, %m: f32, %n: f32): kernel.yield %b : f32 }
    value { ^bb0(%a: f32, %b: f32, %c: f32, %y: f32, %m: f32, %n: f32): kernel.yield %c : f32 }
    gradient { ^bb0(%a: f32, %b: f32, %c: f32, %y: f32, %m: f32, %n: f32): kernel.yield %y : f32 }
    statistics { ^bb0(%a: f32, %b: f32, %c: f32, %y: f32, %m: f32, %n: f32): kernel.yield %m, %n : f32, f32 }
    query_grad { ^bb0(%a: f32, %b: f32, %c: f32, %y: f32, %m: f32, %n: f32, %sum: f32): kernel.yield %sum : f32 }
    key_grad { ^bb0(%a: f32, %b: f32, %c: f32, %y: f32, %m: f32, %n: f32, %sum: f32): kernel.yield %sum : f32 }
    value_grad { ^bb0(%a: f32, %b: f32, %c: f32, %y: f32, %m: f32, %n: f32, %sum: f32): kernel.yield %sum : f32 }
  return
}
}

// -----

module attributes {kernel.machine = #kernel.gpu<multiprocessors = 8, shared_bytes = 49152>} {
func.func @columns(%q: memref<2x10x6xf32>, %k: memref<2x8x6xf32>, %v: memref<2x8x4xf32>, %dy: memref<2x10x4xf32>, %l: memref<2x10xf32>, %delta: memref<2x10xf32>,
    %dq: memref<2x10x6xf32>, %dk: memref<2x8x6xf32>, %dv: memref<2x8x4xf32>,
    %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  // expected-error @+1 {{expected tiles of t, e and d that are multiples of 8}}
  kernel.attend_grad dims [2, 10, 4, 8, 6] ins(%q, %k, %v, %dy, %l, %delta : memref<2x10x6xf32>, memref<2x8x6xf32>, memref<2x8x4xf32>, memref<2x10x4xf32>, memref<2x10xf32>, memref<2x10xf32>)
    outs(%dq, %dk, %dv : memref<2x10x6xf32>, memref<2x8x6xf32>, memref<2x8x4xf32>)
    maps [affine_map<(g, s, e, t, d) -> (g, s, d)>, affine_map<(g, s, e, t, d) -> (g, t, d)>, affine_map<(g, s, e, t, d) -> (g, t, e)>,
          affine_map<(g, s, e, t, d) -> (g, s, e)>, affine_map<(g, s, e, t, d) -> (g, s)>, affine_map<(g, s, e, t, d) -> (g, s)>,
          affine_map<(g, s, e, t, d) -> (g, s, d)>, affine_map<(g, s, e, t, d) -> (g, t, d)>, affine_map<(g, s, e, t, d) -> (g, t, e)>]
    scale 0.5 schedule <tile = [16, 16, 12, 16], micro = [4, 2]>
    query { ^bb0(%a: f32, %b: f32, %c: f32, %y: f32, %m: f32, %n: f32): kernel.yield %a : f32 }
    key { ^bb0(%a: f32, %b: f32, %c: f32, %y: f32, %m: f32, %n: f32): kernel.yield %b : f32 }
    value { ^bb0(%a: f32, %b: f32, %c: f32, %y: f32, %m: f32, %n: f32): kernel.yield %c : f32 }
    gradient { ^bb0(%a: f32, %b: f32, %c: f32, %y: f32, %m: f32, %n: f32): kernel.yield %y : f32 }
    statistics { ^bb0(%a: f32, %b: f32, %c: f32, %y: f32, %m: f32, %n: f32): kernel.yield %m, %n : f32, f32 }
    query_grad { ^bb0(%a: f32, %b: f32, %c: f32, %y: f32, %m: f32, %n: f32, %sum: f32): kernel.yield %sum : f32 }
    key_grad { ^bb0(%a: f32, %b: f32, %c: f32, %y: f32, %m: f32, %n: f32, %sum: f32): kernel.yield %sum : f32 }
    value_grad { ^bb0(%a: f32, %b: f32, %c: f32, %y: f32, %m: f32, %n: f32, %sum: f32): kernel.yield %sum : f32 }
  return
}
}

// -----

module attributes {kernel.machine = #kernel.gpu<multiprocessors = 8, shared_bytes = 49152>} {
func.func @depth(%q: memref<2x10x6xf32>, %k: memref<2x8x6xf32>, %v: memref<2x8x4xf32>, %dy: memref<2x10x4xf32>, %l: memref<2x10xf32>, %delta: memref<2x10xf32>,
    %dq: memref<2x10x6xf32>, %dk: memref<2x8x6xf32>, %dv: memref<2x8x4xf32>,
    %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  // expected-error @+1 {{expected 1, 2, 4 or 8 columns for each of the 8 threads that share rows}}
  kernel.attend_grad dims [2, 10, 4, 8, 6] ins(%q, %k, %v, %dy, %l, %delta : memref<2x10x6xf32>, memref<2x8x6xf32>, memref<2x8x4xf32>, memref<2x10x4xf32>, memref<2x10xf32>, memref<2x10xf32>)
    outs(%dq, %dk, %dv : memref<2x10x6xf32>, memref<2x8x6xf32>, memref<2x8x4xf32>)
    maps [affine_map<(g, s, e, t, d) -> (g, s, d)>, affine_map<(g, s, e, t, d) -> (g, t, d)>, affine_map<(g, s, e, t, d) -> (g, t, e)>,
          affine_map<(g, s, e, t, d) -> (g, s, e)>, affine_map<(g, s, e, t, d) -> (g, s)>, affine_map<(g, s, e, t, d) -> (g, s)>,
          affine_map<(g, s, e, t, d) -> (g, s, d)>, affine_map<(g, s, e, t, d) -> (g, t, d)>, affine_map<(g, s, e, t, d) -> (g, t, e)>]
    scale 0.5 schedule <tile = [16, 16, 8, 24], micro = [4, 2]>
    query { ^bb0(%a: f32, %b: f32, %c: f32, %y: f32, %m: f32, %n: f32): kernel.yield %a : f32 }
    key { ^bb0(%a: f32, %b: f32, %c: f32, %y: f32, %m: f32, %n: f32): kernel.yield %b : f32 }
    value { ^bb0(%a: f32, %b: f32, %c: f32, %y: f32, %m: f32, %n: f32): kernel.yield %c : f32 }
    gradient { ^bb0(%a: f32, %b: f32, %c: f32, %y: f32, %m: f32, %n: f32): kernel.yield %y : f32 }
    statistics { ^bb0(%a: f32, %b: f32, %c: f32, %y: f32, %m: f32, %n: f32): kernel.yield %m, %n : f32, f32 }
    query_grad { ^bb0(%a: f32, %b: f32, %c: f32, %y: f32, %m: f32, %n: f32, %sum: f32): kernel.yield %sum : f32 }
    key_grad { ^bb0(%a: f32, %b: f32, %c: f32, %y: f32, %m: f32, %n: f32, %sum: f32): kernel.yield %sum : f32 }
    value_grad { ^bb0(%a: f32, %b: f32, %c: f32, %y: f32, %m: f32, %n: f32, %sum: f32): kernel.yield %sum : f32 }
  return
}
}

// -----

module attributes {kernel.machine = #kernel.gpu<multiprocessors = 8, shared_bytes = 49152>} {
func.func @bf16(%q: memref<2x10x6xf32>, %k: memref<2x8x6xf32>, %v: memref<2x8x4xf32>, %dy: memref<2x10x4xf32>, %l: memref<2x10xf32>, %delta: memref<2x10xf32>,
    %dq: memref<2x10x6xf32>, %dk: memref<2x8x6xf32>, %dv: memref<2x8x4xf32>,
    %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  // expected-error @+1 {{mma.sync multiplies bf16, but query, key and value yield f32; use variant simt or compile with --precision bf16}}
  kernel.attend_grad dims [2, 10, 4, 8, 6] ins(%q, %k, %v, %dy, %l, %delta : memref<2x10x6xf32>, memref<2x8x6xf32>, memref<2x8x4xf32>, memref<2x10x4xf32>, memref<2x10xf32>, memref<2x10xf32>)
    outs(%dq, %dk, %dv : memref<2x10x6xf32>, memref<2x8x6xf32>, memref<2x8x4xf32>)
    maps [affine_map<(g, s, e, t, d) -> (g, s, d)>, affine_map<(g, s, e, t, d) -> (g, t, d)>, affine_map<(g, s, e, t, d) -> (g, t, e)>,
          affine_map<(g, s, e, t, d) -> (g, s, e)>, affine_map<(g, s, e, t, d) -> (g, s)>, affine_map<(g, s, e, t, d) -> (g, s)>,
          affine_map<(g, s, e, t, d) -> (g, s, d)>, affine_map<(g, s, e, t, d) -> (g, t, d)>, affine_map<(g, s, e, t, d) -> (g, t, e)>]
    scale 0.5 schedule <tile = [16, 16, 16, 16], micro = [16, 16], variant = mma.sync>
    query { ^bb0(%a: f32, %b: f32, %c: f32, %y: f32, %m: f32, %n: f32): kernel.yield %a : f32 }
    key { ^bb0(%a: f32, %b: f32, %c: f32, %y: f32, %m: f32, %n: f32): kernel.yield %b : f32 }
    value { ^bb0(%a: f32, %b: f32, %c: f32, %y: f32, %m: f32, %n: f32): kernel.yield %c : f32 }
    gradient { ^bb0(%a: f32, %b: f32, %c: f32, %y: f32, %m: f32, %n: f32): kernel.yield %y : f32 }
    statistics { ^bb0(%a: f32, %b: f32, %c: f32, %y: f32, %m: f32, %n: f32): kernel.yield %m, %n : f32, f32 }
    query_grad { ^bb0(%a: f32, %b: f32, %c: f32, %y: f32, %m: f32, %n: f32, %sum: f32): kernel.yield %sum : f32 }
    key_grad { ^bb0(%a: f32, %b: f32, %c: f32, %y: f32, %m: f32, %n: f32, %sum: f32): kernel.yield %sum : f32 }
    value_grad { ^bb0(%a: f32, %b: f32, %c: f32, %y: f32, %m: f32, %n: f32, %sum: f32): kernel.yield %sum : f32 }
  return
}
}

// -----

module attributes {kernel.machine = #kernel.gpu<multiprocessors = 8, shared_bytes = 49152>} {
func.func @registers(%q: memref<2x10x6xbf16>, %k: memref<2x8x6xbf16>, %v: memref<2x8x4xbf16>, %dy: memref<2x10x4xbf16>, %l: memref<2x10xf32>, %delta: memref<2x10xf32>,
    %dq: memref<2x10x6xf32>, %dk: memref<2x8x6xf32>, %dv: memref<2x8x4xf32>,
    %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  // expected-error @+1 {{expected tiles of at most 320 columns and twice the keys together, which fit in registers}}
  kernel.attend_grad dims [2, 10, 4, 8, 6] ins(%q, %k, %v, %dy, %l, %delta : memref<2x10x6xbf16>, memref<2x8x6xbf16>, memref<2x8x4xbf16>, memref<2x10x4xbf16>, memref<2x10xf32>, memref<2x10xf32>)
    outs(%dq, %dk, %dv : memref<2x10x6xf32>, memref<2x8x6xf32>, memref<2x8x4xf32>)
    maps [affine_map<(g, s, e, t, d) -> (g, s, d)>, affine_map<(g, s, e, t, d) -> (g, t, d)>, affine_map<(g, s, e, t, d) -> (g, t, e)>,
          affine_map<(g, s, e, t, d) -> (g, s, e)>, affine_map<(g, s, e, t, d) -> (g, s)>, affine_map<(g, s, e, t, d) -> (g, s)>,
          affine_map<(g, s, e, t, d) -> (g, s, d)>, affine_map<(g, s, e, t, d) -> (g, t, d)>, affine_map<(g, s, e, t, d) -> (g, t, e)>]
    scale 0.5 schedule <tile = [16, 64, 128, 128], micro = [16, 64], variant = mma.sync>
    query { ^bb0(%a: bf16, %b: bf16, %c: bf16, %y: bf16, %m: f32, %n: f32): kernel.yield %a : bf16 }
    key { ^bb0(%a: bf16, %b: bf16, %c: bf16, %y: bf16, %m: f32, %n: f32): kernel.yield %b : bf16 }
    value { ^bb0(%a: bf16, %b: bf16, %c: bf16, %y: bf16, %m: f32, %n: f32): kernel.yield %c : bf16 }
    gradient { ^bb0(%a: bf16, %b: bf16, %c: bf16, %y: bf16, %m: f32, %n: f32): kernel.yield %y : bf16 }
    statistics { ^bb0(%a: bf16, %b: bf16, %c: bf16, %y: bf16, %m: f32, %n: f32): kernel.yield %m, %n : f32, f32 }
    query_grad { ^bb0(%a: bf16, %b: bf16, %c: bf16, %y: bf16, %m: f32, %n: f32, %sum: f32): kernel.yield %sum : f32 }
    key_grad { ^bb0(%a: bf16, %b: bf16, %c: bf16, %y: bf16, %m: f32, %n: f32, %sum: f32): kernel.yield %sum : f32 }
    value_grad { ^bb0(%a: bf16, %b: bf16, %c: bf16, %y: bf16, %m: f32, %n: f32, %sum: f32): kernel.yield %sum : f32 }
  return
}
}

// -----

module attributes {kernel.machine = #kernel.gpu<multiprocessors = 8, shared_bytes = 49152>} {
func.func @panels(%q: memref<2x10x6xf32>, %k: memref<2x8x6xf32>, %v: memref<2x8x4xf32>, %dy: memref<2x10x4xf32>, %l: memref<2x10xf32>, %delta: memref<2x10xf32>,
    %dq: memref<2x10x6xf32>, %dk: memref<2x8x6xf32>, %dv: memref<2x8x4xf32>,
    %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  // expected-error @+1 {{expected panels that are multiples of the 256 threads}}
  kernel.attend_grad dims [2, 10, 4, 8, 6] ins(%q, %k, %v, %dy, %l, %delta : memref<2x10x6xf32>, memref<2x8x6xf32>, memref<2x8x4xf32>, memref<2x10x4xf32>, memref<2x10xf32>, memref<2x10xf32>)
    outs(%dq, %dk, %dv : memref<2x10x6xf32>, memref<2x8x6xf32>, memref<2x8x4xf32>)
    maps [affine_map<(g, s, e, t, d) -> (g, s, d)>, affine_map<(g, s, e, t, d) -> (g, t, d)>, affine_map<(g, s, e, t, d) -> (g, t, e)>,
          affine_map<(g, s, e, t, d) -> (g, s, e)>, affine_map<(g, s, e, t, d) -> (g, s)>, affine_map<(g, s, e, t, d) -> (g, s)>,
          affine_map<(g, s, e, t, d) -> (g, s, d)>, affine_map<(g, s, e, t, d) -> (g, t, d)>, affine_map<(g, s, e, t, d) -> (g, t, e)>]
    scale 0.5 schedule <tile = [32, 16, 16, 8], micro = [1, 2]>
    query { ^bb0(%a: f32, %b: f32, %c: f32, %y: f32, %m: f32, %n: f32): kernel.yield %a : f32 }
    key { ^bb0(%a: f32, %b: f32, %c: f32, %y: f32, %m: f32, %n: f32): kernel.yield %b : f32 }
    value { ^bb0(%a: f32, %b: f32, %c: f32, %y: f32, %m: f32, %n: f32): kernel.yield %c : f32 }
    gradient { ^bb0(%a: f32, %b: f32, %c: f32, %y: f32, %m: f32, %n: f32): kernel.yield %y : f32 }
    statistics { ^bb0(%a: f32, %b: f32, %c: f32, %y: f32, %m: f32, %n: f32): kernel.yield %m, %n : f32, f32 }
    query_grad { ^bb0(%a: f32, %b: f32, %c: f32, %y: f32, %m: f32, %n: f32, %sum: f32): kernel.yield %sum : f32 }
    key_grad { ^bb0(%a: f32, %b: f32, %c: f32, %y: f32, %m: f32, %n: f32, %sum: f32): kernel.yield %sum : f32 }
    value_grad { ^bb0(%a: f32, %b: f32, %c: f32, %y: f32, %m: f32, %n: f32, %sum: f32): kernel.yield %sum : f32 }
  return
}
}

// -----

module attributes {kernel.machine = #kernel.gpu<multiprocessors = 8, shared_bytes = 49152>} {
func.func @shared(%q: memref<2x10x6xf32>, %k: memref<2x8x6xf32>, %v: memref<2x8x4xf32>, %dy: memref<2x10x4xf32>, %l: memref<2x10xf32>, %delta: memref<2x10xf32>,
    %dq: memref<2x10x6xf32>, %dk: memref<2x8x6xf32>, %dv: memref<2x8x4xf32>,
    %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  // expected-error @+1 {{it takes 221696 bytes of shared memory, at most 49152 are there; use smaller tiles or one stage}}
  kernel.attend_grad dims [2, 10, 4, 8, 6] ins(%q, %k, %v, %dy, %l, %delta : memref<2x10x6xf32>, memref<2x8x6xf32>, memref<2x8x4xf32>, memref<2x10x4xf32>, memref<2x10xf32>, memref<2x10xf32>)
    outs(%dq, %dk, %dv : memref<2x10x6xf32>, memref<2x8x6xf32>, memref<2x8x4xf32>)
    maps [affine_map<(g, s, e, t, d) -> (g, s, d)>, affine_map<(g, s, e, t, d) -> (g, t, d)>, affine_map<(g, s, e, t, d) -> (g, t, e)>,
          affine_map<(g, s, e, t, d) -> (g, s, e)>, affine_map<(g, s, e, t, d) -> (g, s)>, affine_map<(g, s, e, t, d) -> (g, s)>,
          affine_map<(g, s, e, t, d) -> (g, s, d)>, affine_map<(g, s, e, t, d) -> (g, t, d)>, affine_map<(g, s, e, t, d) -> (g, t, e)>]
    scale 0.5 schedule <tile = [64, 64, 128, 128], micro = [4, 4]>
    query { ^bb0(%a: f32, %b: f32, %c: f32, %y: f32, %m: f32, %n: f32): kernel.yield %a : f32 }
    key { ^bb0(%a: f32, %b: f32, %c: f32, %y: f32, %m: f32, %n: f32): kernel.yield %b : f32 }
    value { ^bb0(%a: f32, %b: f32, %c: f32, %y: f32, %m: f32, %n: f32): kernel.yield %c : f32 }
    gradient { ^bb0(%a: f32, %b: f32, %c: f32, %y: f32, %m: f32, %n: f32): kernel.yield %y : f32 }
    statistics { ^bb0(%a: f32, %b: f32, %c: f32, %y: f32, %m: f32, %n: f32): kernel.yield %m, %n : f32, f32 }
    query_grad { ^bb0(%a: f32, %b: f32, %c: f32, %y: f32, %m: f32, %n: f32, %sum: f32): kernel.yield %sum : f32 }
    key_grad { ^bb0(%a: f32, %b: f32, %c: f32, %y: f32, %m: f32, %n: f32, %sum: f32): kernel.yield %sum : f32 }
    value_grad { ^bb0(%a: f32, %b: f32, %c: f32, %y: f32, %m: f32, %n: f32, %sum: f32): kernel.yield %sum : f32 }
  return
}
}
