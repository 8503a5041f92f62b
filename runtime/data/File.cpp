//===- File.cpp - Files, whole and safely ---------------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/data/File.h"
#include "runtime/core/Fail.h"
#include "runtime/data/LockedFile.h"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

namespace moec::rt {

MappedFile::MappedFile(const std::string &path, const char *what) {
  // A pipe without a writer would be waited for.
  int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0)
    fail("cannot open {} {}: {}", what, path, std::strerror(errno));
  struct stat info;
  if (fstat(fd, &info) != 0 || !S_ISREG(info.st_mode)) {
    close(fd);
    fail("cannot read {} {}: not a regular file", what, path);
  }
  length = size_t(info.st_size);
  if (length > 0) {
    void *memory = mmap(nullptr, length, PROT_READ, MAP_PRIVATE, fd, 0);
    int error = errno;
    close(fd);
    if (memory == MAP_FAILED)
      fail("cannot map {} {}: {}", what, path, std::strerror(error));
    start = static_cast<const char *>(memory);
  } else {
    close(fd);
  }
}

MappedFile::~MappedFile() {
  if (start)
    munmap(const_cast<char *>(start), length);
}

std::string linkTarget(const std::string &path) {
  std::filesystem::path place = path;
  std::error_code none;
  // As deep as the kernel goes.
  for (int depth = 0; depth < 40; ++depth) {
    std::filesystem::path next = std::filesystem::read_symlink(place, none);
    if (none)
      break;
    place = place.parent_path() / next; // `next` alone when it is absolute
  }
  return place.string();
}

namespace {
/// While it lives, a write beyond the limit of file sizes (ulimit -f) is an
/// error of this thread's and no signal, which would end the process.
class SizeLimitIsAnError {
public:
  SizeLimitIsAnError() {
    sigemptyset(&signal);
    sigaddset(&signal, SIGXFSZ);
    pthread_sigmask(SIG_BLOCK, &signal, &before);
  }
  ~SizeLimitIsAnError() {
    if (sigismember(&before, SIGXFSZ))
      return;
    timespec now = {};
    while (sigtimedwait(&signal, nullptr, &now) < 0 && errno == EINTR) {
    }
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
  }

private:
  sigset_t signal, before;
};
} // namespace

static bool writeAll(int fd, std::string_view piece) {
  while (!piece.empty()) {
    // Some systems refuse single writes of 2 GiB and more.
    ssize_t done =
        write(fd, piece.data(), std::min(piece.size(), size_t(1) << 30));
    if (done < 0 && errno == EINTR)
      continue;
    if (done == 0)
      errno = EIO; // not said why
    if (done <= 0)
      return false;
    piece.remove_prefix(size_t(done));
  }
  return true;
}

/// A disk that is full or broken is no fault of the user's.
[[noreturn]] static void failToWrite(const std::string &path, int error) {
  bool resources = error == ENOSPC || error == EDQUOT || error == EFBIG ||
                   error == EIO || error == ENOMEM || error == EMFILE ||
                   error == ENFILE;
  throw Error(fmt::format("cannot write {}: {}", path, std::strerror(error)),
              resources ? ErrorCode::Resources : ErrorCode::User);
}

/// What is no regular file (a device, a pipe) stays where it is.
static void writeInPlace(const std::string &path,
                         const std::vector<std::string_view> &pieces) {
  int fd = open(path.c_str(), O_WRONLY | O_CLOEXEC);
  bool good = fd >= 0;
  for (std::string_view piece : pieces)
    good = good && writeAll(fd, piece);
  int error = errno;
  if (fd >= 0)
    close(fd);
  if (!good)
    failToWrite(path, error);
}

void writeFileAtomic(const std::string &named,
                     const std::vector<std::string_view> &pieces) {
  SizeLimitIsAnError guard;
  const std::string path = linkTarget(named);
  struct stat info;
  bool exists = stat(path.c_str(), &info) == 0;
  if (!exists && errno == ELOOP)
    fail("cannot write {}: {}", path, std::strerror(ELOOP));
  if (exists && !S_ISREG(info.st_mode)) {
    writeInPlace(path, pieces);
    return;
  }
  Replacement file;
  std::error_code error = file.open(path);
  for (std::string_view piece : pieces)
    if (!error && !writeAll(file.descriptor(), piece))
      error = std::error_code(errno, std::generic_category());
  if (!error)
    error = file.commit();
  if (error)
    failToWrite(path, error.value());
}

} // namespace moec::rt
