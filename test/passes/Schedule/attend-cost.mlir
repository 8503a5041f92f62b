// RUN: moec-opt %s --moec-assign-schedule | FileCheck %s
// RUN: sed 's/cores = 2/cores = 64/' %s | moec-opt --moec-assign-schedule | FileCheck %s --check-prefix=MANY
// RUN: sed 's/vector_bytes = 64, vector_registers = 32/vector_bytes = 32, vector_registers = 16/' %s | moec-opt --moec-assign-schedule | FileCheck %s --check-prefix=AVX2

// How the model of the CPU tiles attention: rows of a block and keys at a time, and the register tile of both products, whose columns are
// rows of the query.

#q = affine_map<(b, h, s, e, t, d) -> (b, s, h, d)>
#k = affine_map<(b, h, s, e, t, d) -> (b, t, h, d)>
#v = affine_map<(b, h, s, e, t, d) -> (b, t, h, e)>
#y = affine_map<(b, h, s, e, t, d) -> (b, s, h, e)>
#l = affine_map<(b, h, s, e, t, d) -> (b, s, h)>

module attributes {kernel.machine = #kernel.cpu<cores = 2, vector_bytes = 64, vector_registers = 32>} {
// All keys of a small image are one block, for which nothing is computed twice.
// CHECK-LABEL: func.func @vit
// CHECK:         schedule <tile = [96, 200], micro = [8, 48]>
// With 64 cores and 6 heads a block has fewer rows.
// MANY-LABEL: func.func @vit
// MANY:          schedule <tile = [48, 200], micro = [8, 48]>
// AVX2-LABEL: func.func @vit
// AVX2:          schedule <tile = [112, 198], micro = [6, 16]>
func.func @vit(%q: tensor<1x197x6x64xf32>, %k: tensor<1x197x6x64xf32>, %v: tensor<1x197x6x64xf32>, %init: tensor<1x197x6x64xf32>) -> tensor<1x197x6x64xf32> {
  %y = kernel.attend dims [1, 6, 197, 64, 197, 64]
    ins(%q, %k, %v : tensor<1x197x6x64xf32>, tensor<1x197x6x64xf32>, tensor<1x197x6x64xf32>) outs(%init : tensor<1x197x6x64xf32>)
    maps [#q, #k, #v, #y] scale 0.125
    query { ^bb0(%a: f32, %b: f32, %c: f32): kernel.yield %a : f32 }
    key { ^bb0(%a: f32, %b: f32, %c: f32): kernel.yield %b : f32 }
    value { ^bb0(%a: f32, %b: f32, %c: f32): kernel.yield %c : f32 }
    epilogue { ^bb0(%a: f32, %b: f32, %c: f32, %acc: f32): kernel.yield %acc : f32 } -> tensor<1x197x6x64xf32>
  return %y : tensor<1x197x6x64xf32>
}

// Six heads on two cores are three blocks for each: none is cut.
// CHECK-LABEL: func.func @mlit
// CHECK:         schedule <tile = [192, 150], micro = [6, 64]>
func.func @mlit(%q: tensor<1x145x6x18xf32>, %k: tensor<1x145x6x18xf32>, %v: tensor<1x145x6x18xf32>, %init: tensor<1x145x6x18xf32>) -> tensor<1x145x6x18xf32> {
  %y = kernel.attend dims [1, 6, 145, 18, 145, 18]
    ins(%q, %k, %v : tensor<1x145x6x18xf32>, tensor<1x145x6x18xf32>, tensor<1x145x6x18xf32>) outs(%init : tensor<1x145x6x18xf32>)
    maps [#q, #k, #v, #y] scale 0.25
    query { ^bb0(%a: f32, %b: f32, %c: f32): kernel.yield %a : f32 }
    key { ^bb0(%a: f32, %b: f32, %c: f32): kernel.yield %b : f32 }
    value { ^bb0(%a: f32, %b: f32, %c: f32): kernel.yield %c : f32 }
    epilogue { ^bb0(%a: f32, %b: f32, %c: f32, %acc: f32): kernel.yield %acc : f32 } -> tensor<1x145x6x18xf32>
  return %y : tensor<1x145x6x18xf32>
}

// Many keys are cut into even blocks of at most 256.
// CHECK-LABEL: func.func @long
// CHECK:         schedule <tile = [96, 256], micro = [8, 48]>
func.func @long(%q: tensor<1x3000x6x64xf32>, %k: tensor<1x3000x6x64xf32>, %v: tensor<1x3000x6x64xf32>, %init: tensor<1x3000x6x64xf32>) -> tensor<1x3000x6x64xf32> {
  %y = kernel.attend dims [1, 6, 3000, 64, 3000, 64]
    ins(%q, %k, %v : tensor<1x3000x6x64xf32>, tensor<1x3000x6x64xf32>, tensor<1x3000x6x64xf32>) outs(%init : tensor<1x3000x6x64xf32>)
    maps [#q, #k, #v, #y] scale 0.125
    query { ^bb0(%a: f32, %b: f32, %c: f32): kernel.yield %a : f32 }
    key { ^bb0(%a: f32, %b: f32, %c: f32): kernel.yield %b : f32 }
    value { ^bb0(%a: f32, %b: f32, %c: f32): kernel.yield %c : f32 }
    epilogue { ^bb0(%a: f32, %b: f32, %c: f32, %acc: f32): kernel.yield %acc : f32 } -> tensor<1x3000x6x64xf32>
  return %y : tensor<1x3000x6x64xf32>
}

// CHECK-LABEL: func.func @one
// CHECK:         schedule <tile = [16, 1], micro = [1, 16]>
func.func @one(%q: tensor<1x1x1x1xf32>, %k: tensor<1x1x1x1xf32>, %v: tensor<1x1x1x1xf32>, %init: tensor<1x1x1x1xf32>) -> tensor<1x1x1x1xf32> {
  %y = kernel.attend dims [1, 1, 1, 1, 1, 1]
    ins(%q, %k, %v : tensor<1x1x1x1xf32>, tensor<1x1x1x1xf32>, tensor<1x1x1x1xf32>) outs(%init : tensor<1x1x1x1xf32>)
    maps [#q, #k, #v, #y] scale 0.125
    query { ^bb0(%a: f32, %b: f32, %c: f32): kernel.yield %a : f32 }
    key { ^bb0(%a: f32, %b: f32, %c: f32): kernel.yield %b : f32 }
    value { ^bb0(%a: f32, %b: f32, %c: f32): kernel.yield %c : f32 }
    epilogue { ^bb0(%a: f32, %b: f32, %c: f32, %acc: f32): kernel.yield %acc : f32 } -> tensor<1x1x1x1xf32>
  return %y : tensor<1x1x1x1xf32>
}

// What a user wrote stays.
// CHECK-LABEL: func.func @kept
// CHECK:         schedule <tile = [5, 7], micro = [5, 16]>
func.func @kept(%q: tensor<1x30x1x8xf32>, %k: tensor<1x30x1x8xf32>, %v: tensor<1x30x1x8xf32>, %init: tensor<1x30x1x8xf32>) -> tensor<1x30x1x8xf32> {
  %y = kernel.attend dims [1, 1, 30, 8, 30, 8]
    ins(%q, %k, %v : tensor<1x30x1x8xf32>, tensor<1x30x1x8xf32>, tensor<1x30x1x8xf32>) outs(%init : tensor<1x30x1x8xf32>)
    maps [#q, #k, #v, #y] scale 0.125 schedule <tile = [5, 7], micro = [5, 16]>
    query { ^bb0(%a: f32, %b: f32, %c: f32): kernel.yield %a : f32 }
    key { ^bb0(%a: f32, %b: f32, %c: f32): kernel.yield %b : f32 }
    value { ^bb0(%a: f32, %b: f32, %c: f32): kernel.yield %c : f32 }
    epilogue { ^bb0(%a: f32, %b: f32, %c: f32, %acc: f32): kernel.yield %acc : f32 } -> tensor<1x30x1x8xf32>
  return %y : tensor<1x30x1x8xf32>
}

// Of a gradient, weights and changes are in the second-level cache together: so many rows at a time, whatever the number of cores, whose
// work are groups.
// CHECK-LABEL: func.func @vit_grad
// CHECK:         schedule <tile = [66, 224], micro = [11, 32]>
// MANY-LABEL: func.func @vit_grad
// MANY:          schedule <tile = [66, 224], micro = [11, 32]>
// AVX2-LABEL: func.func @vit_grad
// AVX2:          schedule <tile = [66, 208], micro = [6, 16]>
func.func @vit_grad(%q: tensor<1x197x6x64xf32>, %k: tensor<1x197x6x64xf32>, %l: tensor<1x197x6xf32>) -> tensor<1x197x6x64xf32> {
  %y:3 = kernel.attend_grad dims [1, 6, 197, 64, 197, 64]
    ins(%q, %k, %k, %q, %l, %l : tensor<1x197x6x64xf32>, tensor<1x197x6x64xf32>, tensor<1x197x6x64xf32>, tensor<1x197x6x64xf32>, tensor<1x197x6xf32>, tensor<1x197x6xf32>) outs(%q, %k, %k : tensor<1x197x6x64xf32>, tensor<1x197x6x64xf32>, tensor<1x197x6x64xf32>)
    maps [#q, #k, #v, #y, #l, #l, #q, #k, #v] scale 0.125
    query { ^bb0(%a: f32, %b: f32, %c: f32, %g: f32, %x: f32, %y: f32): kernel.yield %a : f32 }
    key { ^bb0(%a: f32, %b: f32, %c: f32, %g: f32, %x: f32, %y: f32): kernel.yield %b : f32 }
    value { ^bb0(%a: f32, %b: f32, %c: f32, %g: f32, %x: f32, %y: f32): kernel.yield %c : f32 }
    gradient { ^bb0(%a: f32, %b: f32, %c: f32, %g: f32, %x: f32, %y: f32): kernel.yield %g : f32 }
    statistics { ^bb0(%a: f32, %b: f32, %c: f32, %g: f32, %x: f32, %y: f32): kernel.yield %x, %y : f32, f32 }
    query_grad { ^bb0(%a: f32, %b: f32, %c: f32, %g: f32, %x: f32, %y: f32, %sum: f32): kernel.yield %sum : f32 }
    key_grad { ^bb0(%a: f32, %b: f32, %c: f32, %g: f32, %x: f32, %y: f32, %sum: f32): kernel.yield %sum : f32 }
    value_grad { ^bb0(%a: f32, %b: f32, %c: f32, %g: f32, %x: f32, %y: f32, %sum: f32): kernel.yield %sum : f32 } -> tensor<1x197x6x64xf32>, tensor<1x197x6x64xf32>, tensor<1x197x6x64xf32>
  return %y#0 : tensor<1x197x6x64xf32>
}

// CHECK-LABEL: func.func @long_grad
// CHECK:         schedule <tile = [65, 256], micro = [13, 32]>
func.func @long_grad(%q: tensor<1x3000x6x64xf32>, %k: tensor<1x3000x6x64xf32>, %l: tensor<1x3000x6xf32>) -> tensor<1x3000x6x64xf32> {
  %y:3 = kernel.attend_grad dims [1, 6, 3000, 64, 3000, 64]
    ins(%q, %k, %k, %q, %l, %l : tensor<1x3000x6x64xf32>, tensor<1x3000x6x64xf32>, tensor<1x3000x6x64xf32>, tensor<1x3000x6x64xf32>, tensor<1x3000x6xf32>, tensor<1x3000x6xf32>) outs(%q, %k, %k : tensor<1x3000x6x64xf32>, tensor<1x3000x6x64xf32>, tensor<1x3000x6x64xf32>)
    maps [#q, #k, #v, #y, #l, #l, #q, #k, #v] scale 0.125
    query { ^bb0(%a: f32, %b: f32, %c: f32, %g: f32, %x: f32, %y: f32): kernel.yield %a : f32 }
    key { ^bb0(%a: f32, %b: f32, %c: f32, %g: f32, %x: f32, %y: f32): kernel.yield %b : f32 }
    value { ^bb0(%a: f32, %b: f32, %c: f32, %g: f32, %x: f32, %y: f32): kernel.yield %c : f32 }
    gradient { ^bb0(%a: f32, %b: f32, %c: f32, %g: f32, %x: f32, %y: f32): kernel.yield %g : f32 }
    statistics { ^bb0(%a: f32, %b: f32, %c: f32, %g: f32, %x: f32, %y: f32): kernel.yield %x, %y : f32, f32 }
    query_grad { ^bb0(%a: f32, %b: f32, %c: f32, %g: f32, %x: f32, %y: f32, %sum: f32): kernel.yield %sum : f32 }
    key_grad { ^bb0(%a: f32, %b: f32, %c: f32, %g: f32, %x: f32, %y: f32, %sum: f32): kernel.yield %sum : f32 }
    value_grad { ^bb0(%a: f32, %b: f32, %c: f32, %g: f32, %x: f32, %y: f32, %sum: f32): kernel.yield %sum : f32 } -> tensor<1x3000x6x64xf32>, tensor<1x3000x6x64xf32>, tensor<1x3000x6x64xf32>
  return %y#0 : tensor<1x3000x6x64xf32>
}

// CHECK-LABEL: func.func @one_grad
// CHECK:         schedule <tile = [1, 16], micro = [1, 16]>
func.func @one_grad(%q: tensor<1x1x1x1xf32>, %k: tensor<1x1x1x1xf32>, %l: tensor<1x1x1xf32>) -> tensor<1x1x1x1xf32> {
  %y:3 = kernel.attend_grad dims [1, 1, 1, 1, 1, 1]
    ins(%q, %k, %k, %q, %l, %l : tensor<1x1x1x1xf32>, tensor<1x1x1x1xf32>, tensor<1x1x1x1xf32>, tensor<1x1x1x1xf32>, tensor<1x1x1xf32>, tensor<1x1x1xf32>) outs(%q, %k, %k : tensor<1x1x1x1xf32>, tensor<1x1x1x1xf32>, tensor<1x1x1x1xf32>)
    maps [#q, #k, #v, #y, #l, #l, #q, #k, #v] scale 0.125
    query { ^bb0(%a: f32, %b: f32, %c: f32, %g: f32, %x: f32, %y: f32): kernel.yield %a : f32 }
    key { ^bb0(%a: f32, %b: f32, %c: f32, %g: f32, %x: f32, %y: f32): kernel.yield %b : f32 }
    value { ^bb0(%a: f32, %b: f32, %c: f32, %g: f32, %x: f32, %y: f32): kernel.yield %c : f32 }
    gradient { ^bb0(%a: f32, %b: f32, %c: f32, %g: f32, %x: f32, %y: f32): kernel.yield %g : f32 }
    statistics { ^bb0(%a: f32, %b: f32, %c: f32, %g: f32, %x: f32, %y: f32): kernel.yield %x, %y : f32, f32 }
    query_grad { ^bb0(%a: f32, %b: f32, %c: f32, %g: f32, %x: f32, %y: f32, %sum: f32): kernel.yield %sum : f32 }
    key_grad { ^bb0(%a: f32, %b: f32, %c: f32, %g: f32, %x: f32, %y: f32, %sum: f32): kernel.yield %sum : f32 }
    value_grad { ^bb0(%a: f32, %b: f32, %c: f32, %g: f32, %x: f32, %y: f32, %sum: f32): kernel.yield %sum : f32 } -> tensor<1x1x1x1xf32>, tensor<1x1x1x1xf32>, tensor<1x1x1x1xf32>
  return %y#0 : tensor<1x1x1x1xf32>
}

// CHECK-LABEL: func.func @kept_grad
// CHECK:         schedule <tile = [5, 7], micro = [5, 16]>
func.func @kept_grad(%q: tensor<1x30x1x8xf32>, %k: tensor<1x30x1x8xf32>, %l: tensor<1x30x1xf32>) -> tensor<1x30x1x8xf32> {
  %y:3 = kernel.attend_grad dims [1, 1, 30, 8, 30, 8]
    ins(%q, %k, %k, %q, %l, %l : tensor<1x30x1x8xf32>, tensor<1x30x1x8xf32>, tensor<1x30x1x8xf32>, tensor<1x30x1x8xf32>, tensor<1x30x1xf32>, tensor<1x30x1xf32>) outs(%q, %k, %k : tensor<1x30x1x8xf32>, tensor<1x30x1x8xf32>, tensor<1x30x1x8xf32>)
    maps [#q, #k, #v, #y, #l, #l, #q, #k, #v] scale 0.125 schedule <tile = [5, 7], micro = [5, 16]>
    query { ^bb0(%a: f32, %b: f32, %c: f32, %g: f32, %x: f32, %y: f32): kernel.yield %a : f32 }
    key { ^bb0(%a: f32, %b: f32, %c: f32, %g: f32, %x: f32, %y: f32): kernel.yield %b : f32 }
    value { ^bb0(%a: f32, %b: f32, %c: f32, %g: f32, %x: f32, %y: f32): kernel.yield %c : f32 }
    gradient { ^bb0(%a: f32, %b: f32, %c: f32, %g: f32, %x: f32, %y: f32): kernel.yield %g : f32 }
    statistics { ^bb0(%a: f32, %b: f32, %c: f32, %g: f32, %x: f32, %y: f32): kernel.yield %x, %y : f32, f32 }
    query_grad { ^bb0(%a: f32, %b: f32, %c: f32, %g: f32, %x: f32, %y: f32, %sum: f32): kernel.yield %sum : f32 }
    key_grad { ^bb0(%a: f32, %b: f32, %c: f32, %g: f32, %x: f32, %y: f32, %sum: f32): kernel.yield %sum : f32 }
    value_grad { ^bb0(%a: f32, %b: f32, %c: f32, %g: f32, %x: f32, %y: f32, %sum: f32): kernel.yield %sum : f32 } -> tensor<1x30x1x8xf32>, tensor<1x30x1x8xf32>, tensor<1x30x1x8xf32>
  return %y#0 : tensor<1x30x1x8xf32>
}
}
