// RUN: moec-opt %s --moec-hoist-parameters --split-input-file | FileCheck %s

// A variable that any entry changes is not fixed, for no entry: what @infer computes of it would be outdated by each step.

// CHECK-LABEL: func.func @infer(
// CHECK:         kernel.map
// CHECK-NOT:   @prepare
module {
moe.variable @w : tensor<8xf32> role(parameter)
func.func @infer(%w: tensor<8xf32> {moe.var = @w}) -> (tensor<8xf32> {moe.output = "y"}) attributes {moe.entry = #moe.entry<"infer">} {
  %e = tensor.empty() : tensor<8xf32>
  %a = kernel.map dims [8] ins(%w : tensor<8xf32>) outs(%e : tensor<8xf32>) maps [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>]
    body { ^bb0(%v: f32):
      %r = math.absf %v : f32
      kernel.yield %r : f32 } -> tensor<8xf32>
  return %a : tensor<8xf32>
}
func.func @train(%w: tensor<8xf32> {moe.var = @w}, %x: tensor<8xf32> {moe.field = "x"}) -> (tensor<8xf32> {moe.var = @w}) attributes {moe.entry = #moe.entry<"train">} {
  return %x : tensor<8xf32>
}
}

// -----

// One that only some entries read is, and arguments of functions that are no entries are not.

// CHECK-LABEL: func.func @infer(
// CHECK-NOT:     kernel.map
// CHECK-LABEL: func.func @helper(
// CHECK:         kernel.map
// CHECK-LABEL: func.func @prepare(
// CHECK:         kernel.map
module {
moe.variable @w : tensor<8xf32> role(parameter)
moe.variable @other : tensor<8xf32> role(parameter)
func.func @infer(%w: tensor<8xf32> {moe.var = @w}) -> (tensor<8xf32> {moe.output = "y"}) attributes {moe.entry = #moe.entry<"infer">} {
  %e = tensor.empty() : tensor<8xf32>
  %a = kernel.map dims [8] ins(%w : tensor<8xf32>) outs(%e : tensor<8xf32>) maps [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>]
    body { ^bb0(%v: f32):
      %r = math.absf %v : f32
      kernel.yield %r : f32 } -> tensor<8xf32>
  return %a : tensor<8xf32>
}
func.func @train(%w: tensor<8xf32> {moe.var = @other}, %x: tensor<8xf32> {moe.field = "x"}) -> (tensor<8xf32> {moe.var = @other}) attributes {moe.entry = #moe.entry<"train">} {
  return %x : tensor<8xf32>
}
func.func @helper(%w: tensor<8xf32>) -> tensor<8xf32> {
  %e = tensor.empty() : tensor<8xf32>
  %a = kernel.map dims [8] ins(%w : tensor<8xf32>) outs(%e : tensor<8xf32>) maps [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>]
    body { ^bb0(%v: f32):
      %r = math.absf %v : f32
      kernel.yield %r : f32 } -> tensor<8xf32>
  return %a : tensor<8xf32>
}
}
