//===- HostInputs.h - Inputs that the loop fills ----------------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_RUNTIME_TRAIN_HOSTINPUTS_H
#define MOEC_RUNTIME_TRAIN_HOSTINPUTS_H

#include "runtime/core/Session.h"

namespace moec::rt {

/// What a training loop tells an entry through its inputs of source host, under
/// the names learning_rate, step, seed and half_cosine.
struct HostValues {
  double learningRate = 0;
  int64_t step = 0;      ///< from 1
  uint64_t seed = 0;     ///< its lower 32 bits
  double halfCosine = 1; ///< of `step` among all steps, see Schedule.h
};

/// Throws Error for an input of source host that is none of these, or no scalar
/// of f32 or i32.
void checkHostInputs(const Entry &entry);

/// Fills the inputs of source host, as far as the entry has them.
void setHostInputs(Session &session, int64_t entry, const HostValues &values);

} // namespace moec::rt

#endif // MOEC_RUNTIME_TRAIN_HOSTINPUTS_H
