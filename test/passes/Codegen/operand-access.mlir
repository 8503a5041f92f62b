// RUN: moec-opt %s --moec-lower-map --moec-lower-contract --canonicalize --cse --split-input-file | FileCheck %s
// RUN: moec-opt %s --pass-pipeline='builtin.module(func.func(moec-gpu-lower-map,canonicalize,cse))' --split-input-file | FileCheck %s --check-prefix=POINT

// How one operand is read or written, by the way its address moves along the
// lanes. Operands are flattened; CHECK is a vector of 4 lanes, POINT one element.

module attributes {kernel.machine = #kernel.cpu<cores = 8, vector_bytes = 16, vector_registers = 16>} {
// One element a step: a load, or a masked one that fills with 0. What does not
// move stays a scalar, and so does all that is computed from it, up to where it
// meets a vector.
// CHECK-LABEL: func @contiguous(
// CHECK-SAME:    %[[X:[^:]*]]: memref<3x6xf32>, %[[S:[^:]*]]: memref<3xf32>, %[[Y:[^:]*]]: memref<3x8xf32>
// CHECK-DAG:     %[[FX:.*]] = memref.reinterpret_cast %[[X]] to offset: [0], sizes: [18], strides: [1]
// CHECK-DAG:     %[[FY:.*]] = memref.reinterpret_cast %[[Y]] to offset: [0], sizes: [24], strides: [1]
// CHECK:         %[[ROW:.*]] = arith.muli %[[I:.*]], %c6
// CHECK:         %[[B:.*]] = memref.load %[[S]][%[[I]]]
// CHECK:         %[[OUT8:.*]] = arith.muli %[[I]], %c8
// CHECK:         %[[OUT:.*]] = arith.addi %[[OUT8]], %c1
// CHECK:         %[[MASK:.*]] = vector.constant_mask [2] : vector<4xi1>
// CHECK-NEXT:    %[[A:.*]] = vector.load %[[FX]][%[[ROW]]]
// CHECK-NEXT:    %[[C:.*]] = arith.mulf %[[B]], %{{.*}} : f32
// CHECK-NEXT:    %[[CV:.*]] = vector.broadcast %[[C]] : f32 to vector<4xf32>
// CHECK-NEXT:    %[[R:.*]] = arith.addf %[[A]], %[[CV]] : vector<4xf32>
// CHECK-NEXT:    %[[ROW4:.*]] = arith.addi %[[ROW]], %c4
// CHECK-NEXT:    %[[A4:.*]] = vector.maskedload %[[FX]][%[[ROW4]]], %[[MASK]], %cst
// CHECK-NEXT:    %[[R4:.*]] = arith.addf %[[A4]], %[[CV]]
// CHECK-NEXT:    vector.store %[[R]], %[[FY]][%[[OUT]]]
// CHECK-NEXT:    %[[OUT5:.*]] = arith.addi %[[OUT8]], %c5
// CHECK-NEXT:    vector.maskedstore %[[FY]][%[[OUT5]]], %[[MASK]], %[[R4]]
// POINT-LABEL: func @contiguous(
// POINT:         %[[C:.*]] = arith.mulf
// POINT-NEXT:    %[[R:.*]] = arith.addf %{{.*}}, %[[C]] : f32
// POINT-NEXT:    %[[AT:.*]] = arith.addi
// POINT-NEXT:    memref.store %[[R]], %{{.*}}[%[[AT]]] : memref<24xf32>
func.func @contiguous(%x: memref<3x6xf32>, %s: memref<3xf32>, %y: memref<3x8xf32>,
                      %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  kernel.map dims [3, 6] ins(%x, %s : memref<3x6xf32>, memref<3xf32>) outs(%y : memref<3x8xf32>)
    maps [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i)>, affine_map<(i, j) -> (i, j + 1)>]
    body { ^bb0(%a: f32, %b: f32):
      %two = arith.constant 2.0 : f32
      %c = arith.mulf %b, %two : f32
      %r = arith.addf %a, %c : f32
      kernel.yield %r : f32 }
  return
}
}

// -----

