//===- Output.cpp - Files that appear whole or not at all ---------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Driver/Output.h"
#include "runtime/data/File.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Signals.h"
#include <cerrno>
#include <csignal>
#include <iterator>

using namespace moec::driver;
namespace fs = llvm::sys::fs;

int moec::driver::exitCodeOf(std::error_code error) {
  for (int number : {ENOSPC, EDQUOT, EFBIG, EIO, ENOMEM, EMFILE, ENFILE})
    if (error.value() == number)
      return 4;
  return 1;
}

/// LLVM's handlers remove the file when a signal ends the process. They stay
/// for the rest of the process and would catch signals that are ignored from
/// outside (nohup), and SIGPIPE only if there is something to call.
static void removeOnSignal(llvm::StringRef path) {
  llvm::sys::SetOneShotPipeSignalFunction([] { std::raise(SIGPIPE); });
  const int signals[] = {SIGHUP, SIGINT, SIGTERM, SIGPIPE};
  struct sigaction before[std::size(signals)];
  for (auto [signal, action] : llvm::zip(signals, before))
    sigaction(signal, nullptr, &action);
  llvm::sys::RemoveFileOnSignal(path);
  for (auto [signal, action] : llvm::zip(signals, before))
    if (action.sa_handler == SIG_IGN)
      sigaction(signal, &action, nullptr);
}

OutputFile::~OutputFile() {
  if (temporary.isOpen())
    llvm::sys::DontRemoveFileOnSignal(temporary.temporaryPath());
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
  if (std::error_code error = temporary.open(target))
    return llvm::errorCodeToError(error);
  removeOnSignal(temporary.temporaryPath());
  return llvm::Error::success();
}

llvm::Error OutputFile::commit() {
  if (!temporary.isOpen())
    return llvm::Error::success();
  std::error_code error = temporary.commit();
  if (!error)
    llvm::sys::DontRemoveFileOnSignal(temporary.temporaryPath());
  return llvm::errorCodeToError(error);
}
