// RUN: moec-opt %s --split-input-file --moec-split-masked-stores | FileCheck %s

module attributes {kernel.machine = #kernel.cpu<cores = 8, vector_bytes = 32, vector_registers = 16>} {
// Seven lanes: stores of four, of two and of one.
// CHECK-LABEL: func.func @seven(
// CHECK-SAME:    %[[Y:.*]]: memref<40xf32>, %[[AT:.*]]: index, %[[X:.*]]: vector<8xf32>)
// CHECK-NOT:     vector.constant_mask
// CHECK:         %[[FOUR:.*]] = vector.extract_strided_slice %[[X]] {offsets = [0], sizes = [4], strides = [1]}
// CHECK-NEXT:    vector.store %[[FOUR]], %[[Y]][%[[AT]]] : memref<40xf32>, vector<4xf32>
// CHECK:         %[[TWO:.*]] = vector.extract_strided_slice %[[X]] {offsets = [4], sizes = [2], strides = [1]}
// CHECK:         %[[C4:.*]] = arith.constant 4 : index
// CHECK-NEXT:    %[[AFTER:.*]] = arith.addi %[[AT]], %[[C4]] : index
// CHECK-NEXT:    vector.store %[[TWO]], %[[Y]][%[[AFTER]]] : memref<40xf32>, vector<2xf32>
// CHECK:         vector.store %{{.*}}, %[[Y]][%{{.*}}] : memref<40xf32>, vector<1xf32>
// CHECK-NOT:     vector.maskedstore
func.func @seven(%y: memref<40xf32>, %at: index, %x: vector<8xf32>) {
  %m = vector.constant_mask [7] : vector<8xi1>
  vector.maskedstore %y[%at], %m, %x : memref<40xf32>, vector<8xi1>, vector<8xf32>
  return
}

// No lane at all stores nothing.
// CHECK-LABEL: func.func @none(
// CHECK-NEXT:    return
func.func @none(%y: memref<40xbf16>, %at: index, %x: vector<8xbf16>) {
  %m = vector.constant_mask [0] : vector<8xi1>
  vector.maskedstore %y[%at], %m, %x : memref<40xbf16>, vector<8xi1>, vector<8xbf16>
  return
}

// A mask that is known when the kernel runs stays, and what loads take of a known one.
// CHECK-LABEL: func.func @others(
// CHECK:         vector.constant_mask [3] : vector<8xi1>
// CHECK:         vector.maskedload
// CHECK:         vector.maskedstore
// CHECK:         vector.store %{{.*}} : memref<40xf32>, vector<2xf32>
func.func @others(%y: memref<40xf32>, %at: index, %n: index, %p: vector<8xf32>) {
  %m = vector.constant_mask [3] : vector<8xi1>
  %x = vector.maskedload %y[%at], %m, %p : memref<40xf32>, vector<8xi1>, vector<8xf32> into vector<8xf32>
  %r = vector.create_mask %n : vector<8xi1>
  vector.maskedstore %y[%at], %r, %x : memref<40xf32>, vector<8xi1>, vector<8xf32>
  vector.maskedstore %y[%at], %m, %x : memref<40xf32>, vector<8xi1>, vector<8xf32>
  return
}
}

// -----

// Masks of AVX-512 cost nothing.
module attributes {kernel.machine = #kernel.cpu<cores = 8, vector_bytes = 64, vector_registers = 32>} {
// CHECK-LABEL: func.func @wide(
// CHECK:         vector.maskedstore
func.func @wide(%y: memref<40xf32>, %at: index, %x: vector<16xf32>) {
  %m = vector.constant_mask [7] : vector<16xi1>
  vector.maskedstore %y[%at], %m, %x : memref<40xf32>, vector<16xi1>, vector<16xf32>
  return
}
}
