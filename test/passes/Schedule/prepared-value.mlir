// RUN: moec-opt %s --moec-pack-operands --moec-hoist-parameters --mlir-print-local-scope --split-input-file | FileCheck %s

// A weight that is rounded and turned around when it is loaded is stored in strips from what it was: neither the rounded one nor
// what it was made of in between is kept, and @infer reads one derived variable.

module attributes {kernel.machine = #kernel.cpu<cores = 2, vector_bytes = 32, vector_registers = 16>} {
moe.variable @w : tensor<32x24xf32> role(parameter)
// CHECK-NOT:   moe.variable @w.derived :
// CHECK:       moe.variable @w.derived_0 : tensor<2x24x16xbf16> role(derived)
// CHECK-NOT:   moe.variable
moe.variable @w.derived : tensor<24x32xbf16> role(derived)
// CHECK-LABEL: func.func @infer(
// CHECK-SAME:    %[[X:.*]]: tensor<6x24xf32> {moe.field = "x"}, %[[P:.*]]: tensor<2x24x16xbf16> {moe.var = @w.derived_0})
// CHECK-NOT:     kernel.map
// CHECK:         kernel.contract dims [6, 32, 24] ins(%[[X]], %[[P]] :
func.func @infer(%x: tensor<6x24xf32> {moe.field = "x"}, %w: tensor<24x32xbf16> {moe.var = @w.derived})
    -> (tensor<6x32xf32> {moe.output = "y"}) attributes {moe.entry = #moe.entry<"infer">} {
  %init = tensor.empty() : tensor<6x32xf32>
  %y = kernel.contract dims [6, 32, 24] ins(%x, %w : tensor<6x24xf32>, tensor<24x32xbf16>) outs(%init : tensor<6x32xf32>)
    maps [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>] schedule <tile = [6, 32, 24], micro = [6, 16]>
    lhs { ^bb0(%l: f32, %r: bf16):
      %t = arith.truncf %l : f32 to bf16
      kernel.yield %t : bf16 }
    rhs { ^bb0(%l: f32, %r: bf16): kernel.yield %r : bf16 }
    epilogue { ^bb0(%l: f32, %r: bf16, %acc: f32): kernel.yield %acc : f32 } -> tensor<6x32xf32>
  return %y : tensor<6x32xf32>
}
// CHECK-LABEL: func.func @prepare(
// CHECK-SAME:    %[[W:.*]]: tensor<32x24xf32> {moe.var = @w}) -> (tensor<2x24x16xbf16> {moe.var = @w.derived_0})
// CHECK-NOT:     kernel.map
// CHECK:         %[[S:.*]] = kernel.map dims [24, 32] ins(%[[W]] : tensor<32x24xf32>) outs(%{{.*}} : tensor<2x24x16xbf16>)
// CHECK-SAME:      maps [affine_map<(d0, d1) -> (d1, d0)>, affine_map<(d0, d1) -> (d1 floordiv 16, d0, d1 mod 16)>]
// CHECK:           %[[H:.*]] = math.absf
// CHECK-NEXT:      %[[T:.*]] = arith.truncf %[[H]] : f32 to bf16
// CHECK-NEXT:      kernel.yield %[[T]] : bf16
// CHECK-NOT:     kernel.map
// CHECK:         return %[[S]]
func.func @prepare(%w: tensor<32x24xf32> {moe.var = @w}) -> (tensor<24x32xbf16> {moe.var = @w.derived}) attributes {moe.entry = #moe.entry<"prepare">} {
  %empty = tensor.empty() : tensor<24x32xf32>
  %a = kernel.map dims [24, 32] ins(%w : tensor<32x24xf32>) outs(%empty : tensor<24x32xf32>)
    maps [affine_map<(i, j) -> (j, i)>, affine_map<(i, j) -> (i, j)>]
    body { ^bb0(%v: f32):
      %r = math.absf %v : f32
      kernel.yield %r : f32 } -> tensor<24x32xf32>
  %half = tensor.empty() : tensor<24x32xbf16>
  %t = kernel.map dims [24, 32] ins(%a : tensor<24x32xf32>) outs(%half : tensor<24x32xbf16>)
    maps [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i, j)>]
    body { ^bb0(%v: f32):
      %r = arith.truncf %v : f32 to bf16
      kernel.yield %r : bf16 } -> tensor<24x32xbf16>
  return %t : tensor<24x32xbf16>
}
}

