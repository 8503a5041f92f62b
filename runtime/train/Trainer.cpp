//===- Trainer.cpp - The training loop ------------------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/train/Trainer.h"
#include "runtime/core/Fail.h"
#include "runtime/core/Schedule.h"
#include "runtime/train/Checkpoint.h"
#include "runtime/train/Feed.h"
#include "runtime/train/HostInputs.h"
#include "runtime/train/Loader.h"
#include "runtime/train/Soundness.h"

#include <algorithm>
#include <chrono>
#include <cmath>

namespace moec::rt {

/// Index of the loss among the outputs.
static int64_t requireLoss(const Manifest &manifest, const Entry &entry) {
  // Plain SGD does not ask for the step, nor a model without noise for the
  // seed.
  if (entry.findInput("learning_rate", InputSource::Host) < 0)
    fail("there is nothing to train: the loss of model \"{}\" depends on no "
         "parameter",
         manifest.model);
  checkHostInputs(entry);
  int64_t loss = entry.findOutput("loss");
  if (loss < 0 || entry.outputs[loss].elements != 1 ||
      entry.outputs[loss].dtype != DType::F32)
    fail("entry {}: it should have an output \"loss\", an f32 scalar",
         entry.name);
  return loss;
}

namespace {
using Clock = std::chrono::steady_clock;

double secondsSince(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

/// The orders of the epochs at hand, for threads that may be an epoch apart.
class EpochOrders {
public:
  using Order = std::shared_ptr<const std::vector<int64_t>>;
  Order get(int64_t count, uint64_t seed, int64_t epoch) {
    std::lock_guard<std::mutex> lock(mutex);
    for (const auto &[number, order] : kept)
      if (number == epoch)
        return order;
    auto order = std::make_shared<const std::vector<int64_t>>(
        shuffledOrder(count, seed, epoch));
    std::swap(kept[0], kept[1]);
    kept[0] = {epoch, order};
    return order;
  }

private:
  std::mutex mutex;
  std::pair<int64_t, Order> kept[2] = {{-1, nullptr}, {-1, nullptr}};
};

/// One run of the loop; a class only to share what the steps need.
class Trainer {
public:
  Trainer(Session &session, const Dataset &data, const Dataset *test,
          const TrainOptions &options)
      : session(session), data(data), test(test), options(options),
        index(session.module().requireEntry("train_step")),
        entry(session.manifest().entries[index]),
        lossOutput(requireLoss(session.manifest(), entry)),
        feed(session, index, data), metrics(entry) {}

  TrainResult run(bool keepWeights);

private:
  void start(bool keepWeights);
  void resume();
  std::vector<Item> rowsOf(int64_t step);
  void step();
  void report(float loss, double rate);
  void reportEpoch();
  void evaluateNow();
  void report(const char *what, EpochReport epoch);
  void save();
  void requireSound();
  void progress(int64_t tested);
  /// Whether to stop. When nothing is left to do but to keep what was reached,
  /// the run is complete and not asked: so it either ends as if nobody had
  /// wanted to stop it, or lacks something.
  bool interrupted() {
    bool open = position.step < position.steps || test;
    result.interrupted |= open && options.interrupted && options.interrupted();
    return result.interrupted;
  }
  int64_t epochNow() const {
    return std::max<int64_t>(position.step - 1, 0) / stepsPerEpoch + 1;
  }
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
  int64_t lossOutput;
  Feed feed;
  MeanMetrics metrics; ///< of this epoch
  EpochOrders orders;
  std::optional<Loader> loader;
  RunPosition position;
  int64_t stepsPerEpoch = 0, epochs = 0;
  Clock::time_point runStart;
  /// Since the last progress line.
  Clock::time_point lineStart;
  int64_t lineSteps = 0;
  /// In evaluations and in looking at weights.
  double otherSeconds = 0;
  TrainResult result;
};
} // namespace

void Trainer::start(bool keepWeights) {
  const TrainingInfo &training = session.manifest().training;
  stepsPerEpoch = data.count() / entry.batch;
  if (stepsPerEpoch == 0)
    fail("{}: {} images do not fill one batch of {}", data.name(), data.count(),
         entry.batch);
  feed.checkTransforms();
  session.prepare(index);
  if (test) {
    int64_t eval = pickEvalEntry(session.module());
    checkEvaluation(session, eval, *test);
    session.prepare(eval);
  }
  if (int64_t probe = probeEntry(session.manifest()); probe >= 0) {
    Feed(session, probe, data);
    session.prepare(probe);
  }
  position.seed = options.seed.value_or(training.seed);
  position.batch = entry.batch;
  position.images = data.count();
  position.learningRate = options.learningRate.value_or(training.learningRate);
  position.course = courseOf(session.manifest());
  position.data = identityOf(data);
  if (options.steps || options.epochs)
    position.steps =
        options.steps ? options.steps : options.epochs * stepsPerEpoch;
  else
    position.steps =
        training.steps ? training.steps : training.epochs * stepsPerEpoch;
  if (!options.resume.empty())
    resume();
  else
    session.initVariables(position.seed, keepWeights);
  epochs = (position.steps + stepsPerEpoch - 1) / stepsPerEpoch;
  // The step input is i32.
  if (position.steps > INT32_MAX)
    fail("{} steps are too many", position.steps);
  log(fmt::format("{} images, {} epoch{} of {} steps of {} images{}, learning "
                  "rate {:g}, seed {}",
                  data.count(), epochs, epochs == 1 ? "" : "s", stepsPerEpoch,
                  entry.batch,
                  position.steps % stepsPerEpoch == 0
                      ? std::string()
                      : fmt::format(", {} steps in all", position.steps),
                  position.learningRate, position.seed));
  loader.emplace(
      feed, [this](int64_t step) { return rowsOf(step); }, position.step,
      position.steps, options.loaderThreads);
  result.start = position.step;
  result.allSteps = position.steps;
}

/// Takes the run from a checkpoint, if it is the run that was asked for.
void Trainer::resume() {
  RunPosition asked = position;
  position = loadCheckpoint(session, options.resume);
  std::vector<std::string> problems;
  auto same = [&](const char *what, auto there, auto here, bool given) {
    if (given && there != here)
      problems.push_back(
          fmt::format("{}: {} there, {} here", what, there, here));
  };
  same("batch", position.batch, asked.batch, true);
  same("training images", position.images, asked.images, true);
  same("checksum of the training images and labels", position.data, asked.data,
       position.images == asked.images);
  same("steps (--epochs, --steps)", position.steps, asked.steps,
       options.epochs || options.steps);
  same("--learning-rate", position.learningRate, asked.learningRate,
       options.learningRate.has_value());
  same("--seed", position.seed, asked.seed, options.seed.has_value());
  std::string course = courseDifference(position.course, asked.course);
  if (!course.empty())
    problems.push_back(std::move(course));
  if (!problems.empty())
    fail("{} holds a run that this one cannot go on with: {}; ask for what is "
         "there (what the options leave out is taken from it), or start anew "
         "from its weights with --weights",
         options.resume, fmt::join(problems, "; "));
  log(fmt::format("resumed {} at step {}/{}, seed {}", options.resume,
                  position.step, position.steps, position.seed));
}

/// What step `step` (from 0) of the run trains on.
std::vector<Item> Trainer::rowsOf(int64_t step) {
  int64_t epoch = step / stepsPerEpoch;
  EpochOrders::Order order = orders.get(data.count(), position.seed, epoch);
  std::vector<Item> rows;
  rows.reserve(size_t(entry.batch));
  for (int64_t row = 0; row < entry.batch; ++row)
    rows.push_back({(*order)[size_t(step % stepsPerEpoch * entry.batch + row)],
                    epoch, position.seed});
  return rows;
}

void Trainer::step() {
  loader->next();
  ++position.step;
  double rate =
      learningRateAt(session.manifest().training.schedule,
                     position.learningRate, position.step, position.steps);
  setHostInputs(session, index,
                {rate, position.step, position.seed,
                 halfCosine(double(position.step), double(position.steps))});
  session.run(index);
  ++lineSteps;
  float loss = float(session.scalarOutput(index, lossOutput));
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
  metrics.add(session, index);
  result.loss = loss;
  progress(0);
}

/// The means over the steps since the last epoch, or since a run was resumed.
void Trainer::reportEpoch() {
  EpochReport epoch;
  epoch.images = "train";
  epoch.scalars = metrics.scalars();
  epoch.routing = metrics.routing();
  metrics.clear();
  report("train", std::move(epoch));
}

void Trainer::report(const char *what, EpochReport epoch) {
  epoch.epoch = epochNow();
  epoch.step = position.step;
  if (std::vector<std::string> table = routingTable(epoch.routing);
      !table.empty()) {
    log(fmt::format("epoch {}/{} {}:", epoch.epoch, epochs, what));
    for (const std::string &line : table)
      log(line);
  }
  if (options.onEpoch)
    options.onEpoch(epoch);
}

void Trainer::progress(int64_t tested) {
  if (!options.onProgress)
    return;
  TrainProgress now;
  now.epoch = epochNow();
  now.epochs = epochs;
  now.step = position.step;
  now.steps = position.steps;
  now.loss = result.loss;
  int64_t done = position.step - result.start;
  if (done > 0)
    now.secondsPerStep = (secondsSince(runStart) - otherSeconds) / double(done);
  now.secondsLeft = now.secondsPerStep * double(position.steps - position.step);
  if (test && result.evaluation)
    now.secondsLeft += result.evaluation->seconds *
                       double(epochs - position.step / stepsPerEpoch);
  now.tested = tested;
  now.testImages = tested ? test->count() : 0;
  options.onProgress(now);
}

void Trainer::report(float loss, double rate) {
  double seconds = secondsSince(lineStart) / double(lineSteps);
  std::string line =
      fmt::format("epoch {}/{} step {}/{} loss {:.4f} lr {:.1e} {:.1f} ms/step "
                  "{:.0f} img/s",
                  epochNow(), epochs, position.step, position.steps, loss, rate,
                  seconds * 1e3, double(entry.batch) / seconds);
  if (entry.modelFlops > 0)
    line += fmt::format(" {:.0f} GFLOP/s", entry.modelFlops / seconds * 1e-9);
  for (size_t i = 0; i < entry.outputs.size(); ++i)
    if (int64_t(i) != lossOutput && entry.outputs[i].elements == 1 &&
        entry.outputs[i].kind == OutputKind::Metric)
      line += fmt::format(" {} {:.4g}", entry.outputs[i].name,
                          session.scalarOutput(index, int64_t(i)));
  log(line);
  lineStart = Clock::now();
  lineSteps = 0;
}

/// Throws when the last update has ruined the model. The loss of a step is that
/// of the weights before it, so it cannot tell.
void Trainer::requireSound() {
  Clock::time_point start = Clock::now();
  std::string ruin = ruinOf(session, data);
  double seconds = secondsSince(start);
  otherSeconds += seconds;
  lineStart += std::chrono::duration_cast<Clock::duration>(
      std::chrono::duration<double>(seconds));
  if (!ruin.empty())
    fail("the weights are ruined after step {}: {}; training has diverged; "
         "lower the learning rate ({:.1e}) or raise the warm-up{}",
         position.step, ruin,
         learningRateAt(session.manifest().training.schedule,
                        position.learningRate, position.step, position.steps),
         options.checkpoint.empty()
             ? std::string()
             : fmt::format("; {} was left as it was", options.checkpoint));
}

void Trainer::save() {
  if (options.beforeCheckpoint)
    options.beforeCheckpoint();
  saveCheckpoint(session, position, options.checkpoint);
}

void Trainer::evaluateNow() {
  Evaluation evaluation = evaluate(
      session, pickEvalEntry(session.module()), *test, [&](int64_t done) {
        progress(done);
        return done < test->count() && interrupted();
      });
  otherSeconds += evaluation.seconds;
  if (evaluation.count < test->count())
    return;
  log(fmt::format("epoch {}/{} {} {}loss {:.4f} ({} images, {:.2f} s)",
                  epochNow(), epochs, options.testName,
                  evaluation.accuracyText(), evaluation.loss,
                  evaluation.countText(), evaluation.seconds));
  EpochReport epoch;
  epoch.images = options.testName;
  epoch.scalars.emplace_back("loss", evaluation.loss);
  if (evaluation.correct)
    epoch.scalars.emplace_back("accuracy", evaluation.accuracy());
  epoch.routing = evaluation.routing;
  report(options.testName.c_str(), std::move(epoch));
  result.evaluation = evaluation;
}

TrainResult Trainer::run(bool keepWeights) {
  start(keepWeights);
  if (options.onStart)
    options.onStart(position.step);
  runStart = lineStart = Clock::now();
  bool stop = interrupted();
  bool ended = position.step == position.steps;
  // A run that was stopped in its last evaluation lacks that alone.
  if (ended && test && !stop)
    evaluateNow();
  while (position.step < position.steps && !stop) {
    int64_t epoch = position.step / stepsPerEpoch;
    int64_t epochEnd = std::min((epoch + 1) * stepsPerEpoch, position.steps);
    while (position.step < epochEnd && !stop) {
      step();
      stop = (options.stopAfterSteps &&
              position.step - result.start >= options.stopAfterSteps) ||
             interrupted();
      bool due = options.checkpointEvery > 0 &&
                 position.step % options.checkpointEvery == 0;
      if (!options.checkpoint.empty() && (due || stop) &&
          position.step < epochEnd) {
        requireSound();
        save();
      }
    }
    if (position.step == epochEnd) {
      // First, so that a model that the images show to be ruined does not take
      // the place of a good one.
      requireSound();
      reportEpoch();
      if (test && !result.interrupted)
        evaluateNow();
      stop |= result.interrupted;
      if (!options.checkpoint.empty())
        save();
      lineStart = Clock::now();
    }
    if (options.stopAfterEpochs &&
        epochEnd == options.stopAfterEpochs * stepsPerEpoch)
      stop = true;
  }
  if (position.step % stepsPerEpoch != 0 && options.checkpoint.empty())
    requireSound();
  result.steps = position.step;
  result.seconds = secondsSince(runStart) - otherSeconds;
  return result;
}

TrainResult train(Session &session, const Dataset &data, const Dataset *test,
                  const TrainOptions &options, bool keepWeights) {
  return Trainer(session, data, test, options).run(keepWeights);
}

} // namespace moec::rt
