//===- Tool.cpp - The command line of the tools ---------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/tool/Tool.h"
#include "runtime/core/Fail.h"
#include "runtime/core/Text.h"
#include "runtime/core/Version.h"
#include "runtime/tool/CommandLine.h"
#include "runtime/tool/DataCommand.h"
#include "runtime/tool/WeightsCommand.h"

#include <cerrno>
#include <charconv>
#include <cmath>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <new>
#include <system_error>

namespace moec::rt {

/// Disks that are full and limits of the process are no error of the user.
static ErrorCode codeOf(const std::error_code &error) {
  for (int number : {ENOSPC, EDQUOT, EFBIG, EIO, ENOMEM, EMFILE, ENFILE})
    if (error.value() == number)
      return ErrorCode::Resources;
  return ErrorCode::User;
}

/// What is still in the buffer may find no place.
static void flushOutput() {
  errno = 0;
  if (std::fflush(stdout) == 0 && !std::ferror(stdout))
    return;
  // An earlier write may have failed; its cause is gone then.
  if (errno == 0)
    throw Error("cannot write to standard output", ErrorCode::Resources);
  throw std::system_error(errno, std::generic_category(),
                          "cannot write to standard output");
}

static std::string currentTool = "moec";

void warn(const std::string &text) {
  (void)std::fflush(stdout);
  fmt::print(stderr, "{}: warning: {}\n", currentTool,
             escapeControls(text, /*lines=*/true));
}

int guarded(const std::string &tool, const std::function<int()> &body) {
  auto report = [&](const char *text, ErrorCode code) {
    (void)std::fflush(stdout);
    // A model's own words may stand in it.
    fmt::print(stderr, "{}: error: {}\n", tool,
               escapeControls(text, /*lines=*/true));
    return int(code);
  };
  try {
    int code = body();
    flushOutput();
    return code;
  } catch (const Error &e) {
    return report(e.what(), e.code());
  } catch (const std::bad_alloc &) {
    return report("out of memory", ErrorCode::Resources);
  } catch (const std::system_error &e) {
    return report(e.what(), codeOf(e.code()));
  } catch (const std::exception &e) {
    return report(e.what(), ErrorCode::User);
  }
}

static void addCommon(CLI::App &app, CommonOptions &options) {
  app.add_option("module", options.module, "The model or module")->required();
  app.add_option("--batch", options.batch,
                 "Batch size (default: one that the model lists)")
      ->check(wholeNumber(1));
  app.add_option("--threads", options.threads,
                 "Threads (default: OMP_NUM_THREADS, else all cores)")
      ->check(wholeNumber(1, 1024));
  std::vector<std::string> devices;
  for (const DeviceInfo &info : allDevices())
    devices.push_back(fmt::format("{} ({})", info.name, info.what));
  app.add_option("--device", options.device,
                 alternatives(devices) +
                     "; default: what the module was compiled for")
      ->check(oneOf(namesOf(allDevices())));
  app.add_flag("--debug-launches", options.debugLaunches,
               "GPU: wait after every launch, so that a fault names its "
               "kernel");
}

/// As in a model: a number above 0 that an f32 holds.
static std::string isRate(const std::string &text) {
  char *end = nullptr;
  double rate = std::strtod(text.c_str(), &end);
  if (!text.empty() && *end == 0 && float(rate) > 0 &&
      std::isfinite(float(rate)))
    return "";
  return fmt::format("expected a number above 0 that an f32 holds, got {}",
                     text);
}

/// As in a model: an integer from 0 to 2^63 - 1.
static std::string isSeed(const std::string &text) {
  int64_t seed = 0;
  auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), seed);
  if (error == std::errc() && end == text.data() + text.size() && seed >= 0)
    return "";
  return fmt::format("expected an integer from 0 to {}, got {}", INT64_MAX,
                     text);
}

static void addSession(CLI::App &app, CommonOptions &options) {
  addCommon(app, options);
  app.add_option("--seed", options.seed,
                 "Seed of start values, shuffling and noise (default: the "
                 "model's, else 0)")
      ->check(isSeed, "0 or more");
  app.add_flag("--profile", options.profile, "Print the time of each kernel");
}

