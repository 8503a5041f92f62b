//===- AluBase.cpp - Arithmetic for any host ------------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#define MOEC_ALU_TABLE aluBase
#include "lib/PtxSim/AluLanes.inc"
