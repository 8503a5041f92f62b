//===- Dataset.h - Items with fields, read one by one -----------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_RUNTIME_DATA_DATASET_H
#define MOEC_RUNTIME_DATA_DATASET_H

#include "runtime/core/Manifest.h"
#include "runtime/core/Registry.h"

#include <memory>

namespace moec::rt {

/// An item, and what transforms draw from: they change it in another way in
/// each epoch and for each seed.
struct Item {
  int64_t index = 0;
  int64_t epoch = 0;
  uint64_t seed = 0;
};

/// Items that all have the same fields: "image" (u8 [height, width, channels])
/// and "label" (an i32 scalar), or whatever else the inputs of entries are
/// called.
class Dataset {
public:
  virtual ~Dataset();
  /// Where the items come from, for messages.
  virtual std::string name() const = 0;
  /// The same for one field, where that says more.
  virtual std::string sourceOf(size_t field) const;
  virtual int64_t count() const = 0;
  /// Name, dtype and shape of each field of an item.
  virtual std::vector<TensorInfo> fields() const = 0;
  /// Copies a field of an item, 0 <= index < count(), to the fields()[field]
  /// .bytes() bytes at `to`. Any number of threads may read at once; what they
  /// get is a function of the arguments alone.
  virtual void read(const Item &item, size_t field, void *to) const = 0;

  /// Index of the field of that name, or -1.
  int64_t findField(std::string_view name) const;
};

using DatasetRef = std::shared_ptr<const Dataset>;

enum class DataSplit : uint8_t { Train, Test };

/// A kind of data set.
struct DatasetInfo {
  const char *name; ///< KIND in --data KIND:PATH
  const char *path; ///< what PATH is, "DIR"
  const char *what; ///< "a folder of IDX files", for people
  /// Opens one split. Throws Error for files that are missing, damaged or of
  /// another kind.
  DatasetRef (*open)(const std::string &path, DataSplit split);
};

const Registry<DatasetInfo> &allDatasets();

/// "idx:DIR (a folder of ...) or ...": what --data takes.
std::string datasetKinds();

/// Opens what --data names, KIND:PATH.
DatasetRef openDataset(const std::string &source, DataSplit split);

/// The first `count` items, of which there are as many.
DatasetRef firstItems(DatasetRef data, int64_t count);

/// The label of an item. Throws Error when there is no field "label", an i32
/// scalar.
int32_t labelOf(const Dataset &data, int64_t index);

/// Throws Error with the index of the first label outside 0 .. classes-1.
void checkLabels(const Dataset &data, int64_t classes);

/// A field that holds pictures: u8 [height, width, channels].
bool isImage(const TensorInfo &field);

} // namespace moec::rt

#endif // MOEC_RUNTIME_DATA_DATASET_H
