//===- KernelDialect.cpp - Registration of the kernel dialect -------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/Kernel/KernelOps.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/DialectImplementation.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace moec::kernel;

#include "dialects/Kernel/KernelDialect.cpp.inc"
#include "dialects/Kernel/KernelEnums.cpp.inc"

/// A block within another attribute: `arena`, `field "x"`.
static ParseResult parseBlock(AsmParser &parser, BlockAttr &block) {
  SMLoc start = parser.getCurrentLocation();
  StringRef keyword;
  if (parser.parseKeyword(&keyword))
    return failure();
  std::optional<BlockKind> kind = symbolizeBlockKind(keyword);
  if (!kind) {
    InFlightDiagnostic diag = parser.emitError(start, "expected as block ");
    for (unsigned i = 0; i <= getMaxEnumValForBlockKind(); ++i)
      diag << stringifyBlockKind(BlockKind(i)) << ", ";
    return diag << "got '" << keyword << "'";
  }
  SMLoc at = parser.getCurrentLocation();
  std::string name;
  if (succeeded(parser.parseOptionalString(&name)) && name.empty())
    return parser.emitError(at, "expected a name that is not empty");
  block = parser.getChecked<BlockAttr>(start, parser.getContext(), *kind, name);
  return success(bool(block));
}

static void printBlock(AsmPrinter &printer, BlockAttr block) {
  printer << stringifyBlockKind(block.getKind());
  if (!block.getName().empty()) {
    printer << ' ';
    printer.printString(block.getName());
  }
}

#define GET_ATTRDEF_CLASSES
#include "dialects/Kernel/KernelAttrs.cpp.inc"
#include "dialects/Kernel/KernelInterfaces.cpp.inc"

/// `<tile = [m, n, k], micro = [rows, columns]` and then, in any order, what is
/// not the default of `variant`, `stages` and `warps`.
Attribute ScheduleAttr::parse(AsmParser &parser, Type) {
  SMLoc start = parser.getCurrentLocation();
  SmallVector<int64_t> tile, micro;
  Variant variant = Variant::Default;
  int64_t stages = 0, warps = 0;
  auto parseSizes = [&](StringRef name,
                        SmallVector<int64_t> &sizes) -> ParseResult {
    return failure(
        parser.parseKeyword(name) || parser.parseEqual() ||
        parser.parseCommaSeparatedList(AsmParser::Delimiter::Square, [&] {
          return parser.parseInteger(sizes.emplace_back());
        }));
  };
  if (parser.parseLess() || parseSizes("tile", tile) || parser.parseComma() ||
      parseSizes("micro", micro))
    return {};
  while (succeeded(parser.parseOptionalComma())) {
    SMLoc at = parser.getCurrentLocation();
    StringRef name;
    if (parser.parseKeyword(&name) || parser.parseEqual())
      return {};
    if (name == "variant") {
      std::string text;
      if (parser.parseKeywordOrString(&text))
        return {};
      std::optional<Variant> found = symbolizeVariant(text);
      if (!found || *found == Variant::Default)
        return parser.emitError(at, "variant: expected simt, mma.sync, skinny "
                                    "or wgmma, got ")
                   << text,
               Attribute();
      variant = *found;
    } else if (name == "stages" || name == "warps") {
      int64_t &value = name == "stages" ? stages : warps;
      if (parser.parseInteger(value))
        return {};
      if (value < 1)
        return parser.emitError(at, name) << ": expected >= 1, got " << value,
               Attribute();
    } else {
      return parser.emitError(at, "expected variant, stages or warps, got ")
                 << name,
             Attribute();
    }
  }
  if (parser.parseGreater())
    return {};
  return parser.getChecked<ScheduleAttr>(start, parser.getContext(), tile,
                                         micro, variant, stages, warps);
}

Attribute BlockAttr::parse(AsmParser &parser, Type) {
  BlockAttr block;
  if (parser.parseLess() || parseBlock(parser, block) || parser.parseGreater())
    return {};
  return block;
}

void BlockAttr::print(AsmPrinter &printer) const {
  printer << "<";
  printBlock(printer, *this);
  printer << ">";
}

LogicalResult ScheduleAttr::verify(function_ref<InFlightDiagnostic()> emitError,
                                   ArrayRef<int64_t> tile,
                                   ArrayRef<int64_t> micro, Variant,
                                   int64_t stages, int64_t warps) {
  constexpr int64_t maxSize = 1 << 20, maxParts = 64;
  for (int64_t size : llvm::concat<const int64_t>(tile, micro))
    if (size < 1 || size > maxSize)
      return emitError() << "expected sizes of tile and micro from 1 to "
                         << maxSize << ", got " << size;
  for (auto [name, value] : {std::pair("stages", stages), {"warps", warps}})
    if (value < 0 || value > maxParts)
      return emitError() << "expected " << name << " from 1 to " << maxParts
                         << ", got " << value;
  return success();
}

void ScheduleAttr::print(AsmPrinter &printer) const {
  printer << "<tile = [" << getTile() << "], micro = [" << getMicro() << "]";
  if (getVariant() != Variant::Default)
    printer << ", variant = " << stringifyVariant(getVariant());
  if (getStages())
    printer << ", stages = " << getStages();
  if (getWarps())
    printer << ", warps = " << getWarps();
  printer << ">";
}

void KernelDialect::initialize() {
  addAttributes<
#define GET_ATTRDEF_LIST
#include "dialects/Kernel/KernelAttrs.cpp.inc"
      >();
  addOperations<
#define GET_OP_LIST
#include "dialects/Kernel/KernelOps.cpp.inc"
      >();
}
