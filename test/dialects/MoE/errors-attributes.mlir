// RUN: moec-opt %s -split-input-file -verify-diagnostics

// What a module, a function, an argument or a result says of itself is known
// and of the form that passes rely on.

// expected-error @+1 {{argument 0: unknown attribute 'moe.vra'; did you mean 'moe.var'?}}
func.func @argument(%p: tensor<8xf32> {moe.vra = @w}) {
  return
}

// -----

// expected-error @+1 {{result 0: unknown attribute 'moe.outptu'; did you mean 'moe.output'?}}
func.func @result(%p: tensor<8xf32>) -> (tensor<8xf32> {moe.outptu = "y"}) {
  return %p : tensor<8xf32>
}

// -----

// expected-error @+1 {{unknown attribute 'moe.something_else'}}
func.func @function() attributes {moe.something_else} {
  return
}

// -----

// expected-error @+1 {{attribute 'moe.entry' belongs on a function, not here}}
module attributes {moe.entry = #moe.entry<"infer">} {
}

// -----

// expected-error @+1 {{argument 0: attribute 'moe.metric' belongs on a result of a function, not here}}
func.func @place(%p: tensor<8xf32> {moe.metric = "m"}) {
  return
}

// -----

func.func @on_op() {
  // expected-error @+1 {{attribute 'moe.field' belongs on an argument of a function, not here}}
  return {moe.field = "x"}
}

// -----

// expected-error @+1 {{argument 0: attribute 'moe.field': expected a name, got 3 : i64}}
func.func @name(%p: tensor<8xf32> {moe.field = 3 : i64}) {
  return
}

// -----

// expected-error @+1 {{attribute 'moe.precision': expected "f32" or "bf16", got "f16"}}
module attributes {moe.precision = "f16"} {
}

// -----

// expected-error @+1 {{argument 0: attribute 'moe.var': expected the symbol of a moe.variable, got "w"}}
func.func @variable(%p: tensor<8xf32> {moe.var = "w"}) {
  return
}

// -----

// expected-error @+1 {{argument 0: attribute 'moe.host': expected #moe.host<learning_rate>, <step>, <seed> or <half_cosine>, got "step"}}
func.func @host(%p: tensor<i32> {moe.host = "step"}) {
  return
}

// -----

// expected-error @+1 {{attribute 'moe.entry': expected #moe.entry<"NAME", batch = N>, got "infer"}}
func.func @entry() attributes {moe.entry = "infer"} {
  return
}

// -----

// expected-error @+1 {{attribute 'moe.settings': expected a dictionary of texts, numbers, lists and dictionaries, got {epochs}}}
module attributes {moe.settings = {epochs}} {
}

// -----

// An attribute without a prefix is one of the op's own.
// expected-error @+1 {{'moe.variable' op unknown attribute 'decy'; did you mean 'decay'?}}
moe.variable @w : tensor<8xf32> role(parameter) {decy}

// -----

func.func @f(%x: tensor<8xf32>) -> tensor<8xf32> {
  // expected-error @+1 {{'moe.scale' op unknown attribute 'factr'; did you mean 'factor'?}}
  %y = moe.scale %x by 2.0 {factr = 3.0} : tensor<8xf32>
  return %y : tensor<8xf32>
}

// -----

func.func @f(%x: tensor<8xf32>) -> tensor<8xf32> {
  // expected-error @+1 {{'moe.add' op unknown attribute 'because'}}
  %y = moe.add %x, %x {because} : tensor<8xf32>
  return %y : tensor<8xf32>
}

// -----

// expected-error @+1 {{attribute 'moe.recompute': expected a float of 0 or more, got -1.0}}
module attributes {moe.recompute = -1.0} {
}

// -----

// expected-error @+1 {{attribute 'moe.recompute_next': expected a float of 0 or more, got 1 : i64}}
module attributes {moe.recompute_next = 1} {
}
