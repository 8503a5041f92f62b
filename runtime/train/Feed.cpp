//===- Feed.cpp - Batches of images for an entry --------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/train/Feed.h"
#include "runtime/core/Fail.h"
#include "runtime/core/Random.h"
#include "runtime/data/Transform.h"

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

/// The field of a data set for an input, or -1.
static int64_t fieldFor(const Manifest &manifest, const Entry &entry,
                        int64_t input, const Dataset &data) {
  int64_t field = data.findField(entry.inputs[size_t(input)].name);
  if (field < 0 && input == labelInput(manifest, entry))
    return data.findField("label");
  if (field < 0 && input == imageInput(manifest, entry))
    return data.findField("image");
  return field;
}

bool channelsStandFirst(const std::vector<int64_t> &got,
                        const std::vector<int64_t> &want) {
  size_t rank = got.size();
  return rank >= 3 && want.size() == rank && got[rank - 3] == want[rank - 1] &&
         got[rank - 2] == want[rank - 3] && got[rank - 1] == want[rank - 2] &&
         got[rank - 3] != want[rank - 3];
}

/// Pictures of whatever numbers.
static bool isPicture(const TensorInfo &field) {
  return isImage(field) || (field.name == "image" && field.shape.size() == 3);
}

/// What changes the images that an entry gets: training images go to the
/// training step, test images to the others.
static const char *transformFlag(const Entry &entry) {
  return entry.name == "train_step" ? "--transform" : "--test-transform";
}

Feed::Binding Feed::bind(int64_t input,
                         const std::vector<TensorInfo> &fields) const {
  const Manifest &manifest = session.manifest();
  const Entry &info = manifest.entries[size_t(entry)];
  const TensorInfo &tensor = info.inputs[size_t(input)];
  int64_t found = fieldFor(manifest, info, input, data);
  if (found < 0) {
    std::vector<std::string> names;
    for (const TensorInfo &field : fields)
      names.push_back(field.name);
    std::string adds = transformThatAdds(tensor.name);
    fail("entry {} has a field \"{}\" for which there are no data: {} has {}; "
         "fix: {}say another \"field\" of the input in the model",
         info.name, tensor.name, data.name(), fmt::join(names, ", "),
         adds.empty() ? "give data with it, or "
                      : fmt::format("add it with {} {}, or ",
                                    transformFlag(info), adds));
  }
  const TensorInfo &field = fields[size_t(found)];
  bool pixels = field.dtype == DType::U8;
  std::vector<int64_t> item(tensor.shape.begin() +
                                (tensor.shape.empty() ? 0 : 1),
                            tensor.shape.end());
  // Pictures of one channel need not say so.
  std::vector<int64_t> want = item;
  if (isPicture(field) && want.size() == 2)
    want.push_back(1);
  bool channelsFirst =
      isPicture(field) && channelsStandFirst(field.shape, want);
  if (tensor.shape.empty() || tensor.shape[0] != batchSize ||
      (tensor.dtype != field.dtype && !(pixels && tensor.dtype == DType::F32)))
    fail("{}: input \"{}\" of entry {} cannot take the field \"{}\", which is "
         "{}: expected an input of {} with batch {} in front, got {} {}; fix: "
         "convert the data, or declare the input so in the model{}{}",
         data.sourceOf(size_t(found)), tensor.name, info.name, field.name,
         dtypeName(field.dtype), pixels ? "u8 or f32" : dtypeName(field.dtype),
         batchSize, dtypeName(tensor.dtype), shapeText(tensor.shape),
         channelsFirst ? "; besides, " : "",
         channelsFirst ? putChannelsLast : "");
  if (!hasOneSize(field))
    fail("{}: images have several sizes, the model wants {}; fix: scale them "
         "with {} resize:{}",
         data.sourceOf(size_t(found)), shapeText(item), transformFlag(info),
         want.size() == 3 ? fmt::format("{}x{}", want[0], want[1]) : "HxW");
  if (want != field.shape && isPicture(field)) {
    bool sameChannels = want.size() == 3 && want[2] == field.shape[2];
    std::string resize =
        sameChannels && isImage(field)
            ? fmt::format("scale them with {} resize:{}x{}, ",
                          transformFlag(info), want[0], want[1])
            : std::string();
    fail(
        "{}: images are {} (height, width, channels), the model wants {}; fix: "
        "{}",
        data.sourceOf(size_t(found)), shapeText(field.shape), shapeText(item),
        channelsFirst
            ? putChannelsLast
            : fmt::format("{}take data of this size, or give its input \"{}\" "
                          "the shape [batch, {}]",
                          resize, tensor.name, fmt::join(field.shape, ", ")));
  }
  if (want != field.shape)
    fail("{}: field \"{}\" is {}, the input \"{}\" of entry {} wants {}",
         data.sourceOf(size_t(found)), field.name, shapeText(field.shape),
         tensor.name, info.name, shapeText(item));
  return {input, size_t(found), field.elements,
          field.elements * dtypeBytes(tensor.dtype),
          tensor.dtype != field.dtype};
}

