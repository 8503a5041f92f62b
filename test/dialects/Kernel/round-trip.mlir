// RUN: moec-opt %s | moec-opt --mlir-print-local-scope | FileCheck %s
// RUN: moec-opt %s --mlir-print-op-generic | moec-opt --mlir-print-local-scope | FileCheck %s
// RUN: moec-opt %s --verify-roundtrip -o /dev/null

// CHECK-LABEL: func.func @contract
// CHECK:         kernel.contract dims [196, 192, 96]
// CHECK-SAME:      ins(%{{.*}} : tensor<4x49x96xf32>, tensor<96x192xf32>, tensor<192xf32>)
// CHECK-SAME:      outs(%{{.*}} : tensor<4x49x192xf32>)
// CHECK-SAME:      schedule <tile = [96, 192, 96], micro = [12, 32], variant = mma.sync, stages = 3, warps = 8>
// CHECK-SAME:      lhs
// CHECK:         rhs
// CHECK:         epilogue
// CHECK:           arith.addf
// CHECK:         -> tensor<4x49x192xf32>
func.func @contract(%x: tensor<4x49x96xf32>, %w: tensor<96x192xf32>, %b: tensor<192xf32>,
                    %init: tensor<4x49x192xf32>) -> tensor<4x49x192xf32> {
  %y = kernel.contract dims [196, 192, 96]
    ins(%x, %w, %b : tensor<4x49x96xf32>, tensor<96x192xf32>, tensor<192xf32>)
    outs(%init : tensor<4x49x192xf32>)
    maps [affine_map<(m, n, k) -> (m floordiv 49, m mod 49, k)>, affine_map<(m, n, k) -> (k, n)>,
          affine_map<(m, n, k) -> (n)>, affine_map<(m, n, k) -> (m floordiv 49, m mod 49, n)>]
    schedule <tile = [96, 192, 96], micro = [12, 32], stages = 3, warps = 8, variant = mma.sync>
    lhs { ^bb0(%l: f32, %r: f32, %bias: f32): kernel.yield %l : f32 }
    rhs { ^bb0(%l: f32, %r: f32, %bias: f32): kernel.yield %r : f32 }
    epilogue { ^bb0(%l: f32, %r: f32, %bias: f32, %acc: f32):
      %s = arith.addf %acc, %bias : f32
      kernel.yield %s : f32 } -> tensor<4x49x192xf32>
  return %y : tensor<4x49x192xf32>
}

// Expert layers: rows gathered by a plan, groups of ragged length, on memrefs.

// CHECK-LABEL: func.func @ragged
// CHECK:         kernel.contract dims [4, 16, 12, 8]
// CHECK-SAME:      gathers [2, -1, -1, -1] ragged 1 by 3
// CHECK-NOT:       ->
// CHECK:         return
func.func @ragged(%x: memref<16x8xf32>, %w: memref<4x8x12xf32>, %items: memref<16xi32>,
                  %offsets: memref<5xi32>, %y: memref<16x12xf32>) {
  kernel.contract dims [4, 16, 12, 8]
    ins(%x, %w, %items, %offsets : memref<16x8xf32>, memref<4x8x12xf32>, memref<16xi32>, memref<5xi32>)
    outs(%y : memref<16x12xf32>)
    maps [affine_map<(g, m, n, k) -> (0, k)>, affine_map<(g, m, n, k) -> (g, k, n)>,
          affine_map<(g, m, n, k) -> (m)>, affine_map<(g, m, n, k) -> (g)>,
          affine_map<(g, m, n, k) -> (m, n)>]
    gathers [2, -1, -1, -1] ragged 1 by 3
    lhs { ^bb0(%l: f32, %r: f32, %i: i32, %o: i32): kernel.yield %l : f32 }
    rhs { ^bb0(%l: f32, %r: f32, %i: i32, %o: i32): kernel.yield %r : f32 }
    epilogue { ^bb0(%l: f32, %r: f32, %i: i32, %o: i32, %acc: f32): kernel.yield %acc : f32 }
  return
}

// Two phases, a value per row and a value per element.

