//===- Driver.cpp - The CUDA driver, loaded when needed -------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/cuda/Driver.h"
#include "runtime/core/Fail.h"

#include <cstdlib>
#include <dlfcn.h>

namespace moec::rt::cuda {

template <typename... Args>
[[noreturn]] static void noGpu(fmt::format_string<Args...> text,
                               Args &&...args) {
  throw Error("device cuda: " + fmt::format(text, std::forward<Args>(args)...) +
                  "; --device ptxsim simulates one",
              ErrorCode::Resources);
}

std::shared_ptr<const Driver> Driver::open() {
  const char *wanted = std::getenv("MOEC_CUDA_DRIVER");
  std::string file = wanted && *wanted ? wanted : "libcuda.so.1";
  std::shared_ptr<Driver> driver(new Driver);
  // Others in the process may use the driver, and it has threads: it stays.
  driver->library = dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
  if (!driver->library)
    noGpu("there is no NVIDIA driver on this machine ({})", dlerror());
  auto find = [&](const char *name, bool required) {
    void *symbol = dlsym(driver->library, name);
    if (!symbol && required)
      noGpu("the NVIDIA driver {} is too old: it has no {}", file, name);
    return symbol;
  };
#define MOEC_CUDA_LOAD(member, symbol, parameters)                             \
  driver->member =                                                             \
      reinterpret_cast<decltype(driver->member)>(find(#symbol, true));
  MOEC_CUDA_FUNCTIONS(MOEC_CUDA_LOAD)
#undef MOEC_CUDA_LOAD
#define MOEC_CUDA_LOAD(member, symbol, parameters)                             \
  driver->member =                                                             \
      reinterpret_cast<decltype(driver->member)>(find(#symbol, false));
  MOEC_CUDA_NEW_FUNCTIONS(MOEC_CUDA_LOAD)
#undef MOEC_CUDA_LOAD
  int count = 0;
  Result result = driver->init(0);
  if (result == 0)
    result = driver->deviceCount(&count);
  if (result != 0)
    noGpu("the NVIDIA driver finds no GPU: {}", driver->text(result));
  if (count == 0)
    noGpu("the NVIDIA driver finds no GPU");
  return driver;
}

Driver::~Driver() {
  if (library)
    dlclose(library);
}

std::string Driver::text(Result result) const {
  const char *name = nullptr, *words = nullptr;
  if (getErrorName(result, &name) != 0 || !name)
    return fmt::format("CUDA error {}", result);
  if (getErrorString(result, &words) != 0 || !words)
    return name;
  return fmt::format("{} ({})", name, words);
}

void Driver::check(Result result, const std::string &what) const {
  if (result != 0)
    throw Error(fmt::format("device cuda: {}: {}", what, text(result)),
                result == OutOfMemory ? ErrorCode::Resources : ErrorCode::User);
}

} // namespace moec::rt::cuda
