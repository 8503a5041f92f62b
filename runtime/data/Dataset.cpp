//===- Dataset.cpp - Items with fields, read one by one -------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/data/Dataset.h"

#include <algorithm>
#include <numeric>

namespace moec::rt {

Dataset::~Dataset() = default;

std::string Dataset::sourceOf(size_t) const { return name(); }

Image Dataset::readImage(const Item &item, size_t field) const {
  TensorInfo info = fields()[field];
  Image image(info.shape[0], info.shape[1], info.shape[2]);
  read(item, field, image.pixels.data());
  return image;
}

void Dataset::identify(Checksum &sum) const {
  std::vector<TensorInfo> list = fields();
  for (size_t field = 0; field < list.size(); ++field) {
    std::vector<char> bytes(size_t(list[field].bytes()));
    for (int64_t i = 0; i < count(); ++i) {
      if (!hasOneSize(list[field])) {
        Image image = readImage({i}, field);
        int64_t size[2] = {image.height, image.width};
        sum.add({reinterpret_cast<const char *>(size), sizeof(size)});
        bytes.assign(image.pixels.begin(), image.pixels.end());
      } else {
        read({i}, field, bytes.data());
      }
      sum.add({bytes.data(), bytes.size()});
    }
  }
}

int64_t Dataset::findField(std::string_view name) const {
  std::vector<TensorInfo> list = fields();
  for (size_t i = 0; i < list.size(); ++i)
    if (list[i].name == name)
      return int64_t(i);
  return -1;
}

std::string datasetKinds() {
  std::vector<std::string> kinds;
  for (const DatasetInfo &info : allDatasets())
    kinds.push_back(fmt::format("{}:{} ({})", info.name, info.path, info.what));
  return alternatives(kinds);
}

std::string guessSource(const std::string &path) {
  for (const DatasetInfo &info : allDatasets())
    if (info.matches(path))
      return fmt::format("{}:{}", info.name, path);
  return "";
}

const DatasetInfo &requireDataKind(const std::string &source) {
  size_t colon = source.find(':');
  std::string kind = source.substr(0, colon);
  const DatasetInfo *info = findRegistered(allDatasets(), kind);
  if (!info) {
    std::string guess = guessSource(source);
    if (!guess.empty())
      fail("--data {}: which kind of data it is does not stand in front; fix: "
           "--data {}, which it looks like",
           source, guess);
  }
  if (colon == std::string::npos)
    fail(
        "--data {}: which kind of data it is does not stand in front; expected "
        "{}",
        source, datasetKinds());
  if (!info)
    fail("--data {}: {}; fix: name one of {}", source,
         unknownName("kind of data", kind, allDatasets()), datasetKinds());
  return *info;
}

DatasetRef openDataset(const std::string &source, DataSplit split,
                       const ReadOptions &options) {
  const DatasetInfo &info = requireDataKind(source);
  return info.open(source.substr(source.find(':') + 1), split, options);
}

std::vector<std::string> datasetFiles(const std::string &source,
                                      DataSplit split) {
  size_t colon = source.find(':');
  const DatasetInfo *info =
      findRegistered(allDatasets(), source.substr(0, colon));
  if (!info || colon == std::string::npos)
    return {};
  return info->files(source.substr(colon + 1), split);
}

namespace {
class Selection : public Dataset {
public:
  Selection(DatasetRef data, std::vector<int64_t> indices)
      : data(std::move(data)), indices(std::move(indices)) {}
  std::string name() const override { return data->name(); }
  std::string sourceOf(size_t field) const override {
    return data->sourceOf(field);
  }
  int64_t count() const override { return int64_t(indices.size()); }
  std::vector<TensorInfo> fields() const override { return data->fields(); }
  void read(const Item &item, size_t field, void *to) const override {
    data->read(inside(item), field, to);
  }
  Image readImage(const Item &item, size_t field) const override {
    return data->readImage(inside(item), field);
  }
  void identify(Checksum &sum) const override {
    data->identify(sum);
    sum.add({reinterpret_cast<const char *>(indices.data()),
             indices.size() * sizeof(int64_t)});
  }
  DatasetNotes notes() const override { return data->notes(); }

private:
  Item inside(Item item) const {
    item.index = indices[size_t(item.index)];
    return item;
  }
  DatasetRef data;
  std::vector<int64_t> indices;
};
} // namespace

DatasetRef selectItems(DatasetRef data, std::vector<int64_t> indices) {
  return std::make_shared<Selection>(std::move(data), std::move(indices));
}

DatasetRef firstItems(DatasetRef data, int64_t count) {
  std::vector<int64_t> indices(static_cast<size_t>(count));
  std::iota(indices.begin(), indices.end(), 0);
  return selectItems(std::move(data), std::move(indices));
}

static size_t requireLabels(const Dataset &data) {
  int64_t index = data.findField("label");
  if (index < 0)
    fail("{} has no labels: expected a field \"label\"", data.name());
  TensorInfo field = data.fields()[size_t(index)];
  if (field.dtype != DType::I32 || field.elements != 1)
    fail("{}: field \"label\" should be an i32 scalar, it is {} {}",
         data.sourceOf(size_t(index)), dtypeName(field.dtype),
         shapeText(field.shape));
  return size_t(index);
}

int32_t labelOf(const Dataset &data, int64_t index) {
  int32_t label = 0;
  data.read({index}, requireLabels(data), &label);
  return label;
}

void checkLabels(const Dataset &data, int64_t classes) {
  size_t field = requireLabels(data);
  for (int64_t i = 0; i < data.count(); ++i) {
    int32_t label = 0;
    data.read({i}, field, &label);
    if (label < 0 || label >= classes)
      fail("{}: label {} of image {} is out of range: the model has {} classes "
           "(0 to {})",
           data.sourceOf(field), label, i, classes, classes - 1);
  }
}

bool isImage(const TensorInfo &field) {
  return field.dtype == DType::U8 && field.shape.size() == 3;
}

bool hasOneSize(const TensorInfo &field) {
  return std::find(field.shape.begin(), field.shape.end(), anySize) ==
         field.shape.end();
}

} // namespace moec::rt
