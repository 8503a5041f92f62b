// What a backward repeat computes again at a price for a byte, the order in
// which it does, and from which price on it would do more.
// RUN: split-file %s %t
// RUN: moec-opt %t/mlp.mlir -moec-autodiff | FileCheck %t/mlp.mlir --check-prefix=FREE
// RUN: sed 's/^module/module attributes {moe.recompute = 3.9}/' %t/mlp.mlir | moec-opt -moec-autodiff | FileCheck %t/mlp.mlir --check-prefix=BELOW
// RUN: sed 's/^module/module attributes {moe.recompute = 4.0}/' %t/mlp.mlir | moec-opt -moec-autodiff | FileCheck %t/mlp.mlir --check-prefix=AT
// RUN: sed 's/^module/module attributes {moe.recompute = 4.0}/' %t/mlp.mlir | moec-opt -moec-autodiff | moec-opt -o /dev/null
// RUN: moec-opt %t/order.mlir -moec-autodiff | FileCheck %t/order.mlir
// RUN: moec-opt %t/argument.mlir -moec-autodiff | FileCheck %t/argument.mlir
// RUN: moec-opt %t/stacked-anyway.mlir -moec-autodiff | FileCheck %t/stacked-anyway.mlir
// RUN: moec-opt %t/plan.mlir -moec-autodiff | FileCheck %t/plan.mlir
// RUN: moec-interpret %t/nested.mlir --check-gradients | FileCheck %t/nested.mlir
// RUN: moec-interpret %t/attention.mlir --check-gradients | FileCheck %t/nested.mlir

//--- mlp.mlir
// The hidden layer has 512 bytes, and 2 * 4 * 32 * 8 FLOPs make it: 4 for a byte.
// FREE-NOT: moe.recompute
// FREE: moe.repeat 3
// FREE: } -> tensor<4x8xf32>, tensor<3x4x8xf32>, tensor<3x4x32xf32>
// BELOW: module attributes {moe.recompute = 3.{{.*}}, moe.recompute_next = 4.000000e+00 : f64}
// BELOW: } -> tensor<4x8xf32>, tensor<3x4x8xf32>, tensor<3x4x32xf32>
// AT: module attributes {moe.recompute = 4.000000e+00 : f64} {
// AT: %[[F:[0-9]+]]:2 = moe.repeat 3
// AT: } -> tensor<4x8xf32>, tensor<3x4x8xf32>{{$}}
// AT: moe.repeat 3 reverse carry(%{{.+}}) stacked(%{{[a-z0-9]+}}, %[[F]]#1,
// AT-NEXT: ^bb0(%{{[a-z0-9]+}}: tensor<4x8xf32>, %{{[a-z0-9]+}}: tensor<32x8xf32>, %[[C:[a-z0-9]+]]: tensor<4x8xf32>,
// AT: %[[H:.+]] = moe.linear %[[C]]
// AT: moe.gelu_grad %[[H]]
module {
func.func @train_step(%x: tensor<4x8xf32> {moe.var = @x}, %w: tensor<3x8x32xf32> {moe.var = @w}, %v: tensor<3x32x8xf32> {moe.var = @v})
    -> (tensor<f32> {moe.metric = "loss"}, tensor<4x8xf32>, tensor<3x8x32xf32>, tensor<3x32x8xf32>) {
  %y = moe.repeat 3 carry(%x : tensor<4x8xf32>) stacked(%w, %v : tensor<3x8x32xf32>, tensor<3x32x8xf32>) {
  ^bb0(%c: tensor<4x8xf32>, %wi: tensor<8x32xf32>, %vi: tensor<32x8xf32>):
    %h = moe.linear %c, %wi axis 1 : (tensor<4x8xf32>, tensor<8x32xf32>) -> tensor<4x32xf32>
    %g = moe.gelu %h : tensor<4x32xf32>
    %o = moe.linear %g, %vi axis 1 : (tensor<4x32xf32>, tensor<32x8xf32>) -> tensor<4x8xf32>
    %s = moe.add %o, %c : tensor<4x8xf32>
    moe.yield %s : tensor<4x8xf32>
  } -> tensor<4x8xf32>
  %l = moe.reduce %y axes [0, 1] : tensor<4x8xf32> -> tensor<f32>
  %g:3 = moe.gradient %l wrt %x, %w, %v : tensor<f32>, tensor<4x8xf32>, tensor<3x8x32xf32>, tensor<3x32x8xf32>
  return %l, %g#0, %g#1, %g#2 : tensor<f32>, tensor<4x8xf32>, tensor<3x8x32xf32>, tensor<3x32x8xf32>
}
}

