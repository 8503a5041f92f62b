//===- TypedOps.h - Operations by type ------------------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_RUNTIME_PTXSIM_TYPEDOPS_H
#define MOEC_RUNTIME_PTXSIM_TYPEDOPS_H

#include "runtime/ptxsim/Alu.h"
#include "runtime/ptxsim/Decoder.h"

namespace moec::rt::ptxsim {

/// The operation of an integer family for a type: INT_OP(Add, t).
#define INT_OP(name, type)                                                     \
  ((type).bits == 16   ? AluOp::name##16                                       \
   : (type).bits == 64 ? AluOp::name##64                                       \
                       : AluOp::name##32)

enum class FloatOp : uint8_t { Add, Sub, Mul };

/// Decodes the instruction if its type is a float type; false if not.
bool floatAddMul(Decoder &d, FloatOp op);
bool floatFma(Decoder &d);
bool floatDiv(Decoder &d);
bool floatMinMax(Decoder &d, bool max);
/// neg and abs.
bool floatSign(Decoder &d, bool negate);

} // namespace moec::rt::ptxsim

#endif // MOEC_RUNTIME_PTXSIM_TYPEDOPS_H
