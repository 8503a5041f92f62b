//===- WeightsCommand.cpp - The commands of weights files -----------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/tool/WeightsCommand.h"
#include "runtime/core/Fail.h"
#include "runtime/data/Safetensors.h"
#include "runtime/tool/CommandLine.h"
#include "runtime/tool/OutputPaths.h"
#include "runtime/tool/Say.h"
#include "runtime/tool/Tool.h"
#include "runtime/weights/Comparison.h"
#include "runtime/weights/Conversion.h"

#include <memory>
#include <nlohmann/json.hpp>

namespace moec::rt {

//===----------------------------------------------------------------------===//
// convert
//===----------------------------------------------------------------------===//

namespace {
struct ConvertOptions {
  std::string model, map, prefix, output;
  std::vector<std::string> files, ignore, zeros, resample, grow;
};
} // namespace

/// What weights of a module hold. A shadow that they lack starts as a copy of
/// what it belongs to, so it is not asked for.
static std::vector<TensorWriter::Tensor> variablesOf(const Module &module,
                                                     const std::string &path) {
  std::vector<TensorWriter::Tensor> variables;
  for (const Variable &variable : module.manifest().variables) {
    if (!isWeight(variable.role) || variable.role == Role::Shadow)
      continue;
    if (variable.dtype != DType::F32)
      fail("{}: variable \"{}\" is {}; weights can be converted to f32 only",
           path, variable.name, dtypeName(variable.dtype));
    variables.push_back({variable.name, variable.shape});
  }
  return variables;
}

/// IN OUT --map MAP: without a model, the first operand is the weights and the
/// second the file to write.
static ConvertOptions withoutModel(ConvertOptions options) {
  auto wrong = [](const std::string &why) {
    throw Error("weights convert: " + why +
                    "; expected MODEL FILE.. -o OUT, or without a model IN OUT "
                    "--map MAP",
                ErrorCode::Usage);
  };
  if (options.map.empty())
    wrong("--output is required without --map");
  if (options.files.size() != 1)
    wrong("--output is required for several files");
  try {
    TensorFile(options.model);
  } catch (const Error &e) {
    // Most likely a model, and the second operand is not to be written over.
    wrong(fmt::format("--output is required for a model ({})", e.what()));
  }
  const std::pair<const char *, bool> needModel[] = {
      {"--zeros", !options.zeros.empty()},
      {"--resample", !options.resample.empty()},
      {"--grow", !options.grow.empty()}};
  for (auto [flag, given] : needModel)
    if (given)
      throw Error(fmt::format("weights convert: {} needs the model: MODEL "
                              "FILE.. --map MAP -o OUT",
                              flag),
                  ErrorCode::Usage);
  options.output = options.files.front();
  options.files = {options.model};
  options.model.clear();
  return options;
}

static int convert(ConvertOptions options, const Tool &tool) {
  if (options.output.empty())
    options = withoutModel(std::move(options));
  std::vector<NamedPath> inputs;
  if (!options.model.empty())
    inputs.push_back({"the model", options.model});
  if (!options.map.empty() && !isShippedMap(options.map))
    inputs.push_back({"--map", options.map});
  for (const std::string &file : options.files)
    inputs.push_back({"the weights", file});
  std::vector<NamedPath> outputs = {{"-o", options.output}};
  checkOutputs(outputs, inputs);
  WeightMap map;
  if (!options.map.empty())
    map = findWeightMap(options.map);
  std::vector<std::unique_ptr<TensorFile>> files;
  ConversionRequest request;
  for (const std::string &path : options.files) {
    files.push_back(std::make_unique<TensorFile>(path));
    request.files.push_back(files.back().get());
  }
  std::map<std::string, std::string> metadata = {{formatKey, "moec.weights/2"}};
  if (options.model.empty()) {
    request.model = "map " + map.name;
    request.variables = variablesMadeBy(map, request.files);
  } else {
    std::shared_ptr<const Module> module =
        tool.load
            ? tool.load({options.model, "weights convert", 0, Training::No})
            : Module::load(options.model);
    request.model = module->manifest().model;
    request.variables = variablesOf(*module, options.model);
    metadata["model"] = request.model;
  }
  if (options.map.empty()) {
    std::vector<std::string> names;
    for (const TensorWriter::Tensor &variable : request.variables)
      names.push_back(variable.name);
    map = ownNames(names, options.prefix);
  }
  request.map = &map;
  request.ignore = options.ignore;
  request.zeros = options.zeros;
  request.resample = options.resample;
  request.grow = options.grow;
  Conversion conversion = planConversion(request);
  for (const TensorFile *file : request.files)
    file->verify();
  OutputLocks locks(outputs);
  std::vector<std::string> ruined =
      convertWeights(conversion, options.output, metadata);
  if (!ruined.empty())
    warn(fmt::format("weights convert: there are NaN or infinities in {} of {} "
                     "variables, first in \"{}\": the model computes NaN",
                     ruined.size(), request.variables.size(), ruined.front()));
  int64_t elements = 0;
  for (const TensorWriter::Tensor &variable : request.variables) {
    int64_t count = 1;
    for (int64_t size : variable.shape)
      count *= size;
    elements += count;
  }
  say("wrote {}: {} variables of {}, {} elements\n", options.output,
      request.variables.size(), request.model, elements);
  return 0;
}

//===----------------------------------------------------------------------===//
// diff, list, maps
//===----------------------------------------------------------------------===//

static int diff(const std::string &a, const std::string &b, double atol,
                double rtol) {
  TensorFile first(a), second(b);
  first.verify();
  second.verify();
  std::vector<std::string> lines = compareWeights(first, second, atol, rtol);
  for (const std::string &line : lines)
    say("{}\n", line);
  if (lines.empty())
    say("{} tensors, all equal\n", first.tensors().size());
  return lines.empty() ? 0 : int(ErrorCode::Mismatch);
}

static int list(const std::string &path, bool json) {
  TensorFile file(path);
  if (json) {
    nlohmann::ordered_json tensors = nlohmann::ordered_json::array();
    for (const StoredTensor &tensor : file.tensors())
      tensors.push_back({{"name", tensor.name},
                         {"dtype", tensor.dtype},
                         {"shape", tensor.shape}});
    nlohmann::ordered_json all = {{"tensors", std::move(tensors)},
                                  {"metadata", file.metadata()}};
    say("{}\n", all.dump(2));
    return 0;
  }
  int64_t elements = 0, bytes = 0;
  size_t width = 0;
  for (const StoredTensor &tensor : file.tensors()) {
    elements += tensor.elements;
    bytes += tensor.elements * tensor.elementBytes;
    width = std::max(width, tensor.name.size());
  }
  for (const StoredTensor &tensor : file.tensors())
    say("{:<{}}  {:<4} {}\n", tensor.name, width, tensor.dtype,
        shapeText(tensor.shape));
  for (const auto &[key, text] : file.metadata())
    say("metadata {}: {}\n", key, text);
  say("{} tensors, {} elements, {} bytes\n", file.tensors().size(), elements,
      bytes);
  return 0;
}

static int maps(const std::string &name) {
  for (const ShippedMap &map : shippedMaps())
    if (name.empty())
      say("{}\n  {}\n", map.name,
          parseWeightMap(map.text, map.name).description);
    else if (name == map.name)
      say("{}", map.text);
  if (!name.empty() && !isShippedMap(name))
    findWeightMap(name); // says which there are
  return 0;
}

//===----------------------------------------------------------------------===//
// The command line
//===----------------------------------------------------------------------===//

static void addConvert(CLI::App &weights, const Tool &tool,
                       std::function<int()> &action) {
  auto options = std::make_shared<ConvertOptions>();
  CLI::App *app = weights.add_subcommand(
      "convert", "Make weights of a model from those of another project, or of "
                 "another model");
  app->add_option("model", options->model,
                  "The model or module that the weights are for; with --map "
                  "and without -o, the other weights")
      ->required();
  app->add_option("weights", options->files,
                  "The other weights (safetensors), in one file or several; "
                  "without a model, the file to write")
      ->required();
  std::vector<std::string> names;
  for (const ShippedMap &map : shippedMaps())
    names.emplace_back(map.name);
  CLI::Option *map = app->add_option(
      "--map", options->map,
      fmt::format("What becomes what: {}, or a JSON file (default: the names "
                  "are the model's own)",
                  fmt::join(names, ", ")));
  app->add_option("--prefix", options->prefix,
                  "What the model's names begin with in the file, such as "
                  "encoder. for a part of a larger model")
      ->excludes(map);
  app->add_option("-o,--output", options->output, "File to write");
  addPatterns(*app, "--ignore", options->ignore,
              "Leave out tensors of this name");
  addPatterns(*app, "--zeros", options->zeros,
              "Start variables of this name as zeros instead, such as those of "
              "a new head");
  addPatterns(*app, "--resample", options->resample,
              "Interpolate position embeddings of this name, from a square of "
              "patches to that of the model");
  addPatterns(*app, "--grow", options->grow,
              "Enlarge weights over tokens of this name, block-diagonally, for "
              "images K times as high and wide");
  app->callback([&action, &tool, options] {
    action = [&tool, options] { return convert(*options, tool); };
  });
}

static void addDiff(CLI::App &weights, std::function<int()> &action) {
  struct Options {
    std::string a, b;
    double atol = 0, rtol = 0;
  };
  auto options = std::make_shared<Options>();
  CLI::App *app = weights.add_subcommand(
      "diff", "Compare two files of weights; exit code 3 if they differ");
  app->add_option("a", options->a, "Weights (safetensors)")->required();
  app->add_option("b", options->b, "Weights to compare with")->required();
  app->add_option("--atol", options->atol, "Absolute tolerance (default 0)");
  app->add_option("--rtol", options->rtol,
                  "Tolerance relative to b (default 0)");
  app->callback([&action, options] {
    action = [options] {
      return diff(options->a, options->b, options->atol, options->rtol);
    };
  });
}

static void addList(CLI::App &weights, std::function<int()> &action) {
  struct Options {
    std::string file;
    bool json = false;
  };
  auto options = std::make_shared<Options>();
  CLI::App *app =
      weights.add_subcommand("list", "Show the tensors of a file of weights");
  app->add_option("file", options->file, "Weights (safetensors)")->required();
  app->add_flag("--json", options->json, "Print one JSON object");
  app->callback([&action, options] {
    action = [options] { return list(options->file, options->json); };
  });
}

static void addMaps(CLI::App &weights, std::function<int()> &action) {
  auto name = std::make_shared<std::string>();
  CLI::App *app = weights.add_subcommand(
      "maps", "List the name maps that moec has, or print one");
  app->add_option("name", *name, "The map to print, as JSON");
  app->callback([&action, name] { action = [name] { return maps(*name); }; });
}

void addWeights(CLI::App &app, const Tool &tool, std::function<int()> &action) {
  CLI::App *weights =
      app.add_subcommand("weights", "Files of weights: convert, compare, list");
  weights->require_subcommand(1);
  addConvert(*weights, tool, action);
  addDiff(*weights, action);
  addList(*weights, action);
  addMaps(*weights, action);
}

} // namespace moec::rt
