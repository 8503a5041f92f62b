//===- IdxFuzz.cpp - Any bytes as the two files of a data set -----------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The first two bytes say how many of the rest are the images; what follows is
// the labels. Either may be compressed.
//
//===----------------------------------------------------------------------===//

#include "runtime/core/Error.h"
#include "runtime/data/Dataset.h"
#include "test/fuzz/FuzzFile.h"

#include <algorithm>
#include <filesystem>

using namespace moec;

/// A folder in which links can be made; removed at the end.
struct Folder {
  Folder() { (void)!mkdtemp(path); }
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path, ignored);
  }
  char path[32] = "/tmp/moec-fuzz-XXXXXX";
};

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static Folder folder;
  if (size < 2)
    return 0;
  size_t images = std::min<size_t>(data[0] << 8 | data[1], size - 2);
  const std::string paths[2] = {
      std::string(folder.path) + "/train-images-idx3-ubyte",
      std::string(folder.path) + "/train-labels-idx1-ubyte"};
  fuzz::File files[2] = {{data + 2, images},
                         {data + 2 + images, size - 2 - images}};
  for (int i = 0; i < 2; ++i)
    if (symlink(files[i].path().c_str(), paths[i].c_str()) != 0)
      std::abort();
  try {
    rt::DatasetRef set = rt::openDataset("idx:" + std::string(folder.path),
                                         rt::DataSplit::Train);
    // Every item can be read.
    for (size_t field = 0; field < 2; ++field) {
      std::vector<char> bytes(size_t(set->fields()[field].bytes()));
      for (int64_t i = 0; i < set->count(); ++i)
        set->read({i}, field, bytes.data());
    }
    rt::checkLabels(*set, 10);
  } catch (const rt::Error &) {
  }
  for (const std::string &path : paths)
    unlink(path.c_str());
  return 0;
}
