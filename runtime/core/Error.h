//===- Error.h - Errors of the runtime --------------------------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_RUNTIME_CORE_ERROR_H
#define MOEC_RUNTIME_CORE_ERROR_H

#include <stdexcept>
#include <string>

namespace moec::rt {

/// What an error means to the caller; the values are the exit codes of the
/// tools and the codes of the C interface.
enum class ErrorCode : int {
  User = 1,      ///< a model, a file or an option is wrong
  Usage = 2,     ///< the command line does not parse
  Mismatch = 3,  ///< a result differs from the expected one
  Resources = 4, ///< memory or disk is short
  Signal = 128,  ///< stopped in good order by a signal, whose number is added
};

/// The only exception the runtime throws on purpose. Its text says what was
/// wrong, where, what was expected and what was found. It never crosses the C
/// interface.
class Error : public std::runtime_error {
public:
  explicit Error(const std::string &text, ErrorCode code = ErrorCode::User);
  ~Error() override;
  ErrorCode code() const { return errorCode; }

private:
  ErrorCode errorCode;
};

} // namespace moec::rt

#endif // MOEC_RUNTIME_CORE_ERROR_H
