//===- Alu.h - Lane-wise arithmetic -----------------------------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Operations that treat each lane alone: dst = f(a, b, c), on rows. The list is
// AluOps.def. The code is compiled for several vector instruction sets, and the
// best one that the host has is taken.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_LIB_PTXSIM_ALU_H
#define MOEC_LIB_PTXSIM_ALU_H

#include "lib/PtxSim/Inst.h"

namespace moec::ptxsim {

enum class AluOp : uint16_t {
#define OP1(name, ...) name,
#define OP2(name, ...) name,
#define OP3(name, ...) name,
#define CMP(name, ...) name,
#define SEL(name, ...) name,
#define PAIR2(name, ...) name,
#define PAIR3(name, ...) name,
#include "lib/PtxSim/AluOps.def"
#undef OP1
#undef OP2
#undef OP3
#undef CMP
#undef SEL
#undef PAIR2
#undef PAIR3
  NumOps
};

/// What a comparison (CMP) does with Inst::psrc, in Inst::width: the result is
/// cmp, or cmp combined with psrc. It goes to pdst, its negation to pdst2.
enum CombineWith : uint8_t { combineNone, combineAnd, combineOr, combineXor };

/// The function for an operation.
ExecFn alu(AluOp op);

/// The tables, one per instruction set.
const ExecFn *aluBase();
const ExecFn *aluAvx2();   ///< x86 only
const ExecFn *aluAvx512(); ///< x86 only

} // namespace moec::ptxsim

#endif // MOEC_LIB_PTXSIM_ALU_H
