//===- ModelWork.h - What a model holds and does ---------------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_LIB_DRIVER_MODELWORK_H
#define MOEC_LIB_DRIVER_MODELWORK_H

#include <cstdint>
#include <optional>
#include <string>

namespace moec::driver {

/// Of the entry `infer`. No MLIR here, as in CompileModel.h.
struct ModelWork {
  int64_t parameters = 0;
  /// 2 per multiply-add of a contraction, as `moec inspect` counts them, for an
  /// image.
  double flopsPerImage = 0;
};

/// Imports a model's JSON text and lowers it to kernels, which takes no memory
/// for its weights, however many. `name` is that of a file, for the messages,
/// which go to standard error; nothing after them.
std::optional<ModelWork> measureModel(const std::string &text,
                                      const std::string &name);

/// What the importer says against a model's JSON text, each problem with its
/// place in a file of this name, and with its training section if there is one;
/// "" if it imports.
std::string modelProblems(const std::string &text, const std::string &name);

} // namespace moec::driver

#endif // MOEC_LIB_DRIVER_MODELWORK_H
