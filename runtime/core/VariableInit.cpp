//===- VariableInit.cpp - Start values of variables -----------------------===//
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
#include <cstring>

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

/// The same number everywhere: of other types than f32, 0 or 1.
static void fill(char *data, const Variable &variable, double value) {
  switch (variable.dtype) {
  case DType::BF16:
    std::fill_n(reinterpret_cast<uint16_t *>(data), variable.elements,
                uint16_t(value == 0 ? 0 : 0x3f80));
    return;
  case DType::U8:
    std::fill_n(reinterpret_cast<uint8_t *>(data), variable.elements,
                uint8_t(value));
    return;
  case DType::I32:
    std::fill_n(reinterpret_cast<int32_t *>(data), variable.elements,
                int32_t(value));
    return;
  case DType::F32:
    break;
  }
  std::fill_n(reinterpret_cast<float *>(data), variable.elements, float(value));
}

/// f32 numbers at random. `key` is that of the variable's stream, whose numbers
/// go to the elements in order, with `alike` to those at 0 along that axis and
/// from there to the others.
static void draw(float *values, const Variable &variable, uint64_t key,
                 int team) {
  bool normal = variable.init.kind == VariableInit::Kind::Normal;
  int64_t copies = 1, inner = variable.elements;
  if (size_t axis = size_t(variable.init.alike); variable.init.alike >= 0) {
    copies = variable.shape[axis];
    inner = 1;
    for (size_t i = axis + 1; i < variable.shape.size(); ++i)
      inner *= variable.shape[i];
  }
  if (variable.elements == 0)
    return;
  int64_t count = variable.elements / copies, pairs = (count + 1) / 2;
#pragma omp parallel for num_threads(team) if (pairs > 4096)
  for (int64_t pair = 0; pair < pairs; ++pair) {
    double drawn[2];
    drawPair(key, uint64_t(pair), normal, drawn);
    for (int64_t i = 2 * pair, j = 0; i < count && j < 2; ++i, ++j) {
      float *first = values + i / inner * copies * inner + i % inner;
      for (int64_t copy = 0; copy < copies; ++copy)
        first[copy * inner] = float(drawn[j] * variable.init.value);
    }
  }
}

void Session::initVariables(uint64_t seed, bool keepWeights) {
  using Kind = VariableInit::Kind;
  int team = teamThreads(options.threads);
  const std::vector<Variable> &variables = manifest().variables;
  for (size_t i = 0; i < variables.size(); ++i) {
    const Variable &variable = variables[i];
    if ((keepWeights && isWeight(variable.role)) ||
        variable.role == Role::Shadow)
      continue;
    char *data = this->variable<char>(int64_t(i));
    switch (variable.init.kind) {
    case Kind::Zeros:
      fill(data, variable, 0);
      break;
    case Kind::Ones:
      fill(data, variable, 1);
      break;
    case Kind::Constant:
      fill(data, variable, variable.init.value);
      break;
    case Kind::Normal:
    case Kind::Uniform:
      draw(reinterpret_cast<float *>(data), variable,
           streamKey(seed, variable.name), team);
      break;
    }
  }
  for (size_t i = 0; i < variables.size(); ++i)
    if (variables[i].role == Role::Shadow && !keepWeights)
      startShadow(int64_t(i));
}

void Session::startShadow(int64_t index) {
  const Variable &shadow = manifest().variables.at(size_t(index));
  if (shadow.elements > 0)
    std::memcpy(variable<char>(index), readVariable<char>(shadow.of),
                size_t(shadow.bytes()));
}

} // namespace moec::rt
