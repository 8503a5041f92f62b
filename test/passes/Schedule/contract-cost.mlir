// RUN: moec-opt %s --moec-assign-schedule | FileCheck %s
// RUN: sed 's/cores = 8/cores = 1/' %s | moec-opt --moec-assign-schedule | FileCheck %s --check-prefix=ALONE
// RUN: sed 's/vector_bytes = 64, vector_registers = 32/vector_bytes = 32, vector_registers = 16/' %s | moec-opt --moec-assign-schedule | FileCheck %s --check-prefix=AVX2

// What the model of the CPU chooses; ContractCostTest holds its properties.

module attributes {kernel.machine = #kernel.cpu<cores = 8, vector_bytes = 64, vector_registers = 32>} {
// A square fills the registers: 6 x 4 vectors of 32, 6 x 2 of 16. Eight threads
// share the output out; one takes all columns at a time, and rows in two parts,
// as 512 are no multiple of 6 and 516 are more than a block may have.
// CHECK-LABEL: func.func @square
// CHECK:         schedule <tile = [258, 128, 512], micro = [6, 64]>
// ALONE-LABEL: func.func @square
// ALONE:         schedule <tile = [258, 512, 512], micro = [6, 64]>
// AVX2-LABEL:  func.func @square
// AVX2:          schedule <tile = [12, 64, 512], micro = [6, 16]>
func.func @square(%x: tensor<512x512xf32>, %w: tensor<512x512xf32>, %init: tensor<512x512xf32>) -> tensor<512x512xf32> {
  %y = kernel.contract dims [512, 512, 512]
    ins(%x, %w : tensor<512x512xf32>, tensor<512x512xf32>) outs(%init : tensor<512x512xf32>)
    maps [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>]
    lhs { ^bb0(%l: f32, %r: f32): kernel.yield %l : f32 }
    rhs { ^bb0(%l: f32, %r: f32): kernel.yield %r : f32 }
    epilogue { ^bb0(%l: f32, %r: f32, %acc: f32): kernel.yield %acc : f32 } -> tensor<512x512xf32>
  return %y : tensor<512x512xf32>
}

// One row: four vectors of columns hide the latency of a sum.
// CHECK-LABEL: func.func @row
// CHECK:         schedule <tile = [1, 64, 512], micro = [1, 64]>
// ALONE-LABEL: func.func @row
// ALONE:         schedule <tile = [1, 256, 512], micro = [1, 64]>
// AVX2-LABEL:  func.func @row
// AVX2:          schedule <tile = [1, 64, 512], micro = [1, 32]>
func.func @row(%x: tensor<1x512xf32>, %w: tensor<512x512xf32>, %init: tensor<1x512xf32>) -> tensor<1x512xf32> {
  %y = kernel.contract dims [1, 512, 512]
    ins(%x, %w : tensor<1x512xf32>, tensor<512x512xf32>) outs(%init : tensor<1x512xf32>)
    maps [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>]
    lhs { ^bb0(%l: f32, %r: f32): kernel.yield %l : f32 }
    rhs { ^bb0(%l: f32, %r: f32): kernel.yield %r : f32 }
    epilogue { ^bb0(%l: f32, %r: f32, %acc: f32): kernel.yield %acc : f32 } -> tensor<1x512xf32>
  return %y : tensor<1x512xf32>
}

// 96 columns: 48 at a time on 16 lanes, 24 on 8, so that none are in vain.
// CHECK-LABEL: func.func @divided
// CHECK:         schedule <tile = [64, 96, 512], micro = [8, 48]>
// AVX2-LABEL:  func.func @divided
// AVX2:          schedule <tile = [64, 96, 512], micro = [4, 24]>
func.func @divided(%x: tensor<512x512xf32>, %w: tensor<512x96xf32>, %init: tensor<512x96xf32>) -> tensor<512x96xf32> {
  %y = kernel.contract dims [512, 96, 512]
    ins(%x, %w : tensor<512x512xf32>, tensor<512x96xf32>) outs(%init : tensor<512x96xf32>)
    maps [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>]
    lhs { ^bb0(%l: f32, %r: f32): kernel.yield %l : f32 }
    rhs { ^bb0(%l: f32, %r: f32): kernel.yield %r : f32 }
    epilogue { ^bb0(%l: f32, %r: f32, %acc: f32): kernel.yield %acc : f32 } -> tensor<512x96xf32>
  return %y : tensor<512x96xf32>
}

// Depth beyond 1024 is packed in even parts; with AVX2 nothing up to 2048 is
// cut, and blocks are low, so that rows of that depth stay in L2.
// CHECK-LABEL: func.func @deep
// CHECK:         schedule <tile = [258, 128, 336], micro = [6, 64]>
// AVX2-LABEL:  func.func @deep
// AVX2:          schedule <tile = [12, 32, 2000], micro = [6, 16]>
func.func @deep(%x: tensor<512x2000xf32>, %w: tensor<2000x512xf32>, %init: tensor<512x512xf32>) -> tensor<512x512xf32> {
  %y = kernel.contract dims [512, 512, 2000]
    ins(%x, %w : tensor<512x2000xf32>, tensor<2000x512xf32>) outs(%init : tensor<512x512xf32>)
    maps [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>]
    lhs { ^bb0(%l: f32, %r: f32): kernel.yield %l : f32 }
    rhs { ^bb0(%l: f32, %r: f32): kernel.yield %r : f32 }
    epilogue { ^bb0(%l: f32, %r: f32, %acc: f32): kernel.yield %acc : f32 } -> tensor<512x512xf32>
  return %y : tensor<512x512xf32>
}
}
