//===- CheckParameters.cpp - Starts, groups and shadows of parameters ---===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Import/Reader.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/GlobPattern.h"
#include <cmath>

using namespace moec::import;
using llvm::ArrayRef;
using llvm::formatv;
using llvm::SmallVector;
using llvm::StringRef;
using llvm::Twine;

ArrayRef<AttrDef> moec::import::groupAttrs() {
  static const AttrDef defs[] = {
      AttrDef::flag("decay", true,
                    "whether weight decay applies; without it to the matrices "
                    "of layers only"),
      AttrDef::nonNegative("weight_decay", -1,
                           "weight decay of these, instead of the optimizer's"),
      AttrDef::positive("learning_rate", 1,
                        "times the learning rate of the optimizer"),
      AttrDef::flag("freeze", false, "never updated")};
  return defs;
}

ArrayRef<AttrDef> moec::import::shadowAttrs() {
  static const AttrDef defs[] = {
      AttrDef{"decay",
              AttrDef::Kind::Real,
              "d of s = d * s + (1 - d) * p after each update",
              true,
              0,
              0,
              false,
              {},
              1},
      AttrDef::choice("schedule", {"constant", "cosine"},
                      "cosine: d goes from 'decay' to 1 along half a cosine, "
                      "over all steps (arXiv 2104.02057)")};
  return defs;
}

ArrayRef<SectionDef> moec::import::initDefs() {
  const AttrDef value{
      "value", AttrDef::Kind::Real, "what each element is", true, 0, -HUGE_VAL};
  const AttrDef std{"std", AttrDef::Kind::Real, "standard deviation", true};
  const AttrDef limit{"limit", AttrDef::Kind::Real,
                      "the largest absolute value", true};
  const AttrDef alike = AttrDef::flag(
      "alike", false, "whether the experts of a layer have the same numbers");
  static const SectionDef defs[] = {
      {"zeros", "each element 0", {}},
      {"ones", "each element 1", {}},
      {"constant", "each element the same", {value}},
      {"normal", "normal numbers with mean 0", {std, alike}},
      {"uniform", "evenly spread from -limit to limit", {limit, alike}},
      {"default", "as the parameter's op says", {alike}}};
  return defs;
}

static std::vector<std::string> parameterNames(const Graph &graph) {
  std::vector<std::string> names;
  forEachParam(graph, [&](StringRef name, ArrayRef<int64_t>,
                          const ParamSpec &spec, const Node &) {
    if (!spec.statistic)
      names.push_back(name.str());
  });
  return names;
}

/// Reads a pattern of parameter names or a list of them. Each must name one:
/// a pattern that names none is misspelt.
static bool readPatterns(Reader &reader, const JsonValue &json, StringRef key,
                         std::vector<std::string> &patterns) {
  ArrayRef<JsonValue> items = json;
  if (json.isArray())
    items = json.items;
  if (items.empty() || items.size() > maxPatterns) {
    reader.problems
        .add(json, "'" + key + "' has " + (items.empty() ? "no" : "too many") +
                       " patterns")
        .expected(formatv("1 to {0}", maxPatterns))
        .got(Twine(items.size()));
    return false;
  }
  std::vector<std::string> names = parameterNames(reader.model.graph);
  bool good = true;
  for (const JsonValue &item : items) {
    if (!item.isString()) {
      reader.problems.add(item, "'" + key + "' is no pattern")
          .expected("a pattern of parameter names, or a list of them")
          .got(item.describe());
      return false;
    }
    llvm::Expected<llvm::GlobPattern> glob =
        llvm::GlobPattern::create(item.text);
    if (!glob) {
      reader.problems.add(item, "'" + item.text + "' is not a pattern")
          .expected("a name with *, ? or [letters]")
          .got(llvm::toString(glob.takeError()));
      good = false;
      continue;
    }
    patterns.push_back(item.text);
    if (!reader.model.graph.sound ||
        llvm::any_of(
            names, [&](const std::string &name) { return glob->match(name); }))
      continue;
    SmallVector<StringRef> known(names.begin(), names.end());
    reader.problems.add(item, "no parameter is named '" + item.text + "'")
        .expected("a pattern of parameter names, such as '" +
                  (names.empty() ? std::string("*.bias") : names.back()) + "'")
        .got("'" + item.text + "'")
        .fix(suggest(item.text, known, "remove it"));
    good = false;
  }
  return good;
}

