// RUN: moec-opt %s --moec-lower-contract --canonicalize --cse --split-input-file | FileCheck %s

// How the operands of a contraction are packed, with vectors of 4 lanes. Each
// case shows the loop that fills a panel: the loads from the operand, and where
// the vectors land in scratch.

module attributes {kernel.machine = #kernel.cpu<cores = 8, vector_bytes = 16, vector_registers = 16>} {
// Left, contiguous along k, with a map: rows of the panel are as far apart as an odd number
// of vectors (12 for 6 steps). Whole vectors, then one cut to the last 2 steps.
// The right operand is not packed: it is read where it lies.
// CHECK-LABEL: func @left_rows(
// CHECK:         %[[PANEL:.*]] = memref.view %{{.*}}[%c0][] : memref<256xi8> to memref<48xf32>
// CHECK-NOT:     memref.view {{.*}} to memref<48xf32>
// CHECK:         scf.if
// CHECK-NEXT:      scf.for %[[M:.*]] = %c0 to %c4 step %c1 {
// CHECK-DAG:         %[[FROM:.*]] = arith.muli %[[M]], %c6
// CHECK-DAG:         %[[TO:.*]] = arith.muli %[[M]], %c12
// CHECK:             %[[V:.*]] = vector.load %{{.*}}[%[[FROM]]] : memref<24xf32>, vector<4xf32>
// CHECK-NEXT:        %[[N:.*]] = arith.negf %[[V]]
// CHECK-NEXT:        vector.store %[[N]], %[[PANEL]][%[[TO]]]
// CHECK-DAG:         %[[MASK:.*]] = vector.constant_mask [2] : vector<4xi1>
// CHECK-DAG:         %[[FROM4:.*]] = arith.addi %[[FROM]], %c4
// CHECK:             %[[V4:.*]] = vector.maskedload %{{.*}}[%[[FROM4]]], %[[MASK]]
// CHECK-NEXT:        %[[N4:.*]] = arith.negf %[[V4]]
// CHECK-NEXT:        %[[TO4:.*]] = arith.addi %[[TO]], %c4
// CHECK-NEXT:        vector.store %[[N4]], %[[PANEL]][%[[TO4]]]
// CHECK-NEXT:      }
func.func @left_rows(%x: memref<4x6xf32>, %w: memref<6x8xf32>, %y: memref<4x8xf32>,
                     %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  kernel.contract dims [4, 8, 6] ins(%x, %w : memref<4x6xf32>, memref<6x8xf32>) outs(%y : memref<4x8xf32>)
    maps [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>]
    schedule <tile = [4, 8, 6], micro = [2, 4]>
    lhs { ^bb0(%l: f32, %r: f32):
      %n = arith.negf %l : f32
      kernel.yield %n : f32 }
    rhs { ^bb0(%l: f32, %r: f32): kernel.yield %r : f32 }
    epilogue { ^bb0(%l: f32, %r: f32, %acc: f32): kernel.yield %acc : f32 }
  return
}
}

// -----

