// RUN: moec-opt %s --moec-merge-kernels | FileCheck %s

// Two kernels of the same body become one that knows both nodes; another stays.

// CHECK: func.func @k0(
// CHECK-SAME: kernel.nodes = ["a", "b"]
// CHECK-NOT: func.func @k1(
// CHECK: func.func @k2(
// CHECK: kernel.program @infer
// CHECK-NEXT: launch @k0
// CHECK-NEXT: launch @k0
// CHECK-NEXT: launch @k2
#id = affine_map<(i) -> (i)>
func.func @k0(%x: memref<8xf32>, %y: memref<8xf32>, %b: index, %e: index, %s: memref<?xi8>)
    attributes {kernel.function, kernel.nodes = ["a"]} {
  kernel.map dims [8] ins(%x : memref<8xf32>) outs(%y : memref<8xf32>) maps [#id, #id]
    body { ^bb0(%v: f32):
      %r = math.exp %v : f32
      kernel.yield %r : f32 }
  return
}
func.func @k1(%x: memref<8xf32>, %y: memref<8xf32>, %b: index, %e: index, %s: memref<?xi8>)
    attributes {kernel.function, kernel.nodes = ["b"]} {
  kernel.map dims [8] ins(%x : memref<8xf32>) outs(%y : memref<8xf32>) maps [#id, #id]
    body { ^bb0(%v: f32):
      %r = math.exp %v : f32
      kernel.yield %r : f32 }
  return
}
func.func @k2(%x: memref<8xf32>, %y: memref<8xf32>, %b: index, %e: index, %s: memref<?xi8>)
    attributes {kernel.function, kernel.nodes = ["c"]} {
  kernel.map dims [8] ins(%x : memref<8xf32>) outs(%y : memref<8xf32>) maps [#id, #id]
    body { ^bb0(%v: f32):
      %r = math.tanh %v : f32
      kernel.yield %r : f32 }
  return
}
kernel.program @infer arena 64 inputs [] outputs [] {
  kernel.launch @k0 [#kernel.address<parameter, offset = 0, bytes = 32>, #kernel.address<arena, offset = 0, bytes = 32>]
  kernel.launch @k1 [#kernel.address<parameter, offset = 0, bytes = 32>, #kernel.address<arena, offset = 0, bytes = 32>]
  kernel.launch @k2 [#kernel.address<parameter, offset = 0, bytes = 32>, #kernel.address<arena, offset = 0, bytes = 32>]
}
