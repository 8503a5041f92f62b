// The gradient rules of linear layers, contractions and normalisation.
// RUN: moec-opt %s -moec-autodiff -split-input-file | FileCheck %s

// Token mixing: no transpose of the activation, forward or backward.
// CHECK-LABEL: func.func @train_step
// CHECK-SAME: %[[X:[a-z0-9]+]]: tensor<2x5x8xf32> {moe.var = @x}, %[[W:[a-z0-9]+]]: tensor<5x3xf32>
// CHECK: %[[DY:.+]] = moe.broadcast {{.+}} -> tensor<2x3x8xf32>
// CHECK: %[[DX:.+]] = moe.einsum %[[DY]], %[[W]] "anc,kn->akc" : (tensor<2x3x8xf32>, tensor<5x3xf32>) -> tensor<2x5x8xf32>
// CHECK: %[[DW:.+]] = moe.einsum %[[X]], %[[DY]] "akc,anc->kn" : (tensor<2x5x8xf32>, tensor<2x3x8xf32>) -> tensor<5x3xf32>
// CHECK: %[[DB:.+]] = moe.reduce %[[DY]] axes [0, 2] : tensor<2x3x8xf32> -> tensor<3xf32>
// CHECK: return %{{.+}}, %[[DX]], %[[DW]], %[[DB]] :
func.func @train_step(%x: tensor<2x5x8xf32> {moe.var = @x}, %w: tensor<5x3xf32> {moe.var = @w}, %b: tensor<3xf32> {moe.var = @b}) -> (tensor<f32> {moe.metric = "loss"}, tensor<2x5x8xf32>, tensor<5x3xf32>, tensor<3xf32>) {
  %y = moe.linear %x, %w, %b axis 1 : (tensor<2x5x8xf32>, tensor<5x3xf32>, tensor<3xf32>) -> tensor<2x3x8xf32>
  %l = moe.reduce %y axes [0, 1, 2] : tensor<2x3x8xf32> -> tensor<f32>
  %grads:3 = moe.gradient %l wrt %x, %w, %b : tensor<f32>, tensor<2x5x8xf32>, tensor<5x3xf32>, tensor<3xf32>
  return %l, %grads#0, %grads#1, %grads#2 : tensor<f32>, tensor<2x5x8xf32>, tensor<5x3xf32>, tensor<3xf32>
}

// -----

// Data has no gradient, and no op computes one. A vector has no other axes to sum over.
// CHECK-LABEL: func.func @train_step
// CHECK-SAME: %[[X:[a-z0-9]+]]: tensor<5xf32>
// CHECK: %[[DY:.+]] = moe.broadcast
// CHECK-NOT: moe.einsum {{.+}}->k"
// CHECK: %[[DW:.+]] = moe.einsum %[[X]], %[[DY]] "k,n->kn"
// CHECK-NEXT: return %{{.+}}, %[[DW]], %[[DY]] :
func.func @train_step(%x: tensor<5xf32> {moe.field = "x"}, %w: tensor<5x3xf32> {moe.var = @w}, %b: tensor<3xf32> {moe.var = @b}) -> (tensor<f32> {moe.metric = "loss"}, tensor<5x3xf32>, tensor<3xf32>) {
  %y = moe.linear %x, %w, %b axis 0 : (tensor<5xf32>, tensor<5x3xf32>, tensor<3xf32>) -> tensor<3xf32>
  %l = moe.reduce %y axes [0] : tensor<3xf32> -> tensor<f32>
  %grads:2 = moe.gradient %l wrt %w, %b : tensor<f32>, tensor<5x3xf32>, tensor<3xf32>
  return %l, %grads#0, %grads#1 : tensor<f32>, tensor<5x3xf32>, tensor<3xf32>
}

// -----

// CHECK-LABEL: func.func @train_step
// CHECK-SAME: %[[Q:[a-z0-9]+]]: tensor<2x5x4x3xf32> {moe.var = @q}, %[[K:[a-z0-9]+]]: tensor<2x7x4x3xf32>
// CHECK: %[[P:.+]] = moe.softmax {{.+}} axes [3]
// CHECK: %[[DP:.+]] = moe.broadcast
// CHECK: %[[DS:.+]] = moe.softmax_grad %[[P]], %[[DP]] axes [3] : tensor<2x4x5x7xf32>
// CHECK: %[[DQ:.+]] = moe.einsum %[[DS]], %[[K]] "bhst,bthd->bshd"
// CHECK: %[[DK:.+]] = moe.einsum %[[DS]], %[[Q]] "bhst,bshd->bthd"
// CHECK: return %{{.+}}, %[[DQ]], %[[DK]] :
func.func @train_step(%q: tensor<2x5x4x3xf32> {moe.var = @q}, %k: tensor<2x7x4x3xf32> {moe.var = @k}) -> (tensor<f32> {moe.metric = "loss"}, tensor<2x5x4x3xf32>, tensor<2x7x4x3xf32>) {
  %s = moe.einsum %q, %k "bshd,bthd->bhst" : (tensor<2x5x4x3xf32>, tensor<2x7x4x3xf32>) -> tensor<2x4x5x7xf32>
  %p = moe.softmax %s axes [3] : tensor<2x4x5x7xf32>
  %l = moe.reduce %p axes [0, 1, 2, 3] : tensor<2x4x5x7xf32> -> tensor<f32>
  %grads:2 = moe.gradient %l wrt %q, %k : tensor<f32>, tensor<2x5x4x3xf32>, tensor<2x7x4x3xf32>
  return %l, %grads#0, %grads#1 : tensor<f32>, tensor<2x5x4x3xf32>, tensor<2x7x4x3xf32>
}

// -----

// CHECK-LABEL: func.func @train_step
// CHECK-SAME: %[[X:[a-z0-9]+]]: tensor<6x8xf32> {moe.var = @x}, %[[S:[a-z0-9]+]]: tensor<8xf32>
// CHECK: %[[N:.+]] = moe.l2_normalize %[[X]] axis 0 eps 1.000000e-03
// CHECK: %[[DY:.+]] = moe.broadcast
// CHECK: %[[DN:.+]], %[[DS:.+]], %[[DB:.+]] = moe.layer_norm_grad %[[N]], %[[S]], %[[DY]] eps 2.500000e-01
// CHECK: %[[DX:.+]] = moe.l2_normalize_grad %[[X]], %[[DN]] axis 0 eps 1.000000e-03
// CHECK: return %{{.+}}, %[[DX]], %[[DS]], %[[DB]] :
func.func @train_step(%x: tensor<6x8xf32> {moe.var = @x}, %s: tensor<8xf32> {moe.var = @s}, %b: tensor<8xf32> {moe.var = @b}) -> (tensor<f32> {moe.metric = "loss"}, tensor<6x8xf32>, tensor<8xf32>, tensor<8xf32>) {
  %n = moe.l2_normalize %x axis 0 eps 1.0e-3 : tensor<6x8xf32>
  %y = moe.layer_norm %n, %s, %b eps 0.25 : tensor<6x8xf32>, tensor<8xf32>
  %l = moe.reduce %y axes [0, 1] : tensor<6x8xf32> -> tensor<f32>
  %grads:3 = moe.gradient %l wrt %x, %s, %b : tensor<f32>, tensor<6x8xf32>, tensor<8xf32>, tensor<8xf32>
  return %l, %grads#0, %grads#1, %grads#2 : tensor<f32>, tensor<6x8xf32>, tensor<8xf32>, tensor<8xf32>
}