module attributes {kernel.machine = #kernel.cpu<cores = 8, vector_bytes = 16, vector_registers = 16>} {
// Left, contiguous along m, with register tiles of 2 rows, which divide a
// vector: a vector holds two strips, 20 apart (an odd number of vectors for 8
// steps of 2 rows). 7 rows: the last vector is cut.
// CHECK-LABEL: func @left_strips(
// CHECK:         scf.for %[[K:.*]] = %c0 to %c6 step %c1 {
// CHECK-DAG:       %[[FROM:.*]] = arith.muli %[[K]], %c7
// CHECK-DAG:       %[[STEP:.*]] = arith.muli %[[K]], %c2
// CHECK:           scf.for %[[M:.*]] = %c0 to %c7 step %c4 {
// CHECK-DAG:         %[[LEFT:.*]] = arith.subi %c7, %[[M]]
// CHECK-DAG:         %[[MASK:.*]] = vector.create_mask %[[LEFT]] : vector<4xi1>
// CHECK-DAG:         %[[AT:.*]] = arith.addi %[[FROM]], %[[M]]
// CHECK:             %[[V:.*]] = vector.maskedload %{{.*}}[%[[AT]]], %[[MASK]]
// CHECK:             %[[STRIP:.*]] = arith.divui %[[M]], %c2
// CHECK-NEXT:        %[[START:.*]] = arith.muli %[[STRIP]], %c20
// CHECK-NEXT:        %[[TO:.*]] = arith.addi %[[START]], %[[STEP]]
// CHECK-NEXT:        %[[LOW:.*]] = vector.extract_strided_slice %[[V]] {offsets = [0], sizes = [2]
// CHECK-NEXT:        vector.store %[[LOW]], %[[PANEL:.*]][%[[TO]]] : memref<80xf32>, vector<2xf32>
// CHECK-NEXT:        %[[HIGH:.*]] = vector.extract_strided_slice %[[V]] {offsets = [2], sizes = [2]
// CHECK-NEXT:        %[[NEXT:.*]] = arith.addi %[[TO]], %c20
// CHECK-NEXT:        vector.store %[[HIGH]], %[[PANEL]][%[[NEXT]]]
func.func @left_strips(%x: memref<6x7xf32>, %w: memref<6x8xf32>, %y: memref<7x8xf32>,
                       %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  kernel.contract dims [7, 8, 6] ins(%x, %w : memref<6x7xf32>, memref<6x8xf32>) outs(%y : memref<7x8xf32>)
    maps [affine_map<(m, n, k) -> (k, m)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>]
    schedule <tile = [8, 8, 6], micro = [2, 4]>
    lhs { ^bb0(%l: f32, %r: f32): kernel.yield %l : f32 }
    rhs { ^bb0(%l: f32, %r: f32): kernel.yield %r : f32 }
    epilogue { ^bb0(%l: f32, %r: f32, %acc: f32): kernel.yield %acc : f32 }
  return
}
}

// -----

module attributes {kernel.machine = #kernel.cpu<cores = 8, vector_bytes = 16, vector_registers = 16>} {
// Left, contiguous along m, with register tiles of 8 rows: a step of k is a row
// of the panel, 12 apart, and every vector lands whole. 8 rows need no mask.
// Each step asks for the one that is 8 steps further, or the last.
// CHECK-LABEL: func @left_columns(
// CHECK:         scf.for %[[K:.*]] = %c0 to %c6 step %c1 {
// CHECK-DAG:       %[[FROM:.*]] = arith.muli %[[K]], %c8
// CHECK-DAG:       %[[STEP:.*]] = arith.muli %[[K]], %c12
// CHECK-DAG:       %[[LATER:.*]] = arith.minsi %{{.*}}, %c5
// CHECK-DAG:       %[[AHEAD:.*]] = arith.muli %[[LATER]], %c8
// CHECK:           scf.for %[[M:.*]] = %c0 to %c8 step %c4 {
// CHECK-NEXT:        %[[SOON:.*]] = arith.addi %[[AHEAD]], %[[M]]
// CHECK-NEXT:        memref.prefetch %[[X:.*]][%[[SOON]]], read, locality<3>, data
// CHECK-NEXT:        %[[AT:.*]] = arith.addi %[[FROM]], %[[M]]
// CHECK-NEXT:        %[[V:.*]] = vector.load %[[X]][%[[AT]]] : memref<48xf32>, vector<4xf32>
// CHECK-NEXT:        %[[TO:.*]] = arith.addi %[[STEP]], %[[M]]
// CHECK-NEXT:        vector.store %[[V]], %{{.*}}[%[[TO]]] : memref<96xf32>, vector<4xf32>
// CHECK-NEXT:      }
func.func @left_columns(%x: memref<6x8xf32>, %w: memref<6x8xf32>, %y: memref<8x8xf32>,
                        %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  kernel.contract dims [8, 8, 6] ins(%x, %w : memref<6x8xf32>, memref<6x8xf32>) outs(%y : memref<8x8xf32>)
    maps [affine_map<(m, n, k) -> (k, m)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>]
    schedule <tile = [8, 8, 6], micro = [8, 4]>
    lhs { ^bb0(%l: f32, %r: f32): kernel.yield %l : f32 }
    rhs { ^bb0(%l: f32, %r: f32): kernel.yield %r : f32 }
    epilogue { ^bb0(%l: f32, %r: f32, %acc: f32): kernel.yield %acc : f32 }
  return
}
}

