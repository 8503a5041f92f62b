//===- StopSignals.h - End a long run in good order -------------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_RUNTIME_TOOL_STOPSIGNALS_H
#define MOEC_RUNTIME_TOOL_STOPSIGNALS_H

#include <csignal>

namespace moec::rt {

/// While it lives, the first SIGINT, SIGTERM, SIGHUP or SIGPIPE is only noted;
/// the second one ends the process as if this were not here. A signal that
/// the process ignores (nohup, a job in the background) stays ignored. One
/// object at a time.
class StopSignals {
public:
  StopSignals();
  ~StopSignals();
  StopSignals(const StopSignals &) = delete;

  /// The signal that came, or 0.
  static int seen();

private:
  static constexpr int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGPIPE};
  struct sigaction before[4];
};

/// "SIGTERM" and so on, for the signals that StopSignals catches.
const char *signalName(int signal);

} // namespace moec::rt

#endif // MOEC_RUNTIME_TOOL_STOPSIGNALS_H
