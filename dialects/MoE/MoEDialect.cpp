//===- MoEDialect.cpp - Registration of the moe dialect -------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/MoE/MoEOps.h"
#include "mlir/IR/DialectImplementation.h"
#include "llvm/ADT/TypeSwitch.h"
#include "llvm/Support/MathExtras.h"
#include <limits>

using namespace mlir;
using namespace moec::moe;

#include "dialects/MoE/MoEDialect.cpp.inc"
#include "dialects/MoE/MoEEnums.cpp.inc"
#define GET_ATTRDEF_CLASSES
#include "dialects/MoE/MoEAttrs.cpp.inc"
#define GET_TYPEDEF_CLASSES
#include "dialects/MoE/MoEInterfaces.cpp.inc"
#include "dialects/MoE/MoETypes.cpp.inc"

void MoEDialect::initialize() {
  addAttributes<
#define GET_ATTRDEF_LIST
#include "dialects/MoE/MoEAttrs.cpp.inc"
      >();
  addTypes<
#define GET_TYPEDEF_LIST
#include "dialects/MoE/MoETypes.cpp.inc"
      >();
  addOperations<
#define GET_OP_LIST
#include "dialects/MoE/MoEOps.cpp.inc"
      >();
}

LogicalResult RoutingType::verify(function_ref<InFlightDiagnostic()> emitError,
                                  int64_t items, int64_t experts, int64_t k,
                                  int64_t capacity, int64_t stack) {
  if (items < 1 || experts < 1 || k < 1 || k > experts || capacity < 0 ||
      stack < 0)
    return emitError() << "expected items >= 1, 1 <= k <= experts, capacity "
                          ">= 0 and stack >= 0, got items = "
                       << items << ", experts = " << experts << ", k = " << k
                       << ", capacity = " << capacity << ", stack = " << stack;
  // Rows and experts are numbered in i32, bytes in i64.
  constexpr int64_t most = std::numeric_limits<int32_t>::max();
  int64_t rows, bytes;
  if (llvm::MulOverflow(items, k, rows) || rows > most || experts > most ||
      llvm::MulOverflow(4 * (experts + 1 + 4 * rows),
                        std::max<int64_t>(stack, 1), bytes))
    return emitError() << "expected items * k and experts of at most " << most
                       << ", got items = " << items << ", experts = " << experts
                       << ", k = " << k << ", stack = " << stack;
  return success();
}
