// The gradient rules of element-wise and structure ops.
// RUN: moec-opt %s -moec-autodiff -split-input-file | FileCheck %s

// CHECK-LABEL: func.func @train_step
// CHECK-SAME: %[[X:[a-z0-9]+]]: tensor<4xf32> {moe.var = @x}, %[[Y:[a-z0-9]+]]: tensor<4xf32> {moe.var = @y}
// CHECK: %[[DZ:.+]] = moe.broadcast %{{.+}} axes [0] : tensor<f32> -> tensor<4xf32>
// CHECK: return %{{.+}}, %[[DZ]], %[[DZ]] :
func.func @train_step(%x: tensor<4xf32> {moe.var = @x}, %y: tensor<4xf32> {moe.var = @y}) -> (tensor<f32> {moe.metric = "loss"}, tensor<4xf32>, tensor<4xf32>) {
  %z = moe.add %x, %y : tensor<4xf32>
  %l = moe.reduce %z axes [0] : tensor<4xf32> -> tensor<f32>
  %grads:2 = moe.gradient %l wrt %x, %y : tensor<f32>, tensor<4xf32>, tensor<4xf32>
  return %l, %grads#0, %grads#1 : tensor<f32>, tensor<4xf32>, tensor<4xf32>
}

// -----

// CHECK-LABEL: func.func @train_step
// CHECK: %[[DZ:.+]] = moe.broadcast
// CHECK: %[[DY:.+]] = moe.scale %[[DZ]] by -1.000000e+00
// CHECK: return %{{.+}}, %[[DZ]], %[[DY]] :
func.func @train_step(%x: tensor<4xf32> {moe.var = @x}, %y: tensor<4xf32> {moe.var = @y}) -> (tensor<f32> {moe.metric = "loss"}, tensor<4xf32>, tensor<4xf32>) {
  %z = moe.sub %x, %y : tensor<4xf32>
  %l = moe.reduce %z axes [0] : tensor<4xf32> -> tensor<f32>
  %grads:2 = moe.gradient %l wrt %x, %y : tensor<f32>, tensor<4xf32>, tensor<4xf32>
  return %l, %grads#0, %grads#1 : tensor<f32>, tensor<4xf32>, tensor<4xf32>
}

// -----

// CHECK-LABEL: func.func @train_step
// CHECK-SAME: %[[X:[a-z0-9]+]]: tensor<4xf32> {moe.var = @x}, %[[Y:[a-z0-9]+]]: tensor<4xf32> {moe.var = @y}
// CHECK: %[[DZ:.+]] = moe.broadcast
// CHECK: %[[DX:.+]] = moe.mul %[[DZ]], %[[Y]]
// CHECK: %[[DY:.+]] = moe.mul %[[DZ]], %[[X]]
// CHECK: return %{{.+}}, %[[DX]], %[[DY]] :
func.func @train_step(%x: tensor<4xf32> {moe.var = @x}, %y: tensor<4xf32> {moe.var = @y}) -> (tensor<f32> {moe.metric = "loss"}, tensor<4xf32>, tensor<4xf32>) {
  %z = moe.mul %x, %y : tensor<4xf32>
  %l = moe.reduce %z axes [0] : tensor<4xf32> -> tensor<f32>
  %grads:2 = moe.gradient %l wrt %x, %y : tensor<f32>, tensor<4xf32>, tensor<4xf32>
  return %l, %grads#0, %grads#1 : tensor<f32>, tensor<4xf32>, tensor<4xf32>
}

// -----

