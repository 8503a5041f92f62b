// RUN: moec-opt %s -split-input-file -verify-diagnostics

#id = affine_map<(i) -> (i)>

func.func @no_outs(%x: tensor<8xf32>) {
  // expected-error @+1 {{expected at least one out}}
  "kernel.map"(%x) <{dims = array<i64: 8>, indexing_maps = [#id], operandSegmentSizes = array<i32: 1, 0>}> ({
  ^bb0(%a: f32):
    kernel.yield
  }) : (tensor<8xf32>) -> ()
  return
}

// -----

#id = affine_map<(i) -> (i)>
func.func @mixed(%x: memref<8xf32>, %e: tensor<8xf32>) {
  // expected-error @+1 {{expected operands that are all tensors or all memrefs, got 'memref<8xf32>' for operand 0}}
  %y = kernel.map dims [8] ins(%x : memref<8xf32>) outs(%e : tensor<8xf32>) maps [#id, #id]
    body { ^bb0(%a: f32): kernel.yield %a : f32 } -> tensor<8xf32>
  return
}

// -----

#id = affine_map<(i) -> (i)>
func.func @results(%x: tensor<8xf32>, %e: tensor<8xf32>) {
  // expected-error @+1 {{expected 1 results, one per out on tensors and none on memrefs, got 0}}
  kernel.map dims [8] ins(%x : tensor<8xf32>) outs(%e : tensor<8xf32>) maps [#id, #id]
    body { ^bb0(%a: f32): kernel.yield %a : f32 }
  return
}

// -----

#id = affine_map<(i) -> (i)>
func.func @result_type(%x: tensor<8xf32>, %e: tensor<8xf32>) {
  // expected-error @+1 {{result 0: expected the type of its out, 'tensor<8xf32>', got 'tensor<9xf32>'}}
  %y = kernel.map dims [8] ins(%x : tensor<8xf32>) outs(%e : tensor<8xf32>) maps [#id, #id]
    body { ^bb0(%a: f32): kernel.yield %a : f32 } -> tensor<9xf32>
  return
}

// -----

#id = affine_map<(i) -> (i)>
func.func @map_count(%x: tensor<8xf32>, %e: tensor<8xf32>) {
  // expected-error @+1 {{expected 2 indexing maps, one per operand, got 1}}
  %y = kernel.map dims [8] ins(%x : tensor<8xf32>) outs(%e : tensor<8xf32>) maps [#id]
    body { ^bb0(%a: f32): kernel.yield %a : f32 } -> tensor<8xf32>
  return
}

// -----

#id = affine_map<(i) -> (i)>
func.func @dims(%x: tensor<8xf32>, %e: tensor<8xf32>) {
  // expected-error @+1 {{expected dims >= 1, got 0}}
  %y = kernel.map dims [0] ins(%x : tensor<8xf32>) outs(%e : tensor<8xf32>) maps [#id, #id]
    body { ^bb0(%a: f32): kernel.yield %a : f32 } -> tensor<8xf32>
  return
}

// -----

#id = affine_map<(i) -> (i)>
#two = affine_map<(i, j) -> (i)>
func.func @map_dims(%x: tensor<8xf32>, %e: tensor<8xf32>) {
  // expected-error @+1 {{map 0: expected 1 dims and no symbols, got affine_map<(d0, d1) -> (d0)>}}
  %y = kernel.map dims [8] ins(%x : tensor<8xf32>) outs(%e : tensor<8xf32>) maps [#two, #id]
    body { ^bb0(%a: f32): kernel.yield %a : f32 } -> tensor<8xf32>
  return
}

// -----

#id = affine_map<(i) -> (i)>
func.func @map_rank(%x: tensor<8x8xf32>, %e: tensor<8xf32>) {
  // expected-error @+1 {{map 0: expected 2 results, the rank of 'tensor<8x8xf32>', got affine_map<(d0) -> (d0)>}}
  %y = kernel.map dims [8] ins(%x : tensor<8x8xf32>) outs(%e : tensor<8xf32>) maps [#id, #id]
    body { ^bb0(%a: f32): kernel.yield %a : f32 } -> tensor<8xf32>
  return
}

// -----

#id = affine_map<(i) -> (i)>
#past = affine_map<(i) -> (i + 1)>
func.func @map_bounds(%x: tensor<8xf32>, %e: tensor<8xf32>) {
  // expected-error @+1 {{map 0: expected result 0 inside of 'tensor<8xf32>', got 1 .. 8}}
  %y = kernel.map dims [8] ins(%x : tensor<8xf32>) outs(%e : tensor<8xf32>) maps [#past, #id]
    body { ^bb0(%a: f32): kernel.yield %a : f32 } -> tensor<8xf32>
  return
}

// -----

#id = affine_map<(i) -> (i)>
#zero = affine_map<(i) -> (0)>
func.func @gather_count(%x: tensor<8xf32>, %n: tensor<8xi32>, %e: tensor<8xf32>) {
  // expected-error @+1 {{expected 2 gathers, one per input, or none, got 1}}
  %y = kernel.map dims [8] ins(%x, %n : tensor<8xf32>, tensor<8xi32>) outs(%e : tensor<8xf32>) maps [#zero, #id, #id] gathers [1]
    body { ^bb0(%a: f32, %i: i32): kernel.yield %a : f32 } -> tensor<8xf32>
  return
}

// -----

#id = affine_map<(i) -> (i)>
#zero = affine_map<(i) -> (0)>
func.func @gather_range(%x: tensor<8xf32>, %n: tensor<8xi32>, %e: tensor<8xf32>) {
  // expected-error @+1 {{gather of input 0: expected -1 or the number of an input, at most 1, got 2}}
  %y = kernel.map dims [8] ins(%x, %n : tensor<8xf32>, tensor<8xi32>) outs(%e : tensor<8xf32>) maps [#zero, #id, #id] gathers [2, -1]
    body { ^bb0(%a: f32, %i: i32): kernel.yield %a : f32 } -> tensor<8xf32>
  return
}

// -----

#id = affine_map<(i) -> (i)>
#zero = affine_map<(i) -> (0)>
func.func @gather_type(%x: tensor<8xf32>, %n: tensor<8xf32>, %e: tensor<8xf32>) {
  // expected-error @+1 {{gather of input 0: expected row numbers of type i32, got 'f32'}}
  %y = kernel.map dims [8] ins(%x, %n : tensor<8xf32>, tensor<8xf32>) outs(%e : tensor<8xf32>) maps [#zero, #id, #id] gathers [1, -1]
    body { ^bb0(%a: f32, %i: f32): kernel.yield %a : f32 } -> tensor<8xf32>
  return
}

// -----

#id = affine_map<(i) -> (i)>
#zero = affine_map<(i) -> (0)>
func.func @gather_chain(%x: tensor<8xf32>, %n: tensor<8xi32>, %e: tensor<8xf32>) {
  // expected-error @+1 {{gather of input 0: expected row numbers that are not gathered themselves, got input 1}}
  %y = kernel.map dims [8] ins(%x, %n, %n : tensor<8xf32>, tensor<8xi32>, tensor<8xi32>) outs(%e : tensor<8xf32>)
    maps [#zero, #zero, #id, #id] gathers [1, 2, -1]
    body { ^bb0(%a: f32, %i: i32, %j: i32): kernel.yield %a : f32 } -> tensor<8xf32>
  return
}

// -----

#id = affine_map<(i) -> (i)>
func.func @gather_map(%x: tensor<8xf32>, %n: tensor<8xi32>, %e: tensor<8xf32>) {
  // expected-error @+1 {{gather of input 0: expected 0 as first result of its map, got affine_map<(d0) -> (d0)>}}
  %y = kernel.map dims [8] ins(%x, %n : tensor<8xf32>, tensor<8xi32>) outs(%e : tensor<8xf32>) maps [#id, #id, #id] gathers [1, -1]
    body { ^bb0(%a: f32, %i: i32): kernel.yield %a : f32 } -> tensor<8xf32>
  return
}

// -----

#id = affine_map<(g, i) -> (i)>
func.func @ragged_alone(%x: tensor<8xf32>, %e: tensor<8xf32>) {
  // expected-error @+1 {{expected a ragged dimension and its offsets together, got one of them}}
  %y = kernel.map dims [3, 8] ins(%x : tensor<8xf32>) outs(%e : tensor<8xf32>) maps [#id, #id]
    body { ^bb0(%a: f32): kernel.yield %a : f32 } {ragged_dim = 1 : i64} -> tensor<8xf32>
  return
}

// -----

#id = affine_map<(g, i) -> (i)>
#g = affine_map<(g, i) -> (g)>
func.func @ragged_dimension(%x: tensor<8xf32>, %o: tensor<4xi32>, %e: tensor<8xf32>) {
  // expected-error @+1 {{expected 1 <= ragged dimension < 2, since dimension 0 is the group, got 0}}
  %y = kernel.map dims [3, 8] ins(%x, %o : tensor<8xf32>, tensor<4xi32>) outs(%e : tensor<8xf32>) maps [#id, #g, #id] ragged 0 by 1
    body { ^bb0(%a: f32, %i: i32): kernel.yield %a : f32 } -> tensor<8xf32>
  return
}

// -----

#id = affine_map<(g, i) -> (i)>
func.func @ragged_offsets(%x: tensor<8xf32>, %o: tensor<4xi32>, %e: tensor<8xf32>) {
  // expected-error @+1 {{expected offsets that are an input of i32, got input 0}}
  %y = kernel.map dims [3, 8] ins(%x, %o : tensor<8xf32>, tensor<4xi32>) outs(%e : tensor<8xf32>) maps [#id, #id, #id] ragged 1 by 0
    body { ^bb0(%a: f32, %i: i32): kernel.yield %a : f32 } -> tensor<8xf32>
  return
}

// -----

#id = affine_map<(g, i) -> (i)>
func.func @ragged_map(%x: tensor<8xf32>, %o: tensor<4xi32>, %e: tensor<8xf32>) {
  // expected-error @+1 {{expected a map of the offsets that uses only the group, got affine_map<(d0, d1) -> (d1)>}}
  %y = kernel.map dims [3, 8] ins(%x, %o : tensor<8xf32>, tensor<4xi32>) outs(%e : tensor<8xf32>) maps [#id, #id, #id] ragged 1 by 1
    body { ^bb0(%a: f32, %i: i32): kernel.yield %a : f32 } -> tensor<8xf32>
  return
}

// -----

#id = affine_map<(g, i) -> (i)>
#g = affine_map<(g, i) -> (g)>
func.func @ragged_bounds(%x: tensor<8xf32>, %o: tensor<3xi32>, %e: tensor<8xf32>) {
  // expected-error @+1 {{map 1: expected result 0 inside of 'tensor<3xi32>', got 0 .. 3}}
  %y = kernel.map dims [3, 8] ins(%x, %o : tensor<8xf32>, tensor<3xi32>) outs(%e : tensor<8xf32>) maps [#id, #g, #id] ragged 1 by 1
    body { ^bb0(%a: f32, %i: i32): kernel.yield %a : f32 } -> tensor<8xf32>
  return
}

// -----

#id = affine_map<(i) -> (i)>
func.func @argument_count(%x: tensor<8xf32>, %e: tensor<8xf32>) {
  // expected-error @+1 {{body: expected 1 arguments, got 2}}
  %y = kernel.map dims [8] ins(%x : tensor<8xf32>) outs(%e : tensor<8xf32>) maps [#id, #id]
    body { ^bb0(%a: f32, %b: f32): kernel.yield %a : f32 } -> tensor<8xf32>
  return
}

// -----

#id = affine_map<(i) -> (i)>
func.func @argument_type(%x: tensor<8xi8>, %e: tensor<8xf32>) {
  // expected-error @+1 {{body: argument 0: expected 'i8', got 'f32'}}
  %y = kernel.map dims [8] ins(%x : tensor<8xi8>) outs(%e : tensor<8xf32>) maps [#id, #id]
    body { ^bb0(%a: f32): kernel.yield %a : f32 } -> tensor<8xf32>
  return
}

// -----

#id = affine_map<(i) -> (i)>
func.func @no_yield(%x: tensor<8xf32>, %e: tensor<8xf32>) {
  // expected-error @+1 {{body: expected kernel.yield at the end}}
  %y = kernel.map dims [8] ins(%x : tensor<8xf32>) outs(%e : tensor<8xf32>) maps [#id, #id]
    body { ^bb0(%a: f32): %b = arith.negf %a : f32 } -> tensor<8xf32>
  return
}

// -----

#id = affine_map<(i) -> (i)>
func.func @map_yield(%x: tensor<8xf32>, %e: tensor<8xf32>) {
  // expected-error @+1 {{body: expected 1 values, one per out, got 2}}
  %y = kernel.map dims [8] ins(%x : tensor<8xf32>) outs(%e : tensor<8xf32>) maps [#id, #id]
    body { ^bb0(%a: f32): kernel.yield %a, %a : f32, f32 } -> tensor<8xf32>
  return
}

// -----

#id = affine_map<(i) -> (i)>
func.func @stored_type(%x: tensor<8xf32>, %e: tensor<8xi32>) {
  // expected-error @+1 {{body: value 0: expected 'i32', got 'f32'}}
  %y = kernel.map dims [8] ins(%x : tensor<8xf32>) outs(%e : tensor<8xi32>) maps [#id, #id]
    body { ^bb0(%a: f32): kernel.yield %a : f32 } -> tensor<8xi32>
  return
}

// -----

#row = affine_map<(i, j) -> (i)>
func.func @stored_twice(%x: tensor<8xf32>, %e: tensor<8xf32>) {
  // expected-error @+1 {{map of out 0: expected each point to have its own element; dimension 1 is not used by affine_map<(d0, d1) -> (d0)>}}
  %y = kernel.map dims [8, 4] ins(%x : tensor<8xf32>) outs(%e : tensor<8xf32>) maps [#row, #row]
    body { ^bb0(%a: f32): kernel.yield %a : f32 } -> tensor<8xf32>
  return
}

// -----

func.func @index_place() -> i32 {
  // expected-error @+1 {{expected to stand in a region of kernel.contract, kernel.attend, kernel.attend_grad, kernel.rows or kernel.map}}
  %i = kernel.index 0 : i32
  return %i : i32
}

// -----

func.func @index_dimension(%e: tensor<8xi32>) {
  %y = kernel.map dims [8] outs(%e : tensor<8xi32>) maps [affine_map<(i) -> (i)>]
    body {
      // expected-error @+1 {{expected 0 <= dimension < 1, got 1}}
      %i = kernel.index 1 : i32
      kernel.yield %i : i32 } -> tensor<8xi32>
  return
}

// -----

func.func @index_beyond(%e: tensor<8xi32>) {
  %y = kernel.map dims [8] outs(%e : tensor<8xi32>) maps [affine_map<(i) -> (i)>]
    body {
      // expected-error @+1 {{expected 0 <= dimension < 1, got 2}}
      %i = kernel.index affine_map<(i, j, k) -> (i + k)> : i32
      kernel.yield %i : i32 } -> tensor<8xi32>
  return
}

// -----

func.func @index_number(%e: tensor<8xi32>) {
  %y = kernel.map dims [8] outs(%e : tensor<8xi32>) maps [affine_map<(i) -> (i)>]
    body {
      // expected-error @+1 {{expected a dimension from 0 to 65535, got -1}}
      %i = kernel.index -1 : i32
      kernel.yield %i : i32 } -> tensor<8xi32>
  return
}

// -----

func.func @index_results(%e: tensor<8xi32>) {
  %y = kernel.map dims [8] outs(%e : tensor<8xi32>) maps [affine_map<(i) -> (i)>]
    body {
      // expected-error @+1 {{expected a map with one result and no symbols, which divides by constants above 0, got affine_map<(d0) -> (d0, d0)>}}
      %i = kernel.index affine_map<(i) -> (i, i)> : i32
      kernel.yield %i : i32 } -> tensor<8xi32>
  return
}

// -----

func.func @index_symbol(%e: tensor<8xi32>) {
  %y = kernel.map dims [8] outs(%e : tensor<8xi32>) maps [affine_map<(i) -> (i)>]
    body {
      // expected-error @+1 {{expected a map with one result and no symbols, which divides by constants above 0, got affine_map<(d0)[s0] -> (d0 floordiv s0)>}}
      %i = kernel.index affine_map<(i)[s] -> (i floordiv s)> : i32
      kernel.yield %i : i32 } -> tensor<8xi32>
  return
}

// -----

func.func @index_too_far(%e: tensor<2147483649xi32>) {
  %y = kernel.map dims [2147483649] outs(%e : tensor<2147483649xi32>) maps [affine_map<(i) -> (i)>]
    body {
      // expected-error @+1 {{expected a dimension of at most 2^31 positions, which an i32 numbers, got 2147483649}}
      %i = kernel.index 0 : i32
      kernel.yield %i : i32 } -> tensor<2147483649xi32>
  return
}

// -----

// Names in a region mean nothing outside: what stands before does not use its
// arguments, also when the region is thrown away after a fault.
// expected-error @+1 {{use of undeclared SSA value name}}
%v = arith.addf %acc, %c : f32
func.func @names(%x: memref<8x4xf32>, %w: memref<4x8xf32>, %s: memref<8xf32>, %y: memref<8x8xf32>) {
  kernel.contract dims [8, 8, 4] ins(%x, %w, %s : memref<8x4xf32>, memref<4x8xf32>, memref<8xf32>) outs(%y : memref<8x8xf32>)
    maps [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (n)>, affine_map<(m, n, k) -> (m, n)>]
    lhs { ^bb0(%a: f32, %b: f32, %c: f32): kernel.yield %a : f32 }
    rhs { ^bb0(%a: f32, %b: f32, %c: f32): kernel.yield %b : f32 }
    epilogue { ^bb0(%a: f32, %b: f32, %c: f32, %acc: f32):
      %v = arith.addf %acc, %c : f32
      kernel.yield %v : f32 }
  return
}

// -----

#id = affine_map<(i) -> (i)>
%v = arith.addf %a, %a : f32
func.func @fault(%x: memref<8xf32>, %y: memref<8xf32>) {
  kernel.map dims [8] ins(%x : memref<8xf32>) outs(%y : memref<8xf32>) maps [#id, #id]
    body { ^bb0(%a: f32): kernel.yield %a : f32 } {x = }
  // expected-error @-1 {{expected attribute value}}
  return
}

// -----

#id = affine_map<(i) -> (i)>
func.func @dynamic(%x: memref<?xf32>, %y: memref<8xf32>) {
  // expected-error @+1 {{expected dense operands of static shape, with fewer than 2^60 elements of f32, bf16, i32 or i8, got 'memref<?xf32>' for operand 0}}
  kernel.map dims [8] ins(%x : memref<?xf32>) outs(%y : memref<8xf32>) maps [#id, #id]
    body { ^bb0(%a: f32): kernel.yield %a : f32 }
  return
}

// -----

#id = affine_map<(i) -> (i)>
func.func @strided(%x: memref<8xf32>, %y: memref<8xf32, strided<[2]>>) {
  // expected-error @+1 {{got 'memref<8xf32, strided<[2]>>' for operand 1}}
  kernel.map dims [8] ins(%x : memref<8xf32>) outs(%y : memref<8xf32, strided<[2]>>) maps [#id, #id]
    body { ^bb0(%a: f32): kernel.yield %a : f32 }
  return
}

// -----

func.func @large(%x: tensor<4294967296x4294967296xf32>, %y: tensor<8xf32>) {
  // expected-error @+1 {{got 'tensor<4294967296x4294967296xf32>' for operand 0}}
  %r = kernel.map dims [8] ins(%x : tensor<4294967296x4294967296xf32>) outs(%y : tensor<8xf32>)
    maps [affine_map<(i) -> (i, i)>, affine_map<(i) -> (i)>]
    body { ^bb0(%a: f32): kernel.yield %a : f32 } -> tensor<8xf32>
  return
}

// -----

func.func @points(%y: tensor<8xf32>) {
  // expected-error @+1 {{expected fewer than 2^60 points, got dims [8, 4294967296, 4294967296]}}
  %r = kernel.map dims [8, 4294967296, 4294967296] outs(%y : tensor<8xf32>) maps [affine_map<(i, j, k) -> (i)>]
    body { %c = arith.constant 0.0 : f32
      kernel.yield %c : f32 } -> tensor<8xf32>
  return
}

// -----

func.func @divisor(%x: tensor<8xf32>, %e: tensor<8xf32>) -> tensor<8xf32> {
  // expected-error @+1 {{map 0: expected divisions by constants above 0, got affine_map<(d0) -> (d0 floordiv 0)>}}
  %y = kernel.map dims [8] ins(%x : tensor<8xf32>) outs(%e : tensor<8xf32>) maps [affine_map<(i) -> (i floordiv 0)>, affine_map<(i) -> (i)>]
    body { ^bb0(%a: f32): kernel.yield %a : f32 } -> tensor<8xf32>
  return %y : tensor<8xf32>
}
