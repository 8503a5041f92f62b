//===- Npy.cpp - Read and write NumPy files -------------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/data/Npy.h"
#include "runtime/core/Fail.h"
#include "runtime/data/File.h"

#include <cstring>

namespace moec::rt {

namespace {
/// Reads the header, a Python literal such as
/// {'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }
class HeaderReader {
public:
  HeaderReader(std::string_view text, const std::string &path)
      : text(text), path(path) {}

  void read(std::string &descr, bool &fortran, std::vector<int64_t> &shape) {
    bool seen[3] = {false, false, false};
    expect('{');
    while (!accept('}')) {
      std::string key = quoted();
      expect(':');
      if (key == "descr") {
        seen[0] = true;
        if (peek() == '[')
          fail("{}: structured dtypes are not supported", path);
        descr = quoted();
      } else if (key == "fortran_order") {
        seen[1] = true;
        fortran = boolean();
      } else if (key == "shape") {
        seen[2] = true;
        tuple(shape);
      } else {
        error("unknown key " + key);
      }
      if (!accept(',')) {
        expect('}');
        break;
      }
    }
    if (!seen[0] || !seen[1] || !seen[2])
      error("descr, fortran_order or shape is missing");
  }

private:
  [[noreturn]] void error(const std::string &what) {
    fail("{}: malformed npy header at byte {}: {}", path, at, what);
  }
  char peek() {
    while (at < text.size() && (text[at] == ' ' || text[at] == '\n'))
      ++at;
    return at < text.size() ? text[at] : '\0';
  }
  bool accept(char c) {
    if (peek() != c)
      return false;
    ++at;
    return true;
  }
  void expect(char c) {
    if (!accept(c))
      error(fmt::format("expected '{}'", c));
  }
  std::string quoted() {
    char quote = peek();
    if (quote != '\'' && quote != '"')
      error("expected a quoted text");
    size_t end = text.find(quote, ++at);
    if (end == std::string_view::npos)
      error("a text does not end");
    std::string result(text.substr(at, end - at));
    at = end + 1;
    return result;
  }
  bool boolean() {
    peek();
    for (bool value : {false, true}) {
      std::string_view word = value ? "True" : "False";
      if (text.substr(at, word.size()) == word) {
        at += word.size();
        return value;
      }
    }
    error("expected True or False");
  }
  void tuple(std::vector<int64_t> &shape) {
    expect('(');
    while (!accept(')')) {
      peek();
      int64_t value = 0;
      size_t begin = at;
      for (; at < text.size() && text[at] >= '0' && text[at] <= '9'; ++at)
        if (__builtin_mul_overflow(value, 10, &value) ||
            __builtin_add_overflow(value, text[at] - '0', &value))
          error("a size is too large");
      if (at == begin)
        error("expected a size");
      shape.push_back(value);
      if (!accept(',')) {
        expect(')');
        break;
      }
    }
  }

  std::string_view text;
  const std::string &path;
  size_t at = 0;
};
} // namespace

NpyArray readNpy(const std::string &path) {
  MappedFile file(path, "npy file");
  std::string_view bytes = file.bytes();
  if (bytes.substr(0, 6) != "\x93NUMPY")
    fail("{} is no npy file: the magic bytes are missing", path);
  if (bytes.size() < 10)
    fail("{} is truncated in its header", path);
  unsigned major = uint8_t(bytes[6]);
  if (major < 1 || major > 3)
    fail("{}: unknown npy version {}", path, major);
  size_t lengthBytes = major == 1 ? 2 : 4, length = 0;
  if (bytes.size() < 8 + lengthBytes)
    fail("{} is truncated in its header", path);
  for (size_t i = lengthBytes; i-- > 0;)
    length = length << 8 | uint8_t(bytes[8 + i]);
  size_t start = 8 + lengthBytes;
  if (length > bytes.size() - start)
    fail("{} is truncated in its header", path);

  NpyArray array;
  std::string descr;
  bool fortran = false;
  HeaderReader(bytes.substr(start, length), path)
      .read(descr, fortran, array.shape);
  if (descr == "|u1" || descr == "u1")
    array.dtype = DType::U8;
  else if (descr == "<i4")
    array.dtype = DType::I32;
  else if (descr == "<f4")
    array.dtype = DType::F32;
  else
    fail("{}: dtype {} is not supported; expected uint8, int32 or float32, "
         "convert with array.astype(...)",
         path, descr);
  if (fortran && array.shape.size() > 1)
    fail("{} is in Fortran order; save numpy.ascontiguousarray(...)", path);

  int64_t size = dtypeBytes(array.dtype);
  for (int64_t dim : array.shape)
    if (__builtin_mul_overflow(size, dim, &size))
      fail("{}: the shape {} overflows", path, shapeText(array.shape));
  std::string_view data = bytes.substr(start + length);
  if (uint64_t(size) != data.size())
    fail("{}: shape {} takes {} bytes, the file has {}{}", path,
         shapeText(array.shape), size, data.size(),
         data.size() < uint64_t(size) ? " (truncated)" : "");
  array.bytes.assign(data.begin(), data.end());
  return array;
}

void writeNpy(const std::string &path, DType dtype,
              const std::vector<int64_t> &shape, const void *data) {
  const char *descr = dtype == DType::U8    ? "|u1"
                      : dtype == DType::I32 ? "<i4"
                                            : "<f4";
  int64_t size = dtypeBytes(dtype);
  for (int64_t dim : shape)
    size *= dim;
  std::string header = fmt::format(
      "{{'descr': '{}', 'fortran_order': False, 'shape': ({}{}), }}", descr,
      fmt::join(shape, ", "), shape.size() == 1 ? "," : "");
  // Data start at a multiple of 64; the header ends with a line feed.
  header.resize((10 + header.size() + 1 + 63) / 64 * 64 - 11, ' ');
  header += '\n';
  std::string prefix("\x93NUMPY\x01\x00", 8);
  prefix += char(header.size() & 0xff);
  prefix += char(header.size() >> 8);
  writeFileAtomic(
      path, {prefix, header, {static_cast<const char *>(data), size_t(size)}});
}

} // namespace moec::rt
