//===- MathCases.h - Functions of kernels and their bounds -----*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The functions that docs/numerics.md lists, in f64, and the samples at which
// the tests of the backends hold them to the bounds that are written there.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_TEST_PASSES_CODEGEN_MATHCASES_H
#define MOEC_TEST_PASSES_CODEGEN_MATHCASES_H

#include "mlir/IR/MLIRContext.h"
#include <gtest/gtest.h>
#include <string>
#include <vector>

namespace moec::test {

enum class Backend { CPU, GPU };

/// One row of the table in docs/numerics.md; `gelu tanh quotient` is what a
/// machine that prefers quotients computes for `gelu tanh`.
struct MathCase {
  std::string name;
  double (*function)(double);
  /// Beyond it nothing is promised but NaN for NaN and infinity.
  double domain;
};

/// Those that the backend computes.
std::vector<MathCase> mathCases(Backend backend);
/// The names of all rows of the table.
std::vector<std::string> documentedFunctions();
/// `gelu tanh` as gelu_tanh.
std::string identifierOf(const MathCase &function);
/// For GoogleTest.
void PrintTo(const MathCase &function, std::ostream *os);

/// Scalar code that makes %r of %v, f32: the op itself or, of an op of the
/// model, what fusion lowers it to; of a gradient, that of a result's gradient
/// of 1. Sets `error` if that fails.
std::string bodyOf(const MathCase &function, mlir::MLIRContext &context,
                   std::string &error);

/// All exponents of f32, both signs, densely where functions saturate or change
/// their formula, zeros, infinities, NaN and subnormal numbers.
std::vector<float> mathSamples();
/// All numbers of bf16.
std::vector<uint16_t> halfSamples();

float fromHalf(uint16_t half);

/// Holds got[i] to the bound at x[i]; results of bf16 may be off by the half of
/// a last place of that more.
testing::AssertionResult holdsBound(const MathCase &function, Backend backend,
                                    const std::vector<float> &x,
                                    const std::vector<float> &got, bool bf16);

} // namespace moec::test

#endif // MOEC_TEST_PASSES_CODEGEN_MATHCASES_H
