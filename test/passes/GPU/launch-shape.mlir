// RUN: moec-opt %s --split-input-file --pass-pipeline='builtin.module(func.func(moec-gpu-lower-map,moec-gpu-lower-rows,moec-gpu-lower-route))' | FileCheck %s

// What every kernel says of its launch; nothing of clusters and tensor maps
// where there are none. %scratch stays what the Memory phase made it.

// CHECK-LABEL: func.func @plain(
// CHECK-SAME: %{{[a-z0-9]*}}: memref<?xi8>) attributes
// CHECK-NOT: kernel.cluster
// CHECK-SAME: kernel.grid = 2 : i64
// CHECK-SAME: kernel.shared = 0 : i64
// CHECK-NOT: kernel.tensor_maps
// CHECK-SAME: kernel.threads = 256 : i64
// CHECK-SAME: kernel.variant = "simt"
// CHECK-SAME: kernel.workspace = 0 : i64
// CHECK-NOT: kernel.map
func.func @plain(%x: memref<512xf32>, %y: memref<512xf32>,
                 %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  kernel.map dims [512] ins(%x : memref<512xf32>) outs(%y : memref<512xf32>)
    maps [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>]
    body { ^bb0(%a: f32):
      %r = arith.negf %a : f32
      kernel.yield %r : f32 }
  return
}

// -----

// Two sums of a block: pieces of its shared memory, 16 bytes aligned.

// CHECK-LABEL: func.func @shared
// CHECK-SAME: kernel.shared = 256 : i64
// CHECK: %[[BASE:.*]] = gpu.dynamic_shared_memory : memref<?xi8, #gpu.address_space<workgroup>>
// CHECK-NOT: gpu.dynamic_shared_memory
// CHECK: %[[C0:.*]] = arith.constant 0 : index
// CHECK: memref.view %[[BASE]][%[[C0]]][] {{.*}} to memref<32x1xf32
// CHECK: %[[C128:.*]] = arith.constant 128 : index
// CHECK: memref.view %[[BASE]][%[[C128]]][] {{.*}} to memref<32x1xf32
func.func @shared(%x: memref<2x65536xf32>, %y: memref<2xf32>, %z: memref<2xf32>,
                  %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  kernel.rows dims [2, 65536] ins(%x : memref<2x65536xf32>) outs(%y, %z : memref<2xf32>, memref<2xf32>)
    maps [affine_map<(p, c) -> (p, c)>, affine_map<(p, c) -> (p)>, affine_map<(p, c) -> (p)>]
    combiners [#kernel.combiner<add>]
    phases { ^bb0(%e: f32): %q = arith.mulf %e, %e : f32
             kernel.yield %e, %q : f32, f32 }
    finish { ^bb0(%e: f32, %s: f32, %t: f32): kernel.yield %s, %t : f32, f32 }
    emit { ^bb0(%e: f32, %s: f32, %t: f32): kernel.yield }
  return
}

// -----

// With a workspace, %scratch becomes the pointer to it.

// CHECK-LABEL: func.func @workspace(
// CHECK-SAME: %[[SCRATCH:[a-z0-9]*]]: memref<[[BYTES:[0-9]+]]xi8>) attributes
// CHECK-SAME: kernel.variant = "block"
// CHECK-SAME: kernel.workspace = [[BYTES]] : i64
// CHECK: memref.view %[[SCRATCH]]
func.func @workspace(%g: memref<20000x4xf32>, %w: memref<20000x2xf32>, %p: memref<160005xi32>,
                     %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  kernel.route ins(%g : memref<20000x4xf32>) outs(%w, %p : memref<20000x2xf32>, memref<160005xi32>)
    k 2 capacity 10000 priority importance
  return
}
