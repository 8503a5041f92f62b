// RUN: moec-opt %s --split-input-file --pass-pipeline='builtin.module(func.func(moec-gpu-lower-contract,canonicalize,cse))' | FileCheck %s

// 4 columns at a time where they lie side by side in every operand; one element serves them all
// where the operand does not depend on the column. Neighbours in a warp have neighbouring columns.

module attributes {kernel.machine = #kernel.gpu<multiprocessors = 132, shared_bytes = 232448>} {
// CHECK-LABEL: func.func @vectors
// CHECK: %[[TID:.*]] = arith.index_castui %thread_id_x
// CHECK: llvm.store {{.*}} {alignment = 16 : i64} : vector<4xf32>, !llvm.ptr<3>
// CHECK: gpu.barrier
// CHECK: %[[PIECE:.*]] = arith.addi %[[TID]], %c64_i32
// CHECK-NEXT: %[[LOCAL:.*]] = arith.divui %[[PIECE]], %c8_i32
// CHECK-NEXT: %[[VECTOR:.*]] = arith.remui %[[PIECE]], %c8_i32
// CHECK-NEXT: arith.muli %[[VECTOR]], %c4_i32
// CHECK: %[[SUM:.*]] = llvm.load {{.*}} {alignment = 16 : i64} : !llvm.ptr<3> -> vector<4xf32>
// CHECK: %[[BIAS:.*]] = vector.load %arg2[%{{.*}}] {alignment = 16 : i64} : memref<64xf32>, vector<4xf32>
// CHECK-NEXT: %[[SCALE:.*]] = memref.load %arg3
// CHECK: vector.extract %[[BIAS]][3]
// CHECK: %[[LAST:.*]] = arith.mulf %{{.*}}, %[[SCALE]]
// CHECK-NEXT: scf.if
// CHECK: vector.from_elements {{.*}}, %[[LAST]]
// CHECK-NEXT: vector.store {{.*}} {alignment = 16 : i64} : memref<4096xf32>, vector<4xf32>
// CHECK-NOT: memref.store
func.func @vectors(%x: memref<64x32xf32>, %w: memref<32x64xf32>, %s: memref<64xf32>, %t: memref<64xf32>, %y: memref<64x64xf32>,
                   %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  kernel.contract dims [64, 64, 32] ins(%x, %w, %s, %t : memref<64x32xf32>, memref<32x64xf32>, memref<64xf32>, memref<64xf32>) outs(%y : memref<64x64xf32>)
    maps [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (n)>, affine_map<(m, n, k) -> (m)>, affine_map<(m, n, k) -> (m, n)>]
    schedule #kernel.schedule<tile = [32, 32, 16], micro = [4, 4]>
    lhs { ^bb0(%a: f32, %b: f32, %c: f32, %d: f32): kernel.yield %a : f32 }
    rhs { ^bb0(%a: f32, %b: f32, %c: f32, %d: f32): kernel.yield %b : f32 }
    epilogue { ^bb0(%a: f32, %b: f32, %c: f32, %d: f32, %acc: f32):
      %v = arith.addf %acc, %c : f32
      %u = arith.mulf %v, %d : f32
      kernel.yield %u : f32 }
  return
}
}

// -----

// An operand whose columns lie apart: single elements.

