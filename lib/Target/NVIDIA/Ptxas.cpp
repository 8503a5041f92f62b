//===- Ptxas.cpp - PTX to machine code ------------------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Target/NVIDIA/Ptxas.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Process.h"
#include "llvm/Support/Program.h"
#include "llvm/Support/raw_ostream.h"

using namespace moec::target;

std::optional<std::string> moec::target::findPtxas() {
  if (std::optional<std::string> home =
          llvm::sys::Process::GetEnv("CUDA_HOME")) {
    llvm::SmallString<128> path(*home);
    llvm::sys::path::append(path, "bin", "ptxas");
    if (llvm::sys::fs::can_execute(path))
      return path.str().str();
  }
  llvm::ErrorOr<std::string> found = llvm::sys::findProgramByName("ptxas");
  if (!found)
    return std::nullopt;
  return *found;
}

/// The number before `word`, as in "12 bytes spill stores".
static int64_t numberBefore(llvm::StringRef line, llvm::StringRef word) {
  size_t at = line.find(word);
  if (at == llvm::StringRef::npos)
    return 0;
  llvm::StringRef before = line.take_front(at).rtrim();
  size_t first = before.find_last_not_of("0123456789") + 1;
  int64_t value = 0;
  before.drop_front(first).getAsInteger(10, value);
  return value;
}

std::vector<KernelUsage> moec::target::parsePtxasUsage(llvm::StringRef text) {
  std::vector<KernelUsage> kernels;
  llvm::SmallVector<llvm::StringRef> lines;
  text.split(lines, '\n');
  for (llvm::StringRef line : lines) {
    auto [before, after] = line.split("Compiling entry function '");
    if (!after.empty()) {
      kernels.push_back({after.split('\'').first.str()});
      continue;
    }
    if (kernels.empty())
      continue;
    KernelUsage &kernel = kernels.back();
    kernel.spillBytes += numberBefore(line, " bytes spill stores");
    if (int64_t registers = numberBefore(line, " registers"))
      kernel.registers = registers;
    if (int64_t shared = numberBefore(line, " bytes smem"))
      kernel.shared = shared;
  }
  return kernels;
}

llvm::Expected<Cubin> moec::target::runPtxas(llvm::StringRef program,
                                             llvm::StringRef ptx,
                                             const Gpu &gpu,
                                             llvm::StringRef folder) {
  std::string input = (folder + "/kernels.ptx").str();
  std::string output = (folder + "/kernels.cubin").str();
  std::string log = (folder + "/log").str();
  std::error_code error;
  llvm::raw_fd_ostream os(input, error);
  if (!error) {
    os << ptx;
    os.close();
    error = os.error();
    os.clear_error(); // the destructor would end the program
  }
  if (error)
    return llvm::createStringError(error, "cannot write '" + input +
                                              "': " + error.message());
  std::string arch = "-arch=" + gpu.arch.str();
  std::string message;
  std::optional<llvm::StringRef> redirects[] = {llvm::StringRef(""), log, log};
  int code = llvm::sys::ExecuteAndWait(
      program, {program, arch, "-O3", "-v", input, "-o", output}, std::nullopt,
      redirects, /*SecondsToWait=*/0, /*MemoryLimit=*/0, &message);
  auto text = llvm::MemoryBuffer::getFile(log);
  llvm::StringRef said = text ? (*text)->getBuffer() : llvm::StringRef();
  if (code != 0)
    return llvm::createStringError(program.str() + " failed: " + message +
                                   said.trim().str());
  auto bytes = llvm::MemoryBuffer::getFile(output);
  if (!bytes)
    return llvm::createStringError("cannot read what ptxas wrote: " +
                                   bytes.getError().message());
  return Cubin{(*bytes)->getBuffer().str(), parsePtxasUsage(said)};
}
