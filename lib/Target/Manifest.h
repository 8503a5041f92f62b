//===- Manifest.h - The JSON manifest of a module ---------------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_LIB_TARGET_MANIFEST_H
#define MOEC_LIB_TARGET_MANIFEST_H

#include "lib/Target/Target.h"

namespace moec::target {

/// The manifest (docs/module-format.md) of a module with `kernel.program` ops,
/// in the last phase of IR of a target: variables, blocks, entries and what
/// they launch are the same for all, and the target describes itself and its
/// kernels. Fails, with a diagnostic, if a kernel is missing or not lowered.
mlir::FailureOr<std::string> buildManifest(mlir::ModuleOp module,
                                           const Machine &machine);

/// Attributes that are plain data: dictionaries, arrays, texts and numbers, and
/// those of the kernel dialect that the manifest has: ports and tensor maps.
llvm::json::Value toJson(mlir::Attribute attr);

/// Writes those of the agreed `attributes` that `function` has.
template <typename... Attributes>
void put(llvm::json::Object &kernel, mlir::Operation *function,
         const Attributes &...attributes) {
  auto one = [&](const auto &attribute) {
    if (mlir::Attribute value = attribute.get(function))
      kernel[attribute.key()] = toJson(value);
  };
  (one(attributes), ...);
}

} // namespace moec::target

#endif // MOEC_LIB_TARGET_MANIFEST_H
