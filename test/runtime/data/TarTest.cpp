//===- TarTest.cpp - Tests of tar archives --------------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/data/Tar.h"
#include "test/runtime/ToyData.h"
#include "test/runtime/data/TarTestSupport.h"

using namespace moec::rt;
using namespace moec::rt::test;

namespace {
class Tar : public testing::Test {
protected:
  std::map<std::string, std::string>
  read(const std::string &archive,
       const std::vector<std::string> &names = {"a.bin", "b.bin"}) {
    writeAll(path, archive);
    return readTarFiles(path, names);
  }
  TemporaryFolder folder;
  std::string path = folder / "x.tar";
  std::string large = std::string(70000, 'l');
  std::string good = tarMember("top/", "", '5') +
                     tarMember("top/notes.txt", std::string(20000, 'n')) +
                     tarMember("top/b.bin", "second") +
                     tarMember("top/a.bin", large) + tarEnd();
};
} // namespace

TEST_F(Tar, ReadsWhatIsAskedFor) {
  std::map<std::string, std::string> expected = {{"a.bin", large},
                                                 {"b.bin", "second"}};
  EXPECT_EQ(read(good), expected);
  EXPECT_EQ(read(good, {"b.bin", "c.bin"}).size(), 1u);
  // Without an end, and with something behind it.
  EXPECT_EQ(read(good.substr(0, good.size() - 1024)), expected);
  EXPECT_EQ(read(good + "rest"), expected);
  // Of older programs, and a link of that name.
  EXPECT_EQ(read(tarMember("a.bin", "x", '\0') + tarMember("b.bin", "", '2') +
                 tarEnd()),
            (std::map<std::string, std::string>{{"a.bin", "x"}}));
  writeAll(path, good);
  gzipFile(path);
  EXPECT_EQ(readTarFiles(path + ".gz", {"a.bin", "b.bin"}), expected);
}

TEST_F(Tar, TruncatedAnywhere) {
  size_t whole = good.size() - 1024;
  // Between two members it looks complete; what is missing, the caller sees.
  for (size_t length : {size_t(1), size_t(511), size_t(513), size_t(1500),
                        whole - 200, whole - 70400})
    if (length % 512 != 0)
      EXPECT_NE(errorOf([&] { read(good.substr(0, length)); }), "no error")
          << length;
  EXPECT_ERROR(read(""), "is no tar archive: it has 0 bytes, expected 512 or "
                         "more; fix: take the archive as it was distributed");
  EXPECT_ERROR(read(good.substr(0, 1024 + 100)),
               "x.tar is truncated: top/notes.txt has 100 bytes of 20000; fix: "
               "download it again");
  EXPECT_ERROR(read(good.substr(0, 512 + 10)),
               "is truncated or damaged: a header has 10 bytes of 512");
  // A stream that was cut says so, wherever.
  writeAll(path, good);
  gzipFile(path);
  std::string bytes = readAll(path + ".gz");
  for (size_t length = 0; length < bytes.size(); length += 7) {
    writeAll(path + ".gz", bytes.substr(0, length));
    EXPECT_NE(errorOf([&] { readTarFiles(path + ".gz", {"a.bin"}); }),
              "no error")
        << length;
  }
}

TEST_F(Tar, Damaged) {
  EXPECT_ERROR(read(std::string(2000, 'x')),
               "is no tar archive: the checksum of its first header is wrong");
  std::string bytes = good;
  bytes[512 + 3] ^= 1;
  EXPECT_ERROR(read(bytes), "is truncated or damaged: the checksum of a header "
                            "is wrong; fix: download it again");
  // A size that cannot be takes no memory.
  bytes = tarMember("a.bin", "x");
  bytes.replace(124, 11, "77777777777");
  unsigned sum = 0;
  for (size_t i = 0; i < 512; ++i)
    sum += i >= 148 && i < 156 ? ' ' : uint8_t(bytes[i]);
  char digits[8];
  std::snprintf(digits, sizeof(digits), "%06o", sum);
  bytes.replace(148, 7, std::string(digits, 7));
  EXPECT_ERROR(read(bytes), "is truncated: a.bin has 512 bytes of 8589934591");
}
