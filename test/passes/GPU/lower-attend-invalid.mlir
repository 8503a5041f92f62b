// RUN: moec-opt %s --split-input-file --moec-gpu-lower-attend --verify-diagnostics

module attributes {kernel.machine = #kernel.gpu<multiprocessors = 8, shared_bytes = 49152>} {
func.func @unscheduled(%q: memref<2x10x6xf32>, %k: memref<2x8x6xf32>, %v: memref<2x8x4xf32>, %y: memref<2x10x4xf32>,
    %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  // expected-error @+1 {{needs #kernel.schedule<tile = [s, t, e, d], micro = [rows, keys]>; run moec-assign-gpu-schedule first}}
  kernel.attend dims [2, 10, 4, 8, 6] ins(%q, %k, %v : memref<2x10x6xf32>, memref<2x8x6xf32>, memref<2x8x4xf32>)
    outs(%y : memref<2x10x4xf32>)
    maps [affine_map<(g, s, e, t, d) -> (g, s, d)>, affine_map<(g, s, e, t, d) -> (g, t, d)>, affine_map<(g, s, e, t, d) -> (g, t, e)>,
          affine_map<(g, s, e, t, d) -> (g, s, e)>]
    scale 0.5
    query { ^bb0(%a: f32, %b: f32, %c: f32): kernel.yield %a : f32 }
    key { ^bb0(%a: f32, %b: f32, %c: f32): kernel.yield %b : f32 }
    value { ^bb0(%a: f32, %b: f32, %c: f32): kernel.yield %c : f32 }
    epilogue { ^bb0(%a: f32, %b: f32, %c: f32, %acc: f32): kernel.yield %acc : f32 }
  return
}
}

// -----

module attributes {kernel.machine = #kernel.gpu<multiprocessors = 8, shared_bytes = 49152>} {
func.func @cpu_schedule(%q: memref<2x10x6xf32>, %k: memref<2x8x6xf32>, %v: memref<2x8x4xf32>, %y: memref<2x10x4xf32>,
    %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  // expected-error @+1 {{needs #kernel.schedule<tile = [s, t, e, d], micro = [rows, keys]>; run moec-assign-gpu-schedule first}}
  kernel.attend dims [2, 10, 4, 8, 6] ins(%q, %k, %v : memref<2x10x6xf32>, memref<2x8x6xf32>, memref<2x8x4xf32>)
    outs(%y : memref<2x10x4xf32>)
    maps [affine_map<(g, s, e, t, d) -> (g, s, d)>, affine_map<(g, s, e, t, d) -> (g, t, d)>, affine_map<(g, s, e, t, d) -> (g, t, e)>,
          affine_map<(g, s, e, t, d) -> (g, s, e)>]
    scale 0.5 schedule <tile = [16, 16], micro = [4, 2]>
    query { ^bb0(%a: f32, %b: f32, %c: f32): kernel.yield %a : f32 }
    key { ^bb0(%a: f32, %b: f32, %c: f32): kernel.yield %b : f32 }
    value { ^bb0(%a: f32, %b: f32, %c: f32): kernel.yield %c : f32 }
    epilogue { ^bb0(%a: f32, %b: f32, %c: f32, %acc: f32): kernel.yield %acc : f32 }
  return
}
}

// -----

module attributes {kernel.machine = #kernel.gpu<multiprocessors = 8, shared_bytes = 49152>} {
func.func @odd_tile(%q: memref<2x10x6xf32>, %k: memref<2x8x6xf32>, %v: memref<2x8x4xf32>, %y: memref<2x10x4xf32>,
    %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  // expected-error @+1 {{expected tile sizes that are multiples of 4, at most 1024}}
  kernel.attend dims [2, 10, 4, 8, 6] ins(%q, %k, %v : memref<2x10x6xf32>, memref<2x8x6xf32>, memref<2x8x4xf32>)
    outs(%y : memref<2x10x4xf32>)
    maps [affine_map<(g, s, e, t, d) -> (g, s, d)>, affine_map<(g, s, e, t, d) -> (g, t, d)>, affine_map<(g, s, e, t, d) -> (g, t, e)>,
          affine_map<(g, s, e, t, d) -> (g, s, e)>]
    scale 0.5 schedule <tile = [16, 16, 6, 16], micro = [4, 2]>
    query { ^bb0(%a: f32, %b: f32, %c: f32): kernel.yield %a : f32 }
    key { ^bb0(%a: f32, %b: f32, %c: f32): kernel.yield %b : f32 }
    value { ^bb0(%a: f32, %b: f32, %c: f32): kernel.yield %c : f32 }
    epilogue { ^bb0(%a: f32, %b: f32, %c: f32, %acc: f32): kernel.yield %acc : f32 }
  return
}
}

