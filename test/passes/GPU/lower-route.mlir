// RUN: moec-opt %s --split-input-file --pass-pipeline='builtin.module(func.func(moec-gpu-lower-route,canonicalize,cse))' --verify-diagnostics | FileCheck %s

// One block; counts of 4 experts for each of 1024 threads, totals, places taken.

// CHECK-LABEL: func.func @position
// CHECK-SAME: kernel.grid = 1 : i64
// CHECK-SAME: kernel.shared = 16416 : i64
// CHECK-SAME: kernel.threads = 1024 : i64
// CHECK-SAME: kernel.workspace = 0 : i64
// CHECK: memref.view {{.*}} to memref<4x1024xi32, #gpu.address_space<workgroup>>
// CHECK: gpu.barrier
// CHECK: gpu.shuffle up
// CHECK-NOT: kernel.route
func.func @position(%g: memref<12544x4xf32>, %w: memref<12544x2xf32>, %p: memref<100357xi32>,
                    %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  kernel.route ins(%g : memref<12544x4xf32>) outs(%w, %p : memref<12544x2xf32>, memref<100357xi32>)
    k 2 capacity 6272 priority "position"
  return
}

// -----

// Keys and items twice, for the sort.

// CHECK-LABEL: func.func @importance
// CHECK-SAME: %[[WORK:[a-z0-9]*]]: memref<16128xi8>)
// CHECK-SAME: kernel.workspace = 16128 : i64
// CHECK: memref.view %[[WORK]]{{.*}} to memref<4000xi32>
func.func @importance(%g: memref<1000x4xf32>, %w: memref<1000x2xf32>, %p: memref<8005xi32>,
                      %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  kernel.route ins(%g : memref<1000x4xf32>) outs(%w, %p : memref<1000x2xf32>, memref<8005xi32>)
    k 2 capacity 500 priority "importance"
  return
}

// -----

func.func @strided(%g: memref<8x4xf32, strided<[8, 1]>>, %w: memref<8x2xf32>, %p: memref<69xi32>,
                   %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  // expected-error @below {{operands must be memrefs of static shape and identity layout, got 'memref<8x4xf32, strided<[8, 1]>>'; run the Memory phase first}}
  kernel.route ins(%g : memref<8x4xf32, strided<[8, 1]>>) outs(%w, %p : memref<8x2xf32>, memref<69xi32>)
    k 2 capacity 5 priority "position"
  return
}