// -----

// One that is stored turned around is read as it is: what it was made of lies elsewhere.

module attributes {kernel.machine = #kernel.cpu<cores = 2, vector_bytes = 32, vector_registers = 16>} {
moe.variable @w : tensor<32x24xf32> role(parameter)
moe.variable @w.derived : tensor<24x32xf32> role(derived)
// CHECK-LABEL: func.func @infer(
func.func @infer(%x: tensor<6x24xf32> {moe.field = "x"}, %w: tensor<24x32xf32> {moe.var = @w.derived})
    -> (tensor<6x32xf32> {moe.output = "y"}) attributes {moe.entry = #moe.entry<"infer">} {
  %init = tensor.empty() : tensor<6x32xf32>
  %y = kernel.contract dims [6, 32, 24] ins(%x, %w : tensor<6x24xf32>, tensor<24x32xf32>) outs(%init : tensor<6x32xf32>)
    maps [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>] schedule <tile = [6, 32, 24], micro = [6, 16]>
    lhs { ^bb0(%l: f32, %r: f32): kernel.yield %l : f32 }
    rhs { ^bb0(%l: f32, %r: f32): kernel.yield %r : f32 }
    epilogue { ^bb0(%l: f32, %r: f32, %acc: f32): kernel.yield %acc : f32 } -> tensor<6x32xf32>
  return %y : tensor<6x32xf32>
}
// CHECK-LABEL: func.func @prepare(
// CHECK:         %[[A:.*]] = kernel.map dims [32, 24]
// CHECK:         kernel.map dims [24, 32] ins(%[[A]] : tensor<24x32xf32>) outs(%{{.*}} : tensor<2x24x16xf32>)
func.func @prepare(%w: tensor<32x24xf32> {moe.var = @w}) -> (tensor<24x32xf32> {moe.var = @w.derived}) attributes {moe.entry = #moe.entry<"prepare">} {
  %empty = tensor.empty() : tensor<24x32xf32>
  %a = kernel.map dims [32, 24] ins(%w : tensor<32x24xf32>) outs(%empty : tensor<24x32xf32>)
    maps [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (j, i)>]
    body { ^bb0(%v: f32):
      %r = math.absf %v : f32
      kernel.yield %r : f32 } -> tensor<24x32xf32>
  return %a : tensor<24x32xf32>
}
}

// -----

// Two weights that lie side by side in one, as those of joined projections, of which the second is scaled by what it
// shares with its column: each is read where it was. Another entry still reads the joined one, which stays for it.

