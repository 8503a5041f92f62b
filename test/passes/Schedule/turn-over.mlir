// Which contractions have m and n exchanged before they get a schedule, on the
// CPU and on a GPU alike, so that outs are stored in vectors along n.
// RUN: moec-opt %s --moec-assign-schedule --split-input-file --mlir-print-local-scope | FileCheck %s
// RUN: sed 's/#kernel.cpu<.*>}/#kernel.gpu<multiprocessors = 132, shared_bytes = 232448>}/' %s | moec-opt --moec-assign-gpu-schedule --split-input-file --mlir-print-local-scope | FileCheck %s

module attributes {kernel.machine = #kernel.cpu<cores = 8, vector_bytes = 64, vector_registers = 32>} {
// The out is contiguous along m: dims, maps, the regions of the operands and
// positions change places; groups and k stay.
// CHECK-LABEL: func @turned
// CHECK: kernel.contract dims [3, 20, 32, 64]
// CHECK-SAME: maps [affine_map<(d0, d1, d2, d3) -> (d3, d2)>, affine_map<(d0, d1, d2, d3) -> (d0, d1, d3)>, affine_map<(d0, d1, d2, d3) -> (d0, d1, d2)>]
// CHECK: lhs
// CHECK-NEXT: ^bb0(%{{.*}}: f32, %[[R:.*]]: f32):
// CHECK-NEXT: %[[I:.*]] = kernel.index 1
// CHECK-NEXT: %[[F:.*]] = arith.sitofp %[[I]]
// CHECK-NEXT: %[[P:.*]] = arith.mulf %[[R]], %[[F]]
// CHECK-NEXT: kernel.yield %[[P]]
// CHECK: rhs
// CHECK-NEXT: ^bb0(%[[L:.*]]: f32, %{{.*}}: f32):
// CHECK-NEXT: kernel.index 2 :
// CHECK-NEXT: kernel.index 0 :
// CHECK-NEXT: kernel.index 3 :
// CHECK: kernel.yield %[[L]]
// CHECK: epilogue
// CHECK: kernel.index 2 :
func.func @turned(%x: tensor<64x32xf32>, %w: tensor<3x20x64xf32>, %init: tensor<3x20x32xf32>) -> tensor<3x20x32xf32> {
  %y = kernel.contract dims [3, 32, 20, 64]
    ins(%x, %w : tensor<64x32xf32>, tensor<3x20x64xf32>) outs(%init : tensor<3x20x32xf32>)
    maps [affine_map<(g, m, n, k) -> (k, m)>, affine_map<(g, m, n, k) -> (g, n, k)>, affine_map<(g, m, n, k) -> (g, n, m)>]
    lhs { ^bb0(%l: f32, %r: f32):
      %i = kernel.index 1 : i32
      %g = kernel.index 0 : i32
      %k = kernel.index 3 : i32
      kernel.yield %l : f32 }
    rhs { ^bb0(%l: f32, %r: f32):
      %i = kernel.index 2 : i32
      %f = arith.sitofp %i : i32 to f32
      %p = arith.mulf %r, %f : f32
      kernel.yield %p : f32 }
    epilogue { ^bb0(%l: f32, %r: f32, %acc: f32):
      %i = kernel.index 1 : i32
      %f = arith.sitofp %i : i32 to f32
      %p = arith.mulf %acc, %f : f32
      kernel.yield %p : f32 } -> tensor<3x20x32xf32>
  return %y : tensor<3x20x32xf32>
}
}

// -----

module attributes {kernel.machine = #kernel.cpu<cores = 8, vector_bytes = 64, vector_registers = 32>} {
// Contiguous along n already, whatever the operands look like.
// CHECK-LABEL: func @along_n
// CHECK: kernel.contract dims [32, 20, 64]
func.func @along_n(%x: tensor<64x32xf32>, %w: tensor<20x64xf32>, %init: tensor<32x20xf32>) -> tensor<32x20xf32> {
  %y = kernel.contract dims [32, 20, 64]
    ins(%x, %w : tensor<64x32xf32>, tensor<20x64xf32>) outs(%init : tensor<32x20xf32>)
    maps [affine_map<(m, n, k) -> (k, m)>, affine_map<(m, n, k) -> (n, k)>, affine_map<(m, n, k) -> (m, n)>]
    lhs { ^bb0(%l: f32, %r: f32): kernel.yield %l : f32 }
    rhs { ^bb0(%l: f32, %r: f32): kernel.yield %r : f32 }
    epilogue { ^bb0(%l: f32, %r: f32, %acc: f32): kernel.yield %acc : f32 } -> tensor<32x20xf32>
  return %y : tensor<32x20xf32>
}
}

// -----

module attributes {kernel.machine = #kernel.cpu<cores = 8, vector_bytes = 64, vector_registers = 32>} {
// The innermost axis is the group: neither is contiguous, so nothing is won.
// CHECK-LABEL: func @neither
// CHECK: kernel.contract dims [3, 32, 20, 64]
func.func @neither(%x: tensor<64x32xf32>, %w: tensor<3x20x64xf32>, %init: tensor<20x32x3xf32>) -> tensor<20x32x3xf32> {
  %y = kernel.contract dims [3, 32, 20, 64]
    ins(%x, %w : tensor<64x32xf32>, tensor<3x20x64xf32>) outs(%init : tensor<20x32x3xf32>)
    maps [affine_map<(g, m, n, k) -> (k, m)>, affine_map<(g, m, n, k) -> (g, n, k)>, affine_map<(g, m, n, k) -> (n, m, g)>]
    lhs { ^bb0(%l: f32, %r: f32): kernel.yield %l : f32 }
    rhs { ^bb0(%l: f32, %r: f32): kernel.yield %r : f32 }
    epilogue { ^bb0(%l: f32, %r: f32, %acc: f32): kernel.yield %acc : f32 } -> tensor<20x32x3xf32>
  return %y : tensor<20x32x3xf32>
}
}

