//===- Compiler.h - From model IR to a module file --------------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_LIB_DRIVER_COMPILER_H
#define MOEC_LIB_DRIVER_COMPILER_H

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"
#include <string>

namespace moec::driver {

/// The levels of the compiler, in order; each names the IR after its phase.
enum class Phase {
  MoE,      ///< canonical moe, parameters assigned
  Autodiff, ///< @train_step and @update
  Kernel,   ///< fused kernel ops on tensors
  Schedule, ///< tile sizes chosen
  Memory,   ///< programs and kernel functions
  CPU,      ///< scf + vector
  LLVM,     ///< LLVM dialect
  LLVMIR,   ///< optimised LLVM IR
  Assembly, ///< native assembly
  GPU,      ///< one gpu.module
  NVVM,     ///< NVVM dialect
  PTX,      ///< PTX text
  Module,   ///< the module file
};

/// Parses "moe", "autodiff", ..., "module".
std::optional<Phase> parsePhase(llvm::StringRef name);

/// "moe, autodiff, ..., module": those of all targets, or of one ("cpu",
/// "cuda:sm_80").
std::string phaseNames();
std::string phaseNamesOf(llvm::StringRef target);

/// Whether compilation for `target` comes through `phase`.
bool hasPhase(llvm::StringRef target, Phase phase);

/// What steers compilation; the defaults are what a user wants.
struct CompileOptions {
  /// "cpu", or a GPU: "cuda:sm_80".
  std::string target = "cpu";
  /// "native" or a name that LLVM knows.
  std::string cpu = "native";
  /// What contractions multiply, "f32" or "bf16"; empty: `moe.precision` of the
  /// module, else f32.
  std::string precision;
  /// Where to stop.
  Phase until = Phase::Module;
  /// If set, IR after each pass that changed it goes there, numbered.
  std::string dumpPasses;
  /// Prints the time of each pass to standard error.
  bool timing = false;
  /// Prints the memory of each entry to standard output.
  bool printMemoryPlan = false;
  /// Fusion passes to leave out, by name (for experiments).
  std::vector<std::string> disabledPasses;
};

/// Compiles imported model IR (see lib/Import) and writes the result of the
/// last phase to `path`: text for all but `Phase::Module`; "-" is standard
/// output for text. Diagnostics go to the context's handler. Nothing is written
/// on failure.
mlir::LogicalResult compile(mlir::ModuleOp module,
                            const CompileOptions &options,
                            llvm::StringRef path);

} // namespace moec::driver

#endif // MOEC_LIB_DRIVER_COMPILER_H
