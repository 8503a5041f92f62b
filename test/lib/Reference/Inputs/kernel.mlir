func.func @linear(%x: tensor<2x6x8xf32>, %w: tensor<8x10xf32>, %b: tensor<10xf32>) -> tensor<2x6x10xf32> {
  %init = tensor.empty() : tensor<2x6x10xf32>
  %y = kernel.contract dims [12, 10, 8]
    ins(%x, %w, %b : tensor<2x6x8xf32>, tensor<8x10xf32>, tensor<10xf32>)
    outs(%init : tensor<2x6x10xf32>)
    maps [affine_map<(m, n, k) -> (m floordiv 6, m mod 6, k)>,
          affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (n)>,
          affine_map<(m, n, k) -> (m floordiv 6, m mod 6, n)>]
    lhs { ^bb0(%l: f32, %r: f32, %bias: f32): kernel.yield %l : f32 }
    rhs { ^bb0(%l: f32, %r: f32, %bias: f32): kernel.yield %r : f32 }
    epilogue { ^bb0(%l: f32, %r: f32, %bias: f32, %acc: f32):
      %s = arith.addf %acc, %bias : f32
      kernel.yield %s : f32 } -> tensor<2x6x10xf32>
  return %y : tensor<2x6x10xf32>
}
func.func @experts(%x: tensor<16x8xf32>, %g: tensor<16x4xf32>, %w: tensor<4x8x6xf32>, %b: tensor<4x6xf32>) -> (tensor<16x6xf32>, tensor<20x6xf32>) {
  %es = tensor.empty() : tensor<16x4xf32>
  %s = kernel.rows dims [16, 4] ins(%g : tensor<16x4xf32>) outs(%es : tensor<16x4xf32>)
    maps [affine_map<(p, c) -> (p, c)>, affine_map<(p, c) -> (p, c)>]
    combiners [#kernel.combiner<max>, #kernel.combiner<add>]
    phases { ^bb0(%e: f32): kernel.yield %e : f32 },
      { ^bb0(%e: f32, %m: f32):
        %d = arith.subf %e, %m : f32
        %x0 = math.exp %d : f32
        kernel.yield %x0 : f32 }
    finish { ^bb0(%e: f32, %m: f32, %sum: f32): kernel.yield }
    emit { ^bb0(%e: f32, %m: f32, %sum: f32):
        %d = arith.subf %e, %m : f32
        %x0 = math.exp %d : f32
        %q = arith.divf %x0, %sum : f32
        kernel.yield %q : f32 } -> tensor<16x4xf32>
  %ew = tensor.empty() : tensor<16x2xf32>
  %ep = tensor.empty() : tensor<109xi32>
  %r:2 = kernel.route ins(%s : tensor<16x4xf32>) outs(%ew, %ep : tensor<16x2xf32>, tensor<109xi32>)
    k 2 capacity 5 priority importance -> tensor<16x2xf32>, tensor<109xi32>
  %eh = tensor.empty() : tensor<20x6xf32>
  // First layer: rows gathered by item.
  %h = kernel.contract dims [4, 20, 6, 8]
    ins(%x, %w, %b, %r#1, %r#1 : tensor<16x8xf32>, tensor<4x8x6xf32>, tensor<4x6xf32>, tensor<109xi32>, tensor<109xi32>)
    outs(%eh : tensor<20x6xf32>)
    maps [affine_map<(g, m, n, k) -> (0, k)>, affine_map<(g, m, n, k) -> (g, k, n)>, affine_map<(g, m, n, k) -> (g, n)>,
          affine_map<(g, m, n, k) -> (m + 5)>, affine_map<(g, m, n, k) -> (g)>, affine_map<(g, m, n, k) -> (m, n)>]
    gathers [3, -1, -1, -1, -1] ragged 1 by 4
    lhs { ^bb0(%l: f32, %rr: f32, %bias: f32, %i: i32, %o: i32): kernel.yield %l : f32 }
    rhs { ^bb0(%l: f32, %rr: f32, %bias: f32, %i: i32, %o: i32): kernel.yield %rr : f32 }
    epilogue { ^bb0(%l: f32, %rr: f32, %bias: f32, %i: i32, %o: i32, %acc: f32):
      %t = arith.addf %acc, %bias : f32
      kernel.yield %t : f32 } -> tensor<20x6xf32>
  %ey = tensor.empty() : tensor<16x6xf32>
  %y = kernel.map dims [16, 6]
    ins(%h, %h, %r#0, %r#0, %r#1, %r#1 : tensor<20x6xf32>, tensor<20x6xf32>, tensor<16x2xf32>, tensor<16x2xf32>, tensor<109xi32>, tensor<109xi32>)
    outs(%ey : tensor<16x6xf32>)
    maps [affine_map<(t, d) -> (0, d)>, affine_map<(t, d) -> (0, d)>, affine_map<(t, d) -> (t, 0)>, affine_map<(t, d) -> (t, 1)>,
          affine_map<(t, d) -> (t * 2 + 45)>, affine_map<(t, d) -> (t * 2 + 46)>, affine_map<(t, d) -> (t, d)>]
    gathers [4, 5, -1, -1, -1, -1]
    body { ^bb0(%a: f32, %c: f32, %wa: f32, %wc: f32, %pa: i32, %pc: i32):
      %1 = arith.mulf %a, %wa : f32
      %2 = arith.mulf %c, %wc : f32
      %3 = arith.addf %1, %2 : f32
      kernel.yield %3 : f32 } -> tensor<16x6xf32>
  return %y, %h : tensor<16x6xf32>, tensor<20x6xf32>
}
func.func @attention(%q: tensor<2x5x4x8xf32>, %k: tensor<2x7x2x8xf32>, %v: tensor<2x7x2x6xf32>) -> (tensor<2x5x4x6xf32>, tensor<2x4x5xf32>) {
  %init = tensor.empty() : tensor<2x5x4x6xf32>
  %sums = tensor.empty() : tensor<2x4x5xf32>
  %r:2 = kernel.attend dims [2, 4, 5, 6, 7, 8]
    ins(%q, %k, %v : tensor<2x5x4x8xf32>, tensor<2x7x2x8xf32>, tensor<2x7x2x6xf32>) outs(%init, %sums : tensor<2x5x4x6xf32>, tensor<2x4x5xf32>)
    maps [affine_map<(b, h, s, e, t, d) -> (b, s, h, d)>, affine_map<(b, h, s, e, t, d) -> (b, t, h floordiv 2, d)>,
          affine_map<(b, h, s, e, t, d) -> (b, t, h floordiv 2, e)>, affine_map<(b, h, s, e, t, d) -> (b, s, h, e)>,
          affine_map<(b, h, s, e, t, d) -> (b, h, s)>]
    scale 0.7
    query { ^bb0(%a: f32, %b: f32, %c: f32): kernel.yield %a : f32 }
    key { ^bb0(%a: f32, %b: f32, %c: f32): kernel.yield %b : f32 }
    value { ^bb0(%a: f32, %b: f32, %c: f32): kernel.yield %c : f32 }
    epilogue { ^bb0(%a: f32, %b: f32, %c: f32, %acc: f32): kernel.yield %acc : f32 } -> tensor<2x5x4x6xf32>, tensor<2x4x5xf32>
  return %r#0, %r#1 : tensor<2x5x4x6xf32>, tensor<2x4x5xf32>
}
// The rows of two heads, one after the other for each position.
func.func @attention_grad(%q: tensor<2x5x4x8xf32>, %k: tensor<2x7x2x8xf32>, %v: tensor<2x7x2x6xf32>, %y: tensor<2x5x4x6xf32>, %l: tensor<2x4x5xf32>, %dy: tensor<2x5x4x6xf32>)
    -> (tensor<2x5x4x8xf32>, tensor<2x7x2x8xf32>, tensor<2x7x2x6xf32>) {
  %m = moe.mul %y, %dy : tensor<2x5x4x6xf32>
  %delta = moe.reduce %m axes [3] : tensor<2x5x4x6xf32> -> tensor<2x5x4xf32>
  %iq = tensor.empty() : tensor<2x5x4x8xf32>
  %ik = tensor.empty() : tensor<2x7x2x8xf32>
  %iv = tensor.empty() : tensor<2x7x2x6xf32>
  %g:3 = kernel.attend_grad dims [2, 2, 10, 6, 7, 8]
    ins(%q, %k, %v, %dy, %l, %delta : tensor<2x5x4x8xf32>, tensor<2x7x2x8xf32>, tensor<2x7x2x6xf32>, tensor<2x5x4x6xf32>, tensor<2x4x5xf32>, tensor<2x5x4xf32>)
    outs(%iq, %ik, %iv : tensor<2x5x4x8xf32>, tensor<2x7x2x8xf32>, tensor<2x7x2x6xf32>)
    maps [affine_map<(b, h, s, e, t, d) -> (b, s floordiv 2, h * 2 + s mod 2, d)>, affine_map<(b, h, s, e, t, d) -> (b, t, h, d)>,
          affine_map<(b, h, s, e, t, d) -> (b, t, h, e)>, affine_map<(b, h, s, e, t, d) -> (b, s floordiv 2, h * 2 + s mod 2, e)>,
          affine_map<(b, h, s, e, t, d) -> (b, h * 2 + s mod 2, s floordiv 2)>, affine_map<(b, h, s, e, t, d) -> (b, s floordiv 2, h * 2 + s mod 2)>,
          affine_map<(b, h, s, e, t, d) -> (b, s floordiv 2, h * 2 + s mod 2, d)>, affine_map<(b, h, s, e, t, d) -> (b, t, h, d)>,
          affine_map<(b, h, s, e, t, d) -> (b, t, h, e)>]
    scale 0.7
    query { ^bb0(%a: f32, %b: f32, %c: f32, %g: f32, %x: f32, %y: f32): kernel.yield %a : f32 }
    key { ^bb0(%a: f32, %b: f32, %c: f32, %g: f32, %x: f32, %y: f32): kernel.yield %b : f32 }
    value { ^bb0(%a: f32, %b: f32, %c: f32, %g: f32, %x: f32, %y: f32): kernel.yield %c : f32 }
    gradient { ^bb0(%a: f32, %b: f32, %c: f32, %g: f32, %x: f32, %y: f32): kernel.yield %g : f32 }
    statistics { ^bb0(%a: f32, %b: f32, %c: f32, %g: f32, %x: f32, %y: f32): kernel.yield %x, %y : f32, f32 }
    query_grad { ^bb0(%a: f32, %b: f32, %c: f32, %g: f32, %x: f32, %y: f32, %sum: f32): kernel.yield %sum : f32 }
    key_grad { ^bb0(%a: f32, %b: f32, %c: f32, %g: f32, %x: f32, %y: f32, %sum: f32): kernel.yield %sum : f32 }
    value_grad { ^bb0(%a: f32, %b: f32, %c: f32, %g: f32, %x: f32, %y: f32, %sum: f32): kernel.yield %sum : f32 } -> tensor<2x5x4x8xf32>, tensor<2x7x2x8xf32>, tensor<2x7x2x6xf32>
  return %g#0, %g#1, %g#2 : tensor<2x5x4x8xf32>, tensor<2x7x2x8xf32>, tensor<2x7x2x6xf32>
}
