// RUN: moec-opt %s --pass-pipeline='builtin.module(func.func(moec-expand-bf16))' | FileCheck %s --check-prefixes=CHECK,INT
// RUN: sed 's/vector_registers = 32>/vector_registers = 32, bf16_rounding = true>/' %s | moec-opt --pass-pipeline='builtin.module(func.func(moec-expand-bf16))' | FileCheck %s --check-prefixes=CHECK,NATIVE

module attributes {kernel.machine = #kernel.cpu<cores = 8, vector_bytes = 64, vector_registers = 32>} {
// CHECK-LABEL: func.func @extend
// CHECK-SAME:    (%[[M:.*]]: memref<8xi16>, %[[O:.*]]: memref<8xf32>, %[[I:.*]]: index)
// CHECK:         %[[V:.*]] = vector.load %[[M]][%[[I]]] : memref<8xi16>, vector<8xi16>
// CHECK:         %[[W:.*]] = arith.extui %[[V]] : vector<8xi16> to vector<8xi32>
// CHECK:         %[[C:.*]] = arith.constant dense<16> : vector<8xi32>
// CHECK:         %[[S:.*]] = arith.shli %[[W]], %[[C]] : vector<8xi32>
// CHECK:         arith.bitcast %[[S]] : vector<8xi32> to vector<8xf32>
func.func @extend(%m: memref<8xbf16>, %o: memref<8xf32>, %i: index) {
  %v = vector.load %m[%i] : memref<8xbf16>, vector<8xbf16>
  %f = arith.extf %v : vector<8xbf16> to vector<8xf32>
  vector.store %f, %o[%i] : memref<8xf32>, vector<8xf32>
  return
}

// CHECK-LABEL: func.func @round
// INT:           %[[B:.*]] = arith.bitcast %{{.*}} : vector<8xf32> to vector<8xi32>
// INT:           arith.constant dense<32767> : vector<8xi32>
// INT:           arith.cmpf uno
// INT:           %[[H:.*]] = vector.bitcast %{{.*}} : vector<8xi32> to vector<16xi16>
// INT:           %[[R:.*]] = vector.shuffle %[[H]], %[[H]] [1, 3, 5, 7, 9, 11, 13, 15] : vector<16xi16>, vector<16xi16>
// NATIVE:        %[[T:.*]] = llvm.fptrunc %{{.*}} : vector<8xf32> to vector<8xbf16>
// NATIVE:        %[[R:.*]] = llvm.bitcast %[[T]] : vector<8xbf16> to vector<8xi16>
// CHECK:         vector.maskedstore %{{.*}}, %{{.*}}, %[[R]] : memref<8xi16>, vector<8xi1>, vector<8xi16>
func.func @round(%x: memref<8xf32>, %o: memref<8xbf16>, %i: index, %mask: vector<8xi1>) {
  %v = vector.load %x[%i] : memref<8xf32>, vector<8xf32>
  %r = arith.truncf %v : vector<8xf32> to vector<8xbf16>
  vector.maskedstore %o[%i], %mask, %r : memref<8xbf16>, vector<8xi1>, vector<8xbf16>
  return
}

// Moving: reshapes of memory, loops, branches, constants, selections.
// CHECK-LABEL: func.func @move
// CHECK:         %[[Z:.*]] = arith.constant dense<16256> : vector<4xi16>
// CHECK:         %[[F:.*]] = memref.reinterpret_cast %{{.*}} : memref<2x4xi16> to memref<8xi16>
// CHECK:         scf.for {{.*}} iter_args(%{{.*}} = %[[Z]]) -> (vector<4xi16>)
// CHECK:           vector.maskedload %[[F]]
// CHECK:           arith.select %{{.*}} : vector<4xi16>
// CHECK:           scf.yield %{{.*}} : vector<4xi16>
func.func @move(%m: memref<2x4xbf16>, %mask: vector<4xi1>, %c: i1, %i: index) {
  %one = arith.constant dense<1.0> : vector<4xbf16>
  %f = memref.reinterpret_cast %m to offset: [0], sizes: [8], strides: [1] : memref<2x4xbf16> to memref<8xbf16>
  %c0 = arith.constant 0 : index
  %c4 = arith.constant 4 : index
  %c8 = arith.constant 8 : index
  %r = scf.for %k = %c0 to %c8 step %c4 iter_args(%s = %one) -> (vector<4xbf16>) {
    %v = vector.maskedload %f[%k], %mask, %s : memref<8xbf16>, vector<4xi1>, vector<4xbf16> into vector<4xbf16>
    %n = arith.select %c, %v, %s : vector<4xbf16>
    scf.yield %n : vector<4xbf16>
  }
  vector.store %r, %f[%i] : memref<8xbf16>, vector<4xbf16>
  return
}
}
