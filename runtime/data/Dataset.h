//===- Dataset.h - Labelled images ------------------------------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_RUNTIME_DATA_DATASET_H
#define MOEC_RUNTIME_DATA_DATASET_H

#include <cstdint>
#include <string>
#include <vector>

namespace moec::rt {

/// `count` images of u8 [height, width, channels] and their labels.
struct Dataset {
  /// Where the images and the labels come from, for messages.
  std::string name, labelName;
  int64_t count = 0;
  int64_t height = 0;
  int64_t width = 0;
  int64_t channels = 1;
  std::vector<uint8_t> images;
  std::vector<int32_t> labels;
  int64_t imageBytes() const { return height * width * channels; }
};

enum class DataSplit : uint8_t { Train, Test };

/// Reads one split of a folder in the MNIST layout: train-images-idx3-ubyte,
/// train-labels-idx1-ubyte, t10k-images-idx3-ubyte and t10k-labels-idx1-ubyte,
/// each plain or with .gz. Throws Error for a file that is missing, truncated,
/// too long, of another kind, or when the counts differ.
Dataset readIdx(const std::string &folder, DataSplit split);

/// Reads what `--data` names: "idx:DIR".
Dataset readDataset(const std::string &source, DataSplit split);

/// Throws Error when images are not of this size; `shape` is [h, w] or
/// [h, w, c], as the model's input has it behind the batch.
void checkImageSize(const Dataset &data, const std::vector<int64_t> &shape);

/// Throws Error with the index of the first label outside 0 .. classes-1.
void checkLabels(const Dataset &data, int64_t classes);

} // namespace moec::rt

#endif // MOEC_RUNTIME_DATA_DATASET_H