module attributes {kernel.machine = #kernel.cpu<cores = 8, vector_bytes = 16, vector_registers = 16>} {
// Six elements a step: a scatter to 0, 6, 12, 18 from the position of the row,
// under the mask of the vector.
// CHECK-LABEL: func @strided(
// CHECK:         %[[STEPS:.*]] = arith.constant dense<[0, 6, 12, 18]> : vector<4xi32>
// CHECK:         %[[MASK:.*]] = vector.constant_mask [3]
// CHECK-NEXT:    %[[V:.*]] = vector.maskedload
// CHECK-NEXT:    %[[ROW:.*]] = arith.index_cast %{{.*}} : index to i32
// CHECK-NEXT:    %[[ROWS:.*]] = vector.broadcast %[[ROW]]
// CHECK-NEXT:    %[[AT:.*]] = arith.addi %[[ROWS]], %[[STEPS]]
// CHECK-NEXT:    vector.scatter %{{.*}}[%c0] [%[[AT]]], %[[MASK]], %[[V]]
// CHECK-NEXT:    vector.maskedstore
func.func @strided(%x: memref<6x3xf32>, %y: memref<3x6xf32>, %z: memref<6x3xf32>,
                   %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  kernel.map dims [3, 6] ins(%x : memref<6x3xf32>) outs(%y, %z : memref<3x6xf32>, memref<6x3xf32>)
    maps [affine_map<(i, j) -> (j, i)>, affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (j, i)>]
    body { ^bb0(%a: f32):
      kernel.yield %a, %a : f32, f32 }
  return
}
}

// -----

module attributes {kernel.machine = #kernel.cpu<cores = 8, vector_bytes = 16, vector_registers = 16>} {
// No rule: the address of every lane is computed, also past the end, where the
// mask keeps it from being used.
// CHECK-LABEL: func @irregular(
// CHECK-DAG:     %[[TAIL:.*]] = arith.constant dense<[1, 1, 2, 2]> : vector<4xi32>
// CHECK-DAG:     %[[FIRST:.*]] = arith.constant dense<[0, 0, 0, 1]> : vector<4xi32>
// CHECK-DAG:     %[[ALL:.*]] = arith.constant dense<true> : vector<4xi1>
// CHECK:         %[[MASK:.*]] = vector.constant_mask [1]
// CHECK:         vector.gather %{{.*}}[%c0] [%[[FIRST]]], %[[ALL]], %cst
// CHECK:         vector.gather %{{.*}}[%c0] [%[[TAIL]]], %[[MASK]], %cst
// POINT-LABEL: func @irregular(
// POINT:         %[[AT:.*]] = arith.divui %{{.*}}, %c3
// POINT-NEXT:    memref.load %{{.*}}[%[[AT]]]
func.func @irregular(%x: memref<2xf32>, %y: memref<5xf32>,
                     %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  kernel.map dims [5] ins(%x : memref<2xf32>) outs(%y : memref<5xf32>)
    maps [affine_map<(i) -> (i floordiv 3)>, affine_map<(i) -> (i)>]
    body { ^bb0(%a: f32): kernel.yield %a : f32 }
  return
}
}

// -----

module attributes {kernel.machine = #kernel.cpu<cores = 8, vector_bytes = 16, vector_registers = 16>} {
// A row by its number, the same for all lanes: looked up once a row. An absent
// row (below 0) reads row 0, which always exists, and gives 0.
// CHECK-LABEL: func @rows(
// CHECK-SAME:    %{{[^:]*}}: memref<9x8xf32>, %[[PLAN:[^:]*]]: memref<5xi32>
// CHECK:         scf.for %[[I:.*]] = %{{.*}} to
// CHECK-NEXT:      %[[ROW:.*]] = memref.load %[[PLAN]][%[[I]]]
// CHECK-NEXT:      %[[HERE:.*]] = arith.cmpi sge, %[[ROW]], %c0_i32
// CHECK-NEXT:      %[[SAFE:.*]] = arith.maxsi %[[ROW]], %c0_i32
// CHECK-NEXT:      %[[INDEX:.*]] = arith.index_cast %[[SAFE]]
// CHECK-NEXT:      %[[START:.*]] = arith.muli %[[INDEX]], %c8
// CHECK-NOT:       memref.load
// CHECK:           %[[V:.*]] = vector.load %{{.*}}[%[[START]]]
// CHECK-NEXT:      arith.select %[[HERE]], %[[V]], %cst : vector<4xf32>
// CHECK:           arith.select %[[HERE]]
// POINT-LABEL: func @rows(
// POINT:         %[[ROW:.*]] = memref.load %{{.*}} : memref<5xi32>
// POINT-NEXT:    %[[HERE:.*]] = arith.cmpi sge, %[[ROW]], %c0_i32
// POINT-NEXT:    %[[SAFE:.*]] = arith.maxsi %[[ROW]], %c0_i32
// POINT:         %[[V:.*]] = memref.load %{{.*}} : memref<72xf32>
// POINT-NEXT:    arith.select %[[HERE]], %[[V]], %cst : f32
func.func @rows(%x: memref<9x8xf32>, %p: memref<5xi32>, %y: memref<5x8xf32>,
                %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  kernel.map dims [5, 8] ins(%x, %p : memref<9x8xf32>, memref<5xi32>) outs(%y : memref<5x8xf32>)
    maps [affine_map<(i, j) -> (0, j)>, affine_map<(i, j) -> (i)>, affine_map<(i, j) -> (i, j)>]
    gathers [1, -1]
    body { ^bb0(%a: f32, %i: i32): kernel.yield %a : f32 }
  return
}
}

