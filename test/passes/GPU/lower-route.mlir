// RUN: moec-opt %s --split-input-file --pass-pipeline='builtin.module(func.func(moec-gpu-lower-route,canonicalize,cse))' --verify-diagnostics | FileCheck %s

// One block of 32 warps. A warp reads the 4 gates of its 32 items as they lie,
// ranks them, and writes 64 experts and weights in order.

// CHECK-LABEL: func.func @position
// CHECK-SAME: kernel.grid = 1 : i64
// CHECK-SAME: kernel.threads = 1024 : i64
// CHECK-SAME: kernel.workspace = 0 : i64
// CHECK: %[[CHOSEN:.*]] = memref.view {{.*}} to memref<12544xi32, #gpu.address_space<workgroup>>
// CHECK: %[[STAGE:.*]] = memref.view {{.*}} to memref<5120xi32, #gpu.address_space<workgroup>>
// CHECK: %[[LANE:.*]] = arith.remui %{{.*}}, %c32
// CHECK: scf.for
// CHECK:   %[[ROW:.*]] = arith.divui %[[LANE]], %c4
// CHECK:   %[[COLUMN:.*]] = arith.remui %[[LANE]], %c4
// CHECK:   memref.load %{{.*}} : memref<50176xf32>
// CHECK:   nvvm.bar.warp.sync
// CHECK:   scf.for
// CHECK:     arith.select
// CHECK:   nvvm.bar.warp.sync
// CHECK:   memref.store %{{.*}}, %[[CHOSEN]]
// CHECK:   memref.store %{{.*}} : memref<100357xi32>
// CHECK:   memref.store %{{.*}} : memref<25088xf32>
// CHECK: gpu.barrier
// CHECK: nvvm.match.sync any
// CHECK-NOT: kernel.route
func.func @position(%g: memref<12544x4xf32>, %w: memref<12544x2xf32>, %p: memref<100357xi32>,
                    %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  kernel.route ins(%g : memref<12544x4xf32>) outs(%w, %p : memref<12544x2xf32>, memref<100357xi32>)
    k 2 capacity 6272 priority position
  return
}

// -----

// By importance: the sort takes 4 passes of 256 bins. Keys and items stand
// twice, in shared memory, as do the rows until they are written in order.

// CHECK-LABEL: func.func @importance
// CHECK-SAME: kernel.workspace = 0 : i64
// CHECK: memref.view {{.*}} to memref<8192xi32, #gpu.address_space<workgroup>>
// CHECK: memref.view {{.*}} to memref<2000xi32, #gpu.address_space<workgroup>>
// CHECK: memref.view {{.*}} to memref<2000xi32, #gpu.address_space<workgroup>>
// CHECK: %[[SLOT:.*]] = memref.view {{.*}} to memref<2000xi32, #gpu.address_space<workgroup>>
// CHECK: scf.for %{{.*}} = %c0 to %c4 step %c1
// CHECK: memref.store %{{.*}}, %[[SLOT]]
// CHECK: gpu.barrier
// CHECK: memref.load %[[SLOT]]
// CHECK: memref.store %{{.*}} : memref<8005xi32>
func.func @importance(%g: memref<1000x4xf32>, %w: memref<1000x2xf32>, %p: memref<8005xi32>,
                      %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  kernel.route ins(%g : memref<1000x4xf32>) outs(%w, %p : memref<1000x2xf32>, memref<8005xi32>)
    k 2 capacity 500 priority importance
  return
}

// -----

// Items do not fit: they are sorted in the workspace.

// CHECK-LABEL: func.func @many
// CHECK-SAME: %[[WORK:[a-z0-9]*]]: memref<320000xi8>)
// CHECK-SAME: kernel.workspace = 320000 : i64
// CHECK: memref.view %[[WORK]]{{.*}} to memref<40000xi32>
// CHECK: memref.view %[[WORK]]{{.*}} to memref<40000xi32>
func.func @many(%g: memref<20000x4xf32>, %w: memref<20000x2xf32>, %p: memref<160005xi32>,
                %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  kernel.route ins(%g : memref<20000x4xf32>) outs(%w, %p : memref<20000x2xf32>, memref<160005xi32>)
    k 2 capacity 10000 priority importance
  return
}

// -----

func.func @tensors(%g: tensor<8x4xf32>, %w: tensor<8x2xf32>, %p: tensor<69xi32>,
                   %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  // expected-error @below {{operands must be memrefs of static shape and identity layout, got 'tensor<8x4xf32>'; run the Memory phase first}}
  kernel.route ins(%g : tensor<8x4xf32>) outs(%w, %p : tensor<8x2xf32>, tensor<69xi32>)
    k 2 capacity 5 priority position -> tensor<8x2xf32>, tensor<69xi32>
  return
}
