//===- ModuleFile.h - From code objects to a module file --------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_LIB_TARGET_MODULEFILE_H
#define MOEC_LIB_TARGET_MODULEFILE_H

#include "lib/Target/Target.h"

namespace moec::target {

/// An object file for this machine that holds `symbols` and no code.
llvm::Expected<std::string> emitData(llvm::ArrayRef<DataSymbol> symbols);

/// Links object files into the module `path`: a shared object with its seal
/// behind it (runtime/core/ModuleSeal.h). It is written beside
/// its place and renamed, so that a failure leaves nothing behind. A device at
/// `path` (/dev/null) stays and gets the bytes.
llvm::Error linkShared(llvm::ArrayRef<std::string> objects,
                       llvm::StringRef path);

/// Both: the module `path` of what a target emitted and its manifest.
llvm::Error writeModule(Code code, std::string manifest, llvm::StringRef path);

} // namespace moec::target

#endif // MOEC_LIB_TARGET_MODULEFILE_H
