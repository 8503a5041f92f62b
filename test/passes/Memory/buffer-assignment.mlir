// RUN: moec-opt %s --split-input-file --moec-plan-memory | FileCheck %s

// A carried value whose every state is stacked lives in its stack: slot i is what
// iteration i reads, and no copy is made. The parameter's slice moves with the
// iteration. The start value is copied in because it is the caller's.

// CHECK-LABEL: kernel.program @train_step arena
// CHECK: kernel.launch @{{.*}} [#kernel.address<"in:x", offset = 0>, #kernel.address<"arena", offset = [[RING:[0-9]+]]>]
// CHECK: kernel.loop 3 {
// CHECK-NEXT: kernel.launch @{{.*}} [#kernel.address<"arena", offset = [[RING]], modulus = 4, size = 64>
// CHECK-SAME: #kernel.address<"params", offset = 0, stride = 64>
// CHECK-SAME: #kernel.address<"arena", offset = [[RING]], shift = 1, modulus = 4, size = 64>]
// CHECK: kernel.loop 3 {
// Backwards: the stack from its end, the gradient's slice straight in its block.
// CHECK-NEXT: kernel.launch @{{.*}} [#kernel.address<"arena", offset = {{[0-9]+}}, modulus = 2, size = 64>, #kernel.address<"arena", offset = {{[0-9]+}}, stride = -64>, #kernel.address<"grads", offset = 128, stride = -64>]
#id = affine_map<(i) -> (i)>
module attributes {moe.parameters = [{name = "w", shape = array<i64: 3, 16>, offset = 0 : i64}]} {
  func.func @train_step(%x: tensor<16xf32> {moe.input = "x"}, %w: tensor<3x16xf32> {moe.param = "w"})
      -> (tensor<16xf32> {moe.output = "y"}, tensor<3x16xf32> {moe.grad = "w"}) {
    %f:2 = moe.repeat 3 carry(%x : tensor<16xf32>) stacked(%w : tensor<3x16xf32>) {
    ^bb0(%c: tensor<16xf32>, %p: tensor<16xf32>):
      %e = tensor.empty() : tensor<16xf32>
      %n = kernel.map dims [16] ins(%c, %p : tensor<16xf32>, tensor<16xf32>) outs(%e : tensor<16xf32>)
        maps [#id, #id, #id]
        body { ^bb0(%a: f32, %b: f32):
          %s = arith.mulf %a, %b : f32
          kernel.yield %s : f32 } -> tensor<16xf32>
      moe.yield %n, %c : tensor<16xf32>, tensor<16xf32>
    } -> tensor<16xf32>, tensor<3x16xf32>
    %b:2 = moe.repeat 3 reverse carry(%f#0 : tensor<16xf32>) stacked(%f#1, %w : tensor<3x16xf32>, tensor<3x16xf32>) {
    ^bb0(%d: tensor<16xf32>, %s: tensor<16xf32>, %p: tensor<16xf32>):
      %e = tensor.empty() : tensor<16xf32>
      %g = kernel.map dims [16] ins(%d, %s : tensor<16xf32>, tensor<16xf32>) outs(%e : tensor<16xf32>)
        maps [#id, #id, #id]
        body { ^bb0(%a: f32, %q: f32):
          %m = arith.mulf %a, %q : f32
          kernel.yield %m : f32 } -> tensor<16xf32>
      %n = kernel.map dims [16] ins(%d, %p : tensor<16xf32>, tensor<16xf32>) outs(%e : tensor<16xf32>)
        maps [#id, #id, #id]
        body { ^bb0(%a: f32, %q: f32):
          %m = arith.addf %a, %q : f32
          kernel.yield %m : f32 } -> tensor<16xf32>
      moe.yield %n, %g : tensor<16xf32>, tensor<16xf32>
    } -> tensor<16xf32>, tensor<3x16xf32>
    return %b#0, %b#1 : tensor<16xf32>, tensor<3x16xf32>
  }
}

// -----

// Swapped carried values need a copy each: their homes are taken.

// CHECK-LABEL: kernel.program @swap
// CHECK: kernel.loop 2 {
// CHECK-COUNT-2: kernel.launch
// CHECK: }
func.func @swap(%x: tensor<4xf32> {moe.input = "x"}, %y: tensor<4xf32> {moe.input = "y"})
    -> (tensor<4xf32> {moe.output = "a"}, tensor<4xf32> {moe.output = "b"}) {
  %r:2 = moe.repeat 2 carry(%x, %y : tensor<4xf32>, tensor<4xf32>) stacked() {
  ^bb0(%a: tensor<4xf32>, %b: tensor<4xf32>):
    moe.yield %b, %a : tensor<4xf32>, tensor<4xf32>
  } -> tensor<4xf32>, tensor<4xf32>
  return %r#0, %r#1 : tensor<4xf32>, tensor<4xf32>
}
