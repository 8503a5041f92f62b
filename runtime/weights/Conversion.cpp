//===- Conversion.cpp - Plan of another project's weights -----------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/weights/Conversion.h"
#include "runtime/core/Fail.h"
#include "runtime/core/Text.h"
#include "runtime/weights/Elements.h"

#include <algorithm>
#include <set>

namespace moec::rt {

namespace {
/// Layers of a stack: how many, and their numbers in the other project.
struct Stack {
  int64_t count = 0, first = 0, step = 1;
};

/// A tensor, or a part of it, that an entry of the map reads.
struct Use {
  const WeightRule *rule;
  int64_t elements;
};

class Planner {
public:
  explicit Planner(const ConversionRequest &request)
      : request(request), map(*request.map) {}

  Conversion plan();

private:
  template <typename... Args>
  void problem(fmt::format_string<Args...> text, Args &&...args) {
    problems.push_back(fmt::format(text, std::forward<Args>(args)...));
  }
  void countLayers();
  void numberLayers();
  std::string stackOf(const std::string &variable) const;
  const WeightRule *ruleOf(const std::string &variable);
  Conversion::Variable planVariable(const TensorWriter::Tensor &variable,
                                    const WeightRule &rule);
  std::string adapt(Conversion::Piece &piece, const std::string &variable,
                    size_t rank, const std::vector<int64_t> &shape);
  bool addPiece(Conversion::Variable &planned, const WeightRule &rule,
                const std::vector<std::string> &names,
                const std::vector<int64_t> &shape);
  void use(const TensorFile &file, const StoredTensor &tensor,
           const WeightRule &rule, int64_t elements);
  bool fits(const std::vector<std::string> &patterns,
            const std::string &variable);
  void checkLayers();
  void checkRules();
  void checkLeftOver();
  std::string hint() const;
  [[noreturn]] void report() const;

