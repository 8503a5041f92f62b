// RUN: moec-opt %s --split-input-file --moec-plan-memory | FileCheck %s

// A value between two kernels lives in the arena, results go straight to their block,
// parameters come from theirs, and a reshape is no launch.

// CHECK-LABEL: func.func @k0_map
// CHECK-SAME: memref<2x4xf32>, %{{.*}}: memref<4xf32>, %{{.*}}: memref<2x4xf32>, %{{.*}}: index, %{{.*}}: index, %{{.*}}: memref<?xi8>
// CHECK-SAME: kernel.bytes = 80 : i64, kernel.flops = 0 : i64, kernel.function, kernel.kind = "map", kernel.nodes = ["first"], kernel.outs = 1 : i64
// CHECK: func.func @k1_map
// CHECK: kernel.program @infer arena 64
// CHECK-SAME: inputs [#kernel.port<field "x" : tensor<2x4xf32>>]
// CHECK-SAME: outputs [#kernel.port<output "y" : tensor<8xf32>>]
// CHECK-NEXT: kernel.launch @k0_map [#kernel.address<field "x", offset = 0, bytes = 32>, #kernel.address<parameter, offset = 64, bytes = 16>, #kernel.address<arena, offset = 0, bytes = 32>]
// CHECK-NEXT: kernel.launch @k1_map [#kernel.address<arena, offset = 0, bytes = 32>, #kernel.address<output "y", offset = 0, bytes = 32>]
// CHECK: kernel.copies = 0 : i64, kernel.peak = [#kernel.address<arena, offset = 0, bytes = 32>], kernel.peak_nodes = {{\[}}["first"]]
#map = affine_map<(i, j) -> (i, j)>
module {
  moe.variable @w : tensor<4xf32> role(parameter) at 64
  func.func @infer(%x: tensor<2x4xf32> {moe.field = "x"}, %w: tensor<4xf32> {moe.var = @w})
      -> (tensor<8xf32> {moe.output = "y"}) {
    %e = tensor.empty() : tensor<2x4xf32>
    %a = kernel.map dims [2, 4] ins(%x, %w : tensor<2x4xf32>, tensor<4xf32>) outs(%e : tensor<2x4xf32>)
      maps [#map, affine_map<(i, j) -> (j)>, #map]
      body { ^bb0(%v: f32, %u: f32):
        %s = arith.mulf %v, %u : f32
        kernel.yield %s : f32 } -> tensor<2x4xf32> loc("first")
    %f = tensor.empty() : tensor<8xf32>
    %r = tensor.collapse_shape %a [[0, 1]] : tensor<2x4xf32> into tensor<8xf32>
    %b = kernel.map dims [8] ins(%r : tensor<8xf32>) outs(%f : tensor<8xf32>)
      maps [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>]
      body { ^bb0(%v: f32):
        %s = math.exp %v : f32
        kernel.yield %s : f32 } -> tensor<8xf32>
    return %b : tensor<8xf32>
  }
}

// -----

// What an entry is told by the host is an input of its own kind.

// CHECK-LABEL: kernel.program @step arena 0
// CHECK-SAME: inputs [#kernel.port<field "step" : tensor<16xf32>>, #kernel.port<host "learning_rate" : tensor<f32>>]
// CHECK-SAME: outputs [#kernel.port<metric "loss" : tensor<16xf32>>]
// CHECK: kernel.launch @{{.*}} [#kernel.address<field "step", offset = 0, bytes = 64>, #kernel.address<host "learning_rate", offset = 0, bytes = 4>, #kernel.address<metric "loss", offset = 0, bytes = 64>]
// CHECK: moe.entry = #moe.entry<"train", batch = 4>
#id2 = affine_map<(i) -> (i)>
func.func @step(%p: tensor<16xf32> {moe.field = "step"}, %g: tensor<f32> {moe.host = #moe.host<learning_rate>})
    -> (tensor<16xf32> {moe.metric = "loss"}) attributes {moe.entry = #moe.entry<"train", batch = 4>} {
  %e = tensor.empty() : tensor<16xf32>
  %n = kernel.map dims [16] ins(%p, %g : tensor<16xf32>, tensor<f32>) outs(%e : tensor<16xf32>)
    maps [#id2, affine_map<(i) -> ()>, #id2]
    body { ^bb0(%a: f32, %b: f32):
      %s = arith.subf %a, %b : f32
      kernel.yield %s : f32 } -> tensor<16xf32>
  return %n : tensor<16xf32>
}

// -----

// An entry for one of three parts of its batch: the caller's blocks are those of the whole batch, the arena is that of a part.

// CHECK-LABEL: kernel.program @parts arena 128
// CHECK-SAME: inputs [#kernel.port<field "x" : tensor<6x8xf32>>, #kernel.port<host "learning_rate" : tensor<f32>>] outputs [#kernel.port<output "y" : tensor<6x8xf32>>]
// CHECK-NEXT: kernel.launch @[[FIRST:.*]] [#kernel.address<field "x", offset = 0, bytes = 64>, #kernel.address<host "learning_rate", offset = 0, bytes = 4>, #kernel.address<arena, offset = 0, bytes = 64>]
// CHECK-NEXT: kernel.loop 2 {
// CHECK-NEXT:   kernel.launch @[[SECOND:.*]] [#kernel.address<arena
// CHECK:      kernel.launch @[[LAST:.*]] [#kernel.address<arena, offset = 0, bytes = 64{{.*}}>, #kernel.address<output "y", offset = 0, bytes = 64>]
// CHECK-NEXT: kernel.launch @[[FIRST]] [#kernel.address<field "x", offset = 64, bytes = 64>, #kernel.address<host "learning_rate", offset = 0, bytes = 4>, #kernel.address<arena, offset = 0, bytes = 64>]
// CHECK-NEXT: kernel.loop 2 {
// CHECK-NEXT:   kernel.launch @[[SECOND]] [#kernel.address<arena
// CHECK:      kernel.launch @[[LAST]] {{.*}}#kernel.address<output "y", offset = 64, bytes = 64>]
// CHECK-NEXT: kernel.launch @[[FIRST]] [#kernel.address<field "x", offset = 128, bytes = 64>
// CHECK:      kernel.launch @[[LAST]] {{.*}}#kernel.address<output "y", offset = 128, bytes = 64>]
// CHECK-NEXT: }
// CHECK-SAME: kernel.parts = 3 : i64
#id3 = affine_map<(i, j) -> (i, j)>
func.func @parts(%x: tensor<2x8xf32> {moe.field = "x"}, %s: tensor<f32> {moe.host = #moe.host<learning_rate>})
    -> (tensor<2x8xf32> {moe.output = "y"}) attributes {kernel.parts = 3 : i64, moe.entry = #moe.entry<"infer", batch = 6>} {
  %e = tensor.empty() : tensor<2x8xf32>
  %a = kernel.map dims [2, 8] ins(%x, %s : tensor<2x8xf32>, tensor<f32>) outs(%e : tensor<2x8xf32>) maps [#id3, affine_map<(i, j) -> ()>, #id3]
    body { ^bb0(%v: f32, %u: f32):
      %r = arith.mulf %v, %u : f32
      kernel.yield %r : f32 } -> tensor<2x8xf32>
  %l = moe.repeat 2 carry(%a : tensor<2x8xf32>) stacked() {
  ^bb0(%c: tensor<2x8xf32>):
    %f = tensor.empty() : tensor<2x8xf32>
    %b = kernel.map dims [2, 8] ins(%c : tensor<2x8xf32>) outs(%f : tensor<2x8xf32>) maps [#id3, #id3]
      body { ^bb0(%v: f32):
        %r = math.exp %v : f32
        kernel.yield %r : f32 } -> tensor<2x8xf32>
    moe.yield %b : tensor<2x8xf32>
  } -> tensor<2x8xf32>
  %y = kernel.map dims [2, 8] ins(%l : tensor<2x8xf32>) outs(%e : tensor<2x8xf32>) maps [#id3, #id3]
    body { ^bb0(%v: f32):
      %r = arith.addf %v, %v : f32
      kernel.yield %r : f32 } -> tensor<2x8xf32>
  return %y : tensor<2x8xf32>
}