// -----

module attributes {kernel.machine = #kernel.cpu<cores = 8, vector_bytes = 16, vector_registers = 16>} {
// Another row in every lane: a gather, from which absent rows are masked out,
// beside the lanes past the end.
// CHECK-LABEL: func @rows_in_lanes(
// CHECK-SAME:    %{{[^:]*}}: memref<9x3xf32>, %[[PLAN:[^:]*]]: memref<6xi32>
// CHECK-DAG:     %[[THREE:.*]] = arith.constant dense<3> : vector<4xi32>
// CHECK-DAG:     %[[TWO:.*]] = arith.constant dense<2> : vector<4xi32>
// CHECK-DAG:     %[[NONE:.*]] = arith.constant dense<0> : vector<4xi32>
// CHECK:         %[[MASK:.*]] = vector.constant_mask [2]
// CHECK-NEXT:    %[[ROWS:.*]] = vector.load %[[PLAN]][%c0]
// CHECK-NEXT:    %[[HERE:.*]] = arith.cmpi sge, %[[ROWS]], %[[NONE]]
// CHECK-NEXT:    %[[START:.*]] = arith.muli %[[ROWS]], %[[THREE]]
// CHECK-NEXT:    %[[AT:.*]] = arith.addi %[[START]], %[[TWO]]
// CHECK-NEXT:    vector.gather %{{.*}}[%c0] [%[[AT]]], %[[HERE]], %cst
// CHECK-NEXT:    %[[ROWS:.*]] = vector.maskedload %[[PLAN]][%c4], %[[MASK]]
// CHECK-NEXT:    %[[HERE:.*]] = arith.cmpi sge, %[[ROWS]], %[[NONE]]
// CHECK-NEXT:    %[[BOTH:.*]] = arith.andi %[[MASK]], %[[HERE]]
// CHECK:         vector.gather {{.*}}, %[[BOTH]], %cst
func.func @rows_in_lanes(%x: memref<9x3xf32>, %p: memref<6xi32>, %y: memref<6xf32>,
                         %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  kernel.map dims [6] ins(%x, %p : memref<9x3xf32>, memref<6xi32>) outs(%y : memref<6xf32>)
    maps [affine_map<(i) -> (0, 2)>, affine_map<(i) -> (i)>, affine_map<(i) -> (i)>]
    gathers [1, -1]
    body { ^bb0(%a: f32, %i: i32): kernel.yield %a : f32 }
  return
}
}

// -----

module attributes {kernel.machine = #kernel.cpu<cores = 8, vector_bytes = 16, vector_registers = 16>} {
// The position along the lanes is a vector that counts up, any other a scalar.
// CHECK-LABEL: func @positions(
// CHECK:         %[[STEPS:.*]] = arith.constant dense<[0, 1, 2, 3]> : vector<4xi32>
// CHECK:         %[[M:.*]] = arith.index_cast %{{.*}} : index to i32
// CHECK-NEXT:    %[[MS:.*]] = vector.broadcast %[[M]]
// CHECK-NEXT:    %[[S:.*]] = arith.addi %[[MS]], %[[STEPS]] : vector<4xi32>
// CHECK-NEXT:    vector.store %[[S]]
func.func @positions(%y: memref<3x4xi32>, %z: memref<3x4xi32>, %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  kernel.contract dims [3, 4, 4] ins(%z, %z : memref<3x4xi32>, memref<3x4xi32>) outs(%y : memref<3x4xi32>)
    maps [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (0, n)>, affine_map<(m, n, k) -> (m, n)>]
    schedule <tile = [3, 4, 4], micro = [3, 4]>
    lhs { ^bb0(%l: i32, %r: i32):
      %f = arith.sitofp %l : i32 to f32
      kernel.yield %f : f32 }
    rhs { ^bb0(%l: i32, %r: i32):
      %f = arith.sitofp %r : i32 to f32
      kernel.yield %f : f32 }
    epilogue { ^bb0(%l: i32, %r: i32, %acc: f32):
      %m = kernel.index 0 : i32
      %n = kernel.index 1 : i32
      %s = arith.addi %m, %n : i32
      kernel.yield %s : i32 }
  return
}
}

