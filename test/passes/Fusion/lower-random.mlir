// RUN: moec-opt %s -moec-lower-to-kernel -mlir-print-local-scope | FileCheck %s

// Ten rounds of two products.
// CHECK-LABEL: func @random
// CHECK: kernel.map dims [8, 4] ins(%arg0, %arg1 : tensor<i32>, tensor<i32>)
// CHECK-SAME: maps [affine_map<(d0, d1) -> ()>, affine_map<(d0, d1) -> ()>, affine_map<(d0, d1) -> (d0, d1)>]
// CHECK: kernel.index 1
// CHECK: kernel.index 0
// CHECK-COUNT-20: arith.mului_extended
// CHECK-NOT: arith.mului_extended
// CHECK: math.log
// CHECK: math.cos
func.func @random(%seed: tensor<i32> {moe.range = [0, 2147483647]}, %step: tensor<i32> {moe.range = [1, 1000]}) -> tensor<8x4xf32> {
  %y = moe.random_normal %seed, %step : tensor<i32> stream 3 std 0.25 -> tensor<8x4xf32>
  return %y : tensor<8x4xf32>
}
