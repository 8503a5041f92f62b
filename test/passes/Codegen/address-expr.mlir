// RUN: moec-opt %s --split-input-file --pass-pipeline='builtin.module(func.func(moec-gpu-lower-contract,canonicalize,cse))' | FileCheck %s

// Quotient and remainder of one position are joined again: an image is rows of
// 16 elements, and no address divides by 49.

module attributes {kernel.machine = #kernel.gpu<multiprocessors = 132, shared_bytes = 232448>} {
// CHECK-LABEL: func.func @joined
// CHECK-NOT:     arith.constant 49 : index
// CHECK:         return
func.func @joined(%x: memref<8x49x16xf32>, %w: memref<16x32xf32>, %y: memref<392x32xf32>,
                %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  kernel.contract dims [392, 32, 16] ins(%x, %w : memref<8x49x16xf32>, memref<16x32xf32>) outs(%y : memref<392x32xf32>)
    maps [affine_map<(m, n, k) -> (m floordiv 49, m mod 49, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>]
    schedule #kernel.schedule<tile = [32, 32, 16], micro = [4, 4]>
    lhs { ^bb0(%a: f32, %b: f32): kernel.yield %a : f32 }
    rhs { ^bb0(%a: f32, %b: f32): kernel.yield %b : f32 }
    epilogue { ^bb0(%a: f32, %b: f32, %acc: f32): kernel.yield %acc : f32 }
  return
}
}

// -----

// Read from the end of each image they do not join.

module attributes {kernel.machine = #kernel.gpu<multiprocessors = 132, shared_bytes = 232448>} {
// CHECK-LABEL: func.func @apart
// CHECK-DAG:     %[[SIZE:.*]] = arith.constant 49 : index
// CHECK:         arith.remui %{{.*}}, %[[SIZE]] : index
// CHECK:         return
func.func @apart(%x: memref<8x49x16xf32>, %w: memref<16x32xf32>, %y: memref<392x32xf32>,
                %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  kernel.contract dims [392, 32, 16] ins(%x, %w : memref<8x49x16xf32>, memref<16x32xf32>) outs(%y : memref<392x32xf32>)
    maps [affine_map<(m, n, k) -> (m floordiv 49, 48 - m mod 49, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>]
    schedule #kernel.schedule<tile = [32, 32, 16], micro = [4, 4]>
    lhs { ^bb0(%a: f32, %b: f32): kernel.yield %a : f32 }
    rhs { ^bb0(%a: f32, %b: f32): kernel.yield %b : f32 }
    epilogue { ^bb0(%a: f32, %b: f32, %acc: f32): kernel.yield %acc : f32 }
  return
}
}

// -----

// 48 rows never reach the second image: the extent makes the quotient 0 and the
// remainder the position.

module attributes {kernel.machine = #kernel.gpu<multiprocessors = 132, shared_bytes = 232448>} {
// CHECK-LABEL: func.func @first
// CHECK-NOT:     arith.constant 49 : index
// CHECK:         return
func.func @first(%x: memref<8x49x16xf32>, %w: memref<16x32xf32>, %y: memref<48x32xf32>,
                %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  kernel.contract dims [48, 32, 16] ins(%x, %w : memref<8x49x16xf32>, memref<16x32xf32>) outs(%y : memref<48x32xf32>)
    maps [affine_map<(m, n, k) -> (m floordiv 49, m mod 49, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>]
    schedule #kernel.schedule<tile = [32, 32, 16], micro = [4, 4]>
    lhs { ^bb0(%a: f32, %b: f32): kernel.yield %a : f32 }
    rhs { ^bb0(%a: f32, %b: f32): kernel.yield %b : f32 }
    epilogue { ^bb0(%a: f32, %b: f32, %acc: f32): kernel.yield %acc : f32 }
  return
}
}

// -----

// k runs over channels, then images. A tile of 32 stays within 128 channels, so
// pieces of 8 lie side by side and cp.async copies the left operand too ...

module attributes {kernel.machine = #kernel.gpu<multiprocessors = 132, shared_bytes = 232448>} {
// CHECK-LABEL: func.func @chunks
// CHECK-COUNT-2: nvvm.cp.async.shared.global
// CHECK-NOT:     nvvm.cp.async.shared.global
// CHECK:         nvvm.cp.async.commit.group
func.func @chunks(%x: memref<4x64x128xbf16>, %w: memref<512x32xbf16>, %y: memref<64x32xf32>,
                %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  kernel.contract dims [64, 32, 512] ins(%x, %w : memref<4x64x128xbf16>, memref<512x32xbf16>) outs(%y : memref<64x32xf32>)
    maps [affine_map<(m, n, k) -> (k floordiv 128, m, k mod 128)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>]
    schedule #kernel.schedule<tile = [32, 32, 32], micro = [16, 16], variant = mma.sync, stages = 3>
    lhs { ^bb0(%a: bf16, %b: bf16): kernel.yield %a : bf16 }
    rhs { ^bb0(%a: bf16, %b: bf16): kernel.yield %b : bf16 }
    epilogue { ^bb0(%a: bf16, %b: bf16, %acc: f32): kernel.yield %acc : f32 }
  return
}
}

// -----

// ... but not within 48.

module attributes {kernel.machine = #kernel.gpu<multiprocessors = 132, shared_bytes = 232448>} {
// CHECK-LABEL: func.func @crossing
// CHECK-COUNT-1: nvvm.cp.async.shared.global
// CHECK-NOT:     nvvm.cp.async.shared.global
// CHECK:         nvvm.cp.async.commit.group
func.func @crossing(%x: memref<4x64x48xbf16>, %w: memref<192x32xbf16>, %y: memref<64x32xf32>,
                %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  kernel.contract dims [64, 32, 192] ins(%x, %w : memref<4x64x48xbf16>, memref<192x32xbf16>) outs(%y : memref<64x32xf32>)
    maps [affine_map<(m, n, k) -> (k floordiv 48, m, k mod 48)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>]
    schedule #kernel.schedule<tile = [32, 32, 32], micro = [16, 16], variant = mma.sync, stages = 3>
    lhs { ^bb0(%a: bf16, %b: bf16): kernel.yield %a : bf16 }
    rhs { ^bb0(%a: bf16, %b: bf16): kernel.yield %b : bf16 }
    epilogue { ^bb0(%a: bf16, %b: bf16, %acc: f32): kernel.yield %acc : f32 }
  return
}
}
