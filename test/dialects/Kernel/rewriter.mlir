// What a kernel looks like that took in another one: which of its inputs stay,
// how gathers and offsets are numbered, where regions get arguments, and what
// positions become.
// RUN: moec-opt %s --split-input-file --mlir-print-local-scope --pass-pipeline='builtin.module(func.func(moec-fuse-operands))' | FileCheck %s

// An input that both kernels read alike is one; read elsewhere it is another.
// CHECK-LABEL: func.func @equal
// CHECK-SAME: %[[X:.*]]: tensor<8x8xf32>, %[[A:.*]]: tensor<8xf32>
// CHECK: kernel.map dims [8, 8] ins(%[[A]], %[[A]], %[[X]] : tensor<8xf32>, tensor<8xf32>, tensor<8x8xf32>)
// CHECK-SAME: maps [affine_map<(d0, d1) -> (d0)>, affine_map<(d0, d1) -> (d1)>, affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0, d1)>]
// CHECK-NEXT: ^bb0(%[[ROW:.*]]: f32, %[[COLUMN:.*]]: f32, %[[E:.*]]: f32):
// CHECK-NEXT: %[[S:.*]] = arith.addf %[[E]], %[[ROW]]
// CHECK-NEXT: %[[T:.*]] = arith.mulf %[[S]], %[[ROW]]
// CHECK-NEXT: arith.subf %[[T]], %[[COLUMN]]
func.func @equal(%x: tensor<8x8xf32>, %a: tensor<8xf32>) -> tensor<8x8xf32> {
  %e = tensor.empty() : tensor<8x8xf32>
  %n = kernel.map dims [8, 8] ins(%x, %a : tensor<8x8xf32>, tensor<8xf32>) outs(%e : tensor<8x8xf32>)
    maps [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i)>, affine_map<(i, j) -> (i, j)>]
    body { ^bb0(%p: f32, %q: f32):
      %s = arith.addf %p, %q : f32
      kernel.yield %s : f32 } -> tensor<8x8xf32>
  %y = kernel.map dims [8, 8] ins(%n, %a, %a : tensor<8x8xf32>, tensor<8xf32>, tensor<8xf32>) outs(%e : tensor<8x8xf32>)
    maps [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i)>, affine_map<(i, j) -> (j)>, affine_map<(i, j) -> (i, j)>]
    body { ^bb0(%p: f32, %q: f32, %r: f32):
      %s = arith.mulf %p, %q : f32
      %t = arith.subf %s, %r : f32
      kernel.yield %t : f32 } -> tensor<8x8xf32>
  return %y : tensor<8x8xf32>
}

// -----

// The two operands of a contraction keep their places, also when they are equal
// (a sum of products). A further input that equals an operand becomes that
// operand.
// CHECK-LABEL: func.func @operands
// CHECK-SAME: %[[X:.*]]: tensor<64xf32>
// CHECK: kernel.contract dims [1, 1, 64] ins(%[[X]], %[[X]] : tensor<64xf32>, tensor<64xf32>)
// CHECK-NEXT: ^bb0(%[[L:.*]]: f32, %{{.*}}: f32):
// CHECK-NEXT: arith.negf %[[L]]
// CHECK: rhs
// CHECK-NEXT: ^bb0(%{{.*}}: f32, %[[R:.*]]: f32):
// CHECK-NEXT: kernel.yield %[[R]]
// CHECK: epilogue
// CHECK-NEXT: ^bb0(%{{.*}}: f32, %{{.*}}: f32, %[[ACC:.*]]: f32):
// CHECK-NEXT: kernel.yield %[[ACC]]
func.func @operands(%x: tensor<64xf32>) -> tensor<f32> {
  %e = tensor.empty() : tensor<64xf32>
  %out = tensor.empty() : tensor<f32>
  %n = kernel.map dims [64] ins(%x : tensor<64xf32>) outs(%e : tensor<64xf32>)
    maps [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>]
    body { ^bb0(%p: f32):
      %s = arith.negf %p : f32
      kernel.yield %s : f32 } -> tensor<64xf32>
  %y = kernel.contract dims [1, 1, 64] ins(%n, %x : tensor<64xf32>, tensor<64xf32>) outs(%out : tensor<f32>)
    maps [affine_map<(m, n, k) -> (k)>, affine_map<(m, n, k) -> (k)>, affine_map<(m, n, k) -> ()>]
    lhs { ^bb0(%l: f32, %r: f32): kernel.yield %l : f32 }
    rhs { ^bb0(%l: f32, %r: f32): kernel.yield %r : f32 }
    epilogue { ^bb0(%l: f32, %r: f32, %acc: f32): kernel.yield %acc : f32 } -> tensor<f32>
  return %y : tensor<f32>
}

