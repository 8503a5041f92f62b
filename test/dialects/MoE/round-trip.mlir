// Every op, as it is written in its description.
// RUN: moec-opt %s | moec-opt | FileCheck %s
// RUN: moec-opt %s --mlir-print-op-generic | moec-opt | FileCheck %s

// CHECK-LABEL: func.func @repeat(
// CHECK: %{{.*}} = moe.repeat 4 carry(%{{.*}} : tensor<8xf32>) stacked(%{{.*}} : tensor<4x8xf32>) {
// CHECK: %{{.*}} = moe.mul %{{.*}}, %{{.*}} : tensor<8xf32>
// CHECK: moe.yield %{{.*}}, %{{.*}} : tensor<8xf32>, tensor<8xf32>
func.func @repeat(%x: tensor<8xf32>, %w: tensor<4x8xf32>) -> (tensor<8xf32>, tensor<4x8xf32>) {
  %r:2 = moe.repeat 4 carry(%x : tensor<8xf32>) stacked(%w : tensor<4x8xf32>) {
  ^bb0(%c: tensor<8xf32>, %p: tensor<8xf32>):
    %n = moe.mul %c, %p : tensor<8xf32>
    moe.yield %n, %c : tensor<8xf32>, tensor<8xf32>
  } -> tensor<8xf32>, tensor<4x8xf32>
  return %r#0, %r#1 : tensor<8xf32>, tensor<4x8xf32>
}

// CHECK-LABEL: func.func @reshape(
// CHECK: %{{.*}} = moe.reshape %{{.*}} : tensor<2x6xf32> -> tensor<3x4xf32>
func.func @reshape(%x: tensor<2x6xf32>) -> tensor<3x4xf32> {
  %y = moe.reshape %x : tensor<2x6xf32> -> tensor<3x4xf32>
  return %y : tensor<3x4xf32>
}

// CHECK-LABEL: func.func @tokens(
// CHECK: %[[Y:.*]] = moe.concat %{{.*}}, %{{.*}} axis 1 : tensor<2x1x8xf32>, tensor<2x49x8xf32> -> tensor<2x50x8xf32>
// CHECK: %[[Z:.*]] = moe.slice %[[Y]] axis 1 begin 1 : tensor<2x50x8xf32> -> tensor<2x49x8xf32>
// CHECK: moe.stop_gradient %[[Z]] : tensor<2x49x8xf32>
func.func @tokens(%c: tensor<2x1x8xf32>, %x: tensor<2x49x8xf32>) -> tensor<2x49x8xf32> {
  %y = moe.concat %c, %x axis 1 : tensor<2x1x8xf32>, tensor<2x49x8xf32> -> tensor<2x50x8xf32>
  %z = moe.slice %y axis 1 begin 1 : tensor<2x50x8xf32> -> tensor<2x49x8xf32>
  %s = moe.stop_gradient %z : tensor<2x49x8xf32>
  return %s : tensor<2x49x8xf32>
}

// CHECK-LABEL: func.func @transpose(
// CHECK: %{{.*}} = moe.transpose %{{.*}} [0, 2, 1] : tensor<2x3x4xf32> -> tensor<2x4x3xf32>
func.func @transpose(%x: tensor<2x3x4xf32>) -> tensor<2x4x3xf32> {
  %y = moe.transpose %x [0, 2, 1] : tensor<2x3x4xf32> -> tensor<2x4x3xf32>
  return %y : tensor<2x4x3xf32>
}

// CHECK-LABEL: func.func @broadcast(
// CHECK: %{{.*}} = moe.broadcast %{{.*}} axes [0, 2] : tensor<4x8xf32> -> tensor<2x4x3x8xf32>
func.func @broadcast(%b: tensor<4x8xf32>) -> tensor<2x4x3x8xf32> {
  %y = moe.broadcast %b axes [0, 2] : tensor<4x8xf32> -> tensor<2x4x3x8xf32>
  return %y : tensor<2x4x3x8xf32>
}

// CHECK-LABEL: func.func @reduce(
// CHECK: %{{.*}} = moe.reduce %{{.*}} axes [1] : tensor<2x3x4xf32> -> tensor<2x4xf32>
func.func @reduce(%x: tensor<2x3x4xf32>) -> tensor<2x4xf32> {
  %y = moe.reduce %x axes [1] : tensor<2x3x4xf32> -> tensor<2x4xf32>
  return %y : tensor<2x4xf32>
}

// CHECK-LABEL: func.func @fill(
// CHECK: %{{.*}} = moe.fill 5.000000e-01 : tensor<4xf32>
func.func @fill() -> tensor<4xf32> {
  %y = moe.fill 0.5 : tensor<4xf32>
  return %y : tensor<4xf32>
}

// CHECK-LABEL: func.func @dropout(
// CHECK: %[[K:.*]] = moe.dropout_key %{{.*}}, %{{.*}} : tensor<i32> stream 3 rates [0.000000e+00, 1.000000e-01] -> tensor<4x4xi32>
// CHECK: %[[ONE:.*]] = moe.dropout_key %{{.*}}, %{{.*}} : tensor<i32> stream 4 rates [2.500000e-01, 2.500000e-01] -> tensor<4xi32>
// CHECK: moe.dropout %{{.*}}, %[[ONE]] leading 1 : tensor<8x49x96xf32>, tensor<4xi32>
func.func @dropout(%x: tensor<8x49x96xf32>, %seed: tensor<i32>, %step: tensor<i32>) -> (tensor<4x4xi32>, tensor<8x49x96xf32>) {
  %k = moe.dropout_key %seed, %step : tensor<i32> stream 3 rates [0.0, 0.1] -> tensor<4x4xi32>
  %one = moe.dropout_key %seed, %step : tensor<i32> stream 4 rates [0.25, 0.25] -> tensor<4xi32>
  %y = moe.dropout %x, %one leading 1 : tensor<8x49x96xf32>, tensor<4xi32>
  return %k, %y : tensor<4x4xi32>, tensor<8x49x96xf32>
}

