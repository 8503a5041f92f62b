// RUN: moec-opt %s --split-input-file --pass-pipeline='builtin.module(func.func(moec-gpu-lower-expert-route,canonicalize,cse))' --verify-diagnostics | FileCheck %s

// 16 groups of 4 experts: a block has the 4 experts of a group, one a warp.

// CHECK-LABEL: func.func @images
// CHECK-SAME: kernel.grid = 16 : i64
// CHECK-SAME: kernel.shared = 784 : i64
// CHECK-SAME: kernel.threads = 128 : i64
// CHECK-SAME: kernel.variant = "warp"
// CHECK-SAME: kernel.workspace = 0 : i64
// CHECK: %[[KEYS:.*]] = memref.view {{.*}} to memref<196xi32, #gpu.address_space<workgroup>>
// The keys of 49 items, one a lane.
// CHECK: scf.for %{{.*}} = %{{.*}} to %c49 step %c32
// CHECK:   memref.load %{{.*}} : memref<3136xf32>
// CHECK:   memref.store %{{.*}}, %[[KEYS]]
// Bit by bit: how many keys are as large?
// CHECK: scf.for %{{.*}} = %c0 to %c32 step %c1
// CHECK:   scf.for %{{.*}} = %{{.*}} to %c49 step %c32
// CHECK:     arith.cmpi uge
// CHECK-COUNT-5: gpu.shuffle xor
// CHECK:   arith.cmpi sge, %{{.*}}, %c25_i32
// What is above, then the rows: of ties the first.
// CHECK: arith.cmpi ugt
// CHECK: arith.subi %c25_i32
// CHECK: scf.for %{{.*}} = %c0 to %c49 step %c32
// CHECK:   nvvm.vote.sync ballot
// CHECK:   nvvm.read.ptx.sreg.lanemask.lt
// CHECK:   nvvm.vote.sync ballot
// CHECK-NOT: gpu.barrier
// CHECK-NOT: kernel.expert_route
func.func @images(%g: memref<784x4xf32>, %p: memref<9477xi32>,
                  %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  kernel.expert_route ins(%g : memref<784x4xf32>) outs(%p : memref<9477xi32>) groups 16 capacity 25
  return
}

// -----

// Two groups of 20000 items: shared memory does not hold the keys.

// CHECK-LABEL: func.func @many
// CHECK-SAME: %[[WORK:[a-z0-9]*]]: memref<160000xi8>)
// CHECK-SAME: kernel.grid = 2 : i64
// CHECK-SAME: kernel.shared = 0 : i64
// CHECK-SAME: kernel.threads = 32 : i64
// CHECK-SAME: kernel.workspace = 160000 : i64
// CHECK: memref.view %[[WORK]]{{.*}} to memref<40000xi32>
func.func @many(%g: memref<40000x1xf32>, %p: memref<80202xi32>,
                %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  kernel.expert_route ins(%g : memref<40000x1xf32>) outs(%p : memref<80202xi32>) groups 2 capacity 50
  return
}

// -----

func.func @tensors(%g: tensor<8x4xf32>, %p: tensor<117xi32>,
                   %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  // expected-error @below {{operands must be memrefs of static shape and identity layout, got 'tensor<8x4xf32>'; run the Memory phase first}}
  kernel.expert_route ins(%g : tensor<8x4xf32>) outs(%p : tensor<117xi32>) groups 2 capacity 3 -> tensor<117xi32>
  return
}