// -----

// An input that no region reads goes, and those behind it move up: row numbers
// and offsets, which no region reads either, are found at their new places.
// The scale of the weights comes in last, before the accumulator.
// CHECK-LABEL: func.func @renumbered
// CHECK-SAME: %[[X:.*]]: tensor<16x8xf32>, %[[W:.*]]: tensor<4x8x12xf32>, %[[S:.*]]: tensor<12xf32>, %{{.*}}: tensor<12xf32>, %[[I:.*]]: tensor<16xi32>, %[[O:.*]]: tensor<5xi32>
// CHECK: kernel.contract dims [4, 16, 12, 8] ins(%[[X]], %[[W]], %[[I]], %[[O]], %[[S]] :
// CHECK-SAME: gathers [2, -1, -1, -1, -1] ragged 1 by 3
// CHECK: rhs
// CHECK-NEXT: ^bb0(%{{.*}}: f32, %[[R:.*]]: f32, %{{.*}}: i32, %{{.*}}: i32, %[[SCALE:.*]]: f32):
// CHECK-NEXT: arith.mulf %[[R]], %[[SCALE]]
// CHECK: epilogue
// CHECK-NEXT: ^bb0(%{{.*}}: f32, %{{.*}}: f32, %{{.*}}: i32, %{{.*}}: i32, %{{.*}}: f32, %[[ACC:.*]]: f32):
// CHECK-NEXT: kernel.yield %[[ACC]]
func.func @renumbered(%x: tensor<16x8xf32>, %w: tensor<4x8x12xf32>, %s: tensor<12xf32>, %unread: tensor<12xf32>, %items: tensor<16xi32>,
                      %offsets: tensor<5xi32>, %init: tensor<16x12xf32>) -> tensor<16x12xf32> {
  %e = tensor.empty() : tensor<4x8x12xf32>
  %n = kernel.map dims [4, 8, 12] ins(%w, %s : tensor<4x8x12xf32>, tensor<12xf32>) outs(%e : tensor<4x8x12xf32>)
    maps [affine_map<(g, k, n) -> (g, k, n)>, affine_map<(g, k, n) -> (n)>, affine_map<(g, k, n) -> (g, k, n)>]
    body { ^bb0(%p: f32, %q: f32):
      %t = arith.mulf %p, %q : f32
      kernel.yield %t : f32 } -> tensor<4x8x12xf32>
  %y = kernel.contract dims [4, 16, 12, 8]
    ins(%x, %n, %unread, %items, %offsets : tensor<16x8xf32>, tensor<4x8x12xf32>, tensor<12xf32>, tensor<16xi32>, tensor<5xi32>)
    outs(%init : tensor<16x12xf32>)
    maps [affine_map<(g, m, n, k) -> (0, k)>, affine_map<(g, m, n, k) -> (g, k, n)>, affine_map<(g, m, n, k) -> (n)>,
          affine_map<(g, m, n, k) -> (m)>, affine_map<(g, m, n, k) -> (g)>, affine_map<(g, m, n, k) -> (m, n)>]
    gathers [3, -1, -1, -1, -1] ragged 1 by 4
    lhs { ^bb0(%l: f32, %r: f32, %u: f32, %i: i32, %o: i32): kernel.yield %l : f32 }
    rhs { ^bb0(%l: f32, %r: f32, %u: f32, %i: i32, %o: i32): kernel.yield %r : f32 }
    epilogue { ^bb0(%l: f32, %r: f32, %u: f32, %i: i32, %o: i32, %acc: f32): kernel.yield %acc : f32 } -> tensor<16x12xf32>
  return %y : tensor<16x12xf32>
}

// -----