// CHECK-LABEL: func.func @iota(
// CHECK: %{{.*}} = moe.iota : tensor<8xi32>
func.func @iota() -> tensor<8xi32> {
  %y = moe.iota : tensor<8xi32>
  return %y : tensor<8xi32>
}

// CHECK-LABEL: func.func @relu(
// CHECK: %{{.*}} = moe.relu %{{.*}} : tensor<4xf32>
// CHECK: %{{.*}} = moe.relu_grad %{{.*}}, %{{.*}} : tensor<4xf32>
func.func @relu(%x: tensor<4xf32>) -> tensor<4xf32> {
  %y = moe.relu %x : tensor<4xf32>
  %dx = moe.relu_grad %x, %y : tensor<4xf32>
  return %dx : tensor<4xf32>
}

// CHECK-LABEL: func.func @integers(
// CHECK: %[[F:.*]] = moe.fill 5.000000e+00 : tensor<4xi32>
// CHECK: %[[R:.*]] = moe.reshape %[[F]] : tensor<4xi32> -> tensor<2x2xi32>
// CHECK: %{{.*}} = moe.broadcast %[[R]] axes [0] : tensor<2x2xi32> -> tensor<3x2x2xi32>
func.func @integers() -> tensor<3x2x2xi32> {
  %f = moe.fill 5.0 : tensor<4xi32>
  %r = moe.reshape %f : tensor<4xi32> -> tensor<2x2xi32>
  %b = moe.broadcast %r axes [0] : tensor<2x2xi32> -> tensor<3x2x2xi32>
  return %b : tensor<3x2x2xi32>
}

// CHECK-LABEL: func.func @order(
// CHECK: %[[B:.*]] = moe.random_bits %{{.*}}, %{{.*}} : tensor<i32> stream 3 -> tensor<8x49xi32>
// CHECK: %[[O:.*]] = moe.argsort %[[B]] : tensor<8x49xi32>
// CHECK: %[[Y:.*]] = moe.gather_tokens %{{.*}}, %[[O]] begin 2 : tensor<8x49x96xf32>, tensor<8x49xi32> -> tensor<8x12x96xf32>
// CHECK: %{{.*}} = moe.scatter_tokens %[[Y]], %[[O]] begin 3 : tensor<8x12x96xf32>, tensor<8x49xi32> -> tensor<8x49x96xf32>
func.func @order(%seed: tensor<i32>, %step: tensor<i32>, %x: tensor<8x49x96xf32>) -> tensor<8x49x96xf32> {
  %bits = moe.random_bits %seed, %step : tensor<i32> stream 3 -> tensor<8x49xi32>
  %order = moe.argsort %bits : tensor<8x49xi32>
  %y = moe.gather_tokens %x, %order begin 2 : tensor<8x49x96xf32>, tensor<8x49xi32> -> tensor<8x12x96xf32>
  %z = moe.scatter_tokens %y, %order begin 3 : tensor<8x12x96xf32>, tensor<8x49xi32> -> tensor<8x49x96xf32>
  return %z : tensor<8x49x96xf32>
}

// CHECK-LABEL: func.func @random_normal(
// CHECK: %{{.*}} = moe.random_normal %{{.*}}, %{{.*}} : tensor<i32> stream 3 std 2.500000e-01 -> tensor<8x4xf32>
func.func @random_normal(%seed: tensor<i32>, %step: tensor<i32>) -> tensor<8x4xf32> {
  %y = moe.random_normal %seed, %step : tensor<i32> stream 3 std 0.25 -> tensor<8x4xf32>
  return %y : tensor<8x4xf32>
}

// CHECK-LABEL: func.func @add(
// CHECK: %{{.*}} = moe.add %{{.*}}, %{{.*}} : tensor<4xf32>
func.func @add(%x: tensor<4xf32>, %y: tensor<4xf32>) -> tensor<4xf32> {
  %z = moe.add %x, %y : tensor<4xf32>
  return %z : tensor<4xf32>
}

// CHECK-LABEL: func.func @sub(
// CHECK: %{{.*}} = moe.sub %{{.*}}, %{{.*}} : tensor<4xf32>
func.func @sub(%x: tensor<4xf32>, %y: tensor<4xf32>) -> tensor<4xf32> {
  %z = moe.sub %x, %y : tensor<4xf32>
  return %z : tensor<4xf32>
}

// CHECK-LABEL: func.func @mul(
// CHECK: %{{.*}} = moe.mul %{{.*}}, %{{.*}} : tensor<4xf32>
func.func @mul(%x: tensor<4xf32>, %y: tensor<4xf32>) -> tensor<4xf32> {
  %z = moe.mul %x, %y : tensor<4xf32>
  return %z : tensor<4xf32>
}

// CHECK-LABEL: func.func @scale(
// CHECK: %{{.*}} = moe.scale %{{.*}} by 5.000000e-01 : tensor<4xf32>
func.func @scale(%x: tensor<4xf32>) -> tensor<4xf32> {
  %y = moe.scale %x by 0.5 : tensor<4xf32>
  return %y : tensor<4xf32>
}

// CHECK-LABEL: func.func @rsqrt(
// CHECK: %{{.*}} = moe.rsqrt %{{.*}} eps 1.000000e-05 : tensor<4xf32>
func.func @rsqrt(%x: tensor<4xf32>) -> tensor<4xf32> {
  %y = moe.rsqrt %x eps 1.0e-5 : tensor<4xf32>
  return %y : tensor<4xf32>
}

// CHECK-LABEL: func.func @unary(
// CHECK: %{{.*}} = moe.sigmoid %{{.*}} : tensor<4xf32>
// CHECK: %{{.*}} = moe.tanh %{{.*}} : tensor<4xf32>
// CHECK: %{{.*}} = moe.softplus %{{.*}} : tensor<4xf32>
func.func @unary(%x: tensor<4xf32>) -> tensor<4xf32> {
  %0 = moe.sigmoid %x : tensor<4xf32>
  %1 = moe.tanh %0 : tensor<4xf32>
  %2 = moe.softplus %1 : tensor<4xf32>
  return %2 : tensor<4xf32>
}