// Both uses of a square count.
// CHECK-LABEL: func.func @train_step
// CHECK-SAME: %[[X:[a-z0-9]+]]: tensor<4xf64>
// CHECK: moe.fill 1.000000e+00 : tensor<f64>
// CHECK: %[[DZ:.+]] = moe.broadcast
// CHECK: %[[A:.+]] = moe.mul %[[DZ]], %[[X]]
// CHECK: %[[B:.+]] = moe.mul %[[DZ]], %[[X]]
// CHECK: %[[DX:.+]] = moe.add %[[A]], %[[B]]
// CHECK: return %{{.+}}, %[[DX]] :
func.func @train_step(%x: tensor<4xf64> {moe.var = @x}) -> (tensor<f64> {moe.metric = "loss"}, tensor<4xf64>) {
  %z = moe.mul %x, %x : tensor<4xf64>
  %l = moe.reduce %z axes [0] : tensor<4xf64> -> tensor<f64>
  %grads = moe.gradient %l wrt %x : tensor<f64>, tensor<4xf64>
  return %l, %grads : tensor<f64>, tensor<4xf64>
}

// -----

// CHECK-LABEL: func.func @train_step
// CHECK-SAME: %[[X:[a-z0-9]+]]: tensor<4xf32>
// CHECK: %[[S:.+]] = moe.scale %[[X]] by 5.000000e-01
// CHECK: %[[DZ:.+]] = moe.broadcast
// CHECK: %[[DT:.+]] = moe.gelu_grad %{{.+}}, %[[DZ]] tanh :
// CHECK: %[[DG:.+]] = moe.gelu_grad %[[S]], %[[DT]] :
// CHECK: %[[DX:.+]] = moe.scale %[[DG]] by 5.000000e-01
// CHECK: return %{{.+}}, %[[DX]] :
func.func @train_step(%x: tensor<4xf32> {moe.var = @x}) -> (tensor<f32> {moe.metric = "loss"}, tensor<4xf32>) {
  %s = moe.scale %x by 0.5 : tensor<4xf32>
  %g = moe.gelu %s : tensor<4xf32>
  %z = moe.gelu %g tanh : tensor<4xf32>
  %l = moe.reduce %z axes [0] : tensor<4xf32> -> tensor<f32>
  %grads = moe.gradient %l wrt %x : tensor<f32>, tensor<4xf32>
  return %l, %grads : tensor<f32>, tensor<4xf32>
}

// -----

// The forward result is used, and the cube of it is not made.
// CHECK-LABEL: func.func @train_step
// CHECK: %[[Y:.+]] = moe.rsqrt
// CHECK-NOT: moe.rsqrt
// CHECK: %[[DY:.+]] = moe.broadcast
// CHECK: %[[A:.+]] = moe.scale %[[DY]] by -5.000000e-01
// CHECK: %[[B:.+]] = moe.mul %[[A]], %[[Y]]
// CHECK: %[[C:.+]] = moe.mul %[[B]], %[[Y]]
// CHECK: %[[DX:.+]] = moe.mul %[[C]], %[[Y]]
// CHECK: return %{{.+}}, %[[DX]] :
func.func @train_step(%x: tensor<4xf32> {moe.var = @x}) -> (tensor<f32> {moe.metric = "loss"}, tensor<4xf32>) {
  %y = moe.rsqrt %x eps 1.0e-5 : tensor<4xf32>
  %l = moe.reduce %y axes [0] : tensor<4xf32> -> tensor<f32>
  %grads = moe.gradient %l wrt %x : tensor<f32>, tensor<4xf32>
  return %l, %grads : tensor<f32>, tensor<4xf32>
}

// -----

