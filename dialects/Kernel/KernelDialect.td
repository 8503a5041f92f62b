#ifndef MOEC_DIALECTS_KERNEL_KERNELDIALECT_TD
#define MOEC_DIALECTS_KERNEL_KERNELDIALECT_TD

include "dialects/KnownAttributes.td"

def Kernel_Dialect : Dialect {
  let name = "kernel";
  let cppNamespace = "::moec::kernel";
  let summary = "One op is one launch; fused work is a region that grew";
  let description = [{
    Every op of this dialect is one launch on the device. It names its iteration
    space (`dims`), its operands with one indexing map each, and scalar regions
    that say what happens to an element. Fusion moves a producer into the region
    that reads it and a consumer into the region that writes. The same ops exist
    on tensors (results tied to `outs`) and on memrefs (no results).

    Operands are dense and row-major. In every region the block arguments start
    with one scalar per input, in the order of `ins`: the element that the
    input's map selects at the current point. An unused argument is not loaded.
    Nothing else reaches a region from outside: constants are made inside, so that
    a kernel op can be outlined as it stands.

    Elements are f32, bf16, i32 or u8. bf16 is a format of memory and of the operands
    of a contraction: a region extends it (`arith.extf`) before it computes, and rounds
    to it (`arith.truncf`, to nearest, ties to even) what an out or a contraction takes
    as bf16. Sums are f32.

    Row gather: if `gathers[p] = q >= 0`, then dimension 0 of input `p` is not
    read at the first result of its map (write 0 there) but at the i32 value that
    input `q` has at this point. A negative value means "no such row": the element
    is 0.

    Ragged dimension: with `ragged D by O`, dimension `D` does not run from 0 but,
    for group `g` (dimension 0), over `[offsets[g], offsets[g+1])`, where `offsets`
    is input `O` (i32, read through its map at g and g+1). `dims[D]` is then the
    upper bound of all rows; maps see the absolute row.
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::math::MathDialect"];
  let useDefaultAttributePrinterParser = 1;
  let hasOperationAttrVerify = 1;
  let hasRegionArgAttrVerify = 1;
  let hasRegionResultAttrVerify = 1;
}

class Kernel_Op<string mnemonic, list<Trait> traits = []>
    : Op<Kernel_Dialect, mnemonic, !listconcat([KnownAttributes], traits)>;

#endif
