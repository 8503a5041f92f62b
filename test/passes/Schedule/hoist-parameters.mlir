// RUN: moec-opt %s --moec-hoist-parameters --split-input-file --mlir-print-local-scope | FileCheck %s
// RUN: moec-opt %s --moec-hoist-parameters --split-input-file --remarks-filter=Schedule --remark-policy=all -o /dev/null 2>&1 | FileCheck %s --check-prefix=REMARK

// Two entries compute the same of a variable, and one of them something of that: there is one variable for each result that a step reads,
// and none for what only leads to it. A step that no longer reads a variable does not take it.

// REMARK: [Passed] HoistParameters
// REMARK-SAME: 32 bytes are computed when weights are loaded and kept as @w.derived
// CHECK:         moe.variable @w : tensor<8xf32> role(parameter)
// CHECK-NEXT:    moe.variable @w.derived : tensor<8xf32> role(derived)
// CHECK-NEXT:    moe.variable @[[TWICE:w.derived_.*]] : tensor<8xf32> role(derived)
// CHECK-NOT:     moe.variable
// CHECK-LABEL: func.func @one(
// CHECK-SAME:    %[[X:.*]]: tensor<8xf32> {moe.field = "x"}, %[[D:.*]]: tensor<8xf32> {moe.var = @w.derived})
// CHECK-NOT:     math.absf
// CHECK:         kernel.map dims [8] ins(%[[X]], %[[D]] :
// CHECK-NOT:     kernel.map
// CHECK-LABEL: func.func @two(
// CHECK-SAME:    %{{.*}}: tensor<8xf32> {moe.var = @w.derived}, %{{.*}}: tensor<8xf32> {moe.var = @[[TWICE]]}) -> (tensor<8xf32> {moe.output = "y"}, tensor<2x4xf32> {moe.output = "z"})
// CHECK-NOT:     kernel.map
// CHECK:         tensor.expand_shape
// CHECK-LABEL: func.func @prepare(
// CHECK-SAME:    %[[W:.*]]: tensor<8xf32> {moe.var = @w}) -> (tensor<8xf32> {moe.var = @w.derived}, tensor<8xf32> {moe.var = @[[TWICE]]}) attributes {moe.entry = #moe.entry<"prepare">} {
// CHECK:         %[[A:.*]] = kernel.map dims [8] ins(%[[W]] :
// CHECK:         %[[B:.*]] = kernel.map dims [8] ins(%[[A]] :
// CHECK:         return %[[A]], %[[B]]
module {
moe.variable @w : tensor<8xf32> role(parameter)
func.func @one(%x: tensor<8xf32> {moe.field = "x"}, %w: tensor<8xf32> {moe.var = @w}) -> (tensor<8xf32> {moe.output = "y"}) attributes {moe.entry = #moe.entry<"one">} {
  %e = tensor.empty() : tensor<8xf32>
  %a = kernel.map dims [8] ins(%w : tensor<8xf32>) outs(%e : tensor<8xf32>) maps [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>]
    body { ^bb0(%v: f32):
      %r = math.absf %v : f32
      kernel.yield %r : f32 } -> tensor<8xf32>
  %y = kernel.map dims [8] ins(%x, %a : tensor<8xf32>, tensor<8xf32>) outs(%e : tensor<8xf32>) maps [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>, affine_map<(i) -> (i)>]
    body { ^bb0(%u: f32, %v: f32):
      %r = arith.mulf %u, %v : f32
      kernel.yield %r : f32 } -> tensor<8xf32>
  return %y : tensor<8xf32>
}
func.func @two(%w: tensor<8xf32> {moe.var = @w}) -> (tensor<8xf32> {moe.output = "y"}, tensor<2x4xf32> {moe.output = "z"}) attributes {moe.entry = #moe.entry<"two">} {
  %e = tensor.empty() : tensor<8xf32>
  %a = kernel.map dims [8] ins(%w : tensor<8xf32>) outs(%e : tensor<8xf32>) maps [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>]
    body { ^bb0(%v: f32):
      %r = math.absf %v : f32
      kernel.yield %r : f32 } -> tensor<8xf32>
  %b = kernel.map dims [8] ins(%a : tensor<8xf32>) outs(%e : tensor<8xf32>) maps [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>]
    body { ^bb0(%v: f32):
      %r = arith.addf %v, %v : f32
      kernel.yield %r : f32 } -> tensor<8xf32>
  %z = tensor.expand_shape %b [[0, 1]] output_shape [2, 4] : tensor<8xf32> into tensor<2x4xf32>
  return %a, %z : tensor<8xf32>, tensor<2x4xf32>
}
}

