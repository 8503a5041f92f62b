//===- TuneCommand.h - moec tune -------------------------------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_LIB_DRIVER_TUNECOMMAND_H
#define MOEC_LIB_DRIVER_TUNECOMMAND_H

#include <functional>

namespace CLI {
class App;
}

namespace moec::driver {

/// Adds the command `tune`, which leaves what it does in `action`.
void addTune(CLI::App &parent, std::function<int()> &action);

} // namespace moec::driver

#endif // MOEC_LIB_DRIVER_TUNECOMMAND_H
