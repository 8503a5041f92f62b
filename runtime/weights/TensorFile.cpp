//===- TensorFile.cpp - A safetensors file, piece by piece ----------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/weights/TensorFile.h"
#include "runtime/core/Fail.h"
#include "runtime/core/JsonView.h"
#include "runtime/data/Safetensors.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

namespace moec::rt {

/// The format allows no longer header.
static constexpr uint64_t longestHeader = 100'000'000;
/// How much is read at once when nobody asked for a part.
static constexpr size_t window = 1 << 20;
static constexpr std::string_view noChecksum = "0000000000000000";

static int64_t bytesOf(const std::string &dtype) {
  static const std::map<std::string, int64_t> table = {
      {"BOOL", 1}, {"U8", 1},  {"I8", 1},  {"F8_E4M3", 1}, {"F8_E5M2", 1},
      {"I16", 2},  {"U16", 2}, {"F16", 2}, {"BF16", 2},    {"I32", 4},
      {"U32", 4},  {"F32", 4}, {"I64", 8}, {"U64", 8},     {"F64", 8}};
  auto found = table.find(dtype);
  return found == table.end() ? 0 : found->second;
}

std::string StoredTensor::text() const {
  return dtype + " " + shapeText(shape);
}

/// Where the digits of the checksum stand in a header, or npos.
static size_t findChecksum(std::string_view header, std::string_view digits) {
  std::string entry = fmt::format("\"{}\":\"{}\"", checksumKey, digits);
  size_t at = header.find(entry);
  return at == std::string_view::npos ? at
                                      : at + entry.size() - 1 - digits.size();
}

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

static StoredTensor readTensor(const std::string &name, const JsonView &view,
                               uint64_t dataAt, uint64_t dataSize) {
  StoredTensor tensor;
  tensor.name = name;
  tensor.dtype = view.at("dtype").string();
  tensor.elementBytes = bytesOf(tensor.dtype);
  if (tensor.elementBytes == 0)
    view.at("dtype").error(fmt::format("unknown dtype \"{}\"", tensor.dtype));
  tensor.shape = view.at("shape").shape(tensor.elements);
  std::vector<JsonView> offsets = view.at("data_offsets").items();
  if (offsets.size() != 2)
    view.at("data_offsets").error("expected [begin, end]");
  constexpr int64_t most = int64_t(1) << 62;
  int64_t begin = offsets[0].integer(0, most);
  int64_t end = offsets[1].integer(begin, most);
  int64_t bytes = tensor.elements * tensor.elementBytes;
  if (end - begin != bytes)
    view.error(fmt::format("{} takes {} bytes, data_offsets span {}",
                           tensor.text(), bytes, end - begin));
  if (uint64_t(end) > dataSize)
    view.error(fmt::format("the file is truncated: the tensor ends at byte {} "
                           "of the data, the file has {}",
                           end, dataSize));
  tensor.offset = dataAt + uint64_t(begin);
  return tensor;
}

void TensorFile::readHeader() {
  uint64_t length = 0;
  if (size < 8)
    fail("{} is truncated: a safetensors file starts with 8 bytes of length, "
         "it has {}",
         file, size);
  readBytes(0, 8, reinterpret_cast<char *>(&length)); // little-endian
  if (length > longestHeader || length > size - 8)
    fail("{} is truncated or no safetensors file: the header should have {} "
         "bytes, {} follow, and {} are allowed",
         file, length, size - 8, longestHeader);
  header.resize(length);
  readBytes(8, length, header.data());
  try {
    nlohmann::json document = parseJson(header, "the safetensors header");
    uint64_t dataAt = 8 + length;
    for (const auto &[name, view] : JsonView(document, "header").members()) {
      if (name != "__metadata__") {
        list.push_back(readTensor(name, view, dataAt, size - dataAt));
        continue;
      }
      for (const auto &[key, text] : view.members())
        texts[key] = text.string();
    }
    std::sort(list.begin(), list.end(),
              [](const StoredTensor &a, const StoredTensor &b) {
                return std::pair(a.offset, a.elements) <
                       std::pair(b.offset, b.elements);
              });
    uint64_t at = dataAt;
    for (const StoredTensor &tensor : list) {
      if (tensor.offset != at)
        fail("tensor \"{}\" leaves a gap or overlaps another one", tensor.name);
      at += uint64_t(tensor.elements * tensor.elementBytes);
      byName.emplace(tensor.name, byName.size());
    }
    if (at != size)
      fail("{} bytes follow the last tensor", size - at);
  } catch (const Error &e) {
    fail("{}: {}", file, e.what());
  }
}

const StoredTensor *TensorFile::find(const std::string &name) const {
  auto found = byName.find(name);
  return found == byName.end() ? nullptr : &list[found->second];
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
  auto digits = texts.find(checksumKey);
  auto format = texts.find(formatKey);
  if (digits == texts.end()) {
    // Version 1 of moec's files had none.
    if (format != texts.end() && format->second.rfind("moec.", 0) == 0 &&
        format->second.back() != '1')
      fail("{}: the file is damaged: its metadata have no \"{}\"", file,
           checksumKey);
    return;
  }
  std::string bytes(header);
  size_t at = findChecksum(bytes, digits->second);
  bool good =
      digits->second.size() == noChecksum.size() && at != std::string::npos;
  if (good) {
    bytes.replace(at, noChecksum.size(), noChecksum);
    uint64_t length = header.size();
    Checksum sum;
    sum.add({reinterpret_cast<const char *>(&length), 8});
    sum.add(bytes);
    bytes.resize(window);
    for (uint64_t read = 8 + length; read < size; read += window) {
      size_t count = size_t(std::min<uint64_t>(window, size - read));
      readBytes(read, count, bytes.data());
      sum.add({bytes.data(), count});
    }
    good = fmt::format("{:016x}", sum.value()) == digits->second;
  }
  if (!good)
    fail("{}: the file is damaged: its bytes do not have the checksum that "
         "stands in its metadata as \"{}\" (a program that changes the file "
         "should leave this key out)",
         file, checksumKey);
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
  nlohmann::ordered_json header = nlohmann::ordered_json::object();
  header["__metadata__"] = metadata;
  header["__metadata__"][checksumKey] = noChecksum;
  for (const Tensor &tensor : tensors) {
    uint64_t bytes = 4;
    for (int64_t extent : tensor.shape)
      bytes *= uint64_t(extent);
    header[tensor.name] = {{"dtype", "F32"},
                           {"shape", tensor.shape},
                           {"data_offsets", {missing, missing + bytes}}};
    missing += bytes;
  }
  std::string text = header.dump();
  text.resize((text.size() + 7) / 8 * 8, ' '); // tensors start aligned
  uint64_t length = text.size();
  checksumAt = 8 + findChecksum(text, noChecksum);
  struct stat info;
  if (stat(path.c_str(), &info) == 0 && !S_ISREG(info.st_mode))
    fail("{} is no regular file; expected the name of a file to write", named);
  if (std::error_code error = replacement.open(path))
    cannotWrite(path, error);
  missing += 8 + length;
  put({reinterpret_cast<const char *>(&length), 8}); // little-endian
  put(text);
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
  writeAt(path, replacement.descriptor(), checksumAt,
          fmt::format("{:016x}", sum.value()));
  if (std::error_code error = replacement.commit())
    cannotWrite(path, error);
}

} // namespace moec::rt
