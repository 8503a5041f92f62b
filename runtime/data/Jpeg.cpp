//===- Jpeg.cpp - JPEG files, by libjpeg-turbo ----------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// libjpeg reports errors by a function that does not return, here by longjmp:
// between setjmp and what may jump there stand only plain values, and whatever
// has to be freed is held by the caller.
//
//===----------------------------------------------------------------------===//

#include "runtime/data/ImageFormat.h"

#include <csetjmp>
#include <cstdio> // jpeglib.h needs it
#include <jpeglib.h>

#include <jerror.h>

namespace moec::rt {

namespace {
struct Decoder {
  Decoder();
  ~Decoder() { jpeg_destroy_decompress(&info); }
  Decoder(const Decoder &) = delete;

  jpeg_decompress_struct info = {};
  jpeg_error_mgr errors = {};
  jpeg_progress_mgr progress = {};
  std::jmp_buf jump;
  char message[JMSG_LENGTH_MAX] = "";
};
} // namespace

[[noreturn]] static void onError(j_common_ptr info) {
  auto *decoder = static_cast<Decoder *>(info->client_data);
  info->err->format_message(info, decoder->message);
  std::longjmp(decoder->jump, 1);
}

/// libjpeg makes up what is missing, and warns. Of its warnings these alone
/// tell of no pixel that is wrong.
static void onMessage(j_common_ptr info, int level) {
  int code = info->err->msg_code;
  bool harmless = code == JWRN_EXTRANEOUS_DATA || code == JWRN_JFIF_MAJOR ||
                  code == JWRN_ADOBE_XFORM;
  if (level < 0 && !harmless)
    onError(info);
}

/// A small file of many scans could take minutes.
static void onProgress(j_common_ptr common) {
  auto *decoder = static_cast<Decoder *>(common->client_data);
  const jpeg_decompress_struct &info = decoder->info;
  constexpr int64_t mostWork = int64_t(1) << 30;
  int64_t pixels = int64_t(info.image_width) * info.image_height;
  if (info.input_scan_number <= 100 &&
      info.input_scan_number * pixels <= mostWork)
    return;
  std::snprintf(decoder->message, sizeof(decoder->message),
                "it has %d scans or more", info.input_scan_number);
  std::longjmp(decoder->jump, 1);
}

Decoder::Decoder() {
  info.err = jpeg_std_error(&errors);
  errors.error_exit = onError;
  errors.emit_message = onMessage;
  info.client_data = this;
  progress.progress_monitor = onProgress;
}

/// Reads up to the pixels; false: see the message.
static bool readHeader(Decoder &decoder, std::string_view bytes) {
  if (setjmp(decoder.jump))
    return false;
  jpeg_create_decompress(&decoder.info);
  decoder.info.progress = &decoder.progress;
  jpeg_mem_src(&decoder.info,
               reinterpret_cast<const unsigned char *>(bytes.data()),
               static_cast<unsigned long>(bytes.size()));
  jpeg_read_header(&decoder.info, TRUE);
  return true;
}

static bool readRows(Decoder &decoder, Image *to) {
  if (setjmp(decoder.jump))
    return false;
  // The same numbers with every version of the library and on every CPU.
  decoder.info.dct_method = JDCT_ISLOW;
  jpeg_start_decompress(&decoder.info);
  while (decoder.info.output_scanline < decoder.info.output_height) {
    JSAMPROW row = to->row(decoder.info.output_scanline);
    jpeg_read_scanlines(&decoder.info, &row, 1);
  }
  jpeg_finish_decompress(&decoder.info);
  return true;
}

/// Cyan, magenta, yellow and black as light: what Adobe's programs write, they
/// write inverted.
static Image cmykToRgb(const Image &from, bool inverted) {
  Image to(from.height, from.width, 3);
  for (size_t i = 0; i < to.pixels.size() / 3; ++i) {
    const uint8_t *ink = &from.pixels[4 * i];
    auto light = [&](size_t c) {
      return inverted ? unsigned(ink[c]) : 255u - ink[c];
    };
    for (size_t c = 0; c < 3; ++c)
      to.pixels[3 * i + c] = uint8_t((light(c) * light(3) + 127) / 255);
  }
  return to;
}

static DecodedImage decodeJpeg(std::string_view bytes) {
  Decoder decoder;
  auto require = [&](bool good) {
    if (!good)
      fail("is a damaged JPEG file: {}", decoder.message);
  };
  require(readHeader(decoder, bytes));
  jpeg_decompress_struct &info = decoder.info;
  checkImageSize(info.image_height, info.image_width);
  DecodedImage result;
  switch (info.jpeg_color_space) {
  case JCS_GRAYSCALE:
    result.kind = "grey";
    info.out_color_space = JCS_GRAYSCALE;
    break;
  case JCS_YCbCr:
  case JCS_RGB:
    result.kind = "RGB";
    info.out_color_space = JCS_RGB;
    break;
  case JCS_CMYK:
  case JCS_YCCK:
    result.kind = "CMYK";
    info.out_color_space = JCS_CMYK;
    break;
  default:
    fail("is a JPEG file of an unknown kind ({} channels)",
         info.num_components);
  }
  int64_t channels = result.kind == "grey" ? 1 : result.kind == "RGB" ? 3 : 4;
  result.image = Image(info.image_height, info.image_width, channels);
  require(readRows(decoder, &result.image));
  if (channels == 4)
    result.image = cmykToRgb(result.image, info.saw_Adobe_marker);
  return result;
}

/// CMYK becomes RGB. The orientation of Exif is not looked at.
extern const ImageFormat jpegFormat = {"JPEG", "\xff\xd8\xff", decodeJpeg,
                                       nullptr};

} // namespace moec::rt
