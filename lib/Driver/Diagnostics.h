//===- Diagnostics.h - What passes say, on the terminal ---------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_LIB_DRIVER_DIAGNOSTICS_H
#define MOEC_LIB_DRIVER_DIAGNOSTICS_H

#include "mlir/IR/Diagnostics.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/raw_ostream.h"
#include <memory>

namespace moec::driver {

/// Writes "FILE:LINE:COLUMN: error: node 'NAME': ...", as the importer does;
/// what stands nowhere in the model is said by the program.
void printDiagnostic(mlir::Diagnostic &diagnostic, llvm::raw_ostream &os);

/// Writes "moec: SEVERITY: TEXT", with control characters escaped.
void printMessage(llvm::StringRef severity, const llvm::Twine &text);

/// Which categories of remarks there were, and whether the pattern took any.
struct RemarkCount;

/// Remarks of categories that match `pattern` become diagnostics of the
/// context. Fails if it is no regular expression.
llvm::Expected<std::shared_ptr<RemarkCount>>
enableRemarks(mlir::MLIRContext &context, llvm::StringRef pattern);

/// Warns where nothing matched, and says what could have.
void warnWithoutRemarks(const RemarkCount &count);

} // namespace moec::driver

#endif // MOEC_LIB_DRIVER_DIAGNOSTICS_H
