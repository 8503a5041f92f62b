//===- Optimizers.h - The optimizers of the JSON format ---------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The optimizers of the JSON format are the ops with OptimizerOpInterface that
// the list in Optimizers.cpp names: the reader, the JSON Schema, the variables
// and the training step follow from what they say of themselves.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_LIB_IMPORT_OPTIMIZERS_H
#define MOEC_LIB_IMPORT_OPTIMIZERS_H

#include "dialects/MoE/MoEOps.h"
#include "lib/Import/Ops.h"

namespace moec::import {

/// What the builder of an update sees: parameters that are treated alike.
/// Values are `moe` tensors.
class UpdateBuild {
public:
  using Value = mlir::Value;

  mlir::OpBuilder &b;
  mlir::Location loc;
  const AttrValues &attrs;
  llvm::SmallVector<Value> params, grads;
  /// For each of the optimizer's moments one of each parameter.
  llvm::SmallVector<llvm::SmallVector<Value>, 2> moments;
  Value rate, gradScale;
  Value step; ///< from 1, i32; of an optimizer that counts them
  /// How many layers of a `repeat` each parameter is stacked of; 1 outside.
  llvm::SmallVector<int64_t> layers;
  double weightDecay;

  /// The types of the parameters, and of each list of moments.
  mlir::TypeRange types() const { return mlir::ValueRange(params).getTypes(); }
  mlir::FloatAttr number(double value) { return b.getF64FloatAttr(value); }
  mlir::FloatAttr attr(llvm::StringRef name) {
    return number(attrs.find(name)->second.real);
  }
};

struct OptimizerDef {
  const char *name;
  const char *doc;
  /// Numbers, beside what all optimizers have (optimizerDefs).
  std::vector<AttrDef> attrs;
  /// The variables PARAMETER.moment, in the order of the op's operands.
  std::vector<llvm::StringRef> moments;
  bool countsSteps; ///< its update reads the number of the step
  bool sumsOverLayers;
  llvm::StringRef op; ///< of its update
};

/// Writes the update of an optimizer.
mlir::Operation *createUpdate(const OptimizerDef &optimizer, UpdateBuild &u);

/// All optimizers, by name.
llvm::ArrayRef<OptimizerDef> allOptimizers();
/// Null if there is none of that name.
const OptimizerDef *findOptimizer(llvm::StringRef name);

} // namespace moec::import

#endif // MOEC_LIB_IMPORT_OPTIMIZERS_H
