// RUN: moec-opt %s --moec-verify-nvvm --split-input-file --verify-diagnostics

// Addresses, the workspace, tensor maps.
gpu.module @kernels {
  llvm.func @k(%x: !llvm.ptr, %workspace: !llvm.ptr, %map: !llvm.ptr) attributes {nvvm.kernel, kernel.grid = 2 : i64, kernel.threads = 32 : i64,
      kernel.workspace = 64 : i64,
      kernel.tensor_maps = [#kernel.tensor_map<operand = 0, element = bf16, shape = [64, 128], strides = [128], box = [64, 64], swizzle = 128>]} {
    %t = nvvm.read.ptx.sreg.tid.x : i32
    llvm.return
  }
}
kernel.program @infer arena 64 inputs [] outputs [] {
  kernel.launch @k [#kernel.address<arena, offset = 0, bytes = 64>]
}

// -----

// Nothing is launched.
kernel.program @infer arena 64 inputs [] outputs [] {
}

// -----

gpu.module @kernels {
  llvm.func @cast(%p: !llvm.ptr) {
    // expected-error @below {{'builtin.unrealized_conversion_cast' op is left in @cast; expected ops of llvm and nvvm alone}}
    %m = builtin.unrealized_conversion_cast %p : !llvm.ptr to memref<8xf32>
    llvm.return
  }
}

// -----

gpu.module @kernels {
  // expected-error @below {{'gpu.func' op is left in @k; expected ops of llvm and nvvm alone}}
  gpu.func @k() kernel {
    gpu.return
  }
}

// -----

kernel.program @infer arena 64 inputs [] outputs [] {
  // expected-error @below {{launches @k, which no pass of this phase lowered}}
  kernel.launch @k []
}

// -----

gpu.module @kernels {
  // expected-error @below {{is launched: expected an nvvm.kernel with a body, no result and 0 parameters of type '!llvm.ptr', got '!llvm.func<void (ptr)>'}}
  llvm.func @k(%x: !llvm.ptr) attributes {nvvm.kernel, kernel.grid = 2 : i64, kernel.threads = 32 : i64} {
    llvm.return
  }
}
kernel.program @infer arena 64 inputs [] outputs [] {
  // expected-note @below {{the launch}}
  kernel.launch @k []
}

// -----

gpu.module @kernels {
  // expected-error @below {{and 1 parameters of type '!llvm.ptr', got '!llvm.func<void (i32)>'}}
  llvm.func @k(%x: i32) attributes {nvvm.kernel, kernel.grid = 2 : i64, kernel.threads = 32 : i64} {
    llvm.return
  }
}
kernel.program @infer arena 64 inputs [] outputs [] {
  // expected-note @below {{the launch}}
  kernel.launch @k [#kernel.address<arena, offset = 0, bytes = 64>]
}

// -----

gpu.module @kernels {
  // expected-error @below {{expected an nvvm.kernel with a body}}
  llvm.func @k() attributes {kernel.grid = 2 : i64, kernel.threads = 32 : i64} {
    llvm.return
  }
}
kernel.program @infer arena 64 inputs [] outputs [] {
  // expected-note @below {{the launch}}
  kernel.launch @k []
}