  const ConversionRequest &request;
  const WeightMap &map;
  std::map<std::string, Stack> stacks;
  std::set<const WeightRule *> applied;
  std::set<std::string> fitting;   ///< patterns that fit a variable
  std::vector<std::string> unmade; ///< variables that no entry makes
  std::map<const StoredTensor *, std::vector<Use>> uses;
  std::vector<std::string> problems;
};
} // namespace

/// The longest stack of the map that a variable is in; "" for none.
std::string Planner::stackOf(const std::string &variable) const {
  std::string longest;
  for (const std::vector<std::string> &group : map.layers)
    for (const std::string &stack : group)
      if (stack.size() > longest.size() && variable.rfind(stack + ".", 0) == 0)
        longest = stack;
  return longest;
}

void Planner::countLayers() {
  for (const TensorWriter::Tensor &variable : request.variables) {
    std::string stack = stackOf(variable.name);
    if (stack.empty())
      continue;
    int64_t count = variable.shape.empty() ? 0 : variable.shape[0];
    auto [at, isNew] = stacks.try_emplace(stack, Stack{count});
    if (!isNew && at->second.count != count)
      problem(
          "\"{}\" {} of the model should have {} layers, as other variables "
          "of the stack \"{}\", which the map names in \"layers\"",
          variable.name, shapeText(variable.shape), at->second.count, stack);
  }
}

/// Stacks that the model lacks are left out; those of a group alternate.
void Planner::numberLayers() {
  int64_t next = 0;
  for (const std::vector<std::string> &group : map.layers) {
    std::vector<std::string> present;
    for (const std::string &stack : group)
      if (stacks.count(stack))
        present.push_back(stack);
    for (size_t i = 0; i < present.size(); ++i) {
      Stack &stack = stacks[present[i]];
      if (stack.count != stacks[present[0]].count)
        problem(
            "stacks \"{}\" and \"{}\" alternate in the map, and have {} and "
            "{} layers in the model",
            present[0], present[i], stacks[present[0]].count, stack.count);
      stack.first = next + int64_t(i);
      stack.step = int64_t(present.size());
    }
    if (!present.empty())
      next += stacks[present[0]].count * int64_t(present.size());
  }
}

const WeightRule *Planner::ruleOf(const std::string &variable) {
  std::string stack = stackOf(variable);
  const WeightRule *found = nullptr;
  for (const WeightRule &rule : map.rules) {
    bool layer = rule.to.find(layerPlace) != std::string::npos;
    if ((layer && stack.empty()) ||
        fillIn(rule.to, layerPlace, stack) != variable)
      continue;
    applied.insert(&rule);
    if (found)
      problem("\"{}\" is made twice, by {} and {} of the map", variable,
              found->place, rule.place);
    found = &rule;
  }
  return found;
}

/// How embeddings [tokens, width] become those of another shape, if they can;
/// else `why` tells why not.
static std::optional<Conversion::Resampling>
resamplingOf(const std::vector<int64_t> &from, const std::vector<int64_t> &to,
             std::string &why) {
  if (from.size() != 2 || to.size() != 2) {
    why = "position embeddings are [tokens, width]";
    return std::nullopt;
  }
  if (from[1] != to[1]) {
    why = fmt::format("a width of {} cannot become one of {}", from[1], to[1]);
    return std::nullopt;
  }
  std::optional<TokenGrid> there = TokenGrid::of(from[0]),
                           here = TokenGrid::of(to[0]);
  if (!there || !here) {
    why = fmt::format("{} tokens are no square of patches, with a class token "
                      "or without",
                      there ? to[0] : from[0]);
    return std::nullopt;
  }
  if (there->classToken != here->classToken) {
    auto text = [](const TokenGrid &grid) {
      return fmt::format("{} tokens are {} x {} patches {} a class token",
                         grid.tokens(), grid.side, grid.side,
                         grid.classToken ? "and" : "without");
    };
    why = text(*there) + ", " + text(*here);
    return std::nullopt;
  }
  return Conversion::Resampling{*there, *here};
}

/// "stack.token_mlp.*" for "stack.token_mlp.fc1.weight": the variables of its
/// layer.
static std::string layerPattern(const std::string &variable) {
  std::string pattern = variable;
  for (int i = 0; i < 2; ++i) {
    size_t last = pattern.rfind('.');
    if (last == std::string::npos || pattern.find('.') == last)
      break;
    pattern.resize(last);
  }
  return pattern == variable ? pattern : pattern + ".*";
}

/// Makes the piece one of `shape`, by interpolation or growth if that is asked
/// for of the variable, whose whole shape has `rank` axes. What is wrong, and
/// what to do, if it cannot be; "" else.
std::string Planner::adapt(Conversion::Piece &piece,
                           const std::string &variable, size_t rank,
                           const std::vector<int64_t> &shape) {
  const std::vector<int64_t> &from = piece.view.shape;
  if (from == shape)
    return "";
  std::string noGrid, noGrowth;
  std::optional<Conversion::Resampling> grid =
      resamplingOf(from, shape, noGrid);
  std::optional<TokenGrowth> growth = TokenGrowth::of(from, shape, noGrowth);
  if (growth && growth->elements() > mostGrown) {
    noGrowth = fmt::format("it has {} elements, and {} can grow",
                           growth->elements(), mostGrown);
    growth.reset();
  }
  const bool resamples = fits(request.resample, variable),
             grows = fits(request.grow, variable);
  if (resamples && grid && grows && growth)
    return "; --resample and --grow can both make it: expected patterns of "
           "which one fits";
  if (resamples && grid) {
    piece.resampling = grid;
    return "";
  }
  if (grows && growth) {
    piece.growth = growth;
    return "";
  }
  std::string text;
  if (resamples)
    text += "; --resample cannot make it: " + noGrid;
  if (grows)
    text += "; --grow cannot make it: " + noGrowth;
  if (!text.empty())
    return text;
  // Position embeddings are the model's, not those of a layer in a stack.
  if (grid && rank == 2)
    return fmt::format("; for another size of images: --resample '{}', if "
                       "these are position embeddings",
                       variable);
  if (growth)
    return fmt::format("; for larger images: --grow '{}', if these are weights "
                       "over tokens",
                       layerPattern(variable));
  return "; convert for a model of the sizes that the weights are for";
}

/// Adds a piece of this shape from the tensor that has one of these names;
/// false when there is none.
bool Planner::addPiece(Conversion::Variable &planned, const WeightRule &rule,
                       const std::vector<std::string> &names,
                       const std::vector<int64_t> &shape) {
  const TensorFile *file = nullptr;
  const StoredTensor *tensor = nullptr;
  for (const TensorFile *candidate : request.files)
    for (const std::string &name : names)
      if (const StoredTensor *found = candidate->find(name)) {
        if (tensor)
          problem(
              "\"{}\" could be made from \"{}\" of {} and from \"{}\" of {}; "
              "expected one of them",
              planned.made.name, tensor->name, file->path(), name,
              candidate->path());
        file = candidate;
        tensor = found;
      }
  if (!tensor)
    return false;
  Conversion::Piece piece{file, tensor, {}};
  std::string wrong;
  if (!isFloating(tensor->dtype))
    wrong = "expected F32, F16, BF16 or F64";
  else
    try {
      piece.view = rule.axes.apply(tensor->shape);
      std::string advice =
          adapt(piece, planned.made.name, planned.made.shape.size(), shape);
      if (!advice.empty())
        wrong = fmt::format("expected {} for \"{}\", got {} by {} of the map{}",
                            shapeText(shape), planned.made.name,
                            shapeText(piece.view.shape), rule.place, advice);
    } catch (const Error &e) {
      wrong = fmt::format("{} ({} of the map, for \"{}\")", e.what(),
                          rule.place, planned.made.name);
    }
  use(*file, *tensor, rule,
      wrong.empty() ? piece.view.elements() : tensor->elements);
  if (!wrong.empty())
    problem("tensor \"{}\" {} of {}: {}", tensor->name, tensor->text(),
            file->path(), wrong);
  planned.pieces.push_back(std::move(piece));
  return true;
}

void Planner::use(const TensorFile &file, const StoredTensor &tensor,
                  const WeightRule &rule, int64_t elements) {
  std::vector<Use> &all = uses[&tensor];
  for (const Use &other : all)
    if (!rule.axes.isDisjoint(other.rule->axes))
      problem("tensor \"{}\" of {} is used twice, by {} and {} of the map",
              tensor.name, file.path(), other.rule->place, rule.place);
  all.push_back({&rule, elements});
}

Conversion::Variable Planner::planVariable(const TensorWriter::Tensor &variable,
                                           const WeightRule &rule) {
  Conversion::Variable planned{variable, {}};
  Stack stack{1};
  std::vector<int64_t> shape = variable.shape;
  if (rule.to.find(layerPlace) != std::string::npos) {
    stack = stacks.at(stackOf(variable.name));
    if (!shape.empty())
      shape.erase(shape.begin());
  }
  int64_t experts = 1;
  if (rule.from[0].find(expertPlace) != std::string::npos) {
    if (shape.empty()) {
      problem("\"{}\" {} has no axis for the experts of {} of the map",
              variable.name, shapeText(variable.shape), rule.place);
      return planned;
    }
    experts = shape[0];
    shape.erase(shape.begin());
  }
  std::vector<std::string> firstMissing;
  int64_t missing = 0;
  for (int64_t layer = 0; layer < stack.count; ++layer)
    for (int64_t expert = 0; expert < experts; ++expert) {
      std::vector<std::string> names;
      for (const std::string &name : rule.from)
        names.push_back(
            fillIn(fillIn(name, layerPlace,
                          std::to_string(stack.first + layer * stack.step)),
                   expertPlace, std::to_string(expert)));
      if (addPiece(planned, rule, names, shape))
        continue;
      if (missing++ == 0)
        firstMissing = names;
    }
  if (missing)
    problem("\"{}\" {}: no file has the tensor \"{}\"{}; convert for a model "
            "without it, or start it as zeros with --zeros '{}'",
            variable.name, shapeText(variable.shape),
            fmt::join(firstMissing, "\" or \""),
            missing > 1 ? fmt::format(", nor {} other{} that belong{} to it",
                                      missing - 1, missing > 2 ? "s" : "",
                                      missing > 2 ? "" : "s")
                        : std::string(),
            variable.name);
  return planned;
}

bool Planner::fits(const std::vector<std::string> &patterns,
                   const std::string &variable) {
  bool found = false;
  for (const std::string &pattern : patterns)
    if (matchesPattern(pattern, variable)) {
      fitting.insert(pattern);
      found = true;
    }
  return found;
}

/// Names a stack of "layers" that the model lacks and that may be meant for
/// another one, ahead of all that comes of it.
void Planner::checkLayers() {
  std::set<std::string> named, known;
  for (const std::vector<std::string> &group : map.layers)
    named.insert(group.begin(), group.end());
  for (const std::string &variable : unmade)
    for (size_t at = variable.find('.'); at != std::string::npos;
         at = variable.find('.', at + 1))
      if (!named.count(variable.substr(0, at)))
        known.insert(variable.substr(0, at));
  std::vector<std::string> lacking;
  for (const std::string &stack : named) {
    if (stacks.count(stack) || known.empty())
      continue;
    std::string near = didYouMean(stack, known, "\"");
    if (near.empty() && !stacks.empty())
      continue;
    lacking.push_back(fmt::format(
        "\"layers\" of the map names \"{}\", and the model has no variables in "
        "such a stack{}{}",
        stack, near.empty() ? "" : "; ", near));
  }
  problems.insert(problems.begin(), lacking.begin(), lacking.end());
}

void Planner::checkRules() {
  for (const std::string &pattern : request.zeros)
    if (!fitting.count(pattern))
      problem("--zeros '{}' fits no variable of the model", pattern);
  for (const std::string &pattern : request.resample)
    if (!fitting.count(pattern))
      problem("--resample '{}' fits no variable of another shape", pattern);
  for (const std::string &pattern : request.grow)
    if (!fitting.count(pattern))
      problem("--grow '{}' fits no variable of another shape", pattern);
  for (const WeightRule &rule : map.rules)
    if (!rule.optional && !applied.count(&rule))
      problem("{} of the map makes \"{}\", which the model does not have; if "
              "only some models do, say \"optional\": true",
              rule.place, rule.to);
}

void Planner::checkLeftOver() {
  std::set<std::string> helped;
  std::map<std::string, std::string> seen;
  for (const TensorFile *file : request.files)
    for (const StoredTensor &tensor : file->tensors()) {
      if (auto [at, isNew] = seen.emplace(tensor.name, file->path()); !isNew)
        problem("tensor \"{}\" stands in {} and in {}", tensor.name, at->second,
                file->path());
      auto used = uses.find(&tensor);
      if (used != uses.end()) {
        int64_t elements = 0;
        for (const Use &each : used->second)
          elements += each.elements;
        if (elements < tensor.elements)
          problem("tensor \"{}\" {} of {}: the map uses {} of {} elements; add "
                  "entries that \"take\" the other parts",
                  tensor.name, tensor.text(), file->path(), elements,
                  tensor.elements);
        continue;
      }
      bool ignored = false;
      for (const std::string &pattern : request.ignore)
        if (matchesPattern(pattern, tensor.name)) {
          ignored = true;
          helped.insert(pattern);
        }
      for (const std::string &pattern : map.ignore)
        ignored = ignored || matchesPattern(pattern, tensor.name);
      if (!ignored)
        problem("tensor \"{}\" {} of {} is left over; convert for a model that "
                "has it, or leave it out with --ignore '{}'",
                tensor.name, tensor.text(), file->path(), tensor.name);
    }
  for (const std::string &pattern : request.ignore)
    if (!helped.count(pattern))
      problem("--ignore '{}' fits no tensor that is left over", pattern);
}

/// How many tensors have names that a map knows.
static size_t knownNames(const WeightMap &map,
                         const std::vector<const TensorFile *> &files) {
  size_t count = 0;
  for (const TensorFile *file : files)
    for (const StoredTensor &tensor : file->tensors())
      count += std::any_of(
          map.rules.begin(), map.rules.end(), [&](const WeightRule &rule) {
            return std::any_of(rule.from.begin(), rule.from.end(),
                               [&](const std::string &name) {
                                 return matchesPattern(name, tensor.name);
                               });
          });
  return count;
}

/// The shipped map that knows more of the names, if there is one.
std::string Planner::hint() const {
  size_t best = knownNames(map, request.files), all = 0;
  for (const TensorFile *file : request.files)
    all += file->tensors().size();
  std::string text =
      fmt::format("map {} knows {} of the {} names", map.name, best, all);
  std::string better;
  for (const ShippedMap &shipped : shippedMaps()) {
    WeightMap other = parseWeightMap(shipped.text, shipped.name);
    size_t known = knownNames(other, request.files);
    if (known <= best)
      continue;
    best = known;
    better = fmt::format("; --map {} knows {}", other.name, known);
  }
  return text + better;
}

void Planner::report() const {
  constexpr size_t most = 20;
  std::vector<std::string> shown(
      problems.begin(),
      problems.begin() + ptrdiff_t(std::min(most, problems.size())));
  if (problems.size() > most)
    shown.push_back(fmt::format("and {} more", problems.size() - most));
  std::vector<std::string> files;
  for (const TensorFile *file : request.files)
    files.push_back(file->path());
  fail("{} cannot become weights of model \"{}\": {} problem{}; {}\n  {}",
       fmt::join(files, ", "), request.model, problems.size(),
       problems.size() == 1 ? "" : "s", hint(), fmt::join(shown, "\n  "));
}

Conversion Planner::plan() {
  countLayers();
  numberLayers();
  Conversion conversion;
  for (const TensorWriter::Tensor &variable : request.variables) {
    const WeightRule *rule = ruleOf(variable.name);
    if (fits(request.zeros, variable.name))
      conversion.variables.push_back({variable, {}, /*zeros=*/true});
    else if (rule)
      conversion.variables.push_back(planVariable(variable, *rule));
    else {
      unmade.push_back(variable.name);
      problem("\"{}\" {} of the model is made by no entry of the map; add one, "
              "or start it as zeros with --zeros '{}'",
              variable.name, shapeText(variable.shape), variable.name);
    }
  }
  checkRules();
  checkLeftOver();
  checkLayers();
  if (!problems.empty())
    report();
  return conversion;
}

Conversion planConversion(const ConversionRequest &request) {
  return Planner(request).plan();
}

} // namespace moec::rt
