//===- zlib.h - Stands in where zlib is missing -----------------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The five functions that the runtime calls, over plain files. Only a packed
// kit uses it, on a machine without zlib; compressed files are errors there.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_KIT_ZLIB_H
#define MOEC_KIT_ZLIB_H

#include <cstdio>

struct gzFile_s {
  std::FILE *file;
  int error;
};
using gzFile = gzFile_s *;
enum {
  Z_OK = 0,
  Z_STREAM_END = 1,
  Z_ERRNO = -1,
  Z_DATA_ERROR = -3,
  Z_BUF_ERROR = -5
};

inline gzFile gzopen(const char *path, const char *mode) {
  std::FILE *file = std::fopen(path, mode);
  if (!file)
    return nullptr;
  int first = std::fgetc(file), second = std::fgetc(file);
  std::rewind(file);
  bool compressed = first == 0x1f && second == 0x8b;
  return new gzFile_s{file, compressed ? Z_DATA_ERROR : Z_OK};
}

inline int gzclose(gzFile file) {
  std::fclose(file->file);
  delete file;
  return Z_OK;
}

inline int gzbuffer(gzFile, unsigned) { return 0; }

inline int gzread(gzFile file, void *to, unsigned bytes) {
  return file->error ? -1 : int(std::fread(to, 1, bytes, file->file));
}

inline const char *gzerror(gzFile file, int *code) {
  *code = file->error;
  return file->error ? "this runtime was built without zlib: decompress the "
                       "file with gunzip"
                     : "";
}

#endif // MOEC_KIT_ZLIB_H