// Row numbers that both kernels gather by are one input, which both gathers
// name; the same rows read without a gather are an input of their own.
// CHECK-LABEL: func.func @one_gather
// CHECK-SAME: %[[X:.*]]: tensor<8x16xf32>, %[[V:.*]]: tensor<8x16xf32>, %[[I:.*]]: tensor<8xi32>
// CHECK: kernel.map dims [8, 16] ins(%[[V]], %[[V]], %[[I]], %[[X]] :
// CHECK-SAME: gathers [2, -1, -1, 2]
func.func @one_gather(%x: tensor<8x16xf32>, %v: tensor<8x16xf32>, %items: tensor<8xi32>) -> tensor<8x16xf32> {
  %e = tensor.empty() : tensor<8x16xf32>
  %n = kernel.map dims [8, 16] ins(%x, %items : tensor<8x16xf32>, tensor<8xi32>) outs(%e : tensor<8x16xf32>)
    maps [affine_map<(i, j) -> (0, j)>, affine_map<(i, j) -> (i)>, affine_map<(i, j) -> (i, j)>] gathers [1, -1]
    body { ^bb0(%p: f32, %q: i32): kernel.yield %p : f32 } -> tensor<8x16xf32>
  %y = kernel.map dims [8, 16] ins(%n, %v, %v, %items : tensor<8x16xf32>, tensor<8x16xf32>, tensor<8x16xf32>, tensor<8xi32>) outs(%e : tensor<8x16xf32>)
    maps [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (0, j)>, affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i)>,
          affine_map<(i, j) -> (i, j)>] gathers [-1, 3, -1, -1]
    body { ^bb0(%p: f32, %q: f32, %r: f32, %i: i32):
      %s = arith.addf %p, %q : f32
      %t = arith.addf %s, %r : f32
      kernel.yield %t : f32 } -> tensor<8x16xf32>
  return %y : tensor<8x16xf32>
}

// -----

// Each phase of kernel.rows gets the new argument behind its inputs, before the
// values of the phases; combiners and outs stay.
// CHECK-LABEL: func.func @phases
// CHECK: kernel.rows dims [8, 16] ins(%{{.*}}, %{{.*}} : tensor<8x16xf32>, tensor<16xf32>) outs(%{{.*}}, %{{.*}} : tensor<8xf32>, tensor<8x16xf32>)
// CHECK-SAME: combiners [#kernel.combiner<max>]
// CHECK: ^bb0(%[[A:.*]]: f32, %[[B:.*]]: f32):
// CHECK-NEXT: arith.addf %[[A]], %[[B]]
// CHECK: finish
// CHECK-NEXT: ^bb0(%{{.*}}: f32, %{{.*}}: f32, %[[M:.*]]: f32):
// CHECK-NEXT: kernel.yield %[[M]]
// CHECK: emit
// CHECK-NEXT: ^bb0(%[[A:.*]]: f32, %[[B:.*]]: f32, %[[M:.*]]: f32):
// CHECK-NEXT: %[[S:.*]] = arith.addf %[[A]], %[[B]]
// CHECK-NEXT: arith.subf %[[S]], %[[M]]
func.func @phases(%x: tensor<8x16xf32>, %b: tensor<16xf32>, %o0: tensor<8xf32>, %o1: tensor<8x16xf32>) -> (tensor<8xf32>, tensor<8x16xf32>) {
  %e = tensor.empty() : tensor<8x16xf32>
  %n = kernel.map dims [8, 16] ins(%x, %b : tensor<8x16xf32>, tensor<16xf32>) outs(%e : tensor<8x16xf32>)
    maps [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (j)>, affine_map<(i, j) -> (i, j)>]
    body { ^bb0(%p: f32, %q: f32):
      %s = arith.addf %p, %q : f32
      kernel.yield %s : f32 } -> tensor<8x16xf32>
  %r:2 = kernel.rows dims [8, 16] ins(%n : tensor<8x16xf32>) outs(%o0, %o1 : tensor<8xf32>, tensor<8x16xf32>)
    maps [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i)>, affine_map<(i, j) -> (i, j)>]
    combiners [#kernel.combiner<max>]
    phases { ^bb0(%v: f32): kernel.yield %v : f32 }
    finish { ^bb0(%v: f32, %m: f32): kernel.yield %m : f32 }
    emit { ^bb0(%v: f32, %m: f32):
      %d = arith.subf %v, %m : f32
      kernel.yield %d : f32 } -> tensor<8xf32>, tensor<8x16xf32>
  return %r#0, %r#1 : tensor<8xf32>, tensor<8x16xf32>
}

// -----

