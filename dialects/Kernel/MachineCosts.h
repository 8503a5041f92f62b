//===- MachineCosts.h - What is cheap on a machine --------------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_DIALECTS_KERNEL_MACHINECOSTS_H
#define MOEC_DIALECTS_KERNEL_MACHINECOSTS_H

#include "dialects/Kernel/KernelOps.h"

namespace moec::kernel {

/// Whether a quotient of two polynomials is computed sooner than a power of 2
/// and what follows from it. False where no machine is named: such a text
/// may be for any.
bool prefersQuotients(MachineInterface machine);

} // namespace moec::kernel

#endif // MOEC_DIALECTS_KERNEL_MACHINECOSTS_H
