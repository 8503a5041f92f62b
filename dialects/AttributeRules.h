//===- AttributeRules.h - What a dialect's attributes may be ----*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The conventions between the phases are attributes by name on modules,
// functions, their arguments and results. A dialect lists its own as rules;
// what no rule knows, or what is not of the form that the passes rely on, is an
// error of the dialect, so that no pass meets it.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_DIALECTS_ATTRIBUTERULES_H
#define MOEC_DIALECTS_ATTRIBUTERULES_H

#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/Operation.h"

namespace moec::dialects {

enum AttributePlace : unsigned {
  OnModule = 1,
  OnFunction = 2, ///< a function, or the program that was made of one
  OnArgument = 4,
  OnResult = 8,
};

struct AttributeRule {
  llvm::StringLiteral name;     ///< with the dialect's prefix
  unsigned places;              ///< AttributePlace, or several of them
  llvm::StringLiteral expected; ///< what `fits` asks for, in words
  bool (*fits)(mlir::Attribute);
};

bool isUnit(mlir::Attribute attr);
/// A text that is not empty.
bool isName(mlir::Attribute attr);
/// An i64 of 0 or more; of 1 or more.
bool isCount(mlir::Attribute attr);
bool isPositive(mlir::Attribute attr);
/// A finite float.
bool isReal(mlir::Attribute attr);
/// Sizes of 1 or more, as array<i64> or [i64], whose product is an i64.
bool isShape(mlir::Attribute attr);

/// "; did you mean 'x'?" with the nearest of the names, or nothing.
std::string suggestName(llvm::StringRef name,
                        llvm::ArrayRef<llvm::StringRef> known);

/// An error at `op` unless a rule knows `attr`, lets it stand at `place` and
/// its value fits. `at` says where that is ("argument 0"; empty for the op).
mlir::LogicalResult verifyAttribute(mlir::Operation *op, const llvm::Twine &at,
                                    AttributePlace place,
                                    mlir::NamedAttribute attr,
                                    llvm::ArrayRef<AttributeRule> rules);

/// The same for a discardable attribute of `op` itself.
mlir::LogicalResult verifyAttribute(mlir::Operation *op,
                                    mlir::NamedAttribute attr,
                                    llvm::ArrayRef<AttributeRule> rules);

} // namespace moec::dialects

#endif // MOEC_DIALECTS_ATTRIBUTERULES_H
