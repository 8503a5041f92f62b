// RUN: moec-opt %s -split-input-file -verify-diagnostics

// What tablegen writes for traits and types needs no test here; each message of the
// verifiers has one.

// expected-error @+1 {{expected items >= 1, 1 <= k <= experts, capacity >= 0 and stack >= 0, got items = 4, experts = 2, k = 3, capacity = 1, stack = 0}}
func.func private @plan(!moe.routing<items = 4, experts = 2, k = 3, capacity = 1>)

// -----

func.func @repeat_count(%x: tensor<8xf32>) -> tensor<8xf32> {
  // expected-error @+1 {{expected count >= 1, got 0}}
  %r = moe.repeat 0 carry(%x : tensor<8xf32>) stacked() {
  ^bb0(%c: tensor<8xf32>):
    moe.yield %c : tensor<8xf32>
  } -> tensor<8xf32>
  return %r : tensor<8xf32>
}

// -----

func.func @repeat_arguments(%x: tensor<8xf32>, %w: tensor<3x8xf32>) -> tensor<8xf32> {
  // expected-error @+1 {{expected a block of 2 arguments, got 1}}
  %r = moe.repeat 3 carry(%x : tensor<8xf32>) stacked(%w : tensor<3x8xf32>) {
  ^bb0(%c: tensor<8xf32>):
    moe.yield %c : tensor<8xf32>
  } -> tensor<8xf32>
  return %r : tensor<8xf32>
}

// -----

func.func @repeat_stack(%x: tensor<8xf32>, %w: tensor<4x8xf32>) -> tensor<8xf32> {
  // expected-error @+1 {{stacked operand 0: expected a stack of 3, got 'tensor<4x8xf32>'}}
  %r = moe.repeat 3 carry(%x : tensor<8xf32>) stacked(%w : tensor<4x8xf32>) {
  ^bb0(%c: tensor<8xf32>, %p: tensor<8xf32>):
    moe.yield %c : tensor<8xf32>
  } -> tensor<8xf32>
  return %r : tensor<8xf32>
}

// -----

func.func @repeat_plan_stack(%x: tensor<8xf32>, %w: !moe.routing<items = 4, experts = 2, k = 1, capacity = 1, stack = 2>) {
  // expected-error @+1 {{stacked operand 0: expected a stack of 3, got '!moe.routing<items = 4, experts = 2, k = 1, capacity = 1, stack = 2>'}}
  moe.repeat 3 carry() stacked(%w : !moe.routing<items = 4, experts = 2, k = 1, capacity = 1, stack = 2>) {
  ^bb0(%p: !moe.routing<items = 4, experts = 2, k = 1, capacity = 1>):
    moe.yield
  }
  return
}

// -----

func.func @repeat_slice(%x: tensor<8xf32>, %w: tensor<3x8xf32>) -> tensor<8xf32> {
  // expected-error @+1 {{block argument 1: expected 'tensor<8xf32>', got 'tensor<3x8xf32>'}}
  %r = moe.repeat 3 carry(%x : tensor<8xf32>) stacked(%w : tensor<3x8xf32>) {
  ^bb0(%c: tensor<8xf32>, %p: tensor<3x8xf32>):
    moe.yield %c : tensor<8xf32>
  } -> tensor<8xf32>
  return %r : tensor<8xf32>
}

// -----

func.func @repeat_yield_count(%x: tensor<8xf32>) -> tensor<8xf32> {
  // expected-error @+1 {{expected a moe.yield of 1 values, at least the 1 carried ones, got 2}}
  %r = moe.repeat 3 carry(%x : tensor<8xf32>) stacked() {
  ^bb0(%c: tensor<8xf32>):
    moe.yield %c, %c : tensor<8xf32>, tensor<8xf32>
  } -> tensor<8xf32>
  return %r : tensor<8xf32>
}

// -----

