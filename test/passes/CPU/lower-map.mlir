// RUN: moec-opt %s --split-input-file --moec-lower-map | FileCheck %s
// RUN: sed 's/vector_bytes = 64/vector_bytes = 32/' %s | moec-opt --split-input-file --moec-lower-map | FileCheck %s --check-prefix=AVX2
// RUN: moec-opt %s --split-input-file --moec-lower-map --remarks-filter="CPU" --remark-format=emitRemark 2>&1 >/dev/null | FileCheck %s --check-prefix=REMARK

// Two dimensions that are contiguous for every operand are one loop, cut in
// pieces for the grid; the constant stays a scalar.

module attributes {kernel.machine = #kernel.cpu<cores = 8, vector_bytes = 64, vector_registers = 32>} {
// CHECK-LABEL: func.func @collapse
// CHECK-SAME: kernel.blocks = 18 : i64
// CHECK-SAME: kernel.scratch = 0 : i64
// CHECK-NOT: kernel.map
// CHECK: memref.reinterpret_cast %{{.*}} to offset: [0], sizes: [301056]
// CHECK: scf.for
// CHECK: scf.for
// CHECK-COUNT-4: vector.load {{.*}} vector<16xf32>
// CHECK-COUNT-4: vector.store {{.*}} vector<16xf32>
// CHECK: scf.if
// CHECK: vector.maskedload
// CHECK: vector.maskedstore
// AVX2-LABEL: func.func @collapse
// AVX2: vector.load {{.*}} vector<8xf32>
func.func @collapse(%x: memref<64x49x96xf32>, %y: memref<64x49x96xf32>,
                    %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  kernel.map dims [64, 49, 96] ins(%x : memref<64x49x96xf32>) outs(%y : memref<64x49x96xf32>)
    maps [affine_map<(i, j, k) -> (i, j, k)>, affine_map<(i, j, k) -> (i, j, k)>]
    body { ^bb0(%a: f32):
      %two = arith.constant 2.0 : f32
      %r = arith.mulf %a, %two : f32
      kernel.yield %r : f32 }
  return
}
}

// -----

// The row's scale is loaded once a row; a tail has a constant mask.

module attributes {kernel.machine = #kernel.cpu<cores = 8, vector_bytes = 64, vector_registers = 32>} {
// CHECK-LABEL: func.func @rows
// CHECK: scf.for
// CHECK: memref.load
// CHECK-NOT: scf.for
// CHECK: vector.constant_mask [4]
// CHECK: vector.load
// CHECK: vector.maskedload
// CHECK: vector.broadcast
// CHECK: arith.mulf {{.*}} : vector<16xf32>
// CHECK: vector.maskedstore
func.func @rows(%x: memref<9x20xf32>, %s: memref<9xf32>, %y: memref<9x20xf32>,
                %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  kernel.map dims [9, 20] ins(%x, %s : memref<9x20xf32>, memref<9xf32>) outs(%y : memref<9x20xf32>)
    maps [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i)>, affine_map<(i, j) -> (i, j)>]
    body { ^bb0(%a: f32, %b: f32):
      %r = arith.mulf %a, %b : f32
      kernel.yield %r : f32 }
  return
}
}

// -----

// A transposition reads what is not contiguous, and says so.

module attributes {kernel.machine = #kernel.cpu<cores = 8, vector_bytes = 64, vector_registers = 32>} {
// CHECK-LABEL: func.func @transpose
// CHECK: vector.gather
// CHECK: vector.store
// REMARK: input 0 is gathered element by element: its elements are 49 apart along the vector loop
func.func @transpose(%x: memref<96x49xf32>, %y: memref<49x96xf32>,
                     %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  kernel.map dims [49, 96] ins(%x : memref<96x49xf32>) outs(%y : memref<49x96xf32>)
    maps [affine_map<(i, j) -> (j, i)>, affine_map<(i, j) -> (i, j)>]
    body { ^bb0(%a: f32): kernel.yield %a : f32 }
  return
}
}

// -----

// Strips of 16 columns: the step along a strip runs fastest, whose stores are
// side by side, and not the number of the strip.

module attributes {kernel.machine = #kernel.cpu<cores = 8, vector_bytes = 64, vector_registers = 32>} {
// CHECK-LABEL: func.func @strips
// CHECK:         scf.for %[[UNIT:.*]] =
// CHECK:           %[[STEPS:.*]] = arith.constant 100 : index
// CHECK:           %[[K:.*]] = arith.remui %[[UNIT]], %[[STEPS]]
// CHECK-NEXT:      arith.divui %[[UNIT]], %[[STEPS]]
// CHECK:           vector.load
// CHECK:           vector.store
func.func @strips(%x: memref<100x64xf32>, %y: memref<4x100x16xf32>,
                  %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  kernel.map dims [100, 64] ins(%x : memref<100x64xf32>) outs(%y : memref<4x100x16xf32>)
    maps [affine_map<(k, n) -> (k, n)>, affine_map<(k, n) -> (n floordiv 16, k, n mod 16)>]
    body { ^bb0(%a: f32): kernel.yield %a : f32 }
  return
}
}
