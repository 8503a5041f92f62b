// RUN: moec-opt %s --moec-lower-attend-grad --canonicalize --cse | FileCheck %s
// RUN: moec-opt %s --moec-lower-attend-grad --remarks-filter-missed=CPU --remark-format=emitRemark -o /dev/null 2>&1 | FileCheck %s --check-prefix=REMARK

module attributes {kernel.machine = #kernel.cpu<cores = 8, vector_bytes = 16, vector_registers = 16>} {
// Two groups, each one block of the grid: rows and keys of one block, so that each product is all of its sums and is stored as it comes.
// CHECK-LABEL: func.func @single(
// CHECK-SAME:    attributes {kernel.blocks = 2 : i64, kernel.function, kernel.scratch = {{[0-9]+}} : i64, kernel.variant = "tile 12x8, micro 3x4"}
// CHECK-DAG:     %[[DQ:.*]] = memref.reinterpret_cast %arg6 to
// CHECK-DAG:     %[[DK:.*]] = memref.reinterpret_cast %arg7 to
// CHECK-DAG:     %[[DV:.*]] = memref.reinterpret_cast %arg8 to
// CHECK-DAG:     %[[HALF:.*]] = arith.constant dense<5.000000e-01>
// CHECK:         scf.for
// The keys as columns, the values likewise, and the keys as rows, times the scale; so the query.
// CHECK:           vector.shuffle
// CHECK:           vector.shuffle
// CHECK:           arith.mulf %{{.*}}, %[[HALF]] : vector<4xf32>
// CHECK:           arith.mulf %{{.*}}, %[[HALF]] : vector<4xf32>
// Scores over the depth of 6, the gradients of their weights over 4 columns.
// CHECK:           scf.for {{.*}} to %c6 {{.*}} -> (vector<4xf32>, vector<4xf32>, vector<4xf32>) {
// CHECK-COUNT-3:     vector.fma
// CHECK-NOT:         vector.fma
// CHECK:           scf.for {{.*}} to %c4 {{.*}} -> (vector<4xf32>, vector<4xf32>, vector<4xf32>) {
// CHECK-COUNT-3:     vector.fma
// CHECK-NOT:         vector.fma
// CHECK:           %[[EXP:.*]] = math.exp2 {{.*}} : vector<4xf32>
// CHECK:           %[[D:.*]] = arith.subf {{.*}} : vector<4xf32>
// CHECK:           arith.mulf %[[EXP]], %[[D]] : vector<4xf32>
// The sums of values and keys over 10 rows, those of the query over 8 keys.
// CHECK:           scf.for {{.*}} to %c10 {{.*}} -> (vector<4xf32>, vector<4xf32>, vector<4xf32>) {
// CHECK-COUNT-3:     vector.fma
// CHECK:           vector.store {{.*}}, %[[DV]][
// CHECK:           scf.for {{.*}} to %c10 {{.*}} -> (vector<4xf32>, vector<4xf32>, vector<4xf32>) {
// CHECK-COUNT-3:     vector.fma
// CHECK:           vector.{{store|maskedstore}} {{.*}}%[[DK]][
// CHECK:           scf.for {{.*}} to %c8 {{.*}} -> (vector<4xf32>, vector<4xf32>, vector<4xf32>) {
// CHECK-COUNT-3:     vector.fma
// CHECK:           vector.{{store|maskedstore}} {{.*}}%[[DQ]][
// CHECK-NOT:     kernel.attend_grad
// REMARK-NOT:    Function=single
func.func @single(%q: memref<2x10x6xf32>, %k: memref<2x8x6xf32>, %v: memref<2x8x4xf32>, %g: memref<2x10x4xf32>, %l: memref<2x10xf32>, %m: memref<2x10xf32>,
    %dq: memref<2x10x6xf32>, %dk: memref<2x8x6xf32>, %dv: memref<2x8x4xf32>, %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  kernel.attend_grad dims [2, 10, 4, 8, 6] ins(%q, %k, %v, %g, %l, %m : memref<2x10x6xf32>, memref<2x8x6xf32>, memref<2x8x4xf32>, memref<2x10x4xf32>, memref<2x10xf32>, memref<2x10xf32>)
    outs(%dq, %dk, %dv : memref<2x10x6xf32>, memref<2x8x6xf32>, memref<2x8x4xf32>)
    maps [affine_map<(g, s, e, t, d) -> (g, s, d)>, affine_map<(g, s, e, t, d) -> (g, t, d)>, affine_map<(g, s, e, t, d) -> (g, t, e)>, affine_map<(g, s, e, t, d) -> (g, s, e)>, affine_map<(g, s, e, t, d) -> (g, s)>, affine_map<(g, s, e, t, d) -> (g, s)>, affine_map<(g, s, e, t, d) -> (g, s, d)>, affine_map<(g, s, e, t, d) -> (g, t, d)>, affine_map<(g, s, e, t, d) -> (g, t, e)>]
    scale 0.5 schedule <tile = [12, 8], micro = [3, 4]>
    query { ^bb0(%a: f32, %b: f32, %c: f32, %g: f32, %x: f32, %y: f32): kernel.yield %a : f32 }
    key { ^bb0(%a: f32, %b: f32, %c: f32, %g: f32, %x: f32, %y: f32): kernel.yield %b : f32 }
    value { ^bb0(%a: f32, %b: f32, %c: f32, %g: f32, %x: f32, %y: f32): kernel.yield %c : f32 }
    gradient { ^bb0(%a: f32, %b: f32, %c: f32, %g: f32, %x: f32, %y: f32): kernel.yield %g : f32 }
    statistics { ^bb0(%a: f32, %b: f32, %c: f32, %g: f32, %x: f32, %y: f32): kernel.yield %x, %y : f32, f32 }
    query_grad { ^bb0(%a: f32, %b: f32, %c: f32, %g: f32, %x: f32, %y: f32, %sum: f32): kernel.yield %sum : f32 }
    key_grad { ^bb0(%a: f32, %b: f32, %c: f32, %g: f32, %x: f32, %y: f32, %sum: f32): kernel.yield %sum : f32 }
    value_grad { ^bb0(%a: f32, %b: f32, %c: f32, %g: f32, %x: f32, %y: f32, %sum: f32): kernel.yield %sum : f32 }
  return
}

// 22 keys, 8 at a time, with 6 rows at a time: sums go on from block to block, those of values and keys are stored behind all rows, those of the query
// behind all keys.
// CHECK-LABEL: func.func @blocks(
// CHECK-DAG:     %[[DQ:.*]] = memref.reinterpret_cast %arg6 to
// CHECK-DAG:     %[[DV:.*]] = memref.reinterpret_cast %arg8 to
// CHECK:         scf.for
// CHECK:           scf.for %{{.*}} = %c0 to %c22 step %c8 {
// CHECK:             scf.for %{{.*}} = %c0 to %c10 step %c6 {
// CHECK-COUNT-6:       vector.fma
// CHECK:               math.exp2
// CHECK-COUNT-9:       vector.fma
// CHECK:             vector.store {{.*}}, %[[DV]][
// CHECK:           vector.{{store|maskedstore}} {{.*}}%[[DQ]][
// CHECK-NOT:     kernel.attend_grad
func.func @blocks(%q: memref<2x10x6xf32>, %k: memref<2x22x6xf32>, %v: memref<2x22x4xf32>, %g: memref<2x10x4xf32>, %l: memref<2x10xf32>, %m: memref<2x10xf32>,
    %dq: memref<2x10x6xf32>, %dk: memref<2x22x6xf32>, %dv: memref<2x22x4xf32>, %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  kernel.attend_grad dims [2, 10, 4, 22, 6] ins(%q, %k, %v, %g, %l, %m : memref<2x10x6xf32>, memref<2x22x6xf32>, memref<2x22x4xf32>, memref<2x10x4xf32>, memref<2x10xf32>, memref<2x10xf32>)
    outs(%dq, %dk, %dv : memref<2x10x6xf32>, memref<2x22x6xf32>, memref<2x22x4xf32>)
    maps [affine_map<(g, s, e, t, d) -> (g, s, d)>, affine_map<(g, s, e, t, d) -> (g, t, d)>, affine_map<(g, s, e, t, d) -> (g, t, e)>, affine_map<(g, s, e, t, d) -> (g, s, e)>, affine_map<(g, s, e, t, d) -> (g, s)>, affine_map<(g, s, e, t, d) -> (g, s)>, affine_map<(g, s, e, t, d) -> (g, s, d)>, affine_map<(g, s, e, t, d) -> (g, t, d)>, affine_map<(g, s, e, t, d) -> (g, t, e)>]
    scale 0.5 schedule <tile = [6, 8], micro = [3, 4]>
    query { ^bb0(%a: f32, %b: f32, %c: f32, %g: f32, %x: f32, %y: f32): kernel.yield %a : f32 }
    key { ^bb0(%a: f32, %b: f32, %c: f32, %g: f32, %x: f32, %y: f32): kernel.yield %b : f32 }
    value { ^bb0(%a: f32, %b: f32, %c: f32, %g: f32, %x: f32, %y: f32): kernel.yield %c : f32 }
    gradient { ^bb0(%a: f32, %b: f32, %c: f32, %g: f32, %x: f32, %y: f32): kernel.yield %g : f32 }
    statistics { ^bb0(%a: f32, %b: f32, %c: f32, %g: f32, %x: f32, %y: f32): kernel.yield %x, %y : f32, f32 }
    query_grad { ^bb0(%a: f32, %b: f32, %c: f32, %g: f32, %x: f32, %y: f32, %sum: f32): kernel.yield %sum : f32 }
    key_grad { ^bb0(%a: f32, %b: f32, %c: f32, %g: f32, %x: f32, %y: f32, %sum: f32): kernel.yield %sum : f32 }
    value_grad { ^bb0(%a: f32, %b: f32, %c: f32, %g: f32, %x: f32, %y: f32, %sum: f32): kernel.yield %sum : f32 }
  return
}

// Values whose columns are not side by side are gathered, as the remark says.
// CHECK-LABEL: func.func @strided(
// CHECK-NOT:     kernel.attend_grad
// REMARK: {{.*}}[Missed] SlowOperand {{.*}}Function=strided {{.*}}value: input 2 is not contiguous along the vector lanes
func.func @strided(%q: memref<2x10x6xf32>, %k: memref<2x8x6xf32>, %v: memref<2x8x4x2xf32>, %g: memref<2x10x4xf32>, %l: memref<2x10xf32>, %m: memref<2x10xf32>,
    %dq: memref<2x10x6xf32>, %dk: memref<2x8x6xf32>, %dv: memref<2x8x4xf32>, %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  kernel.attend_grad dims [2, 10, 4, 8, 6] ins(%q, %k, %v, %g, %l, %m : memref<2x10x6xf32>, memref<2x8x6xf32>, memref<2x8x4x2xf32>, memref<2x10x4xf32>, memref<2x10xf32>, memref<2x10xf32>)
    outs(%dq, %dk, %dv : memref<2x10x6xf32>, memref<2x8x6xf32>, memref<2x8x4xf32>)
    maps [affine_map<(g, s, e, t, d) -> (g, s, d)>, affine_map<(g, s, e, t, d) -> (g, t, d)>, affine_map<(g, s, e, t, d) -> (g, t, e, 0)>, affine_map<(g, s, e, t, d) -> (g, s, e)>, affine_map<(g, s, e, t, d) -> (g, s)>, affine_map<(g, s, e, t, d) -> (g, s)>, affine_map<(g, s, e, t, d) -> (g, s, d)>, affine_map<(g, s, e, t, d) -> (g, t, d)>, affine_map<(g, s, e, t, d) -> (g, t, e)>]
    scale 0.5 schedule <tile = [12, 8], micro = [3, 4]>
    query { ^bb0(%a: f32, %b: f32, %c: f32, %g: f32, %x: f32, %y: f32): kernel.yield %a : f32 }
    key { ^bb0(%a: f32, %b: f32, %c: f32, %g: f32, %x: f32, %y: f32): kernel.yield %b : f32 }
    value { ^bb0(%a: f32, %b: f32, %c: f32, %g: f32, %x: f32, %y: f32): kernel.yield %c : f32 }
    gradient { ^bb0(%a: f32, %b: f32, %c: f32, %g: f32, %x: f32, %y: f32): kernel.yield %g : f32 }
    statistics { ^bb0(%a: f32, %b: f32, %c: f32, %g: f32, %x: f32, %y: f32): kernel.yield %x, %y : f32, f32 }
    query_grad { ^bb0(%a: f32, %b: f32, %c: f32, %g: f32, %x: f32, %y: f32, %sum: f32): kernel.yield %sum : f32 }
    key_grad { ^bb0(%a: f32, %b: f32, %c: f32, %g: f32, %x: f32, %y: f32, %sum: f32): kernel.yield %sum : f32 }
    value_grad { ^bb0(%a: f32, %b: f32, %c: f32, %g: f32, %x: f32, %y: f32, %sum: f32): kernel.yield %sum : f32 }
  return
}
}
