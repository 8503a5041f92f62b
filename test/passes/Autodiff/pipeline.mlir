// From what the importer makes to both functions of a training step.
// RUN: moec-opt %s -moec-model-pipeline -moec-autodiff-pipeline | FileCheck %s
// RUN: moec-opt %s -moec-model-pipeline -moec-autodiff-pipeline | moec-opt | moec-opt -o /dev/null

// CHECK: module attributes
// CHECK-SAME: moe.decay_elements = 16 : i64
// CHECK-SAME: moe.parameter_elements = 4096 : i64
// CHECK-NOT: @loss
// CHECK: func.func @infer(
// CHECK: func.func @train_step(
// CHECK-SAME: -> (tensor<f32> {moe.loss}, tensor<4xf32> {moe.grad = "w"}, tensor<f32> {moe.grad = "b"})
// CHECK: func.func @update(
// CHECK-SAME: tensor<16xf32> {moe.block = "params", moe.offset = 0 : i64}
// CHECK-SAME: tensor<4080xf32> {moe.block = "params", moe.offset = 16 : i64}
module attributes {moe.training = {optimizer = {op = "sgd", momentum = 0.9, weight_decay = 0.5}, clip_norm = 1.0}} {
  func.func @infer(%x: tensor<4xf32> {moe.input = "x"}, %w: tensor<4xf32> {moe.param = "w", moe.init = {op = "ones"}, moe.decay},
      %b: tensor<f32> {moe.param = "b", moe.init = {op = "zeros"}}) -> (tensor<f32> {moe.output = "y"}) {
    %p = moe.mul %x, %w : tensor<4xf32>
    %s = moe.reduce %p axes [0] : tensor<4xf32> -> tensor<f32>
    %y = moe.add %s, %b : tensor<f32>
    return %y : tensor<f32>
  }
  func.func @loss(%x: tensor<4xf32> {moe.input = "x"}, %w: tensor<4xf32> {moe.param = "w", moe.init = {op = "ones"}, moe.decay},
      %b: tensor<f32> {moe.param = "b", moe.init = {op = "zeros"}}) -> (tensor<f32> {moe.loss}) {
    %p = moe.mul %x, %w : tensor<4xf32>
    %s = moe.reduce %p axes [0] : tensor<4xf32> -> tensor<f32>
    %y = moe.add %s, %b : tensor<f32>
    %l = moe.mul %y, %y : tensor<f32>
    return %l : tensor<f32>
  }
}
