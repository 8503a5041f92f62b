#ifndef MOEC_PASSES_MEMORY_PASSES_TD
#define MOEC_PASSES_MEMORY_PASSES_TD

include "mlir/Pass/PassBase.td"

def PlanMemoryPass : Pass<"moec-plan-memory", "::mlir::ModuleOp"> {
  let summary = "Give every tensor an address and outline the kernels";
  let description = [{
    Turns each function of kernel ops on tensors (and `moe.repeat`) into a
    `kernel.program`: launches with planned addresses, and one function
    on memrefs for each kernel op. All memory of a step is one arena beside the blocks
    of inputs, outputs, parameters, gradients and optimizer state. Values carried by a
    repeat live in rings, stacked results in their slices, function results in
    their blocks; a copy kernel is inserted only where two homes compete.

    Before:

    ```mlir
    func.func @infer(%x: tensor<8xf32> {moe.input = "x"}) -> (tensor<8xf32> {moe.output = "y"}) {
      %e = tensor.empty() : tensor<8xf32>
      %y = kernel.map dims [8] ins(%x : tensor<8xf32>) outs(%e : tensor<8xf32>) maps [..] body {..} -> tensor<8xf32>
      return %y : tensor<8xf32>
    }
    ```

    After:

    ```mlir
    func.func @k0_map(%x: memref<8xf32>, %y: memref<8xf32>, %begin: index, %end: index, %scratch: memref<?xi8>) {
      kernel.map dims [8] ins(%x : memref<8xf32>) outs(%y : memref<8xf32>) maps [..] body {..}
      return
    }
    kernel.program @infer arena 0 inputs [..] outputs [..] {
      kernel.launch @k0_map [#kernel.address<"in:x", offset = 0>, #kernel.address<"out:y", offset = 0>]
    }
    ```
  }];
  let dependentDialects = ["::moec::kernel::KernelDialect", "::mlir::func::FuncDialect",
                           "::mlir::memref::MemRefDialect", "::mlir::tensor::TensorDialect"];
}

def MergeKernelsPass : Pass<"moec-merge-kernels", "::mlir::ModuleOp"> {
  let summary = "Keep one copy of kernels that do the same";
  let description = [{
    Kernel functions with equal bodies become one; launches follow. The names of
    their model nodes are joined.
  }];
}

def MergeProgramsPass : Pass<"moec-merge-programs", "::mlir::ModuleOp"> {
  let summary = "Append @update to @train_step";
  let description = [{
    The entry `train_step` is forward, backward and optimizer update in one program: the launches of
    `@update` follow those of `@train_step`; the arena is shared, inputs of the same name are one.
  }];
}

#endif
