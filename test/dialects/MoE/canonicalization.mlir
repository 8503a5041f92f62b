// RUN: moec-opt %s -canonicalize | FileCheck %s
// RUN: moec-interpret %s --pipeline=canonicalize | FileCheck %s --check-prefix=SAME
// SAME-NOT: DIFFERENT

// CHECK-LABEL: @reshape_same
// CHECK-NEXT: return %arg0
func.func @reshape_same(%x: tensor<2x6xf32>) -> tensor<2x6xf32> {
  %y = moe.reshape %x : tensor<2x6xf32> -> tensor<2x6xf32>
  return %y : tensor<2x6xf32>
}

// All of a tensor, and one alone.
// CHECK-LABEL: @parts_of_one
// CHECK-NEXT: return %arg0
func.func @parts_of_one(%x: tensor<2x6xf32>) -> tensor<2x6xf32> {
  %y = moe.slice %x axis 1 begin 0 : tensor<2x6xf32> -> tensor<2x6xf32>
  %z = moe.concat %y axis 0 : tensor<2x6xf32> -> tensor<2x6xf32>
  return %z : tensor<2x6xf32>
}

// CHECK-LABEL: @reshape_of_reshape
// CHECK-NEXT: %[[Y:.*]] = moe.reshape %arg0 : tensor<2x6xf32> -> tensor<4x3xf32>
// CHECK-NEXT: return %[[Y]]
func.func @reshape_of_reshape(%x: tensor<2x6xf32>) -> tensor<4x3xf32> {
  %y = moe.reshape %x : tensor<2x6xf32> -> tensor<12xf32>
  %z = moe.reshape %y : tensor<12xf32> -> tensor<4x3xf32>
  return %z : tensor<4x3xf32>
}

// CHECK-LABEL: @reshape_there_and_back
// CHECK-NEXT: return %arg0
func.func @reshape_there_and_back(%x: tensor<2x6xf32>) -> tensor<2x6xf32> {
  %y = moe.reshape %x : tensor<2x6xf32> -> tensor<12xf32>
  %z = moe.reshape %y : tensor<12xf32> -> tensor<2x6xf32>
  return %z : tensor<2x6xf32>
}

// CHECK-LABEL: @transpose_identity
// CHECK-NEXT: return %arg0
func.func @transpose_identity(%x: tensor<2x3xf32>) -> tensor<2x3xf32> {
  %y = moe.transpose %x [0, 1] : tensor<2x3xf32> -> tensor<2x3xf32>
  return %y : tensor<2x3xf32>
}

// CHECK-LABEL: @transpose_of_transpose
// CHECK-NEXT: %[[Y:.*]] = moe.transpose %arg0 [1, 0, 2] : tensor<2x3x4xf32> -> tensor<3x2x4xf32>
// CHECK-NEXT: return %[[Y]]
func.func @transpose_of_transpose(%x: tensor<2x3x4xf32>) -> tensor<3x2x4xf32> {
  %y = moe.transpose %x [2, 0, 1] : tensor<2x3x4xf32> -> tensor<4x2x3xf32>
  %z = moe.transpose %y [2, 1, 0] : tensor<4x2x3xf32> -> tensor<3x2x4xf32>
  return %z : tensor<3x2x4xf32>
}

// CHECK-LABEL: @transpose_there_and_back
// CHECK-NEXT: return %arg0
func.func @transpose_there_and_back(%x: tensor<2x3x4xf32>) -> tensor<2x3x4xf32> {
  %y = moe.transpose %x [2, 0, 1] : tensor<2x3x4xf32> -> tensor<4x2x3xf32>
  %z = moe.transpose %y [1, 2, 0] : tensor<4x2x3xf32> -> tensor<2x3x4xf32>
  return %z : tensor<2x3x4xf32>
}

// CHECK-LABEL: @no_axes
// CHECK-NEXT: return %arg0, %arg0
func.func @no_axes(%x: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>) {
  %y = moe.broadcast %x axes [] : tensor<4xf32> -> tensor<4xf32>
  %z = moe.reduce %x axes [] : tensor<4xf32> -> tensor<4xf32>
  return %y, %z : tensor<4xf32>, tensor<4xf32>
}

