//===- CommandLine.h - Parsing and its messages ----------------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_RUNTIME_TOOL_COMMANDLINE_H
#define MOEC_RUNTIME_TOOL_COMMANDLINE_H

#include <CLI/App.hpp>

#include <cstdint>
#include <functional>
#include <optional>

namespace moec::rt {

/// Whole numbers from `least` to `most`.
CLI::Validator wholeNumber(int64_t least, int64_t most = INT32_MAX);
/// A size from 1 byte to 2^50, such as 800MiB or 2GiB (KiB, MiB, GiB and TiB;
/// whole numbers or fractions of them), which becomes its number of bytes.
CLI::Validator byteSize();
/// One of a few words.
CLI::Validator oneOf(std::vector<std::string> words);

/// Adds a flag with a pattern, in which * stands for any text, that may be
/// given several times.
void addPatterns(CLI::App &app, const std::string &flag,
                 std::vector<std::string> &patterns, const std::string &doc);

/// Adds --version, and the commands `version` and `help [COMMAND]`, to a tool
/// of subcommands, which may have subcommands themselves.
void addHelp(CLI::App &app, const std::string &version);

/// The operand of a command on which its help depends, as it was given; "" for
/// none.
using HelpOperand = std::function<std::string(const CLI::App &command)>;

/// Parses the command line. Returns the exit code where nothing is left to do
/// (--help, --version and their commands). Throws Error(Usage), which names the
/// command, the flag, what was expected, the nearest name of what is misspelt,
/// and the help to look at.
std::optional<int> parseCommandLine(CLI::App &app, int argc,
                                    const char *const *argv,
                                    const HelpOperand &helpOperand = {});

} // namespace moec::rt

#endif // MOEC_RUNTIME_TOOL_COMMANDLINE_H
