//===- ModelWorker.cpp - Compares compiled models with the reference ------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The program behind scripts/fuzz-models. It stays alive: each line of its
// input is a case, each line of its output the verdict. A crash of it is a
// finding of the script, which starts the next one.
//
// A case: {"model": text of a JSON model, "train": bool, "data": Data,
// "runs": [{"target", "cpu", "precision", "disabled": [...], "threads"}],
// "plant": see Plant}. The verdict: {"verdict": "good", "refused", "error" or
// "different", "message", "run", counts ...}.
//
//===----------------------------------------------------------------------===//

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
    switches.cpu = run.at("cpu");
    switches.precision = run.at("precision");
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
    if (switches.target != "cpu")
      options.device = rt::DeviceKind::PtxSim;
    rt::Session opened(module, options);
    session = &opened;
    fillParameters();
    const rt::Manifest &manifest = module->manifest();
    int64_t inferEntries = 0;
    for (const rt::Entry &entry : manifest.entries)
      inferEntries += entry.name == "infer";
    for (size_t i = 0; i < manifest.entries.size(); ++i) {
      const rt::Entry &entry = manifest.entries[i];
      if (entry.name == "infer")
        infer(int64_t(i), inferEntries > 1);
    }
    for (size_t i = 0; i < manifest.entries.size(); ++i)
      if (manifest.entries[i].name == "train_step")
        for (int step = 1; step <= steps && trainStep(int64_t(i), step); ++step)
          ;
  }

private:
  const rt::Manifest &manifest() const { return session->manifest(); }

  void fillParameters() {
    session->initParameters(data.seed());
    float *params = session->params();
    for (const rt::Parameter &parameter : manifest().parameters)
      data.changeParameter(parameter.name, params + parameter.offset,
                           parameter.elements);
    blocks["params"] = copyBlock(params);
    if (plant == Plant::Weight)
      for (int64_t i = 0; i < manifest().parameterElements; ++i)
        params[i] *= 1.01f;
  }

  std::vector<double> copyBlock(const float *block) const {
    return {block, block + manifest().parameterElements};
  }

  /// Fills the inputs of an entry and keeps them for the reference.
  void fillInputs(int64_t index, int step) {
    const rt::Entry &entry = manifest().entries[index];
    inputs.clear();
    for (size_t i = 0; i < entry.inputs.size(); ++i) {
      const rt::TensorInfo &input = entry.inputs[i];
      std::vector<double> values = data.input(
          input.name, rt::dtypeName(input.dtype), input.shape, step,
          manifest().data.label == input.name ? manifest().data.classes : 0);
      void *to = session->input(index, int64_t(i));
      for (size_t j = 0; j < values.size(); ++j)
        if (input.dtype == rt::DType::U8)
          static_cast<uint8_t *>(to)[j] = uint8_t(values[j]);
        else if (input.dtype == rt::DType::I32)
          static_cast<int32_t *>(to)[j] = int32_t(values[j]);
        else
          static_cast<float *>(to)[j] = float(values[j]);
      inputs[input.name] = std::move(values);
    }
  }

  bool supply(const Wanted &wanted, std::vector<double> &values) const {
    if (wanted.kind == Wanted::Kind::Input) {
      auto found = inputs.find(wanted.name);
      if (found == inputs.end())
        return false;
      values = found->second;
      return true;
    }
    int64_t offset = wanted.offset;
    std::string block = wanted.name;
    if (wanted.kind == Wanted::Kind::Parameter) {
      block = "params";
      offset = -1;
      for (const rt::Parameter &parameter : manifest().parameters)
        if (parameter.name == wanted.name)
          offset = parameter.offset;
    }
    auto found = blocks.find(block);
    if (found == blocks.end() || offset < 0 ||
        offset + wanted.elements > int64_t(found->second.size()))
      return false;
    auto begin = found->second.begin() + offset;
    values.assign(begin, begin + wanted.elements);
    return true;
  }

  Answer expect(const std::string &function, bool rounded) {
    Answer answer;
    std::string problems;
    auto give = [&](const Wanted &wanted, std::vector<double> &values) {
      return supply(wanted, values);
    };
    if (!reference.evaluate(function, give, rounded, answer, problems))
      throw Finding{"error", "reference: @" + function + ": " + problems};
    ++counts.functions;
    counts.routes += answer.routes;
    counts.unsteadyRoutes += answer.unsteadyRoutes;
    counts.unsteadyFunctions += answer.unsteadyRoutes != 0;
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
    return switches.target == "cpu" ? factorF32 : factorGpu;
  }

  void infer(int64_t index, bool several) {
    const rt::Entry &entry = manifest().entries[index];
    fillInputs(index, 0);
    session->run(index);
    std::string function = "infer";
    if (several)
      function += "_b" + std::to_string(entry.batch);
    Answer answer = expect(function, bf16);
    if (answer.unsteadyRoutes)
      return;
    if (answer.results.size() != entry.outputs.size())
      throw Finding{"different", "infer has " +
                                     std::to_string(entry.outputs.size()) +
                                     " outputs, the reference " +
                                     std::to_string(answer.results.size())};
    for (size_t i = 0; i < answer.results.size(); ++i)
      check(answer.results[i],
            static_cast<const float *>(session->output(index, int64_t(i))),
            factor(), function);
  }

  /// False where going on is pointless.
  bool trainStep(int64_t index, int step) {
    const rt::Entry &entry = manifest().entries[index];
    std::string where = "step " + std::to_string(step);
    fillInputs(index, step);
    for (int64_t i = 0; i < session->stateCount(); ++i)
      blocks["state" + std::to_string(i)] = copyBlock(session->state(i));
    session->run(index);
    blocks["grads"] = copyBlock(session->grads());
    Answer forward = expect("train_step", bf16),
           update = expect("update", false);
    if (!forward.unsteadyRoutes) {
      for (const Expected &expected : forward.results) {
        if (expected.kind == Expected::Kind::Gradient) {
          for (const rt::Parameter &parameter : manifest().parameters)
            if (parameter.name == expected.name)
              check(expected, session->grads() + parameter.offset, factor(),
                    where);
          continue;
        }
        // Who wins among logits in bf16 is not known here.
        if (expected.name == "accuracy" && (forward.unsteadyAccuracy || bf16))
          continue;
        int64_t output = entry.findOutput(expected.name);
        if (output < 0)
          throw Finding{"different",
                        "no output '" + expected.name + "' of train_step"};
        check(expected,
              static_cast<const float *>(session->output(index, output)),
              factor(), where);
      }
    }
    // From the gradients that compiled code has, right or not.
    for (const Expected &expected : update.results) {
      if (expected.kind == Expected::Kind::Block) {
        const float *block =
            expected.name == "params"
                ? session->readParams()
                : session->readState(std::stoi(expected.name.substr(5)));
        check(expected, block + expected.offset, factorGpu, where);
        continue;
      }
      int64_t output = entry.findOutput(expected.name);
      if (output >= 0)
        check(expected,
              static_cast<const float *>(session->output(index, output)),
              factorGpu, where);
    }
    blocks["params"] = copyBlock(session->readParams());
    return std::all_of(blocks["params"].begin(), blocks["params"].end(),
                       [](double value) { return std::isfinite(value); });
  }

  ModelReference &reference;
  const json &run;
  Counts &counts;
  Data data;
  Plant plant;
  Switches switches;
  bool bf16 = false;
  rt::Session *session = nullptr;
  std::map<std::string, std::vector<double>> inputs, blocks;
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
  if (argc != 2) {
    std::fprintf(stderr, "usage: moec-model-worker FOLDER\n"
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
