//===- moec.cpp - The compiler's command line ---------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Driver/Main.h"

int main(int argc, char **argv) { return moec::driver::moecMain(argc, argv); }
