// RUN: moec-opt %s --pass-pipeline='builtin.module(func.func(moec-gpu-lower-contract,canonicalize,cse))' | FileCheck %s

module attributes {kernel.machine = #kernel.gpu<multiprocessors = 132, shared_bytes = 232448>} {
// For a step four rows and two columns, one load each, and eight products; all steps are written out.
// CHECK-LABEL: func.func @simt(
// CHECK:           llvm.load {{.*}} {alignment = 16 : i64} : !llvm.ptr<3> -> vector<4xf32>
// CHECK-COUNT-4:   vector.extract
// CHECK:           llvm.load {{.*}} {alignment = 8 : i64} : !llvm.ptr<3> -> vector<2xf32>
// CHECK-COUNT-2:   vector.extract
// CHECK-COUNT-8:   math.fma
// CHECK:           llvm.load {{.*}} {alignment = 16 : i64} : !llvm.ptr<3> -> vector<4xf32>
// CHECK-COUNT-56:  math.fma
// CHECK-NOT:       math.fma
func.func @simt(%x: memref<16x8xf32>, %w: memref<8x16xf32>, %y: memref<16x16xf32>,
    %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  kernel.contract dims [16, 16, 8] ins(%x, %w : memref<16x8xf32>, memref<8x16xf32>) outs(%y : memref<16x16xf32>)
    maps [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>]
    schedule #kernel.schedule<tile = [16, 16, 8], micro = [4, 2]>
    lhs { ^bb0(%a: f32, %b: f32): kernel.yield %a : f32 }
    rhs { ^bb0(%a: f32, %b: f32): kernel.yield %b : f32 }
    epilogue { ^bb0(%a: f32, %b: f32, %acc: f32): kernel.yield %acc : f32 }
  return
}
}
