//===- KernelPeak.h - Where memory goes -------------------------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_DIALECTS_KERNEL_KERNELPEAK_H
#define MOEC_DIALECTS_KERNEL_KERNELPEAK_H

#include "dialects/AgreedAttribute.h"

namespace moec::kernel::attr {

// Of a kernel.program: what is in its arena when most of it is in use, largest
// first. Addresses in the arena, and for each the names of the nodes whose
// kernels write it.
inline constexpr dialects::AgreedAttribute<mlir::ArrayAttr> peak{"kernel.peak"};
inline constexpr dialects::AgreedAttribute<mlir::ArrayAttr> peakNodes{
    "kernel.peak_nodes"};

} // namespace moec::kernel::attr

#endif // MOEC_DIALECTS_KERNEL_KERNELPEAK_H