/// Only what experts have can be alike among them; a parameter that an earlier
/// rule matches does not count.
static bool checkAlike(Reader &reader, const JsonValue &alike,
                       ArrayRef<InitRule> rules) {
  bool good = true;
  forEachParam(reader.model.graph, [&](StringRef name, ArrayRef<int64_t>,
                                       const ParamSpec &spec, const Node &) {
    bool earlier = llvm::any_of(rules.drop_back(), [&](const InitRule &rule) {
      return matchesAny(rule.match, name);
    });
    if (!good || spec.statistic || spec.ofExperts || earlier ||
        !matchesAny(rules.back().match, name))
      return;
    good = false;
    reader.problems.add(alike, "'" + name + "' has no experts to be alike")
        .expected("patterns that match the weights and biases of experts alone")
        .fix("narrow 'match', such as to \"*.fc1.weight\", or remove 'alike'");
  });
  return good;
}

bool moec::import::checkInits(Reader &reader, const JsonValue &inits) {
  if (!inits.isArray() || inits.items.size() > maxPatterns) {
    reader.problems.add(inits, "'init' is not a list of start values")
        .expected(formatv("1 to {0} of {{ \"match\": \"*.bias\", \"op\": "
                          "\"constant\", \"value\": 0.1 }",
                          maxPatterns))
        .got(inits.isArray() ? std::to_string(inits.items.size())
                             : inits.describe());
    return false;
  }
  bool good = true;
  for (auto [i, json] : llvm::enumerate(inits.items)) {
    std::string what = formatv("start {0}", i);
    AttrValues values;
    const SectionDef *def = readSection(reader, json, what, initDefs(),
                                        {"match", "description"}, values);
    if (!def) {
      good = false;
      continue;
    }
    InitRule &rule = reader.model.inits.emplace_back();
    rule.init.op = def->name;
    for (const AttrDef &attr : def->attrs)
      if (attr.kind == AttrDef::Kind::Real)
        rule.init.number = values[attr.name].real;
    const AttrValue &alike = values["alike"];
    rule.init.alike = alike.integer != 0;
    const JsonValue *match = json.find("match");
    if (!match)
      reader.missing(json, what, "match")
          .expected("a pattern of parameter names, or a list of them");
    good &= match && readPatterns(reader, *match, "match", rule.match);
    if (good && rule.init.alike)
      good = checkAlike(reader, *alike.json, reader.model.inits);
  }
  return good;
}

bool moec::import::checkGroups(Reader &reader, const JsonValue &groups,
                               Training &training) {
  if (!groups.isArray() || groups.items.size() > maxPatterns) {
    reader.problems.add(groups, "'groups' is not a list of parameter groups")
        .expected(formatv("1 to {0} of {{ \"match\": [\"*.bias\"], \"decay\": "
                          "false }",
                          maxPatterns))
        .got(groups.isArray() ? std::to_string(groups.items.size())
                              : groups.describe());
    return false;
  }
  bool good = true;
  for (auto [i, json] : llvm::enumerate(groups.items)) {
    std::string what = formatv("group {0}", i);
    SmallVector<StringRef> keys = {"match", "description"};
    for (const AttrDef &def : groupAttrs())
      keys.push_back(def.name);
    AttrValues values;
    if (!reader.object(json, what, keys)) {
      good = false;
      continue;
    }
    good &= reader.attributes(json, groupAttrs(), what, "", values);
    ParameterGroup &group = training.groups.emplace_back();
    if (values["decay"].json)
      group.decay = values["decay"].integer != 0;
    if (values["weight_decay"].json)
      group.weightDecay = values["weight_decay"].real;
    group.learningRate = values["learning_rate"].real;
    group.freeze = values["freeze"].integer != 0;
    const JsonValue *match = json.find("match");
    if (!match)
      reader.missing(json, what, "match")
          .expected("a pattern of parameter names, or a list of them");
    good &= match && readPatterns(reader, *match, "match", group.match);
    if (group.decay && group.weightDecay) {
      reader.problems
          .add(*values["weight_decay"].json,
               what + " has both 'decay' and 'weight_decay'")
          .expected("'decay' for the optimizer's weight decay or none, "
                    "'weight_decay' for another")
          .fix("remove 'decay'");
      good = false;
    }
    if (group.freeze &&
        (group.decay || group.weightDecay || values["learning_rate"].json)) {
      reader.problems.add(json, what + " is frozen, so nothing else counts")
          .expected("\"freeze\": true alone")
          .fix("remove 'freeze', or what stands beside it");
      good = false;
    }
  }
  return good;
}

