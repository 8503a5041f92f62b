// What the forward repeat keeps for the backward one, and what the backward one
// computes again. The forward block yields the kept values after the carried
// ones; the backward block reads them among its stacked operands.
// RUN: split-file %s %t
// RUN: moec-opt %t/read-again.mlir -moec-autodiff | FileCheck %t/read-again.mlir
// RUN: moec-opt %t/larger-leaves.mlir -moec-autodiff | FileCheck %t/larger-leaves.mlir
// RUN: moec-opt %t/equal-leaf.mlir -moec-autodiff | FileCheck %t/equal-leaf.mlir
// RUN: moec-opt %t/smaller-leaves.mlir -moec-autodiff | FileCheck %t/smaller-leaves.mlir
// RUN: moec-opt %t/views.mlir -moec-autodiff | FileCheck %t/views.mlir
// RUN: moec-opt %t/yielded-already.mlir -moec-autodiff | FileCheck %t/yielded-already.mlir
// RUN: moec-opt %t/nothing.mlir -moec-autodiff | FileCheck %t/nothing.mlir
// RUN: moec-opt %t/plan.mlir -moec-autodiff | FileCheck %t/plan.mlir

//--- read-again.mlir
// A slice of a stacked operand is read from that operand, once for all of its
// uses; a value from outside of the block is used as it is; a carried value is
// kept. What is computed again stands before the first op that reads it.
// CHECK-LABEL: func.func @train_step
// CHECK-SAME: %[[X:[a-z0-9]+]]: tensor<4xf32> {moe.var = @x}, %[[W:[a-z0-9]+]]: tensor<3x4xf32> {moe.var = @w}, %[[D:[a-z0-9]+]]: tensor<4xf32>
// CHECK: %[[F:[0-9]+]]:2 = moe.repeat 3 carry(%[[X]] : tensor<4xf32>) stacked(%[[W]] : tensor<3x4xf32>)
// CHECK-NEXT: ^bb0(%[[C:[a-z0-9]+]]: tensor<4xf32>, %{{[a-z0-9]+}}: tensor<4xf32>):
// CHECK: moe.yield %{{[0-9]+}}, %[[C]] : tensor<4xf32>, tensor<4xf32>
// CHECK: moe.repeat 3 reverse carry(%{{.+}} : tensor<4xf32>) stacked(%[[F]]#1, %[[W]] : tensor<3x4xf32>, tensor<3x4xf32>)
// CHECK-NEXT: ^bb0(%[[DY:[a-z0-9]+]]: tensor<4xf32>, %[[CI:[a-z0-9]+]]: tensor<4xf32>, %[[WI:[a-z0-9]+]]: tensor<4xf32>):
// CHECK-NEXT: %[[M:.+]] = moe.mul %[[CI]], %[[WI]]
// CHECK-NEXT: %[[N:.+]] = moe.mul %[[M]], %[[D]]
// CHECK-NEXT: %[[DN:.+]] = moe.gelu_grad %[[N]], %[[DY]]
// CHECK-NEXT: %[[DM:.+]] = moe.mul %[[DN]], %[[D]]
// CHECK-NEXT: %[[DC:.+]] = moe.mul %[[DM]], %[[WI]]
// CHECK-NEXT: %[[DW:.+]] = moe.mul %[[DM]], %[[CI]]
// CHECK-NEXT: moe.yield %[[DC]], %[[DW]]
func.func @train_step(%x: tensor<4xf32> {moe.var = @x}, %w: tensor<3x4xf32> {moe.var = @w}, %d: tensor<4xf32> {moe.field = "d"}) -> (tensor<f32> {moe.metric = "loss"}, tensor<4xf32>, tensor<3x4xf32>) {
  %y = moe.repeat 3 carry(%x : tensor<4xf32>) stacked(%w : tensor<3x4xf32>) {
  ^bb0(%c: tensor<4xf32>, %wi: tensor<4xf32>):
    %m = moe.mul %c, %wi : tensor<4xf32>
    %n = moe.mul %m, %d : tensor<4xf32>
    %g = moe.gelu %n : tensor<4xf32>
    moe.yield %g : tensor<4xf32>
  } -> tensor<4xf32>
  %l = moe.reduce %y axes [0] : tensor<4xf32> -> tensor<f32>
  %grads:2 = moe.gradient %l wrt %x, %w : tensor<f32>, tensor<4xf32>, tensor<3x4xf32>
  return %l, %grads#0, %grads#1 : tensor<f32>, tensor<4xf32>, tensor<3x4xf32>
}