// -----

module attributes {kernel.machine = #kernel.gpu<multiprocessors = 8, shared_bytes = 49152>} {
func.func @depth(%q: memref<2x10x6xf32>, %k: memref<2x8x6xf32>, %v: memref<2x8x4xf32>, %y: memref<2x10x4xf32>,
    %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  // expected-error @+1 {{expected tiles of t and d that are multiples of 8}}
  kernel.attend dims [2, 10, 4, 8, 6] ins(%q, %k, %v : memref<2x10x6xf32>, memref<2x8x6xf32>, memref<2x8x4xf32>)
    outs(%y : memref<2x10x4xf32>)
    maps [affine_map<(g, s, e, t, d) -> (g, s, d)>, affine_map<(g, s, e, t, d) -> (g, t, d)>, affine_map<(g, s, e, t, d) -> (g, t, e)>,
          affine_map<(g, s, e, t, d) -> (g, s, e)>]
    scale 0.5 schedule <tile = [16, 16, 8, 12], micro = [4, 2]>
    query { ^bb0(%a: f32, %b: f32, %c: f32): kernel.yield %a : f32 }
    key { ^bb0(%a: f32, %b: f32, %c: f32): kernel.yield %b : f32 }
    value { ^bb0(%a: f32, %b: f32, %c: f32): kernel.yield %c : f32 }
    epilogue { ^bb0(%a: f32, %b: f32, %c: f32, %acc: f32): kernel.yield %acc : f32 }
  return
}
}

// -----

module attributes {kernel.machine = #kernel.gpu<multiprocessors = 8, shared_bytes = 49152>} {
func.func @variant(%q: memref<2x10x6xf32>, %k: memref<2x8x6xf32>, %v: memref<2x8x4xf32>, %y: memref<2x10x4xf32>,
    %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  // expected-error @+1 {{expected variant simt or mma.sync}}
  kernel.attend dims [2, 10, 4, 8, 6] ins(%q, %k, %v : memref<2x10x6xf32>, memref<2x8x6xf32>, memref<2x8x4xf32>)
    outs(%y : memref<2x10x4xf32>)
    maps [affine_map<(g, s, e, t, d) -> (g, s, d)>, affine_map<(g, s, e, t, d) -> (g, t, d)>, affine_map<(g, s, e, t, d) -> (g, t, e)>,
          affine_map<(g, s, e, t, d) -> (g, s, e)>]
    scale 0.5 schedule <tile = [16, 16, 8, 16], micro = [4, 2], variant = wgmma>
    query { ^bb0(%a: f32, %b: f32, %c: f32): kernel.yield %a : f32 }
    key { ^bb0(%a: f32, %b: f32, %c: f32): kernel.yield %b : f32 }
    value { ^bb0(%a: f32, %b: f32, %c: f32): kernel.yield %c : f32 }
    epilogue { ^bb0(%a: f32, %b: f32, %c: f32, %acc: f32): kernel.yield %acc : f32 }
  return
}
}

// -----

module attributes {kernel.machine = #kernel.gpu<multiprocessors = 8, shared_bytes = 49152>} {
func.func @micro(%q: memref<2x10x6xf32>, %k: memref<2x8x6xf32>, %v: memref<2x8x4xf32>, %y: memref<2x10x4xf32>,
    %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  // expected-error @+1 {{expected micro sizes of 1, 2, 4 or, of keys, 8}}
  kernel.attend dims [2, 10, 4, 8, 6] ins(%q, %k, %v : memref<2x10x6xf32>, memref<2x8x6xf32>, memref<2x8x4xf32>)
    outs(%y : memref<2x10x4xf32>)
    maps [affine_map<(g, s, e, t, d) -> (g, s, d)>, affine_map<(g, s, e, t, d) -> (g, t, d)>, affine_map<(g, s, e, t, d) -> (g, t, e)>,
          affine_map<(g, s, e, t, d) -> (g, s, e)>]
    scale 0.5 schedule <tile = [24, 16, 8, 16], micro = [3, 2]>
    query { ^bb0(%a: f32, %b: f32, %c: f32): kernel.yield %a : f32 }
    key { ^bb0(%a: f32, %b: f32, %c: f32): kernel.yield %b : f32 }
    value { ^bb0(%a: f32, %b: f32, %c: f32): kernel.yield %c : f32 }
    epilogue { ^bb0(%a: f32, %b: f32, %c: f32, %acc: f32): kernel.yield %acc : f32 }
  return
}
}

