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

#include <cstdlib>

using namespace moec::rt;

static int64_t blockBytes(const Manifest &manifest, const Entry &entry,
                          const Argument &argument) {
  switch (argument.block) {
  case BlockKind::Arena:
    return entry.arena;
  case BlockKind::In:
    return entry.inputs.at(argument.index).bytes();
  case BlockKind::Out:
    return entry.outputs.at(argument.index).bytes();
  case BlockKind::State:
    if (argument.index < 0 || argument.index >= entry.state)
      std::abort();
    break;
  case BlockKind::Params:
  case BlockKind::Grads:
    break;
  }
  return manifest.parameterElements * 4;
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
    for (const Parameter &parameter : manifest.parameters)
      if (parameter.offset < 0 ||
          parameter.elements > manifest.parameterElements - parameter.offset)
        std::abort();
    for (const Entry &entry : manifest.entries)
      for (const ProgramItem &item : entry.program)
        for (const Launch &launch : item.body) {
          manifest.kernels.at(launch.kernel);
          for (const Argument &argument : launch.args)
            checkArgument(manifest, entry, argument, item.repeat);
        }
    for (const Kernel &kernel : manifest.kernels)
      if (kernel.isBuiltin() && makeBuiltin(kernel)->scratchBytes() < 0)
        std::abort();
  } catch (const Error &) {
  }
  return 0;
}
