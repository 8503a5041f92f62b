#ifndef MOEC_PASSES_SCHEDULE_PASSES_TD
#define MOEC_PASSES_SCHEDULE_PASSES_TD

include "mlir/Pass/PassBase.td"

def AssignSchedulePass : Pass<"moec-assign-schedule"> {
  let summary = "Give every kernel.contract, kernel.attend and kernel.attend_grad without a schedule one";
  let description = [{
    A small cost model in cycles chooses the register tile (`micro`) and the block
    of the output that one grid cell computes (`tile`):

    * The register tile of `r` rows and `v` vectors needs `r*v + v + 1` registers
      and per step of k as many cycles as its FMAs (two a cycle), its loads
      (`r + v`, two a cycle) or the FMA latency (4) demand, whichever is largest.
      Rows and columns past the end of the output cost as much as real ones.
    * A block costs its register tiles, an overhead for each, and the packing of
      its panels; a panel that consecutive blocks share is packed once. The model
      adds up what the busiest core does, and a share of what one core alone would do.
    * Costs and caches are those of a machine with such vectors. Rows of the left operand are read in place, and
      blocks are so low that theirs stay in L2. With AVX2 (512 KB of L2) the depth is not cut up to 2048, and the
      right operand comes from L3.

    For `kernel.attend` it is the register tile with the fewest cycles in both products, whose columns are rows of the query;
    `tile` is the rows of a block, such that their sums stay near and there are blocks for all cores, and the keys taken at a time. For
    `kernel.attend_grad`, whose blocks are groups, it is the register tile for all five products, and so many rows and keys at a
    time that weights and their gradients stay in the second-level cache.

    Before that a contraction whose outputs lie contiguous along m and not along
    n is turned over: m and n, `lhs` and `rhs` change places.

    Schedules that are already there are kept. Where the module has `kernel.tuning`, schedules by the names of shapes
    (`TunedShape.h`), these come before the cost model, and the location of each op says which shape it has. One that is none for its shape or the machine is an
    error. For modules whose machine is a `#kernel.cpu`; others are left alone.
  }];
  let options = [Option<"packsOperands", "packs-operands", "bool", /*default=*/"false",
    "moec-pack-operands follows, so packing what it takes of variables costs nothing">];
  let dependentDialects = ["::moec::kernel::KernelDialect"];
}

def SplitBatchPass : Pass<"moec-split-batch", "::mlir::func::FuncOp"> {
  let summary = "Run an entry for a few images at a time";
  let description = [{
    An entry whose results are values of each image, none of which hangs on other images (`BatchParts.h`), becomes one for a part of its batch; its program
    runs `kernel.parts` of them, in an arena for one. A cost model chooses: weights are read once a part. A remark names what forbids it. For a `#kernel.cpu`.
  }];
  let options = [Option<"images", "images", "int64_t", /*default=*/"0", "Images at a time; 0: the model chooses">];
  let dependentDialects = ["::moec::kernel::KernelDialect", "::mlir::tensor::TensorDialect"];
}

def PackOperandsPass : Pass<"moec-pack-operands", "::mlir::ModuleOp"> {
  let summary = "Store operands in the order in which register tiles read them";
  let description = [{
    Where the right operand of a scheduled contraction, its map included, is made of variables that no entry changes (so not of
    parameters in a module that trains), a `kernel.map` ahead of all repeats stores it in strips of as many columns as the
    register tile has: (n, k) at `[n floordiv columns, k, n mod columns]`. `moec-lower-contract` multiplies strips where they
    lie; `moec-hoist-parameters` takes the maps out of the step. A left operand that is made of such variables, as in token mixing,
    is stored row by row, (m, k) at `[m, k]`, unless it lies like that, and read in place as well. Any other right operand is stored in strips in the
    step, right ahead of the contraction, where the cost model finds that cheaper than that each core packs it, block by block.

    Not packed: left operands in bf16, which are extended when they are packed, and weights of more than 2 GiB: the strips are memory beside theirs. For a `#kernel.cpu`.
  }];
  let dependentDialects = ["::moec::kernel::KernelDialect", "::mlir::tensor::TensorDialect"];
}

