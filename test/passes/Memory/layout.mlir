// RUN: moec-opt %s --split-input-file --moec-plan-memory | FileCheck %s

// Reshapes, scalars and slices of slices are views: one kernel, no copy.

// CHECK-LABEL: kernel.program @views arena 0
// CHECK-NEXT: kernel.launch @{{.*}} [#kernel.address<field "x", offset = 20, bytes = 4>, #kernel.address<output "y", offset = 0, bytes = 4>]
// CHECK-NEXT: } {kernel.copies = 0
#id = affine_map<(i) -> (i)>
func.func @views(%x: tensor<2x4xf32> {moe.field = "x"}) -> (tensor<f32> {moe.output = "y"}) {
  %f = tensor.collapse_shape %x [[0, 1]] : tensor<2x4xf32> into tensor<8xf32>
  %a = tensor.extract_slice %f[2] [4] [1] : tensor<8xf32> to tensor<4xf32>
  %b = tensor.extract_slice %a[3] [1] [1] : tensor<4xf32> to tensor<1xf32>
  %e = tensor.empty() : tensor<1xf32>
  %n = kernel.map dims [1] ins(%b : tensor<1xf32>) outs(%e : tensor<1xf32>) maps [#id, #id]
    body { ^bb0(%u: f32):
      %v = math.exp %u : f32
      kernel.yield %v : f32 } -> tensor<1xf32>
  %s = tensor.collapse_shape %n [] : tensor<1xf32> into tensor<f32>
  return %s : tensor<f32>
}

// -----

// Variables that do not lie side by side are joined by copies.

// CHECK-LABEL: kernel.program @apart
// CHECK: kernel.launch @{{.*}} [#kernel.address<parameter, offset = 0, bytes = 32>, #kernel.address<arena, offset = [[#AT:]], bytes = 32>]
// CHECK-NEXT: kernel.launch @{{.*}} [#kernel.address<parameter, offset = 64, bytes = 32>, #kernel.address<arena, offset = [[#AT+32]], bytes = 32>]
// CHECK-NEXT: kernel.launch @{{.*}} [#kernel.address<arena, offset = [[#AT]], bytes = 64>, #kernel.address<output "y", offset = 0, bytes = 64>]
// CHECK-NEXT: } {kernel.copies = 2
#id = affine_map<(i) -> (i)>
moe.variable @p : tensor<8xf32> role(parameter) at 0
moe.variable @q : tensor<8xf32> role(parameter) at 64
func.func @apart(%p: tensor<8xf32> {moe.var = @p}, %q: tensor<8xf32> {moe.var = @q}) -> (tensor<16xf32> {moe.output = "y"}) {
  %j = tensor.concat dim(0) %p, %q : (tensor<8xf32>, tensor<8xf32>) -> tensor<16xf32>
  %e = tensor.empty() : tensor<16xf32>
  %n = kernel.map dims [16] ins(%j : tensor<16xf32>) outs(%e : tensor<16xf32>) maps [#id, #id]
    body { ^bb0(%u: f32):
      %v = math.exp %u : f32
      kernel.yield %v : f32 } -> tensor<16xf32>
  return %n : tensor<16xf32>
}