//--- larger-leaves.mlir
// The sum of two branches is kept, not the branches: that is half the memory.
// What is kept for the sum also serves the activation after it, which is not
// kept although it is read too.
// CHECK-LABEL: func.func @train_step
// CHECK: %[[F:[0-9]+]]:2 = moe.repeat 2
// CHECK: %[[S:.+]] = moe.add
// CHECK: moe.yield %{{[0-9]+}}, %[[S]] :
// CHECK-NEXT: } -> tensor<f32>, tensor<2x4x8xf32>
// CHECK: moe.repeat 2 reverse carry(%{{.+}}) stacked(%{{[a-z0-9]+}}, %[[F]]#1 :
// CHECK-NEXT: ^bb0(%{{[a-z0-9]+}}: tensor<f32>, %{{[a-z0-9]+}}: tensor<8x8xf32>, %[[SI:[a-z0-9]+]]: tensor<4x8xf32>):
// CHECK: moe.gelu %[[SI]] :
// CHECK: moe.gelu_grad %[[SI]],
func.func @train_step(%x: tensor<4x8xf32> {moe.field = "x"}, %w: tensor<2x8x8xf32> {moe.var = @w}, %v: tensor<2x8x8xf32> {moe.var = @v}) -> (tensor<f32> {moe.metric = "loss"}, tensor<2x8x8xf32>, tensor<2x8x8xf32>) {
  %zero = moe.fill 0.0 : tensor<f32>
  %l = moe.repeat 2 carry(%zero : tensor<f32>) stacked(%w, %v : tensor<2x8x8xf32>, tensor<2x8x8xf32>) {
  ^bb0(%c: tensor<f32>, %wi: tensor<8x8xf32>, %vi: tensor<8x8xf32>):
    %p = moe.linear %x, %wi axis 1 : (tensor<4x8xf32>, tensor<8x8xf32>) -> tensor<4x8xf32>
    %q = moe.linear %x, %vi axis 1 : (tensor<4x8xf32>, tensor<8x8xf32>) -> tensor<4x8xf32>
    %s = moe.add %p, %q : tensor<4x8xf32>
    %g = moe.gelu %s : tensor<4x8xf32>
    %m = moe.linear %g, %wi axis 1 : (tensor<4x8xf32>, tensor<8x8xf32>) -> tensor<4x8xf32>
    %n = moe.reduce %m axes [0, 1] : tensor<4x8xf32> -> tensor<f32>
    %o = moe.add %n, %c : tensor<f32>
    moe.yield %o : tensor<f32>
  } -> tensor<f32>
  %grads:2 = moe.gradient %l wrt %w, %v : tensor<f32>, tensor<2x8x8xf32>, tensor<2x8x8xf32>
  return %l, %grads#0, %grads#1 : tensor<f32>, tensor<2x8x8xf32>, tensor<2x8x8xf32>
}

//--- equal-leaf.mlir
// Of a value and its only leaf of the same size the value is kept: nothing is
// to be computed again.
// CHECK-LABEL: func.func @train_step
// CHECK: %[[F:[0-9]+]]:2 = moe.repeat 2
// CHECK: %[[G:.+]] = moe.gelu
// CHECK: moe.yield %{{[0-9]+}}, %[[G]] :
// CHECK: moe.repeat 2 reverse carry(%{{.+}}) stacked(%[[F]]#1 :
// CHECK-NOT: moe.gelu
func.func @train_step(%x: tensor<4x8xf32> {moe.field = "x"}, %w: tensor<2x4x8xf32> {moe.var = @w}) -> (tensor<f32> {moe.metric = "loss"}, tensor<2x4x8xf32>) {
  %zero = moe.fill 0.0 : tensor<f32>
  %l = moe.repeat 2 carry(%zero : tensor<f32>) stacked(%w : tensor<2x4x8xf32>) {
  ^bb0(%c: tensor<f32>, %wi: tensor<4x8xf32>):
    %p = moe.softmax %x axes [1] : tensor<4x8xf32>
    %g = moe.gelu %p : tensor<4x8xf32>
    %m = moe.mul %g, %wi : tensor<4x8xf32>
    %n = moe.reduce %m axes [0, 1] : tensor<4x8xf32> -> tensor<f32>
    %o = moe.add %n, %c : tensor<f32>
    moe.yield %o : tensor<f32>
  } -> tensor<f32>
  %grads = moe.gradient %l wrt %w : tensor<f32>, tensor<2x4x8xf32>
  return %l, %grads : tensor<f32>, tensor<2x4x8xf32>
}

