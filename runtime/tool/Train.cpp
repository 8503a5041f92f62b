//===- Train.cpp - The commands train and eval ----------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/core/Fail.h"
#include "runtime/core/JsonView.h"
#include "runtime/data/Dataset.h"
#include "runtime/data/Weights.h"
#include "runtime/tool/Tool.h"

#include <csignal>
#include <cstdio>
#include <filesystem>
#include <unistd.h>

namespace moec::rt {

static volatile std::sig_atomic_t interruptSeen = 0;

/// Hours of training should not be lost because an output cannot be written.
static void checkWritable(const std::string &path, const char *flag) {
  if (path.empty())
    return;
  size_t slash = path.rfind('/');
  std::string folder = slash == std::string::npos ? "."
                       : slash == 0               ? "/"
                                                  : path.substr(0, slash);
  if (access(folder.c_str(), W_OK | X_OK) != 0)
    fail("{} {}: folder {} does not exist or cannot be written", flag, path,
         folder);
  if (std::filesystem::is_directory(path))
    fail("{} {}: this is a folder, expected a file to write", flag, path);
}

Dataset readTestImages(const std::string &source,
                       const std::optional<int64_t> &count) {
  Dataset data = readDataset(source, DataSplit::Test);
  if (!count)
    return data;
  if (*count > data.count)
    fail("--test-images {}: {} has {} test images", *count, data.name,
         data.count);
  data.count = *count;
  data.images.resize(size_t(data.count * data.imageBytes()));
  data.labels.resize(size_t(data.count));
  return data;
}

int trainCommand(std::shared_ptr<const Module> module,
                 const TrainCommandOptions &options) {
  if (options.train.epochs && options.train.steps)
    throw Error("--epochs and --steps exclude each other", ErrorCode::Usage);
  module->requireEntry("train_step", options.batch);
  checkWritable(options.save, "--save");
  checkWritable(options.losses, "--losses");
  checkWritable(options.train.checkpoint, "--checkpoint");
  Dataset data = readDataset(options.data, DataSplit::Train), test;
  bool evaluates =
      !options.noEval && module->manifest().findEntry("infer") >= 0;
  // All test images would take the simulator hours.
  if (evaluates && !options.testImages &&
      chosenDevice(*module, options) == DeviceKind::PtxSim) {
    fmt::print("no evaluation on the simulator; --test-images N asks for it\n");
    evaluates = false;
  }
  if (evaluates)
    test = readTestImages(options.data, options.testImages);
  std::unique_ptr<Session> session = makeSession(module, options);

  TrainOptions train = options.train;
  train.seed = options.seed.value_or(module->manifest().training.seed);
  train.log = [](const std::string &line) {
    fmt::print("{}\n", line);
    std::fflush(stdout);
  };
  std::string losses;
  if (!options.losses.empty())
    // 9 digits name a float exactly.
    train.onStep = [&losses](int64_t step, float loss) {
      losses += fmt::format("{},{:.9g}\n", step, loss);
    };
  if (!train.checkpoint.empty()) {
    // The first Ctrl-C ends after the step at hand, with a checkpoint.
    interruptSeen = 0;
    std::signal(SIGINT, [](int) {
      interruptSeen = 1;
      std::signal(SIGINT, SIG_DFL);
    });
    train.interrupted = [] { return interruptSeen != 0; };
  }
  TrainResult result =
      moec::rt::train(*session, data, evaluates ? &test : nullptr, train,
                      !options.weights.empty());
  if (!options.save.empty())
    saveWeights(*session, options.save);
  if (!options.losses.empty())
    writeFileAtomic(options.losses, {losses});
  fmt::print("trained to step {} in {:.1f} s, last loss {:.4f}", result.steps,
             result.seconds, result.loss);
  if (result.evaluation)
    fmt::print(", test accuracy {:.2f} %", result.evaluation->accuracy() * 100);
  fmt::print("\n");
  if (options.profile)
    fmt::print("{}", profileTable(*session, 1));
  return 0;
}

int evalCommand(std::shared_ptr<const Module> module,
                const EvalOptions &options) {
  int64_t entry = pickEvalEntry(*module, options.batch);
  Dataset test = readTestImages(options.data, options.testImages);
  std::unique_ptr<Session> session = makeSession(module, options);
  Evaluation result = evaluate(*session, entry, test);
  if (options.json) {
    nlohmann::ordered_json object = {{"images", result.count},
                                     {"correct", result.correct},
                                     {"accuracy", result.accuracy()},
                                     {"loss", result.loss},
                                     {"seconds", result.seconds}};
    if (options.profile)
      object["kernels"] = profileJson(*session, 1);
    fmt::print("{}\n", object.dump());
  } else {
    fmt::print("test accuracy {:.2f} % ({}/{}) loss {:.4f} {:.2f} s {:.0f} "
               "img/s\n",
               result.accuracy() * 100, result.correct, result.count,
               result.loss, result.seconds,
               double(result.count) / std::max(result.seconds, 1e-9));
  }
  if (options.profile && !options.json)
    fmt::print("{}", profileTable(*session, 1));
  return 0;
}

} // namespace moec::rt
