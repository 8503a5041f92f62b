//===- Error.cpp - Errors of the runtime ----------------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/core/Error.h"

namespace moec::rt {

Error::Error(const std::string &text, ErrorCode code)
    : std::runtime_error(text), errorCode(code) {}

// Out of line, so that the type information stands in one object file, also
// for callers that are built without RTTI.
Error::~Error() = default;

} // namespace moec::rt
