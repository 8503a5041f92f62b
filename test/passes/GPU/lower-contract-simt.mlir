// RUN: moec-opt %s --split-input-file --pass-pipeline='builtin.module(func.func(moec-gpu-lower-contract,canonicalize,cse))' | FileCheck %s

// 8 x 8 sums of a thread: two groups of four rows and of four columns, those of all 8 threads side by side.
// One k after the other; columns first.

module attributes {kernel.machine = #kernel.gpu<multiprocessors = 132, shared_bytes = 232448>} {
// CHECK-LABEL: func.func @groups_of_four
// CHECK-SAME: kernel.threads = 64 : i64
// CHECK: %[[TID:.*]] = arith.index_castui %thread_id_x
// CHECK: gpu.barrier
// CHECK: %[[M:.*]] = arith.divui %[[TID]], %c8_i32
// CHECK-NEXT: %[[LEFT:.*]] = arith.muli %[[M]], %c16_i32
// CHECK: %[[N:.*]] = arith.remui %[[TID]], %c8_i32
// CHECK-NEXT: %[[RIGHT:.*]] = arith.muli %[[N]], %c16_i32
// CHECK: %[[AT:.*]] = llvm.getelementptr %{{.*}}[%[[LEFT]]]
// CHECK-NEXT: %[[ROWS:.*]] = llvm.load %[[AT]] {alignment = 16 : i64} : !llvm.ptr<3> -> vector<4xf32>
// CHECK-NEXT: %[[R0:.*]] = vector.extract %[[ROWS]][0]
// CHECK-NEXT: %[[R1:.*]] = vector.extract %[[ROWS]][1]
// CHECK: %[[MORE:.*]] = llvm.getelementptr %[[AT]][128]
// CHECK-NEXT: llvm.load %[[MORE]]
// CHECK: %[[COLS:.*]] = llvm.load
// CHECK-NEXT: %[[C0:.*]] = vector.extract %[[COLS]][0]
// CHECK-NEXT: %[[C1:.*]] = vector.extract %[[COLS]][1]
// CHECK: %[[S00:.*]] = math.fma %[[R0]], %[[C0]], %cst
// CHECK-NEXT: math.fma %[[R0]], %[[C1]], %cst
// CHECK-COUNT-6: math.fma %[[R0]],
// CHECK-NEXT: math.fma %[[R1]], %[[C0]], %cst
// CHECK-COUNT-55: math.fma
// CHECK-NEXT: llvm.getelementptr %[[AT]][272]
// CHECK: math.fma %{{.*}}, %{{.*}}, %[[S00]]
func.func @groups_of_four(%x: memref<64x8xf32>, %w: memref<8x64xf32>, %y: memref<64x64xf32>,
                          %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  kernel.contract dims [64, 64, 8] ins(%x, %w : memref<64x8xf32>, memref<8x64xf32>) outs(%y : memref<64x64xf32>)
    maps [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>]
    schedule #kernel.schedule<tile = [64, 64, 8], micro = [8, 8]>
    lhs { ^bb0(%a: f32, %b: f32): kernel.yield %a : f32 }
    rhs { ^bb0(%a: f32, %b: f32): kernel.yield %b : f32 }
    epilogue { ^bb0(%a: f32, %b: f32, %acc: f32): kernel.yield %acc : f32 }
  return
}
}

// -----

// One row and two columns: single elements and pairs.

