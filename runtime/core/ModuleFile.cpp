//===- ModuleFile.cpp - The checked bytes of a module ---------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/core/ModuleFile.h"
#include "runtime/core/ElfImage.h"
#include "runtime/core/Fail.h"
#include "runtime/core/ModuleSeal.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

namespace moec::rt {

namespace {
struct Descriptor {
  int number;
  ~Descriptor() {
    if (number >= 0)
      close(number);
  }
};
} // namespace

/// Writes everything that `from` holds to `to`; an errno, or 0.
static int copyBytes(int from, int to) {
  char buffer[1 << 16];
  for (;;) {
    ssize_t got = read(from, buffer, sizeof(buffer));
    if (got < 0 && errno == EINTR)
      continue;
    if (got <= 0)
      return got < 0 ? errno : 0;
    for (ssize_t done = 0; done < got;) {
      ssize_t put = write(to, buffer + done, size_t(got - done));
      if (put < 0 && errno != EINTR)
        return errno;
      done += std::max<ssize_t>(put, 0);
    }
  }
}

ModuleFile::ModuleFile(const std::string &path, const std::string &name) {
  Descriptor file{open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  struct stat info;
  if (file.number < 0 || fstat(file.number, &info) != 0)
    fail("cannot open module {}: {}", name, std::strerror(errno));
  if (!S_ISREG(info.st_mode))
    fail("cannot open module {}: it is no regular file", name);
  auto noMemory = [&](int error) {
    throw Error(
        fmt::format("no memory for module {}: {}", name, std::strerror(error)),
        ErrorCode::Resources);
  };
  std::string shown = path.substr(path.rfind('/') + 1).substr(0, 100);
  Descriptor copy{memfd_create(shown.c_str(), MFD_CLOEXEC | MFD_ALLOW_SEALING)};
  if (copy.number < 0)
    noMemory(errno);
  if (int error = copyBytes(file.number, copy.number)) {
    if (error == ENOSPC || error == ENOMEM || error == EFBIG)
      noMemory(error);
    fail("cannot read module {}: {}", name, std::strerror(error));
  }
  if (fcntl(copy.number, F_ADD_SEALS,
            F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL) != 0 ||
      fstat(copy.number, &info) != 0)
    fail("cannot read module {}: {}", name, std::strerror(errno));
  void *memory = nullptr;
  if (info.st_size > 0) {
    memory = mmap(nullptr, size_t(info.st_size), PROT_READ, MAP_PRIVATE,
                  copy.number, 0);
    if (memory == MAP_FAILED)
      noMemory(errno);
  }
  std::string_view bytes(static_cast<const char *>(memory),
                         size_t(info.st_size));
  std::string fault = moduleFault(bytes);
  if (!fault.empty()) {
    if (memory)
      munmap(memory, bytes.size());
    fail("{} {}", name, fault);
  }
  start = bytes.data();
  length = bytes.size();
  descriptor = std::exchange(copy.number, -1);
}

ModuleFile::~ModuleFile() {
  munmap(const_cast<char *>(start), length);
  close(descriptor);
}

std::string ModuleFile::path() const {
  // dlopen takes a name that it knows for the same file: the descriptor stays
  // open, so that its number is this file's alone.
  return fmt::format("/proc/self/fd/{}", descriptor);
}

std::optional<std::string_view>
ModuleFile::find(const std::string &name) const {
  ElfImage image(bytes().substr(0, length - sealBytes));
  std::optional<std::string_view> found = image.symbol(name);
  if (!found)
    return std::nullopt;
  std::optional<std::string_view> size = image.symbol(name + "_size");
  if (!size || size->size() < 8)
    fail("it has no symbol {}_size of 8 bytes", name);
  uint64_t count = 0;
  std::memcpy(&count, size->data(), sizeof(count));
  if (count > found->size())
    fail("{}_size claims {} bytes, {} has {}", name, count, name,
         found->size());
  return found->substr(0, count);
}

} // namespace moec::rt