// CHECK-LABEL: @add_zero
// CHECK-NEXT: return %arg0, %arg0
func.func @add_zero(%x: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>) {
  %0 = moe.fill 0.0 : tensor<4xf32>
  %y = moe.add %x, %0 : tensor<4xf32>
  %z = moe.add %0, %x : tensor<4xf32>
  return %y, %z : tensor<4xf32>, tensor<4xf32>
}

// CHECK-LABEL: @add_one
// CHECK: moe.add
func.func @add_one(%x: tensor<4xf32>) -> tensor<4xf32> {
  %1 = moe.fill 1.0 : tensor<4xf32>
  %y = moe.add %x, %1 : tensor<4xf32>
  return %y : tensor<4xf32>
}

// CHECK-LABEL: @scale_by_one
// CHECK-NEXT: return %arg0
func.func @scale_by_one(%x: tensor<4xf32>) -> tensor<4xf32> {
  %y = moe.scale %x by 1.0 : tensor<4xf32>
  return %y : tensor<4xf32>
}

// CHECK-LABEL: @scale_of_scale
// CHECK-NEXT: %[[Y:.*]] = moe.scale %arg0 by 7.500000e-01 : tensor<4xf32>
// CHECK-NEXT: return %[[Y]]
func.func @scale_of_scale(%x: tensor<4xf32>) -> tensor<4xf32> {
  %y = moe.scale %x by 0.5 : tensor<4xf32>
  %z = moe.scale %y by 1.5 : tensor<4xf32>
  return %z : tensor<4xf32>
}

// A repeat of one iteration is its body.
// CHECK-LABEL: @repeat_once
// CHECK-NEXT: %[[W:.*]] = moe.reshape %arg1 : tensor<1x8xf32> -> tensor<8xf32>
// CHECK-NEXT: %[[Y:.*]] = moe.mul %arg0, %[[W]] : tensor<8xf32>
// CHECK-NEXT: %[[S:.*]] = moe.reshape %arg0 : tensor<8xf32> -> tensor<1x8xf32>
// CHECK-NEXT: return %[[Y]], %[[S]]
func.func @repeat_once(%x: tensor<8xf32>, %w: tensor<1x8xf32>) -> (tensor<8xf32>, tensor<1x8xf32>) {
  %r:2 = moe.repeat 1 carry(%x : tensor<8xf32>) stacked(%w : tensor<1x8xf32>) {
  ^bb0(%c: tensor<8xf32>, %p: tensor<8xf32>):
    %n = moe.mul %c, %p : tensor<8xf32>
    moe.yield %n, %c : tensor<8xf32>, tensor<8xf32>
  } -> tensor<8xf32>, tensor<1x8xf32>
  return %r#0, %r#1 : tensor<8xf32>, tensor<1x8xf32>
}

// The mean over the batch of a loss is the loss as a scalar; another sum is not.
// CHECK-LABEL: @mean_of_items
// CHECK-NEXT: %[[L:.*]] = moe.softmax_cross_entropy %arg0, %arg1 smoothing 1.000000e-01 : {{.*}} -> tensor<f32>
// CHECK-NEXT: %[[A:.*]] = moe.accuracy %arg0, %arg1 : {{.*}} -> tensor<f32>
// CHECK-NEXT: %[[I:.*]] = moe.accuracy %arg0, %arg1 : {{.*}} -> tensor<4xf32>
// CHECK-NEXT: %[[S:.*]] = moe.reduce %[[I]] axes [0]
// CHECK-NEXT: %[[H:.*]] = moe.scale %[[S]] by 5.000000e-01
// CHECK-NEXT: return %[[L]], %[[A]], %[[H]]
func.func @mean_of_items(%x: tensor<4x3xf32>, %l: tensor<4xi32>) -> (tensor<f32>, tensor<f32>, tensor<f32>) {
  %a = moe.softmax_cross_entropy %x, %l smoothing 0.1 : tensor<4x3xf32>, tensor<4xi32> -> tensor<4xf32>
  %b = moe.reduce %a axes [0] : tensor<4xf32> -> tensor<f32>
  %c = moe.scale %b by 0.25 : tensor<f32>
  %d = moe.accuracy %x, %l : tensor<4x3xf32>, tensor<4xi32> -> tensor<4xf32>
  %e = moe.reduce %d axes [0] : tensor<4xf32> -> tensor<f32>
  %f = moe.scale %e by 0.25 : tensor<f32>
  %g = moe.accuracy %x, %l : tensor<4x3xf32>, tensor<4xi32> -> tensor<4xf32>
  %h = moe.reduce %g axes [0] : tensor<4xf32> -> tensor<f32>
  %i = moe.scale %h by 0.5 : tensor<f32>
  return %c, %f, %i : tensor<f32>, tensor<f32>, tensor<f32>
}

