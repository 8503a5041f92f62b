//===- FileTest.cpp - Tests of files written at once ----------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/data/File.h"
#include "test/runtime/TestSupport.h"

#include <sys/stat.h>

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