// -----

module attributes {kernel.machine = #kernel.gpu<multiprocessors = 8, shared_bytes = 49152>} {
func.func @across(%q: memref<2x10x6xf32>, %k: memref<2x8x6xf32>, %v: memref<2x8x4xf32>, %y: memref<2x10x4xf32>,
    %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  // expected-error @+1 {{expected 1, 2, 4, 8, 16 or 32 threads for the keys of a tile}}
  kernel.attend dims [2, 10, 4, 8, 6] ins(%q, %k, %v : memref<2x10x6xf32>, memref<2x8x6xf32>, memref<2x8x4xf32>)
    outs(%y : memref<2x10x4xf32>)
    maps [affine_map<(g, s, e, t, d) -> (g, s, d)>, affine_map<(g, s, e, t, d) -> (g, t, d)>, affine_map<(g, s, e, t, d) -> (g, t, e)>,
          affine_map<(g, s, e, t, d) -> (g, s, e)>]
    scale 0.5 schedule <tile = [16, 24, 8, 16], micro = [4, 1]>
    query { ^bb0(%a: f32, %b: f32, %c: f32): kernel.yield %a : f32 }
    key { ^bb0(%a: f32, %b: f32, %c: f32): kernel.yield %b : f32 }
    value { ^bb0(%a: f32, %b: f32, %c: f32): kernel.yield %c : f32 }
    epilogue { ^bb0(%a: f32, %b: f32, %c: f32, %acc: f32): kernel.yield %acc : f32 }
  return
}
}

// -----

module attributes {kernel.machine = #kernel.gpu<multiprocessors = 8, shared_bytes = 49152>} {
func.func @columns(%q: memref<2x10x6xf32>, %k: memref<2x8x6xf32>, %v: memref<2x8x4xf32>, %y: memref<2x10x4xf32>,
    %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  // expected-error @+1 {{expected 1, 2, 4 or 8 columns for each of the 8 threads that share rows}}
  kernel.attend dims [2, 10, 4, 8, 6] ins(%q, %k, %v : memref<2x10x6xf32>, memref<2x8x6xf32>, memref<2x8x4xf32>)
    outs(%y : memref<2x10x4xf32>)
    maps [affine_map<(g, s, e, t, d) -> (g, s, d)>, affine_map<(g, s, e, t, d) -> (g, t, d)>, affine_map<(g, s, e, t, d) -> (g, t, e)>,
          affine_map<(g, s, e, t, d) -> (g, s, e)>]
    scale 0.5 schedule <tile = [16, 16, 24, 16], micro = [4, 2]>
    query { ^bb0(%a: f32, %b: f32, %c: f32): kernel.yield %a : f32 }
    key { ^bb0(%a: f32, %b: f32, %c: f32): kernel.yield %b : f32 }
    value { ^bb0(%a: f32, %b: f32, %c: f32): kernel.yield %c : f32 }
    epilogue { ^bb0(%a: f32, %b: f32, %c: f32, %acc: f32): kernel.yield %acc : f32 }
  return
}
}

// -----

module attributes {kernel.machine = #kernel.gpu<multiprocessors = 8, shared_bytes = 49152>} {
func.func @threads(%q: memref<2x10x6xf32>, %k: memref<2x8x6xf32>, %v: memref<2x8x4xf32>, %y: memref<2x10x4xf32>,
    %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  // expected-error @+1 {{expected a multiple of 32 threads, at most 1024, got 16}}
  kernel.attend dims [2, 10, 4, 8, 6] ins(%q, %k, %v : memref<2x10x6xf32>, memref<2x8x6xf32>, memref<2x8x4xf32>)
    outs(%y : memref<2x10x4xf32>)
    maps [affine_map<(g, s, e, t, d) -> (g, s, d)>, affine_map<(g, s, e, t, d) -> (g, t, d)>, affine_map<(g, s, e, t, d) -> (g, t, e)>,
          affine_map<(g, s, e, t, d) -> (g, s, e)>]
    scale 0.5 schedule <tile = [8, 16, 8, 16], micro = [4, 2]>
    query { ^bb0(%a: f32, %b: f32, %c: f32): kernel.yield %a : f32 }
    key { ^bb0(%a: f32, %b: f32, %c: f32): kernel.yield %b : f32 }
    value { ^bb0(%a: f32, %b: f32, %c: f32): kernel.yield %c : f32 }
    epilogue { ^bb0(%a: f32, %b: f32, %c: f32, %acc: f32): kernel.yield %acc : f32 }
  return
}
}

// -----

