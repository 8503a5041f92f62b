//===- Main.cpp - The command line of moec --------------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// `compile` and what only asks the compiler live here; run, train, eval, bench,
// classify and inspect are the runtime's own commands, which get a JSON model
// compiled first.
//
//===----------------------------------------------------------------------===//

#include "lib/Driver/Main.h"
#include "lib/Driver/CompileModel.h"
#include "lib/Driver/TuneCommand.h"
#include "lib/Driver/TuningFile.h"
#include "lib/Driver/ZooCommand.h"
#include "runtime/core/Fail.h"
#include "runtime/core/Module.h"
#include "runtime/data/LockedFile.h"
#include "runtime/tool/CommandLine.h"
#include "runtime/tool/OutputPaths.h"
#include "runtime/tool/Tool.h"

#include <cstdio>
#include <filesystem>

using namespace moec;
using namespace moec::driver;

/// The flags that steer compiling; for a module they are too late.
static const char compiling[] = "Compiling a JSON model";

static void addCompiling(CLI::App &app, CompileRequest &request) {
  size_t others = app.get_options({}).size();
  app.add_option("--target", request.target,
                 "What to compile for: " + targetHelp());
  for (const target::Flag &flag : targetFlags())
    app.add_option_function<std::string>(
        "--" + flag.name + flag.synonyms,
        [&request, name = flag.name](const std::string &value) {
          request.flags[name] = value;
        },
        flag.help);
  app.add_option("--precision", request.precision,
                 "f32, or bf16: contractions multiply bf16 and sum in f32 "
                 "(default: the model's, else f32)")
      ->check(rt::oneOf({"f32", "bf16"}));
  app.add_option("--memory-limit", request.memoryLimit,
                 "What a run may allocate, such as 800MiB or 2GiB: training "
                 "computes again what it would otherwise keep, until it fits")
      ->transform(rt::byteSize())
      ->type_name("SIZE");
  app.add_option("--tuning", request.tuningFile,
                 "Schedules that moec tune has measured on this machine, "
                 "instead of the cost model's");
  std::vector<std::string> passes = optionalPasses();
  app.add_option("--disable-pass", request.disabledPasses,
                 fmt::format("Passes to leave out, with commas between "
                             "them, for experiments: {}",
                             fmt::join(passes, ", ")))
      ->delimiter(',')
      ->allow_extra_args(false) // what follows is the model
      ->check(rt::oneOf(passes));
  app.add_option("--remarks", request.remarks,
                 "Print what passes did and could not do: remarks whose "
                 "category, which is a phase such as Fusion or Schedule, "
                 "matches this regular expression; '.*' for all");
  app.add_flag("--timing", request.timing,
               "Print how long each pass took (standard error)");
  app.add_option("--dump-passes", request.dumpPasses,
                 "Write the IR after each pass that changed it to this "
                 "folder");
  std::vector<CLI::Option *> options = app.get_options({});
  for (size_t i = others; i < options.size(); ++i)
    options[i]->group(compiling);
}

/// Throws Error where flags that steer compiling were given for a module.
static void refuseCompiling(const CLI::App &app, const std::string &module) {
  std::vector<std::string> given;
  for (const CLI::Option *option : app.get_options())
    if (option->get_group() == compiling && option->count())
      given.push_back(option->get_name());
  if (!given.empty())
    throw rt::Error(fmt::format("{}: {} would come too late, {} is compiled "
                                "already; give its JSON model, or compile it "
                                "again with moec compile {}",
                                app.get_name(), fmt::join(given, ", "), module,
                                fmt::join(given, " ")),
                    rt::ErrorCode::Usage);
}

/// Reads the tuning file that is asked for. Throws Error.
static void readTuning(CompileRequest &request) {
  if (request.tuningFile.empty())
    return;
  TuningFile file = readTuningFile(request.tuningFile);
  std::optional<TuningMachine> here = tuningMachine(request);
  if (!here)
    throw rt::Error("--tuning cannot be used; see the message above");
  requireMachine(file, *here, request.tuningFile);
  request.tuning = file.schedules();
}

