//===- MemoryPlan.cpp - The memory plan as text ---------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/core/Fail.h"
#include "runtime/core/Manifest.h"

#include <algorithm>

namespace moec::rt {

static double mebibytes(double bytes) { return bytes / (1 << 20); }

std::string memoryPlan(const Manifest &manifest) {
  int64_t scratch = 0;
  for (const Kernel &kernel : manifest.kernels)
    scratch = std::max(scratch, kernel.scratch);
  std::string text = "memory plan (MiB)\n";
  auto line = [&](const std::string &name, int64_t bytes) {
    text += fmt::format("  {:<28} {:10.2f}\n", name, mebibytes(double(bytes)));
  };
  for (const VariableBlock &block : manifest.blocks)
    line("variables: " + block.name, block.bytes);
  for (const Entry &entry : manifest.entries) {
    double buffers = 0; // their number is not bounded
    for (const InputInfo &input : entry.inputs)
      buffers += double(input.bytes());
    for (const OutputInfo &output : entry.outputs)
      buffers += double(output.bytes());
    text += fmt::format("  {:<28} {:10.2f} arena, {:.2f} inputs and outputs\n",
                        entry.text(), mebibytes(double(entry.arena)),
                        mebibytes(buffers));
  }
  if (manifest.isGpu())
    line("workspace", manifest.workspaceBytes());
  else
    line("scratch of a thread", scratch);
  return text;
}

} // namespace moec::rt
