//===- Image.h - A picture in memory -------------------------- -*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_RUNTIME_DATA_IMAGE_H
#define MOEC_RUNTIME_DATA_IMAGE_H

#include <cstddef>
#include <cstdint>
#include <vector>

namespace moec::rt {

/// A picture: u8 [height, width, channels], row by row.
struct Image {
  Image() = default;
  /// One of zeros.
  Image(int64_t height, int64_t width, int64_t channels)
      : height(height), width(width), channels(channels),
        pixels(size_t(height * width * channels)) {}

  uint8_t *row(int64_t y) { return pixels.data() + y * width * channels; }
  const uint8_t *row(int64_t y) const {
    return pixels.data() + y * width * channels;
  }

  int64_t height = 0, width = 0, channels = 0;
  std::vector<uint8_t> pixels;
};

/// A grey picture in red, green and blue; others stay as they are.
Image toRgb(Image image);

} // namespace moec::rt

#endif // MOEC_RUNTIME_DATA_IMAGE_H
