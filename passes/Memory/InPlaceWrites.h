//===- InPlaceWrites.h - Which writes may go into a variable ---*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Tensors are values: an entry that writes a variable may read its old value
// before and after, and what it does not return it does not change. In memory
// there is one place for a variable. A kernel may write there at once if
// everything that reads the old value has run by then; else it writes into the
// arena, and the new value is copied when the entry ends.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_PASSES_MEMORY_INPLACEWRITES_H
#define MOEC_PASSES_MEMORY_INPLACEWRITES_H

#include "passes/Memory/Layout.h"
#include "llvm/ADT/DenseSet.h"

namespace moec::memory {

/// Rewrites `func` so that every kernel that writes in place may: others get a
/// destination of their own, and old values that are returned beside a new one
/// are copied first. Returns the operands of the return that have to be copied
/// into their variable at the end.
llvm::DenseSet<mlir::OpOperand *> resolveInPlaceWrites(mlir::func::FuncOp func,
                                                       const Layout &layout);

} // namespace moec::memory

#endif // MOEC_PASSES_MEMORY_INPLACEWRITES_H
