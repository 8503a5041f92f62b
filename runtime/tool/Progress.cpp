//===- Progress.cpp - What long work shows of itself ----------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/tool/Progress.h"
#include "runtime/core/Text.h"

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

namespace moec::rt {

static bool isTerminal(std::FILE *stream) {
  const char *kind = std::getenv("TERM");
  return isatty(fileno(stream)) && kind && std::strcmp(kind, "dumb") != 0;
}

Progress::Progress(std::FILE *stream)
    : stream(stream), terminal(isTerminal(stream)) {}

void Progress::line(const std::string &text) {
  clear();
  std::fputs((escapeControls(text, /*lines=*/true) + "\n").c_str(), stream);
  std::fflush(stream);
}

void Progress::show(const std::string &text) {
  Clock::time_point now = Clock::now();
  if (!terminal || now - last < std::chrono::milliseconds(100))
    return;
  last = now;
  visible = true;
  winsize size = {};
  size_t width = 80;
  if (ioctl(fileno(stream), TIOCGWINSZ, &size) == 0 && size.ws_col > 1)
    width = size.ws_col;
  // To the start of the line, the text, and clear what follows it.
  std::fputs(
      ("\r" + escapeControls(text).substr(0, width - 1) + "\x1b[K").c_str(),
      stream);
  std::fflush(stream);
}

void Progress::clear() {
  if (visible)
    std::fputs("\r\x1b[K", stream);
  visible = false;
}

std::string durationText(double seconds) {
  auto whole = int64_t(seconds + 0.5);
  if (whole < 60)
    return fmt::format("{} s", whole);
  if (whole < 3600)
    return fmt::format("{} min {} s", whole / 60, whole % 60);
  return fmt::format("{} h {} min", whole / 3600, whole % 3600 / 60);
}

} // namespace moec::rt
