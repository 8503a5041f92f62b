// RUN: moec-opt %s --moec-pack-operands --mlir-print-local-scope --split-input-file | FileCheck %s
// RUN: moec-opt %s --moec-pack-operands --split-input-file --remarks-filter=Schedule --remark-policy=all -o /dev/null 2>&1 | FileCheck %s --check-prefix=REMARK
// RUN: sed 's/#kernel.cpu<.*>}/#kernel.gpu<multiprocessors = 132, shared_bytes = 232448>}/' %s | moec-opt --moec-pack-operands --split-input-file | FileCheck %s --check-prefix=GPU

// Slices of a stack of layers, scaled: all layers are stored ahead of the repeat, by one kernel, in strips of 32 columns of which
// the second is filled in part, and the repeat reads slices of that.

module attributes {kernel.machine = #kernel.cpu<cores = 2, vector_bytes = 64, vector_registers = 32>} {
moe.variable @w : tensor<3x24x40xf32> role(parameter)
moe.variable @s : tensor<3x40xf32> role(parameter)
// REMARK: [Passed] PackOperands
// REMARK-SAME: 18432 bytes of weights are stored in strips of 32 columns
// GPU-NOT: floordiv 32
// CHECK-LABEL: func.func @layers
// CHECK-SAME:    %[[X:.*]]: tensor<6x24xf32> {moe.field = "x"}, %[[W:.*]]: tensor<3x24x40xf32> {moe.var = @w}, %[[S:.*]]: tensor<3x40xf32> {moe.var = @s})
// CHECK:         %[[P:.*]] = kernel.map dims [3, 24, 40] ins(%[[W]], %[[S]] : tensor<3x24x40xf32>, tensor<3x40xf32>) outs(%{{.*}} : tensor<3x2x24x32xf32>)
// CHECK-SAME:      maps [affine_map<(d0, d1, d2) -> (d0, d1, d2)>, affine_map<(d0, d1, d2) -> (d0, d2)>,
// CHECK-SAME:        affine_map<(d0, d1, d2) -> (d0, d2 floordiv 32, d1, d2 mod 32)>]
// CHECK:           %[[E:.*]] = arith.mulf
// CHECK-NEXT:      kernel.yield %[[E]]
// CHECK:         moe.repeat 3 carry(%[[X]] : tensor<6x24xf32>) stacked(%[[P]] : tensor<3x2x24x32xf32>)
// CHECK-NEXT:    ^bb0(%[[C:.*]]: tensor<6x24xf32>, %[[L:.*]]: tensor<2x24x32xf32>):
// CHECK:         kernel.contract dims [6, 40, 24] ins(%[[C]], %[[L]] : tensor<6x24xf32>, tensor<2x24x32xf32>)
// CHECK-SAME:      maps [affine_map<(d0, d1, d2) -> (d0, d2)>, affine_map<(d0, d1, d2) -> (d1 floordiv 32, d2, d1 mod 32)>,
// CHECK:         } rhs {
// CHECK-NEXT:    ^bb0(%{{.*}}: f32, %[[R:.*]]: f32):
// CHECK-NEXT:      kernel.yield %[[R]] : f32
func.func @layers(%x: tensor<6x24xf32> {moe.field = "x"}, %w: tensor<3x24x40xf32> {moe.var = @w}, %s: tensor<3x40xf32> {moe.var = @s})
    -> (tensor<6x24xf32> {moe.output = "y"}) attributes {moe.entry = #moe.entry<"infer">} {
  %y = moe.repeat 3 carry(%x : tensor<6x24xf32>) stacked(%w, %s : tensor<3x24x40xf32>, tensor<3x40xf32>) {
  ^bb0(%c: tensor<6x24xf32>, %wi: tensor<24x40xf32>, %si: tensor<40xf32>):
    %init = tensor.empty() : tensor<6x40xf32>
    %h = kernel.contract dims [6, 40, 24] ins(%c, %wi, %si : tensor<6x24xf32>, tensor<24x40xf32>, tensor<40xf32>) outs(%init : tensor<6x40xf32>)
      maps [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (n)>, affine_map<(m, n, k) -> (m, n)>]
      schedule <tile = [6, 64, 24], micro = [6, 32]>
      lhs { ^bb0(%l: f32, %r: f32, %t: f32): kernel.yield %l : f32 }
      rhs { ^bb0(%l: f32, %r: f32, %t: f32):
        %e = arith.mulf %r, %t : f32
        kernel.yield %e : f32 }
      epilogue { ^bb0(%l: f32, %r: f32, %t: f32, %acc: f32): kernel.yield %acc : f32 } -> tensor<6x40xf32>
    %empty = tensor.empty() : tensor<6x24xf32>
    %n = kernel.map dims [6, 24] ins(%h : tensor<6x40xf32>) outs(%empty : tensor<6x24xf32>)
      maps [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i, j)>]
      body { ^bb0(%a: f32): kernel.yield %a : f32 } -> tensor<6x24xf32>
    moe.yield %n : tensor<6x24xf32>
  } -> tensor<6x24xf32>
  return %y : tensor<6x24xf32>
}
}

