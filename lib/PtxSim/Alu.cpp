//===- Alu.cpp - Lane-wise arithmetic -------------------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/PtxSim/Alu.h"

namespace moec::ptxsim {

static const ExecFn *best() {
#ifdef MOEC_PTXSIM_X86
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
      __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl"))
    return aluAvx512();
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
    return aluAvx2();
#endif
  return aluBase();
}

ExecFn alu(AluOp op) {
  static const ExecFn *const table = best();
  return table[unsigned(op)];
}

} // namespace moec::ptxsim
