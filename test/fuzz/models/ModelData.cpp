//===- ModelData.cpp - Inputs and parameters of a case --------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "test/fuzz/models/ModelData.h"
#include "lib/Reference/Random.h"

#include <cmath>

using namespace moec::fuzz;
using moec::reference::Random;

/// Numbers that depend on a seed and a name.
static Random randomOf(uint64_t seed, const std::string &name) {
  Random random(seed);
  for (char c : name)
    random.mix(uint64_t(static_cast<unsigned char>(c)));
  return random;
}

Data::Data(const nlohmann::json &said)
    : number(said.at("seed")), inputs(said.at("inputs")),
      weights(said.at("weights")), rate(said.at("rate")) {}

std::vector<double> Data::input(const std::string &name,
                                const std::string &dtype,
                                const std::vector<int64_t> &shape, int step,
                                int64_t classes) const {
  int64_t count = 1;
  for (int64_t extent : shape)
    count *= extent;
  Random random = randomOf(number * 4 + uint64_t(step), name);
  if (shape.empty()) {
    if (name == "learning_rate")
      return {double(float(rate))};
    if (name == "half_cosine")
      return {double(float(random.uniform()))};
    return {name == "step" ? double(step) : double(random.next() % 100000)};
  }
  std::vector<double> values(static_cast<size_t>(count));
  if (dtype == "i32") {
    for (double &value : values)
      value = double(random.next() % uint64_t(classes > 0 ? classes : 2));
    return values;
  }
  // Each position along the innermost axis repeats the first of its row, or
  // most are zero.
  int64_t width = shape.back();
  double scale = inputs == "large"  ? std::pow(10, 1 + 4 * random.uniform())
                 : inputs == "huge" ? std::pow(10, 10 + 20 * random.uniform())
                 : inputs == "tiny" ? 1e-4
                                    : 1;
  double offset = inputs == "shifted" ? 100 * random.normal() : 0;
  for (int64_t i = 0; i < count; ++i) {
    double value = random.normal() * scale + offset;
    if (inputs == "constant" && i % width)
      value = values[i - 1];
    if (inputs == "sparse" && random.next() % 4)
      value = 0;
    if (dtype == "u8" && !(inputs == "constant" && i % width) && value != 0)
      value = double(random.next() % 256);
    values[i] = dtype == "u8" ? value : double(float(value));
  }
  return values;
}

void Data::changeParameter(const std::string &name, float *values,
                           int64_t count) const {
  if (weights == "init")
    return;
  Random random = randomOf(number, name);
  // Biases and norms start as constants, with which much would not be seen.
  double scale = weights == "large" ? 8 : 1;
  for (int64_t i = 0; i < count; ++i) {
    double start = values[i];
    if (weights == "zeros")
      values[i] = random.next() % 2 ? 0.f : values[i];
    else
      values[i] = float(scale * (start + 0.3 * random.normal()));
  }
}
