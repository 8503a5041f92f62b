//===- NativeCode.cpp - The kernels of a module in this process -----------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/cpu/NativeCode.h"
#include "runtime/core/CpuFeatures.h"
#include "runtime/core/Fail.h"

#include <algorithm>
#include <dlfcn.h>

namespace moec::rt {

NativeCode::NativeCode(std::shared_ptr<const Module> module)
    : owner(std::move(module)) {
  const Manifest &manifest = owner->manifest();
  try {
    // Before the mapping: its initialisers may need what this CPU lacks.
    checkTarget(manifest.triple, manifest.features);
    handle = dlopen(owner->codePath().c_str(), RTLD_NOW | RTLD_LOCAL);
    if (!handle)
      fail("its code cannot be loaded: {}", dlerror());
    bindKernels();
  } catch (const Error &e) {
    if (handle)
      dlclose(handle);
    throw Error(fmt::format("module {}: {}", owner->name(), e.what()),
                e.code());
  }
}

NativeCode::~NativeCode() { dlclose(handle); }

void NativeCode::bindKernels() {
  const Manifest &manifest = owner->manifest();
  std::vector<std::string> missing;
  for (const Kernel &kernel : manifest.kernels) {
    BoundKernel bound;
    bound.call = owner->hostCall(int64_t(kernels.size()));
    bound.scratchBytes = kernel.scratch;
    if (bound.call) {
      bound.scratchBytes =
          std::max(bound.scratchBytes, bound.call->scratchBytes());
    } else {
      bound.function =
          reinterpret_cast<KernelFn>(dlsym(handle, kernel.symbol.c_str()));
      if (!bound.function)
        missing.push_back(kernel.symbol);
    }
    kernels.push_back(std::move(bound));
  }
  if (!missing.empty())
    fail("the manifest names kernels that the module lacks: {}",
         fmt::join(missing, ", "));
}

} // namespace moec::rt
