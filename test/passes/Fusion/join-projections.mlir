// The matrices of queries, keys and values become one where no entry changes them; attention then reads its parts in place.
// RUN: moec-opt %s -split-input-file -moec-join-projections | FileCheck %s
// RUN: moec-opt %s -split-input-file -moec-join-projections --remarks-filter=Fusion --remark-format=emitRemark -o /dev/null 2>&1 | FileCheck %s --check-prefix=REMARK --implicit-check-not=Passed
// RUN: moec-opt %s -split-input-file -moec-fusion-pipeline | FileCheck %s --check-prefix=FUSED
// RUN: moec-opt %s -split-input-file -moec-fusion-pipeline=disable=join-projections | FileCheck %s --check-prefix=WITHOUT
// RUN: sed '/^\/\/ -----/,$d' %s > %t.mlir
// RUN: moec-interpret %t.mlir --pipeline=moec-join-projections --f64
// RUN: moec-interpret %t.mlir --pipeline=moec-fusion-pipeline
// RUN: moec-opt %t.mlir -moec-fusion-pipeline -moec-precision-pipeline -moec-schedule-pipeline | FileCheck %s --check-prefix=HOISTED
// RUN: sed 's/{kernel.machine = #cpu/&, moe.precision = "bf16"/' %t.mlir > %t-half.mlir
// RUN: moec-opt %t-half.mlir -moec-fusion-pipeline -moec-precision-pipeline -moec-schedule-pipeline | FileCheck %s --check-prefixes=HOISTED,HALF

