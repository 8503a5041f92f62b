// Attention and its gradient as contractions and a softmax: in words, and in what
// is computed, also by the kernels that come of it.
// RUN: moec-opt %s -moec-decompose-attention | FileCheck %s
// RUN: moec-interpret %s --pipeline="func.func(moec-decompose-attention)"
// RUN: moec-interpret %s --pipeline=moec-fusion-pipeline

// CHECK-LABEL: func.func @heads
// CHECK-SAME: %[[Q:[a-z0-9]+]]: tensor<2x6x4x8xf32>, %[[K:[a-z0-9]+]]: tensor<2x5x4x8xf32>, %[[V:[a-z0-9]+]]: tensor<2x5x4x3xf32>
// CHECK-NEXT: %[[S:.+]] = moe.einsum %[[Q]], %[[K]] "bsgd,btgd->bgst" {{.+}} -> tensor<2x4x6x5xf32>
// CHECK-NEXT: %[[C:.+]] = moe.scale %[[S]] by 0.35355339059327373
// CHECK-NEXT: %[[W:.+]] = moe.softmax %[[C]] axes [3]
// CHECK-NEXT: %[[Y:.+]] = moe.einsum %[[W]], %[[V]] "bgst,btge->bsge" {{.+}} -> tensor<2x6x4x3xf32>
// CHECK-NEXT: return %[[Y]], %[[W]]
func.func @heads(%q: tensor<2x6x4x8xf32>, %k: tensor<2x5x4x8xf32>, %v: tensor<2x5x4x3xf32>) -> (tensor<2x6x4x3xf32>, tensor<2x4x6x5xf32>) {
  %y, %w = moe.attention %q, %k, %v : (tensor<2x6x4x8xf32>, tensor<2x5x4x8xf32>, tensor<2x5x4x3xf32>) -> (tensor<2x6x4x3xf32>, tensor<2x4x6x5xf32>)
  return %y, %w : tensor<2x6x4x3xf32>, tensor<2x4x6x5xf32>
}

// Two heads of the query to one of the key: no keys or values are copied.
// CHECK-LABEL: func.func @grouped
// CHECK-NOT: moe.broadcast
// CHECK: %[[QN:.+]] = moe.layer_norm %{{.+}}, %[[QS:.+]], %[[QB:.+]] eps 1.000000e-03 : tensor<2x6x4x8xf32>
// CHECK: %[[Q:.+]] = moe.reshape %[[QN]] : tensor<2x6x4x8xf32> -> tensor<2x6x2x2x8xf32>
// CHECK: %[[K:.+]] = moe.layer_norm %{{.+}} eps 1.000000e-03 : tensor<2x5x2x8xf32>
// CHECK: %[[S:.+]] = moe.einsum %[[Q]], %[[K]] "bsgrd,btgd->bgrst" {{.+}} -> tensor<2x2x2x6x5xf32>
// CHECK: moe.scale %[[S]] by 2.500000e-01
// CHECK: %[[W:.+]] = moe.softmax %{{.+}} axes [4]
// CHECK: %[[Y:.+]] = moe.einsum %[[W]], %{{.+}} "bgrst,btge->bsgre" {{.+}} -> tensor<2x6x2x2x3xf32>
// CHECK: moe.reshape %[[Y]] : tensor<2x6x2x2x3xf32> -> tensor<2x6x4x3xf32>
func.func @grouped(%q: tensor<2x6x4x8xf32>, %k: tensor<2x5x2x8xf32>, %v: tensor<2x5x2x3xf32>, %qs: tensor<8xf32>, %ks: tensor<8xf32>, %qb: tensor<8xf32>, %kb: tensor<8xf32>)
    -> (tensor<2x6x4x3xf32>, tensor<2x4x6x5xf32>) {
  %y, %w = moe.attention %q, %k, %v norm(%qs, %ks, %qb, %kb) eps 1.0e-3 scale 0.25
    : (tensor<2x6x4x8xf32>, tensor<2x5x2x8xf32>, tensor<2x5x2x3xf32>, tensor<8xf32>, tensor<8xf32>, tensor<8xf32>, tensor<8xf32>)
      -> (tensor<2x6x4x3xf32>, tensor<2x4x6x5xf32>)
  return %y, %w : tensor<2x6x4x3xf32>, tensor<2x4x6x5xf32>
}

