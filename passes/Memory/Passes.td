#ifndef MOEC_PASSES_MEMORY_PASSES_TD
#define MOEC_PASSES_MEMORY_PASSES_TD

include "mlir/Pass/PassBase.td"

def PlaceVariablesPass : Pass<"moec-place-variables", "::mlir::ModuleOp"> {
  let summary = "Give every variable its place among those of its role";
  let description = [{
    The variables of a role share a block of memory; this pass sets where each begins (`at`, in bytes): in the
    order of the module, on multiples of 64 bytes. Variables that an entry reads as one tensor (`tensor.concat`) lie
    side by side, without gaps, so that reading and writing all of them at once needs no copy.

    Before:

    ```mlir
    moe.variable @w : tensor<3xf32> role(parameter)
    moe.variable @v : tensor<8xf32> role(parameter)
    moe.variable @u : tensor<2xf32> role(parameter)
    // %wu = tensor.concat dim(0) %w, %u, in some function
    ```

    After:

    ```mlir
    moe.variable @w : tensor<3xf32> role(parameter) at 0
    moe.variable @v : tensor<8xf32> role(parameter) at 64
    moe.variable @u : tensor<2xf32> role(parameter) at 12
    ```

    Errors: more than 2^50 bytes of a role.
  }];
}

def PlanMemoryPass : Pass<"moec-plan-memory", "::mlir::ModuleOp"> {
  let summary = "Give every tensor an address and outline the kernels";
  let description = [{
    Turns each function of kernel ops on tensors (and `moe.repeat`) into a
    `kernel.program`: launches with planned addresses, and one function
    on memrefs for each kernel op. All memory of a step is one arena beside the blocks
    of inputs, outputs and variables. Values carried by a repeat live in rings, stacked results in their slices, parts of
    a `tensor.concat` side by side, function results in their blocks; a copy kernel is inserted only where two homes
    compete. The new value of a variable is written in its place if all kernels that read the old one have run by
    then, else copied there when the entry ends. Each plan is checked: the bytes that a kernel reads are those of its
    operands.

    Before:

    ```mlir
    func.func @infer(%x: tensor<8xf32> {moe.field = "x"}) -> (tensor<8xf32> {moe.output = "y"}) {
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
      kernel.launch @k0_map [#kernel.address<field "x", offset = 0, bytes = 32>, #kernel.address<output "y", offset = 0, bytes = 32>]
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

def VerifyMemoryPass : Pass<"moec-verify-memory", "::mlir::ModuleOp"> {
  let summary = "Check what programs launch";
  let description = [{
    Nothing works on a tensor any more. Every `kernel.launch` names a kernel function of the module, with one address
    for each of its operands: of at least as many bytes as the operand has, in a block that there is, and inside of it
    in every iteration. A kernel function says how many of its operands it writes. (That a kernel finds there what it
    reads is checked for each plan as it is made.)
  }];
  let dependentDialects = ["::moec::kernel::KernelDialect"];
}

#endif
