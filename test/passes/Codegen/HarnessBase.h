//===- HarnessBase.h - What the kernel harnesses share ---------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_TEST_PASSES_CODEGEN_HARNESSBASE_H
#define MOEC_TEST_PASSES_CODEGEN_HARNESSBASE_H

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/IR/OwningOpRef.h"
#include <gtest/gtest.h>
#include <memory>
#include <string>
#include <vector>

namespace moec::test {

/// The one kernel function in a piece of MLIR, its operands, and the comparison
/// of every output with KernelReference. A backend compiles and runs it.
/// Operands end at a page that must not be touched, so a read or write past the
/// end ends the program.
class HarnessBase {
public:
  HarnessBase(const HarnessBase &) = delete;
  HarnessBase &operator=(const HarnessBase &) = delete;

  /// Fills every f32 and bf16 operand from U(-1, 1), integers with 0.
  void randomize(uint32_t seed = 1);
  /// Elements of operand `number` (inputs, then outs), to be set by the test.
  template <typename T> T *data(unsigned number) {
    return static_cast<T *>(operands[number].data);
  }
  int64_t size(unsigned number) const { return operands[number].count; }
  unsigned numInputs() const { return inputs; }
  /// The addresses of all operands, and the bytes that they take together.
  std::vector<void *> arguments() const;
  int64_t totalBytes() const;

  virtual bool compiled() const = 0;
  /// Launches the kernel once; outs that it does not write keep their value.
  /// `alias` gives for each operand the operand whose memory it uses: the
  /// operand itself, or one before it.
  virtual testing::AssertionResult
  run(const std::vector<unsigned> &alias = {}) = 0;

  /// Runs it against the reference, |got - want| <= tolerance * (1 + |want|),
  /// or a last place of bf16 at outs of that type, which a sum in another order
  /// may move; then again, which must give the same bits. Elements that the
  /// kernel does not define must keep their value.
  testing::AssertionResult check(double tolerance = 1e-5);

protected:
  /// Parses `source`; `op` stays null and `error` says why if it holds none.
  HarnessBase(std::unique_ptr<mlir::MLIRContext> context,
              llvm::StringRef source);
  virtual ~HarnessBase();

  /// The second run of check(): in another order where there is one.
  virtual testing::AssertionResult runAgain() { return run(); }
  /// Shown behind wrong results.
  virtual std::string code() const { return {}; }

  struct Operand {
    mlir::Type type;
    int64_t count, bytes;
    void *data, *mapping;
    size_t mapped;
  };
  std::unique_ptr<mlir::MLIRContext> context;
  mlir::OwningOpRef<mlir::ModuleOp> module; // before the pipeline
  mlir::Operation *op = nullptr;            // the kernel op in it
  std::string error;
  std::vector<Operand> operands;

private:
  unsigned inputs = 0;

  void poisonOuts();
  std::vector<std::vector<char>> snapshotOuts();
  testing::AssertionResult compare(double tolerance);
};

} // namespace moec::test

#endif // MOEC_TEST_PASSES_CODEGEN_HARNESSBASE_H
