//===- GPUContractEmitter.h - kernel.contract for GPU threads --*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_PASSES_GPU_GPUCONTRACTEMITTER_H
#define MOEC_PASSES_GPU_GPUCONTRACTEMITTER_H

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "passes/Codegen/ContractBlocks.h"
#include "passes/GPU/LaunchShape.h"

namespace moec::gpu {

/// An operand of the contraction on its way into shared memory. A tile of it
/// has `rows` rows (of m or n) and the k depth of the schedule. A thread moves
/// `pieces` pieces of `width` elements that lie side by side along k or along
/// the rows, whichever is contiguous in memory.
///
/// Layouts of a tile, in elements:
///   f32:  [k][stride], a row's elements `stride` apart
///   bf16: lines of 16-byte chunks, [row][depth] or [k][rows]; the chunks of a
///         line are exchanged by the number of the line (swizzled), so that
///         neither ldmatrix nor the stores meet bank conflicts
struct Panel {
  mlir::Region *region = nullptr;
  unsigned rowDim = 0; ///< m or n
  int64_t rows = 0;
  bool alongK = false; ///< pieces run along k, else along the rows
  bool async = false;  ///< moved by cp.async, not through registers
  int64_t width = 1;
  int64_t pieces = 0;
  int64_t stride = 0; ///< f32 layout
  llvm::SmallVector<unsigned> inputs;
  int64_t offset = 0, bytes = 0; ///< inside of a stage
  mlir::Value pointer;           ///< async: the operand as !llvm.ptr<1>
  /// wgmma: moved by TMA along these dimensions, the contiguous one first; the
  /// kernel argument with the tensor map.
  llvm::SmallVector<unsigned> tmaDims;
  mlir::Value tensorMap;
};

/// What a thread knows of a piece before the loop over k.
struct Piece {
  mlir::Value row;   ///< i32, position along the row dimension, clamped
  mlir::Value k;     ///< i32, position inside of the tile's depth
  mlir::Value place; ///< i32, byte offset inside of a stage
  /// For each input of the panel its row along k, and its value if that does
  /// not depend on k.
  llvm::SmallVector<RowCursor> cursors;
  llvm::SmallVector<mlir::Value> fixed;
};

/// Emits `kernel.contract` as the code of one thread. See the description of
/// moec-gpu-lower-contract. The variants share the search for the tile
/// (LowerContractBlocks.cpp), the way of operands into shared memory
/// (LowerContractStage.cpp), the pipeline over k (LowerContractLoop.cpp) and
/// the epilogue (LowerContractEpilogue.cpp).
class GPUContractEmitter : ContractBlocks {
public:
  GPUContractEmitter(kernel::ContractOp op, KernelFunction &kernel,
                     kernel::GpuAttr machine)
      : ContractBlocks(op, kernel, mlir::IntegerType::get(op.getContext(), 32)),
        machine(machine) {}

  /// Emits everything before the op and finishes the kernel function.
  mlir::LogicalResult emit();

private:
  kernel::GpuAttr machine;
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
  mlir::Type elementType; ///< of the staged elements: f32 or bf16
  Panel left, right;
  mlir::Value tid; ///< i32
  /// Who stages operands, or runs the epilogue: all threads of the block, but
  /// with wgmma a part of them, numbered from 0.
  mlir::Value worker;
  int64_t workers;
  mlir::Value sharedAddress; ///< i32
  int64_t epilogueAt = 0;    ///< where the sums pass through shared memory
  int64_t barriersAt = 0;    ///< wgmma: full barriers, then empty ones
  mlir::Value shared;        ///< !llvm.ptr<3>, dynamic shared memory
  int64_t sharedBytes = 0;

  // LowerContract.cpp
  mlir::LogicalResult plan();
  mlir::LogicalResult planSkinny(int64_t parts);
  mlir::LogicalResult planSimt();
  mlir::LogicalResult planMma();
  void planPanel(Panel &panel, mlir::Region &region, unsigned rowDim,
                 int64_t rows);
  /// Whether an operand has one element for a whole tile along `lane`.
  bool isRepeated(unsigned operand, unsigned lane);
  /// Whether `width` elements of an operand along `lane`, from a multiple of
  /// it, lie side by side and begin at a multiple of `width` elements in
  /// memory, also in a slice of stacked operands.
  bool isContiguous(unsigned operand, unsigned lane, int64_t width);
  bool canVectorize(const Panel &panel, int64_t width);
  mlir::LogicalResult planStages(int64_t asked);
  mlir::InFlightDiagnostic scheduleError();
  void remarkOperands();

  // LowerContractBlocks.cpp
  /// Blocks that run at a time, one tile after the other (wgmma).
  int64_t numResident() const;
  BlockRange decodeBlock(mlir::Value block);
  /// The lanes of a warp, all of which get here, look at 32 groups at a time.
  void findRaggedTile(mlir::Value tile, BlockRange &range) override;

