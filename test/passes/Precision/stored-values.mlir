// Which tensors are kept as bf16. In every function contractions multiply %h (in all but the last);
// what else reads it decides.
// RUN: moec-opt %s --moec-assign-precision | FileCheck %s

#l = affine_map<(m, n, k) -> (m, k)>
#r = affine_map<(m, n, k) -> (k, n)>
#o = affine_map<(m, n, k) -> (m, n)>
#i = affine_map<(i, j) -> (i, j)>

module attributes {moe.precision = "bf16"} {
// A sum over rows (the gradient of a bias) and a product in a map leave it bf16.
// CHECK-LABEL: func.func @sum_and_product
// CHECK:         kernel.map {{.*}} outs({{.*}} : tensor<8x6xbf16>)
// CHECK:         kernel.rows {{.*}} ins(%{{.*}} : tensor<8x6xbf16>) outs({{.*}} : tensor<6xf32>)
// CHECK:           %[[F:.*]] = arith.extf
// CHECK-NEXT:      kernel.yield %[[F]] : f32
// CHECK:         kernel.map {{.*}} ins(%{{.*}} : tensor<8x6xbf16>) outs({{.*}} : tensor<8x6xf32>)
func.func @sum_and_product(%x: tensor<8x6xf32>, %w: tensor<6x4xf32>) -> (tensor<8x4xf32>, tensor<6xf32>, tensor<8x6xf32>) {
  %e = tensor.empty() : tensor<8x6xf32>
  %h = kernel.map dims [8, 6] ins(%x : tensor<8x6xf32>) outs(%e : tensor<8x6xf32>) maps [#i, #i]
    body { ^bb0(%a: f32):
      %t = math.tanh %a : f32
      kernel.yield %t : f32 } -> tensor<8x6xf32>
  %e1 = tensor.empty() : tensor<8x4xf32>
  %y = kernel.contract dims [8, 4, 6] ins(%h, %w : tensor<8x6xf32>, tensor<6x4xf32>) outs(%e1 : tensor<8x4xf32>) maps [#l, #r, #o]
    lhs { ^bb0(%a: f32, %b: f32): kernel.yield %a : f32 }
    rhs { ^bb0(%a: f32, %b: f32): kernel.yield %b : f32 }
    epilogue { ^bb0(%a: f32, %b: f32, %acc: f32): kernel.yield %acc : f32 } -> tensor<8x4xf32>
  %e2 = tensor.empty() : tensor<6xf32>
  %s = kernel.rows dims [6, 8] ins(%h : tensor<8x6xf32>) outs(%e2 : tensor<6xf32>)
    maps [affine_map<(p, c) -> (c, p)>, affine_map<(p, c) -> (p)>] combiners [#kernel.combiner<add>]
    phases { ^bb0(%a: f32): kernel.yield %a : f32 }
    finish { ^bb0(%a: f32, %t: f32): kernel.yield %t : f32 }
    emit { ^bb0(%a: f32, %t: f32): kernel.yield } -> tensor<6xf32>
  %q = kernel.map dims [8, 6] ins(%h : tensor<8x6xf32>) outs(%e : tensor<8x6xf32>) maps [#i, #i]
    body { ^bb0(%a: f32):
      %t = arith.mulf %a, %a : f32
      kernel.yield %t : f32 } -> tensor<8x6xf32>
  return %y, %s, %q : tensor<8x4xf32>, tensor<6xf32>, tensor<8x6xf32>
}

// Statistics of it (a sum of squares) and a sum in a map, each, keep it f32.
// CHECK-LABEL: func.func @statistics
// CHECK:         kernel.map {{.*}} outs({{.*}} : tensor<8x6xf32>)
func.func @statistics(%x: tensor<8x6xf32>, %w: tensor<6x4xf32>) -> (tensor<8x4xf32>, tensor<8xf32>) {
  %e = tensor.empty() : tensor<8x6xf32>
  %h = kernel.map dims [8, 6] ins(%x : tensor<8x6xf32>) outs(%e : tensor<8x6xf32>) maps [#i, #i]
    body { ^bb0(%a: f32):
      %t = math.tanh %a : f32
      kernel.yield %t : f32 } -> tensor<8x6xf32>
  %e1 = tensor.empty() : tensor<8x4xf32>
  %y = kernel.contract dims [8, 4, 6] ins(%h, %w : tensor<8x6xf32>, tensor<6x4xf32>) outs(%e1 : tensor<8x4xf32>) maps [#l, #r, #o]
    lhs { ^bb0(%a: f32, %b: f32): kernel.yield %a : f32 }
    rhs { ^bb0(%a: f32, %b: f32): kernel.yield %b : f32 }
    epilogue { ^bb0(%a: f32, %b: f32, %acc: f32): kernel.yield %acc : f32 } -> tensor<8x4xf32>
  %e2 = tensor.empty() : tensor<8xf32>
  %s = kernel.rows dims [8, 6] ins(%h : tensor<8x6xf32>) outs(%e2 : tensor<8xf32>)
    maps [affine_map<(p, c) -> (p, c)>, affine_map<(p, c) -> (p)>] combiners [#kernel.combiner<add>]
    phases { ^bb0(%a: f32):
      %t = arith.mulf %a, %a : f32
      kernel.yield %t : f32 }
    finish { ^bb0(%a: f32, %t: f32): kernel.yield %t : f32 }
    emit { ^bb0(%a: f32, %t: f32): kernel.yield } -> tensor<8xf32>
  return %y, %s : tensor<8x4xf32>, tensor<8xf32>
}

// CHECK-LABEL: func.func @residual
// CHECK:         kernel.map {{.*}} outs({{.*}} : tensor<8x6xf32>)
func.func @residual(%x: tensor<8x6xf32>, %w: tensor<6x4xf32>) -> (tensor<8x4xf32>, tensor<8x6xf32>) {
  %e = tensor.empty() : tensor<8x6xf32>
  %h = kernel.map dims [8, 6] ins(%x : tensor<8x6xf32>) outs(%e : tensor<8x6xf32>) maps [#i, #i]
    body { ^bb0(%a: f32):
      %t = math.tanh %a : f32
      kernel.yield %t : f32 } -> tensor<8x6xf32>
  %e1 = tensor.empty() : tensor<8x4xf32>
  %y = kernel.contract dims [8, 4, 6] ins(%h, %w : tensor<8x6xf32>, tensor<6x4xf32>) outs(%e1 : tensor<8x4xf32>) maps [#l, #r, #o]
    lhs { ^bb0(%a: f32, %b: f32): kernel.yield %a : f32 }
    rhs { ^bb0(%a: f32, %b: f32): kernel.yield %b : f32 }
    epilogue { ^bb0(%a: f32, %b: f32, %acc: f32): kernel.yield %acc : f32 } -> tensor<8x4xf32>
  %s = kernel.map dims [8, 6] ins(%h, %x : tensor<8x6xf32>, tensor<8x6xf32>) outs(%e : tensor<8x6xf32>) maps [#i, #i, #i]
    body { ^bb0(%a: f32, %b: f32):
      %t = arith.addf %a, %b : f32
      kernel.yield %t : f32 } -> tensor<8x6xf32>
  return %y, %s : tensor<8x4xf32>, tensor<8x6xf32>
}

// What kernel.rows wrote is bf16 where it is a factor as it is (@scores), f32 where a factor is computed
// from it (@scaled), even if it could be a factor elsewhere.
// CHECK-LABEL: func.func @scores
// CHECK:         kernel.rows {{.*}} outs({{.*}} : tensor<8x6xbf16>)
func.func @scores(%x: tensor<8x6xf32>, %w: tensor<6x4xf32>) -> tensor<8x4xf32> {
  %e = tensor.empty() : tensor<8x6xf32>
  %h = kernel.rows dims [8, 6] ins(%x : tensor<8x6xf32>) outs(%e : tensor<8x6xf32>)
    maps [affine_map<(p, c) -> (p, c)>, affine_map<(p, c) -> (p, c)>] combiners [#kernel.combiner<max>]
    phases { ^bb0(%a: f32): kernel.yield %a : f32 }
    finish { ^bb0(%a: f32, %t: f32): kernel.yield }
    emit { ^bb0(%a: f32, %t: f32):
      %d = arith.subf %a, %t : f32
      kernel.yield %d : f32 } -> tensor<8x6xf32>
  %e1 = tensor.empty() : tensor<8x4xf32>
  %y = kernel.contract dims [8, 4, 6] ins(%h, %w : tensor<8x6xf32>, tensor<6x4xf32>) outs(%e1 : tensor<8x4xf32>) maps [#l, #r, #o]
    lhs { ^bb0(%a: f32, %b: f32): kernel.yield %a : f32 }
    rhs { ^bb0(%a: f32, %b: f32): kernel.yield %b : f32 }
    epilogue { ^bb0(%a: f32, %b: f32, %acc: f32): kernel.yield %acc : f32 } -> tensor<8x4xf32>
  return %y : tensor<8x4xf32>
}

// CHECK-LABEL: func.func @scaled
// CHECK:         kernel.rows {{.*}} outs({{.*}} : tensor<8x6xf32>)
func.func @scaled(%x: tensor<8x6xf32>, %w: tensor<6x4xf32>) -> tensor<8x4xf32> {
  %e = tensor.empty() : tensor<8x6xf32>
  %h = kernel.rows dims [8, 6] ins(%x : tensor<8x6xf32>) outs(%e : tensor<8x6xf32>)
    maps [affine_map<(p, c) -> (p, c)>, affine_map<(p, c) -> (p, c)>] combiners [#kernel.combiner<max>]
    phases { ^bb0(%a: f32): kernel.yield %a : f32 }
    finish { ^bb0(%a: f32, %t: f32): kernel.yield }
    emit { ^bb0(%a: f32, %t: f32):
      %d = arith.subf %a, %t : f32
      kernel.yield %d : f32 } -> tensor<8x6xf32>
  %e1 = tensor.empty() : tensor<8x4xf32>
  %y = kernel.contract dims [8, 4, 6] ins(%h, %w : tensor<8x6xf32>, tensor<6x4xf32>) outs(%e1 : tensor<8x4xf32>) maps [#l, #r, #o]
    lhs { ^bb0(%a: f32, %b: f32):
      %d = math.exp %a : f32
      kernel.yield %d : f32 }
    rhs { ^bb0(%a: f32, %b: f32): kernel.yield %b : f32 }
    epilogue { ^bb0(%a: f32, %b: f32, %acc: f32): kernel.yield %acc : f32 } -> tensor<8x4xf32>
  return %y : tensor<8x4xf32>
}

// Nothing multiplies it: f32.
// CHECK-LABEL: func.func @unmultiplied
// CHECK-NOT:     bf16
func.func @unmultiplied(%x: tensor<8x6xf32>) -> tensor<8x6xf32> {
  %e = tensor.empty() : tensor<8x6xf32>
  %h = kernel.map dims [8, 6] ins(%x : tensor<8x6xf32>) outs(%e : tensor<8x6xf32>) maps [#i, #i]
    body { ^bb0(%a: f32):
      %t = math.tanh %a : f32
      kernel.yield %t : f32 } -> tensor<8x6xf32>
  %s = kernel.map dims [8, 6] ins(%h : tensor<8x6xf32>) outs(%e : tensor<8x6xf32>) maps [#i, #i]
    body { ^bb0(%a: f32):
      %t = arith.mulf %a, %a : f32
      kernel.yield %t : f32 } -> tensor<8x6xf32>
  return %s : tensor<8x6xf32>
}
}
