// RUN: moec-opt %s -moec-lower-to-kernel -cse -mlir-print-local-scope | FileCheck %s

// Values and positions in turn; the last position only where it is needed.
// CHECK-LABEL: func @load_probability
// CHECK: kernel.rows dims [128, 8] ins(%arg0, %arg1 :
// CHECK-SAME: combiners [#kernel.combiner<max>, #kernel.combiner<max>, #kernel.combiner<max>] phases
// CHECK: emit
// CHECK: math.erf
// CHECK: kernel.rows dims [128, 8] ins(%arg0, %arg1, %arg2 :
// CHECK-SAME: combiners [#kernel.combiner<max>, #kernel.combiner<max>, #kernel.combiner<max>, #kernel.combiner<max>, #kernel.combiner<add>] phases
// CHECK: emit
// CHECK: kernel.yield %{{.*}}, %{{.*}} : f32, f32
func.func @load_probability(%l: tensor<128x8xf32>, %n: tensor<128x8xf32>, %d: tensor<128x8xf32>)
    -> (tensor<128x8xf32>, tensor<128x8xf32>, tensor<128x8xf32>) {
  %p = moe.load_probability %l, %n k 2 std 0.125 : tensor<128x8xf32>
  %dl, %dn = moe.load_probability_grad %l, %n, %d k 2 std 0.125 : tensor<128x8xf32>
  return %p, %dl, %dn : tensor<128x8xf32>, tensor<128x8xf32>, tensor<128x8xf32>
}

// The last position too, which says what is among the k; then the sum.
// CHECK-LABEL: func @top_k_softmax
// CHECK: kernel.rows dims [128, 8] ins(%arg0 :
// CHECK-SAME: combiners [#kernel.combiner<max>, #kernel.combiner<max>, #kernel.combiner<max>, #kernel.combiner<max>, #kernel.combiner<add>] phases
// CHECK: emit
// CHECK: math.exp
// CHECK: arith.divf
func.func @top_k_softmax(%x: tensor<128x8xf32>) -> tensor<128x8xf32> {
  %y = moe.top_k_softmax %x k 2 : tensor<128x8xf32>
  return %y : tensor<128x8xf32>
}

// One more pair than k: the k-th with its position, which says what is among the k, and the next.
// CHECK-LABEL: func @learned_load
// CHECK: kernel.rows dims [128, 8] ins(%arg0, %arg1, %arg2 :
// CHECK-SAME: combiners [#kernel.combiner<max>, #kernel.combiner<max>, #kernel.combiner<max>, #kernel.combiner<max>, #kernel.combiner<max>] phases
// CHECK: emit
// CHECK: arith.maximumf
// CHECK: math.erf
// CHECK: kernel.rows dims [128, 8] ins(%arg0, %arg1, %arg2, %arg3 :
// CHECK-SAME: combiners [#kernel.combiner<max>, #kernel.combiner<max>, #kernel.combiner<max>, #kernel.combiner<max>, #kernel.combiner<max>, #kernel.combiner<max>, #kernel.combiner<add>] phases
// CHECK: emit
// CHECK: kernel.yield %{{.*}}, %{{.*}}, %{{.*}} : f32, f32, f32
func.func @learned_load(%l: tensor<128x8xf32>, %n: tensor<128x8xf32>, %s: tensor<128x8xf32>, %d: tensor<128x8xf32>)
    -> (tensor<128x8xf32>, tensor<128x8xf32>, tensor<128x8xf32>, tensor<128x8xf32>) {
  %p = moe.learned_load_probability %l, %n, %s k 2 : tensor<128x8xf32>
  %dl, %dn, %ds = moe.learned_load_probability_grad %l, %n, %s, %d k 2 : tensor<128x8xf32>
  return %p, %dl, %dn, %ds : tensor<128x8xf32>, tensor<128x8xf32>, tensor<128x8xf32>, tensor<128x8xf32>
}