func.func @repeat_carried_result(%x: tensor<8xf32>) -> tensor<4xf32> {
  // expected-error @+1 {{result 0: expected the carried type 'tensor<8xf32>', got 'tensor<4xf32>'}}
  %r = moe.repeat 3 carry(%x : tensor<8xf32>) stacked() {
  ^bb0(%c: tensor<8xf32>):
    moe.yield %c : tensor<8xf32>
  } -> tensor<4xf32>
  return %r : tensor<4xf32>
}

// -----

func.func @repeat_stacked_result(%x: tensor<8xf32>) -> tensor<8xf32> {
  // expected-error @+1 {{result 1: expected a stack of 3, got 'tensor<2x8xf32>'}}
  %r:2 = moe.repeat 3 carry(%x : tensor<8xf32>) stacked() {
  ^bb0(%c: tensor<8xf32>):
    moe.yield %c, %c : tensor<8xf32>, tensor<8xf32>
  } -> tensor<8xf32>, tensor<2x8xf32>
  return %r#0 : tensor<8xf32>
}

// -----

func.func @repeat_yield(%x: tensor<8xf32>, %y: tensor<4xf32>) -> tensor<8xf32> {
  // expected-error @+1 {{yielded value 0: expected 'tensor<8xf32>', got 'tensor<4xf32>'}}
  %r = moe.repeat 3 carry(%x : tensor<8xf32>) stacked() {
  ^bb0(%c: tensor<8xf32>):
    moe.yield %y : tensor<4xf32>
  } -> tensor<8xf32>
  return %r : tensor<8xf32>
}

// -----

func.func @reshape(%x: tensor<2x6xf32>) -> tensor<5x2xf32> {
  // expected-error @+1 {{expected a result of 12 elements, got 10}}
  %y = moe.reshape %x : tensor<2x6xf32> -> tensor<5x2xf32>
  return %y : tensor<5x2xf32>
}

// -----

func.func @element_type(%x: tensor<2x6xf32>) -> tensor<12xf64> {
  // expected-error @+1 {{expected one element type, got 'f32' and 'f64'}}
  %y = moe.reshape %x : tensor<2x6xf32> -> tensor<12xf64>
  return %y : tensor<12xf64>
}

// -----

func.func @transpose_order(%x: tensor<2x3x4xf32>) -> tensor<2x3x4xf32> {
  // expected-error @+1 {{expected a permutation of the input's 3 axes, got [0, 1, 1]}}
  %y = moe.transpose %x [0, 1, 1] : tensor<2x3x4xf32> -> tensor<2x3x4xf32>
  return %y : tensor<2x3x4xf32>
}

// -----

func.func @transpose_result(%x: tensor<2x3x4xf32>) -> tensor<2x3x4xf32> {
  // expected-error @+1 {{expected a result of shape [2, 4, 3], got [2, 3, 4]}}
  %y = moe.transpose %x [0, 2, 1] : tensor<2x3x4xf32> -> tensor<2x3x4xf32>
  return %y : tensor<2x3x4xf32>
}

// -----

func.func @broadcast_axes(%x: tensor<4xf32>) -> tensor<2x4xf32> {
  // expected-error @+1 {{expected ascending axes of 0 .. 1, got [2]}}
  %y = moe.broadcast %x axes [2] : tensor<4xf32> -> tensor<2x4xf32>
  return %y : tensor<2x4xf32>
}

// -----

func.func @broadcast_input(%x: tensor<4xf32>) -> tensor<2x4xf32> {
  // expected-error @+1 {{expected an input of shape [2], got [4]}}
  %y = moe.broadcast %x axes [1] : tensor<4xf32> -> tensor<2x4xf32>
  return %y : tensor<2x4xf32>
}

// -----

func.func @reduce_axes(%x: tensor<2x3xf32>) -> tensor<f32> {
  // expected-error @+1 {{expected ascending axes of 0 .. 1, got [1, 0]}}
  %y = moe.reduce %x axes [1, 0] : tensor<2x3xf32> -> tensor<f32>
  return %y : tensor<f32>
}

