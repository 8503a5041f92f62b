//===- ZooCommand.cpp - moec zoo ------------------------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Writes the model of an entry of the zoo, or lists them. What a model holds
// and does is measured on what would be written, so the list cannot differ from
// it.
//
//===----------------------------------------------------------------------===//

#include "lib/Driver/ZooCommand.h"
#include "lib/Driver/ModelWork.h"
#include "lib/Zoo/Zoo.h"
#include "runtime/core/Fail.h"
#include "runtime/core/Text.h"
#include "runtime/data/File.h"
#include "runtime/tool/CommandLine.h"
#include "runtime/tool/OutputPaths.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>

using namespace moec;
using namespace moec::driver;
using Json = nlohmann::ordered_json;

namespace {
struct ZooRequest {
  std::string name;
  std::string output = "-";
  std::vector<int64_t> batches;
  std::vector<zoo::Setting> given;
  bool list = false, json = false;
};
} // namespace

[[noreturn]] static void usage(const std::string &text) {
  throw rt::Error("zoo: " + text, rt::ErrorCode::Usage);
}

//===----------------------------------------------------------------------===//
// The list
//===----------------------------------------------------------------------===//

/// So many digits, as far as they are behind the point: 9.17, 35.0, 123.
static std::string digitsOf(double value, int digits) {
  int decimals = digits - 1;
  for (double limit = 10; decimals > 0; limit *= 10, --decimals)
    if (value < limit - 0.5 * std::pow(10.0, -decimals))
      break;
  return fmt::format("{:.{}f}", value, decimals);
}

/// "59.1 M", "933 M", "27.3 B".
static std::string countText(double count, int digits) {
  bool billions = count >= 999.5e6;
  return digitsOf(count / (billions ? 1e9 : 1e6), digits) +
         (billions ? " B" : " M");
}

/// How many experts its layers have, each number once.
static Json expertsOf(const Json &model) {
  Json counts = Json::array();
  for (auto &[name, size] : model["dims"].items())
    if (name == "experts" || name == "s_experts" || name == "c_experts")
      counts.push_back(size);
  for (const Json &node : model["nodes"])
    if (node.contains("sizes") && node["sizes"].contains("experts"))
      for (const Json &count : node["sizes"]["experts"])
        if (counts.empty() || counts.back() != count)
          counts.push_back(count);
  return counts;
}

/// What there is to say of a model.
static Json describe(const zoo::Model &model) {
  auto written = [&](const std::vector<zoo::Setting> &given, Json &work) {
    std::string problem;
    auto text = zoo::writeModel(model, given, {}, problem);
    auto measured =
        text ? measureModel(*text, model.entry->name) : std::nullopt;
    if (!measured)
      rt::fail("zoo: internal: model '{}' does not import{}; please report it",
               model.entry->name, problem.empty() ? "" : ": " + problem);
    work["parameters"] = measured->parameters;
    work["flops_per_image"] = measured->flopsPerImage;
    return Json::parse(*text);
  };
  Json row = {{"name", model.entry->name}, {"family", model.family->name}};
  Json json = written({}, row);
  row["tokens"] = json["dims"]["tokens"];
  row["experts"] = expertsOf(json);
  if (!model.entry->published)
    return row;
  const zoo::Published &published = *model.entry->published;
  Json options = Json::object(), here = Json::object();
  for (const auto &[name, value] : published.with)
    options[name] = value.text();
  written(published.with, here);
  Json &figures = row["published"] = {{"parameters", published.parameters}};
  if (!published.gflop.empty())
    figures["gflop"] = published.gflop;
  figures.update({{"source", published.source},
                  {"options", std::move(options)},
                  {"here", std::move(here)}});
  return row;
}

/// A line of the list; columns are as wide as the longest names.
static std::string line(const std::string &name, const std::string &parameters,
                        const std::string &gflop, const std::string &tokens,
                        const std::string &experts,
                        const std::string &published, const std::string &here,
                        const std::string &with) {
  std::string text =
      fmt::format("{:<22} {:>10} {:>7} {:>6} {:>7}  {:<20} {:<20} {}", name,
                  parameters, gflop, tokens, experts, published, here, with);
  return text.substr(0, text.find_last_not_of(' ') + 1) + "\n";
}