// -----

// Experts, with weights that lie the other way round, of rows that are sorted by expert; the epilogue still reads
// a weight as it was.

module attributes {kernel.machine = #kernel.cpu<cores = 2, vector_bytes = 64, vector_registers = 32>} {
moe.variable @w : tensor<4x32x24xf32> role(parameter)
// CHECK-LABEL: func.func @experts
// CHECK-SAME:    %[[X:.*]]: tensor<10x24xf32>{{.*}}, %[[O:.*]]: tensor<5xi32>{{.*}}, %[[W:.*]]: tensor<4x32x24xf32>
// CHECK:         %[[P:.*]] = kernel.map dims [4, 24, 32] ins(%[[W]] : tensor<4x32x24xf32>) outs(%{{.*}} : tensor<4x2x24x16xf32>)
// CHECK-SAME:      maps [affine_map<(d0, d1, d2) -> (d0, d2, d1)>, affine_map<(d0, d1, d2) -> (d0, d2 floordiv 16, d1, d2 mod 16)>]
// CHECK:         kernel.contract dims [4, 10, 32, 24] ins(%[[X]], %[[P]], %[[O]], %[[W]] :
func.func @experts(%x: tensor<10x24xf32> {moe.field = "x"}, %o: tensor<5xi32> {moe.field = "o"}, %w: tensor<4x32x24xf32> {moe.var = @w})
    -> (tensor<10x32xf32> {moe.output = "y"}) attributes {moe.entry = #moe.entry<"infer">} {
  %init = tensor.empty() : tensor<10x32xf32>
  %y = kernel.contract dims [4, 10, 32, 24] ins(%x, %w, %o, %w : tensor<10x24xf32>, tensor<4x32x24xf32>, tensor<5xi32>, tensor<4x32x24xf32>) outs(%init : tensor<10x32xf32>)
    maps [affine_map<(g, m, n, k) -> (m, k)>, affine_map<(g, m, n, k) -> (g, n, k)>, affine_map<(g, m, n, k) -> (g)>,
          affine_map<(g, m, n, k) -> (g, n, 0)>, affine_map<(g, m, n, k) -> (m, n)>]
    ragged 1 by 2 schedule <tile = [6, 32, 24], micro = [6, 16]>
    lhs { ^bb0(%l: f32, %r: f32, %i: i32, %z: f32): kernel.yield %l : f32 }
    rhs { ^bb0(%l: f32, %r: f32, %i: i32, %z: f32): kernel.yield %r : f32 }
    epilogue { ^bb0(%l: f32, %r: f32, %i: i32, %z: f32, %acc: f32):
      %s = arith.addf %acc, %z : f32
      kernel.yield %s : f32 } -> tensor<10x32xf32>
  return %y : tensor<10x32xf32>
}
}

// -----

// What is multiplied as bf16 is stored as bf16, in half of the bytes.

