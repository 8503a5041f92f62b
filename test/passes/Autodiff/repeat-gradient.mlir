// The backward repeat: what it carries, reads and yields, and where its gradients
// go. Against numbers: repeat-gradient-numerics.mlir.
// RUN: moec-opt %s -moec-autodiff -split-input-file | FileCheck %s

// A pre-norm MLP block. The forward repeat stacks the residual sum in the middle
// and the pre-activation, but neither the normalised values nor the activations,
// nor the branch before it is added.
// CHECK-LABEL: func.func @train_step
// CHECK-SAME: %[[X:[a-z0-9]+]]: tensor<6x8xf32> {moe.field = "x"}, %[[E:[a-z0-9]+]]: tensor<8x8xf32> {moe.var = @embed}
// CHECK-SAME: %[[T:[a-z0-9]+]]: tensor<3x8x8xf32> {moe.var = @mix}, %[[S:[a-z0-9]+]]: tensor<3x8xf32> {moe.var = @scale}
// CHECK-SAME: %[[B:[a-z0-9]+]]: tensor<3x8xf32> {moe.var = @bias}, %[[W1:[a-z0-9]+]]: tensor<3x8x16xf32> {moe.var = @fc1}
// CHECK-SAME: %[[W2:[a-z0-9]+]]: tensor<3x16x8xf32> {moe.var = @fc2}
// CHECK: %[[F:[0-9]+]]:4 = moe.repeat 3 carry(%[[EMB:.+]] : tensor<6x8xf32>)
// CHECK-NEXT: ^bb0(%[[C:[a-z0-9]+]]: tensor<6x8xf32>
// CHECK: %[[MID:.+]] = moe.add %[[C]]
// CHECK: %[[H:.+]] = moe.linear {{.+}} -> tensor<6x16xf32>
// CHECK: moe.gelu %[[H]]
// CHECK: moe.yield %{{[0-9]+}}, %[[C]], %[[MID]], %[[H]] :
// CHECK-NEXT: } -> tensor<6x8xf32>, tensor<3x6x8xf32>, tensor<3x6x8xf32>, tensor<3x6x16xf32>

