// RUN: moec-opt %s --split-input-file --pass-pipeline='builtin.module(func.func(moec-gpu-lower-rows,canonicalize,cse))' | FileCheck %s
// RUN: moec-opt %s --split-input-file --moec-gpu-pipeline --remarks-filter="GPU" --remark-format=emitRemark 2>&1 >/dev/null | FileCheck %s --check-prefix=REMARK

// A warp a row: lanes along the reduction, then shuffles; lane 0 stores.

// CHECK-LABEL: func.func @along
// CHECK-SAME: kernel.grid = 784 : i64
// CHECK-SAME: kernel.shared = 0 : i64
// CHECK-SAME: kernel.threads = 256 : i64
// CHECK: %[[LANE:.*]] = arith.remui %{{.*}}, %c32
// CHECK: %[[PART:.*]] = scf.for %{{.*}} = %[[LANE]] to %c96 step %c32
// CHECK:   arith.addf
// CHECK: gpu.shuffle xor %[[PART]], %c1_i32, %c32_i32
// CHECK-COUNT-4: gpu.shuffle xor
// CHECK: %[[FIRST:.*]] = arith.cmpi eq, %[[LANE]], %c0
// CHECK: scf.if %[[FIRST]]
// CHECK:   memref.store
func.func @along(%x: memref<6272x96xf32>, %y: memref<6272xf32>,
                 %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  kernel.rows dims [6272, 96] ins(%x : memref<6272x96xf32>) outs(%y : memref<6272xf32>)
    maps [affine_map<(p, c) -> (p, c)>, affine_map<(p, c) -> (p)>]
    combiners [#kernel.combiner<add>]
    phases { ^bb0(%e: f32): kernel.yield %e : f32 }
    finish { ^bb0(%e: f32, %s: f32): kernel.yield %s : f32 }
    emit { ^bb0(%e: f32, %s: f32): kernel.yield }
  return
}

// -----

// Sums of columns: 8 neighbouring columns fill a sector, 128 threads share each,
// 4 accumulators a thread; warps meet in shared memory.

// CHECK-LABEL: func.func @across
// CHECK-SAME: kernel.grid = 12 : i64
// CHECK-SAME: kernel.shared = 1024 : i64
// CHECK-SAME: kernel.threads = 1024 : i64
// CHECK: %{{.*}}:4 = scf.for
// CHECK-COUNT-2: gpu.shuffle xor
// CHECK-NOT: gpu.shuffle
// CHECK: memref.view {{.*}} to memref<32x8xf32, #gpu.address_space<workgroup>>
// CHECK: gpu.barrier
// CHECK-NOT: gpu.barrier
// CHECK-COUNT-31: arith.addf
func.func @across(%x: memref<6272x96xf32>, %y: memref<96xf32>,
                  %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  kernel.rows dims [96, 6272] ins(%x : memref<6272x96xf32>) outs(%y : memref<96xf32>)
    maps [affine_map<(p, c) -> (c, p)>, affine_map<(p, c) -> (p)>]
    combiners [#kernel.combiner<add>]
    phases { ^bb0(%e: f32): kernel.yield %e : f32 }
    finish { ^bb0(%e: f32, %s: f32): kernel.yield %s : f32 }
    emit { ^bb0(%e: f32, %s: f32): kernel.yield }
  return
}

// -----

// A short sum over contiguous rows: one thread a row, nothing to join.

// CHECK-LABEL: func.func @combine
// CHECK-SAME: kernel.threads = 256 : i64
// CHECK-NOT: gpu.shuffle
// CHECK-NOT: gpu.barrier
// CHECK: return

// REMARK: input 1 is read one sector a thread: neighbouring threads are 64 elements apart
func.func @combine(%x: memref<64x2x96xf32>, %t: memref<96x64xf32>, %y: memref<64x96xf32>,
                   %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  kernel.rows dims [64, 96, 2] ins(%x, %t : memref<64x2x96xf32>, memref<96x64xf32>) outs(%y : memref<64x96xf32>)
    maps [affine_map<(p, q, c) -> (p, c, q)>, affine_map<(p, q, c) -> (q, p)>, affine_map<(p, q, c) -> (p, q)>]
    combiners [#kernel.combiner<add>]
    phases { ^bb0(%e: f32, %o: f32): %m = arith.mulf %e, %o : f32
             kernel.yield %m : f32 }
    finish { ^bb0(%e: f32, %o: f32, %s: f32): kernel.yield %s : f32 }
    emit { ^bb0(%e: f32, %o: f32, %s: f32): kernel.yield }
  return
}
