//===- Order.h - What ops do with an order of tokens -----------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_LIB_IMPORT_OPS_ORDER_H
#define MOEC_LIB_IMPORT_OPS_ORDER_H

#include "lib/Import/Ops.h"

namespace moec::import {

/// False, with a problem, if input i is not an order of `random_order`, i32
/// `shape`. Only such are permutations, of which gradients are right.
bool expectOrder(NodeCheck &check, size_t i, llvm::ArrayRef<int64_t> shape);

/// `size` of the tokens [batch, n, channels], from `begin` of the order
/// [batch, n] on.
mlir::Value gatherTokens(NodeBuild &build, mlir::Value tokens,
                         mlir::Value order, int64_t begin, int64_t size);

} // namespace moec::import

#endif // MOEC_LIB_IMPORT_OPS_ORDER_H
