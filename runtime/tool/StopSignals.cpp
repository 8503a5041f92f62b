//===- StopSignals.cpp - End a long run in good order ---------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/tool/StopSignals.h"

#include <iterator>

namespace moec::rt {

static volatile std::sig_atomic_t noted = 0;

static void note(int signal) {
  noted = signal;
  std::signal(signal, SIG_DFL);
}

StopSignals::StopSignals() {
  noted = 0;
  static_assert(std::size(signals) == sizeof(before) / sizeof(before[0]));
  for (size_t i = 0; i < std::size(signals); ++i) {
    sigaction(signals[i], nullptr, &before[i]);
    if (before[i].sa_handler == SIG_IGN)
      continue;
    struct sigaction action = {};
    action.sa_handler = note;
    action.sa_flags = SA_RESTART;
    sigaction(signals[i], &action, nullptr);
  }
}

StopSignals::~StopSignals() {
  for (size_t i = 0; i < std::size(signals); ++i)
    sigaction(signals[i], &before[i], nullptr);
}

int StopSignals::seen() { return noted; }

const char *signalName(int signal) {
  switch (signal) {
  case SIGINT:
    return "SIGINT";
  case SIGTERM:
    return "SIGTERM";
  case SIGHUP:
    return "SIGHUP";
  case SIGPIPE:
    return "SIGPIPE (nobody reads the output any more)";
  }
  return "a signal";
}

} // namespace moec::rt
