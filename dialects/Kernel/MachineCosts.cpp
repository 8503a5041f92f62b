//===- MachineCosts.cpp - What is cheap on a machine ----------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/Kernel/MachineCosts.h"

namespace moec::kernel {

bool prefersQuotients(MachineInterface machine) {
  // Two polynomials are computed side by side, where a power of 2 waits for its
  // exponent. A GPU has a unit for powers of 2 and reciprocals.
  return llvm::isa_and_present<CpuAttr>(machine);
}

} // namespace moec::kernel
