//===- Main.cpp - The command line of moec ------------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Driver/Main.h"
#include "lib/Driver/CompileModel.h"

#include <CLI/CLI.hpp>
#include <cstdio>

using namespace moec::driver;

int moec::driver::moecMain(int argc, char **argv) {
  CLI::App app{"moec compiles MoE and Mixer vision models ahead of time"};
  app.require_subcommand(1);
  CompileRequest request;
  std::string mode = "infer";
  CLI::App *compile =
      app.add_subcommand("compile", "compile a model to a module");
  compile->add_option("model", request.model, "JSON model, - for stdin")
      ->required();
  compile->add_option("-o,--output", request.output, "file to write")
      ->default_str("-");
  compile->add_option("--mode", mode, "infer or train")
      ->check(CLI::IsMember({"infer", "train"}));
  compile->add_option("--emit", request.emit, "phase to stop after");
  compile->add_option("--batch", request.batch, "batch size");
  CLI::App *schema = app.add_subcommand("schema", "print the JSON Schema");
  CLI::App *ops = app.add_subcommand("ops", "list the ops of the JSON format");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError &error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  if (*schema) {
    std::fputs(schemaText().c_str(), stdout);
    return 0;
  }
  if (*ops) {
    std::fputs(opsText().c_str(), stdout);
    return 0;
  }
  request.train = mode == "train";
  if (request.output.empty())
    request.output = "-";
  return compileModel(request);
}
