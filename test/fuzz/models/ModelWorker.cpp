//===- ModelWorker.cpp - Compares compiled models with the reference ------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The program behind scripts/fuzz-models. It stays alive: each line of its
// input is a case, each line of its output the verdict. A crash of it is a
// finding of the script, which starts the next one. With --passes it lists the
// passes that a case may leave out, one a line.
//
// A case: {"model": text of a JSON model, "train": bool, "data": Data,
// "runs": [{"target", "flags", "precision", "disabled": [...], "threads",
// "images"}],
// "plant": see Plant}. The verdict: {"verdict": "good", "refused", "error" or
// "different", "message", "run", counts ...}.
//
//===----------------------------------------------------------------------===//

#include "lib/Driver/CompileModel.h"
#include "runtime/core/Session.h"
#include "test/fuzz/models/ModelData.h"
#include "test/fuzz/models/ModelReference.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <nlohmann/json.hpp>
#include <unistd.h>

using namespace moec;
using namespace moec::fuzz;
using nlohmann::json;

/// How many times the spread of the reference a result may be off. What
/// multiplies bf16 differs by rounded operands, of which the reference's
/// evaluation is one sample.
static constexpr double factorF32 = 8, factorGpu = 32, factorBF16 = 6;
static constexpr int steps = 2;

namespace {
/// A fault on purpose, to see that it is found.
enum class Plant { None, Weight, Output, Crash, Hang };

Plant parsePlant(const std::string &name) {
  return name == "weight"   ? Plant::Weight
         : name == "output" ? Plant::Output
         : name == "crash"  ? Plant::Crash
         : name == "hang"   ? Plant::Hang
                            : Plant::None;
}

/// What ends a case before its end.
struct Finding {
  std::string verdict, message;
};

struct Counts {
  int64_t compared = 0, skipped = 0, routes = 0, unsteadyRoutes = 0;
  int64_t functions = 0, unsteadyFunctions = 0;
  double worst = 0;
};

/// One compiled module, run and compared entry by entry.
class Comparison {
public:
  Comparison(ModelReference &reference, const json &request, const json &run,
             Counts &counts)
      : reference(reference), run(run), counts(counts),
        data(request.at("data")),
        plant(parsePlant(request.value("plant", ""))) {
    for (const json &pass : run.at("disabled"))
      switches.disabled.push_back(pass);
    switches.target = run.at("target");
    switches.flags = run.at("flags").get<std::map<std::string, std::string>>();
    switches.precision = run.at("precision");
    switches.images = run.value("images", 0);
    std::string precision = switches.precision;
    if (precision.empty())
      precision = reference.precision();
    bf16 = precision == "bf16";
  }

  void all(const std::string &path) {
    std::string problems;
    if (!reference.compile(switches, path, problems))
      throw Finding{"error", "compiling: " + problems};
    struct Removed {
      const std::string &path;
      ~Removed() { std::remove(path.c_str()); }
    } removed{path};
    std::shared_ptr<const rt::Module> module = rt::Module::load(path);
    rt::SessionOptions options;
    options.threads = run.at("threads");
    isGpu = module->manifest().isGpu();
    if (isGpu)
      options.device = "ptxsim";
    rt::Session opened(module, options);
    session = &opened;
    fillVariables();
    const std::vector<rt::Entry> &entries = module->manifest().entries;
    for (size_t i = 0; i < entries.size(); ++i)
      // What an entry prepares is compared by those that use it.
      if (entries[i].name != "train_step" && !entries[i].preparesDerived())
        check(int64_t(i), 0);
    for (size_t i = 0; i < entries.size(); ++i)
      if (entries[i].name == "train_step")
        for (int step = 1; step <= steps && trainStep(int64_t(i), step); ++step)
          ;
  }

private:
  const rt::Manifest &manifest() const { return session->manifest(); }

