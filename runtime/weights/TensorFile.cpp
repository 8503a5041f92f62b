//===- TensorFile.cpp - A safetensors file, piece by piece ----------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/weights/TensorFile.h"
#include "runtime/core/Fail.h"
#include "runtime/data/File.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

namespace moec::rt {

/// How much is read at once when nobody asked for a part.
static constexpr size_t window = 1 << 20;

//===----------------------------------------------------------------------===//
// Reading
//===----------------------------------------------------------------------===//

TensorFile::TensorFile(const std::string &path) : file(path) {
  fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0)
    fail("cannot open weights {}: {}", path, std::strerror(errno));
  try {
    struct stat info;
    if (fstat(fd, &info) != 0 || !S_ISREG(info.st_mode))
      fail("{} is no regular file; expected a safetensors file", path);
    size = uint64_t(info.st_size);
    readHeader();
  } catch (...) {
    close(fd);
    throw;
  }
}

TensorFile::~TensorFile() { close(fd); }

void TensorFile::readHeader() {
  char start[8] = {};
  readBytes(0, size_t(std::min<uint64_t>(size, 8)), start);
  prefix.resize(safetensorsPrefixBytes(file, {start, 8}, size));
  readBytes(0, prefix.size(), prefix.data());
  try {
    header = SafetensorsHeader(prefix, size);
  } catch (const Error &e) {
    fail("{}: {}", file, e.what());
  }
  for (const StoredTensor &tensor : header.tensors)
    byName.emplace(tensor.name, byName.size());
}

const StoredTensor *TensorFile::find(const std::string &name) const {
  auto found = byName.find(name);
  return found == byName.end() ? nullptr : &header.tensors[found->second];
}

void TensorFile::readBytes(uint64_t offset, size_t count, char *to) const {
  while (count > 0) {
    ssize_t done =
        pread(fd, to, std::min(count, size_t(1) << 30), off_t(offset));
    if (done < 0 && errno == EINTR)
      continue;
    if (done < 0)
      throw std::system_error(errno, std::generic_category(),
                              "cannot read " + file);
    if (done == 0)
      fail("{} has become shorter while it was read: byte {} is missing", file,
           offset);
    to += done;
    offset += uint64_t(done);
    count -= size_t(done);
  }
}

void TensorFile::read(const StoredTensor &tensor, int64_t first, int64_t count,
                      char *to) const {
  readBytes(tensor.offset + uint64_t(first * tensor.elementBytes),
            size_t(count * tensor.elementBytes), to);
}

void TensorFile::verify() const {
  try {
    SafetensorsCheck check(prefix, header);
    if (!check.needed())
      return;
    std::string bytes(window, '\0');
    for (uint64_t at = prefix.size(); at < size; at += window) {
      size_t count = size_t(std::min<uint64_t>(window, size - at));
      readBytes(at, count, bytes.data());
      check.add({bytes.data(), count});
    }
    check.finish();
  } catch (const Error &e) {
    fail("{}: {}", file, e.what());
  }
}

//===----------------------------------------------------------------------===//
// Writing
//===----------------------------------------------------------------------===//

[[noreturn]] static void cannotWrite(const std::string &path,
                                     std::error_code error) {
  throw std::system_error(error, "cannot write " + path);
}

static void writeAt(const std::string &path, int fd, uint64_t offset,
                    std::string_view bytes) {
  while (!bytes.empty()) {
    ssize_t done =
        pwrite(fd, bytes.data(), std::min(bytes.size(), size_t(1) << 30),
               off_t(offset));
    if (done < 0 && errno == EINTR)
      continue;
    if (done <= 0) // 0 is not said why
      cannotWrite(path, {done < 0 ? errno : EIO, std::generic_category()});
    offset += uint64_t(done);
    bytes.remove_prefix(size_t(done));
  }
}

TensorWriter::TensorWriter(const std::string &named,
                           const std::vector<Tensor> &tensors,
                           const std::map<std::string, std::string> &metadata)
    : path(linkTarget(named)) {
  std::vector<StoredTensor> stored;
  for (const Tensor &tensor : tensors) {
    int64_t elements = 1;
    for (int64_t extent : tensor.shape)
      elements *= extent;
    stored.push_back({tensor.name, "F32", tensor.shape, elements, 4, 0});
    missing += stored.back().bytes();
  }
  std::string prefix = makeSafetensorsPrefix(stored, metadata, checksumAt);
  struct stat info;
  if (stat(path.c_str(), &info) == 0 && !S_ISREG(info.st_mode))
    fail("{} is no regular file; expected the name of a file to write", named);
  if (std::error_code error = replacement.open(path))
    cannotWrite(path, error);
  missing += prefix.size();
  put(prefix);
}

void TensorWriter::put(std::string_view bytes) {
  sum.add(bytes);
  off_t at = lseek(replacement.descriptor(), 0, SEEK_END);
  writeAt(path, replacement.descriptor(), uint64_t(at), bytes);
  missing -= bytes.size();
}

void TensorWriter::write(const float *values, size_t count) {
  put({reinterpret_cast<const char *>(values), count * sizeof(float)});
}

void TensorWriter::finish() {
  if (missing != 0)
    fail("internal: {} bytes of {} were not written; please report it", missing,
         path);
  writeAt(path, replacement.descriptor(), checksumAt, checksumDigits(sum));
  if (std::error_code error = replacement.commit())
    cannotWrite(path, error);
}

} // namespace moec::rt
