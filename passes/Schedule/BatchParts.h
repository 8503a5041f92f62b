//===- BatchParts.h - What follows from which images of a batch -*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// An entry treats a batch in `parts` equal parts if no value of one part hangs
// on images of another. That is read off the maps of its kernels: where one
// part further along a dimension of the kernel is one part further along a
// dimension of each operand that images change, and nowhere else.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_PASSES_SCHEDULE_BATCHPARTS_H
#define MOEC_PASSES_SCHEDULE_BATCHPARTS_H

#include "dialects/Kernel/KernelOps.h"
#include "dialects/MoE/MoEOps.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/DenseMap.h"

namespace moec::schedule {

/// How a value lies to the parts of the batch.
struct Parts {
  enum Kind {
    Whole, ///< the same for all parts
    Cut,   ///< one part after the other along `dim`
    Plan,  ///< a routing plan: each part has one of its own
  };
  Kind kind = Whole;
  unsigned dim = 0;
  /// Of Cut: rows in the order of this plan, dispatched ones, which those of a
  /// plan for one part replace. Null if the rows belong to items.
  mlir::Value plan;

  bool operator==(const Parts &other) const {
    return kind == other.kind && dim == other.dim && plan == other.plan;
  }
  bool operator!=(const Parts &other) const { return !(*this == other); }
};

/// The plan that a router makes, as moe has it.
moe::RoutingType getPlanType(kernel::RoutingKernelOpInterface route);

/// The pieces of a plan's buffer (RoutingType), and where they begin.
enum class PlanPiece : unsigned { Offsets, Item, Slot, Pos, Expert };
int64_t getStart(moe::RoutingType plan, PlanPiece piece);

class BatchParts {
public:
  BatchParts(mlir::func::FuncOp func, int64_t parts)
      : func(func), parts(parts) {}

  /// Whether the function can treat one part at a time; if not, getReason().
  bool run();

  Parts lookup(mlir::Value value) const { return values.lookup(value); }
  /// The dimension of a kernel along which the parts follow each other;
  /// nothing for one that no image changes.
  std::optional<unsigned> getDim(mlir::Operation *kernel) const;
  /// The type of a plan for the whole batch.
  moe::RoutingType getPlan(mlir::Value plan) const { return plans.at(plan); }
  /// The piece of a plan that an input reads; nothing if it is no plan, or
  /// several pieces are read.
  std::optional<PlanPiece> getPiece(kernel::StructuredKernelOpInterface op,
                                    unsigned input) const;

  /// Where images of several parts meet, or what the analysis does not know.
  mlir::Operation *getCulprit() const { return culprit; }
  llvm::StringRef getReason() const { return reason; }

private:
  bool fail(mlir::Operation *op, llvm::StringRef why);
  bool visit(mlir::Block &block);
  bool visit(mlir::Operation &op);
  bool visit(moe::RepeatOp repeat);
  bool visitView(mlir::Operation &op);
  bool visitRoute(kernel::RoutingKernelOpInterface op);
  bool visitStructured(kernel::StructuredKernelOpInterface op);
  bool visitReturn(mlir::Operation &op);
  /// Whether the rows of `gathered` whose numbers input `numbers` holds are of
  /// the same part.
  bool gathersByPart(kernel::StructuredKernelOpInterface op, Parts lies,
                     mlir::Value gathered, unsigned numbers) const;
  /// What the outs are if the parts follow each other along `dim`.
  std::optional<llvm::SmallVector<Parts>>
  along(kernel::StructuredKernelOpInterface op, unsigned dim) const;

  mlir::func::FuncOp func;
  int64_t parts;
  llvm::DenseMap<mlir::Value, Parts> values;
  llvm::DenseMap<mlir::Operation *, unsigned> dims;
  llvm::DenseMap<mlir::Value, moe::RoutingType> plans;
  mlir::Operation *culprit = nullptr;
  std::string reason;
};

} // namespace moec::schedule

#endif // MOEC_PASSES_SCHEDULE_BATCHPARTS_H
