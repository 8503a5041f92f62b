//===- CompileGpu.h - From NVVM to a GPU module ----------------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_LIB_DRIVER_COMPILEGPU_H
#define MOEC_LIB_DRIVER_COMPILEGPU_H

#include "lib/Driver/Compiler.h"
#include "lib/Target/Machine.h"
#include "lib/Target/Nvidia.h"
#include "llvm/Support/raw_ostream.h"

namespace moec::driver {

/// Writes what `print` prints to `path`. Both give the exit code: that of an
/// error, which becomes a diagnostic, or 0.
int writeText(mlir::ModuleOp module, llvm::StringRef path,
              llvm::function_ref<void(llvm::raw_ostream &)> print);
int report(mlir::ModuleOp module, llvm::Error error);

/// The end of compilation for `gpu`: `module` holds programs and a `gpu.module`
/// in the NVVM dialect. Writes PTX (`Phase::PTX`) or the module file, which is
/// data for the machine `host`. With ptxas at hand the module has a cubin too,
/// and registers and spills of each kernel become remarks and stand in the
/// manifest. The exit code, as compile() gives it.
int emitGpu(mlir::ModuleOp module, const CompileOptions &options,
            const target::Gpu &gpu, const target::Machine &host,
            llvm::StringRef path);

} // namespace moec::driver

#endif // MOEC_LIB_DRIVER_COMPILEGPU_H
