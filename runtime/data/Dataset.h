//===- Dataset.h - Items with fields, read one by one -----------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_RUNTIME_DATA_DATASET_H
#define MOEC_RUNTIME_DATA_DATASET_H

#include "runtime/core/Checksum.h"
#include "runtime/core/Manifest.h"
#include "runtime/core/Registry.h"
#include "runtime/data/Image.h"

#include <memory>

namespace moec::rt {

/// An item, and what transforms draw from: they change it in another way in
/// each epoch and for each seed.
struct Item {
  int64_t index = 0;
  int64_t epoch = 0;
  uint64_t seed = 0;
};

/// Height and width of pictures whose sizes differ.
constexpr int64_t anySize = -1;

/// What a data set knows besides its items, for people.
struct DatasetNotes {
  std::vector<std::string> classes; ///< names, by label; empty: not known
  /// How the files have their pictures, "PNG palette", and how many do so.
  std::vector<std::pair<std::string, int64_t>> kinds;
  std::vector<std::string> damaged; ///< files left out, each with the reason
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
  /// Name, dtype and shape of each field of an item. Pictures whose sizes
  /// differ have the shape [anySize, anySize, channels] and 0 elements.
  virtual std::vector<TensorInfo> fields() const = 0;
  /// Copies a field of an item, 0 <= index < count(), to the fields()[field]
  /// .bytes() bytes at `to`, unless they are pictures whose sizes differ. Any
  /// number of threads may read at once; what they get is a function of the
  /// arguments alone.
  virtual void read(const Item &item, size_t field, void *to) const = 0;
  /// The same for a field that isImage(), whatever the size of its pictures.
  virtual Image readImage(const Item &item, size_t field) const;
  /// Adds all items to a checksum by which a run that is resumed knows them
  /// again: by default every byte of theirs.
  virtual void identify(Checksum &sum) const;
  virtual DatasetNotes notes() const { return {}; }

  /// Index of the field of that name, or -1.
  int64_t findField(std::string_view name) const;
};

using DatasetRef = std::shared_ptr<const Dataset>;

enum class DataSplit : uint8_t { Train, Test };

/// How to read what may be wrong in part.
struct ReadOptions {
  /// Leave files out that cannot be read, and say so in the notes. Else any of
  /// them is an error.
  bool skipDamaged = false;
};

/// A kind of data set.
struct DatasetInfo {
  const char *name; ///< KIND in --data KIND:PATH
  const char *path; ///< what PATH is, "DIR"
  const char *what; ///< "a folder of IDX files", for people
  /// Whether PATH looks like this kind, as far as its names tell.
  bool (*matches)(const std::string &path);
  /// Opens one split. Throws Error for files that are missing, damaged or of
  /// another kind.
  DatasetRef (*open)(const std::string &path, DataSplit split,
                     const ReadOptions &options);
  /// The files at PATH that open() would read of a split, as far as they are
  /// there and whatever is wrong with them. Throws nothing.
  std::vector<std::string> (*files)(const std::string &path, DataSplit split);
};

const Registry<DatasetInfo> &allDatasets();

/// "idx:DIR (a folder of ...) or ...": what --data takes.
std::string datasetKinds();

/// "KIND:PATH" for a PATH that looks like one kind; "" if it does like none.
std::string guessSource(const std::string &path);

/// The KIND of what --data names, KIND:PATH, whether or not PATH is there.
/// Throws Error for none.
const DatasetInfo &requireDataKind(const std::string &source);

/// Opens what --data names.
DatasetRef openDataset(const std::string &source, DataSplit split,
                       const ReadOptions &options = {});

/// The files that belong to a split of what --data names, which nothing may
/// write over; none where it names no kind of data.
std::vector<std::string> datasetFiles(const std::string &source,
                                      DataSplit split);

/// The items with these indices, which become 0, 1, ... in this order.
DatasetRef selectItems(DatasetRef data, std::vector<int64_t> indices);
/// The first `count` items, of which there are as many.
DatasetRef firstItems(DatasetRef data, int64_t count);

/// The label of an item. Throws Error when there is no field "label", an i32
/// scalar.
int32_t labelOf(const Dataset &data, int64_t index);

/// Throws Error with the index of the first label outside 0 .. classes-1.
void checkLabels(const Dataset &data, int64_t classes);

/// A field that holds pictures: u8 [height, width, channels].
bool isImage(const TensorInfo &field);
/// Whether all of its pictures have the same size; true of other fields.
bool hasOneSize(const TensorInfo &field);

} // namespace moec::rt

#endif // MOEC_RUNTIME_DATA_DATASET_H
