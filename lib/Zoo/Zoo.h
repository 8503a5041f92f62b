//===- Zoo.h - Published models in the JSON format -------------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A family is a function that writes a model from the values of its options; an
// entry of the zoo is a name for the values that a paper gives. All of them may
// be set anew, so that a small model of the same form is a few flags away.
// docs/zoo.md tells what is published and what is a reading.
//
// A new family is one file here with a `Family` (Family.h), its name in
// CMakeLists.txt, and its line in Family.h.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_LIB_ZOO_ZOO_H
#define MOEC_LIB_ZOO_ZOO_H

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace moec::zoo {

/// What an option is set to.
struct Value {
  enum class Kind { Integer, Real, Word };
  Kind kind;
  int64_t integer = 0;
  double real = 0;
  std::string word;

  Value(int value) : Value(int64_t(value)) {}
  Value(int64_t value) : kind(Kind::Integer), integer(value) {}
  Value(double value) : kind(Kind::Real), real(value) {}
  Value(const char *value) : kind(Kind::Word), word(value) {}
  Value(std::string value) : kind(Kind::Word), word(std::move(value)) {}

  /// As on the command line: "224", "0.001", "token".
  std::string text() const;
};

/// "experts" set to 128.
using Setting = std::pair<std::string, Value>;

/// Something that models may be told; the flag is --name.
struct Option {
  std::string name;
  Value::Kind kind;
  std::string doc;
  int64_t least = 1;                   ///< of Integer
  int64_t most = 1;                    ///< of Integer
  bool zero = false;                   ///< Real: 0 is one too; else above 0
  std::vector<std::string> words = {}; ///< of Word
};

/// The options of all families.
const std::vector<Option> &allOptions();

/// Figures as a paper prints them, of the model with some options set.
struct Published {
  std::string parameters; ///< "933 M", "27.3 B"
  std::string gflop;      ///< 2 per multiply-add, for an image; "": not given
  std::vector<Setting> with;
  std::string source; ///< paper and table
};

/// A published model: the values in which it differs from its family's.
struct Entry {
  std::string name; ///< of the model too
  std::vector<Setting> settings;
  std::optional<Published> published;
};

class Values;
class Draft;

struct Family {
  std::string name;  ///< "v-moe"
  std::string title; ///< for a list: what it is, and the paper
  /// For --help: what is published, what is a reading, and what the training
  /// section leaves out of the recipe.
  std::string help;
  /// All its options, with the values that most entries have.
  std::vector<Setting> options;
  std::vector<Entry> entries;
  /// What is wrong with the values together, naming flags; "" if nothing is.
  std::string (*check)(const Values &values);
  /// Writes the model.
  void (*build)(const Values &values, Draft &draft);
};

/// An entry and its family.
struct Model {
  const Family *family;
  const Entry *entry;

  /// All options of the family as the entry sets them, in the family's order.
  std::vector<Setting> settings() const;
};

/// All families, and their models in the same order.
const std::vector<const Family *> &allFamilies();
std::vector<Model> allModels();
std::optional<Model> findModel(const std::string &name);

/// The batch sizes of a model that is not told any.
constexpr int64_t defaultBatch = 8;

/// The JSON text of a model ("moec.model/2") with some options set and these
/// batch sizes (none: defaultBatch), or nothing and in `problem` what is wrong
/// with them: an option that the family does not have, or values that do not
/// fit each other. Values alone are in the ranges that allOptions() gives.
std::optional<std::string> writeModel(const Model &model,
                                      const std::vector<Setting> &given,
                                      const std::vector<int64_t> &batches,
                                      std::string &problem);

} // namespace moec::zoo

#endif // MOEC_LIB_ZOO_ZOO_H
