// RUN: moec-opt %s --split-input-file --pass-pipeline='builtin.module(func.func(moec-gpu-lower-contract,canonicalize,cse))' | FileCheck %s

// Both operands by TMA: one thread announces the bytes of both and starts the copies, in boxes of 64 rows where
// they lie along the rows. Four stages; a full barrier waits for that thread, an empty one for two warpgroups.

module attributes {kernel.machine = #kernel.gpu<multiprocessors = 132, shared_bytes = 232448, wgmma = true, tma = true>} {
// CHECK-LABEL: func.func @tma
// CHECK: scf.if %[[FIRST:.*]] {
// CHECK: %[[FULL:.*]] = llvm.getelementptr %[[SHARED:.*]][116736]
// CHECK-NEXT: nvvm.mbarrier.init %[[FULL]], %c1_i32
// CHECK-NEXT: %[[EMPTY:.*]] = llvm.getelementptr %[[SHARED]][116768]
// CHECK-NEXT: nvvm.mbarrier.init %[[EMPTY]], %c2_i32
// CHECK-COUNT-6: nvvm.mbarrier.init %
// CHECK-NEXT: nvvm.fence.mbarrier.init
// CHECK-NEXT: }
// CHECK-NEXT: gpu.barrier
// CHECK: nvvm.setmaxregister decrease
// CHECK: %[[WARP:.*]] = arith.cmpi slt, %{{.*}}, %c32_i32
// CHECK-NEXT: scf.if %[[WARP]]
// CHECK: scf.for %{{.*}} iter_args(%[[USED:.*]] = %c0_i32)
// CHECK: scf.for %[[T:.*]] = %c0_i32 to %c2_i32 step %c1_i32
// CHECK-NEXT: %[[USE:.*]] = arith.addi %[[USED]], %[[T]]
// CHECK-NEXT: %[[SLOT:.*]] = arith.remui %[[USE]], %c4_i32
// CHECK-NEXT: %[[STAGE:.*]] = arith.muli %[[SLOT]], %c24576_i32
// CHECK-NEXT: %[[K:.*]] = arith.muli %[[T]], %c64_i32
// CHECK: %[[EMPTY:.*]] = llvm.getelementptr %{{.*}}[116768]
// CHECK-NEXT: %[[ROUND:.*]] = arith.divui %[[USE]], %c4_i32
// CHECK-NEXT: %[[PARITY:.*]] = arith.remui %[[ROUND]], %c2_i32
// CHECK-NEXT: %[[OTHER:.*]] = arith.xori %[[PARITY]], %c1_i32
// CHECK-NEXT: scf.while
// CHECK-NEXT: nvvm.mbarrier.try_wait %[[EMPTY]], %[[OTHER]]
// CHECK: scf.if %[[FIRST]]
// CHECK-NEXT: %[[FULL:.*]] = llvm.getelementptr %{{.*}}[116736]
// CHECK-NEXT: nvvm.mbarrier.arrive.expect_tx %[[FULL]], %c24576_i32
// CHECK: nvvm.cp.async.bulk.tensor.shared.cluster.global %{{.*}}, %arg6, %[[FULL]], box[%c0_i32, %[[K]]] : !llvm.ptr<7>
// CHECK: %[[SECOND:.*]] = arith.addi %[[STAGE]], %c8192_i32
// CHECK: nvvm.cp.async.bulk.tensor.shared.cluster.global %{{.*}}, %arg6, %[[FULL]], box[%c64_i32, %[[K]]] : !llvm.ptr<7>
// CHECK: %[[RIGHT:.*]] = arith.addi %[[STAGE]], %c16384_i32
// CHECK: nvvm.cp.async.bulk.tensor.shared.cluster.global %{{.*}}, %arg7, %[[FULL]], box[%[[K]], %c0_i32] : !llvm.ptr<7>
// CHECK-NEXT: }
// CHECK-NEXT: }
func.func @tma(%x: memref<128x128xbf16>, %w: memref<64x128xbf16>, %y: memref<128x64xf32>,
                   %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  kernel.contract dims [128, 64, 128] ins(%x, %w : memref<128x128xbf16>, memref<64x128xbf16>) outs(%y : memref<128x64xf32>)
    maps [affine_map<(m, n, k) -> (k, m)>, affine_map<(m, n, k) -> (n, k)>, affine_map<(m, n, k) -> (m, n)>]
    schedule #kernel.schedule<tile = [128, 64, 64], micro = [64, 64], variant = wgmma, stages = 4>
    lhs { ^bb0(%a: bf16, %b: bf16): kernel.yield %a : bf16 }
    rhs { ^bb0(%a: bf16, %b: bf16): kernel.yield %b : bf16 }
    epilogue { ^bb0(%a: bf16, %b: bf16, %acc: f32): kernel.yield %acc : f32 }
  return
}
}

