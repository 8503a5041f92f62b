// RUN: moec-opt %s --split-input-file --verify-diagnostics

func.func @f(%a: tensor<4x8xf32>, %b: tensor<8x6xf32>, %n: tensor<6xf32>, %o: tensor<5xi32>, %y: tensor<4x6xf32>) -> tensor<4x6xf32> {
  // expected-error@+1 {{expected at least 3 dims, got 2}}
  %r = kernel.contract dims [4, 6] ins(%a, %b, %n, %o : tensor<4x8xf32>, tensor<8x6xf32>, tensor<6xf32>, tensor<5xi32>)
    outs(%y : tensor<4x6xf32>)
    maps [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (n)>,
          affine_map<(m, n, k) -> (0)>, affine_map<(m, n, k) -> (m, n)>]
    lhs { ^bb0(%l: f32, %r: f32, %c: f32, %i: i32): kernel.yield %l : f32 }
    rhs { ^bb0(%l: f32, %r: f32, %c: f32, %i: i32): kernel.yield %r : f32 }
    epilogue { ^bb0(%l: f32, %r: f32, %c: f32, %i: i32, %acc: f32): kernel.yield %acc : f32 } -> tensor<4x6xf32>
  return %r : tensor<4x6xf32>
}

// -----

func.func @f(%a: tensor<4x8xf32>, %b: tensor<8x6xf32>, %n: tensor<6xf32>, %o: tensor<5xi32>, %y: tensor<4x6xf32>) -> tensor<4x6xf32> {
  // expected-error@+1 {{expected positive dims, got 0}}
  %r = kernel.contract dims [4, 0, 8] ins(%a, %b, %n, %o : tensor<4x8xf32>, tensor<8x6xf32>, tensor<6xf32>, tensor<5xi32>)
    outs(%y : tensor<4x6xf32>)
    maps [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (n)>,
          affine_map<(m, n, k) -> (0)>, affine_map<(m, n, k) -> (m, n)>]
    lhs { ^bb0(%l: f32, %r: f32, %c: f32, %i: i32): kernel.yield %l : f32 }
    rhs { ^bb0(%l: f32, %r: f32, %c: f32, %i: i32): kernel.yield %r : f32 }
    epilogue { ^bb0(%l: f32, %r: f32, %c: f32, %i: i32, %acc: f32): kernel.yield %acc : f32 } -> tensor<4x6xf32>
  return %r : tensor<4x6xf32>
}

// -----

func.func @f(%a: tensor<4x8xf32>, %b: tensor<8x6xf32>, %n: tensor<6xf32>, %o: tensor<5xi32>, %y: tensor<4x6xf32>) -> tensor<4x6xf32> {
  // expected-error@+1 {{expected 5 maps, one an operand, got 4}}
  %r = kernel.contract dims [4, 6, 8] ins(%a, %b, %n, %o : tensor<4x8xf32>, tensor<8x6xf32>, tensor<6xf32>, tensor<5xi32>)
    outs(%y : tensor<4x6xf32>)
    maps [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (n)>,
          affine_map<(m, n, k) -> (m, n)>]
    lhs { ^bb0(%l: f32, %r: f32, %c: f32, %i: i32): kernel.yield %l : f32 }
    rhs { ^bb0(%l: f32, %r: f32, %c: f32, %i: i32): kernel.yield %r : f32 }
    epilogue { ^bb0(%l: f32, %r: f32, %c: f32, %i: i32, %acc: f32): kernel.yield %acc : f32 } -> tensor<4x6xf32>
  return %r : tensor<4x6xf32>
}

// -----

func.func @f(%a: tensor<4x8xf32>, %b: tensor<8x6xf32>, %n: tensor<6xf32>, %o: tensor<5xi32>, %y: tensor<4x6xf32>) -> tensor<4x6xf32> {
  // expected-error@+1 {{map of input 0: expected 3 dims and no symbols, got affine_map<(d0, d1) -> (d0, d1)>}}
  %r = kernel.contract dims [4, 6, 8] ins(%a, %b, %n, %o : tensor<4x8xf32>, tensor<8x6xf32>, tensor<6xf32>, tensor<5xi32>)
    outs(%y : tensor<4x6xf32>)
    maps [affine_map<(m, n) -> (m, n)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (n)>,
          affine_map<(m, n, k) -> (0)>, affine_map<(m, n, k) -> (m, n)>]
    lhs { ^bb0(%l: f32, %r: f32, %c: f32, %i: i32): kernel.yield %l : f32 }
    rhs { ^bb0(%l: f32, %r: f32, %c: f32, %i: i32): kernel.yield %r : f32 }
    epilogue { ^bb0(%l: f32, %r: f32, %c: f32, %i: i32, %acc: f32): kernel.yield %acc : f32 } -> tensor<4x6xf32>
  return %r : tensor<4x6xf32>
}

