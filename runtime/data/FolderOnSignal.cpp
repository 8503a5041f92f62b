//===- FolderOnSignal.cpp - A folder that a signal removes ----------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/data/FolderOnSignal.h"

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <dirent.h>
#include <fcntl.h>
#include <iterator>
#include <unistd.h>

namespace moec::rt {

static constexpr int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGPIPE};
static struct sigaction before[std::size(signals)];

/// Paths of folders. Who takes one out owns it, so that a handler never reads
/// what another thread frees.
static std::atomic<char *> folders[16];

/// Only system calls, as a handler may make them. Other threads may add files
/// for as long as the folder is there.
static void removeFolder(const char *path) {
  for (int attempt = 0; attempt < 100; ++attempt) {
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
      return;
    alignas(dirent64) char buffer[4096];
    for (ssize_t got; (got = getdents64(fd, buffer, sizeof(buffer))) > 0;)
      for (ssize_t at = 0; at < got;) {
        auto *entry = reinterpret_cast<dirent64 *>(buffer + at);
        if (std::strcmp(entry->d_name, ".") != 0 &&
            std::strcmp(entry->d_name, "..") != 0)
          unlinkat(fd, entry->d_name, 0);
        at += entry->d_reclen;
      }
    close(fd);
    if (rmdir(path) == 0)
      return;
  }
}

static void removeAll(int signal) {
  int error = errno;
  for (std::atomic<char *> &folder : folders)
    if (char *path = folder.exchange(nullptr))
      removeFolder(path);
  for (size_t i = 0; i < std::size(signals); ++i)
    if (signals[i] == signal)
      sigaction(signal, &before[i], nullptr);
  errno = error;
  raise(signal); // comes when this handler has returned
}

/// Once, and for good: who has set a handler since then leads back to this one.
static bool catchSignals() {
  for (size_t i = 0; i < std::size(signals); ++i) {
    sigaction(signals[i], nullptr, &before[i]);
    if (before[i].sa_handler == SIG_IGN)
      continue;
    struct sigaction action = {};
    action.sa_handler = removeAll;
    action.sa_flags = SA_RESTART;
    sigaction(signals[i], &action, nullptr);
  }
  return true;
}

void FolderOnSignal::note(const std::string &path) {
  static bool caught = catchSignals();
  (void)caught;
  forget();
  char *copy = strdup(path.c_str());
  if (!copy)
    return;
  for (std::atomic<char *> &folder : folders) {
    char *none = nullptr;
    if (folder.compare_exchange_strong(none, copy)) {
      noted = copy;
      return;
    }
  }
  std::free(copy); // no room: the next process removes it
}

void FolderOnSignal::forget() {
  for (std::atomic<char *> &folder : folders) {
    char *mine = noted;
    if (mine && folder.compare_exchange_strong(mine, nullptr))
      std::free(noted);
  }
  noted = nullptr;
}

} // namespace moec::rt