// -----

module attributes {kernel.machine = #kernel.cpu<cores = 8, vector_bytes = 16, vector_registers = 16>} {
// Right, contiguous along n, 10 columns in strips of 8: the columns past the end
// keep it from being read in place. A strip holds 8 steps of 8 columns; the
// vectors of the last strip are cut to the columns that are left.
// CHECK-LABEL: func @right_rows(
// CHECK:         %[[PANEL:.*]] = memref.view {{.*}} to memref<128xf32>
// CHECK:         scf.for %[[K:.*]] = %c0 to %c8 step %c1 {
// CHECK-DAG:       %[[FROM:.*]] = arith.muli %[[K]], %c10
// CHECK-DAG:       %[[STEP:.*]] = arith.muli %[[K]], %c8
// CHECK:           scf.for %[[STRIP:.*]] = %c0 to %c2 step %c1 {
// CHECK-DAG:         %[[N:.*]] = arith.muli %[[STRIP]], %c8
// CHECK-DAG:         %[[START:.*]] = arith.muli %[[STRIP]], %c64
// CHECK-DAG:         %[[TO:.*]] = arith.addi %[[START]], %[[STEP]]
// CHECK-DAG:         %[[LEFT:.*]] = arith.subi %c10, %[[N]]
// CHECK-DAG:         %[[MASK:.*]] = vector.create_mask %[[LEFT]]
// CHECK-DAG:         %[[AT:.*]] = arith.addi %[[FROM]], %[[N]]
// CHECK:             %[[V:.*]] = vector.maskedload %{{.*}}[%[[AT]]], %[[MASK]]
// CHECK:             vector.store %[[V]], %[[PANEL]][%[[TO]]]
// CHECK-DAG:         %[[LEFT4:.*]] = arith.subi %c6, %[[N]]
// CHECK-DAG:         %[[MASK4:.*]] = vector.create_mask %[[LEFT4]]
// CHECK:             %[[V4:.*]] = vector.maskedload %{{.*}}, %[[MASK4]]
// CHECK:             %[[TO4:.*]] = arith.addi %[[TO]], %c4
// CHECK:             vector.store %[[V4]], %[[PANEL]][%[[TO4]]]
func.func @right_rows(%x: memref<4x8xf32>, %w: memref<8x10xf32>, %y: memref<4x10xf32>,
                      %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  kernel.contract dims [4, 10, 8] ins(%x, %w : memref<4x8xf32>, memref<8x10xf32>) outs(%y : memref<4x10xf32>)
    maps [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>]
    schedule <tile = [4, 16, 8], micro = [2, 8]>
    lhs { ^bb0(%l: f32, %r: f32): kernel.yield %l : f32 }
    rhs { ^bb0(%l: f32, %r: f32): kernel.yield %r : f32 }
    epilogue { ^bb0(%l: f32, %r: f32, %acc: f32): kernel.yield %acc : f32 }
  return
}
}

// -----

