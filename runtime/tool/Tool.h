//===- Tool.h - The commands that run modules -------------------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Subcommands run, train, eval, classify, bench and inspect as functions
// (weights is in WeightsCommand.h), for moec-run and for the compiler's driver,
// which compiles a model first. Every function throws Error; toolMain() turns
// that into a message and an exit code.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_RUNTIME_TOOL_TOOL_H
#define MOEC_RUNTIME_TOOL_TOOL_H

#include "runtime/core/Devices.h"
#include "runtime/core/Session.h"
#include "runtime/data/Weights.h"
#include "runtime/tool/DataOptions.h"
#include "runtime/tool/OutputPaths.h"
#include "runtime/train/Trainer.h"

#include <nlohmann/json_fwd.hpp>

namespace CLI {
class App;
}

namespace moec::rt {

/// Whether a command wants the entry train_step; IfDescribed: where the model
/// has a training section.
enum class Training { No, IfDescribed, Yes };

/// What a command needs to know of its module before it has one.
struct ModuleRequest {
  std::string path;    ///< as given on the command line
  std::string command; ///< "run", "train", ...
  int64_t batch = 0;   ///< --batch, or 0
  Training training = Training::No;
};

/// A tool made of these commands.
struct Tool {
  std::string name;
  std::string description;
  std::string llvm; ///< the version of LLVM in it; "" without
  /// Opens (or first compiles) a module; default: Module::load(path).
  std::function<std::shared_ptr<const Module>(const ModuleRequest &)> load;
  /// Adds options of the tool's own to each subcommand; may be empty.
  std::function<void(CLI::App &)> addOptions;
  /// The files that these options read; may be empty.
  std::function<std::vector<NamedPath>()> sources;
  /// Adds subcommands of the tool's own, before the others. What the chosen one
  /// should do it leaves in `action`, which gives the exit code. May be empty.
  std::function<void(CLI::App &, std::function<int()> &action)> addCommands;
  /// On which operand the help of one of these depends; may be empty.
  std::function<std::string(const CLI::App &command)> helpOperand;
};

/// Parses the command line, runs the command and returns the exit code: 0 ok,
/// 1 model or user error, 2 usage, 3 numerics mismatch, 4 resources (also when
/// standard output cannot be written), 128 + n stopped by signal n. Nothing is
/// thrown.
int toolMain(const Tool &tool, int argc, const char *const *argv);

/// Calls `body` and turns what it throws into a line on stderr and an exit
/// code.
int guarded(const std::string &tool, const std::function<int()> &body);

/// Options that several commands share.
struct CommonOptions {
  std::string module;
  /// The module, and what else Tool::load makes it of: no output may take the
  /// place of these. toolMain() fills it.
  std::vector<NamedPath> sources;
  std::string weights; ///< safetensors; "": start values from the seed
  WeightChoice choice; ///< of those weights
  std::string entry;
  int64_t batch = 0;
  std::optional<uint64_t> seed; ///< else as the module says
  int threads = 0;
  bool profile = false;
  bool json = false;
  std::string device; ///< a name of allDevices(); "": as the module says
  bool debugLaunches = false;
};

struct RunOptions : CommonOptions {
  /// "@x.npy" in the order of the inputs, or "name=@x.npy".
  std::vector<std::string> inputs;
  std::vector<std::string> outputs;  ///< where to write, in the same notation
  std::vector<std::string> expected; ///< what to compare with
  double atol = 1e-4;
  double rtol = 1e-5;
};

struct TrainCommandOptions : CommonOptions {
  DataOptions data;    ///< without test images: all, on the simulator none
  std::string save;    ///< weights, written at the end
  std::string losses;  ///< CSV of step, loss
  std::string metrics; ///< JSON lines of what epochs report
  bool noEval = false;
  /// Steps between progress lines; without: 100, on a terminal one an epoch.
  std::optional<int64_t> logEvery;
  TrainOptions train;
};

struct EvalOptions : CommonOptions {
  DataOptions data;
};

struct ClassifyOptions : CommonOptions {
  DataOptions data;
  int64_t first = 0;
  int64_t count = 5;
};

struct BenchOptions : CommonOptions {
  /// Without: 30 after 5, on the simulator 1 after 0.
  std::optional<int64_t> repetitions, warmup;
  bool counters = false; ///< print what the simulator counted
};

/// Runs an entry once on arrays from files, prints, writes or compares its
/// outputs. Returns 3 when one differs by more than atol + rtol * |expected|.
int runCommand(std::shared_ptr<const Module> module, const RunOptions &options);
int trainCommand(std::shared_ptr<const Module> module,
                 const TrainCommandOptions &options);
int evalCommand(std::shared_ptr<const Module> module,
                const EvalOptions &options);
/// Shows test images as text with the predicted and the true class. Outputs
/// called "....experts" tell which experts were used: f32 [batch, experts]
/// holds shares, i32 [batch, n] the expert of each choice (-1: dropped); of
/// those called "....routing" it prints the means over all batches.
int classifyCommand(std::shared_ptr<const Module> module,
                    const ClassifyOptions &options);
/// Times an entry on random inputs (default: train_step, else the largest
/// infer): percentiles, images/s, GFLOP/s and the share of the FMA peak
/// measured before and after; on a GPU the time of the device. With --counters
/// also what the simulator counted in each kernel.
int benchCommand(std::shared_ptr<const Module> module,
                 const BenchOptions &options);
/// Prints target, entries, memory plan, parameters and kernels.
int inspectCommand(std::shared_ptr<const Module> module,
                   const CommonOptions &options);

/// A session as the shared options want it, with its parameters set. `measure`:
/// count the costs of every kernel, as --profile does.
std::unique_ptr<Session> makeSession(std::shared_ptr<const Module> module,
                                     const CommonOptions &options,
                                     bool measure = false);

/// Gives the fields of an entry random values, as `bench` does: bytes and
/// labels of the model's classes, floats uniform in (-1, 1).
void fillFields(Session &session, int64_t entry, uint64_t seed);

/// The device that the options name, else the module's own.
const DeviceInfo &chosenDevice(const Module &module,
                               const CommonOptions &options);

/// The table of --profile: time, share, GFLOP/s and GB/s of every kernel, with
/// the nodes of the model it computes; per run of `runs`.
std::string profileTable(const Session &session, int64_t runs);
/// The same as a JSON array, with what counterJson() says if `counters`.
nlohmann::ordered_json profileJson(const Session &session, int64_t runs,
                                   bool counters = false);

/// "TOOL: warning: TEXT" on stderr, with control characters escaped.
void warn(const std::string &text);

/// The table of --counters, for each kernel in a run of `runs`: instructions of
/// warps, FLOPs, global memory, shared memory.
std::string counterTable(const Session &session, int64_t runs);
/// All counters of one kernel by name, for each run, as a JSON object.
nlohmann::ordered_json counterJson(const Session &session, size_t kernel,
                                   int64_t runs);

} // namespace moec::rt

#endif // MOEC_RUNTIME_TOOL_TOOL_H
