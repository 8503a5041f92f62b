//===- SyntaxError.h - What is wrong with text that is no JSON -*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_LIB_IMPORT_SYNTAXERROR_H
#define MOEC_LIB_IMPORT_SYNTAXERROR_H

#include "llvm/ADT/StringRef.h"
#include <string>

namespace moec::import {

/// What is wrong, where (a byte of the text), and what to do; the last may be
/// empty.
struct SyntaxError {
  std::string message;
  size_t offset;
  std::string fix;
};

/// Explains why a parser refused `text` at byte `offset` (its size: it ended
/// too early). `words` are the parser's own, for what is no common mistake.
SyntaxError explainSyntaxError(llvm::StringRef text, size_t offset,
                               llvm::StringRef words);

/// The line of `text` around byte `offset`, and a caret below it:
///     3 |   "name": 'm',
///       |           ^
std::string sourceExcerpt(llvm::StringRef text, size_t offset);

} // namespace moec::import

#endif // MOEC_LIB_IMPORT_SYNTAXERROR_H
