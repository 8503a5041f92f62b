// RUN: moec-opt %s --split-input-file --pass-pipeline='builtin.module(func.func(moec-gpu-lower-contract,canonicalize,cse))' | FileCheck %s

// Two warpgroups multiply and take the registers that the first gives up. Both operands lie as TMA wants them.
// Descriptors: 128-byte swizzle (bit 62), groups of 8 lines 1024 bytes apart (64 << 32); along k a step of 16
// is 32 bytes, along the columns 16 lines. One group is in flight: the stage before is released.

module attributes {kernel.machine = #kernel.gpu<multiprocessors = 132, shared_bytes = 232448, wgmma = true, tma = true>} {
// CHECK-LABEL: func.func @two
// CHECK-SAME: kernel.grid = 1 : i64
// CHECK-SAME: kernel.tensor_maps = [#kernel.tensor_map<operand = 0, element = bf16, shape = [128, 128], strides = [256], box = [64, 128], swizzle = 128>, #kernel.tensor_map<operand = 1, element = bf16, shape = [64, 128], strides = [128], box = [64, 64], swizzle = 128>]
// CHECK-SAME: kernel.threads = 384 : i64
// CHECK: %[[TID:.*]] = arith.index_castui %thread_id_x
// CHECK: %[[PRODUCES:.*]] = arith.cmpi slt, %[[TID]], %c128_i32
// CHECK-NEXT: scf.if %[[PRODUCES]]
// CHECK-NEXT: nvvm.setmaxregister decrease 56
// CHECK: else
// CHECK-NEXT: nvvm.setmaxregister increase 224
// CHECK-NEXT: %[[WORKER:.*]] = arith.subi %[[TID]], %c128_i32
// CHECK: llvm.inline_asm has_side_effects asm_dialect = att "mov.b32 $0, 0;
// CHECK: %[[GROUP:.*]] = arith.divui %[[WORKER]], %c128_i32
// CHECK-NEXT: %[[ROW:.*]] = arith.muli %[[GROUP]], %c64_i32
// CHECK: %[[SUMS:.*]] = scf.for %[[T:.*]] = %c0_i32 to %c2_i32
// CHECK-NEXT: %[[USE:.*]] = arith.addi %{{.*}}, %[[T]]
// CHECK: nvvm.mbarrier.try_wait
// CHECK: %[[BLOCK:.*]] = arith.divui %[[ROW]], %c64_i32
// CHECK-NEXT: arith.muli %[[BLOCK]], %c8192_i32
// CHECK: %[[A:.*]] = arith.ori %{{.*}}, %c4611686293305360384_i64
// CHECK: %[[B:.*]] = arith.ori %{{.*}}, %c4611686293338849280_i64
// CHECK-NEXT: nvvm.wgmma.fence.aligned
// CHECK-NEXT: nvvm.wgmma.mma_async %[[A]], %[[B]], %{{.*}}, <m = 64, n = 64, k = 16>, D[<f32>, <one>], A[<bf16>, <one>, <row>], B[<bf16>, <one>, <row>]
// CHECK-NEXT: %[[A1:.*]] = arith.addi %[[A]], %c2_i64
// CHECK-NEXT: %[[B1:.*]] = arith.addi %[[B]], %c128_i64
// CHECK-NEXT: nvvm.wgmma.mma_async %[[A1]], %[[B1]],
// CHECK-COUNT-2: nvvm.wgmma.mma_async
// CHECK-NEXT: nvvm.wgmma.commit.group.sync.aligned
// CHECK-NEXT: nvvm.wgmma.wait.group.sync.aligned 1
// CHECK-NEXT: %[[SOME:.*]] = arith.cmpi sgt, %[[T]], %c0_i32
// CHECK-NEXT: %[[BEFORE:.*]] = arith.addi %[[USE]], %c-1_i32
// CHECK: nvvm.mbarrier.arrive
// CHECK: nvvm.wgmma.wait.group.sync.aligned 0
// CHECK: nvvm.mbarrier.arrive
// CHECK-NOT: nvvm.mapa
// CHECK: nvvm.barrier id = %c1_i32 number_of_threads = %c256_i32
// CHECK: llvm.extractvalue %[[SUMS]][0]
// CHECK-NEXT: llvm.extractvalue %[[SUMS]][1]
// CHECK: llvm.extractvalue %[[SUMS]][4]
// CHECK: nvvm.barrier id = %c1_i32 number_of_threads = %c256_i32
// CHECK: nvvm.barrier id = %c1_i32 number_of_threads = %c256_i32
// CHECK: llvm.extractvalue %[[SUMS]][2]
// CHECK-NEXT: llvm.extractvalue %[[SUMS]][3]
// CHECK-NOT: nvvm.cluster
// CHECK: return
func.func @two(%x: memref<128x128xbf16>, %w: memref<128x64xbf16>, %y: memref<128x64xf32>,
               %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  kernel.contract dims [128, 64, 128] ins(%x, %w : memref<128x128xbf16>, memref<128x64xbf16>) outs(%y : memref<128x64xf32>)
    maps [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>]
    schedule #kernel.schedule<tile = [128, 64, 64], micro = [64, 64], variant = wgmma, stages = 4>
    lhs { ^bb0(%a: bf16, %b: bf16): kernel.yield %a : bf16 }
    rhs { ^bb0(%a: bf16, %b: bf16): kernel.yield %b : bf16 }
    epilogue { ^bb0(%a: bf16, %b: bf16, %acc: f32): kernel.yield %acc : f32 }
  return
}
}