// CHECK-LABEL: func.func @top_k_softmax(
// CHECK: %{{.*}} = moe.top_k_softmax %{{.*}} k 2 : tensor<128x8xf32>
func.func @top_k_softmax(%x: tensor<128x8xf32>) -> tensor<128x8xf32> {
  %y = moe.top_k_softmax %x k 2 : tensor<128x8xf32>
  return %y : tensor<128x8xf32>
}

// CHECK-LABEL: func.func @gelu(
// CHECK: %{{.*}} = moe.gelu %{{.*}} tanh : tensor<4xf32>
func.func @gelu(%x: tensor<4xf32>) -> tensor<4xf32> {
  %y = moe.gelu %x tanh : tensor<4xf32>
  return %y : tensor<4xf32>
}

// CHECK-LABEL: func.func @gelu_grad(
// CHECK: %{{.*}} = moe.gelu_grad %{{.*}}, %{{.*}} tanh : tensor<4xf32>
func.func @gelu_grad(%x: tensor<4xf32>, %dy: tensor<4xf32>) -> tensor<4xf32> {
  %dx = moe.gelu_grad %x, %dy tanh : tensor<4xf32>
  return %dx : tensor<4xf32>
}

// CHECK-LABEL: func.func @patchify(
// CHECK: %{{.*}} = moe.patchify %{{.*}} patch 4 mean {{\[}}2.860000e-01] std {{\[}}3.530000e-01] : tensor<2x28x28x1xi8> -> tensor<2x49x16xf32>
func.func @patchify(%x: tensor<2x28x28x1xi8>) -> tensor<2x49x16xf32> {
  %y = moe.patchify %x patch 4 mean [0.286] std [0.353] : tensor<2x28x28x1xi8> -> tensor<2x49x16xf32>
  return %y : tensor<2x49x16xf32>
}

// CHECK-LABEL: func.func @linear(
// CHECK: %{{.*}} = moe.linear %{{.*}}, %{{.*}}, %{{.*}} axis 1 : (tensor<2x49x96xf32>, tensor<49x64xf32>, tensor<64xf32>) -> tensor<2x64x96xf32>
func.func @linear(%x: tensor<2x49x96xf32>, %w: tensor<49x64xf32>, %b: tensor<64xf32>) -> tensor<2x64x96xf32> {
  %y = moe.linear %x, %w, %b axis 1 : (tensor<2x49x96xf32>, tensor<49x64xf32>, tensor<64xf32>) -> tensor<2x64x96xf32>
  return %y : tensor<2x64x96xf32>
}

// CHECK-LABEL: func.func @einsum(
// CHECK: %{{.*}} = moe.einsum %{{.*}}, %{{.*}} "bshd,bthd->bhst" : (tensor<2x49x4x24xf32>, tensor<2x49x4x24xf32>) -> tensor<2x4x49x49xf32>
func.func @einsum(%q: tensor<2x49x4x24xf32>, %k: tensor<2x49x4x24xf32>) -> tensor<2x4x49x49xf32> {
  %y = moe.einsum %q, %k "bshd,bthd->bhst" : (tensor<2x49x4x24xf32>, tensor<2x49x4x24xf32>) -> tensor<2x4x49x49xf32>
  return %y : tensor<2x4x49x49xf32>
}

// CHECK-LABEL: func.func @layer_norm(
// CHECK: %{{.*}} = moe.layer_norm %{{.*}}, %{{.*}}, %{{.*}} eps 9.9999999999999995E-7 : tensor<2x49x96xf32>, tensor<96xf32>
func.func @layer_norm(%x: tensor<2x49x96xf32>, %s: tensor<96xf32>, %b: tensor<96xf32>) -> tensor<2x49x96xf32> {
  %y = moe.layer_norm %x, %s, %b eps 1.0e-6 : tensor<2x49x96xf32>, tensor<96xf32>
  return %y : tensor<2x49x96xf32>
}

// CHECK-LABEL: func.func @layer_norm_grad(
// CHECK: %{{.*}}Grad, %{{.*}}Grad, %{{.*}}Grad = moe.layer_norm_grad %{{.*}}, %{{.*}}, %{{.*}} eps 9.9999999999999995E-7 : tensor<2x49x96xf32>, tensor<96xf32>
func.func @layer_norm_grad(%x: tensor<2x49x96xf32>, %s: tensor<96xf32>, %dy: tensor<2x49x96xf32>)
    -> (tensor<2x49x96xf32>, tensor<96xf32>, tensor<96xf32>) {
  %dx, %ds, %db = moe.layer_norm_grad %x, %s, %dy eps 1.0e-6 : tensor<2x49x96xf32>, tensor<96xf32>
  return %dx, %ds, %db : tensor<2x49x96xf32>, tensor<96xf32>, tensor<96xf32>
}

// CHECK-LABEL: func.func @l2_normalize(
// CHECK: %{{.*}} = moe.l2_normalize %{{.*}} axis 0 eps 9.9999999999999995E-7 : tensor<96x32xf32>
func.func @l2_normalize(%x: tensor<96x32xf32>) -> tensor<96x32xf32> {
  %y = moe.l2_normalize %x axis 0 eps 1.0e-6 : tensor<96x32xf32>
  return %y : tensor<96x32xf32>
}

// CHECK-LABEL: func.func @l2_normalize_grad(
// CHECK: %{{.*}} = moe.l2_normalize_grad %{{.*}}, %{{.*}} axis 0 eps 9.9999999999999995E-7 : tensor<96x32xf32>
func.func @l2_normalize_grad(%x: tensor<96x32xf32>, %dy: tensor<96x32xf32>) -> tensor<96x32xf32> {
  %dx = moe.l2_normalize_grad %x, %dy axis 0 eps 1.0e-6 : tensor<96x32xf32>
  return %dx : tensor<96x32xf32>
}

