// RUN: moec-opt %s --split-input-file --pass-pipeline='builtin.module(func.func(moec-gpu-lower-contract,canonicalize,cse))' | FileCheck %s

// Plain bf16: two tiles are on their way while the third is multiplied. In a round, after the barrier,
// the copies of the tile after next go where the tile before was.

module attributes {kernel.machine = #kernel.gpu<multiprocessors = 132, shared_bytes = 232448>} {
// CHECK-LABEL: func.func @three_stages
// CHECK-SAME: kernel.shared = 24576 : i64
// CHECK-NOT: nvvm.cp.async.commit.group
// CHECK: nvvm.cp.async.shared.global
// CHECK: nvvm.cp.async.commit.group
// CHECK-NOT: nvvm.cp.async.commit.group
// CHECK: arith.addi %{{.*}}, %c8192_i32
// CHECK: nvvm.cp.async.shared.global
// CHECK: nvvm.cp.async.commit.group
// CHECK-NOT: nvvm.cp.async
// CHECK: scf.for %[[T:.*]] = %c0_i32 to %c8_i32 step %c1_i32 iter_args({{.*}}%[[STAGE:arg[0-9]+]] = %c0_i32)
// CHECK-NEXT: nvvm.cp.async.wait.group 1
// CHECK-NEXT: gpu.barrier
// CHECK-NEXT: %[[AHEAD:.*]] = arith.addi %[[T]], %c2_i32
// CHECK-NEXT: %[[SOME:.*]] = arith.cmpi slt, %[[AHEAD]], %c8_i32
// CHECK-NEXT: scf.if %[[SOME]] {
// CHECK-NEXT: arith.muli %[[AHEAD]], %c32_i32
// CHECK-NEXT: %[[TWO:.*]] = arith.addi %[[STAGE]], %c16384_i32
// CHECK-NEXT: %[[ROUND:.*]] = arith.addi %[[STAGE]], %c-8192_i32
// CHECK-NEXT: %[[FITS:.*]] = arith.cmpi slt, %[[TWO]], %c24576_i32
// CHECK-NEXT: arith.select %[[FITS]], %[[TWO]], %[[ROUND]]
// CHECK: nvvm.cp.async.shared.global
// CHECK: }
// CHECK-NEXT: nvvm.cp.async.commit.group
// CHECK: %[[ONE:.*]] = arith.addi %[[STAGE]], %c8192_i32
// CHECK: %[[NEXT:.*]] = arith.select %{{.*}}, %[[ONE]],
// CHECK: nvvm.mma.sync
// CHECK: scf.yield {{.*}}, %[[NEXT]] :
// CHECK: nvvm.cp.async.wait.group 0
// CHECK-NEXT: gpu.barrier
func.func @three_stages(%x: memref<64x256xbf16>, %w: memref<256x64xbf16>, %y: memref<64x64xf32>,
                        %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  kernel.contract dims [64, 64, 256] ins(%x, %w : memref<64x256xbf16>, memref<256x64xbf16>) outs(%y : memref<64x64xf32>)
    maps [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>]
    schedule #kernel.schedule<tile = [64, 64, 32], micro = [32, 32], variant = mma.sync, stages = 3>
    lhs { ^bb0(%a: bf16, %b: bf16): kernel.yield %a : bf16 }
    rhs { ^bb0(%a: bf16, %b: bf16): kernel.yield %b : bf16 }
    epilogue { ^bb0(%a: bf16, %b: bf16, %acc: f32): kernel.yield %acc : f32 }
  return
}
}

// -----

// Six stages asked for, but two tiles: one stage more than there are tiles.