// -----

// An entry that computes derived variables is there: it gets one more result, of its own result where that is what is read. A variable that nobody
// else reads any more goes.

// CHECK-NOT:     moe.variable @twice :
// CHECK-LABEL: func.func @double(
// CHECK-SAME:    -> (tensor<8xf32> {moe.var = @twice.derived}) attributes {moe.entry = #moe.entry<"double">} {
// CHECK:         %[[A:.*]] = kernel.map
// CHECK:           arith.addf
// CHECK:         %[[B:.*]] = kernel.map dims [8] ins(%[[A]] :
// CHECK:           math.absf
// CHECK:         return %[[B]] :
// CHECK-LABEL: func.func @infer(
// CHECK-SAME:    %[[D:.*]]: tensor<8xf32> {moe.var = @twice.derived})
// CHECK-NEXT:    return %[[D]]
module {
moe.variable @w : tensor<8xf32> role(parameter)
moe.variable @twice : tensor<8xf32> role(derived)
func.func @double(%w: tensor<8xf32> {moe.var = @w}) -> (tensor<8xf32> {moe.var = @twice}) attributes {moe.entry = #moe.entry<"double">} {
  %e = tensor.empty() : tensor<8xf32>
  %a = kernel.map dims [8] ins(%w : tensor<8xf32>) outs(%e : tensor<8xf32>) maps [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>]
    body { ^bb0(%v: f32):
      %r = arith.addf %v, %v : f32
      kernel.yield %r : f32 } -> tensor<8xf32>
  return %a : tensor<8xf32>
}
func.func @infer(%w: tensor<8xf32> {moe.var = @twice}) -> (tensor<8xf32> {moe.output = "y"}) attributes {moe.entry = #moe.entry<"infer">} {
  %e = tensor.empty() : tensor<8xf32>
  %a = kernel.map dims [8] ins(%w : tensor<8xf32>) outs(%e : tensor<8xf32>) maps [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>]
    body { ^bb0(%v: f32):
      %r = math.absf %v : f32
      kernel.yield %r : f32 } -> tensor<8xf32>
  return %a : tensor<8xf32>
}
}

// -----

// Stays: what follows from nothing, from an input, and what is rounded to bf16.

// CHECK-LABEL: func.func @kept(
// CHECK-COUNT-3: kernel.map
// CHECK-NOT:   @prepare
module {
moe.variable @w : tensor<8xf32> role(parameter)
func.func @kept(%x: tensor<8xf32> {moe.field = "x"}, %w: tensor<8xf32> {moe.var = @w}) -> (tensor<8xf32> {moe.output = "y"}) attributes {moe.entry = #moe.entry<"kept">} {
  %e = tensor.empty() : tensor<8xf32>
  %h = tensor.empty() : tensor<8xbf16>
  %one = kernel.map dims [8] outs(%e : tensor<8xf32>) maps [affine_map<(i) -> (i)>]
    body { ^bb0:
      %r = arith.constant 1.0 : f32
      kernel.yield %r : f32 } -> tensor<8xf32>
  %a = kernel.map dims [8] ins(%w : tensor<8xf32>) outs(%h : tensor<8xbf16>) maps [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>]
    body { ^bb0(%v: f32):
      %r = arith.truncf %v : f32 to bf16
      kernel.yield %r : bf16 } -> tensor<8xbf16>
  %y = kernel.map dims [8] ins(%x, %one, %a : tensor<8xf32>, tensor<8xf32>, tensor<8xbf16>) outs(%e : tensor<8xf32>)
    maps [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>, affine_map<(i) -> (i)>, affine_map<(i) -> (i)>]
    body { ^bb0(%u: f32, %v: f32, %z: bf16):
      %f = arith.extf %z : bf16 to f32
      %s = arith.addf %v, %f : f32
      %r = arith.mulf %u, %s : f32
      kernel.yield %r : f32 } -> tensor<8xf32>
  return %y : tensor<8xf32>
}
}
