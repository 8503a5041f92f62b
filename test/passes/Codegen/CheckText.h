//===- CheckText.h - One kernel through a harness --------------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_TEST_PASSES_CODEGEN_CHECKTEXT_H
#define MOEC_TEST_PASSES_CODEGEN_CHECKTEXT_H

#include "test/passes/Codegen/KernelText.h"
#include <gtest/gtest.h>

namespace moec::test {

/// Compiles the kernel, runs it on random data and compares it with its
/// definition.
template <typename Harness>
testing::AssertionResult checkText(const KernelText &text,
                                   double tolerance = 1e-5) {
  Harness harness(text.str());
  harness.randomize();
  auto result = harness.check(tolerance);
  return result ? result : result << "\n" << text.str();
}

} // namespace moec::test

#endif // MOEC_TEST_PASSES_CODEGEN_CHECKTEXT_H
