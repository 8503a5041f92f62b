// RUN: moec-opt %s --split-input-file --moec-outline-loops | FileCheck %s

module attributes {kernel.machine = #kernel.cpu<cores = 8, vector_bytes = 16, vector_registers = 8>} {
// A register tile of five vectors, of eight registers, and a loop with eight constants: that one becomes a function, with what it reads
// from above as arguments and the constants inside of it.
// CHECK-LABEL: func.func private @k.loop0(
// CHECK-SAME:    %[[BUFFER:.*]]: memref<64xf32>, %[[END:.*]]: index, %[[STEP:.*]]: index, %[[FROM:.*]]: vector<4xf32>) -> vector<4xf32>
// CHECK-SAME:    attributes {llvm.linkage = #llvm.linkage<internal>, no_inline}
// CHECK-DAG:     %[[C0:.*]] = arith.constant 0 : index
// CHECK-DAG:     arith.constant dense<8.000000e+00>
// CHECK:         %[[SUM:.*]] = scf.for %[[I:.*]] = %[[C0]] to %[[END]] step %[[STEP]] iter_args(%[[SO:.*]] = %[[FROM]])
// CHECK:           vector.load %[[BUFFER]][%[[I]]]
// CHECK-COUNT-8:   math.fma
// CHECK:         return %[[SUM]] : vector<4xf32>
// CHECK-LABEL: func.func @k(
// CHECK:         scf.for
// CHECK:           scf.for {{.*}} -> (vector<4xf32>, vector<4xf32>, vector<4xf32>, vector<4xf32>, vector<4xf32>)
// CHECK:           %[[Y:.*]] = func.call @k.loop0(
// CHECK:           vector.store %[[Y]]
func.func @k(%buffer: memref<64xf32>, %begin: index, %end: index, %scratch: memref<64xi8>) attributes {kernel.function} {
  %c0 = arith.constant 0 : index
  %zero = arith.constant dense<0.0> : vector<4xf32>
  %c1 = arith.constant dense<1.0> : vector<4xf32>
  %c2 = arith.constant dense<2.0> : vector<4xf32>
  %c3 = arith.constant dense<3.0> : vector<4xf32>
  %c4 = arith.constant dense<4.0> : vector<4xf32>
  %c5 = arith.constant dense<5.0> : vector<4xf32>
  %c6 = arith.constant dense<6.0> : vector<4xf32>
  %c7 = arith.constant dense<7.0> : vector<4xf32>
  %c8 = arith.constant dense<8.0> : vector<4xf32>
  scf.for %block = %begin to %end step %end {
    %tile:5 = scf.for %i = %c0 to %end step %end iter_args(%x = %zero, %y = %zero, %z = %zero, %v0 = %zero, %w = %zero)
        -> (vector<4xf32>, vector<4xf32>, vector<4xf32>, vector<4xf32>, vector<4xf32>) {
      %v = vector.load %buffer[%i] : memref<64xf32>, vector<4xf32>
      %p = arith.addf %x, %v : vector<4xf32>
      scf.yield %p, %y, %z, %v0, %w : vector<4xf32>, vector<4xf32>, vector<4xf32>, vector<4xf32>, vector<4xf32>
    }
    %sum = scf.for %i = %c0 to %end step %block iter_args(%so = %tile#0) -> (vector<4xf32>) {
      %v = vector.load %buffer[%i] : memref<64xf32>, vector<4xf32>
      %p1 = math.fma %v, %v, %c1 : vector<4xf32>
      %p2 = math.fma %p1, %v, %c2 : vector<4xf32>
      %p3 = math.fma %p2, %v, %c3 : vector<4xf32>
      %p4 = math.fma %p3, %v, %c4 : vector<4xf32>
      %p5 = math.fma %p4, %v, %c5 : vector<4xf32>
      %p6 = math.fma %p5, %v, %c6 : vector<4xf32>
      %p7 = math.fma %p6, %v, %c7 : vector<4xf32>
      %p8 = math.fma %p7, %so, %c8 : vector<4xf32>
      scf.yield %p8 : vector<4xf32>
    }
    vector.store %sum, %buffer[%block] : memref<64xf32>, vector<4xf32>
  }
  return
}
}

// -----

// Without a register tile the constants have the registers of the function, and few constants need none.
module attributes {kernel.machine = #kernel.cpu<cores = 8, vector_bytes = 16, vector_registers = 16>} {
// CHECK-NOT:   func.func private
// CHECK-LABEL: func.func @alone(
// CHECK-NOT:     call
func.func @alone(%buffer: memref<64xf32>, %begin: index, %end: index, %scratch: memref<64xi8>) attributes {kernel.function} {
  %c1 = arith.constant dense<1.0> : vector<4xf32>
  %c2 = arith.constant dense<2.0> : vector<4xf32>
  %c3 = arith.constant dense<3.0> : vector<4xf32>
  %c4 = arith.constant dense<4.0> : vector<4xf32>
  %c5 = arith.constant dense<5.0> : vector<4xf32>
  %c6 = arith.constant dense<6.0> : vector<4xf32>
  %c7 = arith.constant dense<7.0> : vector<4xf32>
  %c8 = arith.constant dense<8.0> : vector<4xf32>
  scf.for %i = %begin to %end step %end {
    %v = vector.load %buffer[%i] : memref<64xf32>, vector<4xf32>
    %p1 = math.fma %v, %v, %c1 : vector<4xf32>
    %p2 = math.fma %p1, %v, %c2 : vector<4xf32>
    %p3 = math.fma %p2, %v, %c3 : vector<4xf32>
    %p4 = math.fma %p3, %v, %c4 : vector<4xf32>
    %p5 = math.fma %p4, %v, %c5 : vector<4xf32>
    %p6 = math.fma %p5, %v, %c6 : vector<4xf32>
    %p7 = math.fma %p6, %v, %c7 : vector<4xf32>
    %p8 = math.fma %p7, %v, %c8 : vector<4xf32>
    vector.store %p8, %buffer[%i] : memref<64xf32>, vector<4xf32>
  }
  return
}
// CHECK-LABEL: func.func @few(
// CHECK-NOT:     call
func.func @few(%buffer: memref<64xf32>, %begin: index, %end: index, %scratch: memref<64xi8>) attributes {kernel.function} {
  %c1 = arith.constant dense<1.0> : vector<4xf32>
  scf.for %i = %begin to %end step %end {
    %v = vector.load %buffer[%i] : memref<64xf32>, vector<4xf32>
    %p1 = math.fma %v, %v, %c1 : vector<4xf32>
    vector.store %p1, %buffer[%i] : memref<64xf32>, vector<4xf32>
  }
  return
}
}
