// RUN: moec-opt %s -split-input-file -verify-diagnostics

func.func @dims(%q: tensor<5x8xf32>, %k: tensor<7x8xf32>, %v: tensor<7x6xf32>, %o: tensor<5x6xf32>) {
  // expected-error @+1 {{expected dims [groups..., s, e, t, d], got 3 dims}}
  %y = kernel.attend dims [5, 6, 8]
    ins(%q, %k, %v : tensor<5x8xf32>, tensor<7x8xf32>, tensor<7x6xf32>) outs(%o : tensor<5x6xf32>)
    maps [affine_map<(s, e, d) -> (s, d)>, affine_map<(s, e, d) -> (0, d)>, affine_map<(s, e, d) -> (0, e)>, affine_map<(s, e, d) -> (s, e)>]
    scale 0.5
    query { ^bb0(%a: f32, %b: f32, %c: f32): kernel.yield %a : f32 }
    key { ^bb0(%a: f32, %b: f32, %c: f32): kernel.yield %b : f32 }
    value { ^bb0(%a: f32, %b: f32, %c: f32): kernel.yield %c : f32 }
    epilogue { ^bb0(%a: f32, %b: f32, %c: f32, %acc: f32): kernel.yield %acc : f32 } -> tensor<5x6xf32>
  return
}

// -----

func.func @inputs(%q: tensor<5x8xf32>, %k: tensor<7x8xf32>, %v: tensor<7x6xf32>, %o: tensor<5x6xf32>) {
  // expected-error @+1 {{expected at least 3 inputs, query, key and value, got 2}}
  %y = kernel.attend dims [5, 6, 7, 8]
    ins(%q, %k : tensor<5x8xf32>, tensor<7x8xf32>) outs(%o : tensor<5x6xf32>)
    maps [affine_map<(s, e, t, d) -> (s, d)>, affine_map<(s, e, t, d) -> (t, d)>, affine_map<(s, e, t, d) -> (s, e)>]
    scale 0.5
    query { ^bb0(%a: f32, %b: f32): kernel.yield %a : f32 }
    key { ^bb0(%a: f32, %b: f32): kernel.yield %b : f32 }
    value { ^bb0(%a: f32, %b: f32): kernel.yield %b : f32 }
    epilogue { ^bb0(%a: f32, %b: f32, %acc: f32): kernel.yield %acc : f32 } -> tensor<5x6xf32>
  return
}

// -----

func.func @scale(%q: tensor<5x8xf32>, %k: tensor<7x8xf32>, %v: tensor<7x6xf32>, %o: tensor<5x6xf32>) {
  // expected-error @+1 {{expected a finite scale, got}}
  %y = kernel.attend dims [5, 6, 7, 8]
    ins(%q, %k, %v : tensor<5x8xf32>, tensor<7x8xf32>, tensor<7x6xf32>) outs(%o : tensor<5x6xf32>)
    maps [affine_map<(s, e, t, d) -> (s, d)>, affine_map<(s, e, t, d) -> (t, d)>, affine_map<(s, e, t, d) -> (t, e)>, affine_map<(s, e, t, d) -> (s, e)>]
    scale 0x7FF0000000000000
    query { ^bb0(%a: f32, %b: f32, %c: f32): kernel.yield %a : f32 }
    key { ^bb0(%a: f32, %b: f32, %c: f32): kernel.yield %b : f32 }
    value { ^bb0(%a: f32, %b: f32, %c: f32): kernel.yield %c : f32 }
    epilogue { ^bb0(%a: f32, %b: f32, %c: f32, %acc: f32): kernel.yield %acc : f32 } -> tensor<5x6xf32>
  return
}

// -----

