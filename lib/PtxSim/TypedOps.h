//===- TypedOps.h - Operations by type ------------------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_LIB_PTXSIM_TYPEDOPS_H
#define MOEC_LIB_PTXSIM_TYPEDOPS_H

#include "lib/PtxSim/Alu.h"
#include "lib/PtxSim/Decoder.h"

namespace moec::ptxsim {

/// The operation of an integer family for a type: INT_OP(Add, t).
#define INT_OP(name, type)                                                     \
  ((type).bits == 16   ? AluOp::name##16                                       \
   : (type).bits == 64 ? AluOp::name##64                                       \
                       : AluOp::name##32)

/// Takes a type of integers of 16, 32 or 64 bits; anything else is an error.
Type takeInteger(Decoder &d);
/// Emits dst = op(operands 1 to `sources`) with sources of `sourceBits` (0: as
/// the result), the last of them of `lastBits` if that is not 0.
void emitInteger(Decoder &d, AluOp op, unsigned bits, unsigned sources,
                 unsigned sourceBits = 0, unsigned lastBits = 0);

/// An error where an instruction on `t` says '.ftz' and cannot: only f32 and
/// f16 are flushed; the exponents of bf16 are those of f32.
void checkFlush(Decoder &d, bool ftz, const Type &t);

enum class FloatOp : uint8_t { Add, Sub, Mul };

/// Decodes the instruction if its type is a float type; false if not.
bool floatAddMul(Decoder &d, FloatOp op);
bool floatFma(Decoder &d);
bool floatDiv(Decoder &d);
bool floatMinMax(Decoder &d, bool max);
/// neg and abs.
bool floatSign(Decoder &d, bool negate);

} // namespace moec::ptxsim

#endif // MOEC_LIB_PTXSIM_TYPEDOPS_H