// -----

// The other layouts: the left operand along its rows, the right one along k. A box then has 64 rows of k, or all
// columns.

module attributes {kernel.machine = #kernel.gpu<multiprocessors = 132, shared_bytes = 232448, wgmma = true, tma = true>} {
// CHECK-LABEL: func.func @layouts
// CHECK-SAME: #kernel.tensor_map<operand = 0, element = bf16, shape = {{[^>]*}}, box = [64, 64]
// CHECK-SAME: #kernel.tensor_map<operand = 1, element = bf16, shape = {{[^>]*}}, box = [64, 64]
// CHECK: %[[A:.*]] = arith.ori %{{.*}}, %c4611686293338849280_i64
// CHECK: %[[B:.*]] = arith.ori %{{.*}}, %c4611686293305360384_i64
// CHECK: nvvm.wgmma.mma_async %[[A]], %[[B]], {{.*}} A[<bf16>, <one>, <col>], B[<bf16>, <one>, <col>]
// CHECK-NEXT: arith.addi %[[A]], %c128_i64
// CHECK-NEXT: arith.addi %[[B]], %c2_i64
func.func @layouts(%x: memref<128x128xbf16>, %w: memref<64x128xbf16>, %y: memref<128x64xf32>,
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

// Three warpgroups share the registers.

module attributes {kernel.machine = #kernel.gpu<multiprocessors = 132, shared_bytes = 232448, wgmma = true, tma = true>} {
// CHECK-LABEL: func.func @three
// CHECK-SAME: kernel.threads = 512 : i64
// CHECK: nvvm.setmaxregister decrease 56
// CHECK: nvvm.setmaxregister increase 152
// CHECK: nvvm.barrier id = %c1_i32 number_of_threads = %c384_i32
func.func @three(%x: memref<192x128xbf16>, %w: memref<128x128xbf16>, %y: memref<192x128xf32>,
                 %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  kernel.contract dims [192, 128, 128] ins(%x, %w : memref<192x128xbf16>, memref<128x128xbf16>) outs(%y : memref<192x128xf32>)
    maps [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>]
    schedule #kernel.schedule<tile = [192, 128, 64], micro = [64, 128], variant = wgmma, stages = 3>
    lhs { ^bb0(%a: bf16, %b: bf16): kernel.yield %a : bf16 }
    rhs { ^bb0(%a: bf16, %b: bf16): kernel.yield %b : bf16 }
    epilogue { ^bb0(%a: bf16, %b: bf16, %acc: f32): kernel.yield %acc : f32 }
  return
}
}

// -----

// A map needs registers where the stages are filled, and no tensor map can have it.

module attributes {kernel.machine = #kernel.gpu<multiprocessors = 132, shared_bytes = 232448, wgmma = true, tma = true>} {
// CHECK-LABEL: func.func @mapped
// CHECK-SAME: kernel.tensor_maps = [#kernel.tensor_map<operand = 1, element = bf16, shape = [64, 128], strides = [128], box = [64, 64], swizzle = 128>],
// CHECK: nvvm.setmaxregister decrease 104
// CHECK: nvvm.setmaxregister increase 200
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

// The same with three.

module attributes {kernel.machine = #kernel.gpu<multiprocessors = 132, shared_bytes = 232448, wgmma = true, tma = true>} {
// CHECK-LABEL: func.func @three_mapped
// CHECK: nvvm.setmaxregister decrease 104
// CHECK: nvvm.setmaxregister increase 136
func.func @three_mapped(%x: memref<192x128xf32>, %w: memref<128x64xbf16>, %y: memref<192x64xf32>,
                        %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  kernel.contract dims [192, 64, 128] ins(%x, %w : memref<192x128xf32>, memref<128x64xbf16>) outs(%y : memref<192x64xf32>)
    maps [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>]
    schedule #kernel.schedule<tile = [192, 64, 64], micro = [64, 64], variant = wgmma, stages = 4>
    lhs { ^bb0(%a: f32, %b: bf16):
      %r = arith.truncf %a : f32 to bf16
      kernel.yield %r : bf16 }
    rhs { ^bb0(%a: f32, %b: bf16): kernel.yield %b : bf16 }
    epilogue { ^bb0(%a: f32, %b: bf16, %acc: f32): kernel.yield %acc : f32 }
  return
}
}

// -----

// Tiles that pair up along m and have a right operand that TMA loads: clusters of two blocks, which release a
// stage in both and wait for each other at the end.

module attributes {kernel.machine = #kernel.gpu<multiprocessors = 132, shared_bytes = 232448, wgmma = true, tma = true>} {
// CHECK-LABEL: func.func @pairs
// CHECK-SAME: kernel.cluster = 2 : i64
// CHECK-SAME: kernel.grid = 2 : i64
// CHECK-SAME: #kernel.tensor_map<operand = 1, element = bf16, shape = [128, 128], strides = {{[^>]*}}, box = [64, 64]
// CHECK: %[[RANK:.*]] = arith.remui %{{.*}}, %c2_i32
// CHECK: nvvm.wgmma.wait.group.sync.aligned 1
// CHECK: %[[PEER:.*]] = arith.xori %[[RANK]], %c1_i32
// CHECK-NEXT: %[[THERE:.*]] = nvvm.mapa %{{.*}}, %[[PEER]]
// CHECK-NEXT: nvvm.mbarrier.arrive %[[THERE]] {scope = #nvvm.mem_scope<cluster>}
// CHECK: nvvm.wgmma.wait.group.sync.aligned 0
// CHECK: nvvm.mapa
// CHECK: vector.store
// CHECK-NOT: nvvm.cluster
// CHECK: nvvm.cluster.arrive
// CHECK-NEXT: nvvm.cluster.wait
// CHECK-NEXT: return
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

// A dimension of the groups is one more of the tensor map. One block for each of three tiles, one after the other
// if there were more than multiprocessors.

module attributes {kernel.machine = #kernel.gpu<multiprocessors = 132, shared_bytes = 232448, wgmma = true, tma = true>} {
// CHECK-LABEL: func.func @batched
// CHECK-SAME: kernel.grid = 3 : i64
// CHECK-SAME: #kernel.tensor_map<operand = 0, element = bf16, shape = [128, 128, 3], strides = [256, 32768], box = [64, 128, 1], swizzle = 128>
// CHECK-SAME: #kernel.tensor_map<operand = 1, element = bf16, shape = [64, 128, 3], strides = [128, 16384], box = [64, 64, 1], swizzle = 128>
// CHECK: scf.for %{{.*}} = %{{.*}} to %c3_i32 step %c3_i32
func.func @batched(%x: memref<3x128x128xbf16>, %w: memref<3x128x64xbf16>, %y: memref<3x128x64xf32>,
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

// Ragged m: TMA loads whole tiles, what is past the group is not stored. A tile past the last loads and stores
// nothing. No pairs: which tiles lie below each other is not known.

module attributes {kernel.machine = #kernel.gpu<multiprocessors = 132, shared_bytes = 232448, wgmma = true, tma = true>} {
// CHECK-LABEL: func.func @ragged_m
// CHECK-NOT: kernel.cluster
// CHECK-SAME: #kernel.tensor_map<operand = 0, element = bf16, shape = [128, 256], strides = [256], box = [64, 128]
// CHECK-SAME: #kernel.tensor_map<operand = 1, element = bf16, shape = [64, 128, 40], strides = {{[^>]*}}, box = [64, 64, 1]
// CHECK: nvvm.setmaxregister decrease
// CHECK: %[[SOME:.*]] = arith.cmpi slt, %[[FROM:.*]]#2, %[[FROM]]#3
// CHECK-NEXT: %[[TILES:.*]] = arith.select %[[SOME]], %c2_i32, %c0_i32
// CHECK: scf.for %{{.*}} = %c0_i32 to %[[TILES]]
// CHECK: nvvm.setmaxregister increase
// CHECK: %[[SOME:.*]] = arith.cmpi slt, %[[FROM:.*]]#2, %[[FROM]]#3
// CHECK-NEXT: %[[TILES:.*]] = arith.select %[[SOME]], %c2_i32, %c0_i32
// CHECK: scf.for %{{.*}} = %c0_i32 to %[[TILES]]
// CHECK: nvvm.wgmma.wait.group.sync.aligned 0
// CHECK: scf.if %[[SOME]]
// CHECK: nvvm.barrier id = %c1_i32
func.func @ragged_m(%x: memref<256x128xbf16>, %w: memref<40x128x64xbf16>, %offsets: memref<41xi32>, %y: memref<256x64xf32>,
                    %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  kernel.contract dims [40, 256, 64, 128] ins(%x, %w, %offsets : memref<256x128xbf16>, memref<40x128x64xbf16>, memref<41xi32>) outs(%y : memref<256x64xf32>)
    maps [affine_map<(g, m, n, k) -> (m, k)>, affine_map<(g, m, n, k) -> (g, k, n)>, affine_map<(g, m, n, k) -> (g)>, affine_map<(g, m, n, k) -> (m, n)>]
    ragged 1 by 2
    schedule #kernel.schedule<tile = [128, 64, 64], micro = [64, 64], variant = wgmma, stages = 4>
    lhs { ^bb0(%a: bf16, %b: bf16, %c: i32): kernel.yield %a : bf16 }
    rhs { ^bb0(%a: bf16, %b: bf16, %c: i32): kernel.yield %b : bf16 }
    epilogue { ^bb0(%a: bf16, %b: bf16, %c: i32, %acc: f32): kernel.yield %acc : f32 }
  return
}
}

// -----

// Gathered rows lie anywhere: no tensor map; they go by cp.async.

module attributes {kernel.machine = #kernel.gpu<multiprocessors = 132, shared_bytes = 232448, wgmma = true, tma = true>} {
// CHECK-LABEL: func.func @gathered
// CHECK-SAME: kernel.tensor_maps = [#kernel.tensor_map<operand = 1, element = bf16, shape = [64, 128], strides = [128], box = [64, 64], swizzle = 128>],
// CHECK: nvvm.setmaxregister decrease 56
// CHECK: nvvm.cp.async.shared.global
// CHECK: nvvm.setmaxregister increase 224
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

// Ragged k may end inside of a tile, where TMA would copy the next group.

module attributes {kernel.machine = #kernel.gpu<multiprocessors = 132, shared_bytes = 232448, wgmma = true, tma = true>} {
// CHECK-LABEL: func.func @ragged_k
// CHECK-NOT: kernel.tensor_maps
// CHECK-SAME: kernel.threads = 384 : i64
// CHECK-NOT: nvvm.cp.async.bulk
// CHECK: return
func.func @ragged_k(%x: memref<128x256xbf16>, %w: memref<256x64xbf16>, %offsets: memref<4xi32>, %y: memref<3x128x64xf32>,
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

// -----

// Rows of 100 and 60 elements are no multiples of 16 bytes.

module attributes {kernel.machine = #kernel.gpu<multiprocessors = 132, shared_bytes = 232448, wgmma = true, tma = true>} {
// CHECK-LABEL: func.func @unaligned
// CHECK-NOT: kernel.tensor_maps
// CHECK-SAME: kernel.threads = 384 : i64
// CHECK-NOT: nvvm.cp.async.bulk
// CHECK: return
func.func @unaligned(%x: memref<128x100xbf16>, %w: memref<100x60xbf16>, %y: memref<128x60xf32>,
                     %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  kernel.contract dims [128, 60, 100] ins(%x, %w : memref<128x100xbf16>, memref<100x60xbf16>) outs(%y : memref<128x60xf32>)
    maps [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>]
    schedule #kernel.schedule<tile = [128, 64, 64], micro = [64, 64], variant = wgmma, stages = 4>
    lhs { ^bb0(%a: bf16, %b: bf16): kernel.yield %a : bf16 }
    rhs { ^bb0(%a: bf16, %b: bf16): kernel.yield %b : bf16 }
    epilogue { ^bb0(%a: bf16, %b: bf16, %acc: f32): kernel.yield %acc : f32 }
  return
}
}
