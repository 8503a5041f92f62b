// RUN: moec-opt %s --split-input-file --verify-diagnostics --pass-pipeline='builtin.module(func.func(moec-gpu-lower-contract))'

module attributes {kernel.machine = #kernel.gpu<multiprocessors = 132, shared_bytes = 232448>} {
func.func @k(%x: memref<64x96xf32>, %w: memref<96x64xf32>, %y: memref<64x64xf32>,
             %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  // expected-error @below {{needs #kernel.schedule<tile = [m, n, k], micro = [rows, columns]>; run moec-assign-gpu-schedule first}}
  kernel.contract dims [64, 64, 96] ins(%x, %w : memref<64x96xf32>, memref<96x64xf32>) outs(%y : memref<64x64xf32>)
    maps [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>]
    lhs { ^bb0(%a: f32, %b: f32): kernel.yield %a : f32 }
    rhs { ^bb0(%a: f32, %b: f32): kernel.yield %b : f32 }
    epilogue { ^bb0(%a: f32, %b: f32, %acc: f32): kernel.yield %acc : f32 }
  return
}
}

// -----

module attributes {kernel.machine = #kernel.gpu<multiprocessors = 132, shared_bytes = 232448>} {
func.func @k(%x: memref<64x96xf32>, %w: memref<96x64xf32>, %y: memref<64x64xf32>,
             %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  // expected-error @below {{expected micro sizes of 1, 2, 4 or 8}}
  kernel.contract dims [64, 64, 96] ins(%x, %w : memref<64x96xf32>, memref<96x64xf32>) outs(%y : memref<64x64xf32>)
    maps [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>]
    schedule #kernel.schedule<tile = [32, 32, 16], micro = [3, 4]>
    lhs { ^bb0(%a: f32, %b: f32): kernel.yield %a : f32 }
    rhs { ^bb0(%a: f32, %b: f32): kernel.yield %b : f32 }
    epilogue { ^bb0(%a: f32, %b: f32, %acc: f32): kernel.yield %acc : f32 }
  return
}
}

// -----

module attributes {kernel.machine = #kernel.gpu<multiprocessors = 132, shared_bytes = 232448>} {
func.func @k(%x: memref<64x96xf32>, %w: memref<96x64xf32>, %y: memref<64x64xf32>,
             %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  // expected-error @below {{expected tile sizes of m and n that are multiples of 4 and of the micro tile}}
  kernel.contract dims [64, 64, 96] ins(%x, %w : memref<64x96xf32>, memref<96x64xf32>) outs(%y : memref<64x64xf32>)
    maps [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>]
    schedule #kernel.schedule<tile = [30, 32, 16], micro = [2, 4]>
    lhs { ^bb0(%a: f32, %b: f32): kernel.yield %a : f32 }
    rhs { ^bb0(%a: f32, %b: f32): kernel.yield %b : f32 }
    epilogue { ^bb0(%a: f32, %b: f32, %acc: f32): kernel.yield %acc : f32 }
  return
}
}

// -----

module attributes {kernel.machine = #kernel.gpu<multiprocessors = 132, shared_bytes = 232448>} {
func.func @k(%x: memref<64x96xf32>, %w: memref<96x64xf32>, %y: memref<64x64xf32>,
             %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  // expected-error @below {{expected a multiple of 32 threads, at most 1024, got 4}}
  kernel.contract dims [64, 64, 96] ins(%x, %w : memref<64x96xf32>, memref<96x64xf32>) outs(%y : memref<64x64xf32>)
    maps [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>]
    schedule #kernel.schedule<tile = [8, 8, 16], micro = [4, 4]>
    lhs { ^bb0(%a: f32, %b: f32): kernel.yield %a : f32 }
    rhs { ^bb0(%a: f32, %b: f32): kernel.yield %b : f32 }
    epilogue { ^bb0(%a: f32, %b: f32, %acc: f32): kernel.yield %acc : f32 }
  return
}
}

// -----

module attributes {kernel.machine = #kernel.gpu<multiprocessors = 132, shared_bytes = 232448>} {
func.func @k(%x: memref<64x96xf32>, %w: memref<96x64xf32>, %y: memref<64x64xf32>,
             %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  // expected-error @below {{expected a tile of k that is a multiple of 8 and panels that are multiples of the 64 threads}}
  kernel.contract dims [64, 64, 96] ins(%x, %w : memref<64x96xf32>, memref<96x64xf32>) outs(%y : memref<64x64xf32>)
    maps [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>]
    schedule #kernel.schedule<tile = [32, 32, 4], micro = [4, 4]>
    lhs { ^bb0(%a: f32, %b: f32): kernel.yield %a : f32 }
    rhs { ^bb0(%a: f32, %b: f32): kernel.yield %b : f32 }
    epilogue { ^bb0(%a: f32, %b: f32, %acc: f32): kernel.yield %acc : f32 }
  return
}
}

