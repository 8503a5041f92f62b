//===- ManifestVariables.h - Read blocks and variables ----------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_RUNTIME_CORE_MANIFESTVARIABLES_H
#define MOEC_RUNTIME_CORE_MANIFESTVARIABLES_H

#include "runtime/core/JsonView.h"
#include "runtime/core/Manifest.h"

namespace moec::rt {

/// Reads `blocks` and `variables`. Every variable lies inside of its block and
/// overlaps no other one; names stand once.
void readVariables(const JsonView &root, Manifest &manifest);

/// Reads name, dtype and shape, which variables, inputs and outputs share; bf16
/// is of variables that are `derived`.
void readTensor(const JsonView &view, TensorInfo &tensor, bool derived = false);

/// Reads the name of a role.
Role readRole(const JsonView &view);

} // namespace moec::rt

#endif // MOEC_RUNTIME_CORE_MANIFESTVARIABLES_H
