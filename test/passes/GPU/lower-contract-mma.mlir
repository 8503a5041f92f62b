// RUN: moec-opt %s --split-input-file --pass-pipeline='builtin.module(func.func(moec-gpu-lower-contract,canonicalize,cse))' | FileCheck %s

// Lines along k are read as they lie: a lane points to its row. Of the four matrices of a load the second
// lies below the first on the left, and is the second half of k on the right.

module attributes {kernel.machine = #kernel.gpu<multiprocessors = 132, shared_bytes = 232448>} {
// CHECK-LABEL: func.func @as_they_lie
// CHECK: %[[TID:.*]] = arith.index_castui %thread_id_x
// CHECK: nvvm.cp.async.wait.group 0
// CHECK: %[[LANE:.*]] = arith.remui %[[TID]], %c32_i32
// CHECK-NEXT: %[[IN:.*]] = arith.remui %[[LANE]], %c8_i32
// CHECK-NEXT: %[[MATRIX:.*]] = arith.divui %[[LANE]], %c8_i32
// CHECK-NEXT: %[[ODD:.*]] = arith.remui %[[MATRIX]], %c2_i32
// CHECK-NEXT: %[[HIGH:.*]] = arith.divui %[[MATRIX]], %c2_i32
// CHECK-NEXT: %[[ODD8:.*]] = arith.muli %[[ODD]], %c8_i32
// CHECK-NEXT: %[[ROW:.*]] = arith.addi %[[ODD8]],
// CHECK-NEXT: %[[K:.*]] = arith.muli %[[HIGH]], %c8_i32
// CHECK-NEXT: %[[LINE:.*]] = arith.addi %[[ROW]], %[[IN]]
// CHECK-NEXT: arith.divui %[[K]], %c8_i32
// CHECK: arith.muli %[[LINE]], %c32_i32
// CHECK: %[[A:.*]] = nvvm.ldmatrix {{.*}}layout = #nvvm.mma_layout<row>, num = 4
// CHECK-NEXT: %[[A0:.*]] = llvm.extractvalue %[[A]][0]
// CHECK-NEXT: %[[A1:.*]] = llvm.extractvalue %[[A]][1]
// CHECK-NEXT: %[[A2:.*]] = llvm.extractvalue %[[A]][2]
// CHECK-NEXT: %[[A3:.*]] = llvm.extractvalue %[[A]][3]
// CHECK-NEXT: %[[LINE:.*]] = arith.addi %[[K]], %[[IN]]
// CHECK-NEXT: arith.divui %[[ODD8]], %c8_i32
// CHECK: arith.muli %[[LINE]], %c32_i32
// CHECK: %[[B:.*]] = nvvm.ldmatrix {{.*}}layout = #nvvm.mma_layout<row>, num = 4
// CHECK-DAG: %[[B0:.*]] = llvm.extractvalue %[[B]][0]
// CHECK-DAG: %[[B1:.*]] = llvm.extractvalue %[[B]][1]
// CHECK-DAG: %[[B2:.*]] = llvm.extractvalue %[[B]][2]
// CHECK-DAG: %[[B3:.*]] = llvm.extractvalue %[[B]][3]
// CHECK: nvvm.mma.sync A[%[[A0]], %[[A1]], %[[A2]], %[[A3]]] B[%[[B0]], %[[B1]]]
// CHECK-SAME: layoutA = #nvvm.mma_layout<row>, layoutB = #nvvm.mma_layout<col>
// CHECK-SAME: shape = #nvvm.shape<m = 16, n = 8, k = 16>
// CHECK: nvvm.mma.sync A[%[[A0]], %[[A1]], %[[A2]], %[[A3]]] B[%[[B2]], %[[B3]]]
// CHECK-NOT: nvvm.mma.sync
func.func @as_they_lie(%x: memref<16x16xbf16>, %w: memref<16x16xbf16>, %y: memref<16x16xf32>,
                       %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  kernel.contract dims [16, 16, 16] ins(%x, %w : memref<16x16xbf16>, memref<16x16xbf16>) outs(%y : memref<16x16xf32>)
    maps [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (n, k)>, affine_map<(m, n, k) -> (m, n)>]
    schedule #kernel.schedule<tile = [16, 16, 16], micro = [16, 16], variant = mma.sync>
    lhs { ^bb0(%a: bf16, %b: bf16): kernel.yield %a : bf16 }
    rhs { ^bb0(%a: bf16, %b: bf16): kernel.yield %b : bf16 }
    epilogue { ^bb0(%a: bf16, %b: bf16, %acc: f32): kernel.yield %acc : f32 }
  return
}
}

