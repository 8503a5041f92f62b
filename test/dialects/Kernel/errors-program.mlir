// RUN: moec-opt %s -split-input-file -verify-diagnostics

// expected-error @+1 {{expected as block a role of variables, arena, in:NAME, host:NAME or out:NAME, got 'heap'}}
#a = #kernel.address<"heap", offset = 0, bytes = 4>

// -----

// expected-error @+1 {{got 'state'}}
#a = #kernel.address<"state", offset = 0, bytes = 4>

// -----

// expected-error @+1 {{got 'in:'}}
#a = #kernel.address<"in:", offset = 0, bytes = 4>

// -----

// expected-error @+1 {{expected an operand of 0 or more bytes, got -4}}
#a = #kernel.address<"arena", offset = 0, bytes = -4>

// -----

// expected-error @+1 {{expected an offset of 0 or more bytes, got -4}}
#a = #kernel.address<"arena", offset = -4, bytes = 4>

// -----

// expected-error @+1 {{expected a ring of at least one place of 0 or more bytes and a shift of 0 or more, got shift 1, modulus 0, size 64}}
#a = #kernel.address<"arena", offset = 0, bytes = 4, shift = 1, modulus = 0, size = 64>

// -----

// expected-error @+1 {{'kernel.program' op expected an arena of 0 or more bytes, got -1}}
kernel.program @infer arena -1 inputs [] outputs [] {
}

// -----

// expected-error @+1 {{'kernel.program' op expected each of its inputs to be {name, dtype = "f32", "i32" or "u8", shape = [sizes], source = "field" or "host"}, got {name = "x"}}}
kernel.program @infer arena 0 inputs [{name = "x"}] outputs [] {
}

// -----

// expected-error @+1 {{'kernel.program' op has two outputs 'y'}}
kernel.program @infer arena 0 inputs []
    outputs [{name = "y", dtype = "f32", shape = [8], kind = "output"}, {name = "y", dtype = "f32", shape = [8], kind = "metric"}] {
}

// -----

kernel.program @infer arena 0 inputs [] outputs [] {
  // expected-error @+1 {{'kernel.loop' op expected a count of at least 1, got -1}}
  kernel.loop -1 {
  }
}

// -----

func.func private @k0(memref<8xf32>, index, index, memref<?xi8>)
kernel.program @infer arena 0 inputs [{name = "x", dtype = "f32", shape = [8], source = "field"}] outputs [] {
  kernel.loop 2 {
    // expected-error @+1 {{'kernel.launch' op address names unknown block 'out:x'}}
    kernel.launch @k0 [#kernel.address<"out:x", offset = 0, bytes = 32>]
  }
}

// -----

// expected-error @+1 {{'kernel.program' op expected each of its outputs to be {name, dtype = "f32", "i32" or "u8", shape = [sizes], kind = "output" or "metric"}, got}}
kernel.program @infer arena 0 inputs [] outputs [{name = "y", dtype = "f32", shape = [8], kind = "result"}] {
}

// -----

// A field and a host value of one name are two.
func.func private @k0(memref<i32>, memref<i32>, index, index, memref<?xi8>)
kernel.program @infer arena 0 inputs [{name = "step", dtype = "i32", shape = [], source = "field"},
    {name = "step", dtype = "i32", shape = [], source = "host"}] outputs [] {
  kernel.launch @k0 [#kernel.address<"in:step", offset = 0, bytes = 4>, #kernel.address<"host:step", offset = 0, bytes = 4>]
}

// -----

// expected-error @+1 {{'kernel.program' op expected each of its inputs to be}}
kernel.program @infer arena 0 inputs [{name = "x", dtype = "bf16", shape = [8], source = "field"}] outputs [] {
}

// -----

// expected-error @+1 {{'kernel.program' op expected each of its inputs to be}}
kernel.program @infer arena 0 inputs [{name = "x", dtype = "f32", shape = "x", source = "field"}] outputs [] {
}

// -----

// expected-error @+1 {{'kernel.program' op expected each of its inputs to be}}
kernel.program @infer arena 0 inputs [{name = "x", dtype = "f32", shape = [-8], source = "field"}] outputs [] {
}

// -----

// expected-error @+1 {{'kernel.program' op expected each of its inputs to be}}
kernel.program @infer arena 0 inputs [{name = "x", dtype = "f32", shape = [4294967296, 4294967296], source = "field"}] outputs [] {
}

// -----

// expected-error @+1 {{'kernel.program' op expected each of its inputs to be}}
kernel.program @infer arena 0 inputs [{name = "x", dtype = "f32", shape = [8], extra = 3 : i64, source = "field"}] outputs [] {
}
