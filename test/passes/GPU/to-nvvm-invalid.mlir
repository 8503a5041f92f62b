// RUN: moec-opt %s --pass-pipeline='builtin.module(gpu.module(moec-gpu-to-nvvm))' --verify-diagnostics

// Each tensor map is a parameter, behind the operands.

gpu.module @kernels {
  // expected-error @+1 {{expected an argument for each of its 2 tensor maps, got 1}}
  gpu.func @k(%map: !llvm.ptr) kernel attributes {kernel.tensor_maps = [
      {box = [64, 64], dtype = "bf16", operand = 0 : i64, shape = [64, 128], strides = [128], swizzle = 128 : i64},
      {box = [64, 64], dtype = "bf16", operand = 1 : i64, shape = [64, 128], strides = [128], swizzle = 128 : i64}]} {
    gpu.return
  }
}
