// RUN: moec-opt %s --moec-lower-attend --canonicalize --cse | FileCheck %s
// RUN: moec-opt %s --moec-lower-attend --remarks-filter-missed=CPU --remark-format=emitRemark -o /dev/null 2>&1 | FileCheck %s --check-prefix=REMARK

module attributes {kernel.machine = #kernel.cpu<cores = 8, vector_bytes = 16, vector_registers = 16>} {
// Two groups of 10 rows, in strips of 4, 8 rows a block: keys and values are packed where the group is another than that of the
// block before, then the query, times the scale and log2 e, turned around. Of a strip the scores are in scratch alone; the two products are
// loops of FMAs, three keys or columns of the result at a time, for 4 rows each. The result is turned around, too.
// CHECK-LABEL: func.func @single(
// CHECK-SAME:    %[[Q:.*]]: memref<2x10x6xf32>, %{{.*}}: memref<2x8x6xf32>, %{{.*}}: memref<2x8x4xf32>, %{{.*}}: memref<2x10x4xf32>,
// CHECK-SAME:    memref<1664xi8>) attributes {kernel.blocks = 4 : i64, kernel.function, kernel.scratch = 1664 : i64, kernel.variant = "tile 8x9, micro 3x4"}
// CHECK-DAG:     %[[OUT:.*]] = memref.reinterpret_cast %{{.*}} : memref<2x10x4xf32> to memref<80xf32>
// CHECK-DAG:     %[[HALF:.*]] = arith.constant dense<0.72134751>
// CHECK:         scf.for %[[BLOCK:.*]] = %{{.*}} to %{{.*}} step %c1 iter_args(%[[PACKED:.*]] = %c-1) -> (index) {
// CHECK:           %[[NUMBER:.*]] = arith.divui %[[BLOCK]], %c2
// CHECK-NEXT:      %[[GROUP:.*]] = arith.remui %[[NUMBER]], %c2
// CHECK:           %[[OTHER:.*]] = arith.cmpi ne, %[[GROUP]], %[[PACKED]]
// CHECK:           scf.if %[[OTHER]] {
// CHECK-NOT:         vector.shuffle
// CHECK:           }
// CHECK:           arith.mulf %{{.*}}, %[[HALF]] : vector<4xf32>
// CHECK-COUNT-8:   vector.shuffle
// CHECK:           scf.for {{.*}} to %c6 {{.*}} -> (vector<4xf32>, vector<4xf32>, vector<4xf32>) {
// CHECK-COUNT-3:     vector.fma
// CHECK-NOT:         vector.fma
// CHECK:           scf.for {{.*}} to %c6 {{.*}} -> (vector<4xf32>, vector<4xf32>, vector<4xf32>) {
// CHECK:           math.exp2 {{.*}} : vector<4xf32>
// CHECK:           scf.for {{.*}} to %c8 {{.*}} -> (vector<4xf32>, vector<4xf32>, vector<4xf32>) {
// CHECK-COUNT-3:     vector.fma
// CHECK-NOT:         vector.fma
// CHECK:           %[[QUOTIENT:.*]] = arith.divf {{.*}} : vector<4xf32>
// CHECK-COUNT-4:   arith.mulf %{{.*}}, %[[QUOTIENT]] : vector<4xf32>
// CHECK-COUNT-8:   vector.shuffle
// CHECK:           %[[ROW:.*]] = vector.load %[[TURNED:.*]][%{{.*}}] : memref<16xf32>, vector<4xf32>
// CHECK-NEXT:      vector.store %[[ROW]], %[[OUT]][
// CHECK:           scf.yield %[[GROUP]]
// CHECK-NOT:     kernel.attend
// REMARK-NOT:    Function=single
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

// 22 keys, 9 at a time: what was summed so far is multiplied by the rows' factors before the second product goes on.
// CHECK-LABEL: func.func @blocks(
// CHECK:         scf.for {{.*}} iter_args
// CHECK:           scf.for %{{.*}} = %c0 to %c3 step %c1 {
// CHECK-COUNT-3:     vector.fma
// CHECK:             %[[FACTOR:.*]] = math.exp2 {{.*}} : vector<4xf32>
// CHECK:             math.exp2 {{.*}} fastmath<ninf> : vector<4xf32>
// CHECK-COUNT-3:     arith.mulf %{{.*}}, %[[FACTOR]] : vector<4xf32>
// CHECK-COUNT-3:     vector.fma
// CHECK:           arith.divf {{.*}} : vector<4xf32>
// CHECK:           vector.store {{.*}} : memref<80xf32>, vector<4xf32>
// CHECK-NOT:     kernel.attend
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

// Values whose columns are not side by side are gathered, as the remark says.
// CHECK-LABEL: func.func @strided(
// CHECK-NOT:     kernel.attend
// REMARK: {{.*}}[Missed] SlowOperand {{.*}}Function=strided {{.*}}value: input 2 is not contiguous along the vector lanes
func.func @strided(%q: memref<2x10x6xf32>, %k: memref<2x8x6xf32>, %v: memref<2x8x4x2xf32>, %y: memref<2x10x4xf32>,
    %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  kernel.attend dims [2, 10, 4, 8, 6] ins(%q, %k, %v : memref<2x10x6xf32>, memref<2x8x6xf32>, memref<2x8x4x2xf32>)
    outs(%y : memref<2x10x4xf32>)
    maps [affine_map<(g, s, e, t, d) -> (g, s, d)>, affine_map<(g, s, e, t, d) -> (g, t, d)>, affine_map<(g, s, e, t, d) -> (g, t, e, 0)>,
          affine_map<(g, s, e, t, d) -> (g, s, e)>]
    scale 0.5 schedule <tile = [6, 8], micro = [3, 4]>
    query { ^bb0(%a: f32, %b: f32, %c: f32): kernel.yield %a : f32 }
    key { ^bb0(%a: f32, %b: f32, %c: f32): kernel.yield %b : f32 }
    value { ^bb0(%a: f32, %b: f32, %c: f32): kernel.yield %c : f32 }
    epilogue { ^bb0(%a: f32, %b: f32, %c: f32, %acc: f32): kernel.yield %acc : f32 }
  return
}
}
