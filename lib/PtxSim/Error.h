//===- Error.h - Errors of the simulator ------------------------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_LIB_PTXSIM_ERROR_H
#define MOEC_LIB_PTXSIM_ERROR_H

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <stdexcept>
#include <string>
#include <utility>

namespace moec::ptxsim {

/// What an error means to the caller.
enum class ErrorCode : int {
  User,      ///< the text, a launch or a kernel is wrong
  Resources, ///< memory is short, or a limit is reached
};

/// The only exception that the simulator throws on purpose. Its text says what
/// was wrong, where, what was expected and what was found.
class Error : public std::runtime_error {
public:
  explicit Error(const std::string &text, ErrorCode code = ErrorCode::User);
  ~Error() override;
  ErrorCode code() const { return errorCode; }

private:
  ErrorCode errorCode;
};

/// Throws a user error with a text in the notation of fmt.
template <typename... Args>
[[noreturn]] void fail(fmt::format_string<Args...> text, Args &&...args) {
  throw Error(fmt::format(text, std::forward<Args>(args)...));
}

} // namespace moec::ptxsim

#endif // MOEC_LIB_PTXSIM_ERROR_H
