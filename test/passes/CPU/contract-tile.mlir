// RUN: moec-opt %s --moec-lower-contract --canonicalize --cse --split-input-file | FileCheck %s

// The register tile and the epilogue of a contraction, with vectors of 4 lanes.

module attributes {kernel.machine = #kernel.cpu<cores = 8, vector_bytes = 16, vector_registers = 16>} {
// One block of k: sums start from zero in registers, and only the epilogue sees
// them in scratch. Both operands are read where they lie: a step of k is 8
// elements of the right one, and rows of the left one lie 6 apart. 5 rows in
// tiles of 2: the last tile begins with row 3, so that it ends with the last
// one, and the epilogue skips what comes before row 4; 8 columns fill the
// strips, so that nothing is masked.
// CHECK-LABEL: func @one_block(
// CHECK-SAME:    %[[X:.*]]: memref<5x6xf32>, %[[W:.*]]: memref<6x8xf32>, %[[BIAS:.*]]: memref<8xf32>
// CHECK:         %[[LEFT:.*]] = memref.reinterpret_cast %[[X]]
// CHECK:         %[[RIGHT:.*]] = memref.reinterpret_cast %[[W]]
// CHECK:         %[[SUMS:.*]] = memref.view {{.*}} to memref<16xf32>
// CHECK:         scf.for %[[TILE:.*]] = %c0 to %c3 step %c1 {
// CHECK-NEXT:      %[[FIRST:.*]] = arith.muli %[[TILE]], %c2
// CHECK-NEXT:      %[[BEGIN:.*]] = arith.minsi %[[FIRST]], %c3
// CHECK-NEXT:      %[[ROW:.*]] = arith.muli %[[BEGIN]], %c6
// CHECK-NEXT:      %[[SUM:.*]]:4 = scf.for %[[K:.*]] = %c0 to %c6 step %c1 iter_args(%[[S0:.*]] = %cst, %[[S1:.*]] = %cst, %[[S2:.*]] = %cst, %[[S3:.*]] = %cst)
// CHECK-NEXT:        %[[AT:.*]] = arith.muli %[[K]], %c8
// CHECK-NEXT:        %[[B0:.*]] = vector.load %[[RIGHT]][%[[AT]]]
// CHECK-NEXT:        %[[AT4:.*]] = arith.addi %[[AT]], %c4
// CHECK-NEXT:        %[[B1:.*]] = vector.load %[[RIGHT]][%[[AT4]]]
// CHECK-NEXT:        %[[FROM:.*]] = arith.addi %[[ROW]], %[[K]]
// CHECK-NEXT:        %[[A:.*]] = memref.load %[[LEFT]][%[[FROM]]]
// CHECK-NEXT:        %[[A0:.*]] = vector.broadcast %[[A]]
// CHECK-NEXT:        %[[N0:.*]] = vector.fma %[[A0]], %[[B0]], %[[S0]]
// CHECK-NEXT:        %[[N1:.*]] = vector.fma %[[A0]], %[[B1]], %[[S1]]
// CHECK-NEXT:        %[[NEXT:.*]] = arith.addi %[[FROM]], %c6
// CHECK-NEXT:        %[[A:.*]] = memref.load %[[LEFT]][%[[NEXT]]]
// CHECK-NEXT:        %[[A1:.*]] = vector.broadcast %[[A]]
// CHECK-NEXT:        %[[N2:.*]] = vector.fma %[[A1]], %[[B0]], %[[S2]]
// CHECK-NEXT:        %[[N3:.*]] = vector.fma %[[A1]], %[[B1]], %[[S3]]
// CHECK-NEXT:        scf.yield %[[N0]], %[[N1]], %[[N2]], %[[N3]]
// CHECK:           vector.store %[[SUM]]#0, %[[SUMS]][%c0]
// CHECK-NEXT:      vector.store %[[SUM]]#1, %[[SUMS]][%c4]
// CHECK-NEXT:      vector.store %[[SUM]]#2, %[[SUMS]][%c8]
// CHECK-NEXT:      vector.store %[[SUM]]#3, %[[SUMS]][%c12]
// CHECK-NEXT:      %[[SKIP:.*]] = arith.subi %[[FIRST]], %[[BEGIN]]
// CHECK-NEXT:      %[[SKIPPED:.*]] = arith.muli %[[SKIP]], %c8
// CHECK-NEXT:      %[[REST:.*]] = arith.subi %c5, %[[FIRST]]
// CHECK-NEXT:      %[[ROWS:.*]] = arith.minsi %[[REST]], %c2
// CHECK-NEXT:      scf.for %[[R:.*]] = %c0 to %[[ROWS]] step %c1 {
// CHECK-NEXT:        %[[M:.*]] = arith.addi %[[FIRST]], %[[R]]
// CHECK-NEXT:        %[[TO:.*]] = arith.muli %[[M]], %c8
// CHECK-NEXT:        %[[C:.*]] = vector.load %[[BIAS]][%c0]
// CHECK-NEXT:        %[[R8:.*]] = arith.muli %[[R]], %c8
// CHECK-NEXT:        %[[SR:.*]] = arith.addi %[[R8]], %[[SKIPPED]]
// CHECK-NEXT:        %[[ACC:.*]] = vector.load %[[SUMS]][%[[SR]]]
// CHECK-NEXT:        %[[Y:.*]] = arith.addf %[[ACC]], %[[C]]
// CHECK-NEXT:        vector.store %[[Y]], %{{.*}}[%[[TO]]] : memref<40xf32>
// CHECK-NEXT:        vector.load %[[BIAS]][%c4]
// CHECK:             vector.store {{.*}} : memref<40xf32>
func.func @one_block(%x: memref<5x6xf32>, %w: memref<6x8xf32>, %b: memref<8xf32>, %y: memref<5x8xf32>,
                     %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  kernel.contract dims [5, 8, 6] ins(%x, %w, %b : memref<5x6xf32>, memref<6x8xf32>, memref<8xf32>) outs(%y : memref<5x8xf32>)
    maps [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (n)>, affine_map<(m, n, k) -> (m, n)>]
    schedule <tile = [6, 8, 6], micro = [2, 8]>
    lhs { ^bb0(%l: f32, %r: f32, %c: f32): kernel.yield %l : f32 }
    rhs { ^bb0(%l: f32, %r: f32, %c: f32): kernel.yield %r : f32 }
    epilogue { ^bb0(%l: f32, %r: f32, %c: f32, %acc: f32):
      %s = arith.addf %acc, %c : f32
      kernel.yield %s : f32 }
  return
}
}