//--- smaller-leaves.mlir
// A row that is broadcast is kept as a row; the constant is written again.
// CHECK-LABEL: func.func @train_step
// CHECK: %[[F:[0-9]+]]:2 = moe.repeat 2
// CHECK: %[[P:.+]] = moe.softmax
// CHECK: moe.yield %{{[0-9]+}}, %[[P]] :
// CHECK-NEXT: } -> tensor<f32>, tensor<2x8xf32>
// CHECK: moe.repeat 2 reverse carry(%{{.+}}) stacked(%[[F]]#1 : tensor<2x8xf32>)
// CHECK-NEXT: ^bb0(%{{[a-z0-9]+}}: tensor<f32>, %[[PI:[a-z0-9]+]]: tensor<8xf32>):
// CHECK: %[[B:.+]] = moe.broadcast %[[PI]]
// CHECK-NEXT: %[[C:.+]] = moe.fill 5.000000e-01
// CHECK-NEXT: %[[A:.+]] = moe.add %[[B]], %[[C]]
// CHECK-NEXT: moe.gelu %[[A]]
func.func @train_step(%x: tensor<8xf32> {moe.field = "x"}, %w: tensor<2x4x8xf32> {moe.var = @w}) -> (tensor<f32> {moe.metric = "loss"}, tensor<2x4x8xf32>) {
  %zero = moe.fill 0.0 : tensor<f32>
  %l = moe.repeat 2 carry(%zero : tensor<f32>) stacked(%w : tensor<2x4x8xf32>) {
  ^bb0(%c: tensor<f32>, %wi: tensor<4x8xf32>):
    %p = moe.softmax %x axes [0] : tensor<8xf32>
    %b = moe.broadcast %p axes [0] : tensor<8xf32> -> tensor<4x8xf32>
    %f = moe.fill 0.5 : tensor<4x8xf32>
    %a = moe.add %b, %f : tensor<4x8xf32>
    %g = moe.gelu %a : tensor<4x8xf32>
    %m = moe.mul %g, %wi : tensor<4x8xf32>
    %n = moe.reduce %m axes [0, 1] : tensor<4x8xf32> -> tensor<f32>
    %o = moe.add %n, %c : tensor<f32>
    moe.yield %o : tensor<f32>
  } -> tensor<f32>
  %grads = moe.gradient %l wrt %w : tensor<f32>, tensor<2x4x8xf32>
  return %l, %grads : tensor<f32>, tensor<2x4x8xf32>
}

//--- views.mlir
// Other shapes of a value are never kept, only what they show.
// CHECK-LABEL: func.func @train_step
// CHECK: %[[F:[0-9]+]]:2 = moe.repeat 2
// CHECK: %[[P:.+]] = moe.softmax
// CHECK: moe.yield %{{[0-9]+}}, %[[P]] :
// CHECK: moe.repeat 2 reverse carry(%{{.+}}) stacked(%[[F]]#1 : tensor<2x4x8xf32>)
// CHECK-NEXT: ^bb0(%{{[a-z0-9]+}}: tensor<f32>, %[[PI:[a-z0-9]+]]: tensor<4x8xf32>):
// CHECK: %[[T:.+]] = moe.transpose %[[PI]]
// CHECK-NEXT: moe.reshape %[[T]]
func.func @train_step(%x: tensor<4x8xf32> {moe.field = "x"}, %w: tensor<2x32xf32> {moe.var = @w}) -> (tensor<f32> {moe.metric = "loss"}, tensor<2x32xf32>) {
  %zero = moe.fill 0.0 : tensor<f32>
  %l = moe.repeat 2 carry(%zero : tensor<f32>) stacked(%w : tensor<2x32xf32>) {
  ^bb0(%c: tensor<f32>, %wi: tensor<32xf32>):
    %p = moe.softmax %x axes [1] : tensor<4x8xf32>
    %t = moe.transpose %p [1, 0] : tensor<4x8xf32> -> tensor<8x4xf32>
    %r = moe.reshape %t : tensor<8x4xf32> -> tensor<32xf32>
    %m = moe.mul %r, %wi : tensor<32xf32>
    %n = moe.reduce %m axes [0] : tensor<32xf32> -> tensor<f32>
    %o = moe.add %n, %c : tensor<f32>
    moe.yield %o : tensor<f32>
  } -> tensor<f32>
  %grads = moe.gradient %l wrt %w : tensor<f32>, tensor<2x32xf32>
  return %l, %grads : tensor<f32>, tensor<2x32xf32>
}

