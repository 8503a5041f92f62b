// RUN: moec-opt %s --moec-lower-contract --canonicalize --cse --split-input-file | FileCheck %s
// RUN: moec-opt %s --moec-lower-contract --split-input-file --remarks-filter-missed=CPU --remark-format=emitRemark 2>&1 | FileCheck %s --check-prefix=REMARK

module attributes {kernel.machine = #kernel.cpu<cores = 8, vector_bytes = 64, vector_registers = 32>} {
// Both operands are read where they lie, a 12x32 register tile runs over k, two steps at a time, and the bias is added before the only
// store. The image's two dimensions vanish in the address.
// CHECK-LABEL: func @linear(
// CHECK-SAME:    memref<{{[0-9]+}}xi8>) attributes {kernel.blocks = 5 : i64, kernel.function, kernel.scratch = {{[0-9]+}} : i64, kernel.variant = "{{.*}}"}
// CHECK:         scf.for %{{.*}} = %{{.*}} to %{{.*}} step %{{.*}} {
// CHECK-NOT:       scf.if
// CHECK-NOT:       floordiv
// CHECK:           scf.for {{.*}} -> (vector<16xf32>
// CHECK:             vector.load %{{.*}} : memref<18432xf32>, vector<16xf32>
// CHECK-COUNT-48:    vector.fma
// CHECK-NOT:         vector.fma
// CHECK:           arith.addf {{.*}} : vector<16xf32>
// CHECK:           vector.store {{.*}} : memref<37632xf32>, vector<16xf32>
// CHECK-NOT:     kernel.contract
// REMARK-NOT:    remark
func.func @linear(%x: memref<4x49x96xf32>, %w: memref<96x192xf32>, %b: memref<192xf32>, %y: memref<4x49x192xf32>,
                  %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  kernel.contract dims [196, 192, 96]
    ins(%x, %w, %b : memref<4x49x96xf32>, memref<96x192xf32>, memref<192xf32>)
    outs(%y : memref<4x49x192xf32>)
    maps [affine_map<(m, n, k) -> (m floordiv 49, m mod 49, k)>,
          affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (n)>,
          affine_map<(m, n, k) -> (m floordiv 49, m mod 49, n)>]
    schedule <tile = [48, 192, 96], micro = [12, 32]>
    lhs { ^bb0(%l: f32, %r: f32, %bias: f32): kernel.yield %l : f32 }
    rhs { ^bb0(%l: f32, %r: f32, %bias: f32): kernel.yield %r : f32 }
    epilogue { ^bb0(%l: f32, %r: f32, %bias: f32, %acc: f32):
      %s = arith.addf %acc, %bias : f32
      kernel.yield %s : f32 }
  return
}
}

// -----

module attributes {kernel.machine = #kernel.cpu<cores = 8, vector_bytes = 64, vector_registers = 32>} {
// A right operand that is contiguous along k is transposed in registers, an
// output that is not contiguous along n is scattered, and a remark says so.
// CHECK-LABEL: func @transposed(
// CHECK:         vector.shuffle
// CHECK:         vector.scatter
// REMARK: remark: [Missed] SlowOperand | Category:CPU{{.*}}epilogue: out 0 is not contiguous along the vector lanes, so it is moved element by element
func.func @transposed(%x: memref<8x32xf32>, %w: memref<16x32xf32>, %y: memref<16x8xf32>,
                      %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  kernel.contract dims [8, 16, 32] ins(%x, %w : memref<8x32xf32>, memref<16x32xf32>) outs(%y : memref<16x8xf32>)
    maps [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (n, k)>, affine_map<(m, n, k) -> (n, m)>]
    schedule <tile = [8, 16, 32], micro = [8, 16]>
    lhs { ^bb0(%l: f32, %r: f32): kernel.yield %l : f32 }
    rhs { ^bb0(%l: f32, %r: f32): kernel.yield %r : f32 }
    epilogue { ^bb0(%l: f32, %r: f32, %acc: f32): kernel.yield %acc : f32 }
  return
}
}

// -----

module attributes {kernel.machine = #kernel.cpu<cores = 8, vector_bytes = 64, vector_registers = 32>} {
// With columns past the end the right operand is packed.
// CHECK-LABEL: func @packed(
// CHECK:         vector.maskedload
// CHECK:         vector.store {{.*}} : memref<2048xf32>, vector<16xf32>
func.func @packed(%x: memref<8x32xf32>, %w: memref<32x50xf32>, %y: memref<8x50xf32>,
                  %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  kernel.contract dims [8, 50, 32] ins(%x, %w : memref<8x32xf32>, memref<32x50xf32>) outs(%y : memref<8x50xf32>)
    maps [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>]
    schedule <tile = [8, 64, 32], micro = [4, 32]>
    lhs { ^bb0(%l: f32, %r: f32): kernel.yield %l : f32 }
    rhs { ^bb0(%l: f32, %r: f32): kernel.yield %r : f32 }
    epilogue { ^bb0(%l: f32, %r: f32, %acc: f32): kernel.yield %acc : f32 }
  return
}
}
