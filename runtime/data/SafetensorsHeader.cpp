//===- SafetensorsHeader.cpp - What a safetensors file holds --------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/data/SafetensorsHeader.h"
#include "runtime/core/Fail.h"
#include "runtime/core/JsonView.h"

#include <algorithm>
#include <cstring>

namespace moec::rt {

/// The format allows no longer header.
static constexpr uint64_t longestHeader = 100'000'000;
/// What stands for the checksum while it is computed, and how it looks.
static constexpr std::string_view noChecksum = "0000000000000000";

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

std::string StoredTensor::text() const {
  return dtype + " " + shapeText(shape);
}

uint64_t safetensorsPrefixBytes(const std::string &path, std::string_view start,
                                uint64_t size) {
  if (size < 8)
    fail("{} is truncated: a safetensors file starts with 8 bytes of length, "
         "it has {}",
         path, size);
  uint64_t length = 0;
  std::memcpy(&length, start.data(), 8); // little-endian, as are our targets
  if (length > longestHeader || length > size - 8) {
    // What most often stands where safetensors are wanted.
    if (start.substr(0, 4) == "PK\3\4")
      fail("{} is a zip archive, such as NumPy's .npz and PyTorch's .pth, and "
           "no safetensors file; docs/weights.md tells how to make one of it",
           path);
    fail("{} is truncated or no safetensors file: the header should have {} "
         "bytes, {} follow, and {} are allowed",
         path, length, size - 8, longestHeader);
  }
  return 8 + length;
}

static StoredTensor readTensor(const std::string &name, const JsonView &view,
                               uint64_t dataAt, uint64_t dataSize) {
  StoredTensor tensor;
  tensor.name = name;
  tensor.dtype = view.at("dtype").string();
  tensor.elementBytes = elementBytes(tensor.dtype);
  if (tensor.elementBytes == 0)
    view.at("dtype").error(fmt::format("unknown dtype \"{}\"", tensor.dtype));
  tensor.shape = view.at("shape").shape(tensor.elements);
  std::vector<JsonView> offsets = view.at("data_offsets").items();
  if (offsets.size() != 2)
    view.at("data_offsets").error("expected [begin, end]");
  constexpr int64_t most = int64_t(1) << 62;
  int64_t begin = offsets[0].integer(0, most);
  int64_t end = offsets[1].integer(begin, most);
  if (uint64_t(end - begin) != tensor.bytes())
    view.error(fmt::format("{} takes {} bytes, data_offsets span {}",
                           tensor.text(), tensor.bytes(), end - begin));
  if (uint64_t(end) > dataSize)
    view.error(fmt::format("the file is truncated: the tensor ends at byte {} "
                           "of the data, the file has {}",
                           end, dataSize));
  tensor.offset = dataAt + uint64_t(begin);
  return tensor;
}

SafetensorsHeader::SafetensorsHeader(std::string_view prefix, uint64_t size) {
  nlohmann::json document =
      parseJson(prefix.substr(8), "the safetensors header");
  uint64_t at = prefix.size();
  for (const auto &[name, view] : JsonView(document, "header").members()) {
    if (name != "__metadata__") {
      tensors.push_back(readTensor(name, view, at, size - at));
      continue;
    }
    for (const auto &[key, text] : view.members())
      metadata[key] = text.string();
  }
  std::sort(tensors.begin(), tensors.end(),
            [](const StoredTensor &a, const StoredTensor &b) {
              return std::pair(a.offset, a.elements) <
                     std::pair(b.offset, b.elements);
            });
  for (const StoredTensor &tensor : tensors) {
    if (tensor.offset != at)
      fail("tensor \"{}\" leaves a gap or overlaps another one", tensor.name);
    at += tensor.bytes();
  }
  if (at != size)
    fail("{} bytes follow the last tensor", size - at);
}

/// Where the digits of the checksum stand in a prefix, or npos.
static size_t findChecksum(std::string_view prefix, std::string_view digits) {
  std::string entry = fmt::format("\"{}\":\"{}\"", checksumKey, digits);
  size_t at = prefix.find(entry, 8);
  return at == std::string_view::npos ? at
                                      : at + entry.size() - 1 - digits.size();
}

std::string
makeSafetensorsPrefix(const std::vector<StoredTensor> &tensors,
                      const std::map<std::string, std::string> &metadata,
                      size_t &checksumAt) {
  nlohmann::ordered_json header = nlohmann::ordered_json::object();
  header["__metadata__"] = metadata;
  header["__metadata__"][checksumKey] = noChecksum;
  uint64_t at = 0;
  for (const StoredTensor &tensor : tensors) {
    header[tensor.name] = {{"dtype", tensor.dtype},
                           {"shape", tensor.shape},
                           {"data_offsets", {at, at + tensor.bytes()}}};
    at += tensor.bytes();
  }
  std::string prefix = std::string(8, '\0') + header.dump();
  prefix.resize((prefix.size() + 7) / 8 * 8, ' '); // tensors start aligned
  uint64_t length = prefix.size() - 8;
  std::memcpy(prefix.data(), &length, 8);
  checksumAt = findChecksum(prefix, noChecksum);
  return prefix;
}

std::string checksumDigits(const Checksum &sum) {
  return fmt::format("{:016x}", sum.value());
}

SafetensorsCheck::SafetensorsCheck(std::string_view prefix,
                                   const SafetensorsHeader &header) {
  auto text = [&](const char *key) {
    auto found = header.metadata.find(key);
    return found == header.metadata.end() ? std::string() : found->second;
  };
  if (header.metadata.count(checksumKey) == 0) {
    // Version 1 of moec's files had none.
    std::string format = text(formatKey);
    if (format.rfind("moec.", 0) == 0 && format.back() != '1')
      fail("the file is damaged: its metadata have no \"{}\"", checksumKey);
    return;
  }
  has = true;
  digits = text(checksumKey);
  std::string zeroed(prefix);
  size_t at = findChecksum(prefix, digits);
  placed = digits.size() == noChecksum.size() && at != std::string::npos;
  if (placed)
    zeroed.replace(at, noChecksum.size(), noChecksum);
  sum.add(zeroed);
}

void SafetensorsCheck::finish() const {
  if (!placed || checksumDigits(sum) != digits)
    fail("the file is damaged: its bytes do not have the checksum that stands "
         "in its metadata as \"{}\" (a program that changes the file should "
         "leave this key out)",
         checksumKey);
}

} // namespace moec::rt
