//===- Cifar.h - Files of records with a small picture -------- -*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_RUNTIME_DATA_CIFAR_H
#define MOEC_RUNTIME_DATA_CIFAR_H

#include "runtime/data/Dataset.h"

namespace moec::rt {

/// How one of the data sets of https://www.cs.toronto.edu/~kriz/cifar.html is
/// laid out in its binary version: records of a byte for each label and the
/// planes of red, green and blue, 32 x 32 each, row by row.
struct CifarLayout {
  const char *name;                     ///< as people call it
  const char *archive, *folder;         ///< as it is distributed, and unpacked
  std::vector<std::string> train, test; ///< names of files
  const char *classes; ///< the file with the names of the classes, a line each
  /// How many values each label of a record has. The last one is the class.
  std::vector<int> labels;
};

/// Reads a split from a folder that holds the files or the archive, or from the
/// archive. Throws Error for what is missing, truncated or out of range.
DatasetRef openCifar(const CifarLayout &layout, const std::string &path,
                     DataSplit split);

/// Whether a path is the archive, or a folder with it or with a file of the
/// layout.
bool matchesCifar(const CifarLayout &layout, const std::string &path);

/// The archive and the files of a split, as far as they are at a path.
std::vector<std::string> cifarFiles(const CifarLayout &layout,
                                    const std::string &path, DataSplit split);

} // namespace moec::rt

#endif // MOEC_RUNTIME_DATA_CIFAR_H