// CHECK: %[[SEED:.+]] = moe.broadcast
// CHECK: %[[G:[0-9]+]]:6 = moe.repeat 3 reverse carry(%[[SEED]] : tensor<6x8xf32>) stacked(
// CHECK-SAME: %[[W2]], %[[F]]#3, %[[W1]], %[[F]]#2, %[[S]], %[[B]], %[[T]], %[[F]]#1 :
// CHECK-NEXT: ^bb0(%[[D:[a-z0-9]+]]: tensor<6x8xf32>, %[[W2I:[a-z0-9]+]]: tensor<16x8xf32>, %[[HI:[a-z0-9]+]]: tensor<6x16xf32>
// CHECK-SAME: %[[W1I:[a-z0-9]+]]: tensor<8x16xf32>, %[[MIDI:[a-z0-9]+]]: tensor<6x8xf32>, %[[SI:[a-z0-9]+]]: tensor<8xf32>
// CHECK-SAME: %[[BI:[a-z0-9]+]]: tensor<8xf32>, %[[TI:[a-z0-9]+]]: tensor<8x8xf32>, %[[CI:[a-z0-9]+]]: tensor<6x8xf32>):
// CHECK-NEXT: %[[DA:.+]] = moe.einsum %[[D]], %[[W2I]] "an,kn->ak"
// Activations and normalised values are computed where they are first read.
// CHECK-NEXT: %[[A:.+]] = moe.gelu %[[HI]]
// CHECK-NEXT: %[[DW2:.+]] = moe.einsum %[[A]], %[[D]] "ak,an->kn"
// CHECK-NEXT: %[[DH:.+]] = moe.gelu_grad %[[HI]], %[[DA]]
// CHECK-NEXT: %[[DN:.+]] = moe.einsum %[[DH]], %[[W1I]] "an,kn->ak"
// CHECK-NEXT: %[[N:.+]] = moe.layer_norm %[[MIDI]], %[[SI]], %[[BI]]
// CHECK-NEXT: %[[DW1:.+]] = moe.einsum %[[N]], %[[DH]] "ak,an->kn"
// CHECK-NEXT: %[[DMID:.+]], %[[DS:.+]], %[[DB:.+]] = moe.layer_norm_grad %[[MIDI]], %[[SI]], %[[DN]]
// CHECK-NEXT: %[[SUM:.+]] = moe.add %[[D]], %[[DMID]]
// CHECK-NEXT: %[[DC:.+]] = moe.einsum %[[SUM]], %[[TI]] "an,kn->ak"
// CHECK-NEXT: %[[DT:.+]] = moe.einsum %[[CI]], %[[SUM]] "ak,an->kn"
// CHECK-NEXT: %[[NEXT:.+]] = moe.add %[[SUM]], %[[DC]]
// CHECK-NEXT: moe.yield %[[NEXT]], %[[DT]], %[[DS]], %[[DB]], %[[DW1]], %[[DW2]] :
// CHECK-NEXT: } -> tensor<6x8xf32>, tensor<3x8x8xf32>, tensor<3x8xf32>, tensor<3x8xf32>, tensor<3x8x16xf32>, tensor<3x16x8xf32>
// CHECK-NEXT: %[[DE:.+]] = moe.einsum %[[X]], %[[G]]#0 "ak,an->kn"
// CHECK-NEXT: return %{{.+}}, %[[DE]], %[[G]]#1, %[[G]]#2, %[[G]]#3, %[[G]]#4, %[[G]]#5 :
func.func @train_step(%x: tensor<6x8xf32> {moe.field = "x"}, %e: tensor<8x8xf32> {moe.var = @embed}, %t: tensor<3x8x8xf32> {moe.var = @mix},
    %s: tensor<3x8xf32> {moe.var = @scale}, %b: tensor<3x8xf32> {moe.var = @bias},
    %w1: tensor<3x8x16xf32> {moe.var = @fc1}, %w2: tensor<3x16x8xf32> {moe.var = @fc2}) -> (tensor<f32> {moe.metric = "loss"}, tensor<8x8xf32>, tensor<3x8x8xf32>, tensor<3x8xf32>, tensor<3x8xf32>, tensor<3x8x16xf32>, tensor<3x16x8xf32>) {
  %x0 = moe.linear %x, %e axis 1 : (tensor<6x8xf32>, tensor<8x8xf32>) -> tensor<6x8xf32>
  %y = moe.repeat 3 carry(%x0 : tensor<6x8xf32>)
      stacked(%t, %s, %b, %w1, %w2 : tensor<3x8x8xf32>, tensor<3x8xf32>, tensor<3x8xf32>, tensor<3x8x16xf32>, tensor<3x16x8xf32>) {
  ^bb0(%c: tensor<6x8xf32>, %ti: tensor<8x8xf32>, %si: tensor<8xf32>, %bi: tensor<8xf32>, %w1i: tensor<8x16xf32>, %w2i: tensor<16x8xf32>):
    %branch = moe.linear %c, %ti axis 1 : (tensor<6x8xf32>, tensor<8x8xf32>) -> tensor<6x8xf32>
    %mid = moe.add %c, %branch : tensor<6x8xf32>
    %n = moe.layer_norm %mid, %si, %bi eps 1.0e-6 : tensor<6x8xf32>, tensor<8xf32>
    %h = moe.linear %n, %w1i axis 1 : (tensor<6x8xf32>, tensor<8x16xf32>) -> tensor<6x16xf32>
    %a = moe.gelu %h : tensor<6x16xf32>
    %o = moe.linear %a, %w2i axis 1 : (tensor<6x16xf32>, tensor<16x8xf32>) -> tensor<6x8xf32>
    %out = moe.add %mid, %o : tensor<6x8xf32>
    moe.yield %out : tensor<6x8xf32>
  } -> tensor<6x8xf32>
  %l = moe.reduce %y axes [0, 1] : tensor<6x8xf32> -> tensor<f32>
  %grads:6 = moe.gradient %l wrt %e, %t, %s, %b, %w1, %w2 : tensor<f32>, tensor<8x8xf32>, tensor<3x8x8xf32>, tensor<3x8xf32>, tensor<3x8xf32>, tensor<3x8x16xf32>, tensor<3x16x8xf32>
  return %l, %grads#0, %grads#1, %grads#2, %grads#3, %grads#4, %grads#5 : tensor<f32>, tensor<8x8xf32>, tensor<3x8x8xf32>, tensor<3x8xf32>, tensor<3x8xf32>, tensor<3x8x16xf32>, tensor<3x16x8xf32>
}