// CHECK-LABEL: func.func @gradient
// CHECK-SAME: %[[Q:[a-z0-9]+]]: tensor<2x6x4x8xf32>, %[[K:[a-z0-9]+]]: tensor<2x5x4x8xf32>, %[[V:[a-z0-9]+]]: tensor<2x5x4x3xf32>, %[[W:[a-z0-9]+]]: tensor<2x4x6x5xf32>, %[[DY:[a-z0-9]+]]: tensor<2x6x4x3xf32>
// CHECK-NEXT: %[[DW:.+]] = moe.einsum %[[DY]], %[[V]] "bsge,btge->bgst"
// CHECK-NEXT: %[[DV:.+]] = moe.einsum %[[DY]], %[[W]] "bsge,bgst->btge"
// CHECK-NEXT: %[[DC:.+]] = moe.softmax_grad %[[W]], %[[DW]] axes [3]
// CHECK-NEXT: %[[DS:.+]] = moe.scale %[[DC]] by 0.35355339059327373
// CHECK-NEXT: %[[DQ:.+]] = moe.einsum %[[DS]], %[[K]] "bgst,btgd->bsgd"
// CHECK-NEXT: %[[DK:.+]] = moe.einsum %[[DS]], %[[Q]] "bgst,bsgd->btgd"
// CHECK-NEXT: return %[[DQ]], %[[DK]], %[[DV]]
func.func @gradient(%q: tensor<2x6x4x8xf32>, %k: tensor<2x5x4x8xf32>, %v: tensor<2x5x4x3xf32>, %w: tensor<2x4x6x5xf32>, %dy: tensor<2x6x4x3xf32>)
    -> (tensor<2x6x4x8xf32>, tensor<2x5x4x8xf32>, tensor<2x5x4x3xf32>) {
  %g:3 = moe.attention_grad %q, %k, %v weights %w by %dy
    : (tensor<2x6x4x8xf32>, tensor<2x5x4x8xf32>, tensor<2x5x4x3xf32>, tensor<2x4x6x5xf32>, tensor<2x6x4x3xf32>)
      -> (tensor<2x6x4x8xf32>, tensor<2x5x4x8xf32>, tensor<2x5x4x3xf32>)
  return %g#0, %g#1, %g#2 : tensor<2x6x4x8xf32>, tensor<2x5x4x8xf32>, tensor<2x5x4x3xf32>
}

// The heads of a group are summed by the contraction.
// CHECK-LABEL: func.func @grouped_gradient
// CHECK: moe.einsum %{{.+}} "bsgre,btge->bgrst"
// CHECK: moe.einsum %{{.+}} "bsgre,bgrst->btge" {{.+}} -> tensor<2x5x2x3xf32>
// CHECK: moe.add
// CHECK: moe.softmax_grad %{{.+}} axes [4]
// CHECK: %[[DQ:.+]] = moe.einsum %{{.+}} "bgrst,btgd->bsgrd"
// CHECK: %[[DK:.+]] = moe.einsum %{{.+}} "bgrst,bsgrd->btgd" {{.+}} -> tensor<2x5x2x8xf32>
// CHECK-NOT: moe.reduce
// CHECK: %[[DQH:.+]] = moe.reshape %[[DQ]]
// CHECK: moe.layer_norm_grad %{{.+}}, %{{.+}}, %[[DQH]]
// CHECK: moe.layer_norm_grad %{{.+}}, %{{.+}}, %[[DK]]
func.func @grouped_gradient(%q: tensor<2x6x4x8xf32>, %k: tensor<2x5x2x8xf32>, %v: tensor<2x5x2x3xf32>, %qs: tensor<8xf32>, %ks: tensor<8xf32>, %w: tensor<2x4x6x5xf32>,
                            %dy: tensor<2x6x4x3xf32>, %dw: tensor<2x4x6x5xf32>)
    -> (tensor<2x6x4x8xf32>, tensor<2x5x2x8xf32>, tensor<2x5x2x3xf32>, tensor<8xf32>, tensor<8xf32>) {
  %g:5 = moe.attention_grad %q, %k, %v norm(%qs, %ks) weights %w by %dy, %dw eps 1.0e-3
    : (tensor<2x6x4x8xf32>, tensor<2x5x2x8xf32>, tensor<2x5x2x3xf32>, tensor<8xf32>, tensor<8xf32>, tensor<2x4x6x5xf32>, tensor<2x6x4x3xf32>, tensor<2x4x6x5xf32>)
      -> (tensor<2x6x4x8xf32>, tensor<2x5x2x8xf32>, tensor<2x5x2x3xf32>, tensor<8xf32>, tensor<8xf32>)
  return %g#0, %g#1, %g#2, %g#3, %g#4 : tensor<2x6x4x8xf32>, tensor<2x5x2x8xf32>, tensor<2x5x2x3xf32>, tensor<8xf32>, tensor<8xf32>
}

// One key for all heads, and everything that may be 1 is 1.
// CHECK-LABEL: func.func @ones
func.func @ones(%q: tensor<1x1x1x1xf32>, %m: tensor<1x3x6x2xf32>, %n: tensor<1x1x1x2xf32>, %s: tensor<1xf32>) -> (tensor<1x1x1x1xf32>, tensor<1x3x6x2xf32>, tensor<1x1x1x1xf32>) {
  %y, %w = moe.attention %q, %q, %q norm(%s, %s) eps 1.0e-3
    : (tensor<1x1x1x1xf32>, tensor<1x1x1x1xf32>, tensor<1x1x1x1xf32>, tensor<1xf32>, tensor<1xf32>) -> (tensor<1x1x1x1xf32>, tensor<1x1x1x1xf32>)
  %z, %u = moe.attention %m, %n, %n : (tensor<1x3x6x2xf32>, tensor<1x1x1x2xf32>, tensor<1x1x1x2xf32>) -> (tensor<1x3x6x2xf32>, tensor<1x6x3x1xf32>)
  %g:5 = moe.attention_grad %q, %q, %q norm(%s, %s) weights %w by %y eps 1.0e-3
    : (tensor<1x1x1x1xf32>, tensor<1x1x1x1xf32>, tensor<1x1x1x1xf32>, tensor<1xf32>, tensor<1xf32>, tensor<1x1x1x1xf32>, tensor<1x1x1x1xf32>)
      -> (tensor<1x1x1x1xf32>, tensor<1x1x1x1xf32>, tensor<1x1x1x1xf32>, tensor<1xf32>, tensor<1xf32>)
  return %y, %z, %g#0 : tensor<1x1x1x1xf32>, tensor<1x3x6x2xf32>, tensor<1x1x1x1xf32>
}
