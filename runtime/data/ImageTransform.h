//===- ImageTransform.h - Transforms of pictures -------------- -*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_RUNTIME_DATA_IMAGETRANSFORM_H
#define MOEC_RUNTIME_DATA_IMAGETRANSFORM_H

#include "runtime/data/Transform.h"

#include <optional>

namespace moec::rt {

/// One that changes every field that is a picture.
class ImageTransform : public Transform {
public:
  /// Throws Error for data without pictures.
  explicit ImageTransform(DatasetRef data);
  std::vector<TensorInfo> fields() const override { return list; }
  void read(const Item &item, size_t field, void *to) const override;
  Image readImage(const Item &item, size_t field) const override;
  void restrictTo(const std::string &field) override;

protected:
  /// What becomes of a picture. Its size may change to what fields() says.
  virtual void change(Image &image, const Item &item, size_t field) const = 0;
  /// To be called by the constructor: all pictures that it
  /// changes become of this size.
  void setSize(int64_t height, int64_t width);

private:
  bool changes(size_t field) const {
    return isImage(list[field]) && (!only || *only == field);
  }
  void listFields();

  std::vector<TensorInfo> list;
  std::optional<size_t> only; ///< the field that it changes; else all
  std::optional<std::pair<int64_t, int64_t>> size;
};

} // namespace moec::rt

#endif // MOEC_RUNTIME_DATA_IMAGETRANSFORM_H