static void addRun(CLI::App &app, RunOptions &options) {
  addSession(app, options);
  app.add_option("--weights", options.weights,
                 "Weights (safetensors); without, start values from --seed");
  app.add_option("--entry", options.entry, "The entry to run (default: infer)");
  app.add_option("--input", options.inputs,
                 "@x.npy, in the order of the inputs, or name=@x.npy");
  app.add_option("--output", options.outputs,
                 "@y.npy, in the order of the outputs, or name=@y.npy: write "
                 "instead of print");
  app.add_option("--expected-output,--expected_output", options.expected,
                 "@y.npy or name=@y.npy: compare; exit code 3 on a mismatch");
  app.add_option("--atol", options.atol, "Absolute tolerance (default 1e-4)");
  app.add_option("--rtol", options.rtol, "Relative tolerance (default 1e-5)");
}

static void addTrain(CLI::App &app, TrainCommandOptions &options) {
  addSession(app, options);
  TrainOptions &train = options.train;
  auto atLeast0 = wholeNumber(0);
  addDataOptions(app, options.data, /*training=*/true, "all, on ptxsim none");
  app.add_option("--loader-threads", train.loaderThreads,
                 "Threads that read data ahead of the steps (default 1; the "
                 "results are the same)")
      ->check(wholeNumber(0, 256));
  app.add_option("--weights", options.weights,
                 "Start from these weights (safetensors)");
  addPatterns(app, "--ignore", options.choice.ignore,
              "Leave tensors of this name in the weights out, such as those "
              "of a decoder");
  addPatterns(app, "--fresh", options.choice.fresh,
              "Variables of this name keep their start values, such as a new "
              "head, whatever the weights have");
  app.add_option("--save", options.save, "Write the trained weights here");
  app.add_option("--epochs", train.epochs, "Epochs (default: the model's)")
      ->check(wholeNumber(1));
  app.add_option("--steps", train.steps, "Steps instead of epochs")
      ->check(wholeNumber(1));
  app.add_option("--learning-rate", train.learningRate,
                 "Peak learning rate (default: the model's)")
      ->check(isRate, "above 0");
  app.add_option("--log-every", options.logEvery,
                 "Steps between progress lines (default 100; on a terminal "
                 "only a line that is written over)")
      ->check(atLeast0);
  app.add_option("--losses", options.losses, "Write step,loss lines here");
  app.add_option("--metrics", options.metrics,
                 "Write a JSON object a line here for each epoch: means of "
                 "loss, metrics and routing in training, and the evaluation");
  app.add_option("--checkpoint", train.checkpoint,
                 "Write a checkpoint here after every epoch");
  app.add_option("--checkpoint-every", train.checkpointEvery,
                 "... and after every so many steps")
      ->check(atLeast0);
  app.add_option("--resume", train.resume, "Go on from this checkpoint");
  app.add_option("--stop-after-epochs", train.stopAfterEpochs,
                 "Stop early, for --resume")
      ->check(atLeast0);
  app.add_option("--stop-after-steps", train.stopAfterSteps,
                 "Stop early, for --resume")
      ->check(atLeast0);
  app.add_flag("--no-eval", options.noEval,
               "Do not evaluate on the test images after each epoch");
}

static void addEval(CLI::App &app, EvalOptions &options) {
  addSession(app, options);
  app.add_option("--weights", options.weights, "Weights (safetensors)")
      ->required();
  addDataOptions(app, options.data, /*training=*/false, "all");
  app.add_flag("--json", options.json, "Print one JSON object");
}

static void addClassify(CLI::App &app, ClassifyOptions &options) {
  addSession(app, options);
  app.add_option("--weights", options.weights, "Weights (safetensors)")
      ->required();
  addDataOptions(app, options.data, /*training=*/false, "all");
  app.add_option("--count", options.count, "Images to show (default 5)")
      ->check(wholeNumber(1));
  app.add_option("--first", options.first, "The first of them (default 0)")
      ->check(wholeNumber(0));
}

