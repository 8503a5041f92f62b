// RUN: moec-opt %s --split-input-file --verify-diagnostics --moec-plan-memory

// What cannot be placed is refused.

// expected-error @+1 {{expected arguments and results that are tensors of static shape of f32, i32 or u8, of at most 2^60 elements, got 'memref<8xf32>'}}
func.func @memref(%x: memref<8xf32> {moe.field = "x"}) {
  return
}

// -----

// expected-error @+1 {{expected arguments and results that are tensors of static shape of f32, i32 or u8, of at most 2^60 elements, got 'tensor<8xf64>'}}
func.func @double(%x: tensor<8xf64> {moe.field = "x"}) {
  return
}

// -----

// expected-error @+1 {{of at most 2^60 elements, got 'tensor<4294967296x4294967296xf32>'}}
func.func @huge(%x: tensor<4294967296x4294967296xf32> {moe.field = "x"}) {
  return
}

// -----

// expected-error @+1 {{'kernel.program' op has two inputs #kernel.block<field "x">}}
func.func @twice(%x: tensor<8xf32> {moe.field = "x"}, %y: tensor<4xf32> {moe.field = "x"}) {
  return
}

// -----

#id = affine_map<(i) -> (i)>
func.func @empty() -> (tensor<8xf32> {moe.output = "y"}) {
  %x = tensor.empty() : tensor<8xf32>
  %e = tensor.empty() : tensor<8xf32>
  // expected-error @+1 {{reads operand 0, a tensor.empty that nothing has written}}
  %y = kernel.map dims [8] ins(%x : tensor<8xf32>) outs(%e : tensor<8xf32>) maps [#id, #id]
    body { ^bb0(%a: f32): kernel.yield %a : f32 } -> tensor<8xf32>
  return %y : tensor<8xf32>
}

// -----

func.func @returned() -> (tensor<8xf32> {moe.output = "y"}) {
  %x = tensor.empty() : tensor<8xf32>
  // expected-error @+1 {{reads operand 0, a tensor.empty that nothing has written}}
  return %x : tensor<8xf32>
}

// -----

// expected-error @+1 {{expected a function of one block, got 2}}
func.func @blocks(%x: tensor<8xf32> {moe.field = "x"}) {
  cf.br ^end
^end:
  return
}

// -----

moe.variable @w : tensor<4xf32> role(parameter) at 0
// expected-error @+1 {{variable @w has 16 bytes, here it is 'tensor<8xf32>'}}
func.func @size(%w: tensor<8xf32> {moe.var = @w}) {
  return
}

// -----

moe.variable @w : tensor<4xf32> role(parameter)
// expected-error @+1 {{variable @w has no place; run moec-place-variables first}}
func.func @place(%w: tensor<4xf32> {moe.var = @w}) {
  return
}

// -----

// expected-error @+1 {{expected an attribute that says what this value is (moe.var, moe.field, moe.host, moe.output, moe.metric)}}
func.func @unknown(%x: tensor<4xf32>) {
  return
}

// -----

// More than the runtime would take: 2^22 bytes of each iteration.

#id = affine_map<(i) -> (i)>
func.func @stack(%x: tensor<1048576xf32> {moe.field = "x"}) -> (tensor<1048576xf32> {moe.output = "y"}) {
  // expected-error @+1 {{each of 268435456 iterations keeps 4194304 bytes; expected at most 1125899906842624 bytes in all; fix: repeat less, or a smaller batch}}
  %r:2 = moe.repeat 268435456 carry(%x : tensor<1048576xf32>) stacked() {
  ^bb0(%c: tensor<1048576xf32>):
    %e = tensor.empty() : tensor<1048576xf32>
    %y = kernel.map dims [1048576] ins(%c : tensor<1048576xf32>) outs(%e : tensor<1048576xf32>) maps [#id, #id]
      body { ^bb0(%a: f32): kernel.yield %a : f32 } -> tensor<1048576xf32>
    moe.yield %y, %c : tensor<1048576xf32>, tensor<1048576xf32>
  } -> tensor<1048576xf32>, tensor<268435456x1048576xf32>
  return %r#0 : tensor<1048576xf32>
}

// -----

// Each alone would fit.

#id = affine_map<(i) -> (i)>
// expected-error @+1 {{bytes of memory beside inputs, outputs and parameters; expected at most 1125899906842624; fix: repeat less, or a smaller batch}}
func.func @arena(%x: tensor<1048576xf32> {moe.field = "x"}) -> (tensor<1048576xf32> {moe.output = "y"}) {
  %r:2 = moe.repeat 200000000 carry(%x : tensor<1048576xf32>) stacked() {
  ^bb0(%c: tensor<1048576xf32>):
    %e = tensor.empty() : tensor<1048576xf32>
    %y = kernel.map dims [1048576] ins(%c : tensor<1048576xf32>) outs(%e : tensor<1048576xf32>) maps [#id, #id]
      body { ^bb0(%a: f32): kernel.yield %a : f32 } -> tensor<1048576xf32>
    moe.yield %y, %c : tensor<1048576xf32>, tensor<1048576xf32>
  } -> tensor<1048576xf32>, tensor<200000000x1048576xf32>
  %q:2 = moe.repeat 200000000 carry(%x : tensor<1048576xf32>) stacked(%r#1 : tensor<200000000x1048576xf32>) {
  ^bb0(%c: tensor<1048576xf32>, %s: tensor<1048576xf32>):
    %e = tensor.empty() : tensor<1048576xf32>
    %y = kernel.map dims [1048576] ins(%c, %s : tensor<1048576xf32>, tensor<1048576xf32>) outs(%e : tensor<1048576xf32>) maps [#id, #id, #id]
      body { ^bb0(%a: f32, %b: f32):
        %t = arith.addf %a, %b : f32
        kernel.yield %t : f32 } -> tensor<1048576xf32>
    moe.yield %y, %c : tensor<1048576xf32>, tensor<1048576xf32>
  } -> tensor<1048576xf32>, tensor<200000000x1048576xf32>
  return %q#0 : tensor<1048576xf32>
}

// -----

func.func @rows(%x: tensor<2x4xf32> {moe.field = "x"}) -> (tensor<4x4xf32> {moe.output = "y"}) {
  // expected-error @+1 {{expected kernel ops, views and moe.repeat only}}
  %j = tensor.concat dim(0) %x, %x : (tensor<2x4xf32>, tensor<2x4xf32>) -> tensor<4x4xf32>
  return %j : tensor<4x4xf32>
}

// -----

#id = affine_map<(i) -> (i)>
func.func @nested(%x: tensor<8xf32> {moe.field = "x"}) -> (tensor<8xf32> {moe.output = "y"}) {
  %y = moe.repeat 2 carry(%x : tensor<8xf32>) stacked() {
  ^bb0(%a: tensor<8xf32>):
    // expected-error @+1 {{repeat inside repeat is not supported; expected it at the top level of the function}}
    %z = moe.repeat 3 carry(%a : tensor<8xf32>) stacked() {
    ^bb0(%b: tensor<8xf32>):
      %e = tensor.empty() : tensor<8xf32>
      %c = kernel.map dims [8] ins(%b : tensor<8xf32>) outs(%e : tensor<8xf32>) maps [#id, #id]
        body { ^bb0(%s: f32): kernel.yield %s : f32 } -> tensor<8xf32>
      moe.yield %c : tensor<8xf32>
    } -> tensor<8xf32>
    moe.yield %z : tensor<8xf32>
  } -> tensor<8xf32>
  return %y : tensor<8xf32>
}

// -----

func.func @index() {
  // expected-error @+1 {{expected results that are tensors of static shape, got 'index'}}
  %n = arith.constant 8 : index
  return
}

// -----

// expected-error @+1 {{has kernel.parts = 4; expected a divisor of its batch size, which is 6}}
func.func @parts(%x: tensor<2x8xf32> {moe.field = "x"}) attributes {kernel.parts = 4 : i64, moe.entry = #moe.entry<"infer", batch = 6>} {
  return
}

// -----

// expected-error @+1 {{has kernel.parts = 2; expected a divisor of its batch size, which is 0}}
func.func @no_batch(%x: tensor<2x8xf32> {moe.field = "x"}) attributes {kernel.parts = 2 : i64} {
  return
}

// -----

// expected-error @+1 {{argument 0: expected one of 3 parts of a batch of at most 2^60 elements, got 'tensor<f32>'}}
func.func @scalar_field(%x: tensor<f32> {moe.field = "x"}) attributes {kernel.parts = 3 : i64, moe.entry = #moe.entry<"infer", batch = 6>} {
  return
}

// -----

// expected-error @+1 {{argument 0: expected one of 6 parts of a batch of at most 2^60 elements, got 'tensor<576460752303423488xf32>'}}
func.func @large_batch(%x: tensor<576460752303423488xf32> {moe.field = "x"}) attributes {kernel.parts = 6 : i64, moe.entry = #moe.entry<"infer", batch = 6>} {
  return
}

// -----

// expected-error @+1 {{result 0: expected one of 3 parts of a batch of at most 2^60 elements, got 'tensor<f32>'}}
func.func @mean(%x: tensor<2xf32> {moe.field = "x"}, %y: tensor<f32> {moe.host = #moe.host<learning_rate>}) -> (tensor<f32> {moe.metric = "loss"})
    attributes {kernel.parts = 3 : i64, moe.entry = #moe.entry<"infer", batch = 6>} {
  return %y : tensor<f32>
}
