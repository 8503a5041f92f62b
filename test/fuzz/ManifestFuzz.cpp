//===- ManifestFuzz.cpp - Any text as the manifest of a module ----------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The code of a module is native code, which can do anything; what says where
// that code reads and writes is its manifest. So what was accepted must stay
// inside of its blocks.
//
//===----------------------------------------------------------------------===//

#include "runtime/core/Error.h"
#include "runtime/core/Manifest.h"
#include "runtime/cpu/Builtins.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <set>

using namespace moec::rt;

static int64_t blockBytes(const Manifest &manifest, const Entry &entry,
                          const Argument &argument) {
  switch (argument.block) {
  case BlockKind::Variables:
    return manifest.blocks.at(argument.index).bytes;
  case BlockKind::Arena:
    return entry.arena;
  case BlockKind::In:
    return entry.inputs.at(argument.index).bytes();
  case BlockKind::Out:
    break;
  }
  return entry.outputs.at(argument.index).bytes();
}

/// Every variable lies inside of its block, and no two have a byte in common.
static void checkVariables(const Manifest &manifest) {
  std::vector<std::array<int64_t, 3>> places; // block, begin, end
  std::set<std::string> names;
  for (const Variable &variable : manifest.variables) {
    const int64_t most = manifest.blocks.at(variable.block).bytes;
    if (variable.offset < 0 || variable.offset > most ||
        variable.offset % dtypeBytes(variable.dtype) != 0 ||
        variable.bytes() > most - variable.offset ||
        !names.insert(variable.name).second)
      std::abort();
    if (variable.of >= 0)
      manifest.variables.at(variable.of);
    if (variable.bytes() > 0)
      places.push_back({variable.block, variable.offset,
                        variable.offset + variable.bytes()});
  }
  std::sort(places.begin(), places.end());
  for (size_t i = 1; i < places.size(); ++i)
    if (places[i - 1][0] == places[i][0] && places[i - 1][2] > places[i][1])
      std::abort();
}

static void checkArgument(const Manifest &manifest, const Entry &entry,
                          const Argument &argument, int64_t repeat) {
  const int64_t most = blockBytes(manifest, entry, argument);
  const int64_t step = 1 + repeat / 1000;
  for (int64_t it = 0; it < repeat; it += step)
    for (int64_t i : {it, repeat - 1 - it}) {
      const int64_t at = argument.at(i);
      if (at < 0 || at > most || argument.bytes > most - at)
        std::abort();
    }
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  const std::string text(reinterpret_cast<const char *>(data), size);
  try {
    const Manifest manifest = parseManifest(text);
    if (memoryPlan(manifest).empty())
      std::abort();
    checkVariables(manifest);
    for (const Entry &entry : manifest.entries)
      for (const ProgramItem &item : entry.program)
        for (const Launch &launch : item.body) {
          manifest.kernels.at(launch.kernel);
          for (const Argument &argument : launch.args)
            checkArgument(manifest, entry, argument, item.repeat);
        }
    for (const Kernel &kernel : manifest.kernels)
      if (kernel.isHostCall() && makeBuiltin(kernel)->scratchBytes() < 0)
        std::abort();
  } catch (const Error &) {
  }
  return 0;
}
