// RUN: moec-opt %s --moec-lower-attend --canonicalize --cse | FileCheck %s

module attributes {kernel.machine = #kernel.cpu<cores = 8, vector_bytes = 16, vector_registers = 16>} {
// Four heads of the query, two of keys and values: packed for two heads.
// CHECK-LABEL: func.func @shared(
// CHECK:         scf.for %{{.*}} iter_args(%[[PACKED:.*]] = %c-1) -> (index) {
// CHECK:           %[[HEAD:.*]] = arith.remui %{{.*}}, %c4
// CHECK:           %[[SHARED:.*]] = arith.divui %[[HEAD]], %c2
// CHECK:           %[[OTHER:.*]] = arith.cmpi ne, %[[SHARED]], %[[PACKED]]
// CHECK:           scf.if %[[OTHER]] {
// CHECK:           scf.yield %[[SHARED]]
func.func @shared(%q: memref<10x4x6xf32>, %k: memref<8x2x6xf32>, %v: memref<8x2x4xf32>, %y: memref<10x4x4xf32>,
    %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  kernel.attend dims [4, 10, 4, 8, 6] ins(%q, %k, %v : memref<10x4x6xf32>, memref<8x2x6xf32>, memref<8x2x4xf32>)
    outs(%y : memref<10x4x4xf32>)
    maps [affine_map<(h, s, e, t, d) -> (s, h, d)>, affine_map<(h, s, e, t, d) -> (t, h floordiv 2, d)>,
          affine_map<(h, s, e, t, d) -> (t, h floordiv 2, e)>, affine_map<(h, s, e, t, d) -> (s, h, e)>]
    scale 0.5 schedule <tile = [6, 8], micro = [3, 4]>
    query { ^bb0(%a: f32, %b: f32, %c: f32): kernel.yield %a : f32 }
    key { ^bb0(%a: f32, %b: f32, %c: f32): kernel.yield %b : f32 }
    value { ^bb0(%a: f32, %b: f32, %c: f32): kernel.yield %c : f32 }
    epilogue { ^bb0(%a: f32, %b: f32, %c: f32, %acc: f32): kernel.yield %acc : f32 }
  return
}

// The same keys and values for all groups are packed once.
// CHECK-LABEL: func.func @once(
// CHECK:         scf.for %{{.*}} iter_args(%[[PACKED:.*]] = %c-1) -> (index) {
// CHECK:           arith.cmpi ne, %[[PACKED]], %c0
// CHECK:           scf.yield %c0
func.func @once(%q: memref<2x10x6xf32>, %k: memref<8x6xf32>, %v: memref<8x4xf32>, %y: memref<2x10x4xf32>,
    %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  kernel.attend dims [2, 10, 4, 8, 6] ins(%q, %k, %v : memref<2x10x6xf32>, memref<8x6xf32>, memref<8x4xf32>)
    outs(%y : memref<2x10x4xf32>)
    maps [affine_map<(g, s, e, t, d) -> (g, s, d)>, affine_map<(g, s, e, t, d) -> (t, d)>, affine_map<(g, s, e, t, d) -> (t, e)>,
          affine_map<(g, s, e, t, d) -> (g, s, e)>]
    scale 0.5 schedule <tile = [6, 8], micro = [3, 4]>
    query { ^bb0(%a: f32, %b: f32, %c: f32): kernel.yield %a : f32 }
    key { ^bb0(%a: f32, %b: f32, %c: f32): kernel.yield %b : f32 }
    value { ^bb0(%a: f32, %b: f32, %c: f32): kernel.yield %c : f32 }
    epilogue { ^bb0(%a: f32, %b: f32, %c: f32, %acc: f32): kernel.yield %acc : f32 }
  return
}

// Where the keys of two groups begin at one place and part later, the number of the group counts; so it does where they are
// computed with it.
// CHECK-LABEL: func.func @parting(
// CHECK:         scf.for %[[BLOCK:.*]] = %{{.*}} iter_args(%[[PACKED:.*]] = %c-1) -> (index) {
// CHECK:           %[[NUMBER:.*]] = arith.divui %[[BLOCK]], %c2
// CHECK-NEXT:      %[[GROUP:.*]] = arith.remui %[[NUMBER]], %c2
// CHECK-NEXT:      arith.cmpi ne, %[[GROUP]], %[[PACKED]]
// CHECK:           scf.yield %[[GROUP]] : index
// CHECK-LABEL: func.func @indexed(
// CHECK:         scf.for %{{.*}} iter_args(%[[PACKED:.*]] = %c-1) -> (index) {
// CHECK:           arith.cmpi ne, %[[GROUP:.*]], %[[PACKED]]
// CHECK:           scf.yield %[[GROUP]] : index
func.func @parting(%q: memref<2x10x6xf32>, %k: memref<5x6xf32>, %v: memref<8x4xf32>, %y: memref<2x10x4xf32>,
    %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  kernel.attend dims [2, 10, 4, 8, 6] ins(%q, %k, %v : memref<2x10x6xf32>, memref<5x6xf32>, memref<8x4xf32>)
    outs(%y : memref<2x10x4xf32>)
    maps [affine_map<(g, s, e, t, d) -> (g, s, d)>, affine_map<(g, s, e, t, d) -> ((g + t) floordiv 2, d)>,
          affine_map<(g, s, e, t, d) -> (t, e)>, affine_map<(g, s, e, t, d) -> (g, s, e)>]
    scale 0.5 schedule <tile = [6, 8], micro = [3, 4]>
    query { ^bb0(%a: f32, %b: f32, %c: f32): kernel.yield %a : f32 }
    key { ^bb0(%a: f32, %b: f32, %c: f32): kernel.yield %b : f32 }
    value { ^bb0(%a: f32, %b: f32, %c: f32): kernel.yield %c : f32 }
    epilogue { ^bb0(%a: f32, %b: f32, %c: f32, %acc: f32): kernel.yield %acc : f32 }
  return
}
func.func @indexed(%q: memref<2x10x6xf32>, %k: memref<8x6xf32>, %v: memref<8x4xf32>, %y: memref<2x10x4xf32>,
    %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  kernel.attend dims [2, 10, 4, 8, 6] ins(%q, %k, %v : memref<2x10x6xf32>, memref<8x6xf32>, memref<8x4xf32>)
    outs(%y : memref<2x10x4xf32>)
    maps [affine_map<(g, s, e, t, d) -> (g, s, d)>, affine_map<(g, s, e, t, d) -> (t, d)>, affine_map<(g, s, e, t, d) -> (t, e)>,
          affine_map<(g, s, e, t, d) -> (g, s, e)>]
    scale 0.5 schedule <tile = [6, 8], micro = [3, 4]>
    query { ^bb0(%a: f32, %b: f32, %c: f32): kernel.yield %a : f32 }
    key { ^bb0(%a: f32, %b: f32, %c: f32):
      %g = kernel.index affine_map<(g, s, e, t, d) -> (g)> : i32
      %f = arith.sitofp %g : i32 to f32
      %p = arith.mulf %b, %f : f32
      kernel.yield %p : f32 }
    value { ^bb0(%a: f32, %b: f32, %c: f32): kernel.yield %c : f32 }
    epilogue { ^bb0(%a: f32, %b: f32, %c: f32, %acc: f32): kernel.yield %acc : f32 }
  return
}
}