module attributes {kernel.machine = #kernel.cpu<cores = 2, vector_bytes = 32, vector_registers = 16>} {
moe.variable @w : tensor<24x32xf32> role(parameter)
// REMARK: [Passed] PackOperands {{.*}}Function=rounded
// REMARK-SAME: 1536 bytes of weights are stored in strips of 16 columns
// CHECK-LABEL: func.func @rounded
// CHECK:         %[[P:.*]] = kernel.map dims [24, 32] ins(%{{.*}} : tensor<24x32xf32>) outs(%{{.*}} : tensor<2x24x16xbf16>)
// CHECK:           %[[E:.*]] = arith.truncf
// CHECK-NEXT:      kernel.yield %[[E]] : bf16
// CHECK:         kernel.contract dims [6, 32, 24] ins(%{{.*}}, %[[P]] : tensor<6x24xf32>, tensor<2x24x16xbf16>)
// CHECK:         } rhs {
// CHECK-NEXT:    ^bb0(%{{.*}}: f32, %[[R:.*]]: bf16):
// CHECK-NEXT:      kernel.yield %[[R]] : bf16
func.func @rounded(%x: tensor<6x24xf32> {moe.field = "x"}, %w: tensor<24x32xf32> {moe.var = @w})
    -> (tensor<6x32xf32> {moe.output = "y"}) attributes {moe.entry = #moe.entry<"infer">} {
  %init = tensor.empty() : tensor<6x32xf32>
  %y = kernel.contract dims [6, 32, 24] ins(%x, %w : tensor<6x24xf32>, tensor<24x32xf32>) outs(%init : tensor<6x32xf32>)
    maps [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>] schedule <tile = [6, 32, 24], micro = [6, 16]>
    lhs { ^bb0(%l: f32, %r: f32):
      %t = arith.truncf %l : f32 to bf16
      kernel.yield %t : bf16 }
    rhs { ^bb0(%l: f32, %r: f32):
      %t = arith.truncf %r : f32 to bf16
      kernel.yield %t : bf16 }
    epilogue { ^bb0(%l: f32, %r: f32, %acc: f32): kernel.yield %acc : f32 } -> tensor<6x32xf32>
  return %y : tensor<6x32xf32>
}
}

// -----

// Not packed: a weight that an entry changes, what follows from an input, left rows in bf16, an op without schedule.

module attributes {kernel.machine = #kernel.cpu<cores = 2, vector_bytes = 64, vector_registers = 32>} {
moe.variable @moving : tensor<24x32xf32> role(statistic) init<ones>
moe.variable @w : tensor<24x32xf32> role(parameter)
// CHECK-LABEL: func.func @kept
// CHECK-NOT:     kernel.map
// CHECK:         return
func.func @kept(%x: tensor<6x24xf32> {moe.field = "x"}, %y: tensor<24x32xf32> {moe.field = "y"}, %v: tensor<24x32xf32> {moe.var = @moving}, %w: tensor<24x32xf32> {moe.var = @w})
    -> (tensor<6x32xf32> {moe.output = "a"}, tensor<6x32xf32> {moe.output = "b"}, tensor<6x32xf32> {moe.output = "c"}, tensor<6x32xf32> {moe.output = "d"},
        tensor<24x32xf32> {moe.var = @moving}) attributes {moe.entry = #moe.entry<"infer">} {
  %init = tensor.empty() : tensor<6x32xf32>
  %a = kernel.contract dims [6, 32, 24] ins(%x, %v : tensor<6x24xf32>, tensor<24x32xf32>) outs(%init : tensor<6x32xf32>)
    maps [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>] schedule <tile = [6, 32, 24], micro = [6, 16]>
    lhs { ^bb0(%l: f32, %r: f32): kernel.yield %l : f32 } rhs { ^bb0(%l: f32, %r: f32): kernel.yield %r : f32 }
    epilogue { ^bb0(%l: f32, %r: f32, %acc: f32): kernel.yield %acc : f32 } -> tensor<6x32xf32>
  %b = kernel.contract dims [6, 32, 24] ins(%x, %y : tensor<6x24xf32>, tensor<24x32xf32>) outs(%init : tensor<6x32xf32>)
    maps [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>] schedule <tile = [6, 32, 24], micro = [6, 16]>
    lhs { ^bb0(%l: f32, %r: f32): kernel.yield %l : f32 } rhs { ^bb0(%l: f32, %r: f32): kernel.yield %r : f32 }
    epilogue { ^bb0(%l: f32, %r: f32, %acc: f32): kernel.yield %acc : f32 } -> tensor<6x32xf32>
  %c = kernel.contract dims [32, 6, 24] ins(%w, %x : tensor<24x32xf32>, tensor<6x24xf32>) outs(%init : tensor<6x32xf32>)
    maps [affine_map<(m, n, k) -> (k, m)>, affine_map<(m, n, k) -> (n, k)>, affine_map<(m, n, k) -> (n, m)>] schedule <tile = [32, 16, 24], micro = [6, 16]>
    lhs { ^bb0(%l: f32, %r: f32):
      %t = arith.truncf %l : f32 to bf16
      kernel.yield %t : bf16 }
    rhs { ^bb0(%l: f32, %r: f32):
      %t = arith.truncf %r : f32 to bf16
      kernel.yield %t : bf16 }
    epilogue { ^bb0(%l: f32, %r: f32, %acc: f32): kernel.yield %acc : f32 } -> tensor<6x32xf32>
  %d = kernel.contract dims [6, 32, 24] ins(%x, %w : tensor<6x24xf32>, tensor<24x32xf32>) outs(%init : tensor<6x32xf32>)
    maps [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>]
    lhs { ^bb0(%l: f32, %r: f32): kernel.yield %l : f32 } rhs { ^bb0(%l: f32, %r: f32): kernel.yield %r : f32 }
    epilogue { ^bb0(%l: f32, %r: f32, %acc: f32): kernel.yield %acc : f32 } -> tensor<6x32xf32>
  return %a, %b, %c, %d, %v : tensor<6x32xf32>, tensor<6x32xf32>, tensor<6x32xf32>, tensor<6x32xf32>, tensor<24x32xf32>
}
}

