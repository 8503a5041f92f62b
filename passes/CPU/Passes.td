#ifndef MOEC_PASSES_CPU_PASSES_TD
#define MOEC_PASSES_CPU_PASSES_TD

include "mlir/Pass/PassBase.td"

class MoecCPUPass<string name, string operation> : Pass<name, operation> {
  let dependentDialects = [
    "::mlir::arith::ArithDialect", "::mlir::math::MathDialect", "::mlir::memref::MemRefDialect",
    "::mlir::scf::SCFDialect", "::mlir::vector::VectorDialect"];
}

def LowerContractPass : MoecCPUPass<"moec-lower-contract", "::mlir::func::FuncOp"> {
  let summary = "Lower kernel.contract on memrefs to loops over vectors";
  let description = [{
    Replaces the `kernel.contract` of a `kernel.function` by the code for blocks
    [%begin, %end) of its grid and sets `kernel.blocks` and `kernel.scratch`.
    A block is one tile of one group. It packs a panel of either operand into
    scratch (gather, transposition and the `lhs`/`rhs` region happen there, and
    a panel is kept while consecutive blocks share it; a right operand whose columns
    lie as the register tile reads them, as those that `moec-pack-operands` stores, is
    multiplied in place, and so are evenly spaced rows of a left one that are contiguous along k), runs a register tile of FMAs over the panels, and applies `epilogue` before the only store. See
    docs/performance.md. Vectors are those of the module's machine, a `#kernel.cpu`.

    A schedule must be present (`moec-assign-schedule`).
  }];
}

def LowerAttendPass : MoecCPUPass<"moec-lower-attend", "::mlir::func::FuncOp"> {
  let summary = "Lower kernel.attend on memrefs to loops over vectors";
  let description = [{
    Replaces the `kernel.attend` of a `kernel.function` by the code for blocks
    [%begin, %end) of its grid and sets `kernel.blocks` and `kernel.scratch`. A
    block is `tile[0]` rows of the query of one group. Keys and values are packed
    as left operands of contractions, once for consecutive blocks of a group
    where they fit into 8 MiB, and the query as right one. Keys are taken `tile[1]`
    at a time, for a strip of rows of the query after the other: their scores, the
    softmax over them, and the product with the values, by the register tile
    `micro` that contractions use, whose columns are rows of the query. So these
    lie in lanes, and what the softmax adds up does not. Scores of a strip are in
    scratch; the result is turned around where it is stored.

    A schedule must be present (`moec-assign-schedule`).
  }];
}

def LowerAttendGradPass : MoecCPUPass<"moec-lower-attend-grad", "::mlir::func::FuncOp"> {
  let summary = "Lower kernel.attend_grad on memrefs to loops over vectors";
  let description = [{
    Replaces the `kernel.attend_grad` of a `kernel.function` by the code for blocks
    [%begin, %end) of its grid and sets `kernel.blocks` and `kernel.scratch`. A
    block is a group: `tile[1]` keys at a time, and for them `tile[0]` rows of the
    query at a time, it computes scores and the gradients of their weights, what
    these become, and three products with them, by the register tile `micro` that
    contractions use. What is of s * t elements is in scratch, a block of it a
    thread; so are the sums of an out that needs several blocks.

    A schedule must be present (`moec-assign-schedule`).
  }];
}

def LowerRowsPass : MoecCPUPass<"moec-lower-rows", "::mlir::func::FuncOp"> {
  let summary = "Lower kernel.rows on memrefs to loops over vectors";
  let description = [{
    Replaces the `kernel.rows` of a `kernel.function` by the code for blocks
    [%begin, %end) of its grid. The vector loop is the one with the cheapest
    accesses: the reduction (accumulators in lanes, one horizontal step a row, in
    a fixed tree), or the rows themselves, one a lane. Operands that are neither
    contiguous nor constant along it are gathered; a `missed` remark names them.
  }];
}

