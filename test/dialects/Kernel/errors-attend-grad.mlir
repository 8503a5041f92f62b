// RUN: moec-opt %s -split-input-file -verify-diagnostics

func.func @dims(%q: tensor<5x8xf32>, %k: tensor<7x8xf32>, %v: tensor<7x6xf32>, %g: tensor<5x6xf32>, %l: tensor<5xf32>, %m: tensor<5xf32>) {
  // expected-error @+1 {{expected dims [groups..., s, e, t, d], got 3 dims}}
  %r:3 = kernel.attend_grad dims [5, 6, 8]
    ins(%q, %k, %v, %g, %l, %m : tensor<5x8xf32>, tensor<7x8xf32>, tensor<7x6xf32>, tensor<5x6xf32>, tensor<5xf32>, tensor<5xf32>)
    outs(%q, %k, %v : tensor<5x8xf32>, tensor<7x8xf32>, tensor<7x6xf32>)
    maps [affine_map<(s, e, d) -> (s, d)>, affine_map<(s, e, d) -> (0, d)>, affine_map<(s, e, d) -> (0, e)>, affine_map<(s, e, d) -> (s, e)>, affine_map<(s, e, d) -> (s)>, affine_map<(s, e, d) -> (s)>, affine_map<(s, e, d) -> (s, d)>, affine_map<(s, e, d) -> (0, d)>, affine_map<(s, e, d) -> (0, e)>]
    scale 0.5
    query { ^bb0(%a: f32, %b: f32, %c: f32, %g: f32, %x: f32, %y: f32): kernel.yield %a : f32 }
    key { ^bb0(%a: f32, %b: f32, %c: f32, %g: f32, %x: f32, %y: f32): kernel.yield %b : f32 }
    value { ^bb0(%a: f32, %b: f32, %c: f32, %g: f32, %x: f32, %y: f32): kernel.yield %c : f32 }
    gradient { ^bb0(%a: f32, %b: f32, %c: f32, %g: f32, %x: f32, %y: f32): kernel.yield %g : f32 }
    statistics { ^bb0(%a: f32, %b: f32, %c: f32, %g: f32, %x: f32, %y: f32): kernel.yield %x, %y : f32, f32 }
    query_grad { ^bb0(%a: f32, %b: f32, %c: f32, %g: f32, %x: f32, %y: f32, %sum: f32): kernel.yield %sum : f32 }
    key_grad { ^bb0(%a: f32, %b: f32, %c: f32, %g: f32, %x: f32, %y: f32, %sum: f32): kernel.yield %sum : f32 }
    value_grad { ^bb0(%a: f32, %b: f32, %c: f32, %g: f32, %x: f32, %y: f32, %sum: f32): kernel.yield %sum : f32 } -> tensor<5x8xf32>, tensor<7x8xf32>, tensor<7x6xf32>
  return
}

// -----

func.func @inputs(%q: tensor<5x8xf32>, %k: tensor<7x8xf32>, %v: tensor<7x6xf32>, %g: tensor<5x6xf32>, %l: tensor<5xf32>, %m: tensor<5xf32>) {
  // expected-error @+1 {{expected at least 4 inputs, query, key, value and gradient, got 3}}
  %r:3 = kernel.attend_grad dims [5, 6, 7, 8]
    ins(%q, %k, %v : tensor<5x8xf32>, tensor<7x8xf32>, tensor<7x6xf32>)
    outs(%q, %k, %v : tensor<5x8xf32>, tensor<7x8xf32>, tensor<7x6xf32>)
    maps [affine_map<(s, e, t, d) -> (s, d)>, affine_map<(s, e, t, d) -> (t, d)>, affine_map<(s, e, t, d) -> (t, e)>, affine_map<(s, e, t, d) -> (s, d)>, affine_map<(s, e, t, d) -> (t, d)>, affine_map<(s, e, t, d) -> (t, e)>]
    scale 0.5
    query { ^bb0(%a: f32, %b: f32, %c: f32): kernel.yield %a : f32 }
    key { ^bb0(%a: f32, %b: f32, %c: f32): kernel.yield %b : f32 }
    value { ^bb0(%a: f32, %b: f32, %c: f32): kernel.yield %c : f32 }
    gradient { ^bb0(%a: f32, %b: f32, %c: f32): kernel.yield %c : f32 }
    statistics { ^bb0(%a: f32, %b: f32, %c: f32): kernel.yield %a, %a : f32, f32 }
    query_grad { ^bb0(%a: f32, %b: f32, %c: f32, %sum: f32): kernel.yield %sum : f32 }
    key_grad { ^bb0(%a: f32, %b: f32, %c: f32, %sum: f32): kernel.yield %sum : f32 }
    value_grad { ^bb0(%a: f32, %b: f32, %c: f32, %sum: f32): kernel.yield %sum : f32 } -> tensor<5x8xf32>, tensor<7x8xf32>, tensor<7x6xf32>
  return
}