// CHECK-LABEL: func.func @train_step
// CHECK: %[[D:.+]] = moe.broadcast %{{.+}} axes [0, 1, 2] : tensor<f32> -> tensor<4x2x3xf32>
// CHECK: %[[DB:.+]] = moe.reduce %[[D]] axes [0] : tensor<4x2x3xf32> -> tensor<2x3xf32>
// The inverse of [2, 0, 1] is [1, 2, 0]; both are checked by their types too.
// CHECK: %[[DT:.+]] = moe.transpose %{{.+}} [1, 2, 0] : tensor<4x2x3xf32> -> tensor<2x3x4xf32>
// CHECK: %[[DX:.+]] = moe.reshape %[[DT]] : tensor<2x3x4xf32> -> tensor<6x4xf32>
// CHECK: return %{{.+}}, %[[DX]], %[[DB]] :
func.func @train_step(%x: tensor<6x4xf32> {moe.var = @x}, %b: tensor<2x3xf32> {moe.var = @b}) -> (tensor<f32> {moe.metric = "loss"}, tensor<6x4xf32>, tensor<2x3xf32>) {
  %r = moe.reshape %x : tensor<6x4xf32> -> tensor<2x3x4xf32>
  %t = moe.transpose %r [2, 0, 1] : tensor<2x3x4xf32> -> tensor<4x2x3xf32>
  %c = moe.broadcast %b axes [0] : tensor<2x3xf32> -> tensor<4x2x3xf32>
  %s = moe.add %t, %c : tensor<4x2x3xf32>
  %l = moe.reduce %s axes [0, 1, 2] : tensor<4x2x3xf32> -> tensor<f32>
  %grads:2 = moe.gradient %l wrt %x, %b : tensor<f32>, tensor<6x4xf32>, tensor<2x3xf32>
  return %l, %grads#0, %grads#1 : tensor<f32>, tensor<6x4xf32>, tensor<2x3xf32>
}

// -----

// Of parts the gradients are parts; what is cut off has none. Nothing flows
// through stop_gradient.
// CHECK-LABEL: func.func @train_step
// CHECK: %[[D:.+]] = moe.broadcast
// CHECK: %[[Z:.+]] = moe.fill 0.000000e+00 : tensor<2x1x4xf32>
// CHECK: %[[DC:.+]] = moe.concat %[[Z]], %{{.+}} axis 1 : tensor<2x1x4xf32>, tensor<2x3x4xf32> -> tensor<2x4x4xf32>
// CHECK: %[[DT:.+]] = moe.slice %[[DC]] axis 1 begin 0 : tensor<2x4x4xf32> -> tensor<2x1x4xf32>
// CHECK: %[[DX:.+]] = moe.slice %[[DC]] axis 1 begin 1 : tensor<2x4x4xf32> -> tensor<2x3x4xf32>
// CHECK: return %{{.+}}, %[[DT]], %[[DX]] :
func.func @train_step(%t: tensor<2x1x4xf32> {moe.var = @t}, %x: tensor<2x3x4xf32> {moe.var = @x}) -> (tensor<f32> {moe.metric = "loss"}, tensor<2x1x4xf32>, tensor<2x3x4xf32>) {
  %c = moe.concat %t, %x axis 1 : tensor<2x1x4xf32>, tensor<2x3x4xf32> -> tensor<2x4x4xf32>
  %p = moe.slice %c axis 1 begin 1 : tensor<2x4x4xf32> -> tensor<2x3x4xf32>
  %k = moe.stop_gradient %x : tensor<2x3x4xf32>
  %m = moe.mul %p, %k : tensor<2x3x4xf32>
  %l = moe.reduce %m axes [0, 1, 2] : tensor<2x3x4xf32> -> tensor<f32>
  %grads:2 = moe.gradient %l wrt %t, %x : tensor<f32>, tensor<2x1x4xf32>, tensor<2x3x4xf32>
  return %l, %grads#0, %grads#1 : tensor<f32>, tensor<2x1x4xf32>, tensor<2x3x4xf32>
}

// -----

