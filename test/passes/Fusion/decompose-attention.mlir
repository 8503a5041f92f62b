// Attention and its gradient as contractions and a softmax: in words, and in what
// is computed, also by the kernels that come of it.
// RUN: moec-opt %s -moec-decompose-attention | FileCheck %s
// RUN: moec-opt %s -moec-fusion-pipeline | FileCheck %s --check-prefix=FUSED
// RUN: moec-interpret %s --pipeline="func.func(moec-decompose-attention)"
// RUN: moec-interpret %s --pipeline=moec-fusion-pipeline

// CHECK-LABEL: func.func @heads
// CHECK-SAME: %[[Q:[a-z0-9]+]]: tensor<2x6x4x8xf32>, %[[K:[a-z0-9]+]]: tensor<2x5x4x8xf32>, %[[V:[a-z0-9]+]]: tensor<2x5x4x3xf32>
// CHECK-NEXT: %[[S:.+]] = moe.einsum %[[Q]], %[[K]] "bsgd,btgd->bgst" {{.+}} -> tensor<2x4x6x5xf32>
// CHECK-NEXT: %[[C:.+]] = moe.scale %[[S]] by 0.35355339059327373
// CHECK-NEXT: %[[W:.+]] = moe.softmax %[[C]] axes [3]
// CHECK-NEXT: %[[Y:.+]] = moe.einsum %[[W]], %[[V]] "bgst,btge->bsge" {{.+}} -> tensor<2x6x4x3xf32>
// CHECK-NEXT: return %[[Y]]
func.func @heads(%q: tensor<2x6x4x8xf32>, %k: tensor<2x5x4x8xf32>, %v: tensor<2x5x4x3xf32>) -> tensor<2x6x4x3xf32> {
  %y, %l = moe.attention %q, %k, %v : (tensor<2x6x4x8xf32>, tensor<2x5x4x8xf32>, tensor<2x5x4x3xf32>) -> (tensor<2x6x4x3xf32>, tensor<2x4x6xf32>)
  return %y : tensor<2x6x4x3xf32>
}

// Where the log-sum-exp is read, weights are made of it.
// CHECK-LABEL: func.func @log_sum_exp
// CHECK: %[[C:.+]] = moe.scale
// CHECK: %[[L:.+]] = kernel.rows dims [2, 4, 6, 5] ins(%[[C]] : tensor<2x4x6x5xf32>)
// CHECK: math.log
// CHECK: %[[W:.+]] = kernel.map dims [2, 4, 6, 5] ins(%[[C]], %[[L]] : tensor<2x4x6x5xf32>, tensor<2x4x6xf32>)
// CHECK: arith.subf
// CHECK: math.exp
// CHECK: %[[Y:.+]] = moe.einsum %[[W]], %{{.+}} "bgst,btge->bsge"
// CHECK: return %[[Y]], %[[L]]
func.func @log_sum_exp(%q: tensor<2x6x4x8xf32>, %k: tensor<2x5x4x8xf32>, %v: tensor<2x5x4x3xf32>) -> (tensor<2x6x4x3xf32>, tensor<2x4x6xf32>) {
  %y, %l = moe.attention %q, %k, %v : (tensor<2x6x4x8xf32>, tensor<2x5x4x8xf32>, tensor<2x5x4x3xf32>) -> (tensor<2x6x4x3xf32>, tensor<2x4x6xf32>)
  return %y, %l : tensor<2x6x4x3xf32>, tensor<2x4x6xf32>
}

// Two heads of the query to one of the key: no keys or values are copied.
// CHECK-LABEL: func.func @grouped
// CHECK-NOT: moe.broadcast
// CHECK: %[[QN:.+]] = moe.layer_norm %{{.+}}, %[[QS:.+]], %[[QB:.+]] eps 1.000000e-03 : tensor<2x6x4x8xf32>
// CHECK: %[[Q:.+]] = moe.reshape %[[QN]] : tensor<2x6x4x8xf32> -> tensor<2x6x2x2x8xf32>
// CHECK: %[[K:.+]] = moe.layer_norm %{{.+}} eps 1.000000e-03 : tensor<2x5x2x8xf32>
// CHECK: %[[S:.+]] = moe.einsum %[[Q]], %[[K]] "bsgrd,btgd->bgrst" {{.+}} -> tensor<2x2x2x6x5xf32>
// CHECK: moe.scale %[[S]] by 2.500000e-01
// CHECK: %[[L:.+]] = kernel.rows dims [2, 2, 2, 6, 5]
// CHECK: %[[W:.+]] = kernel.map dims [2, 2, 2, 6, 5]
// CHECK: moe.reshape %[[L]] : tensor<2x2x2x6xf32> -> tensor<2x4x6xf32>
// CHECK: %[[Y:.+]] = moe.einsum %[[W]], %{{.+}} "bgrst,btge->bsgre" {{.+}} -> tensor<2x6x2x2x3xf32>
// CHECK: moe.reshape %[[Y]] : tensor<2x6x2x2x3xf32> -> tensor<2x6x4x3xf32>
func.func @grouped(%q: tensor<2x6x4x8xf32>, %k: tensor<2x5x2x8xf32>, %v: tensor<2x5x2x3xf32>, %qs: tensor<8xf32>, %ks: tensor<8xf32>, %qb: tensor<8xf32>, %kb: tensor<8xf32>)
    -> (tensor<2x6x4x3xf32>, tensor<2x4x6xf32>) {
  %y, %l = moe.attention %q, %k, %v norm(%qs, %ks, %qb, %kb) eps 1.0e-3 scale 0.25
    : (tensor<2x6x4x8xf32>, tensor<2x5x2x8xf32>, tensor<2x5x2x3xf32>, tensor<8xf32>, tensor<8xf32>, tensor<8xf32>, tensor<8xf32>)
      -> (tensor<2x6x4x3xf32>, tensor<2x4x6xf32>)
  return %y, %l : tensor<2x6x4x3xf32>, tensor<2x4x6xf32>
}

