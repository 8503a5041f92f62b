//===- TuningFile.cpp - Files of measured schedules -----------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Driver/TuningFile.h"
#include "runtime/core/Fail.h"
#include "runtime/core/JsonView.h"
#include "runtime/data/File.h"
#include <algorithm>

using namespace moec;
using namespace moec::driver;

static const char format[] = "moec.tuning/1";

Schedules TuningFile::schedules() const {
  Schedules all;
  for (const auto &[name, entry] : entries)
    all[name] = entry.schedule;
  return all;
}

std::string TuningFile::text() const {
  // One line a shape, so that files can be compared and joined by hand.
  nlohmann::ordered_json head = {
      {"format", format},
      {"machine",
       {{"compiler", machine.compiler},
        {"cpu", machine.cpu},
        {"cores", machine.cores},
        {"vector_bytes", machine.vectorBytes},
        {"vector_registers", machine.vectorRegisters},
        {"caches", machine.caches}}}};
  std::string text = "{ \"format\": " + head["format"].dump() +
                     ",\n  \"machine\": " + head["machine"].dump() +
                     ",\n  \"schedules\": {";
  const char *between = "\n    ";
  for (const auto &[name, entry] : entries) {
    nlohmann::ordered_json line = {{"tile", entry.schedule.tile},
                                   {"micro", entry.schedule.micro},
                                   {"ms", entry.milliseconds},
                                   {"model_ms", entry.modelMilliseconds}};
    text += between + nlohmann::json(name).dump() + ": " + line.dump();
    between = ",\n    ";
  }
  return text + " } }\n";
}

/// Sizes as `#kernel.schedule` takes them.
static std::vector<int64_t> readSizes(const rt::JsonView &view, size_t least,
                                      size_t most) {
  std::vector<int64_t> sizes;
  for (const rt::JsonView &item : view.items())
    sizes.push_back(item.integer(1, 1 << 20));
  if (sizes.size() < least || sizes.size() > most)
    view.error(fmt::format("expected {} to {} sizes, got {}", least, most,
                           sizes.size()));
  return sizes;
}

static double readTime(const rt::JsonView &view) {
  double value = view.number();
  if (!(value >= 0))
    view.error("expected milliseconds of 0 or more");
  return value;
}

/// Refuses members that nobody reads.
static void requireKnown(const rt::JsonView &view,
                         const std::vector<std::string> &known) {
  for (const auto &[name, value] : view.members())
    if (std::find(known.begin(), known.end(), name) == known.end())
      value.error(
          fmt::format("unknown member; expected {}", fmt::join(known, ", ")));
}

static TuningFile parse(std::string_view text) {
  nlohmann::json json = rt::parseJson(text, "the file");
  rt::JsonView root(json, "");
  requireKnown(root, {"format", "machine", "schedules"});
  if (std::string found = root.at("format").string(); found != format)
    root.at("format").error(fmt::format("expected \"{}\", got \"{}\"; tune "
                                        "again, with moec tune, into a new "
                                        "file",
                                        format, found));
  TuningFile file;
  rt::JsonView machine = root.at("machine");
  requireKnown(machine, {"compiler", "cpu", "cores", "vector_bytes",
                         "vector_registers", "caches"});
  file.machine.compiler = machine.at("compiler").string();
  file.machine.cpu = machine.at("cpu").string();
  file.machine.cores = machine.at("cores").integer(1, 1 << 20);
  file.machine.vectorBytes = machine.at("vector_bytes").integer(1, 1 << 10);
  file.machine.vectorRegisters =
      machine.at("vector_registers").integer(1, 1 << 10);
  for (const rt::JsonView &cache : machine.at("caches").items())
    file.machine.caches.push_back(cache.integer(0, int64_t(1) << 50));
  for (const auto &[name, view] : root.at("schedules").members()) {
    requireKnown(view, {"tile", "micro", "ms", "model_ms"});
    TuningFile::Entry entry;
    entry.schedule.tile = readSizes(view.at("tile"), 2, 3);
    entry.schedule.micro = readSizes(view.at("micro"), 2, 2);
    entry.milliseconds = readTime(view.at("ms"));
    entry.modelMilliseconds = readTime(view.at("model_ms"));
    file.entries[name] = std::move(entry);
  }
  return file;
}

TuningFile moec::driver::parseTuningFile(std::string_view text,
                                         const std::string &name) {
  try {
    return parse(text);
  } catch (const rt::Error &e) {
    rt::fail("tuning file {}: {}", name, e.what());
  }
}

TuningFile moec::driver::readTuningFile(const std::string &path) {
  rt::MappedFile file(path, "tuning file");
  return parseTuningFile(file.bytes(), path);
}

void moec::driver::requireMachine(const TuningFile &file,
                                  const TuningMachine &here,
                                  const std::string &path) {
  std::vector<std::string> differences;
  auto compare = [&](const char *what, const auto &there, const auto &now) {
    if (there != now)
      differences.push_back(fmt::format("{} {}, here {}", what, there, now));
  };
  auto sizes = [](const std::vector<int64_t> &caches) {
    return fmt::format("{}", fmt::join(caches, " + "));
  };
  const TuningMachine &there = file.machine;
  compare("compiler", there.compiler, here.compiler);
  compare("CPU", there.cpu, here.cpu);
  compare("cores", there.cores, here.cores);
  compare("bytes of a vector", there.vectorBytes, here.vectorBytes);
  compare("vector registers", there.vectorRegisters, here.vectorRegisters);
  compare("bytes of caches", sizes(there.caches), sizes(here.caches));
  if (!differences.empty())
    rt::fail("tuning file {}: measured elsewhere, so its schedules may be slow "
             "here: {}; "
             "fix: leave it away, or tune here, with moec tune, into a new "
             "file",
             path, fmt::join(differences, "; "));
}
