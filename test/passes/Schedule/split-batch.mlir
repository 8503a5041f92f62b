// RUN: moec-opt %s --pass-pipeline="builtin.module(func.func(moec-split-batch{images=2}))" --split-input-file --mlir-print-local-scope | FileCheck %s
// RUN: moec-opt %s --pass-pipeline="builtin.module(func.func(moec-split-batch))" --split-input-file --mlir-print-local-scope | FileCheck %s --check-prefix=MODEL
// RUN: moec-opt %s --pass-pipeline="builtin.module(func.func(moec-split-batch))" --split-input-file --remarks-filter=Schedule --remark-policy=all -o /dev/null 2>&1 | FileCheck %s --check-prefix=REMARK

// Two of six images at a time: the rows of a product, 4 tokens an image, what a repeat carries, views of it, and a position within an image stay as they are but for the number of images.
// The model leaves so little work alone.

module attributes {kernel.machine = #kernel.cpu<cores = 2, vector_bytes = 32, vector_registers = 16>} {
moe.variable @w : tensor<3x8x8xf32> role(parameter)
// CHECK-LABEL: func.func @infer
// CHECK-SAME:    %[[X:.*]]: tensor<2x4x8xf32> {moe.field = "x"}, %[[W:.*]]: tensor<3x8x8xf32> {moe.var = @w}) -> (tensor<2x32xf32> {moe.output = "y"})
// CHECK-SAME:    kernel.parts = 3 : i64
// CHECK:         %[[R:.*]] = moe.repeat 3 carry(%[[X]] : tensor<2x4x8xf32>) stacked(%[[W]] : tensor<3x8x8xf32>) {
// CHECK-NEXT:    ^bb0(%[[C:.*]]: tensor<2x4x8xf32>, %[[P:.*]]: tensor<8x8xf32>):
// CHECK:           %[[E:.*]] = tensor.empty() : tensor<2x4x8xf32>
// CHECK:           kernel.contract dims [8, 8, 8] ins(%[[C]], %[[P]] : tensor<2x4x8xf32>, tensor<8x8xf32>) outs(%[[E]] : tensor<2x4x8xf32>)
// CHECK-SAME:        maps [affine_map<(d0, d1, d2) -> (d0 floordiv 4, d0 mod 4, d2)>,
// CHECK:         %[[F:.*]] = tensor.collapse_shape %[[R]] {{.*}} : tensor<2x4x8xf32> into tensor<2x32xf32>
// CHECK:         kernel.map dims [2, 32] ins(%[[F]] : tensor<2x32xf32>) outs(%{{.*}} : tensor<2x32xf32>)
// CHECK:           kernel.index 1
// MODEL-LABEL: func.func @infer
// MODEL-SAME:    tensor<6x4x8xf32>
// MODEL-NOT:     kernel.parts
func.func @infer(%x: tensor<6x4x8xf32> {moe.field = "x"}, %w: tensor<3x8x8xf32> {moe.var = @w}) -> (tensor<6x32xf32> {moe.output = "y"})
    attributes {moe.entry = #moe.entry<"infer", batch = 6>} {
  %r = moe.repeat 3 carry(%x : tensor<6x4x8xf32>) stacked(%w : tensor<3x8x8xf32>) {
  ^bb0(%c: tensor<6x4x8xf32>, %p: tensor<8x8xf32>):
    %e = tensor.empty() : tensor<6x4x8xf32>
    %y = kernel.contract dims [24, 8, 8] ins(%c, %p : tensor<6x4x8xf32>, tensor<8x8xf32>) outs(%e : tensor<6x4x8xf32>)
      maps [affine_map<(m, n, k) -> (m floordiv 4, m mod 4, k)>, affine_map<(m, n, k) -> (k, n)>,
            affine_map<(m, n, k) -> (m floordiv 4, m mod 4, n)>]
      lhs { ^bb0(%l: f32, %q: f32): kernel.yield %l : f32 } rhs { ^bb0(%l: f32, %q: f32): kernel.yield %q : f32 }
      epilogue { ^bb0(%l: f32, %q: f32, %acc: f32): kernel.yield %acc : f32 } -> tensor<6x4x8xf32>
    moe.yield %y : tensor<6x4x8xf32>
  } -> tensor<6x4x8xf32>
  %flat = tensor.collapse_shape %r [[0], [1, 2]] : tensor<6x4x8xf32> into tensor<6x32xf32>
  %e = tensor.empty() : tensor<6x32xf32>
  %y = kernel.map dims [6, 32] ins(%flat : tensor<6x32xf32>) outs(%e : tensor<6x32xf32>)
    maps [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i, j)>]
    body { ^bb0(%a: f32):
      %i = kernel.index 1 : i32
      %f = arith.sitofp %i : i32 to f32
      %s = arith.addf %a, %f : f32
      kernel.yield %s : f32 } -> tensor<6x32xf32>
  return %y : tensor<6x32xf32>
}
}

