//===- Trainer.h - The training loop ----------------------------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_RUNTIME_TRAIN_TRAINER_H
#define MOEC_RUNTIME_TRAIN_TRAINER_H

#include "runtime/train/Evaluate.h"

#include <functional>
#include <optional>

namespace moec::rt {

struct TrainOptions {
  int64_t epochs = 0;                 ///< 0: as the module says
  int64_t steps = 0;                  ///< 0: epochs; else ends after so many
  std::optional<double> learningRate; ///< else as the module says
  uint64_t seed = 0;
  int64_t logEvery = 100;      ///< steps between progress lines
  std::string checkpoint;      ///< file written after every epoch, or ""
  int64_t checkpointEvery = 0; ///< and after every so many steps
  std::string resume;          ///< checkpoint to go on from, or ""
  int64_t stopAfterEpochs = 0; ///< stop early, as if killed then
  int64_t stopAfterSteps = 0;
  /// Gets every progress line, without its line feed.
  std::function<void(const std::string &)> log;
  /// Gets step (from 1) and loss of every step.
  std::function<void(int64_t, float)> onStep;
  /// Asked after every step; true ends the run as stopAfterSteps does.
  std::function<bool()> interrupted;
};

struct TrainResult {
  int64_t steps = 0; ///< the run's position at the end
  float loss = 0;
  double seconds = 0; ///< spent in training steps and feeding them
  std::optional<Evaluation> evaluation; ///< of the last epoch
};

/// Trains with the entry `train_step`. Parameters start from the seed (or the
/// checkpoint), unless `keepParameters`. Each epoch visits all images in a new
/// order and drops the last partial batch. With `test`, the model is evaluated
/// after each epoch. Losses depend neither on the number of threads nor on
/// stops and resumptions. Throws Error when something does not fit, and when
/// the loss is no longer finite.
TrainResult train(Session &session, const Dataset &data, const Dataset *test,
                  const TrainOptions &options, bool keepParameters = false);

} // namespace moec::rt

#endif // MOEC_RUNTIME_TRAIN_TRAINER_H
