// RUN: moec-opt %s --moec-lower-map --moec-lower-contract --split-input-file --verify-diagnostics | FileCheck %s

// What is a kernel function, and what becomes of it when its op is lowered.

module attributes {kernel.machine = #kernel.cpu<cores = 8, vector_bytes = 16, vector_registers = 16>} {
// The work of the op stands in its place, the function says how many blocks there
// are and how many bytes a thread needs, and %scratch has just so many.
// CHECK-LABEL: func.func @lowered(
// CHECK-SAME:    %[[X:.*]]: memref<20xf32>, %[[Y:.*]]: memref<20xf32>, %[[BEGIN:.*]]: index, %[[END:.*]]: index, %{{.*}}: memref<0xi8>)
// CHECK-SAME:    attributes {kernel.blocks = 1 : i64, kernel.function, kernel.scratch = 0 : i64, note = "kept"}
// CHECK:         arith.muli %[[BEGIN]]
// CHECK:         arith.muli %[[END]]
// CHECK:         vector.store {{.*}}, %[[Y]]
// CHECK-NOT:     kernel.map
// CHECK:         return
func.func @lowered(%x: memref<20xf32>, %y: memref<20xf32>, %begin: index, %end: index, %scratch: memref<?xi8>)
    attributes {kernel.function, note = "kept"} {
  kernel.map dims [20] ins(%x : memref<20xf32>) outs(%y : memref<20xf32>)
    maps [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>]
    body { ^bb0(%a: f32): kernel.yield %a : f32 }
  return
}
}

// -----

module attributes {kernel.machine = #kernel.cpu<cores = 8, vector_bytes = 16, vector_registers = 16>} {
// Buffers in scratch begin at multiples of 64 bytes, and so does what is behind
// the last: the left panel has 36 elements (144 bytes), the right one none, as
// it is not packed, and the sums 8.
// CHECK-LABEL: func.func @scratch(
// CHECK-SAME:    memref<256xi8>) attributes {kernel.blocks = 1 : i64, kernel.function, kernel.scratch = 256 : i64, kernel.variant = "{{.*}}"}
// CHECK-DAG:     %[[FIRST:.*]] = arith.constant 0 : index
// CHECK:         memref.view %{{.*}}[%[[FIRST]]][] : memref<256xi8> to memref<36xf32>
// CHECK:         %[[EMPTY:.*]] = arith.constant 192 : index
// CHECK-NEXT:    memref.view %{{.*}}[%[[EMPTY]]][] : memref<256xi8> to memref<0xf32>
// CHECK-NEXT:    %[[SECOND:.*]] = arith.constant 192 : index
// CHECK-NEXT:    memref.view %{{.*}}[%[[SECOND]]][] : memref<256xi8> to memref<8xf32>
func.func @scratch(%x: memref<3x8xf32>, %w: memref<8x8xf32>, %y: memref<3x8xf32>, %begin: index, %end: index, %scratch: memref<?xi8>)
    attributes {kernel.function} {
  kernel.contract dims [3, 8, 8] ins(%x, %w : memref<3x8xf32>, memref<8x8xf32>) outs(%y : memref<3x8xf32>)
    maps [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>]
    schedule <tile = [3, 8, 8], micro = [1, 8]>
    lhs { ^bb0(%l: f32, %r: f32):
      %n = arith.negf %l : f32
      kernel.yield %n : f32 }
    rhs { ^bb0(%l: f32, %r: f32): kernel.yield %r : f32 }
    epilogue { ^bb0(%l: f32, %r: f32, %acc: f32): kernel.yield %acc : f32 }
  return
}
}

// -----

