//===- KernelHarness.cpp - Holds compiled kernels to their meaning --------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "KernelHarness.h"

using namespace mlir;

namespace moec::test {

KernelHarness::KernelHarness(llvm::StringRef source,
                             const std::string &pipeline,
                             const std::string &cpu)
    : HarnessBase(makeContext(), source) {
  if (!op)
    return;
  OwningOpRef<ModuleOp> copy(module->clone());
  jit = KernelJit::compile(*copy, error, pipeline, cpu);
}

testing::AssertionResult
KernelHarness::run(const std::vector<unsigned> &alias) {
  if (!jit)
    return testing::AssertionFailure() << "does not compile: " << error;
  std::vector<void *> args = arguments();
  for (size_t i = 0; i < alias.size(); ++i)
    args[i] = args[alias[i]];
  jit->run(args.data(), 0, jit->blocks());
  return testing::AssertionSuccess();
}

testing::AssertionResult KernelHarness::runAgain() {
  std::vector<void *> args = arguments();
  int64_t blocks = jit->blocks();
  int64_t first = blocks / 3, second = blocks - blocks / 4;
  jit->run(args.data(), second, blocks);
  jit->run(args.data(), first, second);
  jit->run(args.data(), 0, first);
  return testing::AssertionSuccess();
}

} // namespace moec::test
