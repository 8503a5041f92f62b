//===- ImageTestSupport.h - Image files for tests ------------- -*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_TEST_RUNTIME_DATA_IMAGETESTSUPPORT_H
#define MOEC_TEST_RUNTIME_DATA_IMAGETESTSUPPORT_H

#include "runtime/data/ImageFormat.h"
#include "test/runtime/TestSupport.h"

#include <cstdio> // jpeglib.h needs it
#include <jpeglib.h>
#include <png.h>

namespace moec::rt::test {

/// A PNG file of any kind: `rows` as PNG has them, one after the other.
inline std::string pngFile(int height, int width, int type, int bits,
                           std::string rows, bool interlaced = false,
                           std::vector<png_color> palette = {}) {
  std::string bytes;
  png_structp png =
      png_create_write_struct(PNG_LIBPNG_VER_STRING, nullptr, nullptr, nullptr);
  png_infop info = png_create_info_struct(png);
  png_set_write_fn(
      png, &bytes,
      [](png_structp file, png_bytep from, size_t count) {
        static_cast<std::string *>(png_get_io_ptr(file))
            ->append(reinterpret_cast<char *>(from), count);
      },
      nullptr);
  png_set_IHDR(png, info, png_uint_32(width), png_uint_32(height), bits, type,
               interlaced ? PNG_INTERLACE_ADAM7 : PNG_INTERLACE_NONE,
               PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
  if (!palette.empty())
    png_set_PLTE(png, info, palette.data(), int(palette.size()));
  size_t rowBytes = rows.size() / size_t(height);
  std::vector<png_bytep> list;
  for (int y = 0; y < height; ++y)
    list.push_back(reinterpret_cast<png_bytep>(rows.data()) +
                   size_t(y) * rowBytes);
  png_set_rows(png, info, list.data());
  png_write_png(png, info, PNG_TRANSFORM_IDENTITY, nullptr);
  png_destroy_write_struct(&png, &info);
  return bytes;
}

/// An RGB or grey PNG file.
inline std::string pngFile(const Image &image) {
  return findRegistered(allImageFormats(), "PNG")->encode(image);
}

/// A JPEG file of 1, 3 (RGB) or 4 channels (CMYK, which libjpeg marks as
/// Adobe's) of the best quality.
inline std::string jpegFile(const Image &image, bool progressive = false) {
  jpeg_compress_struct info;
  jpeg_error_mgr errors;
  info.err = jpeg_std_error(&errors);
  jpeg_create_compress(&info);
  unsigned char *buffer = nullptr;
  unsigned long size = 0;
  jpeg_mem_dest(&info, &buffer, &size);
  info.image_height = JDIMENSION(image.height);
  info.image_width = JDIMENSION(image.width);
  info.input_components = int(image.channels);
  info.in_color_space = image.channels == 1   ? JCS_GRAYSCALE
                        : image.channels == 3 ? JCS_RGB
                                              : JCS_CMYK;
  jpeg_set_defaults(&info);
  jpeg_set_quality(&info, 100, TRUE);
  if (progressive)
    jpeg_simple_progression(&info);
  jpeg_start_compress(&info, TRUE);
  while (info.next_scanline < info.image_height) {
    auto *row = const_cast<uint8_t *>(image.row(info.next_scanline));
    jpeg_write_scanlines(&info, &row, 1);
  }
  jpeg_finish_compress(&info);
  std::string bytes(reinterpret_cast<char *>(buffer), size);
  jpeg_destroy_compress(&info);
  std::free(buffer);
  return bytes;
}

/// A picture without sharp edges, other values in each channel.
inline Image smoothImage(int64_t height, int64_t width, int64_t channels,
                         int first = 0) {
  Image image(height, width, channels);
  for (int64_t y = 0; y < height; ++y)
    for (int64_t x = 0; x < width; ++x)
      for (int64_t c = 0; c < channels; ++c)
        image.row(y)[x * channels + c] =
            uint8_t(first + 4 * y + 3 * x + 40 * c);
  return image;
}

/// The largest difference of two pictures; 256 where their sizes differ.
inline int difference(const Image &a, const Image &b) {
  if (a.height != b.height || a.width != b.width || a.channels != b.channels)
    return 256;
  int most = 0;
  for (size_t i = 0; i < a.pixels.size(); ++i)
    most = std::max(most, std::abs(int(a.pixels[i]) - int(b.pixels[i])));
  return most;
}

} // namespace moec::rt::test

#endif // MOEC_TEST_RUNTIME_DATA_IMAGETESTSUPPORT_H
