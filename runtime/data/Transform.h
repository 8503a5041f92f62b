//===- Transform.h - Data sets made of others -------------------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_RUNTIME_DATA_TRANSFORM_H
#define MOEC_RUNTIME_DATA_TRANSFORM_H

#include "runtime/data/Dataset.h"

namespace moec::rt {

/// A data set made of another one, item by item. What a transform says nothing
/// of passes through.
class Transform : public Dataset {
public:
  explicit Transform(DatasetRef from) : from(std::move(from)) {}
  std::string name() const override { return from->name(); }
  std::string sourceOf(size_t field) const override {
    return from->sourceOf(field);
  }
  int64_t count() const override { return from->count(); }
  std::vector<TensorInfo> fields() const override { return from->fields(); }
  void read(const Item &item, size_t field, void *to) const override {
    from->read(item, field, to);
  }
  Image readImage(const Item &item, size_t field) const override {
    return from->readImage(item, field);
  }
  /// What it is made of, and the words that made it: not what it draws.
  void identify(Checksum &sum) const override {
    from->identify(sum);
    sum.add(words + "\n");
  }
  DatasetNotes notes() const override { return from->notes(); }
  /// Changes the pictures of this field alone. To be called before anything
  /// else; throws Error where there are none, or where it cannot.
  virtual void restrictTo(const std::string &field);
  /// Its place in the chain, so that two of a kind draw different numbers.
  int64_t place = 0;
  std::string words; ///< NAME, NAME:ARGUMENT, with @FIELD where it has one

protected:
  /// 64 random bits: a function of the item with its epoch and seed, the field,
  /// this transform's place and `number`.
  uint64_t draw(const Item &item, size_t field, uint64_t number = 0) const;
  /// 0 <= x < 1, likewise.
  double uniform(const Item &item, size_t field, uint64_t number) const {
    return double(draw(item, field, number) >> 11) * 0x1p-53;
  }

  DatasetRef from;
};

/// A kind of transform.
struct TransformInfo {
  const char *name;     ///< NAME in --transform NAME:ARGUMENT
  const char *argument; ///< what ARGUMENT is, "PIXELS"; "" for none
  const char *what;     ///< for people
  /// Throws Error for an argument that it cannot take ("transform crop:x:
  /// ..."), and for data that it cannot change.
  std::shared_ptr<Transform> (*make)(DatasetRef from,
                                     const std::string &argument);
  /// The fields that it adds, with a space between them.
  const char *adds = "";
};

const Registry<TransformInfo> &allTransforms();

/// "flip (...), ... or ...": what --transform takes.
std::string transformKinds();

/// "NAME:ARGUMENT" of the transform that adds this field; "" if none does.
std::string transformThatAdds(const std::string &field);

/// `data` behind a chain of transforms, the first one first. Each is NAME or
/// NAME:ARGUMENT, and @FIELD behind it if it should change one field alone.
DatasetRef transformed(DatasetRef data, const std::vector<std::string> &chain);

} // namespace moec::rt

#endif // MOEC_RUNTIME_DATA_TRANSFORM_H