// -----

// The group is a coordinate of its own.

module attributes {kernel.machine = #kernel.gpu<multiprocessors = 132, shared_bytes = 232448, wgmma = true, tma = true>} {
// CHECK-LABEL: func.func @groups
// CHECK: scf.for %[[GROUP:.*]] = %{{.*}} to %c3_i32 step %c3_i32
// CHECK: %[[K:.*]] = arith.muli %{{.*}}, %c64_i32
// CHECK: nvvm.cp.async.bulk.tensor.shared.cluster.global %{{.*}}, %arg6, %{{.*}}, box[%[[K]], %c0_i32, %[[GROUP]]]
// CHECK: nvvm.cp.async.bulk.tensor.shared.cluster.global %{{.*}}, %arg7, %{{.*}}, box[%c0_i32, %[[K]], %[[GROUP]]]
func.func @groups(%x: memref<3x128x128xbf16>, %w: memref<3x128x64xbf16>, %y: memref<3x128x64xf32>,
                   %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  kernel.contract dims [3, 128, 64, 128] ins(%x, %w : memref<3x128x128xbf16>, memref<3x128x64xbf16>) outs(%y : memref<3x128x64xf32>)
    maps [affine_map<(g, m, n, k) -> (g, m, k)>, affine_map<(g, m, n, k) -> (g, k, n)>, affine_map<(g, m, n, k) -> (g, m, n)>]
    schedule #kernel.schedule<tile = [128, 64, 64], micro = [64, 64], variant = wgmma, stages = 4>
    lhs { ^bb0(%a: bf16, %b: bf16): kernel.yield %a : bf16 }
    rhs { ^bb0(%a: bf16, %b: bf16): kernel.yield %b : bf16 }
    epilogue { ^bb0(%a: bf16, %b: bf16, %acc: f32): kernel.yield %acc : f32 }
  return
}
}

// -----

// Two blocks with the same right operand: either loads half of its columns into both, so that a stage holds all
// 32768 bytes in the end and is empty once the warpgroups of both have read it.