// Scores are computed again, and weights of them in the same words as before.
// CHECK-LABEL: func.func @gradient
// CHECK-SAME: %[[Q:[a-z0-9]+]]: tensor<2x6x4x8xf32>, %[[K:[a-z0-9]+]]: tensor<2x5x4x8xf32>, %[[V:[a-z0-9]+]]: tensor<2x5x4x3xf32>, %[[Y:[a-z0-9]+]]: tensor<2x6x4x3xf32>, %[[L:[a-z0-9]+]]: tensor<2x4x6xf32>, %[[DY:[a-z0-9]+]]: tensor<2x6x4x3xf32>
// CHECK-NEXT: %[[S:.+]] = moe.einsum %[[Q]], %[[K]] "bsgd,btgd->bgst" {{.+}} -> tensor<2x4x6x5xf32>
// CHECK-NEXT: %[[C:.+]] = moe.scale %[[S]] by 0.35355339059327373
// CHECK: %[[W:.+]] = kernel.map dims [2, 4, 6, 5] ins(%[[C]], %[[L]] :
// CHECK: %[[DV:.+]] = moe.einsum %[[DY]], %[[W]] "bsge,bgst->btge"
// CHECK-NEXT: %[[P:.+]] = moe.mul %[[DY]], %[[Y]]
// CHECK-NEXT: %[[T:.+]] = moe.transpose %[[P]] [0, 2, 1, 3]
// CHECK-NEXT: %[[R:.+]] = moe.reduce %[[T]] axes [3]
// CHECK-NEXT: %[[DELTA:.+]] = moe.broadcast %[[R]] axes [3]
// CHECK-NEXT: %[[DW:.+]] = moe.einsum %[[DY]], %[[V]] "bsge,btge->bgst"
// CHECK-NEXT: %[[D:.+]] = moe.sub %[[DW]], %[[DELTA]]
// CHECK-NEXT: %[[DC:.+]] = moe.mul %[[W]], %[[D]]
// CHECK-NEXT: %[[DS:.+]] = moe.scale %[[DC]] by 0.35355339059327373
// CHECK-NEXT: %[[DQ:.+]] = moe.einsum %[[DS]], %[[K]] "bgst,btgd->bsgd"
// CHECK-NEXT: %[[DK:.+]] = moe.einsum %[[DS]], %[[Q]] "bgst,bsgd->btgd"
// CHECK-NEXT: return %[[DQ]], %[[DK]], %[[DV]]
// All between scores and sums joins the two products of the scores: five contractions, of which two store scores, and delta.
// FUSED-LABEL: func.func @gradient
// FUSED-NOT: kernel.map
// FUSED: kernel.contract dims [8, 6, 5, 8]
// FUSED-NOT: kernel.map
// FUSED: kernel.rows dims [2, 4, 6, 3]
// FUSED-NOT: kernel.map
// FUSED: kernel.contract dims [8, 6, 5, 3]
// FUSED-NOT: kernel.map
// FUSED: return
func.func @gradient(%q: tensor<2x6x4x8xf32>, %k: tensor<2x5x4x8xf32>, %v: tensor<2x5x4x3xf32>, %y: tensor<2x6x4x3xf32>, %l: tensor<2x4x6xf32>, %dy: tensor<2x6x4x3xf32>)
    -> (tensor<2x6x4x8xf32>, tensor<2x5x4x8xf32>, tensor<2x5x4x3xf32>) {
  %g:3 = moe.attention_grad %q, %k, %v of %y, %l by %dy
    : (tensor<2x6x4x8xf32>, tensor<2x5x4x8xf32>, tensor<2x5x4x3xf32>, tensor<2x6x4x3xf32>, tensor<2x4x6xf32>, tensor<2x6x4x3xf32>)
      -> (tensor<2x6x4x8xf32>, tensor<2x5x4x8xf32>, tensor<2x5x4x3xf32>)
  return %g#0, %g#1, %g#2 : tensor<2x6x4x8xf32>, tensor<2x5x4x8xf32>, tensor<2x5x4x3xf32>
}

