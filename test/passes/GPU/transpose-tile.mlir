// RUN: moec-opt %s --split-input-file --pass-pipeline='builtin.module(func.func(moec-gpu-lower-map))' | FileCheck %s

// A square of 32 by 32; 33 f32 a row keep the banks apart.

// CHECK-LABEL: func.func @square
// CHECK-SAME: kernel.grid = 64 : i64
// CHECK-SAME: kernel.shared = 4224 : i64
// CHECK-SAME: kernel.threads = 256 : i64
func.func @square(%x: memref<256x256xf32>, %y: memref<256x256xf32>,
                  %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  kernel.map dims [256, 256] ins(%x : memref<256x256xf32>) outs(%y : memref<256x256xf32>)
    maps [affine_map<(i, j) -> (j, i)>, affine_map<(i, j) -> (i, j)>]
    body { ^bb0(%a: f32):
      kernel.yield %a : f32 }
  return
}

// -----

// All 49 tokens: rows of %x that do not begin with a sector are contiguous
// together. 32 of the 64 channels a block.

// CHECK-LABEL: func.func @tokens
// CHECK-SAME: kernel.grid = 16 : i64
// CHECK-SAME: kernel.variant = "tile"
func.func @tokens(%x: memref<8x64x49xf32>, %y: memref<8x49x64xf32>,
                  %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  kernel.map dims [8, 49, 64] ins(%x : memref<8x64x49xf32>) outs(%y : memref<8x49x64xf32>)
    maps [affine_map<(b, t, c) -> (b, c, t)>, affine_map<(b, t, c) -> (b, t, c)>]
    body { ^bb0(%a: f32):
      kernel.yield %a : f32 }
  return
}

// -----

// Nothing is gained where all lie the same way, or where there is little.

// CHECK-LABEL: func.func @plain
// CHECK-SAME: kernel.variant = "simt"
func.func @plain(%x: memref<64x64xf32>, %s: memref<64xf32>, %y: memref<64x64xf32>,
                 %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  kernel.map dims [64, 64] ins(%x, %s : memref<64x64xf32>, memref<64xf32>) outs(%y : memref<64x64xf32>)
    maps [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i)>, affine_map<(i, j) -> (i, j)>]
    body { ^bb0(%a: f32, %b: f32):
      %r = arith.mulf %a, %b : f32
      kernel.yield %r : f32 }
  return
}

// -----

// CHECK-LABEL: func.func @little
// CHECK-SAME: kernel.variant = "simt"
func.func @little(%x: memref<24x24xf32>, %y: memref<24x24xf32>,
                  %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  kernel.map dims [24, 24] ins(%x : memref<24x24xf32>) outs(%y : memref<24x24xf32>)
    maps [affine_map<(i, j) -> (j, i)>, affine_map<(i, j) -> (i, j)>]
    body { ^bb0(%a: f32):
      kernel.yield %a : f32 }
  return
}

// -----

// A row that is looked up for each element has no order.

// CHECK-LABEL: func.func @anywhere
// CHECK-SAME: kernel.variant = "simt"
func.func @anywhere(%x: memref<64xf32>, %i: memref<4096xi32>, %y: memref<64x64xf32>,
                    %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  kernel.map dims [64, 64] ins(%x, %i : memref<64xf32>, memref<4096xi32>) outs(%y : memref<64x64xf32>)
    maps [affine_map<(i, j) -> (0)>, affine_map<(i, j) -> (i * 64 + j)>, affine_map<(i, j) -> (i, j)>]
    gathers [1, -1]
    body { ^bb0(%a: f32, %b: i32):
      kernel.yield %a : f32 }
  return
}

// -----

// Rows and single elements that repeat are read from caches, not staged.

// CHECK-LABEL: func.func @repeating
// CHECK-SAME: kernel.variant = "simt"
func.func @repeating(%x: memref<512x192xf32>, %v: memref<192xf32>, %s: memref<f32>, %y: memref<512x192xbf16>,
                     %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  kernel.map dims [512, 192] ins(%x, %v, %s : memref<512x192xf32>, memref<192xf32>, memref<f32>) outs(%y : memref<512x192xbf16>)
    maps [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (j)>, affine_map<(i, j) -> ()>, affine_map<(i, j) -> (i, j)>]
    body { ^bb0(%a: f32, %b: f32, %c: f32):
      %p = arith.mulf %a, %b : f32
      %q = arith.mulf %p, %c : f32
      %r = arith.truncf %q : f32 to bf16
      kernel.yield %r : bf16 }
  return
}