module attributes {kernel.machine = #kernel.gpu<multiprocessors = 8, shared_bytes = 49152>} {
func.func @panels(%q: memref<2x10x6xf32>, %k: memref<2x8x6xf32>, %v: memref<2x8x4xf32>, %y: memref<2x10x4xf32>,
    %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  // expected-error @+1 {{expected panels that are multiples of the 256 threads}}
  kernel.attend dims [2, 10, 4, 8, 6] ins(%q, %k, %v : memref<2x10x6xf32>, memref<2x8x6xf32>, memref<2x8x4xf32>)
    outs(%y : memref<2x10x4xf32>)
    maps [affine_map<(g, s, e, t, d) -> (g, s, d)>, affine_map<(g, s, e, t, d) -> (g, t, d)>, affine_map<(g, s, e, t, d) -> (g, t, e)>,
          affine_map<(g, s, e, t, d) -> (g, s, e)>]
    scale 0.5 schedule <tile = [32, 16, 32, 8], micro = [2, 1]>
    query { ^bb0(%a: f32, %b: f32, %c: f32): kernel.yield %a : f32 }
    key { ^bb0(%a: f32, %b: f32, %c: f32): kernel.yield %b : f32 }
    value { ^bb0(%a: f32, %b: f32, %c: f32): kernel.yield %c : f32 }
    epilogue { ^bb0(%a: f32, %b: f32, %c: f32, %acc: f32): kernel.yield %acc : f32 }
  return
}
}

// -----

module attributes {kernel.machine = #kernel.gpu<multiprocessors = 8, shared_bytes = 49152>} {
func.func @shared(%q: memref<2x10x6xf32>, %k: memref<2x8x6xf32>, %v: memref<2x8x4xf32>, %y: memref<2x10x4xf32>,
    %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  // expected-error @+1 {{it takes 200704 bytes of shared memory, at most 49152 are there; use smaller tiles or one stage}}
  kernel.attend dims [2, 10, 4, 8, 6] ins(%q, %k, %v : memref<2x10x6xf32>, memref<2x8x6xf32>, memref<2x8x4xf32>)
    outs(%y : memref<2x10x4xf32>)
    maps [affine_map<(g, s, e, t, d) -> (g, s, d)>, affine_map<(g, s, e, t, d) -> (g, t, d)>, affine_map<(g, s, e, t, d) -> (g, t, e)>,
          affine_map<(g, s, e, t, d) -> (g, s, e)>]
    scale 0.5 schedule <tile = [64, 128, 128, 128], micro = [4, 8]>
    query { ^bb0(%a: f32, %b: f32, %c: f32): kernel.yield %a : f32 }
    key { ^bb0(%a: f32, %b: f32, %c: f32): kernel.yield %b : f32 }
    value { ^bb0(%a: f32, %b: f32, %c: f32): kernel.yield %c : f32 }
    epilogue { ^bb0(%a: f32, %b: f32, %c: f32, %acc: f32): kernel.yield %acc : f32 }
  return
}
}

// -----

module attributes {kernel.machine = #kernel.gpu<multiprocessors = 8, shared_bytes = 49152>} {
func.func @f32(%q: memref<2x10x6xf32>, %k: memref<2x8x6xf32>, %v: memref<2x8x4xf32>, %y: memref<2x10x4xf32>,
    %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  // expected-error @+1 {{mma.sync multiplies bf16, but query, key and value yield f32; use variant simt or compile with --precision bf16}}
  kernel.attend dims [2, 10, 4, 8, 6] ins(%q, %k, %v : memref<2x10x6xf32>, memref<2x8x6xf32>, memref<2x8x4xf32>)
    outs(%y : memref<2x10x4xf32>)
    maps [affine_map<(g, s, e, t, d) -> (g, s, d)>, affine_map<(g, s, e, t, d) -> (g, t, d)>, affine_map<(g, s, e, t, d) -> (g, t, e)>,
          affine_map<(g, s, e, t, d) -> (g, s, e)>]
    scale 0.5 schedule <tile = [16, 16, 16, 16], micro = [16, 16], variant = mma.sync>
    query { ^bb0(%a: f32, %b: f32, %c: f32): kernel.yield %a : f32 }
    key { ^bb0(%a: f32, %b: f32, %c: f32): kernel.yield %b : f32 }
    value { ^bb0(%a: f32, %b: f32, %c: f32): kernel.yield %c : f32 }
    epilogue { ^bb0(%a: f32, %b: f32, %c: f32, %acc: f32): kernel.yield %acc : f32 }
  return
}
}

// -----