module attributes {kernel.machine = #kernel.gpu<multiprocessors = 132, shared_bytes = 232448>} {
// CHECK-LABEL: func.func @transposed_input
// CHECK: llvm.load {{.*}} {alignment = 4 : i64} : !llvm.ptr<3> -> f32
// CHECK: %[[OTHER:.*]] = memref.load
// CHECK: arith.addf %{{.*}}, %[[OTHER]]
// CHECK-NOT: vector.store
// CHECK: memref.store {{.*}} : memref<4096xf32>
// CHECK-NOT: vector.store
func.func @transposed_input(%x: memref<64x32xf32>, %w: memref<32x64xf32>, %s: memref<64x64xf32>, %y: memref<64x64xf32>,
                            %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  kernel.contract dims [64, 64, 32] ins(%x, %w, %s : memref<64x32xf32>, memref<32x64xf32>, memref<64x64xf32>) outs(%y : memref<64x64xf32>)
    maps [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (n, m)>, affine_map<(m, n, k) -> (m, n)>]
    schedule #kernel.schedule<tile = [32, 32, 16], micro = [4, 4]>
    lhs { ^bb0(%a: f32, %b: f32, %c: f32): kernel.yield %a : f32 }
    rhs { ^bb0(%a: f32, %b: f32, %c: f32): kernel.yield %b : f32 }
    epilogue { ^bb0(%a: f32, %b: f32, %c: f32, %acc: f32):
      %v = arith.addf %acc, %c : f32
      kernel.yield %v : f32 }
  return
}
}

// -----

// 50 columns are no multiple of 4. What lies past the last is computed with the last one and not stored.

module attributes {kernel.machine = #kernel.gpu<multiprocessors = 132, shared_bytes = 232448>} {
// CHECK-LABEL: func.func @odd_columns
// CHECK: %[[END:.*]] = arith.minsi %{{.*}}, %c50_i32
// CHECK: %[[SUM:.*]] = llvm.load {{.*}} {alignment = 4 : i64} : !llvm.ptr<3> -> f32
// CHECK-NOT: vector.store
// CHECK: memref.store {{.*}} : memref<3200xf32>
// CHECK-NOT: vector.store
func.func @odd_columns(%x: memref<64x32xf32>, %w: memref<32x50xf32>, %y: memref<64x50xf32>,
                       %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  kernel.contract dims [64, 50, 32] ins(%x, %w : memref<64x32xf32>, memref<32x50xf32>) outs(%y : memref<64x50xf32>)
    maps [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>]
    schedule #kernel.schedule<tile = [32, 32, 16], micro = [4, 4]>
    lhs { ^bb0(%a: f32, %b: f32): kernel.yield %a : f32 }
    rhs { ^bb0(%a: f32, %b: f32): kernel.yield %b : f32 }
    epilogue { ^bb0(%a: f32, %b: f32, %acc: f32): kernel.yield %acc : f32 }
  return
}
}

// -----

// Rows of 66 floats do not begin at multiples of 16 bytes.

module attributes {kernel.machine = #kernel.gpu<multiprocessors = 132, shared_bytes = 232448>} {
// CHECK-LABEL: func.func @unaligned_rows
// CHECK-NOT: vector.store
// CHECK: memref.store {{.*}} : memref<4224xf32>
// CHECK-NOT: vector.store
func.func @unaligned_rows(%x: memref<64x32xf32>, %w: memref<32x64xf32>, %y: memref<64x66xf32>,
                          %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  kernel.contract dims [64, 64, 32] ins(%x, %w : memref<64x32xf32>, memref<32x64xf32>) outs(%y : memref<64x66xf32>)
    maps [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>]
    schedule #kernel.schedule<tile = [32, 32, 16], micro = [4, 4]>
    lhs { ^bb0(%a: f32, %b: f32): kernel.yield %a : f32 }
    rhs { ^bb0(%a: f32, %b: f32): kernel.yield %b : f32 }
    epilogue { ^bb0(%a: f32, %b: f32, %acc: f32): kernel.yield %acc : f32 }
  return
}
}

// -----

// Results that are contiguous along m: neighbours in a warp have neighbouring rows.

