//===- Gzip.h - Files that may be compressed ------------------ -*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_RUNTIME_DATA_GZIP_H
#define MOEC_RUNTIME_DATA_GZIP_H

#include <memory>
#include <string>

struct gzFile_s;

namespace moec::rt {

/// Reads plain and gzip files alike, from the first byte to the last.
class GzipReader {
public:
  /// Throws Error when the file cannot be opened.
  explicit GzipReader(const std::string &path);
  ~GzipReader();
  /// Reads up to `count` bytes and returns how many there were. Throws Error
  /// for a damaged file.
  size_t read(void *to, size_t count);
  /// Appends up to `count` bytes to a text, in pieces: a header that lies about
  /// a size takes no memory. Returns how many there were.
  template <typename Bytes> size_t append(Bytes &bytes, size_t count) {
    constexpr size_t most = size_t(1) << 24;
    size_t done = 0, got = 1;
    for (; done < count && got > 0; done += got) {
      size_t piece = count - done < most ? count - done : most;
      size_t old = bytes.size();
      bytes.resize(old + piece);
      got = read(&bytes[old], piece);
      bytes.resize(old + got);
    }
    return done;
  }
  /// Throws Error for a gzip stream that was cut off, which tells so only at
  /// its end.
  void finish();

private:
  std::string message();
  std::string path;
  std::unique_ptr<gzFile_s, int (*)(gzFile_s *)> file;
};

} // namespace moec::rt

#endif // MOEC_RUNTIME_DATA_GZIP_H
