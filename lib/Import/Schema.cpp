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
    schema = {{"type", "number"}};
    if (def.minimum > -1e30)
      schema[def.above ? "exclusiveMinimum" : "minimum"] = def.minimum;
    if (def.maximum == 1)
      schema["maximum"] = 1;
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
  case AttrDef::Kind::Block:
    schema = {{"type", "string"}};
    break;
  case AttrDef::Kind::Patterns:
    schema = {{"type", "array"}, {"items", {{"type", "string"}}}};
    break;
  }
  schema["description"] = def.doc;
  if (def.required)
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

static Json sections(llvm::ArrayRef<SectionDef> defs, bool inputs) {
  Json alternatives = Json::array();
  for (const SectionDef &def : defs) {
    Json properties = {{"op", {{"const", def.name}}}};
    Json required = Json::array({"op"});
    if (inputs) {
      properties["inputs"] = {{"type", "array"},
                              {"items", {{"type", "string"}}},
                              {"minItems", 2},
                              {"maxItems", 2}};
      required.push_back("inputs");
    }
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

std::string moec::modelSchema() {
  Json text = {{"type", "string"}};
  Json sizeOrList = {{"anyOf",
                      {{{"type", "integer"}, {"minimum", 1}},
                       {{"type", "array"},
                        {"items", {{"type", "integer"}, {"minimum", 1}}},
                        {"minItems", 1}}}}};
  Json shape = {{"type", "array"},
                {"items", reference("size")},
                {"minItems", 1},
                {"maxItems", 6}};
  Json nodes = {
      {"type", "array"}, {"items", reference("node")}, {"minItems", 1}};

  Json training = Json::object(),
       trainingRequired = Json::array({"loss", "optimizer"});
  training["description"] = text;
  training["loss"] = sections(lossDefs(), true);
  Json auxiliary = Json::object();
  Json none = Json::array();
  addAttributes(auxiliaryAttrs(), auxiliary, none);
  training["auxiliary"] =
      object(auxiliary, none, "weights of the balance losses");
  training["optimizer"] = sections(optimizerDefs(), false);
  training["schedule"] = sections(scheduleDefs(), false);
  training["batch"] = reference("size");
  addAttributes(trainingAttrs(), training, trainingRequired);

  Json schema = {{"$schema", "https://json-schema.org/draft/2020-12/schema"},
                 {"title", "moec model graph"}};
  Json whole = object(
      {{"format", {{"const", "moec.model/1"}}},
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
                  {"description", text}},
                 {"shape", "dtype"}, "")}}},
       {"blocks",
        {{"type", "object"},
         {"additionalProperties",
          object({{"inputs",
                   {{"type", "object"},
                    {"minProperties", 1},
                    {"maxProperties", 1},
                    {"additionalProperties", reference("shape")}}},
                  {"output", text},
                  {"nodes", nodes},
                  {"description", text}},
                 {"inputs", "output", "nodes"}, "nodes that `repeat` runs")}}},
       {"nodes", nodes},
       {"outputs", {{"type", "array"}, {"items", text}, {"minItems", 1}}},
       {"classes",
        {{"type", "array"},
         {"items", text},
         {"description", "names of the classes, for people"}}},
       {"training", object(training, trainingRequired, "")}},
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
      if (def.kind == AttrDef::Kind::Choice)
        os << " (" << joinNames(def.choices) << "; default "
           << def.choices.front() << ')';
      else if (!def.required && def.kind == AttrDef::Kind::Flag)
        os << " (default " << (def.fallback != 0 ? "true" : "false") << ')';
      else if (!def.required)
        os << llvm::formatv(" (default {0})", Json(def.fallback).dump());
      os << '\n';
    }
  }
  return result;
}