// -----

module attributes {kernel.machine = #kernel.cpu<cores = 8, vector_bytes = 16, vector_registers = 16>} {
// Vectors start at multiples of 4, so that they do not cross a multiple of 16:
// what is taken apart with 16 is read with one load of a computed start, or is
// the same for all lanes.
// CHECK-LABEL: func @chunks(
// CHECK:         scf.for %[[K:.*]] = %c0 to %c32 step %c4 {
// CHECK-NEXT:      %[[ROW:.*]] = arith.muli %{{.*}}, %c40
// CHECK-NEXT:      %[[CHUNK:.*]] = arith.divui %[[K]], %c16
// CHECK-NEXT:      %[[START:.*]] = arith.muli %[[CHUNK]], %c20
// CHECK-NEXT:      %[[BOTH:.*]] = arith.addi %[[ROW]], %[[START]]
// CHECK-NEXT:      %[[IN:.*]] = arith.remui %[[K]], %c16
// CHECK-NEXT:      %[[AT:.*]] = arith.addi %[[BOTH]], %[[IN]]
// CHECK-NEXT:      vector.load %{{.*}}[%[[AT]]] : memref<160xf32>, vector<4xf32>
// CHECK-NEXT:      %[[ROW:.*]] = arith.muli %{{.*}}, %c2
// CHECK-NEXT:      %[[AT:.*]] = arith.addi %[[ROW]], %[[CHUNK]]
// CHECK-NEXT:      %[[S:.*]] = memref.load %{{.*}}[%[[AT]]] : memref<8xf32>
// CHECK-NEXT:      vector.broadcast %[[S]]
// CHECK-NOT:       vector.gather
func.func @chunks(%x: memref<4x2x20xf32>, %s: memref<4x2xf32>, %w: memref<32x8xf32>, %y: memref<4x8xf32>,
                  %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  kernel.contract dims [4, 8, 32] ins(%x, %w, %s : memref<4x2x20xf32>, memref<32x8xf32>, memref<4x2xf32>) outs(%y : memref<4x8xf32>)
    maps [affine_map<(m, n, k) -> (m, k floordiv 16, k mod 16)>, affine_map<(m, n, k) -> (k, n)>,
          affine_map<(m, n, k) -> (m, k floordiv 16)>, affine_map<(m, n, k) -> (m, n)>]
    schedule <tile = [4, 8, 32], micro = [4, 8]>
    lhs { ^bb0(%l: f32, %r: f32, %c: f32):
      %v = arith.mulf %l, %c : f32
      kernel.yield %v : f32 }
    rhs { ^bb0(%l: f32, %r: f32, %c: f32): kernel.yield %r : f32 }
    epilogue { ^bb0(%l: f32, %r: f32, %c: f32, %acc: f32): kernel.yield %acc : f32 }
  return
}
}

// -----

module attributes {kernel.machine = #kernel.cpu<cores = 8, vector_bytes = 16, vector_registers = 16>} {
// With 18 elements to a chunk they do cross, and are gathered.
// CHECK-LABEL: func @no_chunks(
// CHECK:         arith.divui %{{.*}} : vector<4xi32>
// CHECK:         arith.remui %{{.*}} : vector<4xi32>
// CHECK:         vector.gather {{.*}} : memref<160xf32>
func.func @no_chunks(%x: memref<4x2x20xf32>, %w: memref<36x8xf32>, %y: memref<4x8xf32>,
                     %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  kernel.contract dims [4, 8, 36] ins(%x, %w : memref<4x2x20xf32>, memref<36x8xf32>) outs(%y : memref<4x8xf32>)
    maps [affine_map<(m, n, k) -> (m, k floordiv 18, k mod 18)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>]
    schedule <tile = [4, 8, 36], micro = [4, 8]>
    lhs { ^bb0(%l: f32, %r: f32): kernel.yield %l : f32 }
    rhs { ^bb0(%l: f32, %r: f32): kernel.yield %r : f32 }
    epilogue { ^bb0(%l: f32, %r: f32, %acc: f32): kernel.yield %acc : f32 }
  return
}
}

// -----

