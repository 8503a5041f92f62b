// RUN: moec-opt %s --split-input-file --pass-pipeline='builtin.module(func.func(moec-join-maps))' | FileCheck %s
// RUN: moec-opt %s --split-input-file --pass-pipeline='builtin.module(func.func(moec-join-maps))' --remarks-filter=Fusion --remark-policy=all -o /dev/null 2>&1 | FileCheck %s --check-prefix=REMARK
// RUN: moec-opt %s --split-input-file --pass-pipeline='builtin.module(func.func(moec-join-maps,moec-fuse-shared))' | FileCheck %s --check-prefix=FUSED

// The averages of two parameters that one kernel updates: one map, in the order
// in which the parameters lie, then part of the update.

// CHECK-LABEL: func.func @averages
// CHECK-SAME:    %[[A:[a-z0-9]+]]: tensor<2xf32> {{[^,]*}}, %[[B:[a-z0-9]+]]: tensor<2x3xf32> {{[^,]*}}, %[[SA:[a-z0-9]+]]: tensor<2xf32> {{[^,]*}}, %[[SB:[a-z0-9]+]]: tensor<2x3xf32> {{[^,]*}}, %{{[a-z0-9]+}}: tensor<8xf32> {{[^,]*}}, %[[R:[a-z0-9]+]]: tensor<f32>
// CHECK:         %[[FB:.*]] = tensor.collapse_shape %[[SB]]
// CHECK:         %[[S:.*]] = tensor.concat dim(0) %[[FB]], %[[SA]] : (tensor<6xf32>, tensor<2xf32>) -> tensor<8xf32>
// CHECK:         %[[N:.*]] = kernel.map dims [8]
// CHECK:         %[[T:.*]] = kernel.map dims [8] ins(%[[S]], %[[N]], %[[R]] : tensor<8xf32>, tensor<8xf32>, tensor<f32>)
// CHECK-SAME:      outs(%[[S]] : tensor<8xf32>)
// CHECK:           ^bb0(%[[X:.*]]: f32, %[[Y:.*]]: f32, %[[Z:.*]]: f32):
// CHECK-NEXT:      math.fma %[[X]], %[[Z]], %[[Y]] : f32
// CHECK-NOT:     kernel.map
// CHECK:         %[[PB:.*]] = tensor.extract_slice %[[T]][0] [6] [1]
// CHECK:         %[[TB:.*]] = tensor.expand_shape %[[PB]]
// CHECK:         %[[TA:.*]] = tensor.extract_slice %[[T]][6] [2] [1]
// CHECK:         return %{{.*}}, %{{.*}}, %[[TA]], %[[TB]] :
// REMARK: remark: [Passed] JoinMaps
// REMARK-SAME: Function=averages
// REMARK-SAME: the same for 2 parts of one tensor is one kernel
// FUSED-LABEL: func.func @averages
// FUSED:         %[[S:.*]] = tensor.concat
// FUSED:         %[[P:.*]] = tensor.concat
// FUSED:         kernel.map {{.*}} outs(%[[P]], %[[S]] : tensor<8xf32>, tensor<8xf32>)
// FUSED-NOT:     kernel.map
// FUSED:         return
#id = affine_map<(i) -> (i)>
#two = affine_map<(i, j) -> (i, j)>
moe.variable @a : tensor<2xf32> role(parameter)
moe.variable @b : tensor<2x3xf32> role(parameter)
moe.variable @s.a : tensor<2xf32> role(shadow) of @a
moe.variable @s.b : tensor<2x3xf32> role(shadow) of @b
func.func @averages(%a: tensor<2xf32> {moe.var = @a}, %b: tensor<2x3xf32> {moe.var = @b},
                    %sa: tensor<2xf32> {moe.var = @s.a}, %sb: tensor<2x3xf32> {moe.var = @s.b},
                    %g: tensor<8xf32> {moe.field = "g"}, %r: tensor<f32> {moe.host = #moe.host<learning_rate>})
    -> (tensor<2xf32> {moe.var = @a}, tensor<2x3xf32> {moe.var = @b},
        tensor<2xf32> {moe.var = @s.a}, tensor<2x3xf32> {moe.var = @s.b}) {
  %e = tensor.empty() : tensor<2xf32>
  %f = tensor.empty() : tensor<2x3xf32>
  %fb = tensor.collapse_shape %b [[0, 1]] : tensor<2x3xf32> into tensor<6xf32>
  %p = tensor.concat dim(0) %fb, %a : (tensor<6xf32>, tensor<2xf32>) -> tensor<8xf32>
  %n = kernel.map dims [8] ins(%p, %g : tensor<8xf32>, tensor<8xf32>) outs(%p : tensor<8xf32>) maps [#id, #id, #id]
    body { ^bb0(%x: f32, %y: f32):
      %d = arith.subf %x, %y : f32
      kernel.yield %d : f32 } -> tensor<8xf32>
  %nb = tensor.extract_slice %n[0] [6] [1] : tensor<8xf32> to tensor<6xf32>
  %pb = tensor.expand_shape %nb [[0, 1]] output_shape [2, 3] : tensor<6xf32> into tensor<2x3xf32>
  %pa = tensor.extract_slice %n[6] [2] [1] : tensor<8xf32> to tensor<2xf32>
  %ta = kernel.map dims [2] ins(%sa, %pa, %r : tensor<2xf32>, tensor<2xf32>, tensor<f32>) outs(%e : tensor<2xf32>)
    maps [#id, #id, affine_map<(i) -> ()>, #id]
    body { ^bb0(%x: f32, %y: f32, %z: f32):
      %d = math.fma %x, %z, %y : f32
      kernel.yield %d : f32 } -> tensor<2xf32>
  %tb = kernel.map dims [2, 3] ins(%sb, %pb, %r : tensor<2x3xf32>, tensor<2x3xf32>, tensor<f32>) outs(%f : tensor<2x3xf32>)
    maps [#two, #two, affine_map<(i, j) -> ()>, #two]
    body { ^bb0(%x: f32, %y: f32, %z: f32):
      %d = math.fma %x, %z, %y : f32
      kernel.yield %d : f32 } -> tensor<2x3xf32>
  return %pa, %pb, %ta, %tb : tensor<2xf32>, tensor<2x3xf32>, tensor<2xf32>, tensor<2x3xf32>
}

// -----

// Two averages that do the same are two maps; the last part is one element seen
// as a scalar.

// CHECK-LABEL: func.func @twice
// CHECK-SAME:    %[[SA:[a-z0-9]+]]: tensor<2xf32> {{[^,]*}}, %[[SB:[a-z0-9]+]]: tensor<f32> {{[^,]*}}, %[[UA:[a-z0-9]+]]: tensor<2xf32> {{[^,]*}}, %[[UB:[a-z0-9]+]]: tensor<f32>
// CHECK-DAG:     %[[FS:.*]] = tensor.expand_shape %[[SB]]
// CHECK-DAG:     %[[FU:.*]] = tensor.expand_shape %[[UB]]
// CHECK-DAG:     %[[S:.*]] = tensor.concat dim(0) %[[SA]], %[[FS]]
// CHECK-DAG:     %[[U:.*]] = tensor.concat dim(0) %[[UA]], %[[FU]]
// CHECK:         kernel.map dims [3] ins(%{{.*}} : tensor<3xf32>)
// CHECK:         kernel.map dims [3] ins(%[[S]], %{{.*}} outs(%[[S]]
// CHECK:         kernel.map dims [3] ins(%[[U]], %{{.*}} outs(%[[U]]
// CHECK-NOT:     kernel.map
// CHECK:         return
// FUSED-LABEL: func.func @twice
// FUSED:         %{{.*}}:3 = kernel.map
// FUSED-NOT:     kernel.map
// FUSED:         return
#id = affine_map<(i) -> (i)>
#one = affine_map<(i) -> ()>
moe.variable @a : tensor<2xf32> role(parameter)
moe.variable @b : tensor<f32> role(parameter)
moe.variable @s.a : tensor<2xf32> role(shadow) of @a
moe.variable @s.b : tensor<f32> role(shadow) of @b
moe.variable @u.a : tensor<2xf32> role(shadow) of @a
moe.variable @u.b : tensor<f32> role(shadow) of @b
func.func @twice(%sa: tensor<2xf32> {moe.var = @s.a}, %sb: tensor<f32> {moe.var = @s.b},
                 %ua: tensor<2xf32> {moe.var = @u.a}, %ub: tensor<f32> {moe.var = @u.b}, %g: tensor<3xf32> {moe.field = "g"})
    -> (tensor<2xf32> {moe.var = @s.a}, tensor<f32> {moe.var = @s.b}, tensor<2xf32> {moe.var = @u.a}, tensor<f32> {moe.var = @u.b}) {
  %e = tensor.empty() : tensor<2xf32>
  %f = tensor.empty() : tensor<f32>
  %h = tensor.empty() : tensor<3xf32>
  %n = kernel.map dims [3] ins(%g : tensor<3xf32>) outs(%h : tensor<3xf32>) maps [#id, #id]
    body { ^bb0(%x: f32): kernel.yield %x : f32 } -> tensor<3xf32>
  %a = tensor.extract_slice %n[0] [2] [1] : tensor<3xf32> to tensor<2xf32>
  %l = tensor.extract_slice %n[2] [1] [1] : tensor<3xf32> to tensor<1xf32>
  %b = tensor.collapse_shape %l [] : tensor<1xf32> into tensor<f32>
  %0 = kernel.map dims [2] ins(%sa, %a : tensor<2xf32>, tensor<2xf32>) outs(%e : tensor<2xf32>) maps [#id, #id, #id]
    body { ^bb0(%x: f32, %y: f32):
      %d = arith.addf %x, %y : f32
      kernel.yield %d : f32 } -> tensor<2xf32>
  %1 = kernel.map dims [1] ins(%sb, %b : tensor<f32>, tensor<f32>) outs(%f : tensor<f32>) maps [#one, #one, #one]
    body { ^bb0(%x: f32, %y: f32):
      %d = arith.addf %x, %y : f32
      kernel.yield %d : f32 } -> tensor<f32>
  %2 = kernel.map dims [2] ins(%ua, %a : tensor<2xf32>, tensor<2xf32>) outs(%e : tensor<2xf32>) maps [#id, #id, #id]
    body { ^bb0(%x: f32, %y: f32):
      %d = arith.addf %x, %y : f32
      kernel.yield %d : f32 } -> tensor<2xf32>
  %3 = kernel.map dims [1] ins(%ub, %b : tensor<f32>, tensor<f32>) outs(%f : tensor<f32>) maps [#one, #one, #one]
    body { ^bb0(%x: f32, %y: f32):
      %d = arith.addf %x, %y : f32
      kernel.yield %d : f32 } -> tensor<f32>
  return %0, %1, %2, %3 : tensor<2xf32>, tensor<f32>, tensor<2xf32>, tensor<f32>
}

// -----

// Not the same work for all parts: other numbers, or none for some part.

// CHECK-LABEL: func.func @different
// CHECK-NOT:     tensor.concat
// CHECK-COUNT-3: kernel.map
// REMARK: remark: [Missed] JoinMaps
// REMARK-SAME: Function=different
// REMARK-SAME: there is no map that does the same for the other parts
// REMARK: remark: [Missed] JoinMaps
// REMARK-SAME: there is no map that does the same for the other parts
#id = affine_map<(i) -> (i)>
moe.variable @a : tensor<2xf32> role(parameter)
moe.variable @b : tensor<2xf32> role(parameter)
func.func @different(%a: tensor<2xf32> {moe.var = @a}, %b: tensor<2xf32> {moe.var = @b}, %g: tensor<4xf32> {moe.field = "g"})
    -> (tensor<2xf32> {moe.var = @a}, tensor<2xf32> {moe.var = @b}) {
  %e = tensor.empty() : tensor<2xf32>
  %h = tensor.empty() : tensor<4xf32>
  %n = kernel.map dims [4] ins(%g : tensor<4xf32>) outs(%h : tensor<4xf32>) maps [#id, #id]
    body { ^bb0(%x: f32): kernel.yield %x : f32 } -> tensor<4xf32>
  %na = tensor.extract_slice %n[0] [2] [1] : tensor<4xf32> to tensor<2xf32>
  %nb = tensor.extract_slice %n[2] [2] [1] : tensor<4xf32> to tensor<2xf32>
  %0 = kernel.map dims [2] ins(%a, %na : tensor<2xf32>, tensor<2xf32>) outs(%e : tensor<2xf32>) maps [#id, #id, #id]
    body { ^bb0(%x: f32, %y: f32):
      %c = arith.constant 0.5 : f32
      %d = math.fma %x, %c, %y : f32
      kernel.yield %d : f32 } -> tensor<2xf32>
  %1 = kernel.map dims [2] ins(%b, %nb : tensor<2xf32>, tensor<2xf32>) outs(%e : tensor<2xf32>) maps [#id, #id, #id]
    body { ^bb0(%x: f32, %y: f32):
      %c = arith.constant 0.25 : f32
      %d = math.fma %x, %c, %y : f32
      kernel.yield %d : f32 } -> tensor<2xf32>
  return %0, %1 : tensor<2xf32>, tensor<2xf32>
}

// -----

// What stays: a gather, the index, another space, elements in another order, a
// result that is read again or no variable, and an input of its own.

// CHECK-LABEL: func.func @stay
// CHECK-NOT:     tensor.concat
// CHECK-COUNT-8: kernel.map
// REMARK: remark: [Missed] JoinMaps
// REMARK-SAME: Function=stay
// REMARK-SAME: it gathers
// REMARK: remark: [Missed] JoinMaps
// REMARK-SAME: it uses its index
// REMARK: remark: [Missed] JoinMaps
// REMARK-SAME: it does not read every element of its part once
// REMARK: remark: [Missed] JoinMaps
// REMARK-SAME: its result is not stored in order
// REMARK: remark: [Missed] JoinMaps
// REMARK-SAME: its result is not the new value of a variable alone
// REMARK: remark: [Missed] JoinMaps
// REMARK-SAME: its result is not the new value of a variable alone
// REMARK: remark: [Missed] JoinMaps
// REMARK-SAME: an input is neither such a part nor what it overwrites
#id = affine_map<(i) -> (i)>
#rev = affine_map<(i) -> (1 - i)>
moe.variable @a : tensor<2xf32> role(parameter)
moe.variable @b : tensor<2xf32> role(parameter)
moe.variable @c : tensor<2xf32> role(parameter)
moe.variable @d : tensor<2xf32> role(parameter)
moe.variable @e : tensor<2xf32> role(parameter)
moe.variable @f : tensor<3x2xf32> role(parameter)
func.func @stay(%a: tensor<2xf32> {moe.var = @a}, %b: tensor<2xf32> {moe.var = @b}, %c: tensor<2xf32> {moe.var = @c},
                %d: tensor<2xf32> {moe.var = @d}, %e: tensor<2xf32> {moe.var = @e}, %f: tensor<3x2xf32> {moe.var = @f},
                %g: tensor<4xf32> {moe.field = "g"}, %i: tensor<2xi32> {moe.field = "i"}, %x: tensor<2xf32> {moe.field = "x"})
    -> (tensor<2xf32> {moe.var = @a}, tensor<2xf32> {moe.var = @b}, tensor<2xf32> {moe.var = @c},
        tensor<2xf32> {moe.var = @d}, tensor<2xf32> {moe.output = "again"}, tensor<2xf32> {moe.output = "other"},
        tensor<2xf32> {moe.var = @e}, tensor<3x2xf32> {moe.var = @f}) {
  %wide = tensor.empty() : tensor<3x2xf32>
  %empty = tensor.empty() : tensor<2xf32>
  %h = tensor.empty() : tensor<4xf32>
  %n = kernel.map dims [4] ins(%g : tensor<4xf32>) outs(%h : tensor<4xf32>) maps [#id, #id]
    body { ^bb0(%p: f32): kernel.yield %p : f32 } -> tensor<4xf32>
  %s = tensor.extract_slice %n[0] [2] [1] : tensor<4xf32> to tensor<2xf32>
  %0 = kernel.map dims [2] ins(%s, %i : tensor<2xf32>, tensor<2xi32>) outs(%empty : tensor<2xf32>)
    maps [affine_map<(i) -> (0)>, #id, #id] gathers [1, -1]
    body { ^bb0(%p: f32, %q: i32): kernel.yield %p : f32 } -> tensor<2xf32>
  %1 = kernel.map dims [2] ins(%s : tensor<2xf32>) outs(%empty : tensor<2xf32>) maps [#id, #id]
    body { ^bb0(%p: f32):
      %q = kernel.index 0 : i32
      %f = arith.sitofp %q : i32 to f32
      %r = arith.addf %p, %f : f32
      kernel.yield %r : f32 } -> tensor<2xf32>
  %6 = kernel.map dims [3, 2] ins(%s : tensor<2xf32>) outs(%wide : tensor<3x2xf32>)
    maps [affine_map<(i, j) -> (j)>, affine_map<(i, j) -> (i, j)>]
    body { ^bb0(%p: f32): kernel.yield %p : f32 } -> tensor<3x2xf32>
  %2 = kernel.map dims [2] ins(%s : tensor<2xf32>) outs(%empty : tensor<2xf32>) maps [#id, #rev]
    body { ^bb0(%p: f32): kernel.yield %p : f32 } -> tensor<2xf32>
  %3 = kernel.map dims [2] ins(%d, %s : tensor<2xf32>, tensor<2xf32>) outs(%empty : tensor<2xf32>) maps [#id, #id, #id]
    body { ^bb0(%p: f32, %q: f32): kernel.yield %q : f32 } -> tensor<2xf32>
  %4 = kernel.map dims [2] ins(%s : tensor<2xf32>) outs(%empty : tensor<2xf32>) maps [#id, #id]
    body { ^bb0(%p: f32): kernel.yield %p : f32 } -> tensor<2xf32>
  %5 = kernel.map dims [2] ins(%x, %s : tensor<2xf32>, tensor<2xf32>) outs(%empty : tensor<2xf32>) maps [#id, #id, #id]
    body { ^bb0(%p: f32, %q: f32):
      %r = arith.addf %p, %q : f32
      kernel.yield %r : f32 } -> tensor<2xf32>
  return %0, %1, %2, %3, %3, %4, %5, %6
    : tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<3x2xf32>
}
