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