module attributes {kernel.machine = #kernel.gpu<multiprocessors = 132, shared_bytes = 232448>} {
// CHECK-LABEL: func.func @fewer_tiles
// CHECK-SAME: kernel.shared = 24576 : i64
// CHECK-COUNT-2: nvvm.cp.async.commit.group
// CHECK-NOT: nvvm.cp.async
// CHECK: scf.for %{{.*}} = %c0_i32 to %c2_i32 step %c1_i32
// CHECK-NEXT: nvvm.cp.async.wait.group 1
func.func @fewer_tiles(%x: memref<64x64xbf16>, %w: memref<64x64xbf16>, %y: memref<64x64xf32>,
                       %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  kernel.contract dims [64, 64, 64] ins(%x, %w : memref<64x64xbf16>, memref<64x64xbf16>) outs(%y : memref<64x64xf32>)
    maps [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>]
    schedule #kernel.schedule<tile = [64, 64, 32], micro = [32, 32], variant = mma.sync, stages = 6>
    lhs { ^bb0(%a: bf16, %b: bf16): kernel.yield %a : bf16 }
    rhs { ^bb0(%a: bf16, %b: bf16): kernel.yield %b : bf16 }
    epilogue { ^bb0(%a: bf16, %b: bf16, %acc: f32): kernel.yield %acc : f32 }
  return
}
}

// -----

// Operands that go through registers have two stages: barrier, load the next tile, multiply, store it.