module attributes {kernel.machine = #kernel.cpu<cores = 8, vector_bytes = 16, vector_registers = 16>} {
// Right, contiguous along k: squares of 4x4 are loaded along k and transposed in
// registers, so that a step of k is 8 columns of the strip. 7 columns: the last
// one (6) is read again past the end. 6 steps: the second square is cut.
// CHECK-LABEL: func @right_transposed(
// CHECK:         %[[PANEL:.*]] = memref.view {{.*}} to memref<64xf32>
// CHECK:         scf.for %[[VECTOR:.*]] = %c0 to %c2 step %c1 {
// CHECK-DAG:       %[[STRIP:.*]] = arith.divui %[[VECTOR]], %c2
// CHECK-DAG:       %[[IN:.*]] = arith.remui %[[VECTOR]], %c2
// CHECK-DAG:       %[[START:.*]] = arith.muli %[[STRIP]], %c64
// CHECK-DAG:       %[[COLUMN:.*]] = arith.muli %[[IN]], %c4
// CHECK-DAG:       %[[TO:.*]] = arith.addi %[[START]], %[[COLUMN]]
// CHECK:           %[[N0:.*]] = arith.muli %[[VECTOR]], %c4
// CHECK:           %[[N1:.*]] = arith.addi %[[N0]], %c1
// CHECK-NEXT:      %[[CUT:.*]] = arith.minsi %[[N1]], %c6
// CHECK:           %[[ROW1:.*]] = arith.muli %[[CUT]], %c6
// CHECK:           %[[A:.*]] = vector.load
// CHECK-NEXT:      memref.prefetch
// CHECK-NEXT:      %[[B:.*]] = vector.load %{{.*}}[%[[ROW1]]]
// CHECK-NEXT:      memref.prefetch
// CHECK-NEXT:      %[[C:.*]] = vector.load
// CHECK-NEXT:      memref.prefetch
// CHECK-NEXT:      %[[D:.*]] = vector.load
// CHECK-NEXT:      %[[AC01:.*]] = vector.shuffle %[[A]], %[[C]] [0, 1, 4, 5]
// CHECK-NEXT:      %[[AC23:.*]] = vector.shuffle %[[A]], %[[C]] [2, 3, 6, 7]
// CHECK-NEXT:      %[[BD01:.*]] = vector.shuffle %[[B]], %[[D]] [0, 1, 4, 5]
// CHECK-NEXT:      %[[BD23:.*]] = vector.shuffle %[[B]], %[[D]] [2, 3, 6, 7]
// CHECK-NEXT:      %[[K0:.*]] = vector.shuffle %[[AC01]], %[[BD01]] [0, 4, 2, 6]
// CHECK-NEXT:      %[[K1:.*]] = vector.shuffle %[[AC01]], %[[BD01]] [1, 5, 3, 7]
// CHECK-NEXT:      %[[K2:.*]] = vector.shuffle %[[AC23]], %[[BD23]] [0, 4, 2, 6]
// CHECK-NEXT:      %[[K3:.*]] = vector.shuffle %[[AC23]], %[[BD23]] [1, 5, 3, 7]
// CHECK-NEXT:      vector.store %[[K0]], %[[PANEL]][%[[TO]]]
// CHECK-NEXT:      %[[TO1:.*]] = arith.addi %[[TO]], %c8
// CHECK-NEXT:      vector.store %[[K1]], %[[PANEL]][%[[TO1]]]
// CHECK-NEXT:      %[[TO2:.*]] = arith.addi %[[TO]], %c16
// CHECK-NEXT:      vector.store %[[K2]], %[[PANEL]][%[[TO2]]]
// CHECK-NEXT:      %[[TO3:.*]] = arith.addi %[[TO]], %c24
// CHECK-NEXT:      vector.store %[[K3]], %[[PANEL]][%[[TO3]]]
// CHECK-NEXT:      %[[MASK:.*]] = vector.constant_mask [2] : vector<4xi1>
// CHECK-COUNT-4:   vector.maskedload %{{.*}}, %[[MASK]]
// CHECK:           arith.addi %[[TO]], %c32
func.func @right_transposed(%x: memref<4x6xf32>, %w: memref<7x6xf32>, %y: memref<4x7xf32>,
                            %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  kernel.contract dims [4, 7, 6] ins(%x, %w : memref<4x6xf32>, memref<7x6xf32>) outs(%y : memref<4x7xf32>)
    maps [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (n, k)>, affine_map<(m, n, k) -> (m, n)>]
    schedule <tile = [4, 8, 6], micro = [2, 8]>
    lhs { ^bb0(%l: f32, %r: f32): kernel.yield %l : f32 }
    rhs { ^bb0(%l: f32, %r: f32): kernel.yield %r : f32 }
    epilogue { ^bb0(%l: f32, %r: f32, %acc: f32): kernel.yield %acc : f32 }
  return
}
}

