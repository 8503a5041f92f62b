//===- Fault.cpp - What went wrong in a simulated kernel ------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/PtxSim/Fault.h"

#include "lib/PtxSim/Error.h"

namespace moec::ptxsim {

const char *faultKindName(FaultKind kind) {
  static const char *const names[] = {"out of bounds",
                                      "misaligned access",
                                      "read of unwritten shared memory",
                                      "shared-memory race",
                                      "global-memory race between blocks",
                                      "missing fence.proxy.async",
                                      "use of a block that may have ended",
                                      "deadlock",
                                      "divergence at a barrier",
                                      "bad operand",
                                      "trap",
                                      "limit exceeded"};
  return names[unsigned(kind)];
}

static std::string text(const Fault::Where &w) {
  std::string s =
      fmt::format("kernel {}, PTX line {}, block {}, thread {}: {}", w.kernel,
                  w.line, w.block, w.thread, faultKindName(w.kind));
  if (w.hasAddress)
    s += fmt::format(" at address 0x{:x}", w.address);
  if (!w.detail.empty())
    s += ": " + w.detail;
  return s;
}

Fault::Fault(Where where)
    : Error(text(where), where.kind == FaultKind::Limit ? ErrorCode::Resources
                                                        : ErrorCode::User),
      place(std::move(where)) {}

Fault::~Fault() = default;

} // namespace moec::ptxsim
