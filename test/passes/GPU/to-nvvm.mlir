// RUN: moec-opt %s --moec-nvvm-pipeline | FileCheck %s

// Bare pointers, positions of 32 bits, instructions for what has one.

// CHECK: llvm.mlir.global internal @__dynamic_shmem__0() {addr_space = 3 : i32, alignment = 16 : i64}
// CHECK: llvm.func @k(%[[X:.*]]: !llvm.ptr)
// CHECK-SAME: nvvm.kernel
// CHECK-SAME: nvvm.maxntid = array<i32: 64, 1, 1>
// CHECK: %[[T:.*]] = nvvm.read.ptx.sreg.tid.x range <i32, 0, 64> : i32
// CHECK: llvm.getelementptr {{.*}}%[[X]][%{{.*}}] : (!llvm.ptr, i32) -> !llvm.ptr, f32
// CHECK: llvm.intr.sqrt
// CHECK: nvvm.shfl.sync bfly
// CHECK: llvm.store %{{.*}} : f32, !llvm.ptr<3>
// CHECK: nvvm.barrier
// CHECK-NOT: unrealized_conversion_cast
gpu.module @kernels {
  gpu.func @k(%x: memref<64xf32>) kernel attributes {known_block_size = array<i32: 64, 1, 1>} {
    %t = gpu.thread_id x
    %v = memref.load %x[%t] : memref<64xf32>
    %s = math.sqrt %v : f32
    %one = arith.constant 1 : i32
    %width = arith.constant 32 : i32
    %o, %ok = gpu.shuffle xor %s, %one, %width : f32
    %all = gpu.dynamic_shared_memory : memref<?xi8, #gpu.address_space<workgroup>>
    %zero = arith.constant 0 : index
    %shared = memref.view %all[%zero][] : memref<?xi8, #gpu.address_space<workgroup>> to memref<64xf32, #gpu.address_space<workgroup>>
    memref.store %o, %shared[%t] : memref<64xf32, #gpu.address_space<workgroup>>
    gpu.barrier
    %r = memref.load %shared[%t] : memref<64xf32, #gpu.address_space<workgroup>>
    memref.store %r, %x[%t] : memref<64xf32>
    gpu.return
  }
}