// -----

module attributes {kernel.machine = #kernel.cpu<cores = 8, vector_bytes = 16, vector_registers = 16>} {
// Rows that a routing plan names: the row number is looked up once a row, an
// absent row (-1) reads row 0 and becomes zeros. 5 rows in tiles of 4: the
// panel is packed again when the tile changes.
// CHECK-LABEL: func @gathered_rows(
// CHECK-SAME:    %[[X:.*]]: memref<9x8xf32>, %{{.*}}: memref<8x8xf32>, %[[PLAN:.*]]: memref<5xi32>
// CHECK:         scf.for %[[BLOCK:.*]] = %{{.*}} iter_args(%[[OLD:.*]] = %c-1)
// CHECK:           %[[TILE:.*]] = arith.remui %[[BLOCK]], %c2
// CHECK:           %[[BEGIN:.*]] = arith.muli %[[TILE]], %c4
// CHECK:           %[[END:.*]] = arith.minsi %{{.*}}, %c5
// CHECK:           %[[NEW:.*]] = arith.cmpi ne, %[[TILE]], %[[OLD]]
// CHECK-NEXT:      scf.if %[[NEW]] {
// CHECK-NEXT:        scf.for %[[M:.*]] = %[[BEGIN]] to %[[END]] step %c1 {
// CHECK-NEXT:          %[[ROW:.*]] = memref.load %[[PLAN]][%[[M]]]
// CHECK-NEXT:          %[[HERE:.*]] = arith.cmpi sge, %[[ROW]], %c0_i32
// CHECK-NEXT:          %[[SAFE:.*]] = arith.maxsi %[[ROW]], %c0_i32
// CHECK-NEXT:          %[[INDEX:.*]] = arith.index_cast %[[SAFE]]
// CHECK-NEXT:          %[[FROM:.*]] = arith.muli %[[INDEX]], %c8
// CHECK:               scf.for %[[K:.*]] = %c0 to %c8 step %c4 {
// CHECK-NEXT:            %[[AT:.*]] = arith.addi %[[FROM]], %[[K]]
// CHECK-NEXT:            %[[V:.*]] = vector.load %{{.*}}[%[[AT]]] : memref<72xf32>
// CHECK-NEXT:            %[[ZERO:.*]] = arith.select %[[HERE]], %[[V]], %cst
// CHECK:                 vector.store %[[ZERO]]
func.func @gathered_rows(%x: memref<9x8xf32>, %w: memref<8x8xf32>, %p: memref<5xi32>, %y: memref<5x8xf32>,
                         %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  kernel.contract dims [5, 8, 8] ins(%x, %w, %p : memref<9x8xf32>, memref<8x8xf32>, memref<5xi32>) outs(%y : memref<5x8xf32>)
    maps [affine_map<(m, n, k) -> (0, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m)>, affine_map<(m, n, k) -> (m, n)>]
    gathers [2, -1, -1]
    schedule <tile = [4, 8, 8], micro = [2, 8]>
    lhs { ^bb0(%l: f32, %r: f32, %i: i32): kernel.yield %l : f32 }
    rhs { ^bb0(%l: f32, %r: f32, %i: i32): kernel.yield %r : f32 }
    epilogue { ^bb0(%l: f32, %r: f32, %i: i32, %acc: f32): kernel.yield %acc : f32 }
  return
}
}

