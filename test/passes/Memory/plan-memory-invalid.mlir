// RUN: moec-opt %s --split-input-file --verify-diagnostics --moec-plan-memory

// What cannot be placed is refused.

// expected-error @+1 {{expected arguments and results that are tensors of static shape of f32, i32 or u8, got 'memref<8xf32>'}}
func.func @memref(%x: memref<8xf32> {moe.input = "x"}) {
  return
}

// -----

// expected-error @+1 {{expected arguments and results that are tensors of static shape of f32, i32 or u8, got 'tensor<8xf64>'}}
func.func @double(%x: tensor<8xf64> {moe.input = "x"}) {
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
func.func @blocks(%x: tensor<8xf32> {moe.input = "x"}) {
  cf.br ^end
^end:
  return
}

// -----

module attributes {moe.parameters = [{name = "w", shape = array<i64: 4>, offset = 0 : i64}]} {
  // expected-error @+1 {{parameter 'w' has 4 elements of f32 in moe.parameters, here it is 'tensor<8xf32>'}}
  func.func @size(%w: tensor<8xf32> {moe.param = "w"}) {
    return
  }
}

// -----

// More than the runtime would take: 2^22 bytes of each iteration.

#id = affine_map<(i) -> (i)>
func.func @stack(%x: tensor<1048576xf32> {moe.input = "x"}) -> (tensor<1048576xf32> {moe.output = "y"}) {
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
func.func @arena(%x: tensor<1048576xf32> {moe.input = "x"}) -> (tensor<1048576xf32> {moe.output = "y"}) {
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