// CHECK-LABEL: func.func @softmax(
// CHECK: %{{.*}} = moe.softmax %{{.*}} axes [1] : tensor<2x49x32xf32>
func.func @softmax(%x: tensor<2x49x32xf32>) -> tensor<2x49x32xf32> {
  %y = moe.softmax %x axes [1] : tensor<2x49x32xf32>
  return %y : tensor<2x49x32xf32>
}

// CHECK-LABEL: func.func @softmax_grad(
// CHECK: %{{.*}} = moe.softmax_grad %{{.*}}, %{{.*}} axes [1] : tensor<2x49x32xf32>
func.func @softmax_grad(%y: tensor<2x49x32xf32>, %dy: tensor<2x49x32xf32>) -> tensor<2x49x32xf32> {
  %dx = moe.softmax_grad %y, %dy axes [1] : tensor<2x49x32xf32>
  return %dx : tensor<2x49x32xf32>
}

// CHECK-LABEL: func.func @top_k_route(
// CHECK: %{{.*}}, %{{.*}} = moe.top_k_route %{{.*}} k 2 capacity 40 priority position : tensor<128x8xf32> -> tensor<128x2xf32>, <items = 128, experts = 8, k = 2, capacity = 40>
func.func @top_k_route(%g: tensor<128x8xf32>) -> tensor<128x2xf32> {
  %w, %plan = moe.top_k_route %g k 2 capacity 40 priority position
    : tensor<128x8xf32> -> tensor<128x2xf32>, !moe.routing<items = 128, experts = 8, k = 2, capacity = 40>
  return %w : tensor<128x2xf32>
}

// CHECK-LABEL: func.func @top_k_route_groups(
// CHECK: moe.top_k_route %{{.*}} k 2 capacity 10 groups 4 priority position : tensor<128x8xf32> -> tensor<128x2xf32>, <items = 128, experts = 8, k = 2, capacity = 40>
func.func @top_k_route_groups(%g: tensor<128x8xf32>) -> tensor<128x2xf32> {
  %w, %plan = moe.top_k_route %g k 2 capacity 10 groups 4 priority position
    : tensor<128x8xf32> -> tensor<128x2xf32>, !moe.routing<items = 128, experts = 8, k = 2, capacity = 40>
  return %w : tensor<128x2xf32>
}

// CHECK-LABEL: func.func @routing_statistics(
// CHECK: moe.routing_statistics %{{.*}}, %{{.*}} : (!moe.routing<items = 128, experts = 8, k = 2, capacity = 40>, tensor<128x8xf32>) -> tensor<7xf32>
// CHECK: moe.routing_statistics %{{.*}}, %{{.*}} experts_choose :
func.func @routing_statistics(%g: tensor<128x8xf32>, %plan: !moe.routing<items = 128, experts = 8, k = 2, capacity = 40>,
                              %chosen: !moe.routing<items = 128, experts = 8, k = 8, capacity = 32>) -> (tensor<7xf32>, tensor<7xf32>) {
  %s = moe.routing_statistics %plan, %g
    : (!moe.routing<items = 128, experts = 8, k = 2, capacity = 40>, tensor<128x8xf32>) -> tensor<7xf32>
  %t = moe.routing_statistics %chosen, %g experts_choose
    : (!moe.routing<items = 128, experts = 8, k = 8, capacity = 32>, tensor<128x8xf32>) -> tensor<7xf32>
  return %s, %t : tensor<7xf32>, tensor<7xf32>
}

// CHECK-LABEL: func.func @top_k_route_grad(
// CHECK: %{{.*}} = moe.top_k_route_grad %{{.*}}, %{{.*}} : (tensor<128x2xf32>, !moe.routing<items = 128, experts = 8, k = 2, capacity = 40>) -> tensor<128x8xf32>
func.func @top_k_route_grad(%dw: tensor<128x2xf32>, %plan: !moe.routing<items = 128, experts = 8, k = 2, capacity = 40>) -> tensor<128x8xf32> {
  %dg = moe.top_k_route_grad %dw, %plan
    : (tensor<128x2xf32>, !moe.routing<items = 128, experts = 8, k = 2, capacity = 40>) -> tensor<128x8xf32>
  return %dg : tensor<128x8xf32>
}

// CHECK-LABEL: func.func @expert_choice_route(
// CHECK: %{{.*}} = moe.expert_choice_route %{{.*}} groups 2 capacity 16 : tensor<128x8xf32> -> <items = 128, experts = 8, k = 8, capacity = 32>
func.func @expert_choice_route(%g: tensor<128x8xf32>) -> !moe.routing<items = 128, experts = 8, k = 8, capacity = 32> {
  %plan = moe.expert_choice_route %g groups 2 capacity 16
    : tensor<128x8xf32> -> !moe.routing<items = 128, experts = 8, k = 8, capacity = 32>
  return %plan : !moe.routing<items = 128, experts = 8, k = 8, capacity = 32>
}

// CHECK-LABEL: func.func @dispatch(
// CHECK: %{{.*}} = moe.dispatch %{{.*}}, %{{.*}} : (tensor<128x96xf32>, !moe.routing<items = 128, experts = 8, k = 2, capacity = 40>) -> tensor<256x96xf32>
func.func @dispatch(%x: tensor<128x96xf32>, %plan: !moe.routing<items = 128, experts = 8, k = 2, capacity = 40>) -> tensor<256x96xf32> {
  %r = moe.dispatch %x, %plan
    : (tensor<128x96xf32>, !moe.routing<items = 128, experts = 8, k = 2, capacity = 40>) -> tensor<256x96xf32>
  return %r : tensor<256x96xf32>
}

