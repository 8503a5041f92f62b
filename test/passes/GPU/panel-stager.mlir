// RUN: moec-opt %s --split-input-file --pass-pipeline='builtin.module(func.func(moec-gpu-lower-contract,canonicalize,cse))' | FileCheck %s

// Plain bf16 in whole pieces of 16 bytes goes by cp.async. A piece of 8 lies in a line of k, or of columns;
// the pieces of a line change places by its number: 4 along k, 8 along the columns.

module attributes {kernel.machine = #kernel.gpu<multiprocessors = 132, shared_bytes = 232448>} {
// CHECK-LABEL: func.func @async
// CHECK: %[[TID:.*]] = arith.index_castui %thread_id_x
// CHECK: %[[PIECE:.*]] = arith.remui %[[TID]], %c4_i32
// CHECK-NEXT: %[[LINE:.*]] = arith.divui %[[TID]], %c4_i32
// CHECK-NEXT: %[[K:.*]] = arith.muli %[[PIECE]], %c8_i32
// CHECK-NEXT: %[[CHUNK:.*]] = arith.divui %[[K]], %c8_i32
// CHECK-NEXT: %[[PAIR:.*]] = arith.divui %[[LINE]], %c2_i32
// CHECK-NEXT: %[[TURN:.*]] = arith.remui %[[PAIR]], %c4_i32
// CHECK-NEXT: %[[TURNED:.*]] = arith.xori %[[CHUNK]], %[[TURN]]
// CHECK-NEXT: %[[BYTES:.*]] = arith.muli %[[TURNED]], %c16_i32
// CHECK-NEXT: %[[START:.*]] = arith.muli %[[LINE]], %c64_i32
// CHECK-NEXT: arith.addi %[[START]], %[[BYTES]]
// CHECK: %[[PIECE:.*]] = arith.remui %[[TID]], %c8_i32
// CHECK-NEXT: %[[LINE:.*]] = arith.divui %[[TID]], %c8_i32
// CHECK-NEXT: %[[COLUMN:.*]] = arith.muli %[[PIECE]], %c8_i32
// CHECK-NEXT: %[[CHUNK:.*]] = arith.divui %[[COLUMN]], %c8_i32
// CHECK-NEXT: %[[TURN:.*]] = arith.remui %[[LINE]], %c8_i32
// CHECK-NEXT: %[[TURNED:.*]] = arith.xori %[[CHUNK]], %[[TURN]]
// CHECK-NEXT: arith.muli %[[TURNED]], %c16_i32
// CHECK-NEXT: arith.muli %[[LINE]], %c128_i32
// CHECK-NOT: vector.load
// CHECK-NOT: arith.cmpi
// CHECK-COUNT-4: nvvm.cp.async.shared.global {{.*}}, 16, cache = cg : !llvm.ptr<3>
// CHECK-NOT: nvvm.cp.async.shared.global
// CHECK: nvvm.cp.async.commit.group
func.func @async(%x: memref<64x64xbf16>, %w: memref<64x64xbf16>, %y: memref<64x64xf32>,
                 %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  kernel.contract dims [64, 64, 64] ins(%x, %w : memref<64x64xbf16>, memref<64x64xbf16>) outs(%y : memref<64x64xf32>)
    maps [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>]
    schedule #kernel.schedule<tile = [64, 64, 32], micro = [32, 32], variant = mma.sync, stages = 2>
    lhs { ^bb0(%a: bf16, %b: bf16): kernel.yield %a : bf16 }
    rhs { ^bb0(%a: bf16, %b: bf16): kernel.yield %b : bf16 }
    epilogue { ^bb0(%a: bf16, %b: bf16, %acc: f32): kernel.yield %acc : f32 }
  return
}
}

// -----

// f32 is rounded in registers, four elements of 16 bytes at a time. Rows of 60 bf16 begin at multiples of 8
// bytes only; the last piece of the last tile is that of the last column.

