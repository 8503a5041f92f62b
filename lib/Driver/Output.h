//===- Output.h - Files that appear whole or not at all ---------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_LIB_DRIVER_OUTPUT_H
#define MOEC_LIB_DRIVER_OUTPUT_H

#include "runtime/data/LockedFile.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include <string>

namespace moec::driver {

/// 4 where a disk is full or a limit of the process is met, else 1.
int exitCodeOf(std::error_code error);

/// A file that is written beside its final place and moved there by commit();
/// without that, what stood there stays as it was. Devices ("/dev/null") and
/// "-" are written directly. A signal that ends the process takes the file
/// along; what a SIGKILL leaves, the next one to write there removes.
class OutputFile {
public:
  OutputFile() = default;
  OutputFile(const OutputFile &) = delete;
  OutputFile &operator=(const OutputFile &) = delete;
  ~OutputFile();

  /// Fails if the path cannot be written; to be called before long work.
  llvm::Error open(llvm::StringRef path);
  /// Where to write until commit().
  llvm::StringRef path() const {
    return temporary.isOpen() ? temporary.temporaryPath() : target;
  }
  llvm::Error commit();

private:
  std::string target;
  rt::Replacement temporary;
};

} // namespace moec::driver

#endif // MOEC_LIB_DRIVER_OUTPUT_H
