//===- WeightsCommand.h - The commands of weights files ---------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_RUNTIME_TOOL_WEIGHTSCOMMAND_H
#define MOEC_RUNTIME_TOOL_WEIGHTSCOMMAND_H

#include "runtime/tool/Tool.h"

namespace moec::rt {

/// Adds `weights` with its commands convert, diff, list and maps to a tool.
/// What the chosen one should do it leaves in `action`, which gives the exit
/// code and throws Error. `tool` opens the models that weights are for.
void addWeights(CLI::App &app, const Tool &tool, std::function<int()> &action);

} // namespace moec::rt

#endif // MOEC_RUNTIME_TOOL_WEIGHTSCOMMAND_H
