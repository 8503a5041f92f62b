// Repeats against central differences, in double.
// RUN: split-file %s %t
// RUN: moec-interpret %t/shared.mlir --check-gradients | FileCheck %s
// RUN: moec-interpret %t/nested.mlir --check-gradients | FileCheck %s
// RUN: moec-interpret %t/carried.mlir --check-gradients | FileCheck %s
// RUN: moec-interpret %t/transposed.mlir --check-gradients | FileCheck %s
// RUN: moec-interpret %t/random.mlir --check-gradients | FileCheck %s
// CHECK: gradients: equal

//--- shared.mlir
// A weight and a computed value from outside, used inside and after; a residual
// sum of cheap ops only; a stack that is a result too.
func.func @loss(%w: tensor<3x3xf32> {moe.var = @w}, %x: tensor<2x3xf32> {moe.var = @x}, %s: tensor<2x3xf32> {moe.var = @s}) -> (tensor<f32> {moe.metric = "loss"}) {
  %v = moe.mul %w, %w : tensor<3x3xf32>
  %y:2 = moe.repeat 2 carry(%x : tensor<2x3xf32>) stacked(%s : tensor<2x3xf32>) {
  ^bb0(%c: tensor<2x3xf32>, %si: tensor<3xf32>):
    %b = moe.broadcast %si axes [0] : tensor<3xf32> -> tensor<2x3xf32>
    %n = moe.layer_norm %c, %si, %si eps 1.0e-2 : tensor<2x3xf32>, tensor<3xf32>
    %h = moe.linear %n, %w axis 1 : (tensor<2x3xf32>, tensor<3x3xf32>) -> tensor<2x3xf32>
    %k = moe.linear %h, %v axis 1 : (tensor<2x3xf32>, tensor<3x3xf32>) -> tensor<2x3xf32>
    %m = moe.mul %k, %b : tensor<2x3xf32>
    %g = moe.gelu %m : tensor<2x3xf32>
    %q = moe.mul %g, %x : tensor<2x3xf32>
    %o = moe.add %q, %c : tensor<2x3xf32>
    moe.yield %o, %g : tensor<2x3xf32>, tensor<2x3xf32>
  } -> tensor<2x3xf32>, tensor<2x2x3xf32>
  %z = moe.linear %y#0, %v axis 1 : (tensor<2x3xf32>, tensor<3x3xf32>) -> tensor<2x3xf32>
  %zz = moe.mul %z, %z : tensor<2x3xf32>
  %yy = moe.mul %y#1, %y#1 : tensor<2x2x3xf32>
  %a = moe.reduce %zz axes [0, 1] : tensor<2x3xf32> -> tensor<f32>
  %b = moe.reduce %yy axes [0, 1, 2] : tensor<2x2x3xf32> -> tensor<f32>
  %l = moe.add %a, %b : tensor<f32>
  return %l : tensor<f32>
}

//--- nested.mlir
// A repeat in a reversed repeat; both use values of the levels above.
func.func @loss(%x: tensor<4xf32> {moe.var = @x}, %w: tensor<3x2x4xf32> {moe.var = @w}, %u: tensor<4xf32> {moe.var = @u}) -> (tensor<f32> {moe.metric = "loss"}) {
  %y:2 = moe.repeat 3 reverse carry(%x, %u : tensor<4xf32>, tensor<4xf32>) stacked(%w : tensor<3x2x4xf32>) {
  ^bb0(%a: tensor<4xf32>, %data: tensor<4xf32>, %wi: tensor<2x4xf32>):
    %more = moe.gelu %data : tensor<4xf32>
    %r:2 = moe.repeat 2 carry(%a : tensor<4xf32>) stacked(%wi : tensor<2x4xf32>) {
    ^bb1(%b: tensor<4xf32>, %wj: tensor<4xf32>):
      %m = moe.mul %b, %wj : tensor<4xf32>
      %n = moe.add %m, %more : tensor<4xf32>
      %o = moe.softmax %n axes [0] : tensor<4xf32>
      %p = moe.mul %o, %u : tensor<4xf32>
      moe.yield %p, %o : tensor<4xf32>, tensor<4xf32>
    } -> tensor<4xf32>, tensor<2x4xf32>
    %s = moe.reduce %r#1 axes [0] : tensor<2x4xf32> -> tensor<4xf32>
    %t = moe.mul %s, %r#0 : tensor<4xf32>
    moe.yield %t, %more : tensor<4xf32>, tensor<4xf32>
  } -> tensor<4xf32>, tensor<4xf32>
  %z = moe.mul %y#0, %y#1 : tensor<4xf32>
  %l = moe.reduce %z axes [0] : tensor<4xf32> -> tensor<f32>
  return %l : tensor<f32>
}