// -----

module attributes {kernel.machine = #kernel.gpu<multiprocessors = 132, shared_bytes = 232448>} {
func.func @k(%x: memref<64x96xf32>, %w: memref<96x64xf32>, %y: memref<64x64xf32>,
             %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  // expected-error @below {{expected a multiple of 32 threads, at most 1024, got 16384}}
  kernel.contract dims [64, 64, 96] ins(%x, %w : memref<64x96xf32>, memref<96x64xf32>) outs(%y : memref<64x64xf32>)
    maps [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>]
    schedule #kernel.schedule<tile = [1024, 1024, 64], micro = [8, 8]>
    lhs { ^bb0(%a: f32, %b: f32): kernel.yield %a : f32 }
    rhs { ^bb0(%a: f32, %b: f32): kernel.yield %b : f32 }
    epilogue { ^bb0(%a: f32, %b: f32, %acc: f32): kernel.yield %acc : f32 }
  return
}
}

// -----

module attributes {kernel.machine = #kernel.gpu<multiprocessors = 132, shared_bytes = 232448>} {
func.func @k(%x: memref<64x96xf32>, %w: memref<96x64xf32>, %y: memref<64x64xf32>,
             %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  // expected-error @below {{it takes 264192 bytes of shared memory, at most 232448 are there; use fewer stages or smaller tiles}}
  kernel.contract dims [64, 64, 96] ins(%x, %w : memref<64x96xf32>, memref<96x64xf32>) outs(%y : memref<64x64xf32>)
    maps [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>]
    schedule #kernel.schedule<tile = [256, 256, 64], micro = [8, 8]>
    lhs { ^bb0(%a: f32, %b: f32): kernel.yield %a : f32 }
    rhs { ^bb0(%a: f32, %b: f32): kernel.yield %b : f32 }
    epilogue { ^bb0(%a: f32, %b: f32, %acc: f32): kernel.yield %acc : f32 }
  return
}
}

// -----

module attributes {kernel.machine = #kernel.gpu<multiprocessors = 132, shared_bytes = 232448>} {
func.func @k(%x: memref<64x96xf32>, %w: memref<96x64xf32>, %y: memref<64x64xf32>,
             %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  // expected-error @below {{mma.sync multiplies bf16, but lhs and rhs yield f32; use variant simt or compile with --precision bf16}}
  kernel.contract dims [64, 64, 96] ins(%x, %w : memref<64x96xf32>, memref<96x64xf32>) outs(%y : memref<64x64xf32>)
    maps [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>]
    schedule #kernel.schedule<tile = [64, 64, 32], micro = [32, 32], variant = mma.sync>
    lhs { ^bb0(%a: f32, %b: f32): kernel.yield %a : f32 }
    rhs { ^bb0(%a: f32, %b: f32): kernel.yield %b : f32 }
    epilogue { ^bb0(%a: f32, %b: f32, %acc: f32): kernel.yield %acc : f32 }
  return
}
}

// -----

module attributes {kernel.machine = #kernel.gpu<multiprocessors = 132, shared_bytes = 232448>} {
func.func @k(%x: memref<64x96xbf16>, %w: memref<96x64xbf16>, %y: memref<64x64xf32>,
             %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  // expected-error @below {{expected micro sizes and a tile of k that are multiples of 16, and a tile of whole micro tiles}}
  kernel.contract dims [64, 64, 96] ins(%x, %w : memref<64x96xbf16>, memref<96x64xbf16>) outs(%y : memref<64x64xf32>)
    maps [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>]
    schedule #kernel.schedule<tile = [64, 64, 32], micro = [32, 24], variant = mma.sync>
    lhs { ^bb0(%a: bf16, %b: bf16): kernel.yield %a : bf16 }
    rhs { ^bb0(%a: bf16, %b: bf16): kernel.yield %b : bf16 }
    epilogue { ^bb0(%a: bf16, %b: bf16, %acc: f32): kernel.yield %acc : f32 }
  return
}
}

// -----

