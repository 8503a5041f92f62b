//===- StepFile.h - A text file that grows with a run -----------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_RUNTIME_TOOL_STEPFILE_H
#define MOEC_RUNTIME_TOOL_STEPFILE_H

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace moec::rt {

/// Lines that each belong to a step of a run, such as "step,loss". A run that
/// is resumed goes on in the file of the run before: lines up to the step that
/// it resumes from stay.
class StepFile {
public:
  /// What a line is called in messages, and the step of one without its line
  /// feed, or nothing if it is none.
  struct Form {
    const char *flag, *line;
    std::optional<int64_t> (*stepOf)(std::string_view line);
  };

  StepFile(std::string path, Form form) : path(std::move(path)), form(form) {}

  /// Whether there is a path.
  bool isWanted() const { return !path.empty(); }
  /// Keeps what the file holds of steps up to `step`. Throws Error when a line
  /// of it is not of the form: it is the file of something else.
  void keepUntil(int64_t step);
  /// Adds a line, without its line feed.
  void add(const std::string &line) { text += line + '\n'; }
  /// Writes the whole file, as writeFileAtomic does.
  void write() const;

private:
  std::string path, text;
  Form form;
};

/// --losses: "step,loss".
StepFile::Form lossForm();
std::string lossLine(int64_t step, float loss);

} // namespace moec::rt

#endif // MOEC_RUNTIME_TOOL_STEPFILE_H
