// RUN: moec-opt %s -split-input-file -verify-diagnostics

// expected-error @+1 {{expected as block parameter, statistic, moment, shadow, derived, arena, field, host, output, metric, got 'heap'}}
#a = #kernel.address<heap, offset = 0, bytes = 4>

// -----

// expected-error @+1 {{expected the name of the field, such as field "x"}}
#a = #kernel.address<field, offset = 0, bytes = 4>

// -----

// expected-error @+1 {{expected the name of the metric, such as metric "x"}}
#a = #kernel.block<metric>

// -----

// expected-error @+1 {{expected a name that is not empty}}
#a = #kernel.address<host "", offset = 0, bytes = 4>

// -----

// expected-error @+1 {{expected no name of the block moment, got 'x'}}
#a = #kernel.address<moment "x", offset = 0, bytes = 4>

// -----

// expected-error @+1 {{expected valid keyword}}
#a = #kernel.address<"arena", offset = 0, bytes = 4>

// -----

// expected-error @+1 {{expected an operand of 0 or more bytes, got -4}}
#a = #kernel.address<arena, offset = 0, bytes = -4>

// -----

// expected-error @+1 {{expected an offset of 0 or more bytes, got -4}}
#a = #kernel.address<arena, offset = -4, bytes = 4>

// -----

// expected-error @+1 {{expected a ring of at least one place of 0 or more bytes and a shift of 0 or more, got shift 1, modulus 0, size 64}}
#a = #kernel.address<arena, offset = 0, bytes = 4, shift = 1, modulus = 0, size = 64>

// -----

// expected-error @+1 {{'kernel.program' op expected an arena of 0 or more bytes, got -1}}
kernel.program @infer arena -1 inputs [] outputs [] {
}

// -----

// expected-error @+1 {{'kernel.program' op attribute 'inputs' failed to satisfy constraint: ports}}
kernel.program @infer arena 0 inputs [{name = "x"}] outputs [] {
}

// -----

// expected-error @+1 {{'kernel.program' op expected fields and host values as inputs, got #kernel.port<output "x" : tensor<8xf32>>}}
kernel.program @infer arena 0 inputs [#kernel.port<output "x" : tensor<8xf32>>] outputs [] {
}

// -----

// expected-error @+1 {{'kernel.program' op expected outputs and metrics as outputs, got #kernel.port<field "y" : tensor<8xf32>>}}
kernel.program @infer arena 0 inputs [] outputs [#kernel.port<field "y" : tensor<8xf32>>] {
}

// -----

// expected-error @+1 {{'kernel.program' op has two inputs #kernel.block<field "x">}}
kernel.program @infer arena 0 inputs [#kernel.port<field "x" : tensor<8xf32>>, #kernel.port<field "x" : tensor<f32>>] outputs [] {
}

// -----

// An output and a metric of one name are one name.
// expected-error @+1 {{'kernel.program' op has two outputs 'y'}}
kernel.program @infer arena 0 inputs []
    outputs [#kernel.port<output "y" : tensor<8xf32>>, #kernel.port<metric "y" : tensor<8xf32>>] {
}

// -----

kernel.program @infer arena 0 inputs [] outputs [] {
  // expected-error @+1 {{'kernel.loop' op expected a count of at least 1, got -1}}
  kernel.loop -1 {
  }
}

// -----

func.func private @k0(memref<8xf32>, index, index, memref<?xi8>)
kernel.program @infer arena 0 inputs [#kernel.port<field "x" : tensor<8xf32>>] outputs [] {
  kernel.loop 2 {
    // expected-error @+1 {{'kernel.launch' op address names unknown block #kernel.block<output "x">}}
    kernel.launch @k0 [#kernel.address<output "x", offset = 0, bytes = 32>]
  }
}

// -----

// A field and a host value of one name are two.
func.func private @k0(memref<i32>, memref<i32>, index, index, memref<?xi8>)
kernel.program @infer arena 0 inputs [#kernel.port<field "step" : tensor<i32>>,
    #kernel.port<host "step" : tensor<i32>>] outputs [] {
  kernel.launch @k0 [#kernel.address<field "step", offset = 0, bytes = 4>, #kernel.address<host "step", offset = 0, bytes = 4>]
}

// -----

// expected-error @+1 {{expected a field, host, output or metric, got arena}}
#p = #kernel.port<arena : tensor<8xf32>>

// -----

// expected-error @+1 {{expected a tensor of static shape of f32, i32 or u8 (i8), of at most 2^60 elements, got 'tensor<8xbf16>'}}
#p = #kernel.port<field "x" : tensor<8xbf16>>

// -----

// expected-error @+1 {{expected a tensor of static shape of f32, i32 or u8 (i8), of at most 2^60 elements, got 'tensor<8xui8>'}}
#p = #kernel.port<field "x" : tensor<8xui8>>

// -----

// expected-error @+1 {{got 'tensor<?xf32>'}}
#p = #kernel.port<field "x" : tensor<?xf32>>

// -----

// expected-error @+1 {{got 'tensor<4294967296x4294967296xf32>'}}
#p = #kernel.port<field "x" : tensor<4294967296x4294967296xf32>>

// -----

// expected-error @+2 {{invalid kind of type specified}}
// expected-error @+1 {{failed to parse Kernel_PortAttr parameter 'type'}}
#p = #kernel.port<field "x" : f32>

// -----

// expected-error @+1 {{attribute 'kernel.peak': expected an array of #kernel.address<..>, got ["x"]}}
kernel.program @infer arena 0 inputs [] outputs [] {
} {kernel.peak = ["x"]}

// -----

// expected-error @+1 {{attribute 'kernel.peak_nodes': expected an array of arrays of names, got ["x"]}}
kernel.program @infer arena 0 inputs [] outputs [] {
} {kernel.peak_nodes = ["x"]}

// -----

// expected-error @+1 {{attribute 'kernel.tuning': expected a dictionary of #kernel.schedule<..>, got {a = 1 : i64}}}
module attributes {kernel.tuning = {a = 1}} {
}
