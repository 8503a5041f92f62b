// RUN: moec-opt %s --pass-pipeline='builtin.module(func.func(moec-gpu-lower-attend,canonicalize,cse))' | FileCheck %s

module attributes {kernel.machine = #kernel.gpu<multiprocessors = 132, shared_bytes = 232448>} {
// Eight threads share four rows, each with two keys of a tile: a key past the last has a score of -inf. They agree on the largest score of
// a row, and what was summed before is brought to it; only the totals are left apart until the end. One of them stores the statistic.
// CHECK-LABEL: func.func @cut(
// CHECK-DAG:       %[[NONE:.*]] = arith.constant 0xFF800000 : f32
// CHECK-DAG:       %[[SCALE:.*]] = arith.constant 5.000000e-01 : f32
// CHECK:         scf.for
// CHECK:           %[[EXISTS:.*]] = arith.cmpi slt, %{{.*}}, %c22_i32
// CHECK:           %[[SCORE:.*]] = arith.mulf %{{.*}}, %[[SCALE]] : f32
// CHECK:           %[[CUT:.*]] = arith.select %{{.*}}, %{{.*}}, %[[NONE]] : f32
// CHECK-COUNT-3:   gpu.shuffle
// CHECK-NOT:       gpu.shuffle
// CHECK:           %[[LESS:.*]] = arith.subf %{{.*}}, %[[LARGEST:.*]] : f32
// CHECK-NEXT:      %[[FACTOR:.*]] = math.exp %[[LESS]] : f32
// CHECK:           arith.subf %{{.*}}, %[[LARGEST]] : f32
// CHECK-NEXT:      math.exp
// CHECK:           math.fma %{{.*}}, %[[FACTOR]], %{{.*}} : f32
// CHECK:           arith.mulf %{{.*}}, %[[FACTOR]] : f32
// CHECK-COUNT-9:   gpu.shuffle
// CHECK-NOT:       gpu.shuffle
// CHECK:           scf.yield
// CHECK-COUNT-3: gpu.shuffle
// CHECK:         arith.divf %{{.*}}, %[[TOTAL:.*]] : f32
// CHECK:         scf.if
// CHECK:           %[[LOG:.*]] = math.log %[[TOTAL]] : f32
// CHECK-NEXT:      arith.addf %{{.*}}, %[[LOG]] : f32
// CHECK:           memref.store
func.func @cut(%q: memref<2x20x20xf32>, %k: memref<2x22x20xf32>, %v: memref<2x22x6xf32>, %y: memref<2x20x6xf32>, %l: memref<2x20xf32>,
    %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  kernel.attend dims [2, 20, 6, 22, 20] ins(%q, %k, %v : memref<2x20x20xf32>, memref<2x22x20xf32>, memref<2x22x6xf32>)
    outs(%y, %l : memref<2x20x6xf32>, memref<2x20xf32>)
    maps [affine_map<(g, s, e, t, d) -> (g, s, d)>, affine_map<(g, s, e, t, d) -> (g, t, d)>, affine_map<(g, s, e, t, d) -> (g, t, e)>,
          affine_map<(g, s, e, t, d) -> (g, s, e)>,
          affine_map<(g, s, e, t, d) -> (g, s)>]
    scale 0.5 schedule <tile = [16, 16, 8, 16], micro = [4, 2]>
    query { ^bb0(%a: f32, %b: f32, %c: f32): kernel.yield %a : f32 }
    key { ^bb0(%a: f32, %b: f32, %c: f32): kernel.yield %b : f32 }
    value { ^bb0(%a: f32, %b: f32, %c: f32): kernel.yield %c : f32 }
    epilogue { ^bb0(%a: f32, %b: f32, %c: f32, %acc: f32): kernel.yield %acc : f32 }
  return
}
}
