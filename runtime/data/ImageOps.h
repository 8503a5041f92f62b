//===- ImageOps.h - Changes of a picture ---------------------- -*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Everything is computed in integers, so that it is the same everywhere.
// Factors are in units of 1/65536.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_RUNTIME_DATA_IMAGEOPS_H
#define MOEC_RUNTIME_DATA_IMAGEOPS_H

#include "runtime/data/Image.h"

namespace moec::rt {

/// 1 as a factor.
constexpr int64_t unit = 1 << 16;

/// A factor for a number.
int64_t factorOf(double number);

/// How bright a pixel of 1 or 3 channels is: 0.299 R + 0.587 G + 0.114 B.
uint8_t brightnessOf(const uint8_t *pixel, int64_t channels);

/// Each of these goes from something to the picture for a factor from 0 to 1,
/// and on for a larger one: black, its mean brightness, its own brightness
/// pixel by pixel, a blurred picture.
void changeBrightness(Image &image, int64_t factor);
void changeContrast(Image &image, int64_t factor);
void changeColour(Image &image, int64_t factor);
void changeSharpness(Image &image, int64_t factor);

/// Turns the hue by a share of a full turn; lightness and saturation (those of
/// HSV) stay. Grey pictures have none.
void changeHue(Image &image, int64_t turn);
/// Blurs by a Gaussian of this standard deviation in pixels; the pixels of the
/// edge go on outside.
void blur(Image &image, double deviation);

/// Inverts values of `threshold` and more.
void solarize(Image &image, int threshold);
/// Keeps the upper bits of each value, 0 to 8.
void posterize(Image &image, int bits);
/// Stretches the values of each channel to 0 ... 255.
void autoContrast(Image &image);
/// Spreads the values of each channel evenly: its histogram becomes flat.
void equalize(Image &image);

/// Where the pixels of a picture come from: (x, y) as seen from the middle
/// comes from (xx x + xy y + x0, yx x + yy y + y0). x0 and y0 are in units of
/// 1/65536 of a pixel.
struct Affine {
  int64_t xx = unit, xy = 0, x0 = 0;
  int64_t yx = 0, yy = unit, y0 = 0;
};
/// Takes the nearest pixel; what comes from outside is 0.
void transform(Image &image, const Affine &from);

} // namespace moec::rt

#endif // MOEC_RUNTIME_DATA_IMAGEOPS_H