func.func @no_value(%q: tensor<5x8xf32>, %k: tensor<7x8xf32>, %v: tensor<7x6xf32>, %o: tensor<5x6xf32>) {
  // expected-error @+1 {{key: expected one value of f32 or bf16, got 0 values}}
  %y = kernel.attend dims [5, 6, 7, 8]
    ins(%q, %k, %v : tensor<5x8xf32>, tensor<7x8xf32>, tensor<7x6xf32>) outs(%o : tensor<5x6xf32>)
    maps [affine_map<(s, e, t, d) -> (s, d)>, affine_map<(s, e, t, d) -> (t, d)>, affine_map<(s, e, t, d) -> (t, e)>, affine_map<(s, e, t, d) -> (s, e)>]
    scale 0.5
    query { ^bb0(%a: f32, %b: f32, %c: f32): kernel.yield %a : f32 }
    key { ^bb0(%a: f32, %b: f32, %c: f32): kernel.yield }
    value { ^bb0(%a: f32, %b: f32, %c: f32): kernel.yield %c : f32 }
    epilogue { ^bb0(%a: f32, %b: f32, %c: f32, %acc: f32): kernel.yield %acc : f32 } -> tensor<5x6xf32>
  return
}

// -----

func.func @types(%q: tensor<5x8xf32>, %k: tensor<7x8xf32>, %v: tensor<7x6xbf16>, %o: tensor<5x6xf32>) {
  // expected-error @+1 {{expected query and value of one type, got 'f32' and 'bf16'}}
  %y = kernel.attend dims [5, 6, 7, 8]
    ins(%q, %k, %v : tensor<5x8xf32>, tensor<7x8xf32>, tensor<7x6xbf16>) outs(%o : tensor<5x6xf32>)
    maps [affine_map<(s, e, t, d) -> (s, d)>, affine_map<(s, e, t, d) -> (t, d)>, affine_map<(s, e, t, d) -> (t, e)>, affine_map<(s, e, t, d) -> (s, e)>]
    scale 0.5
    query { ^bb0(%a: f32, %b: f32, %c: bf16): kernel.yield %a : f32 }
    key { ^bb0(%a: f32, %b: f32, %c: bf16): kernel.yield %b : f32 }
    value { ^bb0(%a: f32, %b: f32, %c: bf16): kernel.yield %c : bf16 }
    epilogue { ^bb0(%a: f32, %b: f32, %c: bf16, %acc: f32): kernel.yield %acc : f32 } -> tensor<5x6xf32>
  return
}

// -----

func.func @query_of_keys(%q: tensor<5x8xf32>, %k: tensor<7x8xf32>, %v: tensor<7x6xf32>, %o: tensor<5x6xf32>) {
  // expected-error @+1 {{query: expected no input whose map uses t, got input 1}}
  %y = kernel.attend dims [5, 6, 7, 8]
    ins(%q, %k, %v : tensor<5x8xf32>, tensor<7x8xf32>, tensor<7x6xf32>) outs(%o : tensor<5x6xf32>)
    maps [affine_map<(s, e, t, d) -> (s, d)>, affine_map<(s, e, t, d) -> (t, d)>, affine_map<(s, e, t, d) -> (t, e)>, affine_map<(s, e, t, d) -> (s, e)>]
    scale 0.5
    query { ^bb0(%a: f32, %b: f32, %c: f32): kernel.yield %b : f32 }
    key { ^bb0(%a: f32, %b: f32, %c: f32): kernel.yield %b : f32 }
    value { ^bb0(%a: f32, %b: f32, %c: f32): kernel.yield %c : f32 }
    epilogue { ^bb0(%a: f32, %b: f32, %c: f32, %acc: f32): kernel.yield %acc : f32 } -> tensor<5x6xf32>
  return
}

// -----

