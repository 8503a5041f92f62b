// RUN: moec-opt %s --canonicalize --cse | FileCheck %s

// On tensors a kernel is pure: unread ones go, equal ones become one.

// CHECK-LABEL: func.func @pure
// CHECK:         %[[Y:.*]] = kernel.map
// CHECK-NOT:     kernel.{{(map|rows)}}
// CHECK:         return %[[Y]], %[[Y]]
func.func @pure(%x: tensor<8xf32>, %init: tensor<8xf32>) -> (tensor<8xf32>, tensor<8xf32>) {
  %unread = kernel.rows dims [8, 1] ins(%x : tensor<8xf32>) outs(%init : tensor<8xf32>)
    maps [affine_map<(p, c) -> (p)>, affine_map<(p, c) -> (p)>] combiners [#kernel.combiner<add>]
    phases { ^bb0(%e: f32): kernel.yield %e : f32 }
    finish { ^bb0(%e: f32, %s: f32): kernel.yield %s : f32 }
    emit { ^bb0(%e: f32, %s: f32): kernel.yield } -> tensor<8xf32>
  %a = kernel.map dims [8] ins(%x : tensor<8xf32>) outs(%init : tensor<8xf32>)
    maps [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>]
    body { ^bb0(%e: f32): kernel.yield %e : f32 } -> tensor<8xf32>
  %b = kernel.map dims [8] ins(%x : tensor<8xf32>) outs(%init : tensor<8xf32>)
    maps [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>]
    body { ^bb0(%e: f32): kernel.yield %e : f32 } -> tensor<8xf32>
  return %a, %b : tensor<8xf32>, tensor<8xf32>
}

// On memrefs it writes: nothing may go.

// CHECK-LABEL: func.func @writes
// CHECK-COUNT-2: kernel.map
func.func @writes(%x: memref<8xf32>, %y: memref<8xf32>) {
  kernel.map dims [8] ins(%x : memref<8xf32>) outs(%y : memref<8xf32>)
    maps [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>] body { ^bb0(%e: f32): kernel.yield %e : f32 }
  kernel.map dims [8] ins(%x : memref<8xf32>) outs(%y : memref<8xf32>)
    maps [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>] body { ^bb0(%e: f32): kernel.yield %e : f32 }
  return
}

// Scalar code inside of a kernel folds, and what is constant leaves no trace.

// CHECK-LABEL: func.func @body
// CHECK:         ^bb0(%[[E:.*]]: f32):
// CHECK-NEXT:      kernel.yield %[[E]] : f32
func.func @body(%x: tensor<8xf32>, %init: tensor<8xf32>) -> tensor<8xf32> {
  %y = kernel.map dims [8] ins(%x : tensor<8xf32>) outs(%init : tensor<8xf32>)
    maps [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>]
    body { ^bb0(%e: f32):
      %one = arith.constant 1.0 : f32
      %r = arith.mulf %e, %one : f32
      kernel.yield %r : f32 } -> tensor<8xf32>
  return %y : tensor<8xf32>
}