void Feed::checkTransforms() const {
  std::vector<TensorInfo> fields = data.fields();
  for (const TensorInfo &field : fields) {
    std::string adds = transformThatAdds(field.name);
    bool read = std::any_of(
        bindings.begin(), bindings.end(), [&](const Binding &binding) {
          return transformThatAdds(fields[binding.field].name) == adds;
        });
    if (!adds.empty() && !read)
      fail("entry {} reads nothing of what the transform {} adds, such as "
           "\"{}\"; fix: leave it out, or give the model an input of this name",
           session.manifest().entries[size_t(entry)].name, adds, field.name);
  }
}

Feed::Feed(Session &session, int64_t entryIndex, const Dataset &data)
    : session(session), entry(entryIndex), data(data) {
  const Entry &info = session.manifest().entries.at(size_t(entryIndex));
  batchSize = info.batch;
  if (batchSize < 1)
    fail("entry {} has no batch: expected one that a data set can fill",
         info.name);
  std::vector<TensorInfo> fields = data.fields();
  for (size_t i = 0; i < info.inputs.size(); ++i)
    if (info.inputs[i].source == InputSource::Field)
      bindings.push_back(bind(int64_t(i), fields));
  if (bindings.empty())
    fail("entry {} takes nothing of the data", info.name);
  int64_t classes = moduleClasses(session.manifest());
  for (const Binding &binding : bindings)
    if (classes && fields[binding.field].name == "label")
      checkLabels(data, classes);
}

void Feed::readInput(const Binding &binding, const std::vector<Item> &rows,
                     char *to) const {
  std::vector<uint8_t> pixels(binding.toFloat ? size_t(binding.elements) : 0);
  for (const Item &item : rows) {
    data.read(item, binding.field,
              binding.toFloat ? static_cast<void *>(pixels.data()) : to);
    // The values that kernels make of u8 pixels.
    auto *values = reinterpret_cast<float *>(to);
    for (size_t i = 0; i < pixels.size(); ++i)
      values[i] = float(pixels[i]) / 255.0f;
    to += binding.bytes;
  }
}

Feed::Batch Feed::makeBatch() const {
  Batch batch;
  for (const Binding &binding : bindings)
    batch.inputs.emplace_back(size_t(binding.bytes * batchSize),
                              "a batch that is read ahead");
  return batch;
}

void Feed::read(const std::vector<Item> &rows, Batch &to) const {
  for (size_t i = 0; i < bindings.size(); ++i)
    readInput(bindings[i], rows, to.inputs[i].data());
}

void Feed::set(const Batch &from) {
  for (size_t i = 0; i < bindings.size(); ++i)
    if (from.inputs[i].size())
      std::memcpy(session.input(entry, bindings[i].input),
                  from.inputs[i].data(), from.inputs[i].size());
}

void Feed::fill(const std::vector<Item> &rows) {
  for (const Binding &binding : bindings)
    readInput(binding, rows,
              static_cast<char *>(session.input(entry, binding.input)));
}

void Feed::fill(const std::vector<int64_t> &order, int64_t begin, int64_t end) {
  int64_t count = end - begin;
  if (count < 1 || count > batchSize)
    fail("entry {} takes 1 to {} images at once, got {}",
         session.manifest().entries[size_t(entry)].name, batchSize, count);
  std::vector<Item> rows;
  rows.resize(size_t(batchSize));
  for (int64_t row = 0; row < batchSize; ++row)
    rows[size_t(row)].index = order[size_t(begin + row * count / batchSize)];
  fill(rows);
}

} // namespace moec::rt
