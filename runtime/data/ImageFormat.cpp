//===- ImageFormat.cpp - Kinds of files that hold a picture ---------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/data/ImageFormat.h"

namespace moec::rt {

/// Kinds of files that people keep pictures in and that are not read here.
static const char *foreignKind(std::string_view bytes) {
  struct Kind {
    std::string_view magic;
    size_t at;
    const char *name;
  };
  static constexpr Kind kinds[] = {
      {"GIF8", 0, "GIF"},      {"WEBP", 8, "WebP"},
      {"BM", 0, "BMP"},        {std::string_view("II*\0", 4), 0, "TIFF"},
      {"ftypavif", 4, "AVIF"}, {std::string_view("MM\0*", 4), 0, "TIFF"},
      {"ftypheic", 4, "HEIC"}, {"<svg", 0, "SVG"}};
  for (const Kind &kind : kinds)
    if (bytes.size() >= kind.at &&
        bytes.compare(kind.at, kind.magic.size(), kind.magic) == 0)
      return kind.name;
  return nullptr;
}

DecodedImage decodeImage(std::string_view bytes) {
  for (const ImageFormat &format : allImageFormats())
    if (bytes.substr(0, format.magic.size()) == format.magic) {
      DecodedImage result = format.decode(bytes);
      result.kind = fmt::format("{} {}", format.name, result.kind);
      return result;
    }
  std::vector<std::string> names = namesOf(allImageFormats());
  if (bytes.empty())
    fail("is empty: expected a {} file", alternatives(names));
  if (const char *kind = foreignKind(bytes))
    fail("is a {} file: expected {}; fix: convert it", kind,
         alternatives(names));
  std::string begin;
  for (char c : bytes.substr(0, 8))
    begin += fmt::format(" {:02x}", uint8_t(c));
  fail("is no {} file: it begins with{}", alternatives(names), begin);
}

void checkImageSize(int64_t height, int64_t width) {
  constexpr int64_t most = int64_t(1) << 26;
  if (height < 1 || width < 1 || height > most / width)
    fail("claims {} x {} pixels (height, width): expected at least one and at "
         "most {}",
         height, width, most);
}

Image toRgb(Image image) {
  if (image.channels != 1)
    return image;
  Image result(image.height, image.width, 3);
  for (size_t i = 0; i < image.pixels.size(); ++i)
    for (size_t c = 0; c < 3; ++c)
      result.pixels[3 * i + c] = image.pixels[i];
  return result;
}

} // namespace moec::rt
