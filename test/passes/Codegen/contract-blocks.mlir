// Which part of a contraction a block is: the same rules for a CPU and a GPU.
// RUN: moec-opt %s --moec-lower-contract --canonicalize --cse --split-input-file | FileCheck %s
// RUN: sed 's/#kernel.cpu<.*>}/#kernel.gpu<multiprocessors = 132, shared_bytes = 232448>}/' %s | moec-opt --pass-pipeline='builtin.module(func.func(moec-gpu-lower-contract,canonicalize,cse))' --split-input-file | FileCheck %s --check-prefix=GPU

// Tiles of 32 of 40 rows and 3 groups: each group may end in the middle of one. A tile is in the
// group that has its number, and ends where the group does.
module attributes {kernel.machine = #kernel.cpu<cores = 8, vector_bytes = 64, vector_registers = 32>} {
// CHECK-LABEL: func.func @ragged
// CHECK-SAME: kernel.blocks = 4 : i64
// CHECK: scf.for %[[BLOCK:.*]] = %arg4 to %arg5
// CHECK: %[[TILE:.*]] = arith.remui %[[BLOCK]], %c4
// CHECK: %[[FOUND:.*]]:4 = scf.for %[[G:.*]] = %c0 to %c3 step %c1 iter_args(%[[BEFORE:[^ ]*]] = %c0, %[[IN:[^ ]*]] = %c0, %[[FROM:[^ ]*]] = %c0, %[[TO:[^ ]*]] = %c0)
// CHECK: %[[LOW:.*]] = arith.index_cast
// CHECK: %[[HIGH:.*]] = arith.index_cast
// CHECK: %[[ROWS:.*]] = arith.subi %[[HIGH]], %[[LOW]]
// CHECK: %[[MORE:.*]] = arith.addi %[[ROWS]], %c31
// CHECK: %[[TILES:.*]] = arith.divui %[[MORE]], %c32
// CHECK: %[[AFTER:.*]] = arith.addi %[[BEFORE]], %[[TILES]]
// CHECK: %[[PAST:.*]] = arith.subi %[[TILE]], %[[BEFORE]]
// CHECK: %[[MOVED:.*]] = arith.muli %[[PAST]], %c32
// CHECK: %[[BEGIN:.*]] = arith.addi %[[MOVED]], %[[LOW]]
// CHECK: %[[LONG:.*]] = arith.addi %[[BEGIN]], %c32
// CHECK: %[[END:.*]] = arith.minsi %[[LONG]], %[[HIGH]]
// CHECK: arith.cmpi sge, %[[TILE]], %[[BEFORE]]
// CHECK: arith.cmpi slt, %[[TILE]], %[[AFTER]]
// CHECK: %[[HERE:.*]] = arith.andi
// CHECK: arith.select %[[HERE]], %[[G]], %[[IN]]
// CHECK: arith.select %[[HERE]], %[[BEGIN]], %[[FROM]]
// CHECK: arith.select %[[HERE]], %[[END]], %[[TO]]
// GPU-LABEL: func.func @ragged
// GPU-SAME: kernel.grid = 4 : i64
// GPU: %[[ROWS:.*]] = arith.subi
// GPU: %[[MORE:.*]] = arith.addi %[[ROWS]], %c31_i32
// GPU: arith.divui %[[MORE]], %c32_i32
// GPU: %[[BEFORE:.*]] = arith.subi
// GPU: %[[PAST:.*]] = arith.subi %{{.*}}, %[[BEFORE]]
// GPU: %[[MOVED:.*]] = arith.muli %[[PAST]], %c32_i32
// GPU: %[[BEGIN:.*]] = arith.addi %[[MOVED]], %{{.*}}
// GPU: %[[LONG:.*]] = arith.addi %[[BEGIN]], %c32_i32
// GPU: arith.minsi %[[LONG]]
// GPU: arith.andi
func.func @ragged(%x: memref<40x16xf32>, %w: memref<3x16x32xf32>, %offsets: memref<4xi32>, %y: memref<40x32xf32>,
                  %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  kernel.contract dims [3, 40, 32, 16] ins(%x, %w, %offsets : memref<40x16xf32>, memref<3x16x32xf32>, memref<4xi32>) outs(%y : memref<40x32xf32>)
    maps [affine_map<(g, m, n, k) -> (m, k)>, affine_map<(g, m, n, k) -> (g, k, n)>, affine_map<(g, m, n, k) -> (g)>, affine_map<(g, m, n, k) -> (m, n)>]
    ragged 1 by 2
    schedule #kernel.schedule<tile = [32, 32, 16], micro = [4, 4]>
    lhs { ^bb0(%a: f32, %b: f32, %c: i32): kernel.yield %a : f32 }
    rhs { ^bb0(%a: f32, %b: f32, %c: i32): kernel.yield %b : f32 }
    epilogue { ^bb0(%a: f32, %b: f32, %c: i32, %acc: f32): kernel.yield %acc : f32 }
  return
}
}
