//===- AluAvx512.cpp - Arithmetic for x86 with AVX-512 --------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#define MOEC_ALU_TABLE aluAvx512
#include "lib/PtxSim/AluLanes.inc"
