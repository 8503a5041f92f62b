//===- IndexingMaps.h - Composing the maps of kernel operands ---*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_DIALECTS_KERNEL_INDEXINGMAPS_H
#define MOEC_DIALECTS_KERNEL_INDEXINGMAPS_H

#include "mlir/IR/AffineMap.h"
#include "mlir/IR/Value.h"

namespace moec::kernel {

/// `map` with floordiv and mod removed where 0 <= dim i < extents[i] makes them
/// trivial, as in (b * 49 + s) floordiv 49 = b for s < 49.
mlir::AffineMap simplifyMap(mlir::AffineMap map,
                            llvm::ArrayRef<int64_t> extents);

/// The value behind expand_shape and collapse_shape ops.
mlir::Value getViewRoot(mlir::Value value);

/// The position in getViewRoot(value) of an element of `value`: a map from
/// indices of `value` to indices of its root.
mlir::AffineMap getViewMap(mlir::Value value);

/// The position in `value` of an element of getViewRoot(value): the inverse.
mlir::AffineMap getInverseViewMap(mlir::Value value);

/// The dim that moves along the last axis with stride one and is used
/// nowhere else in `map`; nothing if there is no such dim.
std::optional<unsigned> getUnitStrideDim(mlir::AffineMap map);

/// True if vector code can follow `map` along `dim`: it has unit stride, or
/// does not move at all.
bool isVectorFriendly(mlir::AffineMap map, unsigned dim);

} // namespace moec::kernel

#endif // MOEC_DIALECTS_KERNEL_INDEXINGMAPS_H
