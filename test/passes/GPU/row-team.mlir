// RUN: moec-opt %s --split-input-file --pass-pipeline='builtin.module(func.func(moec-gpu-lower-rows,canonicalize,cse))' | FileCheck %s

// Few long rows: all threads of a block share one. Their warps meet in shared
// memory, one value each.

// CHECK-LABEL: func.func @long
// CHECK-SAME: kernel.grid = 4 : i64
// CHECK-SAME: kernel.shared = 128 : i64
// CHECK-SAME: kernel.threads = 1024 : i64
// CHECK-COUNT-5: gpu.shuffle xor
// CHECK-NOT: gpu.shuffle
// CHECK: gpu.barrier
func.func @long(%x: memref<4x65536xf32>, %y: memref<4xf32>,
                %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  kernel.rows dims [4, 65536] ins(%x : memref<4x65536xf32>) outs(%y : memref<4xf32>)
    maps [affine_map<(p, c) -> (p, c)>, affine_map<(p, c) -> (p)>]
    combiners [#kernel.combiner<add>]
    phases { ^bb0(%e: f32): kernel.yield %e : f32 }
    finish { ^bb0(%e: f32, %s: f32): kernel.yield %s : f32 }
    emit { ^bb0(%e: f32, %s: f32): kernel.yield }
  return
}

// -----

// Six elements: 8 threads a row, 32 rows a block, a tree of three shuffles.

// CHECK-LABEL: func.func @short
// CHECK-SAME: kernel.grid = 32 : i64
// CHECK-SAME: kernel.shared = 0 : i64
// CHECK-SAME: kernel.threads = 256 : i64
// CHECK-COUNT-3: gpu.shuffle xor
// CHECK-NOT: gpu.shuffle
// CHECK-NOT: gpu.barrier
// CHECK: return
func.func @short(%x: memref<1000x6xf32>, %y: memref<1000xf32>,
                 %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  kernel.rows dims [1000, 6] ins(%x : memref<1000x6xf32>) outs(%y : memref<1000xf32>)
    maps [affine_map<(p, c) -> (p, c)>, affine_map<(p, c) -> (p)>]
    combiners [#kernel.combiner<add>]
    phases { ^bb0(%e: f32): kernel.yield %e : f32 }
    finish { ^bb0(%e: f32, %s: f32): kernel.yield %s : f32 }
    emit { ^bb0(%e: f32, %s: f32): kernel.yield }
  return
}

// -----

// Columns: 8 of f32 are a sector. 392 rows keep 64 threads a column at work.

// CHECK-LABEL: func.func @columns
// CHECK-SAME: kernel.grid = 12 : i64
// CHECK-SAME: kernel.threads = 512 : i64
// CHECK: memref.view {{.*}} to memref<16x8xf32
func.func @columns(%x: memref<392x96xf32>, %y: memref<96xf32>,
                   %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  kernel.rows dims [96, 392] ins(%x : memref<392x96xf32>) outs(%y : memref<96xf32>)
    maps [affine_map<(p, c) -> (c, p)>, affine_map<(p, c) -> (p)>]
    combiners [#kernel.combiner<add>]
    phases { ^bb0(%e: f32): kernel.yield %e : f32 }
    finish { ^bb0(%e: f32, %s: f32): kernel.yield %s : f32 }
    emit { ^bb0(%e: f32, %s: f32): kernel.yield }
  return
}

// -----

// 16 of bf16 are a sector.

// CHECK-LABEL: func.func @halves
// CHECK-SAME: kernel.grid = 6 : i64
// CHECK-SAME: kernel.threads = 1024 : i64
// CHECK: memref.view {{.*}} to memref<32x16xf32
func.func @halves(%x: memref<392x96xbf16>, %y: memref<96xf32>,
                  %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  kernel.rows dims [96, 392] ins(%x : memref<392x96xbf16>) outs(%y : memref<96xf32>)
    maps [affine_map<(p, c) -> (c, p)>, affine_map<(p, c) -> (p)>]
    combiners [#kernel.combiner<add>]
    phases { ^bb0(%e: bf16): %f = arith.extf %e : bf16 to f32
             kernel.yield %f : f32 }
    finish { ^bb0(%e: bf16, %s: f32): kernel.yield %s : f32 }
    emit { ^bb0(%e: bf16, %s: f32): kernel.yield }
  return
}

// -----

// Rows of 98 begin in the middle of a sector: a warp of columns cuts fewer.

// CHECK-LABEL: func.func @unaligned
// CHECK-SAME: kernel.grid = 4 : i64
// CHECK-SAME: kernel.threads = 1024 : i64
// CHECK-NOT: gpu.shuffle
// CHECK: memref.view {{.*}} to memref<32x32xf32
func.func @unaligned(%x: memref<512x98xf32>, %y: memref<98xf32>,
                     %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  kernel.rows dims [98, 512] ins(%x : memref<512x98xf32>) outs(%y : memref<98xf32>)
    maps [affine_map<(p, c) -> (c, p)>, affine_map<(p, c) -> (p)>]
    combiners [#kernel.combiner<add>]
    phases { ^bb0(%e: f32): kernel.yield %e : f32 }
    finish { ^bb0(%e: f32, %s: f32): kernel.yield %s : f32 }
    emit { ^bb0(%e: f32, %s: f32): kernel.yield }
  return
}
