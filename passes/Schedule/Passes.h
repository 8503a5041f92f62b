//===- Passes.h - The schedule phase ---------------------------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_PASSES_SCHEDULE_PASSES_H
#define MOEC_PASSES_SCHEDULE_PASSES_H

#include "dialects/Kernel/KernelOps.h"
#include "mlir/Pass/Pass.h"
#include "passes/Codegen/AddressExpr.h"
#include "passes/Pipeline.h"

namespace moec::schedule {

#define GEN_PASS_DECL
#include "passes/Schedule/Passes.h.inc"
#define GEN_PASS_REGISTRATION
#include "passes/Schedule/Passes.h.inc"

/// Gives every contraction and attention its schedule, for the machine of the
/// module.
/// Optional: split-reduction; for GPUs, materialize-operands; hoist-parameters
/// and, ahead of it, for CPUs, pack-operands.
void buildSchedulePipeline(mlir::OpPassManager &pm, PassPredicate wants);
void registerSchedulePhase();

/// What the cost model knows of a contraction.
struct ContractShape {
  int64_t groups, m, n, k;
  bool leftPerGroup, rightPerGroup; ///< the panel depends on the group
  /// Cycles that the `lhs` and `rhs` regions take for one vector of elements.
  double leftMap = 0, rightMap = 0;
  bool leftAlongK = true; ///< the left operand is packed along k, else along m
  bool rightInPlace = false;  ///< the right operand is not packed
  bool rightInStrips = false; ///< it is stored packed
  /// Elements from one row of the left operand to the next, where its rows may
  /// be multiplied where they lie.
  std::optional<int64_t> leftStride = std::nullopt;
};
/// The depth that is packed at a time where k is ragged.
constexpr int64_t raggedDepth = 384;
struct ContractSchedule {
  int64_t mTile, nTile, kTile, rows, columns;
};

/// Calls `visit` for every schedule that the model of moec-assign-schedule
/// chooses from, with its cost in cycles.
void visitSchedules(
    const ContractShape &shape, kernel::CpuAttr machine,
    llvm::function_ref<void(double, const ContractSchedule &)> visit);
/// The schedule that it finds cheapest, and its cost.
ContractSchedule chooseSchedule(const ContractShape &shape,
                                kernel::CpuAttr machine,
                                double *cycles = nullptr);
/// Whether it is cheaper for the step to store the right operand in strips
/// once, by all cores, than to let each block of rows pack it.
bool isStoredInStrips(const ContractShape &shape, kernel::CpuAttr machine);

/// Cycles of one step of a register tile along k: its FMAs and loads, two of
/// each a cycle, or the latency of an FMA.
double cyclesPerStep(int64_t rows, int64_t vectors);

/// What the cost model knows of attention: groups, rows of the query, columns
/// of the value, keys, depth of a score.
struct AttendShape {
  int64_t groups, s, e, t, d;
};
AttendShape describe(kernel::AttendOp op);
AttendShape describe(kernel::AttendGradOp op);
struct AttendSchedule {
  int64_t sTile, tTile, rows, columns;
};

/// The schedules that moec-assign-schedule gives a `kernel.attend` and a
/// `kernel.attend_grad`.
AttendSchedule chooseSchedule(const AttendShape &shape,
                              kernel::CpuAttr machine);
AttendSchedule chooseGradSchedule(const AttendShape &shape,
                                  kernel::CpuAttr machine);

/// How a block of a GPU computes attention: rows, keys at a time, columns and
/// depth at a time; rows and keys of a thread (simt) or a warp (mma.sync).
struct GpuAttendSchedule {
  int64_t sTile, tTile, eTile, dTile, rows, keys;
  int64_t stages;   ///< of keys and values
  bool tensorCores; ///< mma.sync

