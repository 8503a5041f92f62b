//===- ManifestProgram.h - Read entries and programs ------------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_RUNTIME_CORE_MANIFESTPROGRAM_H
#define MOEC_RUNTIME_CORE_MANIFESTPROGRAM_H

#include "runtime/core/JsonView.h"
#include "runtime/core/Manifest.h"

namespace moec::rt {

/// Reads one entry; `manifest` already holds blocks and kernels. Checks that
/// every operand of the program, in every iteration, lies in its block.
Entry readEntry(const JsonView &view, const Manifest &manifest);

} // namespace moec::rt

#endif // MOEC_RUNTIME_CORE_MANIFESTPROGRAM_H