module attributes {kernel.machine = #kernel.gpu<multiprocessors = 132, shared_bytes = 232448>} {
// CHECK-LABEL: func.func @unaligned
// CHECK-NOT: nvvm.cp.async
// CHECK: arith.minsi %{{.*}}, %c56_i32
// CHECK: %[[X:.*]] = vector.load {{.*}} {alignment = 16 : i64} : memref<4096xf32>, vector<4xf32>
// CHECK: %[[X0:.*]] = vector.extract %[[X]][0]
// CHECK-NEXT: %[[B0:.*]] = arith.truncf %[[X0]] : f32 to bf16
// CHECK: %[[B:.*]] = vector.from_elements %[[B0]],
// CHECK-NEXT: %[[AT:.*]] = llvm.getelementptr
// CHECK-NEXT: llvm.store %[[B]], %[[AT]] {alignment = 8 : i64} : vector<4xbf16>, !llvm.ptr<3>
// CHECK: vector.load {{.*}} {alignment = 8 : i64} : memref<3840xbf16>, vector<4xbf16>
// CHECK-NOT: nvvm.cp.async
// CHECK: scf.for
func.func @unaligned(%x: memref<64x64xf32>, %w: memref<64x60xbf16>, %y: memref<64x60xf32>,
                     %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  kernel.contract dims [64, 60, 64] ins(%x, %w : memref<64x64xf32>, memref<64x60xbf16>) outs(%y : memref<64x60xf32>)
    maps [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>]
    schedule #kernel.schedule<tile = [64, 64, 32], micro = [32, 32], variant = mma.sync, stages = 2>
    lhs { ^bb0(%a: f32, %b: bf16):
      %r = arith.truncf %a : f32 to bf16
      kernel.yield %r : bf16 }
    rhs { ^bb0(%a: f32, %b: bf16): kernel.yield %b : bf16 }
    epilogue { ^bb0(%a: f32, %b: bf16, %acc: f32): kernel.yield %acc : f32 }
  return
}
}

// -----

// Rows of 68 elements from the fifth on: pieces of 8 bytes, which cp.async does not copy past the first level
// of the cache. The right operand is plain.

module attributes {kernel.machine = #kernel.gpu<multiprocessors = 132, shared_bytes = 232448>} {
// CHECK-LABEL: func.func @odd_address
// CHECK-COUNT-2: nvvm.cp.async.shared.global
// CHECK-NOT: nvvm.cp.async.shared.global
// CHECK: vector.load {{.*}} {alignment = 8 : i64} : memref<4352xbf16>, vector<4xbf16>
// CHECK: llvm.store {{.*}} {alignment = 8 : i64} : vector<4xbf16>, !llvm.ptr<3>
// CHECK: scf.for
func.func @odd_address(%x: memref<64x68xbf16>, %w: memref<64x64xbf16>, %y: memref<64x64xf32>,
                       %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  kernel.contract dims [64, 64, 64] ins(%x, %w : memref<64x68xbf16>, memref<64x64xbf16>) outs(%y : memref<64x64xf32>)
    maps [affine_map<(m, n, k) -> (m, k + 4)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>]
    schedule #kernel.schedule<tile = [64, 64, 32], micro = [32, 32], variant = mma.sync, stages = 2>
    lhs { ^bb0(%a: bf16, %b: bf16): kernel.yield %a : bf16 }
    rhs { ^bb0(%a: bf16, %b: bf16): kernel.yield %b : bf16 }
    epilogue { ^bb0(%a: bf16, %b: bf16, %acc: f32): kernel.yield %acc : f32 }
  return
}
}

// -----

// A depth of 72 ends inside of the third tile: cp.async reads the last piece and writes zeros.

module attributes {kernel.machine = #kernel.gpu<multiprocessors = 132, shared_bytes = 232448>} {
// CHECK-LABEL: func.func @past_the_end
// CHECK: %[[TID:.*]] = arith.index_castui %thread_id_x
// CHECK: %[[PIECE:.*]] = arith.remui %[[TID]], %c4_i32
// CHECK: %[[K:.*]] = arith.muli %[[PIECE]], %c8_i32
// CHECK: %[[SAFE:.*]] = arith.minsi %[[K]], %c64_i32
// CHECK: %[[THERE:.*]] = arith.cmpi slt, %[[K]], %c72_i32
// CHECK-NEXT: %[[BYTES:.*]] = arith.select %[[THERE]], %c16_i32, %c0_i32
// CHECK: nvvm.cp.async.shared.global {{.*}}, 16, cache = cg, %[[BYTES]]
// CHECK: arith.minsi %{{.*}}, %c71_i32
func.func @past_the_end(%x: memref<64x72xbf16>, %w: memref<72x64xbf16>, %y: memref<64x64xf32>,
                        %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  kernel.contract dims [64, 64, 72] ins(%x, %w : memref<64x72xbf16>, memref<72x64xbf16>) outs(%y : memref<64x64xf32>)
    maps [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>]
    schedule #kernel.schedule<tile = [64, 64, 32], micro = [32, 32], variant = mma.sync, stages = 2>
    lhs { ^bb0(%a: bf16, %b: bf16): kernel.yield %a : bf16 }
    rhs { ^bb0(%a: bf16, %b: bf16): kernel.yield %b : bf16 }
    epilogue { ^bb0(%a: bf16, %b: bf16, %acc: f32): kernel.yield %acc : f32 }
  return
}
}

