//===- GPUContractEmitter.h - kernel.contract for GPU threads --*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_PASSES_GPU_GPUCONTRACTEMITTER_H
#define MOEC_PASSES_GPU_GPUCONTRACTEMITTER_H

#include "passes/Codegen/ContractBlocks.h"
#include "passes/GPU/BlockCode.h"
#include "passes/GPU/MmaTile.h"
#include "passes/GPU/TileEpilogue.h"

namespace moec::gpu {

/// Emits `kernel.contract` as the code of one thread. See the description of
/// moec-gpu-lower-contract. The variants share the search for the tile
/// (LowerContractBlocks.cpp), the way of operands into shared memory
/// (PanelStager), the pipeline over k (LowerContractLoop.cpp) and the epilogue
/// (TileEpilogue).
class GPUContractEmitter : ContractBlocks {
public:
  GPUContractEmitter(kernel::ContractOp op, KernelFunction &kernel,
                     kernel::GpuAttr machine)
      : ContractBlocks(op, kernel, mlir::IntegerType::get(op.getContext(), 32)),
        machine(machine), stager(op, operands), mma(op, stager),
        epilogue(op, operands, op.getEpilogue(), op.getMDim(), op.getNDim()) {}

  /// Emits everything before the op and finishes the kernel function.
  mlir::LogicalResult emit();

private:
  kernel::GpuAttr machine;
  PanelStager stager;
  MmaTile mma;
  TileEpilogue epilogue;
  bool broken = false; ///< an error was reported

  int64_t mMicro, nMicro; ///< tile of a thread (simt) or a warp (mma.sync)
  int64_t threads, stages, stageBytes;
  /// Parts of a tile's depth (skinny): threads [part][the threads of a tile].
  int64_t kParts = 1;
  bool tensorCores = false;
  bool warpgroups = false; ///< wgmma
  /// wgmma: clusters of two blocks, one below the other, have the same right
  /// operand. Each loads half of it for both.
  bool pairs = false;
  mlir::Value rank; ///< i32, in the cluster
  /// Warpgroups that multiply, beside the one that fills the stages.
  int64_t consumers() const { return mTile / 64; }
  kernel::Variant variant = kernel::Variant::Simt;
  Panel left, right;
  mlir::Value tid; ///< i32
  /// Who runs the epilogue, or stages operands: all threads of the block, but
  /// with wgmma a part of them, numbered from 0.
  mlir::Value worker;
  int64_t workers;
  int64_t barriersAt = 0; ///< wgmma: full barriers, then empty ones
  SharedMemory shared;
  int64_t sharedBytes = 0;

  // LowerContract.cpp
  mlir::LogicalResult plan();
  mlir::LogicalResult planSkinny(int64_t parts);
  mlir::LogicalResult planSimt();
  mlir::LogicalResult planMma();
  void planPanel(Panel &panel, mlir::Region &region, unsigned rowDim,
                 int64_t rows);
  mlir::LogicalResult planStages(int64_t asked);
  mlir::InFlightDiagnostic scheduleError();
  void remarkOperands();

  // LowerContractBlocks.cpp
  /// Blocks that run at a time, one tile after the other (wgmma).
  int64_t numResident() const;
  BlockRange decodeBlock(mlir::Value block);
  /// The lanes of a warp, all of which get here, look at 32 groups at a time.
  void findRaggedTile(mlir::Value tile, BlockRange &range) override;

  // PanelStager, with the part of an operand that a block multiplies.
  PanelPart partOf(const Panel &panel, const BlockRange &range);
  llvm::SmallVector<Piece> pieces(const Panel &panel, const BlockRange &range) {
    return stager.pieces(b, panel, partOf(panel, range));
  }
  llvm::SmallVector<mlir::Value> load(const Panel &panel,
                                      const BlockRange &range,
                                      llvm::ArrayRef<Piece> pieces,
                                      mlir::Value k) {
    return stager.load(b, panel, partOf(panel, range), pieces, k);
  }
  void store(const Panel &panel, const BlockRange &range,
             llvm::ArrayRef<Piece> pieces, mlir::Value k,
             mlir::ValueRange loaded, mlir::Value stage) {
    stager.store(b, panel, partOf(panel, range), pieces, k, loaded, stage);
  }
  void copyAsync(const Panel &panel, const BlockRange &range,
                 llvm::ArrayRef<Piece> pieces, mlir::Value k,
                 mlir::Value stage) {
    stager.copyAsync(b, panel, partOf(panel, range), pieces, k, stage);
  }

  // LowerContractLoop.cpp
  /// Runs `compute(stage, sums)` over all tiles of k.
  llvm::SmallVector<mlir::Value>
  mainLoop(const BlockRange &range, llvm::SmallVector<mlir::Value> sums,
           llvm::function_ref<llvm::SmallVector<mlir::Value>(mlir::Value,
                                                             mlir::ValueRange)>
               compute);
  llvm::SmallVector<mlir::Value>
  loadIf(mlir::Value condition, const Panel &panel, const BlockRange &range,
         llvm::ArrayRef<Piece> pieces, mlir::Value k);

