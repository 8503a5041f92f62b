//===- Weights.h - Variables to and from files ------------------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_RUNTIME_DATA_WEIGHTS_H
#define MOEC_RUNTIME_DATA_WEIGHTS_H

#include "runtime/core/Session.h"
#include "runtime/data/Safetensors.h"

namespace moec::rt {

/// What the metadata say that tells a checkpoint from plain weights.
constexpr const char *checkpointFormat = "moec.checkpoint/3";
/// Metadata of a checkpoint: the names, as JSON, of its tensors that are no
/// weights.
constexpr const char *momentsKey = "moments";

/// Which variables a file holds, each under its own name: what makes up the
/// model (see isWeight), or all that are not computed from others.
enum class Kept : uint8_t { Weights, Everything };

/// Writes parameters, statistics and shadows.
void saveWeights(Session &session, const std::string &path);

/// Which of a file's tensors become which of the variables; of patterns in
/// which * stands for any text.
struct WeightChoice {
  std::vector<std::string> ignore; ///< tensors that are left out
  std::vector<std::string> fresh;  ///< variables that stay as they are
  bool isAll() const { return ignore.empty() && fresh.empty(); }
};

/// Reads them from weights or from a checkpoint, whose other tensors are then
/// skipped. A shadow that the file lacks becomes a copy of what it belongs to.
/// All tensors that are missing, unexpected or of another shape or
/// dtype, and all patterns that fit none, stand in one error, and nothing is
/// changed then.
void loadWeights(Session &session, const std::string &path,
                 const WeightChoice &choice = {});

/// The variables as tensors; they hold until the next run.
std::vector<SafeTensor> sessionTensors(Session &session, Kept kept);

/// Reads variables, as strictly as loadWeights.
void readSessionTensors(Session &session, const SafetensorsFile &file,
                        Kept kept, const WeightChoice &choice = {});

} // namespace moec::rt

#endif // MOEC_RUNTIME_DATA_WEIGHTS_H