// -----

// The experts of a large model are packed in each step: 2.2 GB are not kept twice.

module attributes {kernel.machine = #kernel.cpu<cores = 2, vector_bytes = 64, vector_registers = 32>} {
moe.variable @w : tensor<128x1280x3360xf32> role(parameter)
// REMARK: [Missed] PackOperands
// REMARK-SAME: 2202009600 bytes of weights are packed in each step, as more than 2147483648 are not kept twice
// CHECK-LABEL: func.func @large
// CHECK-NOT:     kernel.map
// CHECK:         kernel.contract dims [128, 6, 3360, 1280]
func.func @large(%x: tensor<128x6x1280xf32> {moe.field = "x"}, %w: tensor<128x1280x3360xf32> {moe.var = @w})
    -> (tensor<128x6x3360xf32> {moe.output = "y"}) attributes {moe.entry = #moe.entry<"infer">} {
  %init = tensor.empty() : tensor<128x6x3360xf32>
  %y = kernel.contract dims [128, 6, 3360, 1280] ins(%x, %w : tensor<128x6x1280xf32>, tensor<128x1280x3360xf32>) outs(%init : tensor<128x6x3360xf32>)
    maps [affine_map<(g, m, n, k) -> (g, m, k)>, affine_map<(g, m, n, k) -> (g, k, n)>, affine_map<(g, m, n, k) -> (g, m, n)>]
    schedule <tile = [6, 64, 24], micro = [6, 32]>
    lhs { ^bb0(%l: f32, %r: f32): kernel.yield %l : f32 }
    rhs { ^bb0(%l: f32, %r: f32): kernel.yield %r : f32 }
    epilogue { ^bb0(%l: f32, %r: f32, %acc: f32): kernel.yield %acc : f32 } -> tensor<128x6x3360xf32>
  return %y : tensor<128x6x3360xf32>
}
}

// -----

// Token mixing: the weights are the left operand, and lie along m. They are stored row by row, (m, k) at [m, k], for all groups
// at once.