// -----

func.func @reduce_result(%x: tensor<2x3xf32>) -> tensor<2xf32> {
  // expected-error @+1 {{expected a result of shape [3], got [2]}}
  %y = moe.reduce %x axes [0] : tensor<2x3xf32> -> tensor<2xf32>
  return %y : tensor<2xf32>
}

// -----

func.func @concat_none() -> tensor<2x49x8xf32> {
  // expected-error @+1 {{expected at least one input}}
  %y = "moe.concat"() {axis = 1 : i64} : () -> tensor<2x49x8xf32>
  return %y : tensor<2x49x8xf32>
}

// -----

func.func @concat_axis(%x: tensor<2x49x8xf32>) -> tensor<2x98x8xf32> {
  // expected-error @+1 {{expected 0 <= axis < 3, got 3}}
  %y = moe.concat %x, %x axis 3 : tensor<2x49x8xf32>, tensor<2x49x8xf32> -> tensor<2x98x8xf32>
  return %y : tensor<2x98x8xf32>
}

// -----

func.func @concat_input(%x: tensor<2x49x8xf32>, %c: tensor<2x1x7xf32>) -> tensor<2x50x8xf32> {
  // expected-error @+1 {{input 1: expected the shape of input 0 but along axis 1, got [2, 1, 7]}}
  %y = moe.concat %x, %c axis 1 : tensor<2x49x8xf32>, tensor<2x1x7xf32> -> tensor<2x50x8xf32>
  return %y : tensor<2x50x8xf32>
}

// -----

func.func @concat_large(%x: tensor<4611686018427387904x0xf32>) -> tensor<2x0xf32> {
  // expected-error @+1 {{expected sizes whose sum fits into 64 bits}}
  %y = moe.concat %x, %x axis 0 : tensor<4611686018427387904x0xf32>, tensor<4611686018427387904x0xf32> -> tensor<2x0xf32>
  return %y : tensor<2x0xf32>
}

// -----

func.func @concat_result(%x: tensor<2x49x8xf32>) -> tensor<2x97x8xf32> {
  // expected-error @+1 {{expected a result of shape [2, 98, 8], got [2, 97, 8]}}
  %y = moe.concat %x, %x axis 1 : tensor<2x49x8xf32>, tensor<2x49x8xf32> -> tensor<2x97x8xf32>
  return %y : tensor<2x97x8xf32>
}

// -----

func.func @broadcast_type(%x: tensor<2xi32>) -> tensor<3x2xf32> {
  // expected-error @+1 {{expected one element type, got 'i32' and 'f32'}}
  %y = moe.broadcast %x axes [0] : tensor<2xi32> -> tensor<3x2xf32>
  return %y : tensor<3x2xf32>
}

// -----

func.func @reshape_type(%x: tensor<4xi32>) -> tensor<2x2xf32> {
  // expected-error @+1 {{expected one element type, got 'i32' and 'f32'}}
  %y = moe.reshape %x : tensor<4xi32> -> tensor<2x2xf32>
  return %y : tensor<2x2xf32>
}

// -----

func.func @fill_part() -> tensor<4xi32> {
  // expected-error @+1 {{expected a whole number of 32 bits, got 0.5}}
  %y = moe.fill 0.5 : tensor<4xi32>
  return %y : tensor<4xi32>
}

// -----

func.func @fill_large() -> tensor<4xi32> {
  // expected-error @+1 {{expected a whole number of 32 bits, got 2147483648}}
  %y = moe.fill 2147483648.0 : tensor<4xi32>
  return %y : tensor<4xi32>
}

// -----

func.func @slice_begin(%x: tensor<2x49x8xf32>) -> tensor<2x48x8xf32> {
  // expected-error @+1 {{expected 0 <= begin <= 1 for 48 of 49, got 2}}
  %y = moe.slice %x axis 1 begin 2 : tensor<2x49x8xf32> -> tensor<2x48x8xf32>
  return %y : tensor<2x48x8xf32>
}

