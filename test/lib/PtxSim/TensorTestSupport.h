//===- TensorTestSupport.h - Kernels with planted bugs ----------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_TEST_LIB_PTXSIM_TENSORTESTSUPPORT_H
#define MOEC_TEST_LIB_PTXSIM_TENSORTESTSUPPORT_H

#include "lib/PtxSim/Simulator.h"
#include "lib/PtxSim/TensorFloat.h"
#include "lib/PtxSim/TensorMap.h"

#include <gtest/gtest.h>

#include <cstring>
#include <fstream>
#include <random>
#include <sstream>
#include <string>
#include <vector>

namespace moec::ptxsim {

/// A program from Inputs/, to be run as it is or with a planted bug.
struct Source {
  explicit Source(const std::string &name) {
    std::ifstream file(std::string(MOEC_PTXSIM_INPUTS) + "/" + name);
    std::stringstream all;
    all << file.rdbuf();
    text = all.str();
    EXPECT_FALSE(text.empty()) << name;
  }
  static Source of(const char *text) { return Source(text, 0); }
  /// Replaces the n-th (from 0) occurrence, or all with n = -1.
  Source &change(const std::string &from, const std::string &to, int n = 0) {
    size_t at = 0;
    int seen = 0;
    bool changed = false;
    while ((at = text.find(from, at)) != std::string::npos) {
      if (n < 0 || seen == n) {
        text.replace(at, from.size(), to);
        changed = true;
        at += to.size();
      } else {
        at += from.size();
      }
      ++seen;
    }
    EXPECT_TRUE(changed) << "no '" << from << "' in the program";
    return *this;
  }
  std::string text;

private:
  Source(const char *text, int) : text(text) {}
};

using Parameters = std::vector<uint8_t>;

/// Matrices of small multiples of 1/4: every product and sum is exact.
struct Matrix {
  Matrix(int rows, int columns, unsigned seed) : rows(rows), columns(columns) {
    std::mt19937 generator(seed);
    std::uniform_int_distribution<int> value(-8, 8);
    for (int i = 0; i < rows * columns; ++i)
      values.push_back(static_cast<float>(value(generator)) / 4);
  }
  std::vector<uint16_t> bits() const {
    std::vector<uint16_t> result;
    for (float v : values)
      result.push_back(static_cast<uint16_t>(floatToBits(v) >> 16));
    return result;
  }
  int rows, columns;
  std::vector<float> values;
};

struct Outcome {
  bool faulted = false;
  FaultKind kind = FaultKind::Trap;
  std::string text;
  bool right = false; ///< every element as expected
  Counters counters;
};
inline void append(Parameters &to, const void *from, size_t bytes,
                   size_t align) {
  to.resize((to.size() + align - 1) / align * align);
  const auto *p = static_cast<const uint8_t *>(from);
  to.insert(to.end(), p, p + bytes);
}

/// A [m][k] times B [n][k], transposed.
inline std::vector<float> product(const Matrix &a, const Matrix &b) {
  std::vector<float> c;
  for (int m = 0; m < a.rows; ++m)
    for (int n = 0; n < b.rows; ++n) {
      float sum = 0;
      for (int k = 0; k < a.columns; ++k)
        sum += a.values[static_cast<size_t>(m * a.columns + k)] *
               b.values[static_cast<size_t>(n * b.columns + k)];
      c.push_back(sum);
    }
  return c;
}

inline uint64_t upload(Simulator &gpu, const Matrix &m, const char *name) {
  std::vector<uint16_t> bits = m.bits();
  uint64_t address = gpu.allocate(2 * bits.size(), name);
  gpu.copyIn(address, bits.data(), 2 * bits.size());
  return address;
}

inline TensorMap mapOf(uint64_t address, TensorMapType type, int rows,
                       int columns, uint32_t boxRows, uint32_t boxColumns,
                       unsigned swizzle) {
  TensorMap map;
  map.address = address;
  map.type = type;
  map.rank = 2;
  map.dims = {uint64_t(columns), uint64_t(rows)};
  map.strides = {uint64_t(columns) * map.elementBytes()};
  map.box = {boxColumns, boxRows};
  map.swizzle = swizzle;
  return map;
}

/// Launches a kernel of the program; a fault is in the outcome.
inline Outcome launch(const Source &source, const std::string &kernel,
                      const LaunchConfig &config, Simulator &gpu,
                      const Parameters &parameters) {
  Outcome outcome;
  try {
    Module module = Module::parse(source.text, kernel + ".ptx");
    outcome.counters = gpu.launch(module, kernel, config, parameters.data(),
                                  parameters.size());
  } catch (const Fault &fault) {
    outcome.faulted = true;
    outcome.kind = fault.kind();
    outcome.text = fault.what();
  }
  return outcome;
}

/// The same, and compares what lies at `result` then.
inline Outcome run(const Source &source, const std::string &kernel,
                   const LaunchConfig &config, Simulator &gpu,
                   const Parameters &parameters, uint64_t result,
                   const std::vector<float> &expected) {
  Outcome outcome = launch(source, kernel, config, gpu, parameters);
  if (outcome.faulted)
    return outcome;
  std::vector<float> got(expected.size());
  gpu.copyOut(got.data(), result, 4 * got.size());
  outcome.right = got == expected;
  return outcome;
}

inline void expectFault(const Outcome &outcome, FaultKind kind,
                        const std::string &text) {
  ASSERT_TRUE(outcome.faulted);
  EXPECT_EQ(faultKindName(outcome.kind), std::string(faultKindName(kind)))
      << outcome.text;
  EXPECT_NE(outcome.text.find(text), std::string::npos) << outcome.text;
}

} // namespace moec::ptxsim

#endif // MOEC_TEST_LIB_PTXSIM_TENSORTESTSUPPORT_H
