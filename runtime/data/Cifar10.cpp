//===- Cifar10.cpp - The binary version of CIFAR-10 -----------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/data/Cifar.h"

namespace moec::rt {

static const CifarLayout layout = {"CIFAR-10",
                                   "cifar-10-binary.tar.gz",
                                   "cifar-10-batches-bin",
                                   {"data_batch_1.bin", "data_batch_2.bin",
                                    "data_batch_3.bin", "data_batch_4.bin",
                                    "data_batch_5.bin"},
                                   {"test_batch.bin"},
                                   "batches.meta.txt",
                                   {10}};

extern const DatasetInfo cifar10Dataset = {
    "cifar10",
    "PATH",
    "cifar-10-binary.tar.gz, or a folder with data_batch_1.bin to "
    "data_batch_5.bin and test_batch.bin",
    [](const std::string &path) { return matchesCifar(layout, path); },
    [](const std::string &path, DataSplit split, const ReadOptions &) {
      return openCifar(layout, path, split);
    },
    [](const std::string &path, DataSplit split) {
      return cifarFiles(layout, path, split);
    }};

} // namespace moec::rt
