// RUN: moec-opt %s --split-input-file --pass-pipeline='builtin.module(func.func(moec-expand-bf16))' -verify-diagnostics

func.func @add(%x: vector<8xbf16>) -> vector<8xbf16> {
  // expected-error @+1 {{failed to legalize operation 'arith.addf'}}
  %y = arith.addf %x, %x : vector<8xbf16>
  return %y : vector<8xbf16>
}

// -----

// Such a constant would be written out element by element.

func.func @constant() -> vector<4294967296xf32> {
  // expected-error @+1 {{expected vectors of at most 65536 elements, got 'vector<4294967296xf32>'}}
  %y = arith.constant dense<1.0> : vector<4294967296xf32>
  return %y : vector<4294967296xf32>
}

// -----

// expected-error @+1 {{expected vectors of at most 65536 elements, got 'vector<256x257xbf16>'}}
func.func @argument(%x: vector<256x257xbf16>) {
  return
}

// -----

func.func @largest(%x: vector<256x256xbf16>) -> vector<256x256xf32> {
  %y = arith.extf %x : vector<256x256xbf16> to vector<256x256xf32>
  return %y : vector<256x256xf32>
}