// -----

func.func @scale(%q: tensor<5x8xf32>, %k: tensor<7x8xf32>, %v: tensor<7x6xf32>, %g: tensor<5x6xf32>, %l: tensor<5xf32>, %m: tensor<5xf32>) {
  // expected-error @+1 {{expected a finite scale, got}}
  %r:3 = kernel.attend_grad dims [5, 6, 7, 8]
    ins(%q, %k, %v, %g, %l, %m : tensor<5x8xf32>, tensor<7x8xf32>, tensor<7x6xf32>, tensor<5x6xf32>, tensor<5xf32>, tensor<5xf32>)
    outs(%q, %k, %v : tensor<5x8xf32>, tensor<7x8xf32>, tensor<7x6xf32>)
    maps [affine_map<(s, e, t, d) -> (s, d)>, affine_map<(s, e, t, d) -> (t, d)>, affine_map<(s, e, t, d) -> (t, e)>, affine_map<(s, e, t, d) -> (s, e)>, affine_map<(s, e, t, d) -> (s)>, affine_map<(s, e, t, d) -> (s)>, affine_map<(s, e, t, d) -> (s, d)>, affine_map<(s, e, t, d) -> (t, d)>, affine_map<(s, e, t, d) -> (t, e)>]
    scale 0x7FF0000000000000
    query { ^bb0(%a: f32, %b: f32, %c: f32, %g: f32, %x: f32, %y: f32): kernel.yield %a : f32 }
    key { ^bb0(%a: f32, %b: f32, %c: f32, %g: f32, %x: f32, %y: f32): kernel.yield %b : f32 }
    value { ^bb0(%a: f32, %b: f32, %c: f32, %g: f32, %x: f32, %y: f32): kernel.yield %c : f32 }
    gradient { ^bb0(%a: f32, %b: f32, %c: f32, %g: f32, %x: f32, %y: f32): kernel.yield %g : f32 }
    statistics { ^bb0(%a: f32, %b: f32, %c: f32, %g: f32, %x: f32, %y: f32): kernel.yield %x, %y : f32, f32 }
    query_grad { ^bb0(%a: f32, %b: f32, %c: f32, %g: f32, %x: f32, %y: f32, %sum: f32): kernel.yield %sum : f32 }
    key_grad { ^bb0(%a: f32, %b: f32, %c: f32, %g: f32, %x: f32, %y: f32, %sum: f32): kernel.yield %sum : f32 }
    value_grad { ^bb0(%a: f32, %b: f32, %c: f32, %g: f32, %x: f32, %y: f32, %sum: f32): kernel.yield %sum : f32 } -> tensor<5x8xf32>, tensor<7x8xf32>, tensor<7x6xf32>
  return
}

// -----

func.func @outs(%q: tensor<5x8xf32>, %k: tensor<7x8xf32>, %v: tensor<7x6xf32>, %g: tensor<5x6xf32>, %l: tensor<5xf32>, %m: tensor<5xf32>) {
  // expected-error @+1 {{expected 3 outs, the gradients of query, key and value, got 2}}
  %r:2 = kernel.attend_grad dims [5, 6, 7, 8]
    ins(%q, %k, %v, %g, %l, %m : tensor<5x8xf32>, tensor<7x8xf32>, tensor<7x6xf32>, tensor<5x6xf32>, tensor<5xf32>, tensor<5xf32>)
    outs(%q, %k : tensor<5x8xf32>, tensor<7x8xf32>)
    maps [affine_map<(s, e, t, d) -> (s, d)>, affine_map<(s, e, t, d) -> (t, d)>, affine_map<(s, e, t, d) -> (t, e)>, affine_map<(s, e, t, d) -> (s, e)>, affine_map<(s, e, t, d) -> (s)>, affine_map<(s, e, t, d) -> (s)>, affine_map<(s, e, t, d) -> (s, d)>, affine_map<(s, e, t, d) -> (t, d)>]
    scale 0.5
    query { ^bb0(%a: f32, %b: f32, %c: f32, %g: f32, %x: f32, %y: f32): kernel.yield %a : f32 }
    key { ^bb0(%a: f32, %b: f32, %c: f32, %g: f32, %x: f32, %y: f32): kernel.yield %b : f32 }
    value { ^bb0(%a: f32, %b: f32, %c: f32, %g: f32, %x: f32, %y: f32): kernel.yield %c : f32 }
    gradient { ^bb0(%a: f32, %b: f32, %c: f32, %g: f32, %x: f32, %y: f32): kernel.yield %g : f32 }
    statistics { ^bb0(%a: f32, %b: f32, %c: f32, %g: f32, %x: f32, %y: f32): kernel.yield %x, %y : f32, f32 }
    query_grad { ^bb0(%a: f32, %b: f32, %c: f32, %g: f32, %x: f32, %y: f32, %sum: f32): kernel.yield %sum : f32 }
    key_grad { ^bb0(%a: f32, %b: f32, %c: f32, %g: f32, %x: f32, %y: f32, %sum: f32): kernel.yield %sum : f32 }
    value_grad { ^bb0(%a: f32, %b: f32, %c: f32, %g: f32, %x: f32, %y: f32, %sum: f32): kernel.yield %sum : f32 } -> tensor<5x8xf32>, tensor<7x8xf32>
  return
}

