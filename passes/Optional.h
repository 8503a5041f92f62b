//===- Optional.h - Passes that a pipeline may leave out --------*- C++ -*-===//
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

#ifndef MOEC_PASSES_OPTIONAL_H
#define MOEC_PASSES_OPTIONAL_H

#include "mlir/Pass/PassOptions.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/STLFunctionalExtras.h"

namespace moec {

/// Whether an optional pass is wanted; its name is its flag without "moec-".
using PassPredicate = llvm::function_ref<bool(llvm::StringRef name)>;

/// A pipeline with optional passes has the option `disable` in moec-opt.
template <typename Options>
struct OptionalPassOptions : public mlir::PassPipelineOptions<Options> {
  typename mlir::PassPipelineOptions<Options>::template ListOption<std::string>
      disabled{*this, "disable",
               llvm::cl::desc("Passes to leave out, by flag without 'moec-'")};

  bool wants(llvm::StringRef name) const {
    return !llvm::is_contained(disabled, name);
  }
};

/// For pipelines without other options.
struct OnlyOptionalPasses : public OptionalPassOptions<OnlyOptionalPasses> {};

} // namespace moec

#endif // MOEC_PASSES_OPTIONAL_H
