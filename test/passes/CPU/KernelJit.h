//===- KernelJit.h - Compiles a kernel function for this machine -*- C++
//-*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_TEST_PASSES_CPU_KERNELJIT_H
#define MOEC_TEST_PASSES_CPU_KERNELJIT_H

#include "mlir/ExecutionEngine/ExecutionEngine.h"
#include "mlir/IR/BuiltinOps.h"
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace moec::test {

/// One kernel, compiled by the CPU pipeline and loaded.
class KernelJit {
public:
  /// Compiles the only kernel function of `module`, which is consumed. Null and
  /// `error` if a pass fails. `pipeline` runs before moec-cpu-pipeline. The
  /// code is what `moec compile --cpu` makes for `cpu`, which this machine must
  /// be able to run; where the module names its machine, for that one.
  static std::unique_ptr<KernelJit> compile(mlir::ModuleOp module,
                                            std::string &error,
                                            const std::string &pipeline = "",
                                            const std::string &cpu = "native");

  int64_t blocks() const { return numBlocks; }
  int64_t scratchBytes() const { return scratchSize; }
  /// Blocks [begin, end) with the operands at `args`, in this thread, with
  /// `scratch`, 64-byte aligned, or one of its own.
  void run(void *const *args, int64_t begin, int64_t end,
           void *scratch = nullptr);
  /// Writes the object code, to be disassembled.
  void dumpObject(const std::string &path) { engine->dumpToObjectFile(path); }

private:
  using Function = void (*)(void *const *, int64_t, int64_t, void *);
  std::unique_ptr<mlir::ExecutionEngine> engine;
  Function function = nullptr;
  int64_t numBlocks = 0, scratchSize = 0;
  std::vector<char> scratch;
};

/// A context with all of moec's dialects and their translation to LLVM IR.
std::unique_ptr<mlir::MLIRContext> makeContext();

} // namespace moec::test

#endif // MOEC_TEST_PASSES_CPU_KERNELJIT_H
