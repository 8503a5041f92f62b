//===- MoEVariables.cpp - Variables and entries ---------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/MoE/MoEVerify.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace moec;
using namespace moec::moe;

LogicalResult InitAttr::verify(function_ref<InFlightDiagnostic()> emitError,
                               InitKind kind, FloatAttr value,
                               std::optional<int64_t> alike) {
  bool takes = kind == InitKind::Constant || kind == InitKind::Normal ||
               kind == InitKind::Uniform;
  if (takes != bool(value))
    return emitError() << "expected " << (takes ? "a" : "no") << " value with "
                       << stringifyInitKind(kind);
  if (value && !value.getValue().isFinite())
    return emitError() << "expected a finite value, got " << value;
  if (value && kind != InitKind::Constant && value.getValue().isNegative())
    return emitError() << "expected a value of 0 or more with "
                       << stringifyInitKind(kind) << ", got " << value;
  if (alike && kind != InitKind::Normal && kind != InitKind::Uniform)
    return emitError() << "expected 'alike' with normal or uniform, got "
                       << stringifyInitKind(kind);
  return success();
}

LogicalResult EntryAttr::verify(function_ref<InFlightDiagnostic()> emitError,
                                StringRef name, int64_t batch) {
  if (name.empty())
    return emitError() << "expected the name of an entry";
  if (batch < 0)
    return emitError() << "expected a batch of 0 or more, got " << batch;
  return success();
}

int64_t VariableOp::getBytes() {
  RankedTensorType type = getTensorType();
  return type.getNumElements() * type.getElementTypeBitWidth() / 8;
}

LogicalResult VariableOp::verify() {
  int64_t bytes = getTensorType().getElementTypeBitWidth() / 8;
  for (int64_t size : getTensorType().getShape())
    if (llvm::MulOverflow(bytes, size, bytes) || bytes >= int64_t(1) << 59)
      return emitOpError("expected less than 2^59 bytes, got a variable of ")
             << getType();
  Role role = getRole();
  if (getTensorType().getElementType().isBF16() && role != Role::Derived)
    return emitOpError("expected bf16 at a derived variable only, got role ")
           << stringifyRole(role);
  bool belongs = role == Role::Moment || role == Role::Shadow;
  if (belongs != getOf().has_value())
    return emitOpError("expected ")
           << (belongs ? "'of' with the parameter that a "
                       : "no 'of' at a variable of role ")
           << stringifyRole(role) << (belongs ? " belongs to" : "");
  if (getDecay() && role != Role::Parameter)
    return emitOpError("expected 'decay' at a parameter only, got role ")
           << stringifyRole(role);
  std::optional<InitAttr> init = getInit();
  if (std::optional<int64_t> axis = init ? init->getAlike() : std::nullopt)
    if (int64_t rank = getTensorType().getRank(); *axis < 0 || *axis >= rank)
      return emitOpError("expected 'alike' to be one of ")
             << rank << " axes, got " << *axis;
  if (std::optional<uint64_t> at = getAt(); at && int64_t(*at) < 0)
    return emitOpError("expected a place of 0 or more bytes, got ")
           << int64_t(*at);
  return success();
}
