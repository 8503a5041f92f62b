//===- MemoryDataset.cpp - Data sets that fit into memory -----------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/data/MemoryDataset.h"

#include <cstring>

namespace moec::rt {

std::vector<TensorInfo> MemoryDataset::fields() const {
  std::vector<TensorInfo> list;
  for (const Column &column : columns)
    list.push_back(column.field);
  return list;
}

void MemoryDataset::read(const Item &item, size_t field, void *to) const {
  const Column &column = columns[field];
  size_t bytes = size_t(column.field.bytes());
  std::memcpy(to, column.bytes.data() + size_t(item.index) * bytes, bytes);
}

DatasetRef labelledImages(const std::string &imageSource,
                          const std::string &labelSource, int64_t height,
                          int64_t width, int64_t channels,
                          std::vector<uint8_t> images,
                          const std::vector<uint8_t> &labels,
                          DatasetNotes notes) {
  MemoryDataset::Column pixels, classes;
  pixels.field = {
      "image", DType::U8, {height, width, channels}, height * width * channels};
  pixels.source = imageSource;
  pixels.bytes = std::move(images);
  classes.field = {"label", DType::I32, {}, 1};
  classes.source = labelSource;
  classes.bytes.resize(labels.size() * sizeof(int32_t));
  for (size_t i = 0; i < labels.size(); ++i) {
    int32_t label = labels[i];
    std::memcpy(classes.bytes.data() + i * sizeof(label), &label,
                sizeof(label));
  }
  if (labels.empty())
    fail("{} holds no images", imageSource);
  return std::make_shared<MemoryDataset>(
      int64_t(labels.size()),
      std::vector<MemoryDataset::Column>{std::move(pixels), std::move(classes)},
      std::move(notes));
}

} // namespace moec::rt
