//===- Png.cpp - PNG files, by libpng -------------------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// libpng reports errors by longjmp: between setjmp and what may jump there
// stand only plain values, and whatever has to be freed is held by the caller.
//
//===----------------------------------------------------------------------===//

#include "runtime/data/ImageFormat.h"

#include <csetjmp>
#include <cstdio>
#include <cstring>
#include <png.h>

namespace moec::rt {

namespace {
struct Decoder {
  explicit Decoder(std::string_view bytes);
  ~Decoder() { png_destroy_read_struct(&png, &info, nullptr); }
  Decoder(const Decoder &) = delete;

  png_structp png = nullptr;
  png_infop info = nullptr;
  std::string_view left; ///< bytes not read yet
  char message[160] = "";
};
} // namespace

static void onError(png_structp png, png_const_charp text) {
  auto *decoder = static_cast<Decoder *>(png_get_error_ptr(png));
  std::snprintf(decoder->message, sizeof(decoder->message), "%s", text);
  png_longjmp(png, 1);
}

static void onWarning(png_structp, png_const_charp) {}

static void onRead(png_structp png, png_bytep to, size_t count) {
  auto *decoder = static_cast<Decoder *>(png_get_io_ptr(png));
  if (count > decoder->left.size())
    png_error(png, "it ends too early");
  std::memcpy(to, decoder->left.data(), count);
  decoder->left.remove_prefix(count);
}

Decoder::Decoder(std::string_view bytes) : left(bytes) {
  png = png_create_read_struct(PNG_LIBPNG_VER_STRING, this, onError, onWarning);
  info = png ? png_create_info_struct(png) : nullptr;
  if (!info) {
    png_destroy_read_struct(&png, nullptr, nullptr);
    throw Error("cannot be read: no memory for libpng", ErrorCode::Resources);
  }
}

/// Reads up to the pixels; false: see the message.
static bool readHeader(Decoder &decoder) {
  // Nothing that changes no pixel; some of it can be large.
  static const png_byte ignored[] =
      "bKGD\0cHRM\0eXIf\0gAMA\0hIST\0iCCP\0iTXt\0oFFs\0pCAL\0pHYs\0sBIT\0"
      "sCAL\0sPLT\0sRGB\0tEXt\0tIME\0tRNS\0zTXt";
  if (setjmp(png_jmpbuf(decoder.png)))
    return false;
  png_set_read_fn(decoder.png, &decoder, onRead);
  png_set_keep_unknown_chunks(decoder.png, PNG_HANDLE_CHUNK_NEVER, ignored,
                              int(sizeof(ignored) / 5));
  png_read_info(decoder.png, decoder.info);
  // 8 bits of grey or of red, green and blue.
  png_set_expand(decoder.png);
  png_set_scale_16(decoder.png);
  png_set_strip_alpha(decoder.png);
  png_set_interlace_handling(decoder.png);
  return true;
}

static bool update(Decoder &decoder) {
  if (setjmp(png_jmpbuf(decoder.png)))
    return false;
  png_read_update_info(decoder.png, decoder.info);
  return true;
}

static bool readRows(Decoder &decoder, png_bytepp rows) {
  if (setjmp(png_jmpbuf(decoder.png)))
    return false;
  png_read_image(decoder.png, rows);
  png_read_end(decoder.png, nullptr);
  return true;
}

static std::string kindOf(const Decoder &decoder) {
  int type = png_get_color_type(decoder.png, decoder.info);
  std::string kind = type & PNG_COLOR_MASK_PALETTE ? "palette"
                     : type & PNG_COLOR_MASK_COLOR ? "RGB"
                                                   : "grey";
  if (type & PNG_COLOR_MASK_ALPHA)
    kind += " with alpha";
  if (png_get_bit_depth(decoder.png, decoder.info) == 16)
    kind += ", 16 bits";
  return kind;
}

static DecodedImage decodePng(std::string_view bytes) {
  Decoder decoder(bytes);
  auto require = [&](bool good) {
    if (!good)
      fail("is a damaged PNG file: {}", decoder.message);
  };
  require(readHeader(decoder));
  DecodedImage result;
  result.kind = kindOf(decoder);
  int64_t height = png_get_image_height(decoder.png, decoder.info);
  int64_t width = png_get_image_width(decoder.png, decoder.info);
  checkImageSize(height, width);
  require(update(decoder));
  int64_t channels = png_get_channels(decoder.png, decoder.info);
  if ((channels != 1 && channels != 3) ||
      int64_t(png_get_rowbytes(decoder.png, decoder.info)) != width * channels)
    fail("is a PNG file of an unknown kind ({} channels)", channels);
  result.image = Image(height, width, channels);
  std::vector<png_bytep> rows;
  rows.reserve(size_t(height));
  for (int64_t y = 0; y < height; ++y)
    rows.push_back(result.image.row(y));
  require(readRows(decoder, rows.data()));
  return result;
}

static std::string encodePng(const Image &image) {
  png_image out;
  std::memset(&out, 0, sizeof(out));
  out.version = PNG_IMAGE_VERSION;
  out.width = png_uint_32(image.width);
  out.height = png_uint_32(image.height);
  out.format = image.channels == 1 ? PNG_FORMAT_GRAY : PNG_FORMAT_RGB;
  png_alloc_size_t size = 0;
  std::string bytes;
  // First how many, then the bytes themselves.
  for (bool write : {false, true}) {
    bytes.resize(size);
    if (!png_image_write_to_memory(&out, write ? bytes.data() : nullptr, &size,
                                   0, image.pixels.data(), 0, nullptr))
      fail("cannot make a PNG file of {} x {} pixels: {}", image.height,
           image.width, out.message);
  }
  bytes.resize(size);
  return bytes;
}

/// Palettes become colours, 16 bits 8, and alpha is dropped.
extern const ImageFormat pngFormat = {
    "PNG", std::string_view("\x89PNG\r\n\x1a\n", 8), decodePng, encodePng};

} // namespace moec::rt
