// RUN: moec-opt %s -moec-lower-to-kernel -mlir-print-local-scope | FileCheck %s

// Transpose and broadcast are maps of the input.
// CHECK-LABEL: func @transpose
// CHECK: kernel.map dims [4, 2, 3]
// CHECK-SAME: maps [affine_map<(d0, d1, d2) -> (d1, d2, d0)>, affine_map<(d0, d1, d2) -> (d0, d1, d2)>]
func.func @transpose(%x: tensor<2x3x4xf32>) -> tensor<4x2x3xf32> {
  %0 = moe.transpose %x [2, 0, 1] : tensor<2x3x4xf32> -> tensor<4x2x3xf32>
  return %0 : tensor<4x2x3xf32>
}

// CHECK-LABEL: func @broadcast
// CHECK: kernel.map dims [2, 4, 3, 8]
// CHECK-SAME: maps [affine_map<(d0, d1, d2, d3) -> (d1, d3)>, affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>]
func.func @broadcast(%b: tensor<4x8xf32>) -> tensor<2x4x3x8xf32> {
  %0 = moe.broadcast %b axes [0, 2] : tensor<4x8xf32> -> tensor<2x4x3x8xf32>
  return %0 : tensor<2x4x3x8xf32>
}

// CHECK-LABEL: func @reshape
// CHECK: tensor.collapse_shape %arg0 {{\[}}[0, 1]] : tensor<2x6xf32> into tensor<12xf32>
// CHECK: tensor.expand_shape %{{.*}} {{\[}}[0, 1]] output_shape [3, 4] : tensor<12xf32> into tensor<3x4xf32>
// CHECK: tensor.expand_shape %arg1 [] output_shape [1, 1] : tensor<f32> into tensor<1x1xf32>
// CHECK: tensor.collapse_shape %{{.*}} [] : tensor<1x1xf32> into tensor<f32>
// CHECK-NOT: kernel.
func.func @reshape(%x: tensor<2x6xf32>, %y: tensor<f32>) -> (tensor<3x4xf32>, tensor<1x1xf32>, tensor<f32>) {
  %0 = moe.reshape %x : tensor<2x6xf32> -> tensor<3x4xf32>
  %1 = moe.reshape %y : tensor<f32> -> tensor<1x1xf32>
  %2 = moe.reshape %1 : tensor<1x1xf32> -> tensor<f32>
  return %0, %1, %2 : tensor<3x4xf32>, tensor<1x1xf32>, tensor<f32>
}

// CHECK-LABEL: func @reduce
// CHECK: kernel.rows dims [3, 8]
// CHECK-SAME: maps [affine_map<(d0, d1) -> (d1 floordiv 4, d0, d1 mod 4)>, affine_map<(d0, d1) -> (d0)>] combiners [#kernel.combiner<add>]
// CHECK: kernel.rows dims [1, 24]
func.func @reduce(%x: tensor<2x3x4xf32>) -> (tensor<3xf32>, tensor<f32>) {
  %0 = moe.reduce %x axes [0, 2] : tensor<2x3x4xf32> -> tensor<3xf32>
  %1 = moe.reduce %x axes [0, 1, 2] : tensor<2x3x4xf32> -> tensor<f32>
  return %0, %1 : tensor<3xf32>, tensor<f32>
}

// A row of a patch lies contiguous in the image and in the token.
// CHECK-LABEL: func @patchify
// CHECK: %[[ROWS:.*]] = tensor.collapse_shape %arg0 {{\[}}[0], [1], [2, 3]] : tensor<2x8x12x3xi8> into tensor<2x8x36xi8>
// CHECK: kernel.map dims [2, 2, 3, 4, 12] ins(%[[ROWS]] :
// CHECK-SAME: maps [affine_map<(d0, d1, d2, d3, d4) -> (d0, d1 * 4 + d3, d2 * 12 + d4)>,
// CHECK-SAME:       affine_map<(d0, d1, d2, d3, d4) -> (d0, d1 * 3 + d2, d3 * 12 + d4)>]
// CHECK: arith.extui %{{.*}} : i8 to i32
// CHECK: arith.sitofp
// CHECK: math.fma
func.func @patchify(%x: tensor<2x8x12x3xi8> {moe.range = [0, 256]}) -> tensor<2x6x48xf32> {
  %y = moe.patchify %x patch 4 mean [0.286] std [0.353] : tensor<2x8x12x3xi8> -> tensor<2x6x48xf32>
  return %y : tensor<2x6x48xf32>
}

// Channels that are normalised by numbers of their own have a dimension.
// CHECK-LABEL: func @channels
// CHECK: kernel.map dims [2, 2, 3, 4, 4, 3]
// CHECK-SAME: maps [affine_map<(d0, d1, d2, d3, d4, d5) -> (d0, d1 * 4 + d3, d2 * 12 + d4 * 3 + d5)>,
// CHECK-SAME:       affine_map<(d0, d1, d2, d3, d4, d5) -> (d0, d1 * 3 + d2, d3 * 12 + d4 * 3 + d5)>]
// CHECK: kernel.index 5
// CHECK: arith.select
func.func @channels(%x: tensor<2x8x12x3xf32>) -> tensor<2x6x48xf32> {
  %y = moe.patchify %x patch 4 mean [0.1, 0.2, 0.3] std [0.5] : tensor<2x8x12x3xf32> -> tensor<2x6x48xf32>
  return %y : tensor<2x6x48xf32>
}

// Each input is read within its bounds, and one is picked by the position.
// CHECK-LABEL: func @tokens
// CHECK: kernel.map dims [2, 5, 8] ins(%arg0, %arg1 :
// CHECK-SAME: maps [affine_map<(d0, d1, d2) -> (d0, d1 mod 2, d2)>, affine_map<(d0, d1, d2) -> (d0, (d1 + 1) mod 3, d2)>,
// CHECK: arith.cmpi sge
// CHECK: arith.select
// CHECK: kernel.map dims [2, 4, 8]
// CHECK-SAME: affine_map<(d0, d1, d2) -> (d0, d1 + 1, d2)>
func.func @tokens(%c: tensor<2x2x8xf32>, %x: tensor<2x3x8xf32>) -> tensor<2x4x8xf32> {
  %y = moe.concat %c, %x axis 1 : tensor<2x2x8xf32>, tensor<2x3x8xf32> -> tensor<2x5x8xf32>
  %z = moe.slice %y axis 1 begin 1 : tensor<2x5x8xf32> -> tensor<2x4x8xf32>
  %s = moe.stop_gradient %z : tensor<2x4x8xf32>
  return %s : tensor<2x4x8xf32>
}

// Indices as well as numbers.
// CHECK-LABEL: func @integers
// CHECK: kernel.yield %{{.*}} : i32
// CHECK: } -> tensor<4xi32>
// CHECK: tensor.expand_shape %{{.*}} : tensor<4xi32> into tensor<2x2xi32>
// CHECK: } -> tensor<3x2x2xi32>
func.func @integers() -> tensor<3x2x2xi32> {
  %f = moe.fill 5.0 : tensor<4xi32>
  %r = moe.reshape %f : tensor<4xi32> -> tensor<2x2xi32>
  %b = moe.broadcast %r axes [0] : tensor<2x2xi32> -> tensor<3x2x2xi32>
  return %b : tensor<3x2x2xi32>
}