  void fillVariables() {
    session->initVariables(data.seed());
    const std::vector<rt::Variable> &list = manifest().variables;
    for (size_t i = 0; i < list.size(); ++i) {
      float *values = session->variable(int64_t(i));
      bool statistic = list[i].role == rt::Role::Statistic;
      if (statistic || list[i].role == rt::Role::Parameter)
        data.changeParameter(list[i].name, values, list[i].elements);
      // It may be a variance.
      for (int64_t j = 0; statistic && j < list[i].elements; ++j)
        values[j] = std::fabs(values[j]);
      variables[list[i].name].assign(values, values + list[i].elements);
      if (plant == Plant::Weight)
        for (int64_t j = 0; j < list[i].elements; ++j)
          values[j] *= 1.01f;
    }
  }

  /// Keeps the variables for the reference; false if one is not finite.
  bool keepVariables() {
    bool finite = true;
    const std::vector<rt::Variable> &list = manifest().variables;
    for (size_t i = 0; i < list.size(); ++i) {
      const float *values = session->readVariable(int64_t(i));
      variables[list[i].name].assign(values, values + list[i].elements);
      finite &= std::all_of(values, values + list[i].elements,
                            [](float value) { return std::isfinite(value); });
    }
    return finite;
  }

  /// Fills the inputs of an entry and keeps them for the reference.
  void fillInputs(int64_t index, int step) {
    const rt::Entry &entry = manifest().entries[index];
    fields.clear();
    hosts.clear();
    for (size_t i = 0; i < entry.inputs.size(); ++i) {
      const rt::InputInfo &input = entry.inputs[i];
      // Integers are labels, of images and of their partners.
      std::vector<double> values =
          data.input(input.name, rt::dtypeName(input.dtype), input.shape, step,
                     manifest().data.classes);
      void *to = session->input(index, int64_t(i));
      for (size_t j = 0; j < values.size(); ++j)
        if (input.dtype == rt::DType::U8)
          static_cast<uint8_t *>(to)[j] = uint8_t(values[j]);
        else if (input.dtype == rt::DType::I32)
          static_cast<int32_t *>(to)[j] = int32_t(values[j]);
        else
          static_cast<float *>(to)[j] = float(values[j]);
      bool host = input.source == rt::InputSource::Host;
      (host ? hosts : fields)[input.name] = std::move(values);
    }
  }

  bool supply(const Wanted &wanted, std::vector<double> &values) const {
    const auto &from = wanted.kind == Wanted::Kind::Field  ? fields
                       : wanted.kind == Wanted::Kind::Host ? hosts
                                                           : variables;
    auto found = from.find(wanted.name);
    if (found == from.end())
      return false;
    values = found->second;
    return true;
  }

  Answer expect(const rt::Entry &entry) {
    Answer answer;
    std::string problems;
    auto give = [&](const Wanted &wanted, std::vector<double> &values) {
      return supply(wanted, values);
    };
    if (!reference.evaluate(entry.name, entry.batch, give, bf16, answer,
                            problems))
      throw Finding{"error", "reference: " + entry.name + ": " + problems};
    ++counts.functions;
    counts.routes += answer.routes;
    counts.unsteadyRoutes += answer.unsteadyRoutes;
    counts.unsteadyFunctions += !answer.comparable();
    return answer;
  }

  void check(const Expected &expected, const float *got, double factor,
             const std::string &where) {
    std::vector<float> changed;
    if (plant == Plant::Output) {
      changed.assign(got, got + expected.exact.size());
      changed[changed.size() / 2] += 1e-2f * (1 + std::fabs(changed[0]));
      got = changed.data();
    }
    Deviation deviation = compare(expected, got, factor);
    counts.compared += deviation.compared;
    counts.skipped += deviation.skipped;
    counts.worst = std::max(counts.worst, deviation.ratio);
    if (deviation.ratio > 1)
      throw Finding{"different", where + ": " + deviation.text(expected)};
  }

  double factor() const {
    if (bf16)
      return factorBF16;
    return isGpu ? factorGpu : factorF32;
  }

