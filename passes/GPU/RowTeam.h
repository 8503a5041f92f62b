//===- RowTeam.h - The threads that share a row ----------------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_PASSES_GPU_ROWTEAM_H
#define MOEC_PASSES_GPU_ROWTEAM_H

#include "passes/GPU/LaunchShape.h"
#include "passes/GPU/ThreadGrid.h"

namespace moec::gpu {

/// How the threads of a block are dealt out: thread number
/// (row * threads + member) * columns + column. A team of `threads` members
/// reduces one row; `columns` neighbouring rows are interleaved, so that a warp
/// reads along them; `rows` such groups stand in a block. All are powers of
/// two. Where a team has more than a warp, `rows` is 1.
struct RowTeam {
  int64_t threads = 1, columns = 1, rows = 1;
  int64_t blockThreads() const { return threads * columns * rows; }
};

/// The team for a kernel whose neighbouring threads lie along loop
/// `threadLoop` and whose members share loop `reduced` (-1: nothing to share).
/// Follows from the shape alone, so that sums do not depend on the GPU.
RowTeam chooseTeam(const codegen::RowSpace &space,
                   const codegen::KernelOperands &operands, unsigned threadLoop,
                   int reduced);

/// Joins the values of lanes whose numbers differ in the bits from `from` to
/// below `to`, powers of two: each gets the result, of the same bits. All lanes
/// of the warp must come here together.
mlir::Value joinLanes(mlir::OpBuilder &b, mlir::Location loc,
                      kernel::Combiner combiner, mlir::Value value,
                      int64_t from, int64_t to);

/// Joins one value of each member of a team; every member gets the result.
/// Shuffles inside a warp, then, in order of warps, through shared memory. All
/// threads of the block must come here together.
class TeamReduction {
public:
  TeamReduction(codegen::PointEmitter &emitter, RowTeam team,
                mlir::Value thread, SharedAllocator &shared)
      : emitter(emitter), team(team), thread(thread), shared(shared) {}

  mlir::Value run(kernel::Combiner combiner, mlir::Value value);

private:
  codegen::PointEmitter &emitter;
  RowTeam team;
  mlir::Value thread;
  SharedAllocator &shared;
};

} // namespace moec::gpu

#endif // MOEC_PASSES_GPU_ROWTEAM_H
