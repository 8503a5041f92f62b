//===- StableCounting.h - Places by bin and position -----------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_PASSES_GPU_STABLECOUNTING_H
#define MOEC_PASSES_GPU_STABLECOUNTING_H

#include "mlir/IR/ImplicitLocOpBuilder.h"
#include "passes/GPU/LaunchShape.h"

namespace moec::gpu {

/// What routing is made of: elements fall into bins, and each learns how many
/// of its bin come before it. Every thread of the one block owns a contiguous
/// chunk of the elements and a column of counts, so that the result does not
/// depend on the order in which threads run, and no atomics are needed.
class StableCounting {
public:
  /// `counts`: memref<bins x threads x i32>, `totals`: memref<bins x i32>, for
  /// at most `bins` bins.
  StableCounting(mlir::ImplicitLocOpBuilder &b, mlir::Value counts,
                 mlir::Value totals, int64_t threads);

  /// Counts `bin(i)` (index) over this thread's chunk of 0 .. elements. An
  /// element whose `counted` is null or true takes part. Ends with a barrier;
  /// then takeTicket gives the places and `totals` holds the sizes of the bins.
  struct Element {
    mlir::Value bin, counted;
  };
  void count(int64_t bins, int64_t elements,
             llvm::function_ref<Element(mlir::Value)> element);
  /// The number of elements of `bin` before this one (i32). To be asked once
  /// for each counted element of the chunk, in order.
  mlir::Value takeTicket(mlir::Value bin);
  /// A loop over this thread's chunk of 0 .. elements.
  void forChunk(int64_t elements, llvm::function_ref<void(mlir::Value)> body);

  // Small things that all of the routing kernel says often.
  mlir::Value index(int64_t value);
  mlir::Value i32(int64_t value);
  mlir::Value toIndex(mlir::Value value);
  mlir::Value toI32(mlir::Value value);
  mlir::Value load(mlir::Value buffer, mlir::ValueRange at);
  void store(mlir::Value value, mlir::Value buffer, mlir::ValueRange at);
  void loop(mlir::Value lo, mlir::Value hi, mlir::Value step,
            llvm::function_ref<void(mlir::Value)> body);
  void when(mlir::Value condition, llvm::function_ref<void()> body);
  /// A loop over 0 .. elements, dealt out to neighbouring threads.
  void forAll(int64_t elements, llvm::function_ref<void(mlir::Value)> body);
  void barrier() { mlir::gpu::BarrierOp::create(b); }

  mlir::ImplicitLocOpBuilder &b;
  mlir::Value thread;
  const int64_t threads;

private:
  mlir::Value counts, totals;

  void scan(int64_t bins);
};

} // namespace moec::gpu

#endif // MOEC_PASSES_GPU_STABLECOUNTING_H
