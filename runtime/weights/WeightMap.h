//===- WeightMap.h - Names of another project's weights ---------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A name map says how the tensors of another project's weights become the
// variables of a model. docs/weights.md describes the format.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_RUNTIME_WEIGHTS_WEIGHTMAP_H
#define MOEC_RUNTIME_WEIGHTS_WEIGHTMAP_H

#include "runtime/weights/Axes.h"

#include <string_view>

namespace moec::rt {

/// What stands in names for the number of a layer (in those of variables for
/// the stack that it is in) and of an expert.
constexpr std::string_view layerPlace = "{layer}", expertPlace = "{expert}";

/// One entry of a map: where a variable, or one of each stack, comes from.
struct WeightRule {
  /// The tensor's name, in all spellings that there are.
  std::vector<std::string> from;
  std::string to;
  AxesChange axes;
  bool optional = false; ///< not every model has such a variable
  std::string place;     ///< "tensors/3", for messages
};

struct WeightMap {
  std::string name; ///< a shipped map's, the path of the file, or what it is
  std::string description;
  /// Stacks of the model in the order of the other project's layers. Layers of
  /// stacks in one group alternate.
  std::vector<std::vector<std::string>> layers;
  std::vector<WeightRule> rules;
  /// Patterns (* for any text) of tensors that are left out.
  std::vector<std::string> ignore;
};

/// The map of weights of the model itself, or of a larger one in which these
/// names begin with `prefix`: each variable is the tensor of its name.
WeightMap ownNames(const std::vector<std::string> &variables,
                   const std::string &prefix);

/// Reads the text of a map; `name` is what messages call it. Throws Error with
/// the place in the JSON, what was expected and what was found.
WeightMap parseWeightMap(std::string_view text, const std::string &name);

/// A map that is part of moec.
struct ShippedMap {
  const char *name, *text;
};
/// In the order of their names.
const std::vector<ShippedMap> &shippedMaps();
bool isShippedMap(const std::string &name);

/// The shipped map of this name, or the one in this file. Throws Error.
WeightMap findWeightMap(const std::string &nameOrPath);

/// Whether a text has this form, in which a * stands for any text and each of
/// the places above for a number.
bool matchesPattern(std::string_view pattern, std::string_view text);

/// `text` with `value` in the place of `what`.
std::string fillIn(std::string text, std::string_view what,
                   const std::string &value);

} // namespace moec::rt

#endif // MOEC_RUNTIME_WEIGHTS_WEIGHTMAP_H
