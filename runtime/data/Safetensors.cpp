//===- Safetensors.cpp - Read and write safetensors files -----------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/data/Safetensors.h"
#include "runtime/core/Checksum.h"
#include "runtime/core/Fail.h"
#include "runtime/core/JsonView.h"

#include <algorithm>
#include <cstring>

namespace moec::rt {

/// Bytes of an element, or 0 for an unknown dtype.
static int64_t elementBytes(const std::string &dtype) {
  static const std::pair<const char *, int64_t> table[] = {
      {"BOOL", 1}, {"U8", 1},  {"I8", 1},  {"F8_E4M3", 1}, {"F8_E5M2", 1},
      {"I16", 2},  {"U16", 2}, {"F16", 2}, {"BF16", 2},    {"I32", 4},
      {"U32", 4},  {"F32", 4}, {"I64", 8}, {"U64", 8},     {"F64", 8}};
  for (auto &[name, bytes] : table)
    if (dtype == name)
      return bytes;
  return 0;
}

static SafeTensor readTensor(const std::string &name, const JsonView &view,
                             std::string_view data) {
  SafeTensor tensor;
  tensor.name = name;
  tensor.dtype = view.at("dtype").string();
  int64_t size = elementBytes(tensor.dtype);
  if (size == 0)
    view.at("dtype").error(fmt::format("unknown dtype \"{}\"", tensor.dtype));
  int64_t elements = 0;
  tensor.shape = view.at("shape").shape(elements);
  std::vector<JsonView> offsets = view.at("data_offsets").items();
  if (offsets.size() != 2)
    view.at("data_offsets").error("expected [begin, end]");
  int64_t most = int64_t(1) << 62;
  int64_t begin = offsets[0].integer(0, most);
  int64_t end = offsets[1].integer(begin, most);
  if (end - begin != elements * size)
    view.error(fmt::format("{} {} takes {} bytes, data_offsets span {}",
                           tensor.dtype, shapeText(tensor.shape),
                           elements * size, end - begin));
  if (uint64_t(end) > data.size())
    view.error(fmt::format("the file is truncated: the tensor ends at byte {} "
                           "of the data, the file has {}",
                           end, data.size()));
  tensor.bytes = data.substr(begin, end - begin);
  return tensor;
}

/// What stands for the checksum while it is computed, and how it looks.
static constexpr std::string_view noChecksum = "0000000000000000";

static std::string checksumText(std::string_view length,
                                std::string_view header,
                                const std::vector<std::string_view> &data) {
  Checksum sum;
  sum.add(length);
  sum.add(header);
  for (std::string_view piece : data)
    sum.add(piece);
  return fmt::format("{:016x}", sum.value());
}

/// Where the digits of the checksum stand in a header.
static size_t findChecksum(std::string_view header, std::string_view digits) {
  std::string entry = fmt::format("\"{}\":\"{}\"", checksumKey, digits);
  size_t at = header.find(entry);
  return at == std::string_view::npos ? at
                                      : at + entry.size() - 1 - digits.size();
}

/// Throws when the bytes are not those that writeSafetensors has written.
static void verify(std::string_view bytes, size_t length,
                   const std::string &digits) {
  std::string header(bytes.substr(8, length));
  size_t at = findChecksum(header, digits);
  bool good = digits.size() == noChecksum.size() && at != std::string::npos;
  if (good)
    header.replace(at, noChecksum.size(), noChecksum);
  if (!good || checksumText(bytes.substr(0, 8), header,
                            {bytes.substr(8 + length)}) != digits)
    fail("the file is damaged: its bytes do not have the checksum that stands "
         "in its metadata as \"{}\" (a program that changes the file should "
         "leave this key out)",
         checksumKey);
}

SafetensorsFile::SafetensorsFile(const std::string &path)
    : file(path), mapping(path, "safetensors file") {
  std::string_view bytes = mapping.bytes();
  uint64_t length = 0;
  if (bytes.size() < 8)
    fail("{} is truncated: a safetensors file starts with 8 bytes of length, "
         "it has {}",
         path, bytes.size());
  std::memcpy(&length, bytes.data(), 8); // little-endian, as are our targets
  if (length > bytes.size() - 8)
    fail("{} is truncated or no safetensors file: the header should have {} "
         "bytes, {} follow",
         path, length, bytes.size() - 8);
  try {
    nlohmann::json document =
        parseJson(bytes.substr(8, length), "the safetensors header");
    std::string_view data = bytes.substr(8 + length);
    JsonView root(document, "header");
    if (!root.isObject())
      root.error("expected an object");
    for (auto &[name, value] : document.items()) {
      JsonView view(value, "header/" + name);
      if (name != "__metadata__") {
        list.push_back(readTensor(name, view, data));
        continue;
      }
      if (!view.isObject())
        view.error("expected an object of texts");
      for (auto &[key, text] : value.items())
        texts[key] = JsonView(text, "header/__metadata__/" + key).string();
    }
    std::sort(list.begin(), list.end(),
              [](const SafeTensor &a, const SafeTensor &b) {
                return std::pair(a.bytes.data(), a.bytes.size()) <
                       std::pair(b.bytes.data(), b.bytes.size());
              });
    const char *at = data.data();
    for (const SafeTensor &tensor : list) {
      if (tensor.bytes.data() != at)
        fail("tensor \"{}\" leaves a gap or overlaps another one", tensor.name);
      at += tensor.bytes.size();
    }
    if (at != data.data() + data.size())
      fail("{} bytes follow the last tensor", data.data() + data.size() - at);
    if (auto sum = texts.find(checksumKey); sum != texts.end())
      verify(bytes, length, sum->second);
    // Version 1 of moec's files had none.
    else if (std::string format = metadata(formatKey);
             format.rfind("moec.", 0) == 0 && format.back() != '1')
      fail("the file is damaged: its metadata have no \"{}\"", checksumKey);
  } catch (const Error &e) {
    fail("{}: {}", path, e.what());
  }
}

const SafeTensor *SafetensorsFile::find(std::string_view name) const {
  for (const SafeTensor &tensor : list)
    if (tensor.name == name)
      return &tensor;
  return nullptr;
}

std::string SafetensorsFile::metadata(const std::string &key) const {
  auto it = texts.find(key);
  return it == texts.end() ? std::string() : it->second;
}

void writeSafetensors(const std::string &path,
                      const std::vector<SafeTensor> &tensors,
                      const std::map<std::string, std::string> &metadata) {
  nlohmann::ordered_json header = nlohmann::ordered_json::object();
  header["__metadata__"] = metadata;
  header["__metadata__"][checksumKey] = noChecksum;
  size_t at = 0;
  for (const SafeTensor &tensor : tensors) {
    header[tensor.name] = {{"dtype", tensor.dtype},
                           {"shape", tensor.shape},
                           {"data_offsets", {at, at + tensor.bytes.size()}}};
    at += tensor.bytes.size();
  }
  std::string text = header.dump();
  text.resize((text.size() + 7) / 8 * 8, ' '); // tensors start aligned
  uint64_t length = text.size();
  std::string prefix(8, '\0');
  std::memcpy(prefix.data(), &length, 8);
  std::vector<std::string_view> pieces;
  for (const SafeTensor &tensor : tensors)
    pieces.push_back(tensor.bytes);
  text.replace(findChecksum(text, noChecksum), noChecksum.size(),
               checksumText(prefix, text, pieces));
  pieces.insert(pieces.begin(), {prefix, text});
  writeFileAtomic(path, pieces);
}

} // namespace moec::rt
