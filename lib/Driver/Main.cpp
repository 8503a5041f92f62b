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
#include "runtime/core/Fail.h"
#include "runtime/core/Module.h"
#include "runtime/tool/Tool.h"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <unistd.h>

using namespace moec::driver;

static void addCompiling(CLI::App &app, CompileRequest &request) {
  app.add_option("--target", request.target,
                 "What to compile for: cpu (default), or an NVIDIA GPU such "
                 "as cuda:sm_80 or cuda:sm_90a");
  app.add_option("--cpu,--target-cpu", request.cpu,
                 "CPU to compile for: native (default), x86-64-v3, "
                 "x86-64-v4, or a name that LLVM knows");
  app.add_option("--precision", request.precision,
                 "f32, or bf16: contractions multiply bf16 and sum in f32 "
                 "(default: the model's, else f32)")
      ->check(CLI::IsMember({"f32", "bf16"}));
  app.add_option("--disable-fusion", request.disabledPasses,
                 "Fusion passes to leave out")
      ->check(CLI::IsMember({"fuse-epilogue", "fuse-operands", "fuse-emit",
                             "fuse-shared", "split-reduction",
                             "materialize-operands"}));
  app.add_option("--remarks", request.remarks,
                 "Print what passes did and could not do: remarks whose "
                 "category (CPU, GPU, Schedule, moec-fusion, moec-precision) "
                 "matches this regular expression; '.*' for all");
  app.add_flag("--timing", request.timing,
               "Print how long each pass took (standard error)");
  app.add_option("--dump-passes", request.dumpPasses,
                 "Write the IR after each pass that changed it to this folder");
}

static void addCompile(CLI::App &parent, CompileRequest &request,
                       std::function<int()> &action) {
  CLI::App *app =
      parent.add_subcommand("compile", "Compile a model to a module");
  app->add_option("model", request.model, "JSON model, - for standard input")
      ->required();
  app->add_option("-o,--output", request.output,
                  "File to write (default: - for text)");
  app->add_option_function<std::string>(
         "--mode",
         [&](const std::string &mode) { request.train = mode == "train"; },
         "infer (default) or train: also the training step")
      ->check(CLI::IsMember({"infer", "train"}));
  app->add_option("--emit", request.emit,
                  "Stop after a phase and write its text: " + phaseNames());
  app->add_option("--batch", request.batch,
                  "Batch size (default: those that the model lists)")
      ->check(CLI::Range(int64_t(1), int64_t(1) << 31));
  app->add_flag("--print-memory-plan", request.printMemoryPlan,
                "Print where the memory of each entry goes");
  addCompiling(*app, request);
  app->callback([&] {
    action = [&] {
      if (request.output.empty()) {
        if (request.emit == "module") {
          std::fprintf(stderr, "moec: error: a module needs a file to go to; "
                               "use -o FILE\n");
          return 2;
        }
        request.output = "-";
      }
      return compileModel(request);
    };
  });
}

/// A file of this name that goes away with the object.
namespace {
struct TemporaryFile {
  TemporaryFile() {
    std::string pattern =
        (std::filesystem::temp_directory_path() / "moec-XXXXXX").string();
    int fd = mkstemp(pattern.data());
    if (fd < 0)
      moec::rt::fail("cannot make a file in {}; set TMPDIR to a folder that "
                     "can be written",
                     std::filesystem::temp_directory_path().string());
    close(fd);
    path = pattern;
  }
  ~TemporaryFile() { std::remove(path.c_str()); }
  std::string path;
};
} // namespace

int moec::driver::moecMain(int argc, char **argv) {
  CompileRequest request, compileRequest;
  rt::Tool tool;
  tool.name = "moec";
  tool.description = "moec compiles Mixture-of-Experts and MLP-Mixer vision "
                     "models ahead of time, trains and runs them";
  tool.load = [&](const rt::ModuleRequest &wanted)
      -> std::shared_ptr<const rt::Module> {
    // What is no JSON is a module already.
    if (std::filesystem::path(wanted.path).extension() != ".json" &&
        wanted.path != "-")
      return rt::Module::load(wanted.path);
    TemporaryFile file;
    request.model = wanted.path;
    request.output = file.path;
    request.batch = wanted.batch;
    request.train = wanted.training;
    if (int code = compileModel(request))
      throw rt::Error("'" + wanted.path +
                          "' was not compiled; see the messages above",
                      rt::ErrorCode(code));
    return rt::Module::load(file.path, "of " + wanted.path);
  };
  tool.addOptions = [&](CLI::App &app) { addCompiling(app, request); };
  tool.addCommands = [&](CLI::App &app, std::function<int()> &action) {
    addCompile(app, compileRequest, action);
    app.add_subcommand("schema", "Print the JSON Schema of models")
        ->callback([&] {
          action = [] { return std::fputs(schemaText().c_str(), stdout) < 0; };
        });
    app.add_subcommand("ops", "List the ops of the JSON format")->callback([&] {
      action = [] { return std::fputs(opsText().c_str(), stdout) < 0; };
    });
  };
  return rt::toolMain(tool, argc, argv);
}
