// RUN: moec-opt %s --pass-pipeline='builtin.module(func.func(moec-gpu-lower-attend,canonicalize,cse))' | FileCheck %s

module attributes {kernel.machine = #kernel.gpu<multiprocessors = 132, shared_bytes = 232448>} {
// Two groups of 16 rows, one block each: the query goes into shared memory once, keys and values 16 at a time. Scores are in registers alone;
// sums are carried from tile to tile and pass through shared memory once, to the epilogue.
// CHECK-LABEL: func.func @simt(
// CHECK-SAME:    kernel.grid = 2 : i64, kernel.shared = 4096 : i64, kernel.threads = 32 : i64, kernel.variant = "simt"
// CHECK:         llvm.store
// CHECK:         scf.for %{{.*}} = %c0_i32 to %c32_i32 step %c16_i32 iter_args(
// CHECK-NEXT:      gpu.barrier
// CHECK:           memref.load
// CHECK:           llvm.store
// CHECK:           gpu.barrier
// CHECK:           math.fma
// CHECK:           gpu.shuffle
// CHECK:           math.exp
// CHECK:           math.fma
// CHECK:           scf.yield
// CHECK:         arith.divf
// CHECK:         gpu.barrier
// CHECK:         vector.store
// CHECK-NOT:     kernel.attend
func.func @simt(%q: memref<2x16x16xf32>, %k: memref<2x32x16xf32>, %v: memref<2x32x8xf32>, %y: memref<2x16x8xf32>,
    %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  kernel.attend dims [2, 16, 8, 32, 16] ins(%q, %k, %v : memref<2x16x16xf32>, memref<2x32x16xf32>, memref<2x32x8xf32>)
    outs(%y : memref<2x16x8xf32>)
    maps [affine_map<(g, s, e, t, d) -> (g, s, d)>, affine_map<(g, s, e, t, d) -> (g, t, d)>, affine_map<(g, s, e, t, d) -> (g, t, e)>,
          affine_map<(g, s, e, t, d) -> (g, s, e)>]
    scale 0.5 schedule <tile = [16, 16, 8, 16], micro = [4, 2]>
    query { ^bb0(%a: f32, %b: f32, %c: f32): kernel.yield %a : f32 }
    key { ^bb0(%a: f32, %b: f32, %c: f32): kernel.yield %b : f32 }
    value { ^bb0(%a: f32, %b: f32, %c: f32): kernel.yield %c : f32 }
    epilogue { ^bb0(%a: f32, %b: f32, %c: f32, %acc: f32): kernel.yield %acc : f32 }
  return
}

// Three blocks for the columns and two for the rows of a group: neighbours read the same keys. The depth takes three tiles, so the query
// comes again with the keys.
// CHECK-LABEL: func.func @several(
// CHECK-SAME:    kernel.grid = 12 : i64
// CHECK:         scf.for %{{.*}} = %c0_i32 to %c32_i32 step %c16_i32 iter_args(
// CHECK:           scf.for %{{.*}} = %c0_i32 to %c40_i32 step %c16_i32 iter_args(
// CHECK-NEXT:        gpu.barrier
// CHECK:             gpu.barrier
// CHECK:             math.fma
// CHECK:           math.exp
func.func @several(%q: memref<2x20x40xf32>, %k: memref<2x32x40xf32>, %v: memref<2x32x20xf32>, %y: memref<2x20x20xf32>,
    %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  kernel.attend dims [2, 20, 20, 32, 40] ins(%q, %k, %v : memref<2x20x40xf32>, memref<2x32x40xf32>, memref<2x32x20xf32>)
    outs(%y : memref<2x20x20xf32>)
    maps [affine_map<(g, s, e, t, d) -> (g, s, d)>, affine_map<(g, s, e, t, d) -> (g, t, d)>, affine_map<(g, s, e, t, d) -> (g, t, e)>,
          affine_map<(g, s, e, t, d) -> (g, s, e)>]
    scale 0.5 schedule <tile = [16, 16, 8, 16], micro = [4, 2]>
    query { ^bb0(%a: f32, %b: f32, %c: f32): kernel.yield %a : f32 }
    key { ^bb0(%a: f32, %b: f32, %c: f32): kernel.yield %b : f32 }
    value { ^bb0(%a: f32, %b: f32, %c: f32): kernel.yield %c : f32 }
    epilogue { ^bb0(%a: f32, %b: f32, %c: f32, %acc: f32): kernel.yield %acc : f32 }
  return
}

// With two stages one barrier a tile is enough: the next tile is on its way while one is multiplied.
// CHECK-LABEL: func.func @stages(
// CHECK-SAME:    kernel.threads = 128 : i64, kernel.variant = "mma.sync"
// CHECK:         nvvm.cp.async.shared.global
// CHECK:         nvvm.cp.async.commit.group
// CHECK:         nvvm.ldmatrix
// CHECK:         scf.for
// CHECK:           nvvm.cp.async.wait.group 0
// CHECK-NEXT:      gpu.barrier
// CHECK:           scf.if
// CHECK:             nvvm.cp.async.shared.global
// CHECK-NOT:       gpu.barrier
// CHECK:           nvvm.mma.sync
// CHECK-NOT:       gpu.barrier
// CHECK:           scf.yield
func.func @stages(%q: memref<2x64x64xbf16>, %k: memref<2x128x64xbf16>, %v: memref<2x128x64xbf16>, %y: memref<2x64x64xf32>,
    %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  kernel.attend dims [2, 64, 64, 128, 64] ins(%q, %k, %v : memref<2x64x64xbf16>, memref<2x128x64xbf16>, memref<2x128x64xbf16>)
    outs(%y : memref<2x64x64xf32>)
    maps [affine_map<(g, s, e, t, d) -> (g, s, d)>, affine_map<(g, s, e, t, d) -> (g, t, d)>, affine_map<(g, s, e, t, d) -> (g, t, e)>,
          affine_map<(g, s, e, t, d) -> (g, s, e)>]
    scale 0.5 schedule <tile = [64, 64, 64, 64], micro = [16, 64], variant = mma.sync, stages = 2>
    query { ^bb0(%a: bf16, %b: bf16, %c: bf16): kernel.yield %a : bf16 }
    key { ^bb0(%a: bf16, %b: bf16, %c: bf16): kernel.yield %b : bf16 }
    value { ^bb0(%a: bf16, %b: bf16, %c: bf16): kernel.yield %c : bf16 }
    epilogue { ^bb0(%a: bf16, %b: bf16, %c: bf16, %acc: f32): kernel.yield %acc : f32 }
  return
}
}
