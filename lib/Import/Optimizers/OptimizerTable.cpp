//===- OptimizerTable.cpp - All optimizers of the JSON format -------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Import/Optimizers.h"

using namespace moec::import;

#define MOEC_ADDRESS(optimizer) &optimizer,
static const OptimizerDef *const table[] = {
    MOEC_IMPORT_OPTIMIZERS(MOEC_ADDRESS)};
#undef MOEC_ADDRESS

llvm::ArrayRef<const OptimizerDef *> moec::import::allOptimizers() {
  return table;
}

const OptimizerDef *moec::import::findOptimizer(llvm::StringRef name) {
  for (const OptimizerDef *optimizer : table)
    if (name == optimizer->name)
      return optimizer;
  return nullptr;
}