// -----

module attributes {kernel.machine = #kernel.cpu<cores = 8, vector_bytes = 16, vector_registers = 16>} {
// Gradient of expert weights: k runs over the rows of a group, in blocks of 16
// from wherever it begins. Nothing stays packed from block to block, and what
// the region makes of the right operand is packed, not the operand.
// CHECK-LABEL: func @ragged_k(
// CHECK:         %[[BEGIN:.*]] = arith.index_cast
// CHECK:         %[[END:.*]] = arith.index_cast
// CHECK-NOT:     scf.if
// CHECK:         scf.for %[[FROM:.*]] = %[[BEGIN]] to %[[END]] step %c16 {
// CHECK:           %[[TO:.*]] = arith.minsi %{{.*}}, %[[END]]
// CHECK-NEXT:      scf.for %[[K:.*]] = %[[FROM]] to %[[TO]] step %c1 {
// CHECK-NEXT:        %[[ROW:.*]] = arith.muli %[[K]], %c8
// CHECK:             %[[AT:.*]] = arith.subi %[[K]], %[[FROM]]
// CHECK-NEXT:        arith.muli %[[AT]], %c4
// CHECK:             vector.store %{{.*}} : memref<136xf32>, vector<4xf32>
// CHECK:           scf.for %[[K:.*]] = %[[FROM]] to %[[TO]] step %c1 {
// CHECK:             %[[V:.*]] = vector.load
// CHECK-NEXT:        %[[TWICE:.*]] = arith.mulf %[[V]]
// CHECK-NEXT:        vector.store %[[TWICE]], %{{.*}} : memref<128xf32>, vector<4xf32>
func.func @ragged_k(%x: memref<60x8xf32>, %w: memref<60x8xf32>, %o: memref<4xi32>, %y: memref<3x8x8xf32>,
                    %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  kernel.contract dims [3, 8, 8, 60] ins(%x, %w, %o : memref<60x8xf32>, memref<60x8xf32>, memref<4xi32>) outs(%y : memref<3x8x8xf32>)
    maps [affine_map<(g, m, n, k) -> (k, m)>, affine_map<(g, m, n, k) -> (k, n)>, affine_map<(g, m, n, k) -> (g)>, affine_map<(g, m, n, k) -> (g, m, n)>]
    ragged 3 by 2
    schedule <tile = [8, 8, 16], micro = [4, 8]>
    lhs { ^bb0(%l: f32, %r: f32, %i: i32): kernel.yield %l : f32 }
    rhs { ^bb0(%l: f32, %r: f32, %i: i32): %two = arith.constant 2.0 : f32 %s = arith.mulf %r, %two : f32 kernel.yield %s : f32 }
    epilogue { ^bb0(%l: f32, %r: f32, %i: i32, %acc: f32): kernel.yield %acc : f32 }
  return
}
}

// -----

module attributes {kernel.machine = #kernel.cpu<cores = 8, vector_bytes = 16, vector_registers = 16>} {
// Panels are f32, of which products of bf16 are exact: both operands are
// widened while they are packed, the right one though its columns lie well, as
// they lie in no strips.
// CHECK-LABEL: func @bf16(
// CHECK:         scf.for
// CHECK:           %[[R:.*]] = vector.load %{{.*}} : memref<128xbf16>, vector<4xbf16>
// CHECK-NEXT:      %[[WIDE:.*]] = arith.extf %[[R]] : vector<4xbf16> to vector<4xf32>
// CHECK-NEXT:      vector.store %[[WIDE]], %{{.*}} : memref<128xf32>, vector<4xf32>
// CHECK:         scf.if
// CHECK:           %[[L:.*]] = vector.load %{{.*}} : memref<32xbf16>, vector<4xbf16>
// CHECK-NEXT:      %[[WIDE:.*]] = arith.extf %[[L]] : vector<4xbf16> to vector<4xf32>
// CHECK:           vector.store %[[WIDE]], %{{.*}} : memref<48xf32>, vector<4xf32>
func.func @bf16(%x: memref<4x8xbf16>, %w: memref<8x16xbf16>, %y: memref<4x16xf32>,
                %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  kernel.contract dims [4, 16, 8] ins(%x, %w : memref<4x8xbf16>, memref<8x16xbf16>) outs(%y : memref<4x16xf32>)
    maps [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>]
    schedule <tile = [4, 16, 8], micro = [2, 8]>
    lhs { ^bb0(%l: bf16, %r: bf16): kernel.yield %l : bf16 }
    rhs { ^bb0(%l: bf16, %r: bf16): kernel.yield %r : bf16 }
    epilogue { ^bb0(%l: bf16, %r: bf16, %acc: f32): kernel.yield %acc : f32 }
  return
}
}