// A position in the map becomes one in its reader: along the dim that its dim
// became where the map is read turned over, a quotient where it is read through
// another shape. Where that would take a division in each lane, the map stays.
// CHECK-LABEL: func.func @positions
// CHECK: kernel.map dims [16, 8]
// CHECK: kernel.index 1 :
// CHECK-NOT: kernel.map
// CHECK: return
// CHECK-LABEL: func.func @reshaped
// CHECK: kernel.map dims [8, 16]
// CHECK: kernel.index affine_map<(d0) -> (d0 floordiv 4)> :
// CHECK: kernel.index affine_map<(d0, d1) -> (d1 + d0 * 16)> :
// CHECK-NOT: kernel.map
// CHECK: return
// CHECK-LABEL: func.func @divided
// CHECK: kernel.map dims [8, 4, 4]
// CHECK: kernel.index 1 :
// CHECK: kernel.map dims [8, 16]
func.func @positions(%x: tensor<8x16xf32>) -> tensor<16x8xf32> {
  %e = tensor.empty() : tensor<8x16xf32>
  %t = tensor.empty() : tensor<16x8xf32>
  %n = kernel.map dims [8, 16] ins(%x : tensor<8x16xf32>) outs(%e : tensor<8x16xf32>)
    maps [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i, j)>]
    body { ^bb0(%p: f32):
      %i = kernel.index 0 : i32
      %f = arith.sitofp %i : i32 to f32
      %s = arith.mulf %p, %f : f32
      kernel.yield %s : f32 } -> tensor<8x16xf32>
  %y = kernel.map dims [16, 8] ins(%n : tensor<8x16xf32>) outs(%t : tensor<16x8xf32>)
    maps [affine_map<(i, j) -> (j, i)>, affine_map<(i, j) -> (i, j)>]
    body { ^bb0(%p: f32): kernel.yield %p : f32 } -> tensor<16x8xf32>
  return %y : tensor<16x8xf32>
}
func.func @reshaped(%x: tensor<2x4x16xf32>) -> tensor<8x16xf32> {
  %e = tensor.empty() : tensor<2x4x16xf32>
  %t = tensor.empty() : tensor<8x16xf32>
  %n = kernel.map dims [2, 4, 16] ins(%x : tensor<2x4x16xf32>) outs(%e : tensor<2x4x16xf32>)
    maps [affine_map<(i, j, k) -> (i, j, k)>, affine_map<(i, j, k) -> (i, j, k)>]
    body { ^bb0(%p: f32):
      %i = kernel.index 0 : i32
      %n = kernel.index affine_map<(i, j, k) -> (i * 64 + j * 16 + k)> : i32
      %q = arith.addi %i, %n : i32
      %f = arith.sitofp %q : i32 to f32
      %s = arith.mulf %p, %f : f32
      kernel.yield %s : f32 } -> tensor<2x4x16xf32>
  %v = tensor.collapse_shape %n [[0, 1], [2]] : tensor<2x4x16xf32> into tensor<8x16xf32>
  %y = kernel.map dims [8, 16] ins(%v : tensor<8x16xf32>) outs(%t : tensor<8x16xf32>)
    maps [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i, j)>]
    body { ^bb0(%p: f32): kernel.yield %p : f32 } -> tensor<8x16xf32>
  return %y : tensor<8x16xf32>
}
func.func @divided(%x: tensor<8x4x4xf32>) -> tensor<8x16xf32> {
  %e = tensor.empty() : tensor<8x4x4xf32>
  %t = tensor.empty() : tensor<8x16xf32>
  %n = kernel.map dims [8, 4, 4] ins(%x : tensor<8x4x4xf32>) outs(%e : tensor<8x4x4xf32>)
    maps [affine_map<(i, j, k) -> (i, j, k)>, affine_map<(i, j, k) -> (i, j, k)>]
    body { ^bb0(%p: f32):
      %i = kernel.index 1 : i32
      %f = arith.sitofp %i : i32 to f32
      %s = arith.mulf %p, %f : f32
      kernel.yield %s : f32 } -> tensor<8x4x4xf32>
  %v = tensor.collapse_shape %n [[0], [1, 2]] : tensor<8x4x4xf32> into tensor<8x16xf32>
  %y = kernel.map dims [8, 16] ins(%v : tensor<8x16xf32>) outs(%t : tensor<8x16xf32>)
    maps [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i, j)>]
    body { ^bb0(%p: f32): kernel.yield %p : f32 } -> tensor<8x16xf32>
  return %y : tensor<8x16xf32>
}
