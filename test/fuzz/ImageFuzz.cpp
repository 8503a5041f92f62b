//===- ImageFuzz.cpp - Any bytes as the file of a picture ---------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/core/Error.h"
#include "runtime/data/ImageFormat.h"

#include <cstdlib>

using namespace moec;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  try {
    rt::Image image =
        rt::decodeImage({reinterpret_cast<const char *>(data), size}).image;
    if ((image.channels != 1 && image.channels != 3) ||
        int64_t(image.pixels.size()) !=
            image.height * image.width * image.channels)
      std::abort();
  } catch (const rt::Error &) {
  }
  return 0;
}