static std::string lineOf(const Json &row) {
  std::string experts, published, here, with;
  for (const Json &count : row["experts"])
    experts += (experts.empty() ? "" : " + ") + count.dump();
  if (auto found = row.find("published"); found != row.end()) {
    const Json &figures = *found;
    published = figures["parameters"];
    here = countText(figures["here"]["parameters"], 4);
    if (figures.contains("gflop")) {
      published += ", " + figures["gflop"].get<std::string>() + " GFLOP";
      double flops = figures["here"]["flops_per_image"];
      here += ", " + digitsOf(flops / 1e9, 4) + " GFLOP";
    }
    for (auto &[name, value] : figures["options"].items())
      with += fmt::format("{}--{} {}", with.empty() ? "" : " ", name,
                          value.get<std::string>());
  }
  return line(row["name"], countText(row["parameters"], 3),
              digitsOf(double(row["flops_per_image"]) / 1e9, 3),
              row["tokens"].dump(), experts.empty() ? "-" : experts, published,
              here, with);
}

static int list(bool json) {
  Json rows = Json::array();
  std::string text = line("model", "parameters", "GFLOP", "tokens", "experts",
                          "published", "here", "with");
  for (const zoo::Model &model : zoo::allModels()) {
    Json row = describe(model);
    text += lineOf(row);
    rows.push_back(std::move(row));
  }
  fmt::print("{}", json ? rows.dump(2) + "\n" : text);
  return 0;
}

//===----------------------------------------------------------------------===//
// A model
//===----------------------------------------------------------------------===//

static zoo::Model modelNamed(const std::string &name) {
  if (auto model = zoo::findModel(name))
    return *model;
  std::vector<std::string> names;
  for (const zoo::Model &model : zoo::allModels())
    names.push_back(model.entry->name);
  std::string near = didYouMean(name, names);
  usage(near.empty()
            ? fmt::format("unknown model '{}'; there are: {}", name,
                          fmt::join(names, ", "))
            : fmt::format("unknown model '{}', {}\n  see moec zoo --list", name,
                          near));
}

static int run(const ZooRequest &request) {
  if (request.list != request.name.empty())
    usage(request.list ? "--list takes no model"
                       : "expected the name of a model, or --list");
  if (request.list) {
    std::string without = !request.given.empty() ? request.given.front().first
                          : !request.batches.empty() ? "batch"
                          : request.output != "-"    ? "output"
                                                     : "";
    if (!without.empty())
      usage("--" + without + " has nothing to act on with --list");
    return list(request.json);
  }
  if (request.json)
    usage("--json is for --list; a model is JSON anyway");
  zoo::Model model = modelNamed(request.name);
  std::string problem;
  auto text = zoo::writeModel(model, request.given, request.batches, problem);
  if (!text)
    usage(problem + "\n  see moec zoo " + request.name + " --help");
  // What families do not check themselves the importer does.
  std::string problems = modelProblems(*text, request.name + ".json");
  if (!problems.empty())
    usage(fmt::format("options that do not make a model; what is wrong with "
                      "the one that they would write:\n{}  see moec zoo {} "
                      "--help",
                      problems, request.name));
  if (request.output == "-") {
    fmt::print("{}", *text);
    return 0;
  }
  rt::checkOutputs({{"-o", request.output}}, {});
  rt::writeFileAtomic(request.output, {*text});
  return 0;
}

//===----------------------------------------------------------------------===//
// The command line
//===----------------------------------------------------------------------===//

/// Text in lines of at most 80 characters.
static std::string wrap(const std::string &text) {
  std::string result;
  size_t length = 0;
  for (size_t at = 0; at < text.size();) {
    size_t end = std::min(text.find(' ', at), text.size());
    if (length && length + end - at + 1 > 78) {
      result += "\n";
      length = 0;
    }
    result += (length ? " " : "  ") + text.substr(at, end - at);
    length += end - at + 1;
    at = end + 1;
  }
  return result + "\n";
}

/// What an option of a model says, with the words that it knows.
static std::string docOf(const zoo::Option &option) {
  return option.words.empty() ? std::string(option.doc)
                              : fmt::format("{} ({})", option.doc,
                                            fmt::join(option.words, ", "));
}

