// RUN: moec-opt %s -moec-lower-to-kernel -moec-verify-fusion | FileCheck %s
// RUN: moec-opt %s -moec-lower-to-kernel -mlir-print-debuginfo -mlir-print-local-scope | FileCheck %s --check-prefix=LOC

!plan = !moe.routing<items = 8, experts = 4, k = 2, capacity = 5>
!plans = !moe.routing<items = 8, experts = 4, k = 2, capacity = 5, stack = 3>

// A plan is a tensor of 5 + 4 * 16 numbers, in signatures, repeats and their
// stacks; attributes of arguments and results stay.
// CHECK-LABEL: func @repeat
// CHECK-SAME: (%arg0: tensor<8x4xf32> {moe.field = "gates"}, %arg1: tensor<3x69xi32> {moe.field = "plans"})
// CHECK-SAME: -> (tensor<8x4xf32> {moe.output = "out"}, tensor<3x69xi32>)
// CHECK: moe.repeat 3 reverse carry(%arg0 : tensor<8x4xf32>) stacked(%arg1 : tensor<3x69xi32>) {
// CHECK-NEXT: ^bb0(%{{.*}}: tensor<8x4xf32>, %[[P:.*]]: tensor<69xi32>):
// CHECK: %[[ROUTE:.*]]:2 = kernel.route
// CHECK: moe.yield %{{.*}}, %[[ROUTE]]#1 : tensor<8x4xf32>, tensor<69xi32>
// CHECK-NEXT: } -> tensor<8x4xf32>, tensor<3x69xi32>
func.func @repeat(%g: tensor<8x4xf32> {moe.field = "gates"}, %p: !plans {moe.field = "plans"})
    -> (tensor<8x4xf32> {moe.output = "out"}, !plans) {
  %r:2 = moe.repeat 3 reverse carry(%g : tensor<8x4xf32>) stacked(%p : !plans) {
  ^bb0(%c: tensor<8x4xf32>, %q: !plan):
    %w, %new = moe.top_k_route %c k 2 capacity 5 priority position : tensor<8x4xf32> -> tensor<8x2xf32>, !plan
    %dg = moe.top_k_route_grad %w, %q : (tensor<8x2xf32>, !plan) -> tensor<8x4xf32>
    moe.yield %dg, %new : tensor<8x4xf32>, !plan
  } -> tensor<8x4xf32>, !plans
  return %r#0, %r#1 : tensor<8x4xf32>, !plans
}

// CHECK-LABEL: func @caller
// CHECK: call @callee(%arg0) : (tensor<69xi32>) -> tensor<69xi32>
func.func private @callee(%p: !plan) -> !plan
func.func @caller(%p: !plan) -> !plan {
  %0 = call @callee(%p) : (!plan) -> !plan
  return %0 : !plan
}

// Both kernels of a node carry its name.
// LOC-LABEL: func @location
// LOC: kernel.rows
// LOC: -> tensor<4xf32>, tensor<4xf32> loc("block.attention"("model.json":3:7))
// LOC: kernel.map
// LOC: -> tensor<4x8xf32> loc("block.attention"("model.json":3:7))
func.func @location(%x: tensor<4x8xf32>) -> tensor<4x8xf32> {
  %y = moe.softmax %x axes [1] : tensor<4x8xf32> loc("block.attention"("model.json":3:7))
  return %y : tensor<4x8xf32>
}