// -----

module attributes {kernel.machine = #kernel.cpu<cores = 8, vector_bytes = 16, vector_registers = 16>} {
// 10 steps of k in blocks of 4: both panels hold all of k, one block behind the
// other (32 elements right, 16 left), and the last block is shorter.
// CHECK-LABEL: func @several_blocks(
// CHECK:         scf.if
// CHECK-NEXT:      scf.for %[[BLOCK:.*]] = %c0 to %c3 step %c1 {
// CHECK-NEXT:        %[[FROM:.*]] = arith.muli %[[BLOCK]], %c4
// CHECK-NEXT:        %[[NEXT:.*]] = arith.addi %[[FROM]], %c4
// CHECK-NEXT:        %[[END:.*]] = arith.minsi %[[NEXT]], %c10
// CHECK-NEXT:        %[[BASE:.*]] = arith.muli %[[BLOCK]], %c32
// CHECK-NEXT:        scf.for %[[K:.*]] = %[[FROM]] to %[[END]] step %c1 {
// CHECK:               %[[STEP:.*]] = arith.muli %{{.*}}, %c8
// CHECK-NEXT:          %[[TO:.*]] = arith.addi %[[STEP]], %[[BASE]]
// CHECK:               vector.store %{{.*}}, %{{.*}}[%[[TO]]] : memref<96xf32>
// CHECK:         scf.if
// CHECK:           arith.muli %{{.*}}, %c16
// CHECK:           %[[DEPTH:.*]] = arith.subi
// CHECK:             %[[VECTORS:.*]] = arith.divui %[[DEPTH]], %c4
// CHECK-NEXT:        %[[WHOLE:.*]] = arith.muli %[[VECTORS]], %c4
// CHECK-NEXT:        scf.for %{{.*}} = %c0 to %[[WHOLE]] step %c4 {
// CHECK:             scf.for %[[K:.*]] = %[[WHOLE]] to %[[DEPTH]] step %c4 {
// CHECK:               %[[LEFT:.*]] = arith.subi %[[DEPTH]], %[[K]]
// CHECK-NEXT:          %[[MASK:.*]] = vector.create_mask %[[LEFT]]
// CHECK:               vector.maskedload %{{.*}}, %[[MASK]]
func.func @several_blocks(%x: memref<4x10xf32>, %w: memref<10x6xf32>, %y: memref<4x6xf32>,
                          %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  kernel.contract dims [4, 6, 10] ins(%x, %w : memref<4x10xf32>, memref<10x6xf32>) outs(%y : memref<4x6xf32>)
    maps [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>]
    schedule <tile = [4, 8, 4], micro = [2, 8]>
    lhs { ^bb0(%l: f32, %r: f32):
      %n = arith.negf %l : f32
      kernel.yield %n : f32 }
    rhs { ^bb0(%l: f32, %r: f32): kernel.yield %r : f32 }
    epilogue { ^bb0(%l: f32, %r: f32, %acc: f32): kernel.yield %acc : f32 }
  return
}
}
