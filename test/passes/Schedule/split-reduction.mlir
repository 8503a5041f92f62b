// RUN: moec-opt %s --moec-split-reduction --split-input-file --mlir-print-local-scope | FileCheck %s

// A weight gradient: each of two cores takes half of the rows, and a small
// kernel adds the halves.

module attributes {kernel.machine = #kernel.cpu<cores = 2, vector_bytes = 64, vector_registers = 32>} {
// CHECK-LABEL: func.func @weight_gradient
// CHECK:         %[[INIT:.*]] = tensor.empty() : tensor<2x96x192xf32>
// CHECK:         %[[PART:.*]] = kernel.contract dims [2, 96, 192, 3136]
// CHECK-SAME:      outs(%[[INIT]] : tensor<2x96x192xf32>)
// CHECK-SAME:      maps [affine_map<(d0, d1, d2, d3) -> (d0 * 64 + d3 floordiv 49, d3 mod 49, d1)>,
// CHECK-SAME:        affine_map<(d0, d1, d2, d3) -> (d0 * 3136 + d3, d2)>,
// CHECK-SAME:        affine_map<(d0, d1, d2, d3) -> (d0, d1, d2)>]
// CHECK:         %[[SUM:.*]] = kernel.rows dims [96, 192, 2] ins(%[[PART]]
// CHECK-SAME:      maps [affine_map<(d0, d1, d2) -> (d2, d0, d1)>, affine_map<(d0, d1, d2) -> (d0, d1)>]
// CHECK-SAME:      combiners [#kernel.combiner<add>]
// CHECK:         return %[[SUM]]
func.func @weight_gradient(%x: tensor<128x49x96xf32>, %dy: tensor<6272x192xf32>) -> tensor<96x192xf32> {
  %init = tensor.empty() : tensor<96x192xf32>
  %g = kernel.contract dims [96, 192, 6272] ins(%x, %dy : tensor<128x49x96xf32>, tensor<6272x192xf32>)
    outs(%init : tensor<96x192xf32>)
    maps [affine_map<(m, n, k) -> (k floordiv 49, k mod 49, m)>, affine_map<(m, n, k) -> (k, n)>,
          affine_map<(m, n, k) -> (m, n)>]
    lhs { ^bb0(%l: f32, %r: f32): kernel.yield %l : f32 }
    rhs { ^bb0(%l: f32, %r: f32): kernel.yield %r : f32 }
    epilogue { ^bb0(%l: f32, %r: f32, %acc: f32): kernel.yield %acc : f32 } -> tensor<96x192xf32>
  return %g : tensor<96x192xf32>
}
}

// -----

// A position along the reduction is what it was: counted on from where the part
// begins, and taken apart as before.

module attributes {kernel.machine = #kernel.cpu<cores = 2, vector_bytes = 64, vector_registers = 32>} {
// CHECK-LABEL: func.func @positions
// CHECK:         kernel.contract dims [2, 96, 192, 3136]
// CHECK:         rhs
// CHECK:           kernel.index affine_map<(d0, d1, d2, d3) -> (d0 * 602112 + d3 * 192 + d2)> : i32
// CHECK:           kernel.index affine_map<(d0, d1, d2, d3) -> (d0 * 64 + d3 floordiv 49)> : i32
func.func @positions(%x: tensor<6272x96xf32>, %dy: tensor<6272x192xf32>) -> tensor<96x192xf32> {
  %init = tensor.empty() : tensor<96x192xf32>
  %g = kernel.contract dims [96, 192, 6272] ins(%x, %dy : tensor<6272x96xf32>, tensor<6272x192xf32>)
    outs(%init : tensor<96x192xf32>)
    maps [affine_map<(m, n, k) -> (k, m)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>]
    lhs { ^bb0(%l: f32, %r: f32): kernel.yield %l : f32 }
    rhs { ^bb0(%l: f32, %r: f32):
      %i = kernel.index affine_map<(m, n, k) -> (k * 192 + n)> : i32
      %j = kernel.index affine_map<(m, n, k) -> (k floordiv 49)> : i32
      %s = arith.addi %i, %j : i32
      %f = arith.sitofp %s : i32 to f32
      %v = arith.mulf %r, %f : f32
      kernel.yield %v : f32 }
    epilogue { ^bb0(%l: f32, %r: f32, %acc: f32): kernel.yield %acc : f32 } -> tensor<96x192xf32>
  return %g : tensor<96x192xf32>
}
}

// -----

// Column sums of two values: 4 parts a core, as far as 98 divides them.

