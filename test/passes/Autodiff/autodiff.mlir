// The backward pass in place of moe.gradient: seeds, metrics, unused and shared
// parameters.
// RUN: moec-opt %s -moec-autodiff -split-input-file | FileCheck %s

// CHECK-LABEL: func.func @train_step
// CHECK-SAME: %[[X:[a-z0-9]+]]: tensor<6x8xf32> {moe.field = "x"}, %[[L:[a-z0-9]+]]: tensor<6xi32> {moe.field = "label"}
// CHECK-SAME: %[[UNUSED:[a-z0-9]+]]: tensor<5xf32> {moe.var = @unused}, %[[W:[a-z0-9]+]]: tensor<8x8xf32> {moe.var = @w})
// CHECK-SAME: -> (tensor<f32> {moe.metric = "loss"}, tensor<f32> {moe.metric = "accuracy"}, tensor<5xf32>, tensor<8x8xf32>)
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
func.func @train_step(%x: tensor<6x8xf32> {moe.field = "x"}, %l: tensor<6xi32> {moe.field = "label"},
    %u: tensor<5xf32> {moe.var = @unused}, %w: tensor<8x8xf32> {moe.var = @w})
    -> (tensor<f32> {moe.metric = "loss"}, tensor<f32> {moe.metric = "accuracy"}, tensor<5xf32>, tensor<8x8xf32>) {
  %h = moe.linear %x, %w axis 1 : (tensor<6x8xf32>, tensor<8x8xf32>) -> tensor<6x8xf32>
  %y = moe.linear %h, %w axis 1 : (tensor<6x8xf32>, tensor<8x8xf32>) -> tensor<6x8xf32>
  %loss = moe.softmax_cross_entropy %y, %l smoothing 0.0 : tensor<6x8xf32>, tensor<6xi32> -> tensor<f32>
  %acc = moe.accuracy %y, %l : tensor<6x8xf32>, tensor<6xi32> -> tensor<f32>
  %grads:2 = moe.gradient %loss wrt %u, %w : tensor<f32>, tensor<5xf32>, tensor<8x8xf32>
  return %loss, %acc, %grads#0, %grads#1 : tensor<f32>, tensor<f32>, tensor<5xf32>, tensor<8x8xf32>
}

// -----

// A model that is only run keeps its functions.
// CHECK-LABEL: func.func @infer
// CHECK-NEXT: return
// CHECK-NOT: train_step
func.func @infer(%x: tensor<4xf32> {moe.var = @x}) -> (tensor<4xf32> {moe.output = "y"}) {
  return %x : tensor<4xf32>
}

// -----

// The loss is a parameter itself.
// CHECK-LABEL: func.func @train_step
// CHECK-SAME: %[[X:[a-z0-9]+]]: tensor<f32>
// CHECK: %[[ONE:.+]] = moe.fill 1.000000e+00 : tensor<f32>
// CHECK: return %[[X]], %[[ONE]] :
func.func @train_step(%x: tensor<f32> {moe.var = @x}) -> (tensor<f32> {moe.metric = "loss"}, tensor<f32>) {
  %grads = moe.gradient %x wrt %x : tensor<f32>, tensor<f32>
  return %x, %grads : tensor<f32>, tensor<f32>
}

// -----

// Two losses in one function, the second of what the first one gives.
// CHECK-LABEL: func.func @two
// CHECK-SAME: %[[X:[a-z0-9]+]]: tensor<4xf32>, %{{[a-z0-9]+}}: tensor<4xf32>
// CHECK-NOT: moe.gradient
// CHECK: %[[G:.+]] = moe.mul %{{.+}}, %[[X]]
// CHECK: %[[H:.+]] = moe.mul %{{.+}}, %[[G]]
// CHECK-NEXT: return %[[G]], %[[H]] :
func.func @two(%x: tensor<4xf32>, %w: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>) {
  %p = moe.mul %x, %w : tensor<4xf32>
  %l = moe.reduce %p axes [0] : tensor<4xf32> -> tensor<f32>
  %g = moe.gradient %l wrt %w : tensor<f32>, tensor<4xf32>
  %v = moe.mul %g, %w : tensor<4xf32>
  %k = moe.reduce %v axes [0] : tensor<4xf32> -> tensor<f32>
  %h = moe.gradient %k wrt %w : tensor<f32>, tensor<4xf32>
  return %g, %h : tensor<4xf32>, tensor<4xf32>
}

// -----

// A gradient that nobody asks for is not built, nor one past its root.
// CHECK-LABEL: func.func @unasked
// CHECK-NOT: moe.gradient
// CHECK: return
func.func @unasked(%x: tensor<4xf32>) -> tensor<4xf32> {
  %l = moe.reduce %x axes [0] : tensor<4xf32> -> tensor<f32>
  %g = moe.gradient %l wrt %x : tensor<f32>, tensor<4xf32>
  %h = moe.gradient %l wrt %x : tensor<f32>, tensor<4xf32>
  return %g : tensor<4xf32>
}

// -----

// By the result of a repeat, and by what the loss does not come from.
// CHECK-LABEL: func.func @results
// CHECK: %[[R:.+]]:2 = moe.repeat 2
// CHECK: %[[G:.+]] = moe.mul %{{.+}}, %[[R]]#0
// CHECK: %[[D:.+]] = moe.add %[[G]], %{{.+}}
// CHECK: return %[[D]]
func.func @results(%x: tensor<4xf32>) -> tensor<4xf32> {
  %r = moe.repeat 2 carry(%x : tensor<4xf32>) stacked() {
  ^bb0(%c: tensor<4xf32>):
    %n = moe.gelu %c : tensor<4xf32>
    moe.yield %n : tensor<4xf32>
  } -> tensor<4xf32>
  %p = moe.mul %r, %r : tensor<4xf32>
  %l = moe.reduce %p axes [0] : tensor<4xf32> -> tensor<f32>
  %g:2 = moe.gradient %l wrt %r, %x : tensor<f32>, tensor<4xf32>, tensor<4xf32>
  return %g#0 : tensor<4xf32>
}
