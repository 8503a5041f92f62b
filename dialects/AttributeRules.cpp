//===- AttributeRules.cpp - What a dialect's attributes may be ------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/AttributeRules.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/Interfaces/FunctionInterfaces.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace moec::dialects;

bool moec::dialects::isUnit(Attribute attr) { return isa<UnitAttr>(attr); }

bool moec::dialects::isName(Attribute attr) {
  auto name = dyn_cast<StringAttr>(attr);
  return name && !name.empty();
}

static bool isAtLeast(Attribute attr, int64_t least) {
  auto number = dyn_cast<IntegerAttr>(attr);
  return number && number.getType().isSignlessInteger(64) &&
         number.getInt() >= least;
}
bool moec::dialects::isCount(Attribute attr) { return isAtLeast(attr, 0); }
bool moec::dialects::isPositive(Attribute attr) { return isAtLeast(attr, 1); }

bool moec::dialects::isReal(Attribute attr) {
  auto number = dyn_cast<FloatAttr>(attr);
  return number && number.getValue().isFinite();
}

bool moec::dialects::isShape(Attribute attr) {
  SmallVector<int64_t> sizes;
  if (auto dense = dyn_cast<DenseI64ArrayAttr>(attr)) {
    sizes.append(dense.asArrayRef().begin(), dense.asArrayRef().end());
  } else if (auto array = dyn_cast<ArrayAttr>(attr)) {
    if (!llvm::all_of(array, isPositive))
      return false;
    for (auto size : array.getAsRange<IntegerAttr>())
      sizes.push_back(size.getInt());
  } else {
    return false;
  }
  int64_t product = 1;
  return llvm::none_of(sizes, [&](int64_t size) {
    return size < 1 || llvm::MulOverflow(product, size, product);
  });
}

/// "a module, a function or an argument"
static std::string namePlaces(unsigned places) {
  SmallVector<StringRef> names;
  for (auto [place, name] :
       std::initializer_list<std::pair<unsigned, StringRef>>{
           {OnModule, "a module"},
           {OnFunction, "a function"},
           {OnArgument, "an argument of a function"},
           {OnResult, "a result of a function"}})
    if (places & place)
      names.push_back(name);
  std::string text;
  for (auto [i, name] : llvm::enumerate(names))
    text += ((i == 0                  ? ""
              : i + 1 == names.size() ? " or "
                                      : ", ") +
             name)
                .str();
  return text;
}

std::string moec::dialects::suggestName(StringRef name,
                                        ArrayRef<StringRef> known) {
  StringRef nearest;
  unsigned least = 4;
  for (StringRef each : known)
    if (unsigned distance = name.edit_distance(each); distance < least) {
      least = distance;
      nearest = each;
    }
  return nearest.empty() ? "" : ("; did you mean '" + nearest + "'?").str();
}

LogicalResult moec::dialects::verifyAttribute(Operation *op, const Twine &at,
                                              AttributePlace place,
                                              NamedAttribute attr,
                                              ArrayRef<AttributeRule> rules) {
  StringRef name = attr.getName();
  auto error = [&] {
    InFlightDiagnostic diag = op->emitError();
    std::string where = at.str();
    if (!where.empty())
      diag << where << ": ";
    return diag;
  };
  const AttributeRule *rule = llvm::find_if(
      rules, [&](const AttributeRule &known) { return known.name == name; });
  if (rule == rules.end()) {
    SmallVector<StringRef> known;
    for (const AttributeRule &each : rules)
      known.push_back(each.name);
    return error() << "unknown attribute '" << name << "'"
                   << suggestName(name, known);
  }
  if (!(rule->places & place))
    return error() << "attribute '" << name << "' belongs on "
                   << namePlaces(rule->places) << ", not here";
  if (!rule->fits(attr.getValue()))
    return error() << "attribute '" << name << "': expected " << rule->expected
                   << ", got " << attr.getValue();
  return success();
}

LogicalResult moec::dialects::verifyAttribute(Operation *op,
                                              NamedAttribute attr,
                                              ArrayRef<AttributeRule> rules) {
  // A symbol with a body that is no module is a function or a program.
  unsigned place = isa<ModuleOp>(op) ? OnModule : OnFunction;
  if (place == OnFunction && !isa<FunctionOpInterface>(op) &&
      op->getName().getStringRef() != "kernel.program")
    place = 0;
  return verifyAttribute(op, "", AttributePlace(place), attr, rules);
}