// CHECK-LABEL: func.func @combine(
// CHECK: %{{.*}} = moe.combine %{{.*}}, %{{.*}}, %{{.*}} : (tensor<256x96xf32>, !moe.routing<items = 128, experts = 8, k = 2, capacity = 40>, tensor<128x2xf32>) -> tensor<128x96xf32>
func.func @combine(%r: tensor<256x96xf32>, %w: tensor<128x2xf32>, %plan: !moe.routing<items = 128, experts = 8, k = 2, capacity = 40>) -> tensor<128x96xf32> {
  %y = moe.combine %r, %plan, %w
    : (tensor<256x96xf32>, !moe.routing<items = 128, experts = 8, k = 2, capacity = 40>, tensor<128x2xf32>) -> tensor<128x96xf32>
  return %y : tensor<128x96xf32>
}

// CHECK-LABEL: func.func @combine_weight_grad(
// CHECK: %{{.*}} = moe.combine_weight_grad %{{.*}}, %{{.*}}, %{{.*}} : (tensor<256x96xf32>, tensor<128x96xf32>, !moe.routing<items = 128, experts = 8, k = 2, capacity = 40>) -> tensor<128x2xf32>
func.func @combine_weight_grad(%r: tensor<256x96xf32>, %dy: tensor<128x96xf32>, %plan: !moe.routing<items = 128, experts = 8, k = 2, capacity = 40>) -> tensor<128x2xf32> {
  %dw = moe.combine_weight_grad %r, %dy, %plan
    : (tensor<256x96xf32>, tensor<128x96xf32>, !moe.routing<items = 128, experts = 8, k = 2, capacity = 40>) -> tensor<128x2xf32>
  return %dw : tensor<128x2xf32>
}

// CHECK-LABEL: func.func @expert_linear(
// CHECK: %{{.*}} = moe.expert_linear %{{.*}}, %{{.*}}, %{{.*}}, %{{.*}} : (tensor<256x96xf32>, tensor<8x96x192xf32>, !moe.routing<items = 128, experts = 8, k = 2, capacity = 40>, tensor<8x192xf32>) -> tensor<256x192xf32>
func.func @expert_linear(%r: tensor<256x96xf32>, %w: tensor<8x96x192xf32>, %b: tensor<8x192xf32>, %plan: !moe.routing<items = 128, experts = 8, k = 2, capacity = 40>) -> tensor<256x192xf32> {
  %h = moe.expert_linear %r, %w, %plan, %b
    : (tensor<256x96xf32>, tensor<8x96x192xf32>, !moe.routing<items = 128, experts = 8, k = 2, capacity = 40>, tensor<8x192xf32>) -> tensor<256x192xf32>
  return %h : tensor<256x192xf32>
}

// CHECK-LABEL: func.func @expert_linear_grad(
// CHECK: %{{.*}}Grad, %{{.*}}Grad = moe.expert_linear_grad %{{.*}}, %{{.*}}, %{{.*}} : (tensor<256x96xf32>, tensor<256x192xf32>, !moe.routing<items = 128, experts = 8, k = 2, capacity = 40>) -> (tensor<8x96x192xf32>, tensor<8x192xf32>)
func.func @expert_linear_grad(%r: tensor<256x96xf32>, %dr: tensor<256x192xf32>, %plan: !moe.routing<items = 128, experts = 8, k = 2, capacity = 40>) -> (tensor<8x96x192xf32>, tensor<8x192xf32>) {
  %dw, %db = moe.expert_linear_grad %r, %dr, %plan
    : (tensor<256x96xf32>, tensor<256x192xf32>, !moe.routing<items = 128, experts = 8, k = 2, capacity = 40>) -> (tensor<8x96x192xf32>, tensor<8x192xf32>)
  return %dw, %db : tensor<8x96x192xf32>, tensor<8x192xf32>
}

// CHECK-LABEL: func.func @softmax_cross_entropy(
// CHECK: %{{.*}} = moe.softmax_cross_entropy %{{.*}}, %{{.*}} smoothing 1.000000e-01 : tensor<8x10xf32>, tensor<8xi32> -> tensor<f32>
func.func @softmax_cross_entropy(%x: tensor<8x10xf32>, %l: tensor<8xi32>) -> tensor<f32> {
  %y = moe.softmax_cross_entropy %x, %l smoothing 0.1 : tensor<8x10xf32>, tensor<8xi32> -> tensor<f32>
  return %y : tensor<f32>
}

// CHECK-LABEL: func.func @softmax_cross_entropy_grad(
// CHECK: %{{.*}} = moe.softmax_cross_entropy_grad %{{.*}}, %{{.*}}, %{{.*}} smoothing 1.000000e-01 : tensor<8x10xf32>, tensor<8xi32>, tensor<f32>
func.func @softmax_cross_entropy_grad(%x: tensor<8x10xf32>, %l: tensor<8xi32>, %d: tensor<f32>) -> tensor<8x10xf32> {
  %y = moe.softmax_cross_entropy_grad %x, %l, %d smoothing 0.1 : tensor<8x10xf32>, tensor<8xi32>, tensor<f32>
  return %y : tensor<8x10xf32>
}

// CHECK-LABEL: func.func @accuracy(
// CHECK: %{{.*}} = moe.accuracy %{{.*}}, %{{.*}} : tensor<8x10xf32>, tensor<8xi32> -> tensor<f32>
func.func @accuracy(%x: tensor<8x10xf32>, %l: tensor<8xi32>) -> tensor<f32> {
  %y = moe.accuracy %x, %l : tensor<8x10xf32>, tensor<8xi32> -> tensor<f32>
  return %y : tensor<f32>
}

// CHECK-LABEL: func.func @cv_squared(
// CHECK: %{{.*}} = moe.cv_squared %{{.*}} : tensor<8xf32> -> tensor<f32>
func.func @cv_squared(%x: tensor<8xf32>) -> tensor<f32> {
  %y = moe.cv_squared %x : tensor<8xf32> -> tensor<f32>
  return %y : tensor<f32>
}

