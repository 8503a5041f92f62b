//===- OpTable.cpp - All ops of the JSON format -------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Import/Ops.h"

using namespace moec::import;

#define MOEC_ADDRESS(op) &op,
static const OpDef *const table[] = {MOEC_IMPORT_OPS(MOEC_ADDRESS)};
#undef MOEC_ADDRESS

llvm::ArrayRef<const OpDef *> moec::import::allOps() { return table; }

const OpDef *moec::import::findOp(llvm::StringRef name) {
  for (const OpDef *op : table)
    if (name == op->name)
      return op;
  return nullptr;
}

llvm::SmallVector<llvm::StringRef> moec::import::opNames() {
  llvm::SmallVector<llvm::StringRef> names;
  for (const OpDef *op : table)
    names.push_back(op->name);
  return names;
}
