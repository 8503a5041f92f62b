// RUN: moec-opt %s --split-input-file --pass-pipeline='builtin.module(func.func(moec-gpu-lower-contract,canonicalize,cse))' | FileCheck %s

// 2 x 3 tiles: blocks that follow each other lie below each other and so have the same right operand.

module attributes {kernel.machine = #kernel.gpu<multiprocessors = 132, shared_bytes = 232448>} {
// CHECK-LABEL: func.func @m_fastest
// CHECK-SAME: kernel.grid = 6 : i64
// CHECK: gpu.block_id x
// CHECK: %[[BLOCK:.*]] = arith.index_castui
// CHECK-NEXT: %[[M:.*]] = arith.remui %[[BLOCK]], %c2_i32
// CHECK-NEXT: %[[N:.*]] = arith.divui %[[BLOCK]], %c2_i32
// CHECK-NEXT: %[[COLUMN:.*]] = arith.muli %[[N]], %c32_i32
// CHECK-NEXT: arith.addi %[[COLUMN]], %c32_i32
// CHECK-NEXT: %[[ROW:.*]] = arith.muli %[[M]], %c32_i32
// CHECK-NEXT: arith.addi %[[ROW]], %c32_i32
func.func @m_fastest(%x: memref<64x16xf32>, %w: memref<16x96xf32>, %y: memref<64x96xf32>,
                     %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  kernel.contract dims [64, 96, 16] ins(%x, %w : memref<64x16xf32>, memref<16x96xf32>) outs(%y : memref<64x96xf32>)
    maps [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>]
    schedule #kernel.schedule<tile = [32, 32, 16], micro = [4, 4]>
    lhs { ^bb0(%a: f32, %b: f32): kernel.yield %a : f32 }
    rhs { ^bb0(%a: f32, %b: f32): kernel.yield %b : f32 }
    epilogue { ^bb0(%a: f32, %b: f32, %acc: f32): kernel.yield %acc : f32 }
  return
}
}

// -----

// 20 x 3 tiles: first 16 of each column, 48 in all, then the other 4 of each.

module attributes {kernel.machine = #kernel.gpu<multiprocessors = 132, shared_bytes = 232448>} {
// CHECK-LABEL: func.func @rows_of_tiles
// CHECK-SAME: kernel.grid = 60 : i64
// CHECK: gpu.block_id x
// CHECK: %[[BLOCK:.*]] = arith.index_castui
// CHECK-NEXT: %[[SUPER:.*]] = arith.divui %[[BLOCK]], %c48_i32
// CHECK-NEXT: %[[FIRST:.*]] = arith.muli %[[SUPER]], %c16_i32
// CHECK-NEXT: %[[IN:.*]] = arith.remui %[[BLOCK]], %c48_i32
// CHECK-NEXT: %[[LEFT:.*]] = arith.subi %c20_i32, %[[FIRST]]
// CHECK-NEXT: %[[ROWS:.*]] = arith.minsi %[[LEFT]], %c16_i32
// CHECK-NEXT: %[[M:.*]] = arith.remui %[[IN]], %[[ROWS]]
// CHECK-NEXT: %[[TILE:.*]] = arith.addi %[[FIRST]], %[[M]]
// CHECK-NEXT: %[[N:.*]] = arith.divui %[[IN]], %[[ROWS]]
// CHECK-NEXT: arith.muli %[[N]], %c32_i32
// CHECK: arith.muli %[[TILE]], %c32_i32
func.func @rows_of_tiles(%x: memref<640x16xf32>, %w: memref<16x96xf32>, %y: memref<640x96xf32>,
                         %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  kernel.contract dims [640, 96, 16] ins(%x, %w : memref<640x16xf32>, memref<16x96xf32>) outs(%y : memref<640x96xf32>)
    maps [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>]
    schedule #kernel.schedule<tile = [32, 32, 16], micro = [4, 4]>
    lhs { ^bb0(%a: f32, %b: f32): kernel.yield %a : f32 }
    rhs { ^bb0(%a: f32, %b: f32): kernel.yield %b : f32 }
    epilogue { ^bb0(%a: f32, %b: f32, %acc: f32): kernel.yield %acc : f32 }
  return
}
}

// -----

// 32 x 2 tiles: no row of tiles is shorter.