  // LowerContractStage.cpp
  /// The position of each piece of this thread; emitted before the loop.
  llvm::SmallVector<Piece> pieces(const Panel &panel, const BlockRange &range);
  /// Loads what the region needs for the tile that starts at `k`.
  llvm::SmallVector<mlir::Value> load(const Panel &panel,
                                      const BlockRange &range,
                                      llvm::ArrayRef<Piece> pieces,
                                      mlir::Value k);
  /// Applies the region to what was loaded and stores it in the stage at byte
  /// `stage`.
  void store(const Panel &panel, const BlockRange &range,
             llvm::ArrayRef<Piece> pieces, mlir::Value k,
             mlir::ValueRange loaded, mlir::Value stage);
  /// Starts the copy of a tile of an asynchronous panel.
  void copyAsync(const Panel &panel, const BlockRange &range,
                 llvm::ArrayRef<Piece> pieces, mlir::Value k,
                 mlir::Value stage);
  /// The base of an input as !llvm.ptr<1>.
  mlir::Value globalPointer(unsigned input);
  mlir::Value addressOf(const RowCursor &cursor, mlir::Value k);
  RowCursor cursorAt(const Panel &panel, const Piece &piece, unsigned slot,
                     mlir::Value k);
  mlir::Type loadedType(const Panel &panel, unsigned slot);
  mlir::Value loadInput(const Panel &panel, const Piece &piece, unsigned slot,
                        mlir::Value k);
  mlir::Value insideK(const BlockRange &range, mlir::Value k);
  mlir::Value clampedK(const Panel &panel, const BlockRange &range,
                       mlir::Value k);
  /// Byte of element (row, k) of a tile in the bf16 layout.
  mlir::Value swizzled(const Panel &panel, mlir::Value row, mlir::Value k);

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
    return !panel.alongK ? 64 : shares ? panel.rows / 2 : panel.rows;
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
  /// The fragments of all 16 x 16 pieces of a warp's part of a panel, four
  /// registers each, for step `kk` of the tile.
  llvm::SmallVector<mlir::Value> fragments(const Panel &panel,
                                           mlir::Value stage, mlir::Value first,
                                           int64_t rows, mlir::Value kk);

  // LowerContractEpilogue.cpp
  /// Rows of the tile that pass through shared memory at a time.
  struct Chunk {
    int64_t rows;
    /// Row of the tile (i32) of row `local` of the chunk.
    llvm::function_ref<mlir::Value(mlir::Value)> rowOf;
  };
  /// Pairs of columns are written in 4 rows at a time, whole vectors read along
  /// the rows. Where a row is half of all banks both find each bank once only
  /// if the halves of a row, 8 columns each, trade places in every other pair
  /// of rows; longer rows lie 8 apart.
  bool epilogueTrades() const { return nTile % 32 == 16; }
  int64_t epilogueStride() const {
    return epilogueTrades() ? nTile : nTile + 8;
  }
  /// Byte of element (row, column) of a chunk of sums. What is added to the
  /// column later has to be a multiple of 16, to the row of 4.
  mlir::Value epiloguePlace(mlir::Value row, mlir::Value column);
  int64_t epilogueBytes(int64_t rows) const {
    return kParts * rows * epilogueStride() * 4;
  }
  /// The part of the depth that this thread multiplies, and its number among
  /// the threads of that part.
  mlir::Value part() { return div(tid, threads / kParts); }
  mlir::Value inPart() {
    return kParts == 1 ? tid : rem(tid, threads / kParts);
  }
  bool storesAlongM();
  int64_t epilogueWidth();
  /// Applies the epilogue to a chunk whose sums lie in shared memory as
  /// [kParts][rows][epilogueStride]; parts are added in order.
  void emitEpilogue(const BlockRange &range, const Chunk &chunk);

  // Shorthands.
  mlir::Value bitXor(mlir::Value x, mlir::Value y);
  mlir::Value zero(mlir::Type type);
  void barrier();
  /// `shared` plus `bytes` (i32) plus a constant.
  mlir::Value sharedAt(mlir::Value bytes, int64_t more = 0);
  mlir::Value sharedLoad(mlir::Type type, mlir::Value bytes, int64_t more = 0);
  void sharedStore(mlir::Value value, mlir::Value bytes, int64_t more = 0);
  /// for (i = from; i < to; i += step) sums = body(i, sums), i of i32.
  llvm::SmallVector<mlir::Value>
  loop(mlir::Value from, mlir::Value to, int64_t step, mlir::ValueRange sums,
       llvm::function_ref<llvm::SmallVector<mlir::Value>(mlir::Value,
                                                         mlir::ValueRange)>
           body);
  void when(mlir::Value condition, llvm::function_ref<void()> body);
};

} // namespace moec::gpu

#endif // MOEC_PASSES_GPU_GPUCONTRACTEMITTER_H