module attributes {kernel.machine = #kernel.gpu<multiprocessors = 132, shared_bytes = 232448>} {
func.func @k(%x: memref<64x96xbf16>, %w: memref<96x64xbf16>, %y: memref<64x64xf32>,
             %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  // expected-error @below {{expected a micro tile of at most 64 x 64, whose sums fit in registers}}
  kernel.contract dims [64, 64, 96] ins(%x, %w : memref<64x96xbf16>, memref<96x64xbf16>) outs(%y : memref<64x64xf32>)
    maps [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>]
    schedule #kernel.schedule<tile = [128, 128, 32], micro = [128, 64], variant = mma.sync>
    lhs { ^bb0(%a: bf16, %b: bf16): kernel.yield %a : bf16 }
    rhs { ^bb0(%a: bf16, %b: bf16): kernel.yield %b : bf16 }
    epilogue { ^bb0(%a: bf16, %b: bf16, %acc: f32): kernel.yield %acc : f32 }
  return
}
}

// -----

module attributes {kernel.machine = #kernel.gpu<multiprocessors = 132, shared_bytes = 232448>} {
func.func @k(%x: memref<64x96xbf16>, %w: memref<96x64xbf16>, %y: memref<64x64xf32>,
             %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  // expected-error @below {{expected at most 32 warps, got 128}}
  kernel.contract dims [64, 64, 96] ins(%x, %w : memref<64x96xbf16>, memref<96x64xbf16>) outs(%y : memref<64x64xf32>)
    maps [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>]
    schedule #kernel.schedule<tile = [128, 256, 32], micro = [16, 16], variant = mma.sync>
    lhs { ^bb0(%a: bf16, %b: bf16): kernel.yield %a : bf16 }
    rhs { ^bb0(%a: bf16, %b: bf16): kernel.yield %b : bf16 }
    epilogue { ^bb0(%a: bf16, %b: bf16, %acc: f32): kernel.yield %acc : f32 }
  return
}
}

// -----

module attributes {kernel.machine = #kernel.gpu<multiprocessors = 108, shared_bytes = 166912>} {
func.func @k(%x: memref<128x64xbf16>, %w: memref<64x64xbf16>, %y: memref<128x64xf32>,
             %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  // expected-error @below {{variant wgmma wants a machine with wgmma and tma, got #kernel.gpu<multiprocessors = 108, shared_bytes = 166912>; use variant mma.sync}}
  kernel.contract dims [128, 64, 64] ins(%x, %w : memref<128x64xbf16>, memref<64x64xbf16>) outs(%y : memref<128x64xf32>)
    maps [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>]
    schedule #kernel.schedule<tile = [128, 64, 64], micro = [64, 64], variant = "wgmma", stages = 4>
    lhs { ^bb0(%a: bf16, %b: bf16): kernel.yield %a : bf16 }
    rhs { ^bb0(%a: bf16, %b: bf16): kernel.yield %b : bf16 }
    epilogue { ^bb0(%a: bf16, %b: bf16, %acc: f32): kernel.yield %acc : f32 }
  return
}
}

// -----

// A machine of another kind, and none.
module attributes {kernel.machine = #kernel.cpu<cores = 8, vector_bytes = 64, vector_registers = 32>} {
func.func @k(%x: memref<64x96xf32>, %w: memref<96x64xf32>, %y: memref<64x64xf32>,
             %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  // expected-error @below {{is compiled for #kernel.cpu<cores = 8, vector_bytes = 64, vector_registers = 32>; expected #kernel.gpu<..>}}
  kernel.contract dims [64, 64, 96] ins(%x, %w : memref<64x96xf32>, memref<96x64xf32>) outs(%y : memref<64x64xf32>)
    maps [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>]
    schedule #kernel.schedule<tile = [32, 32, 16], micro = [4, 4]>
    lhs { ^bb0(%a: f32, %b: f32): kernel.yield %a : f32 }
    rhs { ^bb0(%a: f32, %b: f32): kernel.yield %b : f32 }
    epilogue { ^bb0(%a: f32, %b: f32, %acc: f32): kernel.yield %acc : f32 }
  return
}
}

// -----

func.func @k(%x: memref<64x96xf32>, %w: memref<96x64xf32>, %y: memref<64x64xf32>,
             %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  // expected-error @below {{the module does not say what it is compiled for; give it the attribute kernel.machine, such as #kernel.cpu<}}
  kernel.contract dims [64, 64, 96] ins(%x, %w : memref<64x96xf32>, memref<96x64xf32>) outs(%y : memref<64x64xf32>)
    maps [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>]
    schedule #kernel.schedule<tile = [32, 32, 16], micro = [4, 4]>
    lhs { ^bb0(%a: f32, %b: f32): kernel.yield %a : f32 }
    rhs { ^bb0(%a: f32, %b: f32): kernel.yield %b : f32 }
    epilogue { ^bb0(%a: f32, %b: f32, %acc: f32): kernel.yield %acc : f32 }
  return
}
