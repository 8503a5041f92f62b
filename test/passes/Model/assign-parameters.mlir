// The parameter table: decayed first, offsets in cache lines, one entry for a
// parameter that several functions take; last what the loss does not take.
// RUN: moec-opt %s -moec-assign-parameters -split-input-file | FileCheck %s
// RUN: moec-opt %s -moec-model-pipeline -split-input-file | FileCheck %s

// CHECK: module
// CHECK-SAME: moe.decay_elements = 128 : i64
// CHECK-SAME: moe.model = "m"
// CHECK-SAME: moe.parameter_elements = 8192 : i64
// CHECK-SAME: moe.parameters = [
// CHECK-SAME: {decay = true, init = {op = "normal", std = 1.000000e-01 : f64}, name = "fc.weight", offset = 0 : i64, shape = array<i64: 10, 10>}
// CHECK-SAME: {decay = true, init = {op = "ones"}, name = "extra.weight", offset = 112 : i64, shape = array<i64: 3>}
// CHECK-SAME: {decay = false, init = {op = "zeros"}, name = "gain", offset = 128 : i64, shape = array<i64>}
// CHECK-SAME: {decay = false, init = {op = "zeros"}, name = "fc.bias", offset = 4096 : i64, shape = array<i64: 10>, trained = false}
// CHECK-SAME: moe.trained_elements = 4096 : i64
module attributes {moe.model = "m"} {
  func.func @infer(%x: tensor<10xf32> {moe.input = "x"},
      %b: tensor<10xf32> {moe.param = "fc.bias", moe.init = {op = "zeros"}},
      %w: tensor<10x10xf32> {moe.param = "fc.weight", moe.init = {op = "normal", std = 0.1}, moe.decay}) {
    return
  }
  func.func @loss(%w: tensor<10x10xf32> {moe.param = "fc.weight", moe.init = {op = "normal", std = 0.1}, moe.decay},
      %g: tensor<f32> {moe.param = "gain", moe.init = {op = "zeros"}},
      %e: tensor<3xf32> {moe.param = "extra.weight", moe.init = {op = "ones"}, moe.decay}) {
    return
  }
}

// -----

// The block is as long as its last parameter needs, in chunks of 4096.
// CHECK: module
// CHECK-SAME: moe.decay_elements = 0 : i64
// CHECK-SAME: moe.parameter_elements = 8192 : i64
module {
  func.func @infer(%w: tensor<4097xf32> {moe.param = "w", moe.init = {op = "zeros"}}) {
    return
  }
}

// -----

// A model without parameters has an empty table.
// CHECK: module
// CHECK-SAME: moe.decay_elements = 0 : i64
// CHECK-SAME: moe.parameter_elements = 0 : i64
// CHECK-SAME: moe.parameters = []
module {
  func.func @infer(%x: tensor<10xf32> {moe.input = "x"}) {
    return
  }
}
