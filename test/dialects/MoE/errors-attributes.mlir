// RUN: moec-opt %s -split-input-file -verify-diagnostics

// What a module, a function, an argument or a result says of itself is known
// and of the form that passes rely on.

// expected-error @+1 {{argument 0: unknown attribute 'moe.parm'; did you mean 'moe.param'?}}
func.func @argument(%p: tensor<8xf32> {moe.parm = "w"}) {
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

// expected-error @+1 {{attribute 'moe.batch' belongs on a function, not here}}
module attributes {moe.batch = 3 : i64} {
}

// -----

// expected-error @+1 {{argument 0: attribute 'moe.metric' belongs on a result of a function, not here}}
func.func @place(%p: tensor<8xf32> {moe.metric = "m"}) {
  return
}

// -----

func.func @on_op() {
  // expected-error @+1 {{attribute 'moe.input' belongs on an argument of a function, not here}}
  return {moe.input = "x"}
}

// -----

// expected-error @+1 {{argument 0: attribute 'moe.input': expected a name, got 3 : i64}}
func.func @name(%p: tensor<8xf32> {moe.input = 3 : i64}) {
  return
}

// -----

// expected-error @+1 {{argument 0: attribute 'moe.block': expected "params", "grads" or "state0" to "state9", got "weights"}}
func.func @block(%p: tensor<8xf32> {moe.block = "weights", moe.offset = 0 : i64}) {
  return
}

// -----

// expected-error @+1 {{argument 0: attribute 'moe.offset': expected an i64 of 0 or more, less than 2^58, got -4 : i64}}
func.func @offset(%p: tensor<8xf32> {moe.block = "params", moe.offset = -4 : i64}) {
  return
}

// -----

// expected-error @+1 {{attribute 'moe.batch': expected an i64 of 1 or more, got 0 : i64}}
func.func @batch() attributes {moe.batch = 0 : i64} {
  return
}

// -----

// A start value has the number of its kind.
// expected-error @+1 {{argument 0: attribute 'moe.init': expected {op = "zeros"}, {op = "ones"}, {op = "constant", value}, {op = "normal", std} or {op = "uniform", limit}, got {op = "normal"}}}
func.func @init(%p: tensor<8xf32> {moe.param = "w", moe.init = {op = "normal"}}) {
  return
}

// -----

// expected-error @+1 {{attribute 'moe.parameters': expected an array of {name, shape = array<i64: ..>, offset : i64, decay : i1, init, trained : i1}, where the last three may be missing and no name stands twice, got [{name = "w"}]}}
module attributes {moe.parameters = [{name = "w"}]} {
}

// -----

// expected-error @+1 {{attribute 'moe.parameters': expected an array}}
module attributes {moe.parameters = [{}]} {
}

// -----

// expected-error @+1 {{no name stands twice}}
module attributes {moe.parameters = [{name = "w", shape = array<i64: 4>, offset = 0 : i64}, {name = "w", shape = array<i64: 4>, offset = 16 : i64}]} {
}

// -----

// expected-error @+1 {{attribute 'moe.training': expected a dictionary of learning_rate}}
module attributes {moe.training = {learning_rte = 0.1}} {
}

// -----

// expected-error @+1 {{(f64 and i64 numbers; the last three are dictionaries of names, texts, numbers and dictionaries), got}}
module attributes {moe.training = {model = {logits = {features = [10]}}}} {
}

// -----

// expected-error @+1 {{attribute 'moe.data': expected a dictionary of image, label, logits, classes, class_names, got {image = 3 : i64}}}
module attributes {moe.data = {image = 3 : i64}} {
}

// -----

// expected-error @+1 {{attribute 'moe.precision': expected "f32" or "bf16", got "f16"}}
module attributes {moe.precision = "f16"} {
}
