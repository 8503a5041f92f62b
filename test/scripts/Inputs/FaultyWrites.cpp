//===- FaultyWrites.cpp - System calls of a write that fail ---------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A library for LD_PRELOAD that makes one call fail, for scripts/fuzz-training.
// It counts the calls on files below a folder that are opened to be written
// (but locks, whose bytes mean nothing):
//
//   FAULT_FOLDER=DIR      the folder, an absolute path
//   FAULT=CALL:N:HOW      the N-th such call (from 0) of CALL goes wrong. CALL:
//                         open, write, fsync, rename, close. HOW: a number of
//                         errno; "short": half of the bytes are written and
//                         all is well; "kill": the process dies before it
//   FAULT_COUNTS=FILE     at the end, "CALL COUNT" lines are written there
//
//===----------------------------------------------------------------------===//

#include <cerrno>
#include <csignal>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <dlfcn.h>
#include <fcntl.h>
#include <mutex>
#include <unistd.h>

namespace {
enum Call { Open, Write, Fsync, Rename, Close, Calls };
const char *const names[Calls] = {"open", "write", "fsync", "rename", "close"};

struct Plan {
  const char *folder = std::getenv("FAULT_FOLDER");
  const char *counts = std::getenv("FAULT_COUNTS");
  int call = -1;
  long number = 0;
  char how[16] = "";
  long count[Calls] = {};
  bool watched[1024] = {}; ///< descriptors that are open to be written
  std::mutex lock;

  Plan() {
    char name[16];
    if (const char *text = std::getenv("FAULT"))
      if (std::sscanf(text, "%15[^:]:%ld:%15s", name, &number, how) == 3)
        for (int i = 0; i < Calls; ++i)
          if (std::strcmp(name, names[i]) == 0)
            call = i;
  }
  ~Plan() {
    if (std::FILE *file = counts ? std::fopen(counts, "w") : nullptr) {
      for (int i = 0; i < Calls; ++i)
        std::fprintf(file, "%s %ld\n", names[i], count[i]);
      std::fclose(file);
    }
  }
};
} // namespace

static Plan &plan() {
  static Plan it;
  return it;
}

template <typename F> static F real(const char *name, F) {
  return reinterpret_cast<F>(dlsym(RTLD_NEXT, name));
}

static bool isBelow(const char *path) {
  const char *folder = plan().folder;
  return folder && path && std::strncmp(path, folder, strlen(folder)) == 0 &&
         !std::strstr(path, ".moec-lock");
}

static bool isWatched(int fd) {
  return fd >= 0 && fd < 1024 && plan().watched[fd];
}

enum Verdict { Normal, Fail, Short };

/// Counts a call and says what is to become of it; sets errno.
static Verdict judge(Call call) {
  std::lock_guard<std::mutex> guard(plan().lock);
  if (plan().count[call]++ != plan().number || plan().call != call)
    return Normal;
  if (std::strcmp(plan().how, "kill") == 0)
    raise(SIGKILL);
  if (std::strcmp(plan().how, "short") == 0)
    return Short;
  errno = std::atoi(plan().how);
  return Fail;
}

template <typename Body>
static int opened(const char *path, int flags, Body &&body) {
  bool watch = (flags & O_ACCMODE) != O_RDONLY && isBelow(path);
  if (watch && judge(Open) == Fail)
    return -1;
  int fd = body();
  if (fd >= 0 && fd < 1024)
    plan().watched[fd] = watch;
  return fd;
}

extern "C" {

int open(const char *path, int flags, ...) {
  va_list rest;
  va_start(rest, flags);
  int mode = va_arg(rest, int);
  va_end(rest);
  return opened(path, flags, [&] {
    return real("open", static_cast<int (*)(const char *, int, ...)>(nullptr))(
        path, flags, mode);
  });
}

int open64(const char *path, int flags, ...) {
  va_list rest;
  va_start(rest, flags);
  int mode = va_arg(rest, int);
  va_end(rest);
  return opened(path, flags, [&] {
    return real("open64", static_cast<int (*)(const char *, int, ...)>(
                              nullptr))(path, flags, mode);
  });
}

ssize_t write(int fd, const void *bytes, size_t count) {
  Verdict verdict = isWatched(fd) ? judge(Write) : Normal;
  if (verdict == Fail)
    return -1;
  if (verdict == Short && count > 1)
    count /= 2;
  return real("write", write)(fd, bytes, count);
}

int fsync(int fd) {
  if (isWatched(fd) && judge(Fsync) == Fail)
    return -1;
  return real("fsync", fsync)(fd);
}

int rename(const char *from, const char *to) {
  if (isBelow(to) && judge(Rename) == Fail)
    return -1;
  return real("rename", rename)(from, to);
}

int close(int fd) {
  bool watched = isWatched(fd);
  bool fails = watched && judge(Close) == Fail;
  int error = errno;
  if (watched)
    plan().watched[fd] = false;
  int result = real("close", close)(fd); // as in Linux, closed all the same
  if (!fails)
    return result;
  errno = error;
  return -1;
}

} // extern "C"