// -----

func.func @types(%q: tensor<5x8xf32>, %k: tensor<7x8xf32>, %v: tensor<7x6xf32>, %g: tensor<5x6xf32>, %l: tensor<5xf32>, %m: tensor<5xf32>) {
  // expected-error @+1 {{expected query and gradient of one type, got 'f32' and 'bf16'}}
  %r:3 = kernel.attend_grad dims [5, 6, 7, 8]
    ins(%q, %k, %v, %g, %l, %m : tensor<5x8xf32>, tensor<7x8xf32>, tensor<7x6xf32>, tensor<5x6xf32>, tensor<5xf32>, tensor<5xf32>)
    outs(%q, %k, %v : tensor<5x8xf32>, tensor<7x8xf32>, tensor<7x6xf32>)
    maps [affine_map<(s, e, t, d) -> (s, d)>, affine_map<(s, e, t, d) -> (t, d)>, affine_map<(s, e, t, d) -> (t, e)>, affine_map<(s, e, t, d) -> (s, e)>, affine_map<(s, e, t, d) -> (s)>, affine_map<(s, e, t, d) -> (s)>, affine_map<(s, e, t, d) -> (s, d)>, affine_map<(s, e, t, d) -> (t, d)>, affine_map<(s, e, t, d) -> (t, e)>]
    scale 0.5
    query { ^bb0(%a: f32, %b: f32, %c: f32, %g: f32, %x: f32, %y: f32): kernel.yield %a : f32 }
    key { ^bb0(%a: f32, %b: f32, %c: f32, %g: f32, %x: f32, %y: f32): kernel.yield %b : f32 }
    value { ^bb0(%a: f32, %b: f32, %c: f32, %g: f32, %x: f32, %y: f32): kernel.yield %c : f32 }
    gradient { ^bb0(%a: f32, %b: f32, %c: f32, %g: f32, %x: f32, %y: f32): 
      %z = arith.truncf %g : f32 to bf16
      kernel.yield %z : bf16 }
    statistics { ^bb0(%a: f32, %b: f32, %c: f32, %g: f32, %x: f32, %y: f32): kernel.yield %x, %y : f32, f32 }
    query_grad { ^bb0(%a: f32, %b: f32, %c: f32, %g: f32, %x: f32, %y: f32, %sum: f32): kernel.yield %sum : f32 }
    key_grad { ^bb0(%a: f32, %b: f32, %c: f32, %g: f32, %x: f32, %y: f32, %sum: f32): kernel.yield %sum : f32 }
    value_grad { ^bb0(%a: f32, %b: f32, %c: f32, %g: f32, %x: f32, %y: f32, %sum: f32): kernel.yield %sum : f32 } -> tensor<5x8xf32>, tensor<7x8xf32>, tensor<7x6xf32>
  return
}

// -----