/// The families, or that of one model with its options and their values.
static std::string helpOf(const std::string &name) {
  std::string text;
  if (auto model = zoo::findModel(name)) {
    text = fmt::format("{}, {}:\n{}\nOptions of {}, as it sets them:\n", name,
                       model->family->title, wrap(model->family->help), name);
    for (const auto &[name, value] : model->settings())
      for (const zoo::Option &option : zoo::allOptions())
        if (option.name == name)
          text += fmt::format("  {:<28} {}\n",
                              fmt::format("--{} {}", name, value.text()),
                              docOf(option));
    return text;
  }
  for (const zoo::Family *family : zoo::allFamilies()) {
    std::string names;
    for (const zoo::Entry &entry : family->entries)
      names += (names.empty() ? "" : ", ") + entry.name;
    text += family->title + ":\n" + wrap(names);
  }
  return text + "What a model is, and its options: moec zoo MODEL --help";
}

/// A finite number in the option's range.
static CLI::Validator realNumber(const zoo::Option &option) {
  return CLI::Validator(
      [zero = option.zero](std::string &text) {
        double value = 0;
        bool good = CLI::detail::lexical_cast(text, value) &&
                    std::isfinite(value) && (zero ? value >= 0 : value > 0);
        return good ? std::string()
                    : fmt::format("expected a number {}, got '{}'",
                                  zero ? "of at least 0" : "above 0", text);
      },
      "");
}

/// Options of models, which the help of a model lists with its values.
static const char *const modelGroup = "Options of models";

namespace {
class ZooFormatter : public CLI::Formatter {
  std::string
  make_group(std::string group, bool isPositional,
             std::vector<const CLI::Option *> options) const override {
    return group == modelGroup
               ? ""
               : Formatter::make_group(group, isPositional, options);
  }
};
} // namespace

static void addOption(CLI::App &app, const zoo::Option &option,
                      ZooRequest &request) {
  std::string flag = "--" + option.name, doc = docOf(option);
  auto give = [&request, name = option.name](const auto &value) {
    request.given.push_back({name, zoo::Value(value)});
  };
  CLI::Option *added = nullptr;
  switch (option.kind) {
  case zoo::Value::Kind::Integer:
    added = app.add_option_function<int64_t>(flag, give, doc)
                ->check(rt::wholeNumber(option.least, option.most));
    break;
  case zoo::Value::Kind::Real:
    added = app.add_option_function<double>(flag, give, doc)
                ->check(realNumber(option));
    break;
  case zoo::Value::Kind::Word:
    added = app.add_option_function<std::string>(flag, give, doc)
                ->check(rt::oneOf(option.words));
    break;
  }
  added->group(modelGroup);
}

std::string moec::driver::zooModel(const CLI::App &command) {
  if (command.get_name() != "zoo" || !command.count("model"))
    return "";
  auto name = command.get_option("model")->as<std::string>();
  return zoo::findModel(name) ? name : "";
}

void moec::driver::addZoo(CLI::App &parent, std::function<int()> &action) {
  auto request = std::make_shared<ZooRequest>();
  CLI::App *app =
      parent.add_subcommand("zoo", "Write a published model as JSON");
  app->add_option("model", request->name, "Its name");
  app->add_flag("--list", request->list,
                "List the models: parameters, GFLOP of an image (2 per "
                "multiply-add), published figures and what the model has under "
                "the same options");
  app->add_flag("--json", request->json, "With --list: as JSON");
  app->add_option("-o,--output", request->output,
                  "File to write (default: - for standard output)");
  app->add_option("--batch", request->batches,
                  fmt::format("Batch size, or several: 8,1 (default: {})",
                              zoo::defaultBatch))
      ->delimiter(',')
      ->check(rt::wholeNumber(1));
  app->formatter(std::make_shared<ZooFormatter>());
  for (const zoo::Option &option : zoo::allOptions())
    addOption(*app, option, *request);
  app->footer([app] { return helpOf(zooModel(*app)); });
  app->callback(
      [&action, request] { action = [request] { return run(*request); }; });
}
