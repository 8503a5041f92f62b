// RUN: moec-opt %s --pass-pipeline='builtin.module(func.func(moec-gpu-lower-attend-grad,canonicalize,cse))' | FileCheck %s

module attributes {kernel.machine = #kernel.gpu<multiprocessors = 132, shared_bytes = 232448>} {
// Two groups of 32 keys and 16 rows, 16 of either a block: four blocks of keys, which take the one tile of rows, then two of rows. A block of keys has
// four products, of which two sum up; a block of rows three, and carries its sums from tile to tile.
// CHECK-LABEL: func.func @simt(
// CHECK-SAME:    kernel.grid = 6 : i64, kernel.shared = 6528 : i64, kernel.threads = 32 : i64, kernel.variant = "simt"
// CHECK:         %[[BLOCK:.*]] = arith.index_castui %{{.*}} : index to i32
// CHECK:         %[[OF_KEYS:.*]] = arith.cmpi slt, %[[BLOCK]], %c4_i32
// CHECK:         scf.if %[[OF_KEYS]] {
// CHECK-NOT:       scf.for
// CHECK-COUNT-200: math.fma
// CHECK-COUNT-192: math.fma
// CHECK-NOT:       math.fma
// CHECK-COUNT-2:   vector.store
// CHECK:         } else {
// CHECK:           arith.subi %[[BLOCK]], %c4_i32
// CHECK:           scf.for %{{.*}} = %c0_i32 to %c32_i32 step %c16_i32 iter_args(
// CHECK-NEXT:        gpu.barrier
// CHECK-COUNT-328:   math.fma
// CHECK-NOT:         math.fma
// CHECK:             scf.yield
// CHECK:           vector.store
// CHECK-NOT:     kernel.attend_grad
func.func @simt(%q: memref<2x16x16xf32>, %k: memref<2x32x16xf32>, %v: memref<2x32x8xf32>, %dy: memref<2x16x8xf32>, %l: memref<2x16xf32>, %delta: memref<2x16xf32>,
    %dq: memref<2x16x16xf32>, %dk: memref<2x32x16xf32>, %dv: memref<2x32x8xf32>,
    %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  kernel.attend_grad dims [2, 16, 8, 32, 16] ins(%q, %k, %v, %dy, %l, %delta : memref<2x16x16xf32>, memref<2x32x16xf32>, memref<2x32x8xf32>, memref<2x16x8xf32>, memref<2x16xf32>, memref<2x16xf32>)
    outs(%dq, %dk, %dv : memref<2x16x16xf32>, memref<2x32x16xf32>, memref<2x32x8xf32>)
    maps [affine_map<(g, s, e, t, d) -> (g, s, d)>, affine_map<(g, s, e, t, d) -> (g, t, d)>, affine_map<(g, s, e, t, d) -> (g, t, e)>,
          affine_map<(g, s, e, t, d) -> (g, s, e)>, affine_map<(g, s, e, t, d) -> (g, s)>, affine_map<(g, s, e, t, d) -> (g, s)>,
          affine_map<(g, s, e, t, d) -> (g, s, d)>, affine_map<(g, s, e, t, d) -> (g, t, d)>, affine_map<(g, s, e, t, d) -> (g, t, e)>]
    scale 0.5 schedule <tile = [16, 16, 8, 16], micro = [4, 2]>
    query { ^bb0(%a: f32, %b: f32, %c: f32, %y: f32, %m: f32, %n: f32): kernel.yield %a : f32 }
    key { ^bb0(%a: f32, %b: f32, %c: f32, %y: f32, %m: f32, %n: f32): kernel.yield %b : f32 }
    value { ^bb0(%a: f32, %b: f32, %c: f32, %y: f32, %m: f32, %n: f32): kernel.yield %c : f32 }
    gradient { ^bb0(%a: f32, %b: f32, %c: f32, %y: f32, %m: f32, %n: f32): kernel.yield %y : f32 }
    statistics { ^bb0(%a: f32, %b: f32, %c: f32, %y: f32, %m: f32, %n: f32): kernel.yield %m, %n : f32, f32 }
    query_grad { ^bb0(%a: f32, %b: f32, %c: f32, %y: f32, %m: f32, %n: f32, %sum: f32): kernel.yield %sum : f32 }
    key_grad { ^bb0(%a: f32, %b: f32, %c: f32, %y: f32, %m: f32, %n: f32, %sum: f32): kernel.yield %sum : f32 }
    value_grad { ^bb0(%a: f32, %b: f32, %c: f32, %y: f32, %m: f32, %n: f32, %sum: f32): kernel.yield %sum : f32 }
  return
}

// Three tiles of the depth and of the columns: so many blocks side by side, and in each scores and slopes take three steps, for which both factors come.
// CHECK-LABEL: func.func @several(
// CHECK-SAME:    kernel.grid = 24 : i64
// CHECK:         scf.if
// CHECK:           scf.for %{{.*}} = %c0_i32 to %c20_i32 step %c16_i32 iter_args(
// CHECK:             scf.for %{{.*}} = %c0_i32 to %c40_i32 step %c16_i32 iter_args(
// CHECK-NEXT:          gpu.barrier
// CHECK:               gpu.barrier
// CHECK:               math.fma
// CHECK:             scf.for %{{.*}} = %c0_i32 to %c20_i32 step %c8_i32 iter_args(
// CHECK:             math.exp
// CHECK:         } else {
// CHECK:           scf.for %{{.*}} = %c0_i32 to %c32_i32 step %c16_i32 iter_args(
func.func @several(%q: memref<2x20x40xf32>, %k: memref<2x32x40xf32>, %v: memref<2x32x20xf32>, %dy: memref<2x20x20xf32>, %l: memref<2x20xf32>, %delta: memref<2x20xf32>,
    %dq: memref<2x20x40xf32>, %dk: memref<2x32x40xf32>, %dv: memref<2x32x20xf32>,
    %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  kernel.attend_grad dims [2, 20, 20, 32, 40] ins(%q, %k, %v, %dy, %l, %delta : memref<2x20x40xf32>, memref<2x32x40xf32>, memref<2x32x20xf32>, memref<2x20x20xf32>, memref<2x20xf32>, memref<2x20xf32>)
    outs(%dq, %dk, %dv : memref<2x20x40xf32>, memref<2x32x40xf32>, memref<2x32x20xf32>)
    maps [affine_map<(g, s, e, t, d) -> (g, s, d)>, affine_map<(g, s, e, t, d) -> (g, t, d)>, affine_map<(g, s, e, t, d) -> (g, t, e)>,
          affine_map<(g, s, e, t, d) -> (g, s, e)>, affine_map<(g, s, e, t, d) -> (g, s)>, affine_map<(g, s, e, t, d) -> (g, s)>,
          affine_map<(g, s, e, t, d) -> (g, s, d)>, affine_map<(g, s, e, t, d) -> (g, t, d)>, affine_map<(g, s, e, t, d) -> (g, t, e)>]
    scale 0.5 schedule <tile = [16, 16, 8, 16], micro = [4, 2]>
    query { ^bb0(%a: f32, %b: f32, %c: f32, %y: f32, %m: f32, %n: f32): kernel.yield %a : f32 }
    key { ^bb0(%a: f32, %b: f32, %c: f32, %y: f32, %m: f32, %n: f32): kernel.yield %b : f32 }
    value { ^bb0(%a: f32, %b: f32, %c: f32, %y: f32, %m: f32, %n: f32): kernel.yield %c : f32 }
    gradient { ^bb0(%a: f32, %b: f32, %c: f32, %y: f32, %m: f32, %n: f32): kernel.yield %y : f32 }
    statistics { ^bb0(%a: f32, %b: f32, %c: f32, %y: f32, %m: f32, %n: f32): kernel.yield %m, %n : f32, f32 }
    query_grad { ^bb0(%a: f32, %b: f32, %c: f32, %y: f32, %m: f32, %n: f32, %sum: f32): kernel.yield %sum : f32 }
    key_grad { ^bb0(%a: f32, %b: f32, %c: f32, %y: f32, %m: f32, %n: f32, %sum: f32): kernel.yield %sum : f32 }
    value_grad { ^bb0(%a: f32, %b: f32, %c: f32, %y: f32, %m: f32, %n: f32, %sum: f32): kernel.yield %sum : f32 }
  return
}

// Tensor cores read a tile of rows as it lies for scores and turned for sums, so there is one of each; a ring of two needs one barrier a tile.
// CHECK-LABEL: func.func @stages(
// CHECK-SAME:    kernel.grid = 6 : i64, kernel.shared = 33280 : i64, kernel.threads = 128 : i64, kernel.variant = "mma.sync"
// CHECK:         scf.if
// CHECK-COUNT-12:  nvvm.cp.async.shared.global
// CHECK:           scf.for
// CHECK-NEXT:        nvvm.cp.async.commit.group
// CHECK-NEXT:        nvvm.cp.async.wait.group 0
// CHECK-NEXT:        gpu.barrier
// CHECK:             scf.if
// CHECK-COUNT-4:       nvvm.cp.async.shared.global
// CHECK-NOT:           nvvm.cp.async.shared.global
// CHECK-NOT:         gpu.barrier
// CHECK-COUNT-128:   nvvm.mma.sync
// CHECK-NOT:         nvvm.mma.sync
// CHECK-NOT:         gpu.barrier
// CHECK:             scf.yield
// CHECK:         } else {
// CHECK-COUNT-80:    nvvm.mma.sync
// CHECK-NOT:         nvvm.mma.sync
func.func @stages(%q: memref<2x64x64xbf16>, %k: memref<2x128x64xbf16>, %v: memref<2x128x64xbf16>, %dy: memref<2x64x64xbf16>, %l: memref<2x64xf32>, %delta: memref<2x64xf32>,
    %dq: memref<2x64x64xf32>, %dk: memref<2x128x64xf32>, %dv: memref<2x128x64xf32>,
    %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  kernel.attend_grad dims [2, 64, 64, 128, 64] ins(%q, %k, %v, %dy, %l, %delta : memref<2x64x64xbf16>, memref<2x128x64xbf16>, memref<2x128x64xbf16>, memref<2x64x64xbf16>, memref<2x64xf32>, memref<2x64xf32>)
    outs(%dq, %dk, %dv : memref<2x64x64xf32>, memref<2x128x64xf32>, memref<2x128x64xf32>)
    maps [affine_map<(g, s, e, t, d) -> (g, s, d)>, affine_map<(g, s, e, t, d) -> (g, t, d)>, affine_map<(g, s, e, t, d) -> (g, t, e)>,
          affine_map<(g, s, e, t, d) -> (g, s, e)>, affine_map<(g, s, e, t, d) -> (g, s)>, affine_map<(g, s, e, t, d) -> (g, s)>,
          affine_map<(g, s, e, t, d) -> (g, s, d)>, affine_map<(g, s, e, t, d) -> (g, t, d)>, affine_map<(g, s, e, t, d) -> (g, t, e)>]
    scale 0.5 schedule <tile = [64, 32, 64, 64], micro = [16, 32], variant = mma.sync, stages = 2>
    query { ^bb0(%a: bf16, %b: bf16, %c: bf16, %y: bf16, %m: f32, %n: f32): kernel.yield %a : bf16 }
    key { ^bb0(%a: bf16, %b: bf16, %c: bf16, %y: bf16, %m: f32, %n: f32): kernel.yield %b : bf16 }
    value { ^bb0(%a: bf16, %b: bf16, %c: bf16, %y: bf16, %m: f32, %n: f32): kernel.yield %c : bf16 }
    gradient { ^bb0(%a: bf16, %b: bf16, %c: bf16, %y: bf16, %m: f32, %n: f32): kernel.yield %y : bf16 }
    statistics { ^bb0(%a: bf16, %b: bf16, %c: bf16, %y: bf16, %m: f32, %n: f32): kernel.yield %m, %n : f32, f32 }
    query_grad { ^bb0(%a: bf16, %b: bf16, %c: bf16, %y: bf16, %m: f32, %n: f32, %sum: f32): kernel.yield %sum : f32 }
    key_grad { ^bb0(%a: bf16, %b: bf16, %c: bf16, %y: bf16, %m: f32, %n: f32, %sum: f32): kernel.yield %sum : f32 }
    value_grad { ^bb0(%a: bf16, %b: bf16, %c: bf16, %y: bf16, %m: f32, %n: f32, %sum: f32): kernel.yield %sum : f32 }
  return
}
}