  /// Where the module has what the reference gives.
  const float *resultOf(int64_t index, const Expected &expected) {
    if (expected.kind == Expected::Kind::Variable) {
      const std::vector<rt::Variable> &list = manifest().variables;
      for (size_t i = 0; i < list.size(); ++i)
        if (list[i].name == expected.name)
          return session->readVariable(int64_t(i));
    } else {
      const rt::Entry &entry = manifest().entries[index];
      int64_t output = entry.findOutput(expected.name);
      if (output >= 0)
        return static_cast<const float *>(session->output(index, output));
    }
    throw Finding{"different", "the module has no '" + expected.name + "'"};
  }

  /// Runs an entry and compares all that it gives and changes.
  void check(int64_t index, int step) {
    const rt::Entry &entry = manifest().entries[index];
    std::string where = entry.name;
    if (step)
      where += ", step " + std::to_string(step);
    fillInputs(index, step);
    session->run(index);
    Answer answer = expect(entry);
    if (!answer.comparable())
      return;
    for (const Expected &expected : answer.results) {
      // Who wins among logits in bf16 is not known here.
      if (expected.kind == Expected::Kind::Metric &&
          expected.name == "accuracy" && (answer.unsteadyAccuracy || bf16))
        continue;
      check(expected, resultOf(index, expected), factor(), where);
    }
  }

  /// False where going on is pointless.
  bool trainStep(int64_t index, int step) {
    check(index, step);
    return keepVariables();
  }

  ModelReference &reference;
  const json &run;
  Counts &counts;
  Data data;
  Plant plant;
  Switches switches;
  bool bf16 = false;
  bool isGpu = false;
  rt::Session *session = nullptr;
  std::map<std::string, std::vector<double>> fields, hosts, variables;
};
} // namespace

static json judge(ModelReference &reference, const json &request,
                  const std::string &folder) {
  Counts counts;
  json answer = {{"verdict", "good"}};
  size_t number = 0;
  try {
    Plant plant = parsePlant(request.value("plant", ""));
    if (plant == Plant::Crash)
      std::abort();
    if (plant == Plant::Hang)
      for (;;)
        pause();
    std::string problems;
    if (!reference.import(request.at("model"), request.at("train"), problems))
      throw Finding{"refused", problems};
    static int64_t files = 0;
    for (const json &run : request.at("runs")) {
      std::string path = folder + "/" + std::to_string(getpid()) + "-" +
                         std::to_string(++files) + ".moec";
      Comparison(reference, request, run, counts).all(path);
      ++number;
    }
  } catch (const Finding &finding) {
    answer = {{"verdict", finding.verdict}, {"message", finding.message}};
  } catch (const std::exception &error) {
    answer = {{"verdict", "error"}, {"message", error.what()}};
  }
  answer["run"] = number;
  answer["compared"] = counts.compared;
  answer["skipped"] = counts.skipped;
  answer["routes"] = counts.routes;
  answer["unsteady_routes"] = counts.unsteadyRoutes;
  answer["functions"] = counts.functions;
  answer["unsteady_functions"] = counts.unsteadyFunctions;
  answer["worst"] = std::isfinite(counts.worst) ? counts.worst : 1e300;
  return answer;
}

int main(int argc, char **argv) {
  if (argc == 2 && std::string(argv[1]) == "--passes") {
    for (const std::string &name : driver::optionalPasses())
      std::cout << name << "\n";
    return 0;
  }
  if (argc != 2) {
    std::fprintf(stderr, "usage: moec-model-worker FOLDER | --passes\n"
                         "reads cases, a line of JSON each, and compares; see "
                         "scripts/fuzz-models\n");
    return 2;
  }
  ModelReference reference;
  std::string line;
  while (std::getline(std::cin, line)) {
    json request = json::parse(line, nullptr, /*allow_exceptions=*/false);
    if (request.is_discarded()) {
      std::fprintf(stderr, "error: expected one JSON object a line\n");
      return 2;
    }
    std::cout << judge(reference, request, argv[1])
                     .dump(-1, ' ', false, json::error_handler_t::replace)
              << std::endl;
  }
  return 0;
}
