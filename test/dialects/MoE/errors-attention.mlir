// RUN: moec-opt %s -split-input-file -verify-diagnostics

func.func @query_rank(%q: tensor<2x6x8xf32>, %k: tensor<2x5x2x8xf32>, %v: tensor<2x5x2x3xf32>) {
  // expected-error @+1 {{expected a query of rank 4, got 3}}
  %y, %l = moe.attention %q, %k, %v : (tensor<2x6x8xf32>, tensor<2x5x2x8xf32>, tensor<2x5x2x3xf32>) -> (tensor<2x6x4x3xf32>, tensor<2x4x6xf32>)
  return
}

// -----

func.func @key_shape(%q: tensor<2x6x4x8xf32>, %k: tensor<2x5x2x7xf32>, %v: tensor<2x5x2x3xf32>) {
  // expected-error @+1 {{expected a key of shape [2, 5, 2, 8], got [2, 5, 2, 7]}}
  %y, %l = moe.attention %q, %k, %v : (tensor<2x6x4x8xf32>, tensor<2x5x2x7xf32>, tensor<2x5x2x3xf32>) -> (tensor<2x6x4x3xf32>, tensor<2x4x6xf32>)
  return
}

// -----

func.func @value_shape(%q: tensor<2x6x4x8xf32>, %k: tensor<2x5x2x8xf32>, %v: tensor<2x4x2x3xf32>) {
  // expected-error @+1 {{expected a value of shape [2, 5, 2, 3], got [2, 4, 2, 3]}}
  %y, %l = moe.attention %q, %k, %v : (tensor<2x6x4x8xf32>, tensor<2x5x2x8xf32>, tensor<2x4x2x3xf32>) -> (tensor<2x6x4x3xf32>, tensor<2x4x6xf32>)
  return
}

// -----

func.func @key_heads(%q: tensor<2x6x4x8xf32>, %k: tensor<2x5x3x8xf32>, %v: tensor<2x5x3x3xf32>) {
  // expected-error @+1 {{expected heads of the key that divide the 4 of the query, got 3}}
  %y, %l = moe.attention %q, %k, %v : (tensor<2x6x4x8xf32>, tensor<2x5x3x8xf32>, tensor<2x5x3x3xf32>) -> (tensor<2x6x4x3xf32>, tensor<2x4x6xf32>)
  return
}

// -----

func.func @no_key_heads(%q: tensor<2x6x4x8xf32>, %k: tensor<2x5x0x8xf32>, %v: tensor<2x5x0x3xf32>) {
  // expected-error @+1 {{expected heads of the key that divide the 4 of the query, got 0}}
  %y, %l = moe.attention %q, %k, %v : (tensor<2x6x4x8xf32>, tensor<2x5x0x8xf32>, tensor<2x5x0x3xf32>) -> (tensor<2x6x4x3xf32>, tensor<2x4x6xf32>)
  return
}

// -----

func.func @result_shape(%q: tensor<2x6x4x8xf32>, %k: tensor<2x5x2x8xf32>, %v: tensor<2x5x2x3xf32>) {
  // expected-error @+1 {{expected a result of shape [2, 6, 4, 3], got [2, 6, 4, 8]}}
  %y, %l = moe.attention %q, %k, %v : (tensor<2x6x4x8xf32>, tensor<2x5x2x8xf32>, tensor<2x5x2x3xf32>) -> (tensor<2x6x4x8xf32>, tensor<2x4x6xf32>)
  return
}

// -----

func.func @log_sum_exp_shape(%q: tensor<2x6x4x8xf32>, %k: tensor<2x5x2x8xf32>, %v: tensor<2x5x2x3xf32>) {
  // expected-error @+1 {{expected a log-sum-exp of shape [2, 4, 6], got [2, 6, 4]}}
  %y, %l = moe.attention %q, %k, %v : (tensor<2x6x4x8xf32>, tensor<2x5x2x8xf32>, tensor<2x5x2x3xf32>) -> (tensor<2x6x4x3xf32>, tensor<2x6x4xf32>)
  return
}

// -----

func.func @norm_parts(%q: tensor<2x6x4x8xf32>, %k: tensor<2x5x2x8xf32>, %v: tensor<2x5x2x3xf32>, %n: tensor<8xf32>) {
  // expected-error @+1 {{expected 2 scales, or 2 scales and 2 biases, as norm, got 3 values}}
  %y, %l = moe.attention %q, %k, %v norm(%n, %n, %n) eps 1.0e-6 : (tensor<2x6x4x8xf32>, tensor<2x5x2x8xf32>, tensor<2x5x2x3xf32>, tensor<8xf32>, tensor<8xf32>, tensor<8xf32>) -> (tensor<2x6x4x3xf32>, tensor<2x4x6xf32>)
  return
}

// -----

