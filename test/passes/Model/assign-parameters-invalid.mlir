// RUN: moec-opt %s -moec-assign-parameters -split-input-file -verify-diagnostics

// expected-note@+1 {{first used here}}
func.func @infer(%w: tensor<4xf32> {moe.param = "w", moe.init = {op = "zeros"}}) {
  return
}
// expected-error@+1 {{parameter "w" has type 'tensor<5xf32>' in @loss, but 'tensor<4xf32>' in @infer}}
func.func @loss(%w: tensor<5xf32> {moe.param = "w", moe.init = {op = "zeros"}}) {
  return
}

// -----

// expected-note@+1 {{first used here}}
func.func @infer(%w: tensor<4xf32> {moe.param = "w", moe.init = {op = "zeros"}}) {
  return
}
// expected-error@+1 {{parameter "w" has weight decay on in @loss, but off in @infer}}
func.func @loss(%w: tensor<4xf32> {moe.param = "w", moe.init = {op = "zeros"}, moe.decay}) {
  return
}

// -----

// expected-note@+1 {{first used here}}
func.func @infer(%w: tensor<4xf32> {moe.param = "w", moe.init = {op = "zeros"}}) {
  return
}
// expected-error@+1 {{parameter "w" has moe.init {op = "ones"} in @loss, but {op = "zeros"} in @infer}}
func.func @loss(%w: tensor<4xf32> {moe.param = "w", moe.init = {op = "ones"}}) {
  return
}

// -----

// expected-error@+1 {{two arguments of @infer are parameter "w"; use one argument in both places to share it}}
func.func @infer(%w: tensor<4xf32> {moe.param = "w", moe.init = {op = "zeros"}}, %v: tensor<4xf32> {moe.param = "w", moe.init = {op = "zeros"}}) {
  return
}

// -----

// expected-error@+1 {{parameter "w" has no 'moe.init'}}
func.func @infer(%w: tensor<4xf32> {moe.param = "w"}) {
  return
}

// -----

// expected-error@+1 {{parameter "w" has type 'tensor<?xf32>', but parameters are float tensors of static shape}}
func.func @infer(%w: tensor<?xf32> {moe.param = "w", moe.init = {op = "zeros"}}) {
  return
}

// -----

// expected-error @+1 {{parameter "w" of type 'tensor<4294967296x4294967296xf32>' makes the block of parameters larger than 2^48 elements}}
func.func @infer(%w: tensor<4294967296x4294967296xf32> {moe.param = "w", moe.init = {op = "zeros"}}) {
  return
}

// -----

// What the runtime would refuse, with what is left free.
// expected-error @+1 {{parameter "w" of type 'tensor<1048576x268435456xf32>' makes the block of parameters larger than 2^48 elements}}
func.func @infer(%w: tensor<1048576x268435456xf32> {moe.param = "w", moe.init = {op = "zeros"}}) {
  return
}