// -----

// Through registers: the last element is read, and 0 stored.

module attributes {kernel.machine = #kernel.gpu<multiprocessors = 132, shared_bytes = 232448>} {
// CHECK-LABEL: func.func @past_the_end_f32
// CHECK: %[[SAFE:.*]] = arith.minsi %[[K:.*]], %c23_i32
// CHECK: %[[X:.*]] = memref.load
// CHECK: %[[THERE:.*]] = arith.cmpi slt, %[[K]], %c24_i32
// CHECK-NEXT: %[[VALUE:.*]] = arith.select %[[THERE]], %[[X]], %cst
// CHECK-NEXT: %[[AT:.*]] = llvm.getelementptr
// CHECK-NEXT: llvm.store %[[VALUE]], %[[AT]]
func.func @past_the_end_f32(%x: memref<32x24xf32>, %w: memref<24x32xf32>, %y: memref<32x32xf32>,
                            %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  kernel.contract dims [32, 32, 24] ins(%x, %w : memref<32x24xf32>, memref<24x32xf32>) outs(%y : memref<32x32xf32>)
    maps [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>]
    schedule #kernel.schedule<tile = [32, 32, 16], micro = [4, 4]>
    lhs { ^bb0(%a: f32, %b: f32): kernel.yield %a : f32 }
    rhs { ^bb0(%a: f32, %b: f32): kernel.yield %b : f32 }
    epilogue { ^bb0(%a: f32, %b: f32, %acc: f32): kernel.yield %acc : f32 }
  return
}
}

// -----

// k runs over two dimensions of the left operand. A tile of 32 stays in one chunk: its pieces lie side by side
// along k, and where the chunk begins is computed for every tile.

module attributes {kernel.machine = #kernel.gpu<multiprocessors = 132, shared_bytes = 232448>} {
// CHECK-LABEL: func.func @chunks
// CHECK: scf.for %[[T:.*]] = %c0_i32 to %c2_i32 step %c1_i32
// CHECK: %[[NEXT:.*]] = arith.addi %[[T]], %c1_i32
// CHECK: scf.if
// CHECK: %[[FIRST:.*]] = arith.muli %[[NEXT]], %c32_i32
// CHECK: %[[SUM:.*]] = arith.addi %[[FIRST]],
// CHECK-NEXT: %[[K:.*]] = arith.index_castui %[[SUM]]
// CHECK-NEXT: %[[CHUNK:.*]] = arith.divui %[[K]], %c32
// CHECK-NEXT: %[[BEGIN:.*]] = arith.muli %[[CHUNK]], %c2048
// CHECK-NEXT: %[[ROW:.*]] = arith.addi %[[BEGIN]],
// CHECK-NEXT: %[[IN:.*]] = arith.remui %[[K]], %c32
// CHECK-NEXT: arith.addi %[[ROW]], %[[IN]]
// CHECK: nvvm.cp.async.shared.global {{.*}}, 16, cache = cg : !llvm.ptr<3>
func.func @chunks(%x: memref<2x64x32xbf16>, %w: memref<64x64xbf16>, %y: memref<64x64xf32>,
                  %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  kernel.contract dims [64, 64, 64] ins(%x, %w : memref<2x64x32xbf16>, memref<64x64xbf16>) outs(%y : memref<64x64xf32>)
    maps [affine_map<(m, n, k) -> (k floordiv 32, m, k mod 32)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>]
    schedule #kernel.schedule<tile = [64, 64, 32], micro = [32, 32], variant = mma.sync, stages = 2>
    lhs { ^bb0(%a: bf16, %b: bf16): kernel.yield %a : bf16 }
    rhs { ^bb0(%a: bf16, %b: bf16): kernel.yield %b : bf16 }
    epilogue { ^bb0(%a: bf16, %b: bf16, %acc: f32): kernel.yield %acc : f32 }
  return
}
}

