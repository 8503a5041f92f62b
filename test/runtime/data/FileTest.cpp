//===- FileTest.cpp - Tests of files written at once ----------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/data/File.h"
#include "test/runtime/TestSupport.h"

#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace moec::rt;
using namespace moec::rt::test;

TEST(File, NothingHalfWritten) {
  TemporaryFolder folder;
  writeAll(folder / "old", "old bytes");
  EXPECT_ERROR(writeFileAtomic("/nowhere/file", {"x"}), "cannot write");
  // The name is taken by a folder: the rename fails, the temporary goes.
  std::filesystem::create_directory(folder / "taken");
  EXPECT_ERROR(writeFileAtomic(folder / "taken", {"x"}), "cannot write");
  size_t files = 0;
  for (auto &entry : std::filesystem::directory_iterator(folder.path))
    files += !entry.path().empty();
  EXPECT_EQ(files, 2u);
  // A device is written to, not replaced.
  EXPECT_ERROR(writeFileAtomic("/dev/full", {"x"}), "cannot write");
  struct stat info;
  ASSERT_EQ(stat("/dev/full", &info), 0);
  EXPECT_TRUE(S_ISCHR(info.st_mode));
  writeFileAtomic(folder / "old", {"new ", "bytes"});
  EXPECT_EQ(readAll(folder / "old"), "new bytes");
}

TEST(File, SymbolicLinksStay) {
  TemporaryFolder folder;
  std::filesystem::create_directory(folder / "elsewhere");
  std::filesystem::create_symlink("elsewhere/file", folder / "first");
  std::filesystem::create_symlink(folder / "first", folder / "second");
  EXPECT_EQ(linkTarget(folder / "second"), folder / "elsewhere/file");
  EXPECT_EQ(linkTarget("no/link"), "no/link");
  for (const char *bytes : {"made", "replaced"}) {
    writeFileAtomic(folder / "second", {bytes});
    EXPECT_TRUE(std::filesystem::is_symlink(folder / "first"));
    EXPECT_TRUE(std::filesystem::is_symlink(folder / "second"));
    EXPECT_EQ(readAll(folder / "elsewhere/file"), bytes);
  }
  std::filesystem::create_symlink("round", folder / "round");
  EXPECT_ERROR(writeFileAtomic(folder / "round", {"x"}), "cannot write");
}

TEST(File, LimitOfFileSizesIsAnError) {
  TemporaryFolder folder;
  pid_t child = fork();
  if (child == 0) {
    rlimit limit = {4096, 4096};
    setrlimit(RLIMIT_FSIZE, &limit);
    std::string bytes(10000, 'x');
    int code = 0;
    for (int round = 0; round < 2; ++round)
      try {
        writeFileAtomic(folder / "file", {bytes});
      } catch (const Error &e) {
        code += int(e.code());
      }
    _exit(code);
  }
  int status = 0;
  waitpid(child, &status, 0);
  ASSERT_TRUE(WIFEXITED(status)) << "signal " << WTERMSIG(status);
  EXPECT_EQ(WEXITSTATUS(status), 2 * int(ErrorCode::Resources));
  EXPECT_TRUE(std::filesystem::is_empty(folder.path));
}

TEST(File, OnlyRegularFilesAreMapped) {
  TemporaryFolder folder;
  writeAll(folder / "file", "bytes");
  EXPECT_EQ(MappedFile(folder / "file", "data").bytes(), "bytes");
  EXPECT_ERROR(MappedFile(folder / "none", "data"), "cannot open data ");
  EXPECT_ERROR(MappedFile(folder.path, "data"), ": not a regular file");
  // Nobody writes to it: opening it must not wait.
  ASSERT_EQ(mkfifo((folder / "pipe").c_str(), 0600), 0);
  EXPECT_ERROR(MappedFile(folder / "pipe", "data"), "pipe: not a regular file");
}
