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
