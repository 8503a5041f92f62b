// RUN: moec-opt %s --split-input-file --moec-plan-memory | FileCheck %s

// A carried value whose every state is stacked lives in its stack: slot i is what
// iteration i reads, and no copy is made. The parameter's slice moves with the
// iteration. The start value is copied in because it is the caller's.

// CHECK-LABEL: kernel.program @train_step arena
// CHECK: kernel.launch @{{.*}} [#kernel.address<field "x", offset = 0, bytes = 64>, #kernel.address<arena, offset = [[RING:[0-9]+]], bytes = 64>]
// CHECK: kernel.loop 3 {
// CHECK-NEXT: kernel.launch @{{.*}} [#kernel.address<arena, offset = [[RING]], bytes = 64, modulus = 4, size = 64>
// CHECK-SAME: #kernel.address<parameter, offset = 0, bytes = 64, stride = 64>
// CHECK-SAME: #kernel.address<arena, offset = [[RING]], bytes = 64, shift = 1, modulus = 4, size = 64>]
// CHECK: kernel.loop 3 {
// Backwards: the stack from its end, the gradient's slice straight where it goes.
// CHECK-NEXT: kernel.launch @{{.*}} [#kernel.address<arena, offset = {{[0-9]+}}, bytes = 64, modulus = 2, size = 64>, #kernel.address<arena, offset = {{[0-9]+}}, bytes = 64, stride = -64>, #kernel.address<output "g", offset = 128, bytes = 64, stride = -64>]
#id = affine_map<(i) -> (i)>
module {
  moe.variable @w : tensor<3x16xf32> role(parameter) at 0
  func.func @train_step(%x: tensor<16xf32> {moe.field = "x"}, %w: tensor<3x16xf32> {moe.var = @w})
      -> (tensor<16xf32> {moe.output = "y"}, tensor<3x16xf32> {moe.output = "g"}) {
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
func.func @swap(%x: tensor<4xf32> {moe.field = "x"}, %y: tensor<4xf32> {moe.field = "y"})
    -> (tensor<4xf32> {moe.output = "a"}, tensor<4xf32> {moe.output = "b"}) {
  %r:2 = moe.repeat 2 carry(%x, %y : tensor<4xf32>, tensor<4xf32>) stacked() {
  ^bb0(%a: tensor<4xf32>, %b: tensor<4xf32>):
    moe.yield %b, %a : tensor<4xf32>, tensor<4xf32>
  } -> tensor<4xf32>, tensor<4xf32>
  return %r#0, %r#1 : tensor<4xf32>, tensor<4xf32>
}

// -----

// Parts of a joined tensor are made side by side, in a repeat too; slices and
// reshapes are views of it.

// CHECK-LABEL: kernel.program @join
// CHECK: kernel.launch @{{.*}} [#kernel.address<field "x", offset = 0, bytes = 64>, #kernel.address<arena, offset = [[#AT:]], bytes = 64>]
// CHECK: kernel.loop 2 {
// CHECK: kernel.launch @{{.*}} [{{.*}}, #kernel.address<arena, offset = [[#AT+64]], bytes = 64, stride = 64>]
// CHECK: kernel.launch @{{.*}} [#kernel.address<arena, offset = [[#AT]], bytes = 192>, #kernel.address<output "y", offset = 0, bytes = 192>]
// CHECK: kernel.launch @{{.*}} [#kernel.address<arena, offset = [[#AT+128]], bytes = 64>, #kernel.address<output "z", offset = 0, bytes = 64>]
// The start value of the repeat is the caller's.
// CHECK: kernel.copies = 1
#id3 = affine_map<(i) -> (i)>
func.func @join(%x: tensor<16xf32> {moe.field = "x"}) -> (tensor<48xf32> {moe.output = "y"}, tensor<16xf32> {moe.output = "z"}) {
  %e = tensor.empty() : tensor<16xf32>
  %a = kernel.map dims [16] ins(%x : tensor<16xf32>) outs(%e : tensor<16xf32>) maps [#id3, #id3]
    body { ^bb0(%u: f32):
      %v = math.exp %u : f32
      kernel.yield %v : f32 } -> tensor<16xf32>
  %r:2 = moe.repeat 2 carry(%x : tensor<16xf32>) stacked() {
  ^bb0(%c: tensor<16xf32>):
    %f = tensor.empty() : tensor<16xf32>
    %n:2 = kernel.map dims [16] ins(%c : tensor<16xf32>) outs(%f, %f : tensor<16xf32>, tensor<16xf32>) maps [#id3, #id3, #id3]
      body { ^bb0(%u: f32):
        %v = math.exp %u : f32
        kernel.yield %v, %u : f32, f32 } -> tensor<16xf32>, tensor<16xf32>
    moe.yield %n#0, %n#1 : tensor<16xf32>, tensor<16xf32>
  } -> tensor<16xf32>, tensor<2x16xf32>
  %flat = tensor.collapse_shape %r#1 [[0, 1]] : tensor<2x16xf32> into tensor<32xf32>
  %j = tensor.concat dim(0) %a, %flat : (tensor<16xf32>, tensor<32xf32>) -> tensor<48xf32>
  %g = tensor.empty() : tensor<48xf32>
  %y = kernel.map dims [48] ins(%j : tensor<48xf32>) outs(%g : tensor<48xf32>) maps [#id3, #id3]
    body { ^bb0(%u: f32):
      %v = math.exp %u : f32
      kernel.yield %v : f32 } -> tensor<48xf32>
  %s = tensor.extract_slice %j[32] [16] [1] : tensor<48xf32> to tensor<16xf32>
  %z = kernel.map dims [16] ins(%s : tensor<16xf32>) outs(%e : tensor<16xf32>) maps [#id3, #id3]
    body { ^bb0(%u: f32):
      %v = math.exp %u : f32
      kernel.yield %v : f32 } -> tensor<16xf32>
  return %y, %z : tensor<48xf32>, tensor<16xf32>
}