module attributes {kernel.machine = #kernel.gpu<multiprocessors = 132, shared_bytes = 232448>} {
// CHECK-LABEL: func.func @along_m
// CHECK: %[[TID:.*]] = arith.index_castui %thread_id_x
// CHECK: scf.for %[[I:.*]] = %c0_i32 to %c16_i32 step %c4_i32
// CHECK-NEXT: %[[SKIP:.*]] = arith.muli %[[I]], %c64_i32
// CHECK-NEXT: %[[NUMBER:.*]] = arith.addi %[[SKIP]], %[[TID]]
// CHECK-NEXT: %[[LOCAL:.*]] = arith.remui %[[NUMBER]], %c32_i32
// CHECK-NEXT: %[[COLUMN:.*]] = arith.divui %[[NUMBER]], %c32_i32
// CHECK: %[[AT:.*]] = arith.muli %[[LOCAL]], %c40_i32
// CHECK-NEXT: arith.addi %[[AT]], %[[COLUMN]]
// CHECK-NOT: vector.store
// CHECK: memref.store
func.func @along_m(%x: memref<64x32xf32>, %w: memref<32x64xf32>, %s: memref<64xf32>, %y: memref<64x64xf32>,
                   %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  kernel.contract dims [64, 64, 32] ins(%x, %w, %s : memref<64x32xf32>, memref<32x64xf32>, memref<64xf32>) outs(%y : memref<64x64xf32>)
    maps [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (n)>, affine_map<(m, n, k) -> (n, m)>]
    schedule #kernel.schedule<tile = [32, 32, 16], micro = [4, 4]>
    lhs { ^bb0(%a: f32, %b: f32, %c: f32): kernel.yield %a : f32 }
    rhs { ^bb0(%a: f32, %b: f32, %c: f32): kernel.yield %b : f32 }
    epilogue { ^bb0(%a: f32, %b: f32, %c: f32, %acc: f32):
      %v = arith.addf %acc, %c : f32
      kernel.yield %v : f32 }
  return
}
}

// -----

// The sums of 8 parts of the depth, 4 rows of 40 apart, are added in order. 32 vectors of 64 threads:
// the others store nothing.

module attributes {kernel.machine = #kernel.gpu<multiprocessors = 132, shared_bytes = 232448>} {
// CHECK-LABEL: func.func @parts
// CHECK-SAME: kernel.threads = 64 : i64
// CHECK: %[[TID:.*]] = arith.index_castui %thread_id_x
// CHECK: arith.minsi %{{.*}}, %c3_i32
// CHECK: %[[HAS:.*]] = arith.cmpi slt, %[[TID]], %c32_i32
// CHECK-NEXT: %[[STORES:.*]] = arith.andi %{{.*}}, %[[HAS]]
// CHECK: %[[P0:.*]] = llvm.load %[[AT:.*]] {alignment
// CHECK-NEXT: %[[AT1:.*]] = llvm.getelementptr %[[AT]][640]
// CHECK-NEXT: %[[P1:.*]] = llvm.load %[[AT1]]
// CHECK-NEXT: %[[S1:.*]] = arith.addf %[[P0]], %[[P1]]
// CHECK-NEXT: %[[AT2:.*]] = llvm.getelementptr %[[AT]][1280]
// CHECK-NEXT: %[[P2:.*]] = llvm.load %[[AT2]]
// CHECK-NEXT: %[[S2:.*]] = arith.addf %[[S1]], %[[P2]]
// CHECK: llvm.getelementptr %[[AT]][4480]
// CHECK-NEXT: %[[P7:.*]] = llvm.load
// CHECK-NEXT: %[[S7:.*]] = arith.addf %{{.*}}, %[[P7]]
// CHECK-NEXT: scf.if %[[STORES]]
// CHECK: vector.store %[[S7]]
func.func @parts(%x: memref<8x128xf32>, %w: memref<128x32xf32>, %y: memref<8x32xf32>,
                 %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  kernel.contract dims [8, 32, 128] ins(%x, %w : memref<8x128xf32>, memref<128x32xf32>) outs(%y : memref<8x32xf32>)
    maps [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>]
    schedule #kernel.schedule<tile = [8, 32, 128], micro = [8, 4], variant = skinny, warps = 8>
    lhs { ^bb0(%a: f32, %b: f32): kernel.yield %a : f32 }
    rhs { ^bb0(%a: f32, %b: f32): kernel.yield %b : f32 }
    epilogue { ^bb0(%a: f32, %b: f32, %acc: f32): kernel.yield %acc : f32 }
  return
}
}

// -----

