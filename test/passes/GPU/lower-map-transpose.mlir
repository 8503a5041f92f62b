// RUN: moec-opt %s --split-input-file --pass-pipeline='builtin.module(func.func(moec-gpu-lower-map,canonicalize,cse))' | FileCheck %s
// RUN: moec-opt %s --split-input-file --moec-gpu-pipeline --remarks-filter="GPU" --remark-format=emitRemark 2>&1 >/dev/null | FileCheck %s --check-prefix=REMARK --allow-empty

// Threads walk the tile as it lies in %x, then as it lies in %y.

// REMARK-NOT: one sector a thread
// CHECK-LABEL: func.func @transpose
// CHECK-SAME: kernel.variant = "tile"
// CHECK: %[[THREAD:.*]] = gpu.thread_id x
// CHECK: %[[TILE:.*]] = memref.view {{.*}} #gpu.address_space<workgroup>>
// CHECK: memref.load %{{.*}} : memref<4096xf32>
// CHECK: memref.store %{{.*}}, %[[TILE]]
// CHECK: gpu.barrier
// CHECK-NOT: gpu.barrier
// CHECK: memref.load %[[TILE]]
// CHECK: arith.addf
// CHECK: memref.store %{{.*}} : memref<4096xf32>
// CHECK-NOT: kernel.map
func.func @transpose(%x: memref<64x64xf32>, %y: memref<64x64xf32>,
                     %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  kernel.map dims [64, 64] ins(%x : memref<64x64xf32>) outs(%y : memref<64x64xf32>)
    maps [affine_map<(i, j) -> (j, i)>, affine_map<(i, j) -> (i, j)>]
    body { ^bb0(%a: f32):
      %r = arith.addf %a, %a : f32
      kernel.yield %r : f32 }
  return
}

// -----

// An out that lies the other way is written to shared memory, and from there
// after a second barrier.

// CHECK-LABEL: func.func @outs
// CHECK-SAME: kernel.variant = "tile"
// CHECK: gpu.barrier
// CHECK: arith.negf
// CHECK: memref.store %{{.*}}, %{{.*}} #gpu.address_space<workgroup>>
// CHECK: gpu.barrier
// CHECK: memref.load {{.*}} #gpu.address_space<workgroup>>
// CHECK: memref.store
func.func @outs(%x: memref<64x64xf32>, %y: memref<64x64xf32>, %z: memref<64x64xf32>,
                %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  kernel.map dims [64, 64] ins(%x : memref<64x64xf32>) outs(%y, %z : memref<64x64xf32>, memref<64x64xf32>)
    maps [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (j, i)>]
    body { ^bb0(%a: f32):
      %n = arith.negf %a : f32
      kernel.yield %a, %n : f32, f32 }
  return
}