// -----

module attributes {kernel.machine = #kernel.cpu<cores = 8, vector_bytes = 64, vector_registers = 32>} {
// Of two outs one lies each way: as it was. Of three the two along m decide.
// CHECK-LABEL: func @several
// CHECK: kernel.contract dims [32, 20, 64]
// CHECK: kernel.contract dims [20, 32, 64]
func.func @several(%x: tensor<64x32xf32>, %w: tensor<20x64xf32>, %mn: tensor<32x20xf32>, %nm: tensor<20x32xf32>)
    -> (tensor<32x20xf32>, tensor<20x32xf32>, tensor<20x32xf32>) {
  %y:2 = kernel.contract dims [32, 20, 64]
    ins(%x, %w : tensor<64x32xf32>, tensor<20x64xf32>) outs(%mn, %nm : tensor<32x20xf32>, tensor<20x32xf32>)
    maps [affine_map<(m, n, k) -> (k, m)>, affine_map<(m, n, k) -> (n, k)>,
          affine_map<(m, n, k) -> (m, n)>, affine_map<(m, n, k) -> (n, m)>]
    lhs { ^bb0(%l: f32, %r: f32): kernel.yield %l : f32 }
    rhs { ^bb0(%l: f32, %r: f32): kernel.yield %r : f32 }
    epilogue { ^bb0(%l: f32, %r: f32, %acc: f32): kernel.yield %acc, %acc : f32, f32 } -> tensor<32x20xf32>, tensor<20x32xf32>
  %z:3 = kernel.contract dims [32, 20, 64]
    ins(%x, %w : tensor<64x32xf32>, tensor<20x64xf32>) outs(%y#0, %y#1, %nm : tensor<32x20xf32>, tensor<20x32xf32>, tensor<20x32xf32>)
    maps [affine_map<(m, n, k) -> (k, m)>, affine_map<(m, n, k) -> (n, k)>,
          affine_map<(m, n, k) -> (m, n)>, affine_map<(m, n, k) -> (n, m)>, affine_map<(m, n, k) -> (n, m)>]
    lhs { ^bb0(%l: f32, %r: f32): kernel.yield %l : f32 }
    rhs { ^bb0(%l: f32, %r: f32): kernel.yield %r : f32 }
    epilogue { ^bb0(%l: f32, %r: f32, %acc: f32): kernel.yield %acc, %acc, %acc : f32, f32, f32 }
    -> tensor<32x20xf32>, tensor<20x32xf32>, tensor<20x32xf32>
  return %z#0, %z#1, %z#2 : tensor<32x20xf32>, tensor<20x32xf32>, tensor<20x32xf32>
}
}

// -----

module attributes {kernel.machine = #kernel.cpu<cores = 8, vector_bytes = 64, vector_registers = 32>} {
// One column: the out is contiguous along m and does not move along n, whose
// only position is 0.
// CHECK-LABEL: func @column
// CHECK: kernel.contract dims [32, 1, 64]
func.func @column(%x: tensor<64x32xf32>, %w: tensor<64xf32>, %init: tensor<32xf32>) -> tensor<32xf32> {
  %y = kernel.contract dims [32, 1, 64]
    ins(%x, %w : tensor<64x32xf32>, tensor<64xf32>) outs(%init : tensor<32xf32>)
    maps [affine_map<(m, n, k) -> (k, m)>, affine_map<(m, n, k) -> (k)>, affine_map<(m, n, k) -> (m)>]
    lhs { ^bb0(%l: f32, %r: f32): kernel.yield %l : f32 }
    rhs { ^bb0(%l: f32, %r: f32): kernel.yield %r : f32 }
    epilogue { ^bb0(%l: f32, %r: f32, %acc: f32): kernel.yield %acc : f32 } -> tensor<32xf32>
  return %y : tensor<32xf32>
}
}

// -----

module attributes {kernel.machine = #kernel.cpu<cores = 8, vector_bytes = 64, vector_registers = 32>} {
// Rows of an expert, a ragged m, stay the rows: kernels find their bounds there.
// CHECK-LABEL: func @ragged
// CHECK: kernel.contract dims [4, 16, 12, 8]
// CHECK-SAME: ragged 1 by 2
func.func @ragged(%x: tensor<16x8xf32>, %w: tensor<4x8x12xf32>, %offsets: tensor<5xi32>, %init: tensor<12x16xf32>) -> tensor<12x16xf32> {
  %y = kernel.contract dims [4, 16, 12, 8]
    ins(%x, %w, %offsets : tensor<16x8xf32>, tensor<4x8x12xf32>, tensor<5xi32>) outs(%init : tensor<12x16xf32>)
    maps [affine_map<(g, m, n, k) -> (m, k)>, affine_map<(g, m, n, k) -> (g, k, n)>, affine_map<(g, m, n, k) -> (g)>,
          affine_map<(g, m, n, k) -> (n, m)>] ragged 1 by 2
    lhs { ^bb0(%l: f32, %r: f32, %o: i32): kernel.yield %l : f32 }
    rhs { ^bb0(%l: f32, %r: f32, %o: i32): kernel.yield %r : f32 }
    epilogue { ^bb0(%l: f32, %r: f32, %o: i32, %acc: f32): kernel.yield %acc : f32 } -> tensor<12x16xf32>
  return %y : tensor<12x16xf32>
}
}
