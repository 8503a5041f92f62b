//===- StopSignals.h - End a long run in good order -------------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_RUNTIME_TOOL_STOPSIGNALS_H
#define MOEC_RUNTIME_TOOL_STOPSIGNALS_H

namespace moec::rt {

/// The signals that ask a run to stop: SIGINT, SIGTERM, SIGHUP and SIGPIPE.
class StopSignals {
public:
  /// From now on, to the end of the process, they are only noted; the same one
  /// again ends the process as if this were not here. A signal that the process
  /// ignores (nohup, a job in the background) stays ignored. They stay caught
  /// after the work: a process that has done everything should not end as one
  /// that was killed because a signal met its last instructions.
  static void catchAll();

  /// The first signal that came since, or 0.
  static int seen();
};

/// "SIGTERM" and so on, for the signals that StopSignals catches.
const char *signalName(int signal);

} // namespace moec::rt

#endif // MOEC_RUNTIME_TOOL_STOPSIGNALS_H
