// The gradient of tokens in an order: each way is the other's.
// RUN: moec-opt %s -moec-autodiff | FileCheck %s

// CHECK-LABEL: func.func @train_step
// CHECK-SAME: %[[KEYS:[a-z0-9]+]]: tensor<2x5xi32>
// CHECK: %[[O:.+]] = moe.argsort %[[KEYS]]
// CHECK: moe.gather_tokens %{{.+}}, %[[O]] begin 2
// CHECK: moe.scatter_tokens %{{.+}}, %[[O]] begin 1
// CHECK: %[[DZ:.+]] = moe.broadcast
// CHECK: %[[DY:.+]] = moe.gather_tokens %[[DZ]], %[[O]] begin 1 : tensor<2x5x4xf32>, tensor<2x5xi32> -> tensor<2x3x4xf32>
// CHECK: %[[DX:.+]] = moe.scatter_tokens %[[DY]], %[[O]] begin 2 : tensor<2x3x4xf32>, tensor<2x5xi32> -> tensor<2x5x4xf32>
// CHECK: return %{{.+}}, %[[DX]] :
func.func @train_step(%keys: tensor<2x5xi32> {moe.field = "keys"}, %x: tensor<2x5x4xf32> {moe.var = @x}) -> (tensor<f32> {moe.metric = "loss"}, tensor<2x5x4xf32>) {
  %o = moe.argsort %keys : tensor<2x5xi32>
  %y = moe.gather_tokens %x, %o begin 2 : tensor<2x5x4xf32>, tensor<2x5xi32> -> tensor<2x3x4xf32>
  %z = moe.scatter_tokens %y, %o begin 1 : tensor<2x3x4xf32>, tensor<2x5xi32> -> tensor<2x5x4xf32>
  %l = moe.reduce %z axes [0, 1, 2] : tensor<2x5x4xf32> -> tensor<f32>
  %grad = moe.gradient %l wrt %x : tensor<f32>, tensor<2x5x4xf32>
  return %l, %grad : tensor<f32>, tensor<2x5x4xf32>
}
