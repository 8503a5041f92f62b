//===- ToolSetup.h - What the tools on top of MLIR share --------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_LIB_REGISTRATION_TOOLSETUP_H
#define MOEC_LIB_REGISTRATION_TOOLSETUP_H

#include "mlir/Support/LLVM.h"

namespace moec {

/// Makes --version name moec's version and that of LLVM.
void setToolVersion(const char *tool);

/// Loads what --load-pass-plugin and --load-dialect-plugin name, and says why
/// one cannot be loaded: MLIR's own options keep the cause to themselves and go
/// on without it.
mlir::LogicalResult checkPlugins(const char *tool, int argc, char **argv);

} // namespace moec

#endif // MOEC_LIB_REGISTRATION_TOOLSETUP_H
