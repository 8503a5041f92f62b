#ifndef MOEC_DIALECTS_KERNEL_KERNELPROGRAMOPS_TD
#define MOEC_DIALECTS_KERNEL_KERNELPROGRAMOPS_TD

include "dialects/Kernel/KernelAttrs.td"
include "mlir/IR/SymbolInterfaces.td"

def Kernel_BlockAttr : AttrDef<Kernel_Dialect, "Block"> {
  let mnemonic = "block";
  let summary = "A block of memory that a program works in";
  let description = [{
    The variables of one role (`parameter`, `statistic`, `moment`, `shadow`, `derived`); the memory that the program needs beside
    them, `arena`; or, with its name, what the caller gives (`field`, `host`) or takes (`output`, `metric`).

    Examples: `#kernel.block<arena>`, `#kernel.block<field "image">`
  }];
  let parameters = (ins EnumParameter<Kernel_BlockKind>:$kind, StringRefParameter<"", "\"\"">:$name);
  let hasCustomAssemblyFormat = 1;
  let genVerifyDecl = 1;
}

def Kernel_AddressAttr : AttrDef<Kernel_Dialect, "Address"> {
  let mnemonic = "address";
  let summary = "Where an argument of a launch lies";
  let description = [{
    In iteration `it` of the enclosing `kernel.loop` (0 outside), in bytes:

      block + offset + it * stride + ((it + shift) mod modulus) * size

    The operand takes `bytes` bytes from there. The block is written as in `#kernel.block`.

    Examples: `#kernel.address<arena, offset = 4096, bytes = 8192, shift = 1, modulus = 2, size = 8192>`,
    `#kernel.address<field "x", offset = 0, bytes = 32>`
  }];
  let parameters = (ins "::moec::kernel::BlockAttr":$block, "int64_t":$offset, "int64_t":$bytes,
    DefaultValuedParameter<"int64_t", "0">:$stride, DefaultValuedParameter<"int64_t", "0">:$shift,
    DefaultValuedParameter<"int64_t", "1">:$modulus, DefaultValuedParameter<"int64_t", "0">:$size);
  let assemblyFormat = "`<` custom<Block>($block) `,` struct($offset, $bytes, $stride, $shift, $modulus, $size) `>`";
  let genVerifyDecl = 1;
}
def Kernel_AddressArrayAttr : TypedArrayAttrBase<Kernel_AddressAttr, "addresses">;

def Kernel_PortAttr : AttrDef<Kernel_Dialect, "Port"> {
  let mnemonic = "port";
  let summary = "What the caller of a program gives or takes";
  let description = [{
    One of the caller's blocks (`field`, `host`, `output`, `metric`), and the tensor that fills it: of static shape, of f32,
    i32 or u8 (`i8`), of at most 2^60 elements.

    Examples: `#kernel.port<field "image" : tensor<32x784xi8>>`, `#kernel.port<host "step" : tensor<i32>>`,
    `#kernel.port<metric "loss" : tensor<f32>>`
  }];
  let parameters = (ins "::moec::kernel::BlockAttr":$block, "::mlir::RankedTensorType":$type);
  let assemblyFormat = "`<` custom<Block>($block) `:` $type `>`";
  let genVerifyDecl = 1;
  let extraClassDeclaration = [{
    /// Whether a caller can give or take such a tensor.
    static bool canBe(::mlir::Type type);
  }];
}
def Kernel_PortArrayAttr : TypedArrayAttrBase<Kernel_PortAttr, "ports">;

def Kernel_ProgramOp : Kernel_Op<"program", [Symbol, IsolatedFromAbove, NoTerminator, SingleBlock]> {
  let summary = "An entry point: launches in order, with every address planned";
  let description = [{
    `arena` is the size in bytes of the memory that the program needs beside the
    blocks of inputs, outputs and variables. `inputs` are fields and host values, `outputs` are outputs and metrics; no two
    have one name, but for a field and a host value.

    Example:

    ```mlir
    func.func private @k0(memref<8xf32>, memref<8xf32>, index, index, memref<?xi8>)
    kernel.program @infer arena 64 inputs [#kernel.port<field "x" : tensor<8xf32>>]
        outputs [#kernel.port<output "y" : tensor<8xf32>>] {
      kernel.launch @k0 [#kernel.address<field "x", offset = 0, bytes = 32>,
                         #kernel.address<arena, offset = 0, bytes = 32>]
      kernel.loop 4 {
        kernel.launch @k0 [#kernel.address<arena, offset = 0, bytes = 32>,
                           #kernel.address<output "y", offset = 0, bytes = 32>]
      }
    }
    ```
  }];
  let arguments = (ins SymbolNameAttr:$sym_name, I64Attr:$arena, Kernel_PortArrayAttr:$inputs,
                       Kernel_PortArrayAttr:$outputs);
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
