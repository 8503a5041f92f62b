//===- HostCall.cpp - What a program asks the runtime to do ---------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/core/HostCall.h"

namespace moec::rt {

HostCall::~HostCall() = default;

static const HostCallInfo &requireHostCall(const Kernel &kernel) {
  std::string name = kernel.hostCallName();
  if (const HostCallInfo *info = findRegistered(allHostCalls(), name))
    return *info;
  fail("kernel \"{}\": {}; compile the model with the compiler of this runtime",
       kernel.symbol, unknownName("host call", name, allHostCalls()));
}

/// The program says how long each operand is; the call how long it has to be.
static void checkOperands(const HostCallInfo &info, const HostCall &call,
                          const Entry &entry, const Launch &launch) {
  std::vector<int64_t> least = call.operandBytes();
  if (launch.args.size() != least.size())
    fail("builtin:{} takes {} operands ({}), a launch of entry {} has {}",
         info.name, least.size(), info.operands, entry.name,
         launch.args.size());
  for (size_t i = 0; i < least.size(); ++i)
    if (launch.args[i].bytes < least[i])
      fail("builtin:{} in entry {}: operand {} of ({}) has {} bytes, expected "
           "{}",
           info.name, entry.name, i, info.operands, launch.args[i].bytes,
           least[i]);
}

std::vector<std::shared_ptr<const HostCall>>
bindHostCalls(const Manifest &manifest) {
  std::vector<std::shared_ptr<const HostCall>> calls(manifest.kernels.size());
  std::vector<const HostCallInfo *> infos(calls.size());
  for (size_t i = 0; i < calls.size(); ++i) {
    const Kernel &kernel = manifest.kernels[i];
    if (!kernel.isHostCall())
      continue;
    infos[i] = &requireHostCall(kernel);
    calls[i] = infos[i]->bind(kernel);
  }
  for (const Entry &entry : manifest.entries)
    for (const ProgramItem &item : entry.program)
      for (const Launch &launch : item.body)
        if (const HostCall *call = calls[size_t(launch.kernel)].get())
          checkOperands(*infos[size_t(launch.kernel)], *call, entry, launch);
  return calls;
}

} // namespace moec::rt
