//===- WeightMap.cpp - Names of another project's weights -----------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/weights/WeightMap.h"
#include "runtime/core/Fail.h"
#include "runtime/core/JsonView.h"
#include "runtime/core/Limits.h"
#include "runtime/core/Text.h"
#include "runtime/data/File.h"

#include <algorithm>
#include <set>

namespace moec::rt {

static constexpr const char *mapFormat = "moec.weights-map/1";

std::string fillIn(std::string text, std::string_view what,
                   const std::string &value) {
  for (size_t at = text.find(what); at != std::string::npos;
       at = text.find(what, at + value.size()))
    text.replace(at, what.size(), value);
  return text;
}

static bool startsWith(std::string_view text, std::string_view start) {
  return text.substr(0, start.size()) == start;
}

bool matchesPattern(std::string_view pattern, std::string_view text) {
  return fitsPattern(pattern, text, {layerPlace, expertPlace});
}

/// Throws for a member that none of `known` is.
static void checkMembers(const JsonView &view,
                         const std::vector<std::string> &known) {
  for (const auto &[name, member] : view.members()) {
    if (std::find(known.begin(), known.end(), name) != known.end())
      continue;
    std::string near = didYouMean(name, known, "\"");
    member.error(fmt::format("unknown member; expected {}{}{}",
                             fmt::join(known, ", "), near.empty() ? "" : "; ",
                             near));
  }
}

/// A text, or an array of several that has at least one.
static std::vector<std::string> oneOrMore(const JsonView &view) {
  std::vector<std::string> texts = view.isString()
                                       ? std::vector<std::string>{view.string()}
                                       : view.strings();
  if (texts.empty())
    view.error("expected a text, or an array of texts, got an empty array");
  for (const std::string &text : texts)
    if (text.empty())
      view.error("expected a name, got an empty text");
  return texts;
}

static AxesChange::Numbers numbers(const JsonView &rule, const char *key,
                                   int64_t least) {
  AxesChange::Numbers result;
  if (std::optional<JsonView> view = rule.find(key))
    for (const auto &[name, member] : view->members())
      result[name] = member.integer(least, maxElements);
  return result;
}

static bool has(std::string_view text, std::string_view place) {
  return text.find(place) != std::string::npos;
}

/// Throws for anything in braces that is none of `known`.
static void checkPlaces(const JsonView &view, const std::string &text,
                        const std::vector<std::string_view> &known) {
  for (size_t at = text.find_first_of("{}"); at != std::string::npos;
       at = text.find_first_of("{}", at + 1)) {
    std::string_view rest = std::string_view(text).substr(at);
    auto found =
        std::find_if(known.begin(), known.end(), [&](std::string_view place) {
          return startsWith(rest, place);
        });
    if (found == known.end())
      view.error(fmt::format("expected {} and no other braces, got \"{}\"",
                             fmt::join(known, " or "), text));
    at += found->size() - 1;
  }
}

static WeightRule parseRule(const JsonView &view, const std::string &place,
                            bool hasLayers) {
  checkMembers(view, {"from", "to", "axes", "sizes", "take", "optional"});
  WeightRule rule;
  rule.place = place;
  rule.to = view.at("to").string();
  rule.from = oneOrMore(view.at("from"));
  if (rule.to.empty())
    view.at("to").error("expected the name of a variable, got an empty text");
  checkPlaces(view.at("to"), rule.to, {layerPlace});
  bool layer = has(rule.to, layerPlace);
  if (layer && !hasLayers)
    view.at("to").error(fmt::format("{} needs the map's \"layers\", which name "
                                    "the stacks of the model",
                                    layerPlace));
  for (const std::string &name : rule.from) {
    checkPlaces(view.at("from"), name, {layerPlace, expertPlace});
    if (has(name, layerPlace) != layer)
      view.at("from").error(fmt::format(
          "expected {} both in \"from\" and in \"to\" or in neither, got "
          "\"{}\" and \"{}\"",
          layerPlace, name, rule.to));
    if (has(name, expertPlace) != has(rule.from[0], expertPlace))
      view.at("from").error(
          fmt::format("expected {} in every spelling or in none", expertPlace));
  }
  AxesChange::Numbers sizes = numbers(view, "sizes", 1),
                      take = numbers(view, "take", 0);
  if (std::optional<JsonView> axes = view.find("axes")) {
    std::string text = axes->string();
    try {
      rule.axes = AxesChange(text, sizes, take);
    } catch (const Error &e) {
      axes->error(e.what());
    }
  } else if (!sizes.empty() || !take.empty()) {
    view.error("\"sizes\" and \"take\" are about \"axes\", which is missing");
  }
  if (std::optional<JsonView> optional = view.find("optional"))
    rule.optional = optional->boolean();
  return rule;
}

/// The stacks of "layers": texts, or arrays of those that alternate.
static std::vector<std::vector<std::string>> parseLayers(const JsonView &view) {
  std::vector<std::vector<std::string>> layers;
  std::set<std::string> stacks;
  for (const JsonView &item : view.items()) {
    layers.push_back(oneOrMore(item));
    for (const std::string &stack : layers.back())
      if (!stacks.insert(stack).second)
        item.error(fmt::format("stack \"{}\" stands there twice", stack));
  }
  return layers;
}

WeightMap ownNames(const std::vector<std::string> &variables,
                   const std::string &prefix) {
  WeightMap map;
  map.name = "of the model's own names";
  for (const std::string &name : variables) {
    WeightRule rule;
    rule.from = {prefix + name};
    rule.to = name;
    rule.place = fmt::format("the entry \"{}\"", name);
    map.rules.push_back(std::move(rule));
  }
  return map;
}

WeightMap parseWeightMap(std::string_view text, const std::string &name) {
  try {
    nlohmann::json document = parseJson(text, "the name map");
    JsonView root(document, "");
    checkMembers(root,
                 {"format", "description", "layers", "tensors", "ignore"});
    if (std::string format = root.at("format").string(); format != mapFormat)
      root.at("format").error(
          fmt::format("expected \"{}\", got \"{}\"", mapFormat, format));
    WeightMap map;
    map.name = name;
    if (std::optional<JsonView> description = root.find("description"))
      map.description = description->string();
    if (std::optional<JsonView> layers = root.find("layers"))
      map.layers = parseLayers(*layers);
    if (std::optional<JsonView> ignore = root.find("ignore"))
      map.ignore = ignore->strings();
    std::set<std::string> made;
    for (const JsonView &item : root.at("tensors").items()) {
      map.rules.push_back(parseRule(item,
                                    fmt::format("tensors/{}", map.rules.size()),
                                    !map.layers.empty()));
      if (!made.insert(map.rules.back().to).second)
        item.error(fmt::format("\"{}\" is made by another entry already",
                               map.rules.back().to));
    }
    if (map.rules.empty())
      root.at("tensors").error("expected at least one entry");
    return map;
  } catch (const Error &e) {
    fail("name map {}: {}", name, e.what());
  }
}

bool isShippedMap(const std::string &name) {
  return std::any_of(shippedMaps().begin(), shippedMaps().end(),
                     [&](const ShippedMap &map) { return name == map.name; });
}

WeightMap findWeightMap(const std::string &nameOrPath) {
  std::vector<std::string> names;
  for (const ShippedMap &shipped : shippedMaps()) {
    if (nameOrPath == shipped.name)
      return parseWeightMap(shipped.text, nameOrPath);
    names.push_back(shipped.name);
  }
  // A file looks like one; what does not is a misspelt name.
  if (has(nameOrPath, "/") || has(nameOrPath, ".")) {
    MappedFile file(nameOrPath, "name map");
    return parseWeightMap(file.bytes(), nameOrPath);
  }
  std::string near = didYouMean(nameOrPath, names);
  fail("there is no name map '{}'{}{}; there are: {}; a file of your own is "
       "written as a path, ./{}.json",
       nameOrPath, near.empty() ? "" : ", ", near, fmt::join(names, ", "),
       nameOrPath);
}

} // namespace moec::rt