module attributes {kernel.machine = #kernel.gpu<multiprocessors = 132, shared_bytes = 232448>} {
// CHECK-LABEL: func.func @whole_rows_of_tiles
// CHECK-SAME: kernel.grid = 64 : i64
// CHECK: gpu.block_id x
// CHECK: %[[BLOCK:.*]] = arith.index_castui
// CHECK-NEXT: %[[SUPER:.*]] = arith.divui %[[BLOCK]], %c32_i32
// CHECK-NEXT: %[[FIRST:.*]] = arith.muli %[[SUPER]], %c16_i32
// CHECK-NEXT: %[[IN:.*]] = arith.remui %[[BLOCK]], %c32_i32
// CHECK-NEXT: %[[M:.*]] = arith.remui %[[IN]], %c16_i32
// CHECK-NEXT: arith.addi %[[FIRST]], %[[M]]
// CHECK-NEXT: arith.divui %[[IN]], %c16_i32
func.func @whole_rows_of_tiles(%x: memref<1024x16xf32>, %w: memref<16x64xf32>, %y: memref<1024x64xf32>,
                               %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  kernel.contract dims [1024, 64, 16] ins(%x, %w : memref<1024x16xf32>, memref<16x64xf32>) outs(%y : memref<1024x64xf32>)
    maps [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>]
    schedule #kernel.schedule<tile = [32, 32, 16], micro = [4, 4]>
    lhs { ^bb0(%a: f32, %b: f32): kernel.yield %a : f32 }
    rhs { ^bb0(%a: f32, %b: f32): kernel.yield %b : f32 }
    epilogue { ^bb0(%a: f32, %b: f32, %acc: f32): kernel.yield %acc : f32 }
  return
}
}

// -----

// Tiles, then the last dimension of the groups, then the first.

module attributes {kernel.machine = #kernel.gpu<multiprocessors = 132, shared_bytes = 232448>} {
// CHECK-LABEL: func.func @groups
// CHECK-SAME: kernel.grid = 30 : i64
// CHECK: gpu.block_id x
// CHECK: %[[BLOCK:.*]] = arith.index_castui
// CHECK-NEXT: %[[M:.*]] = arith.remui %[[BLOCK]], %c2_i32
// CHECK-NEXT: %[[GROUP:.*]] = arith.divui %[[BLOCK]], %c2_i32
// CHECK-NEXT: %[[H:.*]] = arith.remui %[[GROUP]], %c5_i32
// CHECK-NEXT: %[[G:.*]] = arith.divui %[[GROUP]], %c5_i32
// CHECK-NEXT: %[[LAST:.*]] = arith.index_castui %[[H]]
// CHECK-NEXT: %[[FIRST:.*]] = arith.index_castui %[[G]]
// CHECK-NEXT: arith.muli %[[M]], %c32_i32
// CHECK: arith.muli %[[FIRST]], %c5120
// CHECK-NEXT: arith.muli %[[LAST]], %c1024
func.func @groups(%x: memref<3x5x64x16xf32>, %w: memref<3x5x16x32xf32>, %y: memref<3x5x64x32xf32>,
                  %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  kernel.contract dims [3, 5, 64, 32, 16] ins(%x, %w : memref<3x5x64x16xf32>, memref<3x5x16x32xf32>) outs(%y : memref<3x5x64x32xf32>)
    maps [affine_map<(g, h, m, n, k) -> (g, h, m, k)>, affine_map<(g, h, m, n, k) -> (g, h, k, n)>, affine_map<(g, h, m, n, k) -> (g, h, m, n)>]
    schedule #kernel.schedule<tile = [32, 32, 16], micro = [4, 4]>
    lhs { ^bb0(%a: f32, %b: f32): kernel.yield %a : f32 }
    rhs { ^bb0(%a: f32, %b: f32): kernel.yield %b : f32 }
    epilogue { ^bb0(%a: f32, %b: f32, %acc: f32): kernel.yield %acc : f32 }
  return
}
}

// -----

// The last tiles end where the matrix does.

module attributes {kernel.machine = #kernel.gpu<multiprocessors = 132, shared_bytes = 232448>} {
// CHECK-LABEL: func.func @clipped
// CHECK: gpu.block_id x
// CHECK: %[[COLUMN:.*]] = arith.muli %{{.*}}, %c32_i32
// CHECK-NEXT: %[[RIGHT:.*]] = arith.addi %[[COLUMN]], %c32_i32
// CHECK-NEXT: arith.minsi %[[RIGHT]], %c50_i32
// CHECK-NEXT: %[[ROW:.*]] = arith.muli %{{.*}}, %c32_i32
// CHECK-NEXT: %[[BELOW:.*]] = arith.addi %[[ROW]], %c32_i32
// CHECK-NEXT: arith.minsi %[[BELOW]], %c40_i32
func.func @clipped(%x: memref<40x16xf32>, %w: memref<16x50xf32>, %y: memref<40x50xf32>,
                   %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  kernel.contract dims [40, 50, 16] ins(%x, %w : memref<40x16xf32>, memref<16x50xf32>) outs(%y : memref<40x50xf32>)
    maps [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>]
    schedule #kernel.schedule<tile = [32, 32, 16], micro = [4, 4]>
    lhs { ^bb0(%a: f32, %b: f32): kernel.yield %a : f32 }
    rhs { ^bb0(%a: f32, %b: f32): kernel.yield %b : f32 }
    epilogue { ^bb0(%a: f32, %b: f32, %acc: f32): kernel.yield %acc : f32 }
  return
}
}

