//===- Resize.h - Pictures of another size -------------------- -*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_RUNTIME_DATA_RESIZE_H
#define MOEC_RUNTIME_DATA_RESIZE_H

#include "runtime/data/Image.h"

namespace moec::rt {

/// A part of a picture.
struct Box {
  int64_t top = 0, left = 0, height = 0, width = 0;
};

/// A part of a picture in another size. Pixels are weighted by a triangle
/// around the place where they go, twice as wide as a pixel of the larger of
/// both pictures (bilinear, without aliasing when it shrinks). Sums are in
/// integers, so that the result is the same everywhere. A part of the same size
/// is copied as it is.
Image resized(const Image &from, const Box &part, int64_t height,
              int64_t width);

} // namespace moec::rt

#endif // MOEC_RUNTIME_DATA_RESIZE_H
