//===- Schema.cpp - JSON Schema and help of the model format ------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Both are made from the tables that the importer reads, so neither can fall
// behind them; a test holds schema/model.schema.json against this.
//
//===----------------------------------------------------------------------===//

#include "lib/Import/Reader.h"
#include "moec/Import.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/raw_ostream.h"
#include <nlohmann/json.hpp>

using namespace moec::import;
using Json = nlohmann::ordered_json;

static const char namePattern[] = "^[A-Za-z_][A-Za-z0-9_-]*$";

static Json reference(const char *name) {
  return {{"$ref", std::string("#/$defs/") + name}};
}

/// A value, or a list of at least one.
static Json oneOrMore(const Json &one) {
  return {{"anyOf",
           Json::array(
               {one, {{"type", "array"}, {"items", one}, {"minItems", 1}}})}};
}

static Json numberSchema(const AttrDef &def) {
  Json schema = {{"type", "number"}};
  if (def.minimum > -1e30)
    schema[def.above ? "exclusiveMinimum" : "minimum"] = def.minimum;
  if (def.maximum == 1)
    schema[def.below ? "exclusiveMaximum" : "maximum"] = 1;
  return schema;
}

static Json attributeSchema(const AttrDef &def) {
  Json schema;
  switch (def.kind) {
  case AttrDef::Kind::Size:
    schema = reference("size");
    break;
  case AttrDef::Kind::Integer:
    schema = {{"type", "integer"},
              {"minimum", int64_t(def.minimum)},
              {"maximum", maxSize}};
    break;
  case AttrDef::Kind::Real:
    schema = numberSchema(def);
    break;
  case AttrDef::Kind::Numbers:
    schema = oneOrMore(numberSchema(def));
    break;
  case AttrDef::Kind::Flag:
    schema = {{"type", "boolean"}};
    break;
  case AttrDef::Kind::Choice: {
    Json choices = Json::array();
    for (llvm::StringRef choice : def.choices)
      choices.push_back(choice.str());
    schema = {{"enum", choices}};
    break;
  }
  case AttrDef::Kind::Name:
    schema = {{"type", "string"}};
    break;
  case AttrDef::Kind::Sizes:
    schema = {{"type", "object"},
              {"additionalProperties", oneOrMore(reference("size"))}};
    break;
  }
  schema["description"] = def.doc;
  if (def.required || def.fallback < def.minimum)
    return schema;
  if (def.kind == AttrDef::Kind::Integer)
    schema["default"] = int64_t(def.fallback);
  else if (def.kind == AttrDef::Kind::Real)
    schema["default"] = def.fallback;
  else if (def.kind == AttrDef::Kind::Flag)
    schema["default"] = def.fallback != 0;
  else if (def.kind == AttrDef::Kind::Choice)
    schema["default"] = def.choices.front().str();
  return schema;
}

/// An object with the given properties, all others forbidden.
static Json object(Json properties, Json required, const std::string &doc) {
  Json schema = {{"type", "object"}, {"additionalProperties", false}};
  if (!doc.empty())
    schema["description"] = doc;
  schema["required"] = std::move(required);
  schema["properties"] = std::move(properties);
  return schema;
}

static void addAttributes(llvm::ArrayRef<AttrDef> defs, Json &properties,
                          Json &required) {
  for (const AttrDef &def : defs) {
    properties[def.name] = attributeSchema(def);
    if (def.required)
      required.push_back(def.name);
  }
}

/// `others`: properties that each has beside its attributes, those in `needed`
/// always.
static Json sections(llvm::ArrayRef<SectionDef> defs, const Json &others,
                     const std::vector<const char *> &needed = {}) {
  Json alternatives = Json::array();
  for (const SectionDef &def : defs) {
    Json properties = {{"op", {{"const", def.name}}}};
    Json required = Json::array({"op"});
    properties.update(others);
    for (const char *key : needed)
      required.push_back(key);
    addAttributes(def.attrs, properties, required);
    alternatives.push_back(object(properties, required, def.doc));
  }
  return {{"oneOf", alternatives}};
}

static Json nodeSchema() {
  Json alternatives = Json::array();
  for (const OpDef *op : allOps()) {
    Json properties = {{"name", reference("name")},
                       {"op", {{"const", op->name}}},
                       {"inputs",
                        {{"type", "array"},
                         {"items", {{"type", "string"}}},
                         {"minItems", op->minInputs},
                         {"maxItems", op->maxInputs}}},
                       {"description", {{"type", "string"}}}};
    Json required = {"name", "op", "inputs"};
    addAttributes(op->attrs, properties, required);
    alternatives.push_back(object(properties, required, op->doc));
  }
  return {{"oneOf", alternatives}};
}

/// An object of named entries with `others` and attributes.
static Json entrySchema(llvm::ArrayRef<AttrDef> defs, Json others,
                        const std::string &doc) {
  Json required = Json::array();
  for (auto &[key, value] : others.items())
    required.push_back(key);
  others["description"] = {{"type", "string"}};
  addAttributes(defs, others, required);
  return object(others, required, doc);
}

