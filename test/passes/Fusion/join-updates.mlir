// RUN: moec-opt %s -moec-join-updates | FileCheck %s

// One update of all; the norm reads the joined gradients. Parts that are whole
// cache lines come first, the others by their alignment.

// CHECK-LABEL: func.func @sgd(
// CHECK-SAME: %[[A:[a-z0-9]+]]: tensor<3xf32>, %[[B:[a-z0-9]+]]: tensor<2x16xf32>, %[[GA:[a-z0-9]+]]: tensor<3xf32>, %[[GB:[a-z0-9]+]]: tensor<2x16xf32>, %[[MA:[a-z0-9]+]]: tensor<3xf32>, %[[MB:[a-z0-9]+]]: tensor<2x16xf32>
// CHECK: %[[FGB:.+]] = tensor.collapse_shape %[[GB]]
// CHECK: %[[G:.+]] = tensor.concat dim(0) %[[FGB]], %[[GA]] : (tensor<32xf32>, tensor<3xf32>) -> tensor<35xf32>
// CHECK: %[[SCALE:.+]], %{{.+}} = moe.clip_scale %[[G]] max_norm
// CHECK: %[[P:.+]] = tensor.concat dim(0) %{{.+}}, %[[A]] :
// CHECK: %[[M:.+]] = tensor.concat dim(0) %{{.+}}, %[[MA]] :
// CHECK: %[[NP:.+]], %[[NM:.+]] = moe.sgd_update(%[[P]]) grads(%[[G]]) momenta(%[[M]]) rate %{{.+}} scale %[[SCALE]]
// CHECK: %[[SB:.+]] = tensor.extract_slice %[[NP]][0] [32] [1]
// CHECK: %[[RB:.+]] = tensor.expand_shape %[[SB]]
// CHECK: %[[RA:.+]] = tensor.extract_slice %[[NP]][32] [3] [1]
// CHECK: return %[[RA]], %[[RB]], %{{.+}}, %{{.+}} :
func.func @sgd(%a: tensor<3xf32>, %b: tensor<2x16xf32>, %ga: tensor<3xf32>, %gb: tensor<2x16xf32>, %ma: tensor<3xf32>, %mb: tensor<2x16xf32>, %r: tensor<f32>)
    -> (tensor<3xf32>, tensor<2x16xf32>, tensor<3xf32>, tensor<2x16xf32>) {
  %s, %n = moe.clip_scale %ga, %gb max_norm 1.0 : tensor<3xf32>, tensor<2x16xf32> -> tensor<f32>
  %u:4 = moe.sgd_update (%a, %b) grads (%ga, %gb) momenta (%ma, %mb) rate %r scale %s momentum 0.9 weight_decay 0.5
    : tensor<f32>, tensor<3xf32>, tensor<2x16xf32>
  return %u#0, %u#1, %u#2, %u#3 : tensor<3xf32>, tensor<2x16xf32>, tensor<3xf32>, tensor<2x16xf32>
}

// Scalars are flat tensors of one element; what is alone stays.
// CHECK-LABEL: func.func @adamw(
// CHECK-COUNT-4: tensor.concat
// CHECK: moe.adamw_update(%{{[a-z0-9_]+}}) grads(%{{[a-z0-9_]+}}) means(%{{[a-z0-9_]+}}) variances(%{{[a-z0-9_]+}})
// CHECK: tensor.collapse_shape %{{.+}} [] : tensor<1xf32> into tensor<f32>
// CHECK: moe.sgd_update(%arg0) grads(%arg0) momenta(%arg0)
// CHECK-NOT: tensor.concat
func.func @adamw(%a: tensor<f32>, %b: tensor<16xf32>, %s: tensor<i32>) -> (tensor<f32>, tensor<16xf32>, tensor<f32>) {
  %u:6 = moe.adamw_update (%a, %b) grads (%a, %b) means (%a, %b) variances (%a, %b) rate %a step %s scale %a
    beta1 0.9 beta2 0.999 eps 1.0e-8 weight_decay 0.0 : tensor<f32>, tensor<i32>, tensor<f32>, tensor<16xf32>
  %v:2 = moe.sgd_update (%a) grads (%a) momenta (%a) rate %a scale %a momentum 0.9 weight_decay 0.5 : tensor<f32>, tensor<f32>
  return %u#0, %u#1, %v#0 : tensor<f32>, tensor<16xf32>, tensor<f32>
}

// Lion's is one kernel, whose parameters may be joined.
// CHECK-LABEL: func.func @lion(
// CHECK-COUNT-3: tensor.concat
// CHECK: moe.lion_update(%{{[a-z0-9_]+}}) grads(%{{[a-z0-9_]+}}) means(%{{[a-z0-9_]+}})
func.func @lion(%a: tensor<f32>, %b: tensor<16xf32>) -> (tensor<f32>, tensor<16xf32>) {
  %u:4 = moe.lion_update (%a, %b) grads (%a, %b) means (%a, %b) rate %a scale %a beta1 0.9 beta2 0.99 weight_decay 0.0 : tensor<f32>, tensor<f32>, tensor<16xf32>
  return %u#0, %u#1 : tensor<f32>, tensor<16xf32>
}

// LAMB has to know where each parameter ends.
// CHECK-LABEL: func.func @lamb(
// CHECK-NOT: tensor.concat
// CHECK: moe.lamb_update(%{{.+}}, %{{.+}}) grads
func.func @lamb(%a: tensor<3xf32>, %b: tensor<2x16xf32>, %r: tensor<f32>, %s: tensor<i32>) -> (tensor<3xf32>, tensor<2x16xf32>) {
  %q:6 = moe.lamb_update (%a, %b) grads (%a, %b) means (%a, %b) variances (%a, %b) rate %r step %s scale %r slices [1, 2] beta1 0.9 beta2 0.999 eps 1.0e-6 weight_decay 0.0
    : tensor<f32>, tensor<i32>, tensor<3xf32>, tensor<2x16xf32>
  return %q#0, %q#1 : tensor<3xf32>, tensor<2x16xf32>
}