// -----

module attributes {kernel.machine = #kernel.cpu<cores = 8, vector_bytes = 16, vector_registers = 16>} {
// Both operands packed in strips: right strips are 32 elements (8 steps of 4
// columns), left ones 20, and the two rows of a step are neighbours. 6 columns
// in strips of 4: the stores of the second strip, which has loops of its own,
// are cut.
// CHECK-LABEL: func @packed_right(
// CHECK:         vector.extract_strided_slice
// CHECK:         scf.for %[[I:.*]] = %c0 to %c2 step %c1 {
// CHECK-NEXT:      %[[LEFT:.*]] = arith.muli %[[I]], %c20
// CHECK-NEXT:      scf.for %[[K:.*]] = %c0 to %c6
// CHECK-NEXT:        %[[AT:.*]] = arith.muli %[[K]], %c4
// CHECK-NEXT:        vector.load %{{.*}}[%[[AT]]] : memref<64xf32>
// CHECK-NEXT:        %[[STEP:.*]] = arith.muli %[[K]], %c2
// CHECK-NEXT:        %[[AT:.*]] = arith.addi %[[STEP]], %[[LEFT]]
// CHECK-NEXT:        memref.load %{{.*}}[%[[AT]]] : memref<40xf32>
// CHECK:             %[[AT1:.*]] = arith.addi %[[AT]], %c1
// CHECK-NEXT:        memref.load %{{.*}}[%[[AT1]]] : memref<40xf32>
// CHECK-NOT:       mask
// CHECK:         scf.for %{{.*}} = %c0 to %c2 step %c1 {
// CHECK:           scf.for %[[K:.*]] = %c0 to %c6
// CHECK-NEXT:        %[[STEP:.*]] = arith.muli %[[K]], %c4
// CHECK-NEXT:        %[[AT:.*]] = arith.addi %[[STEP]], %c32
// CHECK-NEXT:        vector.load %{{.*}}[%[[AT]]] : memref<64xf32>
// CHECK:           %[[MASK:.*]] = vector.constant_mask [2]
// CHECK:           vector.maskedstore %{{.*}}, %[[MASK]]
func.func @packed_right(%x: memref<6x4xf32>, %w: memref<6x6xf32>, %y: memref<4x6xf32>,
                        %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  kernel.contract dims [4, 6, 6] ins(%x, %w : memref<6x4xf32>, memref<6x6xf32>) outs(%y : memref<4x6xf32>)
    maps [affine_map<(m, n, k) -> (k, m)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>]
    schedule <tile = [4, 8, 6], micro = [2, 4]>
    lhs { ^bb0(%l: f32, %r: f32): kernel.yield %l : f32 }
    rhs { ^bb0(%l: f32, %r: f32): kernel.yield %r : f32 }
    epilogue { ^bb0(%l: f32, %r: f32, %acc: f32): kernel.yield %acc : f32 }
  return
}
}