//--- order.mlir
// The product costs 16 FLOPs for a byte, at 20 it is computed again. The softmax
// adds along rows, in an order that its copy could have other than it, and is
// kept at any price.
// CHECK: module attributes {moe.recompute = 2.000000e+01 : f64} {
// CHECK: %[[F:[0-9]+]]:2 = moe.repeat 2
// CHECK: %[[S:.+]] = moe.softmax
// CHECK: moe.yield %{{[0-9]+}}, %[[S]] :
// CHECK-NEXT: } -> tensor<f32>, tensor<2x4x32xf32>
// CHECK: moe.repeat 2 reverse
// CHECK-NOT: moe.softmax %
// CHECK: moe.linear
// CHECK-NOT: moe.softmax %
// CHECK: return
module attributes {moe.recompute = 20.0} {
func.func @train_step(%x: tensor<4x32xf32> {moe.field = "x"}, %w: tensor<2x32x32xf32> {moe.var = @w}) -> (tensor<f32> {moe.metric = "loss"}, tensor<2x32x32xf32>) {
  %zero = moe.fill 0.0 : tensor<f32>
  %l = moe.repeat 2 carry(%zero : tensor<f32>) stacked(%w : tensor<2x32x32xf32>) {
  ^bb0(%c: tensor<f32>, %wi: tensor<32x32xf32>):
    %p = moe.linear %x, %wi axis 1 : (tensor<4x32xf32>, tensor<32x32xf32>) -> tensor<4x32xf32>
    %s = moe.softmax %p axes [1] : tensor<4x32xf32>
    %m = moe.mul %s, %p : tensor<4x32xf32>
    %n = moe.reduce %m axes [0, 1] : tensor<4x32xf32> -> tensor<f32>
    %o = moe.add %n, %c : tensor<f32>
    moe.yield %o : tensor<f32>
  } -> tensor<f32>
  %grads = moe.gradient %l wrt %w : tensor<f32>, tensor<2x32x32xf32>
  return %l, %grads : tensor<f32>, tensor<2x32x32xf32>
}
}

//--- argument.mlir
// A carried value that nothing needs is kept in the place of a larger one that
// is made of it.
// CHECK: module attributes {moe.recompute = 1.000000e+09 : f64} {
// CHECK: moe.repeat 2
// CHECK: ^bb0(%[[C:[a-z0-9]+]]: tensor<4x8xf32>,
// CHECK: moe.yield %{{[0-9]+}}, %[[C]] :
// CHECK-NEXT: } -> tensor<4x8xf32>, tensor<2x4x8xf32>
// CHECK: moe.repeat 2 reverse
// CHECK: moe.linear
module attributes {moe.recompute = 1.0e9} {
func.func @train_step(%x: tensor<4x8xf32> {moe.field = "x"}, %w: tensor<8x32xf32> {moe.field = "w"}, %v: tensor<2x32x8xf32> {moe.var = @v}) -> (tensor<f32> {moe.metric = "loss"}, tensor<2x32x8xf32>) {
  %y = moe.repeat 2 carry(%x : tensor<4x8xf32>) stacked(%v : tensor<2x32x8xf32>) {
  ^bb0(%c: tensor<4x8xf32>, %vi: tensor<32x8xf32>):
    %h = moe.linear %c, %w axis 1 : (tensor<4x8xf32>, tensor<8x32xf32>) -> tensor<4x32xf32>
    %o = moe.linear %h, %vi axis 1 : (tensor<4x32xf32>, tensor<32x8xf32>) -> tensor<4x8xf32>
    moe.yield %o : tensor<4x8xf32>
  } -> tensor<4x8xf32>
  %l = moe.reduce %y axes [0, 1] : tensor<4x8xf32> -> tensor<f32>
  %grads = moe.gradient %l wrt %v : tensor<f32>, tensor<2x32x8xf32>
  return %l, %grads : tensor<f32>, tensor<2x32x8xf32>
}
}