// -----

func.func @slice_result(%x: tensor<2x49x8xf32>) -> tensor<2x48x7xf32> {
  // expected-error @+1 {{expected a result of shape [2, 48, 8], got [2, 48, 7]}}
  %y = moe.slice %x axis 1 begin 0 : tensor<2x49x8xf32> -> tensor<2x48x7xf32>
  return %y : tensor<2x48x7xf32>
}

// -----

func.func @patchify_rank(%x: tensor<28x28x1xi8>) -> tensor<2x49x16xf32> {
  // expected-error @+1 {{expected an image of rank 4, got 3}}
  %y = moe.patchify %x patch 4 mean [0.5] std [0.5] : tensor<28x28x1xi8> -> tensor<2x49x16xf32>
  return %y : tensor<2x49x16xf32>
}

// -----

func.func @patchify_std(%x: tensor<2x28x28x1xi8>) -> tensor<2x49x16xf32> {
  // expected-error @+1 {{expected std > 0, got 0}}
  %y = moe.patchify %x patch 4 mean [0.5] std [0.0] : tensor<2x28x28x1xi8> -> tensor<2x49x16xf32>
  return %y : tensor<2x49x16xf32>
}

// -----

func.func @patchify_channels(%x: tensor<2x28x28x3xi8>) -> tensor<2x49x48xf32> {
  // expected-error @+1 {{expected one mean and std, or one for each of 3 channels, got 2}}
  %y = moe.patchify %x patch 4 mean [0.5, 0.4] std [0.5] : tensor<2x28x28x3xi8> -> tensor<2x49x48xf32>
  return %y : tensor<2x49x48xf32>
}

// -----

func.func @patchify_patch(%x: tensor<2x28x28x1xi8>) -> tensor<2x49x16xf32> {
  // expected-error @+1 {{expected a patch that divides 28 x 28 pixels, got 5}}
  %y = moe.patchify %x patch 5 mean [0.5] std [0.5] : tensor<2x28x28x1xi8> -> tensor<2x49x16xf32>
  return %y : tensor<2x49x16xf32>
}

// -----

func.func @patchify_result(%x: tensor<2x28x28x1xi8>) -> tensor<2x49x15xf32> {
  // expected-error @+1 {{expected a result of shape [2, 49, 16], got [2, 49, 15]}}
  %y = moe.patchify %x patch 4 mean [0.5] std [0.5] : tensor<2x28x28x1xi8> -> tensor<2x49x15xf32>
  return %y : tensor<2x49x15xf32>
}

// -----

func.func @linear_axis(%x: tensor<2x3xf32>, %w: tensor<3x4xf32>) -> tensor<2x4xf32> {
  // expected-error @+1 {{expected 0 <= axis < 2, got 2}}
  %y = moe.linear %x, %w axis 2 : (tensor<2x3xf32>, tensor<3x4xf32>) -> tensor<2x4xf32>
  return %y : tensor<2x4xf32>
}

// -----

func.func @linear_weight_rank(%x: tensor<2x3xf32>, %w: tensor<3xf32>) -> tensor<2x4xf32> {
  // expected-error @+1 {{expected a weight of rank 2, got 1}}
  %y = moe.linear %x, %w axis 1 : (tensor<2x3xf32>, tensor<3xf32>) -> tensor<2x4xf32>
  return %y : tensor<2x4xf32>
}

// -----

func.func @linear_weight(%x: tensor<2x3xf32>, %w: tensor<2x4xf32>) -> tensor<2x4xf32> {
  // expected-error @+1 {{expected a weight of shape [3, 4], got [2, 4]}}
  %y = moe.linear %x, %w axis 1 : (tensor<2x3xf32>, tensor<2x4xf32>) -> tensor<2x4xf32>
  return %y : tensor<2x4xf32>
}

