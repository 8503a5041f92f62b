// RUN: moec-opt %s --moec-lower-attend --canonicalize --cse | FileCheck %s

module attributes {kernel.machine = #kernel.cpu<cores = 8, vector_bytes = 16, vector_registers = 16>} {
// One block of keys: the largest score of a row, one horizontal step, then exp of the distances to it, which take the place of
// the scores, and their total. Nothing is kept from block to block.
// CHECK-LABEL: func.func @single(
// CHECK:           %[[MAX:.*]] = scf.for {{.*}} -> (vector<4xf32>) {
// CHECK:             %[[S:.*]] = vector.load %[[SCORES:.*]][%{{.*}}] : memref<72xf32>, vector<4xf32>
// CHECK-NEXT:        arith.cmpf ogt, %{{.*}}, %[[S]]
// CHECK:           %[[LARGEST:.*]] = vector.extract %{{.*}}[0]
// CHECK:           %[[ALL:.*]] = vector.broadcast %[[LARGEST]] : f32 to vector<4xf32>
// CHECK:           scf.for {{.*}} -> (vector<4xf32>) {
// CHECK:             %[[D:.*]] = arith.subf %{{.*}}, %[[ALL]] : vector<4xf32>
// CHECK-NEXT:        %[[W:.*]] = math.exp %[[D]] : vector<4xf32>
// CHECK-NEXT:        vector.store %[[W]], %[[SCORES]][
// CHECK-NEXT:        arith.addf %{{.*}}, %[[W]]
// CHECK-NOT:       math.exp
// CHECK:           %[[TOTAL:.*]] = memref.load
// CHECK-NEXT:      arith.divf %{{.*}}, %[[TOTAL]] : f32
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

// Several: maxima and totals start from -inf and 0; keys past the last have a score of -inf; a larger maximum makes the row's
// factor exp(old - new). The statistic is the maximum and the logarithm of the total.
// CHECK-LABEL: func.func @blocks(
// CHECK-DAG:       %[[NONE:.*]] = arith.constant dense<0xFF800000> : vector<4xf32>
// CHECK:           vector.store %[[NONE]], %[[MAXIMA:.*]][%{{.*}}] : memref<8xf32>
// CHECK:           %[[MASK:.*]] = vector.create_mask
// CHECK:           arith.select %[[MASK]], %{{.*}}, %[[NONE]] : vector<4xi1>, vector<4xf32>
// CHECK:           %[[OLD:.*]] = memref.load %[[MAXIMA]][
// CHECK:           %[[NEW:.*]] = arith.select
// CHECK-NEXT:      %[[LESS:.*]] = arith.subf %[[OLD]], %[[NEW]] : f32
// CHECK-NEXT:      %[[FACTOR:.*]] = math.exp %[[LESS]] : f32
// CHECK:           math.exp {{.*}} : vector<4xf32>
// CHECK:           math.fma %{{.*}}, %[[FACTOR]], %{{.*}} : f32
// CHECK:           %[[LOG:.*]] = math.log %{{.*}} : f32
// CHECK-NEXT:      %[[STATISTIC:.*]] = arith.addf %{{.*}}, %[[LOG]] : f32
// CHECK:           memref.store %[[STATISTIC]], %{{.*}} : memref<20xf32>
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