module attributes {kernel.machine = #kernel.gpu<multiprocessors = 8, shared_bytes = 49152>} {
func.func @mma_micro(%q: memref<2x10x6xbf16>, %k: memref<2x8x6xbf16>, %v: memref<2x8x4xbf16>, %y: memref<2x10x4xf32>,
    %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  // expected-error @+1 {{expected tile sizes that are multiples of 16 and a micro tile of 16 rows and all keys}}
  kernel.attend dims [2, 10, 4, 8, 6] ins(%q, %k, %v : memref<2x10x6xbf16>, memref<2x8x6xbf16>, memref<2x8x4xbf16>)
    outs(%y : memref<2x10x4xf32>)
    maps [affine_map<(g, s, e, t, d) -> (g, s, d)>, affine_map<(g, s, e, t, d) -> (g, t, d)>, affine_map<(g, s, e, t, d) -> (g, t, e)>,
          affine_map<(g, s, e, t, d) -> (g, s, e)>]
    scale 0.5 schedule <tile = [16, 32, 16, 16], micro = [16, 16], variant = mma.sync>
    query { ^bb0(%a: bf16, %b: bf16, %c: bf16): kernel.yield %a : bf16 }
    key { ^bb0(%a: bf16, %b: bf16, %c: bf16): kernel.yield %b : bf16 }
    value { ^bb0(%a: bf16, %b: bf16, %c: bf16): kernel.yield %c : bf16 }
    epilogue { ^bb0(%a: bf16, %b: bf16, %c: bf16, %acc: f32): kernel.yield %acc : f32 }
  return
}
}

// -----

module attributes {kernel.machine = #kernel.gpu<multiprocessors = 8, shared_bytes = 49152>} {
func.func @mma_wide(%q: memref<2x10x6xbf16>, %k: memref<2x8x6xbf16>, %v: memref<2x8x4xbf16>, %y: memref<2x10x4xf32>,
    %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  // expected-error @+1 {{expected tiles of at most 256 keys and columns together, which fit in registers}}
  kernel.attend dims [2, 10, 4, 8, 6] ins(%q, %k, %v : memref<2x10x6xbf16>, memref<2x8x6xbf16>, memref<2x8x4xbf16>)
    outs(%y : memref<2x10x4xf32>)
    maps [affine_map<(g, s, e, t, d) -> (g, s, d)>, affine_map<(g, s, e, t, d) -> (g, t, d)>, affine_map<(g, s, e, t, d) -> (g, t, e)>,
          affine_map<(g, s, e, t, d) -> (g, s, e)>]
    scale 0.5 schedule <tile = [16, 128, 144, 16], micro = [16, 128], variant = mma.sync>
    query { ^bb0(%a: bf16, %b: bf16, %c: bf16): kernel.yield %a : bf16 }
    key { ^bb0(%a: bf16, %b: bf16, %c: bf16): kernel.yield %b : bf16 }
    value { ^bb0(%a: bf16, %b: bf16, %c: bf16): kernel.yield %c : bf16 }
    epilogue { ^bb0(%a: bf16, %b: bf16, %c: bf16, %acc: f32): kernel.yield %acc : f32 }
  return
}
}

// -----

module attributes {kernel.machine = #kernel.cpu<cores = 8, vector_bytes = 16, vector_registers = 16>} {
func.func @cpu(%q: memref<2x10x6xf32>, %k: memref<2x8x6xf32>, %v: memref<2x8x4xf32>, %y: memref<2x10x4xf32>,
    %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  // expected-error @+1 {{is compiled for #kernel.cpu<cores = 8, vector_bytes = 16, vector_registers = 16>; expected #kernel.gpu<..>}}
  kernel.attend dims [2, 10, 4, 8, 6] ins(%q, %k, %v : memref<2x10x6xf32>, memref<2x8x6xf32>, memref<2x8x4xf32>)
    outs(%y : memref<2x10x4xf32>)
    maps [affine_map<(g, s, e, t, d) -> (g, s, d)>, affine_map<(g, s, e, t, d) -> (g, t, d)>, affine_map<(g, s, e, t, d) -> (g, t, e)>,
          affine_map<(g, s, e, t, d) -> (g, s, e)>]
    scale 0.5
    query { ^bb0(%a: f32, %b: f32, %c: f32): kernel.yield %a : f32 }
    key { ^bb0(%a: f32, %b: f32, %c: f32): kernel.yield %b : f32 }
    value { ^bb0(%a: f32, %b: f32, %c: f32): kernel.yield %c : f32 }
    epilogue { ^bb0(%a: f32, %b: f32, %c: f32, %acc: f32): kernel.yield %acc : f32 }
  return
}
}
