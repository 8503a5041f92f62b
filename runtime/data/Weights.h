//===- Weights.h - Parameters to and from files -----------------*- C++ -*-===//
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
constexpr const char *checkpointFormat = "moec.checkpoint/2";

/// Name of the tensor that holds optimizer state i of a parameter.
std::string stateTensorName(int64_t state, const std::string &parameter);

/// Writes every parameter as F32 under its name.
void saveWeights(Session &session, const std::string &path);

/// Reads every parameter from weights or from a checkpoint, whose optimizer
/// state is then skipped. All tensors that are missing, unexpected or of
/// another shape or dtype stand in one error, and nothing is changed then.
void loadWeights(Session &session, const std::string &path);

/// The tensors that hold parameters and, with `withState`, optimizer state;
/// they hold until the next run.
std::vector<SafeTensor> sessionTensors(Session &session, bool withState);

/// Reads parameters and, with `withState`, optimizer state, as strictly as
/// loadWeights.
void readSessionTensors(Session &session, const SafetensorsFile &file,
                        bool withState);

} // namespace moec::rt

#endif // MOEC_RUNTIME_DATA_WEIGHTS_H
