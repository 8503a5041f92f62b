#ifndef MOEC_DIALECTS_KERNEL_KERNELPROGRAMOPS_TD
#define MOEC_DIALECTS_KERNEL_KERNELPROGRAMOPS_TD

include "dialects/Kernel/KernelAttrs.td"
include "mlir/IR/SymbolInterfaces.td"

def Kernel_AddressAttr : AttrDef<Kernel_Dialect, "Address"> {
  let mnemonic = "address";
  let summary = "Where an argument of a launch lies";
  let description = [{
    In iteration `it` of the enclosing `kernel.loop` (0 outside), in bytes:

      block + offset + it * stride + ((it + shift) mod modulus) * size

    The operand takes `bytes` bytes from there. Blocks: the variables of one role (`parameter`, `statistic`,
    `moment`, `shadow`, `derived`), `arena`, and `in:NAME`, `host:NAME`, `out:NAME`.

    Example: `#kernel.address<"arena", offset = 4096, bytes = 8192, shift = 1, modulus = 2, size = 8192>`
  }];
  let parameters = (ins StringRefParameter<>:$block, "int64_t":$offset, "int64_t":$bytes,
    DefaultValuedParameter<"int64_t", "0">:$stride, DefaultValuedParameter<"int64_t", "0">:$shift,
    DefaultValuedParameter<"int64_t", "1">:$modulus, DefaultValuedParameter<"int64_t", "0">:$size);
  let assemblyFormat = "`<` $block `,` struct($offset, $bytes, $stride, $shift, $modulus, $size) `>`";
  let genVerifyDecl = 1;
}
def Kernel_AddressArrayAttr : TypedArrayAttrBase<Kernel_AddressAttr, "addresses">;

def Kernel_ProgramOp : Kernel_Op<"program", [Symbol, IsolatedFromAbove, NoTerminator, SingleBlock]> {
  let summary = "An entry point: launches in order, with every address planned";
  let description = [{
    `arena` is the size in bytes of the memory that the program needs beside the
    blocks of inputs, outputs and variables. `inputs` are dictionaries `{name, dtype, shape, source}`, where the source
    is "field" or "host", `outputs` are `{name, dtype, shape, kind}`, where the kind is "output" or "metric".

    Example:

    ```mlir
    func.func private @k0(memref<8xf32>, memref<8xf32>, index, index, memref<?xi8>)
    kernel.program @infer arena 64 inputs [{name = "x", dtype = "f32", shape = [8], source = "field"} ]
        outputs [{name = "y", dtype = "f32", shape = [8], kind = "output"} ] {
      kernel.launch @k0 [#kernel.address<"in:x", offset = 0, bytes = 32>,
                         #kernel.address<"arena", offset = 0, bytes = 32>]
      kernel.loop 4 {
        kernel.launch @k0 [#kernel.address<"arena", offset = 0, bytes = 32>,
                           #kernel.address<"out:y", offset = 0, bytes = 32>]
      }
    }
    ```
  }];
  let arguments = (ins SymbolNameAttr:$sym_name, I64Attr:$arena, ArrayAttr:$inputs, ArrayAttr:$outputs);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = "$sym_name `arena` $arena `inputs` $inputs `outputs` $outputs custom<Isolated>($body) attr-dict";
  let hasRegionVerifier = 1;
}

def Kernel_LoopOp : Kernel_Op<"loop", [IsolatedFromAbove, NoTerminator, SingleBlock, ParentOneOf<["ProgramOp"]>]> {
  let summary = "Launches repeated `count` times; loops do not nest";
  let description = [{ Example: see `kernel.program`. }];
  let arguments = (ins I64Attr:$count);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = "$count custom<Isolated>($body) attr-dict";
  let hasVerifier = 1;
}

def Kernel_LaunchOp : Kernel_Op<"launch", [ParentOneOf<["ProgramOp", "LoopOp"]>]> {
  let summary = "One launch of a kernel function over its whole grid";
  let description = [{
    One address for each memref of the kernel function but the scratch, in order.

    Example: see `kernel.program`.
  }];
  let arguments = (ins FlatSymbolRefAttr:$kernel, Kernel_AddressArrayAttr:$args);
  let assemblyFormat = "$kernel $args attr-dict";
}

#endif
