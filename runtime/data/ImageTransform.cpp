//===- ImageTransform.cpp - Transforms of pictures ------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/data/ImageTransform.h"

#include <algorithm>
#include <cstring>

namespace moec::rt {

ImageTransform::ImageTransform(DatasetRef data) : Transform(std::move(data)) {
  list = from->fields();
  if (std::none_of(list.begin(), list.end(), isImage))
    fail("{} has no pictures to transform: expected a field of u8 [height, "
         "width, channels]",
         name());
  for (const TensorInfo &field : list)
    if (isImage(field) && hasOneSize(field) && field.elements == 0)
      fail("{} has pictures without a pixel, {}", name(),
           shapeText(field.shape));
}

void ImageTransform::listFields() {
  list = from->fields();
  for (size_t i = 0; size && i < list.size(); ++i)
    if (changes(i)) {
      TensorInfo &field = list[i];
      field.shape = {size->first, size->second, field.shape[2]};
      field.elements = size->first * size->second * field.shape[2];
    }
}

void ImageTransform::setSize(int64_t height, int64_t width) {
  size = {height, width};
  listFields();
}

void ImageTransform::restrictTo(const std::string &field) {
  int64_t found = from->findField(field);
  if (found < 0 || !isImage(list[size_t(found)])) {
    std::vector<std::string> names;
    for (const TensorInfo &info : list)
      if (isImage(info))
        names.push_back(info.name);
    fail("transform {}: {} has no pictures \"{}\"; expected {}", words, name(),
         field, alternatives(names));
  }
  only = size_t(found);
  listFields();
}

void ImageTransform::read(const Item &item, size_t field, void *to) const {
  if (!changes(field))
    return from->read(item, field, to);
  Image image = readImage(item, field);
  std::memcpy(to, image.pixels.data(), image.pixels.size());
}

Image ImageTransform::readImage(const Item &item, size_t field) const {
  Image image = from->readImage(item, field);
  if (changes(field))
    change(image, item, field);
  return image;
}

} // namespace moec::rt
