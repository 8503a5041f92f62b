//===- Trainer.cpp - The training loop ------------------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/train/Trainer.h"
#include "runtime/core/Fail.h"
#include "runtime/train/Checkpoint.h"
#include "runtime/train/Feed.h"
#include "runtime/train/Schedule.h"

#include <algorithm>
#include <chrono>
#include <cmath>

namespace moec::rt {

namespace {
using Clock = std::chrono::steady_clock;

double secondsSince(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

/// One run of the loop; a class only to share what the steps need.
class Trainer {
public:
  Trainer(Session &session, const Dataset &data, const Dataset *test,
          const TrainOptions &options)
      : session(session), data(data), test(test), options(options),
        index(session.module().requireEntry("train_step")),
        entry(session.manifest().entries[index]), feed(session, index, data) {}

  TrainResult run(bool keepParameters);

private:
  void start(bool keepParameters);
  float step(const std::vector<int64_t> &order);
  void report(float loss, double rate);
  void endEpoch(int64_t epoch);
  void log(const std::string &line) {
    if (options.log)
      options.log(line);
  }

  Session &session;
  const Dataset &data;
  const Dataset *test;
  const TrainOptions &options;
  int64_t index;
  const Entry &entry;
  Feed feed;
  RunPosition position;
  int64_t stepsPerEpoch = 0, epochs = 0;
  /// Since the last progress line.
  Clock::time_point lineStart;
  int64_t lineSteps = 0;
  double evaluationSeconds = 0;
  TrainResult result;
};
} // namespace

static void checkInputs(const Manifest &manifest, const Entry &entry) {
  for (const char *name : {"learning_rate", "step", "seed"}) {
    int64_t i = entry.findInput(name);
    // Plain SGD does not ask for the step, nor a model without noise for the
    // seed.
    if (i < 0 && name == std::string_view("learning_rate"))
      fail("there is nothing to train: the loss of model \"{}\" depends on no "
           "parameter",
           manifest.model);
    if (i < 0)
      continue;
    if (entry.inputs[i].elements != 1 || entry.inputs[i].dtype == DType::U8)
      fail("entry train_step: input \"{}\" should be a scalar of f32 or i32",
           name);
  }
  int64_t image = imageInput(manifest, entry);
  int64_t label = labelInput(manifest, entry);
  for (size_t i = 0; i < entry.inputs.size(); ++i) {
    const std::string &name = entry.inputs[i].name;
    if (int64_t(i) != image && int64_t(i) != label && name != "learning_rate" &&
        name != "step" && name != "seed")
      fail("entry train_step has an input \"{}\" for which the training loop "
           "has no data",
           name);
  }
  if (entry.outputs.empty() || entry.outputs[0].elements != 1 ||
      entry.outputs[0].dtype != DType::F32)
    fail("entry train_step: the first output should be the loss, an f32 "
         "scalar");
}

void Trainer::start(bool keepParameters) {
  checkInputs(session.manifest(), entry);
  const TrainingInfo &training = session.manifest().training;
  stepsPerEpoch = data.count / entry.batch;
  if (stepsPerEpoch == 0)
    fail("{}: {} images do not fill one batch of {}", data.name, data.count,
         entry.batch);
  session.prepare(index);
  session.clearState();
  if (!options.resume.empty()) {
    position = loadCheckpoint(session, options.resume);
    if (position.batch != entry.batch || position.images != data.count)
      fail("{} comes from a run with batch {} and {} images, this one has {} "
           "and {}: it cannot go on bitwise",
           options.resume, position.batch, position.images, entry.batch,
           data.count);
    int64_t wanted =
        options.steps ? options.steps : options.epochs * stepsPerEpoch;
    if (wanted && wanted != position.steps)
      fail("the run of {} has {} steps, --epochs or --steps ask for {}: the "
           "schedule would differ; leave them out or start anew with --weights",
           options.resume, position.steps, wanted);
    log(fmt::format("resumed {} at step {}/{}, seed {}", options.resume,
                    position.step, position.steps, position.seed));
  } else {
    position.seed = options.seed;
    position.batch = entry.batch;
    position.images = data.count;
    position.learningRate =
        options.learningRate ? *options.learningRate : training.learningRate;
    int64_t wanted = options.epochs ? options.epochs : training.epochs;
    position.steps = options.steps ? options.steps : wanted * stepsPerEpoch;
    if (!keepParameters)
      session.initParameters(position.seed);
  }
  epochs = (position.steps + stepsPerEpoch - 1) / stepsPerEpoch;
  // The step input is i32.
  if (position.steps > INT32_MAX)
    fail("{} steps are too many", position.steps);
  if (session.manifest().entries[index].findInput("seed") >= 0)
    session.setScalar(index, "seed", double(int32_t(position.seed)));
}

float Trainer::step(const std::vector<int64_t> &order) {
  int64_t begin = position.step % stepsPerEpoch * entry.batch;
  feed.fill(order, begin, begin + entry.batch);
  ++position.step;
  if (session.manifest().entries[index].findInput("step") >= 0)
    session.setScalar(index, "step", double(position.step));
  double rate =
      learningRateAt(session.manifest().training.schedule,
                     position.learningRate, position.step, position.steps);
  session.setScalar(index, "learning_rate", rate);
  session.run(index);
  ++lineSteps;
  float loss = float(session.scalarOutput(index, 0));
  if (options.onStep)
    options.onStep(position.step, loss);
  if (!std::isfinite(loss))
    fail("the loss is {} at step {}: training has diverged; lower the learning "
         "rate ({:.1e}) or raise the warm-up",
         loss, position.step, rate);
  bool epochEnds = position.step % stepsPerEpoch == 0;
  if (epochEnds || position.step == position.steps ||
      (options.logEvery > 0 && position.step % options.logEvery == 0))
    report(loss, rate);
  return loss;
}

void Trainer::report(float loss, double rate) {
  double seconds = secondsSince(lineStart) / double(lineSteps);
  int64_t epoch = (position.step - 1) / stepsPerEpoch + 1;
  std::string line =
      fmt::format("epoch {}/{} step {}/{} loss {:.4f} lr {:.1e} {:.1f} ms/step "
                  "{:.0f} img/s",
                  epoch, epochs, position.step, position.steps, loss, rate,
                  seconds * 1e3, double(entry.batch) / seconds);
  if (entry.modelFlops > 0)
    line += fmt::format(" {:.0f} GFLOP/s", entry.modelFlops / seconds * 1e-9);
  for (size_t i = 1; i < entry.outputs.size(); ++i)
    if (entry.outputs[i].elements == 1)
      line += fmt::format(" {} {:.4g}", entry.outputs[i].name,
                          session.scalarOutput(index, int64_t(i)));
  log(line);
  lineStart = Clock::now();
  lineSteps = 0;
}

void Trainer::endEpoch(int64_t epoch) {
  if (!options.checkpoint.empty())
    saveCheckpoint(session, position, options.checkpoint);
  if (test) {
    result.evaluation =
        evaluate(session, pickEvalEntry(session.module()), *test);
    const Evaluation &evaluation = *result.evaluation;
    evaluationSeconds += evaluation.seconds;
    log(fmt::format("epoch {}/{} test accuracy {:.2f} % loss {:.4f} ({}/{} "
                    "images, {:.2f} s)",
                    epoch, epochs, evaluation.accuracy() * 100, evaluation.loss,
                    evaluation.correct, evaluation.count, evaluation.seconds));
  }
  lineStart = Clock::now();
}

TrainResult Trainer::run(bool keepParameters) {
  start(keepParameters);
  if (test)
    session.prepare(pickEvalEntry(session.module()));
  Clock::time_point runStart = lineStart = Clock::now();
  int64_t startStep = position.step;
  bool stop = false;
  while (position.step < position.steps && !stop) {
    int64_t epoch = position.step / stepsPerEpoch;
    std::vector<int64_t> order =
        shuffledOrder(data.count, position.seed, epoch);
    int64_t epochEnd = std::min((epoch + 1) * stepsPerEpoch, position.steps);
    while (position.step < epochEnd && !stop) {
      result.loss = step(order);
      stop = (options.stopAfterSteps &&
              position.step - startStep >= options.stopAfterSteps) ||
             (options.interrupted && options.interrupted());
      bool due = options.checkpointEvery > 0 &&
                 position.step % options.checkpointEvery == 0;
      if (!options.checkpoint.empty() && (due || stop) &&
          position.step < epochEnd)
        saveCheckpoint(session, position, options.checkpoint);
    }
    if (position.step == epochEnd)
      endEpoch(epoch + 1);
    if (options.stopAfterEpochs &&
        epochEnd == options.stopAfterEpochs * stepsPerEpoch)
      stop = true;
  }
  result.steps = position.step;
  result.seconds = secondsSince(runStart) - evaluationSeconds;
  return result;
}

TrainResult train(Session &session, const Dataset &data, const Dataset *test,
                  const TrainOptions &options, bool keepParameters) {
  return Trainer(session, data, test, options).run(keepParameters);
}

} // namespace moec::rt