func.func @one_statistic(%q: tensor<5x8xf32>, %k: tensor<7x8xf32>, %v: tensor<7x6xf32>, %g: tensor<5x6xf32>, %l: tensor<5xf32>, %m: tensor<5xf32>) {
  // expected-error @+1 {{statistics: expected two values of f32, the log-sum-exp of a row and its delta, got ('f32')}}
  %r:3 = kernel.attend_grad dims [5, 6, 7, 8]
    ins(%q, %k, %v, %g, %l, %m : tensor<5x8xf32>, tensor<7x8xf32>, tensor<7x6xf32>, tensor<5x6xf32>, tensor<5xf32>, tensor<5xf32>)
    outs(%q, %k, %v : tensor<5x8xf32>, tensor<7x8xf32>, tensor<7x6xf32>)
    maps [affine_map<(s, e, t, d) -> (s, d)>, affine_map<(s, e, t, d) -> (t, d)>, affine_map<(s, e, t, d) -> (t, e)>, affine_map<(s, e, t, d) -> (s, e)>, affine_map<(s, e, t, d) -> (s)>, affine_map<(s, e, t, d) -> (s)>, affine_map<(s, e, t, d) -> (s, d)>, affine_map<(s, e, t, d) -> (t, d)>, affine_map<(s, e, t, d) -> (t, e)>]
    scale 0.5
    query { ^bb0(%a: f32, %b: f32, %c: f32, %g: f32, %x: f32, %y: f32): kernel.yield %a : f32 }
    key { ^bb0(%a: f32, %b: f32, %c: f32, %g: f32, %x: f32, %y: f32): kernel.yield %b : f32 }
    value { ^bb0(%a: f32, %b: f32, %c: f32, %g: f32, %x: f32, %y: f32): kernel.yield %c : f32 }
    gradient { ^bb0(%a: f32, %b: f32, %c: f32, %g: f32, %x: f32, %y: f32): kernel.yield %g : f32 }
    statistics { ^bb0(%a: f32, %b: f32, %c: f32, %g: f32, %x: f32, %y: f32): kernel.yield %x : f32 }
    query_grad { ^bb0(%a: f32, %b: f32, %c: f32, %g: f32, %x: f32, %y: f32, %sum: f32): kernel.yield %sum : f32 }
    key_grad { ^bb0(%a: f32, %b: f32, %c: f32, %g: f32, %x: f32, %y: f32, %sum: f32): kernel.yield %sum : f32 }
    value_grad { ^bb0(%a: f32, %b: f32, %c: f32, %g: f32, %x: f32, %y: f32, %sum: f32): kernel.yield %sum : f32 } -> tensor<5x8xf32>, tensor<7x8xf32>, tensor<7x6xf32>
  return
}

// -----

func.func @query_of_keys(%q: tensor<5x8xf32>, %k: tensor<7x8xf32>, %v: tensor<7x6xf32>, %g: tensor<5x6xf32>, %l: tensor<5xf32>, %m: tensor<5xf32>) {
  // expected-error @+1 {{query: expected no input whose map uses t, got input 1}}
  %r:3 = kernel.attend_grad dims [5, 6, 7, 8]
    ins(%q, %k, %v, %g, %l, %m : tensor<5x8xf32>, tensor<7x8xf32>, tensor<7x6xf32>, tensor<5x6xf32>, tensor<5xf32>, tensor<5xf32>)
    outs(%q, %k, %v : tensor<5x8xf32>, tensor<7x8xf32>, tensor<7x6xf32>)
    maps [affine_map<(s, e, t, d) -> (s, d)>, affine_map<(s, e, t, d) -> (t, d)>, affine_map<(s, e, t, d) -> (t, e)>, affine_map<(s, e, t, d) -> (s, e)>, affine_map<(s, e, t, d) -> (s)>, affine_map<(s, e, t, d) -> (s)>, affine_map<(s, e, t, d) -> (s, d)>, affine_map<(s, e, t, d) -> (t, d)>, affine_map<(s, e, t, d) -> (t, e)>]
    scale 0.5
    query { ^bb0(%a: f32, %b: f32, %c: f32, %g: f32, %x: f32, %y: f32): kernel.yield %b : f32 }
    key { ^bb0(%a: f32, %b: f32, %c: f32, %g: f32, %x: f32, %y: f32): kernel.yield %b : f32 }
    value { ^bb0(%a: f32, %b: f32, %c: f32, %g: f32, %x: f32, %y: f32): kernel.yield %c : f32 }
    gradient { ^bb0(%a: f32, %b: f32, %c: f32, %g: f32, %x: f32, %y: f32): kernel.yield %g : f32 }
    statistics { ^bb0(%a: f32, %b: f32, %c: f32, %g: f32, %x: f32, %y: f32): kernel.yield %x, %y : f32, f32 }
    query_grad { ^bb0(%a: f32, %b: f32, %c: f32, %g: f32, %x: f32, %y: f32, %sum: f32): kernel.yield %sum : f32 }
    key_grad { ^bb0(%a: f32, %b: f32, %c: f32, %g: f32, %x: f32, %y: f32, %sum: f32): kernel.yield %sum : f32 }
    value_grad { ^bb0(%a: f32, %b: f32, %c: f32, %g: f32, %x: f32, %y: f32, %sum: f32): kernel.yield %sum : f32 } -> tensor<5x8xf32>, tensor<7x8xf32>, tensor<7x6xf32>
  return
}

// -----

