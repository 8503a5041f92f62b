// RUN: moec-opt %s --split-input-file --moec-plan-memory | FileCheck %s

// An update writes its variables in place, joined ones by one kernel.

// CHECK-LABEL: kernel.program @update arena 0
// CHECK-NEXT: kernel.launch @{{.*}} [#kernel.address<parameter, offset = 64, bytes = 24>, #kernel.address<field "g", offset = 0, bytes = 24>, #kernel.address<parameter, offset = 64, bytes = 24>]
// CHECK-NEXT: } {kernel.copies = 0
#id = affine_map<(i) -> (i)>
moe.variable @p : tensor<4xf32> role(parameter) at 64
moe.variable @q : tensor<2xf32> role(parameter) at 80
func.func @update(%p: tensor<4xf32> {moe.var = @p}, %q: tensor<2xf32> {moe.var = @q}, %g: tensor<6xf32> {moe.field = "g"})
    -> (tensor<2xf32> {moe.var = @q}, tensor<4xf32> {moe.var = @p}) {
  %j = tensor.concat dim(0) %p, %q : (tensor<4xf32>, tensor<2xf32>) -> tensor<6xf32>
  %n = kernel.map dims [6] ins(%j, %g : tensor<6xf32>, tensor<6xf32>) outs(%j : tensor<6xf32>) maps [#id, #id, #id]
    body { ^bb0(%a: f32, %b: f32):
      %s = arith.subf %a, %b : f32
      kernel.yield %s : f32 } -> tensor<6xf32>
  %m = tensor.extract_slice %n[0] [4] [1] : tensor<6xf32> to tensor<4xf32>
  %o = tensor.extract_slice %n[4] [2] [1] : tensor<6xf32> to tensor<2xf32>
  return %o, %m : tensor<2xf32>, tensor<4xf32>
}

// -----

// The old value is read after the new one is made: the new one waits in the
// arena, and is copied when the entry ends.

// CHECK-LABEL: kernel.program @read_later arena 64
// CHECK-NEXT: kernel.launch @{{.*}} [#kernel.address<parameter, offset = 0, bytes = 32>, #kernel.address<field "g", offset = 0, bytes = 32>, #kernel.address<arena, offset = 0, bytes = 32>]
// CHECK-NEXT: kernel.launch @{{.*}} [#kernel.address<parameter, offset = 0, bytes = 32>, #kernel.address<metric "norm", offset = 0, bytes = 4>]
// CHECK-NEXT: kernel.launch @{{.*}} [#kernel.address<arena, offset = 0, bytes = 32>, #kernel.address<parameter, offset = 0, bytes = 32>]
// CHECK-NEXT: } {kernel.copies = 1
#id = affine_map<(i) -> (i)>
moe.variable @p : tensor<8xf32> role(parameter) at 0
func.func @read_later(%p: tensor<8xf32> {moe.var = @p}, %g: tensor<8xf32> {moe.field = "g"})
   -> (tensor<8xf32> {moe.var = @p}, tensor<f32> {moe.metric = "norm"}) {
  %n = kernel.map dims [8] ins(%p, %g : tensor<8xf32>, tensor<8xf32>) outs(%p : tensor<8xf32>) maps [#id, #id, #id]
    body { ^bb0(%a: f32, %b: f32):
      %r = arith.subf %a, %b : f32
      kernel.yield %r : f32 } -> tensor<8xf32>
  %e = tensor.empty() : tensor<f32>
  %s = kernel.rows dims [1, 8] ins(%p : tensor<8xf32>) outs(%e : tensor<f32>)
    maps [affine_map<(p, c) -> (c)>, affine_map<(p, c) -> ()>] combiners [#kernel.combiner<add>]
    phases { ^bb0(%a: f32): kernel.yield %a : f32 }
    finish { ^bb0(%a: f32, %t: f32): kernel.yield %t : f32 }
    emit { ^bb0(%a: f32, %t: f32): kernel.yield } -> tensor<f32>
  return %n, %s : tensor<8xf32>, tensor<f32>
}

// -----

// A kernel that reads another element than the one it writes is such a reader.

// CHECK-LABEL: kernel.program @reverse arena 64
// CHECK-NEXT: kernel.launch @{{.*}} [#kernel.address<parameter, offset = 0, bytes = 32>, #kernel.address<arena, offset = 0, bytes = 32>]
// CHECK-NEXT: kernel.launch @{{.*}} [#kernel.address<arena, offset = 0, bytes = 32>, #kernel.address<parameter, offset = 0, bytes = 32>]
#id = affine_map<(i) -> (i)>
moe.variable @p : tensor<8xf32> role(parameter) at 0
func.func @reverse(%p: tensor<8xf32> {moe.var = @p}) -> (tensor<8xf32> {moe.var = @p}) {
  %n = kernel.map dims [8] ins(%p : tensor<8xf32>) outs(%p : tensor<8xf32>) maps [affine_map<(i) -> (7 - i)>, #id]
    body { ^bb0(%a: f32): kernel.yield %a : f32 } -> tensor<8xf32>
  return %n : tensor<8xf32>
}

// -----

// Two variables change places.

// CHECK-LABEL: kernel.program @swap
// CHECK-NEXT: kernel.launch @{{.*}} [#kernel.address<parameter, offset = [[A:[0-9]+]], bytes = 32>, #kernel.address<arena, offset = [[T:[0-9]+]], bytes = 32>]
// CHECK-NEXT: kernel.launch @{{.*}} [#kernel.address<parameter, offset = [[B:[0-9]+]], bytes = 32>, #kernel.address<parameter, offset = [[A]], bytes = 32>]
// CHECK-NEXT: kernel.launch @{{.*}} [#kernel.address<arena, offset = [[T]], bytes = 32>, #kernel.address<parameter, offset = [[B]], bytes = 32>]
// CHECK-NEXT: }
moe.variable @a : tensor<8xf32> role(parameter) at 0
moe.variable @b : tensor<8xf32> role(parameter) at 64
func.func @swap(%a: tensor<8xf32> {moe.var = @a}, %b: tensor<8xf32> {moe.var = @b}) -> (tensor<8xf32> {moe.var = @a}, tensor<8xf32> {moe.var = @b}) {
  return %b, %a : tensor<8xf32>, tensor<8xf32>
}

// -----

// What is not returned does not change the variable.

// CHECK-LABEL: kernel.program @thrown_away
// CHECK-NEXT: kernel.launch @{{.*}} [#kernel.address<parameter, offset = 0, bytes = 32>, #kernel.address<output "y", offset = 0, bytes = 32>]
// CHECK-NEXT: } {kernel.copies = 0
#id = affine_map<(i) -> (i)>
moe.variable @p : tensor<8xf32> role(parameter) at 0
func.func @thrown_away(%p: tensor<8xf32> {moe.var = @p}) -> (tensor<8xf32> {moe.output = "y"}) {
  %n = kernel.map dims [8] ins(%p : tensor<8xf32>) outs(%p : tensor<8xf32>) maps [#id, #id]
    body { ^bb0(%a: f32):
      %r = math.exp %a : f32
      kernel.yield %r : f32 } -> tensor<8xf32>
  return %n : tensor<8xf32>
}

// -----

// The old value is an output beside the new one.

// CHECK-LABEL: kernel.program @both
// CHECK-NEXT: kernel.launch @{{.*}} [#kernel.address<parameter, offset = 0, bytes = 32>, #kernel.address<output "old", offset = 0, bytes = 32>]
// CHECK-NEXT: kernel.launch @{{.*}} [#kernel.address<parameter, offset = 0, bytes = 32>, #kernel.address<parameter, offset = 0, bytes = 32>]
// CHECK-NEXT: }
#id = affine_map<(i) -> (i)>
moe.variable @p : tensor<8xf32> role(parameter) at 0
func.func @both(%p: tensor<8xf32> {moe.var = @p}) -> (tensor<8xf32> {moe.var = @p}, tensor<8xf32> {moe.output = "old"}) {
  %n = kernel.map dims [8] ins(%p : tensor<8xf32>) outs(%p : tensor<8xf32>) maps [#id, #id]
    body { ^bb0(%a: f32):
      %r = math.exp %a : f32
      kernel.yield %r : f32 } -> tensor<8xf32>
  return %n, %p : tensor<8xf32>, tensor<8xf32>
}

// -----

// Only variables are overwritten: not a value that others read, nor a field.

// CHECK-LABEL: kernel.program @others
// CHECK-NEXT: kernel.launch @{{.*}} [#kernel.address<field "g", offset = 0, bytes = 32>, #kernel.address<output "a", offset = 0, bytes = 32>]
// CHECK-NEXT: kernel.launch @{{.*}} [#kernel.address<output "a", offset = 0, bytes = 32>, #kernel.address<output "b", offset = 0, bytes = 32>]
// CHECK-NEXT: } {kernel.copies = 0
#id = affine_map<(i) -> (i)>
func.func @others(%g: tensor<8xf32> {moe.field = "g"}) -> (tensor<8xf32> {moe.output = "a"}, tensor<8xf32> {moe.output = "b"}) {
  %a = kernel.map dims [8] ins(%g : tensor<8xf32>) outs(%g : tensor<8xf32>) maps [#id, #id]
    body { ^bb0(%u: f32):
      %v = math.exp %u : f32
      kernel.yield %v : f32 } -> tensor<8xf32>
  %b = kernel.map dims [8] ins(%a : tensor<8xf32>) outs(%a : tensor<8xf32>) maps [#id, #id]
    body { ^bb0(%u: f32):
      %v = math.exp %u : f32
      kernel.yield %v : f32 } -> tensor<8xf32>
  return %a, %b : tensor<8xf32>, tensor<8xf32>
}

// -----

// The same in a repeat, where the next iteration would read it.

// CHECK-LABEL: kernel.program @in_repeat
// CHECK: kernel.loop 2 {
// CHECK-NEXT: kernel.launch @{{.*}} [#kernel.address<parameter, offset = 0, bytes = 32, stride = 32>, #kernel.address<output "y", offset = 0, bytes = 32, stride = 32>]
// CHECK-NEXT: }
#id = affine_map<(i) -> (i)>
moe.variable @p : tensor<2x8xf32> role(parameter) at 0
func.func @in_repeat(%p: tensor<2x8xf32> {moe.var = @p}) -> (tensor<2x8xf32> {moe.output = "y"}) {
  %r = moe.repeat 2 carry() stacked(%p : tensor<2x8xf32>) {
  ^bb0(%s: tensor<8xf32>):
    %a = kernel.map dims [8] ins(%s : tensor<8xf32>) outs(%s : tensor<8xf32>) maps [#id, #id]
      body { ^bb0(%u: f32):
        %v = math.exp %u : f32
        kernel.yield %v : f32 } -> tensor<8xf32>
    moe.yield %a : tensor<8xf32>
  } -> tensor<2x8xf32>
  return %r : tensor<2x8xf32>
}

// -----

// An old value that is returned as part of a joined one is copied first.

// CHECK-LABEL: kernel.program @joined
// CHECK-NEXT: kernel.launch @{{.*}} [#kernel.address<parameter, offset = 0, bytes = 64>, #kernel.address<output "old", offset = 0, bytes = 64>]
// CHECK-NEXT: kernel.launch @{{.*}} [#kernel.address<parameter, offset = 0, bytes = 32>, #kernel.address<parameter, offset = 0, bytes = 32>]
#id = affine_map<(i) -> (i)>
moe.variable @p : tensor<8xf32> role(parameter) at 0
moe.variable @q : tensor<8xf32> role(parameter) at 32
func.func @joined(%p: tensor<8xf32> {moe.var = @p}, %q: tensor<8xf32> {moe.var = @q}) -> (tensor<8xf32> {moe.var = @p}, tensor<16xf32> {moe.output = "old"}) {
  %n = kernel.map dims [8] ins(%p : tensor<8xf32>) outs(%p : tensor<8xf32>) maps [#id, #id]
    body { ^bb0(%u: f32):
      %v = math.exp %u : f32
      kernel.yield %v : f32 } -> tensor<8xf32>
  %j = tensor.concat dim(0) %p, %q : (tensor<8xf32>, tensor<8xf32>) -> tensor<16xf32>
  return %n, %j : tensor<8xf32>, tensor<16xf32>
}

// -----

// A slice at another place than the one that is written is such a reader, too.

// CHECK-LABEL: kernel.program @shifted
// CHECK-NEXT: kernel.launch @{{.*}} [#kernel.address<parameter, offset = 8, bytes = 16>, #kernel.address<arena, offset = 0, bytes = 16>]
// CHECK-NEXT: kernel.launch @{{.*}} [#kernel.address<arena, offset = 0, bytes = 16>, #kernel.address<parameter, offset = 16, bytes = 16>]
#id = affine_map<(i) -> (i)>
moe.variable @p : tensor<4xf32> role(parameter) at 0
moe.variable @q : tensor<4xf32> role(parameter) at 16
func.func @shifted(%p: tensor<4xf32> {moe.var = @p}, %q: tensor<4xf32> {moe.var = @q}) -> (tensor<4xf32> {moe.var = @q}) {
  %j = tensor.concat dim(0) %p, %q : (tensor<4xf32>, tensor<4xf32>) -> tensor<8xf32>
  %s = tensor.extract_slice %j[2] [4] [1] : tensor<8xf32> to tensor<4xf32>
  %n = kernel.map dims [4] ins(%s : tensor<4xf32>) outs(%q : tensor<4xf32>) maps [#id, #id]
    body { ^bb0(%u: f32):
      %v = math.exp %u : f32
      kernel.yield %v : f32 } -> tensor<4xf32>
  return %n : tensor<4xf32>
}

// -----

// Over an extent of 1 two maps that look different mean the same element.

// CHECK-LABEL: kernel.program @one_row arena 0
// CHECK-NEXT: kernel.launch @{{.*}} [#kernel.address<parameter, offset = 0, bytes = 32>, #kernel.address<parameter, offset = 0, bytes = 32>]
// CHECK-NEXT: } {kernel.copies = 0
moe.variable @p : tensor<1x8xf32> role(parameter) at 0
func.func @one_row(%p: tensor<1x8xf32> {moe.var = @p}) -> (tensor<1x8xf32> {moe.var = @p}) {
  %n = kernel.map dims [1, 8] ins(%p : tensor<1x8xf32>) outs(%p : tensor<1x8xf32>)
    maps [affine_map<(i, j) -> (0, j)>, affine_map<(i, j) -> (i, j)>]
    body { ^bb0(%a: f32):
      %s = arith.addf %a, %a : f32
      kernel.yield %s : f32 } -> tensor<1x8xf32>
  return %n : tensor<1x8xf32>
}
