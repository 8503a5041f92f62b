// RUN: moec-opt %s --moec-hoist-from-repeats | FileCheck %s

// Out of two repeats, one in the other: the stack has both as its first dimensions, each repeat hands on a slice, and neither takes the
// weight any more, which nothing reads there now.

// CHECK-LABEL: func.func @nested
// CHECK-SAME:    %[[X:.*]]: tensor<4xf32> {moe.field = "x"}, %[[W:.*]]: tensor<2x3x4xf32>
// CHECK:         %[[S:.*]] = kernel.map dims [2, 3, 4] ins(%[[W]] : tensor<2x3x4xf32>) outs(%{{.*}} : tensor<2x3x4xf32>)
// CHECK:         moe.repeat 2 carry(%[[X]] : tensor<4xf32>) stacked(%[[S]] : tensor<2x3x4xf32>) {
// CHECK-NEXT:    ^bb0(%[[C:.*]]: tensor<4xf32>, %[[SI:.*]]: tensor<3x4xf32>):
// CHECK:           moe.repeat 3 carry(%[[C]] : tensor<4xf32>) stacked(%[[SI]] : tensor<3x4xf32>) {
// CHECK-NEXT:      ^bb0(%[[D:.*]]: tensor<4xf32>, %[[SIJ:.*]]: tensor<4xf32>):
// CHECK:             kernel.map dims [4] ins(%[[D]], %[[SIJ]] :
module {
moe.variable @w : tensor<2x3x4xf32> role(parameter)
func.func @nested(%x: tensor<4xf32> {moe.field = "x"}, %w: tensor<2x3x4xf32> {moe.var = @w}) -> (tensor<4xf32> {moe.output = "y"}) attributes {moe.entry = #moe.entry<"infer">} {
  %y = moe.repeat 2 carry(%x : tensor<4xf32>) stacked(%w : tensor<2x3x4xf32>) {
  ^bb0(%c: tensor<4xf32>, %wi: tensor<3x4xf32>):
    %z = moe.repeat 3 carry(%c : tensor<4xf32>) stacked(%wi : tensor<3x4xf32>) {
    ^bb0(%d: tensor<4xf32>, %wij: tensor<4xf32>):
      %e = tensor.empty() : tensor<4xf32>
      %n = kernel.map dims [4] ins(%wij : tensor<4xf32>) outs(%e : tensor<4xf32>) maps [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>]
        body { ^bb0(%a: f32):
          %r = math.absf %a : f32
          kernel.yield %r : f32 } -> tensor<4xf32>
      %s = kernel.map dims [4] ins(%d, %n : tensor<4xf32>, tensor<4xf32>) outs(%e : tensor<4xf32>) maps [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>, affine_map<(i) -> (i)>]
        body { ^bb0(%a: f32, %b: f32):
          %r = arith.addf %a, %b : f32
          kernel.yield %r : f32 } -> tensor<4xf32>
      moe.yield %s : tensor<4xf32>
    } -> tensor<4xf32>
    moe.yield %z : tensor<4xf32>
  } -> tensor<4xf32>
  return %y : tensor<4xf32>
}
}
