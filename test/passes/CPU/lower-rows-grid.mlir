// RUN: moec-opt %s --moec-lower-rows --moec-lower-map --canonicalize --cse --split-input-file | FileCheck %s
// RUN: moec-opt %s --moec-lower-rows --moec-lower-map --split-input-file --remarks-filter=CPU --remark-format=emitRemark 2>&1 >/dev/null | FileCheck %s --check-prefix=REMARK

// How the work of a row or map kernel is shared out in blocks of units, a unit
// being a row or a piece of the vector loop; how wide vectors are; and which
// accesses are reported.

//===----------------------------------------------------------------------===//
// Blocks
//===----------------------------------------------------------------------===//

module attributes {kernel.machine = #kernel.cpu<cores = 8, vector_bytes = 64, vector_registers = 32>} {
// 12800 elements are not worth a second block.
// CHECK-LABEL: func @little(
// CHECK-SAME:    kernel.blocks = 1 : i64
// CHECK:         %[[LO:.*]] = arith.muli %{{.*}}, %c100
// CHECK:         %[[HI:.*]] = arith.muli %{{.*}}, %c100
// CHECK:         %[[END:.*]] = arith.minui %[[HI]], %c100
// CHECK:         scf.for %{{.*}} = %[[LO]] to %[[END]] step %c1
func.func @little(%x: memref<100x128xf32>, %y: memref<100xf32>, %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  kernel.rows dims [100, 128] ins(%x : memref<100x128xf32>) outs(%y : memref<100xf32>)
    maps [affine_map<(p, c) -> (p, c)>, affine_map<(p, c) -> (p)>] combiners [#kernel.combiner<add>]
    phases { ^bb0(%e: f32): kernel.yield %e : f32 }
    finish { ^bb0(%e: f32, %s: f32): kernel.yield %s : f32 }
    emit { ^bb0(%e: f32, %s: f32): kernel.yield }
  return
}
}

// -----

module attributes {kernel.machine = #kernel.cpu<cores = 8, vector_bytes = 64, vector_registers = 32>} {
// A block holds no fewer than 16384 elements: one more than twice that, and one
// less.
// CHECK-LABEL: func @two(
// CHECK-SAME:    kernel.blocks = 2 : i64
func.func @two(%x: memref<3641x9xf32>, %y: memref<3641xf32>, %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  kernel.rows dims [3641, 9] ins(%x : memref<3641x9xf32>) outs(%y : memref<3641xf32>)
    maps [affine_map<(p, c) -> (p, c)>, affine_map<(p, c) -> (p)>] combiners [#kernel.combiner<add>]
    phases { ^bb0(%e: f32): kernel.yield %e : f32 }
    finish { ^bb0(%e: f32, %s: f32): kernel.yield %s : f32 }
    emit { ^bb0(%e: f32, %s: f32): kernel.yield }
  return
}
}

// -----

module attributes {kernel.machine = #kernel.cpu<cores = 8, vector_bytes = 64, vector_registers = 32>} {
// CHECK-LABEL: func @one(
// CHECK-SAME:    kernel.blocks = 1 : i64
func.func @one(%x: memref<4681x7xf32>, %y: memref<4681xf32>, %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  kernel.rows dims [4681, 7] ins(%x : memref<4681x7xf32>) outs(%y : memref<4681xf32>)
    maps [affine_map<(p, c) -> (p, c)>, affine_map<(p, c) -> (p)>] combiners [#kernel.combiner<add>]
    phases { ^bb0(%e: f32): kernel.yield %e : f32 }
    finish { ^bb0(%e: f32, %s: f32): kernel.yield %s : f32 }
    emit { ^bb0(%e: f32, %s: f32): kernel.yield }
  return
}
}

// -----

module attributes {kernel.machine = #kernel.cpu<cores = 8, vector_bytes = 64, vector_registers = 32>} {
// No more than 64 blocks, of 1024 rows each.
// CHECK-LABEL: func @much(
// CHECK-SAME:    kernel.blocks = 64 : i64
// CHECK:         arith.muli %{{.*}}, %c1024
func.func @much(%x: memref<65536x64xf32>, %y: memref<65536xf32>, %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  kernel.rows dims [65536, 64] ins(%x : memref<65536x64xf32>) outs(%y : memref<65536xf32>)
    maps [affine_map<(p, c) -> (p, c)>, affine_map<(p, c) -> (p)>] combiners [#kernel.combiner<add>]
    phases { ^bb0(%e: f32): kernel.yield %e : f32 }
    finish { ^bb0(%e: f32, %s: f32): kernel.yield %s : f32 }
    emit { ^bb0(%e: f32, %s: f32): kernel.yield }
  return
}
}

// -----

module attributes {kernel.machine = #kernel.cpu<cores = 8, vector_bytes = 64, vector_registers = 32>} {
// No more blocks than rows.
// CHECK-LABEL: func @long_rows(
// CHECK-SAME:    kernel.blocks = 3 : i64
func.func @long_rows(%x: memref<3x100000xf32>, %y: memref<3xf32>, %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  kernel.rows dims [3, 100000] ins(%x : memref<3x100000xf32>) outs(%y : memref<3xf32>)
    maps [affine_map<(p, c) -> (p, c)>, affine_map<(p, c) -> (p)>] combiners [#kernel.combiner<add>]
    phases { ^bb0(%e: f32): kernel.yield %e : f32 }
    finish { ^bb0(%e: f32, %s: f32): kernel.yield %s : f32 }
    emit { ^bb0(%e: f32, %s: f32): kernel.yield }
  return
}
}

// -----

module attributes {kernel.machine = #kernel.cpu<cores = 8, vector_bytes = 64, vector_registers = 32>} {
// 37 rows where 18 blocks are wanted: 3 rows a block, so that 13 blocks are
// enough, the last of which has one row.
// CHECK-LABEL: func @uneven(
// CHECK-SAME:    kernel.blocks = 13 : i64
// CHECK:         arith.muli %{{.*}}, %c3
// CHECK:         %[[HI:.*]] = arith.muli %{{.*}}, %c3
// CHECK:         arith.minui %[[HI]], %c37
func.func @uneven(%x: memref<37x8192xf32>, %y: memref<37xf32>, %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  kernel.rows dims [37, 8192] ins(%x : memref<37x8192xf32>) outs(%y : memref<37xf32>)
    maps [affine_map<(p, c) -> (p, c)>, affine_map<(p, c) -> (p)>] combiners [#kernel.combiner<add>]
    phases { ^bb0(%e: f32): kernel.yield %e : f32 }
    finish { ^bb0(%e: f32, %s: f32): kernel.yield %s : f32 }
    emit { ^bb0(%e: f32, %s: f32): kernel.yield }
  return
}
}

// -----

module attributes {kernel.machine = #kernel.cpu<cores = 8, vector_bytes = 64, vector_registers = 32>} {
// The number of a unit is taken apart from the last loop on: pieces of the
// vector loop first, the outermost loop is what is left. A loop of one step takes
// no part.
// CHECK-LABEL: func @digits(
// CHECK:         scf.for %[[UNIT:.*]] = %{{.*}} to %{{.*}} step %c1 {
// CHECK-NEXT:      %[[J:.*]] = arith.remui %[[UNIT]], %c5
// CHECK-NEXT:      %[[I:.*]] = arith.divui %[[UNIT]], %c5
// CHECK-NOT:       arith.remui
// CHECK-DAG:       arith.muli %[[I]], %c448
// CHECK-DAG:       arith.muli %[[J]], %c64
func.func @digits(%x: memref<3x5x1x32xf32>, %y: memref<3x7x64xf32>, %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  kernel.map dims [3, 5, 1, 32] ins(%x : memref<3x5x1x32xf32>) outs(%y : memref<3x7x64xf32>)
    maps [affine_map<(i, j, l, k) -> (i, j, l, k)>, affine_map<(i, j, l, k) -> (i, j, k)>]
    body { ^bb0(%a: f32): kernel.yield %a : f32 }
  return
}
}

// -----

module attributes {kernel.machine = #kernel.cpu<cores = 8, vector_bytes = 64, vector_registers = 32>} {
// CHECK-LABEL: func @pieces(
// CHECK-SAME:    kernel.blocks = 36 : i64
// CHECK:         scf.for %[[UNIT:.*]] = %{{.*}} to %{{.*}} step %c1 {
// CHECK-NEXT:      %[[PIECE:.*]] = arith.remui %[[UNIT]], %c18
// CHECK-NEXT:      %[[I:.*]] = arith.divui %[[UNIT]], %c18
// CHECK:           arith.muli %[[PIECE]], %c16704
func.func @pieces(%x: memref<2x300000xf32>, %y: memref<4x300000xf32>, %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  kernel.map dims [2, 300000] ins(%x : memref<2x300000xf32>) outs(%y : memref<4x300000xf32>)
    maps [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i * 2, j)>]
    body { ^bb0(%a: f32): kernel.yield %a : f32 }
  return
}
}

// -----

module attributes {kernel.machine = #kernel.cpu<cores = 8, vector_bytes = 64, vector_registers = 32>} {
// Rows of groups: nobody knows how many a group has, so that each of them gets
// as many pieces as all rows would. 9000 rows in pieces of 1500, which begin
// where the group does and end with it.
// CHECK-LABEL: func @ragged(
// CHECK-SAME:    kernel.blocks = 3 : i64
// CHECK:         scf.for %[[UNIT:.*]] = %{{.*}} to %{{.*}} step %c1 {
// CHECK-NEXT:      %[[PIECE:.*]] = arith.remui %[[UNIT]], %c6
// CHECK-NEXT:      %[[GROUP:.*]] = arith.divui %[[UNIT]], %c6
// CHECK:           %[[BEGIN:.*]] = arith.index_cast
// CHECK:           %[[END:.*]] = arith.index_cast
// CHECK-NEXT:      %[[OFFSET:.*]] = arith.muli %[[PIECE]], %c1500
// CHECK-NEXT:      %[[FIRST:.*]] = arith.addi %[[BEGIN]], %[[OFFSET]]
// CHECK-NEXT:      %[[BEHIND:.*]] = arith.addi %[[FIRST]], %c1500
// CHECK-NEXT:      %[[LAST:.*]] = arith.minui %[[END]], %[[BEHIND]]
// CHECK-NEXT:      scf.for %{{.*}} = %[[FIRST]] to %[[LAST]] step %c1 {
func.func @ragged(%x: memref<9000x6xf32>, %b: memref<4x6xf32>, %o: memref<5xi32>, %y: memref<9000x6xf32>,
                  %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  kernel.map dims [4, 9000, 6] ins(%x, %b, %o : memref<9000x6xf32>, memref<4x6xf32>, memref<5xi32>) outs(%y : memref<9000x6xf32>)
    maps [affine_map<(g, m, n) -> (m, n)>, affine_map<(g, m, n) -> (g, n)>, affine_map<(g, m, n) -> (g)>, affine_map<(g, m, n) -> (m, n)>]
    ragged 1 by 2
    body { ^bb0(%a: f32, %c: f32, %i: i32):
      %r = arith.addf %a, %c : f32
      kernel.yield %r : f32 }
  return
}
}

// -----

//===----------------------------------------------------------------------===//
// Lanes
//===----------------------------------------------------------------------===//

module attributes {kernel.machine = #kernel.cpu<cores = 8, vector_bytes = 64, vector_registers = 32>} {
// As many lanes as the vector loop needs, a power of two from 4 to 16. A single
// element is moved as a scalar.
// CHECK-LABEL: func @lanes_1(
// CHECK-NOT:     vector
// CHECK:         return
func.func @lanes_1(%x: memref<1xf32>, %y: memref<1xf32>, %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  kernel.map dims [1] ins(%x : memref<1xf32>) outs(%y : memref<1xf32>)
    maps [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>]
    body { ^bb0(%a: f32): kernel.yield %a : f32 }
  return
}
}

// -----

module attributes {kernel.machine = #kernel.cpu<cores = 8, vector_bytes = 64, vector_registers = 32>} {
// CHECK-LABEL: func @lanes_4(
// CHECK:         vector<4xf32>
func.func @lanes_4(%x: memref<4xf32>, %y: memref<4xf32>, %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  kernel.map dims [4] ins(%x : memref<4xf32>) outs(%y : memref<4xf32>)
    maps [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>]
    body { ^bb0(%a: f32): kernel.yield %a : f32 }
  return
}
}

// -----

module attributes {kernel.machine = #kernel.cpu<cores = 8, vector_bytes = 64, vector_registers = 32>} {
// CHECK-LABEL: func @lanes_5(
// CHECK:         vector<8xf32>
func.func @lanes_5(%x: memref<5xf32>, %y: memref<5xf32>, %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  kernel.map dims [5] ins(%x : memref<5xf32>) outs(%y : memref<5xf32>)
    maps [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>]
    body { ^bb0(%a: f32): kernel.yield %a : f32 }
  return
}
}

// -----

module attributes {kernel.machine = #kernel.cpu<cores = 8, vector_bytes = 64, vector_registers = 32>} {
// CHECK-LABEL: func @lanes_9(
// CHECK:         vector<16xf32>
func.func @lanes_9(%x: memref<9xf32>, %y: memref<9xf32>, %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  kernel.map dims [9] ins(%x : memref<9xf32>) outs(%y : memref<9xf32>)
    maps [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>]
    body { ^bb0(%a: f32): kernel.yield %a : f32 }
  return
}
}

// -----

module attributes {kernel.machine = #kernel.cpu<cores = 8, vector_bytes = 64, vector_registers = 32>} {
// CHECK-LABEL: func @lanes_17(
// CHECK:         vector<16xf32>
func.func @lanes_17(%x: memref<17xf32>, %y: memref<17xf32>, %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  kernel.map dims [17] ins(%x : memref<17xf32>) outs(%y : memref<17xf32>)
    maps [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>]
    body { ^bb0(%a: f32): kernel.yield %a : f32 }
  return
}
}

// -----

//===----------------------------------------------------------------------===//
// Remarks
//===----------------------------------------------------------------------===//

module attributes {kernel.machine = #kernel.cpu<cores = 8, vector_bytes = 64, vector_registers = 32>} {
// Steps of a cache line are taken on purpose, longer ones are reported.
// REMARK-NOT: remark
func.func @line(%x: memref<100x16xf32>, %y: memref<100xf32>, %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  kernel.map dims [100] ins(%x : memref<100x16xf32>) outs(%y : memref<100xf32>)
    maps [affine_map<(i) -> (i, 0)>, affine_map<(i) -> (i)>]
    body { ^bb0(%a: f32): kernel.yield %a : f32 }
  return
}
}

// -----

module attributes {kernel.machine = #kernel.cpu<cores = 8, vector_bytes = 64, vector_registers = 32>} {
// REMARK: remark: [Missed] RowVectorAccess | Category:CPU{{.*}}input 0 is gathered element by element: its elements are 17 apart along the vector loop
func.func @more(%x: memref<100x17xf32>, %y: memref<100xf32>, %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  kernel.map dims [100] ins(%x : memref<100x17xf32>) outs(%y : memref<100xf32>)
    maps [affine_map<(i) -> (i, 0)>, affine_map<(i) -> (i)>]
    body { ^bb0(%a: f32): kernel.yield %a : f32 }
  return
}
}

// -----

module attributes {kernel.machine = #kernel.cpu<cores = 8, vector_bytes = 64, vector_registers = 32>} {
// REMARK: remark: {{.*}}out 0 is scattered element by element: its elements are 17 apart along the vector loop
func.func @out(%x: memref<100xf32>, %y: memref<100x17xf32>, %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  kernel.map dims [100] ins(%x : memref<100xf32>) outs(%y : memref<100x17xf32>)
    maps [affine_map<(i) -> (i)>, affine_map<(i) -> (i, 3)>]
    body { ^bb0(%a: f32): kernel.yield %a : f32 }
  return
}
}

// -----

module attributes {kernel.machine = #kernel.cpu<cores = 8, vector_bytes = 64, vector_registers = 32>} {
// REMARK: remark: {{.*}}input 0 is gathered element by element: its address is not linear along the vector loop
func.func @irregular(%x: memref<26xf32>, %y: memref<101xf32>, %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  kernel.map dims [101] ins(%x : memref<26xf32>) outs(%y : memref<101xf32>)
    maps [affine_map<(i) -> (i floordiv 4)>, affine_map<(i) -> (i)>]
    body { ^bb0(%a: f32): kernel.yield %a : f32 }
  return
}
}

// -----

module attributes {kernel.machine = #kernel.cpu<cores = 8, vector_bytes = 64, vector_registers = 32>} {
// What is read once a row does not matter.
// REMARK-NOT: remark
func.func @once(%x: memref<100x64xf32>, %s: memref<100x17xf32>, %y: memref<100xf32>,
                %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  kernel.rows dims [100, 64] ins(%x, %s : memref<100x64xf32>, memref<100x17xf32>) outs(%y : memref<100xf32>)
    maps [affine_map<(p, c) -> (p, c)>, affine_map<(p, c) -> (p, 0)>, affine_map<(p, c) -> (p)>] combiners [#kernel.combiner<add>]
    phases { ^bb0(%e: f32, %f: f32): kernel.yield %e : f32 }
    finish { ^bb0(%e: f32, %f: f32, %v: f32): %r = arith.mulf %v, %f : f32 kernel.yield %r : f32 }
    emit { ^bb0(%e: f32, %f: f32, %v: f32): kernel.yield }
  return
}
}