// Rows of 48 floats: in every other pair of rows the halves of 16 columns trade places, when they are
// written and when they are read.

module attributes {kernel.machine = #kernel.gpu<multiprocessors = 132, shared_bytes = 232448>} {
// CHECK-LABEL: func.func @trades
// CHECK: nvvm.cp.async.wait.group 0
// CHECK: nvvm.mma.sync
// CHECK: nvvm.cp.async.wait.group 0
// CHECK: %[[COLUMN:.*]] = arith.muli %{{.*}}, %c2_i32
// CHECK-NEXT: %[[PAIR:.*]] = arith.divui %[[ROW:.*]], %c2_i32
// CHECK-NEXT: %[[ODD:.*]] = arith.remui %[[PAIR]], %c2_i32
// CHECK-NEXT: %[[TURN:.*]] = arith.muli %[[ODD]], %c8_i32
// CHECK-NEXT: %[[TURNED:.*]] = arith.xori %[[COLUMN]], %[[TURN]]
// CHECK-NEXT: %[[LINE:.*]] = arith.muli %[[ROW]], %c48_i32
// CHECK-NEXT: arith.addi %[[LINE]], %[[TURNED]]
// CHECK: llvm.store {{.*}} : vector<2xf32>
// CHECK: gpu.barrier
// CHECK: %[[COLUMN4:.*]] = arith.muli %{{.*}}, %c4_i32
// CHECK: %[[PAIR:.*]] = arith.divui %[[ROW:.*]], %c2_i32
// CHECK-NEXT: %[[ODD:.*]] = arith.remui %[[PAIR]], %c2_i32
// CHECK-NEXT: %[[TURN:.*]] = arith.muli %[[ODD]], %c8_i32
// CHECK-NEXT: %[[TURNED:.*]] = arith.xori %[[COLUMN4]], %[[TURN]]
// CHECK-NEXT: %[[LINE:.*]] = arith.muli %[[ROW]], %c48_i32
// CHECK-NEXT: arith.addi %[[LINE]], %[[TURNED]]
func.func @trades(%x: memref<32x16xbf16>, %w: memref<16x48xbf16>, %y: memref<32x48xf32>,
                  %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  kernel.contract dims [32, 48, 16] ins(%x, %w : memref<32x16xbf16>, memref<16x48xbf16>) outs(%y : memref<32x48xf32>)
    maps [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>]
    schedule #kernel.schedule<tile = [32, 48, 16], micro = [32, 48], variant = mma.sync>
    lhs { ^bb0(%a: bf16, %b: bf16): kernel.yield %a : bf16 }
    rhs { ^bb0(%a: bf16, %b: bf16): kernel.yield %b : bf16 }
    epilogue { ^bb0(%a: bf16, %b: bf16, %acc: f32): kernel.yield %acc : f32 }
  return
}
}

// -----

// Rows of 32 floats lie 8 floats apart instead.

module attributes {kernel.machine = #kernel.gpu<multiprocessors = 132, shared_bytes = 232448>} {
// CHECK-LABEL: func.func @apart
// CHECK-COUNT-8: nvvm.mma.sync
// CHECK-NOT: arith.xori
// CHECK: arith.muli %{{.*}}, %c40_i32
// CHECK-NOT: arith.xori
// CHECK: return
func.func @apart(%x: memref<32x16xbf16>, %w: memref<16x32xbf16>, %y: memref<32x32xf32>,
                 %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  kernel.contract dims [32, 32, 16] ins(%x, %w : memref<32x16xbf16>, memref<16x32xbf16>) outs(%y : memref<32x32xf32>)
    maps [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>]
    schedule #kernel.schedule<tile = [32, 32, 16], micro = [32, 32], variant = mma.sync>
    lhs { ^bb0(%a: bf16, %b: bf16): kernel.yield %a : bf16 }
    rhs { ^bb0(%a: bf16, %b: bf16): kernel.yield %b : bf16 }
    epilogue { ^bb0(%a: bf16, %b: bf16, %acc: f32): kernel.yield %acc : f32 }
  return
}
}
