// RUN: moec-opt %s --moec-assign-gpu-schedule | FileCheck %s
// RUN: moec-opt %s --moec-materialize-operands | FileCheck %s --check-prefix=STORED

// What is read off a contraction shows in what is chosen for it. GpuContractShapeTest
// holds the numbers.

module attributes {kernel.machine = #kernel.gpu<multiprocessors = 132, shared_bytes = 232448, wgmma = true, tma = true>} {
// Plain bf16 in whole pieces of 16 bytes takes no instructions to stage: there
// is nothing to store before, and warpgroups are fed in time.
// CHECK-LABEL: func.func @plain
// CHECK:         variant = wgmma
// STORED-LABEL: func.func @plain
// STORED-NOT:   kernel.map
func.func @plain(%x: tensor<8192x1024xbf16>, %w: tensor<1024x4096xbf16>, %init: tensor<8192x4096xf32>) -> tensor<8192x4096xf32> {
  %y = kernel.contract dims [8192, 4096, 1024]
    ins(%x, %w : tensor<8192x1024xbf16>, tensor<1024x4096xbf16>) outs(%init : tensor<8192x4096xf32>)
    maps [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>]
    lhs { ^bb0(%l: bf16, %r: bf16): kernel.yield %l : bf16 }
    rhs { ^bb0(%l: bf16, %r: bf16): kernel.yield %r : bf16 }
    epilogue { ^bb0(%l: bf16, %r: bf16, %acc: f32): kernel.yield %acc : f32 } -> tensor<8192x4096xf32>
  return %y : tensor<8192x4096xf32>
}

// By columns too.
// CHECK-LABEL: func.func @transposed
// CHECK:         variant = wgmma
// STORED-LABEL: func.func @transposed
// STORED-NOT:   kernel.map
func.func @transposed(%x: tensor<1024x8192xbf16>, %w: tensor<1024x4096xbf16>, %init: tensor<8192x4096xf32>) -> tensor<8192x4096xf32> {
  %y = kernel.contract dims [8192, 4096, 1024]
    ins(%x, %w : tensor<1024x8192xbf16>, tensor<1024x4096xbf16>) outs(%init : tensor<8192x4096xf32>)
    maps [affine_map<(m, n, k) -> (k, m)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>]
    lhs { ^bb0(%l: bf16, %r: bf16): kernel.yield %l : bf16 }
    rhs { ^bb0(%l: bf16, %r: bf16): kernel.yield %r : bf16 }
    epilogue { ^bb0(%l: bf16, %r: bf16, %acc: f32): kernel.yield %acc : f32 } -> tensor<8192x4096xf32>
  return %y : tensor<8192x4096xf32>
}

// f32 is rounded by threads, for each of 16 tiles along n: better stored once.
// STORED-LABEL: func.func @rounded
// STORED:       kernel.map dims [8192, 1024]
// STORED:       kernel.contract
func.func @rounded(%x: tensor<8192x1024xf32>, %w: tensor<1024x4096xbf16>, %init: tensor<8192x4096xf32>) -> tensor<8192x4096xf32> {
  %y = kernel.contract dims [8192, 4096, 1024]
    ins(%x, %w : tensor<8192x1024xf32>, tensor<1024x4096xbf16>) outs(%init : tensor<8192x4096xf32>)
    maps [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>]
    lhs { ^bb0(%l: f32, %r: bf16):
      %v = arith.truncf %l : f32 to bf16
      kernel.yield %v : bf16 }
    rhs { ^bb0(%l: f32, %r: bf16): kernel.yield %r : bf16 }
    epilogue { ^bb0(%l: f32, %r: bf16, %acc: f32): kernel.yield %acc : f32 } -> tensor<8192x4096xf32>
  return %y : tensor<8192x4096xf32>
}

// A function counts as twenty instructions: where computing it for every tile
// is too much, a rounding is not yet.
// STORED-LABEL: func.func @function
// STORED:       kernel.map dims [2048, 512]
func.func @function(%x: tensor<2048x512xf32>, %w: tensor<512x1024xbf16>, %init: tensor<2048x1024xf32>) -> tensor<2048x1024xf32> {
  %y = kernel.contract dims [2048, 1024, 512]
    ins(%x, %w : tensor<2048x512xf32>, tensor<512x1024xbf16>) outs(%init : tensor<2048x1024xf32>)
    maps [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>]
    lhs { ^bb0(%l: f32, %r: bf16):
      %e = math.exp %l : f32
      %v = arith.truncf %e : f32 to bf16
      kernel.yield %v : bf16 }
    rhs { ^bb0(%l: f32, %r: bf16): kernel.yield %r : bf16 }
    epilogue { ^bb0(%l: f32, %r: bf16, %acc: f32): kernel.yield %acc : f32 } -> tensor<2048x1024xf32>
  return %y : tensor<2048x1024xf32>
}

// STORED-LABEL: func.func @cheap
// STORED-NOT:   kernel.map
// STORED:       kernel.contract
func.func @cheap(%x: tensor<2048x512xf32>, %w: tensor<512x1024xbf16>, %init: tensor<2048x1024xf32>) -> tensor<2048x1024xf32> {
  %y = kernel.contract dims [2048, 1024, 512]
    ins(%x, %w : tensor<2048x512xf32>, tensor<512x1024xbf16>) outs(%init : tensor<2048x1024xf32>)
    maps [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>]
    lhs { ^bb0(%l: f32, %r: bf16):
      %v = arith.truncf %l : f32 to bf16
      kernel.yield %v : bf16 }
    rhs { ^bb0(%l: f32, %r: bf16): kernel.yield %r : bf16 }
    epilogue { ^bb0(%l: f32, %r: bf16, %acc: f32): kernel.yield %acc : f32 } -> tensor<2048x1024xf32>
  return %y : tensor<2048x1024xf32>
}

// Rows that do not begin at multiples of 16 bytes are staged by threads, and a
// copy would have the same rows.
// STORED-LABEL: func.func @unaligned
// STORED-NOT:   kernel.map
// STORED:       kernel.contract
func.func @unaligned(%x: tensor<8192x1023xbf16>, %w: tensor<1023x4096xbf16>, %init: tensor<8192x4096xf32>) -> tensor<8192x4096xf32> {
  %y = kernel.contract dims [8192, 4096, 1023]
    ins(%x, %w : tensor<8192x1023xbf16>, tensor<1023x4096xbf16>) outs(%init : tensor<8192x4096xf32>)
    maps [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>]
    lhs { ^bb0(%l: bf16, %r: bf16): kernel.yield %l : bf16 }
    rhs { ^bb0(%l: bf16, %r: bf16): kernel.yield %r : bf16 }
    epilogue { ^bb0(%l: bf16, %r: bf16, %acc: f32): kernel.yield %acc : f32 } -> tensor<8192x4096xf32>
  return %y : tensor<8192x4096xf32>
}
}
