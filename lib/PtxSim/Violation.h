//===- Violation.h - A rule of the PTX manual that was broken - -*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_LIB_PTXSIM_VIOLATION_H
#define MOEC_LIB_PTXSIM_VIOLATION_H

#include "lib/PtxSim/Fault.h"

#include <fmt/format.h>

#include <string>
#include <utility>

namespace moec::ptxsim {

/// Thrown by parts of the simulator that know what is wrong, but not in which
/// kernel, line or thread. The instruction that called them turns it into a
/// Fault.
struct Violation {
  FaultKind kind = FaultKind::BadOperand;
  std::string text;
  bool hasAddress = false;
  uint64_t address = 0;
};

template <typename... Args>
[[noreturn]] void violate(FaultKind kind, fmt::format_string<Args...> text,
                          Args &&...args) {
  throw Violation{kind, fmt::format(text, std::forward<Args>(args)...), false,
                  0};
}

template <typename... Args>
[[noreturn]] void violateAt(FaultKind kind, uint64_t address,
                            fmt::format_string<Args...> text, Args &&...args) {
  throw Violation{kind, fmt::format(text, std::forward<Args>(args)...), true,
                  address};
}

} // namespace moec::ptxsim

#endif // MOEC_LIB_PTXSIM_VIOLATION_H
