// RUN: moec-opt %s -moec-append-update -split-input-file | FileCheck %s

// CHECK-LABEL: func.func @update(
// CHECK-SAME: %[[LR:[a-z0-9]+]]: tensor<f32> {moe.input = "learning_rate"}, %[[STEP:[a-z0-9]+]]: tensor<i32> {moe.input = "step"}
// CHECK-SAME: %[[G:[a-z0-9]+]]: tensor<4096xf32> {moe.block = "grads", moe.offset = 0 : i64}
// CHECK-SAME: %[[P0:[a-z0-9]+]]: tensor<112xf32> {moe.block = "params", moe.offset = 0 : i64}, %[[G0:[a-z0-9]+]]: tensor<112xf32> {moe.block = "grads", moe.offset = 0 : i64}
// CHECK-SAME: %[[M0:[a-z0-9]+]]: tensor<112xf32> {moe.block = "state0", moe.offset = 0 : i64}, %[[V0:[a-z0-9]+]]: tensor<112xf32> {moe.block = "state1", moe.offset = 0 : i64}
// CHECK-SAME: %[[P1:[a-z0-9]+]]: tensor<3984xf32> {moe.block = "params", moe.offset = 112 : i64}, %[[G1:[a-z0-9]+]]: tensor<3984xf32> {moe.block = "grads", moe.offset = 112 : i64}
// CHECK-SAME: %[[M1:[a-z0-9]+]]: tensor<3984xf32> {moe.block = "state0", moe.offset = 112 : i64}, %[[V1:[a-z0-9]+]]: tensor<3984xf32> {moe.block = "state1", moe.offset = 112 : i64})
// CHECK-SAME: -> (tensor<112xf32> {moe.block = "params", moe.offset = 0 : i64}, tensor<112xf32> {moe.block = "state0", moe.offset = 0 : i64}, tensor<112xf32> {moe.block = "state1", moe.offset = 0 : i64}
// CHECK-SAME: tensor<3984xf32> {moe.block = "params", moe.offset = 112 : i64}, tensor<3984xf32> {moe.block = "state0", moe.offset = 112 : i64}, tensor<3984xf32> {moe.block = "state1", moe.offset = 112 : i64}
// CHECK-SAME: tensor<f32> {moe.metric = "grad_norm"})
// CHECK: %[[SCALE:.+]], %[[NORM:.+]] = moe.clip_scale %[[G]] max_norm 1.500000e+00
// CHECK: %[[A:.+]], %[[B:.+]], %[[C:.+]] = moe.adamw_update %[[P0]], %[[G0]], %[[M0]], %[[V0]], %[[LR]], %[[STEP]], %[[SCALE]] beta1 {{8.75.+}} beta2 {{9.375.+}} eps {{9.765625.+}} weight_decay 6.250000e-02
// CHECK: %[[D:.+]], %[[E:.+]], %[[F:.+]] = moe.adamw_update %[[P1]], %[[G1]], %[[M1]], %[[V1]], %[[LR]], %[[STEP]], %[[SCALE]] beta1 {{8.75.+}} beta2 {{9.375.+}} eps {{9.765625.+}} weight_decay 0.000000e+00
// CHECK: return %[[A]], %[[B]], %[[C]], %[[D]], %[[E]], %[[F]], %[[NORM]] :
module attributes {moe.trained_elements = 4096 : i64, moe.decay_elements = 112 : i64,
    moe.training = {optimizer = {op = "adamw", beta1 = 0.875, beta2 = 0.9375, eps = 9.765625e-04, weight_decay = 0.0625}, clip_norm = 1.5}} {
  func.func @train_step() {
    return
  }
}

// -----

// All parameters decay: one segment. No momentum schedule, so no step.
// CHECK-LABEL: func.func @update(
// CHECK-SAME: %[[LR:[a-z0-9]+]]: tensor<f32> {moe.input = "learning_rate"}, %[[G:[a-z0-9]+]]: tensor<4096xf32>
// CHECK-SAME: %[[P0:[a-z0-9]+]]: tensor<4096xf32> {moe.block = "params", moe.offset = 0 : i64}, %[[G0:[a-z0-9]+]]: tensor<4096xf32> {moe.block = "grads", moe.offset = 0 : i64}
// CHECK-SAME: %[[M0:[a-z0-9]+]]: tensor<4096xf32> {moe.block = "state0", moe.offset = 0 : i64})
// CHECK: %[[SCALE:.+]], %[[NORM:.+]] = moe.clip_scale %[[G]] max_norm 0.000000e+00
// CHECK: %[[A:.+]], %[[B:.+]] = moe.sgd_update %[[P0]], %[[G0]], %[[M0]], %[[LR]], %[[SCALE]] mu 8.750000e-01 weight_decay 5.000000e-01
// CHECK: return %[[A]], %[[B]], %[[NORM]] :
module attributes {moe.trained_elements = 4096 : i64, moe.decay_elements = 4096 : i64,
    moe.training = {optimizer = {op = "sgd", momentum = 0.875, weight_decay = 0.5}, clip_norm = 0.0}} {
  func.func @train_step() {
    return
  }
}

// -----

// CHECK-LABEL: func.func @infer
// CHECK-NOT: @update
func.func @infer() {
  return
}

// -----

// A loss of no parameters has no update.
// CHECK-LABEL: func.func @train_step
// CHECK-NOT: @update
module attributes {moe.trained_elements = 0 : i64, moe.decay_elements = 0 : i64,
    moe.training = {optimizer = {op = "sgd", momentum = 0.875, weight_decay = 0.5}, clip_norm = 0.0}} {
  func.func @train_step() {
    return
  }
}