module attributes {kernel.machine = #kernel.cpu<cores = 2, vector_bytes = 64, vector_registers = 32>} {
// CHECK-LABEL: func.func @scale_gradient
// CHECK:         %[[PARTS:.*]]:2 = kernel.rows dims [8, 64, 1568]
// CHECK-SAME:      affine_map<(d0, d1, d2) -> (d0 * 16 + d2 floordiv 98, d2 mod 98, d1)>
// CHECK-SAME:      affine_map<(d0, d1, d2) -> (d0, d1)>, affine_map<(d0, d1, d2) -> (d0, d1)>]
// CHECK:         kernel.rows dims [64, 8] ins(%[[PARTS]]#0
// CHECK:         kernel.rows dims [64, 8] ins(%[[PARTS]]#1
func.func @scale_gradient(%x: tensor<128x98x64xf32>) -> (tensor<64xf32>, tensor<64xf32>) {
  %init = tensor.empty() : tensor<64xf32>
  %s:2 = kernel.rows dims [64, 12544] ins(%x : tensor<128x98x64xf32>)
    outs(%init, %init : tensor<64xf32>, tensor<64xf32>)
    maps [affine_map<(c, r) -> (r floordiv 98, r mod 98, c)>, affine_map<(c, r) -> (c)>, affine_map<(c, r) -> (c)>]
    combiners [#kernel.combiner<add>]
    phases { ^bb0(%v: f32):
      %q = arith.mulf %v, %v : f32
      kernel.yield %v, %q : f32, f32 }
    finish { ^bb0(%v: f32, %a: f32, %b: f32): kernel.yield %a, %b : f32, f32 }
    emit { ^bb0(%v: f32, %a: f32, %b: f32): kernel.yield } -> tensor<64xf32>, tensor<64xf32>
  return %s#0, %s#1 : tensor<64xf32>, tensor<64xf32>
}
}

// -----

// Left alone: an epilogue that needs the whole sum, a short reduction, and rows
// that are reduced along their elements.

module attributes {kernel.machine = #kernel.cpu<cores = 2, vector_bytes = 64, vector_registers = 32>} {
// CHECK-LABEL: func.func @epilogue
// CHECK:         kernel.contract dims [96, 192, 6272]
// CHECK-NOT:     kernel.rows
func.func @epilogue(%x: tensor<6272x96xf32>, %dy: tensor<6272x192xf32>) -> tensor<96x192xf32> {
  %init = tensor.empty() : tensor<96x192xf32>
  %g = kernel.contract dims [96, 192, 6272] ins(%x, %dy : tensor<6272x96xf32>, tensor<6272x192xf32>)
    outs(%init : tensor<96x192xf32>)
    maps [affine_map<(m, n, k) -> (k, m)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>]
    lhs { ^bb0(%l: f32, %r: f32): kernel.yield %l : f32 }
    rhs { ^bb0(%l: f32, %r: f32): kernel.yield %r : f32 }
    epilogue { ^bb0(%l: f32, %r: f32, %acc: f32):
      %n = arith.negf %acc : f32
      kernel.yield %n : f32 } -> tensor<96x192xf32>
  return %g : tensor<96x192xf32>
}
}

// -----

module attributes {kernel.machine = #kernel.cpu<cores = 2, vector_bytes = 64, vector_registers = 32>} {
// CHECK-LABEL: func.func @short
// CHECK:         kernel.contract dims [96, 192, 512]
// CHECK-NOT:     kernel.rows
func.func @short(%x: tensor<512x96xf32>, %dy: tensor<512x192xf32>) -> tensor<96x192xf32> {
  %init = tensor.empty() : tensor<96x192xf32>
  %g = kernel.contract dims [96, 192, 512] ins(%x, %dy : tensor<512x96xf32>, tensor<512x192xf32>)
    outs(%init : tensor<96x192xf32>)
    maps [affine_map<(m, n, k) -> (k, m)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>]
    lhs { ^bb0(%l: f32, %r: f32): kernel.yield %l : f32 }
    rhs { ^bb0(%l: f32, %r: f32): kernel.yield %r : f32 }
    epilogue { ^bb0(%l: f32, %r: f32, %acc: f32): kernel.yield %acc : f32 } -> tensor<96x192xf32>
  return %g : tensor<96x192xf32>
}
}

// -----

module attributes {kernel.machine = #kernel.cpu<cores = 2, vector_bytes = 64, vector_registers = 32>} {
// CHECK-LABEL: func.func @row_sums
// CHECK:         kernel.rows dims [64, 12544]
// CHECK-NOT:     kernel.rows
func.func @row_sums(%x: tensor<64x12544xf32>) -> tensor<64xf32> {
  %init = tensor.empty() : tensor<64xf32>
  %s = kernel.rows dims [64, 12544] ins(%x : tensor<64x12544xf32>) outs(%init : tensor<64xf32>)
    maps [affine_map<(c, r) -> (c, r)>, affine_map<(c, r) -> (c)>] combiners [#kernel.combiner<add>]
    phases { ^bb0(%v: f32): kernel.yield %v : f32 }
    finish { ^bb0(%v: f32, %a: f32): kernel.yield %a : f32 }
    emit { ^bb0(%v: f32, %a: f32): kernel.yield } -> tensor<64xf32>
  return %s : tensor<64xf32>
}
}
