//===- DataCommand.cpp - The command data ---------------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/tool/DataCommand.h"
#include "runtime/core/JsonView.h"
#include "runtime/data/File.h"
#include "runtime/data/ImageFormat.h"
#include "runtime/data/Summary.h"
#include "runtime/tool/CommandLine.h"
#include "runtime/tool/OutputPaths.h"
#include "runtime/tool/Say.h"

#include <algorithm>
#include <memory>
#include <unistd.h>

namespace moec::rt {

using Json = nlohmann::ordered_json;

namespace {
struct InspectOptions {
  std::string source; ///< KIND:PATH or PATH
  std::string contactSheet;
  bool skipDamaged = false;
  bool json = false;
};

/// One of train and test.
struct Split {
  const char *name;
  DataSplit split;
  DatasetRef data;     ///< null where it cannot be opened
  std::string problem; ///< why
};
} // namespace

/// KIND:PATH, also of a PATH alone.
static std::string resolve(const std::string &source) {
  std::string kind = source.substr(0, source.find(':'));
  if (kind.size() < source.size() && findRegistered(allDatasets(), kind))
    return source;
  if (access(source.c_str(), F_OK) != 0) {
    std::string near = kind.size() < source.size()
                           ? nearestName(kind, namesOf(allDatasets()))
                           : std::string();
    fail("there is no {}; expected a path, or {}{}", source, datasetKinds(),
         near.empty() ? near
                      : fmt::format("; did you mean {}{}?", near,
                                    source.substr(kind.size())));
  }
  std::string guess = guessSource(source);
  if (guess.empty())
    fail("{} holds no data that moec knows; expected {}", source,
         datasetKinds());
  return guess;
}

static Json describe(const Split &split) {
  if (!split.data)
    return {{"problem", split.problem}};
  const Dataset &data = *split.data;
  DatasetSummary summary = summarize(data);
  DatasetNotes notes = data.notes();
  Json object = {{"from", data.name()}, {"images", data.count()}};
  Json &fields = object["fields"] = Json::object();
  for (const TensorInfo &field : data.fields()) {
    Json shape = Json::array();
    for (int64_t extent : field.shape)
      shape.push_back(extent == anySize ? Json("any") : Json(extent));
    fields[field.name] = {{"dtype", dtypeName(field.dtype)},
                          {"shape", std::move(shape)}};
  }
  if (!summary.mean.empty()) {
    object["heights"] = {summary.leastHeight, summary.mostHeight};
    object["widths"] = {summary.leastWidth, summary.mostWidth};
    object["mean"] = summary.mean;
    object["std"] = summary.std;
    object["range"] = {summary.least, summary.most};
  }
  Json &classes = object["classes"] = Json::array();
  // Classes that are known, whether or not there are images of them.
  for (size_t i = 0; i < notes.classes.size(); ++i)
    summary.labels.emplace(int32_t(i), 0);
  for (auto [label, count] : summary.labels) {
    Json item = {{"label", label}, {"images", count}};
    if (label >= 0 && size_t(label) < notes.classes.size())
      item["name"] = notes.classes[size_t(label)];
    classes.push_back(std::move(item));
  }
  if (!notes.kinds.empty()) {
    Json &kinds = object["stored_as"] = Json::object();
    for (const auto &[kind, count] : notes.kinds)
      kinds[kind] = count;
  }
  object["damaged"] = notes.damaged;
  return object;
}

/// "[0.4914, 0.4822, 0.4465]".
static std::string listText(const Json &values) {
  std::string text;
  for (double value : values)
    text += fmt::format("{}{:.4f}", text.empty() ? "" : ", ", value);
  return "[" + text + "]";
}

static std::string rangeText(const Json &range) {
  int64_t least = range[0], most = range[1];
  return least == most ? std::to_string(least)
                       : fmt::format("{} to {}", least, most);
}

static void print(const std::string &name, const Json &split) {
  if (split.contains("problem")) {
    say("{}: {}\n", name, split["problem"].get<std::string>());
    return;
  }
  const Json &classes = split["classes"], &damaged = split["damaged"];
  say("{}: {} images of {} classes, from {}\n", name,
      split["images"].get<int64_t>(), classes.size(),
      split["from"].get<std::string>());
  for (auto &[field, info] : split["fields"].items()) {
    std::string shape = info["shape"].dump();
    shape.erase(std::remove(shape.begin(), shape.end(), '"'), shape.end());
    say("  {:<8} {} {}\n", field, info["dtype"].get<std::string>(), shape);
    const Json &extents = info["shape"];
    if (extents.size() == 3 && extents[0].is_number() &&
        (extents[0] == 1 || extents[0] == 3) && extents[2] > 4)
      say("           the channels seem to stand first: they come last, "
          "images.transpose(0, 2, 3, 1) in NumPy\n");
  }
  if (split.contains("mean")) {
    say("  height   {}\n  width    {}\n", rangeText(split["heights"]),
        rangeText(split["widths"]));
    say("  mean     {}\n  std      {}\n", listText(split["mean"]),
        listText(split["std"]));
    double least = split["range"][0], most = split["range"][1];
    if (least < 0 || most > 1)
      say("  range    {:.4f} to {:.4f}\n"
          "           expected 0 to 1, as u8 / 255: divide such pixels by 255; "
          "subtracting a mean is what a model's \"normalize\" does\n",
          least, most);
  }
  if (split.contains("stored_as"))
    for (auto &[kind, count] : split["stored_as"].items())
      say("  {:<24} {:>8}\n", kind, count.get<int64_t>());
  constexpr size_t mostClasses = 30;
  for (size_t i = 0; i < std::min(classes.size(), mostClasses); ++i)
    say("  class {:>4} {:>14}  {}\n", classes[i]["label"].get<int32_t>(),
        classes[i]["images"].get<int64_t>(),
        classes[i].value("name", std::string()));
  if (classes.size() > mostClasses)
    say("  and {} more, see --json\n", classes.size() - mostClasses);
  if (!damaged.empty())
    say("  cannot be read, and left out above: {}\n", damaged.size());
  for (const Json &text : damaged)
    say("    {}\n", text.get<std::string>());
}

/// Writes that of the first split there is. Throws Error where there is none,
/// and where it has no pictures to show.
static void writeContactSheet(const std::vector<Split> &splits,
                              const std::string &path) {
  auto first =
      std::find_if(splits.begin(), splits.end(),
                   [](const Split &split) { return split.data != nullptr; });
  if (first == splits.end())
    fail("--contact-sheet {}: not written, since neither training nor test "
         "images can be read",
         path);
  const ImageFormat *png = findRegistered(allImageFormats(), "PNG");
  if (!png)
    fail("--contact-sheet {}: not written, since this runtime was built "
         "without libpng",
         path);
  std::string bytes;
  try {
    bytes = png->encode(contactSheet(*first->data));
  } catch (const Error &error) {
    throw Error(
        fmt::format("--contact-sheet {}: not written: {}", path, error.what()),
        error.code());
  }
  writeFileAtomic(path, {bytes});
}

static int inspect(const InspectOptions &options) {
  std::string source = resolve(options.source);
  checkOutputs({{"--contact-sheet", options.contactSheet}}, dataFiles(source));
  std::vector<Split> splits = {{"train", DataSplit::Train, nullptr, ""},
                               {"test", DataSplit::Test, nullptr, ""}};
  Json object = {{"source", source}};
  bool good = true;
  for (Split &split : splits) {
    try {
      split.data = openDataset(source, split.split, ReadOptions{true});
    } catch (const Error &error) {
      if (error.code() != ErrorCode::User)
        throw;
      split.problem = error.what();
    }
    object[split.name] = describe(split);
    if (split.data)
      good &= options.skipDamaged || split.data->notes().damaged.empty();
    else
      good &= datasetFiles(source, split.split).empty();
  }
  // Data may well have no test images, or no others; not none at all.
  good &= splits[0].data || splits[1].data;
  if (options.json) {
    say("{}\n", object.dump(2, ' ', false, Json::error_handler_t::replace));
  } else {
    say("{}\n", source);
    for (const Split &split : splits)
      print(split.name, object[split.name]);
  }
  // Behind the report, which tells most where no sheet can be made.
  if (!options.contactSheet.empty()) {
    writeContactSheet(splits, options.contactSheet);
    if (!options.json)
      say("wrote {}\n", options.contactSheet);
  }
  return good ? 0 : 1;
}

void addDataCommand(CLI::App &parent, std::function<int()> &action) {
  CLI::App *data = parent.add_subcommand("data", "Look at data");
  data->require_subcommand(1);
  CLI::App *app = data->add_subcommand(
      "inspect", "Show what is found: counts, sizes, mean and standard "
                 "deviation, classes, and files that cannot be read");
  auto options = std::make_shared<InspectOptions>();
  app->add_option("data", options->source,
                  "PATH, or KIND:PATH: " + datasetKinds())
      ->required();
  app->add_option("--contact-sheet", options->contactSheet,
                  "Write a PNG file here with the first 10 images of each of "
                  "the first 20 classes, a row for each");
  app->add_flag("--skip-damaged", options->skipDamaged,
                "Files that cannot be read do not make the exit code 1");
  app->add_flag("--json", options->json, "Print one JSON object");
  app->callback(
      [options, &action] { action = [options] { return inspect(*options); }; });
}

} // namespace moec::rt
