// RUN: moec-opt %s --moec-assign-gpu-schedule | FileCheck %s
// RUN: sed 's/multiprocessors = 132, shared_bytes = 232448/multiprocessors = 8, shared_bytes = 16384/' %s | moec-opt --moec-assign-gpu-schedule | FileCheck %s --check-prefix=SMALL

// How the model of the GPU tiles attention: rows, keys at a time, columns and depth of a block.

module attributes {kernel.machine = #kernel.gpu<multiprocessors = 132, shared_bytes = 232448>} {
// Of 197 tokens small tiles leave the least over.
// CHECK-LABEL: func.func @vit(
// CHECK:         schedule <tile = [16, 16, 64, 64], micro = [4, 2]>
// SMALL-LABEL: func.func @vit(
// SMALL:         schedule <tile = [16, 16, 64, 64], micro = [4, 2]>
func.func @vit(%q: tensor<192x197x64xf32>, %k: tensor<192x197x64xf32>, %v: tensor<192x197x64xf32>, %y: tensor<192x197x64xf32>) -> tensor<192x197x64xf32> {
  %r = kernel.attend dims [192, 197, 64, 197, 64] ins(%q, %k, %v : tensor<192x197x64xf32>, tensor<192x197x64xf32>, tensor<192x197x64xf32>)
    outs(%y : tensor<192x197x64xf32>)
    maps [affine_map<(g, s, e, t, d) -> (g, s, d)>, affine_map<(g, s, e, t, d) -> (g, t, d)>, affine_map<(g, s, e, t, d) -> (g, t, e)>,
          affine_map<(g, s, e, t, d) -> (g, s, e)>]
    scale 0.5
    query { ^bb0(%a: f32, %b: f32, %c: f32): kernel.yield %a : f32 }
    key { ^bb0(%a: f32, %b: f32, %c: f32): kernel.yield %b : f32 }
    value { ^bb0(%a: f32, %b: f32, %c: f32): kernel.yield %c : f32 }
    epilogue { ^bb0(%a: f32, %b: f32, %c: f32, %acc: f32): kernel.yield %acc : f32 } -> tensor<192x197x64xf32>
  return %r : tensor<192x197x64xf32>
}

// CHECK-LABEL: func.func @vit_bf16(
// CHECK:         schedule <tile = [16, 16, 64, 64], micro = [16, 16], variant = mma.sync>
// SMALL-LABEL: func.func @vit_bf16(
// SMALL:         schedule <tile = [32, 32, 64, 64], micro = [16, 32], variant = mma.sync>
func.func @vit_bf16(%q: tensor<192x197x64xbf16>, %k: tensor<192x197x64xbf16>, %v: tensor<192x197x64xbf16>, %y: tensor<192x197x64xf32>) -> tensor<192x197x64xf32> {
  %r = kernel.attend dims [192, 197, 64, 197, 64] ins(%q, %k, %v : tensor<192x197x64xbf16>, tensor<192x197x64xbf16>, tensor<192x197x64xbf16>)
    outs(%y : tensor<192x197x64xf32>)
    maps [affine_map<(g, s, e, t, d) -> (g, s, d)>, affine_map<(g, s, e, t, d) -> (g, t, d)>, affine_map<(g, s, e, t, d) -> (g, t, e)>,
          affine_map<(g, s, e, t, d) -> (g, s, e)>]
    scale 0.5
    query { ^bb0(%a: bf16, %b: bf16, %c: bf16): kernel.yield %a : bf16 }
    key { ^bb0(%a: bf16, %b: bf16, %c: bf16): kernel.yield %b : bf16 }
    value { ^bb0(%a: bf16, %b: bf16, %c: bf16): kernel.yield %c : bf16 }
    epilogue { ^bb0(%a: bf16, %b: bf16, %c: bf16, %acc: f32): kernel.yield %acc : f32 } -> tensor<192x197x64xf32>
  return %r : tensor<192x197x64xf32>
}

// Many keys: large tiles; two stages would cost a block that runs beside.
// CHECK-LABEL: func.func @long(
// CHECK:         schedule <tile = [64, 64, 64, 64], micro = [16, 64], variant = mma.sync>
// SMALL-LABEL: func.func @long(
// SMALL:         schedule <tile = [32, 64, 64, 32], micro = [16, 64], variant = mma.sync>
func.func @long(%q: tensor<6x4096x64xbf16>, %k: tensor<6x4096x64xbf16>, %v: tensor<6x4096x64xbf16>, %y: tensor<6x4096x64xf32>) -> tensor<6x4096x64xf32> {
  %r = kernel.attend dims [6, 4096, 64, 4096, 64] ins(%q, %k, %v : tensor<6x4096x64xbf16>, tensor<6x4096x64xbf16>, tensor<6x4096x64xbf16>)
    outs(%y : tensor<6x4096x64xf32>)
    maps [affine_map<(g, s, e, t, d) -> (g, s, d)>, affine_map<(g, s, e, t, d) -> (g, t, d)>, affine_map<(g, s, e, t, d) -> (g, t, e)>,
          affine_map<(g, s, e, t, d) -> (g, s, e)>]
    scale 0.5
    query { ^bb0(%a: bf16, %b: bf16, %c: bf16): kernel.yield %a : bf16 }
    key { ^bb0(%a: bf16, %b: bf16, %c: bf16): kernel.yield %b : bf16 }
    value { ^bb0(%a: bf16, %b: bf16, %c: bf16): kernel.yield %c : bf16 }
    epilogue { ^bb0(%a: bf16, %b: bf16, %c: bf16, %acc: f32): kernel.yield %acc : f32 } -> tensor<6x4096x64xf32>
  return %r : tensor<6x4096x64xf32>
}

// More columns than a thread has room for: several blocks side by side.
// CHECK-LABEL: func.func @wide(
// CHECK:         schedule <tile = [4, 64, 128, 64], micro = [1, 4]>
// SMALL-LABEL: func.func @wide(
// SMALL:         schedule <tile = [16, 16, 64, 64], micro = [4, 2]>
func.func @wide(%q: tensor<4x50x300xf32>, %k: tensor<4x50x300xf32>, %v: tensor<4x50x300xf32>, %y: tensor<4x50x300xf32>) -> tensor<4x50x300xf32> {
  %r = kernel.attend dims [4, 50, 300, 50, 300] ins(%q, %k, %v : tensor<4x50x300xf32>, tensor<4x50x300xf32>, tensor<4x50x300xf32>)
    outs(%y : tensor<4x50x300xf32>)
    maps [affine_map<(g, s, e, t, d) -> (g, s, d)>, affine_map<(g, s, e, t, d) -> (g, t, d)>, affine_map<(g, s, e, t, d) -> (g, t, e)>,
          affine_map<(g, s, e, t, d) -> (g, s, e)>]
    scale 0.5
    query { ^bb0(%a: f32, %b: f32, %c: f32): kernel.yield %a : f32 }
    key { ^bb0(%a: f32, %b: f32, %c: f32): kernel.yield %b : f32 }
    value { ^bb0(%a: f32, %b: f32, %c: f32): kernel.yield %c : f32 }
    epilogue { ^bb0(%a: f32, %b: f32, %c: f32, %acc: f32): kernel.yield %acc : f32 } -> tensor<4x50x300xf32>
  return %r : tensor<4x50x300xf32>
}

// CHECK-LABEL: func.func @one(
// CHECK:         schedule <tile = [16, 16, 8, 16], micro = [4, 2]>
// SMALL-LABEL: func.func @one(
// SMALL:         schedule <tile = [16, 16, 8, 16], micro = [4, 2]>
func.func @one(%q: tensor<1x1x1xf32>, %k: tensor<1x1x1xf32>, %v: tensor<1x1x1xf32>, %y: tensor<1x1x1xf32>) -> tensor<1x1x1xf32> {
  %r = kernel.attend dims [1, 1, 1, 1, 1] ins(%q, %k, %v : tensor<1x1x1xf32>, tensor<1x1x1xf32>, tensor<1x1x1xf32>)
    outs(%y : tensor<1x1x1xf32>)
    maps [affine_map<(g, s, e, t, d) -> (g, s, d)>, affine_map<(g, s, e, t, d) -> (g, t, d)>, affine_map<(g, s, e, t, d) -> (g, t, e)>,
          affine_map<(g, s, e, t, d) -> (g, s, e)>]
    scale 0.5
    query { ^bb0(%a: f32, %b: f32, %c: f32): kernel.yield %a : f32 }
    key { ^bb0(%a: f32, %b: f32, %c: f32): kernel.yield %b : f32 }
    value { ^bb0(%a: f32, %b: f32, %c: f32): kernel.yield %c : f32 }
    epilogue { ^bb0(%a: f32, %b: f32, %c: f32, %acc: f32): kernel.yield %acc : f32 } -> tensor<1x1x1xf32>
  return %r : tensor<1x1x1xf32>
}

// CHECK-LABEL: func.func @one_bf16(
// CHECK:         schedule <tile = [16, 16, 16, 16], micro = [16, 16], variant = mma.sync>
// SMALL-LABEL: func.func @one_bf16(
// SMALL:         schedule <tile = [16, 16, 16, 16], micro = [16, 16], variant = mma.sync>
func.func @one_bf16(%q: tensor<1x1x1xbf16>, %k: tensor<1x1x1xbf16>, %v: tensor<1x1x1xbf16>, %y: tensor<1x1x1xf32>) -> tensor<1x1x1xf32> {
  %r = kernel.attend dims [1, 1, 1, 1, 1] ins(%q, %k, %v : tensor<1x1x1xbf16>, tensor<1x1x1xbf16>, tensor<1x1x1xbf16>)
    outs(%y : tensor<1x1x1xf32>)
    maps [affine_map<(g, s, e, t, d) -> (g, s, d)>, affine_map<(g, s, e, t, d) -> (g, t, d)>, affine_map<(g, s, e, t, d) -> (g, t, e)>,
          affine_map<(g, s, e, t, d) -> (g, s, e)>]
    scale 0.5
    query { ^bb0(%a: bf16, %b: bf16, %c: bf16): kernel.yield %a : bf16 }
    key { ^bb0(%a: bf16, %b: bf16, %c: bf16): kernel.yield %b : bf16 }
    value { ^bb0(%a: bf16, %b: bf16, %c: bf16): kernel.yield %c : bf16 }
    epilogue { ^bb0(%a: bf16, %b: bf16, %c: bf16, %acc: f32): kernel.yield %acc : f32 } -> tensor<1x1x1xf32>
  return %r : tensor<1x1x1xf32>
}

// What a user wrote stays.
// CHECK-LABEL: func.func @kept(
// CHECK:         schedule <tile = [16, 16, 8, 16], micro = [4, 2]>
// SMALL-LABEL: func.func @kept(
// SMALL:         schedule <tile = [16, 16, 8, 16], micro = [4, 2]>
func.func @kept(%q: tensor<1x30x8xf32>, %k: tensor<1x30x8xf32>, %v: tensor<1x30x8xf32>, %y: tensor<1x30x8xf32>) -> tensor<1x30x8xf32> {
  %r = kernel.attend dims [1, 30, 8, 30, 8] ins(%q, %k, %v : tensor<1x30x8xf32>, tensor<1x30x8xf32>, tensor<1x30x8xf32>)
    outs(%y : tensor<1x30x8xf32>)
    maps [affine_map<(g, s, e, t, d) -> (g, s, d)>, affine_map<(g, s, e, t, d) -> (g, t, d)>, affine_map<(g, s, e, t, d) -> (g, t, e)>,
          affine_map<(g, s, e, t, d) -> (g, s, e)>]
    scale 0.5 schedule <tile = [16, 16, 8, 16], micro = [4, 2]>
    query { ^bb0(%a: f32, %b: f32, %c: f32): kernel.yield %a : f32 }
    key { ^bb0(%a: f32, %b: f32, %c: f32): kernel.yield %b : f32 }
    value { ^bb0(%a: f32, %b: f32, %c: f32): kernel.yield %c : f32 }
    epilogue { ^bb0(%a: f32, %b: f32, %c: f32, %acc: f32): kernel.yield %acc : f32 } -> tensor<1x30x8xf32>
  return %r : tensor<1x30x8xf32>
}
}