func.func @gradient_of_values(%q: tensor<5x8xf32>, %k: tensor<7x8xf32>, %v: tensor<7x6xf32>, %g: tensor<5x6xf32>, %l: tensor<5xf32>, %m: tensor<5xf32>) {
  // expected-error @+1 {{gradient: expected no input whose map uses t, got input 2}}
  %r:3 = kernel.attend_grad dims [5, 6, 7, 8]
    ins(%q, %k, %v, %g, %l, %m : tensor<5x8xf32>, tensor<7x8xf32>, tensor<7x6xf32>, tensor<5x6xf32>, tensor<5xf32>, tensor<5xf32>)
    outs(%q, %k, %v : tensor<5x8xf32>, tensor<7x8xf32>, tensor<7x6xf32>)
    maps [affine_map<(s, e, t, d) -> (s, d)>, affine_map<(s, e, t, d) -> (t, d)>, affine_map<(s, e, t, d) -> (t, e)>, affine_map<(s, e, t, d) -> (s, e)>, affine_map<(s, e, t, d) -> (s)>, affine_map<(s, e, t, d) -> (s)>, affine_map<(s, e, t, d) -> (s, d)>, affine_map<(s, e, t, d) -> (t, d)>, affine_map<(s, e, t, d) -> (t, e)>]
    scale 0.5
    query { ^bb0(%a: f32, %b: f32, %c: f32, %g: f32, %x: f32, %y: f32): kernel.yield %a : f32 }
    key { ^bb0(%a: f32, %b: f32, %c: f32, %g: f32, %x: f32, %y: f32): kernel.yield %b : f32 }
    value { ^bb0(%a: f32, %b: f32, %c: f32, %g: f32, %x: f32, %y: f32): kernel.yield %c : f32 }
    gradient { ^bb0(%a: f32, %b: f32, %c: f32, %g: f32, %x: f32, %y: f32): kernel.yield %c : f32 }
    statistics { ^bb0(%a: f32, %b: f32, %c: f32, %g: f32, %x: f32, %y: f32): kernel.yield %x, %y : f32, f32 }
    query_grad { ^bb0(%a: f32, %b: f32, %c: f32, %g: f32, %x: f32, %y: f32, %sum: f32): kernel.yield %sum : f32 }
    key_grad { ^bb0(%a: f32, %b: f32, %c: f32, %g: f32, %x: f32, %y: f32, %sum: f32): kernel.yield %sum : f32 }
    value_grad { ^bb0(%a: f32, %b: f32, %c: f32, %g: f32, %x: f32, %y: f32, %sum: f32): kernel.yield %sum : f32 } -> tensor<5x8xf32>, tensor<7x8xf32>, tensor<7x6xf32>
  return
}

// -----

func.func @statistics_of_columns(%q: tensor<5x8xf32>, %k: tensor<7x8xf32>, %v: tensor<7x6xf32>, %g: tensor<5x6xf32>, %l: tensor<5xf32>, %m: tensor<5xf32>) {
  // expected-error @+1 {{statistics: expected no input whose map uses e, got input 3}}
  %r:3 = kernel.attend_grad dims [5, 6, 7, 8]
    ins(%q, %k, %v, %g, %l, %m : tensor<5x8xf32>, tensor<7x8xf32>, tensor<7x6xf32>, tensor<5x6xf32>, tensor<5xf32>, tensor<5xf32>)
    outs(%q, %k, %v : tensor<5x8xf32>, tensor<7x8xf32>, tensor<7x6xf32>)
    maps [affine_map<(s, e, t, d) -> (s, d)>, affine_map<(s, e, t, d) -> (t, d)>, affine_map<(s, e, t, d) -> (t, e)>, affine_map<(s, e, t, d) -> (s, e)>, affine_map<(s, e, t, d) -> (s)>, affine_map<(s, e, t, d) -> (s)>, affine_map<(s, e, t, d) -> (s, d)>, affine_map<(s, e, t, d) -> (t, d)>, affine_map<(s, e, t, d) -> (t, e)>]
    scale 0.5
    query { ^bb0(%a: f32, %b: f32, %c: f32, %g: f32, %x: f32, %y: f32): kernel.yield %a : f32 }
    key { ^bb0(%a: f32, %b: f32, %c: f32, %g: f32, %x: f32, %y: f32): kernel.yield %b : f32 }
    value { ^bb0(%a: f32, %b: f32, %c: f32, %g: f32, %x: f32, %y: f32): kernel.yield %c : f32 }
    gradient { ^bb0(%a: f32, %b: f32, %c: f32, %g: f32, %x: f32, %y: f32): kernel.yield %g : f32 }
    statistics { ^bb0(%a: f32, %b: f32, %c: f32, %g: f32, %x: f32, %y: f32): kernel.yield %x, %g : f32, f32 }
    query_grad { ^bb0(%a: f32, %b: f32, %c: f32, %g: f32, %x: f32, %y: f32, %sum: f32): kernel.yield %sum : f32 }
    key_grad { ^bb0(%a: f32, %b: f32, %c: f32, %g: f32, %x: f32, %y: f32, %sum: f32): kernel.yield %sum : f32 }
    value_grad { ^bb0(%a: f32, %b: f32, %c: f32, %g: f32, %x: f32, %y: f32, %sum: f32): kernel.yield %sum : f32 } -> tensor<5x8xf32>, tensor<7x8xf32>, tensor<7x6xf32>
  return
}