// -----

module attributes {kernel.machine = #kernel.cpu<cores = 8, vector_bytes = 16, vector_registers = 16>} {
// Three blocks of k: all sums of the tile are zeroed, every register tile takes
// its own from scratch and gives them back, and the epilogue runs once at the
// end. The operands, read in place, start at the step of the block.
// CHECK-LABEL: func @several_blocks(
// CHECK:         %[[SUMS:.*]] = memref.view {{.*}} to memref<32xf32>
// CHECK:         scf.for %[[AT:.*]] = %c0 to %c32 step %c4 {
// CHECK-NEXT:      vector.store %cst, %[[SUMS]][%[[AT]]]
// CHECK:         scf.for %[[FROM:.*]] = %c0 to %c10 step %c4 {
// CHECK:           %[[END:.*]] = arith.minsi %{{.*}}, %c10
// CHECK-NEXT:      scf.for %[[J:.*]] = %c0 to %c2 step %c1 {
// CHECK-NEXT:        scf.for %[[I:.*]] = %c0 to %c4 step %c1 {
// CHECK-NEXT:          %[[DEPTH:.*]] = arith.subi %[[END]], %[[FROM]]
// CHECK-NEXT:          %[[BASE:.*]] = arith.muli %[[I]], %c10
// CHECK-NEXT:          %[[LEFT:.*]] = arith.addi %[[BASE]], %[[FROM]]
// CHECK-NEXT:          %[[COLUMN:.*]] = arith.muli %[[J]], %c4
// CHECK-NEXT:          %[[ROW:.*]] = arith.muli %[[FROM]], %c8
// CHECK-NEXT:          %[[RIGHT:.*]] = arith.addi %[[ROW]], %[[COLUMN]]
// CHECK-NEXT:          %[[NUMBER:.*]] = arith.addi %[[COLUMN]], %[[I]]
// CHECK-NEXT:          %[[HOME:.*]] = arith.muli %[[NUMBER]], %c4
// CHECK-NEXT:          %[[SO_FAR:.*]] = vector.load %[[SUMS]][%[[HOME]]]
// CHECK-NEXT:          %[[SUM:.*]] = scf.for %[[K:.*]] = %c0 to %[[DEPTH]] step %c1 iter_args(%{{.*}} = %[[SO_FAR]])
// CHECK-NEXT:            %[[STEP:.*]] = arith.muli %[[K]], %c8
// CHECK-NEXT:            %[[AT:.*]] = arith.addi %[[STEP]], %[[RIGHT]]
// CHECK-NEXT:            vector.load %{{.*}}[%[[AT]]] : memref<80xf32>
// CHECK-NEXT:            %[[FROM_LEFT:.*]] = arith.addi %[[LEFT]], %[[K]]
// CHECK-NEXT:            memref.load %{{.*}}[%[[FROM_LEFT]]] : memref<40xf32>
// CHECK:               vector.store %[[SUM]], %[[SUMS]][%[[HOME]]]
// CHECK-NOT:           vector.store
// CHECK:         scf.for
// CHECK:             %[[ACC:.*]] = vector.load %[[SUMS]]
// CHECK-NEXT:        arith.addi
// CHECK-NEXT:        vector.store %[[ACC]], %{{.*}} : memref<32xf32>
func.func @several_blocks(%x: memref<4x10xf32>, %w: memref<10x8xf32>, %y: memref<4x8xf32>,
                          %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  kernel.contract dims [4, 8, 10] ins(%x, %w : memref<4x10xf32>, memref<10x8xf32>) outs(%y : memref<4x8xf32>)
    maps [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>]
    schedule <tile = [4, 8, 4], micro = [1, 4]>
    lhs { ^bb0(%l: f32, %r: f32): kernel.yield %l : f32 }
    rhs { ^bb0(%l: f32, %r: f32): kernel.yield %r : f32 }
    epilogue { ^bb0(%l: f32, %r: f32, %acc: f32): kernel.yield %acc : f32 }
  return
}
}