func.func @norm_shape(%q: tensor<2x6x4x8xf32>, %k: tensor<2x5x2x8xf32>, %v: tensor<2x5x2x3xf32>, %n: tensor<4xf32>) {
  // expected-error @+1 {{expected a parameter of the norm of shape [8], got [4]}}
  %y, %l = moe.attention %q, %k, %v norm(%n, %n) eps 1.0e-6 : (tensor<2x6x4x8xf32>, tensor<2x5x2x8xf32>, tensor<2x5x2x3xf32>, tensor<4xf32>, tensor<4xf32>) -> (tensor<2x6x4x3xf32>, tensor<2x4x6xf32>)
  return
}

// -----

func.func @no_eps(%q: tensor<2x6x4x8xf32>, %k: tensor<2x5x2x8xf32>, %v: tensor<2x5x2x3xf32>, %n: tensor<8xf32>) {
  // expected-error @+1 {{expected eps with norm}}
  %y, %l = moe.attention %q, %k, %v norm(%n, %n) : (tensor<2x6x4x8xf32>, tensor<2x5x2x8xf32>, tensor<2x5x2x3xf32>, tensor<8xf32>, tensor<8xf32>) -> (tensor<2x6x4x3xf32>, tensor<2x4x6xf32>)
  return
}

// -----

func.func @eps_alone(%q: tensor<2x6x4x8xf32>, %k: tensor<2x5x2x8xf32>, %v: tensor<2x5x2x3xf32>) {
  // expected-error @+1 {{expected no eps without norm}}
  %y, %l = moe.attention %q, %k, %v eps 1.0e-6 : (tensor<2x6x4x8xf32>, tensor<2x5x2x8xf32>, tensor<2x5x2x3xf32>) -> (tensor<2x6x4x3xf32>, tensor<2x4x6xf32>)
  return
}

// -----

func.func @eps_negative(%q: tensor<2x6x4x8xf32>, %k: tensor<2x5x2x8xf32>, %v: tensor<2x5x2x3xf32>, %n: tensor<8xf32>) {
  // expected-error @+1 {{expected eps >= 0, got -1}}
  %y, %l = moe.attention %q, %k, %v norm(%n, %n) eps -1.0 : (tensor<2x6x4x8xf32>, tensor<2x5x2x8xf32>, tensor<2x5x2x3xf32>, tensor<8xf32>, tensor<8xf32>) -> (tensor<2x6x4x3xf32>, tensor<2x4x6xf32>)
  return
}

// -----

func.func @one_type(%q: tensor<2x6x4x8xf32>, %k: tensor<2x5x2x8xf32>, %v: tensor<2x5x2x3xf64>) {
  // expected-error @+1 {{expected one element type, got 'f32' and 'f64'}}
  %y, %l = moe.attention %q, %k, %v : (tensor<2x6x4x8xf32>, tensor<2x5x2x8xf32>, tensor<2x5x2x3xf64>) -> (tensor<2x6x4x3xf32>, tensor<2x4x6xf32>)
  return
}

// -----

func.func @grad_result(%q: tensor<2x6x4x8xf32>, %y: tensor<2x6x4x3xf32>, %l: tensor<2x4x6xf32>) {
  // expected-error @+1 {{expected a result of shape [2, 6, 4, 8], got [2, 6, 4, 3]}}
  %g:3 = moe.attention_grad %q, %q, %q of %y, %l by %y : (tensor<2x6x4x8xf32>, tensor<2x6x4x8xf32>, tensor<2x6x4x8xf32>, tensor<2x6x4x3xf32>, tensor<2x4x6xf32>, tensor<2x6x4x3xf32>) -> (tensor<2x6x4x8xf32>, tensor<2x6x4x8xf32>, tensor<2x6x4x8xf32>)
  return
}

// -----

func.func @grad_of_result(%q: tensor<2x6x4x8xf32>, %y: tensor<2x6x4x3xf32>, %l: tensor<2x4x6xf32>) {
  // expected-error @+1 {{failed to verify that all of {result, outGrad} have same type}}
  %g:3 = moe.attention_grad %q, %q, %q of %q, %l by %y : (tensor<2x6x4x8xf32>, tensor<2x6x4x8xf32>, tensor<2x6x4x8xf32>, tensor<2x6x4x8xf32>, tensor<2x4x6xf32>, tensor<2x6x4x3xf32>) -> (tensor<2x6x4x8xf32>, tensor<2x6x4x8xf32>, tensor<2x6x4x8xf32>)
  return
}

// -----

func.func @grad_log_sum_exp(%q: tensor<2x6x4x8xf32>, %l: tensor<2x4x6xf32>) {
  // expected-error @+1 {{expected a gradient of the log-sum-exp of shape [2, 4, 6], got [2, 6, 4, 8]}}
  %g:3 = moe.attention_grad %q, %q, %q of %q, %l by %q, %q : (tensor<2x6x4x8xf32>, tensor<2x6x4x8xf32>, tensor<2x6x4x8xf32>, tensor<2x6x4x8xf32>, tensor<2x4x6xf32>, tensor<2x6x4x8xf32>, tensor<2x6x4x8xf32>) -> (tensor<2x6x4x8xf32>, tensor<2x6x4x8xf32>, tensor<2x6x4x8xf32>)
  return
}
