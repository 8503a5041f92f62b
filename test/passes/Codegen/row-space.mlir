// RUN: moec-opt %s --split-input-file --pass-pipeline='builtin.module(func.func(moec-gpu-lower-map,moec-gpu-lower-rows,canonicalize,cse))' | FileCheck %s
// RUN: moec-opt %s --split-input-file --pass-pipeline='builtin.module(func.func(moec-lower-map,moec-lower-rows,canonicalize,cse))' | FileCheck %s --check-prefix=CPU

// Loops that are contiguous together for all operands are one: every position
// is its own address.

module attributes {kernel.machine = #kernel.cpu<cores = 8, vector_bytes = 64, vector_registers = 32>} {
// CHECK-LABEL: func.func @one
// CHECK-NOT:     arith.divui
// CHECK-NOT:     arith.remui
// CHECK:         %[[X:.*]] = memref.load %{{.*}}[%[[AT:.*]]] : memref<18816xf32>
// CHECK:         memref.store %[[X]], %{{.*}}[%[[AT]]] : memref<18816xf32>
func.func @one(%x0: memref<4x49x96xf32>, %y: memref<196x96xf32>,
                %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  kernel.map dims [4, 49, 96] ins(%x0 : memref<4x49x96xf32>) outs(%y : memref<196x96xf32>)
    maps [affine_map<(a, b, c) -> (a, b, c)>, affine_map<(a, b, c) -> (a * 49 + b, c)>]
    body { ^bb0(%a: f32): kernel.yield %a : f32 }
  return
}
}

// -----

// A bias of each column keeps rows and columns apart.

module attributes {kernel.machine = #kernel.cpu<cores = 8, vector_bytes = 64, vector_registers = 32>} {
// CHECK-LABEL: func.func @two
// CHECK:         %[[COLUMN:.*]] = arith.remui %{{.*}}, %c96 : index
// CHECK:         arith.divui
// CHECK-NOT:     arith.divui
// CHECK-NOT:     arith.remui
// CHECK:         memref.load %{{.*}}[%[[COLUMN]]] : memref<96xf32>
func.func @two(%x0: memref<196x96xf32>, %x1: memref<96xf32>, %y: memref<196x96xf32>,
                %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  kernel.map dims [196, 96] ins(%x0, %x1 : memref<196x96xf32>, memref<96xf32>) outs(%y : memref<196x96xf32>)
    maps [affine_map<(a, b) -> (a, b)>, affine_map<(a, b) -> (b)>, affine_map<(a, b) -> (a, b)>]
    body { ^bb0(%a: f32, %b: f32):
      %r = arith.addf %a, %b : f32
      kernel.yield %r : f32 }
  return
}
}

// -----

// What is taken apart with floordiv and mod becomes two loops where it does not
// join: one quotient and one remainder serve all operands.

module attributes {kernel.machine = #kernel.cpu<cores = 8, vector_bytes = 64, vector_registers = 32>} {
// CHECK-LABEL: func.func @split
// CHECK-COUNT-2: arith.remui
// CHECK-NOT:     arith.remui
// CHECK-NOT:     arith.divsi
// CHECK:         memref.store
func.func @split(%x0: memref<4x49x96xf32>, %y: memref<196x96xf32>,
                %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  kernel.map dims [196, 96] ins(%x0 : memref<4x49x96xf32>) outs(%y : memref<196x96xf32>)
    maps [affine_map<(a, b) -> (a floordiv 49, 48 - a mod 49, b)>, affine_map<(a, b) -> (a, b)>]
    body { ^bb0(%a: f32): kernel.yield %a : f32 }
  return
}
}

// -----

// A loop of one point is dropped.

module attributes {kernel.machine = #kernel.cpu<cores = 8, vector_bytes = 64, vector_registers = 32>} {
// CHECK-LABEL: func.func @dropped
// CHECK-NOT:     arith.remui
// CHECK:         memref.store
func.func @dropped(%x0: memref<64xf32>, %y: memref<64x1xf32>,
                %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  kernel.map dims [1, 64, 1] ins(%x0 : memref<64xf32>) outs(%y : memref<64x1xf32>)
    maps [affine_map<(a, b, c) -> (a + b)>, affine_map<(a, b, c) -> (b, c)>]
    body { ^bb0(%a: f32): kernel.yield %a : f32 }
  return
}
}

// -----

// The reduced loop stays apart from those of the rows, which join; here vectors
// run along it, as it alone is contiguous.

module attributes {kernel.machine = #kernel.cpu<cores = 8, vector_bytes = 64, vector_registers = 32>} {
// CHECK-LABEL: func.func @rows
// CPU-LABEL:   func.func @rows
// CPU:           scf.for
// CPU:             vector.load %{{.*}} : memref<65536xf32>, vector<16xf32>
// CPU:             vector.shuffle
// CPU:             memref.store %{{.*}} : memref<16xf32>
func.func @rows(%x: memref<4x4x4096xf32>, %y: memref<16xf32>,
                %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  kernel.rows dims [16, 4096] ins(%x : memref<4x4x4096xf32>) outs(%y : memref<16xf32>)
    maps [affine_map<(p, c) -> (p floordiv 4, p mod 4, c)>, affine_map<(p, c) -> (p)>]
    combiners [#kernel.combiner<add>]
    phases { ^bb0(%e: f32): kernel.yield %e : f32 }
    finish { ^bb0(%e: f32, %s: f32): kernel.yield %s : f32 }
    emit { ^bb0(%e: f32, %s: f32): kernel.yield }
  return
}
}

// -----

// Sums of columns: vectors run along the rows instead.

module attributes {kernel.machine = #kernel.cpu<cores = 8, vector_bytes = 64, vector_registers = 32>} {
// CPU-LABEL:   func.func @columns
// CPU:           vector.load %{{.*}} : memref<65536xf32>, vector<16xf32>
// CPU-NOT:       vector.shuffle
// CPU:           vector.store %{{.*}} : memref<64xf32>, vector<16xf32>
func.func @columns(%x: memref<1024x64xf32>, %y: memref<64xf32>,
                %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  kernel.rows dims [64, 1024] ins(%x : memref<1024x64xf32>) outs(%y : memref<64xf32>)
    maps [affine_map<(p, c) -> (c, p)>, affine_map<(p, c) -> (p)>]
    combiners [#kernel.combiner<add>]
    phases { ^bb0(%e: f32): kernel.yield %e : f32 }
    finish { ^bb0(%e: f32, %s: f32): kernel.yield %s : f32 }
    emit { ^bb0(%e: f32, %s: f32): kernel.yield }
  return
}
}
