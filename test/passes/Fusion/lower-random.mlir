// RUN: moec-opt %s -moec-lower-to-kernel -mlir-print-local-scope | FileCheck %s

// Ten rounds of two products.
// CHECK-LABEL: func @random
// CHECK: kernel.map dims [8, 4] ins(%arg0, %arg1 : tensor<i32>, tensor<i32>)
// CHECK-SAME: maps [affine_map<(d0, d1) -> ()>, affine_map<(d0, d1) -> ()>, affine_map<(d0, d1) -> (d0, d1)>]
// CHECK: kernel.index affine_map<(d0, d1) -> (d0 * 4 + d1)>
// CHECK-COUNT-20: arith.mului_extended
// CHECK-NOT: arith.mului_extended
// CHECK: math.log
// CHECK: math.cos
func.func @random(%seed: tensor<i32> {moe.range = [0, 2147483647]}, %step: tensor<i32> {moe.range = [1, 1000]}) -> tensor<8x4xf32> {
  %y = moe.random_normal %seed, %step : tensor<i32> stream 3 std 0.25 -> tensor<8x4xf32>
  return %y : tensor<8x4xf32>
}

// One map of a few integer ops: the number of what draws, three times shifted,
// and multiplied. A key is read where it is needed, and a mask is nowhere.
// CHECK-LABEL: func @dropout
// CHECK: kernel.map dims [5, 4] ins(%arg1, %arg2 : tensor<i32>, tensor<i32>)
// CHECK-COUNT-20: arith.mului_extended
// CHECK: arith.bitcast
// CHECK: kernel.map dims [8, 4]
// CHECK-SAME: affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (0)>, affine_map<(d0, d1) -> (1)>, affine_map<(d0, d1) -> (2)>, affine_map<(d0, d1) -> (3)>
// CHECK: %[[N:.*]] = kernel.index affine_map<(d0, d1) -> (d0 * 4 + d1)>
// CHECK: arith.xori %[[N]]
// CHECK-COUNT-3: arith.muli
// CHECK: arith.cmpi uge
// CHECK: arith.select
// CHECK: kernel.map dims [8, 4]
// CHECK: kernel.index 0
func.func @dropout(%x: tensor<8x4xf32>, %seed: tensor<i32> {moe.range = [0, 2147483647]}, %step: tensor<i32> {moe.range = [1, 1000]}) -> (tensor<5x4xi32>, tensor<8x4xf32>, tensor<8x4xf32>) {
  %keys = moe.dropout_key %seed, %step : tensor<i32> stream 3 rates [0.0, 0.25] -> tensor<5x4xi32>
  %key = moe.dropout_key %seed, %step : tensor<i32> stream 4 rates [0.25, 0.25] -> tensor<4xi32>
  %y = moe.dropout %x, %key leading 2 : tensor<8x4xf32>, tensor<4xi32>
  %z = moe.dropout %x, %key leading 1 : tensor<8x4xf32>, tensor<4xi32>
  return %keys, %y, %z : tensor<5x4xi32>, tensor<8x4xf32>, tensor<8x4xf32>
}

// One block an element, whose first word it is.
// CHECK-LABEL: func @bits
// CHECK: kernel.map dims [8, 4] ins(%arg0, %arg1 : tensor<i32>, tensor<i32>) outs(%{{.*}} : tensor<8x4xi32>)
// CHECK-NOT: arith.shrui
// CHECK-NOT: arith.sitofp
// CHECK: kernel.yield %{{.*}} : i32
func.func @bits(%seed: tensor<i32> {moe.range = [0, 2147483647]}, %step: tensor<i32> {moe.range = [1, 1000]}) -> tensor<8x4xi32> {
  %y = moe.random_bits %seed, %step : tensor<i32> stream 3 -> tensor<8x4xi32>
  return %y : tensor<8x4xi32>
}
