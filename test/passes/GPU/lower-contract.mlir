// RUN: moec-opt %s --split-input-file --pass-pipeline='builtin.module(func.func(moec-gpu-lower-contract,canonicalize,cse))' | FileCheck %s
// RUN: moec-opt %s --split-input-file --pass-pipeline='builtin.module(func.func(moec-gpu-lower-contract))' --remarks-filter=GPU --remark-policy=all -o /dev/null 2>&1 | FileCheck %s --check-prefix=REMARK

// Two tiles of k through two stages: barrier, load the next tile, multiply, store it; then the sums pass through shared memory.

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

// -----

// Plain bf16: two stages are on their way while the third is multiplied. The left operand is read as it lies, the right one transposed.

// REMARK-NOT: StagedOperand
// CHECK-LABEL: func.func @mma
// CHECK-SAME: kernel.shared = 24576 : i64
// CHECK-SAME: kernel.threads = 128 : i64
// CHECK-SAME: kernel.variant = "mma.sync"
// CHECK-COUNT-2: nvvm.cp.async.commit.group
// CHECK: scf.for
// CHECK:   nvvm.cp.async.wait.group 1
// CHECK:   gpu.barrier
// CHECK:   nvvm.cp.async.shared.global {{.*}}, 16, cache =  cg
// CHECK:   nvvm.cp.async.commit.group
// CHECK:   nvvm.ldmatrix {{.*}}layout = #nvvm.mma_layout<row>, num = 4
// CHECK:   nvvm.ldmatrix {{.*}}layout = #nvvm.mma_layout<col>, num = 4
// CHECK:   nvvm.mma.sync {{.*}} shape = #nvvm.shape<m = 16, n = 8, k = 16>
// CHECK: nvvm.cp.async.wait.group 0
func.func @mma(%x: memref<64x256xbf16>, %w: memref<256x64xbf16>, %y: memref<64x64xf32>,
               %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  kernel.contract dims [64, 64, 256] ins(%x, %w : memref<64x256xbf16>, memref<256x64xbf16>) outs(%y : memref<64x64xf32>)
    maps [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>]
    schedule #kernel.schedule<tile = [64, 64, 32], micro = [32, 32], variant = "mma.sync", stages = 3>
    lhs { ^bb0(%a: bf16, %b: bf16): kernel.yield %a : bf16 }
    rhs { ^bb0(%a: bf16, %b: bf16): kernel.yield %b : bf16 }
    epilogue { ^bb0(%a: bf16, %b: bf16, %acc: f32): kernel.yield %acc : f32 }
  return
}

// -----

// Ragged m: a block looks for its tile in the offsets; one past the last does nothing.

// CHECK-LABEL: func.func @ragged
// CHECK-SAME: kernel.grid = 4 : i64
// CHECK-COUNT-5: gpu.shuffle up
// CHECK: nvvm.vote.sync ballot
// CHECK: math.cttz
// CHECK: gpu.shuffle idx
// CHECK: %[[FROM:.*]] = arith.select
// CHECK: gpu.shuffle idx
// CHECK: %[[TO:.*]] = arith.select
// CHECK: %[[SOME:.*]] = arith.cmpi slt, %[[FROM]], %[[TO]]
// CHECK: scf.if %[[SOME]]
func.func @ragged(%x: memref<40x16xf32>, %w: memref<3x16x16xf32>, %offsets: memref<4xi32>, %y: memref<40x16xf32>,
                  %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  kernel.contract dims [3, 40, 16, 16] ins(%x, %w, %offsets : memref<40x16xf32>, memref<3x16x16xf32>, memref<4xi32>) outs(%y : memref<40x16xf32>)
    maps [affine_map<(g, m, n, k) -> (m, k)>, affine_map<(g, m, n, k) -> (g, k, n)>, affine_map<(g, m, n, k) -> (g)>, affine_map<(g, m, n, k) -> (m, n)>]
    ragged 1 by 2
    schedule #kernel.schedule<tile = [32, 32, 16], micro = [4, 4]>
    lhs { ^bb0(%a: f32, %b: f32, %c: i32): kernel.yield %a : f32 }
    rhs { ^bb0(%a: f32, %b: f32, %c: i32): kernel.yield %b : f32 }
    epilogue { ^bb0(%a: f32, %b: f32, %c: i32, %acc: f32): kernel.yield %acc : f32 }
  return
}

// -----

// A mapped operand goes through registers.

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
    schedule #kernel.schedule<tile = [64, 64, 32], micro = [32, 32], variant = "mma.sync">
    lhs { ^bb0(%a: f32, %b: bf16):
      %r = arith.truncf %a : f32 to bf16
      kernel.yield %r : bf16 }
    rhs { ^bb0(%a: f32, %b: bf16): kernel.yield %b : bf16 }
    epilogue { ^bb0(%a: f32, %b: bf16, %acc: f32): kernel.yield %acc : f32 }
  return
}
