//===- Feed.h - Batches of images for an entry ------------------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_RUNTIME_TRAIN_FEED_H
#define MOEC_RUNTIME_TRAIN_FEED_H

#include "runtime/core/Memory.h"
#include "runtime/core/Session.h"
#include "runtime/data/Dataset.h"

namespace moec::rt {

/// The order in which an epoch visits `count` images: a function of seed and
/// epoch alone, which is why a run can resume anywhere.
std::vector<int64_t> shuffledOrder(int64_t count, uint64_t seed, int64_t epoch);

/// Index of the output of an entry that says the class: the one `data.logits`
/// names, else "logits"; -1 when there is none.
int64_t logitsOutput(const Manifest &manifest, const Entry &entry);

/// Index of an entry with that output: one `infer`, else one `eval`; -1 when
/// there is none.
int64_t findLogitsEntry(const Manifest &manifest);

/// Number of classes the module predicts: `data.classes` of the manifest, else
/// the last dimension of the logits; 0 when neither says.
int64_t moduleClasses(const Manifest &manifest);

/// Index of the field of an entry that is the image: the one `data.image`
/// names, else "image", else the only u8 field. Throws Error when there is
/// none.
int64_t imageInput(const Manifest &manifest, const Entry &entry);
/// Likewise for the label: `data.label`, else "label"; -1 when there is none.
int64_t labelInput(const Manifest &manifest, const Entry &entry);

/// Whether pictures of the shape `got` have their channels in front of height
/// and width, where `want` has them behind.
bool channelsStandFirst(const std::vector<int64_t> &got,
                        const std::vector<int64_t> &want);
/// What is then to be done.
inline constexpr char putChannelsLast[] =
    "the channels stand first, put them last: images.transpose(0, 2, 3, 1) in "
    "NumPy";

/// Fills the inputs of source field of an entry from the fields of a data set.
///
/// An input takes the field of its name; where there is none, the image of the
/// model (imageInput) takes the field "image" and its label "label". u8 pixels
/// for an f32 input become 0 to 1.
class Feed {
public:
  /// Throws Error when a field does not fit its input, an input finds no field,
  /// or a label is out of range.
  Feed(Session &session, int64_t entry, const Dataset &data);

  /// The inputs of one batch, outside of the session.
  struct Batch {
    std::vector<Block> inputs;
  };
  Batch makeBatch() const;
  /// Reads one item for each row. Any number of threads may do so at once.
  void read(const std::vector<Item> &rows, Batch &to) const;
  /// Copies a batch to the inputs of the entry.
  void set(const Batch &from);
  /// Both at once.
  void fill(const std::vector<Item> &rows);

  /// Images order[begin] ... order[end - 1], at most a batch, at least one.
  /// Fewer than a batch stand several times, evenly and next to each other: row
  /// r is the image begin + r * (end - begin) / batch, rounded down. So experts
  /// are as crowded as by a batch of just these images.
  void fill(const std::vector<int64_t> &order, int64_t begin, int64_t end);
  /// The first row of the `index`-th of `count` images that fill() was given.
  int64_t row(int64_t index, int64_t count) const {
    return (index * batchSize + count - 1) / count;
  }
  int64_t batch() const { return batchSize; }

  /// Throws Error where a transform adds fields of which the entry reads none:
  /// it has changed the others for nothing. A model that does not read the
  /// shares of mixed pictures would take them for whole ones.
  void checkTransforms() const;

private:
  /// An input of the entry and where its values come from.
  struct Binding {
    int64_t input = 0;
    size_t field = 0;
    int64_t elements = 0; ///< of one item
    int64_t bytes = 0;    ///< of one item, in the input
    bool toFloat = false;
  };
  Binding bind(int64_t input, const std::vector<TensorInfo> &fields) const;
  void readInput(const Binding &binding, const std::vector<Item> &rows,
                 char *to) const;

  Session &session;
  int64_t entry;
  const Dataset &data;
  int64_t batchSize;
  std::vector<Binding> bindings;
};

} // namespace moec::rt

#endif // MOEC_RUNTIME_TRAIN_FEED_H