def LowerMapPass : MoecCPUPass<"moec-lower-map", "::mlir::func::FuncOp"> {
  let summary = "Lower kernel.map on memrefs to loops over vectors";
  let description = [{
    As `moec-lower-rows`, with the vectors of the module's machine. Dimensions that are contiguous together for all operands
    become one long vector loop; all inputs of a point are loaded before an out of
    it is stored, so an out may be an input. Of the other dimensions the one that moves least in the first out runs
    fastest, so that stores go from line to line.
  }];
}

def SplitMaskedStoresPass : MoecCPUPass<"moec-split-masked-stores", "::mlir::func::FuncOp"> {
  let summary = "Store vectors that are cut in whole pieces";
  let description = [{
    A `vector.maskedstore` whose mask is a `vector.constant_mask` becomes a store of 4, of 2 and of 1 of its lanes, as
    many of them as are set. On machines with vectors of 64 bytes, which have masks, it stays.
  }];
}

def OutlineLoopsPass : Pass<"moec-outline-loops", "::mlir::ModuleOp"> {
  let summary = "Give loops with polynomials, beside register tiles, functions of their own";
  let description = [{
    An innermost loop that uses eight vectors or more that are constants, in a `kernel.function` with another loop that
    carries more than half of the machine's registers, becomes a private function and a call: LLVM assigns registers to a
    function at a time, and would load the constants again at each use.
  }];
  let dependentDialects = ["::mlir::func::FuncDialect", "::mlir::LLVM::LLVMDialect"];
}

def ExpandBF16Pass : Pass<"moec-expand-bf16", "::mlir::func::FuncOp"> {
  let summary = "Move bf16 as 16-bit integers and convert it by shifts";
  let description = [{
    A bf16 in memory or in a vector becomes an i16; `arith.extf` to f32 is a shift by 16 bits, and
    `arith.truncf` rounds with integer ops (to nearest, ties to even; a NaN stays a NaN), or with the CPU's
    instruction if the module's machine has `bf16_rounding`. Other arithmetic on bf16 is an error: kernels compute in f32. So are vectors of more
    than 65536 elements, which the LLVM dialect would hold element by element.
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::LLVM::LLVMDialect",
                           "::mlir::vector::VectorDialect"];
}

def ExtractBuiltinsPass : Pass<"moec-extract-builtins", "::mlir::ModuleOp"> {
  let summary = "Leave kernels to the runtime that it has functions for";
  let description = [{
    A `kernel.function` whose kernel is a `BuiltinKernelOpInterface`, `kernel.route` for one, becomes a
    declaration with `kernel.builtin = "route"` and `kernel.attributes`, as the op says: routing is counting, not
    arithmetic, and the runtime's own function does it (docs/module-format.md).
  }];
}

def KernelABIPass : Pass<"moec-kernel-abi", "::mlir::ModuleOp"> {
  let summary = "Give kernels the C interface of the module format";
  let description = [{
    `llvm.func @k(ptr..., i64, i64, ptr)` becomes private and is called by a new
    `@k(void *const *args, int64_t begin, int64_t end, void *scratch)`, which
    loads the operand addresses from `args` (docs/module-format.md).
  }];
  let dependentDialects = ["::mlir::LLVM::LLVMDialect"];
}

def VerifyCPUPass : Pass<"moec-verify-cpu", "::mlir::ModuleOp"> {
  let summary = "Check that all that is launched can be called";
  let description = [{
    What a `kernel.launch` names is a builtin of the runtime, or a function with `kernel.blocks` and
    `kernel.scratch`: what the manifest says of it.
  }];
}

def VerifyLLVMPass : Pass<"moec-verify-llvm", "::mlir::ModuleOp"> {
  let summary = "Check that all is LLVM's and the runtime can call it";
  let description = [{
    Functions have ops of the LLVM dialect alone, no cast that nothing resolved among them. What a `kernel.launch` names is a builtin of
    the runtime, or a function with the C interface of kernels (docs/module-format.md) and what `moec-verify-cpu` asks for.
  }];
}

#endif