/// What `moec compile` does when all flags are read.
static int runCompile(CompileRequest &request) {
  bool text = request.emit != "module";
  namespace fs = std::filesystem;
  if (request.output.empty() && !text && request.model == "-")
    throw rt::Error("compile: a module of standard input needs a name; use "
                    "-o FILE",
                    rt::ErrorCode::Usage);
  if (request.output.empty())
    request.output = text ? "-"
                          : fs::path(request.model)
                                .filename()
                                .replace_extension("moec")
                                .string();
  if (request.output != "-")
    rt::checkOutputs(
        {{"-o", request.output}},
        {{"the model", request.model}, {"--tuning", request.tuningFile}});
  readTuning(request);
  int code = compileModel(request);
  std::error_code error;
  if (code == 0 && !text && fs::is_regular_file(request.output, error))
    fmt::print("wrote {}, {:.0f} KiB\n", request.output,
               double(fs::file_size(request.output)) / 1024);
  return code;
}

static void addCompile(CLI::App &parent, CompileRequest &request,
                       std::function<int()> &action) {
  CLI::App *app =
      parent.add_subcommand("compile", "Compile a model to a module");
  app->add_option("model", request.model, "JSON model, - for standard input")
      ->required();
  app->add_option("-o,--output", request.output,
                  "File to write (default: that of the model with .moec, here; "
                  "- for text)");
  app->add_option_function<std::string>(
         "--mode",
         [&](const std::string &mode) { request.train = mode == "train"; },
         "infer (default) or train: also the training step")
      ->check(rt::oneOf({"infer", "train"}));
  app->add_option("--emit", request.emit,
                  "Stop after a phase and write its text: " + phaseNames());
  app->add_flag("--locations", request.locations,
                "With --emit: write where in the model each op stands");
  app->add_option("--from", request.from,
                  "Go on from the text of this phase, which --emit wrote, "
                  "instead of from a JSON model");
  app->add_option("--batch", request.batch,
                  "Batch size (default: those that the model lists)")
      ->check(rt::wholeNumber(1));
  app->add_flag("--print-memory-plan", request.printMemoryPlan,
                "Print where the memory of each entry goes");
  addCompiling(*app, request);
  app->callback([&] { action = [&] { return runCompile(request); }; });
}

int moec::driver::moecMain(int argc, char **argv) {
  CompileRequest request, compileRequest;
  std::vector<const CLI::App *> commands;
  rt::Tool tool;
  tool.name = "moec";
  tool.llvm = llvmVersion();
  tool.description = "moec compiles Mixture-of-Experts and MLP-Mixer vision "
                     "models ahead of time, trains and runs them";
  tool.load = [&](const rt::ModuleRequest &wanted)
      -> std::shared_ptr<const rt::Module> {
    // What is no JSON is a module already.
    if (std::filesystem::path(wanted.path).extension() != ".json" &&
        wanted.path != "-") {
      for (const CLI::App *command : commands)
        refuseCompiling(*command, wanted.path);
      return rt::Module::load(wanted.path);
    }
    rt::ScratchFolder folder;
    if (std::error_code error = folder.make())
      rt::fail("cannot make a folder for temporary files: {}; set TMPDIR to a "
               "folder that can be written",
               error.message());
    request.model = wanted.path;
    request.output = folder.path() + "/module.moec";
    request.batch = wanted.batch;
    request.train = wanted.training == rt::Training::Yes;
    request.trainIfDescribed = wanted.training == rt::Training::IfDescribed;
    readTuning(request);
    if (int code = compileModel(request))
      throw rt::Error("'" + wanted.path +
                          "' was not compiled; see the messages above",
                      rt::ErrorCode(code));
    return rt::Module::load(request.output, "of " + wanted.path);
  };
  tool.addOptions = [&](CLI::App &app) {
    addCompiling(app, request);
    commands.push_back(&app);
  };
  tool.sources = [&] {
    return std::vector<rt::NamedPath>{{"--tuning", request.tuningFile}};
  };
  tool.helpOperand = zooModel;
  tool.addCommands = [&](CLI::App &app, std::function<int()> &action) {
    addCompile(app, compileRequest, action);
    app.add_subcommand("schema", "Print the JSON Schema of models")
        ->callback([&] {
          action = [] { return std::fputs(schemaText().c_str(), stdout) < 0; };
        });
    app.add_subcommand("ops", "List the ops of the JSON format")->callback([&] {
      action = [] { return std::fputs(opsText().c_str(), stdout) < 0; };
    });
    addZoo(app, action);
    addTune(app, action);
  };
  return rt::toolMain(tool, argc, argv);
}
