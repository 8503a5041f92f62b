//===- Feed.cpp - Batches of images for an entry --------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/train/Feed.h"
#include "runtime/core/Fail.h"
#include "runtime/core/Random.h"

#include <algorithm>
#include <cstring>
#include <numeric>

namespace moec::rt {

std::vector<int64_t> shuffledOrder(int64_t count, uint64_t seed,
                                   int64_t epoch) {
  std::vector<int64_t> order(count);
  std::iota(order.begin(), order.end(), 0);
  uint64_t key = streamKey(seed, "epoch " + std::to_string(epoch));
  // Fisher and Yates. The remainder's bias is count / 2^64.
  for (int64_t i = count - 1; i > 0; --i)
    std::swap(order[i], order[randomBits(key, uint64_t(i)) % uint64_t(i + 1)]);
  return order;
}

int64_t moduleClasses(const Manifest &manifest) {
  if (manifest.data.classes > 0)
    return manifest.data.classes;
  int64_t index = findLogitsEntry(manifest);
  if (index < 0)
    return 0;
  const Entry &entry = manifest.entries[index];
  const OutputInfo &logits = entry.outputs[logitsOutput(manifest, entry)];
  return logits.shape.size() == 2 ? logits.shape[1] : 0;
}

int64_t findLogitsEntry(const Manifest &manifest) {
  for (const char *name : {"infer", "eval"}) {
    int64_t index = manifest.findEntry(name);
    if (index >= 0 && logitsOutput(manifest, manifest.entries[index]) >= 0)
      return index;
  }
  return -1;
}

int64_t logitsOutput(const Manifest &manifest, const Entry &entry) {
  return entry.findOutput(manifest.data.logits.empty() ? "logits"
                                                       : manifest.data.logits);
}

int64_t imageInput(const Manifest &manifest, const Entry &entry) {
  if (!manifest.data.image.empty()) {
    int64_t index = entry.findInput(manifest.data.image, InputSource::Field);
    if (index < 0)
      fail(
          "entry {} has no field \"{}\", which the module's data section names "
          "as the image",
          entry.name, manifest.data.image);
    return index;
  }
  int64_t index = entry.findInput("image", InputSource::Field);
  for (size_t i = 0; index < 0 && i < entry.inputs.size(); ++i)
    if (entry.inputs[i].dtype == DType::U8 &&
        entry.inputs[i].source == InputSource::Field)
      index = int64_t(i);
  if (index < 0)
    fail("entry {} has no image input; name it in the data section of the "
         "model",
         entry.name);
  return index;
}

int64_t labelInput(const Manifest &manifest, const Entry &entry) {
  return entry.findInput(manifest.data.label.empty() ? "label"
                                                     : manifest.data.label,
                         InputSource::Field);
}

Feed::Feed(Session &session, int64_t entryIndex, const Dataset &data)
    : session(session), entry(entryIndex), data(data) {
  const Manifest &manifest = session.manifest();
  const Entry &info = manifest.entries.at(entryIndex);
  batchSize = info.batch;
  if (batchSize < 1)
    fail("entry {} has no batch: expected one that a data set can fill",
         info.name);
  image = imageInput(manifest, info);
  label = labelInput(manifest, info);
  for (size_t i = 0; i < info.inputs.size(); ++i)
    if (info.inputs[i].source == InputSource::Field && int64_t(i) != image &&
        int64_t(i) != label)
      fail(
          "entry {} has a field \"{}\" for which there are no data: a data set "
          "has images and labels",
          info.name, info.inputs[i].name);
  const TensorInfo &images = info.inputs[image];
  if (images.shape.empty() || images.shape[0] != batchSize ||
      images.dtype == DType::I32)
    fail("entry {}: input \"{}\" cannot take images: expected u8 or f32 with "
         "batch {} in front, got {} {}",
         info.name, images.name, batchSize, dtypeName(images.dtype),
         shapeText(images.shape));
  checkImageSize(data, {images.shape.begin() + 1, images.shape.end()});
  if (label >= 0) {
    const TensorInfo &labels = info.inputs[label];
    if (labels.dtype != DType::I32 ||
        labels.shape != std::vector<int64_t>{batchSize})
      fail("entry {}: input \"{}\" cannot take labels: expected i32 [{}], got "
           "{} {}",
           info.name, labels.name, batchSize, dtypeName(labels.dtype),
           shapeText(labels.shape));
  }
  if (int64_t classes = moduleClasses(manifest))
    checkLabels(data, classes);
}

void Feed::fill(const std::vector<int64_t> &order, int64_t begin, int64_t end) {
  int64_t count = end - begin, size = data.imageBytes();
  if (count < 1 || count > batchSize)
    fail("entry {} takes 1 to {} images at once, got {}",
         session.manifest().entries[entry].name, batchSize, count);
  auto source = [&](int64_t row) {
    return order[begin + row * count / batchSize];
  };
  void *images = session.input(entry, image);
  bool asFloat =
      session.manifest().entries[entry].inputs[image].dtype == DType::F32;
  for (int64_t r = 0; r < batchSize; ++r) {
    const uint8_t *from = data.images.data() + source(r) * size;
    if (asFloat) {
      // The values that kernels make of u8 pixels.
      float *to = static_cast<float *>(images) + r * size;
      for (int64_t i = 0; i < size; ++i)
        to[i] = float(from[i]) / 255.0f;
    } else {
      std::memcpy(static_cast<uint8_t *>(images) + r * size, from, size);
    }
  }
  if (label < 0)
    return;
  auto *labels = static_cast<int32_t *>(session.input(entry, label));
  for (int64_t r = 0; r < batchSize; ++r)
    labels[r] = data.labels[source(r)];
}

} // namespace moec::rt
