//===- TuningFuzz.cpp - Any text as a file of measured schedules ----------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Driver/TuningFile.h"
#include "runtime/core/Error.h"

#include <cstddef>
#include <cstdlib>

using namespace moec;

/// Sizes as #kernel.schedule takes them.
static void check(const std::vector<int64_t> &sizes) {
  if (sizes.size() < 2 || sizes.size() > 3)
    std::abort();
  for (int64_t size : sizes)
    if (size < 1 || size > 1 << 20)
      std::abort();
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  driver::TuningFile file;
  try {
    file = driver::parseTuningFile({reinterpret_cast<const char *>(data), size},
                                   "fuzz");
  } catch (const rt::Error &) {
    return 0;
  }
  for (const auto &[name, schedule] : file.schedules()) {
    check(schedule.tile);
    check(schedule.micro);
  }
  // What was read is written so that it can be read.
  if (driver::parseTuningFile(file.text(), "again").schedules() !=
      file.schedules())
    std::abort();
  return 0;
}
