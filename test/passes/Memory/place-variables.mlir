// RUN: moec-opt %s --split-input-file --moec-place-variables | FileCheck %s

// In order, on multiples of 64 bytes, each role by itself. What is joined lies
// side by side.

// CHECK: moe.variable @w : tensor<3xf32> role(parameter) at 0
// CHECK: moe.variable @v : tensor<2x4xf32> role(parameter) at 64
// CHECK: moe.variable @u : tensor<2xf32> role(parameter) at 12
// CHECK: moe.variable @w.mean : tensor<3xf32> role(moment) of @w at 0
// CHECK: moe.variable @last : tensor<f32> role(parameter) at 128
moe.variable @w : tensor<3xf32> role(parameter)
moe.variable @v : tensor<2x4xf32> role(parameter)
moe.variable @u : tensor<2xf32> role(parameter)
moe.variable @w.mean : tensor<3xf32> role(moment) of @w
moe.variable @last : tensor<f32> role(parameter)
func.func @f(%w: tensor<3xf32> {moe.var = @w}, %u: tensor<2xf32> {moe.var = @u}) -> (tensor<5xf32> {moe.output = "y"}) {
  %j = tensor.concat dim(0) %w, %u : (tensor<3xf32>, tensor<2xf32>) -> tensor<5xf32>
  return %j : tensor<5xf32>
}

// -----

// The first way to join decides; variables of two roles are not joined.

// CHECK: moe.variable @a : tensor<16xf32> role(parameter) at 0
// CHECK: moe.variable @b : tensor<16xf32> role(parameter) at 64
// CHECK: moe.variable @c : tensor<16xf32> role(parameter) at 128
// CHECK: moe.variable @s : tensor<16xf32> role(statistic) at 0
moe.variable @a : tensor<16xf32> role(parameter)
moe.variable @b : tensor<16xf32> role(parameter)
moe.variable @c : tensor<16xf32> role(parameter)
moe.variable @s : tensor<16xf32> role(statistic)
func.func @f(%a: tensor<16xf32> {moe.var = @a}, %b: tensor<16xf32> {moe.var = @b}, %c: tensor<16xf32> {moe.var = @c}, %s: tensor<16xf32> {moe.var = @s})
    -> (tensor<32xf32> {moe.output = "x"}, tensor<32xf32> {moe.output = "y"}, tensor<32xf32> {moe.output = "z"}) {
  %x = tensor.concat dim(0) %s, %a : (tensor<16xf32>, tensor<16xf32>) -> tensor<32xf32>
  %y = tensor.concat dim(0) %b, %c : (tensor<16xf32>, tensor<16xf32>) -> tensor<32xf32>
  %z = tensor.concat dim(0) %c, %a : (tensor<16xf32>, tensor<16xf32>) -> tensor<32xf32>
  return %x, %y, %z : tensor<32xf32>, tensor<32xf32>, tensor<32xf32>
}