module attributes {kernel.machine = #kernel.gpu<multiprocessors = 132, shared_bytes = 232448>} {
// CHECK-LABEL: func.func @small
// CHECK-SAME: kernel.threads = 128 : i64
// CHECK: %[[TID:.*]] = arith.index_castui %thread_id_x
// CHECK: gpu.barrier
// CHECK: %[[M:.*]] = arith.divui %[[TID]], %c16_i32
// CHECK-NEXT: arith.muli %[[M]], %c4_i32
// CHECK-NEXT: %[[N:.*]] = arith.remui %[[TID]], %c16_i32
// CHECK-NEXT: arith.muli %[[N]], %c8_i32
// CHECK: %[[ROW:.*]] = llvm.load {{.*}} {alignment = 4 : i64} : !llvm.ptr<3> -> f32
// CHECK: %[[COLS:.*]] = llvm.load {{.*}} {alignment = 8 : i64} : !llvm.ptr<3> -> vector<2xf32>
// CHECK-NEXT: %[[C0:.*]] = vector.extract %[[COLS]][0]
// CHECK-NEXT: %[[C1:.*]] = vector.extract %[[COLS]][1]
// CHECK-NEXT: math.fma %[[ROW]], %[[C0]], %cst
// CHECK-NEXT: math.fma %[[ROW]], %[[C1]], %cst
// CHECK-COUNT-30: math.fma
// CHECK-NOT: math.fma
func.func @small(%x: memref<8x16xf32>, %w: memref<16x32xf32>, %y: memref<8x32xf32>,
                 %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  kernel.contract dims [8, 32, 16] ins(%x, %w : memref<8x16xf32>, memref<16x32xf32>) outs(%y : memref<8x32xf32>)
    maps [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>]
    schedule #kernel.schedule<tile = [8, 32, 16], micro = [1, 2]>
    lhs { ^bb0(%a: f32, %b: f32): kernel.yield %a : f32 }
    rhs { ^bb0(%a: f32, %b: f32): kernel.yield %b : f32 }
    epilogue { ^bb0(%a: f32, %b: f32, %acc: f32): kernel.yield %acc : f32 }
  return
}
}

// -----

// 16 parts of a depth of 128: a part starts 8 lines of k further, 12 floats each on the left and 32 on
// the right, and leaves its sums in a place of its own.

module attributes {kernel.machine = #kernel.gpu<multiprocessors = 132, shared_bytes = 232448>} {
// CHECK-LABEL: func.func @skinny
// CHECK-SAME: kernel.threads = 128 : i64
// CHECK: %[[TID:.*]] = arith.index_castui %thread_id_x
// CHECK: gpu.barrier
// CHECK: %[[THREAD:.*]] = arith.remui %[[TID]], %c8_i32
// CHECK-NEXT: %[[PART:.*]] = arith.divui %[[TID]], %c8_i32
// CHECK: %[[LEFT:.*]] = arith.muli %[[PART]], %c384_i32
// CHECK-NEXT: %[[LEFTAT:.*]] = arith.addi %[[LEFT]],
// CHECK: %[[RIGHT:.*]] = arith.muli %[[PART]], %c1024_i32
// CHECK-NEXT: %[[RIGHTAT:.*]] = arith.addi %[[RIGHT]],
// CHECK: llvm.getelementptr %{{.*}}[%[[LEFTAT]]]
// CHECK: llvm.getelementptr %{{.*}}[%[[RIGHTAT]]]
// CHECK-COUNT-256: math.fma
// CHECK-NOT: math.fma
// CHECK: %[[OWN:.*]] = arith.muli %[[PART]], %c640_i32
// CHECK: arith.addi %[[OWN]],
// CHECK: llvm.store
func.func @skinny(%x: memref<8x128xf32>, %w: memref<128x32xf32>, %y: memref<8x32xf32>,
                  %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  kernel.contract dims [8, 32, 128] ins(%x, %w : memref<8x128xf32>, memref<128x32xf32>) outs(%y : memref<8x32xf32>)
    maps [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>]
    schedule #kernel.schedule<tile = [8, 32, 128], micro = [8, 4], variant = skinny, warps = 16>
    lhs { ^bb0(%a: f32, %b: f32): kernel.yield %a : f32 }
    rhs { ^bb0(%a: f32, %b: f32): kernel.yield %b : f32 }
    epilogue { ^bb0(%a: f32, %b: f32, %acc: f32): kernel.yield %acc : f32 }
  return
}
}