// -----

// A weight from outside that the body uses is shared by the iterations and by an
// op after the repeat: its gradient is carried, and goes on from the later use.
// A stack that the forward repeat yields already is not yielded again.
// CHECK-LABEL: func.func @train_step
// CHECK-SAME: %[[W:[a-z0-9]+]]: tensor<8x8xf32> {moe.var = @shared}
// CHECK: %[[F:[0-9]+]]:3 = moe.repeat 2 carry
// CHECK: ^bb0(%[[C:[a-z0-9]+]]: tensor<6x8xf32>):
// CHECK: %[[H:.+]] = moe.linear %[[C]], %[[W]]
// CHECK: moe.yield %{{.+}}, %[[H]], %[[C]] :
// CHECK: %[[SEED:.+]] = moe.broadcast {{.+}} -> tensor<2x6x8xf32>
// CHECK: %[[DY:.+]] = moe.einsum %{{.+}}, %[[W]] "an,kn->ak"
// CHECK: %[[DW:.+]] = moe.einsum %[[F]]#0, %{{.+}} "ak,an->kn"
// CHECK: %[[G:[0-9]+]]:2 = moe.repeat 2 reverse carry(%[[DY]], %[[DW]] : tensor<6x8xf32>, tensor<8x8xf32>) stacked(%[[SEED]], %[[F]]#1, %[[F]]#2 :
// CHECK-NEXT: ^bb0(%[[D:[a-z0-9]+]]: tensor<6x8xf32>, %[[ACC:[a-z0-9]+]]: tensor<8x8xf32>, %[[DSTACK:[a-z0-9]+]]: tensor<6x8xf32>, %[[HI:[a-z0-9]+]]: tensor<6x8xf32>, %[[CI:[a-z0-9]+]]: tensor<6x8xf32>):
// CHECK-NEXT: %[[DG:.+]] = moe.gelu_grad %[[HI]], %[[D]]
// CHECK-NEXT: %[[DH:.+]] = moe.add %[[DSTACK]], %[[DG]]
// CHECK-NEXT: %[[DC:.+]] = moe.einsum %[[DH]], %[[W]] "an,kn->ak"
// CHECK-NEXT: %[[DWI:.+]] = moe.einsum %[[CI]], %[[DH]] "ak,an->kn"
// CHECK-NEXT: %[[NEXT:.+]] = moe.add %[[ACC]], %[[DWI]]
// CHECK-NEXT: moe.yield %[[DC]], %[[NEXT]] :
// CHECK-NEXT: } -> tensor<6x8xf32>, tensor<8x8xf32>
// CHECK-NEXT: return %{{.+}}, %[[G]]#1, %[[G]]#0 :
func.func @train_step(%w: tensor<8x8xf32> {moe.var = @shared}, %x: tensor<6x8xf32> {moe.var = @x}) -> (tensor<f32> {moe.metric = "loss"}, tensor<8x8xf32>, tensor<6x8xf32>) {
  %y:2 = moe.repeat 2 carry(%x : tensor<6x8xf32>) stacked() {
  ^bb0(%c: tensor<6x8xf32>):
    %h = moe.linear %c, %w axis 1 : (tensor<6x8xf32>, tensor<8x8xf32>) -> tensor<6x8xf32>
    %g = moe.gelu %h : tensor<6x8xf32>
    moe.yield %g, %h : tensor<6x8xf32>, tensor<6x8xf32>
  } -> tensor<6x8xf32>, tensor<2x6x8xf32>
  %z = moe.linear %y#0, %w axis 1 : (tensor<6x8xf32>, tensor<8x8xf32>) -> tensor<6x8xf32>
  %a = moe.reduce %z axes [0, 1] : tensor<6x8xf32> -> tensor<f32>
  %b = moe.reduce %y#1 axes [0, 1, 2] : tensor<2x6x8xf32> -> tensor<f32>
  %l = moe.add %a, %b : tensor<f32>
  %grads:2 = moe.gradient %l wrt %w, %x : tensor<f32>, tensor<8x8xf32>, tensor<6x8xf32>
  return %l, %grads#0, %grads#1 : tensor<f32>, tensor<8x8xf32>, tensor<6x8xf32>
}

