//===- Checkpoint.cpp - Stop and resume a training run --------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/train/Checkpoint.h"
#include "runtime/core/Checksum.h"
#include "runtime/core/Fail.h"
#include "runtime/core/JsonView.h"
#include "runtime/data/Weights.h"

#include <algorithm>
#include <charconv>
#include <set>

namespace moec::rt {

std::string courseOf(const Manifest &manifest) {
  nlohmann::json course = parseJson(manifest.training.text, "training");
  course["precision"] = manifest.precision;
  nlohmann::json &decays = course["decays"];
  for (const Variable &variable : manifest.variables)
    if (variable.role == Role::Parameter)
      decays[variable.name] = variable.decay;
  return course.dump();
}

std::string identityOf(const Dataset &data) {
  Checksum sum;
  data.identify(sum);
  return fmt::format("{:016x}", sum.value());
}

std::string courseDifference(const std::string &there,
                             const std::string &here) {
  nlohmann::json a = parseJson(there, "the checkpoint's course").flatten();
  nlohmann::json b = parseJson(here, "the module's course").flatten();
  std::set<std::string> keys;
  for (const nlohmann::json *side : {&a, &b})
    for (auto &[key, value] : side->items())
      keys.insert(key);
  std::vector<std::string> differences;
  auto text = [](const nlohmann::json &side, const std::string &key) {
    return side.contains(key) ? side[key].dump() : "nothing";
  };
  for (const std::string &key : keys) {
    if (text(a, key) == text(b, key))
      continue;
    std::string name = key.substr(1);
    std::replace(name.begin(), name.end(), '/', '.');
    differences.push_back(
        fmt::format("{}: {} there, {} here", name, text(a, key), text(b, key)));
  }
  return fmt::format("{}", fmt::join(differences, "; "));
}

void saveCheckpoint(Session &session, const RunPosition &position,
                    const std::string &path) {
  nlohmann::json moments = nlohmann::json::array();
  for (const Variable &variable : session.manifest().variables)
    if (!isWeight(variable.role))
      moments.push_back(variable.name);
  writeSafetensors(
      path, sessionTensors(session, Kept::Everything),
      {{formatKey, checkpointFormat},
       {momentsKey, moments.dump()},
       {"model", session.manifest().model},
       {"seed", std::to_string(position.seed)},
       {"step", std::to_string(position.step)},
       {"steps", std::to_string(position.steps)},
       {"batch", std::to_string(position.batch)},
       {"images", std::to_string(position.images)},
       // 17 digits name a double exactly.
       {"learning_rate", fmt::format("{:.17g}", position.learningRate)},
       {"course", position.course},
       {"data", position.data}});
}

template <typename T>
static T readNumber(const SafetensorsFile &file, const char *key) {
  std::string text = file.metadata(key);
  T value{};
  auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < 0)
    fail("{}: metadata \"{}\" should be a number, got \"{}\"", file.path(), key,
         text);
  return value;
}

RunPosition loadCheckpoint(Session &session, const std::string &path) {
  SafetensorsFile file(path);
  if (file.metadata(formatKey) != checkpointFormat)
    fail("{} is no checkpoint: its metadata have format \"{}\", expected "
         "\"{}\"; plain weights cannot be resumed",
         path, file.metadata(formatKey), checkpointFormat);
  RunPosition position;
  position.seed = readNumber<uint64_t>(file, "seed");
  position.step = readNumber<int64_t>(file, "step");
  position.steps = readNumber<int64_t>(file, "steps");
  position.batch = readNumber<int64_t>(file, "batch");
  position.images = readNumber<int64_t>(file, "images");
  position.learningRate = readNumber<double>(file, "learning_rate");
  position.course = file.metadata("course");
  position.data = file.metadata("data");
  if (position.step > position.steps)
    fail("{} is damaged: it stands at step {} of {}", path, position.step,
         position.steps);
  readSessionTensors(session, file, Kept::Everything);
  return position;
}

} // namespace moec::rt