// -----

module attributes {kernel.machine = #kernel.cpu<cores = 8, vector_bytes = 16, vector_registers = 16>} {
// A right operand in strips of the register tile's columns is read in place as well, the last strip with columns that are not stored:
// nothing is packed.
// CHECK-LABEL: func @strips(
// CHECK-SAME:    %{{.*}}: memref<4x10xf32>, %[[W:.*]]: memref<2x10x4xf32>
// CHECK:         %[[IN:.*]] = memref.reinterpret_cast %[[W]]
// CHECK:         memref.view {{.*}} to memref<4xf32>
// CHECK-NOT:     memref<80xf32>
// CHECK:         scf.for {{.*}} = %c0 to %c4 step %c1 {
// CHECK:           scf.for %[[K:.*]] = %c0 to %c10
// CHECK:             %[[AT:.*]] = arith.muli %[[K]], %c4
// CHECK-NEXT:        vector.load %[[IN]][%[[AT]]] : memref<80xf32>
// CHECK:         scf.for {{.*}} = %c0 to %c4 step %c1 {
// CHECK:           scf.for %[[K:.*]] = %c0 to %c10
// CHECK:             %[[STEP:.*]] = arith.muli %[[K]], %c4
// CHECK-NEXT:        %[[AT:.*]] = arith.addi %[[STEP]], %c40
// CHECK-NEXT:        vector.load %[[IN]][%[[AT]]] : memref<80xf32>
// CHECK:           vector.maskedstore
func.func @strips(%x: memref<4x10xf32>, %w: memref<2x10x4xf32>, %y: memref<4x6xf32>,
                  %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  kernel.contract dims [4, 6, 10] ins(%x, %w : memref<4x10xf32>, memref<2x10x4xf32>) outs(%y : memref<4x6xf32>)
    maps [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (n floordiv 4, k, n mod 4)>, affine_map<(m, n, k) -> (m, n)>]
    schedule <tile = [4, 8, 10], micro = [1, 4]>
    lhs { ^bb0(%l: f32, %r: f32): kernel.yield %l : f32 }
    rhs { ^bb0(%l: f32, %r: f32): kernel.yield %r : f32 }
    epilogue { ^bb0(%l: f32, %r: f32, %acc: f32): kernel.yield %acc : f32 }
  return
}
}

// -----

module attributes {kernel.machine = #kernel.cpu<cores = 8, vector_bytes = 16, vector_registers = 16>} {
// What is the same for all columns stays a scalar, the position along m with it;
// outs may be bf16, and one that is not contiguous along n is scattered.
// CHECK-LABEL: func @epilogue(
// CHECK:         %[[ROW:.*]] = arith.index_cast %{{.*}} : index to i32
// CHECK-NEXT:    %[[F:.*]] = arith.sitofp %[[ROW]] : i32 to f32
// CHECK-NEXT:    %[[TWO:.*]] = arith.mulf %[[C:.*]], %[[C]] : f32
// CHECK-NEXT:    %[[V:.*]] = vector.broadcast %[[TWO]]
// CHECK-NEXT:    %[[U:.*]] = arith.addf %{{.*}}, %[[V]] : vector<4xf32>
// CHECK-NEXT:    %[[FV:.*]] = vector.broadcast %[[F]]
// CHECK-NEXT:    %[[W:.*]] = arith.addf %[[U]], %[[FV]]
// CHECK-NEXT:    %[[H:.*]] = arith.truncf %[[W]] : vector<4xf32> to vector<4xbf16>
// CHECK-NEXT:    vector.store %[[U]], %{{.*}} : memref<16xf32>
// CHECK-NEXT:    vector.store %[[H]], %{{.*}} : memref<16xbf16>
// CHECK:         vector.scatter {{.*}}, %[[W]] : memref<16xf32>
func.func @epilogue(%x: memref<4x4xf32>, %w: memref<4x4xf32>, %s: memref<4xf32>, %y: memref<4x4xf32>, %z: memref<4x4xbf16>, %t: memref<4x4xf32>,
                    %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  kernel.contract dims [4, 4, 4] ins(%x, %w, %s : memref<4x4xf32>, memref<4x4xf32>, memref<4xf32>)
    outs(%y, %z, %t : memref<4x4xf32>, memref<4x4xbf16>, memref<4x4xf32>)
    maps [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m)>,
          affine_map<(m, n, k) -> (m, n)>, affine_map<(m, n, k) -> (m, n)>, affine_map<(m, n, k) -> (n, m)>]
    schedule <tile = [4, 4, 4], micro = [4, 4]>
    lhs { ^bb0(%l: f32, %r: f32, %c: f32): kernel.yield %l : f32 }
    rhs { ^bb0(%l: f32, %r: f32, %c: f32): kernel.yield %r : f32 }
    epilogue { ^bb0(%l: f32, %r: f32, %c: f32, %acc: f32):
      %i = kernel.index 0 : i32
      %f = arith.sitofp %i : i32 to f32
      %c2 = arith.mulf %c, %c : f32
      %u = arith.addf %acc, %c2 : f32
      %v = arith.addf %u, %f : f32
      %h = arith.truncf %v : f32 to bf16
      kernel.yield %u, %h, %v : f32, bf16, f32 }
  return
}
}

