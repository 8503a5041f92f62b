//===- DataOptions.h - Where a command takes its images from -- -*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_RUNTIME_TOOL_DATAOPTIONS_H
#define MOEC_RUNTIME_TOOL_DATAOPTIONS_H

#include "runtime/data/HoldOut.h"

#include <optional>

namespace CLI {
class App;
}

namespace moec::rt {

struct DataOptions {
  std::string source;                      ///< KIND:PATH
  std::vector<std::string> transforms;     ///< of training images, in order
  std::vector<std::string> testTransforms; ///< of test images, in order
  std::optional<int64_t> testImages;       ///< only the first so many of them
  /// The share of the training images that are the test images.
  std::optional<double> validation;
  uint64_t validationSeed = 0;
  bool skipDamaged = false;
};

/// Adds --data and what goes with it. `otherwise`: how many test images are
/// taken when --test-images does not say.
void addDataOptions(CLI::App &app, DataOptions &options, bool training,
                    const char *otherwise);

/// The images that options ask for.
class CommandData {
public:
  explicit CommandData(const DataOptions &options) : options(options) {}

  /// Each throws Error for what cannot be had; files that were left out are
  /// said in a warning.
  DatasetRef training();
  DatasetRef test();
  /// What the test images are: "test" or "validation".
  const char *testName() const {
    return options.validation ? "validation" : "test";
  }

private:
  DatasetRef open(DataSplit split) const;
  const HeldOut &heldOut();

  const DataOptions &options;
  HeldOut parts; ///< with --validation, once asked for
};

} // namespace moec::rt

#endif // MOEC_RUNTIME_TOOL_DATAOPTIONS_H
