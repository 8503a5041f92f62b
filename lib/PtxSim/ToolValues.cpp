//===- ToolValues.cpp - Arguments of kernels on a command line ------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/PtxSim/ToolValues.h"

#include "lib/PtxSim/Error.h"

#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <memory>

namespace moec::ptxsim {

namespace {
struct TypeInfo {
  const char *name;
  const char *npy;
  uint32_t bytes;
};
} // namespace

static const TypeInfo &infoOf(ScalarType type) {
  static const TypeInfo infos[] = {{"u8", "|u1", 1},  {"u16", "<u2", 2},
                                   {"i32", "<i4", 4}, {"u32", "<u4", 4},
                                   {"i64", "<i8", 8}, {"u64", "<u8", 8},
                                   {"f32", "<f4", 4}, {"f64", "<f8", 8}};
  return infos[unsigned(type)];
}

constexpr const char *typeNames = "u8, u16, i32, u32, i64, u64, f32 or f64";

uint32_t scalarBytes(ScalarType type) { return infoOf(type).bytes; }
const char *scalarName(ScalarType type) { return infoOf(type).name; }

template <typename T> static T load(const void *bytes) {
  T value;
  std::memcpy(&value, bytes, sizeof(T));
  return value;
}

std::string scalarText(ScalarType type, const void *bytes) {
  switch (type) {
  case ScalarType::U8:
    return fmt::format("{}", unsigned(load<uint8_t>(bytes)));
  case ScalarType::U16:
    return fmt::format("{}", load<uint16_t>(bytes));
  case ScalarType::I32:
    return fmt::format("{}", load<int32_t>(bytes));
  case ScalarType::U32:
    return fmt::format("{}", load<uint32_t>(bytes));
  case ScalarType::I64:
    return fmt::format("{}", load<int64_t>(bytes));
  case ScalarType::U64:
    return fmt::format("{}", load<uint64_t>(bytes));
  case ScalarType::F32:
    return fmt::format("{}", load<float>(bytes));
  case ScalarType::F64:
    break;
  }
  return fmt::format("{}", load<double>(bytes));
}

static ScalarType parseType(std::string_view name, const std::string &text) {
  for (unsigned i = 0; i <= unsigned(ScalarType::F64); ++i)
    if (name == infoOf(ScalarType(i)).name)
      return ScalarType(i);
  fail("argument '{}': unknown type '{}'; expected {}", text, name, typeNames);
}

/// A whole number of T, decimal or 0x...
template <typename T> static bool parseInteger(std::string_view word, T &to) {
  const bool negative = !word.empty() && word[0] == '-';
  std::string_view digits = word.substr(negative);
  const bool hex = digits.substr(0, 2) == "0x";
  digits = digits.substr(hex ? 2 : 0);
  const std::string all = (negative ? "-" : "") + std::string(digits);
  const auto [end, error] =
      std::from_chars(all.data(), all.data() + all.size(), to, hex ? 16 : 10);
  return error == std::errc() && end == all.data() + all.size() &&
         !digits.empty() && digits[0] != '-';
}

template <typename T>
static bool storeInteger(std::string_view word, Argument &to) {
  T value = 0;
  if (!parseInteger(word, value))
    return false;
  std::memcpy(to.value.data(), &value, sizeof(T));
  return true;
}

static bool storeReal(const std::string &word, Argument &to) {
  char *end = nullptr;
  const double value = std::strtod(word.c_str(), &end);
  if (word.empty() || *end)
    return false;
  const float narrow = float(value);
  if (to.type == ScalarType::F32)
    std::memcpy(to.value.data(), &narrow, 4);
  else
    std::memcpy(to.value.data(), &value, 8);
  return true;
}

static void parseValue(const std::string &word, Argument &to,
                       const std::string &text) {
  bool good = false;
  switch (to.type) {
  case ScalarType::U8:
    good = storeInteger<uint8_t>(word, to);
    break;
  case ScalarType::U16:
    good = storeInteger<uint16_t>(word, to);
    break;
  case ScalarType::I32:
    good = storeInteger<int32_t>(word, to);
    break;
  case ScalarType::U32:
    good = storeInteger<uint32_t>(word, to);
    break;
  case ScalarType::I64:
    good = storeInteger<int64_t>(word, to);
    break;
  case ScalarType::U64:
    good = storeInteger<uint64_t>(word, to);
    break;
  case ScalarType::F32:
  case ScalarType::F64:
    good = storeReal(word, to);
    break;
  }
  if (!good)
    fail("argument '{}': '{}' is no {}", text, word, scalarName(to.type));
}

Argument parseArgument(const std::string &text) {
  constexpr const char *forms =
      "TYPE:VALUE or buffer:TYPE:COUNT[=VALUE|=@FILE.npy]";
  Argument argument;
  const size_t colon = text.find(':');
  if (colon == std::string::npos)
    fail("argument '{}': expected {}", text, forms);
  if (text.substr(0, colon) != "buffer") {
    argument.type = parseType(text.substr(0, colon), text);
    parseValue(text.substr(colon + 1), argument, text);
    return argument;
  }
  argument.buffer = true;
  const size_t second = text.find(':', colon + 1);
  if (second == std::string::npos)
    fail("argument '{}': expected {}", text, forms);
  argument.type = parseType(text.substr(colon + 1, second - colon - 1), text);
  const size_t equals = text.find('=', second);
  const std::string count = text.substr(second + 1, equals == std::string::npos
                                                        ? std::string::npos
                                                        : equals - second - 1);
  // So many that their bytes are a number of 64 bits.
  if (!parseInteger(count, argument.count) ||
      argument.count > std::numeric_limits<uint64_t>::max() / 8)
    fail("argument '{}': '{}' is no number of elements", text, count);
  if (equals == std::string::npos)
    return argument;
  const std::string fill = text.substr(equals + 1);
  if (fill.substr(0, 1) == "@")
    argument.file = fill.substr(1);
  else
    parseValue(fill, argument, text);
  return argument;
}

namespace {
struct CloseFile {
  void operator()(std::FILE *file) const { (void)std::fclose(file); }
};
using File = std::unique_ptr<std::FILE, CloseFile>;
} // namespace

[[noreturn]] static void failOf(const char *what, const std::string &path) {
  const int cause = errno;
  const bool full = cause == ENOSPC || cause == EDQUOT || cause == EFBIG ||
                    cause == EIO || cause == EMFILE || cause == ENFILE;
  throw Error(fmt::format("cannot {} {}: {}", what, path, std::strerror(cause)),
              full ? ErrorCode::Resources : ErrorCode::User);
}

std::string readFile(const std::string &path, uint64_t most) {
  const File file(std::fopen(path.c_str(), "rb"));
  if (!file)
    failOf("open", path);
  std::string text;
  char piece[1 << 16];
  while (const size_t got = std::fread(piece, 1, sizeof(piece), file.get())) {
    text.append(piece, got);
    if (text.size() > most)
      throw Error(fmt::format("{} has more than {} bytes", path, most),
                  ErrorCode::Resources);
  }
  if (std::ferror(file.get()))
    failOf("read", path);
  return text;
}

/// The text after 'key': in the header of an npy file, up to `end`.
static std::string npyField(const std::string &header, const std::string &key,
                            char end) {
  size_t at = header.find("'" + key + "':");
  if (at == std::string::npos)
    return "";
  at = header.find_first_not_of(' ', at + key.size() + 3);
  if (at == std::string::npos)
    return "";
  const size_t stop = header.find(end, at + 1);
  return header.substr(at, stop == std::string::npos ? stop : stop - at + 1);
}

std::vector<char> readNpyElements(const std::string &path, ScalarType type,
                                  uint64_t count) {
  const uint64_t expected = count * scalarBytes(type);
  const std::string text = readFile(path, expected + (1 << 20));
  const auto byte = [&](size_t i) { return size_t(uint8_t(text[i])); };
  if (text.size() < 12 || text.compare(0, 6, "\x93NUMPY") != 0)
    fail("{} is no npy file", path);
  const size_t start = byte(6) == 1 ? 10 : 12;
  size_t length = byte(8) | byte(9) << 8;
  if (start == 12)
    length |= byte(10) << 16 | byte(11) << 24;
  if (length > text.size() - start)
    fail("{} is truncated in its header", path);
  const std::string header = text.substr(start, length);
  const std::string descr = npyField(header, "descr", '\'');
  const std::string wanted = fmt::format("'{}'", infoOf(type).npy);
  if (descr != wanted)
    fail("{}: expected elements of type {} ({}), got {}", path,
         scalarName(type), wanted, descr.empty() ? "no type" : descr);
  const std::string order = npyField(header, "fortran_order", ',');
  const std::string shape = npyField(header, "shape", ')');
  // With one axis there is but one order.
  if (order != "False," && shape.find(", ") != std::string::npos)
    fail("{} is in Fortran order; save numpy.ascontiguousarray(...)", path);
  if (text.size() - start - length != expected)
    fail("{}: expected {} elements, {} bytes; got shape {}, {} bytes", path,
         count, expected, shape, text.size() - start - length);
  return {text.begin() + std::ptrdiff_t(start + length), text.end()};
}

void writeNpyElements(const std::string &path, ScalarType type, uint64_t count,
                      const void *data) {
  std::string header =
      fmt::format("{{'descr': '{}', 'fortran_order': False, 'shape': ({},), }}",
                  infoOf(type).npy, count);
  // Data start at a multiple of 64; the header ends with a line feed.
  header.resize((10 + header.size() + 1 + 63) / 64 * 64 - 11, ' ');
  header += '\n';
  File file(std::fopen(path.c_str(), "wb"));
  if (!file)
    failOf("write", path);
  std::string prefix("\x93NUMPY\x01\x00", 8);
  prefix += char(header.size() & 0xff);
  prefix += char(header.size() >> 8);
  prefix += header;
  const size_t bytes = size_t(count) * scalarBytes(type);
  const bool good = std::fwrite(prefix.data(), 1, prefix.size(), file.get()) ==
                        prefix.size() &&
                    std::fwrite(data, 1, bytes, file.get()) == bytes;
  if (!good || std::fclose(file.release()) != 0)
    failOf("write", path);
}

} // namespace moec::ptxsim