#cpu = #kernel.cpu<cores = 8, vector_bytes = 64, vector_registers = 32>
module attributes {kernel.machine = #cpu} {
moe.variable @wq : tensor<8x8xf32> role(parameter) init<zeros>
moe.variable @wk : tensor<8x4xf32> role(parameter) init<zeros>
moe.variable @wv : tensor<8x4xf32> role(parameter) init<zeros>
moe.variable @bq : tensor<8xf32> role(parameter) init<zeros>
moe.variable @bk : tensor<4xf32> role(parameter) init<zeros>
moe.variable @bv : tensor<4xf32> role(parameter) init<zeros>

// Two heads of queries share one of keys and values.
// CHECK-LABEL: func.func @infer
// CHECK-SAME: %[[X:[a-z0-9]+]]: tensor<2x5x8xf32>, %[[WQ:[a-z0-9]+]]: tensor<8x8xf32> {{.*}}, %[[BQ:[a-z0-9]+]]: tensor<8xf32> {{.*}}, %[[WK:[a-z0-9]+]]: tensor<8x4xf32> {{.*}}, %[[BK:[a-z0-9]+]]: tensor<4xf32> {{.*}}, %[[WV:[a-z0-9]+]]: tensor<8x4xf32> {{.*}}, %[[BV:[a-z0-9]+]]: tensor<4xf32>
// CHECK: %[[W:.+]] = moe.concat %[[WQ]], %[[WK]], %[[WV]] axis 1 : {{.*}} -> tensor<8x16xf32>
// CHECK-NEXT: %[[B:.+]] = moe.concat %[[BQ]], %[[BK]], %[[BV]] axis 0 : {{.*}} -> tensor<16xf32>
// CHECK-NEXT: %[[P:.+]] = moe.linear %[[X]], %[[W]], %[[B]] axis 2 : {{.*}} -> tensor<2x5x16xf32>
// CHECK-NEXT: %[[Q:.+]] = moe.slice %[[P]] axis 2 begin 0 : {{.*}} -> tensor<2x5x8xf32>
// CHECK-NEXT: %[[K:.+]] = moe.slice %[[P]] axis 2 begin 8 : {{.*}} -> tensor<2x5x4xf32>
// CHECK-NEXT: %[[V:.+]] = moe.slice %[[P]] axis 2 begin 12 : {{.*}} -> tensor<2x5x4xf32>
// CHECK-NOT: moe.linear
// CHECK: moe.attention
// REMARK: [Passed] JoinProjections {{.*}}3 matrices that multiply the same are one

// FUSED-DAG: #[[FQ:.+]] = affine_map<(d0, d1, d2, d3, d4, d5) -> (d0, d2, d1 * 4 + d5)>
// FUSED-DAG: #[[FK:.+]] = affine_map<(d0, d1, d2, d3, d4, d5) -> (d0, d4, d5 + 8)>
// FUSED-DAG: #[[FV:.+]] = affine_map<(d0, d1, d2, d3, d4, d5) -> (d0, d4, d3 + 12)>
// FUSED-LABEL: func.func @infer
// FUSED: %[[F:.+]] = kernel.contract dims [10, 16, 8]
// FUSED-NOT: kernel.map
// FUSED: kernel.attend {{.*}} ins(%[[F]], %[[F]], %[[F]] : {{.*}} maps [#[[FQ]], #[[FK]], #[[FV]],
// WITHOUT-LABEL: func.func @infer
// WITHOUT-COUNT-3: kernel.contract
func.func @infer(%x: tensor<2x5x8xf32>, %wq: tensor<8x8xf32> {moe.var = @wq}, %bq: tensor<8xf32> {moe.var = @bq}, %wk: tensor<8x4xf32> {moe.var = @wk}, %bk: tensor<4xf32> {moe.var = @bk}, %wv: tensor<8x4xf32> {moe.var = @wv}, %bv: tensor<4xf32> {moe.var = @bv}) -> tensor<2x5x2x4xf32> {
  %q = moe.linear %x, %wq, %bq axis 2 : (tensor<2x5x8xf32>, tensor<8x8xf32>, tensor<8xf32>) -> tensor<2x5x8xf32>
  %qh = moe.reshape %q : tensor<2x5x8xf32> -> tensor<2x5x2x4xf32>
  %k = moe.linear %x, %wk, %bk axis 2 : (tensor<2x5x8xf32>, tensor<8x4xf32>, tensor<4xf32>) -> tensor<2x5x4xf32>
  %kh = moe.reshape %k : tensor<2x5x4xf32> -> tensor<2x5x1x4xf32>
  %v = moe.linear %x, %wv, %bv axis 2 : (tensor<2x5x8xf32>, tensor<8x4xf32>, tensor<4xf32>) -> tensor<2x5x4xf32>
  %vh = moe.reshape %v : tensor<2x5x4xf32> -> tensor<2x5x1x4xf32>
  %y, %l = moe.attention %qh, %kh, %vh : (tensor<2x5x2x4xf32>, tensor<2x5x1x4xf32>, tensor<2x5x1x4xf32>) -> (tensor<2x5x2x4xf32>, tensor<2x2x5xf32>)
  return %y : tensor<2x5x2x4xf32>
}

// Nothing of it is left in the step.
// HOISTED-LABEL: func.func @layers
// HOISTED: moe.repeat
// HOISTED-NOT: arith.select
// HOISTED: return
// HOISTED-LABEL: func.func @prepare
// HOISTED: arith.select
// HALF: arith.truncf

// Of a layer of a stack as well; those of other tokens stay apart.
// CHECK-LABEL: func.func @layers
// CHECK: moe.repeat
// CHECK: moe.linear {{.*}} -> tensor<2x5x8xf32>
// CHECK: moe.concat {{.*}} -> tensor<8x8xf32>
// CHECK-NEXT: moe.linear {{.*}} -> tensor<2x5x8xf32>
// CHECK: moe.attention
// REMARK: [Passed] JoinProjections {{.*}}2 matrices that multiply the same are one
moe.variable @stack : tensor<3x8x8xf32> role(parameter) init<zeros>
moe.variable @keys : tensor<3x8x4xf32> role(parameter) init<zeros>
moe.variable @values : tensor<3x8x4xf32> role(parameter) init<zeros>
func.func @layers(%x: tensor<2x5x8xf32> {moe.field = "x"}, %z: tensor<2x5x8xf32> {moe.field = "z"}, %wq: tensor<3x8x8xf32> {moe.var = @stack}, %wk: tensor<3x8x4xf32> {moe.var = @keys}, %wv: tensor<3x8x4xf32> {moe.var = @values}) -> (tensor<2x5x8xf32> {moe.output = "y"}) attributes {moe.entry = #moe.entry<"layers">} {
  %r = moe.repeat 3 carry(%x : tensor<2x5x8xf32>) stacked(%wq, %wk, %wv : tensor<3x8x8xf32>, tensor<3x8x4xf32>, tensor<3x8x4xf32>) {
  ^bb0(%c: tensor<2x5x8xf32>, %lq: tensor<8x8xf32>, %lk: tensor<8x4xf32>, %lv: tensor<8x4xf32>):
    %q = moe.linear %c, %lq axis 2 : (tensor<2x5x8xf32>, tensor<8x8xf32>) -> tensor<2x5x8xf32>
    %qh = moe.reshape %q : tensor<2x5x8xf32> -> tensor<2x5x2x4xf32>
    %k = moe.linear %z, %lk axis 2 : (tensor<2x5x8xf32>, tensor<8x4xf32>) -> tensor<2x5x4xf32>
    %kh = moe.reshape %k : tensor<2x5x4xf32> -> tensor<2x5x1x4xf32>
    %v = moe.linear %z, %lv axis 2 : (tensor<2x5x8xf32>, tensor<8x4xf32>) -> tensor<2x5x4xf32>
    %vh = moe.reshape %v : tensor<2x5x4xf32> -> tensor<2x5x1x4xf32>
    %y, %l = moe.attention %qh, %kh, %vh : (tensor<2x5x2x4xf32>, tensor<2x5x1x4xf32>, tensor<2x5x1x4xf32>) -> (tensor<2x5x2x4xf32>, tensor<2x2x5xf32>)
    %o = moe.reshape %y : tensor<2x5x2x4xf32> -> tensor<2x5x8xf32>
    moe.yield %o : tensor<2x5x8xf32>
  } -> tensor<2x5x8xf32>
  return %r : tensor<2x5x8xf32>
}
}

