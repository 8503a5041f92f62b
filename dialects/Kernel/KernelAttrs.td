#ifndef MOEC_DIALECTS_KERNEL_KERNELATTRS_TD
#define MOEC_DIALECTS_KERNEL_KERNELATTRS_TD

include "dialects/Kernel/KernelDialect.td"
include "dialects/Kernel/KernelMachine.td"
include "dialects/VariableRoles.td"
include "mlir/IR/AttrTypeBase.td"
include "mlir/IR/EnumAttr.td"

def Kernel_VariantDefault : I32EnumAttrCase<"Default", 0, "default">;
def Kernel_VariantSimt : I32EnumAttrCase<"Simt", 1, "simt">;
def Kernel_VariantMma : I32EnumAttrCase<"MmaSync", 2, "mma.sync">;
def Kernel_VariantSkinny : I32EnumAttrCase<"Skinny", 3, "skinny">;
def Kernel_VariantWgmma : I32EnumAttrCase<"Wgmma", 4, "wgmma">;
def Kernel_Variant : I32EnumAttr<"Variant", "the code that a product of matrices gets on a GPU",
    [Kernel_VariantDefault, Kernel_VariantSimt, Kernel_VariantMma, Kernel_VariantSkinny, Kernel_VariantWgmma]> {
  let cppNamespace = "::moec::kernel";
  let genSpecializedAttr = 0;
}

def Kernel_ScheduleAttr : AttrDef<Kernel_Dialect, "Schedule"> {
  let mnemonic = "schedule";
  let summary = "How a kernel is tiled";
  let description = [{
    `tile`: for `kernel.contract` the block of the output that one grid cell
    computes and the depth packed (CPU) or staged in shared memory (GPU) at a time,
    `[m, n, k]`; for `kernel.attend` its rows and the keys at a time, `[s, t]`, on the GPU `[s, t, e, d]`, with the
    columns of the result and the depth of the scores at a time; for `kernel.attend_grad` those of which it has scores at a time, on the
    GPU what a block owns of either, what it meets at a time, and the columns of value and key; for
    `kernel.rows` and `kernel.map` the rows and columns of one
    grid cell. `micro`: the register tile `[rows, columns]` of the core, the GPU
    thread (`simt`) or the warp (`mma.sync`); for row kernels the number of vector
    lanes.

    On the GPU also, where they are not the default: `variant`, the code that a
    contraction or attention gets (`simt`, `mma.sync`, `skinny`, `wgmma`); `stages`, how many
    tiles along k, or of keys, are in shared memory at a time; `warps`, in how many parts, each with
    warps of its own, a tile's depth is split (`skinny`).

    Sizes lie between 1 and 2^20, so that products of two and their bytes fit into
    64 bits; stages and warps, where they are given, between 1 and 64.

    Examples: `#kernel.schedule<tile = [96, 256, 512], micro = [12, 32]>`,
    `#kernel.schedule<tile = [128, 128, 32], micro = [64, 32], variant = mma.sync, stages = 3>`
  }];
  let parameters = (ins ArrayRefParameter<"int64_t">:$tile,
                        ArrayRefParameter<"int64_t">:$micro,
                        DefaultValuedParameter<"::moec::kernel::Variant", "::moec::kernel::Variant::Default">:$variant,
                        DefaultValuedParameter<"int64_t", "0">:$stages,
                        DefaultValuedParameter<"int64_t", "0">:$warps);
  let builders = [AttrBuilder<(ins "::llvm::ArrayRef<int64_t>":$tile,
                                   "::llvm::ArrayRef<int64_t>":$micro), [{
    return $_get($_ctxt, tile, micro, ::moec::kernel::Variant::Default, 0, 0);
  }]>];
  let hasCustomAssemblyFormat = 1;
  let genVerifyDecl = 1;
}

def Kernel_CombinerAdd : I32EnumAttrCase<"Add", 0, "add">;
def Kernel_CombinerMax : I32EnumAttrCase<"Max", 1, "max">;
def Kernel_Combiner : I32EnumAttr<"Combiner", "how a reduction joins two values",
    [Kernel_CombinerAdd, Kernel_CombinerMax]> {
  let cppNamespace = "::moec::kernel";
  let genSpecializedAttr = 0;
}
def Kernel_CombinerAttr : EnumAttr<Kernel_Dialect, Kernel_Combiner, "combiner"> {
  let assemblyFormat = "`<` $value `>`";
}
def Kernel_PriorityPosition : I32EnumAttrCase<"Position", 0, "position">;
def Kernel_PriorityImportance : I32EnumAttrCase<"Importance", 1, "importance">;
def Kernel_Priority : I32EnumAttr<"Priority", "who is served first where an expert is full",
    [Kernel_PriorityPosition, Kernel_PriorityImportance]> {
  let cppNamespace = "::moec::kernel";
  let genSpecializedAttr = 0;
}
def Kernel_PriorityAttr : EnumAttr<Kernel_Dialect, Kernel_Priority, "priority"> {
  let assemblyFormat = "$value";
}
def Kernel_CombinerArrayAttr : TypedArrayAttrBase<Kernel_CombinerAttr, "combiners">;

def Kernel_BlockKind : I32EnumAttr<"BlockKind", "whose memory a block is", !listconcat(VariableRoles, [
    I32EnumAttrCase<"Arena", 5, "arena">, I32EnumAttrCase<"Field", 6, "field">,
    I32EnumAttrCase<"Host", 7, "host">, I32EnumAttrCase<"Output", 8, "output">,
    I32EnumAttrCase<"Metric", 9, "metric">])> {
  let cppNamespace = "::moec::kernel";
  let genSpecializedAttr = 0;
}

def Kernel_TensorMapAttr : AttrDef<Kernel_Dialect, "TensorMap"> {
  let mnemonic = "tensor_map";
  let summary = "What a bulk copy of a GPU kernel copies";
  let description = [{
    A tensor at the address of operand `operand`: its elements, `shape` in elements and `strides` in bytes, innermost
    first (the innermost stride is the element, so there is one stride less), the tile `box` that is copied at a time,
    and the swizzle of what it becomes in shared memory, 0, 32, 64 or 128 bytes.

    Example: `#kernel.tensor_map<operand = 0, element = bf16, shape = [96, 6272], strides = [192], box = [64, 128], swizzle = 128>`
  }];
  let parameters = (ins "int64_t":$operand, "::mlir::Type":$element, "::mlir::DenseI64ArrayAttr":$shape,
    "::mlir::DenseI64ArrayAttr":$strides, "::mlir::DenseI64ArrayAttr":$box, "int64_t":$swizzle);
  let assemblyFormat = "`<` struct(params) `>`";
  let genVerifyDecl = 1;
}

#endif
