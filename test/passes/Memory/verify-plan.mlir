// RUN: moec-opt %s --moec-plan-memory | FileCheck %s

// The start of a carried value is read after the loop: it is the first state of
// the stack, which the loop leaves alone. Plans that are wrong, on purpose, stand
// in VerifyPlanTest.cpp.

// CHECK-LABEL: kernel.program @f
// CHECK: kernel.loop 2 {
// CHECK: }
// CHECK: kernel.launch @{{.*}} [#kernel.address<arena, offset = [[AT:[0-9]+]], bytes = 16>, #kernel.address<arena, offset = [[AT]], bytes = 32>, #kernel.address<output "y", offset = 0, bytes = 32>]
#id = affine_map<(i) -> (i)>
#row = affine_map<(i, j) -> (i, j)>
func.func @f(%x: tensor<4xf32> {moe.field = "x"}) -> (tensor<2x4xf32> {moe.output = "y"}) {
  %e = tensor.empty() : tensor<4xf32>
  %a = kernel.map dims [4] ins(%x : tensor<4xf32>) outs(%e : tensor<4xf32>) maps [#id, #id]
    body { ^bb0(%u: f32):
      %v = math.exp %u : f32
      kernel.yield %v : f32 } -> tensor<4xf32>
  %r:2 = moe.repeat 2 carry(%a : tensor<4xf32>) stacked() {
  ^bb0(%c: tensor<4xf32>):
    %f = tensor.empty() : tensor<4xf32>
    %n = kernel.map dims [4] ins(%c : tensor<4xf32>) outs(%f : tensor<4xf32>) maps [#id, #id]
      body { ^bb0(%u: f32):
        %v = math.exp %u : f32
        kernel.yield %v : f32 } -> tensor<4xf32>
    moe.yield %n, %c : tensor<4xf32>, tensor<4xf32>
  } -> tensor<4xf32>, tensor<2x4xf32>
  %g = tensor.empty() : tensor<2x4xf32>
  %y = kernel.map dims [2, 4] ins(%a, %r#1 : tensor<4xf32>, tensor<2x4xf32>) outs(%g : tensor<2x4xf32>)
    maps [affine_map<(i, j) -> (j)>, #row, #row]
    body { ^bb0(%u: f32, %w: f32):
      %v = arith.addf %u, %w : f32
      kernel.yield %v : f32 } -> tensor<2x4xf32>
  return %y : tensor<2x4xf32>
}
