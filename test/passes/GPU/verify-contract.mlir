// RUN: moec-opt %s --moec-verify-gpu --split-input-file --verify-diagnostics

module attributes {kernel.machine = #kernel.gpu<multiprocessors = 8, shared_bytes = 49152>} {
gpu.module @kernels {
  gpu.func @k() kernel attributes {kernel.grid = 2 : i64, kernel.threads = 1024 : i64, kernel.shared = 49152 : i64} {
    gpu.return
  }
}
kernel.program @infer arena 64 inputs [] outputs [] {
  kernel.launch @k []
}
}

// -----

kernel.program @infer arena 64 inputs [] outputs [] {
  // expected-error @below {{launches @k, which no pass of this phase lowered}}
  kernel.launch @k []
}

// -----

gpu.module @kernels {
  gpu.func @k() kernel attributes {kernel.threads = 32 : i64} {
    gpu.return
  }
}
kernel.program @infer arena 64 inputs [] outputs [] {
  // expected-error @below {{launches @k, which no pass of this phase lowered}}
  kernel.launch @k []
}

// -----

gpu.module @kernels {
  // expected-error @below {{wants 2048 threads a block, at most 1024 are possible}}
  gpu.func @k() kernel attributes {kernel.grid = 2 : i64, kernel.threads = 2048 : i64} {
    gpu.return
  }
}
kernel.program @infer arena 64 inputs [] outputs [] {
  kernel.launch @k []
}

// -----

module attributes {kernel.machine = #kernel.gpu<multiprocessors = 8, shared_bytes = 49152>} {
gpu.module @kernels {
  // expected-error @below {{wants 65536 bytes of shared memory, 49152 are there}}
  gpu.func @k() kernel attributes {kernel.grid = 2 : i64, kernel.threads = 32 : i64, kernel.shared = 65536 : i64} {
    gpu.return
  }
}
kernel.program @infer arena 64 inputs [] outputs [] {
  kernel.launch @k []
}
}
