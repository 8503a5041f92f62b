//===- MoEAttributes.cpp - The attributes that phases agree on ------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/AttributeRules.h"
#include "dialects/MoE/MoEConventions.h"
#include "dialects/MoE/MoEWork.h"

using namespace mlir;
using namespace moec::moe;
using namespace moec::dialects;

static bool isPrecision(Attribute attr) {
  auto name = dyn_cast<StringAttr>(attr);
  return name && (name == "f32" || name == "bf16");
}
static bool isRange(Attribute attr) {
  auto bounds = dyn_cast<ArrayAttr>(attr);
  return bounds && bounds.size() == 2 &&
         llvm::all_of(bounds, llvm::IsaPred<IntegerAttr, FloatAttr>);
}
/// FLOPs for a byte.
static bool isPrice(Attribute attr) {
  return isReal(attr) && !cast<FloatAttr>(attr).getValue().isNegative();
}
/// What JSON can say.
static bool isValue(Attribute attr) {
  if (auto entries = dyn_cast<DictionaryAttr>(attr))
    return llvm::all_of(entries, [](NamedAttribute entry) {
      return isValue(entry.getValue());
    });
  if (auto items = dyn_cast<ArrayAttr>(attr))
    return llvm::all_of(items, isValue);
  return isa<StringAttr, IntegerAttr>(attr) || isReal(attr);
}
static bool isSettings(Attribute attr) {
  return isa<DictionaryAttr>(attr) && isValue(attr);
}
static bool isEntry(Attribute attr) { return isa<EntryAttr>(attr); }
static bool isHost(Attribute attr) { return isa<HostValueAttr>(attr); }
static bool isVariable(Attribute attr) { return isa<FlatSymbolRefAttr>(attr); }

static constexpr llvm::StringLiteral aName = "a name";
static constexpr llvm::StringLiteral aPrice = "a float of 0 or more";
static const AttributeRule rules[] = {
    {attr::model.name, OnModule, aName, isName},
    {attr::precision.name, OnModule, "\"f32\" or \"bf16\"", isPrecision},
    {attr::settings.name, OnModule,
     "a dictionary of texts, numbers, lists and dictionaries", isSettings},
    {attr::recompute.name, OnModule, aPrice, isPrice},
    {attr::recomputeNext.name, OnModule, aPrice, isPrice},
    {attr::entry.name, OnFunction, "#moe.entry<\"NAME\", batch = N>", isEntry},
    {attr::variable.name, OnArgument | OnResult, "the symbol of a moe.variable",
     isVariable},
    {attr::field.name, OnArgument, aName, isName},
    {attr::host.name, OnArgument,
     "#moe.host<learning_rate>, <step>, <seed> or <half_cosine>", isHost},
    {attr::range.name, OnArgument, "[low, high]", isRange},
    {attr::output.name, OnResult, aName, isName},
    {attr::metric.name, OnResult, aName, isName},
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
