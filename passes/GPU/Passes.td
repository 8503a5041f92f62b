#ifndef MOEC_PASSES_GPU_PASSES_TD
#define MOEC_PASSES_GPU_PASSES_TD

include "mlir/Pass/PassBase.td"

class MoecGPUPass<string name, string operation> : Pass<name, operation> {
  let dependentDialects = [
    "::mlir::LLVM::LLVMDialect",
    "::mlir::arith::ArithDialect", "::mlir::gpu::GPUDialect", "::mlir::math::MathDialect",
    "::mlir::memref::MemRefDialect", "::mlir::nvgpu::NVGPUDialect", "::mlir::NVVM::NVVMDialect",
    "::mlir::scf::SCFDialect", "::mlir::vector::VectorDialect"];
}

def LowerMapPass : MoecGPUPass<"moec-gpu-lower-map", "::mlir::func::FuncOp"> {
  let summary = "Lower kernel.map on memrefs to the code of a GPU thread";
  let description = [{
    One thread an element. Neighbouring threads run along the dimension in which most operands are contiguous, so that a warp reads whole sectors. Where
    operands lie in different orders, a block takes a tile, of which some operands pass through shared memory (`passes/GPU/TransposeTile.h`). The rows
    of a ragged dimension are numbered through all groups and a thread looks up which group its row belongs to. Sets the launch attributes of
    `passes/GPU/LaunchShape.h`.
  }];
}

def LowerRowsPass : MoecGPUPass<"moec-gpu-lower-rows", "::mlir::func::FuncOp"> {
  let summary = "Lower kernel.rows on memrefs to the code of a GPU thread";
  let description = [{
    A team of threads shares a row (`passes/GPU/RowTeam.h`). Where the reduction is contiguous, the team lies along it: a part of a warp, a warp, or up to
    1024 threads where there are few rows. Where the rows are contiguous, as in sums of columns, neighbouring threads take neighbouring rows and the team
    stands across them. Members join their sums by shuffles and, from warp to warp, through shared memory, in an order that follows from the shape.
    A `missed` remark names operands that a warp touches one sector a thread.
  }];
}

def LowerRoutePass : MoecGPUPass<"moec-gpu-lower-route", "::mlir::func::FuncOp"> {
  let summary = "Lower kernel.route on memrefs to one block of GPU threads";
  let description = [{
    Gives exactly what the runtime's function for the CPU gives (runtime/cpu/Route.h). Each warp owns a contiguous chunk of the items and a row of
    counts; scans over the rows give every assignment its place without atomics. Importance needs a sort of the items before, which is the same
    counting, 4 times by 8 bits. What does not fit in shared memory stands in the workspace, and then rows of the plan are written where they belong.
  }];
}

def LowerExpertRoutePass : MoecGPUPass<"moec-gpu-lower-expert-route", "::mlir::func::FuncOp"> {
  let summary = "Lower kernel.expert_route on memrefs to a warp for each expert and group";
  let description = [{
    Gives exactly what the runtime's function for the CPU gives (runtime/cpu/ExpertRoute.h). A warp finds the smallest gate that its expert takes bit by
    bit, by counting; a last pass ranks the items that are taken by ballots. Keys stand in shared memory where they fit, else in the workspace.
  }];
}

def LowerContractPass : MoecGPUPass<"moec-gpu-lower-contract", "::mlir::func::FuncOp"> {
  let summary = "Lower kernel.contract on memrefs to the code of a GPU thread";
  let description = [{
    A block computes one tile of one group, as the schedule says. Tiles of either operand go through a ring of stages in shared memory; gather,
    transposition and the `lhs`/`rhs` region happen on the way there. Sums stay in registers and pass once through shared memory to the `epilogue`, so
    that stores are contiguous. With ragged m the grid is an upper bound: a block looks its tile up in the offsets, and one past the last tile has no
    work.

    Variants:

    * `simt`: f32 (or bf16 extended to f32), fused multiply-adds; `micro` is the tile of a thread.
    * `mma.sync`: operands of bf16, tensor cores of sm_80 and later; `micro` is the tile of a warp. A plain operand of bf16 whose rows are multiples
      of 16 bytes is copied with cp.async, `stages` tiles ahead; others go through registers.
    * `skinny`: few rows for each group, so that reading the other operand is the work: as one of the above, but the depth of a tile is split in
      `warps` parts, each with threads of its own, whose sums are added in order at the end. More loads are on their way, and a block has threads
      enough.
    * `wgmma`: operands of bf16. At most one block a multiprocessor takes tile after tile. A warpgroup fills the stages: plain operands by TMA, with a
      tensor map each as further kernel argument, others with cp.async or through registers. Two or three warpgroups multiply 64 rows each and run the
      epilogue while the next tile is loaded. If the tiles along m pair up and TMA loads the right operand, two blocks are a cluster: each fetches
      half of it for both.

    Multiprocessors and shared memory are those of the module's machine, a `#kernel.gpu`; `wgmma` is an error unless it has `wgmma` and `tma`. A
    schedule must be present (`moec-assign-gpu-schedule`).
  }];
}