// -----

// Ragged m: the lanes of a warp look at a group each, at most 32 in one go. One tile more for
// each group than the rows have: a block past the last tile does nothing.

module attributes {kernel.machine = #kernel.gpu<multiprocessors = 132, shared_bytes = 232448>} {
// CHECK-LABEL: func.func @ragged
// CHECK-SAME: kernel.grid = 4 : i64
// CHECK: %[[LANE:.*]] = arith.remui %{{.*}}, %c32_i32
// CHECK-NEXT: %[[GROUP:.*]] = arith.minsi %[[LANE]], %c2_i32
// CHECK: %[[LOW:.*]] = memref.load %arg2
// CHECK: %[[HIGH:.*]] = memref.load %arg2
// CHECK: %[[ROWS:.*]] = arith.subi %[[HIGH]], %[[LOW]]
// CHECK-NEXT: %[[MORE:.*]] = arith.addi %[[ROWS]], %c31_i32
// CHECK-NEXT: %[[TILES:.*]] = arith.divui %[[MORE]], %c32_i32
// CHECK-NEXT: arith.select %{{.*}}, %[[TILES]], %c0_i32
// CHECK-COUNT-5: gpu.shuffle up
// CHECK: %[[HERE:.*]] = arith.andi
// CHECK-NEXT: %[[VOTES:.*]] = nvvm.vote.sync ballot %{{.*}}, %[[HERE]]
// CHECK: %[[WINNER:.*]] = math.cttz %[[VOTES]]
// CHECK: gpu.shuffle idx
// CHECK: %[[FROM:.*]] = arith.select
// CHECK: gpu.shuffle idx
// CHECK: %[[TO:.*]] = arith.select
// CHECK: %[[SOME:.*]] = arith.cmpi slt, %[[FROM]], %[[TO]]
// CHECK: scf.if %[[SOME]]
func.func @ragged(%x: memref<40x16xf32>, %w: memref<3x16x16xf32>, %offsets: memref<4xi32>, %y: memref<40x16xf32>,
                  %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  kernel.contract dims [3, 40, 16, 16] ins(%x, %w, %offsets : memref<40x16xf32>, memref<3x16x16xf32>, memref<4xi32>) outs(%y : memref<40x16xf32>)
    maps [affine_map<(g, m, n, k) -> (m, k)>, affine_map<(g, m, n, k) -> (g, k, n)>, affine_map<(g, m, n, k) -> (g)>, affine_map<(g, m, n, k) -> (m, n)>]
    ragged 1 by 2
    schedule #kernel.schedule<tile = [32, 32, 16], micro = [4, 4]>
    lhs { ^bb0(%a: f32, %b: f32, %c: i32): kernel.yield %a : f32 }
    rhs { ^bb0(%a: f32, %b: f32, %c: i32): kernel.yield %b : f32 }
    epilogue { ^bb0(%a: f32, %b: f32, %c: i32, %acc: f32): kernel.yield %acc : f32 }
  return
}
}

// -----

// More groups than lanes: 32 at a time, going on from the tiles of those before.

