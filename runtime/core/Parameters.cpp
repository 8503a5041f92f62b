//===- Parameters.cpp - Start values of parameters ------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/core/Random.h"
#include "runtime/core/Session.h"
#include "runtime/core/Threads.h"

#include <algorithm>
#include <cmath>

namespace moec::rt {

/// Uniform in (0, 1), from the upper 53 of 64 bits, never 0 or 1.
static double unit(uint32_t high, uint32_t low) {
  uint64_t bits = (uint64_t(high) << 32 | low) >> 11;
  return (double(bits) + 0.5) * 0x1p-53;
}

/// Elements 2*pair and 2*pair + 1 of a stream: standard normal by Box and
/// Muller, or uniform in (-1, 1).
static void drawPair(uint64_t key, uint64_t pair, bool normal, double out[2]) {
  auto bits = philox({uint32_t(pair), uint32_t(pair >> 32), 1, 0}, key);
  double a = unit(bits[0], bits[1]), b = unit(bits[2], bits[3]);
  if (!normal) {
    out[0] = 2 * a - 1;
    out[1] = 2 * b - 1;
    return;
  }
  double radius = std::sqrt(-2 * std::log(a)), angle = 2 * M_PI * b;
  out[0] = radius * std::cos(angle);
  out[1] = radius * std::sin(angle);
}

void Session::initParameters(uint64_t seed) {
  using Kind = ParameterInit::Kind;
  float *block = params();
  int team = teamThreads(options.threads);
  for (const Parameter &parameter : manifest().parameters) {
    float *values = block + parameter.offset;
    const ParameterInit &init = parameter.init;
    if (init.kind == Kind::Zeros || init.kind == Kind::Ones ||
        init.kind == Kind::Constant) {
      float value = init.kind == Kind::Zeros  ? 0.0f
                    : init.kind == Kind::Ones ? 1.0f
                                              : float(init.value);
      std::fill(values, values + parameter.elements, value);
      continue;
    }
    uint64_t key = streamKey(seed, parameter.name);
    bool normal = init.kind == Kind::Normal;
    int64_t pairs = (parameter.elements + 1) / 2;
#pragma omp parallel for num_threads(team) if (pairs > 4096)
    for (int64_t pair = 0; pair < pairs; ++pair) {
      double drawn[2];
      drawPair(key, uint64_t(pair), normal, drawn);
      for (int64_t i = 2 * pair, j = 0; i < parameter.elements && j < 2;
           ++i, ++j)
        values[i] = float(drawn[j] * init.value);
    }
  }
}

} // namespace moec::rt
