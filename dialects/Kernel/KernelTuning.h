//===- KernelTuning.h - Schedules that were measured ------------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_DIALECTS_KERNEL_KERNELTUNING_H
#define MOEC_DIALECTS_KERNEL_KERNELTUNING_H

#include "dialects/AgreedAttribute.h"
#include "mlir/IR/Location.h"

namespace moec::kernel {

namespace attr {
// Of the module: the schedules of a tuning file by the names of shapes, which
// moec-assign-schedule gives kernels.
inline constexpr dialects::AgreedAttribute<mlir::DictionaryAttr> tuning{
    "kernel.tuning"};
} // namespace attr

/// With tuning files, the location of an op says which shape its schedule is
/// for, whatever becomes of the op.
inline mlir::Location withShape(mlir::Location loc, llvm::StringRef shape) {
  return mlir::FusedLoc::get(
      {loc}, mlir::StringAttr::get(loc.getContext(), shape), loc.getContext());
}
/// The name of the shape; "" where none is said.
inline llvm::StringRef shapeOf(mlir::Location loc) {
  auto fused = mlir::dyn_cast<mlir::FusedLocWith<mlir::StringAttr>>(loc);
  return fused ? fused.getMetadata().getValue() : llvm::StringRef();
}

} // namespace moec::kernel

#endif // MOEC_DIALECTS_KERNEL_KERNELTUNING_H
