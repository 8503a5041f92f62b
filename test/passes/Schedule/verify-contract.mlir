// RUN: moec-opt %s --moec-verify-schedule --split-input-file --verify-diagnostics

func.func @has(%x: memref<4x6xf32>, %w: memref<6x8xf32>, %y: memref<4x8xf32>) {
  kernel.contract dims [4, 8, 6] ins(%x, %w : memref<4x6xf32>, memref<6x8xf32>) outs(%y : memref<4x8xf32>)
    maps [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>]
    schedule #kernel.schedule<tile = [4, 16, 6], micro = [4, 16]>
    lhs { ^bb0(%a: f32, %b: f32): kernel.yield %a : f32 }
    rhs { ^bb0(%a: f32, %b: f32): kernel.yield %b : f32 }
    epilogue { ^bb0(%a: f32, %b: f32, %acc: f32): kernel.yield %acc : f32 }
  return
}

// -----

module attributes {kernel.machine = #kernel.gpu<multiprocessors = 8, shared_bytes = 49152>} {
func.func @has_not(%x: memref<4x6xf32>, %w: memref<6x8xf32>, %y: memref<4x8xf32>) {
  // expected-error @below {{'kernel.contract' op has no schedule: no pass of this phase is for the machine of the module, #kernel.gpu<multiprocessors = 8, shared_bytes = 49152>}}
  kernel.contract dims [4, 8, 6] ins(%x, %w : memref<4x6xf32>, memref<6x8xf32>) outs(%y : memref<4x8xf32>)
    maps [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>]
    lhs { ^bb0(%a: f32, %b: f32): kernel.yield %a : f32 }
    rhs { ^bb0(%a: f32, %b: f32): kernel.yield %b : f32 }
    epilogue { ^bb0(%a: f32, %b: f32, %acc: f32): kernel.yield %acc : f32 }
  return
}
}

// -----

module attributes {kernel.machine = #kernel.gpu<multiprocessors = 8, shared_bytes = 49152>} {
func.func @attention(%q: memref<5x8xf32>, %k: memref<7x8xf32>, %v: memref<7x6xf32>, %y: memref<5x6xf32>) {
  // expected-error @below {{'kernel.attend' op has no schedule: no pass of this phase is for the machine of the module}}
  kernel.attend dims [5, 6, 7, 8] ins(%q, %k, %v : memref<5x8xf32>, memref<7x8xf32>, memref<7x6xf32>) outs(%y : memref<5x6xf32>)
    maps [affine_map<(s, e, t, d) -> (s, d)>, affine_map<(s, e, t, d) -> (t, d)>, affine_map<(s, e, t, d) -> (t, e)>, affine_map<(s, e, t, d) -> (s, e)>]
    scale 0.5
    query { ^bb0(%a: f32, %b: f32, %c: f32): kernel.yield %a : f32 }
    key { ^bb0(%a: f32, %b: f32, %c: f32): kernel.yield %b : f32 }
    value { ^bb0(%a: f32, %b: f32, %c: f32): kernel.yield %c : f32 }
    epilogue { ^bb0(%a: f32, %b: f32, %c: f32, %acc: f32): kernel.yield %acc : f32 }
  return
}
}
