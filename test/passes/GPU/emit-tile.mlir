// RUN: moec-opt %s --split-input-file --pass-pipeline='builtin.module(func.func(moec-gpu-lower-rows,canonicalize,cse))' | FileCheck %s

// Read along c, written along t: all 98 rows of an image in a block, 8 threads
// each. 64 elements of each row, 100 f32 apart, would take 25600 bytes.

// CHECK-LABEL: func.func @whole
// CHECK-SAME: kernel.grid = 8 : i64
// CHECK-SAME: kernel.shared = 25600 : i64
// CHECK-SAME: kernel.threads = 800 : i64
// CHECK-COUNT-3: gpu.shuffle xor
// CHECK: memref.store %{{.*}} #gpu.address_space<workgroup>>
// CHECK: gpu.barrier
// CHECK-NOT: gpu.barrier
// CHECK: memref.load {{.*}} #gpu.address_space<workgroup>>
// CHECK: memref.store
func.func @whole(%x: memref<8x98x64xf32>, %y: memref<8x64x98xf32>,
                 %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  kernel.rows dims [8, 98, 64] ins(%x : memref<8x98x64xf32>) outs(%y : memref<8x64x98xf32>)
    maps [affine_map<(b, t, c) -> (b, t, c)>, affine_map<(b, t, c) -> (b, c, t)>]
    combiners [#kernel.combiner<add>]
    phases { ^bb0(%e: f32): kernel.yield %e : f32 }
    finish { ^bb0(%e: f32, %s: f32): kernel.yield }
    emit { ^bb0(%e: f32, %s: f32): %r = arith.subf %e, %s : f32
           kernel.yield %r : f32 }
  return
}

// -----

// Many rows, long ones: 32 at a time, in parts of 224 elements.

// CHECK-LABEL: func.func @parts
// CHECK-SAME: kernel.grid = 16 : i64
// CHECK-SAME: kernel.shared = 32256 : i64
// CHECK-SAME: kernel.threads = 256 : i64
// CHECK: scf.for %{{.*}} = %c0 to %c512 step %c224
// CHECK: gpu.barrier
// CHECK: gpu.barrier
func.func @parts(%x: memref<2x256x512xf32>, %y: memref<2x512x256xf32>,
                 %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  kernel.rows dims [2, 256, 512] ins(%x : memref<2x256x512xf32>) outs(%y : memref<2x512x256xf32>)
    maps [affine_map<(b, t, c) -> (b, t, c)>, affine_map<(b, t, c) -> (b, c, t)>]
    combiners [#kernel.combiner<add>]
    phases { ^bb0(%e: f32): kernel.yield %e : f32 }
    finish { ^bb0(%e: f32, %s: f32): kernel.yield }
    emit { ^bb0(%e: f32, %s: f32): %r = arith.subf %e, %s : f32
           kernel.yield %r : f32 }
  return
}

// -----

// Columns are read and written across: only the sums meet in shared memory.

// CHECK-LABEL: func.func @columns
// CHECK-SAME: kernel.shared = 2048 : i64
// CHECK: memref.view {{.*}} to memref<16x32xf32
// CHECK-NOT: memref.view
// CHECK: return
func.func @columns(%x: memref<8x64x49xf32>, %y: memref<8x64x49xf32>,
                   %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  kernel.rows dims [8, 49, 64] ins(%x : memref<8x64x49xf32>) outs(%y : memref<8x64x49xf32>)
    maps [affine_map<(b, t, c) -> (b, c, t)>, affine_map<(b, t, c) -> (b, c, t)>]
    combiners [#kernel.combiner<add>]
    phases { ^bb0(%e: f32): kernel.yield %e : f32 }
    finish { ^bb0(%e: f32, %s: f32): kernel.yield }
    emit { ^bb0(%e: f32, %s: f32): %r = arith.subf %e, %s : f32
           kernel.yield %r : f32 }
  return
}
