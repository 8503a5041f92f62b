//===- CompileModel.h - From a model file to a module file -----*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_LIB_DRIVER_COMPILEMODEL_H
#define MOEC_LIB_DRIVER_COMPILEMODEL_H

#include "lib/Driver/Tuning.h"
#include "lib/Target/Flags.h"
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace moec::driver {

/// What `moec compile`, and the commands that take a model, ask for. No MLIR
/// here: the command line is compiled with exceptions, MLIR is not.
struct CompileRequest {
  std::string model;           ///< JSON file, "-": standard input
  std::string output;          ///< "-": standard output, only for text
  std::string emit = "module"; ///< a phase; see phaseNames()
  /// The phase whose text `model` is instead of JSON, or empty.
  std::string from;
  bool locations = false; ///< in text: where in the model each op stands
  bool train = false;
  bool trainIfDescribed = false; ///< the same, if there is a training section
  int64_t batch = 0;             ///< 0: as the model says
  std::string target;            ///< see targetHelp(); empty: the default
  target::FlagValues flags;      ///< of targetFlags()
  /// What contractions multiply, "f32" or "bf16"; empty: what the model says.
  std::string precision;
  std::string dumpPasses; ///< folder, or empty
  bool timing = false;
  bool printMemoryPlan = false;
  int64_t memoryLimit = 0; ///< bytes that a run may take; 0: any number
  std::string tuningFile;  ///< "": none; who reads it fills `tuning`
  /// Schedules that come before those of the cost model.
  std::optional<Schedules> tuning;
  /// Called with the kernels that have a schedule, if `tuning` is given; of
  /// each shape at most so many candidates.
  std::function<void(std::vector<PlannedKernel>)> planned;
  int64_t candidates = 0;
  std::vector<std::string> disabledPasses; ///< of optionalPasses()
  std::string remarks; ///< print those whose category matches this expression
};

/// "moe, autodiff, ..., module".
std::string phaseNames();

/// "cpu (default), or an NVIDIA GPU such as ..", and what else only some
/// targets know.
std::string targetHelp();
std::vector<target::Flag> targetFlags();

/// What may be left out.
std::vector<std::string> optionalPasses();

/// What tuning files say of the machine that the request compiles for; throws
/// nothing: null, after a message, where it is no CPU.
std::optional<TuningMachine> tuningMachine(const CompileRequest &request);

/// The version of LLVM that is linked.
std::string llvmVersion();

/// Compiles a model and writes the result, or only messages on standard error
/// and nothing else. The exit code: 0, 1 (model), 2 (usage) or 4 (resources).
int compileModel(const CompileRequest &request);

/// The JSON Schema of models, and the ops that they may use, as text.
std::string schemaText();
std::string opsText();

} // namespace moec::driver

#endif // MOEC_LIB_DRIVER_COMPILEMODEL_H
