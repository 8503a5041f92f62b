//===- ScalarProgram.h - Scalar regions of kernel ops
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_LIB_REFERENCE_SCALARPROGRAM_H
#define MOEC_LIB_REFERENCE_SCALARPROGRAM_H

#include "mlir/IR/Region.h"
#include "mlir/Support/LLVM.h"
#include <functional>
#include <vector>

namespace moec::reference {

/// One scalar: `f` for floating-point types, `i` (sign-extended from the width
/// of the type) for integers and index.
template <typename T> struct Scalar {
  T f = 0;
  int64_t i = 0;
};

/// Value of `expr` at `point`, where dims that it does not have are 0.
int64_t evaluate(mlir::AffineExpr expr, llvm::ArrayRef<int64_t> point);

/// The arith and math ops of a region of one block, made ready to run many
/// times. Values have slots; the block's arguments have the first ones.
template <typename T> class ScalarProgram {
public:
  /// Reads `region`. Fails, with a diagnostic, on an op that it does not know.
  static mlir::FailureOr<ScalarProgram> build(mlir::Region &region);

  unsigned numArguments() const { return used.size(); }
  /// Whether argument `i` is used: unused ones are not loaded.
  bool uses(unsigned i) const { return used[i]; }
  /// Where the caller writes an argument before run().
  Scalar<T> &argument(unsigned i) { return slots[i]; }
  /// Runs on the arguments, at `point` (for kernel.index).
  void run(mlir::ArrayRef<int64_t> point) {
    position = point;
    for (auto &step : steps)
      step(slots.data(), position);
  }
  /// What the region yielded.
  unsigned numResults() const { return yielded.size(); }
  const Scalar<T> &result(unsigned i) const { return slots[yielded[i]]; }

private:
  using Step = std::function<void(Scalar<T> *, mlir::ArrayRef<int64_t>)>;
  std::vector<Scalar<T>> slots;
  std::vector<Step> steps;
  std::vector<unsigned> yielded;
  std::vector<bool> used;
  mlir::ArrayRef<int64_t> position;
};

} // namespace moec::reference

#endif // MOEC_LIB_REFERENCE_SCALARPROGRAM_H