static Json trainingSchema(const Json &nodes) {
  Json text = {{"type", "string"}};
  Json names = {{"type", "array"}, {"items", text}};
  Json patterns = oneOrMore(text);
  Json term = entrySchema(termAttrs(), {{"of", patterns}},
                          "values, by names or patterns, and their weight");
  term["properties"].erase("description");
  Json groups = {{"type", "array"},
                 {"items", entrySchema(groupAttrs(), {{"match", patterns}},
                                       "parameters that the optimizer treats "
                                       "alike; the first group counts")}};
  Json properties = {
      {"description", text},
      {"nodes", nodes},
      {"loss", oneOrMore({{"anyOf", Json::array({text, term})}})},
      {"metrics", names},
      {"optimizer", sections(optimizerDefs(), {{"groups", groups}})},
      {"schedule", sections(scheduleDefs(), Json::object())},
      {"shadows",
       {{"type", "object"},
        {"additionalProperties", entrySchema(shadowAttrs(), {{"of", patterns}},
                                             "averages of parameters")}}},
      {"batch", reference("size")}};
  properties["loss"]["description"] =
      "what is minimised: a node, or a weighted sum";
  properties["metrics"]["description"] =
      "what is reported beside the loss; by default the accuracy of a "
      "softmax_cross_entropy";
  Json required = Json::array({"loss", "optimizer"});
  addAttributes(trainingAttrs(), properties, required);
  return object(properties, required, "");
}

std::string moec::modelSchema() {
  Json text = {{"type", "string"}};
  Json sizeOrList = {{"anyOf",
                      {{{"type", "integer"}, {"minimum", 1}},
                       {{"type", "array"},
                        {"items", {{"type", "integer"}, {"minimum", 1}}},
                        {"minItems", 1},
                        {"uniqueItems", true}}}}};
  Json shape = {{"type", "array"},
                {"items", reference("size")},
                {"minItems", 1},
                {"maxItems", 6}};
  Json nodes = {
      {"type", "array"}, {"items", reference("node")}, {"minItems", 1}};
  Json inits = {
      {"type", "array"},
      {"description", "how parameters start; the first that matches counts"},
      {"items",
       sections(initDefs(), {{"match", oneOrMore(text)}, {"description", text}},
                {"match"})}};

  Json schema = {{"$schema", "https://json-schema.org/draft/2020-12/schema"},
                 {"title", "moec model graph"}};
  Json whole = object(
      {{"format", {{"const", "moec.model/2"}}},
       {"name", reference("name")},
       {"description", text},
       {"dims",
        {{"type", "object"},
         {"description", "named sizes; only the batch may be a list"},
         {"required", Json::array({"batch"})},
         {"properties", {{"batch", sizeOrList}}},
         {"additionalProperties", {{"type", "integer"}, {"minimum", 1}}}}},
       {"inputs",
        {{"type", "object"},
         {"minProperties", 1},
         {"additionalProperties",
          object({{"shape", reference("shape")},
                  {"dtype", {{"enum", {"u8", "i32", "f32"}}}},
                  {"field", reference("name")},
                  {"description", text}},
                 {"shape", "dtype"}, "")}}},
       {"blocks",
        {{"type", "object"},
         {"additionalProperties",
          object({{"inputs",
                   {{"type", "object"},
                    {"minProperties", 1},
                    {"additionalProperties", reference("shape")}}},
                  {"sizes", {{"type", "array"}, {"items", reference("name")}}},
                  {"outputs",
                   {{"type", "array"}, {"items", text}, {"minItems", 1}}},
                  {"nodes", nodes},
                  {"description", text}},
                 {"inputs", "outputs", "nodes"},
                 "nodes that `repeat` and `call` run")}}},
       {"nodes", nodes},
       {"outputs", {{"type", "array"}, {"items", text}, {"minItems", 1}}},
       {"init", inits},
       {"classes",
        {{"type", "array"},
         {"items", text},
         {"description", "names of the classes, for people"}}},
       {"training", trainingSchema(nodes)}},
      {"format", "name", "dims", "inputs", "nodes", "outputs"},
      "A model that moec compiles.");
  schema.update(whole);
  schema["$defs"] = {
      {"name", {{"type", "string"}, {"pattern", namePattern}}},
      {"size",
       {{"description", "an integer, or the name of a dimension"},
        {"anyOf",
         {{{"type", "integer"}, {"minimum", 1}, {"maximum", maxSize}},
          {{"type", "string"}}}}}},
      {"shape", shape},
      {"node", nodeSchema()}};
  return schema.dump(2) + "\n";
}

std::string moec::describeModelOps() {
  std::string result;
  llvm::raw_string_ostream os(result);
  for (const OpDef *op : allOps()) {
    os << op->name << ": " << op->doc << '\n';
    for (const AttrDef &def : op->attrs) {
      os << "  " << def.name << ": " << def.doc;
      if (def.kind == AttrDef::Kind::Choice) {
        os << " (" << joinNames(def.choices);
        if (!def.required)
          os << "; default " << def.choices.front();
        os << ')';
      } else if (!def.required && def.kind == AttrDef::Kind::Flag)
        os << " (default " << (def.fallback != 0 ? "true" : "false") << ')';
      else if (def.required)
        ;
      else if (def.kind == AttrDef::Kind::Integer)
        os << " (default " << static_cast<int64_t>(def.fallback) << ')';
      else if (def.kind == AttrDef::Kind::Real)
        os << " (default " << Json(def.fallback).dump() << ')';
      else
        os << " (optional)";
      os << '\n';
    }
  }
  return result;
}
