// The gradient rules of losses.
// RUN: moec-opt %s -moec-autodiff -split-input-file | FileCheck %s

// CHECK-LABEL: func.func @train_step
// CHECK-SAME: %[[X:[a-z0-9]+]]: tensor<8x10xf32> {moe.var = @x}, %[[L:[a-z0-9]+]]: tensor<8xi32>
// CHECK: %[[ONE:.+]] = moe.fill 1.000000e+00 : tensor<f32>
// CHECK: %[[DX:.+]] = moe.softmax_cross_entropy_grad %[[X]], %[[L]], %[[ONE]] smoothing 1.000000e-01
// CHECK: return %{{.+}}, %[[DX]] :
func.func @train_step(%x: tensor<8x10xf32> {moe.var = @x}, %l: tensor<8xi32> {moe.field = "label"}) -> (tensor<f32> {moe.metric = "loss"}, tensor<8x10xf32>) {
  %y = moe.softmax_cross_entropy %x, %l smoothing 0.1 : tensor<8x10xf32>, tensor<8xi32> -> tensor<f32>
  %grads = moe.gradient %y wrt %x : tensor<f32>, tensor<8x10xf32>
  return %y, %grads : tensor<f32>, tensor<8x10xf32>
}

// -----

// The load loss: the noise has no gradient, the noisy logits pass theirs on.
// CHECK-LABEL: func.func @train_step
// CHECK-SAME: %[[X:[a-z0-9]+]]: tensor<6x4xf32> {moe.var = @x}
// CHECK: %[[N:.+]] = moe.add %[[X]], %{{.+}} : tensor<6x4xf32>
// CHECK: %[[V:.+]] = moe.reduce {{.+}} -> tensor<4xf32>
// CHECK: %[[ONE:.+]] = moe.fill 1.000000e+00 : tensor<f32>
// CHECK: %[[DV:.+]] = moe.cv_squared_grad %[[V]], %[[ONE]]
// CHECK: %[[DP:.+]] = moe.broadcast %[[DV]] axes [0]
// CHECK: %[[DL:.+]], %[[DN:.+]] = moe.load_probability_grad %[[X]], %[[N]], %[[DP]] k 2 std 2.500000e-01
// CHECK: %[[DX:.+]] = moe.add %[[DL]], %[[DN]]
// CHECK-NEXT: return %{{.+}}, %[[DX]] :
func.func @train_step(%x: tensor<6x4xf32> {moe.var = @x}, %seed: tensor<i32> {moe.host = #moe.host<seed>}, %step: tensor<i32> {moe.host = #moe.host<step>}) -> (tensor<f32> {moe.metric = "loss"}, tensor<6x4xf32>) {
  %r = moe.random_normal %seed, %step : tensor<i32> stream 0 std 0.25 -> tensor<6x4xf32>
  %n = moe.add %x, %r : tensor<6x4xf32>
  %p = moe.load_probability %x, %n k 2 std 0.25 : tensor<6x4xf32>
  %v = moe.reduce %p axes [0] : tensor<6x4xf32> -> tensor<4xf32>
  %y = moe.cv_squared %v : tensor<4xf32> -> tensor<f32>
  %grads = moe.gradient %y wrt %x : tensor<f32>, tensor<6x4xf32>
  return %y, %grads : tensor<f32>, tensor<6x4xf32>
}

// -----

// With noise that is learned the standard deviations have a gradient as well.
// CHECK-LABEL: func.func @train_step
// CHECK-SAME: %[[X:[a-z0-9]+]]: tensor<6x4xf32> {moe.var = @x}, %[[S:[a-z0-9]+]]: tensor<6x4xf32> {moe.var = @s}
// CHECK: %[[N:.+]] = moe.add %[[X]], %{{.+}} : tensor<6x4xf32>
// CHECK: %[[DP:.+]] = moe.broadcast
// CHECK: %[[DL:.+]], %[[DN:.+]], %[[DS:.+]] = moe.learned_load_probability_grad %[[X]], %[[N]], %[[S]], %[[DP]] k 2
// CHECK: moe.mul %[[DN]], %{{.+}}
func.func @train_step(%x: tensor<6x4xf32> {moe.var = @x}, %s: tensor<6x4xf32> {moe.var = @s}, %r: tensor<6x4xf32> {moe.field = "r"}) -> (tensor<f32> {moe.metric = "loss"}, tensor<6x4xf32>, tensor<6x4xf32>) {
  %noise = moe.mul %r, %s : tensor<6x4xf32>
  %n = moe.add %x, %noise : tensor<6x4xf32>
  %p = moe.learned_load_probability %x, %n, %s k 2 : tensor<6x4xf32>
  %v = moe.reduce %p axes [0] : tensor<6x4xf32> -> tensor<4xf32>
  %y = moe.cv_squared %v : tensor<4xf32> -> tensor<f32>
  %grads:2 = moe.gradient %y wrt %x, %s : tensor<f32>, tensor<6x4xf32>, tensor<6x4xf32>
  return %y, %grads#0, %grads#1 : tensor<f32>, tensor<6x4xf32>, tensor<6x4xf32>
}

// -----

// Of each item as of the mean: one op.
// CHECK-LABEL: func.func @train_step
// CHECK-SAME: %[[X:[a-z0-9]+]]: tensor<8x10xf32> {moe.var = @x}, %[[L:[a-z0-9]+]]: tensor<8xi32>
// CHECK: %[[D:.+]] = moe.broadcast
// CHECK: %[[DX:.+]] = moe.sigmoid_cross_entropy_grad %[[X]], %[[L]], %[[D]] : tensor<8x10xf32>, tensor<8xi32>, tensor<8xf32>
// CHECK: return %{{.+}}, %[[DX]] :
func.func @train_step(%x: tensor<8x10xf32> {moe.var = @x}, %l: tensor<8xi32> {moe.field = "label"}) -> (tensor<f32> {moe.metric = "loss"}, tensor<8x10xf32>) {
  %y = moe.sigmoid_cross_entropy %x, %l : tensor<8x10xf32>, tensor<8xi32> -> tensor<8xf32>
  %s = moe.reduce %y axes [0] : tensor<8xf32> -> tensor<f32>
  %grads = moe.gradient %s wrt %x : tensor<f32>, tensor<8x10xf32>
  return %s, %grads : tensor<f32>, tensor<8x10xf32>
}
