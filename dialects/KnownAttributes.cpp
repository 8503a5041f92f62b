//===- KnownAttributes.cpp - No attribute that an op has not --------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/KnownAttributes.h"
#include "dialects/AttributeRules.h"

using namespace mlir;
using namespace moec::dialects;

LogicalResult moec::dialects::verifyKnownAttributes(Operation *op) {
  for (NamedAttribute attr : op->getDiscardableAttrs()) {
    StringRef name = attr.getName();
    if (name.contains('.'))
      continue;
    SmallVector<StringRef> own;
    for (StringAttr known : op->getName().getAttributeNames())
      own.push_back(known);
    return op->emitOpError("unknown attribute '")
           << name << "'" << suggestName(name, own);
  }
  return success();
}