//--- stacked-anyway.mlir
// A stack that is a result of the forward repeat costs nothing more.
// CHECK: module attributes {moe.recompute = 1.000000e+09 : f64} {
// CHECK: %[[F:[0-9]+]]:2 = moe.repeat 2
// CHECK: } -> tensor<4xf32>, tensor<2x4xf32>{{$}}
// CHECK: moe.repeat 2 reverse carry(%{{.+}}) stacked(%[[F]]#1 :
// CHECK-NOT: moe.softmax %
// CHECK: return
module attributes {moe.recompute = 1.0e9} {
func.func @train_step(%x: tensor<4xf32> {moe.var = @x}) -> (tensor<f32> {moe.metric = "loss"}, tensor<4xf32>, tensor<2x4xf32>) {
  %y:2 = moe.repeat 2 carry(%x : tensor<4xf32>) stacked() {
  ^bb0(%c: tensor<4xf32>):
    %p = moe.softmax %c axes [0] : tensor<4xf32>
    moe.yield %p, %p : tensor<4xf32>, tensor<4xf32>
  } -> tensor<4xf32>, tensor<2x4xf32>
  %l = moe.reduce %y#0 axes [0] : tensor<4xf32> -> tensor<f32>
  %grads = moe.gradient %l wrt %x : tensor<f32>, tensor<4xf32>
  return %l, %grads, %y#1 : tensor<f32>, tensor<4xf32>, tensor<2x4xf32>
}
}

//--- plan.mlir
// A whole layer from its input, routing with it; both results of the op are
// one trade.
// CHECK: module attributes {moe.recompute = 1.000000e+09 : f64} {
// CHECK: %[[F:[0-9]+]]:2 = moe.repeat 2
// CHECK: } -> tensor<6x8xf32>, tensor<2x6x8xf32>{{$}}
// CHECK: moe.repeat 2 reverse
// CHECK: moe.top_k_route
// CHECK: moe.dispatch
// CHECK: moe.expert_linear %
// CHECK-NOT: moe.top_k_route %
// CHECK: return
module attributes {moe.recompute = 1.0e9} {
func.func @train_step(%x: tensor<6x8xf32> {moe.var = @x}, %w: tensor<2x8x8x8xf32> {moe.var = @w}) -> (tensor<f32> {moe.metric = "loss"}, tensor<6x8xf32>, tensor<2x8x8x8xf32>) {
  %y = moe.repeat 2 carry(%x : tensor<6x8xf32>) stacked(%w : tensor<2x8x8x8xf32>) {
  ^bb0(%c: tensor<6x8xf32>, %wi: tensor<8x8x8xf32>):
    %p, %plan = moe.top_k_route %c k 2 capacity 3 priority position
      : tensor<6x8xf32> -> tensor<6x2xf32>, !moe.routing<items = 6, experts = 8, k = 2, capacity = 3>
    %rows = moe.dispatch %c, %plan : (tensor<6x8xf32>, !moe.routing<items = 6, experts = 8, k = 2, capacity = 3>) -> tensor<12x8xf32>
    %o = moe.expert_linear %rows, %wi, %plan : (tensor<12x8xf32>, tensor<8x8x8xf32>, !moe.routing<items = 6, experts = 8, k = 2, capacity = 3>) -> tensor<12x8xf32>
    %n = moe.combine %o, %plan, %p : (tensor<12x8xf32>, !moe.routing<items = 6, experts = 8, k = 2, capacity = 3>, tensor<6x2xf32>) -> tensor<6x8xf32>
    moe.yield %n : tensor<6x8xf32>
  } -> tensor<6x8xf32>
  %l = moe.reduce %y axes [0, 1] : tensor<6x8xf32> -> tensor<f32>
  %grads:2 = moe.gradient %l wrt %x, %w : tensor<f32>, tensor<6x8xf32>, tensor<2x8x8x8xf32>
  return %l, %grads#0, %grads#1 : tensor<f32>, tensor<6x8xf32>, tensor<2x8x8x8xf32>
}
}