static bool checkShadow(Reader &reader, const JsonMember &member,
                        Training &training) {
  const JsonValue &json = member.value;
  std::string what = "shadow '" + member.key + "'";
  bool good = reader.identifier(member.key, json, "the shadow's name");
  SmallVector<StringRef> keys = {"of", "description"};
  for (const AttrDef &def : shadowAttrs())
    keys.push_back(def.name);
  if (!reader.object(json, what, keys))
    return false;
  if (reader.model.graph.names.count(member.key)) {
    reader.problems
        .add(member.keyPosition, json.path,
             what + " has the name of a node or an input")
        .expected("a name of its own, since its variables are called '" +
                  member.key + ".PARAMETER'")
        .fix("rename one of them");
    good = false;
  }
  AttrValues values;
  good &= reader.attributes(json, shadowAttrs(), what, "", values);
  Shadow &shadow = training.shadows.emplace_back();
  shadow.name = member.key;
  shadow.decay = values["decay"].real;
  shadow.schedule = values["schedule"].text;
  const JsonValue *of = json.find("of");
  if (!of)
    reader.missing(json, what, "of")
        .expected("\"*\", a pattern of parameter names, or a list of them");
  good &= of && readPatterns(reader, *of, "of", shadow.of);
  return good;
}

/// A node that uses a shadow finds all its parameters in there.
static bool checkCovered(Reader &reader, const Training &training) {
  const Graph &graph = reader.model.graph;
  bool good = true;
  for (const Node &node : graph.nodes) {
    if (node.shadow.empty())
      continue;
    const Node &owner = graph.nodes[node.owner];
    for (const Shadow &shadow : training.shadows)
      forEachParam(
          owner, owner.name, {},
          [&](StringRef name, ArrayRef<int64_t>, const ParamSpec &spec,
              const Node &) {
            if (!good || spec.statistic || shadow.name != node.shadow ||
                matchesAny(shadow.of, name))
              return;
            reader.problems
                .add(*node.json->find("parameters"),
                     "shadow '" + shadow.name + "' has no parameter '" + name +
                         "'")
                .node(node.fullName)
                .expected("a shadow of all parameters of '" + owner.name + "'")
                .fix("add \"" + owner.name + ".*\" to its 'of'");
            good = false;
          });
  }
  return good;
}

bool moec::import::checkShadows(Reader &reader, const JsonValue &json,
                                Training &training) {
  bool good = true;
  if (const JsonValue *shadows = json.find("shadows")) {
    if (!shadows->isObject())
      return reader.object(*shadows, "'shadows'", {});
    for (const JsonMember &member : shadows->members)
      good &= checkShadow(reader, member, training);
  }
  if (good)
    good = checkCovered(reader, training);
  const JsonValue *evaluate = json.find("evaluate");
  if (!evaluate || !evaluate->isString())
    return good;
  SmallVector<StringRef> known;
  for (const Shadow &shadow : training.shadows)
    known.push_back(shadow.name);
  if (llvm::is_contained(known, StringRef(evaluate->text)))
    return good;
  reader.problems.add(*evaluate, "there is no shadow '" + evaluate->text + "'")
      .expected(known.empty() ? "one of 'shadows'; there are none"
                              : joinNames(known))
      .got("'" + evaluate->text + "'")
      .fix(suggest(evaluate->text, known, "add it under 'shadows'"));
  return false;
}
