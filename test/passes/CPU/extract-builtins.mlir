// RUN: moec-opt %s --moec-extract-builtins | FileCheck %s

// CHECK: func.func private @k0_route() attributes
// CHECK-SAME: kernel.attributes = {capacity = 5 : i64, experts = 4 : i64, groups = 1 : i64, items = 8 : i64, k = 2 : i64, priority = "position"}
// CHECK-SAME: kernel.builtin = "route"
// CHECK-NOT: kernel.route
func.func @k0_route(%g: memref<8x4xf32>, %w: memref<8x2xf32>, %p: memref<69xi32>,
                    %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  kernel.route ins(%g : memref<8x4xf32>) outs(%w, %p : memref<8x2xf32>, memref<69xi32>)
    k 2 capacity 5 priority position
  return
}

// CHECK: func.func private @k1_expert_route() attributes
// CHECK-SAME: kernel.attributes = {capacity = 3 : i64, experts = 4 : i64, groups = 2 : i64, items = 8 : i64}
// CHECK-SAME: kernel.builtin = "expert_route"
// CHECK-NOT: kernel.expert_route
func.func @k1_expert_route(%g: memref<8x4xf32>, %p: memref<117xi32>,
                           %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  kernel.expert_route ins(%g : memref<8x4xf32>) outs(%p : memref<117xi32>) groups 2 capacity 3
  return
}