//--- carried.mlir
// Carried values that change places, one that is passed on and never used, one
// whose result nobody uses, and one that starts as data.
func.func @loss(%x: tensor<4xf32> {moe.var = @x}, %y: tensor<4xf32> {moe.var = @y}, %d: tensor<4xf32> {moe.field = "d"}) -> (tensor<f32> {moe.metric = "loss"}) {
  %r:4 = moe.repeat 3 carry(%x, %y, %d, %x : tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>) stacked() {
  ^bb0(%a: tensor<4xf32>, %b: tensor<4xf32>, %c: tensor<4xf32>, %e: tensor<4xf32>):
    %ab = moe.mul %a, %b : tensor<4xf32>
    %n = moe.add %ab, %c : tensor<4xf32>
    %f = moe.fill 0.5 : tensor<4xf32>
    %g = moe.mul %n, %f : tensor<4xf32>
    moe.yield %b, %g, %a, %e : tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>
  } -> tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>
  %s = moe.mul %r#1, %r#3 : tensor<4xf32>
  %t = moe.gelu %s : tensor<4xf32>
  %u = moe.mul %t, %r#0 : tensor<4xf32>
  %l = moe.reduce %u axes [0] : tensor<4xf32> -> tensor<f32>
  return %l : tensor<f32>
}

//--- transposed.mlir
// Transposed expert weights with a bias.
!plan = !moe.routing<items = 6, experts = 3, k = 2, capacity = 3>
func.func @loss(%x: tensor<2x3x4xf32> {moe.var = @x}, %g: tensor<6x3xf32> {moe.var = @g}, %w: tensor<2x3x5x4xf32> {moe.var = @w},
    %b: tensor<2x3x5xf32> {moe.var = @b}) -> (tensor<f32> {moe.metric = "loss"}) {
  %zero = moe.fill 0.0 : tensor<f32>
  %items = moe.reshape %x : tensor<2x3x4xf32> -> tensor<6x4xf32>
  %l = moe.repeat 2 carry(%zero : tensor<f32>) stacked(%w, %b : tensor<2x3x5x4xf32>, tensor<2x3x5xf32>) {
  ^bb0(%c: tensor<f32>, %wi: tensor<3x5x4xf32>, %bi: tensor<3x5xf32>):
    %p = moe.softmax %g axes [1] : tensor<6x3xf32>
    %s, %plan = moe.top_k_route %p k 2 capacity 3 priority position : tensor<6x3xf32> -> tensor<6x2xf32>, !plan
    %rows = moe.dispatch %items, %plan, %s : (tensor<6x4xf32>, !plan, tensor<6x2xf32>) -> tensor<9x4xf32>
    %h = moe.expert_linear %rows, %wi, %plan, %bi transposed : (tensor<9x4xf32>, tensor<3x5x4xf32>, !plan, tensor<3x5xf32>) -> tensor<9x5xf32>
    %a = moe.gelu %h : tensor<9x5xf32>
    %y = moe.combine %a, %plan, %s : (tensor<9x5xf32>, !plan, tensor<6x2xf32>) -> tensor<6x5xf32>
    %z = moe.reduce %y axes [0, 1] : tensor<6x5xf32> -> tensor<f32>
    %i = moe.reduce %p axes [0] : tensor<6x3xf32> -> tensor<3xf32>
    %v = moe.cv_squared %i : tensor<3xf32> -> tensor<f32>
    %n = moe.add %z, %v : tensor<f32>
    %o = moe.add %n, %c : tensor<f32>
    moe.yield %o : tensor<f32>
  } -> tensor<f32>
  return %l : tensor<f32>
}

//--- random.mlir
// Noise is data: it is read again from its stack, and has no gradient.
func.func @loss(%x: tensor<4x3xf32> {moe.var = @x}, %w: tensor<2x3x3xf32> {moe.var = @w}, %seed: tensor<i32> {moe.host = #moe.host<seed>}, %step: tensor<i32> {moe.host = #moe.host<step>})
    -> (tensor<f32> {moe.metric = "loss"}) {
  %noise = moe.random_normal %seed, %step : tensor<i32> stream 0 std 0.5 -> tensor<2x4x3xf32>
  %zero = moe.fill 0.0 : tensor<f32>
  %r:2 = moe.repeat 2 carry(%x, %zero : tensor<4x3xf32>, tensor<f32>) stacked(%w, %noise : tensor<2x3x3xf32>, tensor<2x4x3xf32>) {
  ^bb0(%c: tensor<4x3xf32>, %aux: tensor<f32>, %wi: tensor<3x3xf32>, %ni: tensor<4x3xf32>):
    %g = moe.linear %c, %wi axis 1 : (tensor<4x3xf32>, tensor<3x3xf32>) -> tensor<4x3xf32>
    %n = moe.add %g, %ni : tensor<4x3xf32>
    %p = moe.load_probability %g, %n k 1 std 0.5 : tensor<4x3xf32>
    %s = moe.reduce %p axes [0] : tensor<4x3xf32> -> tensor<3xf32>
    %v = moe.cv_squared %s : tensor<3xf32> -> tensor<f32>
    %sum = moe.add %aux, %v : tensor<f32>
    %o = moe.gelu %n : tensor<4x3xf32>
    moe.yield %o, %sum : tensor<4x3xf32>, tensor<f32>
  } -> tensor<4x3xf32>, tensor<f32>
  %a = moe.reduce %r#0 axes [0, 1] : tensor<4x3xf32> -> tensor<f32>
  %l = moe.add %a, %r#1 : tensor<f32>
  return %l : tensor<f32>
}
