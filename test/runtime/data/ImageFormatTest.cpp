//===- ImageFormatTest.cpp - Tests of PNG and JPEG ------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "test/runtime/data/ImageTestSupport.h"

#include <zlib.h>

using namespace moec::rt;
using namespace moec::rt::test;

static Image imageOf(std::vector<uint8_t> pixels, int64_t height, int64_t width,
                     int64_t channels) {
  Image image(height, width, channels);
  EXPECT_EQ(image.pixels.size(), pixels.size());
  image.pixels = std::move(pixels);
  return image;
}

static void expectImage(const std::string &file, const char *kind,
                        const Image &image, int most = 0) {
  DecodedImage decoded = decodeImage(file);
  EXPECT_EQ(decoded.kind, kind);
  EXPECT_LE(difference(decoded.image, image), most) << kind;
}

TEST(ImageFormat, PngOfAllKinds) {
  Image colours = smoothImage(5, 7, 3), grey = smoothImage(5, 7, 1);
  expectImage(pngFile(colours), "PNG RGB", colours);
  expectImage(pngFile(grey), "PNG grey", grey);
  std::string rgb(colours.pixels.begin(), colours.pixels.end());
  expectImage(pngFile(5, 7, PNG_COLOR_TYPE_RGB, 8, rgb, true), "PNG RGB",
              colours);
  // Bits that stand for 0 and 255, four values of two bits.
  expectImage(pngFile(2, 4, PNG_COLOR_TYPE_GRAY, 1, "\x50\xa0"), "PNG grey",
              imageOf({0, 255, 0, 255, 255, 0, 255, 0}, 2, 4, 1));
  expectImage(pngFile(1, 4, PNG_COLOR_TYPE_GRAY, 2, "\x1b"), "PNG grey",
              imageOf({0, 85, 170, 255}, 1, 4, 1));
  expectImage(pngFile(1, 2, PNG_COLOR_TYPE_PALETTE, 8, std::string("\1\0", 2),
                      false, {{10, 20, 30}, {200, 100, 50}}),
              "PNG palette", imageOf({200, 100, 50, 10, 20, 30}, 1, 2, 3));
  expectImage(pngFile(1, 2, PNG_COLOR_TYPE_GRAY, 16,
                      std::string("\xff\xff\x80\x80", 4)),
              "PNG grey, 16 bits", imageOf({255, 128}, 1, 2, 1));
  expectImage(pngFile(1, 1, PNG_COLOR_TYPE_RGB, 16,
                      std::string("\x10\x10\x20\x20\x30\x30", 6)),
              "PNG RGB, 16 bits", imageOf({16, 32, 48}, 1, 1, 3));
  // Alpha is dropped, what lies below it stays.
  expectImage(pngFile(1, 1, PNG_COLOR_TYPE_RGB_ALPHA, 8,
                      std::string("\x10\x20\x30\0", 4)),
              "PNG RGB with alpha", imageOf({16, 32, 48}, 1, 1, 3));
  expectImage(
      pngFile(1, 1, PNG_COLOR_TYPE_GRAY_ALPHA, 8, std::string("\x10\x80", 2)),
      "PNG grey with alpha", imageOf({16}, 1, 1, 1));
}

TEST(ImageFormat, JpegOfAllKinds) {
  for (bool progressive : {false, true}) {
    Image colours = smoothImage(16, 24, 3), grey = smoothImage(16, 24, 1);
    expectImage(jpegFile(colours, progressive), "JPEG RGB", colours, 6);
    expectImage(jpegFile(grey, progressive), "JPEG grey", grey, 2);
  }
  // Adobe's programs write CMYK inverted, and mark it: 255 is no ink.
  Image ink(8, 8, 4), light(8, 8, 3);
  for (size_t i = 0; i < 64; ++i) {
    const uint8_t values[] = {255, 128, 0, 204};
    std::copy_n(values, 4, &ink.pixels[4 * i]);
    const uint8_t seen[] = {204, 102, 0};
    std::copy_n(seen, 3, &light.pixels[3 * i]);
  }
  std::string marked = jpegFile(ink);
  expectImage(marked, "JPEG CMYK", light, 2);
  size_t at = marked.find("Adobe");
  ASSERT_NE(at, std::string::npos);
  marked[at] = 'X';
  for (size_t i = 0; i < 64; ++i) {
    const uint8_t seen[] = {0, 25, 51};
    std::copy_n(seen, 3, &light.pixels[3 * i]);
  }
  expectImage(marked, "JPEG CMYK", light, 2);
}

/// What is missing is never made up.
TEST(ImageFormat, EveryTruncationIsAnError) {
  for (const std::string &file :
       {pngFile(smoothImage(9, 9, 3)), jpegFile(smoothImage(9, 9, 3)),
        jpegFile(smoothImage(17, 9, 3), true)})
    for (size_t length = 0; length < file.size(); ++length)
      EXPECT_NE(errorOf([&] { decodeImage(file.substr(0, length)); }),
                "no error")
          << length << " of " << file.size();
  EXPECT_ERROR(decodeImage(""), "is empty: expected a PNG or JPEG file");
  std::string png = pngFile(smoothImage(9, 9, 3));
  EXPECT_ERROR(decodeImage(png.substr(0, png.size() - 20)),
               "is a damaged PNG file: it ends too early");
  std::string jpeg = jpegFile(smoothImage(64, 64, 3));
  EXPECT_ERROR(decodeImage(jpeg.substr(0, jpeg.size() / 2)),
               "is a damaged JPEG file: Premature end of JPEG file");
}

TEST(ImageFormat, DamageIsAnError) {
  std::string png = pngFile(smoothImage(9, 9, 3));
  png[png.find("IDAT") + 8] ^= 1;
  EXPECT_ERROR(decodeImage(png), "is a damaged PNG file: ");
  // Bytes between two markers are no pixels.
  std::string jpeg = jpegFile(smoothImage(16, 16, 3));
  size_t at = jpeg.find("\xff\xdb");
  expectImage(jpeg.substr(0, at) + std::string(3, '\0') + jpeg.substr(at),
              "JPEG RGB", smoothImage(16, 16, 3), 6);
}

TEST(ImageFormat, OtherFiles) {
  EXPECT_ERROR(decodeImage("GIF89a..."),
               "is a GIF file: expected PNG or JPEG; fix: convert it");
  EXPECT_ERROR(decodeImage("RIFF....WEBPVP8 "), "is a WebP file");
  EXPECT_ERROR(decodeImage("hello"),
               "is no PNG or JPEG file: it begins with 68 65 6c 6c 6f");
}

/// A few bytes must not take the memory that they claim.
TEST(ImageFormat, SizesThatCannotBe) {
  std::string png = pngFile(smoothImage(1, 1, 1));
  size_t at = png.find("IHDR") + 4;
  png.replace(at, 8, std::string("\0\1\0\0\0\1\0\0", 8));
  // Its checksum, too, by the same library.
  uint32_t sum =
      uint32_t(crc32(0, reinterpret_cast<const Bytef *>(&png[at - 4]), 17));
  png.replace(at + 13, 4,
              {char(sum >> 24), char(sum >> 16), char(sum >> 8), char(sum)});
  EXPECT_ERROR(decodeImage(png), "claims 65536 x 65536 pixels (height, width): "
                                 "expected at least one and at most 67108864");
  std::string jpeg = jpegFile(smoothImage(8, 8, 1));
  at = jpeg.find("\xff\xc0") + 5;
  jpeg.replace(at, 4, std::string("\xff\x00\xff\x00", 4));
  EXPECT_ERROR(decodeImage(jpeg), "claims 65280 x 65280 pixels");
}
