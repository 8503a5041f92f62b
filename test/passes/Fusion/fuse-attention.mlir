// Attention is one kernel, and so is its gradient: in words, and in what is computed, with what fusion moves into it.
// RUN: moec-opt %s -moec-fuse-attention | FileCheck %s
// RUN: moec-opt %s -moec-fusion-pipeline | FileCheck %s --check-prefix=FUSED
// RUN: moec-opt %s -moec-fusion-pipeline=disable=fuse-attention | FileCheck %s --check-prefix=WITHOUT
// RUN: moec-opt %s -moec-fuse-attention --remarks-filter=Fusion --remark-format=emitRemark -o /dev/null 2>&1 | FileCheck %s --check-prefix=REMARK
// RUN: moec-interpret %s --pipeline="func.func(moec-fuse-attention)" --f64
// RUN: moec-interpret %s --pipeline=moec-fusion-pipeline

// GPUs have both, too. Where no machine is known nothing happens.
// RUN: sed 's/#kernel.cpu<.*>}/#kernel.gpu<multiprocessors = 132, shared_bytes = 232448>}/' %s > %t.gpu.mlir
// RUN: moec-opt %t.gpu.mlir -moec-fuse-attention | FileCheck %s
// RUN: moec-opt %t.gpu.mlir -moec-fusion-pipeline | FileCheck %s --check-prefix=FUSED
// RUN: sed 's/kernel.machine = #kernel.cpu<.*>//' %s > %t.none.mlir
// RUN: moec-opt %t.none.mlir -moec-fuse-attention | FileCheck %s --check-prefix=OTHER
// RUN: moec-opt %t.none.mlir -moec-fuse-attention --remarks-filter=Fusion --remark-format=emitRemark -o /dev/null 2>&1 | FileCheck %s --check-prefix=REMARK-OTHER
// OTHER-NOT: kernel.attend
// WITHOUT-NOT: kernel.attend
// REMARK-OTHER: {{.*}}[Missed] FuseAttention {{.*}} Reason="the machine has no kernel for it"

