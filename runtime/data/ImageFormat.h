//===- ImageFormat.h - Kinds of files that hold a picture ----- -*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_RUNTIME_DATA_IMAGEFORMAT_H
#define MOEC_RUNTIME_DATA_IMAGEFORMAT_H

#include "runtime/core/Registry.h"
#include "runtime/data/Image.h"

namespace moec::rt {

/// The picture of a file: grey or RGB, 8 bits a channel, whatever the file has.
struct DecodedImage {
  Image image;
  std::string kind; ///< how the file has it, for people: "palette"
};

/// A kind of file.
struct ImageFormat {
  const char *name;       ///< as people call it: "PNG"
  std::string_view magic; ///< what its files begin with
  /// Throws Error for a file that is damaged or too large; its text follows on
  /// the name of the file.
  DecodedImage (*decode)(std::string_view bytes);
  /// The bytes of a file with a picture of 1 or 3 channels; null: moec writes
  /// none of this kind.
  std::string (*encode)(const Image &image);
};

const Registry<ImageFormat> &allImageFormats();

/// The picture of a file of any kind, which its first bytes tell. Its `kind`
/// begins with the name of the format. Throws Error as decode() does.
DecodedImage decodeImage(std::string_view bytes);

/// Throws Error when a picture has more pixels than a file of a stranger may
/// claim, or none.
void checkImageSize(int64_t height, int64_t width);

} // namespace moec::rt

#endif // MOEC_RUNTIME_DATA_IMAGEFORMAT_H
