#ifndef MOEC_DIALECTS_KERNEL_KERNELATTRS_TD
#define MOEC_DIALECTS_KERNEL_KERNELATTRS_TD

include "dialects/Kernel/KernelDialect.td"
include "mlir/IR/AttrTypeBase.td"
include "mlir/IR/EnumAttr.td"

def Kernel_ScheduleAttr : AttrDef<Kernel_Dialect, "Schedule"> {
  let mnemonic = "schedule";
  let summary = "How a kernel is tiled";
  let description = [{
    `tile`: for `kernel.contract` the block of the output that one grid cell
    computes and the depth packed at a time, `[m, n, k]`; for `kernel.rows` and
    `kernel.map` the rows and columns of one grid cell. `micro`: the register tile
    `[rows, columns]`; for row kernels the number of vector lanes.

    Example: `#kernel.schedule<tile = [96, 256, 512], micro = [12, 32]>`
  }];
  let parameters = (ins ArrayRefParameter<"int64_t">:$tile,
                        ArrayRefParameter<"int64_t">:$micro);
  let assemblyFormat = "`<` `tile` `=` `[` $tile `]` `,` `micro` `=` `[` $micro `]` `>`";
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
def Kernel_CombinerArrayAttr : TypedArrayAttrBase<Kernel_CombinerAttr, "combiners">;

#endif