// -----

module attributes {kernel.machine = #kernel.cpu<cores = 8, vector_bytes = 16, vector_registers = 16>} {
// Rows of a group: the number of register tiles comes from where the tile begins
// and ends; a tile past the last has none. One may read rows of the next group,
// but none past the last of all, 19.
// CHECK-LABEL: func @ragged_m(
// CHECK:         %[[FOUND:.*]]:4 = scf.for
// CHECK:         %[[HEIGHT:.*]] = arith.subi %[[FOUND]]#3, %[[FOUND]]#2
// CHECK-NEXT:    %[[ROUND:.*]] = arith.addi %[[HEIGHT]], %c1
// CHECK-NEXT:    %[[TILES:.*]] = arith.divui %[[ROUND]], %c2
// CHECK-NEXT:    scf.for %[[I:.*]] = %c0 to %[[TILES]] step %c1 {
// CHECK:           %[[FIRST:.*]] = arith.muli %[[I]], %c2
// CHECK-NEXT:      %[[M:.*]] = arith.addi %[[FOUND]]#2, %[[FIRST]]
// CHECK-NEXT:      %[[BEGIN:.*]] = arith.minsi %[[M]], %c18
// CHECK:           %[[SKIP:.*]] = arith.subi %[[M]], %[[BEGIN]]
// CHECK:           %[[REST:.*]] = arith.subi %[[FOUND]]#3, %[[M]]
// CHECK-NEXT:      %[[ROWS:.*]] = arith.minsi %[[REST]], %c2
// CHECK-NEXT:      scf.for %{{.*}} = %c0 to %[[ROWS]]
func.func @ragged_m(%x: memref<20x4xf32>, %w: memref<3x4x8xf32>, %o: memref<4xi32>, %y: memref<20x8xf32>,
                    %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  kernel.contract dims [3, 20, 8, 4] ins(%x, %w, %o : memref<20x4xf32>, memref<3x4x8xf32>, memref<4xi32>) outs(%y : memref<20x8xf32>)
    maps [affine_map<(g, m, n, k) -> (m, k)>, affine_map<(g, m, n, k) -> (g, k, n)>, affine_map<(g, m, n, k) -> (g)>, affine_map<(g, m, n, k) -> (m, n)>]
    ragged 1 by 2
    schedule <tile = [8, 8, 4], micro = [2, 8]>
    lhs { ^bb0(%l: f32, %r: f32, %i: i32): kernel.yield %l : f32 }
    rhs { ^bb0(%l: f32, %r: f32, %i: i32): kernel.yield %r : f32 }
    epilogue { ^bb0(%l: f32, %r: f32, %i: i32, %acc: f32): kernel.yield %acc : f32 }
  return
}
}

// -----

