// Schedules of a tuning file come before the cost model, and behind what stands
// in the text already; the location of an op names its shape.
// RUN: split-file %s %t
// RUN: moec-opt %t/tuned.mlir --moec-assign-schedule --mlir-print-debuginfo | FileCheck %t/tuned.mlir
// RUN: moec-opt %t/tuned.mlir --moec-assign-schedule=packs-operands=true --mlir-print-debuginfo | FileCheck %t/tuned.mlir --check-prefix=PACKED
// RUN: sed 's/micro = .4, 16./micro = [4, 12]/' %t/tuned.mlir > %t/unfit.mlir
// RUN: not moec-opt %t/unfit.mlir --moec-assign-schedule 2>&1 | FileCheck %t/unfit.mlir --check-prefix=UNFIT
// RUN: sed 's/"contract groups=1 m=32/"contract m=32/' %t/tuned.mlir > %t/name.mlir
// RUN: not moec-opt %t/name.mlir --moec-assign-schedule 2>&1 | FileCheck %t/name.mlir --check-prefix=NAME

//--- tuned.mlir
// CHECK-LABEL: func.func @known
// CHECK: schedule <tile = [8, 16, 64], micro = [4, 16]>
// CHECK-LABEL: func.func @unknown
// CHECK: schedule <tile = {{.*}}
// CHECK-LABEL: func.func @kept
// CHECK: schedule <tile = [5, 8, 7], micro = [5, 8]>
// CHECK: loc(fused<"contract groups=1 m=32 n=20 k=64 left=f32,k,rows=64 right=f32,place out=f32">[
// CHECK: loc(fused<"contract groups=1 m=32 n=24 k=64 left=f32,k,rows=64 right=f32,packed,map=20 out=f32">[
// CHECK-NOT: fused<
// With weights in strips the shape is another one, which the file does not know.
// PACKED-LABEL: func.func @known
// PACKED-NOT: schedule <tile = [8, 16, 64]
// PACKED: loc(fused<"contract groups=1 m=32 n=20 k=64 left=f32,k,rows=64 right=f32,strips out=f32">[
// UNFIT: error: the tuned schedule of 'contract groups=1 m=32 n=20 k=64 left=f32,k,rows=64 right=f32,place out=f32' does not fit: expected columns of a register tile in whole vectors of 8 lanes, got 12; fix: tune the model again, with moec tune
// NAME: error: the tuned schedule of 'contract m=32 n=20 k=64 left=f32,k,rows=64 right=f32,place out=f32' does not fit: expected the name of a shape, as moec tune writes it; fix:
module attributes {kernel.machine = #kernel.cpu<cores = 2, vector_bytes = 32, vector_registers = 16>,
    kernel.tuning = {"contract groups=1 m=32 n=20 k=64 left=f32,k,rows=64 right=f32,place out=f32"
                     = #kernel.schedule<tile = [8, 16, 64], micro = [4, 16]>}} {
moe.variable @w : tensor<64x20xf32> role(parameter)
func.func @known(%x: tensor<32x64xf32>, %w: tensor<64x20xf32> {moe.var = @w}, %init: tensor<32x20xf32>) -> tensor<32x20xf32>
    attributes {moe.entry = #moe.entry<"infer">} {
  %y = kernel.contract dims [32, 20, 64]
    ins(%x, %w : tensor<32x64xf32>, tensor<64x20xf32>) outs(%init : tensor<32x20xf32>)
    maps [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>]
    lhs { ^bb0(%l: f32, %r: f32): kernel.yield %l : f32 }
    rhs { ^bb0(%l: f32, %r: f32): kernel.yield %r : f32 }
    epilogue { ^bb0(%l: f32, %r: f32, %acc: f32): kernel.yield %acc : f32 } -> tensor<32x20xf32>
  return %y : tensor<32x20xf32>
}
func.func @unknown(%x: tensor<32x64xf32>, %w: tensor<64x24xf32>, %init: tensor<32x24xf32>) -> tensor<32x24xf32> {
  %y = kernel.contract dims [32, 24, 64]
    ins(%x, %w : tensor<32x64xf32>, tensor<64x24xf32>) outs(%init : tensor<32x24xf32>)
    maps [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>]
    lhs { ^bb0(%l: f32, %r: f32): kernel.yield %l : f32 }
    rhs { ^bb0(%l: f32, %r: f32): 
      %e = math.exp %r : f32
      kernel.yield %e : f32 }
    epilogue { ^bb0(%l: f32, %r: f32, %acc: f32): kernel.yield %acc : f32 } -> tensor<32x24xf32>
  return %y : tensor<32x24xf32>
}
func.func @kept(%x: tensor<32x64xf32>, %w: tensor<64x20xf32>, %init: tensor<32x20xf32>) -> tensor<32x20xf32> {
  %y = kernel.contract dims [32, 20, 64]
    ins(%x, %w : tensor<32x64xf32>, tensor<64x20xf32>) outs(%init : tensor<32x20xf32>)
    maps [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>]
    schedule <tile = [5, 8, 7], micro = [5, 8]>
    lhs { ^bb0(%l: f32, %r: f32): kernel.yield %l : f32 }
    rhs { ^bb0(%l: f32, %r: f32): kernel.yield %r : f32 }
    epilogue { ^bb0(%l: f32, %r: f32, %acc: f32): kernel.yield %acc : f32 } -> tensor<32x20xf32>
  return %y : tensor<32x20xf32>
}
}