// -----

// What does not depend on k is loaded once, before the loop.

module attributes {kernel.machine = #kernel.gpu<multiprocessors = 132, shared_bytes = 232448>} {
// CHECK-LABEL: func.func @fixed
// CHECK: %[[S:.*]] = memref.load %arg2
// CHECK-COUNT-3: memref.load %arg2
// CHECK: vector.load
// CHECK: arith.mulf %{{.*}}, %[[S]]
// CHECK-NOT: memref.load %arg2
// CHECK: scf.for
// CHECK-NOT: memref.load
// CHECK: vector.load
// CHECK: nvvm.mma.sync
// CHECK: arith.mulf %{{.*}}, %[[S]]
// CHECK-NOT: memref.load
// CHECK: return
func.func @fixed(%x: memref<64x64xf32>, %w: memref<64x64xbf16>, %s: memref<64xf32>, %y: memref<64x64xf32>,
                 %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  kernel.contract dims [64, 64, 64] ins(%x, %w, %s : memref<64x64xf32>, memref<64x64xbf16>, memref<64xf32>) outs(%y : memref<64x64xf32>)
    maps [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m)>, affine_map<(m, n, k) -> (m, n)>]
    schedule #kernel.schedule<tile = [64, 64, 32], micro = [32, 32], variant = mma.sync, stages = 2>
    lhs { ^bb0(%a: f32, %b: bf16, %c: f32):
      %p = arith.mulf %a, %c : f32
      %r = arith.truncf %p : f32 to bf16
      kernel.yield %r : bf16 }
    rhs { ^bb0(%a: f32, %b: bf16, %c: f32): kernel.yield %b : bf16 }
    epilogue { ^bb0(%a: f32, %b: bf16, %c: f32, %acc: f32): kernel.yield %acc : f32 }
  return
}
}

// -----

// The number of a gathered row too; an absent one, below 0, is zeros.

module attributes {kernel.machine = #kernel.gpu<multiprocessors = 132, shared_bytes = 232448>} {
// CHECK-LABEL: func.func @gather
// CHECK: %[[ROW:.*]] = memref.load %arg2
// CHECK-NEXT: %[[PRESENT:.*]] = arith.cmpi sge, %[[ROW]], %c0_i32
// CHECK-NEXT: %[[SAFE:.*]] = arith.maxsi %[[ROW]], %c0_i32
// CHECK-NEXT: %[[NUMBER:.*]] = arith.index_cast %[[SAFE]]
// CHECK-NEXT: arith.muli %[[NUMBER]], %c64
// CHECK: %[[BYTES:.*]] = arith.select %[[PRESENT]], %c16_i32, %c0_i32
// CHECK: nvvm.cp.async.shared.global {{.*}}, 16, cache = cg, %[[BYTES]]
// CHECK: scf.for
// CHECK-NOT: memref.load
// CHECK: return
func.func @gather(%x: memref<100x64xbf16>, %w: memref<64x64xbf16>, %rows: memref<64xi32>, %y: memref<64x64xf32>,
                  %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  kernel.contract dims [64, 64, 64] ins(%x, %w, %rows : memref<100x64xbf16>, memref<64x64xbf16>, memref<64xi32>) outs(%y : memref<64x64xf32>)
    maps [affine_map<(m, n, k) -> (0, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m)>, affine_map<(m, n, k) -> (m, n)>]
    gathers [2, -1, -1]
    schedule #kernel.schedule<tile = [64, 64, 32], micro = [32, 32], variant = mma.sync, stages = 2>
    lhs { ^bb0(%a: bf16, %b: bf16, %c: i32): kernel.yield %a : bf16 }
    rhs { ^bb0(%a: bf16, %b: bf16, %c: i32): kernel.yield %b : bf16 }
    epilogue { ^bb0(%a: bf16, %b: bf16, %c: i32, %acc: f32): kernel.yield %acc : f32 }
  return
}
}