// -----

func.func @two_values(%q: tensor<5x8xf32>, %k: tensor<7x8xf32>, %v: tensor<7x6xf32>, %g: tensor<5x6xf32>, %l: tensor<5xf32>, %m: tensor<5xf32>) {
  // expected-error @+1 {{key_grad: expected one value, got 2}}
  %r:3 = kernel.attend_grad dims [5, 6, 7, 8]
    ins(%q, %k, %v, %g, %l, %m : tensor<5x8xf32>, tensor<7x8xf32>, tensor<7x6xf32>, tensor<5x6xf32>, tensor<5xf32>, tensor<5xf32>)
    outs(%q, %k, %v : tensor<5x8xf32>, tensor<7x8xf32>, tensor<7x6xf32>)
    maps [affine_map<(s, e, t, d) -> (s, d)>, affine_map<(s, e, t, d) -> (t, d)>, affine_map<(s, e, t, d) -> (t, e)>, affine_map<(s, e, t, d) -> (s, e)>, affine_map<(s, e, t, d) -> (s)>, affine_map<(s, e, t, d) -> (s)>, affine_map<(s, e, t, d) -> (s, d)>, affine_map<(s, e, t, d) -> (t, d)>, affine_map<(s, e, t, d) -> (t, e)>]
    scale 0.5
    query { ^bb0(%a: f32, %b: f32, %c: f32, %g: f32, %x: f32, %y: f32): kernel.yield %a : f32 }
    key { ^bb0(%a: f32, %b: f32, %c: f32, %g: f32, %x: f32, %y: f32): kernel.yield %b : f32 }
    value { ^bb0(%a: f32, %b: f32, %c: f32, %g: f32, %x: f32, %y: f32): kernel.yield %c : f32 }
    gradient { ^bb0(%a: f32, %b: f32, %c: f32, %g: f32, %x: f32, %y: f32): kernel.yield %g : f32 }
    statistics { ^bb0(%a: f32, %b: f32, %c: f32, %g: f32, %x: f32, %y: f32): kernel.yield %x, %y : f32, f32 }
    query_grad { ^bb0(%a: f32, %b: f32, %c: f32, %g: f32, %x: f32, %y: f32, %sum: f32): kernel.yield %sum : f32 }
    key_grad { ^bb0(%a: f32, %b: f32, %c: f32, %g: f32, %x: f32, %y: f32, %sum: f32): kernel.yield %sum, %sum : f32, f32 }
    value_grad { ^bb0(%a: f32, %b: f32, %c: f32, %g: f32, %x: f32, %y: f32, %sum: f32): kernel.yield %sum : f32 } -> tensor<5x8xf32>, tensor<7x8xf32>, tensor<7x6xf32>
  return
}

// -----

func.func @sums_of_rows(%q: tensor<5x8xf32>, %k: tensor<7x8xf32>, %v: tensor<7x6xf32>, %g: tensor<5x6xf32>, %l: tensor<5xf32>, %m: tensor<5xf32>) {
  // expected-error @+1 {{value_grad: expected no input whose map uses s, got input 3}}
  %r:3 = kernel.attend_grad dims [5, 6, 7, 8]
    ins(%q, %k, %v, %g, %l, %m : tensor<5x8xf32>, tensor<7x8xf32>, tensor<7x6xf32>, tensor<5x6xf32>, tensor<5xf32>, tensor<5xf32>)
    outs(%q, %k, %v : tensor<5x8xf32>, tensor<7x8xf32>, tensor<7x6xf32>)
    maps [affine_map<(s, e, t, d) -> (s, d)>, affine_map<(s, e, t, d) -> (t, d)>, affine_map<(s, e, t, d) -> (t, e)>, affine_map<(s, e, t, d) -> (s, e)>, affine_map<(s, e, t, d) -> (s)>, affine_map<(s, e, t, d) -> (s)>, affine_map<(s, e, t, d) -> (s, d)>, affine_map<(s, e, t, d) -> (t, d)>, affine_map<(s, e, t, d) -> (t, e)>]
    scale 0.5
    query { ^bb0(%a: f32, %b: f32, %c: f32, %g: f32, %x: f32, %y: f32): kernel.yield %a : f32 }
    key { ^bb0(%a: f32, %b: f32, %c: f32, %g: f32, %x: f32, %y: f32): kernel.yield %b : f32 }
    value { ^bb0(%a: f32, %b: f32, %c: f32, %g: f32, %x: f32, %y: f32): kernel.yield %c : f32 }
    gradient { ^bb0(%a: f32, %b: f32, %c: f32, %g: f32, %x: f32, %y: f32): kernel.yield %g : f32 }
    statistics { ^bb0(%a: f32, %b: f32, %c: f32, %g: f32, %x: f32, %y: f32): kernel.yield %x, %y : f32, f32 }
    query_grad { ^bb0(%a: f32, %b: f32, %c: f32, %g: f32, %x: f32, %y: f32, %sum: f32): kernel.yield %sum : f32 }
    key_grad { ^bb0(%a: f32, %b: f32, %c: f32, %g: f32, %x: f32, %y: f32, %sum: f32): kernel.yield %sum : f32 }
    value_grad { ^bb0(%a: f32, %b: f32, %c: f32, %g: f32, %x: f32, %y: f32, %sum: f32): kernel.yield %g : f32 } -> tensor<5x8xf32>, tensor<7x8xf32>, tensor<7x6xf32>
  return
}

