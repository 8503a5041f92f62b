// RUN: moec-opt %s --moec-lower-rows --moec-lower-map --canonicalize --cse --split-input-file | FileCheck %s

// The loops around the points of a row or map kernel, and what is computed in
// which of them, with vectors of 4 lanes.

module attributes {kernel.machine = #kernel.cpu<cores = 8, vector_bytes = 16, vector_registers = 16>} {
// Up to 8 vectors of a row are written out, the last one cut. Four sums take
// turns; what the mask cut off counts as 0. The sums are joined in pairs, then
// the halves of the vector: the same tree whatever the data.
// CHECK-LABEL: func @written_out(
// CHECK:         %[[ROW:.*]] = arith.muli %[[P:.*]], %c30
// CHECK-NEXT:    vector.load %{{.*}}[%[[ROW]]]
// CHECK-NEXT:    %[[A:.*]] = arith.addf %{{.*}}, %cst
// CHECK:         %[[B:.*]] = arith.addf %{{.*}}, %cst
// CHECK:         %[[C:.*]] = arith.addf %{{.*}}, %cst
// CHECK:         %[[D:.*]] = arith.addf %{{.*}}, %cst
// CHECK:         %[[MASK:.*]] = vector.constant_mask [2]
// CHECK:         %[[A2:.*]] = arith.addf %[[A]]
// CHECK:         %[[B2:.*]] = arith.addf %[[B]]
// CHECK:         %[[C2:.*]] = arith.addf %[[C]]
// CHECK-NEXT:    %[[AT:.*]] = arith.addi %[[ROW]], %c28
// CHECK-NEXT:    %[[V:.*]] = vector.maskedload %{{.*}}[%[[AT]]], %[[MASK]]
// CHECK-NEXT:    %[[CUT:.*]] = arith.select %[[MASK]], %[[V]], %cst
// CHECK-NEXT:    %[[D2:.*]] = arith.addf %[[D]], %[[CUT]]
// CHECK-NEXT:    %[[AC:.*]] = arith.addf %[[A2]], %[[C2]]
// CHECK-NEXT:    %[[BD:.*]] = arith.addf %[[B2]], %[[D2]]
// CHECK-NEXT:    %[[SUM:.*]] = arith.addf %[[AC]], %[[BD]]
// CHECK-NEXT:    %[[LOW:.*]] = vector.shuffle %[[SUM]], %[[SUM]] [0, 1]
// CHECK-NEXT:    %[[HIGH:.*]] = vector.shuffle %[[SUM]], %[[SUM]] [2, 3]
// CHECK-NEXT:    %[[TWO:.*]] = arith.addf %[[LOW]], %[[HIGH]]
// CHECK-NEXT:    %[[X:.*]] = vector.shuffle %[[TWO]], %[[TWO]] [0]
// CHECK-NEXT:    %[[Y:.*]] = vector.shuffle %[[TWO]], %[[TWO]] [1]
// CHECK-NEXT:    %[[ONE:.*]] = arith.addf %[[X]], %[[Y]]
// CHECK-NEXT:    %[[RESULT:.*]] = vector.extract %[[ONE]][0]
// CHECK-NEXT:    memref.store %[[RESULT]], %{{.*}}[%[[P]]]
func.func @written_out(%x: memref<5x30xf32>, %y: memref<5xf32>, %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  kernel.rows dims [5, 30] ins(%x : memref<5x30xf32>) outs(%y : memref<5xf32>)
    maps [affine_map<(p, c) -> (p, c)>, affine_map<(p, c) -> (p)>] combiners [#kernel.combiner<add>]
    phases { ^bb0(%e: f32): kernel.yield %e : f32 }
    finish { ^bb0(%e: f32, %s: f32): kernel.yield %s : f32 }
    emit { ^bb0(%e: f32, %s: f32): kernel.yield }
  return
}
}

// -----

module attributes {kernel.machine = #kernel.cpu<cores = 8, vector_bytes = 16, vector_registers = 16>} {
// Eight whole vectors are still no loop, ...
// CHECK-LABEL: func @eight(
// CHECK:         scf.for
// CHECK-NOT:     scf.for
// CHECK-COUNT-8: vector.load
// CHECK-NOT:     vector.load
// CHECK:         vector.shuffle
func.func @eight(%x: memref<5x32xf32>, %y: memref<5xf32>, %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  kernel.rows dims [5, 32] ins(%x : memref<5x32xf32>) outs(%y : memref<5xf32>)
    maps [affine_map<(p, c) -> (p, c)>, affine_map<(p, c) -> (p)>] combiners [#kernel.combiner<add>]
    phases { ^bb0(%e: f32): kernel.yield %e : f32 }
    finish { ^bb0(%e: f32, %s: f32): kernel.yield %s : f32 }
    emit { ^bb0(%e: f32, %s: f32): kernel.yield }
  return
}
}

// -----

module attributes {kernel.machine = #kernel.cpu<cores = 8, vector_bytes = 16, vector_registers = 16>} {
// ... nine are one, and a single vector.
// CHECK-LABEL: func @nine(
// CHECK:         scf.for
// CHECK:           scf.for %{{.*}} = %c0 to %c32 step %c16
// CHECK-COUNT-4:     vector.load
// CHECK:             scf.yield
// CHECK:           vector.load
// CHECK-NOT:       vector.load
func.func @nine(%x: memref<5x36xf32>, %y: memref<5xf32>, %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  kernel.rows dims [5, 36] ins(%x : memref<5x36xf32>) outs(%y : memref<5xf32>)
    maps [affine_map<(p, c) -> (p, c)>, affine_map<(p, c) -> (p)>] combiners [#kernel.combiner<add>]
    phases { ^bb0(%e: f32): kernel.yield %e : f32 }
    finish { ^bb0(%e: f32, %s: f32): kernel.yield %s : f32 }
    emit { ^bb0(%e: f32, %s: f32): kernel.yield }
  return
}
}

// -----

module attributes {kernel.machine = #kernel.cpu<cores = 8, vector_bytes = 16, vector_registers = 16>} {
// 14 vectors: three times four in a loop that carries the four sums, then what is
// left, which goes on with the first sum.
// CHECK-LABEL: func @looped(
// CHECK:         %[[SUM:.*]]:4 = scf.for %{{.*}} = %c0 to %c48 step %c16 iter_args(%[[A:.*]] = %cst, %[[B:.*]] = %cst, %[[C:.*]] = %cst, %[[D:.*]] = %cst)
// CHECK:           %[[A2:.*]] = arith.addf %[[A]]
// CHECK:           %[[B2:.*]] = arith.addf %[[B]]
// CHECK:           %[[C2:.*]] = arith.addf %[[C]]
// CHECK:           %[[D2:.*]] = arith.addf %[[D]]
// CHECK-NEXT:      scf.yield %[[A2]], %[[B2]], %[[C2]], %[[D2]]
// CHECK:         %[[MASK:.*]] = vector.constant_mask [3]
// CHECK:         arith.addf %[[SUM]]#0
// CHECK:         %[[CUT:.*]] = arith.select %[[MASK]]
// CHECK-NEXT:    arith.addf %[[SUM]]#1, %[[CUT]]
func.func @looped(%x: memref<5x55xf32>, %y: memref<5xf32>, %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  kernel.rows dims [5, 55] ins(%x : memref<5x55xf32>) outs(%y : memref<5xf32>)
    maps [affine_map<(p, c) -> (p, c)>, affine_map<(p, c) -> (p)>] combiners [#kernel.combiner<add>]
    phases { ^bb0(%e: f32): kernel.yield %e : f32 }
    finish { ^bb0(%e: f32, %s: f32): kernel.yield %s : f32 }
    emit { ^bb0(%e: f32, %s: f32): kernel.yield }
  return
}
}

// -----

module attributes {kernel.machine = #kernel.cpu<cores = 8, vector_bytes = 16, vector_registers = 16>} {
// A maximum starts from minus infinity, which also stands for what the mask cut
// off, and is one comparison and one selection.
// CHECK-LABEL: func @largest(
// CHECK:         %[[START:.*]] = arith.constant dense<0xFF800000> : vector<4xf32>
// CHECK:         %[[V:.*]] = vector.load
// CHECK-NEXT:    %[[GREATER:.*]] = arith.cmpf ogt, %[[START]], %[[V]]
// CHECK-NEXT:    arith.select %[[GREATER]], %[[START]], %[[V]]
// CHECK:         arith.select %{{.*}}, %{{.*}}, %[[START]]
// CHECK:         vector.shuffle
// CHECK:         arith.cmpf ogt, {{.*}} : vector<2xf32>
func.func @largest(%x: memref<5x30xf32>, %y: memref<5xf32>, %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  kernel.rows dims [5, 30] ins(%x : memref<5x30xf32>) outs(%y : memref<5xf32>)
    maps [affine_map<(p, c) -> (p, c)>, affine_map<(p, c) -> (p)>] combiners [#kernel.combiner<max>]
    phases { ^bb0(%e: f32): kernel.yield %e : f32 }
    finish { ^bb0(%e: f32, %s: f32): kernel.yield %s : f32 }
    emit { ^bb0(%e: f32, %s: f32): kernel.yield }
  return
}
}

// -----

module attributes {kernel.machine = #kernel.cpu<cores = 8, vector_bytes = 16, vector_registers = 16>} {
// Loops of up to 8 steps are written out, longer ones are loops.
// CHECK-LABEL: func @few_steps(
// CHECK:         scf.for
// CHECK-NOT:     scf.for
// CHECK-COUNT-8: vector.load
// CHECK-NOT:     vector.load
// CHECK:         vector.store
func.func @few_steps(%x: memref<8x4xf32>, %y: memref<4xf32>, %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  kernel.rows dims [4, 8] ins(%x : memref<8x4xf32>) outs(%y : memref<4xf32>)
    maps [affine_map<(p, c) -> (c, p)>, affine_map<(p, c) -> (p)>] combiners [#kernel.combiner<add>]
    phases { ^bb0(%e: f32): kernel.yield %e : f32 }
    finish { ^bb0(%e: f32, %s: f32): kernel.yield %s : f32 }
    emit { ^bb0(%e: f32, %s: f32): kernel.yield }
  return
}
}

// -----

module attributes {kernel.machine = #kernel.cpu<cores = 8, vector_bytes = 16, vector_registers = 16>} {
// CHECK-LABEL: func @more_steps(
// CHECK:         scf.for
// CHECK:         %[[SUM:.*]] = scf.for %{{.*}} = %c0 to %c9 step %c1 iter_args(%{{.*}} = %cst)
// CHECK:         vector.store %[[SUM]]
func.func @more_steps(%x: memref<9x4xf32>, %y: memref<4xf32>, %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  kernel.rows dims [4, 9] ins(%x : memref<9x4xf32>) outs(%y : memref<4xf32>)
    maps [affine_map<(p, c) -> (c, p)>, affine_map<(p, c) -> (p)>] combiners [#kernel.combiner<add>]
    phases { ^bb0(%e: f32): kernel.yield %e : f32 }
    finish { ^bb0(%e: f32, %s: f32): kernel.yield %s : f32 }
    emit { ^bb0(%e: f32, %s: f32): kernel.yield }
  return
}
}

// -----

module attributes {kernel.machine = #kernel.cpu<cores = 8, vector_bytes = 16, vector_registers = 16>} {
// Bounds that are known at run time: four vectors a step, single ones, and a
// branch for the cut one, which need not be there.
// CHECK-LABEL: func @ragged(
// CHECK:         %[[LO:.*]] = arith.index_cast
// CHECK:         %[[HI:.*]] = arith.index_cast
// CHECK-NEXT:    %[[COUNT:.*]] = arith.subi %[[HI]], %[[LO]]
// CHECK-NEXT:    %[[REST:.*]] = arith.remui %[[COUNT]], %c16
// CHECK-NEXT:    %[[END:.*]] = arith.subi %[[HI]], %[[REST]]
// CHECK-NEXT:    %[[SUM:.*]]:4 = scf.for %{{.*}} = %[[LO]] to %[[END]] step %c16
// CHECK:         %[[REST:.*]] = arith.remui %[[COUNT]], %c4
// CHECK-NEXT:    %[[LAST:.*]] = arith.subi %[[HI]], %[[REST]]
// CHECK-NEXT:    %[[FIRST:.*]] = scf.for %{{.*}} = %[[END]] to %[[LAST]] step %c4 iter_args(%{{.*}} = %[[SUM]]#0)
// CHECK:         %[[LEFT:.*]] = arith.subi %[[HI]], %[[LAST]]
// CHECK-NEXT:    %[[ANY:.*]] = arith.cmpi ugt, %[[LEFT]], %c0
// CHECK-NEXT:    %[[BRANCH:.*]] = scf.if %[[ANY]]
// CHECK-NEXT:      %[[MASK:.*]] = vector.create_mask %[[LEFT]]
// CHECK-NEXT:      %[[V:.*]] = vector.maskedload %{{.*}}[%[[LAST]]], %[[MASK]]
// CHECK-NEXT:      %[[CUT:.*]] = arith.select %[[MASK]], %[[V]], %cst
// CHECK-NEXT:      %[[MORE:.*]] = arith.addf %[[FIRST]], %[[CUT]]
// CHECK-NEXT:      scf.yield %[[MORE]]
// CHECK-NEXT:    } else {
// CHECK-NEXT:      scf.yield %[[FIRST]]
// CHECK:         arith.addf %[[BRANCH]], %[[SUM]]#2
func.func @ragged(%x: memref<90xf32>, %o: memref<4xi32>, %y: memref<3xf32>, %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  kernel.rows dims [3, 90] ins(%x, %o : memref<90xf32>, memref<4xi32>) outs(%y : memref<3xf32>)
    maps [affine_map<(g, c) -> (c)>, affine_map<(g, c) -> (g)>, affine_map<(g, c) -> (g)>] ragged 1 by 1
    combiners [#kernel.combiner<add>]
    phases { ^bb0(%e: f32, %i: i32): kernel.yield %e : f32 }
    finish { ^bb0(%e: f32, %i: i32, %s: f32): kernel.yield %s : f32 }
    emit { ^bb0(%e: f32, %i: i32, %s: f32): kernel.yield }
  return
}
}

// -----

module attributes {kernel.machine = #kernel.cpu<cores = 8, vector_bytes = 16, vector_registers = 16>} {
// What does not change in a loop is read before it: one operand a row, one a
// step of the outer loop of the reduction, and the inner one reads vectors only.
// CHECK-LABEL: func @outer(
// CHECK-SAME:    %{{[^:]*}}: memref<5x3x40xf32>, %[[S:[^:]*]]: memref<5xf32>
// CHECK:         scf.for %[[P:.*]] = %{{.*}} step %c1 {
// CHECK-NEXT:      %[[A:.*]] = memref.load %[[S]][%[[P]]]
// CHECK-NEXT:      scf.for %[[C:.*]] = %c0 to %c3 step %c1
// CHECK:             %[[B:.*]] = memref.load %{{.*}} : memref<15xf32>
// CHECK-NEXT:        scf.for %{{.*}} = %c0 to %c32 step %c16
// CHECK-NOT:           memref.load
// CHECK:               scf.yield
// CHECK-NOT:         memref.load
// CHECK:             scf.yield
func.func @outer(%x: memref<5x3x40xf32>, %s: memref<5xf32>, %t: memref<5x3xf32>, %b: memref<40xf32>, %y: memref<5xf32>,
                 %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  kernel.rows dims [5, 120] ins(%x, %s, %t, %b : memref<5x3x40xf32>, memref<5xf32>, memref<5x3xf32>, memref<40xf32>) outs(%y : memref<5xf32>)
    maps [affine_map<(p, c) -> (p, c floordiv 40, c mod 40)>, affine_map<(p, c) -> (p)>, affine_map<(p, c) -> (p, c floordiv 40)>,
          affine_map<(p, c) -> (c mod 40)>, affine_map<(p, c) -> (p)>]
    combiners [#kernel.combiner<add>]
    phases { ^bb0(%e: f32, %f: f32, %g: f32, %h: f32):
      %u = arith.mulf %e, %f : f32
      %v = arith.mulf %u, %g : f32
      %w = arith.mulf %v, %h : f32
      kernel.yield %w : f32 }
    finish { ^bb0(%e: f32, %f: f32, %g: f32, %h: f32, %v: f32): kernel.yield %v : f32 }
    emit { ^bb0(%e: f32, %f: f32, %g: f32, %h: f32, %v: f32): kernel.yield }
  return
}
}

// -----

module attributes {kernel.machine = #kernel.cpu<cores = 8, vector_bytes = 16, vector_registers = 16>} {
// Positions where loops are joined: taken out of the one loop again, in lanes.
// CHECK-LABEL: func @positions(
// CHECK-DAG:     %[[STEPS:.*]] = arith.constant dense<[0, 1, 2, 3]>
// CHECK-DAG:     %[[EIGHT:.*]] = arith.constant dense<8>
// CHECK-DAG:     %[[ROWS:.*]] = arith.constant dense<24>
// CHECK:         scf.for %[[AT:.*]] = %c0 to %c112 step %c16
// CHECK:           %[[FIRST:.*]] = arith.index_cast %[[AT]]
// CHECK-NEXT:      %[[FIRSTS:.*]] = vector.broadcast %[[FIRST]]
// CHECK-NEXT:      %[[LANES:.*]] = arith.addi %[[FIRSTS]], %[[STEPS]]
// CHECK-NEXT:      %[[I:.*]] = arith.divui %[[LANES]], %[[ROWS]]
// CHECK-NEXT:      %[[K:.*]] = arith.remui %[[LANES]], %[[EIGHT]]
// CHECK-NEXT:      arith.addi %[[I]], %[[K]]
func.func @positions(%y: memref<5x3x8xi32>, %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  kernel.map dims [5, 3, 8] outs(%y : memref<5x3x8xi32>)
    maps [affine_map<(i, j, k) -> (i, j, k)>]
    body {
      %i = kernel.index 0 : i32
      %k = kernel.index 2 : i32
      %s = arith.addi %i, %k : i32
      kernel.yield %s : i32 }
  return
}
}

// -----

module attributes {kernel.machine = #kernel.cpu<cores = 8, vector_bytes = 16, vector_registers = 16>} {
// The position of a row is a scalar, what is computed from it, too.
// CHECK-LABEL: func @position_of_row(
// CHECK:         %[[I:.*]] = arith.index_cast %{{.*}} : index to i32
// CHECK-NEXT:    %[[T:.*]] = arith.muli %[[I]], %[[I]] : i32
// CHECK-NEXT:    %[[TV:.*]] = vector.broadcast %[[T]]
// CHECK-NEXT:    arith.addi %[[TV]]
func.func @position_of_row(%x: memref<5x8xf32>, %y: memref<5x9xi32>, %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  kernel.map dims [5, 8] ins(%x : memref<5x8xf32>) outs(%y : memref<5x9xi32>)
    maps [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i, j)>]
    body { ^bb0(%a: f32):
      %i = kernel.index 0 : i32
      %j = kernel.index 1 : i32
      %t = arith.muli %i, %i : i32
      %s = arith.addi %t, %j : i32
      kernel.yield %s : i32 }
  return
}
}

// -----

module attributes {kernel.machine = #kernel.cpu<cores = 8, vector_bytes = 16, vector_registers = 16>} {
// Two dimensions that joined to one loop of more steps than an i32 counts are
// taken apart in i64.
// CHECK-LABEL: func @far(
// CHECK:         arith.remui %{{.*}}, %{{.*}} : vector<4xi64>
// CHECK:         arith.trunci %{{.*}} : vector<4xi64> to vector<4xi32>
func.func @far(%y: memref<65536x65536xi32>, %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  kernel.map dims [65536, 65536] outs(%y : memref<65536x65536xi32>) maps [affine_map<(i, j) -> (i, j)>]
    body {
      %j = kernel.index 1 : i32
      kernel.yield %j : i32 }
  return
}
}
