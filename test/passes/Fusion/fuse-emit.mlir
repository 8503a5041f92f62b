// RUN: moec-opt %s --split-input-file --pass-pipeline='builtin.module(func.func(moec-fuse-emit))' | FileCheck %s
// RUN: moec-opt %s --split-input-file --pass-pipeline='builtin.module(func.func(moec-fuse-emit))' --remarks-filter=Fusion --remark-policy=all -o /dev/null 2>&1 | FileCheck %s --check-prefix=REMARK

// The row's maximum is not stored: nobody else reads it.

// CHECK-LABEL: func.func @subtract_max
// CHECK:         %[[Y:.*]] = kernel.rows dims [8, 32]
// CHECK-SAME:      outs(%{{[^,]*}} : tensor<8x32xf32>)
// CHECK:         finish
// CHECK:           kernel.yield{{$}}
// CHECK:         emit
// CHECK:           %[[S:.*]] = arith.subf
// CHECK-NEXT:      kernel.yield %[[S]] : f32
// CHECK-NOT:     kernel.map
// CHECK:         return %[[Y]]
// REMARK: remark: [Passed] FuseEmit
func.func @subtract_max(%x: tensor<8x32xf32>) -> tensor<8x32xf32> {
  %e0 = tensor.empty() : tensor<8xf32>
  %e1 = tensor.empty() : tensor<8x32xf32>
  %m = kernel.rows dims [8, 32] ins(%x : tensor<8x32xf32>) outs(%e0 : tensor<8xf32>)
    maps [affine_map<(p, c) -> (p, c)>, affine_map<(p, c) -> (p)>]
    combiners [#kernel.combiner<max>]
    phases { ^bb0(%v: f32): kernel.yield %v : f32 }
    finish { ^bb0(%v: f32, %s: f32): kernel.yield %s : f32 }
    emit { ^bb0(%v: f32, %s: f32): kernel.yield } -> tensor<8xf32>
  %y = kernel.map dims [8, 32] ins(%x, %m : tensor<8x32xf32>, tensor<8xf32>) outs(%e1 : tensor<8x32xf32>)
    maps [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i)>, affine_map<(i, j) -> (i, j)>]
    body { ^bb0(%p: f32, %q: f32):
      %d = arith.subf %p, %q : f32
      kernel.yield %d : f32 } -> tensor<8x32xf32>
  return %y : tensor<8x32xf32>
}

// -----

// A statistic that something else reads stays an out of the kernel.

// CHECK-LABEL: func.func @kept
// CHECK:         %[[R:.*]]:2 = kernel.rows dims [8, 32]
// CHECK-NOT:     kernel.map
// CHECK:         return %[[R]]#0, %[[R]]#1
func.func @kept(%x: tensor<8x32xf32>) -> (tensor<8xf32>, tensor<8x32xf32>) {
  %e0 = tensor.empty() : tensor<8xf32>
  %e1 = tensor.empty() : tensor<8x32xf32>
  %m = kernel.rows dims [8, 32] ins(%x : tensor<8x32xf32>) outs(%e0 : tensor<8xf32>)
    maps [affine_map<(p, c) -> (p, c)>, affine_map<(p, c) -> (p)>]
    combiners [#kernel.combiner<max>]
    phases { ^bb0(%v: f32): kernel.yield %v : f32 }
    finish { ^bb0(%v: f32, %s: f32): kernel.yield %s : f32 }
    emit { ^bb0(%v: f32, %s: f32): kernel.yield } -> tensor<8xf32>
  %y = kernel.map dims [8, 32] ins(%x, %m : tensor<8x32xf32>, tensor<8xf32>) outs(%e1 : tensor<8x32xf32>)
    maps [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i)>, affine_map<(i, j) -> (i, j)>]
    body { ^bb0(%p: f32, %q: f32):
      %d = arith.subf %p, %q : f32
      kernel.yield %d : f32 } -> tensor<8x32xf32>
  return %m, %y : tensor<8xf32>, tensor<8x32xf32>
}

// -----

// As before, through a view, which goes: the kernel stands behind it.

// CHECK-LABEL: func.func @kept_view
// CHECK-NOT:     tensor.expand_shape
// CHECK:         %[[R:.*]]:2 = kernel.rows
// CHECK-NOT:     kernel.map
// CHECK:         return %[[R]]#0, %[[R]]#1
func.func @kept_view(%x: tensor<8x32xf32>) -> (tensor<8xf32>, tensor<8x32xf32>) {
  %e0 = tensor.empty() : tensor<8xf32>
  %e1 = tensor.empty() : tensor<8x32xf32>
  %m = kernel.rows dims [8, 32] ins(%x : tensor<8x32xf32>) outs(%e0 : tensor<8xf32>)
    maps [affine_map<(p, c) -> (p, c)>, affine_map<(p, c) -> (p)>]
    combiners [#kernel.combiner<max>]
    phases { ^bb0(%v: f32): kernel.yield %v : f32 }
    finish { ^bb0(%v: f32, %s: f32): kernel.yield %s : f32 }
    emit { ^bb0(%v: f32, %s: f32): kernel.yield } -> tensor<8xf32>
  %w = tensor.expand_shape %m [[0, 1]] output_shape [1, 8] : tensor<8xf32> into tensor<1x8xf32>
  %y = kernel.map dims [8, 32] ins(%x, %w : tensor<8x32xf32>, tensor<1x8xf32>) outs(%e1 : tensor<8x32xf32>)
    maps [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (0, i)>, affine_map<(i, j) -> (i, j)>]
    body { ^bb0(%p: f32, %q: f32):
      %d = arith.subf %p, %q : f32
      kernel.yield %d : f32 } -> tensor<8x32xf32>
  return %m, %y : tensor<8xf32>, tensor<8x32xf32>
}

// -----

// The map needs the statistics of another row: no fusion.

// CHECK-LABEL: func.func @other_rows
// CHECK:         kernel.rows
// CHECK:         kernel.map
func.func @other_rows(%x: tensor<8x8xf32>) -> tensor<8x8xf32> {
  %e0 = tensor.empty() : tensor<8xf32>
  %e1 = tensor.empty() : tensor<8x8xf32>
  %m = kernel.rows dims [8, 8] ins(%x : tensor<8x8xf32>) outs(%e0 : tensor<8xf32>)
    maps [affine_map<(p, c) -> (p, c)>, affine_map<(p, c) -> (p)>]
    combiners [#kernel.combiner<max>]
    phases { ^bb0(%v: f32): kernel.yield %v : f32 }
    finish { ^bb0(%v: f32, %s: f32): kernel.yield %s : f32 }
    emit { ^bb0(%v: f32, %s: f32): kernel.yield } -> tensor<8xf32>
  %y = kernel.map dims [8, 8] ins(%x, %m : tensor<8x8xf32>, tensor<8xf32>) outs(%e1 : tensor<8x8xf32>)
    maps [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (j)>, affine_map<(i, j) -> (i, j)>]
    body { ^bb0(%p: f32, %q: f32):
      %d = arith.subf %p, %q : f32
      kernel.yield %d : f32 } -> tensor<8x8xf32>
  return %y : tensor<8x8xf32>
}
