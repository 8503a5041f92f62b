//===- IndexingMaps.h - Composing the maps of kernel operands ---*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_DIALECTS_KERNEL_INDEXINGMAPS_H
#define MOEC_DIALECTS_KERNEL_INDEXINGMAPS_H

#include "dialects/Kernel/AffineExtents.h"
#include "mlir/IR/Value.h"

namespace moec::kernel {

/// The value behind expand_shape and collapse_shape ops.
mlir::Value getViewRoot(mlir::Value value);

/// The position in getViewRoot(value) of an element of `value`: a map from
/// indices of `value` to indices of its root.
mlir::AffineMap getViewMap(mlir::Value value);

/// The position in `value` of an element of getViewRoot(value): the inverse.
mlir::AffineMap getInverseViewMap(mlir::Value value);

/// The dim that moves along the last axis with stride one, beside whatever does
/// not move with it, and is used nowhere else in `map`; the last one written if
/// there are several, nothing if there is none.
std::optional<unsigned> getUnitStrideDim(mlir::AffineMap map);

/// True if vector code can follow `map` along `dim`: it is getUnitStrideDim(),
/// or does not move at all.
bool isVectorFriendly(mlir::AffineMap map, unsigned dim);

} // namespace moec::kernel

#endif // MOEC_DIALECTS_KERNEL_INDEXINGMAPS_H