module attributes {kernel.machine = #kernel.cpu<cores = 8, vector_bytes = 16, vector_registers = 16>} {
// Where a group begins and where it ends are different elements of the offsets,
// of one group too.
// CHECK-LABEL: func @one_group(
// CHECK-SAME:    %{{[^:]*}}: memref<7x4xf32>, %[[OFFSETS:[^:]*]]: memref<2xi32>
// CHECK-DAG:     memref.load %[[OFFSETS]][%c0]
// CHECK-DAG:     memref.load %[[OFFSETS]][%c1]
// POINT-LABEL: func @one_group(
// POINT-SAME:    %{{[^:]*}}: memref<7x4xf32>, %[[OFFSETS:[^:]*]]: memref<2xi32>
// POINT-DAG:     memref.load %[[OFFSETS]][%c0]
// POINT-DAG:     memref.load %[[OFFSETS]][%c1]
func.func @one_group(%x: memref<7x4xf32>, %offsets: memref<2xi32>, %y: memref<7x4xf32>,
                     %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  kernel.map dims [1, 7, 4] ins(%x, %offsets : memref<7x4xf32>, memref<2xi32>) outs(%y : memref<7x4xf32>)
    maps [affine_map<(g, i, j) -> (i, j)>, affine_map<(g, i, j) -> (g)>, affine_map<(g, i, j) -> (i, j)>]
    ragged 1 by 1
    body { ^bb0(%a: f32, %b: i32): kernel.yield %a : f32 }
  return
}
}

// -----

module attributes {kernel.machine = #kernel.cpu<cores = 8, vector_bytes = 16, vector_registers = 16>} {
// Where an operand has more elements than an i32 counts, the offsets of the
// lanes are i64.
// CHECK-LABEL: func @far(
// CHECK-DAG:     %[[STRIDE:.*]] = arith.constant dense<40000> : vector<4xi64>
// CHECK:         %[[J:.*]] = arith.index_cast %{{.*}} : index to i64
// CHECK-NEXT:    %[[JS:.*]] = vector.broadcast %[[J]] : i64 to vector<4xi64>
// CHECK-NEXT:    %[[P:.*]] = arith.addi %[[JS]], %{{.*}} : vector<4xi64>
// CHECK:         %[[MOVED:.*]] = arith.muli %[[P]], %[[STRIDE]] : vector<4xi64>
// CHECK-NEXT:    %[[AT:.*]] = arith.addi %{{.*}}, %[[MOVED]] : vector<4xi64>
// CHECK-NEXT:    vector.gather %{{.*}}[%c0] [%[[AT]]], %{{.*}} : memref<2621440000xf32>, vector<4xi64>
func.func @far(%x: memref<65536x40000xf32>, %y: memref<40000x65536xf32>,
               %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  kernel.map dims [40000, 65536] ins(%x : memref<65536x40000xf32>) outs(%y : memref<40000x65536xf32>)
    maps [affine_map<(i, j) -> (j, i)>, affine_map<(i, j) -> (i, j)>]
    body { ^bb0(%a: f32):
      kernel.yield %a : f32 }
  return
}
}

// -----

module attributes {kernel.machine = #kernel.cpu<cores = 8, vector_bytes = 16, vector_registers = 16>} {
// So are those of gathered rows.
// CHECK-LABEL: func @far_rows(
// CHECK:         %[[P:.*]] = vector.load %{{.*}} : memref<64xi32>, vector<4xi32>
// CHECK:         %[[THERE:.*]] = arith.cmpi sge, %[[P]], %{{.*}} : vector<4xi32>
// CHECK:         %[[WIDE:.*]] = arith.extsi %[[P]] : vector<4xi32> to vector<4xi64>
// CHECK:         %[[ROWS:.*]] = arith.muli %[[WIDE]], %{{.*}} : vector<4xi64>
// CHECK:         vector.gather %{{.*}}[%c0] [%{{.*}}], %[[THERE]], %{{.*}} : memref<4000000000xf32>, vector<4xi64>
func.func @far_rows(%x: memref<40000000x100xf32>, %p: memref<64xi32>, %y: memref<100x64xf32>,
                    %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  kernel.map dims [100, 64] ins(%x, %p : memref<40000000x100xf32>, memref<64xi32>) outs(%y : memref<100x64xf32>)
    maps [affine_map<(i, j) -> (0, i)>, affine_map<(i, j) -> (j)>, affine_map<(i, j) -> (i, j)>] gathers [1, -1]
    body { ^bb0(%a: f32, %q: i32):
      kernel.yield %a : f32 }
  return
}
}
