//===- Checkpoint.h - Stop and resume a training run ------------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_RUNTIME_TRAIN_CHECKPOINT_H
#define MOEC_RUNTIME_TRAIN_CHECKPOINT_H

#include "runtime/core/Session.h"
#include "runtime/data/Dataset.h"

namespace moec::rt {

/// Where a run stands and what fixes its further course. The order of the
/// images follows from seed and epoch, so no more state is needed.
struct RunPosition {
  uint64_t seed = 0;
  int64_t step = 0;  ///< steps done
  int64_t steps = 0; ///< steps of the whole run, which the schedule needs
  int64_t batch = 0;
  int64_t images = 0; ///< of the training set
  double learningRate = 0;
  std::string course; ///< courseOf() the module
  std::string data;   ///< identityOf() the training set
};

/// What of a module, apart from the shapes of its variables, decides how a run
/// goes on: its training section (optimizer, clipping, schedule, the nodes of
/// the model, ...), its precision and the parameters that decay, as JSON text.
std::string courseOf(const Manifest &manifest);

/// A checksum of all items and of how they are transformed: 16 hexadecimal
/// digits.
std::string identityOf(const Dataset &data);

/// Where two courses differ, "optimizer.weight_decay: 0.05 there, 0.1 here" and
/// so on, joined by "; "; empty when they are equal.
std::string courseDifference(const std::string &there, const std::string &here);

/// Writes all variables but derived ones, under their own names, and the
/// position into one safetensors file, by temporary file, fsync and rename.
void saveCheckpoint(Session &session, const RunPosition &position,
                    const std::string &path);

/// Restores what saveCheckpoint wrote. Throws Error, changing nothing, when the
/// file is no checkpoint or belongs to another model.
RunPosition loadCheckpoint(Session &session, const std::string &path);

} // namespace moec::rt

#endif // MOEC_RUNTIME_TRAIN_CHECKPOINT_H