module attributes {kernel.machine = #kernel.cpu<cores = 2, vector_bytes = 32, vector_registers = 16>} {
moe.variable @a : tensor<24x16xf32> role(parameter)
moe.variable @b : tensor<24x16xf32> role(parameter)
moe.variable @s : tensor<16xf32> role(parameter)
moe.variable @a.derived : tensor<24x32xf32> role(derived)
// CHECK-LABEL: func.func @infer(
// CHECK-SAME:    %{{.*}}: tensor<2x24x16xf32> {moe.var = @a.derived_0})
func.func @infer(%x: tensor<6x24xf32> {moe.field = "x"}, %w: tensor<24x32xf32> {moe.var = @a.derived})
    -> (tensor<6x32xf32> {moe.output = "y"}) attributes {moe.entry = #moe.entry<"infer">} {
  %init = tensor.empty() : tensor<6x32xf32>
  %y = kernel.contract dims [6, 32, 24] ins(%x, %w : tensor<6x24xf32>, tensor<24x32xf32>) outs(%init : tensor<6x32xf32>)
    maps [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>] schedule <tile = [6, 32, 24], micro = [6, 16]>
    lhs { ^bb0(%l: f32, %r: f32): kernel.yield %l : f32 }
    rhs { ^bb0(%l: f32, %r: f32): kernel.yield %r : f32 }
    epilogue { ^bb0(%l: f32, %r: f32, %acc: f32): kernel.yield %acc : f32 } -> tensor<6x32xf32>
  return %y : tensor<6x32xf32>
}
// CHECK-LABEL: func.func @export(
// CHECK-SAME:    %{{.*}}: tensor<24x32xf32> {moe.var = @a.derived})
func.func @export(%w: tensor<24x32xf32> {moe.var = @a.derived}) -> (tensor<24x32xf32> {moe.output = "w"}) attributes {moe.entry = #moe.entry<"export">} {
  return %w : tensor<24x32xf32>
}
// CHECK-LABEL: func.func @prepare(
// CHECK-SAME:    %[[A:[^:]*]]: tensor<24x16xf32> {moe.var = @a}, %[[B:[^:]*]]: tensor<24x16xf32> {moe.var = @b}, %[[S:[^:]*]]: tensor<16xf32> {moe.var = @s})
// CHECK:         %[[JOINED:.*]] = kernel.map dims [24, 32] ins(%[[A]], %[[B]], %[[S]] :
// CHECK:         %[[P:.*]] = kernel.map dims [24, 32] ins(%[[A]], %[[B]], %[[S]] : {{.*}}) outs(%{{.*}} : tensor<2x24x16xf32>)
// CHECK-SAME:      maps [affine_map<(d0, d1) -> (d0, d1 mod 16)>, affine_map<(d0, d1) -> (d0, d1 mod 16)>, affine_map<(d0, d1) -> (d1 mod 16)>, affine_map<(d0, d1) -> (d1 floordiv 16, d0, d1 mod 16)>]
// CHECK-NEXT:    ^bb0(%[[X:.*]]: f32, %[[Y:.*]]: f32, %[[Z:.*]]: f32):
// CHECK:           %[[N:.*]] = kernel.index affine_map<(d0, d1) -> (d1 floordiv 16)> : i32
// CHECK:           %[[SCALED:.*]] = arith.mulf %[[Y]], %[[Z]]
// CHECK:           %[[OF:.*]] = arith.select %{{.*}}, %[[X]], %[[SCALED]]
// CHECK-NEXT:      kernel.yield %[[OF]]
// CHECK:         return %[[JOINED]], %[[P]]
func.func @prepare(%a: tensor<24x16xf32> {moe.var = @a}, %b: tensor<24x16xf32> {moe.var = @b}, %s: tensor<16xf32> {moe.var = @s})
    -> (tensor<24x32xf32> {moe.var = @a.derived}) attributes {moe.entry = #moe.entry<"prepare">} {
  %empty = tensor.empty() : tensor<24x32xf32>
  %j = kernel.map dims [24, 32] ins(%a, %b, %s : tensor<24x16xf32>, tensor<24x16xf32>, tensor<16xf32>) outs(%empty : tensor<24x32xf32>)
    maps [affine_map<(i, j) -> (i, j mod 16)>, affine_map<(i, j) -> (i, j mod 16)>, affine_map<(i, j) -> (j mod 16)>, affine_map<(i, j) -> (i, j)>]
    body { ^bb0(%x: f32, %y: f32, %z: f32):
      %n = kernel.index affine_map<(i, j) -> (j floordiv 16)> : i32
      %zero = arith.constant 0 : i32
      %first = arith.cmpi eq, %n, %zero : i32
      %t = arith.mulf %y, %z : f32
      %r = arith.select %first, %x, %t : f32
      kernel.yield %r : f32 } -> tensor<24x32xf32>
  return %j : tensor<24x32xf32>
}
}
