//===- NpyDataset.cpp - Data sets that NumPy has written ------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A folder with an npy file for each field of each split: train_images.npy,
// train_labels.npy, train_targets.npy, and the same with test_. Images alone
// are a data set, too, to pre-train with.
//
//===----------------------------------------------------------------------===//

#include "runtime/data/MemoryDataset.h"
#include "runtime/data/Npy.h"

#include <cmath>
#include <cstring>
#include <limits>
#include <optional>
#include <unistd.h>

namespace moec::rt {

using Column = MemoryDataset::Column;

static std::vector<uint8_t> bytesOf(const NpyFile &file) {
  return {file.data.begin(), file.data.end()};
}

/// The field of an item: `shape` without the items.
static TensorInfo fieldOf(const char *name, DType dtype,
                          const std::vector<int64_t> &shape) {
  TensorInfo field = {name, dtype, {shape.begin() + 1, shape.end()}, 1};
  for (int64_t extent : field.shape)
    field.elements *= extent;
  return field;
}

/// Throws Error for the first number of f32 that is none. One of them is
/// enough to make every weight of a model NaN.
static void requireFinite(const NpyFile &file, const char *what) {
  size_t count = file.data.size() / sizeof(float);
  for (size_t i = 0; i < count; ++i) {
    float value;
    std::memcpy(&value, file.data.data() + i * sizeof(value), sizeof(value));
    if (!std::isfinite(value))
      fail("{}: {} of image {} is {}: expected finite numbers; fix: replace or "
           "leave out what numpy.isfinite(array) says is none",
           file.path(), what, i / (count / size_t(file.shape[0])), value);
  }
}

static Column readImages(const NpyFile &file) {
  bool pixels = file.is('u', 1);
  if (!pixels && !file.is('f', 4))
    file.refuseDtype("uint8 (pixels of 0 to 255) or float32 (of 0 to 1)");
  std::vector<int64_t> shape = file.shape;
  if (shape.size() != 3 && shape.size() != 4)
    fail("{}: expected images [n, height, width] or [n, height, width, "
         "channels], got {}; fix: array.reshape(...)",
         file.path(), shapeText(shape));
  if (file.data.empty())
    fail("{} holds no images: expected at least one pixel of one, got {}; fix: "
         "save the images themselves",
         file.path(), shapeText(shape));
  if (!pixels)
    requireFinite(file, "a pixel");
  if (shape.size() == 3)
    shape.push_back(1);
  return {fieldOf("image", pixels ? DType::U8 : DType::F32, shape), file.path(),
          bytesOf(file)};
}

static void requireItems(const NpyFile &file, const char *what,
                         const Column &images, int64_t items) {
  if (!file.shape.empty() && file.shape[0] == items)
    return;
  fail(
      "{}: expected {} for each of the {} images of {}, got {}; fix: save both "
      "for the same items in the same order",
      file.path(), what, items, images.source, shapeText(file.shape));
}

/// Integers of any size, as i32.
static Column readLabels(const NpyFile &file, const Column &images,
                         int64_t items) {
  if (file.kind != 'i' && file.kind != 'u')
    file.refuseDtype("integers of any size");
  requireItems(file, "a label", images, items);
  if (file.shape.size() != 1)
    fail("{}: expected one label for each image, [{}], got {}; fix: "
         "labels.argmax(1) if a 1 marks the class, labels.reshape(-1) if there "
         "is one number of each",
         file.path(), items, shapeText(file.shape));
  Column column = {fieldOf("label", DType::I32, file.shape), file.path(), {}};
  column.bytes.resize(size_t(items) * sizeof(int32_t));
  constexpr uint64_t most = std::numeric_limits<int32_t>::max();
  size_t width = size_t(file.itemBytes);
  for (int64_t i = 0; i < items; ++i) {
    uint64_t raw = 0;
    std::memcpy(&raw, file.data.data() + size_t(i) * width, width);
    // With the sign in the highest bit, where the shift repeats it.
    size_t unused = 8 * (sizeof(raw) - width);
    int64_t value = int64_t(raw << unused) >> unused;
    bool negative = file.kind == 'i' && value < 0;
    if (negative || raw > most)
      fail("{}: label {} of image {} is out of range: expected 0 to {}; fix: "
           "number the classes from 0",
           file.path(), negative ? std::to_string(value) : std::to_string(raw),
           i, most);
    int32_t label = int32_t(raw);
    std::memcpy(column.bytes.data() + size_t(i) * sizeof(label), &label,
                sizeof(label));
  }
  return column;
}

static Column readTargets(const NpyFile &file, const Column &images,
                          int64_t items) {
  if (!file.is('f', 4))
    file.refuseDtype("float32");
  requireItems(file, "a target", images, items);
  requireFinite(file, "the target");
  return {fieldOf("target", DType::F32, file.shape), file.path(),
          bytesOf(file)};
}

static bool matchesNpy(const std::string &folder) {
  for (const char *name : {"/train_images.npy", "/test_images.npy"})
    if (access((folder + name).c_str(), F_OK) == 0)
      return true;
  return false;
}

static DatasetRef openNpy(const std::string &folder, DataSplit split,
                          const ReadOptions &) {
  std::string prefix = split == DataSplit::Train ? "train_" : "test_";
  auto find = [&](const char *name) -> std::optional<NpyFile> {
    std::string path = folder + "/" + prefix + name;
    if (access(path.c_str(), F_OK) != 0)
      return std::nullopt;
    return std::optional<NpyFile>(std::in_place, path);
  };
  std::optional<NpyFile> images = find("images.npy");
  std::optional<NpyFile> labels = find("labels.npy");
  std::optional<NpyFile> targets = find("targets.npy");
  if (!images)
    fail("data folder {} has no {}images.npy; expected it, with {}labels.npy "
         "(classes) or {}targets.npy (numbers) where a model reads them; fix: "
         "numpy.save(...) each array under this name",
         folder, prefix, prefix, prefix);
  std::vector<Column> columns = {readImages(*images)};
  int64_t items = images->shape[0];
  if (labels)
    columns.push_back(readLabels(*labels, columns[0], items));
  if (targets)
    columns.push_back(readTargets(*targets, columns[0], items));
  return std::make_shared<MemoryDataset>(items, std::move(columns));
}

static std::vector<std::string> npyFiles(const std::string &folder,
                                         DataSplit split) {
  std::string prefix =
      folder + (split == DataSplit::Train ? "/train_" : "/test_");
  std::vector<std::string> paths;
  for (const char *name : {"images.npy", "labels.npy", "targets.npy"})
    if (std::string path = prefix + name; access(path.c_str(), F_OK) == 0)
      paths.push_back(std::move(path));
  return paths;
}

extern const DatasetInfo npyDataset = {
    "npy",
    "DIR",
    "a folder with train_images.npy, train_labels.npy, test_images.npy and "
    "test_labels.npy, as of numpy.save",
    matchesNpy,
    openNpy,
    npyFiles};

} // namespace moec::rt
