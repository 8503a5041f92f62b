//===- HostInputs.cpp - Inputs that the loop fills ------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/train/HostInputs.h"
#include "runtime/core/Fail.h"

namespace moec::rt {

namespace {
struct HostInput {
  const char *name;
  double (*value)(const HostValues &values);
};
} // namespace

static const HostInput hostInputs[] = {
    {"learning_rate", [](const HostValues &v) { return v.learningRate; }},
    {"step", [](const HostValues &v) { return double(v.step); }},
    {"seed", [](const HostValues &v) { return double(int32_t(v.seed)); }},
    {"half_cosine", [](const HostValues &v) { return v.halfCosine; }}};

static const HostInput &requireHostInput(const Entry &entry,
                                         const std::string &name) {
  std::vector<std::string> names;
  for (const HostInput &known : hostInputs) {
    if (name == known.name)
      return known;
    names.emplace_back(known.name);
  }
  fail("entry {}: the training loop knows no \"{}\" (input of source host), "
       "only {}; compile the model with the compiler of this runtime",
       entry.name, name, fmt::join(names, ", "));
}

void checkHostInputs(const Entry &entry) {
  for (const InputInfo &input : entry.inputs) {
    if (input.source != InputSource::Host)
      continue;
    requireHostInput(entry, input.name);
    if (input.elements != 1 || input.dtype == DType::U8)
      fail("entry {}: input \"{}\" of the training loop should be a scalar of "
           "f32 or i32, got {} {}",
           entry.name, input.name, dtypeName(input.dtype),
           shapeText(input.shape));
  }
}

void setHostInputs(Session &session, int64_t index, const HostValues &values) {
  const Entry &entry = session.manifest().entries.at(size_t(index));
  checkHostInputs(entry);
  for (size_t i = 0; i < entry.inputs.size(); ++i) {
    if (entry.inputs[i].source != InputSource::Host)
      continue;
    double value = requireHostInput(entry, entry.inputs[i].name).value(values);
    void *to = session.input(index, int64_t(i));
    if (entry.inputs[i].dtype == DType::I32)
      *static_cast<int32_t *>(to) = int32_t(value);
    else
      *static_cast<float *>(to) = float(value);
  }
}

} // namespace moec::rt