// -----

// Not where a step changes one of them, nor where somebody else reads what one makes.
module attributes {kernel.machine = #kernel.cpu<cores = 8, vector_bytes = 64, vector_registers = 32>} {
moe.variable @wq : tensor<8x8xf32> role(parameter) init<zeros>
moe.variable @wk : tensor<8x8xf32> role(parameter) init<zeros>
moe.variable @wv : tensor<8x8xf32> role(parameter) init<zeros>

// CHECK-LABEL: func.func @changes
// CHECK-NOT: moe.concat
func.func @changes(%w: tensor<8x8xf32> {moe.var = @wk}) -> (tensor<8x8xf32> {moe.var = @wk}) {
  %0 = moe.add %w, %w : tensor<8x8xf32>
  return %0 : tensor<8x8xf32>
}

// CHECK-LABEL: func.func @changed
// CHECK-COUNT-3: moe.linear
// CHECK-NOT: moe.linear
func.func @changed(%x: tensor<2x5x8xf32>, %wq: tensor<8x8xf32> {moe.var = @wq}, %wk: tensor<8x8xf32> {moe.var = @wk}, %wv: tensor<8x8xf32> {moe.var = @wv}) -> (tensor<2x5x2x4xf32>, tensor<2x5x8xf32>) {
  %q = moe.linear %x, %wq axis 2 : (tensor<2x5x8xf32>, tensor<8x8xf32>) -> tensor<2x5x8xf32>
  %qh = moe.reshape %q : tensor<2x5x8xf32> -> tensor<2x5x2x4xf32>
  %k = moe.linear %x, %wk axis 2 : (tensor<2x5x8xf32>, tensor<8x8xf32>) -> tensor<2x5x8xf32>
  %kh = moe.reshape %k : tensor<2x5x8xf32> -> tensor<2x5x2x4xf32>
  %v = moe.linear %x, %wv axis 2 : (tensor<2x5x8xf32>, tensor<8x8xf32>) -> tensor<2x5x8xf32>
  %vh = moe.reshape %v : tensor<2x5x8xf32> -> tensor<2x5x2x4xf32>
  %y, %l = moe.attention %qh, %kh, %vh : (tensor<2x5x2x4xf32>, tensor<2x5x2x4xf32>, tensor<2x5x2x4xf32>) -> (tensor<2x5x2x4xf32>, tensor<2x2x5xf32>)
  return %y, %v : tensor<2x5x2x4xf32>, tensor<2x5x8xf32>
}
}
