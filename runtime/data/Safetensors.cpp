//===- Safetensors.cpp - Read and write safetensors files -----------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/data/Safetensors.h"
#include "runtime/core/Fail.h"

namespace moec::rt {

SafetensorsFile::SafetensorsFile(const std::string &path)
    : file(path), mapping(path, "safetensors file") {
  std::string_view bytes = mapping.bytes();
  uint64_t dataAt = safetensorsPrefixBytes(path, bytes, bytes.size());
  try {
    std::string_view prefix = bytes.substr(0, dataAt);
    SafetensorsHeader header(prefix, bytes.size());
    SafetensorsCheck check(prefix, header);
    if (check.needed()) {
      check.add(bytes.substr(dataAt));
      check.finish();
    }
    for (StoredTensor &tensor : header.tensors) {
      std::string_view data = bytes.substr(tensor.offset, tensor.bytes());
      list.push_back({tensor.name, tensor.dtype, tensor.shape, data});
    }
    texts = std::move(header.metadata);
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
  std::vector<StoredTensor> stored;
  for (const SafeTensor &tensor : tensors)
    stored.push_back({tensor.name, tensor.dtype, tensor.shape,
                      int64_t(tensor.bytes.size()), 1, 0});
  size_t checksumAt = 0;
  std::string prefix = makeSafetensorsPrefix(stored, metadata, checksumAt);
  std::vector<std::string_view> pieces = {prefix};
  for (const SafeTensor &tensor : tensors)
    pieces.push_back(tensor.bytes);
  Checksum sum;
  for (std::string_view piece : pieces)
    sum.add(piece);
  std::string digits = checksumDigits(sum);
  prefix.replace(checksumAt, digits.size(), digits);
  pieces.front() = prefix;
  writeFileAtomic(path, pieces);
}

} // namespace moec::rt
