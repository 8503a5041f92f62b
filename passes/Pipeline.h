//===- Pipeline.h - The form of all phases ----------------------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A phase's pipeline asks before it adds a pass that the phases behind it can
// do without: `if (wants("fuse-emit")) ...`. That question is all that makes a
// pass optional: --disable-pass and its list in --help follow from it.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_PASSES_PIPELINE_H
#define MOEC_PASSES_PIPELINE_H

#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassOptions.h"
#include "mlir/Pass/PassRegistry.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/STLFunctionalExtras.h"

namespace moec {

/// Whether an optional pass is wanted; its name is its flag without "moec-".
using PassPredicate = llvm::function_ref<bool(llvm::StringRef name)>;

/// What every phase has: it adds its passes, asking for the optional ones. All
/// else that they depend on stands in the module.
using PipelineBuilder = void (*)(mlir::OpPassManager &pm, PassPredicate wants);

/// In moec-opt a pipeline has the option `disable`.
struct PipelineOptions : public mlir::PassPipelineOptions<PipelineOptions> {
  ListOption<std::string> disabled{
      *this, "disable",
      llvm::cl::desc("Passes to leave out, by flag without 'moec-'")};
};

inline void registerPipeline(llvm::StringRef flag, llvm::StringRef summary,
                             PipelineBuilder build) {
  mlir::PassPipelineRegistration<PipelineOptions>(
      flag, summary,
      [build](mlir::OpPassManager &pm, const PipelineOptions &options) {
        build(pm, [&](llvm::StringRef name) {
          return !llvm::is_contained(options.disabled, name);
        });
      });
}

} // namespace moec

#endif // MOEC_PASSES_PIPELINE_H
