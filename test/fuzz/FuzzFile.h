//===- FuzzFile.h - Fuzz bytes as a file ------------------------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_TEST_FUZZ_FUZZFILE_H
#define MOEC_TEST_FUZZ_FUZZFILE_H

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <sys/mman.h>
#include <unistd.h>

namespace moec::fuzz {

/// A file in memory with a path, for readers that open files by name.
class File {
public:
  File(const uint8_t *bytes, size_t count)
      : descriptor(memfd_create("fuzz", MFD_CLOEXEC)) {
    if (descriptor < 0 || write(descriptor, bytes, count) != ssize_t(count)) {
      std::perror("memfd_create");
      std::abort();
    }
  }
  ~File() { close(descriptor); }
  File(const File &) = delete;
  std::string path() const {
    return "/proc/self/fd/" + std::to_string(descriptor);
  }

private:
  int descriptor;
};

} // namespace moec::fuzz

#endif // MOEC_TEST_FUZZ_FUZZFILE_H
