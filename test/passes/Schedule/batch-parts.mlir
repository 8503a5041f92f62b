// RUN: moec-opt %s --pass-pipeline="builtin.module(func.func(moec-split-batch{images=2}))" --mlir-disable-threading -o %t.mlir --remarks-filter=Schedule --remark-policy=all 2>&1 | FileCheck %s
// RUN: FileCheck %s --check-prefix=IR < %t.mlir

// What keeps a batch in one piece is named.

// IR-NOT: kernel.parts
#m = #kernel.cpu<cores = 2, vector_bytes = 32, vector_registers = 16>
#id = affine_map<(i, j) -> (i, j)>
module attributes {kernel.machine = #m} {
// A sum over images.
// CHECK: SplitBatch {{.*}}Function=sum {{.*}}Remark=kernel.rows, Remark=" ", Remark="computes one value from several parts of the batch"
func.func @sum(%x: tensor<4x8xf32> {moe.field = "x"}) -> (tensor<8xf32> {moe.output = "y"}) attributes {moe.entry = #moe.entry<"a", batch = 4>} {
  %e = tensor.empty() : tensor<8xf32>
  %y = kernel.rows dims [8, 4] ins(%x : tensor<4x8xf32>) outs(%e : tensor<8xf32>) maps [affine_map<(i, k) -> (k, i)>, affine_map<(i, k) -> (i)>]
    combiners [#kernel.combiner<add>] phases { ^bb0(%a: f32): kernel.yield %a : f32 }
    finish { ^bb0(%a: f32, %q: f32): kernel.yield %q : f32 } emit { ^bb0(%a: f32, %q: f32): kernel.yield } -> tensor<8xf32>
  return %y : tensor<8xf32>
}

// Images in another order, and one beside another.
// CHECK: SplitBatch {{.*}}Function=backwards {{.*}}Remark=kernel.map, Remark=" ", Remark="computes one value
func.func @backwards(%x: tensor<4x8xf32> {moe.field = "x"}) -> (tensor<4x8xf32> {moe.output = "y"}) attributes {moe.entry = #moe.entry<"b", batch = 4>} {
  %e = tensor.empty() : tensor<4x8xf32>
  %y = kernel.map dims [4, 8] ins(%x : tensor<4x8xf32>) outs(%e : tensor<4x8xf32>) maps [affine_map<(i, j) -> (3 - i, j)>, #id]
    body { ^bb0(%a: f32): kernel.yield %a : f32 } -> tensor<4x8xf32>
  return %y : tensor<4x8xf32>
}
// CHECK: SplitBatch {{.*}}Function=neighbours {{.*}}Remark=kernel.map, Remark=" ", Remark="computes one value
func.func @neighbours(%x: tensor<4x8xf32> {moe.field = "x"}) -> (tensor<4x8xf32> {moe.output = "y"}) attributes {moe.entry = #moe.entry<"c", batch = 4>} {
  %e = tensor.empty() : tensor<4x8xf32>
  %y = kernel.map dims [4, 8] ins(%x : tensor<4x8xf32>) outs(%e : tensor<4x8xf32>) maps [affine_map<(i, j) -> ((i + 1) mod 4, j)>, #id]
    body { ^bb0(%a: f32): kernel.yield %a : f32 } -> tensor<4x8xf32>
  return %y : tensor<4x8xf32>
}

// The number of an image.
// CHECK: SplitBatch {{.*}}Function=number {{.*}}Remark=kernel.map, Remark=" ", Remark="computes one value
func.func @number(%x: tensor<4x8xi32> {moe.field = "x"}) -> (tensor<4x8xi32> {moe.output = "y"}) attributes {moe.entry = #moe.entry<"d", batch = 4>} {
  %e = tensor.empty() : tensor<4x8xi32>
  %y = kernel.map dims [4, 8] ins(%x : tensor<4x8xi32>) outs(%e : tensor<4x8xi32>) maps [#id, #id]
    body { ^bb0(%a: i32):
      %i = kernel.index 0 : i32
      %s = arith.addi %a, %i : i32
      kernel.yield %s : i32 } -> tensor<4x8xi32>
  return %y : tensor<4x8xi32>
}

// A field of one value, and what is no output of each image. Of a step that learns nothing is said.
// CHECK: SplitBatch {{.*}}Remark=func.func, Remark=" ", Remark="has a field that the parts do not divide"
func.func @fields(%x: tensor<5x8xf32> {moe.field = "x"}) -> (tensor<5x8xf32> {moe.output = "y"}) attributes {moe.entry = #moe.entry<"e", batch = 4>} {
  return %x : tensor<5x8xf32>
}
// CHECK: SplitBatch {{.*}}Function=constant {{.*}}Remark="returns what is no value of each image"
func.func @constant(%x: tensor<4x8xf32> {moe.field = "x"}, %w: tensor<4xf32> {moe.var = @w}) -> (tensor<4xf32> {moe.output = "y"})
    attributes {moe.entry = #moe.entry<"f", batch = 4>} {
  return %w : tensor<4xf32>
}
// CHECK-NOT: Function=learns
func.func @learns(%x: tensor<4xf32> {moe.field = "x"}) -> (tensor<4xf32> {moe.var = @w}) attributes {moe.entry = #moe.entry<"g", batch = 4>} {
  return %x : tensor<4xf32>
}
moe.variable @w : tensor<4xf32> role(parameter)

// Tokens of all images in one order, with what belongs to one image taken apart.
// CHECK: SplitBatch {{.*}}Function=reshapes {{.*}}Remark="reshapes across the parts of the batch"
func.func @reshapes(%x: tensor<4x8xf32> {moe.field = "x"}) -> (tensor<4x8xf32> {moe.output = "y"}) attributes {moe.entry = #moe.entry<"h", batch = 4>} {
  %e = tensor.empty() : tensor<8x4xf32>
  %t = kernel.map dims [8, 4] ins(%x : tensor<4x8xf32>) outs(%e : tensor<8x4xf32>) maps [affine_map<(i, j) -> (j, i)>, #id]
    body { ^bb0(%a: f32): kernel.yield %a : f32 } -> tensor<8x4xf32>
  %c = tensor.collapse_shape %t [[0, 1]] : tensor<8x4xf32> into tensor<32xf32>
  %y = tensor.expand_shape %c [[0, 1]] output_shape [4, 8] : tensor<32xf32> into tensor<4x8xf32>
  return %y : tensor<4x8xf32>
}

// Stacks of images.
// CHECK: SplitBatch {{.*}}Function=stacks {{.*}}Remark="stacks or carries what changes with the images"
func.func @stacks(%x: tensor<4x8xf32> {moe.field = "x"}) -> (tensor<4x8xf32> {moe.output = "y"}, tensor<4x4x8xf32> {moe.output = "z"})
    attributes {moe.entry = #moe.entry<"i", batch = 4>} {
  %r:2 = moe.repeat 4 carry(%x : tensor<4x8xf32>) stacked() {
  ^bb0(%c: tensor<4x8xf32>):
    moe.yield %c, %c : tensor<4x8xf32>, tensor<4x8xf32>
  } -> tensor<4x8xf32>, tensor<4x4x8xf32>
  return %r#0, %r#1 : tensor<4x8xf32>, tensor<4x4x8xf32>
}

// Experts of which each takes 3 of all 8 tokens, or that drop what is beyond 3.
// CHECK: SplitBatch {{.*}}Function=choose {{.*}}Remark=kernel.expert_route, Remark=" ", Remark="lets images of several parts compete"
func.func @choose(%g: tensor<8x2xf32> {moe.field = "g"}) -> (tensor<8x2xf32> {moe.output = "y"}) attributes {moe.entry = #moe.entry<"j", batch = 4>} {
  %f = tensor.empty() : tensor<47xi32>
  %p = kernel.expert_route ins(%g : tensor<8x2xf32>) outs(%f : tensor<47xi32>) groups 1 capacity 3 -> tensor<47xi32>
  return %g : tensor<8x2xf32>
}
// CHECK: SplitBatch {{.*}}Function=drop {{.*}}Remark=kernel.route, Remark=" ", Remark="lets images of several parts compete"
func.func @drop(%g: tensor<8x2xf32> {moe.field = "g"}) -> (tensor<8x1xf32> {moe.output = "y"}) attributes {moe.entry = #moe.entry<"k", batch = 4>} {
  %e = tensor.empty() : tensor<8x1xf32>
  %f = tensor.empty() : tensor<31xi32>
  %p:2 = kernel.route ins(%g : tensor<8x2xf32>) outs(%e, %f : tensor<8x1xf32>, tensor<31xi32>) k 1 capacity 3 priority position -> tensor<8x1xf32>, tensor<31xi32>
  return %p#0 : tensor<8x1xf32>
}

// The number of an item counts items of other images.
// CHECK: SplitBatch {{.*}}Function=items {{.*}}Remark=kernel.map, Remark=" ", Remark="computes one value
func.func @items(%g: tensor<8x2xf32> {moe.field = "g"}) -> (tensor<8xi32> {moe.output = "y"}) attributes {moe.entry = #moe.entry<"l", batch = 4>} {
  %f = tensor.empty() : tensor<51xi32>
  %p = kernel.expert_route ins(%g : tensor<8x2xf32>) outs(%f : tensor<51xi32>) groups 4 capacity 1 -> tensor<51xi32>
  %e = tensor.empty() : tensor<8xi32>
  %y = kernel.map dims [8] ins(%p : tensor<51xi32>) outs(%e : tensor<8xi32>) maps [affine_map<(i) -> (i + 3)>, affine_map<(i) -> (i)>]
    body { ^bb0(%a: i32): kernel.yield %a : i32 } -> tensor<8xi32>
  return %y : tensor<8xi32>
}

// Rows of a table that is longer than the gates, by the numbers of items: those of a part are counted from its beginning.
// CHECK: SplitBatch {{.*}}Function=table {{.*}}Remark=kernel.map, Remark=" ", Remark="computes one value
func.func @table(%g: tensor<8x2xf32> {moe.field = "g"}, %t: tensor<16x4xf32> {moe.field = "t"}) -> (tensor<8x2xf32> {moe.output = "y"})
    attributes {moe.entry = #moe.entry<"m", batch = 4>} {
  %f = tensor.empty() : tensor<51xi32>
  %p = kernel.expert_route ins(%g : tensor<8x2xf32>) outs(%f : tensor<51xi32>) groups 4 capacity 1 -> tensor<51xi32>
  %e = tensor.empty() : tensor<8x4xf32>
  %y = kernel.map dims [8, 4] ins(%t, %p : tensor<16x4xf32>, tensor<51xi32>) outs(%e : tensor<8x4xf32>)
    maps [affine_map<(i, j) -> (0, j)>, affine_map<(i, j) -> (i + 3)>, #id] gathers [1, -1]
    body { ^bb0(%a: f32, %n: i32): kernel.yield %a : f32 } -> tensor<8x4xf32>
  return %g : tensor<8x2xf32>
}

// Numbers that are no plan's, and some of two pieces of one.
// CHECK: SplitBatch {{.*}}Function=numbers {{.*}}Remark=kernel.map, Remark=" ", Remark="computes one value
func.func @numbers(%t: tensor<4x4xf32> {moe.field = "t"}, %n: tensor<4xi32> {moe.field = "n"}) -> (tensor<4x4xf32> {moe.output = "y"})
    attributes {moe.entry = #moe.entry<"n", batch = 4>} {
  %e = tensor.empty() : tensor<4x4xf32>
  %y = kernel.map dims [4, 4] ins(%t, %n : tensor<4x4xf32>, tensor<4xi32>) outs(%e : tensor<4x4xf32>)
    maps [affine_map<(i, j) -> (0, j)>, affine_map<(i, j) -> (i)>, #id] gathers [1, -1]
    body { ^bb0(%a: f32, %k: i32): kernel.yield %a : f32 } -> tensor<4x4xf32>
  return %y : tensor<4x4xf32>
}
// CHECK: SplitBatch {{.*}}Function=pieces {{.*}}Remark=kernel.map, Remark=" ", Remark="computes one value
func.func @pieces(%g: tensor<8x2xf32> {moe.field = "g"}) -> (tensor<8x2xf32> {moe.output = "y"}) attributes {moe.entry = #moe.entry<"o", batch = 4>} {
  %f = tensor.empty() : tensor<51xi32>
  %p = kernel.expert_route ins(%g : tensor<8x2xf32>) outs(%f : tensor<51xi32>) groups 4 capacity 1 -> tensor<51xi32>
  %e = tensor.empty() : tensor<8x2xf32>
  %y = kernel.map dims [8, 2] ins(%g, %p : tensor<8x2xf32>, tensor<51xi32>) outs(%e : tensor<8x2xf32>)
    maps [affine_map<(i, j) -> (0, j)>, affine_map<(i, j) -> (i + 8)>, #id] gathers [1, -1]
    body { ^bb0(%a: f32, %k: i32): kernel.yield %a : f32 } -> tensor<8x2xf32>
  return %y : tensor<8x2xf32>
}

// Rows that offsets for the whole batch give to experts.
// CHECK: SplitBatch {{.*}}Function=fixed {{.*}}Remark=kernel.contract, Remark=" ", Remark="computes one value
func.func @fixed(%x: tensor<8x4xf32> {moe.field = "x"}, %o: tensor<3xi32>, %w: tensor<2x4x4xf32> {moe.var = @w2}) -> (tensor<8x4xf32> {moe.output = "y"})
    attributes {moe.entry = #moe.entry<"p", batch = 4>} {
  %e = tensor.empty() : tensor<8x4xf32>
  %y = kernel.contract dims [2, 8, 4, 4] ins(%x, %w, %o : tensor<8x4xf32>, tensor<2x4x4xf32>, tensor<3xi32>) outs(%e : tensor<8x4xf32>)
    maps [affine_map<(e, m, n, k) -> (m, k)>, affine_map<(e, m, n, k) -> (e, k, n)>, affine_map<(e, m, n, k) -> (e)>, affine_map<(e, m, n, k) -> (m, n)>]
    ragged 1 by 2
    lhs { ^bb0(%l: f32, %q: f32, %i: i32): kernel.yield %l : f32 } rhs { ^bb0(%l: f32, %q: f32, %i: i32): kernel.yield %q : f32 }
    epilogue { ^bb0(%l: f32, %q: f32, %i: i32, %acc: f32): kernel.yield %acc : f32 } -> tensor<8x4xf32>
  return %y : tensor<8x4xf32>
}
moe.variable @w2 : tensor<2x4x4xf32> role(parameter)
}