module attributes {kernel.machine = #kernel.gpu<multiprocessors = 132, shared_bytes = 232448>} {
// CHECK-LABEL: func.func @registers
// CHECK-SAME: kernel.shared = 9216 : i64
// CHECK: memref.load
// CHECK: llvm.store {{.*}} : f32, !llvm.ptr<3>
// CHECK-NOT: gpu.barrier
// CHECK: scf.for %[[T:.*]] = %c0_i32 to %c2_i32 step %c1_i32 iter_args({{.*}}%[[STAGE:arg[0-9]+]] = %c0_i32)
// CHECK-NEXT: gpu.barrier
// CHECK: %[[ONE:.*]] = arith.addi %[[STAGE]], %c4608_i32
// CHECK: %[[FITS:.*]] = arith.cmpi slt, %[[ONE]], %c9216_i32
// CHECK: %[[NEXT:.*]] = arith.select %[[FITS]], %[[ONE]],
// CHECK: %[[AFTER:.*]] = arith.addi %[[T]], %c1_i32
// CHECK: %[[MORE:.*]] = arith.cmpi slt, %[[AFTER]], %c2_i32
// CHECK: scf.if %[[MORE]] -> (f32,
// CHECK: memref.load
// CHECK: else
// CHECK: scf.yield %cst,
// CHECK: math.fma
// CHECK-NOT: gpu.barrier
// CHECK: scf.if %[[MORE]]
// CHECK: arith.addi %[[NEXT]],
// CHECK: llvm.store
// CHECK-NOT: gpu.barrier
// CHECK: scf.yield {{.*}}, %[[NEXT]] :
// CHECK-NEXT: }
// CHECK-NEXT: gpu.barrier
func.func @registers(%x: memref<64x32xf32>, %w: memref<32x32xf32>, %y: memref<64x32xf32>,
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

// One tile, and nothing copied asynchronously: one stage, and no loop.

module attributes {kernel.machine = #kernel.gpu<multiprocessors = 132, shared_bytes = 232448>} {
// CHECK-LABEL: func.func @one_tile
// CHECK-SAME: kernel.shared = 5120 : i64
// CHECK: memref.load
// CHECK: llvm.store
// CHECK-NOT: scf.
// CHECK: gpu.barrier
// CHECK-NOT: scf.
// CHECK: math.fma
// CHECK-NOT: memref.load
// CHECK: gpu.barrier
func.func @one_tile(%x: memref<32x16xf32>, %w: memref<16x32xf32>, %y: memref<32x32xf32>,
                    %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  kernel.contract dims [32, 32, 16] ins(%x, %w : memref<32x16xf32>, memref<16x32xf32>) outs(%y : memref<32x32xf32>)
    maps [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>]
    schedule #kernel.schedule<tile = [32, 32, 16], micro = [4, 4]>
    lhs { ^bb0(%a: f32, %b: f32): kernel.yield %a : f32 }
    rhs { ^bb0(%a: f32, %b: f32): kernel.yield %b : f32 }
    epilogue { ^bb0(%a: f32, %b: f32, %acc: f32): kernel.yield %acc : f32 }
  return
}
}

// -----

// One tile copied asynchronously: two stages, the second of which stays empty.

module attributes {kernel.machine = #kernel.gpu<multiprocessors = 132, shared_bytes = 232448>} {
// CHECK-LABEL: func.func @one_tile_async
// CHECK-SAME: kernel.shared = 16384 : i64
// CHECK-COUNT-4: nvvm.cp.async.shared.global
// CHECK: nvvm.cp.async.commit.group
// CHECK-NEXT: nvvm.cp.async.wait.group 0
// CHECK-NEXT: gpu.barrier
// CHECK-NOT: nvvm.cp.async.shared.global
// CHECK-NOT: scf.for
// CHECK: nvvm.mma.sync
func.func @one_tile_async(%x: memref<64x32xbf16>, %w: memref<32x64xbf16>, %y: memref<64x64xf32>,
                          %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  kernel.contract dims [64, 64, 32] ins(%x, %w : memref<64x32xbf16>, memref<32x64xbf16>) outs(%y : memref<64x64xf32>)
    maps [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>]
    schedule #kernel.schedule<tile = [64, 64, 32], micro = [32, 32], variant = mma.sync, stages = 4>
    lhs { ^bb0(%a: bf16, %b: bf16): kernel.yield %a : bf16 }
    rhs { ^bb0(%a: bf16, %b: bf16): kernel.yield %b : bf16 }
    epilogue { ^bb0(%a: bf16, %b: bf16, %acc: f32): kernel.yield %acc : f32 }
  return
}
}

// -----

// One operand of each kind: the copies run two tiles ahead, the registers one.

module attributes {kernel.machine = #kernel.gpu<multiprocessors = 132, shared_bytes = 232448>} {
// CHECK-LABEL: func.func @mixed
// CHECK-SAME: kernel.shared = 24576 : i64
// CHECK-COUNT-2: nvvm.cp.async.commit.group
// CHECK: vector.load {{.*}} vector<4xf32>
// CHECK: llvm.store {{.*}} : vector<4xbf16>, !llvm.ptr<3>
// CHECK: scf.for %[[T:.*]] = %c0_i32 to %c8_i32
// CHECK-NEXT: nvvm.cp.async.wait.group 1
// CHECK-NEXT: gpu.barrier
// CHECK-NEXT: %[[AHEAD:.*]] = arith.addi %[[T]], %c2_i32
// CHECK: nvvm.cp.async.commit.group
// CHECK: %[[AFTER:.*]] = arith.addi %[[T]], %c1_i32
// CHECK-NEXT: %[[MORE:.*]] = arith.cmpi slt, %[[AFTER]], %c8_i32
// CHECK: scf.if %[[MORE]] -> (vector<4xf32>,
// CHECK: vector.load
// CHECK: nvvm.mma.sync
// CHECK: scf.if %[[MORE]]
// CHECK: arith.truncf
// CHECK: llvm.store {{.*}} : vector<4xbf16>, !llvm.ptr<3>
func.func @mixed(%x: memref<64x256xf32>, %w: memref<256x64xbf16>, %y: memref<64x64xf32>,
                 %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  kernel.contract dims [64, 64, 256] ins(%x, %w : memref<64x256xf32>, memref<256x64xbf16>) outs(%y : memref<64x64xf32>)
    maps [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>]
    schedule #kernel.schedule<tile = [64, 64, 32], micro = [32, 32], variant = mma.sync, stages = 3>
    lhs { ^bb0(%a: f32, %b: bf16):
      %r = arith.truncf %a : f32 to bf16
      kernel.yield %r : bf16 }
    rhs { ^bb0(%a: f32, %b: bf16): kernel.yield %b : bf16 }
    epilogue { ^bb0(%a: f32, %b: bf16, %acc: f32): kernel.yield %acc : f32 }
  return
}
}