func.func @key_of_rows(%q: tensor<5x8xf32>, %k: tensor<7x8xf32>, %v: tensor<7x6xf32>, %o: tensor<5x6xf32>) {
  // expected-error @+1 {{key: expected no input whose map uses s, got input 0}}
  %y = kernel.attend dims [5, 6, 7, 8]
    ins(%q, %k, %v : tensor<5x8xf32>, tensor<7x8xf32>, tensor<7x6xf32>) outs(%o : tensor<5x6xf32>)
    maps [affine_map<(s, e, t, d) -> (s, d)>, affine_map<(s, e, t, d) -> (t, d)>, affine_map<(s, e, t, d) -> (t, e)>, affine_map<(s, e, t, d) -> (s, e)>]
    scale 0.5
    query { ^bb0(%a: f32, %b: f32, %c: f32): kernel.yield %a : f32 }
    key { ^bb0(%a: f32, %b: f32, %c: f32): kernel.yield %a : f32 }
    value { ^bb0(%a: f32, %b: f32, %c: f32): kernel.yield %c : f32 }
    epilogue { ^bb0(%a: f32, %b: f32, %c: f32, %acc: f32): kernel.yield %acc : f32 } -> tensor<5x6xf32>
  return
}

// -----

func.func @value_of_depth(%q: tensor<5x8xf32>, %k: tensor<7x8xf32>, %v: tensor<7x6xf32>, %o: tensor<5x6xf32>) {
  // expected-error @+1 {{value: expected no input whose map uses d, got input 1}}
  %y = kernel.attend dims [5, 6, 7, 8]
    ins(%q, %k, %v : tensor<5x8xf32>, tensor<7x8xf32>, tensor<7x6xf32>) outs(%o : tensor<5x6xf32>)
    maps [affine_map<(s, e, t, d) -> (s, d)>, affine_map<(s, e, t, d) -> (t, d)>, affine_map<(s, e, t, d) -> (t, e)>, affine_map<(s, e, t, d) -> (s, e)>]
    scale 0.5
    query { ^bb0(%a: f32, %b: f32, %c: f32): kernel.yield %a : f32 }
    key { ^bb0(%a: f32, %b: f32, %c: f32): kernel.yield %b : f32 }
    value { ^bb0(%a: f32, %b: f32, %c: f32): kernel.yield %b : f32 }
    epilogue { ^bb0(%a: f32, %b: f32, %c: f32, %acc: f32): kernel.yield %acc : f32 } -> tensor<5x6xf32>
  return
}

// -----

func.func @epilogue_of_keys(%q: tensor<5x8xf32>, %k: tensor<7x8xf32>, %v: tensor<7x6xf32>, %o: tensor<5x6xf32>) {
  // expected-error @+1 {{epilogue: expected no input whose map uses t, got input 2}}
  %y = kernel.attend dims [5, 6, 7, 8]
    ins(%q, %k, %v : tensor<5x8xf32>, tensor<7x8xf32>, tensor<7x6xf32>) outs(%o : tensor<5x6xf32>)
    maps [affine_map<(s, e, t, d) -> (s, d)>, affine_map<(s, e, t, d) -> (t, d)>, affine_map<(s, e, t, d) -> (t, e)>, affine_map<(s, e, t, d) -> (s, e)>]
    scale 0.5
    query { ^bb0(%a: f32, %b: f32, %c: f32): kernel.yield %a : f32 }
    key { ^bb0(%a: f32, %b: f32, %c: f32): kernel.yield %b : f32 }
    value { ^bb0(%a: f32, %b: f32, %c: f32): kernel.yield %c : f32 }
    epilogue { ^bb0(%a: f32, %b: f32, %c: f32, %acc: f32): %z = arith.addf %c, %acc : f32
      kernel.yield %z : f32 } -> tensor<5x6xf32>
  return
}

// -----