// Of functions of the results, or of the input where that says it.
// CHECK-LABEL: func.func @train_step
// CHECK: %[[Y:.+]] = moe.sigmoid %[[X:.+]] :
// CHECK: %[[T:.+]] = moe.tanh %[[Y]] :
// CHECK: moe.softplus %[[T]] :
// CHECK: %[[D:.+]] = moe.broadcast
// CHECK: %[[S:.+]] = moe.sigmoid %[[T]] :
// CHECK: %[[DT:.+]] = moe.mul %[[D]], %[[S]] :
// CHECK: %[[T2:.+]] = moe.mul %[[T]], %[[T]] :
// CHECK: %[[LOST:.+]] = moe.mul %[[DT]], %[[T2]] :
// CHECK: %[[DY:.+]] = moe.sub %[[DT]], %[[LOST]] :
// CHECK: %[[Y2:.+]] = moe.mul %[[Y]], %[[Y]] :
// CHECK: %[[SLOPE:.+]] = moe.sub %[[Y]], %[[Y2]] :
// CHECK: %[[DX:.+]] = moe.mul %[[DY]], %[[SLOPE]] :
// CHECK: return %{{.+}}, %[[DX]] :
func.func @train_step(%x: tensor<4xf32> {moe.var = @x}) -> (tensor<f32> {moe.metric = "loss"}, tensor<4xf32>) {
  %y = moe.sigmoid %x : tensor<4xf32>
  %t = moe.tanh %y : tensor<4xf32>
  %s = moe.softplus %t : tensor<4xf32>
  %l = moe.reduce %s axes [0] : tensor<4xf32> -> tensor<f32>
  %grads = moe.gradient %l wrt %x : tensor<f32>, tensor<4xf32>
  return %l, %grads : tensor<f32>, tensor<4xf32>
}

// -----

// The gradient of what is dropped draws what is dropped again, from the same
// key. That of a layer is kept by nobody: the backward repeat reads its slice.
// CHECK-LABEL: func.func @train_step
// CHECK: %[[KEY:.+]] = moe.dropout_key
// CHECK: %[[F:.+]] = moe.repeat 3 carry({{.+}}) stacked({{.*}}%[[KEY]]
// CHECK: ^bb0(%[[X:.+]]: tensor<4x2xf32>, %[[K:.+]]: tensor<4xi32>):
// CHECK: moe.dropout %[[X]], %[[K]] leading 1
// CHECK: } -> tensor<4x2xf32>{{$}}
// CHECK: moe.repeat 3 reverse carry({{.+}}) stacked(%[[KEY]] : tensor<3x4xi32>) {
// CHECK: ^bb0(%[[D:.+]]: tensor<4x2xf32>, %[[K:.+]]: tensor<4xi32>):
// CHECK: moe.dropout %[[D]], %[[K]] leading 1
func.func @train_step(%x: tensor<4x2xf32> {moe.var = @x}, %seed: tensor<i32> {moe.host = #moe.host<seed>}, %step: tensor<i32> {moe.host = #moe.host<step>}) -> (tensor<f32> {moe.metric = "loss"}, tensor<4x2xf32>) {
  %key = moe.dropout_key %seed, %step : tensor<i32> stream 0 rates [0.0, 0.5] -> tensor<3x4xi32>
  %z = moe.repeat 3 carry(%x : tensor<4x2xf32>) stacked(%key : tensor<3x4xi32>) {
  ^bb0(%c: tensor<4x2xf32>, %k: tensor<4xi32>):
    %d = moe.dropout %c, %k leading 1 : tensor<4x2xf32>, tensor<4xi32>
    %n = moe.add %c, %d : tensor<4x2xf32>
    moe.yield %n : tensor<4x2xf32>
  } -> tensor<4x2xf32>
  %l = moe.reduce %z axes [0, 1] : tensor<4x2xf32> -> tensor<f32>
  %grads = moe.gradient %l wrt %x : tensor<f32>, tensor<4x2xf32>
  return %l, %grads : tensor<f32>, tensor<4x2xf32>
}

// -----

// CHECK-LABEL: func.func @train_step
// CHECK-SAME: %[[X:[a-z0-9]+]]: tensor<4xf32>
// CHECK: %[[D:.+]] = moe.broadcast
// CHECK: %[[DX:.+]] = moe.relu_grad %[[X]], %[[D]] :
// CHECK: return %{{.+}}, %[[DX]] :
func.func @train_step(%x: tensor<4xf32> {moe.var = @x}) -> (tensor<f32> {moe.metric = "loss"}, tensor<4xf32>) {
  %y = moe.relu %x : tensor<4xf32>
  %l = moe.reduce %y axes [0] : tensor<4xf32> -> tensor<f32>
  %grads = moe.gradient %l wrt %x : tensor<f32>, tensor<4xf32>
  return %l, %grads : tensor<f32>, tensor<4xf32>
}
