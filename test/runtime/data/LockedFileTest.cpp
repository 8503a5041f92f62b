//===- LockedFileTest.cpp - Tests of files held by one process ------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/data/LockedFile.h"
#include "runtime/data/File.h"
#include "test/runtime/TestSupport.h"

#include <csignal>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>
#include <vector>

using namespace moec::rt;
using namespace moec::rt::test;

TEST(Replacement, CommitsOrLeavesNothing) {
  TemporaryFolder folder;
  writeAll(folder / "f", "old");
  {
    Replacement file;
    ASSERT_FALSE(file.open(folder / "f"));
    ASSERT_EQ(write(file.descriptor(), "half", 4), 4);
    EXPECT_TRUE(std::filesystem::exists(file.temporaryPath()));
  }
  EXPECT_EQ(readAll(folder / "f"), "old");
  Replacement file;
  ASSERT_FALSE(file.open(folder / "f"));
  ASSERT_EQ(write(file.descriptor(), "new", 3), 3);
  EXPECT_EQ(readAll(folder / "f"), "old");
  ASSERT_FALSE(file.commit());
  EXPECT_EQ(readAll(folder / "f"), "new");
  EXPECT_FALSE(std::filesystem::exists(file.temporaryPath()));
  Replacement nowhere;
  EXPECT_EQ(nowhere.open(folder / "none/f").value(), ENOENT);
}

TEST(Replacement, TakesOverWhatAKilledProcessLeft) {
  TemporaryFolder folder;
  writeAll(folder / "f.moec-tmp", "half of something longer");
  writeAll(folder / "f.moec-tmp.0.o", "half");
  writeFileAtomic(folder / "f", {"whole"});
  EXPECT_EQ(readAll(folder / "f"), "whole");
  EXPECT_FALSE(std::filesystem::exists(folder / "f.moec-tmp"));
  EXPECT_FALSE(std::filesystem::exists(folder / "f.moec-tmp.0.o"));
  // Of a process that lives nothing is removed.
  Replacement file;
  ASSERT_FALSE(file.open(folder / "f"));
  Replacement::removeLeftovers(folder / "f");
  EXPECT_TRUE(std::filesystem::exists(file.temporaryPath()));
}

/// Many writers: always one of their texts, and the rights that new files get.
TEST(Replacement, ManyWriters) {
  TemporaryFolder folder;
  mode_t mask = umask(027);
  std::vector<std::thread> writers;
  for (char c : {'a', 'b', 'c', 'd'})
    writers.emplace_back([&, c] {
      std::string text(10000, c);
      for (int i = 0; i < 20; ++i) {
        writeFileAtomic(folder / "f", {text, text});
        std::string got = readAll(folder / "f");
        EXPECT_EQ(got, std::string(20000, got.at(0)));
      }
    });
  for (std::thread &writer : writers)
    writer.join();
  EXPECT_EQ(umask(mask), 027u);
  struct stat info;
  ASSERT_EQ(stat((folder / "f").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0640u);
  EXPECT_FALSE(std::filesystem::exists(folder / "f.moec-tmp"));
}

static mode_t modeOf(const std::string &path) {
  struct stat info;
  return stat(path.c_str(), &info) == 0 ? info.st_mode & 07777 : 0;
}

TEST(Replacement, KeepsTheRights) {
  TemporaryFolder folder;
  std::string path = folder / "f";
  mode_t mask = umask(022);
  for (mode_t mode : {0600, 0664, 0755, 0444}) {
    writeAll(path, "old");
    ASSERT_EQ(chmod(path.c_str(), mode), 0);
    Replacement file;
    ASSERT_FALSE(file.open(path));
    EXPECT_EQ(modeOf(file.temporaryPath()), 0600u); // not open to more people
    ASSERT_FALSE(file.commit());
    EXPECT_EQ(modeOf(path), mode);
    std::filesystem::remove(path);
  }
  Replacement fresh;
  ASSERT_FALSE(fresh.open(path));
  ASSERT_FALSE(fresh.commit());
  EXPECT_EQ(modeOf(path), 0644u);
  umask(mask);
  if (geteuid() != 0)
    GTEST_SKIP() << "only root gives files away";
  ASSERT_EQ(chown(path.c_str(), 1234, 4321), 0);
  writeFileAtomic(path, {"new"});
  struct stat info;
  ASSERT_EQ(stat(path.c_str(), &info), 0);
  EXPECT_EQ(info.st_uid, 1234u);
  EXPECT_EQ(info.st_gid, 4321u);
  // Who may not do that keeps the mode, but opens the file to no other group.
  ASSERT_EQ(chmod(path.c_str(), 0664), 0);
  ASSERT_EQ(chmod(folder.path.c_str(), 0777), 0);
  EXPECT_EXIT(
      {
        if (setgid(99) == 0 && setuid(99) == 0)
          writeFileAtomic(path, {"newer"});
        _exit(0);
      },
      testing::ExitedWithCode(0), "");
  ASSERT_EQ(stat(path.c_str(), &info), 0);
  EXPECT_EQ(info.st_uid, 99u);
  EXPECT_EQ(info.st_mode & 0777, 0644u);
}

TEST(PathLock, OneAtATime) {
  TemporaryFolder folder;
  std::string holder;
  {
    PathLock first, second;
    EXPECT_TRUE(first.take(folder / "c", holder));
    EXPECT_FALSE(second.take(folder / "c", holder));
    EXPECT_EQ(holder, "process " + std::to_string(getpid()));
    PathLock other;
    EXPECT_TRUE(other.take(folder / "d", holder));
  }
  EXPECT_FALSE(std::filesystem::exists(folder / "c.moec-lock"));
  // A file without a lock on it is what a killed process left.
  writeAll(folder / "c.moec-lock", "process 1");
  PathLock third;
  EXPECT_TRUE(third.take(folder / "c", holder));
  PathLock nowhere;
  EXPECT_TRUE(nowhere.take(folder / "none/c", holder));
}

TEST(ScratchFolder, GoesAwayInTheEnd) {
  // Shells ignore SIGINT for what they run in the background.
  for (int signal : {SIGINT, SIGTERM, SIGHUP, SIGPIPE})
    std::signal(signal, SIG_DFL);
  TemporaryFolder folder;
  setenv("TMPDIR", folder.path.c_str(), 1);
  std::filesystem::create_directories(folder / "moec-scratch-killed/deep");
  writeAll(folder / "moec-scratch-killed/deep/file", "x");
  std::string path;
  {
    ScratchFolder first, second;
    ASSERT_FALSE(first.make());
    EXPECT_FALSE(std::filesystem::exists(folder / "moec-scratch-killed"));
    ASSERT_FALSE(second.make());
    path = first.path();
    EXPECT_NE(path, second.path());
    writeAll(path + "/file", "x");
  }
  EXPECT_TRUE(std::filesystem::is_empty(folder.path));
  for (int signal : {SIGINT, SIGTERM, SIGHUP, SIGPIPE}) {
    EXPECT_EXIT(
        {
          ScratchFolder first;
          ScratchFolder second;
          (void)first.make();
          (void)second.make();
          {
            ScratchFolder old;
            (void)old.make();
          }
          writeAll(first.path() + "/file", "x");
          raise(signal);
          _exit(std::filesystem::is_empty(folder.path) ? 7 : 8);
        },
        testing::KilledBySignal(signal), "");
    EXPECT_TRUE(std::filesystem::is_empty(folder.path));
  }
  setenv("TMPDIR", (folder / "none").c_str(), 1);
  ScratchFolder nowhere;
  EXPECT_TRUE(bool(nowhere.make()));
  unsetenv("TMPDIR");
}