func.func @epilogue_arguments(%q: tensor<5x8xf32>, %k: tensor<7x8xf32>, %v: tensor<7x6xf32>, %o: tensor<5x6xf32>) {
  // expected-error @+1 {{epilogue: expected 4 arguments, got 3}}
  %y = kernel.attend dims [5, 6, 7, 8]
    ins(%q, %k, %v : tensor<5x8xf32>, tensor<7x8xf32>, tensor<7x6xf32>) outs(%o : tensor<5x6xf32>)
    maps [affine_map<(s, e, t, d) -> (s, d)>, affine_map<(s, e, t, d) -> (t, d)>, affine_map<(s, e, t, d) -> (t, e)>, affine_map<(s, e, t, d) -> (s, e)>]
    scale 0.5
    query { ^bb0(%a: f32, %b: f32, %c: f32): kernel.yield %a : f32 }
    key { ^bb0(%a: f32, %b: f32, %c: f32): kernel.yield %b : f32 }
    value { ^bb0(%a: f32, %b: f32, %c: f32): kernel.yield %c : f32 }
    epilogue { ^bb0(%a: f32, %b: f32, %c: f32): kernel.yield %a : f32 } -> tensor<5x6xf32>
  return
}

// -----

func.func @no_result(%q: tensor<5x8xf32>, %k: tensor<7x8xf32>, %v: tensor<7x6xf32>, %o: tensor<5x6xf32>) {
  // expected-error @+1 {{epilogue: expected a value for each of the 1 outs, or all but the last, got 0}}
  %y = kernel.attend dims [5, 6, 7, 8]
    ins(%q, %k, %v : tensor<5x8xf32>, tensor<7x8xf32>, tensor<7x6xf32>) outs(%o : tensor<5x6xf32>)
    maps [affine_map<(s, e, t, d) -> (s, d)>, affine_map<(s, e, t, d) -> (t, d)>, affine_map<(s, e, t, d) -> (t, e)>, affine_map<(s, e, t, d) -> (s, e)>]
    scale 0.5
    query { ^bb0(%a: f32, %b: f32, %c: f32): kernel.yield %a : f32 }
    key { ^bb0(%a: f32, %b: f32, %c: f32): kernel.yield %b : f32 }
    value { ^bb0(%a: f32, %b: f32, %c: f32): kernel.yield %c : f32 }
    epilogue { ^bb0(%a: f32, %b: f32, %c: f32, %acc: f32): kernel.yield } -> tensor<5x6xf32>
  return
}

// -----

func.func @too_few(%q: tensor<5x8xf32>, %k: tensor<7x8xf32>, %v: tensor<7x6xf32>, %o: tensor<5x6xf32>, %p: tensor<5x6xf32>, %l: tensor<5xf32>) {
  // expected-error @+1 {{epilogue: expected a value for each of the 3 outs, or all but the last, got 1}}
  %y:3 = kernel.attend dims [5, 6, 7, 8]
    ins(%q, %k, %v : tensor<5x8xf32>, tensor<7x8xf32>, tensor<7x6xf32>) outs(%o, %p, %l : tensor<5x6xf32>, tensor<5x6xf32>, tensor<5xf32>)
    maps [affine_map<(s, e, t, d) -> (s, d)>, affine_map<(s, e, t, d) -> (t, d)>, affine_map<(s, e, t, d) -> (t, e)>, affine_map<(s, e, t, d) -> (s, e)>, affine_map<(s, e, t, d) -> (s, e)>, affine_map<(s, e, t, d) -> (s)>]
    scale 0.5
    query { ^bb0(%a: f32, %b: f32, %c: f32): kernel.yield %a : f32 }
    key { ^bb0(%a: f32, %b: f32, %c: f32): kernel.yield %b : f32 }
    value { ^bb0(%a: f32, %b: f32, %c: f32): kernel.yield %c : f32 }
    epilogue { ^bb0(%a: f32, %b: f32, %c: f32, %acc: f32): kernel.yield %acc : f32 } -> tensor<5x6xf32>, tensor<5x6xf32>, tensor<5xf32>
  return
}

// -----

