// Which values get a gradient, in what order gradients are added, and what is
// erased.
// RUN: split-file %s %t
// RUN: moec-opt %t/data.mlir -moec-autodiff | FileCheck %t/data.mlir
// RUN: moec-opt %t/sum.mlir -moec-autodiff | FileCheck %t/sum.mlir
// RUN: moec-opt %t/metric.mlir -moec-autodiff | FileCheck %t/metric.mlir
// RUN: moec-opt %t/plan.mlir -moec-autodiff | FileCheck %t/plan.mlir
// RUN: moec-opt %t/carried-plan.mlir -moec-autodiff | FileCheck %t/carried-plan.mlir
// RUN: moec-opt %t/rotated.mlir -moec-autodiff | FileCheck %t/rotated.mlir
// RUN: moec-opt %t/repeat-data.mlir -moec-autodiff | FileCheck %t/repeat-data.mlir
// RUN: moec-opt %t/stacked-data.mlir -moec-autodiff | FileCheck %t/stacked-data.mlir

//--- data.mlir
// Noise and labels are data: no gradient goes to them, so that an op without a
// gradient may make them. What only the forward pass would need is erased.
// CHECK-LABEL: func.func @train_step
// CHECK-SAME: %[[W:[a-z0-9]+]]: tensor<4xf32>
// CHECK: %[[N:.+]] = moe.random_normal
// CHECK: %[[S:.+]] = moe.scale %[[N]] by 3.0
// CHECK: %[[M:.+]] = moe.mul %[[W]], %[[S]]
// CHECK: moe.reduce %[[M]]
// CHECK: %[[D:.+]] = moe.broadcast
// CHECK-NEXT: %[[DW:.+]] = moe.mul %[[D]], %[[S]]
// CHECK-NEXT: return %{{.+}}, %[[DW]] :
func.func @train_step(%w: tensor<4xf32> {moe.var = @w}, %seed: tensor<i32> {moe.host = #moe.host<seed>}, %step: tensor<i32> {moe.host = #moe.host<step>}) -> (tensor<f32> {moe.metric = "loss"}, tensor<4xf32>) {
  %n = moe.random_normal %seed, %step : tensor<i32> stream 0 std 1.0 -> tensor<4xf32>
  %s = moe.scale %n by 3.0 : tensor<4xf32>
  %dead = moe.gelu %s : tensor<4xf32>
  %m = moe.mul %w, %s : tensor<4xf32>
  %l = moe.reduce %m axes [0] : tensor<4xf32> -> tensor<f32>
  %grads = moe.gradient %l wrt %w : tensor<f32>, tensor<4xf32>
  return %l, %grads : tensor<f32>, tensor<4xf32>
}

//--- sum.mlir
// The gradients of three uses are added as they arrive, the last use first; an
// op that reads a value twice gives it two.
// CHECK-LABEL: func.func @train_step
// CHECK-SAME: %[[W:[a-z0-9]+]]: tensor<4xf32>
// CHECK: %[[D:.+]] = moe.broadcast
// CHECK-NEXT: %[[D3:.+]] = moe.scale %[[D]] by 3.0
// CHECK-NEXT: %[[M1:.+]] = moe.mul %[[D]], %[[W]]
// CHECK-NEXT: %[[M2:.+]] = moe.mul %[[D]], %[[W]]
// CHECK-NEXT: %[[S1:.+]] = moe.add %[[D3]], %[[M1]]
// CHECK-NEXT: %[[S2:.+]] = moe.add %[[S1]], %[[M2]]
// CHECK-NEXT: return %{{.+}}, %[[S2]] :
func.func @train_step(%w: tensor<4xf32> {moe.var = @w}) -> (tensor<f32> {moe.metric = "loss"}, tensor<4xf32>) {
  %a = moe.mul %w, %w : tensor<4xf32>
  %b = moe.scale %w by 3.0 : tensor<4xf32>
  %c = moe.add %a, %b : tensor<4xf32>
  %l = moe.reduce %c axes [0] : tensor<4xf32> -> tensor<f32>
  %grads = moe.gradient %l wrt %w : tensor<f32>, tensor<4xf32>
  return %l, %grads : tensor<f32>, tensor<4xf32>
}

//--- metric.mlir
// An op without a gradient is passed over where none arrives at it, also when
// it reads a parameter: its result is a metric.
// CHECK-LABEL: func.func @train_step
// CHECK: moe.accuracy
// CHECK: moe.softmax_cross_entropy_grad
func.func @train_step(%w: tensor<8x10xf32> {moe.var = @w}, %y: tensor<8xi32> {moe.field = "label"}) -> (tensor<f32> {moe.metric = "loss"}, tensor<f32> {moe.metric = "accuracy"}, tensor<8x10xf32>) {
  %l = moe.softmax_cross_entropy %w, %y smoothing 0.0 : tensor<8x10xf32>, tensor<8xi32> -> tensor<f32>
  %a = moe.accuracy %w, %y : tensor<8x10xf32>, tensor<8xi32> -> tensor<f32>
  %grads = moe.gradient %l wrt %w : tensor<f32>, tensor<8x10xf32>
  return %l, %a, %grads : tensor<f32>, tensor<f32>, tensor<8x10xf32>
}

//--- plan.mlir
// A plan made from a parameter is no float tensor: rows that are dispatched by
// it without weights do not depend on the parameter.
// CHECK-LABEL: func.func @train_step
// CHECK-SAME: %[[X:[a-z0-9]+]]: tensor<4x8xf32> {moe.field = "x"}, %[[V:[a-z0-9]+]]: tensor<4x8xf32>
// CHECK: %[[ROWS:.+]] = moe.dispatch %[[X]]
// CHECK: moe.mul %[[ROWS]], %[[V]]
// CHECK: %[[D:.+]] = moe.broadcast
// CHECK-NEXT: %[[DV:.+]] = moe.mul %[[D]], %[[ROWS]]
// CHECK-NEXT: %[[ZERO:.+]] = moe.fill 0.000000e+00 : tensor<4x4xf32>
// CHECK-NEXT: return %{{.+}}, %[[DV]], %[[ZERO]] :
!plan = !moe.routing<items = 4, experts = 4, k = 1, capacity = 1>
func.func @train_step(%x: tensor<4x8xf32> {moe.field = "x"}, %v: tensor<4x8xf32> {moe.var = @v}, %g: tensor<4x4xf32> {moe.var = @g}) -> (tensor<f32> {moe.metric = "loss"}, tensor<4x8xf32>, tensor<4x4xf32>) {
  %s, %plan = moe.top_k_route %g k 1 capacity 1 priority position : tensor<4x4xf32> -> tensor<4x1xf32>, !plan
  %rows = moe.dispatch %x, %plan : (tensor<4x8xf32>, !plan) -> tensor<4x8xf32>
  %m = moe.mul %rows, %v : tensor<4x8xf32>
  %l = moe.reduce %m axes [0, 1] : tensor<4x8xf32> -> tensor<f32>
  %grads:2 = moe.gradient %l wrt %v, %g : tensor<f32>, tensor<4x8xf32>, tensor<4x4xf32>
  return %l, %grads#0, %grads#1 : tensor<f32>, tensor<4x8xf32>, tensor<4x4xf32>
}

//--- carried-plan.mlir
// Nor is it carried backward where it is carried forward.
// CHECK-LABEL: func.func @train_step
// CHECK: moe.repeat 2 reverse carry(%{{[a-z0-9_]+}} : tensor<4x4xf32>) stacked(
!plan = !moe.routing<items = 4, experts = 4, k = 1, capacity = 1>
func.func @train_step(%g: tensor<4x4xf32> {moe.var = @g}) -> (tensor<f32> {moe.metric = "loss"}, tensor<4x4xf32>) {
  %s, %first = moe.top_k_route %g k 1 capacity 1 priority position : tensor<4x4xf32> -> tensor<4x1xf32>, !plan
  %y:2 = moe.repeat 2 carry(%g, %first : tensor<4x4xf32>, !plan) stacked() {
  ^bb0(%c: tensor<4x4xf32>, %p: !plan):
    %rows = moe.dispatch %c, %p : (tensor<4x4xf32>, !plan) -> tensor<4x4xf32>
    %t, %next = moe.top_k_route %rows k 1 capacity 1 priority position : tensor<4x4xf32> -> tensor<4x1xf32>, !plan
    moe.yield %rows, %next : tensor<4x4xf32>, !plan
  } -> tensor<4x4xf32>, !plan
  %l = moe.reduce %y#0 axes [0, 1] : tensor<4x4xf32> -> tensor<f32>
  %grads = moe.gradient %l wrt %g : tensor<f32>, tensor<4x4xf32>
  return %l, %grads : tensor<f32>, tensor<4x4xf32>
}

//--- rotated.mlir
// Carried values that start as data: the weight reaches %c in the first
// iteration, %b by way of it in the second, %a in the third. All three are
// carried backward; the fourth, which stays data, is not.
// CHECK-LABEL: func.func @train_step
// CHECK: %[[D:.+]] = moe.broadcast
// CHECK: %[[ZERO:.+]] = moe.fill 0.000000e+00 : tensor<4xf32>
// CHECK: moe.repeat 5 reverse carry(%[[D]], %{{.+}}, %{{.+}} : tensor<4xf32>, tensor<4xf32>, tensor<4xf32>) stacked(
func.func @train_step(%x: tensor<4xf32> {moe.field = "x"}, %w: tensor<5x4xf32> {moe.var = @w}) -> (tensor<f32> {moe.metric = "loss"}, tensor<5x4xf32>) {
  %y:4 = moe.repeat 5 carry(%x, %x, %x, %x : tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>) stacked(%w : tensor<5x4xf32>) {
  ^bb0(%a: tensor<4xf32>, %b: tensor<4xf32>, %c: tensor<4xf32>, %d: tensor<4xf32>, %wi: tensor<4xf32>):
    %n = moe.mul %d, %wi : tensor<4xf32>
    %m = moe.scale %d by 2.0 : tensor<4xf32>
    moe.yield %b, %c, %n, %m : tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>
  } -> tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>
  %l = moe.reduce %y#0 axes [0] : tensor<4xf32> -> tensor<f32>
  %grads = moe.gradient %l wrt %w : tensor<f32>, tensor<5x4xf32>
  return %l, %grads : tensor<f32>, tensor<5x4xf32>
}

//--- repeat-data.mlir
// A repeat over data alone gives data: it has no backward repeat.
// CHECK-LABEL: func.func @train_step
// CHECK: moe.repeat
// CHECK-NOT: moe.repeat
// CHECK: return
func.func @train_step(%x: tensor<4xf32> {moe.field = "x"}, %w: tensor<4xf32> {moe.var = @w}) -> (tensor<f32> {moe.metric = "loss"}, tensor<4xf32>) {
  %y = moe.repeat 3 carry(%x : tensor<4xf32>) stacked() {
  ^bb0(%c: tensor<4xf32>):
    %g = moe.gelu %c : tensor<4xf32>
    moe.yield %g : tensor<4xf32>
  } -> tensor<4xf32>
  %m = moe.mul %y, %w : tensor<4xf32>
  %l = moe.reduce %m axes [0] : tensor<4xf32> -> tensor<f32>
  %grads = moe.gradient %l wrt %w : tensor<f32>, tensor<4xf32>
  return %l, %grads : tensor<f32>, tensor<4xf32>
}

//--- stacked-data.mlir
// The stack of noise gets no gradient; that of the weights does.
// CHECK-LABEL: func.func @train_step
// CHECK-SAME: %[[W:[a-z0-9]+]]: tensor<2x4xf32> {moe.var = @w}
// CHECK: %[[G:[0-9]+]]:2 = moe.repeat 2 reverse
// CHECK: } -> tensor<f32>, tensor<2x4xf32>{{$}}
// CHECK: return %{{.+}}, %[[G]]#1 :
func.func @train_step(%w: tensor<2x4xf32> {moe.var = @w}, %seed: tensor<i32> {moe.host = #moe.host<seed>}, %step: tensor<i32> {moe.host = #moe.host<step>}) -> (tensor<f32> {moe.metric = "loss"}, tensor<2x4xf32>) {
  %zero = moe.fill 0.0 : tensor<f32>
  %noise = moe.random_normal %seed, %step : tensor<i32> stream 0 std 1.0 -> tensor<2x4xf32>
  %l = moe.repeat 2 carry(%zero : tensor<f32>) stacked(%w, %noise : tensor<2x4xf32>, tensor<2x4xf32>) {
  ^bb0(%c: tensor<f32>, %wi: tensor<4xf32>, %ni: tensor<4xf32>):
    %m = moe.mul %wi, %ni : tensor<4xf32>
    %n = moe.reduce %m axes [0] : tensor<4xf32> -> tensor<f32>
    %o = moe.add %n, %c : tensor<f32>
    moe.yield %o : tensor<f32>
  } -> tensor<f32>
  %grads = moe.gradient %l wrt %w : tensor<f32>, tensor<2x4xf32>
  return %l, %grads : tensor<f32>, tensor<2x4xf32>
}
