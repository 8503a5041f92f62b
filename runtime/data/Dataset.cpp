//===- Dataset.cpp - Items with fields, read one by one -------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/data/Dataset.h"

namespace moec::rt {

Dataset::~Dataset() = default;

std::string Dataset::sourceOf(size_t) const { return name(); }

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

DatasetRef openDataset(const std::string &source, DataSplit split) {
  size_t colon = source.find(':');
  std::string kind = source.substr(0, colon);
  const DatasetInfo *info = findRegistered(allDatasets(), kind);
  if (colon == std::string::npos)
    fail(
        "--data {}: which kind of data it is does not stand in front; expected "
        "{}",
        source, datasetKinds());
  if (!info)
    fail("--data {}: {}; fix: name one of {}", source,
         unknownName("kind of data", kind, allDatasets()), datasetKinds());
  return info->open(source.substr(colon + 1), split);
}

namespace {
class FirstItems : public Dataset {
public:
  FirstItems(DatasetRef data, int64_t count)
      : data(std::move(data)), items(count) {}
  std::string name() const override { return data->name(); }
  std::string sourceOf(size_t field) const override {
    return data->sourceOf(field);
  }
  int64_t count() const override { return items; }
  std::vector<TensorInfo> fields() const override { return data->fields(); }
  void read(const Item &item, size_t field, void *to) const override {
    data->read(item, field, to);
  }

private:
  DatasetRef data;
  int64_t items;
};
} // namespace

DatasetRef firstItems(DatasetRef data, int64_t count) {
  return std::make_shared<FirstItems>(std::move(data), count);
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

} // namespace moec::rt
