// RUN: moec-opt %s --split-input-file --pass-pipeline='builtin.module(func.func(moec-gpu-lower-contract,canonicalize,cse))' | FileCheck %s
// RUN: moec-opt %s --split-input-file --pass-pipeline='builtin.module(func.func(moec-gpu-lower-contract))' --remarks-filter=GPU --remark-policy=all -o /dev/null 2>&1 | FileCheck %s --check-prefix=REMARK

// The whole of it: tiles of both operands pass through shared memory, sums stay in registers and pass through shared memory
// once. What each part decides is shown in lower-contract-<part>.mlir.

module attributes {kernel.machine = #kernel.gpu<multiprocessors = 132, shared_bytes = 232448>} {
// CHECK-LABEL: func.func @simt
// CHECK-SAME: kernel.grid = 2 : i64
// CHECK-SAME: kernel.shared = 9216 : i64
// CHECK-SAME: kernel.threads = 64 : i64
// CHECK-SAME: kernel.variant = "simt"
// CHECK: gpu.dynamic_shared_memory
// CHECK: scf.for
// CHECK:   gpu.barrier
// CHECK:   scf.if
// CHECK:     memref.load
// CHECK:   llvm.load {{.*}} : !llvm.ptr<3> -> vector<4xf32>
// CHECK:   math.fma
// CHECK:   scf.if
// CHECK:     llvm.store
// CHECK: gpu.barrier
// CHECK: llvm.store {{.*}} : vector<4xf32>, !llvm.ptr<3>
// CHECK: gpu.barrier
// CHECK: scf.if
// CHECK:   vector.store {{.*}} {alignment = 16 : i64} : memref<2048xf32>, vector<4xf32>
// CHECK-NOT: kernel.contract
func.func @simt(%x: memref<64x32xf32>, %w: memref<32x32xf32>, %y: memref<64x32xf32>,
                %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  kernel.contract dims [64, 32, 32] ins(%x, %w : memref<64x32xf32>, memref<32x32xf32>) outs(%y : memref<64x32xf32>)
    maps [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (n, k)>, affine_map<(m, n, k) -> (m, n)>]
    schedule #kernel.schedule<tile = [32, 32, 16], micro = [4, 4]>
    lhs { ^bb0(%a: f32, %b: f32): kernel.yield %a : f32 }
    rhs { ^bb0(%a: f32, %b: f32): kernel.yield %b : f32 }
    epilogue { ^bb0(%a: f32, %b: f32, %acc: f32): kernel.yield %acc : f32 }
  return
}
}

// -----

// A mapped operand goes through registers.

module attributes {kernel.machine = #kernel.gpu<multiprocessors = 132, shared_bytes = 232448>} {
// REMARK: remark: [Missed] StagedOperand
// REMARK-SAME: left operand goes through registers: it is not bf16 in memory
// REMARK-SAME: store it rounded where it is made
// REMARK: remark: [Missed] StagedOperand
// REMARK-SAME: right operand goes through registers: its rows are not whole pieces of 16 bytes
// CHECK-LABEL: func.func @staged
// CHECK: arith.truncf
// CHECK: scf.for
// CHECK:   nvvm.mma.sync
func.func @staged(%x: memref<64x64xf32>, %w: memref<64x60xbf16>, %y: memref<64x60xf32>,
                  %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  kernel.contract dims [64, 60, 64] ins(%x, %w : memref<64x64xf32>, memref<64x60xbf16>) outs(%y : memref<64x60xf32>)
    maps [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>]
    schedule #kernel.schedule<tile = [64, 64, 32], micro = [32, 32], variant = mma.sync>
    lhs { ^bb0(%a: f32, %b: bf16):
      %r = arith.truncf %a : f32 to bf16
      kernel.yield %r : bf16 }
    rhs { ^bb0(%a: f32, %b: bf16): kernel.yield %b : bf16 }
    epilogue { ^bb0(%a: f32, %b: bf16, %acc: f32): kernel.yield %acc : f32 }
  return
}
}

// -----

// A plain operand takes the fast way: no remark about it.

module attributes {kernel.machine = #kernel.gpu<multiprocessors = 132, shared_bytes = 232448>} {
// REMARK: remark: [Missed] StagedOperand
// REMARK-SAME: left operand goes through registers
// REMARK-NOT: StagedOperand
// CHECK-LABEL: func.func @half_staged
// CHECK-SAME: kernel.shared = 16384 : i64
// CHECK-SAME: kernel.threads = 128 : i64
// CHECK-SAME: kernel.variant = "mma.sync"
func.func @half_staged(%x: memref<64x64xf32>, %w: memref<64x64xbf16>, %y: memref<64x64xf32>,
                       %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  kernel.contract dims [64, 64, 64] ins(%x, %w : memref<64x64xf32>, memref<64x64xbf16>) outs(%y : memref<64x64xf32>)
    maps [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>]
    schedule #kernel.schedule<tile = [64, 64, 32], micro = [32, 32], variant = mma.sync>
    lhs { ^bb0(%a: f32, %b: bf16):
      %r = arith.truncf %a : f32 to bf16
      kernel.yield %r : bf16 }
    rhs { ^bb0(%a: f32, %b: bf16): kernel.yield %b : bf16 }
    epilogue { ^bb0(%a: f32, %b: bf16, %acc: f32): kernel.yield %acc : f32 }
  return
}
}
