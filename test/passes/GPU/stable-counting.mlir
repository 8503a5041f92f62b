// RUN: moec-opt %s --split-input-file --pass-pipeline='builtin.module(func.func(moec-gpu-lower-route,canonicalize,cse))' | FileCheck %s

// 32 warps own 416 items each (13 steps of 32), and a row of 8 counts: two
// choices of 4 experts.

// CHECK-LABEL: func.func @count
// CHECK-SAME: kernel.threads = 1024 : i64
// CHECK: %[[COUNTS:.*]] = memref.view {{.*}} to memref<256xi32, #gpu.address_space<workgroup>>
// CHECK: %[[TOTALS:.*]] = memref.view {{.*}} to memref<8xi32, #gpu.address_space<workgroup>>
// CHECK: %[[WARP:.*]] = arith.divui %{{.*}}, %c32
// The choices.
// CHECK: arith.muli %[[WARP]], %c416
// CHECK: gpu.barrier
// All counts are 0.
// CHECK: memref.store %c0_i32, %[[COUNTS]]
// CHECK: gpu.barrier
// The first of the lanes with the same bin adds all of them.
// CHECK: scf.for %{{.*}} = %{{.*}} to %{{.*}} step %c32
// CHECK:   %[[PEERS:.*]] = nvvm.match.sync any
// CHECK:   nvvm.read.ptx.sreg.lanemask.lt
// CHECK:   llvm.intr.ctpop
// CHECK:   %[[BEFORE:.*]] = memref.load %[[COUNTS]]
// CHECK:   scf.if
// CHECK:     %[[MORE:.*]] = llvm.intr.ctpop(%[[PEERS]])
// CHECK:     arith.addi %[[BEFORE]], %[[MORE]]
// CHECK:   nvvm.bar.warp.sync
// CHECK: gpu.barrier
// What stands before each warp: 32 counts of a bin become sums.
// CHECK-COUNT-32: memref.load %[[COUNTS]]
// CHECK: memref.store %{{.*}}, %[[TOTALS]]
// CHECK: gpu.barrier
// The offsets of the experts: a scan by the first warp.
// CHECK-COUNT-5: gpu.shuffle up
// CHECK: gpu.shuffle idx
// The places: both choices are looked up before either is counted on.
// CHECK: nvvm.match.sync any
// CHECK: nvvm.match.sync any
// CHECK: nvvm.bar.warp.sync
// CHECK-NOT: nvvm.match.sync
// CHECK-NOT: atomic
// CHECK: return
func.func @count(%g: memref<13000x4xf32>, %w: memref<13000x2xf32>, %p: memref<104005xi32>,
                 %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  kernel.route ins(%g : memref<13000x4xf32>) outs(%w, %p : memref<13000x2xf32>, memref<104005xi32>)
    k 2 capacity 6500 priority position
  return
}
