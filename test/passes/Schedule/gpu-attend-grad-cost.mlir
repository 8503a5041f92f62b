// RUN: moec-opt %s --moec-assign-gpu-schedule | FileCheck %s
// RUN: sed 's/multiprocessors = 132, shared_bytes = 232448/multiprocessors = 8, shared_bytes = 16384/' %s | moec-opt --moec-assign-gpu-schedule | FileCheck %s --check-prefix=SMALL

// How the model of the GPU tiles the gradient of attention: what a block owns and what it meets at a time, columns and depth of either.

module attributes {kernel.machine = #kernel.gpu<multiprocessors = 132, shared_bytes = 232448>} {
// Of 197 tokens small tiles leave the least over, as in the forward direction. Little shared memory holds half of the depth.
// CHECK-LABEL: func.func @vit(
// CHECK:         schedule <tile = [16, 16, 64, 64], micro = [4, 2]> query
// SMALL-LABEL: func.func @vit(
// SMALL:         schedule <tile = [16, 16, 16, 32], micro = [4, 2]> query
func.func @vit(%q: tensor<192x197x64xf32>, %k: tensor<192x197x64xf32>, %v: tensor<192x197x64xf32>, %dy: tensor<192x197x64xf32>, %l: tensor<192x197xf32>, %delta: tensor<192x197xf32>,
    %dq: tensor<192x197x64xf32>, %dk: tensor<192x197x64xf32>, %dv: tensor<192x197x64xf32>) -> (tensor<192x197x64xf32>, tensor<192x197x64xf32>, tensor<192x197x64xf32>) {
  %r:3 = kernel.attend_grad dims [192, 197, 64, 197, 64] ins(%q, %k, %v, %dy, %l, %delta : tensor<192x197x64xf32>, tensor<192x197x64xf32>, tensor<192x197x64xf32>, tensor<192x197x64xf32>, tensor<192x197xf32>, tensor<192x197xf32>)
    outs(%dq, %dk, %dv : tensor<192x197x64xf32>, tensor<192x197x64xf32>, tensor<192x197x64xf32>)
    maps [affine_map<(g, s, e, t, d) -> (g, s, d)>, affine_map<(g, s, e, t, d) -> (g, t, d)>, affine_map<(g, s, e, t, d) -> (g, t, e)>,
          affine_map<(g, s, e, t, d) -> (g, s, e)>, affine_map<(g, s, e, t, d) -> (g, s)>, affine_map<(g, s, e, t, d) -> (g, s)>,
          affine_map<(g, s, e, t, d) -> (g, s, d)>, affine_map<(g, s, e, t, d) -> (g, t, d)>, affine_map<(g, s, e, t, d) -> (g, t, e)>]
    scale 0.5
    query { ^bb0(%a: f32, %b: f32, %c: f32, %y: f32, %m: f32, %n: f32): kernel.yield %a : f32 }
    key { ^bb0(%a: f32, %b: f32, %c: f32, %y: f32, %m: f32, %n: f32): kernel.yield %b : f32 }
    value { ^bb0(%a: f32, %b: f32, %c: f32, %y: f32, %m: f32, %n: f32): kernel.yield %c : f32 }
    gradient { ^bb0(%a: f32, %b: f32, %c: f32, %y: f32, %m: f32, %n: f32): kernel.yield %y : f32 }
    statistics { ^bb0(%a: f32, %b: f32, %c: f32, %y: f32, %m: f32, %n: f32): kernel.yield %m, %n : f32, f32 }
    query_grad { ^bb0(%a: f32, %b: f32, %c: f32, %y: f32, %m: f32, %n: f32, %sum: f32): kernel.yield %sum : f32 }
    key_grad { ^bb0(%a: f32, %b: f32, %c: f32, %y: f32, %m: f32, %n: f32, %sum: f32): kernel.yield %sum : f32 }
    value_grad { ^bb0(%a: f32, %b: f32, %c: f32, %y: f32, %m: f32, %n: f32, %sum: f32): kernel.yield %sum : f32 } -> tensor<192x197x64xf32>, tensor<192x197x64xf32>, tensor<192x197x64xf32>
  return %r#0, %r#1, %r#2 : tensor<192x197x64xf32>, tensor<192x197x64xf32>, tensor<192x197x64xf32>
}

// CHECK-LABEL: func.func @vit_bf16(
// CHECK:         schedule <tile = [16, 16, 64, 64], micro = [16, 16], variant = mma.sync> query
// SMALL-LABEL: func.func @vit_bf16(
// SMALL:         schedule <tile = [16, 32, 64, 64], micro = [16, 32], variant = mma.sync> query
func.func @vit_bf16(%q: tensor<192x197x64xbf16>, %k: tensor<192x197x64xbf16>, %v: tensor<192x197x64xbf16>, %dy: tensor<192x197x64xbf16>, %l: tensor<192x197xf32>, %delta: tensor<192x197xf32>,
    %dq: tensor<192x197x64xf32>, %dk: tensor<192x197x64xf32>, %dv: tensor<192x197x64xf32>) -> (tensor<192x197x64xf32>, tensor<192x197x64xf32>, tensor<192x197x64xf32>) {
  %r:3 = kernel.attend_grad dims [192, 197, 64, 197, 64] ins(%q, %k, %v, %dy, %l, %delta : tensor<192x197x64xbf16>, tensor<192x197x64xbf16>, tensor<192x197x64xbf16>, tensor<192x197x64xbf16>, tensor<192x197xf32>, tensor<192x197xf32>)
    outs(%dq, %dk, %dv : tensor<192x197x64xf32>, tensor<192x197x64xf32>, tensor<192x197x64xf32>)
    maps [affine_map<(g, s, e, t, d) -> (g, s, d)>, affine_map<(g, s, e, t, d) -> (g, t, d)>, affine_map<(g, s, e, t, d) -> (g, t, e)>,
          affine_map<(g, s, e, t, d) -> (g, s, e)>, affine_map<(g, s, e, t, d) -> (g, s)>, affine_map<(g, s, e, t, d) -> (g, s)>,
          affine_map<(g, s, e, t, d) -> (g, s, d)>, affine_map<(g, s, e, t, d) -> (g, t, d)>, affine_map<(g, s, e, t, d) -> (g, t, e)>]
    scale 0.5
    query { ^bb0(%a: bf16, %b: bf16, %c: bf16, %y: bf16, %m: f32, %n: f32): kernel.yield %a : bf16 }
    key { ^bb0(%a: bf16, %b: bf16, %c: bf16, %y: bf16, %m: f32, %n: f32): kernel.yield %b : bf16 }
    value { ^bb0(%a: bf16, %b: bf16, %c: bf16, %y: bf16, %m: f32, %n: f32): kernel.yield %c : bf16 }
    gradient { ^bb0(%a: bf16, %b: bf16, %c: bf16, %y: bf16, %m: f32, %n: f32): kernel.yield %y : bf16 }
    statistics { ^bb0(%a: bf16, %b: bf16, %c: bf16, %y: bf16, %m: f32, %n: f32): kernel.yield %m, %n : f32, f32 }
    query_grad { ^bb0(%a: bf16, %b: bf16, %c: bf16, %y: bf16, %m: f32, %n: f32, %sum: f32): kernel.yield %sum : f32 }
    key_grad { ^bb0(%a: bf16, %b: bf16, %c: bf16, %y: bf16, %m: f32, %n: f32, %sum: f32): kernel.yield %sum : f32 }
    value_grad { ^bb0(%a: bf16, %b: bf16, %c: bf16, %y: bf16, %m: f32, %n: f32, %sum: f32): kernel.yield %sum : f32 } -> tensor<192x197x64xf32>, tensor<192x197x64xf32>, tensor<192x197x64xf32>
  return %r#0, %r#1, %r#2 : tensor<192x197x64xf32>, tensor<192x197x64xf32>, tensor<192x197x64xf32>
}

// Many tokens and few blocks, so that nothing hides the latency of loads but a second stage.
// CHECK-LABEL: func.func @long_f32(
// CHECK:         schedule <tile = [64, 64, 64, 64], micro = [4, 8], stages = 2> query
// SMALL-LABEL: func.func @long_f32(
// SMALL:         schedule <tile = [16, 16, 16, 32], micro = [4, 2]> query
func.func @long_f32(%q: tensor<6x4096x64xf32>, %k: tensor<6x4096x64xf32>, %v: tensor<6x4096x64xf32>, %dy: tensor<6x4096x64xf32>, %l: tensor<6x4096xf32>, %delta: tensor<6x4096xf32>,
    %dq: tensor<6x4096x64xf32>, %dk: tensor<6x4096x64xf32>, %dv: tensor<6x4096x64xf32>) -> (tensor<6x4096x64xf32>, tensor<6x4096x64xf32>, tensor<6x4096x64xf32>) {
  %r:3 = kernel.attend_grad dims [6, 4096, 64, 4096, 64] ins(%q, %k, %v, %dy, %l, %delta : tensor<6x4096x64xf32>, tensor<6x4096x64xf32>, tensor<6x4096x64xf32>, tensor<6x4096x64xf32>, tensor<6x4096xf32>, tensor<6x4096xf32>)
    outs(%dq, %dk, %dv : tensor<6x4096x64xf32>, tensor<6x4096x64xf32>, tensor<6x4096x64xf32>)
    maps [affine_map<(g, s, e, t, d) -> (g, s, d)>, affine_map<(g, s, e, t, d) -> (g, t, d)>, affine_map<(g, s, e, t, d) -> (g, t, e)>,
          affine_map<(g, s, e, t, d) -> (g, s, e)>, affine_map<(g, s, e, t, d) -> (g, s)>, affine_map<(g, s, e, t, d) -> (g, s)>,
          affine_map<(g, s, e, t, d) -> (g, s, d)>, affine_map<(g, s, e, t, d) -> (g, t, d)>, affine_map<(g, s, e, t, d) -> (g, t, e)>]
    scale 0.5
    query { ^bb0(%a: f32, %b: f32, %c: f32, %y: f32, %m: f32, %n: f32): kernel.yield %a : f32 }
    key { ^bb0(%a: f32, %b: f32, %c: f32, %y: f32, %m: f32, %n: f32): kernel.yield %b : f32 }
    value { ^bb0(%a: f32, %b: f32, %c: f32, %y: f32, %m: f32, %n: f32): kernel.yield %c : f32 }
    gradient { ^bb0(%a: f32, %b: f32, %c: f32, %y: f32, %m: f32, %n: f32): kernel.yield %y : f32 }
    statistics { ^bb0(%a: f32, %b: f32, %c: f32, %y: f32, %m: f32, %n: f32): kernel.yield %m, %n : f32, f32 }
    query_grad { ^bb0(%a: f32, %b: f32, %c: f32, %y: f32, %m: f32, %n: f32, %sum: f32): kernel.yield %sum : f32 }
    key_grad { ^bb0(%a: f32, %b: f32, %c: f32, %y: f32, %m: f32, %n: f32, %sum: f32): kernel.yield %sum : f32 }
    value_grad { ^bb0(%a: f32, %b: f32, %c: f32, %y: f32, %m: f32, %n: f32, %sum: f32): kernel.yield %sum : f32 } -> tensor<6x4096x64xf32>, tensor<6x4096x64xf32>, tensor<6x4096x64xf32>
  return %r#0, %r#1, %r#2 : tensor<6x4096x64xf32>, tensor<6x4096x64xf32>, tensor<6x4096x64xf32>
}

// CHECK-LABEL: func.func @long(
// CHECK:         schedule <tile = [64, 64, 64, 64], micro = [16, 64], variant = mma.sync> query
// SMALL-LABEL: func.func @long(
// SMALL:         schedule <tile = [16, 32, 64, 64], micro = [16, 32], variant = mma.sync> query
func.func @long(%q: tensor<6x4096x64xbf16>, %k: tensor<6x4096x64xbf16>, %v: tensor<6x4096x64xbf16>, %dy: tensor<6x4096x64xbf16>, %l: tensor<6x4096xf32>, %delta: tensor<6x4096xf32>,
    %dq: tensor<6x4096x64xf32>, %dk: tensor<6x4096x64xf32>, %dv: tensor<6x4096x64xf32>) -> (tensor<6x4096x64xf32>, tensor<6x4096x64xf32>, tensor<6x4096x64xf32>) {
  %r:3 = kernel.attend_grad dims [6, 4096, 64, 4096, 64] ins(%q, %k, %v, %dy, %l, %delta : tensor<6x4096x64xbf16>, tensor<6x4096x64xbf16>, tensor<6x4096x64xbf16>, tensor<6x4096x64xbf16>, tensor<6x4096xf32>, tensor<6x4096xf32>)
    outs(%dq, %dk, %dv : tensor<6x4096x64xf32>, tensor<6x4096x64xf32>, tensor<6x4096x64xf32>)
    maps [affine_map<(g, s, e, t, d) -> (g, s, d)>, affine_map<(g, s, e, t, d) -> (g, t, d)>, affine_map<(g, s, e, t, d) -> (g, t, e)>,
          affine_map<(g, s, e, t, d) -> (g, s, e)>, affine_map<(g, s, e, t, d) -> (g, s)>, affine_map<(g, s, e, t, d) -> (g, s)>,
          affine_map<(g, s, e, t, d) -> (g, s, d)>, affine_map<(g, s, e, t, d) -> (g, t, d)>, affine_map<(g, s, e, t, d) -> (g, t, e)>]
    scale 0.5
    query { ^bb0(%a: bf16, %b: bf16, %c: bf16, %y: bf16, %m: f32, %n: f32): kernel.yield %a : bf16 }
    key { ^bb0(%a: bf16, %b: bf16, %c: bf16, %y: bf16, %m: f32, %n: f32): kernel.yield %b : bf16 }
    value { ^bb0(%a: bf16, %b: bf16, %c: bf16, %y: bf16, %m: f32, %n: f32): kernel.yield %c : bf16 }
    gradient { ^bb0(%a: bf16, %b: bf16, %c: bf16, %y: bf16, %m: f32, %n: f32): kernel.yield %y : bf16 }
    statistics { ^bb0(%a: bf16, %b: bf16, %c: bf16, %y: bf16, %m: f32, %n: f32): kernel.yield %m, %n : f32, f32 }
    query_grad { ^bb0(%a: bf16, %b: bf16, %c: bf16, %y: bf16, %m: f32, %n: f32, %sum: f32): kernel.yield %sum : f32 }
    key_grad { ^bb0(%a: bf16, %b: bf16, %c: bf16, %y: bf16, %m: f32, %n: f32, %sum: f32): kernel.yield %sum : f32 }
    value_grad { ^bb0(%a: bf16, %b: bf16, %c: bf16, %y: bf16, %m: f32, %n: f32, %sum: f32): kernel.yield %sum : f32 } -> tensor<6x4096x64xf32>, tensor<6x4096x64xf32>, tensor<6x4096x64xf32>
  return %r#0, %r#1, %r#2 : tensor<6x4096x64xf32>, tensor<6x4096x64xf32>, tensor<6x4096x64xf32>
}

// More columns than a thread has room for: several blocks side by side.
// CHECK-LABEL: func.func @wide(
// CHECK:         schedule <tile = [32, 64, 64, 64], micro = [16, 64], variant = mma.sync> query
// SMALL-LABEL: func.func @wide(
// SMALL:         schedule <tile = [64, 64, 16, 16], micro = [16, 64], variant = mma.sync> query
func.func @wide(%q: tensor<8x256x256xbf16>, %k: tensor<8x256x256xbf16>, %v: tensor<8x256x256xbf16>, %dy: tensor<8x256x256xbf16>, %l: tensor<8x256xf32>, %delta: tensor<8x256xf32>,
    %dq: tensor<8x256x256xf32>, %dk: tensor<8x256x256xf32>, %dv: tensor<8x256x256xf32>) -> (tensor<8x256x256xf32>, tensor<8x256x256xf32>, tensor<8x256x256xf32>) {
  %r:3 = kernel.attend_grad dims [8, 256, 256, 256, 256] ins(%q, %k, %v, %dy, %l, %delta : tensor<8x256x256xbf16>, tensor<8x256x256xbf16>, tensor<8x256x256xbf16>, tensor<8x256x256xbf16>, tensor<8x256xf32>, tensor<8x256xf32>)
    outs(%dq, %dk, %dv : tensor<8x256x256xf32>, tensor<8x256x256xf32>, tensor<8x256x256xf32>)
    maps [affine_map<(g, s, e, t, d) -> (g, s, d)>, affine_map<(g, s, e, t, d) -> (g, t, d)>, affine_map<(g, s, e, t, d) -> (g, t, e)>,
          affine_map<(g, s, e, t, d) -> (g, s, e)>, affine_map<(g, s, e, t, d) -> (g, s)>, affine_map<(g, s, e, t, d) -> (g, s)>,
          affine_map<(g, s, e, t, d) -> (g, s, d)>, affine_map<(g, s, e, t, d) -> (g, t, d)>, affine_map<(g, s, e, t, d) -> (g, t, e)>]
    scale 0.5
    query { ^bb0(%a: bf16, %b: bf16, %c: bf16, %y: bf16, %m: f32, %n: f32): kernel.yield %a : bf16 }
    key { ^bb0(%a: bf16, %b: bf16, %c: bf16, %y: bf16, %m: f32, %n: f32): kernel.yield %b : bf16 }
    value { ^bb0(%a: bf16, %b: bf16, %c: bf16, %y: bf16, %m: f32, %n: f32): kernel.yield %c : bf16 }
    gradient { ^bb0(%a: bf16, %b: bf16, %c: bf16, %y: bf16, %m: f32, %n: f32): kernel.yield %y : bf16 }
    statistics { ^bb0(%a: bf16, %b: bf16, %c: bf16, %y: bf16, %m: f32, %n: f32): kernel.yield %m, %n : f32, f32 }
    query_grad { ^bb0(%a: bf16, %b: bf16, %c: bf16, %y: bf16, %m: f32, %n: f32, %sum: f32): kernel.yield %sum : f32 }
    key_grad { ^bb0(%a: bf16, %b: bf16, %c: bf16, %y: bf16, %m: f32, %n: f32, %sum: f32): kernel.yield %sum : f32 }
    value_grad { ^bb0(%a: bf16, %b: bf16, %c: bf16, %y: bf16, %m: f32, %n: f32, %sum: f32): kernel.yield %sum : f32 } -> tensor<8x256x256xf32>, tensor<8x256x256xf32>, tensor<8x256x256xf32>
  return %r#0, %r#1, %r#2 : tensor<8x256x256xf32>, tensor<8x256x256xf32>, tensor<8x256x256xf32>
}

// The smallest there is.
// CHECK-LABEL: func.func @odd(
// CHECK:         schedule <tile = [16, 16, 8, 8], micro = [4, 2]> query
// SMALL-LABEL: func.func @odd(
// SMALL:         schedule <tile = [16, 16, 8, 8], micro = [4, 2]> query
func.func @odd(%q: tensor<2x7x3xf32>, %k: tensor<2x11x3xf32>, %v: tensor<2x11x5xf32>, %dy: tensor<2x7x5xf32>, %l: tensor<2x7xf32>, %delta: tensor<2x7xf32>,
    %dq: tensor<2x7x3xf32>, %dk: tensor<2x11x3xf32>, %dv: tensor<2x11x5xf32>) -> (tensor<2x7x3xf32>, tensor<2x11x3xf32>, tensor<2x11x5xf32>) {
  %r:3 = kernel.attend_grad dims [2, 7, 5, 11, 3] ins(%q, %k, %v, %dy, %l, %delta : tensor<2x7x3xf32>, tensor<2x11x3xf32>, tensor<2x11x5xf32>, tensor<2x7x5xf32>, tensor<2x7xf32>, tensor<2x7xf32>)
    outs(%dq, %dk, %dv : tensor<2x7x3xf32>, tensor<2x11x3xf32>, tensor<2x11x5xf32>)
    maps [affine_map<(g, s, e, t, d) -> (g, s, d)>, affine_map<(g, s, e, t, d) -> (g, t, d)>, affine_map<(g, s, e, t, d) -> (g, t, e)>,
          affine_map<(g, s, e, t, d) -> (g, s, e)>, affine_map<(g, s, e, t, d) -> (g, s)>, affine_map<(g, s, e, t, d) -> (g, s)>,
          affine_map<(g, s, e, t, d) -> (g, s, d)>, affine_map<(g, s, e, t, d) -> (g, t, d)>, affine_map<(g, s, e, t, d) -> (g, t, e)>]
    scale 0.5
    query { ^bb0(%a: f32, %b: f32, %c: f32, %y: f32, %m: f32, %n: f32): kernel.yield %a : f32 }
    key { ^bb0(%a: f32, %b: f32, %c: f32, %y: f32, %m: f32, %n: f32): kernel.yield %b : f32 }
    value { ^bb0(%a: f32, %b: f32, %c: f32, %y: f32, %m: f32, %n: f32): kernel.yield %c : f32 }
    gradient { ^bb0(%a: f32, %b: f32, %c: f32, %y: f32, %m: f32, %n: f32): kernel.yield %y : f32 }
    statistics { ^bb0(%a: f32, %b: f32, %c: f32, %y: f32, %m: f32, %n: f32): kernel.yield %m, %n : f32, f32 }
    query_grad { ^bb0(%a: f32, %b: f32, %c: f32, %y: f32, %m: f32, %n: f32, %sum: f32): kernel.yield %sum : f32 }
    key_grad { ^bb0(%a: f32, %b: f32, %c: f32, %y: f32, %m: f32, %n: f32, %sum: f32): kernel.yield %sum : f32 }
    value_grad { ^bb0(%a: f32, %b: f32, %c: f32, %y: f32, %m: f32, %n: f32, %sum: f32): kernel.yield %sum : f32 } -> tensor<2x7x3xf32>, tensor<2x11x3xf32>, tensor<2x11x5xf32>
  return %r#0, %r#1, %r#2 : tensor<2x7x3xf32>, tensor<2x11x3xf32>, tensor<2x11x5xf32>
}

// CHECK-LABEL: func.func @one(
// CHECK:         schedule <tile = [16, 16, 8, 8], micro = [4, 2]> query
// SMALL-LABEL: func.func @one(
// SMALL:         schedule <tile = [16, 16, 8, 8], micro = [4, 2]> query
func.func @one(%q: tensor<1x1x1xf32>, %k: tensor<1x1x1xf32>, %v: tensor<1x1x1xf32>, %dy: tensor<1x1x1xf32>, %l: tensor<1x1xf32>, %delta: tensor<1x1xf32>,
    %dq: tensor<1x1x1xf32>, %dk: tensor<1x1x1xf32>, %dv: tensor<1x1x1xf32>) -> (tensor<1x1x1xf32>, tensor<1x1x1xf32>, tensor<1x1x1xf32>) {
  %r:3 = kernel.attend_grad dims [1, 1, 1, 1, 1] ins(%q, %k, %v, %dy, %l, %delta : tensor<1x1x1xf32>, tensor<1x1x1xf32>, tensor<1x1x1xf32>, tensor<1x1x1xf32>, tensor<1x1xf32>, tensor<1x1xf32>)
    outs(%dq, %dk, %dv : tensor<1x1x1xf32>, tensor<1x1x1xf32>, tensor<1x1x1xf32>)
    maps [affine_map<(g, s, e, t, d) -> (g, s, d)>, affine_map<(g, s, e, t, d) -> (g, t, d)>, affine_map<(g, s, e, t, d) -> (g, t, e)>,
          affine_map<(g, s, e, t, d) -> (g, s, e)>, affine_map<(g, s, e, t, d) -> (g, s)>, affine_map<(g, s, e, t, d) -> (g, s)>,
          affine_map<(g, s, e, t, d) -> (g, s, d)>, affine_map<(g, s, e, t, d) -> (g, t, d)>, affine_map<(g, s, e, t, d) -> (g, t, e)>]
    scale 0.5
    query { ^bb0(%a: f32, %b: f32, %c: f32, %y: f32, %m: f32, %n: f32): kernel.yield %a : f32 }
    key { ^bb0(%a: f32, %b: f32, %c: f32, %y: f32, %m: f32, %n: f32): kernel.yield %b : f32 }
    value { ^bb0(%a: f32, %b: f32, %c: f32, %y: f32, %m: f32, %n: f32): kernel.yield %c : f32 }
    gradient { ^bb0(%a: f32, %b: f32, %c: f32, %y: f32, %m: f32, %n: f32): kernel.yield %y : f32 }
    statistics { ^bb0(%a: f32, %b: f32, %c: f32, %y: f32, %m: f32, %n: f32): kernel.yield %m, %n : f32, f32 }
    query_grad { ^bb0(%a: f32, %b: f32, %c: f32, %y: f32, %m: f32, %n: f32, %sum: f32): kernel.yield %sum : f32 }
    key_grad { ^bb0(%a: f32, %b: f32, %c: f32, %y: f32, %m: f32, %n: f32, %sum: f32): kernel.yield %sum : f32 }
    value_grad { ^bb0(%a: f32, %b: f32, %c: f32, %y: f32, %m: f32, %n: f32, %sum: f32): kernel.yield %sum : f32 } -> tensor<1x1x1xf32>, tensor<1x1x1xf32>, tensor<1x1x1xf32>
  return %r#0, %r#1, %r#2 : tensor<1x1x1xf32>, tensor<1x1x1xf32>, tensor<1x1x1xf32>
}
}
