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

/// Where a run is, for people who watch it.
struct TrainProgress {
  int64_t epoch = 0, epochs = 0; ///< from 1
  int64_t step = 0, steps = 0;   ///< done, of the whole run
  float loss = 0;
  double secondsPerStep = 0; ///< mean of this process
  double secondsLeft = 0;    ///< training and evaluation
  /// Test images done and all of them while the model is evaluated, else 0.
  int64_t tested = 0, testImages = 0;
};

/// What a pass over images came to.
struct EpochReport {
  int64_t epoch = 0, step = 0; ///< from 1; steps done, of the whole run
  std::string images;          ///< "train", or what the test images are called
  std::vector<std::pair<std::string, double>> scalars; ///< by name
  std::vector<RoutingLayer> routing;
};

struct TrainOptions {
  int64_t epochs = 0;                 ///< 0: as the module says
  int64_t steps = 0;                  ///< 0: epochs; else ends after so many
  std::optional<double> learningRate; ///< else as the module says
  std::optional<uint64_t> seed;       ///< else as the module says
  int loaderThreads = 1;              ///< read ahead; 0: read in between steps
  int64_t logEvery = 100;             ///< steps between progress lines
  std::string checkpoint;             ///< file written after every epoch, or ""
  int64_t checkpointEvery = 0;        ///< and after every so many steps
  std::string resume;                 ///< checkpoint to go on from, or ""
  int64_t stopAfterEpochs = 0;        ///< stop early, as if killed then
  int64_t stopAfterSteps = 0;
  std::string testName = "test"; ///< what the log calls the test images
  /// Gets every progress line, without its line feed.
  std::function<void(const std::string &)> log;
  /// Gets the position the run starts from, before the first step.
  std::function<void(int64_t)> onStart;
  /// Gets step (from 1) and loss of every step.
  std::function<void(int64_t, float)> onStep;
  /// Gets the means over the steps of an epoch that this call made, and then
  /// what its evaluation, if there is one, came to.
  std::function<void(const EpochReport &)> onEpoch;
  /// Called after every step and between the batches of an evaluation.
  std::function<void(const TrainProgress &)> onProgress;
  /// Called before a checkpoint is written.
  std::function<void()> beforeCheckpoint;
  /// Asked before the first step, after every step and every batch of an
  /// evaluation, as long as there is something left that a stop would leave
  /// out; true ends the run with a checkpoint, without an evaluation.
  std::function<bool()> interrupted;
};

struct TrainResult {
  int64_t start = 0;    ///< the run's position at the beginning of this call
  int64_t steps = 0;    ///< ... and at its end
  int64_t allSteps = 0; ///< of the whole run
  /// Something was left out. Else the run is complete, or as far as asked.
  bool interrupted = false;
  float loss = 0;     ///< of the last step, if this call made one
  double seconds = 0; ///< spent in training steps and feeding them
  std::optional<Evaluation> evaluation; ///< of the last epoch
};

/// Trains with the entry `train_step`. Variables start from the seed (or the
/// checkpoint); with `keepWeights` those of isWeight() stay as they are. Each
/// epoch visits all images in a new order and drops the last partial batch.
/// With `test`, the model is evaluated after each epoch. Losses depend neither
/// on the numbers of threads nor on stops and resumptions. Throws Error
/// * before the first step when something does not fit, also the test images,
///   or an option that differs from the run that `resume` holds;
/// * when a loss is no longer finite, or a step has ruined the weights: every
///   weight and one pass over images are looked at before a checkpoint and at
///   the end, since the loss of a step tells of the weights before it. What
///   `checkpoint` held stays.
TrainResult train(Session &session, const Dataset &data, const Dataset *test,
                  const TrainOptions &options, bool keepWeights = false);

} // namespace moec::rt

#endif // MOEC_RUNTIME_TRAIN_TRAINER_H
