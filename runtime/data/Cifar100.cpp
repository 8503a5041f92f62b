//===- Cifar100.cpp - The binary version of CIFAR-100 ---------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/data/Cifar.h"

namespace moec::rt {

/// Each record has the number of a superclass, then that of a class.
static const CifarLayout layout = {
    "CIFAR-100",  "cifar-100-binary.tar.gz", "cifar-100-binary", {"train.bin"},
    {"test.bin"}, "fine_label_names.txt",    {20, 100}};

extern const DatasetInfo cifar100Dataset = {
    "cifar100",
    "PATH",
    "cifar-100-binary.tar.gz, or a folder with train.bin and test.bin; the "
    "fine labels",
    [](const std::string &path) { return matchesCifar(layout, path); },
    [](const std::string &path, DataSplit split, const ReadOptions &) {
      return openCifar(layout, path, split);
    },
    [](const std::string &path, DataSplit split) {
      return cifarFiles(layout, path, split);
    }};

} // namespace moec::rt
