//===- MoEAttributes.cpp - The attributes that phases agree on ------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/AttributeRules.h"
#include "dialects/MoE/MoEOps.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSet.h"

using namespace mlir;
using namespace moec::moe;
using namespace moec::dialects;

static bool isPrecision(Attribute attr) {
  auto name = dyn_cast<StringAttr>(attr);
  return name && (name == "f32" || name == "bf16");
}
static bool isBool(Attribute attr) { return isa<BoolAttr>(attr); }
static bool isInteger(Attribute attr) {
  auto number = dyn_cast<IntegerAttr>(attr);
  return number && number.getType().isSignlessInteger(64);
}
/// Elements of a block; bytes are numbers of 64 bits too.
static bool isPlace(Attribute attr) {
  return isCount(attr) && cast<IntegerAttr>(attr).getInt() < int64_t(1) << 58;
}
static bool isBlock(Attribute attr) {
  auto name = dyn_cast<StringAttr>(attr);
  if (!name)
    return false;
  StringRef number = name.getValue();
  return number == "params" || number == "grads" ||
         (number.consume_front("state") && number.size() == 1 &&
          llvm::isDigit(number.front()));
}
static bool isRange(Attribute attr) {
  auto bounds = dyn_cast<ArrayAttr>(attr);
  return bounds && bounds.size() == 2 &&
         llvm::all_of(bounds, llvm::IsaPred<IntegerAttr, FloatAttr>);
}
static bool isNames(Attribute attr) {
  auto names = dyn_cast<ArrayAttr>(attr);
  return names && llvm::all_of(names, llvm::IsaPred<StringAttr>);
}

/// The start value of a parameter; each kind has its number and no other.
static bool isInit(Attribute attr) {
  if (!isDictionary(attr, {{"op", isName, false},
                           {"value", isReal},
                           {"std", isReal},
                           {"limit", isReal}}))
    return false;
  auto init = cast<DictionaryAttr>(attr);
  StringRef op = init.getAs<StringAttr>("op").getValue();
  StringRef number = op == "constant"  ? "value"
                     : op == "normal"  ? "std"
                     : op == "uniform" ? "limit"
                                       : "";
  if (number.empty())
    return (op == "zeros" || op == "ones") && init.size() == 1;
  return init.size() == 2 && init.contains(number);
}

static bool isTable(Attribute attr) {
  auto table = dyn_cast<ArrayAttr>(attr);
  if (!table)
    return false;
  llvm::StringSet<> names;
  for (Attribute entry : table)
    if (!isDictionary(entry, {{"name", isName, false},
                              {"shape", isShape, false},
                              {"offset", isPlace, false},
                              {"decay", isBool},
                              {"trained", isBool},
                              {"init", isInit}}) ||
        !names
             .insert(
                 cast<DictionaryAttr>(entry).getAs<StringAttr>("name").strref())
             .second)
      return false;
  return true;
}

/// What a model says of a part of itself: names, texts and numbers.
static bool isDescription(Attribute attr) {
  if (auto entries = dyn_cast<DictionaryAttr>(attr))
    return llvm::all_of(entries, [](NamedAttribute entry) {
      return isDescription(entry.getValue());
    });
  return isa<StringAttr>(attr) || isNames(attr) || isReal(attr) ||
         isInteger(attr) || isBool(attr);
}

static bool isTraining(Attribute attr) {
  auto isOptimizer = [](Attribute entry) {
    return isDictionary(entry, {{"op", isName},
                                {"momentum", isReal},
                                {"weight_decay", isReal},
                                {"beta1", isReal},
                                {"beta2", isReal},
                                {"eps", isReal}});
  };
  auto isSchedule = [](Attribute entry) {
    return isDictionary(
        entry, {{"op", isName}, {"warmup", isReal}, {"final", isReal}});
  };
  return isDictionary(attr, {{"optimizer", isOptimizer},
                             {"schedule", isSchedule},
                             {"loss", isDescription},
                             {"auxiliary", isDescription},
                             {"model", isDescription},
                             {"learning_rate", isReal},
                             {"clip_norm", isReal},
                             {"epochs", isCount},
                             {"batch", isPositive},
                             {"seed", isInteger}});
}

static bool isData(Attribute attr) {
  return isDictionary(attr, {{"image", isName},
                             {"label", isName},
                             {"logits", isName},
                             {"classes", isPositive},
                             {"class_names", isNames}});
}

static constexpr llvm::StringLiteral aName = "a name";
static constexpr llvm::StringLiteral aPlace =
    "an i64 of 0 or more, less than 2^58";
static const AttributeRule rules[] = {
    {"moe.model", OnModule, aName, isName},
    {"moe.precision", OnModule, "\"f32\" or \"bf16\"", isPrecision},
    {"moe.parameters", OnModule,
     "an array of {name, shape = array<i64: ..>, offset : i64, decay : i1, "
     "init, trained : i1}, where the last three may be missing and no name "
     "stands twice",
     isTable},
    {"moe.parameter_elements", OnModule, aPlace, isPlace},
    {"moe.decay_elements", OnModule, aPlace, isPlace},
    {"moe.trained_elements", OnModule, aPlace, isPlace},
    {"moe.training", OnModule,
     "a dictionary of learning_rate, optimizer = {op, weight_decay, momentum, "
     "beta1, beta2, eps}, clip_norm, schedule = {op, warmup, final}, epochs, "
     "batch, seed, loss, auxiliary and model (f64 and i64 numbers; the last "
     "three are dictionaries of names, texts, numbers and dictionaries)",
     isTraining},
    {"moe.data", OnModule,
     "a dictionary of image, label, logits, classes, class_names", isData},
    {"moe.batch", OnFunction, "an i64 of 1 or more", isPositive},
    {"moe.input", OnArgument, aName, isName},
    {"moe.param", OnArgument, aName, isName},
    {"moe.init", OnArgument,
     "{op = \"zeros\"}, {op = \"ones\"}, {op = \"constant\", value}, {op = "
     "\"normal\", std} or {op = \"uniform\", limit}",
     isInit},
    {"moe.decay", OnArgument, "no value", isUnit},
    {"moe.range", OnArgument, "[low, high]", isRange},
    {"moe.block", OnArgument | OnResult,
     "\"params\", \"grads\" or \"state0\" to \"state9\"", isBlock},
    {"moe.offset", OnArgument | OnResult, aPlace, isPlace},
    {"moe.output", OnResult, aName, isName},
    {"moe.loss", OnResult, "no value", isUnit},
    {"moe.metric", OnResult, aName, isName},
    {"moe.grad", OnResult, aName, isName},
};

LogicalResult MoEDialect::verifyOperationAttribute(Operation *op,
                                                   NamedAttribute attr) {
  return verifyAttribute(op, attr, rules);
}

LogicalResult MoEDialect::verifyRegionArgAttribute(Operation *op, unsigned,
                                                   unsigned argument,
                                                   NamedAttribute attr) {
  return verifyAttribute(op, "argument " + Twine(argument), OnArgument, attr,
                         rules);
}

LogicalResult MoEDialect::verifyRegionResultAttribute(Operation *op, unsigned,
                                                      unsigned result,
                                                      NamedAttribute attr) {
  return verifyAttribute(op, "result " + Twine(result), OnResult, attr, rules);
}