module attributes {kernel.machine = #kernel.cpu<cores = 8, vector_bytes = 16, vector_registers = 16>} {
// A large input of the epilogue is asked for before the register tile runs: the
// two vectors of every row. Not asked for: what is small enough for a cache
// (65536 elements), the same for all rows, not contiguous along n, or gathered.
// CHECK-LABEL: func @prefetch(
// CHECK-SAME:    %{{.*}}: memref<1024x32xf32>, %{{.*}}: memref<32x128xf32>, %[[RES:[^:]*]]: memref<1024x128xf32>
// CHECK:         %[[FLAT:.*]] = memref.reinterpret_cast %[[RES]]
// CHECK-NOT:     memref.prefetch
// CHECK:         scf.for %[[R:.*]] = %c0 to %{{.*}} step %c1 {
// CHECK:           memref.prefetch %[[FLAT]][%[[AT:[0-9]+]]], read, locality<3>, data : memref<131072xf32>
// CHECK-NEXT:      %[[NEXT:.*]] = arith.addi %[[AT]], %c4
// CHECK-NEXT:      memref.prefetch %[[FLAT]][%[[NEXT]]], read, locality<3>, data
// CHECK-NEXT:    }
// CHECK-NOT:     memref.prefetch
// CHECK:         vector.fma
// CHECK-NOT:     memref.prefetch
func.func @prefetch(%x: memref<1024x32xf32>, %w: memref<32x128xf32>, %res: memref<1024x128xf32>, %small: memref<512x128xf32>,
                    %same: memref<1024x128xf32>, %turned: memref<128x1024xf32>, %rows: memref<1024x128xf32>, %plan: memref<1024xi32>,
                    %y: memref<1024x128xf32>, %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  kernel.contract dims [1024, 128, 32]
    ins(%x, %w, %res, %small, %same, %turned, %rows, %plan : memref<1024x32xf32>, memref<32x128xf32>, memref<1024x128xf32>,
        memref<512x128xf32>, memref<1024x128xf32>, memref<128x1024xf32>, memref<1024x128xf32>, memref<1024xi32>)
    outs(%y : memref<1024x128xf32>)
    maps [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>,
          affine_map<(m, n, k) -> (m floordiv 2, n)>, affine_map<(m, n, k) -> (0, n)>, affine_map<(m, n, k) -> (n, m)>,
          affine_map<(m, n, k) -> (0, n)>, affine_map<(m, n, k) -> (m)>, affine_map<(m, n, k) -> (m, n)>]
    gathers [-1, -1, -1, -1, -1, -1, 7, -1]
    schedule <tile = [64, 128, 32], micro = [8, 8]>
    lhs { ^bb0(%l: f32, %r: f32, %a: f32, %b: f32, %c: f32, %d: f32, %e: f32, %p: i32): kernel.yield %l : f32 }
    rhs { ^bb0(%l: f32, %r: f32, %a: f32, %b: f32, %c: f32, %d: f32, %e: f32, %p: i32): kernel.yield %r : f32 }
    epilogue { ^bb0(%l: f32, %r: f32, %a: f32, %b: f32, %c: f32, %d: f32, %e: f32, %p: i32, %acc: f32):
      %s = arith.addf %acc, %a : f32
      %t = arith.addf %s, %b : f32
      %u = arith.addf %t, %c : f32
      %v = arith.addf %u, %d : f32
      %z = arith.addf %v, %e : f32
      kernel.yield %z : f32 }
  return
}
}

// -----

