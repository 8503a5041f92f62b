// RUN: moec-opt %s --pass-pipeline='builtin.module(func.func(moec-gpu-lower-attend,canonicalize,cse))' | FileCheck %s

module attributes {kernel.machine = #kernel.gpu<multiprocessors = 132, shared_bytes = 232448>} {
// Registers of scores are those of weights as a left factor. A weight is split in three numbers of 8 bits, each taken off exactly; two
// weights of a row make a register. Three products for one, from the smallest parts on.
// CHECK-LABEL: func.func @mma(
// CHECK:         scf.for
// CHECK-COUNT-2:   nvvm.mma.sync
// CHECK-NOT:       nvvm.mma.sync
// CHECK:           %[[BITS:.*]] = arith.bitcast %[[WEIGHT:.*]] : f32 to i32
// CHECK-NEXT:      %[[HIGH:.*]] = arith.andi %[[BITS]], %c-65536_i32
// CHECK-NEXT:      %[[PART:.*]] = arith.bitcast %[[HIGH]] : i32 to f32
// CHECK-NEXT:      arith.subf %[[WEIGHT]], %[[PART]] : f32
// CHECK:           %[[LOW:.*]] = arith.shrui %[[BITS]], %c16_i32
// CHECK:           arith.ori %[[LOW]], %{{.*}}
// CHECK-COUNT-6:   nvvm.mma.sync
// CHECK-NOT:       nvvm.mma.sync
// CHECK:           scf.yield
func.func @mma(%q: memref<2x16x16xbf16>, %k: memref<2x32x16xbf16>, %v: memref<2x32x16xbf16>, %y: memref<2x16x16xf32>,
    %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  kernel.attend dims [2, 16, 16, 32, 16] ins(%q, %k, %v : memref<2x16x16xbf16>, memref<2x32x16xbf16>, memref<2x32x16xbf16>)
    outs(%y : memref<2x16x16xf32>)
    maps [affine_map<(g, s, e, t, d) -> (g, s, d)>, affine_map<(g, s, e, t, d) -> (g, t, d)>, affine_map<(g, s, e, t, d) -> (g, t, e)>,
          affine_map<(g, s, e, t, d) -> (g, s, e)>]
    scale 0.5 schedule <tile = [16, 16, 16, 16], micro = [16, 16], variant = mma.sync>
    query { ^bb0(%a: bf16, %b: bf16, %c: bf16): kernel.yield %a : bf16 }
    key { ^bb0(%a: bf16, %b: bf16, %c: bf16): kernel.yield %b : bf16 }
    value { ^bb0(%a: bf16, %b: bf16, %c: bf16): kernel.yield %c : bf16 }
    epilogue { ^bb0(%a: bf16, %b: bf16, %c: bf16, %acc: f32): kernel.yield %acc : f32 }
  return
}
}