func.func @one_row(%q: tensor<5x8xf32>, %k: tensor<7x8xf32>, %v: tensor<7x6xf32>, %o: tensor<5x6xf32>) {
  // expected-error @+1 {{map of out 0: expected each point to have its own element; dimension 0 is not used by affine_map<(d0, d1, d2, d3) -> (0, d1)>}}
  %y = kernel.attend dims [5, 6, 7, 8]
    ins(%q, %k, %v : tensor<5x8xf32>, tensor<7x8xf32>, tensor<7x6xf32>) outs(%o : tensor<5x6xf32>)
    maps [affine_map<(s, e, t, d) -> (s, d)>, affine_map<(s, e, t, d) -> (t, d)>, affine_map<(s, e, t, d) -> (t, e)>, affine_map<(s, e, t, d) -> (0, e)>]
    scale 0.5
    query { ^bb0(%a: f32, %b: f32, %c: f32): kernel.yield %a : f32 }
    key { ^bb0(%a: f32, %b: f32, %c: f32): kernel.yield %b : f32 }
    value { ^bb0(%a: f32, %b: f32, %c: f32): kernel.yield %c : f32 }
    epilogue { ^bb0(%a: f32, %b: f32, %c: f32, %acc: f32): kernel.yield %acc : f32 } -> tensor<5x6xf32>
  return
}

// -----

func.func @statistic_type(%q: tensor<5x8xf32>, %k: tensor<7x8xf32>, %v: tensor<7x6xf32>, %o: tensor<5x6xf32>, %l: tensor<5xbf16>) {
  // expected-error @+1 {{statistic: value 0: expected 'bf16', got 'f32'}}
  %y:2 = kernel.attend dims [5, 6, 7, 8]
    ins(%q, %k, %v : tensor<5x8xf32>, tensor<7x8xf32>, tensor<7x6xf32>) outs(%o, %l : tensor<5x6xf32>, tensor<5xbf16>)
    maps [affine_map<(s, e, t, d) -> (s, d)>, affine_map<(s, e, t, d) -> (t, d)>, affine_map<(s, e, t, d) -> (t, e)>, affine_map<(s, e, t, d) -> (s, e)>, affine_map<(s, e, t, d) -> (s)>]
    scale 0.5
    query { ^bb0(%a: f32, %b: f32, %c: f32): kernel.yield %a : f32 }
    key { ^bb0(%a: f32, %b: f32, %c: f32): kernel.yield %b : f32 }
    value { ^bb0(%a: f32, %b: f32, %c: f32): kernel.yield %c : f32 }
    epilogue { ^bb0(%a: f32, %b: f32, %c: f32, %acc: f32): kernel.yield %acc : f32 } -> tensor<5x6xf32>, tensor<5xbf16>
  return
}

// -----

func.func @statistic_of_columns(%q: tensor<5x8xf32>, %k: tensor<7x8xf32>, %v: tensor<7x6xf32>, %o: tensor<5x6xf32>, %l: tensor<5x6xf32>) {
  // expected-error @+1 {{map of out 1: expected no use of the reduced dimension 1, got affine_map<(d0, d1, d2, d3) -> (d0, d1)>}}
  %y:2 = kernel.attend dims [5, 6, 7, 8]
    ins(%q, %k, %v : tensor<5x8xf32>, tensor<7x8xf32>, tensor<7x6xf32>) outs(%o, %l : tensor<5x6xf32>, tensor<5x6xf32>)
    maps [affine_map<(s, e, t, d) -> (s, d)>, affine_map<(s, e, t, d) -> (t, d)>, affine_map<(s, e, t, d) -> (t, e)>, affine_map<(s, e, t, d) -> (s, e)>, affine_map<(s, e, t, d) -> (s, e)>]
    scale 0.5
    query { ^bb0(%a: f32, %b: f32, %c: f32): kernel.yield %a : f32 }
    key { ^bb0(%a: f32, %b: f32, %c: f32): kernel.yield %b : f32 }
    value { ^bb0(%a: f32, %b: f32, %c: f32): kernel.yield %c : f32 }
    epilogue { ^bb0(%a: f32, %b: f32, %c: f32, %acc: f32): kernel.yield %acc : f32 } -> tensor<5x6xf32>, tensor<5x6xf32>
  return
}
