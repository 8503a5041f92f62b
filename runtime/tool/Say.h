//===- Say.h - Text on standard output --------------------------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_RUNTIME_TOOL_SAY_H
#define MOEC_RUNTIME_TOOL_SAY_H

#include "runtime/core/Text.h"

#include <cerrno>
#include <cstdio>
#include <fmt/format.h>
#include <system_error>

namespace moec::rt {

/// What a command prints on standard output, as fmt::print does. Names and
/// texts of a model may stand in it: characters that would steer the terminal
/// are escaped. In JSON, where they stand in strings alone, it stays the same
/// JSON. Throws std::system_error when nothing more can be written.
template <typename... Args>
void say(fmt::format_string<Args...> format, Args &&...args) {
  std::string text = fmt::format(format, std::forward<Args>(args)...);
  text = escapeControls(text, /*lines=*/true);
  if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size())
    throw std::system_error(errno, std::generic_category(),
                            "cannot write to standard output");
}

} // namespace moec::rt

#endif // MOEC_RUNTIME_TOOL_SAY_H
