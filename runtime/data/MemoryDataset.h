//===- MemoryDataset.h - Data sets that fit into memory ---------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_RUNTIME_DATA_MEMORYDATASET_H
#define MOEC_RUNTIME_DATA_MEMORYDATASET_H

#include "runtime/data/Dataset.h"

namespace moec::rt {

/// Items that were read whole.
class MemoryDataset : public Dataset {
public:
  struct Column {
    TensorInfo field;
    std::string source;         ///< the file that it was read from
    std::vector<uint8_t> bytes; ///< of all items, one behind the other
  };
  MemoryDataset(int64_t count, std::vector<Column> columns,
                DatasetNotes notes = {})
      : items(count), columns(std::move(columns)), known(std::move(notes)) {}

  std::string name() const override { return columns.front().source; }
  std::string sourceOf(size_t field) const override {
    return columns[field].source;
  }
  int64_t count() const override { return items; }
  std::vector<TensorInfo> fields() const override;
  void read(const Item &item, size_t field, void *to) const override;
  DatasetNotes notes() const override { return known; }

private:
  int64_t items;
  std::vector<Column> columns;
  DatasetNotes known;
};

/// What most data sets of pictures are: `images` u8 [labels.size(), height,
/// width, channels], and a byte for each label. `imageSource` and `labelSource`
/// are the files that they were read from.
DatasetRef labelledImages(const std::string &imageSource,
                          const std::string &labelSource, int64_t height,
                          int64_t width, int64_t channels,
                          std::vector<uint8_t> images,
                          const std::vector<uint8_t> &labels,
                          DatasetNotes notes = {});

} // namespace moec::rt

#endif // MOEC_RUNTIME_DATA_MEMORYDATASET_H
