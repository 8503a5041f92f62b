//===- Main.h - The command line of moec -----------------------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_LIB_DRIVER_MAIN_H
#define MOEC_LIB_DRIVER_MAIN_H

namespace moec::driver {

/// The whole of `moec`: parses the command line, does what it says, returns the
/// exit code (0 ok, 1 model or user error, 2 usage, 3 numerics, 4 resources).
int moecMain(int argc, char **argv);

} // namespace moec::driver

#endif // MOEC_LIB_DRIVER_MAIN_H
