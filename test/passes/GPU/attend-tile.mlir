// Attention and its gradient keep scores in the same way: a thread has the same four rows and two keys of each tile, whether rows are those of the query or,
// in the blocks of the gradient that belong to keys, keys.
// RUN: moec-opt %s --pass-pipeline='builtin.module(func.func(moec-gpu-lower-attend,moec-gpu-lower-attend-grad,canonicalize,cse))' | FileCheck %s

module attributes {kernel.machine = #kernel.gpu<multiprocessors = 132, shared_bytes = 232448>} {
// CHECK-LABEL: func.func @forward(
// CHECK:         %[[LANE:.*]] = arith.remui %{{.*}}, %c32_i32
// CHECK-NEXT:    %[[NUMBER:.*]] = arith.remui %[[LANE]], %c8_i32
// CHECK-NEXT:    arith.divui %{{.*}}, %c8_i32
// Four rows and two keys are read at once, for eight products.
// CHECK:         scf.for
// CHECK:           llvm.load {{.*}} -> vector<4xf32>
// CHECK:           llvm.load {{.*}} -> vector<2xf32>
// CHECK-COUNT-8:   math.fma
// CHECK:           llvm.load
func.func @forward(%q: memref<2x16x16xf32>, %k: memref<2x32x16xf32>, %v: memref<2x32x8xf32>, %y: memref<2x16x8xf32>,
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

// CHECK-LABEL: func.func @gradient(
// CHECK:         scf.if
// CHECK:           %[[LANE:.*]] = arith.remui %{{.*}}, %c32_i32
// CHECK-NEXT:      %[[NUMBER:.*]] = arith.remui %[[LANE]], %c8_i32
// CHECK-NEXT:      arith.divui %{{.*}}, %c8_i32
// CHECK:           scf.for
// CHECK:             llvm.load {{.*}} -> vector<4xf32>
// CHECK:             llvm.load {{.*}} -> vector<2xf32>
// CHECK-COUNT-8:     math.fma
// CHECK:             llvm.load
func.func @gradient(%q: memref<2x32x16xf32>, %k: memref<2x32x16xf32>, %v: memref<2x32x8xf32>, %dy: memref<2x32x8xf32>, %l: memref<2x32xf32>, %delta: memref<2x32xf32>,
    %dq: memref<2x32x16xf32>, %dk: memref<2x32x16xf32>, %dv: memref<2x32x8xf32>,
    %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  kernel.attend_grad dims [2, 32, 8, 32, 16] ins(%q, %k, %v, %dy, %l, %delta : memref<2x32x16xf32>, memref<2x32x16xf32>, memref<2x32x8xf32>, memref<2x32x8xf32>, memref<2x32xf32>, memref<2x32xf32>)
    outs(%dq, %dk, %dv : memref<2x32x16xf32>, memref<2x32x16xf32>, memref<2x32x8xf32>)
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
