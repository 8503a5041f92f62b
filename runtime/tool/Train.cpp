//===- Train.cpp - The commands train and eval ----------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/core/Fail.h"
#include "runtime/core/JsonView.h"
#include "runtime/data/Weights.h"
#include "runtime/tool/MetricsFile.h"
#include "runtime/tool/OutputPaths.h"
#include "runtime/tool/Progress.h"
#include "runtime/tool/Say.h"
#include "runtime/tool/StopSignals.h"
#include "runtime/tool/Tool.h"

namespace moec::rt {

/// What a run that is stopped leaves behind, and how to go on from it.
static std::string howToGoOn(const TrainCommandOptions &options,
                             const TrainResult &result) {
  const std::string &checkpoint = options.train.checkpoint;
  if (result.steps == result.start)
    return "no step was made and nothing was written";
  if (checkpoint.empty())
    return "nothing was saved; --checkpoint FILE would keep such a run";
  return fmt::format(
      "{} holds the run; the same command with --resume {}{} goes on",
      checkpoint, checkpoint,
      !options.train.resume.empty() ? " in place of the other one"
      : !options.weights.empty()    ? " in place of --weights"
                                    : "");
}

/// The line that a terminal shows while training.
static std::string progressText(const TrainProgress &now) {
  std::string text =
      fmt::format("epoch {}/{} step {}/{} loss {:.4f}", now.epoch, now.epochs,
                  now.step, now.steps, now.loss);
  if (now.tested)
    text += fmt::format(" testing {}/{}", now.tested, now.testImages);
  else
    text += fmt::format(" {:.1f} ms/step", now.secondsPerStep * 1e3);
  return text + fmt::format(", {} left", durationText(now.secondsLeft));
}

static std::string headerText(const Session &session) {
  return fmt::format("{}: {} parameters, {}, on {}", session.manifest().model,
                     session.manifest().elementsOf(Role::Parameter),
                     session.manifest().precision, session.device().describe());
}

/// The images to evaluate on. An error tells that training needs none.
static DatasetRef testImages(CommandData &images) {
  try {
    return images.test();
  } catch (const Error &error) {
    if (error.code() != ErrorCode::User)
      throw;
    throw Error(
        fmt::format("{}; to train without evaluation: --no-eval", error.what()),
        error.code());
  }
}

int trainCommand(std::shared_ptr<const Module> module,
                 const TrainCommandOptions &options) {
  if (options.train.epochs && options.train.steps)
    throw Error("--epochs and --steps exclude each other", ErrorCode::Usage);
  if (!options.weights.empty() && !options.train.resume.empty())
    throw Error("--weights and --resume exclude each other: a checkpoint holds "
                "its own weights",
                ErrorCode::Usage);
  if (options.weights.empty() && !options.choice.isAll())
    throw Error("--ignore and --fresh say what to take of --weights, which is "
                "not given",
                ErrorCode::Usage);
  module->requireEntry("train_step", options.batch);
  std::vector<NamedPath> outputs = {{"--save", options.save},
                                    {"--losses", options.losses},
                                    {"--metrics", options.metrics},
                                    {"--checkpoint", options.train.checkpoint}};
  std::vector<NamedPath> inputs = dataFiles(options.data.source);
  inputs.insert(inputs.end(), options.sources.begin(), options.sources.end());
  checkOutputs(outputs, inputs);
  // What a run goes on from may be written over by its own kind.
  checkOutputs({{"--save", options.save},
                {"--losses", options.losses},
                {"--metrics", options.metrics}},
               {{"--resume", options.train.resume}});
  checkOutputs({{"--checkpoint", options.train.checkpoint},
                {"--losses", options.losses},
                {"--metrics", options.metrics}},
               {{"--weights", options.weights}});
  if (options.save.empty() && options.train.checkpoint.empty())
    warn("train: neither --save nor --checkpoint: the trained weights will be "
         "lost");
  // For the rest of the process: from the end of training on it is too late to
  // stop, and the run ends as a complete one.
  StopSignals::catchAll();
  OutputLocks locks(outputs);
  Progress out(stdout);
  out.show(fmt::format("reading {}", options.data.source));
  CommandData images(options.data);
  DatasetRef test, data = images.training();
  bool evaluates = !options.noEval && module->manifest().findEntry("eval") >= 0;
  // All test images would take the simulator hours.
  if (evaluates && !options.data.testImages &&
      chosenDevice(*module, options).simulated) {
    out.line("no evaluation on the simulator; --test-images N asks for it");
    evaluates = false;
  }
  if (evaluates)
    test = testImages(images);
  std::unique_ptr<Session> session = makeSession(module, options);
  out.line(headerText(*session));

  TrainOptions train = options.train;
  train.seed = options.seed;
  train.testName = images.testName();
  // A terminal has the line that is written over.
  train.logEvery = options.logEvery.value_or(out.onTerminal() ? 0 : 100);
  train.log = [&](const std::string &line) { out.line(line); };
  train.onProgress = [&](const TrainProgress &now) {
    out.show(progressText(now));
  };
  train.interrupted = [] { return StopSignals::seen() != 0; };
  StepFile losses(options.losses, lossForm());
  StepFile metrics(options.metrics, metricsForm());
  bool started = false;
  auto writeFiles = [&] {
    for (StepFile *file : {&losses, &metrics})
      if (started && file->isWanted())
        file->write();
  };
  train.onStart = [&](int64_t step) {
    for (StepFile *file : {&losses, &metrics})
      if (file->isWanted())
        file->keepUntil(step);
    started = true;
  };
  train.onStep = [&](int64_t step, float loss) {
    if (losses.isWanted())
      losses.add(lossLine(step, loss));
  };
  train.onEpoch = [&](const EpochReport &report) {
    if (metrics.isWanted())
      metrics.add(metricsLine(report));
  };
  // Never behind the checkpoint, so that a resumed run leaves no gap.
  train.beforeCheckpoint = writeFiles;
  TrainResult result;
  try {
    result = moec::rt::train(*session, *data, test.get(), train,
                             !options.weights.empty());
  } catch (const Error &) {
    out.clear();
    writeFiles(); // they show how it came to this
    throw;
  }
  out.clear();
  writeFiles();
  if (result.interrupted) {
    int signal = StopSignals::seen();
    throw Error(fmt::format("stopped by {} at step {}/{}; {}",
                            signalName(signal), result.steps, result.allSteps,
                            howToGoOn(options, result)),
                ErrorCode(int(ErrorCode::Signal) + signal));
  }
  if (!options.save.empty())
    saveWeights(*session, options.save);
  std::string line;
  if (result.steps == result.start)
    line = fmt::format("nothing left to train: {} is at step {} of {}",
                       train.resume, result.steps, result.allSteps);
  else
    line = fmt::format("trained to step {} in {:.1f} s, last loss {:.4f}",
                       result.steps, result.seconds, result.loss);
  if (result.evaluation && result.evaluation->correct)
    line += fmt::format(", {} accuracy {:.2f} %", images.testName(),
                        result.evaluation->accuracy() * 100);
  else if (result.evaluation)
    line += fmt::format(", {} loss {:.4f}", images.testName(),
                        result.evaluation->loss);
  out.line(line);
  if (options.profile)
    say("{}", profileTable(*session, 1));
  return 0;
}

int evalCommand(std::shared_ptr<const Module> module,
                const EvalOptions &options) {
  int64_t entry = pickEvalEntry(*module, options.batch);
  CommandData images(options.data);
  DatasetRef test = images.test();
  std::unique_ptr<Session> session = makeSession(module, options);
  Progress err(stderr);
  if (!options.json)
    err.show(headerText(*session));
  Evaluation result = evaluate(*session, entry, *test, [&](int64_t done) {
    err.show(
        fmt::format("{}/{} {} images", done, test->count(), images.testName()));
    return false;
  });
  err.clear();
  if (options.json) {
    nlohmann::ordered_json object = {{"images", result.count}};
    if (result.correct) {
      object["correct"] = *result.correct;
      object["accuracy"] = result.accuracy();
    }
    object["loss"] = result.loss;
    object["seconds"] = result.seconds;
    if (!result.routing.empty())
      object["routing"] = routingJson(result.routing);
    if (options.profile)
      object["kernels"] = profileJson(*session, 1);
    say("{}\n", object.dump());
  } else {
    say("{} {}({}) loss {:.4f} {:.2f} s {:.0f} img/s\n", images.testName(),
        result.accuracyText(), result.countText(), result.loss, result.seconds,
        double(result.count) / std::max(result.seconds, 1e-9));
    for (const std::string &line : routingTable(result.routing))
      say("{}\n", line);
  }
  if (options.profile && !options.json)
    say("{}", profileTable(*session, 1));
  return 0;
}

} // namespace moec::rt