module attributes {kernel.machine = #kernel.cpu<cores = 8, vector_bytes = 16, vector_registers = 16>} {
// Four strips of 8 columns and 512 steps, more than L1 holds: each of the two
// row tiles of a strip asks for half of the next one, 4 elements a step, behind
// the last strip for the first.
// CHECK-LABEL: func @strip_ahead(
// CHECK:         scf.for %[[J:.*]] = %c0 to %c4 step %c1 {
// CHECK:           scf.for %[[I:.*]] = %c0 to %c2 step %c1 {
// CHECK-DAG:         %[[BEHIND:.*]] = arith.addi %[[J]], %c1
// CHECK-DAG:         %[[WRAPS:.*]] = arith.cmpi eq, %[[BEHIND]], %c4
// CHECK-DAG:         %[[NEXT:.*]] = arith.select %[[WRAPS]], %c0, %[[BEHIND]]
// CHECK-DAG:         %[[SHARE:.*]] = arith.muli %{{.*}}, %c2048
// CHECK-DAG:         %[[AHEAD:.*]] = arith.addi %[[SHARE]], %{{.*}}
// CHECK:             scf.for %[[K:.*]] = %c0 to %c512 step %c1 iter_args
// CHECK-COUNT-2:       vector.load
// CHECK:               %[[STEPS:.*]] = arith.muli %[[K]], %c4
// CHECK-NEXT:          %[[SOON:.*]] = arith.addi %[[STEPS]], %[[AHEAD]]
// CHECK:               memref.prefetch %{{.*}}[%[[SOON]]], read, locality<2>, data : memref<16384xf32>
// CHECK-COUNT-4:       vector.fma
func.func @strip_ahead(%x: memref<4x512xf32>, %w: memref<4x512x8xf32>, %y: memref<4x32xf32>,
                       %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  kernel.contract dims [4, 32, 512] ins(%x, %w : memref<4x512xf32>, memref<4x512x8xf32>) outs(%y : memref<4x32xf32>)
    maps [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (n floordiv 8, k, n mod 8)>, affine_map<(m, n, k) -> (m, n)>]
    schedule <tile = [4, 32, 512], micro = [2, 8]>
    lhs { ^bb0(%l: f32, %r: f32): kernel.yield %l : f32 }
    rhs { ^bb0(%l: f32, %r: f32): kernel.yield %r : f32 }
    epilogue { ^bb0(%l: f32, %r: f32, %acc: f32): kernel.yield %acc : f32 }
  return
}
}

// -----

module attributes {kernel.machine = #kernel.cpu<cores = 8, vector_bytes = 16, vector_registers = 16>} {
// 11 columns in strips of 8: the second strip has loops of its own, with one
// vector a row, and is stored with a mask.
// CHECK-LABEL: func @cut_columns(
// CHECK:         scf.for %[[I:.*]] = %c0 to %c2 step %c1 {
// CHECK:           scf.for {{.*}} -> (vector<4xf32>, vector<4xf32>, vector<4xf32>, vector<4xf32>) {
// CHECK-NOT:       mask
// CHECK-COUNT-2:   vector.store {{.*}} : memref<44xf32>, vector<4xf32>
// CHECK:         scf.for %[[I:.*]] = %c0 to %c2 step %c1 {
// CHECK:           scf.for {{.*}} -> (vector<4xf32>, vector<4xf32>) {
// CHECK:           vector.constant_mask [3]
// CHECK-NOT:       vector.store {{.*}} : memref<44xf32>
// CHECK:           vector.maskedstore {{.*}} : memref<44xf32>
// CHECK-NOT:       vector.maskedstore
// CHECK:         return
func.func @cut_columns(%x: memref<4x6xf32>, %w: memref<11x6xf32>, %y: memref<4x11xf32>,
                       %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  kernel.contract dims [4, 11, 6] ins(%x, %w : memref<4x6xf32>, memref<11x6xf32>) outs(%y : memref<4x11xf32>)
    maps [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (n, k)>, affine_map<(m, n, k) -> (m, n)>]
    schedule <tile = [4, 16, 6], micro = [2, 8]>
    lhs { ^bb0(%l: f32, %r: f32): kernel.yield %l : f32 }
    rhs { ^bb0(%l: f32, %r: f32): kernel.yield %r : f32 }
    epilogue { ^bb0(%l: f32, %r: f32, %acc: f32): kernel.yield %acc : f32 }
  return
}
}

// -----

module attributes {kernel.machine = #kernel.cpu<cores = 8, vector_bytes = 16, vector_registers = 16>} {
// One row tile streams through all strips: nothing is asked for.
// CHECK-LABEL: func @strip_stream(
// CHECK-NOT:     memref.prefetch
func.func @strip_stream(%x: memref<2x512xf32>, %w: memref<4x512x8xf32>, %y: memref<2x32xf32>,
                        %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  kernel.contract dims [2, 32, 512] ins(%x, %w : memref<2x512xf32>, memref<4x512x8xf32>) outs(%y : memref<2x32xf32>)
    maps [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (n floordiv 8, k, n mod 8)>, affine_map<(m, n, k) -> (m, n)>]
    schedule <tile = [2, 32, 512], micro = [2, 8]>
    lhs { ^bb0(%l: f32, %r: f32): kernel.yield %l : f32 }
    rhs { ^bb0(%l: f32, %r: f32): kernel.yield %r : f32 }
    epilogue { ^bb0(%l: f32, %r: f32, %acc: f32): kernel.yield %acc : f32 }
  return
}
}
