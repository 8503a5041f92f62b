//===- InterpretMain.h - The body of moec-interpret
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_LIB_REFERENCE_INTERPRETMAIN_H
#define MOEC_LIB_REFERENCE_INTERPRETMAIN_H

#include "mlir/IR/DialectRegistry.h"

namespace moec::reference {

/// Runs moec-interpret: every function of a file on seeded or given arguments;
/// prints the results, or compares them with those of another file or of the
/// module after passes, or checks its gradients. Passes must have been
/// registered. Returns the exit code: 0 ok, 1 bad input, 2 usage, 3 numerics
/// mismatch.
int interpretMain(int argc, char **argv, mlir::DialectRegistry &registry);

} // namespace moec::reference

#endif // MOEC_LIB_REFERENCE_INTERPRETMAIN_H
