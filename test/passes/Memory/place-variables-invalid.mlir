// RUN: moec-opt %s --moec-place-variables --verify-diagnostics

// expected-error @+1 {{expected a variable of f32, got 'tensor<4xf64>'}}
moe.variable @mean : tensor<4xf64> role(statistic) init<zeros>
