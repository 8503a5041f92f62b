// RUN: moec-opt %s -moec-lower-to-kernel -moec-verify-fusion -mlir-print-local-scope | FileCheck %s

// Over the last axis: rows are tokens of all images, the weight is the right
// operand, and the bias is in the epilogue.
// CHECK-LABEL: func @channel_mixing
// CHECK: %[[INIT:.*]] = tensor.empty() : tensor<2x49x192xf32>
// CHECK: kernel.contract dims [98, 192, 96]
// CHECK-SAME: ins(%arg0, %arg1, %arg2 : tensor<2x49x96xf32>, tensor<96x192xf32>, tensor<192xf32>)
// CHECK-SAME: outs(%[[INIT]] : tensor<2x49x192xf32>)
// CHECK-SAME: maps [affine_map<(d0, d1, d2) -> (d0 floordiv 49, d0 mod 49, d2)>,
// CHECK-SAME:       affine_map<(d0, d1, d2) -> (d2, d1)>, affine_map<(d0, d1, d2) -> (d1)>,
// CHECK-SAME:       affine_map<(d0, d1, d2) -> (d0 floordiv 49, d0 mod 49, d1)>]
// CHECK: ^bb0(%[[L:.*]]: f32, %{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT: kernel.yield %[[L]] : f32
// CHECK: ^bb0(%{{.*}}: f32, %[[R:.*]]: f32, %{{.*}}: f32):
// CHECK-NEXT: kernel.yield %[[R]] : f32
// CHECK: ^bb0(%{{.*}}: f32, %{{.*}}: f32, %[[B:.*]]: f32, %[[ACC:.*]]: f32):
// CHECK-NEXT: %[[S:.*]] = arith.addf %[[ACC]], %[[B]] : f32
// CHECK-NEXT: kernel.yield %[[S]] : f32
func.func @channel_mixing(%x: tensor<2x49x96xf32>, %w: tensor<96x192xf32>, %b: tensor<192xf32>) -> tensor<2x49x192xf32> {
  %y = moe.linear %x, %w, %b axis 2 : (tensor<2x49x96xf32>, tensor<96x192xf32>, tensor<192xf32>) -> tensor<2x49x192xf32>
  return %y : tensor<2x49x192xf32>
}

// Over the tokens: one group per image, and the weight is the left operand, so
// that the channels are the columns. The bias follows the rows.
// CHECK-LABEL: func @token_mixing
// CHECK: kernel.contract dims [2, 64, 96, 49]
// CHECK-SAME: ins(%arg1, %arg0, %arg2 :
// CHECK-SAME: maps [affine_map<(d0, d1, d2, d3) -> (d3, d1)>, affine_map<(d0, d1, d2, d3) -> (d0, d3, d2)>,
// CHECK-SAME:       affine_map<(d0, d1, d2, d3) -> (d1)>, affine_map<(d0, d1, d2, d3) -> (d0, d1, d2)>]
func.func @token_mixing(%x: tensor<2x49x96xf32>, %w: tensor<49x64xf32>, %b: tensor<64xf32>) -> tensor<2x64x96xf32> {
  %y = moe.linear %x, %w, %b axis 1 : (tensor<2x49x96xf32>, tensor<49x64xf32>, tensor<64xf32>) -> tensor<2x64x96xf32>
  return %y : tensor<2x64x96xf32>
}

// CHECK-LABEL: func @without_bias
// CHECK: kernel.contract dims [8, 10, 96] ins(%arg0, %arg1 :
// CHECK: epilogue
// CHECK-NEXT: ^bb0(%{{.*}}: f32, %{{.*}}: f32, %[[ACC:.*]]: f32):
// CHECK-NEXT: kernel.yield %[[ACC]] : f32
func.func @without_bias(%x: tensor<8x96xf32>, %w: tensor<96x10xf32>) -> tensor<8x10xf32> {
  %y = moe.linear %x, %w axis 1 : (tensor<8x96xf32>, tensor<96x10xf32>) -> tensor<8x10xf32>
  return %y : tensor<8x10xf32>
}

// A vector: one row.
// CHECK-LABEL: func @vector
// CHECK: kernel.contract dims [1, 10, 96]
// CHECK-SAME: maps [affine_map<(d0, d1, d2) -> (d2)>, affine_map<(d0, d1, d2) -> (d2, d1)>, affine_map<(d0, d1, d2) -> (d1)>]
func.func @vector(%x: tensor<96xf32>, %w: tensor<96x10xf32>) -> tensor<10xf32> {
  %y = moe.linear %x, %w axis 0 : (tensor<96xf32>, tensor<96x10xf32>) -> tensor<10xf32>
  return %y : tensor<10xf32>
}

