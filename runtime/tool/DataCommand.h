//===- DataCommand.h - The command data ----------------------- -*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_RUNTIME_TOOL_DATACOMMAND_H
#define MOEC_RUNTIME_TOOL_DATACOMMAND_H

#include <functional>

namespace CLI {
class App;
}

namespace moec::rt {

/// Adds the command `data` with its own: `data inspect` shows what a data set
/// holds. What the chosen one should do it leaves in `action`, which gives the
/// exit code: 1 where something is damaged or missing.
void addDataCommand(CLI::App &app, std::function<int()> &action);

} // namespace moec::rt

#endif // MOEC_RUNTIME_TOOL_DATACOMMAND_H
