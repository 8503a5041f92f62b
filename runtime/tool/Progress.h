//===- Progress.h - What long work shows of itself --------------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_RUNTIME_TOOL_PROGRESS_H
#define MOEC_RUNTIME_TOOL_PROGRESS_H

#include <chrono>
#include <cstdio>
#include <string>

namespace moec::rt {

/// Lines that stay and, on a terminal, one line below them that is written
/// over. Anywhere else only the lines that stay are written. A failed write
/// does not end the work; it shows in std::ferror(stream).
class Progress {
public:
  explicit Progress(std::FILE *stream);
  /// Takes the transient line away.
  ~Progress() { clear(); }
  Progress(const Progress &) = delete;

  bool onTerminal() const { return terminal; }
  /// A line that stays.
  void line(const std::string &text);
  /// The transient line, cut to the width of the terminal, at most ten times a
  /// second.
  void show(const std::string &text);
  void clear();

private:
  using Clock = std::chrono::steady_clock;
  std::FILE *stream;
  bool terminal, visible = false;
  Clock::time_point last;
};

/// "12 s", "3 min 20 s", "2 h 5 min".
std::string durationText(double seconds);

} // namespace moec::rt

#endif // MOEC_RUNTIME_TOOL_PROGRESS_H
