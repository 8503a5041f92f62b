#ifndef MOEC_DIALECTS_KERNEL_KERNELINTERFACES_TD
#define MOEC_DIALECTS_KERNEL_KERNELINTERFACES_TD

include "mlir/IR/OpBase.td"

def Kernel_OpInterface : OpInterface<"KernelOpInterface"> {
  let cppNamespace = "::moec::kernel";
  let description = [{
    What every op that is one launch says of itself, so that no pass has to know
    which ops there are.
  }];
  let methods = [
    InterfaceMethod<"The inputs, the first operands.", "::mlir::OperandRange", "getInputs">,
    InterfaceMethod<"The destinations, the other operands, tied to the results on tensors.",
                    "::mlir::OperandRange", "getOuts">,
    InterfaceMethod<"Extents of the space whose points can be computed independently of each other, "
                    "from which a lowering makes its grid; empty for an op that is one block.",
                    "::llvm::ArrayRef<int64_t>", "getGrid">,
    InterfaceMethod<"Floating-point operations, 2 per multiply-add of a contraction; 0 for other kernels, "
                    "whose work is memory traffic. Ragged rows are counted once, whatever their group.",
                    "int64_t", "getFlops", (ins), "", "return 0;">,
    InterfaceMethod<"Bytes of all operands, each once: the least that must be moved.", "int64_t", "getBytes",
                    (ins), "", "return ::moec::kernel::getOperandBytes($_op);">,
    InterfaceMethod<"What is done with an input, as far as it matters for its precision.",
                    "::moec::kernel::InputUse", "getInputUse", (ins "unsigned":$input)>,
    InterfaceMethod<"When an out may be rounded to bf16 as it is stored.", "::moec::kernel::OutRounding",
                    "getOutRounding", (ins "unsigned":$out), "",
                    "return ::moec::kernel::OutRounding::Always;">,
    InterfaceMethod<"So many inputs keep their places whatever becomes of the others.", "unsigned",
                    "getNumFixedInputs", (ins), "", "return 0;">,
  ];
}

def Kernel_BuiltinOpInterface : OpInterface<"BuiltinKernelOpInterface"> {
  let cppNamespace = "::moec::kernel";
  let description = [{
    A kernel that the runtime has a function for on the CPU (a host call, docs/module-format.md):
    there it is not compiled, but called by name.
  }];
  let methods = [
    InterfaceMethod<"The name of the host call, without `builtin:`.", "::llvm::StringRef", "getBuiltinName">,
    InterfaceMethod<"What the host call is told, as the manifest has it.", "::mlir::DictionaryAttr",
                    "getBuiltinAttributes">,
  ];
}

def Kernel_RoutingOpInterface : OpInterface<"RoutingKernelOpInterface"> {
  let cppNamespace = "::moec::kernel";
  let description = [{
    A router: reads gates [items, experts], its first operand, and makes a plan, its last result, the buffer of
    `!moe.routing` with its getChoices() and getRows(). Other results have a row for each item.
  }];
  let methods = [
    InterfaceMethod<"Items of the gates.", "int64_t", "getItems">,
    InterfaceMethod<"Experts of the gates.", "int64_t", "getExperts">,
    InterfaceMethod<"Choices of all items, dropped ones too.", "int64_t", "getChoices">,
    InterfaceMethod<"Upper bound of dispatched rows.", "int64_t", "getRows">,
    InterfaceMethod<"Whether each of `parts` equal runs of neighbouring items can be routed by itself: none competes "
                    "with items of another.", "bool", "canRouteParts", (ins "int64_t":$parts)>,
    InterfaceMethod<"Becomes the router of one such part, whose gates are its first operand by then; the types of its "
                    "results are up to the caller.", "void", "becomePart", (ins "int64_t":$parts)>,
  ];
}

def Kernel_StructuredOpInterface : OpInterface<"StructuredKernelOpInterface"> {
  let cppNamespace = "::moec::kernel";
  let description = [{
    What `kernel.contract`, `kernel.attend`, `kernel.attend_grad`, `kernel.rows` and `kernel.map` share: an
    iteration space, inputs and outs with indexing maps, gathers and a ragged dimension.
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
    InterfaceMethod<"The operand of kernel.yield that is stored in an out.", "::mlir::OpOperand &", "getStored",
                    (ins "unsigned":$out)>,
    InterfaceMethod<"Where a map that reads every element of an out may move to.", "::moec::kernel::OutFusion",
                    "getOutFusion", (ins "unsigned":$out), "", "return ::moec::kernel::OutFusion::Beside;">,
    InterfaceMethod<"The regions whose one value is multiplied, all of one type, f32 or bf16; none if "
                    "the op multiplies no matrices.", "::llvm::SmallVector<::mlir::Region *>", "getFactors",
                    (ins), "", "return {};">,
    InterfaceMethod<"The dims of the matrix that input `input` is, if it is that of a factor: it is packed, so that "
                    "it may be contiguous along either.", "::llvm::SmallVector<unsigned>", "getMatrixDims",
                    (ins "unsigned":$input), "", "return {};">,
    InterfaceMethod<"How the op is tiled; null if nobody chose that.", "::moec::kernel::ScheduleAttr",
                    "getScheduleAttr">,
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
