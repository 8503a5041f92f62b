//===- ToolMain.h - The tool ptxsim -----------------------------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_LIB_PTXSIM_TOOLMAIN_H
#define MOEC_LIB_PTXSIM_TOOLMAIN_H

#include <string>

namespace moec::ptxsim {

/// Runs a kernel of a PTX file as the command line says; `version` is what
/// --version prints. Returns 0, 1 after an error of the file, the launch or the
/// kernel, 2 after one of usage, 4 where memory, disk or a limit is short.
int toolMain(int argc, const char *const *argv, const std::string &version);

} // namespace moec::ptxsim

#endif // MOEC_LIB_PTXSIM_TOOLMAIN_H
