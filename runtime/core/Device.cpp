//===- Device.cpp - Where the programs of a module run --------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/core/Device.h"
#include "runtime/core/Fail.h"

namespace moec::rt {

Program::~Program() = default;
Device::~Device() = default;

std::string kernelText(const Kernel &kernel) {
  if (kernel.nodes.empty())
    return kernel.symbol;
  return fmt::format("{} ({})", kernel.symbol, fmt::join(kernel.nodes, ", "));
}

std::vector<ResolvedLaunch> unrollProgram(const Entry &entry,
                                          const BlockAddress &address) {
  constexpr size_t most = 1 << 20;
  std::vector<ResolvedLaunch> launches;
  for (const ProgramItem &item : entry.program)
    for (int64_t it = 0; it < item.repeat; ++it)
      for (const Launch &launch : item.body) {
        if (launches.size() == most)
          fail("entry {}: its program has more than {} launches", entry.name,
               most);
        ResolvedLaunch resolved;
        resolved.kernel = launch.kernel;
        for (const Argument &argument : launch.args) {
          resolved.operands.push_back(address(argument.block, argument.index) +
                                      uint64_t(argument.at(it)));
          resolved.bytes.push_back(argument.bytes);
        }
        launches.push_back(std::move(resolved));
      }
  return launches;
}

} // namespace moec::rt