  // LowerContractWgmma.cpp
  mlir::LogicalResult planWgmma();
  void planTma(Panel &panel);
  bool isTma(const Panel &panel) const { return !panel.tmaDims.empty(); }
  /// Rows of what one TMA instruction loads: along k all, of a pair half,
  /// along the rows 64.
  int64_t boxRows(const Panel &panel) const {
    bool shares = pairs && panel.rowDim == nDim;
    return !panel.alongDepth ? 64 : shares ? panel.rows / 2 : panel.rows;
  }
  bool isCopied() const { return !isTma(left) || !isTma(right); }
  void emitWgmma();
  /// The tiles of this block, one after the other; `body` gets the tile and how
  /// many stages have been used before and returns how many then.
  void forEachTile(llvm::function_ref<mlir::Value(const BlockRange &,
                                                  mlir::Value, mlir::Value)>
                       body,
                   llvm::function_ref<void(mlir::Value)> end);
  mlir::Value consumeTile(const BlockRange &range, mlir::Value tiles,
                          mlir::Value used);
  void storeSums(const BlockRange &range, mlir::Value sums);
  /// Descriptor of a panel in a stage, from row `row` on.
  mlir::Value descriptor(const Panel &panel, mlir::Value stage,
                         mlir::Value row);
  mlir::ArrayAttr tensorMaps();

  // LowerContractProducer.cpp
  int64_t copyLag() const;
  mlir::Value produceTile(const BlockRange &range, mlir::Value tiles,
                          mlir::Value used);
  void fillStages(const BlockRange &range, mlir::Value tiles, mlir::Value used);
  void endProduction(mlir::Value used);
  void copyTensor(const Panel &panel, const BlockRange &range, mlir::Value k,
                  mlir::Value stage, mlir::Value full);
  mlir::Value fullBarrier(mlir::Value use);
  mlir::Value emptyBarrier(mlir::Value use);
  /// 0 and 1 in turn, each time round the ring.
  mlir::Value parity(mlir::Value use);
  mlir::Value stageOf(mlir::Value use);
  void initBarriers();
  void arrive(mlir::Value barrier);
  void arriveAtPeer(mlir::Value barrier);
  /// Waits for all threads of both blocks.
  void clusterBarrier();
  void await(mlir::Value barrier, mlir::Value parity);

  // LowerContractSimt.cpp, LowerContractMma.cpp
  void emitSimt(const BlockRange &range);
  llvm::SmallVector<mlir::Value> simtTile(mlir::Value stage,
                                          mlir::ValueRange sums);
  void emitMma(const BlockRange &range);
  llvm::SmallVector<mlir::Value> mmaTile(mlir::Value stage,
                                         mlir::ValueRange sums);

  /// The part of the depth that this thread multiplies, and its number among
  /// the threads of that part.
  mlir::Value part() { return div(tid, threads / kParts); }
  mlir::Value inPart() {
    return kParts == 1 ? tid : rem(tid, threads / kParts);
  }
  /// Applies the epilogue to a chunk whose sums lie in shared memory.
  void emitEpilogue(const BlockRange &range, const TileEpilogue::Chunk &chunk) {
    epilogue.emit(b,
                  {pointOf(range, {}, {}, {}), range.mBegin, range.mEnd,
                   range.nBegin, range.nEnd},
                  chunk, worker, workers);
  }

  // Shorthands.
  mlir::Value bitXor(mlir::Value x, mlir::Value y);
  mlir::Value zero(mlir::Type type);
  void barrier();
  mlir::Value sharedAt(mlir::Value bytes, int64_t more = 0) {
    return shared.at(b, loc, bytes, more);
  }
  mlir::Value sharedLoad(mlir::Type type, mlir::Value bytes, int64_t more = 0) {
    return shared.load(b, loc, type, bytes, more);
  }
  void sharedStore(mlir::Value value, mlir::Value bytes, int64_t more = 0) {
    shared.store(b, loc, value, bytes, more);
  }
  /// for (i = from; i < to; i += step) sums = body(i, sums), i of i32.
  llvm::SmallVector<mlir::Value>
  loop(mlir::Value from, mlir::Value to, int64_t step, mlir::ValueRange sums,
       llvm::function_ref<llvm::SmallVector<mlir::Value>(mlir::Value,
                                                         mlir::ValueRange)>
           body) {
    return emitLoop(b, loc, from, to, c(step), sums, body);
  }
  void when(mlir::Value condition, llvm::function_ref<void()> body) {
    emitIf(b, loc, condition, body);
  }
};

} // namespace moec::gpu

#endif // MOEC_PASSES_GPU_GPUCONTRACTEMITTER_H