module attributes {kernel.machine = #kernel.gpu<multiprocessors = 132, shared_bytes = 232448, wgmma = true, tma = true>} {
// CHECK-LABEL: func.func @pairs
// CHECK: scf.if %[[FIRST:.*]] {
// CHECK: %[[FULL:.*]] = llvm.getelementptr %[[SHARED:.*]][165888]
// CHECK-NEXT: nvvm.mbarrier.init %[[FULL]], %c1_i32
// CHECK-NEXT: %[[EMPTY:.*]] = llvm.getelementptr %[[SHARED]][165920]
// CHECK-NEXT: nvvm.mbarrier.init %[[EMPTY]], %c4_i32
// CHECK-COUNT-6: nvvm.mbarrier.init %
// CHECK-NEXT: nvvm.fence.mbarrier.init
// CHECK-NEXT: }
// CHECK-NEXT: nvvm.cluster.arrive
// CHECK-NEXT: nvvm.cluster.wait
// CHECK: nvvm.setmaxregister decrease
// CHECK: nvvm.mbarrier.arrive.expect_tx %[[FULL:.*]], %c32768_i32
// CHECK: nvvm.cp.async.bulk.tensor.shared.cluster.global %{{.*}}, %arg6, %[[FULL]], box[%[[K:.*]], %{{.*}}] : !llvm.ptr<7>
// CHECK-NEXT: %[[COLUMN:.*]] = arith.muli %[[RANK:.*]], %c64_i32
// CHECK-NEXT: %[[HALF:.*]] = arith.muli %[[RANK]], %c8192_i32
// CHECK-NEXT: %[[STAGE:.*]] = arith.addi %[[HALF]],
// CHECK-NEXT: arith.addi %[[STAGE]], %c16384_i32
// CHECK: nvvm.cp.async.bulk.tensor.shared.cluster.global %{{.*}}, %arg7, %[[FULL]], box[%[[COLUMN]], %[[K]]] multicast_mask = %c3_i16
// CHECK-NOT: nvvm.cp.async.bulk
// CHECK: nvvm.setmaxregister increase
func.func @pairs(%x: memref<256x128xbf16>, %w: memref<128x128xbf16>, %y: memref<256x128xf32>,
                 %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  kernel.contract dims [256, 128, 128] ins(%x, %w : memref<256x128xbf16>, memref<128x128xbf16>) outs(%y : memref<256x128xf32>)
    maps [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>]
    schedule #kernel.schedule<tile = [128, 128, 64], micro = [64, 128], variant = wgmma, stages = 4>
    lhs { ^bb0(%a: bf16, %b: bf16): kernel.yield %a : bf16 }
    rhs { ^bb0(%a: bf16, %b: bf16): kernel.yield %b : bf16 }
    epilogue { ^bb0(%a: bf16, %b: bf16, %acc: f32): kernel.yield %acc : f32 }
  return
}
}

// -----

// The same along k: half of the rows of the box.

module attributes {kernel.machine = #kernel.gpu<multiprocessors = 132, shared_bytes = 232448, wgmma = true, tma = true>} {
// CHECK-LABEL: func.func @pairs_along_k
// CHECK-SAME: box = [64, 32]
// CHECK: nvvm.mbarrier.arrive.expect_tx %[[FULL:.*]], %c24576_i32
// CHECK: %[[ROW:.*]] = arith.muli %[[RANK:.*]], %c32_i32
// CHECK-NEXT: arith.muli %[[RANK]], %c4096_i32
// CHECK: nvvm.cp.async.bulk.tensor.shared.cluster.global %{{.*}}, %arg7, %[[FULL]], box[%{{.*}}, %[[ROW]]] multicast_mask = %c3_i16
func.func @pairs_along_k(%x: memref<256x128xbf16>, %w: memref<64x128xbf16>, %y: memref<256x64xf32>,
                        %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  kernel.contract dims [256, 64, 128] ins(%x, %w : memref<256x128xbf16>, memref<64x128xbf16>) outs(%y : memref<256x64xf32>)
    maps [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (n, k)>, affine_map<(m, n, k) -> (m, n)>]
    schedule #kernel.schedule<tile = [128, 64, 64], micro = [64, 64], variant = wgmma, stages = 4>
    lhs { ^bb0(%a: bf16, %b: bf16): kernel.yield %a : bf16 }
    rhs { ^bb0(%a: bf16, %b: bf16): kernel.yield %b : bf16 }
    epilogue { ^bb0(%a: bf16, %b: bf16, %acc: f32): kernel.yield %acc : f32 }
  return
}
}

// -----

// One operand goes through registers: 128 threads arrive beside TMA, right after what they wrote is ordered before
// what wgmma reads. Only the bytes of TMA are announced.

