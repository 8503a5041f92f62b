// RUN: moec-opt %s --split-input-file --moec-lower-rows --canonicalize | FileCheck %s

// Along the lanes: 6 vectors of a row written out, four accumulators, one
// horizontal step in a fixed tree.

module attributes {kernel.machine = #kernel.cpu<cores = 8, vector_bytes = 64, vector_registers = 32>} {
// CHECK-LABEL: func.func @along
// CHECK-SAME: kernel.blocks = 36 : i64
// CHECK: scf.for
// CHECK-COUNT-6: vector.load {{.*}} vector<16xf32>
// CHECK: vector.shuffle {{.*}} [8, 9, 10, 11, 12, 13, 14, 15]
// CHECK: vector.shuffle {{.*}} : vector<2xf32>, vector<2xf32>
// CHECK: vector.extract
// CHECK: memref.store
// CHECK-NOT: kernel.rows
func.func @along(%x: memref<6272x96xf32>, %y: memref<6272xf32>,
                 %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  kernel.rows dims [6272, 96] ins(%x : memref<6272x96xf32>) outs(%y : memref<6272xf32>)
    maps [affine_map<(p, c) -> (p, c)>, affine_map<(p, c) -> (p)>]
    combiners [#kernel.combiner<add>]
    phases { ^bb0(%e: f32): kernel.yield %e : f32 }
    finish { ^bb0(%e: f32, %s: f32): kernel.yield %s : f32 }
    emit { ^bb0(%e: f32, %s: f32): kernel.yield }
  return
}
}

// -----

// Across the lanes: 3 blocks of two cache lines of columns, the sum carried
// through all rows, no horizontal step.

module attributes {kernel.machine = #kernel.cpu<cores = 8, vector_bytes = 64, vector_registers = 32>} {
// CHECK-LABEL: func.func @across
// CHECK-SAME: kernel.blocks = 3 : i64
// CHECK: scf.for {{.*}} iter_args(%{{.*}} = %{{.*}}) -> (vector<16xf32>, vector<16xf32>)
// CHECK: vector.load {{.*}} vector<16xf32>
// CHECK: arith.addf {{.*}} : vector<16xf32>
// CHECK-NOT: vector.shuffle
// CHECK: vector.store
func.func @across(%x: memref<6272x96xf32>, %y: memref<96xf32>,
                  %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  kernel.rows dims [96, 6272] ins(%x : memref<6272x96xf32>) outs(%y : memref<96xf32>)
    maps [affine_map<(p, c) -> (c, p)>, affine_map<(p, c) -> (p)>]
    combiners [#kernel.combiner<add>]
    phases { ^bb0(%e: f32): kernel.yield %e : f32 }
    finish { ^bb0(%e: f32, %s: f32): kernel.yield %s : f32 }
    emit { ^bb0(%e: f32, %s: f32): kernel.yield }
  return
}
}

// -----

// A reduction over two axes around the rows is two loops; the padding of a
// tail does not count in a maximum.

module attributes {kernel.machine = #kernel.cpu<cores = 8, vector_bytes = 64, vector_registers = 32>} {
// CHECK-LABEL: func.func @split
// CHECK: arith.constant dense<0xFF800000> : vector<16xf32>
// CHECK: scf.for
// CHECK: scf.for
// CHECK: vector.maskedload
// CHECK: arith.select
// CHECK: arith.cmpf ogt
func.func @split(%x: memref<8x49x20xf32>, %y: memref<49xf32>,
                 %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  kernel.rows dims [49, 160] ins(%x : memref<8x49x20xf32>) outs(%y : memref<49xf32>)
    maps [affine_map<(p, c) -> (c floordiv 20, p, c mod 20)>, affine_map<(p, c) -> (p)>]
    combiners [#kernel.combiner<max>]
    phases { ^bb0(%e: f32): kernel.yield %e : f32 }
    finish { ^bb0(%e: f32, %s: f32): kernel.yield %s : f32 }
    emit { ^bb0(%e: f32, %s: f32): kernel.yield }
  return
}
}

// -----

// The rows of a group are known at run time.

module attributes {kernel.machine = #kernel.cpu<cores = 8, vector_bytes = 64, vector_registers = 32>} {
// CHECK-LABEL: func.func @ragged
// CHECK: %[[LO:.*]] = memref.load
// CHECK: %[[BEGIN:.*]] = arith.index_cast %[[LO]]
// CHECK: %[[HI:.*]] = memref.load
// CHECK: %[[END:.*]] = arith.index_cast %[[HI]]
// CHECK: scf.for %{{.*}} = %[[BEGIN]] to %[[END]]
func.func @ragged(%x: memref<70x32xf32>, %o: memref<6xi32>, %y: memref<5x32xf32>,
                  %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  kernel.rows dims [5, 32, 70] ins(%x, %o : memref<70x32xf32>, memref<6xi32>) outs(%y : memref<5x32xf32>)
    maps [affine_map<(e, n, c) -> (c, n)>, affine_map<(e, n, c) -> (e)>, affine_map<(e, n, c) -> (e, n)>]
    ragged 2 by 1 combiners [#kernel.combiner<add>]
    phases { ^bb0(%e: f32, %i: i32): kernel.yield %e : f32 }
    finish { ^bb0(%e: f32, %i: i32, %s: f32): kernel.yield %s : f32 }
    emit { ^bb0(%e: f32, %i: i32, %s: f32): kernel.yield }
  return
}
}

// -----

// A short reduction is written out, unless it is long nevertheless.

module attributes {kernel.machine = #kernel.cpu<cores = 8, vector_bytes = 64, vector_registers = 32>} {
// CHECK-LABEL: func.func @short
// CHECK: scf.for
// CHECK-NOT: scf.for
// CHECK-LABEL: func.func @long
// CHECK: scf.for
// CHECK: scf.for {{.*}} iter_args
// CHECK-COUNT-7: math.exp
// CHECK-NOT: math.exp
func.func @short(%x: memref<64x8xf32>, %y: memref<64xf32>,
                 %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  kernel.rows dims [64, 8] ins(%x : memref<64x8xf32>) outs(%y : memref<64xf32>)
    maps [affine_map<(p, c) -> (p, c)>, affine_map<(p, c) -> (p)>]
    combiners [#kernel.combiner<add>]
    phases { ^bb0(%e: f32):
      %a = math.exp %e : f32
      kernel.yield %a : f32 }
    finish { ^bb0(%e: f32, %s: f32): kernel.yield %s : f32 }
    emit { ^bb0(%e: f32, %s: f32): kernel.yield }
  return
}
func.func @long(%x: memref<64x8xf32>, %y: memref<64xf32>,
                %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  kernel.rows dims [64, 8] ins(%x : memref<64x8xf32>) outs(%y : memref<64xf32>)
    maps [affine_map<(p, c) -> (p, c)>, affine_map<(p, c) -> (p)>]
    combiners [#kernel.combiner<add>]
    phases { ^bb0(%e: f32):
      %a = math.exp %e : f32
      %b = math.exp %a : f32
      %c = math.exp %b : f32
      %d = math.exp %c : f32
      %f = math.exp %d : f32
      %g = math.exp %f : f32
      %h = math.exp %g : f32
      kernel.yield %h : f32 }
    finish { ^bb0(%e: f32, %s: f32): kernel.yield %s : f32 }
    emit { ^bb0(%e: f32, %s: f32): kernel.yield }
  return
}
}
