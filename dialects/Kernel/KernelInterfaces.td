#ifndef MOEC_DIALECTS_KERNEL_KERNELINTERFACES_TD
#define MOEC_DIALECTS_KERNEL_KERNELINTERFACES_TD

include "mlir/IR/OpBase.td"

def Kernel_StructuredOpInterface : OpInterface<"StructuredKernelOpInterface"> {
  let cppNamespace = "::moec::kernel";
  let description = [{
    What `kernel.contract`, `kernel.rows` and `kernel.map` share: an iteration
    space, inputs and outs with indexing maps, gathers and a ragged dimension.
  }];
  let methods = [
    InterfaceMethod<"The inputs.", "::mlir::OperandRange", "getInputs">,
    InterfaceMethod<"The destinations, tied to the results on tensors.",
                    "::mlir::OperandRange", "getOuts">,
    InterfaceMethod<"Extents of the iteration space.", "::llvm::ArrayRef<int64_t>", "getDims">,
    InterfaceMethod<"One map an input, then one an out.", "::mlir::ArrayAttr", "getIndexingMaps">,
    InterfaceMethod<"For each input the input that holds its row numbers, or -1.",
                    "::llvm::ArrayRef<int32_t>", "getGathers">,
    InterfaceMethod<"The ragged dimension, if any.", "::std::optional<uint64_t>", "getRaggedDim">,
    InterfaceMethod<"The input that holds the group offsets.", "::std::optional<uint64_t>", "getOffsets">,
  ];
  let extraSharedClassDeclaration = [{
    /// Map of input `i`.
    ::mlir::AffineMap getInputMap(unsigned i) {
      return ::llvm::cast<::mlir::AffineMapAttr>($_op.getIndexingMaps()[i]).getValue();
    }
    /// Map of out `i`.
    ::mlir::AffineMap getOutMap(unsigned i) {
      return getInputMap($_op.getInputs().size() + i);
    }
    /// The input with the row numbers of input `i`, or -1.
    int32_t getGather(unsigned i) {
      return $_op.getGathers().empty() ? -1 : $_op.getGathers()[i];
    }
  }];
}

#endif
