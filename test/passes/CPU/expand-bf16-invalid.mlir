// RUN: moec-opt %s --pass-pipeline='builtin.module(func.func(moec-expand-bf16))' -verify-diagnostics

func.func @add(%x: vector<8xbf16>) -> vector<8xbf16> {
  // expected-error @+1 {{failed to legalize operation 'arith.addf'}}
  %y = arith.addf %x, %x : vector<8xbf16>
  return %y : vector<8xbf16>
}
