// RUN: moec-opt %s -moec-lower-to-kernel -mlir-print-local-scope | FileCheck %s

// The plan of 128 items, 8 experts, 2 choices: offsets at 0, items at 9, slots
// at 265, positions at 521, experts at 777; 1033 numbers.
!plan = !moe.routing<items = 128, experts = 8, k = 2, capacity = 40>

// Rows of an expert are a ragged m, its bias is in the epilogue.
// CHECK-LABEL: func @expert_linear
// CHECK: kernel.contract dims [8, 256, 192, 96] ins(%arg0, %arg1, %arg2, %arg3 :
// CHECK-SAME: maps [affine_map<(d0, d1, d2, d3) -> (d1, d3)>, affine_map<(d0, d1, d2, d3) -> (d0, d3, d2)>,
// CHECK-SAME:       affine_map<(d0, d1, d2, d3) -> (d0, d2)>, affine_map<(d0, d1, d2, d3) -> (d0)>, affine_map<(d0, d1, d2, d3) -> (d1, d2)>]
// CHECK-SAME: ragged 1 by 3
func.func @expert_linear(%r: tensor<256x96xf32>, %w: tensor<8x96x192xf32>, %b: tensor<8x192xf32>, %plan: !plan) -> tensor<256x192xf32> {
  %h = moe.expert_linear %r, %w, %plan, %b : (tensor<256x96xf32>, tensor<8x96x192xf32>, !plan, tensor<8x192xf32>) -> tensor<256x192xf32>
  return %h : tensor<256x192xf32>
}

// CHECK-LABEL: func @expert_linear_transposed
// CHECK: kernel.contract dims [8, 256, 96, 192] ins(%arg0, %arg1, %arg2 :
// CHECK-SAME: affine_map<(d0, d1, d2, d3) -> (d0, d2, d3)>, affine_map<(d0, d1, d2, d3) -> (d0)>
// CHECK-SAME: ragged 1 by 2
func.func @expert_linear_transposed(%r: tensor<256x192xf32>, %w: tensor<8x96x192xf32>, %plan: !plan) -> tensor<256x96xf32> {
  %h = moe.expert_linear %r, %w, %plan transposed : (tensor<256x192xf32>, tensor<8x96x192xf32>, !plan) -> tensor<256x96xf32>
  return %h : tensor<256x96xf32>
}

// CHECK-LABEL: func @expert_linear_gradient
// CHECK: kernel.contract dims [8, 96, 192, 256] ins(%arg0, %arg1, %arg2 :
// CHECK-SAME: maps [affine_map<(d0, d1, d2, d3) -> (d3, d1)>, affine_map<(d0, d1, d2, d3) -> (d3, d2)>,
// CHECK-SAME:       affine_map<(d0, d1, d2, d3) -> (d0)>, affine_map<(d0, d1, d2, d3) -> (d0, d1, d2)>]
// CHECK-SAME: ragged 3 by 2
// CHECK: kernel.rows dims [8, 192, 256] ins(%arg1, %arg2 :
// CHECK-SAME: ragged 2 by 1
func.func @expert_linear_gradient(%r: tensor<256x96xf32>, %dr: tensor<256x192xf32>, %plan: !plan) -> (tensor<8x96x192xf32>, tensor<8x192xf32>) {
  %dw, %db = moe.expert_linear_grad %r, %dr, %plan : (tensor<256x96xf32>, tensor<256x192xf32>, !plan) -> (tensor<8x96x192xf32>, tensor<8x192xf32>)
  return %dw, %db : tensor<8x96x192xf32>, tensor<8x192xf32>
}
