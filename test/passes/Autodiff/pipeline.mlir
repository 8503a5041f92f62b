// From what the importer makes to a step without moe.gradient.
// RUN: moec-opt %s -moec-model-pipeline -moec-autodiff-pipeline | FileCheck %s
// RUN: moec-opt %s -moec-model-pipeline -moec-autodiff-pipeline | moec-opt | moec-opt -o /dev/null

moe.variable @w : tensor<4xf32> role(parameter) decay init<ones>
moe.variable @w.momentum : tensor<4xf32> role(moment) of @w

// CHECK-LABEL: func.func @infer(
// CHECK-LABEL: func.func @train_step(
// CHECK-NOT: moe.gradient
// CHECK: %[[G:.+]] = moe.mul %{{.+}}, %arg0
// CHECK-NEXT: %[[SCALE:.+]], %[[NORM:.+]] = moe.clip_scale %[[G]] max_norm 1.000000e+00
// CHECK: %[[P:.+]], %[[M:.+]] = moe.sgd_update(%{{.+}}) grads(%[[G]]) momenta
// CHECK: return %{{.+}}, %[[NORM]], %[[P]], %[[M]] :
func.func @infer(%x: tensor<4xf32> {moe.field = "x"}, %w: tensor<4xf32> {moe.var = @w}) -> (tensor<f32> {moe.output = "y"}) {
  %p = moe.mul %x, %w : tensor<4xf32>
  %s = moe.reduce %p axes [0] : tensor<4xf32> -> tensor<f32>
  return %s : tensor<f32>
}
func.func @train_step(%x: tensor<4xf32> {moe.field = "x"}, %w: tensor<4xf32> {moe.var = @w},
    %m: tensor<4xf32> {moe.var = @w.momentum}, %lr: tensor<f32> {moe.host = #moe.host<learning_rate>})
    -> (tensor<f32> {moe.metric = "loss"}, tensor<f32> {moe.metric = "grad_norm"}, tensor<4xf32> {moe.var = @w},
        tensor<4xf32> {moe.var = @w.momentum}) {
  %p = moe.mul %x, %w : tensor<4xf32>
  %s = moe.reduce %p axes [0] : tensor<4xf32> -> tensor<f32>
  %l = moe.mul %s, %s : tensor<f32>
  %g = moe.gradient %l wrt %w : tensor<f32>, tensor<4xf32>
  %c, %n = moe.clip_scale %g max_norm 1.0 : tensor<4xf32> -> tensor<f32>
  %q, %k = moe.sgd_update (%w) grads (%g) momenta (%m) rate %lr scale %c momentum 0.9 weight_decay 0.5 : tensor<f32>, tensor<4xf32>
  return %l, %n, %q, %k : tensor<f32>, tensor<f32>, tensor<4xf32>, tensor<4xf32>
}
