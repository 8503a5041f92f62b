//===- AgreedAttribute.h - Attributes by name, with their type --*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// An attribute by which one phase tells another something about a function, its
// arguments or results, or the module. Each dialect declares its own once, with
// the type that its rule (AttributeRules.h) verifies; passes use these objects
// and no names.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_DIALECTS_AGREEDATTRIBUTE_H
#define MOEC_DIALECTS_AGREEDATTRIBUTE_H

#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/Interfaces/FunctionInterfaces.h"

namespace moec::dialects {

template <typename T> struct AgreedAttribute {
  llvm::StringLiteral name; ///< with the dialect's prefix

  /// The value at an op, or null.
  T get(mlir::Operation *op) const { return op->getAttrOfType<T>(name); }
  bool isOn(mlir::Operation *op) const { return op->hasAttr(name); }
  void set(mlir::Operation *op, T value) const { op->setAttr(name, value); }
  void remove(mlir::Operation *op) const { op->removeAttr(name); }

  /// The value at an argument or a result of a function, or null.
  T ofArgument(mlir::FunctionOpInterface function, unsigned i) const {
    return function.getArgAttrOfType<T>(i, name);
  }
  T ofResult(mlir::FunctionOpInterface function, unsigned i) const {
    return function.getResultAttrOfType<T>(i, name);
  }
  /// The value among the attributes of an argument or a result, or null.
  T in(mlir::DictionaryAttr attrs) const { return attrs.getAs<T>(name); }

  mlir::NamedAttribute with(T value) const {
    return mlir::NamedAttribute(mlir::StringAttr::get(value.getContext(), name),
                                value);
  }
  /// The name without the dialect's prefix.
  llvm::StringRef key() const {
    return llvm::StringRef(name).split('.').second;
  }
};

/// A number of 64 bits.
struct AgreedNumber : AgreedAttribute<mlir::IntegerAttr> {
  constexpr AgreedNumber(llvm::StringLiteral name)
      : AgreedAttribute<mlir::IntegerAttr>{name} {}

  /// The number at an op; 0 if there is none.
  int64_t number(mlir::Operation *op) const {
    auto value = get(op);
    return value ? value.getInt() : 0;
  }
  void set(mlir::Operation *op, int64_t value) const {
    op->setAttr(name, mlir::Builder(op->getContext()).getI64IntegerAttr(value));
  }
};

} // namespace moec::dialects

#endif // MOEC_DIALECTS_AGREEDATTRIBUTE_H
