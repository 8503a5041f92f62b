//===- Soundness.h - Whether a model is worth keeping -----------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_RUNTIME_TRAIN_SOUNDNESS_H
#define MOEC_RUNTIME_TRAIN_SOUNDNESS_H

#include "runtime/core/Session.h"
#include "runtime/data/Dataset.h"

namespace moec::rt {

/// Index of the entry `eval`, where there is none of `infer`, with the smallest
/// batch, or -1: the cheapest way to see what a model makes of an image.
int64_t probeEntry(const Manifest &manifest);

/// What is wrong with the variables that a session holds, "" if nothing: a
/// parameter, statistic or shadow, or an f32 output of probeEntry() (when there
/// is one) for the first images of `data`, that is nan, infinite or so large
/// that its square is no f32; or a moment that is not finite.
std::string ruinOf(Session &session, const Dataset &data);

} // namespace moec::rt

#endif // MOEC_RUNTIME_TRAIN_SOUNDNESS_H