// -----

func.func @f(%a: tensor<4x8xf32>, %b: tensor<8x6xf32>, %n: tensor<6xf32>, %o: tensor<5xi32>, %y: tensor<4x6xf32>) -> tensor<4x6xf32> {
  // expected-error@+1 {{map of input 1: expected 2 results for 'tensor<8x6xf32>', got 1}}
  %r = kernel.contract dims [4, 6, 8] ins(%a, %b, %n, %o : tensor<4x8xf32>, tensor<8x6xf32>, tensor<6xf32>, tensor<5xi32>)
    outs(%y : tensor<4x6xf32>)
    maps [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k)>, affine_map<(m, n, k) -> (n)>,
          affine_map<(m, n, k) -> (0)>, affine_map<(m, n, k) -> (m, n)>]
    lhs { ^bb0(%l: f32, %r: f32, %c: f32, %i: i32): kernel.yield %l : f32 }
    rhs { ^bb0(%l: f32, %r: f32, %c: f32, %i: i32): kernel.yield %r : f32 }
    epilogue { ^bb0(%l: f32, %r: f32, %c: f32, %i: i32, %acc: f32): kernel.yield %acc : f32 } -> tensor<4x6xf32>
  return %r : tensor<4x6xf32>
}

// -----

func.func @f(%a: tensor<4x8xf32>, %b: tensor<8x6xf32>, %n: tensor<6xf32>, %o: tensor<5xi32>, %y: tensor<4x6xf32>) -> tensor<4x6xf32> {
  // expected-error@+1 {{map of input 0: result 0 leaves 'tensor<4x8xf32>': its range is 1 .. 4}}
  %r = kernel.contract dims [4, 6, 8] ins(%a, %b, %n, %o : tensor<4x8xf32>, tensor<8x6xf32>, tensor<6xf32>, tensor<5xi32>)
    outs(%y : tensor<4x6xf32>)
    maps [affine_map<(m, n, k) -> (m + 1, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (n)>,
          affine_map<(m, n, k) -> (0)>, affine_map<(m, n, k) -> (m, n)>]
    lhs { ^bb0(%l: f32, %r: f32, %c: f32, %i: i32): kernel.yield %l : f32 }
    rhs { ^bb0(%l: f32, %r: f32, %c: f32, %i: i32): kernel.yield %r : f32 }
    epilogue { ^bb0(%l: f32, %r: f32, %c: f32, %i: i32, %acc: f32): kernel.yield %acc : f32 } -> tensor<4x6xf32>
  return %r : tensor<4x6xf32>
}

// -----

func.func @f(%a: tensor<4x8xf32>, %b: tensor<8x6xf32>, %n: tensor<6xf32>, %o: tensor<5xi32>, %y: tensor<4x6xf32>) -> tensor<4x6xf32> {
  // expected-error@+1 {{map of out 0: result 1 leaves 'tensor<4x6xf32>': its range is -1 .. 4}}
  %r = kernel.contract dims [4, 6, 8] ins(%a, %b, %n, %o : tensor<4x8xf32>, tensor<8x6xf32>, tensor<6xf32>, tensor<5xi32>)
    outs(%y : tensor<4x6xf32>)
    maps [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (n)>,
          affine_map<(m, n, k) -> (0)>, affine_map<(m, n, k) -> (m, n - 1)>]
    lhs { ^bb0(%l: f32, %r: f32, %c: f32, %i: i32): kernel.yield %l : f32 }
    rhs { ^bb0(%l: f32, %r: f32, %c: f32, %i: i32): kernel.yield %r : f32 }
    epilogue { ^bb0(%l: f32, %r: f32, %c: f32, %i: i32, %acc: f32): kernel.yield %acc : f32 } -> tensor<4x6xf32>
  return %r : tensor<4x6xf32>
}

// -----

func.func @f(%a: tensor<4x8xf32>, %b: tensor<8x6xf32>, %n: tensor<6xf32>, %o: tensor<5xi32>, %y: tensor<4x6xf32>) -> tensor<4x6xf32> {
  // expected-error@+1 {{expected 4 gathers, one an input, got 2}}
  %r = kernel.contract dims [4, 6, 8] ins(%a, %b, %n, %o : tensor<4x8xf32>, tensor<8x6xf32>, tensor<6xf32>, tensor<5xi32>)
    outs(%y : tensor<4x6xf32>)
    maps [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (n)>,
          affine_map<(m, n, k) -> (0)>, affine_map<(m, n, k) -> (m, n)>]
    gathers [3, -1]
    lhs { ^bb0(%l: f32, %r: f32, %c: f32, %i: i32): kernel.yield %l : f32 }
    rhs { ^bb0(%l: f32, %r: f32, %c: f32, %i: i32): kernel.yield %r : f32 }
    epilogue { ^bb0(%l: f32, %r: f32, %c: f32, %i: i32, %acc: f32): kernel.yield %acc : f32 } -> tensor<4x6xf32>
  return %r : tensor<4x6xf32>
}

// -----

func.func @f(%a: tensor<4x8xf32>, %b: tensor<8x6xf32>, %n: tensor<6xf32>, %o: tensor<5xi32>, %y: tensor<4x6xf32>) -> tensor<4x6xf32> {
  // expected-error@+1 {{gather of input 0: expected an input below 4, got 4}}
  %r = kernel.contract dims [4, 6, 8] ins(%a, %b, %n, %o : tensor<4x8xf32>, tensor<8x6xf32>, tensor<6xf32>, tensor<5xi32>)
    outs(%y : tensor<4x6xf32>)
    maps [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (n)>,
          affine_map<(m, n, k) -> (0)>, affine_map<(m, n, k) -> (m, n)>]
    gathers [4, -1, -1, -1]
    lhs { ^bb0(%l: f32, %r: f32, %c: f32, %i: i32): kernel.yield %l : f32 }
    rhs { ^bb0(%l: f32, %r: f32, %c: f32, %i: i32): kernel.yield %r : f32 }
    epilogue { ^bb0(%l: f32, %r: f32, %c: f32, %i: i32, %acc: f32): kernel.yield %acc : f32 } -> tensor<4x6xf32>
  return %r : tensor<4x6xf32>
}

// -----

func.func @f(%a: tensor<4x8xf32>, %b: tensor<8x6xf32>, %n: tensor<6xf32>, %o: tensor<5xi32>, %y: tensor<4x6xf32>) -> tensor<4x6xf32> {
  // expected-error@+1 {{gather of input 0: expected input 2 to hold i32, got 'tensor<6xf32>'}}
  %r = kernel.contract dims [4, 6, 8] ins(%a, %b, %n, %o : tensor<4x8xf32>, tensor<8x6xf32>, tensor<6xf32>, tensor<5xi32>)
    outs(%y : tensor<4x6xf32>)
    maps [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (n)>,
          affine_map<(m, n, k) -> (0)>, affine_map<(m, n, k) -> (m, n)>]
    gathers [2, -1, -1, -1]
    lhs { ^bb0(%l: f32, %r: f32, %c: f32, %i: i32): kernel.yield %l : f32 }
    rhs { ^bb0(%l: f32, %r: f32, %c: f32, %i: i32): kernel.yield %r : f32 }
    epilogue { ^bb0(%l: f32, %r: f32, %c: f32, %i: i32, %acc: f32): kernel.yield %acc : f32 } -> tensor<4x6xf32>
  return %r : tensor<4x6xf32>
}

// -----

func.func @f(%a: tensor<4x8xf32>, %b: tensor<8x6xf32>, %n: tensor<6xf32>, %o: tensor<5xi32>, %y: tensor<4x6xf32>) -> tensor<4x6xf32> {
  // expected-error@+1 {{ragged dim: expected m (0) or k (2), got 1}}
  %r = kernel.contract dims [4, 6, 8] ins(%a, %b, %n, %o : tensor<4x8xf32>, tensor<8x6xf32>, tensor<6xf32>, tensor<5xi32>)
    outs(%y : tensor<4x6xf32>)
    maps [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (n)>,
          affine_map<(m, n, k) -> (0)>, affine_map<(m, n, k) -> (m, n)>]
    ragged 1 by 3
    lhs { ^bb0(%l: f32, %r: f32, %c: f32, %i: i32): kernel.yield %l : f32 }
    rhs { ^bb0(%l: f32, %r: f32, %c: f32, %i: i32): kernel.yield %r : f32 }
    epilogue { ^bb0(%l: f32, %r: f32, %c: f32, %i: i32, %acc: f32): kernel.yield %acc : f32 } -> tensor<4x6xf32>
  return %r : tensor<4x6xf32>
}

// -----

func.func @f(%a: tensor<4x8xf32>, %b: tensor<8x6xf32>, %n: tensor<6xf32>, %o: tensor<5xi32>, %y: tensor<4x6xf32>) -> tensor<4x6xf32> {
  // expected-error@+1 {{ragged offsets: expected input 2 to hold i32, got 'tensor<6xf32>'}}
  %r = kernel.contract dims [4, 6, 8] ins(%a, %b, %n, %o : tensor<4x8xf32>, tensor<8x6xf32>, tensor<6xf32>, tensor<5xi32>)
    outs(%y : tensor<4x6xf32>)
    maps [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (n)>,
          affine_map<(m, n, k) -> (0)>, affine_map<(m, n, k) -> (m, n)>]
    ragged 0 by 2
    lhs { ^bb0(%l: f32, %r: f32, %c: f32, %i: i32): kernel.yield %l : f32 }
    rhs { ^bb0(%l: f32, %r: f32, %c: f32, %i: i32): kernel.yield %r : f32 }
    epilogue { ^bb0(%l: f32, %r: f32, %c: f32, %i: i32, %acc: f32): kernel.yield %acc : f32 } -> tensor<4x6xf32>
  return %r : tensor<4x6xf32>
}

// -----

func.func @f(%a: tensor<4x8xf32>, %b: tensor<8x6xf32>, %n: tensor<6xf32>, %o: tensor<5xi32>, %y: tensor<4x6xf32>) -> tensor<6x4xf32> {
  // expected-error@+1 {{result 0: expected the type of its out, 'tensor<4x6xf32>', got 'tensor<6x4xf32>'}}
  %r = kernel.contract dims [4, 6, 8] ins(%a, %b, %n, %o : tensor<4x8xf32>, tensor<8x6xf32>, tensor<6xf32>, tensor<5xi32>)
    outs(%y : tensor<4x6xf32>)
    maps [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (n)>,
          affine_map<(m, n, k) -> (0)>, affine_map<(m, n, k) -> (m, n)>]
    lhs { ^bb0(%l: f32, %r: f32, %c: f32, %i: i32): kernel.yield %l : f32 }
    rhs { ^bb0(%l: f32, %r: f32, %c: f32, %i: i32): kernel.yield %r : f32 }
    epilogue { ^bb0(%l: f32, %r: f32, %c: f32, %i: i32, %acc: f32): kernel.yield %acc : f32 } -> tensor<6x4xf32>
  return %r : tensor<6x4xf32>
}

// -----

func.func @f(%a: tensor<4x8xf32>, %b: tensor<8x6xf32>, %n: tensor<6xf32>, %o: tensor<5xi32>, %y: tensor<4x6xf32>) -> tensor<4x6xf32> {
  // expected-error@+1 {{expected 1 results, got 0}}
  kernel.contract dims [4, 6, 8] ins(%a, %b, %n, %o : tensor<4x8xf32>, tensor<8x6xf32>, tensor<6xf32>, tensor<5xi32>)
    outs(%y : tensor<4x6xf32>)
    maps [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (n)>,
          affine_map<(m, n, k) -> (0)>, affine_map<(m, n, k) -> (m, n)>]
    lhs { ^bb0(%l: f32, %r: f32, %c: f32, %i: i32): kernel.yield %l : f32 }
    rhs { ^bb0(%l: f32, %r: f32, %c: f32, %i: i32): kernel.yield %r : f32 }
    epilogue { ^bb0(%l: f32, %r: f32, %c: f32, %i: i32, %acc: f32): kernel.yield %acc : f32 }
  return %y : tensor<4x6xf32>
}

// -----

func.func @f(%a: tensor<4x8xf32>, %b: tensor<8x6xf32>, %n: tensor<6xf32>, %o: tensor<5xi32>, %y: memref<4x6xf32>) -> tensor<4x6xf32> {
  // expected-error@+1 {{expected all operands to be tensors or all to be memrefs, got both}}
  %r = kernel.contract dims [4, 6, 8] ins(%a, %b, %n, %o : tensor<4x8xf32>, tensor<8x6xf32>, tensor<6xf32>, tensor<5xi32>)
    outs(%y : memref<4x6xf32>)
    maps [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (n)>,
          affine_map<(m, n, k) -> (0)>, affine_map<(m, n, k) -> (m, n)>]
    lhs { ^bb0(%l: f32, %r: f32, %c: f32, %i: i32): kernel.yield %l : f32 }
    rhs { ^bb0(%l: f32, %r: f32, %c: f32, %i: i32): kernel.yield %r : f32 }
    epilogue { ^bb0(%l: f32, %r: f32, %c: f32, %i: i32, %acc: f32): kernel.yield %acc : f32 } -> tensor<4x6xf32>
  return %r : tensor<4x6xf32>
}

// -----

func.func @f(%a: tensor<4x8xf32>, %b: tensor<8x6xf32>, %n: tensor<6xf32>, %o: tensor<5xi32>, %y: tensor<4x6xf32>) -> tensor<4x6xf32> {
  // expected-error@+1 {{lhs: expected arguments ('f32', 'f32', 'f32', 'i32'), got ('f32', 'f32')}}
  %r = kernel.contract dims [4, 6, 8] ins(%a, %b, %n, %o : tensor<4x8xf32>, tensor<8x6xf32>, tensor<6xf32>, tensor<5xi32>)
    outs(%y : tensor<4x6xf32>)
    maps [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (n)>,
          affine_map<(m, n, k) -> (0)>, affine_map<(m, n, k) -> (m, n)>]
    lhs { ^bb0(%l: f32, %r: f32): kernel.yield %l : f32 }
    rhs { ^bb0(%l: f32, %r: f32, %c: f32, %i: i32): kernel.yield %r : f32 }
    epilogue { ^bb0(%l: f32, %r: f32, %c: f32, %i: i32, %acc: f32): kernel.yield %acc : f32 } -> tensor<4x6xf32>
  return %r : tensor<4x6xf32>
}

// -----

func.func @f(%a: tensor<4x8xf32>, %b: tensor<8x6xf32>, %n: tensor<6xf32>, %o: tensor<5xi32>, %y: tensor<4x6xf32>) -> tensor<4x6xf32> {
  // expected-error@+1 {{epilogue: expected to yield ('f32'), got ('i32')}}
  %r = kernel.contract dims [4, 6, 8] ins(%a, %b, %n, %o : tensor<4x8xf32>, tensor<8x6xf32>, tensor<6xf32>, tensor<5xi32>)
    outs(%y : tensor<4x6xf32>)
    maps [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (n)>,
          affine_map<(m, n, k) -> (0)>, affine_map<(m, n, k) -> (m, n)>]
    lhs { ^bb0(%l: f32, %r: f32, %c: f32, %i: i32): kernel.yield %l : f32 }
    rhs { ^bb0(%l: f32, %r: f32, %c: f32, %i: i32): kernel.yield %r : f32 }
    epilogue { ^bb0(%l: f32, %r: f32, %c: f32, %i: i32, %acc: f32): kernel.yield %i : i32 } -> tensor<4x6xf32>
  return %r : tensor<4x6xf32>
}

// -----

func.func @f(%a: tensor<4x8xf32>, %b: tensor<8x6xf32>, %n: tensor<6xf32>, %o: tensor<5xi32>, %y: tensor<4x6xf32>) -> tensor<4x6xf32> {
  // expected-error@+1 {{lhs uses input 1, whose map depends on dim 1}}
  %r = kernel.contract dims [4, 6, 8] ins(%a, %b, %n, %o : tensor<4x8xf32>, tensor<8x6xf32>, tensor<6xf32>, tensor<5xi32>)
    outs(%y : tensor<4x6xf32>)
    maps [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (n)>,
          affine_map<(m, n, k) -> (0)>, affine_map<(m, n, k) -> (m, n)>]
    lhs { ^bb0(%l: f32, %r: f32, %c: f32, %i: i32): kernel.yield %r : f32 }
    rhs { ^bb0(%l: f32, %r: f32, %c: f32, %i: i32): kernel.yield %r : f32 }
    epilogue { ^bb0(%l: f32, %r: f32, %c: f32, %i: i32, %acc: f32): kernel.yield %acc : f32 } -> tensor<4x6xf32>
  return %r : tensor<4x6xf32>
}

// -----

func.func @f(%a: tensor<4x8xf32>, %b: tensor<8x6xf32>, %n: tensor<6xf32>, %o: tensor<5xi32>, %y: tensor<4x6xf32>) -> tensor<4x6xf32> {
  // expected-error@+1 {{rhs uses input 0, whose map depends on dim 0}}
  %r = kernel.contract dims [4, 6, 8] ins(%a, %b, %n, %o : tensor<4x8xf32>, tensor<8x6xf32>, tensor<6xf32>, tensor<5xi32>)
    outs(%y : tensor<4x6xf32>)
    maps [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (n)>,
          affine_map<(m, n, k) -> (0)>, affine_map<(m, n, k) -> (m, n)>]
    lhs { ^bb0(%l: f32, %r: f32, %c: f32, %i: i32): kernel.yield %l : f32 }
    rhs { ^bb0(%l: f32, %r: f32, %c: f32, %i: i32): kernel.yield %l : f32 }
    epilogue { ^bb0(%l: f32, %r: f32, %c: f32, %i: i32, %acc: f32): kernel.yield %acc : f32 } -> tensor<4x6xf32>
  return %r : tensor<4x6xf32>
}

// -----

func.func @f(%a: tensor<4x8xf32>, %b: tensor<8x6xf32>, %n: tensor<6xf32>, %o: tensor<5xi32>, %y: tensor<4x6xf32>) -> tensor<4x6xf32> {
  // expected-error@+1 {{epilogue uses input 0, whose map depends on dim 2}}
  %r = kernel.contract dims [4, 6, 8] ins(%a, %b, %n, %o : tensor<4x8xf32>, tensor<8x6xf32>, tensor<6xf32>, tensor<5xi32>)
    outs(%y : tensor<4x6xf32>)
    maps [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (n)>,
          affine_map<(m, n, k) -> (0)>, affine_map<(m, n, k) -> (m, n)>]
    lhs { ^bb0(%l: f32, %r: f32, %c: f32, %i: i32): kernel.yield %l : f32 }
    rhs { ^bb0(%l: f32, %r: f32, %c: f32, %i: i32): kernel.yield %r : f32 }
    epilogue { ^bb0(%l: f32, %r: f32, %c: f32, %i: i32, %acc: f32): kernel.yield %l : f32 } -> tensor<4x6xf32>
  return %r : tensor<4x6xf32>
}

// -----

func.func @f(%a: tensor<4x8xf32>, %b: tensor<8x6xf32>, %n: tensor<6xf32>, %o: tensor<5xi32>, %y: tensor<4x6xf32>) -> tensor<4x6xf32> {
  // expected-error@+1 {{map of out 0 depends on dim 2, which is reduced}}
  %r = kernel.contract dims [4, 6, 8] ins(%a, %b, %n, %o : tensor<4x8xf32>, tensor<8x6xf32>, tensor<6xf32>, tensor<5xi32>)
    outs(%y : tensor<4x6xf32>)
    maps [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (n)>,
          affine_map<(m, n, k) -> (0)>, affine_map<(m, n, k) -> (m, (n + k) mod 6)>]
    lhs { ^bb0(%l: f32, %r: f32, %c: f32, %i: i32): kernel.yield %l : f32 }
    rhs { ^bb0(%l: f32, %r: f32, %c: f32, %i: i32): kernel.yield %r : f32 }
    epilogue { ^bb0(%l: f32, %r: f32, %c: f32, %i: i32, %acc: f32): kernel.yield %acc : f32 } -> tensor<4x6xf32>
  return %r : tensor<4x6xf32>
}

// -----

func.func @f(%x: tensor<8x16xf32>, %s: tensor<8xf32>, %y: tensor<8x16xf32>) {
  // expected-error@+1 {{expected 1 combiners, one a phase, got 0}}
  %r:2 = kernel.rows dims [8, 16] ins(%x : tensor<8x16xf32>) outs(%s, %y : tensor<8xf32>, tensor<8x16xf32>)
    maps [affine_map<(p, c) -> (p, c)>, affine_map<(p, c) -> (p)>, affine_map<(p, c) -> (p, c)>]
    combiners []
    phases { ^bb0(%e: f32): kernel.yield %e : f32 }
    finish { ^bb0(%e: f32, %sum: f32): kernel.yield %sum : f32 }
    emit { ^bb0(%e: f32, %sum: f32): kernel.yield %e : f32 } -> tensor<8xf32>, tensor<8x16xf32>
  return
}

// -----

func.func @f(%x: tensor<8x16xf32>, %s: tensor<8xf32>, %y: tensor<8x16xf32>) {
  // expected-error@+1 {{phase 0: expected to yield f32 values}}
  %r:2 = kernel.rows dims [8, 16] ins(%x : tensor<8x16xf32>) outs(%s, %y : tensor<8xf32>, tensor<8x16xf32>)
    maps [affine_map<(p, c) -> (p, c)>, affine_map<(p, c) -> (p)>, affine_map<(p, c) -> (p, c)>]
    combiners [#kernel.combiner<add>]
    phases { ^bb0(%e: f32): kernel.yield }
    finish { ^bb0(%e: f32, %sum: f32): kernel.yield %sum : f32 }
    emit { ^bb0(%e: f32, %sum: f32): kernel.yield %e : f32 } -> tensor<8xf32>, tensor<8x16xf32>
  return
}

// -----

func.func @f(%x: tensor<8x16xf32>, %s: tensor<8xf32>, %y: tensor<8x16xf32>) {
  // expected-error@+1 {{finish: expected to yield at most 2 values, got 3}}
  %r:2 = kernel.rows dims [8, 16] ins(%x : tensor<8x16xf32>) outs(%s, %y : tensor<8xf32>, tensor<8x16xf32>)
    maps [affine_map<(p, c) -> (p, c)>, affine_map<(p, c) -> (p)>, affine_map<(p, c) -> (p, c)>]
    combiners [#kernel.combiner<add>]
    phases { ^bb0(%e: f32): kernel.yield %e : f32 }
    finish { ^bb0(%e: f32, %sum: f32): kernel.yield %sum, %sum, %sum : f32, f32, f32 }
    emit { ^bb0(%e: f32, %sum: f32): kernel.yield %e : f32 } -> tensor<8xf32>, tensor<8x16xf32>
  return
}

// -----

func.func @f(%x: tensor<8x16xf32>, %s: tensor<8xf32>, %y: tensor<8x16xf32>) {
  // expected-error@+1 {{finish uses input 0, whose map depends on dim 1}}
  %r:2 = kernel.rows dims [8, 16] ins(%x : tensor<8x16xf32>) outs(%s, %y : tensor<8xf32>, tensor<8x16xf32>)
    maps [affine_map<(p, c) -> (p, c)>, affine_map<(p, c) -> (p)>, affine_map<(p, c) -> (p, c)>]
    combiners [#kernel.combiner<add>]
    phases { ^bb0(%e: f32): kernel.yield %e : f32 }
    finish { ^bb0(%e: f32, %sum: f32): kernel.yield %e : f32 }
    emit { ^bb0(%e: f32, %sum: f32): kernel.yield %e : f32 } -> tensor<8xf32>, tensor<8x16xf32>
  return
}

// -----

func.func @f(%x: tensor<8x16xf32>, %s: tensor<8xf32>, %y: tensor<8x16xf32>) {
  // expected-error@+1 {{emit: expected arguments ('f32', 'f32'), got ('f32')}}
  %r:2 = kernel.rows dims [8, 16] ins(%x : tensor<8x16xf32>) outs(%s, %y : tensor<8xf32>, tensor<8x16xf32>)
    maps [affine_map<(p, c) -> (p, c)>, affine_map<(p, c) -> (p)>, affine_map<(p, c) -> (p, c)>]
    combiners [#kernel.combiner<add>]
    phases { ^bb0(%e: f32): kernel.yield %e : f32 }
    finish { ^bb0(%e: f32, %sum: f32): kernel.yield %sum : f32 }
    emit { ^bb0(%e: f32): kernel.yield %e : f32 } -> tensor<8xf32>, tensor<8x16xf32>
  return
}

// -----

func.func @f(%x: tensor<8x16xf32>, %s: tensor<8xf32>, %y: tensor<8x16xf32>) {
  // expected-error@+1 {{map of out 0 depends on dim 1, which is reduced}}
  %r:2 = kernel.rows dims [8, 16] ins(%x : tensor<8x16xf32>) outs(%s, %y : tensor<8xf32>, tensor<8x16xf32>)
    maps [affine_map<(p, c) -> (p, c)>, affine_map<(p, c) -> (c mod 8)>, affine_map<(p, c) -> (p, c)>]
    combiners [#kernel.combiner<add>]
    phases { ^bb0(%e: f32): kernel.yield %e : f32 }
    finish { ^bb0(%e: f32, %sum: f32): kernel.yield %sum : f32 }
    emit { ^bb0(%e: f32, %sum: f32): kernel.yield %e : f32 } -> tensor<8xf32>, tensor<8x16xf32>
  return
}

// -----

func.func @f(%x: tensor<8xf32>, %y: tensor<8xf32>) {
  // expected-error@+1 {{body: expected to yield ('f32'), got ()}}
  %r = kernel.map dims [8] ins(%x : tensor<8xf32>) outs(%y : tensor<8xf32>)
    maps [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>]
    body { ^bb0(%e: f32):
      kernel.yield
    } -> tensor<8xf32>
  return
}

// -----

func.func @f(%x: tensor<8xf32>, %y: tensor<8xf32>) {
  // expected-error@+1 {{ragged dim: expected one below 1, got 1}}
  %r = kernel.map dims [8] ins(%x : tensor<8xf32>) outs(%y : tensor<8xf32>)
    maps [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>]
    ragged 1 by 0
    body { ^bb0(%e: f32):
      kernel.yield %e : f32
    } -> tensor<8xf32>
  return
}

// -----

func.func @f(%g: tensor<8x4xf32>, %w: tensor<8x2xf32>, %p: tensor<69xi32>) {
  // expected-error@+1 {{expected 1 <= k <= 4 experts, got k = 5}}
  %r:2 = kernel.route ins(%g : tensor<8x4xf32>) outs(%w, %p : tensor<8x2xf32>, tensor<69xi32>)
    k 5 capacity 5 priority "position" -> tensor<8x2xf32>, tensor<69xi32>
  return
}

// -----

func.func @f(%g: tensor<8x4xf32>, %w: tensor<8x2xf32>, %p: tensor<69xi32>) {
  // expected-error@+1 {{expected capacity >= 0, got -1}}
  %r:2 = kernel.route ins(%g : tensor<8x4xf32>) outs(%w, %p : tensor<8x2xf32>, tensor<69xi32>)
    k 2 capacity -1 priority "position" -> tensor<8x2xf32>, tensor<69xi32>
  return
}

// -----

func.func @f(%g: tensor<8x4xf32>, %w: tensor<8x2xf32>, %p: tensor<69xi32>) {
  // expected-error@+1 {{priority: expected "position" or "importance", got "order"}}
  %r:2 = kernel.route ins(%g : tensor<8x4xf32>) outs(%w, %p : tensor<8x2xf32>, tensor<69xi32>)
    k 2 capacity 5 priority "order" -> tensor<8x2xf32>, tensor<69xi32>
  return
}

// -----

func.func @f(%g: tensor<8x4xf32>, %w: tensor<8x3xf32>, %p: tensor<69xi32>) {
  // expected-error@+1 {{weights: expected shape 8x2, got 'tensor<8x3xf32>'}}
  %r:2 = kernel.route ins(%g : tensor<8x4xf32>) outs(%w, %p : tensor<8x3xf32>, tensor<69xi32>)
    k 2 capacity 5 priority "position" -> tensor<8x3xf32>, tensor<69xi32>
  return
}

// -----

func.func @f(%g: tensor<8x4xf32>, %w: tensor<8x2xf32>, %p: tensor<68xi32>) {
  // expected-error@+1 {{plan: expected 69 x i32, got 'tensor<68xi32>'}}
  %r:2 = kernel.route ins(%g : tensor<8x4xf32>) outs(%w, %p : tensor<8x2xf32>, tensor<68xi32>)
    k 2 capacity 5 priority "position" -> tensor<8x2xf32>, tensor<68xi32>
  return
}

// -----

func.func @f(%g: tensor<32xf32>, %w: tensor<8x2xf32>, %p: tensor<69xi32>) {
  // expected-error@+1 {{gates: expected [items, experts], got 'tensor<32xf32>'}}
  %r:2 = kernel.route ins(%g : tensor<32xf32>) outs(%w, %p : tensor<8x2xf32>, tensor<69xi32>)
    k 2 capacity 5 priority "position" -> tensor<8x2xf32>, tensor<69xi32>
  return
}

// -----

func.func @f() -> i32 {
  // expected-error@+1 {{expected to stand inside a kernel op with dims}}
  %i = kernel.index 0 : i32
  return %i : i32
}

// -----

func.func @f(%y: tensor<8xi32>) {
  %r = kernel.map dims [8] outs(%y : tensor<8xi32>) maps [affine_map<(i) -> (i)>]
    body {
      // expected-error@+1 {{expected a dim below 1, got 1}}
      %i = kernel.index 1 : i32
      kernel.yield %i : i32 } -> tensor<8xi32>
  return
}

// -----

func.func @f(%x: tensor<8xf32>, %y: tensor<8xf32>) -> tensor<8xf32> {
  // expected-error@+1 {{expected a left and a right operand, got 1 inputs}}
  %r = kernel.contract dims [1, 8, 1] ins(%x : tensor<8xf32>) outs(%y : tensor<8xf32>)
    maps [affine_map<(m, n, k) -> (n)>, affine_map<(m, n, k) -> (n)>]
    lhs { ^bb0(%l: f32): kernel.yield %l : f32 }
    rhs { ^bb0(%l: f32): kernel.yield %l : f32 }
    epilogue { ^bb0(%l: f32, %acc: f32): kernel.yield %acc : f32 } -> tensor<8xf32>
  return %r : tensor<8xf32>
}
