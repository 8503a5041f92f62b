// RUN: moec-opt %s -split-input-file -verify-diagnostics

// expected-error @+1 {{expected a value with normal}}
moe.variable @w : tensor<8xf32> role(parameter) init<normal>

// -----

// expected-error @+1 {{expected role parameter, statistic, moment, shadow or derived, got weight}}
moe.variable @w : tensor<8xf32> role(weight)

// -----

// expected-error @+1 {{expected no value with ones}}
moe.variable @w : tensor<8xf32> role(parameter) init<ones, 1.0>

// -----

// expected-error @+1 {{expected a value of 0 or more with uniform, got -1.000000e+00 : f64}}
moe.variable @w : tensor<8xf32> role(parameter) init<uniform, -1.0>

// -----

// expected-error @+1 {{expected a finite value, got 0x7FF0000000000000 : f64}}
moe.variable @w : tensor<8xf32> role(parameter) init<constant, 0x7FF0000000000000 : f64>

// -----

// expected-error @+1 {{expected 'of' with the parameter that a moment belongs to}}
moe.variable @m : tensor<8xf32> role(moment)

// -----

// expected-error @+1 {{expected no 'of' at a variable of role statistic}}
moe.variable @m : tensor<8xf32> role(statistic) of @w

// -----

// expected-error @+1 {{expected bf16 at a derived variable only, got role parameter}}
moe.variable @m : tensor<8xbf16> role(parameter)

// -----

moe.variable @m : tensor<8xbf16> role(derived)

// -----

// expected-error @+1 {{expected 'decay' at a parameter only, got role shadow}}
moe.variable @m : tensor<8xf32> role(shadow) of @w decay

// -----

// expected-error @+1 {{expected less than 2^59 bytes, got a variable of 'tensor<1073741824x1073741824xf32>'}}
moe.variable @w : tensor<1073741824x1073741824xf32> role(parameter)

// -----

// expected-error @+1 {{expected a place of 0 or more bytes, got -64}}
moe.variable @w : tensor<8xf32> role(parameter) at -64

// -----

// expected-error @+1 {{expected the name of an entry}}
func.func @f() attributes {moe.entry = #moe.entry<"">} { return }

// -----

// expected-error @+1 {{expected a batch of 0 or more, got -1}}
func.func @f() attributes {moe.entry = #moe.entry<"infer", batch = -1>} { return }

// -----

// expected-error @+1 {{expected one role of a variable, got two}}
moe.variable @w : tensor<8xf32> role(parameter) role(statistic)

// -----

// expected-error @+1 {{expected 'alike' with normal or uniform, got zeros}}
moe.variable @w : tensor<2x8xf32> role(parameter) init<zeros alike = 0>

// -----

// expected-error @+1 {{expected 'alike' to be one of 2 axes, got 2}}
moe.variable @w : tensor<2x8xf32> role(parameter) init<normal, 0.1 alike = 2>
