// @loss to @train_step: seeds, metrics, unused and shared parameters.
// RUN: moec-opt %s -moec-autodiff -split-input-file | FileCheck %s

// CHECK-NOT: @loss
// CHECK-LABEL: func.func @train_step
// CHECK-SAME: %[[X:[a-z0-9]+]]: tensor<6x8xf32> {moe.input = "x"}, %[[L:[a-z0-9]+]]: tensor<6xi32> {moe.input = "label"}
// CHECK-SAME: %[[UNUSED:[a-z0-9]+]]: tensor<5xf32> {moe.decay, moe.param = "unused"}, %[[W:[a-z0-9]+]]: tensor<8x8xf32> {moe.param = "w"})
// CHECK-SAME: -> (tensor<f32> {moe.loss}, tensor<f32> {moe.metric = "accuracy"}, tensor<5xf32> {moe.grad = "unused"}, tensor<8x8xf32> {moe.grad = "w"})
// CHECK: %[[H:.+]] = moe.linear %[[X]], %[[W]]
// CHECK: %[[Y:.+]] = moe.linear %[[H]], %[[W]]
// CHECK: %[[LOSS:.+]] = moe.softmax_cross_entropy %[[Y]]
// CHECK: %[[ACC:.+]] = moe.accuracy %[[Y]], %[[L]]
// CHECK: %[[ONE:.+]] = moe.fill 1.000000e+00 : tensor<f32>
// CHECK: %[[DY:.+]] = moe.softmax_cross_entropy_grad %[[Y]], %[[L]], %[[ONE]]
// CHECK: %[[DH:.+]] = moe.einsum %[[DY]], %[[W]]
// CHECK: %[[DW2:.+]] = moe.einsum %[[H]], %[[DY]]
// CHECK: %[[DW1:.+]] = moe.einsum %[[X]], %[[DH]]
// CHECK: %[[DW:.+]] = moe.add %[[DW2]], %[[DW1]]
// CHECK: %[[ZERO:.+]] = moe.fill 0.000000e+00 : tensor<5xf32>
// CHECK-NEXT: return %[[LOSS]], %[[ACC]], %[[ZERO]], %[[DW]] :
func.func @loss(%x: tensor<6x8xf32> {moe.input = "x"}, %l: tensor<6xi32> {moe.input = "label"},
    %u: tensor<5xf32> {moe.param = "unused", moe.decay}, %w: tensor<8x8xf32> {moe.param = "w"})
    -> (tensor<f32> {moe.loss}, tensor<f32> {moe.metric = "accuracy"}) {
  %h = moe.linear %x, %w axis 1 : (tensor<6x8xf32>, tensor<8x8xf32>) -> tensor<6x8xf32>
  %y = moe.linear %h, %w axis 1 : (tensor<6x8xf32>, tensor<8x8xf32>) -> tensor<6x8xf32>
  %loss = moe.softmax_cross_entropy %y, %l smoothing 0.0 : tensor<6x8xf32>, tensor<6xi32> -> tensor<f32>
  %acc = moe.accuracy %y, %l : tensor<6x8xf32>, tensor<6xi32> -> tensor<f32>
  return %loss, %acc : tensor<f32>, tensor<f32>
}

// -----

// A model that is only run keeps its functions.
// CHECK-LABEL: func.func @infer
// CHECK-NEXT: return
// CHECK-NOT: train_step
func.func @infer(%x: tensor<4xf32> {moe.param = "x"}) -> (tensor<4xf32> {moe.output = "y"}) {
  return %x : tensor<4xf32>
}

// -----

// The loss is a parameter itself.
// CHECK-LABEL: func.func @train_step
// CHECK-SAME: %[[X:[a-z0-9]+]]: tensor<f32>
// CHECK: %[[ONE:.+]] = moe.fill 1.000000e+00 : tensor<f32>
// CHECK: return %[[X]], %[[ONE]] :
func.func @loss(%x: tensor<f32> {moe.param = "x"}) -> (tensor<f32> {moe.loss}) {
  return %x : tensor<f32>
}
