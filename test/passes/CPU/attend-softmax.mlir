// RUN: moec-opt %s --moec-lower-attend --canonicalize --cse | FileCheck %s

module attributes {kernel.machine = #kernel.cpu<cores = 8, vector_bytes = 16, vector_registers = 16>} {
// One block of keys: the tiles of scores give the largest one of each row, which is a lane; then there is a loop over keys for the
// powers of 2 of the distances to it, which take the place of the scores, and their total. Nothing is kept from block to block.
// CHECK-LABEL: func.func @single(
// CHECK-DAG:       %[[ONE:.*]] = arith.constant dense<1.000000e+00> : vector<4xf32>
// CHECK-DAG:       %[[NONE:.*]] = arith.constant dense<0xFF800000> : vector<4xf32>
// CHECK:           %[[WHOLE:.*]] = scf.for {{.*}} iter_args(%[[SO:.*]] = %[[NONE]]) -> (vector<4xf32>) {
// CHECK:             %[[S:.*]]:3 = scf.for
// CHECK:             vector.store %[[S]]#0, %[[SCORES:.*]][%{{.*}}] : memref<36xf32>, vector<4xf32>
// CHECK-NEXT:        %[[OR:.*]] = arith.cmpf ogt, %[[SO]], %[[S]]#0
// CHECK-NEXT:        arith.select %[[OR]], %[[SO]], %[[S]]#0
// The last tile has two keys; its third row is nobody's.
// CHECK:           %[[R:.*]]:3 = scf.for
// CHECK:           arith.cmpf ogt, %[[WHOLE]], %[[R]]#0
// CHECK:           vector.store %[[R]]#2
// CHECK-NEXT:      %[[LAST:.*]] = arith.cmpf ogt, %{{.*}}, %[[NONE]]
// CHECK-NEXT:      %[[LARGEST:.*]] = arith.select %[[LAST]]
// CHECK:           %[[TOTAL:.*]] = scf.for %{{.*}} = %c0 to %c8 step %c1 {{.*}} -> (vector<4xf32>) {
// CHECK:             %[[X:.*]] = vector.load %[[SCORES]][
// CHECK-NEXT:        %[[D:.*]] = arith.subf %[[X]], %[[LARGEST]] : vector<4xf32>
// CHECK-NEXT:        %[[W:.*]] = math.exp2 %[[D]] fastmath<ninf> : vector<4xf32>
// CHECK-NEXT:        vector.store %[[W]], %[[SCORES]][
// CHECK-NEXT:        arith.addf %{{.*}}, %[[W]]
// CHECK-NOT:       math.exp2
// CHECK:           arith.divf %[[ONE]], %[[TOTAL]] : vector<4xf32>
// CHECK-NOT:       math.log
func.func @single(%q: memref<2x10x6xf32>, %k: memref<2x8x6xf32>, %v: memref<2x8x4xf32>, %y: memref<2x10x4xf32>,
    %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  kernel.attend dims [2, 10, 4, 8, 6] ins(%q, %k, %v : memref<2x10x6xf32>, memref<2x8x6xf32>, memref<2x8x4xf32>)
    outs(%y : memref<2x10x4xf32>)
    maps [affine_map<(g, s, e, t, d) -> (g, s, d)>, affine_map<(g, s, e, t, d) -> (g, t, d)>, affine_map<(g, s, e, t, d) -> (g, t, e)>,
          affine_map<(g, s, e, t, d) -> (g, s, e)>]
    scale 0.5 schedule <tile = [6, 8], micro = [3, 4]>
    query { ^bb0(%a: f32, %b: f32, %c: f32): kernel.yield %a : f32 }
    key { ^bb0(%a: f32, %b: f32, %c: f32): kernel.yield %b : f32 }
    value { ^bb0(%a: f32, %b: f32, %c: f32): kernel.yield %c : f32 }
    epilogue { ^bb0(%a: f32, %b: f32, %c: f32, %acc: f32): kernel.yield %acc : f32 }
  return
}

// Several: maxima and totals start from -inf and 0; a larger maximum makes the row's factor exp(old - new), which may be that of
// -inf. The statistic is the maximum and the logarithm of the total, of rows that there are: scores are multiplied by log2 e when
// the distance to the largest is known.
// CHECK-LABEL: func.func @blocks(
// CHECK-DAG:       %[[NONE:.*]] = arith.constant dense<0xFF800000> : vector<4xf32>
// CHECK-DAG:       %[[LOG2E:.*]] = arith.constant dense<1.44269502> : vector<4xf32>
// CHECK:           vector.store %[[NONE]], %[[MAXIMA:.*]][%{{.*}}] : memref<8xf32>
// CHECK:           %[[OLD:.*]] = vector.load %[[MAXIMA]][
// CHECK:           %[[BEFORE:.*]] = vector.load %[[TOTALS:.*]][{{.*}}] : memref<8xf32>
// CHECK:           %[[WHOLE:.*]] = scf.for {{.*}} iter_args(%{{.*}} = %[[OLD]])
// CHECK:           %[[NEW:.*]] = scf.for {{.*}} iter_args(%{{.*}} = %[[WHOLE]])
// CHECK:             %[[IS:.*]] = arith.cmpi slt
// CHECK-NEXT:        arith.select %[[IS]], %{{.*}}, %[[NONE]] : vector<4xf32>
// CHECK:           %[[BELOW:.*]] = arith.subf %[[OLD]], %[[NEW]] : vector<4xf32>
// CHECK-NEXT:      %[[LESS:.*]] = arith.mulf %[[BELOW]], %[[LOG2E]] : vector<4xf32>
// CHECK-NEXT:      %[[FACTOR:.*]] = math.exp2 %[[LESS]] : vector<4xf32>
// CHECK-NEXT:      %[[START:.*]] = arith.mulf %[[BEFORE]], %[[FACTOR]] : vector<4xf32>
// CHECK:           %[[TOTAL:.*]] = scf.for {{.*}} iter_args(%{{.*}} = %[[START]])
// CHECK:           vector.store %[[NEW]], %[[MAXIMA]][
// CHECK:           vector.store %[[TOTAL]], %[[TOTALS]][
// CHECK:           %[[MASK:.*]] = vector.create_mask
// CHECK:           %[[LOG:.*]] = math.log %{{.*}} : vector<4xf32>
// CHECK-NEXT:      %[[STATISTIC:.*]] = arith.addf %{{.*}}, %[[LOG]] : vector<4xf32>
// CHECK:           vector.maskedstore %{{.*}}, %[[MASK]], %[[STATISTIC]] : memref<20xf32>
func.func @blocks(%q: memref<2x10x6xf32>, %k: memref<2x22x6xf32>, %v: memref<2x22x4xf32>, %y: memref<2x10x4xf32>, %l: memref<2x10xf32>,
    %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  kernel.attend dims [2, 10, 4, 22, 6] ins(%q, %k, %v : memref<2x10x6xf32>, memref<2x22x6xf32>, memref<2x22x4xf32>)
    outs(%y, %l : memref<2x10x4xf32>, memref<2x10xf32>)
    maps [affine_map<(g, s, e, t, d) -> (g, s, d)>, affine_map<(g, s, e, t, d) -> (g, t, d)>, affine_map<(g, s, e, t, d) -> (g, t, e)>,
          affine_map<(g, s, e, t, d) -> (g, s, e)>, affine_map<(g, s, e, t, d) -> (g, s)>]
    scale 0.5 schedule <tile = [6, 8], micro = [3, 4]>
    query { ^bb0(%a: f32, %b: f32, %c: f32): kernel.yield %a : f32 }
    key { ^bb0(%a: f32, %b: f32, %c: f32): kernel.yield %b : f32 }
    value { ^bb0(%a: f32, %b: f32, %c: f32): kernel.yield %c : f32 }
    epilogue { ^bb0(%a: f32, %b: f32, %c: f32, %acc: f32): kernel.yield %acc : f32 }
  return
}
}