module attributes {kernel.machine = #kernel.cpu<cores = 8, vector_bytes = 16, vector_registers = 16>} {
// A function that is not marked is left alone; so are one without a body, one
// that is lowered already, and one whose op is another pass's.
// CHECK-LABEL: func.func @not_marked(
// CHECK:         kernel.map
func.func @not_marked(%x: memref<20xf32>, %y: memref<20xf32>) {
  kernel.map dims [20] ins(%x : memref<20xf32>) outs(%y : memref<20xf32>)
    maps [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>]
    body { ^bb0(%a: f32): kernel.yield %a : f32 }
  return
}
// CHECK-LABEL: func.func @lowered_already(
// CHECK-SAME:    attributes {kernel.function}
// CHECK-NEXT:    return
func.func @lowered_already(%x: memref<20xf32>, %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  return
}
// CHECK-LABEL: func.func @another(
// CHECK-SAME:    memref<?xi8>) attributes {kernel.function}
// CHECK-NEXT:    kernel.rows
func.func @another(%x: memref<9x4xf32>, %y: memref<9xf32>, %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  kernel.rows dims [9, 4] ins(%x : memref<9x4xf32>) outs(%y : memref<9xf32>)
    maps [affine_map<(p, c) -> (p, c)>, affine_map<(p, c) -> (p)>] combiners [#kernel.combiner<add>]
    phases { ^bb0(%e: f32): kernel.yield %e : f32 }
    finish { ^bb0(%e: f32, %s: f32): kernel.yield %s : f32 }
    emit { ^bb0(%e: f32, %s: f32): kernel.yield }
  return
}
}

// -----

module attributes {kernel.machine = #kernel.cpu<cores = 8, vector_bytes = 16, vector_registers = 16>} {
func.func @two(%x: memref<4xf32>, %y: memref<4xf32>, %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  kernel.map dims [4] ins(%x : memref<4xf32>) outs(%y : memref<4xf32>)
    maps [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>]
    body { ^bb0(%a: f32): kernel.yield %a : f32 }
  // expected-error @+1 {{is the second kernel op of 'two'; a kernel function holds one}}
  kernel.map dims [4] ins(%y : memref<4xf32>) outs(%x : memref<4xf32>)
    maps [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>]
    body { ^bb0(%a: f32): kernel.yield %a : f32 }
  return
}
}

// -----

module attributes {kernel.machine = #kernel.cpu<cores = 8, vector_bytes = 16, vector_registers = 16>} {
// expected-error @+1 {{is marked kernel.function, so its arguments must end with (index, index, memref<?xi8>)}}
func.func @no_grid(%x: memref<4xf32>, %y: memref<4xf32>) attributes {kernel.function} {
  kernel.map dims [4] ins(%x : memref<4xf32>) outs(%y : memref<4xf32>)
    maps [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>]
    body { ^bb0(%a: f32): kernel.yield %a : f32 }
  return
}
}

// -----

module attributes {kernel.machine = #kernel.cpu<cores = 8, vector_bytes = 16, vector_registers = 16>} {
// expected-error @+1 {{its arguments must end with (index, index, memref<?xi8>)}}
func.func @no_end(%x: memref<4xf32>, %y: memref<4xf32>, %begin: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  kernel.map dims [4] ins(%x : memref<4xf32>) outs(%y : memref<4xf32>)
    maps [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>]
    body { ^bb0(%a: f32): kernel.yield %a : f32 }
  return
}
}

// -----

module attributes {kernel.machine = #kernel.cpu<cores = 8, vector_bytes = 16, vector_registers = 16>} {
// expected-error @+1 {{its arguments must end with (index, index, memref<?xi8>)}}
func.func @no_scratch(%x: memref<4xf32>, %y: memref<4xf32>, %begin: index, %end: index, %last: index) attributes {kernel.function} {
  kernel.map dims [4] ins(%x : memref<4xf32>) outs(%y : memref<4xf32>)
    maps [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>]
    body { ^bb0(%a: f32): kernel.yield %a : f32 }
  return
}
}

// -----

module attributes {kernel.machine = #kernel.cpu<cores = 8, vector_bytes = 16, vector_registers = 16>} {
// The last argument is an operand, not scratch.
// expected-error @+1 {{its arguments must end with (index, index, memref<?xi8>)}}
func.func @operand_last(%x: memref<4xf32>, %begin: index, %end: index, %y: memref<4xf32>) attributes {kernel.function} {
  kernel.map dims [4] ins(%x : memref<4xf32>) outs(%y : memref<4xf32>)
    maps [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>]
    body { ^bb0(%a: f32): kernel.yield %a : f32 }
  return
}
}

// -----

module attributes {kernel.machine = #kernel.cpu<cores = 8, vector_bytes = 16, vector_registers = 16>} {
// expected-error @+1 {{its arguments must end with (index, index, memref<?xi8>)}}
func.func @matrix_last(%x: memref<4xi8>, %begin: index, %end: index, %y: memref<2x2xi8>) attributes {kernel.function} {
  kernel.map dims [4] ins(%x : memref<4xi8>) outs(%y : memref<2x2xi8>)
    maps [affine_map<(i) -> (i)>, affine_map<(i) -> (i floordiv 2, i mod 2)>]
    body { ^bb0(%a: i8): kernel.yield %a : i8 }
  return
}
}

// -----

module attributes {kernel.machine = #kernel.cpu<cores = 8, vector_bytes = 16, vector_registers = 16>} {
// expected-error @+1 {{has arguments behind its scratch, though its op is not lowered}}
func.func @pointer(%x: memref<4xf32>, %y: memref<4xf32>, %begin: index, %end: index, %scratch: memref<?xi8>, %map: !llvm.ptr) attributes {kernel.function} {
  kernel.map dims [4] ins(%x : memref<4xf32>) outs(%y : memref<4xf32>)
    maps [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>]
    body { ^bb0(%a: f32): kernel.yield %a : f32 }
  return
}
}
