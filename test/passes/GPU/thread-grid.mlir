// RUN: moec-opt %s --split-input-file --pass-pipeline='builtin.module(func.func(moec-gpu-lower-map,canonicalize,cse))' | FileCheck %s

// Neighbouring threads run along i, in which both operands are contiguous; the
// other loop takes what is left of the number.

// CHECK-LABEL: func.func @fastest
// CHECK-SAME: kernel.grid = 8 : i64
// CHECK: %[[NUMBER:.*]] = arith.addi
// CHECK: %[[I:.*]] = arith.remui %[[NUMBER]], %c40
// CHECK: %[[J:.*]] = arith.divui %[[NUMBER]], %c40
// CHECK: %[[ROW:.*]] = arith.muli %[[J]], %c40
// CHECK: arith.addi %[[ROW]], %[[I]]
func.func @fastest(%x: memref<50x40xf32>, %s: memref<50xf32>, %y: memref<50x40xf32>,
                   %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  kernel.map dims [40, 50] ins(%x, %s : memref<50x40xf32>, memref<50xf32>) outs(%y : memref<50x40xf32>)
    maps [affine_map<(i, j) -> (j, i)>, affine_map<(i, j) -> (j)>, affine_map<(i, j) -> (j, i)>]
    body { ^bb0(%a: f32, %b: f32):
      %r = arith.mulf %a, %b : f32
      kernel.yield %r : f32 }
  return
}

// -----

// The rows of all groups count together, 70 at most; the group of a row is how
// many groups end before it. Rows behind the last one do nothing, but load from
// where there is something.

// CHECK-LABEL: func.func @groups
// CHECK-SAME: kernel.grid = 5 : i64
// CHECK: %[[ROW:.*]] = arith.divui %{{.*}}, %c16
// CHECK: %[[GROUP:.*]] = scf.for %[[G:.*]] = %c0 to %c3 step %c1 iter_args(%[[SUM:.*]] = %c0)
// CHECK:   %[[NEXT:.*]] = arith.addi %[[G]], %c1
// CHECK:   memref.load %{{.*}}[%[[NEXT]]] : memref<4xi32>
// CHECK:   arith.cmpi ule, %{{.*}}, %[[ROW]]
// CHECK:   arith.addi %[[SUM]]
// CHECK: %[[BEFORE:.*]] = arith.cmpi ult, %[[GROUP]], %c3
// CHECK: %[[BEHIND:.*]] = arith.cmpi uge, %[[ROW]]
// CHECK: arith.minui %[[GROUP]], %c2
// CHECK: %[[EXISTS:.*]] = arith.andi %[[BEFORE]], %[[BEHIND]]
// CHECK: scf.if %[[EXISTS]]
func.func @groups(%x: memref<70x16xf32>, %s: memref<3x16xf32>, %o: memref<4xi32>, %y: memref<70x16xf32>,
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

// -----

// Nothing to run along: one thread, its warp has no other work.

// CHECK-LABEL: func.func @scalar
// CHECK-SAME: kernel.grid = 1 : i64
// CHECK-SAME: kernel.threads = 32 : i64
// CHECK: arith.cmpi ult, %{{.*}}, %c1
func.func @scalar(%x: memref<f32>, %y: memref<f32>,
                  %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  kernel.map dims [] ins(%x : memref<f32>) outs(%y : memref<f32>)
    maps [affine_map<() -> ()>, affine_map<() -> ()>]
    body { ^bb0(%a: f32):
      %r = arith.negf %a : f32
      kernel.yield %r : f32 }
  return
}
