// RUN: moec-opt %s --pass-pipeline='builtin.module(func.func(moec-gpu-lower-attend-grad,canonicalize,cse))' | FileCheck %s

module attributes {kernel.machine = #kernel.gpu<multiprocessors = 132, shared_bytes = 232448>} {
// Of 20 rows and 22 keys the last tiles are cut. A block of keys brings the statistics of 16 rows with their tile, negative: of its eight scores a thread
// makes weights, 0 past the last row, and changes; a block of rows has those of its own rows before the loop.
// CHECK-LABEL: func.func @cut(
// CHECK-DAG:     %[[SCALE:.*]] = arith.constant 5.000000e-01 : f32
// CHECK-DAG:     %[[ZERO:.*]] = arith.constant 0.000000e+00 : f32
// CHECK:         scf.if
// CHECK:           scf.for %[[BEGIN:[a-z0-9]+]] = %c0_i32 to %c20_i32 step %c16_i32 iter_args(
// CHECK-NEXT:        gpu.barrier
// CHECK:             scf.if
// CHECK:               arith.minsi %{{.*}}, %c19_i32
// CHECK:               memref.load
// CHECK:               memref.load
// CHECK:               arith.negf
// CHECK:               arith.negf
// CHECK:             gpu.barrier
// CHECK:             vector.extract
// CHECK:             arith.cmpi slt, %{{.*}}, %c20_i32
// CHECK:             %[[LESS:.*]] = math.fma %{{.*}}, %[[SCALE]], %{{.*}} : f32
// CHECK-NEXT:        %[[EXP:.*]] = math.exp %[[LESS]] : f32
// CHECK-NEXT:        %[[WEIGHT:.*]] = arith.select %{{.*}}, %[[EXP]], %[[ZERO]] : f32
// CHECK-NEXT:        %[[SLOPE:.*]] = arith.addf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:        arith.mulf %[[WEIGHT]], %[[SLOPE]] : f32
// CHECK-COUNT-7:     math.exp
// CHECK-NOT:         math.exp
// Changes pass through shared memory before weights do, in the same place.
// CHECK:             nvvm.bar.warp.sync
// CHECK:             nvvm.bar.warp.sync
// CHECK:             nvvm.bar.warp.sync
// CHECK-NOT:         nvvm.bar.warp.sync
// CHECK:             scf.yield
// The gradient of the key has the scale, that of the value has not.
// CHECK-COUNT-8:   arith.mulf %{{.*}}, %[[SCALE]] : f32
// CHECK-NOT:       arith.mulf %{{.*}}, %[[SCALE]] : f32
// CHECK:         } else {
// CHECK-COUNT-8:   arith.negf
// CHECK-NOT:       arith.negf
// CHECK:           scf.for %{{.*}} = %c0_i32 to %c22_i32 step %c16_i32 iter_args(
// CHECK-COUNT-8:     math.exp
// CHECK-NOT:         math.exp
// CHECK:             nvvm.bar.warp.sync
// CHECK-NOT:         nvvm.bar.warp.sync
// CHECK:           arith.mulf %{{.*}}, %[[SCALE]] : f32
func.func @cut(%q: memref<2x20x16xf32>, %k: memref<2x22x16xf32>, %v: memref<2x22x8xf32>, %dy: memref<2x20x8xf32>, %l: memref<2x20xf32>, %delta: memref<2x20xf32>,
    %dq: memref<2x20x16xf32>, %dk: memref<2x22x16xf32>, %dv: memref<2x22x8xf32>,
    %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  kernel.attend_grad dims [2, 20, 8, 22, 16] ins(%q, %k, %v, %dy, %l, %delta : memref<2x20x16xf32>, memref<2x22x16xf32>, memref<2x22x8xf32>, memref<2x20x8xf32>, memref<2x20xf32>, memref<2x20xf32>)
    outs(%dq, %dk, %dv : memref<2x20x16xf32>, memref<2x22x16xf32>, memref<2x22x8xf32>)
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
}
