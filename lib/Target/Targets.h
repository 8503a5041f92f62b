//===- Targets.h - LLVM's targets, registered once --------------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_LIB_TARGET_TARGETS_H
#define MOEC_LIB_TARGET_TARGETS_H

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"

namespace llvm {
class Target;
}

namespace moec::target {

/// LLVM's target for `triple`: the host's or NVPTX; others are an error. May be
/// called by any thread: LLVM's registry is a list without a lock, so all
/// targets enter it together, before the first of them is looked up. Nothing
/// else here registers targets.
llvm::Expected<const llvm::Target *> lookupTarget(llvm::StringRef triple);

} // namespace moec::target

#endif // MOEC_LIB_TARGET_TARGETS_H