// CHECK-LABEL: @nothing_dropped
// CHECK-NEXT: return %arg0
func.func @nothing_dropped(%x: tensor<2x6xf32>, %seed: tensor<i32>, %step: tensor<i32>) -> tensor<2x6xf32> {
  %k = moe.dropout_key %seed, %step : tensor<i32> stream 0 rates [0.0, 0.0] -> tensor<4xi32>
  %y = moe.dropout %x, %k leading 2 : tensor<2x6xf32>, tensor<4xi32>
  return %y : tensor<2x6xf32>
}

// Keys are no numbers that a reshape could take: such a repeat stays.
// CHECK-LABEL: @repeat_of_keys
// CHECK: moe.repeat 1
func.func @repeat_of_keys(%x: tensor<2x6xf32>, %seed: tensor<i32>, %step: tensor<i32>) -> tensor<2x6xf32> {
  %k = moe.dropout_key %seed, %step : tensor<i32> stream 0 rates [0.5, 0.5] -> tensor<1x4xi32>
  %r = moe.repeat 1 carry(%x : tensor<2x6xf32>) stacked(%k : tensor<1x4xi32>) {
  ^bb0(%c: tensor<2x6xf32>, %key: tensor<4xi32>):
    %n = moe.dropout %c, %key leading 2 : tensor<2x6xf32>, tensor<4xi32>
    moe.yield %n : tensor<2x6xf32>
  } -> tensor<2x6xf32>
  return %r : tensor<2x6xf32>
}

// There and back along a permutation; not back and there, which loses the other
// tokens, nor along what may be none.
// CHECK-LABEL: @order_there_and_back
// CHECK: %[[O:.*]] = moe.argsort
// CHECK-NEXT: %[[G:.*]] = moe.gather_tokens %arg1, %[[O]] begin 1
// CHECK-NEXT: %[[S:.*]] = moe.scatter_tokens %[[G]], %[[O]] begin 1
// CHECK-NEXT: %[[T:.*]] = moe.scatter_tokens %arg2, %arg0 begin 1
// CHECK-NEXT: %[[U:.*]] = moe.gather_tokens %[[T]], %arg0 begin 1
// CHECK-NEXT: return %arg2, %arg1, %[[S]], %[[U]]
func.func @order_there_and_back(%keys: tensor<2x3xi32> {moe.range = [0, 9]}, %x: tensor<2x3x4xf32>, %some: tensor<2x2x4xf32>)
    -> (tensor<2x2x4xf32>, tensor<2x3x4xf32>, tensor<2x3x4xf32>, tensor<2x2x4xf32>) {
  %o = moe.argsort %keys : tensor<2x3xi32>
  %a = moe.scatter_tokens %some, %o begin 1 : tensor<2x2x4xf32>, tensor<2x3xi32> -> tensor<2x3x4xf32>
  %b = moe.gather_tokens %a, %o begin 1 : tensor<2x3x4xf32>, tensor<2x3xi32> -> tensor<2x2x4xf32>
  %c = moe.gather_tokens %x, %o begin 0 : tensor<2x3x4xf32>, tensor<2x3xi32> -> tensor<2x3x4xf32>
  %d = moe.scatter_tokens %c, %o begin 0 : tensor<2x3x4xf32>, tensor<2x3xi32> -> tensor<2x3x4xf32>
  %e = moe.gather_tokens %x, %o begin 1 : tensor<2x3x4xf32>, tensor<2x3xi32> -> tensor<2x2x4xf32>
  %f = moe.scatter_tokens %e, %o begin 1 : tensor<2x2x4xf32>, tensor<2x3xi32> -> tensor<2x3x4xf32>
  %g = moe.scatter_tokens %some, %keys begin 1 : tensor<2x2x4xf32>, tensor<2x3xi32> -> tensor<2x3x4xf32>
  %h = moe.gather_tokens %g, %keys begin 1 : tensor<2x3x4xf32>, tensor<2x3xi32> -> tensor<2x2x4xf32>
  return %b, %d, %f, %h : tensor<2x2x4xf32>, tensor<2x3x4xf32>, tensor<2x3x4xf32>, tensor<2x2x4xf32>
}
