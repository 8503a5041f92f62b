// What a module is compiled for: the attribute that passes read.
// RUN: moec-opt %s --split-input-file --verify-diagnostics | moec-opt --split-input-file | FileCheck %s

// CHECK: module attributes {kernel.machine = #kernel.cpu<cores = 8, vector_bytes = 64, vector_registers = 32>}
module attributes {kernel.machine = #kernel.cpu<cores = 8, vector_bytes = 64, vector_registers = 32>} {}

// -----

// CHECK: #kernel.cpu<cores = 2, vector_bytes = 32, vector_registers = 16, bf16_rounding = true>
module attributes {kernel.machine = #kernel.cpu<cores = 2, vector_bytes = 32, vector_registers = 16, bf16_rounding = true>} {}

// -----

// CHECK: #kernel.gpu<multiprocessors = 132, shared_bytes = 232448, wgmma = true, tma = true>
module attributes {kernel.machine = #kernel.gpu<shared_bytes = 232448, multiprocessors = 132, tma = true, wgmma = true>} {}

// -----

// expected-error @below {{attribute 'kernel.machine': expected a machine: #kernel.cpu<..> or #kernel.gpu<..>, got "sm_80"}}
module attributes {kernel.machine = "sm_80"} {}

// -----

// expected-error @below {{attribute 'kernel.machine' belongs on a module, not here}}
func.func @f() attributes {kernel.machine = #kernel.gpu<multiprocessors = 1, shared_bytes = 49152>} {
  return
}

// -----

// expected-error @below {{expected vector_bytes of 16, 32 or 64, got 48}}
module attributes {kernel.machine = #kernel.cpu<cores = 8, vector_bytes = 48, vector_registers = 32>} {}

// -----

// expected-error @below {{expected cores from 1 to 1048576, got 0}}
module attributes {kernel.machine = #kernel.cpu<cores = 0, vector_bytes = 64, vector_registers = 32>} {}

// -----

// expected-error @below {{expected vector_registers from 8 to 1024, got 4}}
module attributes {kernel.machine = #kernel.cpu<cores = 1, vector_bytes = 64, vector_registers = 4>} {}

// -----

// expected-error @below {{expected multiprocessors from 1 to 1048576, got -1}}
module attributes {kernel.machine = #kernel.gpu<multiprocessors = -1, shared_bytes = 49152>} {}

// -----

// expected-error @below {{expected shared_bytes from 16384 to 1073741824, got 1024}}
module attributes {kernel.machine = #kernel.gpu<multiprocessors = 1, shared_bytes = 1024>} {}