// CHECK-LABEL: func.func @cv_squared_grad(
// CHECK: %{{.*}} = moe.cv_squared_grad %{{.*}}, %{{.*}} : tensor<8xf32>, tensor<f32>
func.func @cv_squared_grad(%x: tensor<8xf32>, %d: tensor<f32>) -> tensor<8xf32> {
  %y = moe.cv_squared_grad %x, %d : tensor<8xf32>, tensor<f32>
  return %y : tensor<8xf32>
}

// CHECK-LABEL: func.func @load_probability(
// CHECK: %{{.*}} = moe.load_probability %{{.*}}, %{{.*}} k 2 std 1.250000e-01 : tensor<128x8xf32>
func.func @load_probability(%l: tensor<128x8xf32>, %n: tensor<128x8xf32>) -> tensor<128x8xf32> {
  %p = moe.load_probability %l, %n k 2 std 0.125 : tensor<128x8xf32>
  return %p : tensor<128x8xf32>
}

// CHECK-LABEL: func.func @load_probability_grad(
// CHECK: %{{.*}}Grad, %{{.*}}Grad = moe.load_probability_grad %{{.*}}, %{{.*}}, %{{.*}} k 2 std 1.250000e-01 : tensor<128x8xf32>
func.func @load_probability_grad(%l: tensor<128x8xf32>, %n: tensor<128x8xf32>, %d: tensor<128x8xf32>) -> (tensor<128x8xf32>, tensor<128x8xf32>) {
  %dl, %dn = moe.load_probability_grad %l, %n, %d k 2 std 0.125 : tensor<128x8xf32>
  return %dl, %dn : tensor<128x8xf32>, tensor<128x8xf32>
}

// CHECK-LABEL: func.func @learned_load_probability(
// CHECK: %{{.*}} = moe.learned_load_probability %{{.*}}, %{{.*}}, %{{.*}} k 2 : tensor<128x8xf32>
func.func @learned_load_probability(%l: tensor<128x8xf32>, %n: tensor<128x8xf32>, %s: tensor<128x8xf32>) -> tensor<128x8xf32> {
  %p = moe.learned_load_probability %l, %n, %s k 2 : tensor<128x8xf32>
  return %p : tensor<128x8xf32>
}

// CHECK-LABEL: func.func @learned_load_probability_grad(
// CHECK: %{{.*}}Grad, %{{.*}}Grad, %{{.*}}Grad = moe.learned_load_probability_grad %{{.*}}, %{{.*}}, %{{.*}}, %{{.*}} k 2 : tensor<128x8xf32>
func.func @learned_load_probability_grad(%l: tensor<128x8xf32>, %n: tensor<128x8xf32>, %s: tensor<128x8xf32>, %d: tensor<128x8xf32>) -> (tensor<128x8xf32>, tensor<128x8xf32>, tensor<128x8xf32>) {
  %dl, %dn, %ds = moe.learned_load_probability_grad %l, %n, %s, %d k 2 : tensor<128x8xf32>
  return %dl, %dn, %ds : tensor<128x8xf32>, tensor<128x8xf32>, tensor<128x8xf32>
}

// CHECK-LABEL: func.func @clip_scale(
// CHECK: %{{.*}}, %{{.*}} = moe.clip_scale %{{.*}} max_norm 1.000000e+00 : tensor<1024xf32> -> tensor<f32>
func.func @clip_scale(%g: tensor<1024xf32>) -> (tensor<f32>, tensor<f32>) {
  %s, %n = moe.clip_scale %g max_norm 1.0 : tensor<1024xf32> -> tensor<f32>
  return %s, %n : tensor<f32>, tensor<f32>
}

// CHECK-LABEL: func.func @sgd_update(
// CHECK: = moe.sgd_update(%{{.*}}) grads(%{{.*}}) momenta(%{{.*}}) rate %{{.*}} scale %{{.*}} momentum 9.000000e-01 weight_decay 1.000000e-04 : tensor<f32>, tensor<8xf32>
func.func @sgd_update(%p: tensor<8xf32>, %g: tensor<8xf32>, %m: tensor<8xf32>, %lr: tensor<f32>, %c: tensor<f32>) -> (tensor<8xf32>, tensor<8xf32>) {
  %q, %n = moe.sgd_update (%p) grads (%g) momenta (%m) rate %lr scale %c momentum 0.9 weight_decay 1.0e-4 : tensor<f32>, tensor<8xf32>
  return %q, %n : tensor<8xf32>, tensor<8xf32>
}

// CHECK-LABEL: func.func @adamw_update(
// CHECK: = moe.adamw_update(%{{.*}}) grads(%{{.*}}) means(%{{.*}}) variances(%{{.*}}) rate %{{.*}} step %{{.*}} scale %{{.*}} beta1 9.000000e-01 beta2 0.99899999999999999 eps 1.000000e-08 weight_decay 5.000000e-02 : tensor<f32>, tensor<i32>, tensor<8xf32>
func.func @adamw_update(%p: tensor<8xf32>, %g: tensor<8xf32>, %m: tensor<8xf32>, %v: tensor<8xf32>, %lr: tensor<f32>, %s: tensor<i32>, %c: tensor<f32>)
    -> (tensor<8xf32>, tensor<8xf32>, tensor<8xf32>) {
  %q, %n, %w = moe.adamw_update (%p) grads (%g) means (%m) variances (%v) rate %lr step %s scale %c beta1 0.9 beta2 0.999 eps 1.0e-8 weight_decay 0.05
    : tensor<f32>, tensor<i32>, tensor<8xf32>
  return %q, %n, %w : tensor<8xf32>, tensor<8xf32>, tensor<8xf32>
}
// CHECK-LABEL: func.func @several_updates(
// CHECK: moe.clip_scale %{{.*}}, %{{.*}} max_norm 1.000000e+00 : tensor<2x4xf32>, tensor<f32> -> tensor<f32>
// CHECK: = moe.sgd_update(%{{.*}}, %{{.*}}) grads(%{{.*}}, %{{.*}}) momenta(%{{.*}}, %{{.*}}) rate %{{.*}} scale %{{.*}} momentum 9.000000e-01 weight_decay 0.000000e+00 : tensor<f32>, tensor<2x4xf32>, tensor<f32>
func.func @several_updates(%p: tensor<2x4xf32>, %q: tensor<f32>, %lr: tensor<f32>) -> (tensor<2x4xf32>, tensor<f32>) {
  %s, %n = moe.clip_scale %p, %q max_norm 1.0 : tensor<2x4xf32>, tensor<f32> -> tensor<f32>
  %r:4 = moe.sgd_update (%p, %q) grads (%p, %q) momenta (%p, %q) rate %lr scale %s momentum 0.9 weight_decay 0.0
    : tensor<f32>, tensor<2x4xf32>, tensor<f32>
  return %r#0, %r#1 : tensor<2x4xf32>, tensor<f32>
}

