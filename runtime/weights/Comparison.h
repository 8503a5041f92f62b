//===- Comparison.h - Differences of two files of weights -------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_RUNTIME_WEIGHTS_COMPARISON_H
#define MOEC_RUNTIME_WEIGHTS_COMPARISON_H

#include "runtime/weights/TensorFile.h"

namespace moec::rt {

/// A line for each tensor that only one of the files has, whose shapes differ,
/// or of whose elements any differ by more than atol + rtol * |that of b|; the
/// numbers count, not the dtypes. NaN equals NaN. Memory is bounded, however
/// large tensors are.
std::vector<std::string> compareWeights(const TensorFile &a,
                                        const TensorFile &b, double atol,
                                        double rtol);

} // namespace moec::rt

#endif // MOEC_RUNTIME_WEIGHTS_COMPARISON_H
