//===- Soundness.cpp - Whether a model is worth keeping -------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/train/Soundness.h"
#include "runtime/core/Fail.h"
#include "runtime/train/Feed.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace moec::rt {

int64_t probeEntry(const Manifest &manifest) {
  const char *name = manifest.findEntry("eval") >= 0 ? "eval" : "infer";
  int64_t best = -1;
  for (size_t i = 0; i < manifest.entries.size(); ++i)
    if (manifest.entries[i].name == name && manifest.entries[i].batch > 0 &&
        (best < 0 || manifest.entries[i].batch < manifest.entries[best].batch))
      best = int64_t(i);
  return best;
}

/// The root of the largest f32: the next step would overflow where it squares.
static constexpr float tooLarge = 1.8e19f;

/// "3 of its 96 numbers are nan, infinite or beyond 1.8e+19", or "".
static std::string notSound(const float *values, int64_t count, float limit) {
  int64_t bad = 0;
  for (int64_t i = 0; i < count; ++i)
    bad += !(std::fabs(values[i]) <= limit); // a comparison with NaN is false
  return bad ? fmt::format("{} of its {} numbers {} nan, infinite or beyond "
                           "{:.2g}",
                           bad, count, bad == 1 ? "is" : "are", limit)
             : std::string();
}

std::string ruinOf(Session &session, const Dataset &data) {
  const std::vector<Variable> &variables = session.manifest().variables;
  for (size_t i = 0; i < variables.size(); ++i) {
    const Variable &variable = variables[i];
    if (variable.dtype != DType::F32 || variable.role == Role::Derived)
      continue;
    std::string bad = notSound(
        session.readVariable(int64_t(i)), variable.elements,
        // Moments may be squares.
        isWeight(variable.role) ? tooLarge : std::numeric_limits<float>::max());
    if (!bad.empty())
      return fmt::format("{} \"{}\": {}", roleName(variable.role),
                         variable.name, bad);
  }
  int64_t probe = probeEntry(session.manifest());
  if (probe < 0)
    return "";
  Feed feed(session, probe, data);
  std::vector<int64_t> order(size_t(std::min(feed.batch(), data.count())));
  std::iota(order.begin(), order.end(), 0);
  feed.fill(order, 0, int64_t(order.size()));
  session.run(probe);
  const std::vector<OutputInfo> &outputs =
      session.manifest().entries[probe].outputs;
  for (size_t i = 0; i < outputs.size(); ++i) {
    if (outputs[i].dtype != DType::F32)
      continue;
    std::string bad =
        notSound(static_cast<const float *>(session.output(probe, int64_t(i))),
                 outputs[i].elements, tooLarge);
    if (!bad.empty())
      return fmt::format("output \"{}\" for training images: {}",
                         outputs[i].name, bad);
  }
  return "";
}

} // namespace moec::rt
