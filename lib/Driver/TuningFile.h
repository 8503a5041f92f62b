//===- TuningFile.h - Files of measured schedules ---------------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_LIB_DRIVER_TUNINGFILE_H
#define MOEC_LIB_DRIVER_TUNINGFILE_H

#include "lib/Driver/Tuning.h"
#include <string_view>

namespace moec::driver {

/// What `moec tune` writes and `--tuning` reads: JSON, described in
/// docs/compiling.md. Everything throws rt::Error.
struct TuningFile {
  TuningMachine machine;
  struct Entry {
    Schedule schedule;
    /// Of the kernels of this shape in a run, with this schedule and with the
    /// cost model's, when they were measured.
    double milliseconds = 0, modelMilliseconds = 0;
  };
  std::map<std::string, Entry> entries; ///< by the names of shapes

  Schedules schedules() const;
  std::string text() const;
};

/// Reads the text of the file `name`, which errors name.
TuningFile parseTuningFile(std::string_view text, const std::string &name);
TuningFile readTuningFile(const std::string &path);

/// Refuses a file that was measured on another machine or by another compiler
/// than `here`, with what differs.
void requireMachine(const TuningFile &file, const TuningMachine &here,
                    const std::string &path);

} // namespace moec::driver

#endif // MOEC_LIB_DRIVER_TUNINGFILE_H
