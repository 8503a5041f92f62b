//===- Tar.cpp - Files in a tar archive -----------------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The format (POSIX.1-1988, ustar, and what came before): for each member a
// header of 512 bytes with its name, its size in octal digits, a kind and a
// checksum, and its bytes, filled up to a multiple of 512. A header of zeros
// ends the archive. Members that say more of others (long names, attributes)
// are passed over as any other is.
//
//===----------------------------------------------------------------------===//

#include "runtime/data/Tar.h"
#include "runtime/core/Fail.h"
#include "runtime/data/Gzip.h"

#include <algorithm>
#include <cstring>
#include <string_view>

namespace moec::rt {

static constexpr size_t blockBytes = 512;

namespace {
struct Header {
  char name[100];
  char others[24]; // mode, owner, group
  char size[12];
  char time[12];
  char sum[8];
  char kind;
  char rest[355];
};
static_assert(sizeof(Header) == blockBytes);
} // namespace

/// Octal digits, up to a space or zero; -1 for anything else.
template <size_t n> static int64_t octal(const char (&digits)[n]) {
  int64_t value = 0;
  size_t i = 0;
  while (i < n && digits[i] == ' ')
    ++i;
  size_t first = i;
  for (; i < n && digits[i] >= '0' && digits[i] <= '7'; ++i)
    value = value * 8 + (digits[i] - '0');
  bool ended = i == n || digits[i] == 0 || digits[i] == ' ';
  return ended && i > first ? value : -1;
}

/// The sum of all bytes of a header, its own counted as spaces.
static int64_t sumOf(const Header &header) {
  const auto *bytes = reinterpret_cast<const unsigned char *>(&header);
  int64_t sum = 8 * ' ';
  for (size_t i = 0; i < blockBytes; ++i)
    sum += bytes[i];
  for (char c : header.sum)
    sum -= static_cast<unsigned char>(c);
  return sum;
}

std::map<std::string, std::string>
readTarFiles(const std::string &path, const std::vector<std::string> &names) {
  std::map<std::string, std::string> found;
  GzipReader reader(path);
  Header header;
  for (bool first = true;; first = false) {
    size_t got = reader.read(&header, blockBytes);
    const char *bytes = reinterpret_cast<const char *>(&header);
    if (got == 0 && !first) // some programs write no end
      break;
    if (got == blockBytes &&
        std::all_of(bytes, bytes + blockBytes, [](char c) { return c == 0; }))
      break;
    if (got < blockBytes || octal(header.sum) != sumOf(header)) {
      reader.finish();
      if (first)
        fail("{} is no tar archive: {}; fix: take the archive as it was "
             "distributed",
             path,
             got < blockBytes
                 ? fmt::format("it has {} bytes, expected 512 or more", got)
                 : "the checksum of its first header is wrong");
      fail("{} is truncated or damaged: {}; fix: download it again", path,
           got < blockBytes ? fmt::format("a header has {} bytes of 512", got)
                            : std::string("the checksum of a header is wrong"));
    }
    std::string name(header.name, strnlen(header.name, sizeof(header.name)));
    int64_t size = octal(header.size);
    if (size < 0)
      fail("{} is damaged: member {} has no size", path, name);
    // Folders, links and devices have no bytes, whatever their size says.
    if (std::strchr("123456", header.kind) && header.kind)
      size = 0;
    std::string base = name.substr(name.rfind('/') + 1);
    bool file = header.kind == 0 || header.kind == '0' || header.kind == '7';
    bool wanted =
        file && std::find(names.begin(), names.end(), base) != names.end();
    std::string contents;
    auto padded = size_t(size) + size_t(-size) % blockBytes;
    size_t done = 0;
    if (wanted) {
      done = reader.append(contents, padded);
    } else {
      char passed[1 << 14];
      for (size_t step = 1; done < padded && step > 0; done += step)
        step = reader.read(passed, std::min(sizeof(passed), padded - done));
    }
    if (done < size_t(size)) {
      reader.finish();
      fail("{} is truncated: {} has {} bytes of {}; fix: download it again",
           path, name, done, size);
    }
    if (wanted) {
      contents.resize(size_t(size));
      found[base] = std::move(contents);
    }
  }
  // What follows the end is not looked at, but a stream that was cut is seen.
  char passed[1 << 14];
  while (reader.read(passed, sizeof(passed)) > 0) {
  }
  reader.finish();
  return found;
}

} // namespace moec::rt