// -----

func.func @linear_bias(%x: tensor<2x3xf32>, %w: tensor<3x4xf32>, %b: tensor<3xf32>) -> tensor<2x4xf32> {
  // expected-error @+1 {{expected a bias of shape [4], got [3]}}
  %y = moe.linear %x, %w, %b axis 1 : (tensor<2x3xf32>, tensor<3x4xf32>, tensor<3xf32>) -> tensor<2x4xf32>
  return %y : tensor<2x4xf32>
}

// -----

func.func @linear_result(%x: tensor<2x3xf32>, %w: tensor<3x4xf32>) -> tensor<4x2xf32> {
  // expected-error @+1 {{expected a result of shape [2, 4], got [4, 2]}}
  %y = moe.linear %x, %w axis 1 : (tensor<2x3xf32>, tensor<3x4xf32>) -> tensor<4x2xf32>
  return %y : tensor<4x2xf32>
}

// -----

func.func @einsum_form(%x: tensor<2x3xf32>, %y: tensor<3x4xf32>) -> tensor<2x4xf32> {
  // expected-error @+1 {{expected an equation "letters,letters->letters", got "ab bc->ac"}}
  %z = moe.einsum %x, %y "ab bc->ac" : (tensor<2x3xf32>, tensor<3x4xf32>) -> tensor<2x4xf32>
  return %z : tensor<2x4xf32>
}

// -----

func.func @einsum_rank(%x: tensor<2x3xf32>, %y: tensor<3x4xf32>) -> tensor<2x4xf32> {
  // expected-error @+1 {{expected one letter an axis, got "bcd" for shape [3, 4]}}
  %z = moe.einsum %x, %y "ab,bcd->ac" : (tensor<2x3xf32>, tensor<3x4xf32>) -> tensor<2x4xf32>
  return %z : tensor<2x4xf32>
}

// -----

func.func @einsum_twice(%x: tensor<2x2xf32>, %y: tensor<2x4xf32>) -> tensor<2x4xf32> {
  // expected-error @+1 {{expected each letter once in "aa", got 'a' again}}
  %z = moe.einsum %x, %y "aa,ac->ac" : (tensor<2x2xf32>, tensor<2x4xf32>) -> tensor<2x4xf32>
  return %z : tensor<2x4xf32>
}

// -----

func.func @einsum_extent(%x: tensor<2x3xf32>, %y: tensor<4x5xf32>) -> tensor<2x5xf32> {
  // expected-error @+1 {{expected one extent for 'b', got 3 and 4}}
  %z = moe.einsum %x, %y "ab,bc->ac" : (tensor<2x3xf32>, tensor<4x5xf32>) -> tensor<2x5xf32>
  return %z : tensor<2x5xf32>
}

// -----

func.func @einsum_result(%x: tensor<2x3xf32>, %y: tensor<3x4xf32>) -> tensor<2x4x5xf32> {
  // expected-error @+1 {{expected 'd' of the result in an input}}
  %z = moe.einsum %x, %y "ab,bc->acd" : (tensor<2x3xf32>, tensor<3x4xf32>) -> tensor<2x4x5xf32>
  return %z : tensor<2x4x5xf32>
}

// -----

func.func @einsum_lonely(%x: tensor<2x3x5xf32>, %y: tensor<3x4xf32>) -> tensor<2x4xf32> {
  // expected-error @+1 {{expected 'd' of one input in the other or in the result; sum it away with moe.reduce}}
  %z = moe.einsum %x, %y "abd,bc->ac" : (tensor<2x3x5xf32>, tensor<3x4xf32>) -> tensor<2x4xf32>
  return %z : tensor<2x4xf32>
}

// -----

func.func @layer_norm_rank(%x: tensor<f32>, %s: tensor<3xf32>) -> tensor<f32> {
  // expected-error @+1 {{expected an input of rank 1 or more, got 0}}
  %y = moe.layer_norm %x, %s, %s eps 1.0e-6 : tensor<f32>, tensor<3xf32>
  return %y : tensor<f32>
}

