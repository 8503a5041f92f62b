// RUN: moec-opt %s --pass-pipeline='builtin.module(func.func(moec-gpu-lower-route,canonicalize,cse))' | FileCheck %s

// The number of a thread, its warp and its lane; the key of a gate, which
// orders as an integer as the gate does (runtime/cpu/OrderKey.h).

// CHECK-LABEL: func.func @keys
// CHECK: %[[THREAD:.*]] = gpu.thread_id x
// CHECK: arith.divui %[[THREAD]], %c32
// CHECK: arith.remui %[[THREAD]], %c32
// CHECK: memref.reinterpret_cast %{{.*}} : memref<8x4xf32> to memref<32xf32>
// CHECK: %[[ZEROS:.*]] = arith.addf %{{.*}}, %{{.*}} : f32
// CHECK: %[[WORD:.*]] = arith.bitcast %[[ZEROS]] : f32 to i32
// CHECK: %[[SIGN:.*]] = arith.shrsi %[[WORD]], %c31_i32
// CHECK: %[[TURN:.*]] = arith.andi %[[SIGN]], %c2147483647_i32
// CHECK: %[[KEY:.*]] = arith.xori %[[WORD]], %[[TURN]]
// CHECK: %[[SIZE:.*]] = arith.andi %[[WORD]], %c2147483647_i32
// CHECK: %[[NAN:.*]] = arith.cmpi ugt, %[[SIZE]], %c2139095040_i32
// CHECK: arith.select %[[NAN]], %c-2147483648_i32, %[[KEY]]
func.func @keys(%g: memref<8x4xf32>, %w: memref<8x1xf32>, %p: memref<37xi32>,
                %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  kernel.route ins(%g : memref<8x4xf32>) outs(%w, %p : memref<8x1xf32>, memref<37xi32>)
    k 1 capacity 8 priority position
  return
}
