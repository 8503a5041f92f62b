//===- StopSignals.cpp - End a long run in good order ---------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/tool/StopSignals.h"

#include <csignal>
#include <initializer_list>

namespace moec::rt {

static volatile std::sig_atomic_t noted = 0;

static void note(int signal) {
  // Ctrl-C also ends the program that reads the output, so SIGPIPE follows.
  if (!noted)
    noted = signal;
  std::signal(signal, SIG_DFL);
}

void StopSignals::catchAll() {
  noted = 0;
  for (int signal : {SIGINT, SIGTERM, SIGHUP, SIGPIPE}) {
    struct sigaction action = {};
    sigaction(signal, nullptr, &action);
    if (action.sa_handler == SIG_IGN)
      continue;
    action = {};
    action.sa_handler = note;
    action.sa_flags = SA_RESTART;
    sigaction(signal, &action, nullptr);
  }
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
