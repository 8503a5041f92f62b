//===- Weights.cpp - Parameters to and from files -------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/data/Weights.h"
#include "runtime/core/Fail.h"

#include <cstring>
#include <set>

namespace moec::rt {

std::string stateTensorName(int64_t state, const std::string &parameter) {
  return fmt::format("state{}/{}", state, parameter);
}

std::vector<SafeTensor> sessionTensors(Session &session, bool withState) {
  std::vector<SafeTensor> tensors;
  auto add = [&](const Parameter &parameter, std::string name,
                 const float *block) {
    tensors.push_back({std::move(name), "F32", parameter.shape,
                       std::string_view(reinterpret_cast<const char *>(
                                            block + parameter.offset),
                                        size_t(parameter.elements) * 4)});
  };
  for (const Parameter &parameter : session.manifest().parameters)
    add(parameter, parameter.name, session.readParams());
  for (int64_t i = 0; withState && i < session.stateCount(); ++i)
    for (const Parameter &parameter : session.manifest().parameters)
      add(parameter, stateTensorName(i, parameter.name), session.readState(i));
  return tensors;
}

void saveWeights(Session &session, const std::string &path) {
  writeSafetensors(
      path, sessionTensors(session, false),
      {{formatKey, "moec.weights/2"}, {"model", session.manifest().model}});
}

void readSessionTensors(Session &session, const SafetensorsFile &file,
                        bool withState) {
  std::vector<SafeTensor> wanted = sessionTensors(session, withState);
  std::vector<std::string> problems;
  std::set<std::string_view> names;
  for (const SafeTensor &want : wanted) {
    names.insert(want.name);
    const SafeTensor *have = file.find(want.name);
    if (!have)
      problems.push_back(fmt::format("missing \"{}\" F32 {}", want.name,
                                     shapeText(want.shape)));
    else if (have->dtype != "F32" || have->shape != want.shape)
      problems.push_back(fmt::format("\"{}\": expected F32 {}, got {} {}",
                                     want.name, shapeText(want.shape),
                                     have->dtype, shapeText(have->shape)));
  }
  bool isCheckpoint =
      file.metadata(formatKey).rfind("moec.checkpoint/", 0) == 0;
  for (const SafeTensor &have : file.tensors()) {
    bool isState = isCheckpoint && have.name.rfind("state", 0) == 0 &&
                   have.name.find('/') != std::string::npos;
    if (!names.count(have.name) && !(isState && !withState))
      problems.push_back(fmt::format("unexpected \"{}\" {} {}", have.name,
                                     have.dtype, shapeText(have.shape)));
  }
  if (!problems.empty())
    fail("{} does not fit model \"{}\": {} problem{}\n  {}", file.path(),
         session.manifest().model, problems.size(),
         problems.size() == 1 ? "" : "s", fmt::join(problems, "\n  "));
  // From here on these bytes, at the same addresses, are the newer ones.
  session.params();
  for (int64_t i = 0; withState && i < session.stateCount(); ++i)
    session.state(i);
  for (const SafeTensor &want : wanted)
    if (!want.bytes.empty())
      std::memcpy(const_cast<char *>(want.bytes.data()),
                  file.find(want.name)->bytes.data(), want.bytes.size());
}

void loadWeights(Session &session, const std::string &path) {
  SafetensorsFile file(path);
  readSessionTensors(session, file, false);
}

} // namespace moec::rt
