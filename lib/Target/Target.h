//===- Target.h - What a target is to the compiler --------------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
// A target is a folder of lib/Target and one line of Targets.def. It says which
// machines it knows and what they have, which phases lead to their code, and
// how that code is emitted and described. The driver, the builder of manifests
// and the command line know targets through this interface alone.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_LIB_TARGET_TARGET_H
#define MOEC_LIB_TARGET_TARGET_H

#include "dialects/Kernel/KernelOps.h"
#include "lib/Target/Flags.h"
#include "mlir/IR/BuiltinOps.h"
#include "passes/Pipeline.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/JSON.h"
#include <memory>
#include <string>
#include <vector>

namespace moec::target {

/// A level of the compiler: what `--emit=NAME` shows.
struct Phase {
  llvm::StringLiteral name;
  /// What leads there from the phase before; null for a text that
  /// Machine::emitText makes of the last phase of IR.
  PipelineBuilder pipeline = nullptr;
  /// The check that the pipeline ends with. A text of this phase, which may
  /// have been edited, has to pass it when compilation goes on from it.
  std::unique_ptr<mlir::Pass> (*check)() = nullptr;
  /// From here on passes may read the module's machine.
  bool forMachine = true;

  bool isText() const { return !pipeline; }
};

/// Bytes that a module carries: symbol NAME, closed by a NUL, and beside it
/// `uint64_t NAME_size`, which does not count the NUL.
struct DataSymbol {
  std::string name, bytes;
};

/// What a module file is made of, beside its manifest.
struct Code {
  std::vector<std::string> objects; ///< object files
  std::vector<DataSymbol> data;
};

/// Where files may lie that another program is to read or write. They are
/// removed at the end.
using ScratchFolder = llvm::function_ref<llvm::Expected<std::string>()>;

/// One machine of a target: what `--target` and the target's flags select.
class Machine {
public:
  virtual ~Machine();

  /// Leaves out what nothing in `module` asks for, so that the code does not
  /// demand it of the machine that runs it. Called before all others.
  virtual void narrowTo(mlir::ModuleOp module) {}
  /// What passes see of it: `kernel.machine` of the module.
  virtual kernel::MachineInterface
  describe(mlir::MLIRContext *context) const = 0;

  /// The text of a phase, from a module in the last phase of IR.
  virtual llvm::Expected<std::string> emitText(mlir::ModuleOp module,
                                               llvm::StringRef phase) = 0;
  /// Code objects, from the same. May note on the kernels what the code
  /// generator says of them.
  virtual llvm::Expected<Code> emitCode(mlir::ModuleOp module,
                                        ScratchFolder scratch) = 0;

  /// `target` of the manifest.
  virtual llvm::json::Object manifest() const = 0;
  /// The op whose symbols are the kernels, in the last phase of IR.
  virtual mlir::Operation *kernelTable(mlir::ModuleOp module) const {
    return module;
  }
  /// The record of a kernel in the manifest: what a launch of it needs. Fails,
  /// with a diagnostic, for one that was not lowered.
  virtual mlir::FailureOr<llvm::json::Object>
  describeKernel(mlir::Operation *function) const = 0;
};

/// A folder of lib/Target.
class Target {
public:
  virtual ~Target();

  /// What `--target` begins with: "cpu", or "cuda" of "cuda:sm_80".
  virtual llvm::StringRef name() const = 0;
  /// What may stand there, for the help: "cpu".
  virtual std::string help() const = 0;
  virtual std::vector<Flag> flags() const { return {}; }
  /// The phases behind `memory`, in order: first IR, then text.
  virtual llvm::ArrayRef<Phase> phases() const = 0;
  /// The machine that `variant`, the part of `--target` behind "NAME:", and the
  /// target's flags mean. Unknown ones are an error that names what is known.
  virtual llvm::Expected<std::unique_ptr<Machine>>
  select(llvm::StringRef variant, const FlagValues &flags) const = 0;
  /// Makes the targets of LLVM known that emission uses.
  virtual void initializeLLVM() const = 0;
};

/// All targets; the first is the default.
llvm::ArrayRef<const Target *> targets();

/// The target that `--target TEXT` names and the variant of it; for an empty
/// text the default. An unknown one is an error that names all.
llvm::Expected<std::pair<const Target *, std::string>>
findTarget(llvm::StringRef text);

/// The machine that the flags of a command line select. A flag of another
/// target is an error.
llvm::Expected<std::unique_ptr<Machine>> select(llvm::StringRef text,
                                                const FlagValues &flags);

} // namespace moec::target

#endif // MOEC_LIB_TARGET_TARGET_H