// -----

func.func @out_type(%q: tensor<5x8xf32>, %k: tensor<7x8xf32>, %v: tensor<7x6xf32>, %g: tensor<5x6xf32>, %l: tensor<5xf32>, %m: tensor<5xf32>) {
  // expected-error @+1 {{query_grad: value 0: expected 'f32', got 'bf16'}}
  %r:3 = kernel.attend_grad dims [5, 6, 7, 8]
    ins(%q, %k, %v, %g, %l, %m : tensor<5x8xf32>, tensor<7x8xf32>, tensor<7x6xf32>, tensor<5x6xf32>, tensor<5xf32>, tensor<5xf32>)
    outs(%q, %k, %v : tensor<5x8xf32>, tensor<7x8xf32>, tensor<7x6xf32>)
    maps [affine_map<(s, e, t, d) -> (s, d)>, affine_map<(s, e, t, d) -> (t, d)>, affine_map<(s, e, t, d) -> (t, e)>, affine_map<(s, e, t, d) -> (s, e)>, affine_map<(s, e, t, d) -> (s)>, affine_map<(s, e, t, d) -> (s)>, affine_map<(s, e, t, d) -> (s, d)>, affine_map<(s, e, t, d) -> (t, d)>, affine_map<(s, e, t, d) -> (t, e)>]
    scale 0.5
    query { ^bb0(%a: f32, %b: f32, %c: f32, %g: f32, %x: f32, %y: f32): kernel.yield %a : f32 }
    key { ^bb0(%a: f32, %b: f32, %c: f32, %g: f32, %x: f32, %y: f32): kernel.yield %b : f32 }
    value { ^bb0(%a: f32, %b: f32, %c: f32, %g: f32, %x: f32, %y: f32): kernel.yield %c : f32 }
    gradient { ^bb0(%a: f32, %b: f32, %c: f32, %g: f32, %x: f32, %y: f32): kernel.yield %g : f32 }
    statistics { ^bb0(%a: f32, %b: f32, %c: f32, %g: f32, %x: f32, %y: f32): kernel.yield %x, %y : f32, f32 }
    query_grad { ^bb0(%a: f32, %b: f32, %c: f32, %g: f32, %x: f32, %y: f32, %sum: f32): 
      %z = arith.truncf %sum : f32 to bf16
      kernel.yield %z : bf16 }
    key_grad { ^bb0(%a: f32, %b: f32, %c: f32, %g: f32, %x: f32, %y: f32, %sum: f32): kernel.yield %sum : f32 }
    value_grad { ^bb0(%a: f32, %b: f32, %c: f32, %g: f32, %x: f32, %y: f32, %sum: f32): kernel.yield %sum : f32 } -> tensor<5x8xf32>, tensor<7x8xf32>, tensor<7x6xf32>
  return
}

// -----