module attributes {kernel.machine = #kernel.cpu<cores = 2, vector_bytes = 32, vector_registers = 16>} {
moe.variable @w : tensor<24x40xf32> role(parameter)
// REMARK: [Passed] PackOperands
// REMARK-SAME: 3840 bytes of weights are stored row by row
// CHECK-LABEL: func.func @mixing
// CHECK-SAME:    %[[X:.*]]: tensor<2x24x16xf32> {moe.field = "x"}, %[[W:.*]]: tensor<24x40xf32> {moe.var = @w})
// CHECK:         %[[P:.*]] = kernel.map dims [40, 24] ins(%[[W]] : tensor<24x40xf32>) outs(%{{.*}} : tensor<40x24xf32>)
// CHECK-SAME:      maps [affine_map<(d0, d1) -> (d1, d0)>, affine_map<(d0, d1) -> (d0, d1)>]
// CHECK:         kernel.contract dims [2, 40, 16, 24] ins(%[[P]], %[[X]] : tensor<40x24xf32>, tensor<2x24x16xf32>)
// CHECK-SAME:      maps [affine_map<(d0, d1, d2, d3) -> (d1, d3)>, affine_map<(d0, d1, d2, d3) -> (d0, d3, d2)>,
func.func @mixing(%x: tensor<2x24x16xf32> {moe.field = "x"}, %w: tensor<24x40xf32> {moe.var = @w})
    -> (tensor<2x40x16xf32> {moe.output = "y"}) attributes {moe.entry = #moe.entry<"infer">} {
  %init = tensor.empty() : tensor<2x40x16xf32>
  %y = kernel.contract dims [2, 40, 16, 24] ins(%w, %x : tensor<24x40xf32>, tensor<2x24x16xf32>) outs(%init : tensor<2x40x16xf32>)
    maps [affine_map<(g, m, n, k) -> (k, m)>, affine_map<(g, m, n, k) -> (g, k, n)>, affine_map<(g, m, n, k) -> (g, m, n)>]
    schedule <tile = [42, 16, 24], micro = [6, 16]>
    lhs { ^bb0(%l: f32, %r: f32): kernel.yield %l : f32 }
    rhs { ^bb0(%l: f32, %r: f32): kernel.yield %r : f32 }
    epilogue { ^bb0(%l: f32, %r: f32, %acc: f32): kernel.yield %acc : f32 } -> tensor<2x40x16xf32>
  return %y : tensor<2x40x16xf32>
}
}

// -----

// Not stored: left weights that lie row by row already, and those whose rows, 4 KiB apart, 14 at a time would fall into one set of
// a cache and be packed all the same.

module attributes {kernel.machine = #kernel.cpu<cores = 2, vector_bytes = 64, vector_registers = 32>} {
moe.variable @w : tensor<40x24xf32> role(parameter)
moe.variable @v : tensor<1024x40xf32> role(parameter)
// REMARK-NOT: PackOperands
// CHECK-LABEL: func.func @rows
// CHECK-NOT:     kernel.map
// CHECK-LABEL: func.func @one_set
// CHECK-NOT:     kernel.map
func.func @rows(%x: tensor<24x16xf32> {moe.field = "x"}, %w: tensor<40x24xf32> {moe.var = @w})
    -> (tensor<40x16xf32> {moe.output = "y"}) attributes {moe.entry = #moe.entry<"infer">} {
  %init = tensor.empty() : tensor<40x16xf32>
  %y = kernel.contract dims [40, 16, 24] ins(%w, %x : tensor<40x24xf32>, tensor<24x16xf32>) outs(%init : tensor<40x16xf32>)
    maps [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>]
    schedule <tile = [42, 16, 24], micro = [14, 16]>
    lhs { ^bb0(%l: f32, %r: f32): kernel.yield %l : f32 }
    rhs { ^bb0(%l: f32, %r: f32): kernel.yield %r : f32 }
    epilogue { ^bb0(%l: f32, %r: f32, %acc: f32): kernel.yield %acc : f32 } -> tensor<40x16xf32>
  return %y : tensor<40x16xf32>
}
func.func @one_set(%x: tensor<1024x16xf32> {moe.field = "x"}, %v: tensor<1024x40xf32> {moe.var = @v})
    -> (tensor<40x16xf32> {moe.output = "y"}) attributes {moe.entry = #moe.entry<"one_set">} {
  %init = tensor.empty() : tensor<40x16xf32>
  %y = kernel.contract dims [40, 16, 1024] ins(%v, %x : tensor<1024x40xf32>, tensor<1024x16xf32>) outs(%init : tensor<40x16xf32>)
    maps [affine_map<(m, n, k) -> (k, m)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>]
    schedule <tile = [42, 16, 1024], micro = [14, 16]>
    lhs { ^bb0(%l: f32, %r: f32): kernel.yield %l : f32 }
    rhs { ^bb0(%l: f32, %r: f32): kernel.yield %r : f32 }
    epilogue { ^bb0(%l: f32, %r: f32, %acc: f32): kernel.yield %acc : f32 } -> tensor<40x16xf32>
  return %y : tensor<40x16xf32>
}
}

// -----

// The gradient of a weight, whose depth is the batch: each block of 96 rows would pack the right operand, too large to stay packed.
// It is stored right ahead of the contraction, with its map, in the repeat where that is. With two rows that is more work than it saves.