// CHECK-LABEL: func.func @rows
// CHECK:         %{{.*}}:2 = kernel.rows dims [8, 96]
// CHECK-SAME:      combiners [#kernel.combiner<max>, #kernel.combiner<add>]
// CHECK-SAME:      phases
// CHECK:         finish
// CHECK:         emit
// CHECK:         -> tensor<8xf32>, tensor<8x96xf32>
func.func @rows(%x: tensor<8x96xf32>, %sums: tensor<8xf32>, %init: tensor<8x96xf32>)
    -> (tensor<8xf32>, tensor<8x96xf32>) {
  %r:2 = kernel.rows dims [8, 96] ins(%x : tensor<8x96xf32>) outs(%sums, %init : tensor<8xf32>, tensor<8x96xf32>)
    maps [affine_map<(p, c) -> (p, c)>, affine_map<(p, c) -> (p)>, affine_map<(p, c) -> (p, c)>]
    combiners [#kernel.combiner<max>, #kernel.combiner<add>]
    phases { ^bb0(%e: f32): kernel.yield %e : f32 }, { ^bb0(%e: f32, %max: f32):
      %d = arith.subf %e, %max : f32
      kernel.yield %d : f32 }
    finish { ^bb0(%e: f32, %max: f32, %sum: f32): kernel.yield %sum : f32 }
    emit { ^bb0(%e: f32, %max: f32, %sum: f32):
      %d = arith.divf %e, %sum : f32
      kernel.yield %d : f32 } -> tensor<8xf32>, tensor<8x96xf32>
  return %r#0, %r#1 : tensor<8xf32>, tensor<8x96xf32>
}

// CHECK-LABEL: func.func @contract_bf16
// CHECK:         kernel.contract {{.*}} ins(%{{.*}}, %{{.*}} : tensor<8x96xf32>, tensor<96x16xbf16>) outs(%{{.*}} : tensor<8x16xbf16>)
// CHECK:           kernel.yield %{{.*}} : bf16
// CHECK:         ^bb0(%{{.*}}: f32, %{{.*}}: bf16, %{{.*}}: f32):
func.func @contract_bf16(%x: tensor<8x96xf32>, %w: tensor<96x16xbf16>, %init: tensor<8x16xbf16>) -> tensor<8x16xbf16> {
  %y = kernel.contract dims [8, 16, 96] ins(%x, %w : tensor<8x96xf32>, tensor<96x16xbf16>) outs(%init : tensor<8x16xbf16>)
    maps [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>]
    lhs { ^bb0(%a: f32, %b: bf16):
      %l = arith.truncf %a : f32 to bf16
      kernel.yield %l : bf16 }
    rhs { ^bb0(%a: f32, %b: bf16): kernel.yield %b : bf16 }
    epilogue { ^bb0(%a: f32, %b: bf16, %sum: f32):
      %o = arith.truncf %sum : f32 to bf16
      kernel.yield %o : bf16 } -> tensor<8x16xbf16>
  return %y : tensor<8x16xbf16>
}

// Two heads of the query to one of the key, one joined matrix of keys and values, and the statistic.
// CHECK-LABEL: func.func @attend
// CHECK:         %{{.*}}:2 = kernel.attend dims [2, 4, 5, 6, 7, 8] ins(%{{.*}}, %{{.*}}, %{{.*}} : tensor<2x5x32xbf16>, tensor<2x7x28xbf16>, tensor<2x7x28xbf16>) outs(%{{.*}}, %{{.*}} : tensor<2x5x24xf32>, tensor<2x4x5xf32>)
// CHECK-SAME:      scale 2.500000e-01 schedule <tile = [5, 7], micro = [2, 16]>
// CHECK:         query
// CHECK:           kernel.yield %{{.*}} : bf16
// CHECK:         key
// CHECK:         value
// CHECK:         epilogue
// CHECK:           kernel.yield %{{.*}} : f32
// CHECK:         -> tensor<2x5x24xf32>, tensor<2x4x5xf32>
func.func @attend(%q: tensor<2x5x32xbf16>, %kv: tensor<2x7x28xbf16>, %init: tensor<2x5x24xf32>, %sums: tensor<2x4x5xf32>)
    -> (tensor<2x5x24xf32>, tensor<2x4x5xf32>) {
  %r:2 = kernel.attend dims [2, 4, 5, 6, 7, 8]
    ins(%q, %kv, %kv : tensor<2x5x32xbf16>, tensor<2x7x28xbf16>, tensor<2x7x28xbf16>)
    outs(%init, %sums : tensor<2x5x24xf32>, tensor<2x4x5xf32>)
    maps [affine_map<(b, h, s, e, t, d) -> (b, s, h * 8 + d)>,
          affine_map<(b, h, s, e, t, d) -> (b, t, (h floordiv 2) * 14 + d)>,
          affine_map<(b, h, s, e, t, d) -> (b, t, (h floordiv 2) * 14 + e + 8)>,
          affine_map<(b, h, s, e, t, d) -> (b, s, h * 6 + e)>,
          affine_map<(b, h, s, e, t, d) -> (b, h, s)>]
    scale 0.25 schedule <tile = [5, 7], micro = [2, 16]>
    query { ^bb0(%a: bf16, %b: bf16, %c: bf16): kernel.yield %a : bf16 }
    key { ^bb0(%a: bf16, %b: bf16, %c: bf16): kernel.yield %b : bf16 }
    value { ^bb0(%a: bf16, %b: bf16, %c: bf16): kernel.yield %c : bf16 }
    epilogue { ^bb0(%a: bf16, %b: bf16, %c: bf16, %acc: f32): kernel.yield %acc : f32 } -> tensor<2x5x24xf32>, tensor<2x4x5xf32>
  return %r#0, %r#1 : tensor<2x5x24xf32>, tensor<2x4x5xf32>
}

// The rows of two heads of the query beside each other.
// CHECK-LABEL: func.func @attend_grad
// CHECK:         %{{.*}}:3 = kernel.attend_grad dims [2, 2, 10, 6, 7, 8] ins(%{{.*}}, %{{.*}}, %{{.*}}, %{{.*}}, %{{.*}}, %{{.*}} : tensor<2x5x32xbf16>, tensor<2x7x28xbf16>, tensor<2x7x28xbf16>, tensor<2x5x24xbf16>, tensor<2x4x5xf32>, tensor<2x5x4xf32>)
// CHECK-SAME:      scale 2.500000e-01 schedule <tile = [5, 7], micro = [2, 16]>
// CHECK:         query
// CHECK:           kernel.yield %{{.*}} : bf16
// CHECK:         key
// CHECK:         value
// CHECK:         gradient
// CHECK:         statistics
// CHECK:           kernel.yield %{{.*}}, %{{.*}} : f32, f32
// CHECK:         query_grad
// CHECK:         key_grad
// CHECK:         value_grad
// CHECK:           kernel.yield %{{.*}} : f32
// CHECK:         -> tensor<2x5x32xf32>, tensor<2x7x16xf32>, tensor<2x7x12xf32>
func.func @attend_grad(%q: tensor<2x5x32xbf16>, %kv: tensor<2x7x28xbf16>, %dy: tensor<2x5x24xbf16>, %l: tensor<2x4x5xf32>, %delta: tensor<2x5x4xf32>,
    %iq: tensor<2x5x32xf32>, %ik: tensor<2x7x16xf32>, %iv: tensor<2x7x12xf32>) -> tensor<2x5x32xf32> {
  %r:3 = kernel.attend_grad dims [2, 2, 10, 6, 7, 8]
    ins(%q, %kv, %kv, %dy, %l, %delta : tensor<2x5x32xbf16>, tensor<2x7x28xbf16>, tensor<2x7x28xbf16>, tensor<2x5x24xbf16>, tensor<2x4x5xf32>, tensor<2x5x4xf32>)
    outs(%iq, %ik, %iv : tensor<2x5x32xf32>, tensor<2x7x16xf32>, tensor<2x7x12xf32>)
    maps [affine_map<(b, g, s, e, t, d) -> (b, s floordiv 2, g * 16 + (s mod 2) * 8 + d)>,
          affine_map<(b, g, s, e, t, d) -> (b, t, g * 14 + d)>,
          affine_map<(b, g, s, e, t, d) -> (b, t, g * 14 + e + 8)>,
          affine_map<(b, g, s, e, t, d) -> (b, s floordiv 2, g * 12 + (s mod 2) * 6 + e)>,
          affine_map<(b, g, s, e, t, d) -> (b, g * 2 + s mod 2, s floordiv 2)>,
          affine_map<(b, g, s, e, t, d) -> (b, s floordiv 2, g * 2 + s mod 2)>,
          affine_map<(b, g, s, e, t, d) -> (b, s floordiv 2, g * 16 + (s mod 2) * 8 + d)>,
          affine_map<(b, g, s, e, t, d) -> (b, t, g * 8 + d)>,
          affine_map<(b, g, s, e, t, d) -> (b, t, g * 6 + e)>]
    scale 0.25 schedule <tile = [5, 7], micro = [2, 16]>
    query { ^bb0(%a: bf16, %b: bf16, %c: bf16, %g: bf16, %x: f32, %y: f32): kernel.yield %a : bf16 }
    key { ^bb0(%a: bf16, %b: bf16, %c: bf16, %g: bf16, %x: f32, %y: f32): kernel.yield %b : bf16 }
    value { ^bb0(%a: bf16, %b: bf16, %c: bf16, %g: bf16, %x: f32, %y: f32): kernel.yield %c : bf16 }
    gradient { ^bb0(%a: bf16, %b: bf16, %c: bf16, %g: bf16, %x: f32, %y: f32): kernel.yield %g : bf16 }
    statistics { ^bb0(%a: bf16, %b: bf16, %c: bf16, %g: bf16, %x: f32, %y: f32): kernel.yield %x, %y : f32, f32 }
    query_grad { ^bb0(%a: bf16, %b: bf16, %c: bf16, %g: bf16, %x: f32, %y: f32, %sum: f32): kernel.yield %sum : f32 }
    key_grad { ^bb0(%a: bf16, %b: bf16, %c: bf16, %g: bf16, %x: f32, %y: f32, %sum: f32): kernel.yield %sum : f32 }
    value_grad { ^bb0(%a: bf16, %b: bf16, %c: bf16, %g: bf16, %x: f32, %y: f32, %sum: f32): kernel.yield %sum : f32 } -> tensor<2x5x32xf32>, tensor<2x7x16xf32>, tensor<2x7x12xf32>
  return %r#0 : tensor<2x5x32xf32>
}

// CHECK-LABEL: func.func @map
// CHECK:         kernel.map dims [8]
// CHECK:           kernel.index 0 : i32
func.func @map(%init: tensor<8xi32>) -> tensor<8xi32> {
  %y = kernel.map dims [8] outs(%init : tensor<8xi32>) maps [affine_map<(i) -> (i)>]
    body {
      %i = kernel.index 0 : i32
      kernel.yield %i : i32 } -> tensor<8xi32>
  return %y : tensor<8xi32>
}

// Dims past the last that a position uses are not a part of it.
// CHECK-LABEL: func.func @positions
// CHECK:           %[[I:.*]] = kernel.index affine_map<(d0, d1) -> (d0 * 4 + d1)> : i32
// CHECK:           %[[J:.*]] = kernel.index 0 : i32
// CHECK:           %[[K:.*]] = kernel.index affine_map<() -> (7)> : i32
func.func @positions(%init: tensor<8x4x2xi32>) -> tensor<8x4x2xi32> {
  %y = kernel.map dims [8, 4, 2] outs(%init : tensor<8x4x2xi32>) maps [affine_map<(i, j, k) -> (i, j, k)>]
    body {
      %i = kernel.index affine_map<(i, j, k) -> (i * 4 + j)> : i32
      %j = kernel.index affine_map<(i, j, k) -> (i)> : i32
      %k = kernel.index affine_map<(i, j, k) -> (7)> : i32
      %s = arith.addi %i, %j : i32
      %t = arith.addi %s, %k : i32
      kernel.yield %t : i32 } -> tensor<8x4x2xi32>
  return %y : tensor<8x4x2xi32>
}

// CHECK-LABEL: func.func @route
// CHECK:         %{{.*}}:2 = kernel.route ins(%{{.*}} : tensor<8x4xf32>)
// CHECK-SAME:      k 2 capacity 5 priority importance -> tensor<8x2xf32>, tensor<69xi32>
func.func @route(%g: tensor<8x4xf32>, %w: tensor<8x2xf32>, %p: tensor<69xi32>) -> (tensor<8x2xf32>, tensor<69xi32>) {
  %r:2 = kernel.route ins(%g : tensor<8x4xf32>) outs(%w, %p : tensor<8x2xf32>, tensor<69xi32>)
    k 2 capacity 5 priority importance -> tensor<8x2xf32>, tensor<69xi32>
  return %r#0, %r#1 : tensor<8x2xf32>, tensor<69xi32>
}

// CHECK-LABEL: func.func @route_groups
// CHECK:         k 2 capacity 5 groups 2 priority importance -> tensor<8x2xf32>, tensor<69xi32>
func.func @route_groups(%g: tensor<8x4xf32>, %w: tensor<8x2xf32>, %p: tensor<69xi32>) -> (tensor<8x2xf32>, tensor<69xi32>) {
  %r:2 = kernel.route ins(%g : tensor<8x4xf32>) outs(%w, %p : tensor<8x2xf32>, tensor<69xi32>)
    k 2 capacity 5 groups 2 priority importance -> tensor<8x2xf32>, tensor<69xi32>
  return %r#0, %r#1 : tensor<8x2xf32>, tensor<69xi32>
}

// CHECK-LABEL: func.func @expert_route
// CHECK:         %{{.*}} = kernel.expert_route ins(%{{.*}} : tensor<8x4xf32>) outs(%{{.*}} : tensor<117xi32>)
// CHECK-SAME:      groups 2 capacity 3 -> tensor<117xi32>
func.func @expert_route(%g: tensor<8x4xf32>, %p: tensor<117xi32>) -> tensor<117xi32> {
  %r = kernel.expert_route ins(%g : tensor<8x4xf32>) outs(%p : tensor<117xi32>) groups 2 capacity 3 -> tensor<117xi32>
  return %r : tensor<117xi32>
}

// CHECK-LABEL: kernel.program @infer arena 8192
// CHECK-SAME:      inputs [#kernel.port<field "x" : tensor<8xf32>>, #kernel.port<field "an \22image\22" : tensor<2x4xi8>>, #kernel.port<host "step" : tensor<i32>>]
// CHECK-SAME:      outputs [#kernel.port<output "y" : tensor<8xf32>>, #kernel.port<metric "loss" : tensor<0xi32>>]
// CHECK:         kernel.launch @k0 [#kernel.address<field "x", offset = 0, bytes = 32>, #kernel.address<arena, offset = 0, bytes = 32>]
// CHECK:         kernel.loop 4
// CHECK:           kernel.launch @k0 [#kernel.address<arena, offset = 0, bytes = 32, shift = 1, modulus = 2, size = 4096>, #kernel.address<parameter, offset = 64, bytes = 32, stride = 128>]
// CHECK:         kernel.launch @k0 [#kernel.address<host "step", offset = 0, bytes = 4>, #kernel.address<output "y", offset = 0, bytes = 32>]
// CHECK:         kernel.launch @k0 [#kernel.address<field "an \22image\22", offset = 0, bytes = 8>, #kernel.address<metric "loss", offset = 0, bytes = 0>]
func.func private @k0(memref<8xf32>, memref<8xf32>, index, index, memref<?xi8>)
kernel.program @infer arena 8192
    inputs [#kernel.port<field "x" : tensor<8xf32>>, #kernel.port<field "an \"image\"" : tensor<2x4xi8>>,
            #kernel.port<host "step" : tensor<i32>>]
    outputs [#kernel.port<output "y" : tensor<8xf32>>, #kernel.port<metric "loss" : tensor<0xi32>>] {
  kernel.launch @k0 [#kernel.address<field "x", offset = 0, bytes = 32>, #kernel.address<arena, offset = 0, bytes = 32>]
  kernel.loop 4 {
    kernel.launch @k0 [#kernel.address<arena, offset = 0, bytes = 32, shift = 1, modulus = 2, size = 4096>,
                       #kernel.address<parameter, offset = 64, bytes = 32, stride = 128>]
  }
  kernel.launch @k0 [#kernel.address<host "step", offset = 0, bytes = 4>, #kernel.address<output "y", offset = 0, bytes = 32>]
  kernel.launch @k0 [#kernel.address<field "an \"image\"", offset = 0, bytes = 8>, #kernel.address<metric "loss", offset = 0, bytes = 0>]
}

// Every kind of block.
// CHECK-LABEL: func.func private @blocks
// CHECK-SAME:    kernel.attributes = {a = #kernel.block<parameter>, b = #kernel.block<statistic>, c = #kernel.block<moment>, d = #kernel.block<shadow>, e = #kernel.block<derived>, f = #kernel.block<arena>, g = #kernel.block<field "x">, h = #kernel.block<host "x">, i = #kernel.block<output "x">, j = #kernel.block<metric "x">}
func.func private @blocks() attributes {kernel.attributes = {
    a = #kernel.block<parameter>, b = #kernel.block<statistic>, c = #kernel.block<moment>, d = #kernel.block<shadow>,
    e = #kernel.block<derived>, f = #kernel.block<arena>, g = #kernel.block<field "x">, h = #kernel.block<host "x">,
    i = #kernel.block<output "x">, j = #kernel.block<metric "x">}}

// CHECK-LABEL: func.func private @maps
// CHECK-SAME:    kernel.tensor_maps = [#kernel.tensor_map<operand = 0, element = bf16, shape = [96, 6272], strides = [192], box = [64, 128], swizzle = 128>, #kernel.tensor_map<operand = 1, element = f32, shape = [64], strides = [], box = [8], swizzle = 0>]
func.func private @maps() attributes {kernel.tensor_maps = [
    #kernel.tensor_map<operand = 0, element = bf16, shape = [96, 6272], strides = [192], box = [64, 128], swizzle = 128>,
    #kernel.tensor_map<operand = 1, element = f32, shape = [64], strides = [], box = [8], swizzle = 0>]}
