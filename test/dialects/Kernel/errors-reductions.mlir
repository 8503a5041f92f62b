// RUN: moec-opt %s -split-input-file -verify-diagnostics

#l = affine_map<(m, n) -> (m, n)>
func.func @contract_dims(%x: tensor<4x6xf32>, %e: tensor<4x6xf32>) {
  // expected-error @+1 {{expected dims [groups..., m, n, k], got 2 dims}}
  %y = kernel.contract dims [4, 6] ins(%x, %x : tensor<4x6xf32>, tensor<4x6xf32>) outs(%e : tensor<4x6xf32>) maps [#l, #l, #l]
    lhs { ^bb0(%a: f32, %b: f32): kernel.yield %a : f32 }
    rhs { ^bb0(%a: f32, %b: f32): kernel.yield %b : f32 }
    epilogue { ^bb0(%a: f32, %b: f32, %s: f32): kernel.yield %s : f32 } -> tensor<4x6xf32>
  return
}

// -----

#l = affine_map<(m, n, k) -> (m, k)>
#o = affine_map<(m, n, k) -> (m, n)>
func.func @contract_inputs(%x: tensor<4x6xf32>, %e: tensor<4x5xf32>) {
  // expected-error @+1 {{expected at least 2 inputs, the left and the right operand, got 1}}
  %y = kernel.contract dims [4, 5, 6] ins(%x : tensor<4x6xf32>) outs(%e : tensor<4x5xf32>) maps [#l, #o]
    lhs { ^bb0(%a: f32): kernel.yield %a : f32 }
    rhs { ^bb0(%a: f32): kernel.yield %a : f32 }
    epilogue { ^bb0(%a: f32, %s: f32): kernel.yield %s : f32 } -> tensor<4x5xf32>
  return
}

// -----

#l = affine_map<(g, m, n, k) -> (m, k)>
#r = affine_map<(g, m, n, k) -> (k, n)>
#o = affine_map<(g, m, n, k) -> (m, n)>
#p = affine_map<(g, m, n, k) -> (g)>
func.func @contract_ragged(%x: tensor<4x6xf32>, %w: tensor<6x5xf32>, %p: tensor<3xi32>, %e: tensor<4x5xf32>) {
  // expected-error @+1 {{expected m or k of groups as ragged dimension, got dimension 2 of 4}}
  %y = kernel.contract dims [2, 4, 5, 6] ins(%x, %w, %p : tensor<4x6xf32>, tensor<6x5xf32>, tensor<3xi32>) outs(%e : tensor<4x5xf32>)
    maps [#l, #r, #p, #o] ragged 2 by 2
    lhs { ^bb0(%a: f32, %b: f32, %i: i32): kernel.yield %a : f32 }
    rhs { ^bb0(%a: f32, %b: f32, %i: i32): kernel.yield %b : f32 }
    epilogue { ^bb0(%a: f32, %b: f32, %i: i32, %s: f32): kernel.yield %s : f32 } -> tensor<4x5xf32>
  return
}

// -----

#l = affine_map<(m, n, k) -> (m, k)>
#r = affine_map<(m, n, k) -> (k, n)>
#o = affine_map<(m, n, k) -> (m, n)>
func.func @contract_yield(%x: tensor<4x6xf32>, %w: tensor<6x5xf32>, %e: tensor<4x5xf32>) {
  // expected-error @+1 {{lhs: expected one value of f32 or bf16, got 2 values}}
  %y = kernel.contract dims [4, 5, 6] ins(%x, %w : tensor<4x6xf32>, tensor<6x5xf32>) outs(%e : tensor<4x5xf32>) maps [#l, #r, #o]
    lhs { ^bb0(%a: f32, %b: f32): kernel.yield %a, %a : f32, f32 }
    rhs { ^bb0(%a: f32, %b: f32): kernel.yield %b : f32 }
    epilogue { ^bb0(%a: f32, %b: f32, %s: f32): kernel.yield %s : f32 } -> tensor<4x5xf32>
  return
}

// -----

#l = affine_map<(m, n, k) -> (m, k)>
#r = affine_map<(m, n, k) -> (k, n)>
#o = affine_map<(m, n, k) -> (m, n)>
func.func @contract_types(%x: tensor<4x6xf32>, %w: tensor<6x5xbf16>, %e: tensor<4x5xf32>) {
  // expected-error @+1 {{expected lhs and rhs of one type, got 'f32' and 'bf16'}}
  %y = kernel.contract dims [4, 5, 6] ins(%x, %w : tensor<4x6xf32>, tensor<6x5xbf16>) outs(%e : tensor<4x5xf32>) maps [#l, #r, #o]
    lhs { ^bb0(%a: f32, %b: bf16): kernel.yield %a : f32 }
    rhs { ^bb0(%a: f32, %b: bf16): kernel.yield %b : bf16 }
    epilogue { ^bb0(%a: f32, %b: bf16, %s: f32): kernel.yield %s : f32 } -> tensor<4x5xf32>
  return
}

// -----

#l = affine_map<(m, n, k) -> (m, k)>
#r = affine_map<(m, n, k) -> (k, n)>
#o = affine_map<(m, n, k) -> (m, n)>
func.func @contract_double(%x: tensor<4x6xf32>, %w: tensor<6x5xf32>, %e: tensor<4x5xf32>) {
  // expected-error @+1 {{rhs: expected a value of f32 or bf16, got 'f64'}}
  %y = kernel.contract dims [4, 5, 6] ins(%x, %w : tensor<4x6xf32>, tensor<6x5xf32>) outs(%e : tensor<4x5xf32>) maps [#l, #r, #o]
    lhs { ^bb0(%a: f32, %b: f32): kernel.yield %a : f32 }
    rhs { ^bb0(%a: f32, %b: f32): %d = arith.extf %b : f32 to f64
      kernel.yield %d : f64 }
    epilogue { ^bb0(%a: f32, %b: f32, %s: f32): kernel.yield %s : f32 } -> tensor<4x5xf32>
  return
}

// -----

#l = affine_map<(m, n, k) -> (m, k)>
#r = affine_map<(m, n, k) -> (k, n)>
#o = affine_map<(m, n, k) -> (m, n)>
func.func @contract_sum_type(%x: tensor<4x6xbf16>, %w: tensor<6x5xbf16>, %e: tensor<4x5xbf16>) {
  // expected-error @+1 {{epilogue: argument 2: expected 'f32', got 'bf16'}}
  %y = kernel.contract dims [4, 5, 6] ins(%x, %w : tensor<4x6xbf16>, tensor<6x5xbf16>) outs(%e : tensor<4x5xbf16>) maps [#l, #r, #o]
    lhs { ^bb0(%a: bf16, %b: bf16): kernel.yield %a : bf16 }
    rhs { ^bb0(%a: bf16, %b: bf16): kernel.yield %b : bf16 }
    epilogue { ^bb0(%a: bf16, %b: bf16, %s: bf16): kernel.yield %s : bf16 } -> tensor<4x5xbf16>
  return
}

// -----

#l = affine_map<(m, n, k) -> (m, k)>
#r = affine_map<(m, n, k) -> (k, n)>
#o = affine_map<(m, n, k) -> (m, n)>
func.func @contract_accumulator(%x: tensor<4x6xf32>, %w: tensor<6x5xf32>, %e: tensor<4x5xf32>) {
  // expected-error @+1 {{epilogue: expected 3 arguments, got 2}}
  %y = kernel.contract dims [4, 5, 6] ins(%x, %w : tensor<4x6xf32>, tensor<6x5xf32>) outs(%e : tensor<4x5xf32>) maps [#l, #r, #o]
    lhs { ^bb0(%a: f32, %b: f32): kernel.yield %a : f32 }
    rhs { ^bb0(%a: f32, %b: f32): kernel.yield %b : f32 }
    epilogue { ^bb0(%a: f32, %b: f32): kernel.yield %a : f32 } -> tensor<4x5xf32>
  return
}

// -----

#l = affine_map<(m, n, k) -> (m, k)>
#r = affine_map<(m, n, k) -> (k, n)>
#o = affine_map<(m, n, k) -> (m, n)>
func.func @contract_stores(%x: tensor<4x6xf32>, %w: tensor<6x5xf32>, %e: tensor<4x5xf32>) {
  // expected-error @+1 {{epilogue: expected 1 values, one per out, got 0}}
  %y = kernel.contract dims [4, 5, 6] ins(%x, %w : tensor<4x6xf32>, tensor<6x5xf32>) outs(%e : tensor<4x5xf32>) maps [#l, #r, #o]
    lhs { ^bb0(%a: f32, %b: f32): kernel.yield %a : f32 }
    rhs { ^bb0(%a: f32, %b: f32): kernel.yield %b : f32 }
    epilogue { ^bb0(%a: f32, %b: f32, %s: f32): kernel.yield } -> tensor<4x5xf32>
  return
}

// -----

#l = affine_map<(m, n, k) -> (m, k)>
#r = affine_map<(m, n, k) -> (k, n)>
#o = affine_map<(m, n, k) -> (m, n)>
func.func @lhs_uses_n(%x: tensor<4x6xf32>, %w: tensor<6x5xf32>, %e: tensor<4x5xf32>) {
  // expected-error @+1 {{lhs: expected no input whose map uses n, got input 1}}
  %y = kernel.contract dims [4, 5, 6] ins(%x, %w : tensor<4x6xf32>, tensor<6x5xf32>) outs(%e : tensor<4x5xf32>) maps [#l, #r, #o]
    lhs { ^bb0(%a: f32, %b: f32): %c = arith.mulf %a, %b : f32
      kernel.yield %c : f32 }
    rhs { ^bb0(%a: f32, %b: f32): kernel.yield %b : f32 }
    epilogue { ^bb0(%a: f32, %b: f32, %s: f32): kernel.yield %s : f32 } -> tensor<4x5xf32>
  return
}

// -----

#l = affine_map<(m, n, k) -> (m, k)>
#r = affine_map<(m, n, k) -> (0, n)>
#i = affine_map<(m, n, k) -> (m)>
#o = affine_map<(m, n, k) -> (m, n)>
func.func @rhs_gathers_by_m(%x: tensor<4x6xf32>, %w: tensor<6x5xf32>, %n: tensor<4xi32>, %e: tensor<4x5xf32>) {
  // expected-error @+1 {{rhs: expected no input whose map uses m, got input 1}}
  %y = kernel.contract dims [4, 5, 6] ins(%x, %w, %n : tensor<4x6xf32>, tensor<6x5xf32>, tensor<4xi32>) outs(%e : tensor<4x5xf32>)
    maps [#l, #r, #i, #o] gathers [-1, 2, -1]
    lhs { ^bb0(%a: f32, %b: f32, %i: i32): kernel.yield %a : f32 }
    rhs { ^bb0(%a: f32, %b: f32, %i: i32): kernel.yield %b : f32 }
    epilogue { ^bb0(%a: f32, %b: f32, %i: i32, %s: f32): kernel.yield %s : f32 } -> tensor<4x5xf32>
  return
}

// -----

#l = affine_map<(m, n, k) -> (m, k)>
#r = affine_map<(m, n, k) -> (k, n)>
#o = affine_map<(m, n, k) -> (m, n)>
func.func @epilogue_index(%x: tensor<4x6xf32>, %w: tensor<6x5xf32>, %e: tensor<4x5xf32>) {
  // expected-error @+1 {{epilogue: expected no kernel.index of k, got one}}
  %y = kernel.contract dims [4, 5, 6] ins(%x, %w : tensor<4x6xf32>, tensor<6x5xf32>) outs(%e : tensor<4x5xf32>) maps [#l, #r, #o]
    lhs { ^bb0(%a: f32, %b: f32): kernel.yield %a : f32 }
    rhs { ^bb0(%a: f32, %b: f32): kernel.yield %b : f32 }
    epilogue { ^bb0(%a: f32, %b: f32, %s: f32):
      %k = kernel.index affine_map<(m, n, k) -> (m + k)> : i32
      kernel.yield %s : f32 } -> tensor<4x5xf32>
  return
}

// -----

#l = affine_map<(m, n, k) -> (m, k)>
#r = affine_map<(m, n, k) -> (k, n)>
#o = affine_map<(m, n, k) -> (m, n + k)>
func.func @out_uses_k(%x: tensor<4x6xf32>, %w: tensor<6x5xf32>, %e: tensor<4x11xf32>) {
  // expected-error @+1 {{map of out 0: expected no use of the reduced dimension 2, got affine_map<(d0, d1, d2) -> (d0, d1 + d2)>}}
  %y = kernel.contract dims [4, 5, 6] ins(%x, %w : tensor<4x6xf32>, tensor<6x5xf32>) outs(%e : tensor<4x11xf32>) maps [#l, #r, #o]
    lhs { ^bb0(%a: f32, %b: f32): kernel.yield %a : f32 }
    rhs { ^bb0(%a: f32, %b: f32): kernel.yield %b : f32 }
    epilogue { ^bb0(%a: f32, %b: f32, %s: f32): kernel.yield %s : f32 } -> tensor<4x11xf32>
  return
}

// -----

func.func @rows_dims(%e: tensor<f32>) {
  // expected-error @+1 {{expected dims [rows..., c], got none}}
  %y = kernel.rows dims [] outs(%e : tensor<f32>) maps [affine_map<() -> ()>] combiners []
    phases
    finish { %s = arith.constant 0.0 : f32
      kernel.yield %s : f32 }
    emit { kernel.yield } -> tensor<f32>
  return
}

// -----

#e = affine_map<(p, c) -> (p, c)>
#r = affine_map<(p, c) -> (p)>
func.func @rows_combiners(%x: tensor<8x9xf32>, %o: tensor<8xf32>) {
  // expected-error @+1 {{expected 1 combiners, one per phase, got 2}}
  %y = kernel.rows dims [8, 9] ins(%x : tensor<8x9xf32>) outs(%o : tensor<8xf32>) maps [#e, #r]
    combiners [#kernel.combiner<add>, #kernel.combiner<max>]
    phases { ^bb0(%a: f32): kernel.yield %a : f32 }
    finish { ^bb0(%a: f32, %s: f32): kernel.yield %s : f32 }
    emit { ^bb0(%a: f32, %s: f32): kernel.yield } -> tensor<8xf32>
  return
}

// -----

#e = affine_map<(p, c) -> (p, c)>
#r = affine_map<(p, c) -> (p)>
func.func @rows_phase_type(%x: tensor<8x9xi32>, %o: tensor<8xi32>) {
  // expected-error @+1 {{phase 0: expected values of f32, got 'i32'}}
  %y = kernel.rows dims [8, 9] ins(%x : tensor<8x9xi32>) outs(%o : tensor<8xi32>) maps [#e, #r]
    combiners [#kernel.combiner<add>]
    phases { ^bb0(%a: i32): kernel.yield %a : i32 }
    finish { ^bb0(%a: i32, %s: i32): kernel.yield %s : i32 }
    emit { ^bb0(%a: i32, %s: i32): kernel.yield } -> tensor<8xi32>
  return
}

// -----

#e = affine_map<(p, c) -> (p, c)>
#r = affine_map<(p, c) -> (p)>
func.func @rows_empty_phase(%x: tensor<8x9xf32>, %o: tensor<8xf32>) {
  // expected-error @+1 {{phase 0: expected at least one value, got none}}
  %y = kernel.rows dims [8, 9] ins(%x : tensor<8x9xf32>) outs(%o : tensor<8xf32>) maps [#e, #r]
    combiners [#kernel.combiner<add>]
    phases { ^bb0(%a: f32): kernel.yield }
    finish { ^bb0(%a: f32): kernel.yield %a : f32 }
    emit { ^bb0(%a: f32): kernel.yield } -> tensor<8xf32>
  return
}

// -----

#e = affine_map<(p, c) -> (p, c)>
#r = affine_map<(p, c) -> (p)>
func.func @rows_second_phase(%x: tensor<8x9xf32>, %o: tensor<8xf32>) {
  // expected-error @+1 {{phase 1: expected 2 arguments, got 1}}
  %y = kernel.rows dims [8, 9] ins(%x : tensor<8x9xf32>) outs(%o : tensor<8xf32>) maps [#e, #r]
    combiners [#kernel.combiner<add>, #kernel.combiner<max>]
    phases { ^bb0(%a: f32): kernel.yield %a : f32 }, { ^bb0(%a: f32): kernel.yield %a : f32 }
    finish { ^bb0(%a: f32, %s: f32, %t: f32): kernel.yield %s : f32 }
    emit { ^bb0(%a: f32, %s: f32, %t: f32): kernel.yield } -> tensor<8xf32>
  return
}

// -----

#e = affine_map<(p, c) -> (p, c)>
#r = affine_map<(p, c) -> (p)>
func.func @rows_stores(%x: tensor<8x9xf32>, %o: tensor<8xf32>) {
  // expected-error @+1 {{expected finish and emit to yield 1 values, one per out, got 1 and 1}}
  %y = kernel.rows dims [8, 9] ins(%x : tensor<8x9xf32>) outs(%o : tensor<8xf32>) maps [#e, #r]
    combiners [#kernel.combiner<add>]
    phases { ^bb0(%a: f32): kernel.yield %a : f32 }
    finish { ^bb0(%a: f32, %s: f32): kernel.yield %s : f32 }
    emit { ^bb0(%a: f32, %s: f32): kernel.yield %s : f32 } -> tensor<8xf32>
  return
}

// -----

#e = affine_map<(p, c) -> (p, c)>
#r = affine_map<(p, c) -> (p)>
func.func @finish_uses_c(%x: tensor<8x9xf32>, %o: tensor<8xf32>) {
  // expected-error @+1 {{finish: expected no input whose map uses c, got input 0}}
  %y = kernel.rows dims [8, 9] ins(%x : tensor<8x9xf32>) outs(%o : tensor<8xf32>) maps [#e, #r]
    combiners [#kernel.combiner<add>]
    phases { ^bb0(%a: f32): kernel.yield %a : f32 }
    finish { ^bb0(%a: f32, %s: f32): kernel.yield %a : f32 }
    emit { ^bb0(%a: f32, %s: f32): kernel.yield } -> tensor<8xf32>
  return
}

// -----

#e = affine_map<(p, c) -> (p, c)>
#r = affine_map<(p, c) -> (p)>
func.func @emit_stores_once_per_row(%x: tensor<8x9xf32>, %o: tensor<8xf32>) {
  // expected-error @+1 {{map of out 0: expected each point to have its own element; dimension 1 is not used by affine_map<(d0, d1) -> (d0)>}}
  %y = kernel.rows dims [8, 9] ins(%x : tensor<8x9xf32>) outs(%o : tensor<8xf32>) maps [#e, #r]
    combiners [#kernel.combiner<add>]
    phases { ^bb0(%a: f32): kernel.yield %a : f32 }
    finish { ^bb0(%a: f32, %s: f32): kernel.yield }
    emit { ^bb0(%a: f32, %s: f32): kernel.yield %s : f32 } -> tensor<8xf32>
  return
}

// -----

func.func @route_gates(%g: tensor<32xf32>, %w: tensor<8x2xf32>, %p: tensor<69xi32>) {
  // expected-error @+1 {{expected gates [items, experts] of f32, got 'tensor<32xf32>'}}
  %r:2 = kernel.route ins(%g : tensor<32xf32>) outs(%w, %p : tensor<8x2xf32>, tensor<69xi32>)
    k 2 capacity 5 priority position -> tensor<8x2xf32>, tensor<69xi32>
  return
}

// -----

func.func @route_k(%g: tensor<8x4xf32>, %w: tensor<8x2xf32>, %p: tensor<69xi32>) {
  // expected-error @+1 {{expected 1 <= k <= 4, got 9}}
  %r:2 = kernel.route ins(%g : tensor<8x4xf32>) outs(%w, %p : tensor<8x2xf32>, tensor<69xi32>)
    k 9 capacity 5 priority position -> tensor<8x2xf32>, tensor<69xi32>
  return
}

// -----

func.func @route_capacity(%g: tensor<8x4xf32>, %w: tensor<8x2xf32>, %p: tensor<69xi32>) {
  // expected-error @+1 {{expected capacity >= 0, got -2}}
  %r:2 = kernel.route ins(%g : tensor<8x4xf32>) outs(%w, %p : tensor<8x2xf32>, tensor<69xi32>)
    k 2 capacity -2 priority position -> tensor<8x2xf32>, tensor<69xi32>
  return
}

// -----

func.func @route_groups(%g: tensor<8x4xf32>, %w: tensor<8x2xf32>, %p: tensor<69xi32>) {
  // expected-error @+1 {{expected groups that divide 8 items, got 3}}
  %r:2 = kernel.route ins(%g : tensor<8x4xf32>) outs(%w, %p : tensor<8x2xf32>, tensor<69xi32>)
    k 2 capacity 5 groups 3 priority position -> tensor<8x2xf32>, tensor<69xi32>
  return
}

// -----

func.func @route_priority(%g: tensor<8x4xf32>, %w: tensor<8x2xf32>, %p: tensor<69xi32>) {
  %r:2 = kernel.route ins(%g : tensor<8x4xf32>) outs(%w, %p : tensor<8x2xf32>, tensor<69xi32>)
    // expected-error @+2 {{expected ::moec::kernel::Priority to be one of: position, importance}}
    // expected-error @+1 {{failed to parse Kernel_PriorityAttr}}
    k 2 capacity 5 priority random -> tensor<8x2xf32>, tensor<69xi32>
  return
}

// -----

func.func @route_weights(%g: tensor<8x4xf32>, %w: tensor<8x3xf32>, %p: tensor<69xi32>) {
  // expected-error @+1 {{expected weights [8, 2] of f32, got 'tensor<8x3xf32>'}}
  %r:2 = kernel.route ins(%g : tensor<8x4xf32>) outs(%w, %p : tensor<8x3xf32>, tensor<69xi32>)
    k 2 capacity 5 priority position -> tensor<8x3xf32>, tensor<69xi32>
  return
}

// -----

func.func @route_plan(%g: tensor<8x4xf32>, %w: tensor<8x2xf32>, %p: tensor<64xi32>) {
  // expected-error @+1 {{expected a plan [69] of i32, got 'tensor<64xi32>'}}
  %r:2 = kernel.route ins(%g : tensor<8x4xf32>) outs(%w, %p : tensor<8x2xf32>, tensor<64xi32>)
    k 2 capacity 5 priority position -> tensor<8x2xf32>, tensor<64xi32>
  return
}

// -----

func.func @expert_route_gates(%g: tensor<8x4xbf16>, %p: tensor<117xi32>) {
  // expected-error @+1 {{expected gates [items, experts] of f32, got 'tensor<8x4xbf16>'}}
  %r = kernel.expert_route ins(%g : tensor<8x4xbf16>) outs(%p : tensor<117xi32>) groups 2 capacity 3 -> tensor<117xi32>
  return
}

// -----

func.func @expert_route_groups(%g: tensor<8x4xf32>, %p: tensor<117xi32>) {
  // expected-error @+1 {{expected groups that divide 8 items, got 3}}
  %r = kernel.expert_route ins(%g : tensor<8x4xf32>) outs(%p : tensor<117xi32>) groups 3 capacity 2 -> tensor<117xi32>
  return
}

// -----

func.func @expert_route_capacity(%g: tensor<8x4xf32>, %p: tensor<117xi32>) {
  // expected-error @+1 {{expected 1 <= capacity <= 4, got 5}}
  %r = kernel.expert_route ins(%g : tensor<8x4xf32>) outs(%p : tensor<117xi32>) groups 2 capacity 5 -> tensor<117xi32>
  return
}

// -----

func.func @expert_route_plan(%g: tensor<8x4xf32>, %p: tensor<116xi32>) {
  // expected-error @+1 {{expected a plan [117] of i32, got 'tensor<116xi32>'}}
  %r = kernel.expert_route ins(%g : tensor<8x4xf32>) outs(%p : tensor<116xi32>) groups 2 capacity 3 -> tensor<116xi32>
  return
}
