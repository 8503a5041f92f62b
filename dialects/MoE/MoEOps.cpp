//===- MoEOps.cpp - What tablegen writes for the moe ops
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/MoE/MoEOps.h"
#include "mlir/IR/PatternMatch.h"

using namespace mlir;
using namespace moec::moe;

/// The body and, behind it, the types of the results. Names in the body are
/// those around it, so it may define what the text before used: such uses go
/// before the region does, when the types turn out to be none.
static ParseResult parseRepeatBody(OpAsmParser &parser, Region &body,
                                   SmallVectorImpl<Type> &results) {
  if (parser.parseRegion(body))
    return failure();
  RepeatOp::ensureTerminator(body, parser.getBuilder(),
                             parser.getEncodedSourceLoc(parser.getNameLoc()));
  if (failed(parser.parseOptionalArrow()) ||
      succeeded(parser.parseTypeList(results)))
    return success();
  for (Block &block : body)
    block.dropAllDefinedValueUses();
  return failure();
}

static void printRepeatBody(OpAsmPrinter &printer, RepeatOp repeat,
                            Region &body, TypeRange results) {
  Operation *yield =
      body.empty() || body.front().empty() ? nullptr : &body.front().back();
  bool prints = !yield || yield->getNumOperands() != 0 ||
                !yield->getAttrDictionary().empty();
  printer.printRegion(body, /*printEntryBlockArgs=*/true,
                      /*printBlockTerminators=*/prints);
  if (!results.empty())
    printer << " -> " << results;
}

/// role(parameter)
static ParseResult parseRole(OpAsmParser &parser, RoleAttr &role) {
  StringRef name;
  SMLoc at;
  if (parser.parseKeyword("role") || parser.parseLParen() ||
      failed(parser.getCurrentLocation(&at)) || parser.parseKeyword(&name) ||
      parser.parseRParen())
    return failure();
  std::optional<Role> known = symbolizeRole(name);
  if (!known)
    return parser.emitError(at, "expected role parameter, statistic, moment, "
                                "shadow or derived, got ")
           << name;
  role = RoleAttr::get(parser.getContext(), *known);
  if (succeeded(parser.parseOptionalKeyword("role")))
    return parser.emitError(parser.getNameLoc(),
                            "expected one role of a variable, got two");
  return success();
}

static void printRole(OpAsmPrinter &printer, VariableOp, RoleAttr role) {
  printer << "role(" << stringifyRole(role.getValue()) << ')';
}

#define GET_OP_CLASSES
#include "dialects/MoE/MoEOps.cpp.inc"