// -----

// Lines along the rows are transposed on the way: a lane points to its k.

module attributes {kernel.machine = #kernel.gpu<multiprocessors = 132, shared_bytes = 232448>} {
// CHECK-LABEL: func.func @transposed
// CHECK: %[[TID:.*]] = arith.index_castui %thread_id_x
// CHECK: nvvm.cp.async.wait.group 0
// CHECK: %[[LANE:.*]] = arith.remui %[[TID]], %c32_i32
// CHECK-NEXT: %[[IN:.*]] = arith.remui %[[LANE]], %c8_i32
// CHECK-NEXT: %[[MATRIX:.*]] = arith.divui %[[LANE]], %c8_i32
// CHECK-NEXT: %[[ODD:.*]] = arith.remui %[[MATRIX]], %c2_i32
// CHECK-NEXT: %[[HIGH:.*]] = arith.divui %[[MATRIX]], %c2_i32
// CHECK-NEXT: %[[ODD8:.*]] = arith.muli %[[ODD]], %c8_i32
// CHECK-NEXT: %[[ROW:.*]] = arith.addi %[[ODD8]],
// CHECK-NEXT: %[[K:.*]] = arith.muli %[[HIGH]], %c8_i32
// CHECK-NEXT: %[[LINE:.*]] = arith.addi %[[K]], %[[IN]]
// CHECK-NEXT: arith.divui %[[ROW]], %c8_i32
// CHECK: arith.muli %[[LINE]], %c32_i32
// CHECK: %[[A:.*]] = nvvm.ldmatrix {{.*}}layout = #nvvm.mma_layout<col>, num = 4
// CHECK-NEXT: %[[A0:.*]] = llvm.extractvalue %[[A]][0]
// CHECK-NEXT: %[[A1:.*]] = llvm.extractvalue %[[A]][1]
// CHECK-NEXT: %[[A2:.*]] = llvm.extractvalue %[[A]][2]
// CHECK-NEXT: %[[A3:.*]] = llvm.extractvalue %[[A]][3]
// CHECK-NEXT: %[[LINE:.*]] = arith.addi %[[ODD8]], %[[IN]]
// CHECK-NEXT: arith.divui %[[K]], %c8_i32
// CHECK: arith.muli %[[LINE]], %c32_i32
// CHECK: %[[B:.*]] = nvvm.ldmatrix {{.*}}layout = #nvvm.mma_layout<col>, num = 4
// CHECK-DAG: %[[B0:.*]] = llvm.extractvalue %[[B]][0]
// CHECK-DAG: %[[B1:.*]] = llvm.extractvalue %[[B]][1]
// CHECK-DAG: %[[B2:.*]] = llvm.extractvalue %[[B]][2]
// CHECK-DAG: %[[B3:.*]] = llvm.extractvalue %[[B]][3]
// CHECK: nvvm.mma.sync A[%[[A0]], %[[A1]], %[[A2]], %[[A3]]] B[%[[B0]], %[[B1]]]
// CHECK-SAME: layoutA = #nvvm.mma_layout<row>, layoutB = #nvvm.mma_layout<col>
// CHECK-SAME: shape = #nvvm.shape<m = 16, n = 8, k = 16>
// CHECK: nvvm.mma.sync A[%[[A0]], %[[A1]], %[[A2]], %[[A3]]] B[%[[B2]], %[[B3]]]
// CHECK-NOT: nvvm.mma.sync
func.func @transposed(%x: memref<16x16xbf16>, %w: memref<16x16xbf16>, %y: memref<16x16xf32>,
                      %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  kernel.contract dims [16, 16, 16] ins(%x, %w : memref<16x16xbf16>, memref<16x16xbf16>) outs(%y : memref<16x16xf32>)
    maps [affine_map<(m, n, k) -> (k, m)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>]
    schedule #kernel.schedule<tile = [16, 16, 16], micro = [16, 16], variant = mma.sync>
    lhs { ^bb0(%a: bf16, %b: bf16): kernel.yield %a : bf16 }
    rhs { ^bb0(%a: bf16, %b: bf16): kernel.yield %b : bf16 }
    epilogue { ^bb0(%a: bf16, %b: bf16, %acc: f32): kernel.yield %acc : f32 }
  return
}
}

// -----

