//===- NodeNames.h - The nodes of the model in a location -------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_DIALECTS_NODENAMES_H
#define MOEC_DIALECTS_NODENAMES_H

#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/Location.h"
#include "llvm/ADT/SetVector.h"

namespace moec {

/// The names in a location, each once: those of the nodes whose work the op
/// does, since fusion joins locations.
llvm::SetVector<mlir::StringAttr> getNodeNames(mlir::Location loc);

} // namespace moec

#endif // MOEC_DIALECTS_NODENAMES_H