// -----

// A repeat that runs backward already is differentiated forward. A carried value
// that no parameter reaches has no gradient. A repeat in a repeat stacks stacks.
// CHECK-LABEL: func.func @train_step
// CHECK-SAME: %[[X:[a-z0-9]+]]: tensor<4xf32> {moe.field = "x"}, %[[W:[a-z0-9]+]]: tensor<3x2x4xf32> {moe.var = @w}
// CHECK: %[[F:[0-9]+]]:4 = moe.repeat 3 reverse carry(%[[X]], %[[X]] :
// CHECK: ^bb0(%[[A:[a-z0-9]+]]: tensor<4xf32>, %{{[a-z0-9]+}}: tensor<4xf32>, %{{[a-z0-9]+}}: tensor<2x4xf32>):
// CHECK: %[[INNER:[0-9]+]]:2 = moe.repeat 2 carry(%[[A]] :
// CHECK: moe.yield %{{[0-9]+}}, %[[B:[a-z0-9]+]] :
// CHECK: } -> tensor<4xf32>, tensor<2x4xf32>
// CHECK: moe.yield %[[INNER]]#0, %{{.+}}, %[[KEPT:.+]], %[[INNER]]#1 :
// CHECK: } -> tensor<4xf32>, tensor<4xf32>, tensor<3x4xf32>, tensor<3x2x4xf32>
// CHECK: %[[G:[0-9]+]]:2 = moe.repeat 3 carry(%{{.+}} : tensor<4xf32>) stacked(
// CHECK: moe.repeat 2 reverse carry(
// CHECK: return %{{.+}}, %[[G]]#1 :
func.func @train_step(%x: tensor<4xf32> {moe.field = "x"}, %w: tensor<3x2x4xf32> {moe.var = @w}) -> (tensor<f32> {moe.metric = "loss"}, tensor<3x2x4xf32>) {
  %y:2 = moe.repeat 3 reverse carry(%x, %x : tensor<4xf32>, tensor<4xf32>) stacked(%w : tensor<3x2x4xf32>) {
  ^bb0(%a: tensor<4xf32>, %data: tensor<4xf32>, %wi: tensor<2x4xf32>):
    %more = moe.scale %data by 2.0 : tensor<4xf32>
    %r = moe.repeat 2 carry(%a : tensor<4xf32>) stacked(%wi : tensor<2x4xf32>) {
    ^bb1(%b: tensor<4xf32>, %wj: tensor<4xf32>):
      %m = moe.mul %b, %wj : tensor<4xf32>
      %n = moe.mul %m, %data : tensor<4xf32>
      moe.yield %n : tensor<4xf32>
    } -> tensor<4xf32>
    moe.yield %r, %more : tensor<4xf32>, tensor<4xf32>
  } -> tensor<4xf32>, tensor<4xf32>
  %z = moe.mul %y#0, %y#1 : tensor<4xf32>
  %l = moe.reduce %z axes [0] : tensor<4xf32> -> tensor<f32>
  %grads = moe.gradient %l wrt %w : tensor<f32>, tensor<3x2x4xf32>
  return %l, %grads : tensor<f32>, tensor<3x2x4xf32>
}
