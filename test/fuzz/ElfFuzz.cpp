//===- ElfFuzz.cpp - Any bytes as the ELF image of a module -------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A seal is easily made, so the tables of an image are not trusted: what is
// found must lie in the image.
//
//===----------------------------------------------------------------------===//

#include "runtime/core/ElfImage.h"
#include "runtime/core/Error.h"

#include <cstdlib>

using namespace moec::rt;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  const char *start = reinterpret_cast<const char *>(data);
  try {
    ElfImage image(std::string_view(start, size));
    for (const char *name : {"moec_manifest", "moec_manifest_size", "k"})
      if (auto found = image.symbol(name))
        if (found->data() < start ||
            found->size() > size_t(start + size - found->data()))
          std::abort();
  } catch (const Error &) {
  }
  return 0;
}