// CHECK: moe.variable @fc1.weight : tensor<4x96x192xf32> role(parameter) decay init<normal, 1.000000e-01 : f64>
moe.variable @fc1.weight : tensor<4x96x192xf32> role(parameter) decay init<normal, 0.1>
// CHECK: moe.variable @fc1.weight.mean : tensor<4x96x192xf32> role(moment) of @fc1.weight at 64
moe.variable @fc1.weight.mean : tensor<4x96x192xf32> role(moment) of @fc1.weight at 64
// CHECK: moe.variable @moe.fc1.weight : tensor<4x8x96x192xf32> role(parameter) init<normal, 1.000000e-01 : f64 alike = 1>
moe.variable @moe.fc1.weight : tensor<4x8x96x192xf32> role(parameter) init<normal, 0.1 alike = 1>
// CHECK: moe.variable @bn.mean : tensor<256xf32> role(statistic) init<zeros>
moe.variable @bn.mean : tensor<256xf32> role(statistic) init<zeros>
// CHECK: moe.variable @phi.scale : tensor<f32> role(parameter) init<ones>
moe.variable @phi.scale : tensor<f32> role(parameter) init<ones>

// CHECK-LABEL: func.func @entry(
// CHECK-SAME: tensor<8xf32> {moe.field = "image"}, %{{.*}}: tensor<f32> {moe.var = @phi.scale}, %{{.*}}: tensor<f32> {moe.host = #moe.host<learning_rate>})
// CHECK-SAME: -> (tensor<f32> {moe.metric = "loss"}, tensor<f32> {moe.var = @phi.scale})
// CHECK-SAME: attributes {moe.entry = #moe.entry<"train_step", batch = 8>}
// CHECK: moe.gradient %{{.*}} wrt %{{.*}}, %{{.*}} : tensor<f32>, tensor<f32>, tensor<f32>
func.func @entry(%x: tensor<8xf32> {moe.field = "image"}, %s: tensor<f32> {moe.var = @phi.scale}, %r: tensor<f32> {moe.host = #moe.host<learning_rate>})
    -> (tensor<f32> {moe.metric = "loss"}, tensor<f32> {moe.var = @phi.scale}) attributes {moe.entry = #moe.entry<"train_step", batch = 8>} {
  %l = moe.reduce %x axes [0] : tensor<8xf32> -> tensor<f32>
  %g:2 = moe.gradient %l wrt %s, %r : tensor<f32>, tensor<f32>, tensor<f32>
  return %l, %g#0 : tensor<f32>, tensor<f32>
}

// CHECK-LABEL: func.func @items(
// CHECK: moe.softmax_cross_entropy %{{.*}} -> tensor<8xf32>
// CHECK: moe.accuracy %{{.*}} -> tensor<8xf32>
func.func @items(%x: tensor<8x10xf32>, %l: tensor<8xi32>) -> (tensor<8xf32>, tensor<8xf32>) {
  %y = moe.softmax_cross_entropy %x, %l smoothing 0.1 : tensor<8x10xf32>, tensor<8xi32> -> tensor<8xf32>
  %z = moe.accuracy %x, %l : tensor<8x10xf32>, tensor<8xi32> -> tensor<8xf32>
  return %y, %z : tensor<8xf32>, tensor<8xf32>
}

// CHECK-LABEL: func.func @attention(
// CHECK: moe.attention %{{.*}}, %{{.*}}, %{{.*}} : (tensor<2x6x4x8xf32>, tensor<2x5x2x8xf32>, tensor<2x5x2x3xf32>) -> (tensor<2x6x4x3xf32>, tensor<2x4x6xf32>)
// CHECK: moe.attention %{{.*}}, %{{.*}}, %{{.*}} norm(%{{.*}}, %{{.*}}) eps 1.000000e-03 scale 2.500000e-01 :
// CHECK: moe.attention %{{.*}} norm(%{{.*}}, %{{.*}}, %{{.*}}, %{{.*}}) eps 1.000000e-03 :
func.func @attention(%q: tensor<2x6x4x8xf32>, %k: tensor<2x5x2x8xf32>, %v: tensor<2x5x2x3xf32>, %s: tensor<8xf32>) -> tensor<2x6x4x3xf32> {
  %y, %l = moe.attention %q, %k, %v : (tensor<2x6x4x8xf32>, tensor<2x5x2x8xf32>, tensor<2x5x2x3xf32>) -> (tensor<2x6x4x3xf32>, tensor<2x4x6xf32>)
  %y1, %l1 = moe.attention %q, %k, %v norm(%s, %s) eps 1.0e-3 scale 0.25
    : (tensor<2x6x4x8xf32>, tensor<2x5x2x8xf32>, tensor<2x5x2x3xf32>, tensor<8xf32>, tensor<8xf32>) -> (tensor<2x6x4x3xf32>, tensor<2x4x6xf32>)
  %y2, %l2 = moe.attention %q, %k, %v norm(%s, %s, %s, %s) eps 1.0e-3
    : (tensor<2x6x4x8xf32>, tensor<2x5x2x8xf32>, tensor<2x5x2x3xf32>, tensor<8xf32>, tensor<8xf32>, tensor<8xf32>, tensor<8xf32>)
      -> (tensor<2x6x4x3xf32>, tensor<2x4x6xf32>)
  return %y : tensor<2x6x4x3xf32>
}

// CHECK-LABEL: func.func @attention_grad(
// CHECK: moe.attention_grad %{{.*}}, %{{.*}}, %{{.*}} of %{{.*}}, %{{.*}} by %{{.*}} : (
// CHECK: moe.attention_grad %{{.*}}, %{{.*}}, %{{.*}} norm(%{{.*}}, %{{.*}}) of %{{.*}}, %{{.*}} by %{{.*}}, %{{.*}} eps 1.000000e-03 scale 2.500000e-01 : (
func.func @attention_grad(%q: tensor<2x6x4x8xf32>, %k: tensor<2x5x2x8xf32>, %v: tensor<2x5x2x3xf32>, %s: tensor<8xf32>, %y: tensor<2x6x4x3xf32>, %l: tensor<2x4x6xf32>)
    -> tensor<2x6x4x8xf32> {
  %g:3 = moe.attention_grad %q, %k, %v of %y, %l by %y
    : (tensor<2x6x4x8xf32>, tensor<2x5x2x8xf32>, tensor<2x5x2x3xf32>, tensor<2x6x4x3xf32>, tensor<2x4x6xf32>, tensor<2x6x4x3xf32>)
      -> (tensor<2x6x4x8xf32>, tensor<2x5x2x8xf32>, tensor<2x5x2x3xf32>)
  %h:5 = moe.attention_grad %q, %k, %v norm(%s, %s) of %y, %l by %y, %l eps 1.0e-3 scale 0.25
    : (tensor<2x6x4x8xf32>, tensor<2x5x2x8xf32>, tensor<2x5x2x3xf32>, tensor<8xf32>, tensor<8xf32>, tensor<2x6x4x3xf32>, tensor<2x4x6xf32>, tensor<2x6x4x3xf32>, tensor<2x4x6xf32>)
      -> (tensor<2x6x4x8xf32>, tensor<2x5x2x8xf32>, tensor<2x5x2x3xf32>, tensor<8xf32>, tensor<8xf32>)
  return %g#0 : tensor<2x6x4x8xf32>
}

// CHECK-LABEL: func.func @sigmoid_cross_entropy(
// CHECK: moe.sigmoid_cross_entropy %{{.*}}, %{{.*}} : tensor<8x10xf32>, tensor<8xi32> -> tensor<f32>
// CHECK: moe.sigmoid_cross_entropy %{{.*}}, %{{.*}} : tensor<8x10xf32>, tensor<8xi32> -> tensor<8xf32>
// CHECK: moe.sigmoid_cross_entropy_grad %{{.*}}, %{{.*}}, %{{.*}} : tensor<8x10xf32>, tensor<8xi32>, tensor<f32>
func.func @sigmoid_cross_entropy(%x: tensor<8x10xf32>, %l: tensor<8xi32>) -> tensor<8x10xf32> {
  %y = moe.sigmoid_cross_entropy %x, %l : tensor<8x10xf32>, tensor<8xi32> -> tensor<f32>
  %z = moe.sigmoid_cross_entropy %x, %l : tensor<8x10xf32>, tensor<8xi32> -> tensor<8xf32>
  %d = moe.sigmoid_cross_entropy_grad %x, %l, %y : tensor<8x10xf32>, tensor<8xi32>, tensor<f32>
  return %d : tensor<8x10xf32>
}

// CHECK-LABEL: func.func @lamb_update(
// CHECK: = moe.lamb_update(%{{.*}}, %{{.*}}) grads(%{{.*}}, %{{.*}}) means(%{{.*}}, %{{.*}}) variances(%{{.*}}, %{{.*}}) rate %{{.*}} step %{{.*}} scale %{{.*}} slices [4, 1] beta1 9.000000e-01 beta2 0.98999999999999999 eps 1.000000e-03 weight_decay 5.000000e-02 : tensor<f32>, tensor<i32>, tensor<4x8xf32>, tensor<f32>
func.func @lamb_update(%p: tensor<4x8xf32>, %q: tensor<f32>, %s: tensor<i32>) -> (tensor<4x8xf32>, tensor<f32>) {
  %r:6 = moe.lamb_update (%p, %q) grads (%p, %q) means (%p, %q) variances (%p, %q) rate %q step %s scale %q slices [4, 1] beta1 0.9 beta2 0.99 eps 1.0e-3 weight_decay 0.05
    : tensor<f32>, tensor<i32>, tensor<4x8xf32>, tensor<f32>
  return %r#0, %r#1 : tensor<4x8xf32>, tensor<f32>
}

// CHECK-LABEL: func.func @lion_update(
// CHECK: = moe.lion_update(%{{.*}}, %{{.*}}) grads(%{{.*}}, %{{.*}}) means(%{{.*}}, %{{.*}}) rate %{{.*}} scale %{{.*}} beta1 9.000000e-01 beta2 0.98999999999999999 weight_decay 5.000000e-01 : tensor<f32>, tensor<4x8xf32>, tensor<f32>
func.func @lion_update(%p: tensor<4x8xf32>, %q: tensor<f32>) -> (tensor<4x8xf32>, tensor<f32>) {
  %r:4 = moe.lion_update (%p, %q) grads (%p, %q) means (%p, %q) rate %q scale %q beta1 0.9 beta2 0.99 weight_decay 0.5 : tensor<f32>, tensor<4x8xf32>, tensor<f32>
  return %r#0, %r#1 : tensor<4x8xf32>, tensor<f32>
}