module attributes {kernel.machine = #kernel.gpu<multiprocessors = 132, shared_bytes = 232448, wgmma = true, tma = true>} {
// CHECK-LABEL: func.func @mapped
// CHECK: scf.if %[[FIRST:.*]] {
// CHECK: %[[FULL:.*]] = llvm.getelementptr %[[SHARED:.*]][116736]
// CHECK-NEXT: nvvm.mbarrier.init %[[FULL]], %c129_i32
// CHECK-NEXT: %[[EMPTY:.*]] = llvm.getelementptr %[[SHARED]][116768]
// CHECK-NEXT: nvvm.mbarrier.init %[[EMPTY]], %c2_i32
// CHECK-COUNT-6: nvvm.mbarrier.init %
// CHECK-NEXT: nvvm.fence.mbarrier.init
// CHECK-NEXT: }
// CHECK: nvvm.setmaxregister decrease
// CHECK: nvvm.mbarrier.arrive.expect_tx %{{.*}}, %c8192_i32
// CHECK-NOT: nvvm.cp.async.commit.group
// CHECK: llvm.store {{.*}} : vector<4xbf16>, !llvm.ptr<3>
// CHECK-NOT: nvvm.cp.async.commit.group
// CHECK: nvvm.fence.proxy {kind = #nvvm.proxy_kind<async.shared>, space = #nvvm.shared_space<cta>}
// CHECK-NEXT: %[[FULL:.*]] = llvm.getelementptr %{{.*}}[116736]
// CHECK-NEXT: nvvm.mbarrier.arrive %[[FULL]]
// CHECK-NEXT: }
// CHECK: nvvm.setmaxregister increase
func.func @mapped(%x: memref<128x128xf32>, %w: memref<128x64xbf16>, %y: memref<128x64xf32>,
                  %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  kernel.contract dims [128, 64, 128] ins(%x, %w : memref<128x128xf32>, memref<128x64xbf16>) outs(%y : memref<128x64xf32>)
    maps [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>]
    schedule #kernel.schedule<tile = [128, 64, 64], micro = [64, 64], variant = wgmma, stages = 4>
    lhs { ^bb0(%a: f32, %b: bf16):
      %r = arith.truncf %a : f32 to bf16
      kernel.yield %r : bf16 }
    rhs { ^bb0(%a: f32, %b: bf16): kernel.yield %b : bf16 }
    epilogue { ^bb0(%a: f32, %b: bf16, %acc: f32): kernel.yield %acc : f32 }
  return
}
}

// -----

// One operand goes by cp.async, whose copies of two stages may still be on their way: a thread arrives two stages
// late, and at the end for the last two.

module attributes {kernel.machine = #kernel.gpu<multiprocessors = 132, shared_bytes = 232448, wgmma = true, tma = true>} {
// CHECK-LABEL: func.func @gathered
// CHECK: scf.if %[[FIRST:.*]] {
// CHECK: %[[FULL:.*]] = llvm.getelementptr %[[SHARED:.*]][116736]
// CHECK-NEXT: nvvm.mbarrier.init %[[FULL]], %c129_i32
// CHECK-NEXT: %[[EMPTY:.*]] = llvm.getelementptr %[[SHARED]][116768]
// CHECK-NEXT: nvvm.mbarrier.init %[[EMPTY]], %c2_i32
// CHECK-COUNT-6: nvvm.mbarrier.init %
// CHECK-NEXT: nvvm.fence.mbarrier.init
// CHECK-NEXT: }
// CHECK: nvvm.setmaxregister decrease
// CHECK: scf.for %{{.*}} = %c0_i32 to %c2_i32 step %c1_i32
// CHECK-NEXT: %[[USE:.*]] = arith.addi
// CHECK: nvvm.cp.async.shared.global
// CHECK: nvvm.cp.async.commit.group
// CHECK-NEXT: nvvm.cp.async.wait.group 2
// CHECK-NEXT: nvvm.fence.proxy
// CHECK-NEXT: %[[SOME:.*]] = arith.cmpi sgt, %[[USE]], %c1_i32
// CHECK-NEXT: scf.if %[[SOME]]
// CHECK-NEXT: %[[LATE:.*]] = arith.addi %[[USE]], %c-2_i32
// CHECK-NEXT: arith.remui %[[LATE]], %c4_i32
// CHECK: nvvm.mbarrier.arrive
// CHECK: scf.yield
// CHECK-NEXT: }
// CHECK-NEXT: nvvm.cp.async.wait.group 0
// CHECK-NEXT: nvvm.fence.proxy
// CHECK-NEXT: %[[TWO:.*]] = arith.cmpi sgt, %[[USED:.*]], %c1_i32
// CHECK-NEXT: scf.if %[[TWO]]
// CHECK-NEXT: arith.addi %[[USED]], %c-2_i32
// CHECK: nvvm.mbarrier.arrive
// CHECK: %[[ONE:.*]] = arith.cmpi sgt, %[[USED]], %c0_i32
// CHECK-NEXT: scf.if %[[ONE]]
// CHECK-NEXT: arith.addi %[[USED]], %c-1_i32
// CHECK: nvvm.mbarrier.arrive
// CHECK-NOT: nvvm.mbarrier.arrive
// CHECK: nvvm.setmaxregister increase
func.func @gathered(%x: memref<100x128xbf16>, %w: memref<128x64xbf16>, %rows: memref<128xi32>, %y: memref<128x64xf32>,
                    %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  kernel.contract dims [128, 64, 128] ins(%x, %w, %rows : memref<100x128xbf16>, memref<128x64xbf16>, memref<128xi32>) outs(%y : memref<128x64xf32>)
    maps [affine_map<(m, n, k) -> (0, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m)>, affine_map<(m, n, k) -> (m, n)>]
    gathers [2, -1, -1]
    schedule #kernel.schedule<tile = [128, 64, 64], micro = [64, 64], variant = wgmma, stages = 4>
    lhs { ^bb0(%a: bf16, %b: bf16, %c: i32): kernel.yield %a : bf16 }
    rhs { ^bb0(%a: bf16, %b: bf16, %c: i32): kernel.yield %b : bf16 }
    epilogue { ^bb0(%a: bf16, %b: bf16, %c: i32, %acc: f32): kernel.yield %acc : f32 }
  return
}
}