//--- yielded-already.mlir
// A stack that the forward repeat yields already is read, not yielded again.
// CHECK-LABEL: func.func @train_step
// CHECK: %[[F:[0-9]+]]:2 = moe.repeat 2
// CHECK: moe.yield %[[P:[0-9]+]], %[[P]] :
// CHECK-NEXT: } -> tensor<4xf32>, tensor<2x4xf32>{{$}}
// CHECK: moe.repeat 2 reverse carry(%{{.+}}) stacked(%[[F]]#1 :
func.func @train_step(%x: tensor<4xf32> {moe.var = @x}) -> (tensor<f32> {moe.metric = "loss"}, tensor<4xf32>) {
  %y:2 = moe.repeat 2 carry(%x : tensor<4xf32>) stacked() {
  ^bb0(%c: tensor<4xf32>):
    %p = moe.softmax %c axes [0] : tensor<4xf32>
    moe.yield %p, %p : tensor<4xf32>, tensor<4xf32>
  } -> tensor<4xf32>, tensor<2x4xf32>
  %l = moe.reduce %y#0 axes [0] : tensor<4xf32> -> tensor<f32>
  %grads = moe.gradient %l wrt %x : tensor<f32>, tensor<4xf32>
  return %l, %grads : tensor<f32>, tensor<4xf32>
}

//--- nothing.mlir
// A backward block that reads no value leaves the forward repeat as it is.
// CHECK-LABEL: func.func @train_step
// CHECK: %{{[0-9]+}} = moe.repeat 2
// CHECK: moe.yield %{{[0-9]+}} : tensor<4xf32>
// CHECK-NEXT: } -> tensor<4xf32>{{$}}
// CHECK: moe.repeat 2 reverse carry(%{{.+}} : tensor<4xf32>) stacked() {
func.func @train_step(%x: tensor<4xf32> {moe.var = @x}) -> (tensor<f32> {moe.metric = "loss"}, tensor<4xf32>) {
  %y = moe.repeat 2 carry(%x : tensor<4xf32>) stacked() {
  ^bb0(%c: tensor<4xf32>):
    %s = moe.scale %c by 2.0 : tensor<4xf32>
    moe.yield %s : tensor<4xf32>
  } -> tensor<4xf32>
  %l = moe.reduce %y axes [0] : tensor<4xf32> -> tensor<f32>
  %grads = moe.gradient %l wrt %x : tensor<f32>, tensor<4xf32>
  return %l, %grads : tensor<f32>, tensor<4xf32>
}

//--- plan.mlir
// Routing: the plan is stacked as a plan; the dispatched rows are gathered again.
// CHECK-LABEL: func.func @train_step
// CHECK: %[[F:[0-9]+]]:5 = moe.repeat 2
// CHECK: ^bb0(%[[C:[a-z0-9]+]]: tensor<6x8xf32>
// CHECK: %[[P:weights]], %[[PLAN:plan]] = moe.top_k_route %[[C]]
// CHECK: moe.dispatch
// CHECK: %[[O:.+]] = moe.expert_linear
// CHECK: moe.yield %{{[0-9]+}}, %[[P]], %[[PLAN]], %[[C]], %[[O]] :
// CHECK-NEXT: } -> {{.+}}, !moe.routing<items = 6, experts = 8, k = 2, capacity = 3, stack = 2>, tensor<2x6x8xf32>, tensor<2x12x8xf32>
// CHECK: moe.repeat 2 reverse
// CHECK: %[[ROWS:.+]] = moe.dispatch %{{.+}}, %{{.+}} : (tensor<6x8xf32>, !moe.routing<items = 6, experts = 8, k = 2, capacity = 3>)
// CHECK-NEXT: moe.expert_linear_grad %[[ROWS]]
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
