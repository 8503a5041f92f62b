//===- ModelData.h - Inputs and parameters of a case ------------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_TEST_FUZZ_MODELS_MODELDATA_H
#define MOEC_TEST_FUZZ_MODELS_MODELDATA_H

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace moec::fuzz {

/// What a case says of its numbers: {"seed", "inputs": "normal", "large",
/// "huge", "tiny", "constant", "sparse" or "shifted", "weights": "init",
/// "normal", "large", "zeros", "rate": learning rate}. Each array depends on
/// seed and name alone.
class Data {
public:
  explicit Data(const nlohmann::json &said);

  uint64_t seed() const { return number; }
  /// The values of an input. `classes` above 0: labels. Step, seed and
  /// learning rate are scalars of training.
  std::vector<double> input(const std::string &name, const std::string &dtype,
                            const std::vector<int64_t> &shape, int step,
                            int64_t classes) const;
  /// Makes of the start values of a parameter or statistic what the case says.
  void changeParameter(const std::string &name, float *values,
                       int64_t count) const;

private:
  uint64_t number;
  std::string inputs, weights;
  double rate;
};

} // namespace moec::fuzz

#endif // MOEC_TEST_FUZZ_MODELS_MODELDATA_H
