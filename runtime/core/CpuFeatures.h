//===- CpuFeatures.h - What this CPU can do ---------------------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_RUNTIME_CORE_CPUFEATURES_H
#define MOEC_RUNTIME_CORE_CPUFEATURES_H

#include <string>
#include <vector>

namespace moec::rt {

/// True when this CPU and operating system have the feature, under the name
/// LLVM gives it ("avx2", "avx512f"). `known` tells whether the name is one
/// that can be checked at all.
bool cpuHasFeature(const std::string &feature, bool &known);

/// Throws Error when `triple` is of another architecture or a feature is
/// missing; the text lists every missing one. A leading '+' is dropped and
/// those with a leading minus are skipped.
void checkTarget(const std::string &triple,
                 const std::vector<std::string> &features);

} // namespace moec::rt

#endif // MOEC_RUNTIME_CORE_CPUFEATURES_H
