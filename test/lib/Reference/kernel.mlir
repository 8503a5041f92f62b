// The ops of the kernel dialect mean what the moe ops mean that they compute.
// RUN: moec-interpret %s --compare-with=%S/Inputs/kernel.mlir --f64 | FileCheck %s
// RUN: moec-interpret %s --compare-with=%S/Inputs/kernel.mlir | FileCheck %s

// CHECK: @linear result 0: equal, max error 0
// CHECK: @experts result 0: equal
// CHECK: @experts result 1: equal
// CHECK: @attention result 0: equal
// CHECK: @attention result 1: equal
// CHECK: @attention_grad result 0: equal
// CHECK: @attention_grad result 1: equal
// CHECK: @attention_grad result 2: equal

func.func @linear(%x: tensor<2x6x8xf32>, %w: tensor<8x10xf32>, %b: tensor<10xf32>) -> tensor<2x6x10xf32> {
  %y = moe.linear %x, %w, %b axis 2 : (tensor<2x6x8xf32>, tensor<8x10xf32>, tensor<10xf32>) -> tensor<2x6x10xf32>
  return %y : tensor<2x6x10xf32>
}
func.func @experts(%x: tensor<16x8xf32>, %g: tensor<16x4xf32>, %w: tensor<4x8x6xf32>, %b: tensor<4x6xf32>) -> (tensor<16x6xf32>, tensor<20x6xf32>) {
  %s = moe.softmax %g axes [1] : tensor<16x4xf32>
  %p, %plan = moe.top_k_route %s k 2 capacity 5 priority importance : tensor<16x4xf32> -> tensor<16x2xf32>, !moe.routing<items = 16, experts = 4, k = 2, capacity = 5>
  %r = moe.dispatch %x, %plan : (tensor<16x8xf32>, !moe.routing<items = 16, experts = 4, k = 2, capacity = 5>) -> tensor<20x8xf32>
  %h = moe.expert_linear %r, %w, %plan, %b : (tensor<20x8xf32>, tensor<4x8x6xf32>, !moe.routing<items = 16, experts = 4, k = 2, capacity = 5>, tensor<4x6xf32>) -> tensor<20x6xf32>
  %y = moe.combine %h, %plan, %p : (tensor<20x6xf32>, !moe.routing<items = 16, experts = 4, k = 2, capacity = 5>, tensor<16x2xf32>) -> tensor<16x6xf32>
  return %y, %h : tensor<16x6xf32>, tensor<20x6xf32>
}
// Two heads of the query to one of the key.
func.func @attention(%q: tensor<2x5x4x8xf32>, %k: tensor<2x7x2x8xf32>, %v: tensor<2x7x2x6xf32>) -> (tensor<2x5x4x6xf32>, tensor<2x4x5xf32>) {
  %y, %l = moe.attention %q, %k, %v scale 0.7 : (tensor<2x5x4x8xf32>, tensor<2x7x2x8xf32>, tensor<2x7x2x6xf32>) -> (tensor<2x5x4x6xf32>, tensor<2x4x5xf32>)
  return %y, %l : tensor<2x5x4x6xf32>, tensor<2x4x5xf32>
}
func.func @attention_grad(%q: tensor<2x5x4x8xf32>, %k: tensor<2x7x2x8xf32>, %v: tensor<2x7x2x6xf32>, %y: tensor<2x5x4x6xf32>, %l: tensor<2x4x5xf32>, %dy: tensor<2x5x4x6xf32>)
    -> (tensor<2x5x4x8xf32>, tensor<2x7x2x8xf32>, tensor<2x7x2x6xf32>) {
  %g:3 = moe.attention_grad %q, %k, %v of %y, %l by %dy scale 0.7
    : (tensor<2x5x4x8xf32>, tensor<2x7x2x8xf32>, tensor<2x7x2x6xf32>, tensor<2x5x4x6xf32>, tensor<2x4x5xf32>, tensor<2x5x4x6xf32>)
      -> (tensor<2x5x4x8xf32>, tensor<2x7x2x8xf32>, tensor<2x7x2x6xf32>)
  return %g#0, %g#1, %g#2 : tensor<2x5x4x8xf32>, tensor<2x7x2x8xf32>, tensor<2x7x2x6xf32>
}