// 2 x 4 warps of 32 x 16 each, four steps of k: 2 + 1 loads and 2 x 2 products in a step. The sums leave
// in pairs of columns, two rows 8 apart, 16 rows of every warp at a time.

module attributes {kernel.machine = #kernel.gpu<multiprocessors = 132, shared_bytes = 232448>} {
// CHECK-LABEL: func.func @warps
// CHECK-SAME: kernel.threads = 256 : i64
// CHECK: %[[WARP:.*]] = arith.divui %{{.*}}, %c32_i32
// CHECK-NEXT: %[[M:.*]] = arith.divui %[[WARP]], %c4_i32
// CHECK-NEXT: arith.muli %[[M]], %c32_i32
// CHECK-NEXT: %[[N:.*]] = arith.remui %[[WARP]], %c4_i32
// CHECK-NEXT: arith.muli %[[N]], %c16_i32
// CHECK: nvvm.ldmatrix {{.*}}layout = #nvvm.mma_layout<row>
// CHECK: nvvm.ldmatrix {{.*}}layout = #nvvm.mma_layout<row>
// CHECK: nvvm.ldmatrix {{.*}}layout = #nvvm.mma_layout<col>
// CHECK: %[[P:.*]] = nvvm.mma.sync {{.*}} C[%cst, %cst, %cst, %cst]
// CHECK-NEXT: %[[S0:.*]] = llvm.extractvalue %[[P]][0]
// CHECK-NEXT: %[[S1:.*]] = llvm.extractvalue %[[P]][1]
// CHECK-NEXT: %[[S2:.*]] = llvm.extractvalue %[[P]][2]
// CHECK-NEXT: %[[S3:.*]] = llvm.extractvalue %[[P]][3]
// CHECK-COUNT-3: nvvm.mma.sync
// CHECK-COUNT-3: nvvm.ldmatrix
// CHECK: nvvm.mma.sync {{.*}} C[%[[S0]], %[[S1]], %[[S2]], %[[S3]]]
// CHECK-COUNT-3: nvvm.mma.sync
// CHECK-COUNT-3: nvvm.ldmatrix
// CHECK-COUNT-4: nvvm.mma.sync
// CHECK-COUNT-3: nvvm.ldmatrix
// CHECK: %[[P:.*]] = nvvm.mma.sync
// CHECK-NEXT: %[[S0:.*]] = llvm.extractvalue %[[P]][0]
// CHECK-NEXT: %[[S1:.*]] = llvm.extractvalue %[[P]][1]
// CHECK-NEXT: %[[S2:.*]] = llvm.extractvalue %[[P]][2]
// CHECK-NEXT: %[[S3:.*]] = llvm.extractvalue %[[P]][3]
// CHECK-COUNT-3: nvvm.mma.sync
// CHECK-NOT: nvvm.mma.sync
// CHECK: gpu.barrier
// CHECK: %[[PAIR:.*]] = vector.from_elements %[[S0]], %[[S1]]
// CHECK-NEXT: %[[AT:.*]] = llvm.getelementptr
// CHECK-NEXT: llvm.store %[[PAIR]], %[[AT]] {alignment = 8 : i64}
// CHECK-NEXT: %[[PAIR:.*]] = vector.from_elements %[[S2]], %[[S3]]
// CHECK-NEXT: %[[BELOW:.*]] = llvm.getelementptr %[[AT]][2304]
// CHECK-NEXT: llvm.store %[[PAIR]], %[[BELOW]]
// CHECK: gpu.barrier
// CHECK-COUNT-4: llvm.store {{.*}} : vector<2xf32>, !llvm.ptr<3>
// CHECK: gpu.barrier
// CHECK-NOT: vector<2xf32>
// CHECK: return
func.func @warps(%x: memref<64x64xbf16>, %w: memref<64x64xbf16>, %y: memref<64x64xf32>,
                 %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  kernel.contract dims [64, 64, 64] ins(%x, %w : memref<64x64xbf16>, memref<64x64xbf16>) outs(%y : memref<64x64xf32>)
    maps [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>]
    schedule #kernel.schedule<tile = [64, 64, 64], micro = [32, 16], variant = mma.sync>
    lhs { ^bb0(%a: bf16, %b: bf16): kernel.yield %a : bf16 }
    rhs { ^bb0(%a: bf16, %b: bf16): kernel.yield %b : bf16 }
    epilogue { ^bb0(%a: bf16, %b: bf16, %acc: f32): kernel.yield %acc : f32 }
  return
}
}