// The heads of a group are summed by the contraction. The gradient of the log-sum-exp is taken off delta.
// CHECK-LABEL: func.func @grouped_gradient
// CHECK: moe.einsum %{{.+}} "bsgrd,btgd->bgrst"
// CHECK: kernel.map dims [2, 2, 2, 6, 5]
// CHECK: moe.einsum %{{.+}} "bsgre,bgrst->btge" {{.+}} -> tensor<2x5x2x3xf32>
// CHECK: %[[DELTA:.+]] = moe.reduce
// CHECK: moe.sub %[[DELTA]], %{{.+}} : tensor<2x4x6xf32>
// CHECK: moe.einsum %{{.+}} "bsgre,btge->bgrst"
// CHECK: %[[DQ:.+]] = moe.einsum %{{.+}} "bgrst,btgd->bsgrd"
// CHECK: %[[DK:.+]] = moe.einsum %{{.+}} "bgrst,bsgrd->btgd" {{.+}} -> tensor<2x5x2x8xf32>
// CHECK-NOT: moe.reduce
// CHECK: %[[DQH:.+]] = moe.reshape %[[DQ]]
// CHECK: moe.layer_norm_grad %{{.+}}, %{{.+}}, %[[DQH]]
// CHECK: moe.layer_norm_grad %{{.+}}, %{{.+}}, %[[DK]]
func.func @grouped_gradient(%q: tensor<2x6x4x8xf32>, %k: tensor<2x5x2x8xf32>, %v: tensor<2x5x2x3xf32>, %qs: tensor<8xf32>, %ks: tensor<8xf32>, %y: tensor<2x6x4x3xf32>, %l: tensor<2x4x6xf32>,
                            %dy: tensor<2x6x4x3xf32>, %dl: tensor<2x4x6xf32>)
    -> (tensor<2x6x4x8xf32>, tensor<2x5x2x8xf32>, tensor<2x5x2x3xf32>, tensor<8xf32>, tensor<8xf32>) {
  %g:5 = moe.attention_grad %q, %k, %v norm(%qs, %ks) of %y, %l by %dy, %dl eps 1.0e-3
    : (tensor<2x6x4x8xf32>, tensor<2x5x2x8xf32>, tensor<2x5x2x3xf32>, tensor<8xf32>, tensor<8xf32>, tensor<2x6x4x3xf32>, tensor<2x4x6xf32>, tensor<2x6x4x3xf32>, tensor<2x4x6xf32>)
      -> (tensor<2x6x4x8xf32>, tensor<2x5x2x8xf32>, tensor<2x5x2x3xf32>, tensor<8xf32>, tensor<8xf32>)
  return %g#0, %g#1, %g#2, %g#3, %g#4 : tensor<2x6x4x8xf32>, tensor<2x5x2x8xf32>, tensor<2x5x2x3xf32>, tensor<8xf32>, tensor<8xf32>
}

// One key for all heads, and everything that may be 1 is 1.
// CHECK-LABEL: func.func @ones
func.func @ones(%q: tensor<1x1x1x1xf32>, %m: tensor<1x3x6x2xf32>, %n: tensor<1x1x1x2xf32>, %s: tensor<1xf32>) -> (tensor<1x1x1x1xf32>, tensor<1x3x6x2xf32>, tensor<1x1x1x1xf32>) {
  %y, %l = moe.attention %q, %q, %q norm(%s, %s) eps 1.0e-3
    : (tensor<1x1x1x1xf32>, tensor<1x1x1x1xf32>, tensor<1x1x1x1xf32>, tensor<1xf32>, tensor<1xf32>) -> (tensor<1x1x1x1xf32>, tensor<1x1x1xf32>)
  %z, %u = moe.attention %m, %n, %n : (tensor<1x3x6x2xf32>, tensor<1x1x1x2xf32>, tensor<1x1x1x2xf32>) -> (tensor<1x3x6x2xf32>, tensor<1x6x3xf32>)
  %g:5 = moe.attention_grad %q, %q, %q norm(%s, %s) of %y, %l by %y eps 1.0e-3
    : (tensor<1x1x1x1xf32>, tensor<1x1x1x1xf32>, tensor<1x1x1x1xf32>, tensor<1xf32>, tensor<1xf32>, tensor<1x1x1x1xf32>, tensor<1x1x1xf32>, tensor<1x1x1x1xf32>)
      -> (tensor<1x1x1x1xf32>, tensor<1x1x1x1xf32>, tensor<1x1x1x1xf32>, tensor<1xf32>, tensor<1xf32>)
  return %y, %z, %g#0 : tensor<1x1x1x1xf32>, tensor<1x3x6x2xf32>, tensor<1x1x1x1xf32>
}
