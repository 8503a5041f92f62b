//===- Npy.cpp - Read and write NumPy files -------------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/data/Npy.h"
#include "runtime/core/Fail.h"

#include <algorithm>
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
          fail("{}: structured dtypes are not supported: expected numbers; "
               "fix: save each field as an array of its own",
               path);
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

/// "u" and 1 of "|u1"; false for what is no number, or no little-endian one.
static bool readDescr(std::string_view descr, char &kind, int64_t &bytes) {
  if (!descr.empty() && (descr[0] == '<' || descr[0] == '|'))
    descr.remove_prefix(1);
  if (descr.size() != 2 || descr[1] < '1' || descr[1] > '8')
    return false;
  kind = descr[0];
  bytes = descr[1] - '0';
  bool power = (bytes & (bytes - 1)) == 0;
  return power && (kind == 'i' || kind == 'u' || (kind == 'f' && bytes > 1));
}

NpyFile::NpyFile(const std::string &path) : name(path), file(path, "npy file") {
  std::string_view bytes = file.bytes();
  if (bytes.substr(0, 6) != "\x93NUMPY")
    fail(
        "{} is no npy file: expected it to begin with the bytes 93 4e 55 4d 50 "
        "59, got {:02x}{}; fix: write it with numpy.save (numpy.savez writes "
        "another format)",
        path,
        fmt::join(std::vector<uint8_t>(bytes.begin(),
                                       bytes.begin() +
                                           std::min<size_t>(6, bytes.size())),
                  " "),
        bytes.empty() ? "no byte" : "");
  auto requireBytes = [&](size_t wanted) {
    if (bytes.size() < wanted)
      fail("{} is truncated in its header: expected {} bytes, got {}; fix: "
           "write or copy it again",
           path, wanted, bytes.size());
  };
  requireBytes(10);
  unsigned major = uint8_t(bytes[6]);
  if (major < 1 || major > 3)
    fail("{}: unknown npy version {}: expected 1, 2 or 3; fix: write it with "
         "numpy.save",
         path, major);
  size_t lengthBytes = major == 1 ? 2 : 4, length = 0;
  requireBytes(8 + lengthBytes);
  for (size_t i = lengthBytes; i-- > 0;)
    length = length << 8 | uint8_t(bytes[8 + i]);
  size_t start = 8 + lengthBytes;
  requireBytes(start + length);

  bool fortran = false;
  HeaderReader(bytes.substr(start, length), path).read(descr, fortran, shape);
  if (descr.size() == 3 && descr[0] == '>')
    fail("{}: dtype {} is not supported: expected little-endian numbers, got "
         "big-endian ones; fix: convert with "
         "array.astype(array.dtype.newbyteorder('<'))",
         path, descr);
  if (descr.find('O') != std::string::npos)
    fail("{}: dtype {} is not supported: expected numbers, got pickled Python "
         "objects, which are never unpickled; fix: convert with "
         "array.astype(...) to a dtype of numbers",
         path, descr);
  if (!readDescr(descr, kind, itemBytes))
    refuseDtype("integers or floating-point numbers");
  if (fortran && shape.size() > 1)
    fail("{} is in Fortran order: expected C order, the last axis side by "
         "side; fix: save numpy.ascontiguousarray(array)",
         path);

  int64_t size = itemBytes;
  for (int64_t dim : shape)
    if (__builtin_mul_overflow(size, dim, &size))
      fail("{}: the shape {} overflows", path, shapeText(shape));
  data = bytes.substr(start + length);
  if (uint64_t(size) != data.size())
    fail("{}: shape {} takes {} bytes, the file has {}{}; fix: write or copy "
         "it again",
         path, shapeText(shape), size, data.size(),
         data.size() < uint64_t(size) ? " (truncated)" : "");
}

void NpyFile::refuseDtype(const char *expected) const {
  fail("{}: dtype {} is not supported: expected {}; fix: convert with "
       "array.astype(...)",
       name, descr, expected);
}

NpyArray readNpy(const std::string &path) {
  NpyFile file(path);
  NpyArray array;
  if (file.is('u', 1))
    array.dtype = DType::U8;
  else if (file.is('i', 4))
    array.dtype = DType::I32;
  else if (file.is('f', 4))
    array.dtype = DType::F32;
  else
    file.refuseDtype("uint8, int32 or float32");
  array.shape = file.shape;
  array.bytes.assign(file.data.begin(), file.data.end());
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
