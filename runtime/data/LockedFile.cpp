//===- LockedFile.cpp - Files that one process holds for itself -----------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/data/LockedFile.h"

#include <cerrno>
#include <cstdlib>
#include <dirent.h>
#include <fcntl.h>
#include <filesystem>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

namespace moec::rt {

static const char temporarySuffix[] = ".moec-tmp";

static std::error_code lastError() {
  return std::error_code(errno, std::generic_category());
}

static std::string folderOf(const std::string &path) {
  size_t slash = path.rfind('/');
  return slash == std::string::npos ? "."
         : slash == 0               ? "/"
                                    : path.substr(0, slash);
}

/// Opens and locks a file; -1 with errno EWOULDBLOCK when it is locked and
/// `wait` is false.
static int openLocked(const std::string &path, int flags, bool wait,
                      mode_t mode = 0666) {
  for (;;) {
    int fd = open(path.c_str(), O_CLOEXEC | O_NOFOLLOW | flags, mode);
    if (fd < 0)
      return -1;
    int failed;
    do
      failed = flock(fd, wait ? LOCK_EX : LOCK_EX | LOCK_NB);
    while (failed && errno == EINTR);
    if (failed && errno == EWOULDBLOCK) {
      close(fd);
      errno = EWOULDBLOCK;
      return -1;
    }
    // Whoever held the lock may have moved or removed the file.
    struct stat ours, there;
    if (fstat(fd, &ours) == 0 && lstat(path.c_str(), &there) == 0 &&
        ours.st_dev == there.st_dev && ours.st_ino == there.st_ino)
      return fd;
    close(fd);
  }
}

Replacement::~Replacement() {
  if (fd < 0)
    return;
  unlink(temporary.c_str());
  close(fd);
}

std::error_code Replacement::open(const std::string &path) {
  target = path;
  temporary = path + temporarySuffix;
  removeLeftovers(path);
  struct stat old;
  if (stat(path.c_str(), &old) == 0)
    replaced = old;
  fd = openLocked(temporary, O_RDWR | O_CREAT, /*wait=*/true,
                  replaced ? 0600 : 0666);
  if (fd < 0)
    return lastError();
  // Another writer may have made the file while this one waited, or the
  // temporary one, with rights that are not these.
  if (stat(path.c_str(), &old) == 0) {
    replaced = old;
    (void)!fchmod(fd, 0600);
  }
  // Another process may have left it in the meantime.
  return ftruncate(fd, 0) == 0 ? std::error_code() : lastError();
}

/// Only root may give a file to others, and its owner to groups that he is in.
/// Where that fails, the bytes are written all the same, and another group gets
/// no more rights than everybody had.
void Replacement::keepRights() {
  struct stat now;
  if (!replaced || fstat(fd, &now) != 0)
    return;
  mode_t mode = replaced->st_mode & 0777;
  if ((now.st_uid != replaced->st_uid || now.st_gid != replaced->st_gid) &&
      fchown(fd, replaced->st_uid, replaced->st_gid) != 0 &&
      fchown(fd, uid_t(-1), replaced->st_gid) != 0)
    mode &= 0707 | (mode & 07) << 3;
  (void)!fchmod(fd, mode); // some file systems know none
}

std::error_code Replacement::commit() {
  keepRights();
  if (fsync(fd) != 0 || rename(temporary.c_str(), target.c_str()) != 0)
    return lastError();
  close(fd); // all is on the disk
  fd = -1;
  // The new name lasts only once its folder is on disk.
  int folder =
      ::open(folderOf(target).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder >= 0) {
    fsync(folder);
    close(folder);
  }
  return {};
}

void Replacement::removeLeftovers(const std::string &path) {
  std::string first = path + temporarySuffix;
  int fd = openLocked(first, O_RDONLY, /*wait=*/false);
  // While this is held, nobody else writes beside `path`.
  if (fd < 0)
    return;
  std::string folder = folderOf(path);
  if (DIR *list = opendir(folder.c_str())) {
    // What was made on the way has the name of the temporary in front.
    std::string prefix = first.substr(first.rfind('/') + 1) + ".";
    while (dirent *entry = readdir(list))
      if (std::string(entry->d_name).rfind(prefix, 0) == 0)
        unlink((folder + "/" + entry->d_name).c_str());
    closedir(list);
  }
  unlink(first.c_str());
  close(fd);
}

PathLock::~PathLock() {
  if (fd < 0)
    return;
  unlink(name.c_str());
  close(fd);
}

bool PathLock::take(const std::string &path, std::string &holder) {
  name = path + ".moec-lock";
  fd = openLocked(name, O_RDWR | O_CREAT, /*wait=*/false);
  if (fd >= 0) {
    std::string text = "process " + std::to_string(getpid());
    // For people only; the lock holds without.
    if (ftruncate(fd, 0) == 0)
      (void)!write(fd, text.data(), text.size());
    return true;
  }
  if (errno != EWOULDBLOCK)
    return true;
  char text[64];
  int other = ::open(name.c_str(), O_RDONLY | O_CLOEXEC);
  ssize_t length = other >= 0 ? read(other, text, sizeof(text)) : 0;
  if (other >= 0)
    close(other);
  holder = length > 0 ? std::string(text, size_t(length)) : "another process";
  return false;
}

static const char scratchPrefix[] = "moec-scratch-";

ScratchFolder::~ScratchFolder() {
  if (fd < 0)
    return;
  atSignal.forget();
  std::error_code ignored;
  std::filesystem::remove_all(name, ignored);
  close(fd);
}

std::error_code ScratchFolder::make() {
  std::error_code error;
  std::string parent = std::filesystem::temp_directory_path(error);
  if (error)
    return error;
  // Folders that can be locked belong to nobody any more. Those of other users
  // cannot be removed, which is right.
  for (std::filesystem::directory_iterator it(parent, error), end;
       !error && it != end; it.increment(error)) {
    std::string path = it->path();
    if (it->path().filename().string().rfind(scratchPrefix, 0) != 0)
      continue;
    int old = openLocked(path, O_RDONLY | O_DIRECTORY, /*wait=*/false);
    if (old < 0)
      continue;
    std::error_code ignored;
    std::filesystem::remove_all(path, ignored);
    close(old);
  }
  do {
    name = parent + "/" + scratchPrefix + "XXXXXX";
    if (!mkdtemp(name.data()))
      return lastError();
    atSignal.note(name);
    // It is gone again when another process took it for a leftover before it
    // was locked.
    fd = openLocked(name, O_RDONLY | O_DIRECTORY, /*wait=*/true);
  } while (fd < 0 && errno == ENOENT);
  return fd < 0 ? lastError() : std::error_code();
}

} // namespace moec::rt
