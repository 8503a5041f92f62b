//===- RepeatSlices.cpp - What repeats read of stacks ---------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/Schedule/RepeatSlices.h"

using namespace mlir;

namespace moec::schedule {

Value passInto(ArrayRef<moe::RepeatOp> repeats, Value stack, Location loc) {
  for (moe::RepeatOp repeat : repeats) {
    repeat.getStackedMutable().append(stack);
    auto type = cast<RankedTensorType>(stack.getType());
    stack = repeat.getBody().front().addArgument(
        RankedTensorType::get(type.getShape().drop_front(),
                              type.getElementType()),
        loc);
  }
  return stack;
}

void dropUnusedSlices(Operation *from) {
  for (Operation *op = from; op; op = op->getParentOp()) {
    auto repeat = dyn_cast<moe::RepeatOp>(op);
    if (!repeat)
      continue;
    Block &body = repeat.getBody().front();
    unsigned carried = repeat.getCarried().size();
    for (unsigned i = repeat.getStacked().size(); i-- > 0;) {
      BlockArgument slice = body.getArgument(carried + i);
      for (Operation *user : llvm::make_early_inc_range(slice.getUsers()))
        if (isOpTriviallyDead(user))
          user->erase();
      if (slice.use_empty()) {
        body.eraseArgument(carried + i);
        repeat.getStackedMutable().erase(i);
      }
    }
  }
}

} // namespace moec::schedule