module attributes {kernel.machine = #kernel.gpu<multiprocessors = 132, shared_bytes = 232448>} {
// CHECK-LABEL: func.func @many_groups
// CHECK-SAME: kernel.grid = 71 : i64
// CHECK: %[[TILE:.*]] = arith.index_castui %block_id_x
// CHECK: %[[LANE:.*]] = arith.remui
// CHECK: %[[FOUND:.*]]:4 = scf.for %[[BASE:.*]] = %c0_i32 to %c70_i32 step %c32_i32 iter_args(%[[BEFORE:[^ ]*]] = %c0_i32, %[[G:[^ ]*]] = %c0_i32,
// CHECK-NEXT: %[[MINE:.*]] = arith.addi %[[BASE]], %[[LANE]]
// CHECK-NEXT: arith.minsi %[[MINE]], %c69_i32
// CHECK: %[[COUNT:.*]] = arith.select %{{.*}}, %{{.*}}, %c0_i32
// CHECK: gpu.shuffle up %[[COUNT]], %c1_i32, %c32_i32
// CHECK: gpu.shuffle up %{{.*}}, %c2_i32, %c32_i32
// CHECK: gpu.shuffle up %{{.*}}, %c4_i32, %c32_i32
// CHECK: gpu.shuffle up %{{.*}}, %c8_i32, %c32_i32
// CHECK: gpu.shuffle up %{{.*}}, %c16_i32, %c32_i32
// CHECK: %[[THROUGH:.*]] = arith.select
// CHECK-NEXT: %[[AFTER:.*]] = arith.addi %[[BEFORE]], %[[THROUGH]]
// CHECK-NEXT: %[[START:.*]] = arith.subi %[[AFTER]], %[[COUNT]]
// CHECK: %[[ABOVE:.*]] = arith.cmpi sge, %[[TILE]], %[[START]]
// CHECK-NEXT: %[[BELOW:.*]] = arith.cmpi slt, %[[TILE]], %[[AFTER]]
// CHECK-NEXT: arith.andi %[[ABOVE]], %[[BELOW]]
// CHECK: %[[ALL:.*]], %{{.*}} = gpu.shuffle idx %[[AFTER]], %c31_i32, %c32_i32
// CHECK-NEXT: %[[WINNER:.*]] = arith.addi %[[BASE]],
// CHECK-NEXT: arith.select %{{.*}}, %[[WINNER]], %[[G]]
// CHECK: scf.yield %[[ALL]],
// CHECK-NEXT: }
// CHECK-NEXT: arith.index_castui %[[FOUND]]#1
// CHECK-NEXT: %[[SOME:.*]] = arith.cmpi slt, %[[FOUND]]#2, %[[FOUND]]#3
// CHECK-NEXT: scf.if %[[SOME]]
func.func @many_groups(%x: memref<40x16xf32>, %w: memref<70x16x16xf32>, %offsets: memref<71xi32>, %y: memref<40x16xf32>,
                       %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  kernel.contract dims [70, 40, 16, 16] ins(%x, %w, %offsets : memref<40x16xf32>, memref<70x16x16xf32>, memref<71xi32>) outs(%y : memref<40x16xf32>)
    maps [affine_map<(g, m, n, k) -> (m, k)>, affine_map<(g, m, n, k) -> (g, k, n)>, affine_map<(g, m, n, k) -> (g)>, affine_map<(g, m, n, k) -> (m, n)>]
    ragged 1 by 2
    schedule #kernel.schedule<tile = [32, 32, 16], micro = [4, 4]>
    lhs { ^bb0(%a: f32, %b: f32, %c: i32): kernel.yield %a : f32 }
    rhs { ^bb0(%a: f32, %b: f32, %c: i32): kernel.yield %b : f32 }
    epilogue { ^bb0(%a: f32, %b: f32, %c: i32, %acc: f32): kernel.yield %acc : f32 }
  return
}
}

// -----

// Ragged k: the offsets of the group are its bounds.

module attributes {kernel.machine = #kernel.gpu<multiprocessors = 132, shared_bytes = 232448>} {
// CHECK-LABEL: func.func @ragged_k
// CHECK-SAME: kernel.grid = 3 : i64
// CHECK: %[[GROUP:.*]] = gpu.block_id x
// CHECK-NEXT: %[[FROM:.*]] = memref.load %arg2[%[[GROUP]]]
// CHECK-NEXT: %[[NEXT:.*]] = arith.addi %[[GROUP]], %c1
// CHECK-NEXT: %[[TO:.*]] = memref.load %arg2[%[[NEXT]]]
// CHECK-NOT: gpu.shuffle
// CHECK: %[[DEPTH:.*]] = arith.subi %[[TO]], %[[FROM]]
// CHECK-NEXT: %[[MORE:.*]] = arith.addi %[[DEPTH]], %c15_i32
// CHECK-NEXT: arith.divui %[[MORE]], %c16_i32
func.func @ragged_k(%x: memref<32x40xf32>, %w: memref<40x32xf32>, %offsets: memref<4xi32>, %y: memref<3x32x32xf32>,
                    %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  kernel.contract dims [3, 32, 32, 40] ins(%x, %w, %offsets : memref<32x40xf32>, memref<40x32xf32>, memref<4xi32>) outs(%y : memref<3x32x32xf32>)
    maps [affine_map<(g, m, n, k) -> (m, k)>, affine_map<(g, m, n, k) -> (k, n)>, affine_map<(g, m, n, k) -> (g)>, affine_map<(g, m, n, k) -> (g, m, n)>]
    ragged 3 by 2
    schedule #kernel.schedule<tile = [32, 32, 16], micro = [4, 4]>
    lhs { ^bb0(%a: f32, %b: f32, %c: i32): kernel.yield %a : f32 }
    rhs { ^bb0(%a: f32, %b: f32, %c: i32): kernel.yield %b : f32 }
    epilogue { ^bb0(%a: f32, %b: f32, %c: i32, %acc: f32): kernel.yield %acc : f32 }
  return
}
}
