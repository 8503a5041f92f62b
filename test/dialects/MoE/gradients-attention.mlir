// The gradient rule of attention: one op, which reads the results of the forward one.
// RUN: moec-opt %s -moec-autodiff -split-input-file | FileCheck %s

// CHECK-LABEL: func.func @train_step
// CHECK-SAME: %[[Q:[a-z0-9]+]]: tensor<2x6x4x8xf32> {moe.var = @q}, %[[K:[a-z0-9]+]]: tensor<2x5x2x8xf32> {moe.var = @k}, %[[S:[a-z0-9]+]]: tensor<8xf32>
// CHECK: %[[Y:.+]], %[[L:.+]] = moe.attention
// CHECK: %[[DY:.+]] = moe.broadcast
// CHECK: %[[DQ:.+]], %[[DK:.+]], %[[DV:.+]], %[[DN:.+]]:2 = moe.attention_grad %[[Q]], %[[K]], %[[K]] norm(%[[S]], %[[S]]) of %[[Y]], %[[L]] by %[[DY]] eps 1.000000e-03 scale 5.000000e-01 :
// CHECK: %[[SUM:.+]] = moe.add %[[DK]], %[[DV]]
// CHECK: %[[DS:.+]] = moe.add %[[DN]]#0, %[[DN]]#1
// CHECK: return %{{.+}}, %[[DQ]], %[[SUM]], %[[DS]] :
func.func @train_step(%q: tensor<2x6x4x8xf32> {moe.var = @q}, %k: tensor<2x5x2x8xf32> {moe.var = @k}, %s: tensor<8xf32> {moe.var = @s})
    -> (tensor<f32> {moe.metric = "loss"}, tensor<2x6x4x8xf32>, tensor<2x5x2x8xf32>, tensor<8xf32>) {
  %y, %l = moe.attention %q, %k, %k norm(%s, %s) eps 1.0e-3 scale 0.5
    : (tensor<2x6x4x8xf32>, tensor<2x5x2x8xf32>, tensor<2x5x2x8xf32>, tensor<8xf32>, tensor<8xf32>) -> (tensor<2x6x4x8xf32>, tensor<2x4x6xf32>)
  %s0 = moe.reduce %y axes [0, 1, 2, 3] : tensor<2x6x4x8xf32> -> tensor<f32>
  %g:3 = moe.gradient %s0 wrt %q, %k, %s : tensor<f32>, tensor<2x6x4x8xf32>, tensor<2x5x2x8xf32>, tensor<8xf32>
  return %s0, %g#0, %g#1, %g#2 : tensor<f32>, tensor<2x6x4x8xf32>, tensor<2x5x2x8xf32>, tensor<8xf32>
}

// -----

// A loss on the log-sum-exp alone: nothing comes through the result.
// CHECK-LABEL: func.func @train_step
// CHECK: %[[DL:.+]] = moe.broadcast
// CHECK: %[[ZERO:.+]] = moe.fill 0.000000e+00 : tensor<2x6x4x8xf32>
// CHECK: moe.attention_grad {{.+}} by %[[ZERO]], %[[DL]] :
func.func @train_step(%q: tensor<2x6x4x8xf32> {moe.var = @q}, %k: tensor<2x5x4x8xf32> {moe.field = "k"}) -> (tensor<f32> {moe.metric = "loss"}, tensor<2x6x4x8xf32>) {
  %y, %l = moe.attention %q, %k, %k : (tensor<2x6x4x8xf32>, tensor<2x5x4x8xf32>, tensor<2x5x4x8xf32>) -> (tensor<2x6x4x8xf32>, tensor<2x4x6xf32>)
  %s0 = moe.reduce %l axes [0, 1, 2] : tensor<2x4x6xf32> -> tensor<f32>
  %g = moe.gradient %s0 wrt %q : tensor<f32>, tensor<2x6x4x8xf32>
  return %s0, %g : tensor<f32>, tensor<2x6x4x8xf32>
}
