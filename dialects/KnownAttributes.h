//===- KnownAttributes.h - No attribute that an op has not ------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_DIALECTS_KNOWNATTRIBUTES_H
#define MOEC_DIALECTS_KNOWNATTRIBUTES_H

#include "mlir/IR/OpDefinition.h"

namespace moec::dialects {

/// An error for an attribute without a dialect's prefix that is none of the
/// op's own: MLIR would keep it as one that nobody reads, also if it is an
/// optional one with a letter missing. Those with a prefix are a matter of
/// their dialect's rules (AttributeRules.h).
mlir::LogicalResult verifyKnownAttributes(mlir::Operation *op);

/// Marks ops for which this holds.
template <typename ConcreteType>
class KnownAttributes
    : public mlir::OpTrait::TraitBase<ConcreteType, KnownAttributes> {
public:
  static mlir::LogicalResult verifyTrait(mlir::Operation *op) {
    return verifyKnownAttributes(op);
  }
};

} // namespace moec::dialects

#endif // MOEC_DIALECTS_KNOWNATTRIBUTES_H
