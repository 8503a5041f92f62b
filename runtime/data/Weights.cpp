//===- Weights.cpp - Variables to and from files --------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/data/Weights.h"
#include "runtime/core/Fail.h"
#include "runtime/core/JsonView.h"
#include "runtime/core/Text.h"

#include <algorithm>
#include <cstring>
#include <set>

namespace moec::rt {

/// The name that safetensors files have for it.
static const char *fileDtype(DType dtype) {
  switch (dtype) {
  case DType::U8:
    return "U8";
  case DType::I32:
    return "I32";
  case DType::BF16:
    return "BF16";
  case DType::F32:
    break;
  }
  return "F32";
}

static bool isKept(const Variable &variable, Kept kept) {
  return kept == Kept::Weights ? isWeight(variable.role)
                               : variable.role != Role::Derived;
}

std::vector<SafeTensor> sessionTensors(Session &session, Kept kept) {
  std::vector<SafeTensor> tensors;
  const std::vector<Variable> &variables = session.manifest().variables;
  for (size_t i = 0; i < variables.size(); ++i)
    if (isKept(variables[i], kept))
      tensors.push_back(
          {variables[i].name, fileDtype(variables[i].dtype), variables[i].shape,
           std::string_view(session.readVariable<char>(int64_t(i)),
                            size_t(variables[i].bytes()))});
  return tensors;
}

void saveWeights(Session &session, const std::string &path) {
  writeSafetensors(
      path, sessionTensors(session, Kept::Weights),
      {{formatKey, "moec.weights/2"}, {"model", session.manifest().model}});
}

/// The tensors of a checkpoint that are no weights. The model may not have the
/// variables that they were: another optimizer, or no training at all.
static std::set<std::string> momentsOf(const SafetensorsFile &file) {
  std::string text = file.metadata(momentsKey);
  if (text.empty())
    return {};
  nlohmann::json names = parseJson(text, "the checkpoint's list of moments");
  std::vector<std::string> list = JsonView(names, momentsKey).strings();
  return {list.begin(), list.end()};
}

namespace {
/// Patterns, and which of them has fitted something.
class Patterns {
public:
  explicit Patterns(const std::vector<std::string> &patterns)
      : patterns(patterns) {}
  bool fit(std::string_view name) {
    bool any = false;
    for (const std::string &pattern : patterns)
      if (fitsPattern(pattern, name)) {
        fitting.insert(pattern);
        any = true;
      }
    return any;
  }
  /// Says which fit nothing.
  void check(const char *flag, const std::string &what,
             std::vector<std::string> &problems) const {
    for (const std::string &pattern : patterns)
      if (!fitting.count(pattern))
        problems.push_back(
            fmt::format("{} '{}' fits no {}", flag, pattern, what));
  }

private:
  const std::vector<std::string> &patterns;
  std::set<std::string_view> fitting;
};
} // namespace

void readSessionTensors(Session &session, const SafetensorsFile &file,
                        Kept kept, const WeightChoice &choice) {
  std::set<std::string> skipped;
  if (kept == Kept::Weights)
    skipped = momentsOf(file);
  Patterns ignore(choice.ignore), fresh(choice.fresh);
  std::vector<std::string> problems;
  std::set<std::string_view> names, own; // `own`: of variables that stay
  const std::vector<Variable> &variables = session.manifest().variables;
  for (const Variable &want : variables) {
    if (!isKept(want, kept))
      continue;
    names.insert(want.name);
    if (fresh.fit(want.name)) {
      own.insert(want.name);
      continue;
    }
    const SafeTensor *have = file.find(want.name);
    const char *dtype = fileDtype(want.dtype);
    // It starts as a copy of a parameter, whose value the file tells.
    if (!have && kept == Kept::Weights && want.role == Role::Shadow)
      continue;
    if (!have)
      problems.push_back(fmt::format("missing \"{}\" {} {}", want.name, dtype,
                                     shapeText(want.shape)));
    else if (have->dtype != dtype || have->shape != want.shape)
      problems.push_back(fmt::format("\"{}\": expected {} {}, got {} {}",
                                     want.name, dtype, shapeText(want.shape),
                                     have->dtype, shapeText(have->shape)));
  }
  for (const SafeTensor &have : file.tensors())
    if (!names.count(have.name) && !skipped.count(have.name) &&
        !ignore.fit(have.name))
      problems.push_back(fmt::format("unexpected \"{}\" {} {}", have.name,
                                     have.dtype, shapeText(have.shape)));
  ignore.check("--ignore", "tensor that the model does not have", problems);
  fresh.check("--fresh", "variable of the model", problems);
  if (!problems.empty())
    fail("{} does not fit model \"{}\": {} problem{}\n  {}{}", file.path(),
         session.manifest().model, problems.size(),
         problems.size() == 1 ? "" : "s", fmt::join(problems, "\n  "),
         kept == Kept::Weights
             ? "\n  fix: to train from a part of it, leave tensors out with "
               "--ignore NAME and variables at their start values with --fresh "
               "NAME"
             : "");
  std::vector<int64_t> shadows; // that the file lacks
  for (size_t i = 0; i < variables.size(); ++i) {
    if (!isKept(variables[i], kept) || variables[i].bytes() == 0 ||
        own.count(variables[i].name))
      continue;
    if (const SafeTensor *have = file.find(variables[i].name))
      std::memcpy(session.variable<char>(int64_t(i)), have->bytes.data(),
                  size_t(variables[i].bytes()));
    else
      shadows.push_back(int64_t(i));
  }
  for (int64_t shadow : shadows)
    session.startShadow(shadow);
}

void loadWeights(Session &session, const std::string &path,
                 const WeightChoice &choice) {
  SafetensorsFile file(path);
  readSessionTensors(session, file, Kept::Weights, choice);
}

} // namespace moec::rt
