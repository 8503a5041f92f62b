// RUN: moec-opt %s --moec-assign-gpu-schedule --split-input-file | FileCheck %s
// RUN: sed 's/132, shared_bytes = 232448/1, shared_bytes = 49152/' %s | moec-opt --moec-assign-gpu-schedule --split-input-file | FileCheck %s --check-prefix=SMALL
// RUN: sed 's/232448>/232448, wgmma = true, tma = true>/' %s | moec-opt --moec-assign-gpu-schedule --split-input-file | FileCheck %s --check-prefix=WGMMA
// RUN: moec-opt %s --moec-assign-gpu-schedule --split-input-file --remarks-filter=Schedule --remark-policy=all -o /dev/null 2>&1 | FileCheck %s --check-prefix=REMARK

module attributes {kernel.machine = #kernel.gpu<multiprocessors = 132, shared_bytes = 232448>} {
// Many rows in bf16: a large tile of tensor cores; no larger than shared memory.
// CHECK-LABEL: func @linear
// CHECK: schedule <tile = [{{64|96|128}}, {{64|96|128}}, {{32|64}}], micro = [{{[0-9]+}}, {{[0-9]+}}], variant = mma.sync, stages = {{[34]}}>
// SMALL-LABEL: func @linear
// SMALL: schedule <tile = [{{.*}}, 32], micro = [{{.*}}], variant = mma.sync, stages = {{[34]}}>
// REMARK-NOT: {{.*}}:[[# @LINE + 2]]:{{.*}}NoTensorCores
func.func @linear(%x: tensor<6272x192xbf16>, %w: tensor<192x384xbf16>, %init: tensor<6272x384xf32>) -> tensor<6272x384xf32> {
  %y = kernel.contract dims [6272, 384, 192]
    ins(%x, %w : tensor<6272x192xbf16>, tensor<192x384xbf16>) outs(%init : tensor<6272x384xf32>)
    maps [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>]
    lhs { ^bb0(%l: bf16, %r: bf16): kernel.yield %l : bf16 }
    rhs { ^bb0(%l: bf16, %r: bf16): kernel.yield %r : bf16 }
    epilogue { ^bb0(%l: bf16, %r: bf16, %acc: f32): kernel.yield %acc : f32 } -> tensor<6272x384xf32>
  return %y : tensor<6272x384xf32>
}
}

// -----

module attributes {kernel.machine = #kernel.gpu<multiprocessors = 132, shared_bytes = 232448>} {
// f32 and one row: the depth of a tile is split, and a remark. The schedule of the second is kept.
// CHECK-LABEL: func @head
// CHECK: schedule <tile = [8, {{[0-9]+}}, {{[0-9]+}}], micro = [8, {{[0-9]+}}], variant = skinny, warps = {{[0-9]+}}>
// CHECK: schedule <tile = [64, 64, 16], micro = [4, 4]>
// REMARK: remark: [Missed] NoTensorCores
// REMARK-SAME: Category:Schedule
// REMARK-SAME: compile with --precision bf16
// REMARK-NOT: NoTensorCores
func.func @head(%x: tensor<1x96xf32>, %w: tensor<10x96xf32>, %init: tensor<1x10xf32>) -> (tensor<1x10xf32>, tensor<1x10xf32>) {
  %y = kernel.contract dims [1, 10, 96]
    ins(%x, %w : tensor<1x96xf32>, tensor<10x96xf32>) outs(%init : tensor<1x10xf32>)
    maps [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (n, k)>, affine_map<(m, n, k) -> (m, n)>]
    lhs { ^bb0(%l: f32, %r: f32): kernel.yield %l : f32 }
    rhs { ^bb0(%l: f32, %r: f32): kernel.yield %r : f32 }
    epilogue { ^bb0(%l: f32, %r: f32, %acc: f32): kernel.yield %acc : f32 } -> tensor<1x10xf32>
  %z = kernel.contract dims [1, 10, 96]
    ins(%x, %w : tensor<1x96xf32>, tensor<10x96xf32>) outs(%init : tensor<1x10xf32>)
    maps [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (n, k)>, affine_map<(m, n, k) -> (m, n)>]
    schedule #kernel.schedule<tile = [64, 64, 16], micro = [4, 4]>
    lhs { ^bb0(%l: f32, %r: f32): kernel.yield %l : f32 }
    rhs { ^bb0(%l: f32, %r: f32): kernel.yield %r : f32 }
    epilogue { ^bb0(%l: f32, %r: f32, %acc: f32): kernel.yield %acc : f32 } -> tensor<1x10xf32>
  return %y, %z : tensor<1x10xf32>, tensor<1x10xf32>
}
}

// -----

module attributes {kernel.machine = #kernel.gpu<multiprocessors = 132, shared_bytes = 232448>} {
// Large enough for warpgroups, where the target has them.
// CHECK-LABEL: func @large
// CHECK: variant = mma.sync
// WGMMA-LABEL: func @large
// WGMMA: schedule <tile = [128, {{[0-9]+}}, 64], micro = [64, {{[0-9]+}}], variant = wgmma, stages = {{[34]}}>
func.func @large(%x: tensor<8192x2048xbf16>, %w: tensor<2048x4096xbf16>, %init: tensor<8192x4096xf32>) -> tensor<8192x4096xf32> {
  %y = kernel.contract dims [8192, 4096, 2048]
    ins(%x, %w : tensor<8192x2048xbf16>, tensor<2048x4096xbf16>) outs(%init : tensor<8192x4096xf32>)
    maps [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>]
    lhs { ^bb0(%l: bf16, %r: bf16): kernel.yield %l : bf16 }
    rhs { ^bb0(%l: bf16, %r: bf16): kernel.yield %r : bf16 }
    epilogue { ^bb0(%l: bf16, %r: bf16, %acc: f32): kernel.yield %acc : f32 } -> tensor<8192x4096xf32>
  return %y : tensor<8192x4096xf32>
}
}
