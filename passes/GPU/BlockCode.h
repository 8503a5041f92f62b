//===- BlockCode.h - What code of a block says often ------------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_PASSES_GPU_BLOCKCODE_H
#define MOEC_PASSES_GPU_BLOCKCODE_H

#include "mlir/IR/ImplicitLocOpBuilder.h"
#include "passes/GPU/LaunchShape.h"

namespace moec::gpu {

/// Small things that kernels written out by hand, those of routing, say often.
/// Numbers are i32 or index; addresses are index.
class BlockCode {
public:
  /// A block of `threads` threads; their numbers are computed where `b` stands.
  BlockCode(mlir::ImplicitLocOpBuilder &b, int64_t threads);

  mlir::Value index(int64_t value);
  mlir::Value i32(int64_t value);
  mlir::Value toIndex(mlir::Value value);
  mlir::Value toI32(mlir::Value value);
  mlir::Value load(mlir::Value buffer, mlir::Value at);
  void store(mlir::Value value, mlir::Value buffer, mlir::Value at);
  mlir::Value compare(mlir::arith::CmpIPredicate how, mlir::Value l,
                      mlir::Value r);
  mlir::Value select(mlir::Value condition, mlir::Value yes, mlir::Value no);
  void loop(mlir::Value lo, mlir::Value hi, mlir::Value step,
            llvm::function_ref<void(mlir::Value)> body);
  void when(mlir::Value condition, llvm::function_ref<void()> body);
  /// A loop over 0 .. elements, dealt out to neighbouring threads.
  void forAll(int64_t elements, llvm::function_ref<void(mlir::Value)> body);
  void barrier() { mlir::gpu::BarrierOp::create(b); }
  void syncWarp();
  /// How many of the lanes that are bits of `mask` (i32) stand before this one,
  /// and how many there are (i32).
  mlir::Value lanesBefore(mlir::Value mask);
  mlir::Value countBits(mlir::Value mask);
  /// The same bits as another type.
  mlir::Value bits(mlir::Value value, mlir::Type type);
  /// A buffer as memref<elements>.
  mlir::Value flat(mlir::Value buffer);
  /// An i32 that orders as the f32 does; NaN is the lowest, -0 equals +0
  /// (runtime/cpu/OrderKey.h).
  mlir::Value orderKey(mlir::Value gate);

  mlir::ImplicitLocOpBuilder &b;
  mlir::Value thread, warp, lane; // index
  const int64_t threads;
};

/// for (i = from; i < to; i += step) values = body(i, values); what it leaves
/// of `values`. Inside of the loop `b` emits in its body.
llvm::SmallVector<mlir::Value>
emitLoop(mlir::OpBuilder &b, mlir::Location loc, mlir::Value from,
         mlir::Value to, mlir::Value step, mlir::ValueRange values,
         llvm::function_ref<llvm::SmallVector<mlir::Value>(mlir::Value,
                                                           mlir::ValueRange)>
             body);
/// if (condition) body()
void emitIf(mlir::OpBuilder &b, mlir::Location loc, mlir::Value condition,
            llvm::function_ref<void()> body);

/// An error at `op` unless all of its operands are memrefs of static shape and
/// identity layout, which flat() takes.
mlir::LogicalResult verifyStaticOperands(mlir::Operation *op);

} // namespace moec::gpu

#endif // MOEC_PASSES_GPU_BLOCKCODE_H
