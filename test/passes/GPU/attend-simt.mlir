// RUN: moec-opt %s --pass-pipeline='builtin.module(func.func(moec-gpu-lower-attend,canonicalize,cse))' | FileCheck %s

module attributes {kernel.machine = #kernel.gpu<multiprocessors = 132, shared_bytes = 232448>} {
// A thread of four rows and two keys stores its weights key by key, four rows side by side, which change places every four keys; only its
// warp reads them. In the second product it has the same rows and one column.
// CHECK-LABEL: func.func @simt(
// CHECK-COUNT-12:  math.exp
// CHECK:           arith.remui %{{.*}}, %c4_i32
// CHECK:           arith.xori
// CHECK:           llvm.store {{.*}} {alignment = 16 : i64} : vector<4xf32>, !llvm.ptr<3>
// CHECK:           llvm.store {{.*}} {alignment = 16 : i64} : vector<4xf32>, !llvm.ptr<3>
// CHECK-NOT:       llvm.store
// CHECK:           nvvm.bar.warp.sync
// CHECK-NOT:       gpu.barrier
// CHECK-COUNT-64:  math.fma
// CHECK-NOT:       math.fma
// CHECK:           scf.yield
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
}
