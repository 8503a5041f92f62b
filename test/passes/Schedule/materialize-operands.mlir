// RUN: moec-opt %s --moec-materialize-operands --mlir-print-local-scope | FileCheck %s
// RUN: sed 's/multiprocessors = 1,/multiprocessors = 132,/' %s | moec-opt --moec-materialize-operands --mlir-print-local-scope | FileCheck %s --check-prefix=MANY
// RUN: moec-opt %s --moec-materialize-operands --remarks-filter=Schedule --remark-policy=all -o /dev/null 2>&1 | FileCheck %s --check-prefix=REMARK
// RUN: moec-interpret %s --pipeline="moec-materialize-operands"

// On one multiprocessor the normalisation of a row would be computed for every
// tile of 512 columns. What the epilogue reads it still reads.

module attributes {kernel.machine = #kernel.gpu<multiprocessors = 1, shared_bytes = 232448>} {
// REMARK: [Passed] MaterializedOperand
// REMARK-SAME: left operand is stored before it is multiplied
// CHECK-LABEL: func.func @normalized
// CHECK:         %[[V:.*]] = kernel.map dims [128, 64] ins(%{{.*}}, %[[MEAN:.*]], %{{.*}} : tensor<2x64x64xf32>, tensor<2x64xf32>, tensor<64xf32>)
// CHECK-SAME:      maps [affine_map<(d0, d1) -> (d0 floordiv 64, d0 mod 64, d1)>,
// CHECK-SAME:        affine_map<(d0, d1) -> (d0 floordiv 64, d0 mod 64)>, affine_map<(d0, d1) -> (d1)>, affine_map<(d0, d1) -> (d0, d1)>]
// CHECK:           arith.subf
// CHECK:           arith.mulf
// CHECK:           arith.truncf
// CHECK:         kernel.contract dims [128, 512, 64] ins(%[[V]], %{{.*}}, %[[MEAN]] : tensor<128x64xbf16>, tensor<64x512xbf16>, tensor<2x64xf32>)
// CHECK-SAME:      maps [affine_map<(d0, d1, d2) -> (d0, d2)>,
// CHECK-NEXT:      ^bb0(%[[E:.*]]: bf16, %{{.*}}: bf16, %{{.*}}: f32):
// CHECK-NEXT:        kernel.yield %[[E]] : bf16
// With 132 of them a second kernel costs more than it saves.
// MANY-LABEL: func.func @normalized
// MANY-NOT:     kernel.map
// MANY:         kernel.contract
func.func @normalized(%x: tensor<2x64x64xf32>, %w: tensor<64x512xbf16>, %mean: tensor<2x64xf32>, %scale: tensor<64xf32>) -> tensor<128x512xf32> {
  %init = tensor.empty() : tensor<128x512xf32>
  %y = kernel.contract dims [128, 512, 64]
    ins(%x, %w, %mean, %scale : tensor<2x64x64xf32>, tensor<64x512xbf16>, tensor<2x64xf32>, tensor<64xf32>) outs(%init : tensor<128x512xf32>)
    maps [affine_map<(m, n, k) -> (m floordiv 64, m mod 64, k)>, affine_map<(m, n, k) -> (k, n)>,
          affine_map<(m, n, k) -> (m floordiv 64, m mod 64)>, affine_map<(m, n, k) -> (k)>, affine_map<(m, n, k) -> (m, n)>]
    lhs { ^bb0(%l: f32, %r: bf16, %a: f32, %s: f32):
      %d = arith.subf %l, %a : f32
      %e = arith.mulf %d, %s : f32
      %v = arith.truncf %e : f32 to bf16
      kernel.yield %v : bf16 }
    rhs { ^bb0(%l: f32, %r: bf16, %a: f32, %s: f32): kernel.yield %r : bf16 }
    epilogue { ^bb0(%l: f32, %r: bf16, %a: f32, %s: f32, %acc: f32):
      %z = arith.addf %acc, %a : f32
      kernel.yield %z : f32 } -> tensor<128x512xf32>
  return %y : tensor<128x512xf32>
}

// A weight gradient reads its left operand by columns: it is stored in rows, as
// it lies in memory, and read by columns. The position is that of the row.

// CHECK-LABEL: func.func @by_columns
// CHECK:         %[[V:.*]] = kernel.map dims [128, 64] ins(%{{.*}} : tensor<128x64xf32>)
// CHECK:           kernel.index 0
// CHECK:         kernel.contract dims [64, 2048, 128] ins(%[[V]], %{{.*}} : tensor<128x64xbf16>, tensor<128x2048xbf16>)
// CHECK-SAME:      maps [affine_map<(d0, d1, d2) -> (d2, d0)>,
func.func @by_columns(%x: tensor<128x64xf32>, %dy: tensor<128x2048xbf16>) -> tensor<64x2048xf32> {
  %init = tensor.empty() : tensor<64x2048xf32>
  %g = kernel.contract dims [64, 2048, 128]
    ins(%x, %dy : tensor<128x64xf32>, tensor<128x2048xbf16>) outs(%init : tensor<64x2048xf32>)
    maps [affine_map<(m, n, k) -> (k, m)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>]
    lhs { ^bb0(%l: f32, %r: bf16):
      %i = kernel.index 2 : i32
      %f = arith.sitofp %i : i32 to f32
      %e = arith.addf %l, %f : f32
      %v = arith.truncf %e : f32 to bf16
      kernel.yield %v : bf16 }
    rhs { ^bb0(%l: f32, %r: bf16): kernel.yield %r : bf16 }
    epilogue { ^bb0(%l: f32, %r: bf16, %acc: f32): kernel.yield %acc : f32 } -> tensor<64x2048xf32>
  return %g : tensor<64x2048xf32>
}

// Rows of 49 elements are no whole pieces of 16 bytes.

// CHECK-LABEL: func.func @unaligned
// CHECK-NOT:     kernel.map
// CHECK:         kernel.contract
func.func @unaligned(%x: tensor<1024x49xf32>, %w: tensor<49x512xbf16>) -> tensor<1024x512xf32> {
  %init = tensor.empty() : tensor<1024x512xf32>
  %y = kernel.contract dims [1024, 512, 49]
    ins(%x, %w : tensor<1024x49xf32>, tensor<49x512xbf16>) outs(%init : tensor<1024x512xf32>)
    maps [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>]
    lhs { ^bb0(%l: f32, %r: bf16):
      %v = arith.truncf %l : f32 to bf16
      kernel.yield %v : bf16 }
    rhs { ^bb0(%l: f32, %r: bf16): kernel.yield %r : bf16 }
    epilogue { ^bb0(%l: f32, %r: bf16, %acc: f32): kernel.yield %acc : f32 } -> tensor<1024x512xf32>
  return %y : tensor<1024x512xf32>
}

// What is gathered and only rounded is rounded before, and gathered by the
// contraction: each source row once.

// CHECK-LABEL: func.func @gathered
// CHECK:         %[[V:.*]] = kernel.map dims [64, 64] ins(%{{.*}} : tensor<64x64xf32>)
// CHECK:         kernel.contract dims [1024, 512, 64] ins(%[[V]], %{{.*}}, %{{.*}} : tensor<64x64xbf16>, tensor<64x512xbf16>, tensor<1024xi32>)
// CHECK-SAME:      maps [affine_map<(d0, d1, d2) -> (0, d2)>
// CHECK-SAME:      gathers [2, -1, -1]
func.func @gathered(%x: tensor<64x64xf32>, %w: tensor<64x512xbf16>, %rows: tensor<1024xi32>) -> tensor<1024x512xf32> {
  %init = tensor.empty() : tensor<1024x512xf32>
  %y = kernel.contract dims [1024, 512, 64]
    ins(%x, %w, %rows : tensor<64x64xf32>, tensor<64x512xbf16>, tensor<1024xi32>) outs(%init : tensor<1024x512xf32>)
    maps [affine_map<(m, n, k) -> (0, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m)>, affine_map<(m, n, k) -> (m, n)>]
    gathers [2, -1, -1]
    lhs { ^bb0(%l: f32, %r: bf16, %i: i32):
      %v = arith.truncf %l : f32 to bf16
      kernel.yield %v : bf16 }
    rhs { ^bb0(%l: f32, %r: bf16, %i: i32): kernel.yield %r : bf16 }
    epilogue { ^bb0(%l: f32, %r: bf16, %i: i32, %acc: f32): kernel.yield %acc : f32 } -> tensor<1024x512xf32>
  return %y : tensor<1024x512xf32>
}

// Gathered rows that are weighed are stored as gathered.

// CHECK-LABEL: func.func @weighed
// CHECK:         %[[V:.*]] = kernel.map dims [1024, 64] ins(%{{.*}}, %{{.*}}, %{{.*}} : tensor<64x64xf32>, tensor<1024xf32>, tensor<1024xi32>)
// CHECK-SAME:      maps [affine_map<(d0, d1) -> (0, d1)>, affine_map<(d0, d1) -> (d0)>, affine_map<(d0, d1) -> (d0)>, affine_map<(d0, d1) -> (d0, d1)>] gathers [2, -1, -1]
// CHECK:         kernel.contract dims [1024, 512, 64] ins(%[[V]], %{{.*}} : tensor<1024x64xbf16>, tensor<64x512xbf16>)
// CHECK-NOT:     gathers
// CHECK:         lhs
func.func @weighed(%x: tensor<64x64xf32>, %w: tensor<64x512xbf16>, %rows: tensor<1024xi32>, %gate: tensor<1024xf32>) -> tensor<1024x512xf32> {
  %init = tensor.empty() : tensor<1024x512xf32>
  %y = kernel.contract dims [1024, 512, 64]
    ins(%x, %w, %rows, %gate : tensor<64x64xf32>, tensor<64x512xbf16>, tensor<1024xi32>, tensor<1024xf32>) outs(%init : tensor<1024x512xf32>)
    maps [affine_map<(m, n, k) -> (0, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m)>, affine_map<(m, n, k) -> (m)>, affine_map<(m, n, k) -> (m, n)>]
    gathers [2, -1, -1, -1]
    lhs { ^bb0(%l: f32, %r: bf16, %i: i32, %g: f32):
      %e = arith.mulf %l, %g : f32
      %v = arith.truncf %e : f32 to bf16
      kernel.yield %v : bf16 }
    rhs { ^bb0(%l: f32, %r: bf16, %i: i32, %g: f32): kernel.yield %r : bf16 }
    epilogue { ^bb0(%l: f32, %r: bf16, %i: i32, %g: f32, %acc: f32): kernel.yield %acc : f32 } -> tensor<1024x512xf32>
  return %y : tensor<1024x512xf32>
}
}
