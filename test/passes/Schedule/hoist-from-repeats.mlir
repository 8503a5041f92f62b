// RUN: moec-opt %s --moec-hoist-from-repeats --mlir-print-local-scope --split-input-file | FileCheck %s
// RUN: moec-opt %s --moec-hoist-from-repeats --moec-hoist-parameters --split-input-file | FileCheck %s --check-prefix=AHEAD

// Norms of the columns of a weight, and what is made of them, for all layers at once; positions within a kernel are counted as before. What reads the
// carried value stays; what is rounded to bf16 does not.

// CHECK-LABEL: func.func @layers
// CHECK-SAME:    %[[X:.*]]: tensor<4xf32> {moe.field = "x"}, %[[W:.*]]: tensor<3x8x4xf32>
// CHECK:         %[[N:.*]] = kernel.rows dims [3, 4, 8] ins(%[[W]] : tensor<3x8x4xf32>) outs(%{{.*}} : tensor<3x4xf32>)
// CHECK-SAME:      maps [affine_map<(d0, d1, d2) -> (d0, d2, d1)>, affine_map<(d0, d1, d2) -> (d0, d1)>]
// CHECK:         %[[S:.*]] = kernel.map dims [3, 2, 2] ins(%[[N]] : tensor<3x4xf32>) outs(%{{.*}} : tensor<3x2x2xf32>)
// CHECK-SAME:      maps [affine_map<(d0, d1, d2) -> (d0, d1 * 2 + d2)>, affine_map<(d0, d1, d2) -> (d0, d1, d2)>]
// CHECK:           kernel.index 2
// CHECK:         %[[H:.*]] = kernel.map dims [3, 8, 4] ins(%[[W]] : tensor<3x8x4xf32>) outs(%{{.*}} : tensor<3x8x4xbf16>)
// CHECK:           arith.truncf
// CHECK:         moe.repeat 3 carry(%[[X]] : tensor<4xf32>) stacked(%[[S]], %[[H]] : tensor<3x2x2xf32>, tensor<3x8x4xbf16>) {
// CHECK-NEXT:    ^bb0(%{{.*}}: tensor<4xf32>, %[[SLICE:.*]]: tensor<2x2xf32>, %[[HALF:.*]]: tensor<8x4xbf16>):
// CHECK-NOT:       kernel.rows
// CHECK:           kernel.map dims [2, 2] ins(%{{.*}}, %[[SLICE]], %[[HALF]] :
// CHECK-NOT:       kernel.map
// AHEAD-LABEL: func.func @layers
// AHEAD-SAME:    %[[S:.*]]: tensor<3x2x2xf32> {moe.var = @w.derived}, %[[H:.*]]: tensor<3x8x4xbf16> {moe.var = @w.derived_0})
// AHEAD-NOT:     kernel.rows
// AHEAD:         moe.repeat
// AHEAD-LABEL: func.func @prepare
// AHEAD:         kernel.rows
// AHEAD:         kernel.map
// AHEAD:         kernel.map
module {
moe.variable @w : tensor<3x8x4xf32> role(parameter)
func.func @layers(%x: tensor<4xf32> {moe.field = "x"}, %w: tensor<3x8x4xf32> {moe.var = @w}) -> (tensor<4xf32> {moe.output = "y"}) attributes {moe.entry = #moe.entry<"infer">} {
  %y = moe.repeat 3 carry(%x : tensor<4xf32>) stacked(%w : tensor<3x8x4xf32>) {
  ^bb0(%c: tensor<4xf32>, %wi: tensor<8x4xf32>):
    %e = tensor.empty() : tensor<4xf32>
    %n = kernel.rows dims [4, 8] ins(%wi : tensor<8x4xf32>) outs(%e : tensor<4xf32>) maps [affine_map<(i, k) -> (k, i)>, affine_map<(i, k) -> (i)>]
      combiners [#kernel.combiner<add>] phases { ^bb0(%a: f32):
        %q = arith.mulf %a, %a : f32
        kernel.yield %q : f32 }
      finish { ^bb0(%a: f32, %q: f32): kernel.yield %q : f32 } emit { ^bb0(%a: f32, %q: f32): kernel.yield } -> tensor<4xf32>
    %square = tensor.expand_shape %n [[0, 1]] output_shape [2, 2] : tensor<4xf32> into tensor<2x2xf32>
    %f = tensor.empty() : tensor<2x2xf32>
    %s = kernel.map dims [2, 2] ins(%square : tensor<2x2xf32>) outs(%f : tensor<2x2xf32>) maps [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i, j)>]
      body { ^bb0(%a: f32):
        %p = kernel.index 1 : i32
        %g = arith.sitofp %p : i32 to f32
        %r = arith.addf %a, %g : f32
        kernel.yield %r : f32 } -> tensor<2x2xf32>
    %h = tensor.empty() : tensor<8x4xbf16>
    %t = kernel.map dims [8, 4] ins(%wi : tensor<8x4xf32>) outs(%h : tensor<8x4xbf16>) maps [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i, j)>]
      body { ^bb0(%a: f32):
        %r = arith.truncf %a : f32 to bf16
        kernel.yield %r : bf16 } -> tensor<8x4xbf16>
    %z = kernel.map dims [2, 2] ins(%c, %s, %t : tensor<4xf32>, tensor<2x2xf32>, tensor<8x4xbf16>) outs(%e : tensor<4xf32>)
      maps [affine_map<(i, j) -> (i * 2 + j)>, affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i * 2 + j)>]
      body { ^bb0(%a: f32, %b: f32, %d: bf16):
        %g = arith.extf %d : bf16 to f32
        %u = arith.mulf %a, %b : f32
        %r = arith.addf %u, %g : f32
        kernel.yield %r : f32 } -> tensor<4xf32>
    moe.yield %z : tensor<4xf32>
  } -> tensor<4xf32>
  return %y : tensor<4xf32>
}
}

// -----

// A module that trains computes it in each layer: the step changes the weight.

// CHECK-LABEL: func.func @kept
// CHECK:         moe.repeat
// CHECK:           kernel.map
// AHEAD-NOT:   @prepare
module {
moe.variable @w : tensor<3x4xf32> role(parameter)
func.func @kept(%x: tensor<4xf32> {moe.field = "x"}, %w: tensor<3x4xf32> {moe.var = @w}) -> (tensor<4xf32> {moe.output = "y"}, tensor<3x4xf32> {moe.var = @w}) attributes {moe.entry = #moe.entry<"train">} {
  %y:2 = moe.repeat 3 carry(%x : tensor<4xf32>) stacked(%w : tensor<3x4xf32>) {
  ^bb0(%c: tensor<4xf32>, %wi: tensor<4xf32>):
    %e = tensor.empty() : tensor<4xf32>
    %n = kernel.map dims [4] ins(%wi : tensor<4xf32>) outs(%e : tensor<4xf32>) maps [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>]
      body { ^bb0(%a: f32):
        %r = math.absf %a : f32
        kernel.yield %r : f32 } -> tensor<4xf32>
    moe.yield %c, %n : tensor<4xf32>, tensor<4xf32>
  } -> tensor<4xf32>, tensor<3x4xf32>
  return %y#0, %y#1 : tensor<4xf32>, tensor<3x4xf32>
}
}