def HoistFromRepeatsPass : Pass<"moec-hoist-from-repeats", "::mlir::ModuleOp"> {
  let summary = "Compute what layers make of their variables alone for all layers at once";
  let description = [{
    A `kernel.map` or `kernel.rows` in a `moe.repeat` whose inputs are slices of variables that no entry changes, or follow from such in the
    same way, becomes one kernel ahead of the repeat with the iteration as its first dimension; the repeat reads slices of its results.
    `moec-hoist-parameters` then takes it out of the step: the norms of the slots' parameters in Soft MoE, for example.

    Not moved: gathered and ragged inputs, results of other types than f32 and bf16, contractions.
  }];
  let dependentDialects = ["::moec::kernel::KernelDialect", "::mlir::tensor::TensorDialect"];
}

def HoistParametersPass : Pass<"moec-hoist-parameters", "::mlir::ModuleOp"> {
  let summary = "Compute what follows from variables alone when they are loaded";
  let description = [{
    Kernels of an entry, outside of repeats, all of whose inputs follow from variables that no entry changes move to the entry that computes derived
    variables, which the runtime runs by itself; it is made, as `prepare`, where there is none. What the rest of the step reads of them
    becomes variables of role `derived`, one for equal values of several entries.

    A module that trains keeps what it computes of parameters: each step would outdate it. Results of other types than f32 and bf16 stay.
  }];
  let dependentDialects = ["::moec::moe::MoEDialect", "::mlir::func::FuncDialect"];
}

def SplitReductionPass : Pass<"moec-split-reduction"> {
  let summary = "Compute long reductions to few outputs in parts";
  let description = [{
    Weight, bias and scale gradients sum over all rows of a batch. A `kernel.contract` with a long k
    and few outputs, or a `kernel.rows` that adds columns, gets the part as a new outermost
    dimension; a `kernel.rows` adds the parts in order. So each core reads whole rows, once.
    Not split: ragged kernels, contractions with an epilogue, reductions that the number of parts
    does not divide evenly. The number of parts follows from the shape and from the cores or
    multiprocessors of the module's machine.
  }];
  let dependentDialects = ["::moec::kernel::KernelDialect", "::mlir::tensor::TensorDialect"];
}

def MaterializeOperandsPass : Pass<"moec-materialize-operands"> {
  let summary = "Store bf16 operands that many tiles of a GPU's contraction would compute";
  let description = [{
    A map that is fused into an operand of a `kernel.contract` (a rounding, a normalisation, an
    activation) is computed again for every tile along the other dimension, by threads that cannot
    keep up with tensor cores. Where the cost model of `moec-assign-gpu-schedule` finds it cheaper,
    a `kernel.map` computes the operand once, in the order in which its largest input lies in
    memory, and the contraction reads it by cp.async or TMA.

    Gathered rows with a map are stored as gathered; where they are only converted, their source is
    converted. Not stored: f32 operands, and rows that are not whole pieces of 16 bytes. For modules
    whose machine is a `#kernel.gpu`; others are left alone.
  }];
  let dependentDialects = ["::moec::kernel::KernelDialect", "::mlir::tensor::TensorDialect"];
}

def AssignGpuSchedulePass : Pass<"moec-assign-gpu-schedule"> {
  let summary = "Give every kernel.contract, kernel.attend and kernel.attend_grad without a schedule one for a GPU";
  let description = [{
    Chooses the variant (`mma.sync` where `lhs` and `rhs` yield bf16, else `simt`;
    `skinny` where a group has few rows, `wgmma` for large tiles where the machine has it) and from a
    short list of tiles the one that a small model in cycles finds cheapest:

    * A tile costs its multiply-adds, what it reads from shared memory, and the
      instructions and bytes that bring its operands there; operands that cp.async
      can copy cost bytes alone.
    * The busiest multiprocessor does its blocks one after the other as far as they
      need its units, but never faster than the latency of a round of loads.

    `kernel.attend` gets its tiles by the same model: its two products, about ten instructions a score for the
    softmax (seventeen where its weights are split for `mma.sync`), and the keys and values that a block reads.
    `kernel.attend_grad` likewise, for its blocks of keys and of rows together.

    As `moec-assign-schedule` it turns a contraction over first whose outputs lie
    contiguous along m. A `missed` remark says why a contraction does not get tensor
    cores. Schedules that are already there are kept. For modules whose machine is a
    `#kernel.gpu`; others are left alone.
  }];
  let dependentDialects = ["::moec::kernel::KernelDialect"];
}

def VerifySchedulePass : Pass<"moec-verify-schedule"> {
  let summary = "Check that all products of matrices have a schedule";
  let description = [{
    Every op with factors, `kernel.contract`, `kernel.attend` and `kernel.attend_grad`, has a schedule, which the code generators follow.
  }];
}

#endif
