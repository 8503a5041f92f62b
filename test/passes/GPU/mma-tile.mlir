// RUN: moec-opt %s --pass-pipeline='builtin.module(func.func(moec-gpu-lower-contract,canonicalize,cse))' | FileCheck %s

module attributes {kernel.machine = #kernel.gpu<multiprocessors = 132, shared_bytes = 232448>} {
// The left factor lies along the depth, the right one along its columns: it is turned as it is loaded. Four registers of the one and two
// of the other make a product.
// CHECK-LABEL: func.func @mma(
// CHECK:         %[[A:.*]] = nvvm.ldmatrix {{.*}}layout = #nvvm.mma_layout<row>, num = 4
// CHECK:         %[[A3:.*]] = llvm.extractvalue %[[A]][3]
// CHECK:         %[[B:.*]] = nvvm.ldmatrix {{.*}}layout = #nvvm.mma_layout<col>, num = 4
// CHECK:         nvvm.mma.sync A[{{.*}}, %[[A3]]] B[{{.*}}, {{.*}}]
// CHECK:         nvvm.mma.sync A[{{.*}}, %[[A3]]] B[{{.*}}, {{.*}}]
// CHECK-NOT:     nvvm.mma.sync
func.func @mma(%x: memref<16x16xbf16>, %w: memref<16x16xbf16>, %y: memref<16x16xf32>,
    %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  kernel.contract dims [16, 16, 16] ins(%x, %w : memref<16x16xbf16>, memref<16x16xbf16>) outs(%y : memref<16x16xf32>)
    maps [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>]
    schedule #kernel.schedule<tile = [16, 16, 16], micro = [16, 16], variant = mma.sync>
    lhs { ^bb0(%a: bf16, %b: bf16): kernel.yield %a : bf16 }
    rhs { ^bb0(%a: bf16, %b: bf16): kernel.yield %b : bf16 }
    epilogue { ^bb0(%a: bf16, %b: bf16, %acc: f32): kernel.yield %acc : f32 }
  return
}
}
