//===- LLVM.h - LLVM's back ends --------------------------------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_LIB_TARGET_LLVM_H
#define MOEC_LIB_TARGET_LLVM_H

#include "llvm/IR/Module.h"
#include "llvm/Support/CodeGen.h"
#include "llvm/Support/Error.h"
#include <string>

namespace llvm {
class Target;
class TargetMachine;
} // namespace llvm

namespace moec::target {

/// LLVM's target for `triple`, of those that our targets ask for; others are an
/// error. May be called by any thread: LLVM's registry is a list without a
/// lock, so all enter it together, before the first of them is looked up.
/// Nothing else here registers targets.
llvm::Expected<const llvm::Target *> lookupTarget(llvm::StringRef triple);

/// The few passes over LLVM IR that kernels, which arrive tiled and cleaned up,
/// still profit from.
void optimize(llvm::Module &module, llvm::TargetMachine &machine);

/// An object file or assembly of it.
llvm::Expected<std::string> emitFile(llvm::Module &module,
                                     llvm::TargetMachine &machine,
                                     llvm::CodeGenFileType kind);

} // namespace moec::target

#endif // MOEC_LIB_TARGET_LLVM_H
