// RUN: moec-opt %s --moec-assign-precision | FileCheck %s
// RUN: sed 's/moe.precision = "bf16"/moe.precision = "f32"/' %s | moec-opt --moec-assign-precision | FileCheck %s --check-prefix=F32
// RUN: moec-interpret %s --pipeline=moec-assign-precision --rtol=0.2 | FileCheck %s --check-prefix=SAME

// F32-NOT: bf16
// Three layers of normally distributed weights make small differences large.
// SAME: @mlp result 0: equal, max error 0.0{{[0-9]*[1-9]}}
// SAME-COUNT-5: equal
// SAME-NOT: DIFFERENT

#l = affine_map<(m, n, k) -> (m, k)>
#r = affine_map<(m, n, k) -> (k, n)>
#o = affine_map<(m, n, k) -> (m, n)>
#b = affine_map<(m, n, k) -> (n)>

// CHECK: module attributes {moe.precision = "bf16"}

module attributes {moe.precision = "bf16"} {
// A hidden layer: %x is a residual stream, %h is multiplied after an activation.
// Weights are copied once; %h is kept as bf16; %y, which is returned, is f32.
// CHECK-LABEL: func.func @mlp
// CHECK-SAME:    (%[[X:.*]]: tensor<8x6xf32>, %[[W0:.*]]: tensor<6x4xf32> {{.*}}, %[[W1:.*]]: tensor<4x6xf32> {{.*}}, %[[B:.*]]: tensor<4xf32>
// CHECK:         %[[V0:.*]] = kernel.map dims [6, 4] ins(%[[W0]] : tensor<6x4xf32>) outs(%{{.*}} : tensor<6x4xbf16>)
// CHECK:           arith.truncf %{{.*}} : f32 to bf16
// CHECK:         %[[V1:.*]] = kernel.map dims [4, 6] ins(%[[W1]] : tensor<4x6xf32>)
// CHECK:         %[[H:.*]] = kernel.contract dims [8, 4, 6] ins(%[[X]], %[[V0]], %[[B]] : tensor<8x6xf32>, tensor<6x4xbf16>, tensor<4xf32>) outs(%{{.*}} : tensor<8x4xbf16>)
// CHECK-SAME:      lhs {
// CHECK-NEXT:    ^bb0(%[[A:[^:]*]]: f32, %{{.*}}: bf16, %{{.*}}: f32):
// CHECK-NEXT:      %[[R:.*]] = arith.truncf %[[A]] : f32 to bf16
// CHECK-NEXT:      kernel.yield %[[R]] : bf16
// CHECK:         rhs {
// CHECK-NEXT:    ^bb0(%{{.*}}: f32, %[[E:[^:]*]]: bf16, %{{.*}}: f32):
// CHECK-NEXT:      kernel.yield %[[E]] : bf16
// CHECK:         epilogue {
// CHECK:           %[[S:.*]] = arith.addf
// CHECK-NEXT:      %[[T:.*]] = arith.truncf %[[S]] : f32 to bf16
// CHECK-NEXT:      kernel.yield %[[T]] : bf16
// CHECK:         kernel.contract dims [8, 6, 4] ins(%[[H]], %[[V1]], %[[X]] : tensor<8x4xbf16>, tensor<4x6xbf16>, tensor<8x6xf32>) outs(%{{.*}} : tensor<8x6xf32>)
// CHECK-SAME:      lhs {
// CHECK-NEXT:    ^bb0(%[[A:[^:]*]]: bf16,
// CHECK-NEXT:      %[[W:.*]] = arith.extf %[[A]] : bf16 to f32
// CHECK:           %[[M:.*]] = arith.maximumf %[[W]], %{{.*}} : f32
// CHECK-NEXT:      %[[N:.*]] = arith.truncf %[[M]] : f32 to bf16
// CHECK-NEXT:      kernel.yield %[[N]] : bf16
// CHECK:         epilogue {
// CHECK-NEXT:    ^bb0(%{{.*}}: bf16, %{{.*}}: bf16, %{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT:      arith.addf
// CHECK-NEXT:      kernel.yield %{{.*}} : f32
func.func @mlp(%x: tensor<8x6xf32>, %w0: tensor<6x4xf32> {moe.var = @w0}, %w1: tensor<4x6xf32> {moe.var = @w1},
               %b: tensor<4xf32> {moe.var = @b}) -> tensor<8x6xf32> {
  %e0 = tensor.empty() : tensor<8x4xf32>
  %h = kernel.contract dims [8, 4, 6] ins(%x, %w0, %b : tensor<8x6xf32>, tensor<6x4xf32>, tensor<4xf32>) outs(%e0 : tensor<8x4xf32>) maps [#l, #r, #b, #o]
    lhs { ^bb0(%l: f32, %r: f32, %c: f32): kernel.yield %l : f32 }
    rhs { ^bb0(%l: f32, %r: f32, %c: f32): kernel.yield %r : f32 }
    epilogue { ^bb0(%l: f32, %r: f32, %c: f32, %acc: f32):
      %s = arith.addf %acc, %c : f32
      kernel.yield %s : f32 } -> tensor<8x4xf32>
  %e1 = tensor.empty() : tensor<8x6xf32>
  %y = kernel.contract dims [8, 6, 4] ins(%h, %w1, %x : tensor<8x4xf32>, tensor<4x6xf32>, tensor<8x6xf32>) outs(%e1 : tensor<8x6xf32>) maps [#l, #r, #o, #o]
    lhs { ^bb0(%l: f32, %r: f32, %c: f32):
      %zero = arith.constant 0.0 : f32
      %m = arith.maximumf %l, %zero : f32
      kernel.yield %m : f32 }
    rhs { ^bb0(%l: f32, %r: f32, %c: f32): kernel.yield %r : f32 }
    epilogue { ^bb0(%l: f32, %r: f32, %c: f32, %acc: f32):
      %s = arith.addf %acc, %c : f32
      kernel.yield %s : f32 } -> tensor<8x6xf32>
  return %y : tensor<8x6xf32>
}

// The gates of experts come from a contraction in f32, whose operand so stays f32 too.
// CHECK-LABEL: func.func @route
// CHECK:         kernel.rows {{.*}} outs({{.*}} : tensor<8xf32>, tensor<8x6xf32>)
// CHECK:         kernel.contract dims [8, 4, 6] ins(%{{.*}}, %{{.*}} : tensor<8x6xf32>, tensor<6x4xf32>)
// CHECK-NOT:       bf16
// CHECK:         kernel.route
// CHECK:         kernel.contract dims [8, 4, 6] ins(%{{.*}}, %{{.*}} : tensor<8x6xf32>, tensor<6x4xbf16>) outs(%{{.*}} : tensor<8x4xf32>)
func.func @route(%x: tensor<8x6xf32>, %g: tensor<6x4xf32> {moe.var = @gate}, %w: tensor<6x4xf32> {moe.var = @w})
    -> (tensor<8x4xf32>, tensor<8x1xf32>) {
  %e0 = tensor.empty() : tensor<8xf32>
  %e1 = tensor.empty() : tensor<8x6xf32>
  %n:2 = kernel.rows dims [8, 6] ins(%x : tensor<8x6xf32>) outs(%e0, %e1 : tensor<8xf32>, tensor<8x6xf32>)
    maps [affine_map<(p, c) -> (p, c)>, affine_map<(p, c) -> (p)>, affine_map<(p, c) -> (p, c)>]
    combiners [#kernel.combiner<add>]
    phases { ^bb0(%a: f32):
      %q = arith.mulf %a, %a : f32
      kernel.yield %q : f32 }
    finish { ^bb0(%a: f32, %s: f32): kernel.yield %s : f32 }
    emit { ^bb0(%a: f32, %s: f32):
      %d = arith.divf %a, %s : f32
      kernel.yield %d : f32 } -> tensor<8xf32>, tensor<8x6xf32>
  %e2 = tensor.empty() : tensor<8x4xf32>
  %logits = kernel.contract dims [8, 4, 6] ins(%n#1, %g : tensor<8x6xf32>, tensor<6x4xf32>) outs(%e2 : tensor<8x4xf32>) maps [#l, #r, #o]
    lhs { ^bb0(%l: f32, %r: f32): kernel.yield %l : f32 }
    rhs { ^bb0(%l: f32, %r: f32): kernel.yield %r : f32 }
    epilogue { ^bb0(%l: f32, %r: f32, %acc: f32): kernel.yield %acc : f32 } -> tensor<8x4xf32>
  %gates = kernel.map dims [8, 4] ins(%logits : tensor<8x4xf32>) outs(%e2 : tensor<8x4xf32>)
    maps [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i, j)>]
    body { ^bb0(%a: f32):
      %p = math.exp %a : f32
      kernel.yield %p : f32 } -> tensor<8x4xf32>
  %e3 = tensor.empty() : tensor<8x1xf32>
  %e4 = tensor.empty() : tensor<37xi32>
  %plan:2 = kernel.route ins(%gates : tensor<8x4xf32>) outs(%e3, %e4 : tensor<8x1xf32>, tensor<37xi32>) k 1 capacity 8 priority position
    -> tensor<8x1xf32>, tensor<37xi32>
  %y = kernel.contract dims [8, 4, 6] ins(%n#1, %w : tensor<8x6xf32>, tensor<6x4xf32>) outs(%e2 : tensor<8x4xf32>) maps [#l, #r, #o]
    lhs { ^bb0(%l: f32, %r: f32): kernel.yield %l : f32 }
    rhs { ^bb0(%l: f32, %r: f32): kernel.yield %r : f32 }
    epilogue { ^bb0(%l: f32, %r: f32, %acc: f32): kernel.yield %acc : f32 } -> tensor<8x4xf32>
  return %y, %plan#0 : tensor<8x4xf32>, tensor<8x1xf32>
}

// Stacked weights are copied before the repeat, all layers at once, and what is stacked is as narrow as
// what it is stacked from; the carried value is f32. The plain f32 slices of the weights are gone.
// CHECK-LABEL: func.func @layers
// CHECK:         %[[V:.*]] = kernel.map dims [3, 6, 6] ins(%{{.*}} : tensor<3x6x6xf32>) outs(%{{.*}} : tensor<3x6x6xbf16>)
// CHECK:         %[[F:.*]]:2 = moe.repeat 3 carry(%{{.*}} : tensor<8x6xf32>) stacked(%[[V]] : tensor<3x6x6xbf16>) {
// CHECK:         ^bb0(%{{.*}}: tensor<8x6xf32>, %{{.*}}: tensor<6x6xbf16>):
// CHECK:         } -> tensor<8x6xf32>, tensor<3x8x6xbf16>
// CHECK:         moe.repeat 3 reverse carry(%[[F]]#0 : tensor<8x6xf32>) stacked(%[[F]]#1 : tensor<3x8x6xbf16>)
// CHECK:           kernel.contract {{.*}} outs(%{{.*}} : tensor<6x6xf32>)
// CHECK:         } -> tensor<8x6xf32>, tensor<3x6x6xf32>
func.func @layers(%x: tensor<8x6xf32>, %w: tensor<3x6x6xf32> {moe.var = @w}) -> (tensor<8x6xf32>, tensor<3x6x6xf32>) {
  %f:2 = moe.repeat 3 carry(%x : tensor<8x6xf32>) stacked(%w : tensor<3x6x6xf32>) {
  ^bb0(%c: tensor<8x6xf32>, %v: tensor<6x6xf32>):
    %e = tensor.empty() : tensor<8x6xf32>
    %h = kernel.contract dims [8, 6, 6] ins(%c, %v : tensor<8x6xf32>, tensor<6x6xf32>) outs(%e : tensor<8x6xf32>) maps [#l, #r, #o]
      lhs { ^bb0(%l: f32, %r: f32): kernel.yield %l : f32 }
      rhs { ^bb0(%l: f32, %r: f32): kernel.yield %r : f32 }
      epilogue { ^bb0(%l: f32, %r: f32, %acc: f32): kernel.yield %acc : f32 } -> tensor<8x6xf32>
    %n = kernel.contract dims [8, 6, 6] ins(%h, %v, %c : tensor<8x6xf32>, tensor<6x6xf32>, tensor<8x6xf32>) outs(%e : tensor<8x6xf32>) maps [#l, #r, #o, #o]
      lhs { ^bb0(%l: f32, %r: f32, %s: f32): kernel.yield %l : f32 }
      rhs { ^bb0(%l: f32, %r: f32, %s: f32): kernel.yield %r : f32 }
      epilogue { ^bb0(%l: f32, %r: f32, %s: f32, %acc: f32):
        %y = arith.addf %acc, %s : f32
        kernel.yield %y : f32 } -> tensor<8x6xf32>
    moe.yield %n, %h : tensor<8x6xf32>, tensor<8x6xf32>
  } -> tensor<8x6xf32>, tensor<3x8x6xf32>
  %g:2 = moe.repeat 3 reverse carry(%f#0 : tensor<8x6xf32>) stacked(%f#1 : tensor<3x8x6xf32>) {
  ^bb0(%c: tensor<8x6xf32>, %h: tensor<8x6xf32>):
    %e = tensor.empty() : tensor<6x6xf32>
    %d = kernel.contract dims [6, 6, 8] ins(%h, %c : tensor<8x6xf32>, tensor<8x6xf32>) outs(%e : tensor<6x6xf32>)
      maps [affine_map<(m, n, k) -> (k, m)>, #r, #o]
      lhs { ^bb0(%l: f32, %r: f32): kernel.yield %l : f32 }
      rhs { ^bb0(%l: f32, %r: f32): kernel.yield %r : f32 }
      epilogue { ^bb0(%l: f32, %r: f32, %acc: f32): kernel.yield %acc : f32 } -> tensor<6x6xf32>
    moe.yield %c, %d : tensor<8x6xf32>, tensor<6x6xf32>
  } -> tensor<8x6xf32>, tensor<3x6x6xf32>
  return %g#0, %g#1 : tensor<8x6xf32>, tensor<3x6x6xf32>
}

// Query, key and value are multiplied, so they are rounded, and what is stored for that alone is kept as bf16; scores, weights
// and sums stay f32.
// CHECK-LABEL: func.func @attention
// CHECK:         %[[Q:.*]] = kernel.contract {{.*}} outs(%{{.*}} : tensor<8x6xbf16>)
// CHECK:         kernel.attend dims [8, 6, 8, 6] ins(%[[Q]], %[[Q]], %[[X:.*]] : tensor<8x6xbf16>, tensor<8x6xbf16>, tensor<8x6xf32>) outs(%{{.*}} : tensor<8x6xf32>)
// CHECK-SAME:      query {
// CHECK-NEXT:    ^bb0(%[[A:[^:]*]]: bf16, %{{.*}}: bf16, %{{.*}}: f32):
// CHECK-NEXT:      kernel.yield %[[A]] : bf16
// CHECK:         value {
// CHECK-NEXT:    ^bb0(%{{.*}}: bf16, %{{.*}}: bf16, %[[C:[^:]*]]: f32):
// CHECK-NEXT:      %[[R:.*]] = arith.truncf %[[C]] : f32 to bf16
// CHECK-NEXT:      kernel.yield %[[R]] : bf16
// CHECK:         epilogue {
// CHECK-NEXT:    ^bb0(%{{.*}}: bf16, %{{.*}}: bf16, %{{.*}}: f32, %[[ACC:.*]]: f32):
// CHECK-NEXT:      kernel.yield %[[ACC]] : f32
func.func @attention(%x: tensor<8x6xf32>, %w: tensor<6x6xf32> {moe.var = @w}) -> tensor<8x6xf32> {
  %e = tensor.empty() : tensor<8x6xf32>
  %q = kernel.contract dims [8, 6, 6] ins(%x, %w : tensor<8x6xf32>, tensor<6x6xf32>) outs(%e : tensor<8x6xf32>) maps [#l, #r, #o]
    lhs { ^bb0(%l: f32, %r: f32): kernel.yield %l : f32 }
    rhs { ^bb0(%l: f32, %r: f32): kernel.yield %r : f32 }
    epilogue { ^bb0(%l: f32, %r: f32, %acc: f32): kernel.yield %acc : f32 } -> tensor<8x6xf32>
  %y = kernel.attend dims [8, 6, 8, 6] ins(%q, %q, %x : tensor<8x6xf32>, tensor<8x6xf32>, tensor<8x6xf32>) outs(%e : tensor<8x6xf32>)
    maps [affine_map<(s, e, t, d) -> (s, d)>, affine_map<(s, e, t, d) -> (t, d)>, affine_map<(s, e, t, d) -> (t, e)>, affine_map<(s, e, t, d) -> (s, e)>]
    scale 0.4
    query { ^bb0(%a: f32, %b: f32, %c: f32): kernel.yield %a : f32 }
    key { ^bb0(%a: f32, %b: f32, %c: f32): kernel.yield %b : f32 }
    value { ^bb0(%a: f32, %b: f32, %c: f32): kernel.yield %c : f32 }
    epilogue { ^bb0(%a: f32, %b: f32, %c: f32, %acc: f32): kernel.yield %acc : f32 } -> tensor<8x6xf32>
  return %y : tensor<8x6xf32>
}

// Of the gradient, too, and that of the result with them; log-sum-exp and delta, which exp is taken of and which sums cancel against, stay f32.
// CHECK-LABEL: func.func @attention_grad
// CHECK-SAME:    %[[X:[a-z0-9]+]]: tensor<8x6xf32>, %{{.*}}, %[[L:[a-z0-9]+]]: tensor<8xf32>
// CHECK:         %[[Q:.*]] = kernel.contract {{.*}} outs(%{{.*}} : tensor<8x6xbf16>)
// CHECK:         %[[DELTA:.*]] = kernel.rows {{.*}} outs(%{{.*}} : tensor<8xf32>)
// CHECK:         kernel.attend_grad dims [8, 6, 8, 6] ins(%[[Q]], %[[Q]], %[[Q]], %[[X]], %[[L]], %[[DELTA]] :
// CHECK:         gradient {
// CHECK-NEXT:    ^bb0(%{{.*}}: bf16, %{{.*}}: bf16, %{{.*}}: bf16, %[[G:[^:]*]]: f32, %{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT:      %[[R:.*]] = arith.truncf %[[G]] : f32 to bf16
// CHECK-NEXT:      kernel.yield %[[R]] : bf16
// CHECK:         query_grad {
// CHECK:           kernel.yield %{{.*}} : f32
func.func @attention_grad(%x: tensor<8x6xf32>, %w: tensor<6x6xf32> {moe.var = @w}, %l: tensor<8xf32>) -> (tensor<8x6xf32>, tensor<8x6xf32>, tensor<8x6xf32>) {
  %e = tensor.empty() : tensor<8x6xf32>
  %i = tensor.empty() : tensor<8xf32>
  %q = kernel.contract dims [8, 6, 6] ins(%x, %w : tensor<8x6xf32>, tensor<6x6xf32>) outs(%e : tensor<8x6xf32>) maps [#l, #r, #o]
    lhs { ^bb0(%a: f32, %b: f32): kernel.yield %a : f32 }
    rhs { ^bb0(%a: f32, %b: f32): kernel.yield %b : f32 }
    epilogue { ^bb0(%a: f32, %b: f32, %acc: f32): kernel.yield %acc : f32 } -> tensor<8x6xf32>
  %delta = kernel.rows dims [8, 6] ins(%x : tensor<8x6xf32>) outs(%i : tensor<8xf32>)
    maps [affine_map<(p, c) -> (p, c)>, affine_map<(p, c) -> (p)>] combiners [#kernel.combiner<add>]
    phases { ^bb0(%a: f32): kernel.yield %a : f32 }
    finish { ^bb0(%a: f32, %sum: f32): kernel.yield %sum : f32 }
    emit { ^bb0(%a: f32, %sum: f32): kernel.yield } -> tensor<8xf32>
  %y:3 = kernel.attend_grad dims [8, 6, 8, 6]
    ins(%q, %q, %q, %x, %l, %delta : tensor<8x6xf32>, tensor<8x6xf32>, tensor<8x6xf32>, tensor<8x6xf32>, tensor<8xf32>, tensor<8xf32>)
    outs(%e, %e, %e : tensor<8x6xf32>, tensor<8x6xf32>, tensor<8x6xf32>)
    maps [affine_map<(s, e, t, d) -> (s, d)>, affine_map<(s, e, t, d) -> (t, d)>, affine_map<(s, e, t, d) -> (t, e)>, affine_map<(s, e, t, d) -> (s, e)>,
          affine_map<(s, e, t, d) -> (s)>, affine_map<(s, e, t, d) -> (s)>,
          affine_map<(s, e, t, d) -> (s, d)>, affine_map<(s, e, t, d) -> (t, d)>, affine_map<(s, e, t, d) -> (t, e)>]
    scale 0.01
    query { ^bb0(%a: f32, %b: f32, %c: f32, %g: f32, %x: f32, %y: f32): kernel.yield %a : f32 }
    key { ^bb0(%a: f32, %b: f32, %c: f32, %g: f32, %x: f32, %y: f32): kernel.yield %b : f32 }
    value { ^bb0(%a: f32, %b: f32, %c: f32, %g: f32, %x: f32, %y: f32): kernel.yield %c : f32 }
    gradient { ^bb0(%a: f32, %b: f32, %c: f32, %g: f32, %x: f32, %y: f32): kernel.yield %g : f32 }
    statistics { ^bb0(%a: f32, %b: f32, %c: f32, %g: f32, %x: f32, %y: f32): kernel.yield %x, %y : f32, f32 }
    query_grad { ^bb0(%a: f32, %b: f32, %c: f32, %g: f32, %x: f32, %y: f32, %sum: f32): kernel.yield %sum : f32 }
    key_grad { ^bb0(%a: f32, %b: f32, %c: f32, %g: f32, %x: f32, %y: f32, %sum: f32): kernel.yield %sum : f32 }
    value_grad { ^bb0(%a: f32, %b: f32, %c: f32, %g: f32, %x: f32, %y: f32, %sum: f32): kernel.yield %sum : f32 } -> tensor<8x6xf32>, tensor<8x6xf32>, tensor<8x6xf32>
  return %y#0, %y#1, %y#2 : tensor<8x6xf32>, tensor<8x6xf32>, tensor<8x6xf32>
}
}
