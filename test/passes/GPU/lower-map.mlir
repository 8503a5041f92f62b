// RUN: moec-opt %s --split-input-file --pass-pipeline='builtin.module(func.func(moec-gpu-lower-map,canonicalize,cse))' | FileCheck %s

// One thread an element, the innermost dimension fastest: 12 warps and 8 threads.

// CHECK-LABEL: func.func @broadcast
// CHECK-SAME: kernel.grid = 2 : i64
// CHECK-SAME: kernel.shared = 0 : i64
// CHECK-SAME: kernel.threads = 256 : i64
// CHECK-SAME: kernel.variant = "simt"
// CHECK: %[[BLOCK:.*]] = gpu.block_id x
// CHECK: %[[FIRST:.*]] = arith.muli %[[BLOCK]], %c256
// CHECK: %[[THREAD:.*]] = gpu.thread_id x
// CHECK: %[[NUMBER:.*]] = arith.addi %[[FIRST]], %[[THREAD]]
// CHECK: %[[EXISTS:.*]] = arith.cmpi ult, %[[NUMBER]], %c392
// CHECK: scf.if %[[EXISTS]]
// CHECK:   %[[COLUMN:.*]] = arith.remui %[[NUMBER]], %c8
// CHECK:   memref.load %{{.*}}[%[[COLUMN]]] : memref<8xf32>
// CHECK:   arith.mulf
// CHECK:   memref.store
// CHECK-NOT: kernel.map
func.func @broadcast(%x: memref<49x8xf32>, %s: memref<8xf32>, %y: memref<49x8xf32>,
                     %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  kernel.map dims [49, 8] ins(%x, %s : memref<49x8xf32>, memref<8xf32>) outs(%y : memref<49x8xf32>)
    maps [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (j)>, affine_map<(i, j) -> (i, j)>]
    body { ^bb0(%a: f32, %b: f32):
      %r = arith.mulf %a, %b : f32
      kernel.yield %r : f32 }
  return
}

// -----

// The rows of all groups are numbered together; a loop finds the group.

// CHECK-LABEL: func.func @ragged
// CHECK-SAME: kernel.grid = 5 : i64
// CHECK: %[[ROW:.*]] = arith.divui %{{.*}}, %c16
// CHECK: %[[GROUP:.*]] = scf.for
// CHECK:   %[[END:.*]] = arith.index_cast
// CHECK:   arith.cmpi ule, %[[END]], %[[ROW]]
// CHECK: arith.cmpi ult, %[[GROUP]], %c3
// CHECK: scf.if
func.func @ragged(%x: memref<70x16xf32>, %s: memref<3x16xf32>, %o: memref<4xi32>, %y: memref<70x16xf32>,
                  %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  kernel.map dims [3, 70, 16] ins(%x, %s, %o : memref<70x16xf32>, memref<3x16xf32>, memref<4xi32>) outs(%y : memref<70x16xf32>)
    maps [affine_map<(g, i, j) -> (i, j)>, affine_map<(g, i, j) -> (g, j)>, affine_map<(g, i, j) -> (g)>,
          affine_map<(g, i, j) -> (i, j)>]
    ragged 1 by 2
    body { ^bb0(%a: f32, %b: f32, %c: i32):
      %r = arith.mulf %a, %b : f32
      kernel.yield %r : f32 }
  return
}