module attributes {kernel.machine = #kernel.cpu<cores = 2, vector_bytes = 32, vector_registers = 16>} {
// REMARK: [Passed] PackOperands
// REMARK-SAME: 9682944 bytes are stored in strips of 24 columns, in each step
// REMARK-NOT: PackOperands
// CHECK-LABEL: func.func @gradient
// CHECK-SAME:    %[[H:.*]]: tensor<6304x1536xf32> {moe.field = "h"}, %[[X:.*]]: tensor<6304x384xf32> {moe.field = "x"}
// CHECK:         moe.repeat
// CHECK-NEXT:    ^bb0(%{{.*}}: tensor<1536x384xf32>, %[[S:.*]]: tensor<384xf32>):
// CHECK:         %[[P:.*]] = kernel.map dims [6304, 384] ins(%[[X]], %[[S]] : tensor<6304x384xf32>, tensor<384xf32>) outs(%{{.*}} : tensor<16x6304x24xf32>)
// CHECK-SAME:      maps [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d1)>, affine_map<(d0, d1) -> (d1 floordiv 24, d0, d1 mod 24)>]
// CHECK:           arith.mulf
// CHECK:         kernel.contract dims [1536, 384, 6304] ins(%[[H]], %[[P]]
// CHECK-SAME:      (d1 floordiv 24, d2, d1 mod 24)
// CHECK-NOT:       arith.mulf
// CHECK-LABEL: func.func @few_rows
// CHECK-NOT:     kernel.map
func.func @gradient(%h: tensor<6304x1536xf32> {moe.field = "h"}, %x: tensor<6304x384xf32> {moe.field = "x"}, %z: tensor<1536x384xf32> {moe.field = "z"}, %s: tensor<2x384xf32> {moe.field = "s"})
    -> (tensor<1536x384xf32> {moe.output = "y"}) attributes {moe.entry = #moe.entry<"gradient">} {
  %r = moe.repeat 2 carry(%z : tensor<1536x384xf32>) stacked(%s : tensor<2x384xf32>) {
  ^bb0(%c: tensor<1536x384xf32>, %t: tensor<384xf32>):
    %init = tensor.empty() : tensor<1536x384xf32>
    %y = kernel.contract dims [1536, 384, 6304] ins(%h, %x, %c, %t : tensor<6304x1536xf32>, tensor<6304x384xf32>, tensor<1536x384xf32>, tensor<384xf32>) outs(%init : tensor<1536x384xf32>)
      maps [affine_map<(m, n, k) -> (k, m)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>, affine_map<(m, n, k) -> (n)>, affine_map<(m, n, k) -> (m, n)>]
      schedule <tile = [96, 384, 1264], micro = [4, 24]>
      lhs { ^bb0(%l: f32, %r: f32, %e: f32, %f: f32): kernel.yield %l : f32 }
      rhs { ^bb0(%l: f32, %r: f32, %e: f32, %f: f32):
        %n = arith.mulf %r, %f : f32
        kernel.yield %n : f32 }
      epilogue { ^bb0(%l: f32, %r: f32, %e: f32, %f: f32, %acc: f32):
        %s = arith.addf %e, %acc : f32
        kernel.yield %s : f32 } -> tensor<1536x384xf32>
    moe.yield %y : tensor<1536x384xf32>
  } -> tensor<1536x384xf32>
  return %r : tensor<1536x384xf32>
}
func.func @few_rows(%h: tensor<6304x2xf32> {moe.field = "h"}, %x: tensor<6304x384xf32> {moe.field = "x"})
    -> (tensor<2x384xf32> {moe.output = "y"}) attributes {moe.entry = #moe.entry<"few_rows">} {
  %init = tensor.empty() : tensor<2x384xf32>
  %y = kernel.contract dims [2, 384, 6304] ins(%h, %x : tensor<6304x2xf32>, tensor<6304x384xf32>) outs(%init : tensor<2x384xf32>)
    maps [affine_map<(m, n, k) -> (k, m)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>]
    schedule <tile = [2, 384, 1264], micro = [2, 24]>
    lhs { ^bb0(%l: f32, %r: f32): kernel.yield %l : f32 }
    rhs { ^bb0(%l: f32, %r: f32): kernel.yield %r : f32 }
    epilogue { ^bb0(%l: f32, %r: f32, %acc: f32): kernel.yield %acc : f32 } -> tensor<2x384xf32>
  return %y : tensor<2x384xf32>
}
}
