// RUN: moec-opt %s --pass-pipeline='builtin.module(gpu.module(moec-gpu-to-nvvm))' --verify-diagnostics

// Each tensor map is a parameter, behind the operands.

gpu.module @kernels {
  // expected-error @+1 {{expected an argument for each of its 2 tensor maps, got 1}}
  gpu.func @k(%map: !llvm.ptr) kernel attributes {kernel.tensor_maps = [
      #kernel.tensor_map<operand = 0, element = bf16, shape = [64, 128], strides = [128], box = [64, 64], swizzle = 128>,
      #kernel.tensor_map<operand = 1, element = bf16, shape = [64, 128], strides = [128], box = [64, 64], swizzle = 128>]} {
    gpu.return
  }
}