// -----

func.func @layer_norm_scale(%x: tensor<2x3xf32>, %s: tensor<2xf32>) -> tensor<2x3xf32> {
  // expected-error @+1 {{expected a scale of shape [3], got [2]}}
  %y = moe.layer_norm %x, %s, %s eps 1.0e-6 : tensor<2x3xf32>, tensor<2xf32>
  return %y : tensor<2x3xf32>
}

// -----

func.func @layer_norm_eps(%x: tensor<2x3xf32>, %s: tensor<3xf32>) -> tensor<2x3xf32> {
  // expected-error @+1 {{expected eps >= 0, got -0.5}}
  %y = moe.layer_norm %x, %s, %s eps -0.5 : tensor<2x3xf32>, tensor<3xf32>
  return %y : tensor<2x3xf32>
}

// -----

func.func @layer_norm_grad(%x: tensor<2x3xf32>, %s: tensor<2xf32>) -> tensor<2x3xf32> {
  // expected-error @+1 {{expected a scale of shape [3], got [2]}}
  %dx, %ds, %db = moe.layer_norm_grad %x, %s, %x eps 1.0e-6 : tensor<2x3xf32>, tensor<2xf32>
  return %dx : tensor<2x3xf32>
}

// -----

func.func @iota() -> tensor<2x3xi32> {
  // expected-error @+1 {{expected a result of rank 1, got 2}}
  %y = moe.iota : tensor<2x3xi32>
  return %y : tensor<2x3xi32>
}

// -----

func.func @rsqrt_eps(%x: tensor<2x3xf32>) -> tensor<2x3xf32> {
  // expected-error @+1 {{expected eps >= 0, got -0.25}}
  %y = moe.rsqrt %x eps -0.25 : tensor<2x3xf32>
  return %y : tensor<2x3xf32>
}

// -----

func.func @l2_normalize(%x: tensor<2x3xf32>) -> tensor<2x3xf32> {
  // expected-error @+1 {{expected 0 <= axis < 2, got -1}}
  %y = moe.l2_normalize %x axis -1 eps 1.0e-6 : tensor<2x3xf32>
  return %y : tensor<2x3xf32>
}

// -----

func.func @l2_normalize_grad(%x: tensor<2x3xf32>) -> tensor<2x3xf32> {
  // expected-error @+1 {{expected eps >= 0, got -1}}
  %y = moe.l2_normalize_grad %x, %x axis 0 eps -1.0 : tensor<2x3xf32>
  return %y : tensor<2x3xf32>
}

// -----

func.func @softmax_none(%x: tensor<2x3xf32>) -> tensor<2x3xf32> {
  // expected-error @+1 {{expected at least one axis, got none}}
  %y = moe.softmax %x axes [] : tensor<2x3xf32>
  return %y : tensor<2x3xf32>
}

// -----

func.func @softmax_grad(%x: tensor<2x3xf32>) -> tensor<2x3xf32> {
  // expected-error @+1 {{expected ascending axes of 0 .. 1, got [1, 1]}}
  %y = moe.softmax_grad %x, %x axes [1, 1] : tensor<2x3xf32>
  return %y : tensor<2x3xf32>
}

// -----

// The body defines what stands before it used; a fault behind it ends both.
%v = moe.mul %n, %n : tensor<8xf32>
func.func @fault(%x: tensor<8xf32>) -> tensor<8xf32> {
  %u = moe.mul %n, %n : tensor<8xf32>
  %r = moe.repeat 4 carry(%x : tensor<8xf32>) stacked() {
  ^bb0(%c: tensor<8xf32>):
    %n = moe.mul %c, %c : tensor<8xf32>
    moe.yield %n : tensor<8xf32>
  // expected-error @+1 {{expected non-function type}}
  } -> 7
  return %r : tensor<8xf32>
}
