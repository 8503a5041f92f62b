//===- MoEUpdate.h - The arithmetic of optimizers ---------------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// An optimizer says once what it does to an element: the kernels are made of
// it, and the interpreter runs it.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_DIALECTS_MOE_MOEUPDATE_H
#define MOEC_DIALECTS_MOE_MOEUPDATE_H

#include "mlir/IR/Value.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringRef.h"
#include <vector>

namespace moec::moe {

/// A number, or the value that stands for it in the code that is written:
/// which of the two, the UpdateMath knows that made it.
struct Number {
  mlir::Value value;
  double number = 0;
};

/// What an update may compute.
class UpdateMath {
public:
  virtual ~UpdateMath() = default;
  virtual Number constant(double value) = 0;
  virtual Number add(Number x, Number y) = 0;
  virtual Number sub(Number x, Number y) = 0;
  virtual Number mul(Number x, Number y) = 0;
  virtual Number div(Number x, Number y) = 0;
  /// x * y + z.
  virtual Number fma(Number x, Number y, Number z) = 0;
  virtual Number sqrt(Number x) = 0;
  /// 1 - base^step, accurate while it is small; 0 < base < 1.
  virtual Number oneMinusPower(double base, Number step) = 0;
  /// `yes` if x > 0, else `no`.
  virtual Number ifPositive(Number x, Number yes, Number no) = 0;

  Number mul(Number x, double y) { return mul(x, constant(y)); }
};

/// A number that a model may give an optimizer: an attribute of its op.
struct UpdateSetting {
  enum class Kind {
    Decay,   ///< from 0 to below 1
    Positive ///< above 0
  };
  const char *name;
  Kind kind;
  double fallback; ///< of a model that does not say
  const char *doc;
};

/// What a model may say of an optimizer. Its op has as operands the lists of
/// parameters, of gradients and of each kind of moments, the learning rate, the
/// number of the step if it counts them, and the factor of the gradients; as
/// attributes its settings, `weight_decay`, and `slices` if it sums over
/// layers.
struct UpdateInfo {
  const char *name; ///< "adamw"
  const char *doc;
  std::vector<UpdateSetting> settings;
  /// The variables PARAMETER.moment.
  std::vector<llvm::StringRef> moments;
  bool countsSteps = false;
  /// Has an attribute `slices`: of how many layers each parameter is stacked.
  bool sumsOverLayers = false;
};

/// One element of a parameter and what belongs to it; scalars are the op's
/// operands behind its lists, integers as floating-point numbers.
struct UpdateElement {
  Number param;
  llvm::SmallVector<Number, 2> moments;
  /// In newMoments(); in newParam() too if nothing is summed over the
  /// parameter, since then both are one kernel.
  Number grad;
  /// The moments before the step, in newParam() if nothing is summed.
  llvm::SmallVector<Number, 2> oldMoments;
  llvm::SmallVector<Number, 3> scalars;
};

/// Adam's moments after the step; scalars are the rate, the step and the factor
/// of the gradient (arXiv 1412.6980, algorithm 1).
llvm::SmallVector<Number> adamMoments(UpdateMath &math,
                                      const UpdateElement &element,
                                      double beta1, double beta2);
/// mean / (1 - beta1^step) / (sqrt(variance / (1 - beta2^step)) + eps) +
/// decay * param, of the new moments.
Number adamChange(UpdateMath &math, const UpdateElement &element, double beta1,
                  double beta2, double eps, double decay);

} // namespace moec::moe

#endif // MOEC_DIALECTS_MOE_MOEUPDATE_H