static void addBench(CLI::App &app, BenchOptions &options) {
  addSession(app, options);
  app.add_option("--weights", options.weights, "Weights (safetensors)");
  app.add_option("--entry", options.entry,
                 "The entry (default: train_step, else the largest infer)");
  app.add_option("--repetitions", options.repetitions,
                 "Timed runs of the entry, each one sample (default 30, on "
                 "ptxsim 1)")
      ->check(wholeNumber(1));
  app.add_option("--warmup", options.warmup,
                 "Runs before that (default 5, on ptxsim 0)")
      ->check(wholeNumber(0));
  app.add_flag("--counters", options.counters,
               "With --device ptxsim: print what every kernel did");
  app.add_flag("--json", options.json, "Print one JSON object");
}

int toolMain(const Tool &tool, int argc, const char *const *argv) {
  // A write beyond `ulimit -f` is then an error like that of a full disk.
  std::signal(SIGXFSZ, SIG_IGN);
  currentTool = tool.name;
  return guarded(tool.name, [&] {
    CLI::App app(tool.description, tool.name);
    app.require_subcommand(1);
    addHelp(app, versionText(tool.name, tool.llvm));
    std::function<int()> action;
    if (tool.addCommands)
      tool.addCommands(app, action);
    RunOptions run;
    TrainCommandOptions train;
    EvalOptions eval;
    ClassifyOptions classify;
    BenchOptions bench;
    CommonOptions inspect;
    addDataCommand(app, action);
    CLI::App *runApp = app.add_subcommand("run", "Run an entry on arrays");
    CLI::App *trainApp = app.add_subcommand("train", "Train on images");
    CLI::App *evalApp = app.add_subcommand("eval", "Accuracy on test images");
    CLI::App *classifyApp =
        app.add_subcommand("classify", "Show test images and their classes");
    CLI::App *benchApp = app.add_subcommand("bench", "Time an entry");
    CLI::App *inspectApp = app.add_subcommand("inspect", "Show what is inside");
    addRun(*runApp, run);
    addTrain(*trainApp, train);
    addEval(*evalApp, eval);
    addClassify(*classifyApp, classify);
    addBench(*benchApp, bench);
    addCommon(*inspectApp, inspect);
    inspectApp->add_flag("--json", inspect.json, "Print the manifest");
    addWeights(app, tool, action);
    if (tool.addOptions)
      for (CLI::App *sub :
           {runApp, trainApp, evalApp, classifyApp, benchApp, inspectApp})
        tool.addOptions(*sub);
    if (std::optional<int> code =
            parseCommandLine(app, argc, argv, tool.helpOperand))
      return *code;
    if (action)
      return action();
    auto load = [&](CommonOptions &options, Training training) {
      options.sources = {{"the model", options.module}};
      if (tool.sources)
        for (NamedPath &path : tool.sources())
          options.sources.push_back(std::move(path));
      ModuleRequest request{options.module,
                            app.get_subcommands().front()->get_name(),
                            options.batch, training};
      // Nobody should wait for a compiler to hear that there is no GPU.
      if (!options.device.empty())
        if (auto *require = requireDevice(options.device).require)
          require();
      return tool.load ? tool.load(request) : Module::load(options.module);
    };
    // Nor that there is no such kind of data.
    auto loadWithData = [&](auto &options, Training training) {
      requireDataKind(options.data.source);
      return load(options, training);
    };
    if (*runApp)
      return runCommand(
          load(run, run.entry == "train_step" ? Training::Yes : Training::No),
          run);
    if (*trainApp)
      return trainCommand(loadWithData(train, Training::Yes), train);
    if (*evalApp)
      return evalCommand(loadWithData(eval, Training::No), eval);
    if (*classifyApp)
      return classifyCommand(loadWithData(classify, Training::No), classify);
    if (*benchApp)
      return benchCommand(
          load(bench, bench.entry == "train_step" ? Training::Yes
                      : bench.entry.empty()       ? Training::IfDescribed
                                                  : Training::No),
          bench);
    return inspectCommand(load(inspect, Training::IfDescribed), inspect);
  });
}

} // namespace moec::rt
