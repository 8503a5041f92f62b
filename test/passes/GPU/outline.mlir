// RUN: moec-opt %s --split-input-file --moec-gpu-outline --verify-diagnostics | FileCheck %s

// CHECK: gpu.module @kernels
// CHECK: gpu.func @k0(%[[X:.*]]: memref<8xf32>) kernel attributes
// CHECK-SAME: kernel.grid = 2
// CHECK-SAME: known_block_size = array<i32: 32, 1, 1>
// CHECK: memref.store %{{.*}}, %[[X]]
// CHECK: gpu.return
// CHECK: gpu.func @k1(%{{.*}}: memref<8xf32>, %{{.*}}: memref<64xi8>) kernel
// CHECK-SAME: known_cluster_size = array<i32: 2, 1, 1>
// CHECK-NOT: func.func
func.func @k0(%x: memref<8xf32>, %begin: index, %end: index, %scratch: memref<?xi8>)
    attributes {kernel.function, kernel.grid = 2, kernel.threads = 32} {
  %c = arith.constant 1.0 : f32
  %t = gpu.thread_id x
  memref.store %c, %x[%t] : memref<8xf32>
  return
}
func.func @k1(%x: memref<8xf32>, %begin: index, %end: index, %workspace: memref<64xi8>)
    attributes {kernel.function, kernel.grid = 2, kernel.threads = 32, kernel.cluster = 2, kernel.workspace = 64} {
  return
}

// -----

func.func @k2(%x: memref<8x4xf32>, %w: memref<8x2xf32>, %p: memref<69xi32>, %begin: index, %end: index, %scratch: memref<?xi8>)
    attributes {kernel.function} {
  // expected-error @below {{kernel @k2 has no code for the GPU: no pass lowered its kernel.route}}
  kernel.route ins(%x : memref<8x4xf32>) outs(%w, %p : memref<8x2xf32>, memref<69xi32>) k 2 capacity 5 priority position
  return
}

// -----

// expected-error @below {{kernel @k3 has an operand of 2147483648 elements; on the GPU an operand has fewer than 2^31: compile for the CPU, or make the batch or the layer smaller}}
func.func @k3(%x: memref<2147483648xf32>, %begin: index, %end: index, %scratch: memref<?xi8>)
    attributes {kernel.function, kernel.grid = 2, kernel.threads = 32} {
  return
}

// -----

// expected-error @below {{argument #1 of kernel @k4 stands for the CPU's grid or scratch and must not be used}}
func.func @k4(%x: memref<8xf32>, %begin: index, %end: index, %scratch: memref<?xi8>)
    attributes {kernel.function, kernel.grid = 2, kernel.threads = 32} {
  %c = arith.constant 1.0 : f32
  memref.store %c, %x[%begin] : memref<8xf32>
  return
}
