// RUN: moec-opt %s --moec-lower-attend --moec-lower-contract --canonicalize --cse | FileCheck %s

// The same loop multiplies the panels of contractions and of attention: a step loads the vectors of a row of the right one, and
// one scalar a row of the left one.

module attributes {kernel.machine = #kernel.cpu<cores = 8, vector_bytes = 16, vector_registers = 16>} {
// CHECK-LABEL: func.func @contraction(
// CHECK:         %[[SUMS:.*]]:4 = scf.for %[[K:.*]] = %c0 to %c6 step %c1 iter_args(%[[A:.*]] = %{{.*}}, %[[B:.*]] = %{{.*}}, %[[C:.*]] = %{{.*}}, %[[D:.*]] = %{{.*}}) -> (vector<4xf32>, vector<4xf32>, vector<4xf32>, vector<4xf32>) {
// CHECK:           %[[LEFT:.*]] = vector.load
// CHECK:           %[[RIGHT:.*]] = vector.load
// CHECK:           %[[X:.*]] = memref.load
// CHECK-NEXT:      %[[ROW:.*]] = vector.broadcast %[[X]]
// CHECK-NEXT:      vector.fma %[[ROW]], %[[LEFT]], %[[A]]
// CHECK-NEXT:      vector.fma %[[ROW]], %[[RIGHT]], %[[B]]
// CHECK:           %[[Y:.*]] = memref.load
// CHECK-NEXT:      %[[NEXT:.*]] = vector.broadcast %[[Y]]
// CHECK-NEXT:      vector.fma %[[NEXT]], %[[LEFT]], %[[C]]
// CHECK-NEXT:      vector.fma %[[NEXT]], %[[RIGHT]], %[[D]]
// CHECK-NEXT:      scf.yield
// A row of sums goes through the epilogue and is stored, the last vector cut to its 3 columns.
// CHECK:         scf.for
// CHECK:           arith.negf
// CHECK:           vector.store
// CHECK:           %[[LAST:.*]] = arith.negf
// CHECK:           vector.maskedstore %{{.*}}, %{{.*}}, %[[LAST]]
func.func @contraction(%x: memref<4x6xf32>, %w: memref<6x7xf32>, %y: memref<4x7xf32>,
                       %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  kernel.contract dims [4, 7, 6] ins(%x, %w : memref<4x6xf32>, memref<6x7xf32>) outs(%y : memref<4x7xf32>)
    maps [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>]
    schedule <tile = [4, 8, 6], micro = [2, 8]>
    lhs { ^bb0(%l: f32, %r: f32): kernel.yield %l : f32 }
    rhs { ^bb0(%l: f32, %r: f32): kernel.yield %r : f32 }
    epilogue { ^bb0(%l: f32, %r: f32, %acc: f32):
      %n = arith.negf %acc : f32
      kernel.yield %n : f32 }
  return
}

// Strips of bf16 are read where they lie, half as many bytes a step, and extended.
// CHECK-LABEL: func.func @strips(
// CHECK:         %[[W:.*]] = memref.reinterpret_cast %{{.*}} : memref<1x6x8xbf16> to memref<48xbf16>
// CHECK:         scf.for {{.*}} -> (vector<4xf32>, vector<4xf32>, vector<4xf32>, vector<4xf32>) {
// CHECK:           %[[L:.*]] = vector.load %[[W]][%{{.*}}] : memref<48xbf16>, vector<4xbf16>
// CHECK-NEXT:      %[[LEFT:.*]] = arith.extf %[[L]] : vector<4xbf16> to vector<4xf32>
// CHECK:           vector.load %[[W]][%{{.*}}] : memref<48xbf16>, vector<4xbf16>
// CHECK:           vector.fma %{{.*}}, %[[LEFT]]
func.func @strips(%x: memref<4x6xf32>, %w: memref<1x6x8xbf16>, %y: memref<4x7xf32>,
                  %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  kernel.contract dims [4, 7, 6] ins(%x, %w : memref<4x6xf32>, memref<1x6x8xbf16>) outs(%y : memref<4x7xf32>)
    maps [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (n floordiv 8, k, n mod 8)>, affine_map<(m, n, k) -> (m, n)>]
    schedule <tile = [4, 8, 6], micro = [2, 8]>
    lhs { ^bb0(%l: f32, %r: bf16):
      %t = arith.truncf %l : f32 to bf16
      kernel.yield %t : bf16 }
    rhs { ^bb0(%l: f32, %r: bf16): kernel.yield %r : bf16 }
    epilogue { ^bb0(%l: f32, %r: bf16, %acc: f32): kernel.yield %acc : f32 }
  return
}

// A tile of 12 sums takes as many steps an iteration as divide the depth, about four, and asks for the lines of the next strip once
// each: 24 bytes of it a step here.
// CHECK-LABEL: func.func @steps(
// CHECK:           %[[AHEAD:.*]] = arith.addi %{{.*}}, %{{.*}}
// CHECK:           scf.for %{{.*}} = %c0 to %c1005 step %c5 iter_args
// CHECK-COUNT-4:     vector.load
// CHECK:             memref.prefetch
// CHECK-COUNT-36:    vector.fma
// CHECK:             memref.prefetch
// CHECK-NOT:         memref.prefetch
// CHECK-COUNT-24:    vector.fma
// CHECK-NOT:         vector.fma
// CHECK:             scf.yield
// CHECK-NOT:       scf.for {{.*}} -> (vector<4xf32>
// CHECK:           return
func.func @steps(%x: memref<9x1005xf32>, %w: memref<2x1005x16xf32>, %y: memref<9x32xf32>,
                 %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  kernel.contract dims [9, 32, 1005] ins(%x, %w : memref<9x1005xf32>, memref<2x1005x16xf32>) outs(%y : memref<9x32xf32>)
    maps [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (n floordiv 16, k, n mod 16)>, affine_map<(m, n, k) -> (m, n)>]
    schedule <tile = [9, 32, 1005], micro = [3, 16]>
    lhs { ^bb0(%l: f32, %r: f32): kernel.yield %l : f32 }
    rhs { ^bb0(%l: f32, %r: f32): kernel.yield %r : f32 }
    epilogue { ^bb0(%l: f32, %r: f32, %acc: f32): kernel.yield %acc : f32 }
  return
}

// Of a prime depth a rest is left.
// CHECK-LABEL: func.func @rest(
// CHECK:           %[[MOST:.*]]:12 = scf.for %{{.*}} = %c0 to %c16 step %c4
// CHECK-COUNT-48:    vector.fma
// CHECK:           scf.for %{{.*}} = %c16 to %c19 step %c1 iter_args(%{{.*}} = %[[MOST]]#0
// CHECK-COUNT-12:    vector.fma
// CHECK-NOT:         vector.fma
func.func @rest(%x: memref<3x19xf32>, %w: memref<19x16xf32>, %y: memref<3x16xf32>,
                %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  kernel.contract dims [3, 16, 19] ins(%x, %w : memref<3x19xf32>, memref<19x16xf32>) outs(%y : memref<3x16xf32>)
    maps [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>]
    schedule <tile = [3, 16, 19], micro = [3, 16]>
    lhs { ^bb0(%l: f32, %r: f32): kernel.yield %l : f32 }
    rhs { ^bb0(%l: f32, %r: f32): kernel.yield %r : f32 }
    epilogue { ^bb0(%l: f32, %r: f32, %acc: f32): kernel.yield %acc : f32 }
  return
}

// CHECK-LABEL: func.func @single(
// CHECK-COUNT-2: scf.for {{.*}} -> (vector<4xf32>, vector<4xf32>, vector<4xf32>) {
func.func @single(%q: memref<2x10x6xf32>, %k: memref<2x8x6xf32>, %v: memref<2x8x4xf32>, %y: memref<2x10x4xf32>,
    %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  kernel.attend dims [2, 10, 4, 8, 6] ins(%q, %k, %v : memref<2x10x6xf32>, memref<2x8x6xf32>, memref<2x8x4xf32>)
    outs(%y : memref<2x10x4xf32>)
    maps [affine_map<(g, s, e, t, d) -> (g, s, d)>, affine_map<(g, s, e, t, d) -> (g, t, d)>, affine_map<(g, s, e, t, d) -> (g, t, e)>,
          affine_map<(g, s, e, t, d) -> (g, s, e)>]
    scale 0.5 schedule <tile = [6, 8], micro = [3, 4]>
    query { ^bb0(%a: f32, %b: f32, %c: f32): kernel.yield %a : f32 }
    key { ^bb0(%a: f32, %b: f32, %c: f32): kernel.yield %b : f32 }
    value { ^bb0(%a: f32, %b: f32, %c: f32): kernel.yield %c : f32 }
    epilogue { ^bb0(%a: f32, %b: f32, %c: f32, %acc: f32): kernel.yield %acc : f32 }
  return
}
}
