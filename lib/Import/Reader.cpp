//===- Reader.cpp - Reads the parts of a model file ---------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Import/Reader.h"
#include "runtime/core/Limits.h"
#include "runtime/core/Text.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FormatVariadic.h"
#include <cmath>
#include <limits>

using namespace moec::import;
using llvm::ArrayRef;
using llvm::formatv;
using llvm::StringRef;
using llvm::Twine;

bool Reader::object(const JsonValue &value, const Twine &what,
                    ArrayRef<StringRef> keys, StringRef node) {
  if (!value.isObject()) {
    problems.add(value, what + " is not an object")
        .node(node)
        .expected("an object { ... }")
        .got(value.describe());
    return false;
  }
  for (const JsonMember &member : value.members)
    if (!llvm::is_contained(keys, StringRef(member.key)))
      problems
          .add(member.keyPosition, value.path + "." + member.key,
               "unknown key '" + member.key + "' in " + what)
          .node(node)
          .expected(joinNames(keys))
          .got("'" + member.key + "'")
          .fix(suggest(member.key, keys, "remove it"));
  return true;
}

Problem &Reader::missing(const JsonValue &object, const Twine &what,
                         StringRef key, StringRef node) {
  return problems.add(object, what + " has no '" + key + "'")
      .node(node)
      .expected("the key '" + key + "'");
}

bool Reader::identifier(StringRef name, const JsonValue &at,
                        const Twine &what) {
  bool good = !name.empty() &&
              (llvm::isAlpha(name.front()) || name.front() == '_') &&
              llvm::all_of(name, [](char c) {
                return llvm::isAlnum(c) || c == '_' || c == '-';
              });
  if (!good)
    problems.add(at, what + " is not a name")
        .expected("a letter or '_', then letters, digits, '_' and '-'")
        .got("'" + name.substr(0, 80) + "'");
  return good;
}

std::optional<int64_t> Reader::size(const JsonValue &value, StringRef what,
                                    StringRef node, bool names) {
  if (names && value.isString()) {
    if (sizes)
      if (auto found = sizes->find(value.text); found != sizes->end())
        return found->second;
    auto found = model.dims.find(value.text);
    if (found != model.dims.end()) {
      // A size with a problem of its own is 0 there.
      if (found->second == 0)
        return std::nullopt;
      return found->second;
    }
    llvm::SmallVector<StringRef> known;
    if (!problems.full()) {
      for (const auto &dim : model.dims)
        known.push_back(dim.first);
      if (sizes)
        for (const auto &own : *sizes)
          known.push_back(own.first);
    }
    bool digits =
        !value.text.empty() && llvm::all_of(value.text, llvm::isDigit);
    problems.add(value, "unknown dimension '" + value.text + "'")
        .node(node)
        .expected(known.empty() ? std::string("a number; 'dims' is empty")
                                : "a number, " + joinNames(known))
        .got("'" + value.text + "'")
        .fix(digits ? "write " + value.text + " without quotes"
                    : suggest(value.text, known, "add it under 'dims'"));
    return std::nullopt;
  }
  if (value.isInteger() && value.integer > 0 && value.integer <= maxSize)
    return value.integer;
  const char *trouble = " is not a size";
  if (value.isNumber() && value.real == 0)
    trouble = " is zero";
  else if (value.isNumber() && value.real < 0)
    trouble = " is negative";
  else if (value.isNumber() && value.real > maxSize)
    trouble = " is too large";
  problems.add(value, "'" + what + "'" + trouble)
      .node(node)
      .expected(formatv("an integer from 1 to {0}{1}", maxSize,
                        names ? ", or the name of a dimension" : ""))
      .got(value.describe());
  return std::nullopt;
}

std::optional<Shape> Reader::shape(const JsonValue &value, StringRef what) {
  if (!value.isArray()) {
    problems.add(value, "'" + what + "' is not a shape")
        .expected("an array of sizes, [\"batch\", ...]")
        .got(value.describe());
    return std::nullopt;
  }
  Shape result;
  bool good = true;
  for (const JsonValue &item : value.items) {
    std::optional<int64_t> read = size(item, what);
    good &= read.has_value();
    result.push_back(read.value_or(1));
  }
  if (result.empty() || result.size() > 6) {
    problems.add(value, "'" + what + "' has " + Twine(result.size()) + " axes")
        .expected("1 to 6 axes");
    return std::nullopt;
  }
  if (!good || !elements(result, value, "'" + what + "'", ""))
    return std::nullopt;
  return result;
}

bool Reader::elements(ArrayRef<int64_t> shape, const JsonValue &at,
                      const Twine &what, StringRef node) {
  int64_t product = 1;
  for (int64_t dim : shape) {
    if (!llvm::MulOverflow(product, dim, product) && product <= rt::maxElements)
      continue;
    problems.add(at, what + " is too large")
        .node(node)
        .expected(formatv("at most {0} elements", rt::maxElements))
        .got(toString(shape));
    return false;
  }
  return true;
}

