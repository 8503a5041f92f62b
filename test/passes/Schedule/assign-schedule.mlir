// RUN: moec-opt %s --moec-assign-schedule --split-input-file | FileCheck %s
// RUN: sed 's/vector_bytes = 64, vector_registers = 32/vector_bytes = 32, vector_registers = 16/' %s | moec-opt --moec-assign-schedule --split-input-file | FileCheck %s --check-prefix=AVX2
// RUN: moec-opt %s --moec-assign-schedule=packs-operands=true --split-input-file | FileCheck %s --check-prefix=PACKED

module attributes {kernel.machine = #kernel.cpu<cores = 8, vector_bytes = 64, vector_registers = 32>} {
// Rows and columns of the register tile divide the output without waste.
// CHECK-LABEL: func @mixing
// CHECK: schedule <tile = [{{[0-9]+}}, {{[0-9]+}}, 49], micro = [{{8|12|16}}, {{32|48}}]>
// AVX2-LABEL: func @mixing
// AVX2: schedule <tile = [{{[0-9]+}}, {{[0-9]+}}, 49], micro = [{{4|6}}, {{16|24}}]>
func.func @mixing(%w: tensor<96x49xf32>, %x: tensor<128x49x96xf32>, %init: tensor<128x96x96xf32>) -> tensor<128x96x96xf32> {
  %y = kernel.contract dims [128, 96, 96, 49]
    ins(%w, %x : tensor<96x49xf32>, tensor<128x49x96xf32>) outs(%init : tensor<128x96x96xf32>)
    maps [affine_map<(g, m, n, k) -> (m, k)>, affine_map<(g, m, n, k) -> (g, k, n)>,
          affine_map<(g, m, n, k) -> (g, m, n)>]
    lhs { ^bb0(%l: f32, %r: f32): kernel.yield %l : f32 }
    rhs { ^bb0(%l: f32, %r: f32): kernel.yield %r : f32 }
    epilogue { ^bb0(%l: f32, %r: f32, %acc: f32): kernel.yield %acc : f32 } -> tensor<128x96x96xf32>
  return %y : tensor<128x96x96xf32>
}
}

// -----

module attributes {kernel.machine = #kernel.cpu<cores = 8, vector_bytes = 64, vector_registers = 32>} {
// What a user wrote stays.
// CHECK-LABEL: func @kept
// CHECK: schedule <tile = [5, 16, 7], micro = [5, 16]>
func.func @kept(%x: tensor<32x64xf32>, %w: tensor<64x20xf32>, %init: tensor<32x20xf32>) -> tensor<32x20xf32> {
  %y = kernel.contract dims [32, 20, 64]
    ins(%x, %w : tensor<32x64xf32>, tensor<64x20xf32>) outs(%init : tensor<32x20xf32>)
    maps [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>]
    schedule <tile = [5, 16, 7], micro = [5, 16]>
    lhs { ^bb0(%l: f32, %r: f32): kernel.yield %l : f32 }
    rhs { ^bb0(%l: f32, %r: f32): kernel.yield %r : f32 }
    epilogue { ^bb0(%l: f32, %r: f32, %acc: f32): kernel.yield %acc : f32 } -> tensor<32x20xf32>
  return %y : tensor<32x20xf32>
}
}

// -----

// Rows are shared out among the cores where the weight that all of them read is stored packed, else columns, so that
// no core packs what another one does. (Rows lie along m here: others may be read in place.)

module attributes {kernel.machine = #kernel.cpu<cores = 2, vector_bytes = 64, vector_registers = 32>} {
moe.variable @w : tensor<64x1024xf32> role(parameter)
// CHECK-LABEL: func.func @weight
// CHECK:         schedule <tile = [28, 32, 1024], micro = [14, 32]>
// PACKED-LABEL: func.func @weight
// PACKED:         schedule <tile = [14, 64, 1024], micro = [14, 32]>
func.func @weight(%x: tensor<1024x28xf32> {moe.field = "x"}, %w: tensor<64x1024xf32> {moe.var = @w}) -> (tensor<28x64xf32> {moe.output = "y"})
    attributes {moe.entry = #moe.entry<"infer">} {
  %init = tensor.empty() : tensor<28x64xf32>
  %y = kernel.contract dims [28, 64, 1024] ins(%x, %w : tensor<1024x28xf32>, tensor<64x1024xf32>) outs(%init : tensor<28x64xf32>)
    maps [affine_map<(m, n, k) -> (k, m)>, affine_map<(m, n, k) -> (n, k)>, affine_map<(m, n, k) -> (m, n)>]
    lhs { ^bb0(%l: f32, %r: f32): kernel.yield %l : f32 }
    rhs { ^bb0(%l: f32, %r: f32): kernel.yield %r : f32 }
    epilogue { ^bb0(%l: f32, %r: f32, %acc: f32): kernel.yield %acc : f32 } -> tensor<28x64xf32>
  return %y : tensor<28x64xf32>
}
}