module attributes {kernel.machine = #kernel.cpu<cores = 8, vector_bytes = 64, vector_registers = 32>} {

// CHECK-DAG: #[[Q:.+]] = affine_map<(d0, d1, d2, d3, d4, d5) -> (d0, d2, d1, d5)>
// CHECK-DAG: #[[K:.+]] = affine_map<(d0, d1, d2, d3, d4, d5) -> (d0, d4, d1, d5)>
// CHECK-DAG: #[[V:.+]] = affine_map<(d0, d1, d2, d3, d4, d5) -> (d0, d4, d1, d3)>
// CHECK-DAG: #[[Y:.+]] = affine_map<(d0, d1, d2, d3, d4, d5) -> (d0, d2, d1, d3)>
// CHECK-DAG: #[[L:.+]] = affine_map<(d0, d1, d2, d3, d4, d5) -> (d0, d1, d2)>
// CHECK-DAG: #[[KG:.+]] = affine_map<(d0, d1, d2, d3, d4, d5) -> (d0, d4, d1 floordiv 2, d5)>
// CHECK-DAG: #[[VG:.+]] = affine_map<(d0, d1, d2, d3, d4, d5) -> (d0, d4, d1 floordiv 2, d3)>

// CHECK-LABEL: func.func @heads
// CHECK-SAME: %[[QUERY:[a-z0-9]+]]: tensor<2x6x4x8xf32>, %[[KEY:[a-z0-9]+]]: tensor<2x5x4x8xf32>, %[[VALUE:[a-z0-9]+]]: tensor<2x5x4x3xf32>
// CHECK: %[[INIT:.+]] = tensor.empty() : tensor<2x6x4x3xf32>
// CHECK-NEXT: %[[R:.+]] = kernel.attend dims [2, 4, 6, 3, 5, 8] ins(%[[QUERY]], %[[KEY]], %[[VALUE]] :
// CHECK-SAME: outs(%[[INIT]] : tensor<2x6x4x3xf32>) maps [#[[Q]], #[[K]], #[[V]], #[[Y]]] scale 0.35355339059327373
// CHECK: return %[[R]]
// REMARK: {{.*}}[Passed] FuseAttention {{.*}}Function=heads {{.*}}one kernel, which does not store 240 scores
func.func @heads(%q: tensor<2x6x4x8xf32>, %k: tensor<2x5x4x8xf32>, %v: tensor<2x5x4x3xf32>) -> tensor<2x6x4x3xf32> {
  %y, %l = moe.attention %q, %k, %v : (tensor<2x6x4x8xf32>, tensor<2x5x4x8xf32>, tensor<2x5x4x3xf32>) -> (tensor<2x6x4x3xf32>, tensor<2x4x6xf32>)
  return %y : tensor<2x6x4x3xf32>
}

// Two heads of the query read one of the key, which is not copied; the norms move into the kernel that reads them.
// CHECK-LABEL: func.func @grouped
// CHECK: %[[QN:.+]] = moe.layer_norm
// CHECK: %[[KN:.+]] = moe.layer_norm
// CHECK: kernel.attend dims [2, 4, 6, 3, 5, 8] ins(%[[QN]], %[[KN]], %{{.+}} : {{.*}} maps [#[[Q]], #[[KG]], #[[VG]], #[[Y]]] scale 2.500000e-01
// FUSED-LABEL: func.func @grouped
// FUSED-NOT: kernel.map
// FUSED: kernel.attend
// FUSED: query
// FUSED: arith.subf
// FUSED: key
// FUSED: arith.subf
// FUSED: value
func.func @grouped(%q: tensor<2x6x4x8xf32>, %k: tensor<2x5x2x8xf32>, %v: tensor<2x5x2x3xf32>, %qs: tensor<8xf32>, %ks: tensor<8xf32>, %qb: tensor<8xf32>, %kb: tensor<8xf32>)
    -> tensor<2x6x4x3xf32> {
  %y, %l = moe.attention %q, %k, %v norm(%qs, %ks, %qb, %kb) eps 1.0e-3 scale 0.25
    : (tensor<2x6x4x8xf32>, tensor<2x5x2x8xf32>, tensor<2x5x2x3xf32>, tensor<8xf32>, tensor<8xf32>, tensor<8xf32>, tensor<8xf32>)
      -> (tensor<2x6x4x3xf32>, tensor<2x4x6xf32>)
  return %y : tensor<2x6x4x3xf32>
}

// What is done with the result joins the kernel.
// FUSED-LABEL: func.func @residual
// FUSED-NOT: kernel.map
// FUSED: kernel.attend
// FUSED: epilogue
// FUSED: arith.addf
// FUSED-NOT: kernel.map
// FUSED: return
func.func @residual(%q: tensor<2x6x4x8xf32>, %k: tensor<2x5x4x8xf32>, %v: tensor<2x5x4x3xf32>, %r: tensor<2x6x4x3xf32>) -> tensor<2x6x4x3xf32> {
  %y, %l = moe.attention %q, %k, %v : (tensor<2x6x4x8xf32>, tensor<2x5x4x8xf32>, tensor<2x5x4x3xf32>) -> (tensor<2x6x4x3xf32>, tensor<2x4x6xf32>)
  %z = moe.add %y, %r : tensor<2x6x4x3xf32>
  return %z : tensor<2x6x4x3xf32>
}

// Where the log-sum-exp is read, the kernel stores it too.
// CHECK-LABEL: func.func @log_sum_exp
// CHECK: %[[R:.+]]:2 = kernel.attend dims [2, 4, 6, 3, 5, 8] {{.+}} outs(%{{.+}}, %{{.+}} : tensor<2x6x4x3xf32>, tensor<2x4x6xf32>) maps [#[[Q]], #[[K]], #[[V]], #[[Y]], #[[L]]]
// CHECK: return %[[R]]#0, %[[R]]#1
func.func @log_sum_exp(%q: tensor<2x6x4x8xf32>, %k: tensor<2x5x4x8xf32>, %v: tensor<2x5x4x3xf32>) -> (tensor<2x6x4x3xf32>, tensor<2x4x6xf32>) {
  %y, %l = moe.attention %q, %k, %v : (tensor<2x6x4x8xf32>, tensor<2x5x4x8xf32>, tensor<2x5x4x3xf32>) -> (tensor<2x6x4x3xf32>, tensor<2x4x6xf32>)
  return %y, %l : tensor<2x6x4x3xf32>, tensor<2x4x6xf32>
}

// Two heads of the query are rows beside each other; what the kernel needs besides the operands is a sum for each.
// CHECK-LABEL: func.func @gradient
// CHECK-SAME: %[[QUERY:[a-z0-9]+]]: tensor<2x6x4x8xf32>, %[[KEY:[a-z0-9]+]]: tensor<2x5x2x8xf32>, %[[VALUE:[a-z0-9]+]]: tensor<2x5x2x3xf32>, %[[YY:[a-z0-9]+]]: tensor<2x6x4x3xf32>, %[[LL:[a-z0-9]+]]: tensor<2x4x6xf32>, %[[DY:[a-z0-9]+]]: tensor<2x6x4x3xf32>
// CHECK: %[[P:.+]] = moe.mul %[[DY]], %[[YY]]
// CHECK: %[[T:.+]] = moe.transpose %[[P]] [0, 2, 1, 3]
// CHECK: %[[DELTA:.+]] = moe.reduce %[[T]] axes [3]
// CHECK: %[[G:.+]]:3 = kernel.attend_grad dims [2, 2, 12, 3, 5, 8] ins(%[[QUERY]], %[[KEY]], %[[VALUE]], %[[DY]], %[[LL]], %[[DELTA]] :
// CHECK-SAME: maps [#[[GQ:.+]], #[[GK:.+]], #[[GV:.+]], #[[GY:.+]], #[[GL:.+]], #[[GL]], #[[GQ]], #[[GK]], #[[GV]]] scale 0.35355339059327373
// CHECK: return %[[G]]#0, %[[G]]#1, %[[G]]#2
// REMARK: {{.*}}[Passed] FuseAttention {{.*}}Function=gradient {{.*}}one kernel, which does not store 240 scores
func.func @gradient(%q: tensor<2x6x4x8xf32>, %k: tensor<2x5x2x8xf32>, %v: tensor<2x5x2x3xf32>, %y: tensor<2x6x4x3xf32>, %l: tensor<2x4x6xf32>, %dy: tensor<2x6x4x3xf32>)
    -> (tensor<2x6x4x8xf32>, tensor<2x5x2x8xf32>, tensor<2x5x2x3xf32>) {
  %g:3 = moe.attention_grad %q, %k, %v of %y, %l by %dy
    : (tensor<2x6x4x8xf32>, tensor<2x5x2x8xf32>, tensor<2x5x2x3xf32>, tensor<2x6x4x3xf32>, tensor<2x4x6xf32>, tensor<2x6x4x3xf32>)
      -> (tensor<2x6x4x8xf32>, tensor<2x5x2x8xf32>, tensor<2x5x2x3xf32>)
  return %g#0, %g#1, %g#2 : tensor<2x6x4x8xf32>, tensor<2x5x2x8xf32>, tensor<2x5x2x3xf32>
}

// The norms move into the kernel, their gradients follow it; the gradient of the log-sum-exp is taken off delta.
// CHECK-LABEL: func.func @normed_gradient
// CHECK: moe.layer_norm
// CHECK: moe.layer_norm
// CHECK: moe.sub
// CHECK: %[[G:.+]]:3 = kernel.attend_grad
// CHECK: moe.layer_norm_grad %{{.+}}, %{{.+}}, %[[G]]#0
// CHECK: moe.layer_norm_grad %{{.+}}, %{{.+}}, %[[G]]#1
// FUSED-LABEL: func.func @normed_gradient
// FUSED: kernel.attend_grad
// FUSED: query
// FUSED: arith.subf
// FUSED: key
// FUSED: arith.subf
// FUSED: value
func.func @normed_gradient(%q: tensor<2x6x4x8xf32>, %k: tensor<2x5x4x8xf32>, %v: tensor<2x5x4x3xf32>, %qs: tensor<8xf32>, %ks: tensor<8xf32>, %y: tensor<2x6x4x3xf32>, %l: tensor<2x4x6xf32>,
                           %dy: tensor<2x6x4x3xf32>, %dl: tensor<2x4x6xf32>)
    -> (tensor<2x6x4x8xf32>, tensor<2x5x4x8xf32>, tensor<2x5x4x3xf32>, tensor<8xf32>, tensor<8xf32>) {
  %g:5 = moe.attention_grad %q, %k, %v norm(%qs, %ks) of %y, %l by %dy, %dl eps 1.0e-3
    : (tensor<2x6x4x8xf32>, tensor<2x5x4x8xf32>, tensor<2x5x4x3xf32>, tensor<8xf32>, tensor<8xf32>, tensor<2x6x4x3xf32>, tensor<2x4x6xf32>, tensor<2x6x4x3xf32>, tensor<2x4x6xf32>)
      -> (tensor<2x6x4x8xf32>, tensor<2x5x4x8xf32>, tensor<2x5x4x3xf32>, tensor<8xf32>, tensor<8xf32>)
  return %g#0, %g#1, %g#2, %g#3, %g#4 : tensor<2x6x4x8xf32>, tensor<2x5x4x8xf32>, tensor<2x5x4x3xf32>, tensor<8xf32>, tensor<8xf32>
}

// Everything that may be 1 is 1.
// CHECK-LABEL: func.func @ones
// CHECK: kernel.attend dims [1, 1, 1, 1, 1, 1]
func.func @ones(%q: tensor<1x1x1x1xf32>) -> tensor<1x1x1x1xf32> {
  %y, %l = moe.attention %q, %q, %q : (tensor<1x1x1x1xf32>, tensor<1x1x1x1xf32>, tensor<1x1x1x1xf32>) -> (tensor<1x1x1x1xf32>, tensor<1x1x1xf32>)
  return %y : tensor<1x1x1x1xf32>
}
}
