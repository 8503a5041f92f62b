//===- ContractBlocks.h - A contraction in blocks ---------------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_PASSES_CODEGEN_CONTRACTBLOCKS_H
#define MOEC_PASSES_CODEGEN_CONTRACTBLOCKS_H

#include "passes/Codegen/IndexMath.h"
#include "passes/Codegen/KernelFunction.h"
#include "passes/Codegen/OperandAccess.h"

namespace moec::codegen {

/// A left panel that holds all of k stays packed from block to block up to this
/// size on a CPU: it has to stay in L2. The cost model counts on both.
constexpr int64_t residentLeftBytes = 384 << 10;
/// A right panel of this size is read again from L3, which is still cheaper
/// than packing it again.
constexpr int64_t residentRightBytes = 8 << 20;

/// Whether a CPU may multiply `rows` rows of a left operand, `stride` f32
/// apart, where they lie: not where many fall into one set of the first cache,
/// through which the right strip passes. The cost model asks, too.
bool canReadRows(int64_t rows, int64_t stride);

/// Whether a CPU may multiply a strip of columns of a right operand where it
/// lies, `depth` rows `stride` f32 apart: not where rows are so far apart that
/// a strip spreads over too many pages, nor where they fall into few sets of
/// L2, from which the row tiles of a block read the strip again. The cost model
/// asks, too.
bool canReadStrip(int64_t lanes, int64_t depth, int64_t stride);

/// The part of the iteration space that a block computes. `group` holds the
/// positions in the dims of the group, of type index; `m`, `n` and `k` are
/// absolute half-open ranges of positions.
struct BlockRange {
  llvm::SmallVector<mlir::Value> group;
  mlir::Value mBegin, mEnd, nBegin, nEnd, kBegin, kEnd;
};

/// What every back end knows of a `kernel.contract` before it plans its own
/// code: the dimensions, how the schedule cuts them into tiles, one block each,
/// and which part a tile is. The rows of a ragged m are cut group by group, so
/// that a tile has rows of one group; the grid is then an upper bound and tiles
/// past the last are empty.
class ContractBlocks : public IndexMath {
protected:
  ContractBlocks(kernel::ContractOp op, KernelFunction &kernel,
                 mlir::Type positions)
      : IndexMath(op, positions), op(op), kernel(kernel) {}
  virtual ~ContractBlocks() = default;

  kernel::ContractOp op;
  KernelFunction &kernel;
  KernelOperands operands;
  unsigned mDim, nDim, kDim;
  int64_t M, N, K; ///< extents
  bool raggedM = false, raggedK = false;
  int64_t mTile, nTile, kTile; ///< of a block
  int64_t mTiles, nTiles;      ///< mTiles: an upper bound if ragged

  /// Sets all of these but the numbers of tiles from the op and its schedule.
  /// An error where there is none; `scheduler` is the pass that gives one.
  mlir::LogicalResult readContract(llvm::StringRef scheduler);
  /// Sets the numbers of tiles, once their sizes are final.
  void countTiles();
  /// Tiles of all groups.
  int64_t numBlocks() const;

  /// Whether an operand, of the rows `rowDim`, is moved in pieces along k, else
  /// along its rows: along which fewer elements lie apart in memory.
  bool movesAlongK(mlir::Region &region, unsigned rowDim) const;

  /// The part that tile (m, n) of `group` is; with ragged m its first dimension
  /// is found by the number of the tile.
  BlockRange rangeOf(mlir::Value m, mlir::Value n,
                     llvm::SmallVector<mlir::Value> group);
  /// A point: the group and, where given, m, n and k, as index.
  llvm::SmallVector<mlir::Value> pointOf(const BlockRange &range, mlir::Value m,
                                         mlir::Value n, mlir::Value k);

  /// Sets group and rows of tile number `tile`, counted through all groups; the
  /// rows stay empty for a tile past the last. Looks at one group after the
  /// other.
  virtual void findRaggedTile(mlir::Value tile, BlockRange &range);
  /// Where group number `group` (index) of the ragged dimension begins, or the
  /// one before it ends.
  mlir::Value offsetAt(mlir::Value group);
  /// Tiles of a group with rows [low, high).
  mlir::Value tilesOf(mlir::Value low, mlir::Value high) {
    return ceilDiv(sub(high, low), mTile);
  }
  /// Whether the tile is one of those of a group, which has the tiles [before,
  /// after) and the rows [low, high), and then its rows.
  struct RaggedTile {
    mlir::Value isHere, begin, end;
  };
  RaggedTile tileIn(mlir::Value tile, mlir::Value before, mlir::Value after,
                    mlir::Value low, mlir::Value high);
};

} // namespace moec::codegen

#endif // MOEC_PASSES_CODEGEN_CONTRACTBLOCKS_H
