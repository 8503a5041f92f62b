//===- Gzip.cpp - Files that may be compressed ----------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/data/Gzip.h"
#include "runtime/core/Fail.h"

#include <algorithm>
#include <zlib.h>

namespace moec::rt {

GzipReader::GzipReader(const std::string &path)
    : path(path), file(gzopen(path.c_str(), "rb"), gzclose) {
  if (!file)
    fail("cannot open data file {}", path);
  gzbuffer(file.get(), 1 << 18);
}

GzipReader::~GzipReader() = default;

size_t GzipReader::read(void *to, size_t count) {
  size_t done = 0;
  while (done < count) {
    unsigned step = unsigned(std::min(count - done, size_t(1) << 30));
    int got = gzread(file.get(), static_cast<char *>(to) + done, step);
    if (got < 0)
      fail("data file {} is truncated or damaged: {}", path, message());
    if (got == 0)
      break;
    done += size_t(got);
  }
  return done;
}

void GzipReader::finish() {
  int code = Z_OK;
  gzerror(file.get(), &code);
  if (code != Z_OK && code != Z_STREAM_END)
    fail("data file {} is truncated or damaged: {}", path, message());
}

std::string GzipReader::message() {
  int code = Z_OK;
  std::string text = gzerror(file.get(), &code);
  // zlib puts the path in front, which the caller has said already.
  std::string prefix = path + ": ";
  return text.rfind(prefix, 0) == 0 ? text.substr(prefix.size()) : text;
}

} // namespace moec::rt
