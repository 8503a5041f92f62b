//===- InitAll.h - Registers everything moec offers ------------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_INITALL_H
#define MOEC_INITALL_H

namespace mlir {
class DialectRegistry;
}

namespace moec {
/// Adds moec's dialects and the upstream dialects that its pipeline uses.
void registerAllDialects(mlir::DialectRegistry &registry);
/// Registers moec's passes and pipelines, and the upstream passes that its
/// pipeline and its tests use.
void registerAllPasses();
} // namespace moec

#endif // MOEC_INITALL_H