//--- attention.mlir
// Both results of the op, and the projection ahead of it.
module attributes {moe.recompute = 1.0e9} {
func.func @loss(%x: tensor<1x4x2x3xf32> {moe.var = @x}, %w: tensor<2x3x3xf32> {moe.var = @w}) -> (tensor<f32> {moe.metric = "loss"}) {
  %y = moe.repeat 2 carry(%x : tensor<1x4x2x3xf32>) stacked(%w : tensor<2x3x3xf32>) {
  ^bb0(%c: tensor<1x4x2x3xf32>, %wi: tensor<3x3xf32>):
    %q = moe.einsum %c, %wi "abcd,de->abce" : (tensor<1x4x2x3xf32>, tensor<3x3xf32>) -> tensor<1x4x2x3xf32>
    %r, %s = moe.attention %q, %c, %q : (tensor<1x4x2x3xf32>, tensor<1x4x2x3xf32>, tensor<1x4x2x3xf32>) -> (tensor<1x4x2x3xf32>, tensor<1x2x4xf32>)
    %n = moe.add %r, %c : tensor<1x4x2x3xf32>
    moe.yield %n : tensor<1x4x2x3xf32>
  } -> tensor<1x4x2x3xf32>
  %m = moe.mul %y, %y : tensor<1x4x2x3xf32>
  %l = moe.reduce %m axes [0, 1, 2, 3] : tensor<1x4x2x3xf32> -> tensor<f32>
  return %l : tensor<f32>
}
}

//--- nested.mlir
// What an inner repeat makes is kept, or it would run again.
// CHECK: gradients: equal
module attributes {moe.recompute = 1.0e9} {
func.func @loss(%x: tensor<4xf32> {moe.var = @x}, %w: tensor<3x2x4xf32> {moe.var = @w}) -> (tensor<f32> {moe.metric = "loss"}) {
  %y = moe.repeat 3 carry(%x : tensor<4xf32>) stacked(%w : tensor<3x2x4xf32>) {
  ^bb0(%a: tensor<4xf32>, %wi: tensor<2x4xf32>):
    %more = moe.softmax %a axes [0] : tensor<4xf32>
    %r:2 = moe.repeat 2 carry(%more : tensor<4xf32>) stacked(%wi : tensor<2x4xf32>) {
    ^bb1(%b: tensor<4xf32>, %wj: tensor<4xf32>):
      %m = moe.mul %b, %wj : tensor<4xf32>
      %n = moe.add %m, %more : tensor<4xf32>
      %o = moe.softmax %n axes [0] : tensor<4xf32>
      %p = moe.mul %o, %a : tensor<4xf32>
      moe.yield %p, %o : tensor<4xf32>, tensor<4xf32>
    } -> tensor<4xf32>, tensor<2x4xf32>
    %s = moe.softmax %r#0 axes [0] : tensor<4xf32>
    %t = moe.mul %s, %r#0 : tensor<4xf32>
    moe.yield %t : tensor<4xf32>
  } -> tensor<4xf32>
  %z = moe.mul %y, %y : tensor<4xf32>
  %l = moe.reduce %z axes [0] : tensor<4xf32> -> tensor<f32>
  return %l : tensor<f32>
}
}
