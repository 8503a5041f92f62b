// RUN: moec-opt %s --moec-assign-gpu-schedule | FileCheck %s
// RUN: sed 's/232448>/232448, wgmma = true, tma = true>/' %s | moec-opt --moec-assign-gpu-schedule | FileCheck %s --check-prefix=WGMMA
// RUN: sed 's/multiprocessors = 132/multiprocessors = 8/' %s | moec-opt --moec-assign-gpu-schedule | FileCheck %s --check-prefix=FEW
// RUN: sed 's/232448/49152/' %s | moec-opt --moec-assign-gpu-schedule | FileCheck %s --check-prefix=SMALL

// What the model of the GPU chooses; GpuContractCostTest holds its properties.

module attributes {kernel.machine = #kernel.gpu<multiprocessors = 132, shared_bytes = 232448>} {
// The largest tile of each kind; a smaller one where shared memory is short.
// CHECK-LABEL: func.func @large
// CHECK:         schedule <tile = [128, 128, 32], micro = [64, 32], variant = mma.sync, stages = 4>
// WGMMA-LABEL: func.func @large
// WGMMA:         schedule <tile = [128, 256, 64], micro = [64, 256], variant = wgmma, stages = 3>
// SMALL-LABEL: func.func @large
// SMALL:         schedule <tile = [128, 64, 32], micro = [64, 32], variant = mma.sync, stages = 4>
func.func @large(%x: tensor<8192x2048xbf16>, %w: tensor<2048x4096xbf16>, %init: tensor<8192x4096xf32>) -> tensor<8192x4096xf32> {
  %y = kernel.contract dims [8192, 4096, 2048]
    ins(%x, %w : tensor<8192x2048xbf16>, tensor<2048x4096xbf16>) outs(%init : tensor<8192x4096xf32>)
    maps [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>]
    lhs { ^bb0(%l: bf16, %r: bf16): kernel.yield %l : bf16 }
    rhs { ^bb0(%l: bf16, %r: bf16): kernel.yield %r : bf16 }
    epilogue { ^bb0(%l: bf16, %r: bf16, %acc: f32): kernel.yield %acc : f32 } -> tensor<8192x4096xf32>
  return %y : tensor<8192x4096xf32>
}

// f32 has no tensor cores on any GPU.
// CHECK-LABEL: func.func @single
// CHECK:         schedule <tile = [128, 128, 8], micro = [8, 8]>
// WGMMA-LABEL: func.func @single
// WGMMA:         schedule <tile = [128, 128, 8], micro = [8, 8]>
func.func @single(%x: tensor<8192x2048xf32>, %w: tensor<2048x4096xf32>, %init: tensor<8192x4096xf32>) -> tensor<8192x4096xf32> {
  %y = kernel.contract dims [8192, 4096, 2048]
    ins(%x, %w : tensor<8192x2048xf32>, tensor<2048x4096xf32>) outs(%init : tensor<8192x4096xf32>)
    maps [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>]
    lhs { ^bb0(%l: f32, %r: f32): kernel.yield %l : f32 }
    rhs { ^bb0(%l: f32, %r: f32): kernel.yield %r : f32 }
    epilogue { ^bb0(%l: f32, %r: f32, %acc: f32): kernel.yield %acc : f32 } -> tensor<8192x4096xf32>
  return %y : tensor<8192x4096xf32>
}

// 16 rows leave most of 132 multiprocessors without a block: the depth is split
// among warps. Eight have enough to do.
// CHECK-LABEL: func.func @few
// CHECK:         schedule <tile = [16, 32, 128], micro = [16, 32], variant = skinny, stages = 4, warps = 4>
// WGMMA-LABEL: func.func @few
// WGMMA:         variant = skinny
// FEW-LABEL:   func.func @few
// FEW:           schedule <tile = [16, 64, 64], micro = [16, 16], variant = mma.sync, stages = 4>
func.func @few(%x: tensor<16x1024xbf16>, %w: tensor<1024x1024xbf16>, %init: tensor<16x1024xf32>) -> tensor<16x1024xf32> {
  %y = kernel.contract dims [16, 1024, 1024]
    ins(%x, %w : tensor<16x1024xbf16>, tensor<1024x1024xbf16>) outs(%init : tensor<16x1024xf32>)
    maps [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>]
    lhs { ^bb0(%l: bf16, %r: bf16): kernel.yield %l : bf16 }
    rhs { ^bb0(%l: bf16, %r: bf16): kernel.yield %r : bf16 }
    epilogue { ^bb0(%l: bf16, %r: bf16, %acc: f32): kernel.yield %acc : f32 } -> tensor<16x1024xf32>
  return %y : tensor<16x1024xf32>
}

// Fewer multiprocessors get larger tiles.
// CHECK-LABEL: func.func @medium
// CHECK:         schedule <tile = [128, 64, 32], micro = [64, 32], variant = mma.sync, stages = 4>
// FEW-LABEL:   func.func @medium
// FEW:           schedule <tile = [128, 128, 32], micro = [64, 32], variant = mma.sync, stages = 4>
func.func @medium(%x: tensor<1024x1024xbf16>, %w: tensor<1024x1024xbf16>, %init: tensor<1024x1024xf32>) -> tensor<1024x1024xf32> {
  %y = kernel.contract dims [1024, 1024, 1024]
    ins(%x, %w : tensor<1024x1024xbf16>, tensor<1024x1024xbf16>) outs(%init : tensor<1024x1024xf32>)
    maps [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>]
    lhs { ^bb0(%l: bf16, %r: bf16): kernel.yield %l : bf16 }
    rhs { ^bb0(%l: bf16, %r: bf16): kernel.yield %r : bf16 }
    epilogue { ^bb0(%l: bf16, %r: bf16, %acc: f32): kernel.yield %acc : f32 } -> tensor<1024x1024xf32>
  return %y : tensor<1024x1024xf32>
}

// 192 rows are three times 64: three warpgroups multiply, none in vain.
// WGMMA-LABEL: func.func @slots
// WGMMA:         schedule <tile = [192, {{128|192}}, 64], micro = [64, {{128|192}}], variant = wgmma
func.func @slots(%x: tensor<32x192x512xbf16>, %w: tensor<32x512x2048xbf16>, %init: tensor<32x192x2048xf32>) -> tensor<32x192x2048xf32> {
  %y = kernel.contract dims [32, 192, 2048, 512]
    ins(%x, %w : tensor<32x192x512xbf16>, tensor<32x512x2048xbf16>) outs(%init : tensor<32x192x2048xf32>)
    maps [affine_map<(g, m, n, k) -> (g, m, k)>, affine_map<(g, m, n, k) -> (g, k, n)>, affine_map<(g, m, n, k) -> (g, m, n)>]
    lhs { ^bb0(%l: bf16, %r: bf16): kernel.yield %l : bf16 }
    rhs { ^bb0(%l: bf16, %r: bf16): kernel.yield %r : bf16 }
    epilogue { ^bb0(%l: bf16, %r: bf16, %acc: f32): kernel.yield %acc : f32 } -> tensor<32x192x2048xf32>
  return %y : tensor<32x192x2048xf32>
}
}
