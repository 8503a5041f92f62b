//===- Object.h - From the LLVM dialect to a shared object ------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_LIB_TARGET_OBJECT_H
#define MOEC_LIB_TARGET_OBJECT_H

#include "lib/Target/Machine.h"
#include "mlir/IR/BuiltinOps.h"
#include "llvm/IR/Module.h"

namespace moec::target {

/// LLVM IR of `module` (LLVM dialect), optimised for `machine`, with the
/// manifest as the symbol moec_manifest.
llvm::Expected<std::unique_ptr<llvm::Module>>
translateToLLVM(mlir::ModuleOp module, const Machine &machine,
                llvm::StringRef manifest, llvm::LLVMContext &context);

/// Tells LLVM what `machine` likes: its CPU to tune for, and its widest
/// vectors.
void setAttributes(llvm::Module &module, const Machine &machine);

/// The few passes over LLVM IR that kernels, which arrive tiled and cleaned up,
/// still profit from.
void optimize(llvm::Module &module, llvm::TargetMachine &machine);

/// Native code of it: an object file, or assembly if `assembly`.
llvm::Expected<std::string> emitNative(llvm::Module &module,
                                       const Machine &machine, bool assembly);

/// Object files of the functions of `module`, dealt out to as many parts as
/// the context has threads, each compiled in a thread of its own. The first
/// carries the manifest.
llvm::Expected<std::vector<std::string>> emitObjects(mlir::ModuleOp module,
                                                     const Machine &machine,
                                                     llvm::StringRef manifest);

/// Bytes that a module carries: symbol NAME, closed by a NUL, and beside it
/// `uint64_t NAME_size`, which does not count the NUL.
struct DataSymbol {
  std::string name;
  llvm::StringRef bytes;
};

/// An object file for `machine` that holds `symbols` and no code.
llvm::Expected<std::string> emitData(const Machine &machine,
                                     llvm::ArrayRef<DataSymbol> symbols);

/// Links object files into the module `path`: a shared object with its seal
/// behind it (runtime/core/ModuleSeal.h). It is written beside
/// its place and renamed, so that a failure leaves nothing behind. A device at
/// `path` (/dev/null) stays and gets the bytes.
llvm::Error linkShared(llvm::ArrayRef<std::string> objects,
                       llvm::StringRef path);

} // namespace moec::target

#endif // MOEC_LIB_TARGET_OBJECT_H