def LowerAttendPass : MoecGPUPass<"moec-gpu-lower-attend", "::mlir::func::FuncOp"> {
  let summary = "Lower kernel.attend on memrefs to the code of a GPU thread";
  let description = [{
    A block has rows of the query and columns of the result of one group, `tile = [s, t, e, d]`, and takes the keys `t` at a time through shared memory, `d`
    of their depth; with `stages = 2` the next tiles come while one is multiplied. Scores, the largest score and the total so far, and the sums stay in
    registers. Where `e` is less than the columns of the value, each of the blocks side by side computes the scores.

    * `simt`: f32 (or bf16 extended to f32), fused multiply-adds; `micro` is the tile of scores of a thread.
    * `mma.sync`: factors of bf16; `micro` is 16 rows and all keys, of a warp. Weights are f32: each is the sum of three bf16, so
      their product takes three of `mma.sync`, and nothing is rounded.
  }];
}

def LowerAttendGradPass : MoecGPUPass<"moec-gpu-lower-attend-grad", "::mlir::func::FuncOp"> {
  let summary = "Lower kernel.attend_grad on memrefs to the code of a GPU thread";
  let description = [{
    One launch of blocks of two kinds, with `tile = [s, t, e, d]`: those of `s` keys take the rows `t` at a time and sum up the gradients of key and value,
    those of `s` rows take the keys so and sum up that of the query. Either computes the weights again from the log-sum-exp: seven products where
    one kind would take five and add up sums of different blocks. `e` and `d` are columns of sums, and what of the depths is there at a time; where they
    are less than all, blocks side by side compute the weights again. Variants and `stages` are those of `moec-gpu-lower-attend`.
  }];
}

def SpecialFunctionsPass : MoecGPUPass<"moec-gpu-special-functions", "::mlir::func::FuncOp"> {
  let summary = "Compute exp, exp2 and estimated quotients on the special function unit";
  let description = [{
    Two instructions for `math.exp` and one for `math.exp2`; what `moec-approximate-math` makes of it on the CPU takes sixteen. Of divisions only those
    that allow a reciprocal (`arcp`), which tanh and GELU contain. f32 scalars.

    Relative errors, from those that the PTX ISA states for ex2.approx (2^-22) and rcp.approx (2^-23): exp 2^-22 + 1.5 |x| 2^-24, quotients 2^-22;
    docs/numerics.md has what they leave of functions. Results that would be subnormal are 0.
  }];
}

def OutlinePass : Pass<"moec-gpu-outline", "::mlir::ModuleOp"> {
  let summary = "Move lowered kernel functions into one gpu.module";
  let description = [{
    Every `kernel.function` that a lowering pass gave a launch shape becomes a
    `gpu.func` kernel of `gpu.module @kernels`, with the block size that it
    knows. The arguments %begin, %end and %scratch, which are the CPU's, go away;
    a kernel with a workspace keeps the last as its pointer. A kernel
    function that was not lowered is an error.
  }];
  let dependentDialects = ["::mlir::gpu::GPUDialect"];
}

def ToNVVMPass : Pass<"moec-gpu-to-nvvm", "::mlir::gpu::GPUModuleOp"> {
  let summary = "Convert a gpu.module to the LLVM and NVVM dialects";
  let description = [{
    Upstream's patterns, in one conversion: arguments become bare pointers,
    positions i32 (no operand has 2^31 elements, `moec-gpu-outline` sees to it), and
    `sqrt` and the like become instructions instead of calls to libdevice.
  }];
  let dependentDialects = ["::mlir::LLVM::LLVMDialect", "::mlir::NVVM::NVVMDialect"];
}

def VerifyGPUPass : Pass<"moec-verify-gpu", "::mlir::ModuleOp"> {
  let summary = "Check that all that is launched can be launched";
  let description = [{
    What a `kernel.launch` names is a kernel of the `gpu.module` with `kernel.grid` and `kernel.threads`: what the
    manifest says of it. A block has at most 1024 threads, and no more shared memory than the machine.
  }];
}

def VerifyNVVMPass : Pass<"moec-verify-nvvm", "::mlir::ModuleOp"> {
  let summary = "Check that all is NVVM's and takes what a launch gives";
  let description = [{
    Functions of the `gpu.module` have ops of the dialects LLVM and NVVM alone, no cast that nothing resolved among them. What a
    `kernel.launch` names is an `nvvm.kernel` whose parameters are pointers: one for each address, one to the workspace if it has
    `kernel.workspace`, and one for each of `kernel.tensor_maps`.
  }];
}

#endif
