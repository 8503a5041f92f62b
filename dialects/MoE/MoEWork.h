//===- MoEWork.h - Work and memory ------------------------------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_DIALECTS_MOE_MOEWORK_H
#define MOEC_DIALECTS_MOE_MOEWORK_H

#include "dialects/AgreedAttribute.h"

namespace moec::moe {

namespace attr {
// Of the module: how many FLOPs training may compute again for a byte that it
// keeps no more; and, from moec-autodiff, from which price on it would compute
// more, where it could.
inline constexpr dialects::AgreedAttribute<mlir::FloatAttr> recompute{
    "moe.recompute"};
inline constexpr dialects::AgreedAttribute<mlir::FloatAttr> recomputeNext{
    "moe.recompute_next"};
} // namespace attr

/// Floating-point operations of an op that multiplies matrices, two for each
/// multiply-add; 0 for others.
double getContractionFlops(mlir::Operation *op);

} // namespace moec::moe

#endif // MOEC_DIALECTS_MOE_MOEWORK_H
