//===- LossFile.h - The loss of every step, as a table ----------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_RUNTIME_TOOL_LOSSFILE_H
#define MOEC_RUNTIME_TOOL_LOSSFILE_H

#include <cstdint>
#include <string>

namespace moec::rt {

/// Lines of "step,loss". A run that is resumed goes on in the file of the run
/// before: lines up to the step that it resumes from stay.
class LossFile {
public:
  explicit LossFile(std::string path) : path(std::move(path)) {}

  /// Keeps what the file holds of steps up to `step`. Throws Error when a line
  /// of it is none of "step,loss": it is the file of something else.
  void keepUntil(int64_t step);
  void add(int64_t step, float loss);
  /// Writes the whole file, as writeFileAtomic does.
  void write() const;

private:
  std::string path, text;
};

} // namespace moec::rt

#endif // MOEC_RUNTIME_TOOL_LOSSFILE_H