// -----

// Ragged k: no operand by TMA, so that a stage is full once 128 threads have arrived.

module attributes {kernel.machine = #kernel.gpu<multiprocessors = 132, shared_bytes = 232448, wgmma = true, tma = true>} {
// CHECK-LABEL: func.func @copied
// CHECK: scf.if %[[FIRST:.*]] {
// CHECK: %[[FULL:.*]] = llvm.getelementptr %[[SHARED:.*]][116736]
// CHECK-NEXT: nvvm.mbarrier.init %[[FULL]], %c128_i32
// CHECK-NEXT: %[[EMPTY:.*]] = llvm.getelementptr %[[SHARED]][116768]
// CHECK-NEXT: nvvm.mbarrier.init %[[EMPTY]], %c2_i32
// CHECK-COUNT-6: nvvm.mbarrier.init %
// CHECK-NEXT: nvvm.fence.mbarrier.init
// CHECK-NEXT: }
// CHECK-NOT: expect_tx
// CHECK-NOT: nvvm.cp.async.bulk
// CHECK: return
func.func @copied(%x: memref<128x256xbf16>, %w: memref<256x64xbf16>, %offsets: memref<4xi32>, %y: memref<3x128x64xf32>,
                    %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  kernel.contract dims [3, 128, 64, 256] ins(%x, %w, %offsets : memref<128x256xbf16>, memref<256x64xbf16>, memref<4xi32>) outs(%y : memref<3x128x64xf32>)
    maps [affine_map<(g, m, n, k) -> (m, k)>, affine_map<(g, m, n, k) -> (k, n)>, affine_map<(g, m, n, k) -> (g)>, affine_map<(g, m, n, k) -> (g, m, n)>]
    ragged 3 by 2
    schedule #kernel.schedule<tile = [128, 64, 64], micro = [64, 64], variant = wgmma, stages = 4>
    lhs { ^bb0(%a: bf16, %b: bf16, %c: i32): kernel.yield %a : bf16 }
    rhs { ^bb0(%a: bf16, %b: bf16, %c: i32): kernel.yield %b : bf16 }
    epilogue { ^bb0(%a: bf16, %b: bf16, %c: i32, %acc: f32): kernel.yield %acc : f32 }
  return
}
}
