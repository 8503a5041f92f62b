//===- Fail.h - Throw an error with a formatted text ------------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_RUNTIME_CORE_FAIL_H
#define MOEC_RUNTIME_CORE_FAIL_H

#include "runtime/core/Error.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cstdint>
#include <utility>
#include <vector>

namespace moec::rt {

/// Throws a user error with a text in the notation of fmt.
template <typename... Args>
[[noreturn]] void fail(fmt::format_string<Args...> text, Args &&...args) {
  throw Error(fmt::format(text, std::forward<Args>(args)...));
}

/// "[2, 3]", as shapes stand in every message.
inline std::string shapeText(const std::vector<int64_t> &shape) {
  return fmt::format("[{}]", fmt::join(shape, ", "));
}

} // namespace moec::rt

#endif // MOEC_RUNTIME_CORE_FAIL_H