// Several groups are one dimension.
// CHECK-LABEL: func @scores
// CHECK: kernel.contract dims [8, 49, 49, 24] ins(%arg0, %arg1 :
// CHECK-SAME: maps [affine_map<(d0, d1, d2, d3) -> (d0 floordiv 4, d1, d0 mod 4, d3)>,
// CHECK-SAME:       affine_map<(d0, d1, d2, d3) -> (d0 floordiv 4, d2, d0 mod 4, d3)>,
// CHECK-SAME:       affine_map<(d0, d1, d2, d3) -> (d0 floordiv 4, d0 mod 4, d1, d2)>]
func.func @scores(%q: tensor<2x49x4x24xf32>, %k: tensor<2x49x4x24xf32>) -> tensor<2x4x49x49xf32> {
  %y = moe.einsum %q, %k "bshd,bthd->bhst" : (tensor<2x49x4x24xf32>, tensor<2x49x4x24xf32>) -> tensor<2x4x49x49xf32>
  return %y : tensor<2x4x49x49xf32>
}

// dW of channel mixing: the depth is all tokens of all images.
// CHECK-LABEL: func @weight_gradient
// CHECK: kernel.contract dims [96, 192, 98] ins(%arg0, %arg1 :
// CHECK-SAME: maps [affine_map<(d0, d1, d2) -> (d2 floordiv 49, d2 mod 49, d0)>,
// CHECK-SAME:       affine_map<(d0, d1, d2) -> (d2 floordiv 49, d2 mod 49, d1)>, affine_map<(d0, d1, d2) -> (d0, d1)>]
func.func @weight_gradient(%x: tensor<2x49x96xf32>, %dy: tensor<2x49x192xf32>) -> tensor<96x192xf32> {
  %y = moe.einsum %x, %dy "abk,abn->kn" : (tensor<2x49x96xf32>, tensor<2x49x192xf32>) -> tensor<96x192xf32>
  return %y : tensor<96x192xf32>
}

// dX of token mixing: the operands change places, as for the layer itself.
// CHECK-LABEL: func @token_input_gradient
// CHECK: kernel.contract dims [2, 49, 96, 64] ins(%arg1, %arg0 :
// CHECK-SAME: maps [affine_map<(d0, d1, d2, d3) -> (d1, d3)>, affine_map<(d0, d1, d2, d3) -> (d0, d3, d2)>,
// CHECK-SAME:       affine_map<(d0, d1, d2, d3) -> (d0, d1, d2)>]
func.func @token_input_gradient(%dy: tensor<2x64x96xf32>, %w: tensor<49x64xf32>) -> tensor<2x49x96xf32> {
  %y = moe.einsum %dy, %w "anb,kn->akb" : (tensor<2x64x96xf32>, tensor<49x64xf32>) -> tensor<2x49x96xf32>
  return %y : tensor<2x49x96xf32>
}

// Columns that lie side by side in the right operand stay one dimension.
// CHECK-LABEL: func @heads
// CHECK: kernel.contract dims [98, 96, 32] ins(%arg0, %arg1 :
// CHECK-SAME: maps [affine_map<(d0, d1, d2) -> (d0 floordiv 49, d0 mod 49, d2)>,
// CHECK-SAME:       affine_map<(d0, d1, d2) -> (d2, d1 floordiv 24, d1 mod 24)>,
// CHECK-SAME:       affine_map<(d0, d1, d2) -> (d0 floordiv 49, d0 mod 49, d1 floordiv 24, d1 mod 24)>]
func.func @heads(%x: tensor<2x49x32xf32>, %w: tensor<32x4x24xf32>) -> tensor<2x49x4x24xf32> {
  %y = moe.einsum %x, %w "bsk,khd->bshd" : (tensor<2x49x32xf32>, tensor<32x4x24xf32>) -> tensor<2x49x4x24xf32>
  return %y : tensor<2x49x4x24xf32>
}

// A missing row or column has extent 1; an axis of extent 1 is read at 0.
// CHECK-LABEL: func @dot
// CHECK: kernel.contract dims [2, 1, 1, 5] ins(%arg1, %arg0 :
// CHECK-SAME: maps [affine_map<(d0, d1, d2, d3) -> (d0, d3)>, affine_map<(d0, d1, d2, d3) -> (d0, 0, d3)>,
// CHECK-SAME:       affine_map<(d0, d1, d2, d3) -> (d0, 0)>]
func.func @dot(%x: tensor<2x1x5xf32>, %y: tensor<2x5xf32>) -> tensor<2x1xf32> {
  %z = moe.einsum %x, %y "bsd,bd->bs" : (tensor<2x1x5xf32>, tensor<2x5xf32>) -> tensor<2x1xf32>
  return %z : tensor<2x1xf32>
}