  kernel::ScheduleAttr attr(mlir::MLIRContext *context) const;
};

/// The schedules that moec-assign-gpu-schedule gives a `kernel.attend` and a
/// `kernel.attend_grad`; `tensorCores`: its factors are bf16. In that of a
/// gradient rows are those that a block owns, of keys as of the query, and keys
/// those it meets.
GpuAttendSchedule chooseGpuSchedule(const AttendShape &shape, bool tensorCores,
                                    kernel::GpuAttr machine);
GpuAttendSchedule chooseGpuGradSchedule(const AttendShape &shape,
                                        bool tensorCores,
                                        kernel::GpuAttr machine);

/// How the operand's address moves along `dim` within tiles of `tile` elements.
codegen::LaneInfo laneAlong(kernel::ContractOp op, unsigned operand,
                            unsigned dim, int64_t tile = 1);
/// Whether the operand's address along `dim` moves by more or less than one
/// element within tiles of `tile` elements, so that vectors along it are
/// gathered or scattered.
bool isSlowAlong(kernel::ContractOp op, unsigned operand, unsigned dim,
                 int64_t tile = 1);

/// Calls `assign` for every contraction that has no schedule, with m and n
/// exchanged where that makes the outs contiguous along n.
void scheduleContractions(mlir::Operation *root,
                          llvm::function_ref<void(kernel::ContractOp)> assign);

class FixedVariables;
/// A contraction as moec-pack-operands leaves it, if `fixed` says which
/// variables no entry changes; null: as it is.
ContractShape describe(kernel::ContractOp op, kernel::CpuAttr machine,
                       const FixedVariables *fixed);
/// Whether a factor is computed from variables that no entry changes, so that
/// moec-pack-operands stores it: the left one row by row, unless it lies like
/// that, the right one in strips.
bool canPackLeft(kernel::ContractOp op, const FixedVariables &fixed);
bool canPackRight(kernel::ContractOp op, const FixedVariables &fixed);
/// Whether the step may store the right operand in strips: nothing of it is
/// gathered, and no dimension is ragged.
bool canStoreRight(kernel::ContractOp op);

/// What the cost model of the GPU knows of a contraction.
struct GpuContractShape {
  struct Operand {
    /// Instructions for an element on its way into shared memory; 0 if cp.async
    /// takes it there.
    double staging = 4;
    double bytes = 2; ///< read for an element
  };
  int64_t groups, m, n, k;
  bool ragged = false; ///< along m or k
  bool raggedM = false;
  bool tensorCores = false; ///< operands are bf16
  Operand left = {}, right = {};
  double epilogue = 16; ///< instructions for a result
};
/// Extents in elements; a ragged one as its average over the groups.
GpuContractShape describeForGpu(kernel::ContractOp op);

/// Instructions of a region for one element: functions take about twenty.
double countInstructions(mlir::Region &region);

struct GpuContractSchedule {
  int64_t mTile, nTile, kTile, mMicro, nMicro;
  int64_t stages;          ///< 0 on f32 units
  int64_t parts = 1;       ///< of the depth of a tile (skinny)
  bool warpgroups = false; ///< wgmma

  kernel::ScheduleAttr attr(mlir::MLIRContext *context) const;
};

/// All that the model of moec-assign-gpu-schedule chooses from, for bf16 (on
/// tensor cores, with and without warpgroups) or f32 operands.
llvm::SmallVector<GpuContractSchedule> gpuSchedules(bool tensorCores,
                                                    bool warpgroups);

/// Blocks of `schedule`; for ragged m the expected number.
double gpuBlocks(const GpuContractShape &shape,
                 const GpuContractSchedule &schedule);

/// The schedule that the model of moec-assign-gpu-schedule finds cheapest, and
/// the cycles that it then expects the contraction to take.
GpuContractSchedule chooseGpuSchedule(const GpuContractShape &shape,
                                      kernel::GpuAttr machine,
                                      double *cycles = nullptr);

} // namespace moec::schedule

#endif // MOEC_PASSES_SCHEDULE_PASSES_H