bool Reader::number(const JsonValue &value, const AttrDef &def,
                    StringRef node) {
  auto wrong = [&](const Twine &expected) {
    problems.add(value, "bad value of '" + Twine(def.name) + "'")
        .node(node)
        .expected(expected)
        .got(value.describe());
    return false;
  };
  bool low = def.above ? value.real <= def.minimum : value.real < def.minimum;
  bool high = def.below ? value.real >= def.maximum : value.real > def.maximum;
  if (value.isNumber() && !low && !high) {
    // The runtime and kernels compute in f32: what is 0, denormal or infinite
    // there would not mean what was written.
    double size = std::fabs(value.real);
    if (size == 0 || (size >= std::numeric_limits<float>::min() &&
                      size <= std::numeric_limits<float>::max()))
      return true;
    return wrong(formatv("{0}a number that f32 holds: from {1} to {2} in size",
                         def.above && def.minimum == 0 ? "" : "0, or ",
                         import::number(std::numeric_limits<float>::min()),
                         import::number(std::numeric_limits<float>::max())));
  }
  std::string range;
  if (def.minimum > -1e30)
    range =
        (def.above ? " above " : " of at least ") + import::number(def.minimum);
  if (def.maximum == 1)
    range += def.below ? " and below 1" : " and at most 1";
  std::string what = "a number" + range;
  if (def.kind == AttrDef::Kind::Numbers)
    what += std::string(", or ") + def.many;
  return wrong(what);
}

bool Reader::sizeLists(const JsonValue &value, StringRef node,
                       SizeLists &result) {
  if (!value.isObject()) {
    problems.add(value, "'sizes' is not an object")
        .node(node)
        .expected("{ \"hidden\": 64, ... } or a list of sizes, one a layer")
        .got(value.describe());
    return false;
  }
  bool good = true;
  for (const JsonMember &member : value.members) {
    std::vector<int64_t> &list = result[member.key];
    auto add = [&](const JsonValue &item) {
      std::optional<int64_t> read = size(item, member.key, node);
      good &= read.has_value();
      list.push_back(read.value_or(1));
    };
    if (!member.value.isArray()) {
      add(member.value);
      continue;
    }
    llvm::for_each(member.value.items, add);
    if (!list.empty())
      continue;
    problems.add(member.value, "'" + member.key + "' has no sizes")
        .node(node)
        .expected("a size, or one for each layer");
    good = false;
  }
  return good;
}

bool Reader::attribute(const JsonValue &value, const AttrDef &def,
                       StringRef node, AttrValue &result) {
  auto wrong = [&](const Twine &expected) -> Problem & {
    return problems.add(value, "bad value of '" + Twine(def.name) + "'")
        .node(node)
        .expected(expected)
        .got(value.describe());
  };
  result.json = &value;
  switch (def.kind) {
  case AttrDef::Kind::Size: {
    std::optional<int64_t> read = size(value, def.name, node);
    result.integer = read.value_or(1);
    return read.has_value();
  }
  case AttrDef::Kind::Integer:
    result.integer = value.integer;
    if (value.isInteger() && value.real >= def.minimum &&
        value.integer <= maxSize)
      return true;
    wrong(formatv("an integer from {0} to {1}", int64_t(def.minimum), maxSize));
    return false;
  case AttrDef::Kind::Real:
    result.real = value.real;
    return number(value, def, node);
  case AttrDef::Kind::Numbers: {
    if (!value.isArray()) {
      result.numbers = {value.real};
      return number(value, def, node);
    }
    bool good = !value.items.empty();
    if (!good)
      wrong("a number, or " + Twine(def.many));
    for (const JsonValue &item : value.items) {
      good &= number(item, def, node);
      result.numbers.push_back(item.real);
    }
    return good;
  }
  case AttrDef::Kind::Flag:
    result.integer = value.boolean;
    if (value.kind == JsonValue::Kind::Bool)
      return true;
    wrong("true or false");
    return false;
  case AttrDef::Kind::Choice:
    result.text = value.text;
    if (value.isString() &&
        llvm::is_contained(def.choices, StringRef(value.text)))
      return true;
    // What they are tells which of several is meant.
    wrong(joinNames(def.choices))
        .fix(suggest(value.text, def.choices, "") +
             (namesMeant(value.text, def.choices).size() > 1
                  ? formatv(" '{0}': {1}", def.name, def.doc).str()
                  : std::string()));
    return false;
  case AttrDef::Kind::Name:
    result.text = value.text;
    if (value.isString())
      return true;
    wrong("a name");
    return false;
  case AttrDef::Kind::Sizes:
    return sizeLists(value, node, result.sizes);
  }
  return false;
}

bool Reader::attributes(const JsonValue &object, ArrayRef<AttrDef> defs,
                        const Twine &what, StringRef node, AttrValues &values) {
  bool good = true;
  for (const AttrDef &def : defs) {
    AttrValue &value = values[def.name];
    if (const JsonValue *given = object.find(def.name)) {
      good &= attribute(*given, def, node, value);
      continue;
    }
    if (def.required) {
      missing(object, what, def.name, node).fix("add it: " + Twine(def.doc));
      good = false;
      continue;
    }
    value.integer = static_cast<int64_t>(def.fallback);
    value.real = def.fallback;
    if (!def.choices.empty())
      value.text = def.choices.front().str();
  }
  return good;
}