// -----

// Each part has a plan of its own, with its pieces at other places: offsets of 3 experts are 4 numbers, then come the items of 24 and now 8 rows, their slots, and where the 2 choices of an
// item went.

module attributes {kernel.machine = #kernel.cpu<cores = 2, vector_bytes = 32, vector_registers = 16>} {
moe.variable @w : tensor<3x8x8xf32> role(parameter)
// CHECK-LABEL: func.func @routed
// CHECK-SAME:    kernel.parts = 3 : i64
// CHECK:         %[[P:.*]]:2 = kernel.route ins(%{{.*}} : tensor<4x3xf32>) outs(%{{.*}}, %{{.*}} : tensor<4x2xf32>, tensor<36xi32>) k 2 capacity 4 priority position
// CHECK:         kernel.contract dims [3, 8, 8, 8] ins(%{{.*}}, %{{.*}}, %[[P]]#1, %[[P]]#1 : tensor<4x8xf32>, tensor<3x8x8xf32>, tensor<36xi32>, tensor<36xi32>) outs(%{{.*}} : tensor<8x8xf32>)
// CHECK-SAME:      affine_map<(d0, d1, d2, d3) -> (d0)>, affine_map<(d0, d1, d2, d3) -> (d1 + 4)>
// CHECK:         kernel.rows dims [4, 8, 2] ins(%{{.*}}, %[[P]]#1, %[[P]]#0 : tensor<8x8xf32>, tensor<36xi32>, tensor<4x2xf32>)
// CHECK-SAME:      affine_map<(d0, d1, d2) -> (d0 * 2 + d2 + 20)>
func.func @routed(%x: tensor<12x8xf32> {moe.field = "x"}, %g: tensor<12x3xf32> {moe.field = "g"}, %w: tensor<3x8x8xf32> {moe.var = @w})
    -> (tensor<12x8xf32> {moe.output = "y"}) attributes {moe.entry = #moe.entry<"infer", batch = 6>} {
  %e = tensor.empty() : tensor<12x2xf32>
  %f = tensor.empty() : tensor<100xi32>
  %r:2 = kernel.route ins(%g : tensor<12x3xf32>) outs(%e, %f : tensor<12x2xf32>, tensor<100xi32>)
    k 2 capacity 12 priority position -> tensor<12x2xf32>, tensor<100xi32>
  %h = tensor.empty() : tensor<24x8xf32>
  %m = kernel.contract dims [3, 24, 8, 8] ins(%x, %w, %r#1, %r#1 : tensor<12x8xf32>, tensor<3x8x8xf32>, tensor<100xi32>, tensor<100xi32>)
    outs(%h : tensor<24x8xf32>)
    maps [affine_map<(e, m, n, k) -> (0, k)>, affine_map<(e, m, n, k) -> (e, k, n)>, affine_map<(e, m, n, k) -> (e)>,
          affine_map<(e, m, n, k) -> (m + 4)>, affine_map<(e, m, n, k) -> (m, n)>]
    gathers [3, -1, -1, -1] ragged 1 by 2
    lhs { ^bb0(%l: f32, %q: f32, %o: i32, %i: i32): kernel.yield %l : f32 }
    rhs { ^bb0(%l: f32, %q: f32, %o: i32, %i: i32): kernel.yield %q : f32 }
    epilogue { ^bb0(%l: f32, %q: f32, %o: i32, %i: i32, %acc: f32): kernel.yield %acc : f32 } -> tensor<24x8xf32>
  %s = tensor.empty() : tensor<12x8xf32>
  %y = kernel.rows dims [12, 8, 2] ins(%m, %r#1, %r#0 : tensor<24x8xf32>, tensor<100xi32>, tensor<12x2xf32>) outs(%s : tensor<12x8xf32>)
    maps [affine_map<(t, n, j) -> (0, n)>, affine_map<(t, n, j) -> (t * 2 + j + 52)>, affine_map<(t, n, j) -> (t, j)>,
          affine_map<(t, n, j) -> (t, n)>]
    gathers [1, -1, -1] combiners [#kernel.combiner<add>]
    phases { ^bb0(%a: f32, %p: i32, %c: f32):
      %z = arith.mulf %a, %c : f32
      kernel.yield %z : f32 }
    finish { ^bb0(%a: f32, %p: i32, %c: f32, %z: f32): kernel.yield %z : f32 }
    emit { ^bb0(%a: f32, %p: i32, %c: f32, %z: f32): kernel.yield } -> tensor<12x8xf32>
  return %y : tensor<12x8xf32>
}
}

// -----

// What 32 images are made of is 33.5 MB here, and goes through memory; that of one stays in caches.

module attributes {kernel.machine = #kernel.cpu<cores = 2, vector_bytes = 32, vector_registers = 16>} {
// REMARK: remark: [Passed] SplitBatch {{.*}}Remark="treats ", Remark=1, Remark=" of ", Remark=32
// MODEL-LABEL: func.func @large
// MODEL-SAME:    tensor<1x262144xf32>
// MODEL-SAME:    kernel.parts = 32 : i64
func.func @large(%x: tensor<32x262144xf32> {moe.field = "x"}) -> (tensor<32x262144xf32> {moe.output = "y"})
    attributes {moe.entry = #moe.entry<"infer", batch = 32>} {
  %e = tensor.empty() : tensor<32x262144xf32>
  %y = kernel.map dims [32, 262144] ins(%x : tensor<32x262144xf32>) outs(%e : tensor<32x262144xf32>)
    maps [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i, j)>]
    body { ^bb0(%a: f32):
      %s = math.exp %a : f32
      kernel.yield %s : f32 } -> tensor<32x262144xf32>
  return %y : tensor<32x262144xf32>
}
}

// -----

// Other machines.

module attributes {kernel.machine = #kernel.gpu<multiprocessors = 132, shared_bytes = 232448>} {
// CHECK-LABEL: func.func @gpu
// CHECK-NOT:     kernel.parts
// CHECK:         kernel.map dims [6, 8]
func.func @gpu(%x: tensor<6x8xf32> {moe.field = "x"}) -> (tensor<6x8xf32> {moe.output = "y"}) attributes {moe.entry = #moe.entry<"infer", batch = 6>} {
  %e = tensor.empty() : tensor<6x8xf32>
  %y = kernel.map dims [6, 8] ins(%x : tensor<6x8xf32>) outs(%e : tensor<6x8xf32>)
    maps [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i, j)>]
    body { ^bb0(%a: f32): kernel.yield %a : f32 } -> tensor<6x8xf32>
  return %y : tensor<6x8xf32>
}
}

// -----

// A router without experts.

module attributes {kernel.machine = #kernel.cpu<cores = 2, vector_bytes = 32, vector_registers = 16>} {
// CHECK-LABEL: func.func @no_experts
// CHECK-SAME:    kernel.parts = 2 : i64
// CHECK:         kernel.expert_route ins(%{{.*}} : tensor<4x0xf32>) outs(%{{.*}} : tensor<1xi32>) groups 2 capacity 1
func.func @no_experts(%g: tensor<8x0xf32> {moe.field = "g"}) -> (tensor<8x0xf32> {moe.output = "y"}) attributes {moe.entry = #moe.entry<"infer", batch = 4>} {
  %f = tensor.empty() : tensor<1xi32>
  %p = kernel.expert_route ins(%g : tensor<8x0xf32>) outs(%f : tensor<1xi32>) groups 4 capacity 1 -> tensor<1xi32>
  return %g : tensor<8x0xf32>
}
}
