//===- Error.cpp - Errors of the simulator --------------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/PtxSim/Error.h"

namespace moec::ptxsim {

Error::Error(const std::string &text, ErrorCode code)
    : std::runtime_error(text), errorCode(code) {}

Error::~Error() = default;

} // namespace moec::ptxsim
