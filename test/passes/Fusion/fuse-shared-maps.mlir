// RUN: moec-opt %s --split-input-file --pass-pipeline='builtin.module(func.func(moec-fuse-shared))' | FileCheck %s
// RUN: moec-opt %s --split-input-file --pass-pipeline='builtin.module(func.func(moec-fuse-shared))' --remarks-filter=Fusion --remark-policy=all -o /dev/null 2>&1 | FileCheck %s --check-prefix=REMARK

// What one map writes and others need, too, the next map takes where it is
// written. The average of a parameter is made by its update, each in its place.

// CHECK-LABEL: func.func @average
// CHECK-SAME:    %[[P:[a-z0-9]+]]: tensor<4x6xf32> {{[^,]*}}, %[[S:[a-z0-9]+]]: tensor<4x6xf32> {{[^,]*}}, %[[G:[a-z0-9]+]]: tensor<4x6xf32>
// CHECK:         %[[Y:.*]]:2 = kernel.map dims [4, 6] ins(%[[P]], %[[G]], %[[S]] :
// CHECK-SAME:      outs(%[[P]], %{{.*}} : tensor<4x6xf32>, tensor<4x6xf32>)
// CHECK:           ^bb0(%[[A:.*]]: f32, %[[B:.*]]: f32, %[[C:.*]]: f32):
// CHECK-NEXT:      %[[N:.*]] = arith.subf %[[A]], %[[B]] : f32
// CHECK-NEXT:      %[[T:.*]] = arith.addf %[[C]], %[[N]] : f32
// CHECK-NEXT:      kernel.yield %[[N]], %[[T]] : f32, f32
// CHECK-NOT:     kernel.map
// CHECK:         return %[[Y]]#0, %[[Y]]#1
// REMARK: remark: [Passed] FuseShared
// REMARK-SAME: Function=average
// REMARK-SAME: moved into the kernel that writes what it reads, kernel.map
#id = affine_map<(i, j) -> (i, j)>
moe.variable @p : tensor<4x6xf32> role(parameter)
moe.variable @s : tensor<4x6xf32> role(shadow) of @p
func.func @average(%p: tensor<4x6xf32> {moe.var = @p}, %s: tensor<4x6xf32> {moe.var = @s}, %g: tensor<4x6xf32> {moe.field = "g"})
    -> (tensor<4x6xf32> {moe.var = @p}, tensor<4x6xf32> {moe.var = @s}) {
  %e = tensor.empty() : tensor<4x6xf32>
  %n = kernel.map dims [4, 6] ins(%p, %g : tensor<4x6xf32>, tensor<4x6xf32>) outs(%p : tensor<4x6xf32>) maps [#id, #id, #id]
    body { ^bb0(%a: f32, %b: f32):
      %r = arith.subf %a, %b : f32
      kernel.yield %r : f32 } -> tensor<4x6xf32>
  %t = kernel.map dims [4, 6] ins(%s, %n : tensor<4x6xf32>, tensor<4x6xf32>) outs(%e : tensor<4x6xf32>) maps [#id, #id, #id]
    body { ^bb0(%a: f32, %b: f32):
      %r = arith.addf %a, %b : f32
      kernel.yield %r : f32 } -> tensor<4x6xf32>
  return %n, %t : tensor<4x6xf32>, tensor<4x6xf32>
}

// -----

// Several in a row, and through views.

// CHECK-LABEL: func.func @chain
// CHECK:         %[[Y:.*]]:3 = kernel.map
// CHECK-NOT:     kernel.map
// CHECK:         return %[[Y]]#0, %[[Y]]#1, %[[Y]]#2
#id = affine_map<(z, i, j) -> (z, i, j)>
#two = affine_map<(i, j) -> (i, j)>
func.func @chain(%x: tensor<1x4x6xf32>) -> (tensor<1x4x6xf32>, tensor<4x6xf32>, tensor<4x6xf32>) {
  %e = tensor.empty() : tensor<1x4x6xf32>
  %f = tensor.empty() : tensor<4x6xf32>
  %a = kernel.map dims [1, 4, 6] ins(%x : tensor<1x4x6xf32>) outs(%e : tensor<1x4x6xf32>) maps [#id, #id]
    body { ^bb0(%p: f32):
      %r = math.tanh %p : f32
      kernel.yield %r : f32 } -> tensor<1x4x6xf32>
  %v = tensor.collapse_shape %a [[0, 1], [2]] : tensor<1x4x6xf32> into tensor<4x6xf32>
  %b = kernel.map dims [4, 6] ins(%v : tensor<4x6xf32>) outs(%f : tensor<4x6xf32>) maps [#two, #two]
    body { ^bb0(%p: f32):
      %r = math.exp %p : f32
      kernel.yield %r : f32 } -> tensor<4x6xf32>
  %c = kernel.map dims [4, 6] ins(%b : tensor<4x6xf32>) outs(%f : tensor<4x6xf32>) maps [#two, #two]
    body { ^bb0(%p: f32):
      %r = math.sqrt %p : f32
      kernel.yield %r : f32 } -> tensor<4x6xf32>
  return %a, %b, %c : tensor<1x4x6xf32>, tensor<4x6xf32>, tensor<4x6xf32>
}

// -----

// Another space: what is read is repeated, a part, or turned over.

// CHECK-LABEL: func.func @dims
// CHECK-COUNT-4: kernel.map
// REMARK: remark: [Missed] FuseShared
// REMARK-SAME: Function=dims
// REMARK-SAME: it does not read every element once
// REMARK: remark: [Missed] FuseShared
// REMARK-SAME: it does not read every element once
// REMARK: remark: [Missed] FuseShared
// REMARK-SAME: its result would be stored with a stride
#id = affine_map<(i, j) -> (i, j)>
#first = affine_map<(i) -> (0, i)>
#flat = affine_map<(i) -> (i)>
#turned = affine_map<(i, j) -> (j, i)>
func.func @dims(%x: tensor<4x6xf32>) -> (tensor<4x6xf32>, tensor<5x4x6xf32>, tensor<6xf32>, tensor<6x4xf32>) {
  %e = tensor.empty() : tensor<4x6xf32>
  %f = tensor.empty() : tensor<6xf32>
  %g = tensor.empty() : tensor<6x4xf32>
  %h = tensor.empty() : tensor<5x4x6xf32>
  %a = kernel.map dims [4, 6] ins(%x : tensor<4x6xf32>) outs(%e : tensor<4x6xf32>) maps [#id, #id]
    body { ^bb0(%p: f32):
      %r = math.tanh %p : f32
      kernel.yield %r : f32 } -> tensor<4x6xf32>
  %b = kernel.map dims [5, 4, 6] ins(%a : tensor<4x6xf32>) outs(%h : tensor<5x4x6xf32>)
    maps [affine_map<(k, i, j) -> (i, j)>, affine_map<(k, i, j) -> (k, i, j)>]
    body { ^bb0(%p: f32): kernel.yield %p : f32 } -> tensor<5x4x6xf32>
  %c = kernel.map dims [6] ins(%a : tensor<4x6xf32>) outs(%f : tensor<6xf32>) maps [#first, #flat]
    body { ^bb0(%p: f32):
      %r = math.exp %p : f32
      kernel.yield %r : f32 } -> tensor<6xf32>
  %d = kernel.map dims [4, 6] ins(%a : tensor<4x6xf32>) outs(%g : tensor<6x4xf32>) maps [#id, #turned]
    body { ^bb0(%p: f32):
      %r = math.exp %p : f32
      kernel.yield %r : f32 } -> tensor<6x4xf32>
  return %a, %b, %c, %d : tensor<4x6xf32>, tensor<5x4x6xf32>, tensor<6xf32>, tensor<6x4xf32>
}

// -----

// A gather, and a reduction, read other elements than the one at hand.

// CHECK-LABEL: func.func @gather
// CHECK:         kernel.map dims [4, 6]
// CHECK:         kernel.map dims [4, 6] {{.*}} gathers [1, -1]
// CHECK:         kernel.rows
// REMARK: remark: [Missed] FuseShared
// REMARK-SAME: Function=gather
// REMARK-SAME: it gathers
#id = affine_map<(i, j) -> (i, j)>
#row = affine_map<(i, j) -> (i)>
func.func @gather(%x: tensor<4x6xf32>, %n: tensor<4xi32>) -> (tensor<4x6xf32>, tensor<4x6xf32>, tensor<4xf32>) {
  %e = tensor.empty() : tensor<4x6xf32>
  %f = tensor.empty() : tensor<4xf32>
  %a = kernel.map dims [4, 6] ins(%x : tensor<4x6xf32>) outs(%e : tensor<4x6xf32>) maps [#id, #id]
    body { ^bb0(%p: f32):
      %r = math.tanh %p : f32
      kernel.yield %r : f32 } -> tensor<4x6xf32>
  %b = kernel.map dims [4, 6] ins(%a, %n : tensor<4x6xf32>, tensor<4xi32>) outs(%e : tensor<4x6xf32>)
    maps [affine_map<(i, j) -> (0, j)>, #row, #id] gathers [1, -1]
    body { ^bb0(%p: f32, %q: i32): kernel.yield %p : f32 } -> tensor<4x6xf32>
  %s = kernel.rows dims [4, 6] ins(%a : tensor<4x6xf32>) outs(%f : tensor<4xf32>) maps [#id, #row]
    combiners [#kernel.combiner<add>]
    phases { ^bb0(%p: f32): kernel.yield %p : f32 }
    finish { ^bb0(%p: f32, %t: f32): kernel.yield %t : f32 }
    emit { ^bb0(%p: f32, %t: f32): kernel.yield } -> tensor<4xf32>
  return %a, %b, %s : tensor<4x6xf32>, tensor<4x6xf32>, tensor<4xf32>
}

// -----

// Half of a tensor each: neither kernel has all that is read.

// CHECK-LABEL: func.func @halves
// CHECK-COUNT-3: kernel.map
// REMARK: remark: [Missed] FuseShared
// REMARK-SAME: Function=halves
// REMARK-SAME: several kernels write what it reads
#id = affine_map<(i) -> (i)>
func.func @halves(%x: tensor<4xf32>) -> (tensor<8xf32>, tensor<8xf32>) {
  %e = tensor.empty() : tensor<8xf32>
  %a = kernel.map dims [4] ins(%x : tensor<4xf32>) outs(%e : tensor<8xf32>) maps [#id, #id]
    body { ^bb0(%p: f32): kernel.yield %p : f32 } -> tensor<8xf32>
  %b = kernel.map dims [4] ins(%x : tensor<4xf32>) outs(%a : tensor<8xf32>) maps [#id, affine_map<(i) -> (i + 4)>]
    body { ^bb0(%p: f32): kernel.yield %p : f32 } -> tensor<8xf32>
  %c = kernel.map dims [8] ins(%b : tensor<8xf32>) outs(%e : tensor<8xf32>) maps [#id, #id]
    body { ^bb0(%p: f32):
      %r = math.exp %p : f32
      kernel.yield %r : f32 } -> tensor<8xf32>
  return %b, %c : tensor<8xf32>, tensor<8xf32>
}

// -----

// The norm of the new parameter reads the old average, too: the average can not
// be overwritten before that, as it would be in the place of the update.

// CHECK-LABEL: func.func @read_between
// CHECK:         kernel.map
// CHECK:         kernel.rows
// CHECK:         kernel.map
// REMARK: remark: [Missed] FuseShared
// REMARK-SAME: Function=read_between
// REMARK-SAME: a variable would be overwritten before it is read
#id = affine_map<(i) -> (i)>
moe.variable @p : tensor<8xf32> role(parameter)
moe.variable @s : tensor<8xf32> role(shadow) of @p
func.func @read_between(%p: tensor<8xf32> {moe.var = @p}, %s: tensor<8xf32> {moe.var = @s})
    -> (tensor<8xf32> {moe.var = @p}, tensor<8xf32> {moe.var = @s}, tensor<f32> {moe.metric = "norm"}) {
  %e = tensor.empty() : tensor<8xf32>
  %f = tensor.empty() : tensor<f32>
  %n = kernel.map dims [8] ins(%p : tensor<8xf32>) outs(%p : tensor<8xf32>) maps [#id, #id]
    body { ^bb0(%a: f32):
      %r = math.tanh %a : f32
      kernel.yield %r : f32 } -> tensor<8xf32>
  %norm = kernel.rows dims [1, 8] ins(%n, %s : tensor<8xf32>, tensor<8xf32>) outs(%f : tensor<f32>)
    maps [affine_map<(p, c) -> (c)>, affine_map<(p, c) -> (c)>, affine_map<(p, c) -> ()>] combiners [#kernel.combiner<add>]
    phases { ^bb0(%a: f32, %b: f32):
      %d = arith.subf %a, %b : f32
      kernel.yield %d : f32 }
    finish { ^bb0(%a: f32, %b: f32, %t: f32): kernel.yield %t : f32 }
    emit { ^bb0(%a: f32, %b: f32, %t: f32): kernel.yield } -> tensor<f32>
  %t = kernel.map dims [8] ins(%s, %n : tensor<8xf32>, tensor<8xf32>) outs(%e : tensor<8xf32>) maps [#id, #id, #id]
    body { ^bb0(%a: f32, %b: f32):
      %r = arith.addf %a, %b : f32
      kernel.yield %r : f32 } -> tensor<8xf32>
  return %n, %t, %norm : tensor<8xf32>, tensor<8xf32>, tensor<f32>
}

// -----

// The kernel in between overwrites what the first one reads. Nothing reads the
// first one's result there, so that it would stand behind it.

// CHECK-LABEL: func.func @written_between
// CHECK-COUNT-3: kernel.map
// REMARK: remark: [Missed] FuseShared
// REMARK-SAME: Function=written_between
// REMARK-SAME: a variable would be overwritten before it is read
#id = affine_map<(i) -> (i)>
moe.variable @p : tensor<8xf32> role(parameter)
func.func @written_between(%p: tensor<8xf32> {moe.var = @p}, %x: tensor<8xf32> {moe.field = "x"})
    -> (tensor<8xf32> {moe.var = @p}, tensor<8xf32> {moe.output = "a"}, tensor<8xf32> {moe.output = "b"}) {
  %e = tensor.empty() : tensor<8xf32>
  %a = kernel.map dims [8] ins(%p : tensor<8xf32>) outs(%e : tensor<8xf32>) maps [#id, #id]
    body { ^bb0(%c: f32):
      %r = math.tanh %c : f32
      kernel.yield %r : f32 } -> tensor<8xf32>
  %n = kernel.map dims [8] ins(%x : tensor<8xf32>) outs(%p : tensor<8xf32>) maps [#id, #id]
    body { ^bb0(%c: f32): kernel.yield %c : f32 } -> tensor<8xf32>
  %b = kernel.map dims [8] ins(%a : tensor<8xf32>) outs(%e : tensor<8xf32>) maps [#id, #id]
    body { ^bb0(%c: f32):
      %r = math.exp %c : f32
      kernel.yield %r : f32 } -> tensor<8xf32>
  return %n, %a, %b : tensor<8xf32>, tensor<8xf32>, tensor<8xf32>
}

// -----

// The first one reads elsewhere what the second one overwrites in place.

// CHECK-LABEL: func.func @reversed
// CHECK-COUNT-2: kernel.map
// REMARK: remark: [Missed] FuseShared
// REMARK-SAME: Function=reversed
// REMARK-SAME: a variable would be overwritten before it is read
#id = affine_map<(i) -> (i)>
moe.variable @s : tensor<8xf32> role(parameter)
func.func @reversed(%s: tensor<8xf32> {moe.var = @s}) -> (tensor<8xf32> {moe.output = "x"}, tensor<8xf32> {moe.var = @s}) {
  %e = tensor.empty() : tensor<8xf32>
  %a = kernel.map dims [8] ins(%s : tensor<8xf32>) outs(%e : tensor<8xf32>) maps [affine_map<(i) -> (7 - i)>, #id]
    body { ^bb0(%c: f32):
      %r = math.tanh %c : f32
      kernel.yield %r : f32 } -> tensor<8xf32>
  %b = kernel.map dims [8] ins(%a : tensor<8xf32>) outs(%s : tensor<8xf32>) maps [#id, #id]
    body { ^bb0(%c: f32):
      %r = math.exp %c : f32
      kernel.yield %r : f32 } -> tensor<8xf32>
  return %a, %b : tensor<8xf32>, tensor<8xf32>
}