func.func @out_of_rows(%q: tensor<5x8xf32>, %k: tensor<7x8xf32>, %v: tensor<7x6xf32>, %g: tensor<5x6xf32>, %l: tensor<5xf32>, %m: tensor<5xf32>) {
  // expected-error @+1 {{map of out 1: expected no use of the reduced dimension 0, got}}
  %r:3 = kernel.attend_grad dims [5, 6, 7, 8]
    ins(%q, %k, %v, %g, %l, %m : tensor<5x8xf32>, tensor<7x8xf32>, tensor<7x6xf32>, tensor<5x6xf32>, tensor<5xf32>, tensor<5xf32>)
    outs(%q, %k, %v : tensor<5x8xf32>, tensor<7x8xf32>, tensor<7x6xf32>)
    maps [affine_map<(s, e, t, d) -> (s, d)>, affine_map<(s, e, t, d) -> (t, d)>, affine_map<(s, e, t, d) -> (t, e)>, affine_map<(s, e, t, d) -> (s, e)>, affine_map<(s, e, t, d) -> (s)>, affine_map<(s, e, t, d) -> (s)>, affine_map<(s, e, t, d) -> (s, d)>, affine_map<(s, e, t, d) -> (t, (s + d) mod 8)>, affine_map<(s, e, t, d) -> (t, e)>]
    scale 0.5
    query { ^bb0(%a: f32, %b: f32, %c: f32, %g: f32, %x: f32, %y: f32): kernel.yield %a : f32 }
    key { ^bb0(%a: f32, %b: f32, %c: f32, %g: f32, %x: f32, %y: f32): kernel.yield %b : f32 }
    value { ^bb0(%a: f32, %b: f32, %c: f32, %g: f32, %x: f32, %y: f32): kernel.yield %c : f32 }
    gradient { ^bb0(%a: f32, %b: f32, %c: f32, %g: f32, %x: f32, %y: f32): kernel.yield %g : f32 }
    statistics { ^bb0(%a: f32, %b: f32, %c: f32, %g: f32, %x: f32, %y: f32): kernel.yield %x, %y : f32, f32 }
    query_grad { ^bb0(%a: f32, %b: f32, %c: f32, %g: f32, %x: f32, %y: f32, %sum: f32): kernel.yield %sum : f32 }
    key_grad { ^bb0(%a: f32, %b: f32, %c: f32, %g: f32, %x: f32, %y: f32, %sum: f32): kernel.yield %sum : f32 }
    value_grad { ^bb0(%a: f32, %b: f32, %c: f32, %g: f32, %x: f32, %y: f32, %sum: f32): kernel.yield %sum : f32 } -> tensor<5x8xf32>, tensor<7x8xf32>, tensor<7x6xf32>
  return
}

// -----

func.func @out_without_keys(%q: tensor<5x8xf32>, %k: tensor<7x8xf32>, %v: tensor<7x6xf32>, %g: tensor<5x6xf32>, %l: tensor<5xf32>, %m: tensor<5xf32>) {
  // expected-error @+1 {{map of out 2: expected each point to have its own element; dimension 2 is not used by}}
  %r:3 = kernel.attend_grad dims [5, 6, 7, 8]
    ins(%q, %k, %v, %g, %l, %m : tensor<5x8xf32>, tensor<7x8xf32>, tensor<7x6xf32>, tensor<5x6xf32>, tensor<5xf32>, tensor<5xf32>)
    outs(%q, %k, %v : tensor<5x8xf32>, tensor<7x8xf32>, tensor<7x6xf32>)
    maps [affine_map<(s, e, t, d) -> (s, d)>, affine_map<(s, e, t, d) -> (t, d)>, affine_map<(s, e, t, d) -> (t, e)>, affine_map<(s, e, t, d) -> (s, e)>, affine_map<(s, e, t, d) -> (s)>, affine_map<(s, e, t, d) -> (s)>, affine_map<(s, e, t, d) -> (s, d)>, affine_map<(s, e, t, d) -> (t, d)>, affine_map<(s, e, t, d) -> (0, e)>]
    scale 0.5
    query { ^bb0(%a: f32, %b: f32, %c: f32, %g: f32, %x: f32, %y: f32): kernel.yield %a : f32 }
    key { ^bb0(%a: f32, %b: f32, %c: f32, %g: f32, %x: f32, %y: f32): kernel.yield %b : f32 }
    value { ^bb0(%a: f32, %b: f32, %c: f32, %g: f32, %x: f32, %y: f32): kernel.yield %c : f32 }
    gradient { ^bb0(%a: f32, %b: f32, %c: f32, %g: f32, %x: f32, %y: f32): kernel.yield %g : f32 }
    statistics { ^bb0(%a: f32, %b: f32, %c: f32, %g: f32, %x: f32, %y: f32): kernel.yield %x, %y : f32, f32 }
    query_grad { ^bb0(%a: f32, %b: f32, %c: f32, %g: f32, %x: f32, %y: f32, %sum: f32): kernel.yield %sum : f32 }
    key_grad { ^bb0(%a: f32, %b: f32, %c: f32, %g: f32, %x: f32, %y: f32, %sum: f32): kernel.yield %sum : f32 }
    value_grad { ^bb0(%a: f32, %b: f32, %c: f32, %g: f32, %x: f32, %y: f32, %sum: f32): kernel.yield %sum : f32 } -> tensor<5x8xf32>, tensor<7x8xf32>, tensor<7x6xf32>
  return
}
