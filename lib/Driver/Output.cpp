//===- Output.cpp - Files that appear whole or not at all ---------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Driver/Output.h"
#include "lib/Driver/CompileModel.h"
#include "runtime/data/File.h"
#include "llvm/Support/Signals.h"
#include <cerrno>
#include <csignal>

using namespace moec::driver;
namespace fs = llvm::sys::fs;

int moec::driver::exitCodeOf(std::error_code error) {
  for (int number : {ENOSPC, EDQUOT, EFBIG, EIO, ENOMEM, EMFILE, ENFILE})
    if (error.value() == number)
      return 4;
  return 1;
}

OutputFile::~OutputFile() {
  if (temporary)
    llvm::consumeError(temporary->discard());
}

llvm::Error OutputFile::open(llvm::StringRef path) {
  target = path.str();
  if (path == "-")
    return llvm::Error::success();
  fs::file_status status;
  if (!fs::status(path, status) && fs::exists(status)) {
    if (fs::is_directory(status))
      return llvm::errorCodeToError(
          std::make_error_code(std::errc::is_a_directory));
    if (!fs::is_regular_file(status))
      return llvm::errorCodeToError(fs::access(path, fs::AccessMode::Write));
    if (std::error_code error = fs::access(path, fs::AccessMode::Write))
      return llvm::errorCodeToError(error);
  }
  // A symbolic link stays, and what it leads to is replaced.
  target = moec::rt::linkTarget(target);
  llvm::Expected<fs::TempFile> created = fs::TempFile::create(
      target + ".%%%%%%.tmp", fs::all_read | fs::owner_write);
  if (!created)
    return created.takeError();
  temporaryPath = created->TmpName;
  temporary.emplace(std::move(*created));
  return llvm::Error::success();
}

llvm::Error OutputFile::commit() {
  if (!temporary)
    return llvm::Error::success();
  llvm::Error error = temporary->keep(target);
  temporary.reset();
  return error;
}

void moec::driver::setUpSignals() {
  // LLVM removes the files; the signal then does what it does.
  llvm::sys::SetOneShotPipeSignalFunction([] { (void)raise(SIGPIPE); });
}

void moec::driver::removeOnSignal(const std::string &path) {
  llvm::sys::RemoveFileOnSignal(path);
}

void moec::driver::forgetOnSignal(const std::string &path) {
  llvm::sys::DontRemoveFileOnSignal(path);
}
