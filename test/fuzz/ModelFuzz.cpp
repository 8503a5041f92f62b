//===- ModelFuzz.cpp - Any text as a JSON model -------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "moec/Import.h"

#include "mlir/IR/MLIRContext.h"
#include "llvm/Support/raw_ostream.h"

#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static mlir::MLIRContext context(mlir::MLIRContext::Threading::DISABLED);
  const std::string text(reinterpret_cast<const char *>(data), size);
  moec::ImportOptions options;
  options.train = size % 2;
  std::string problems;
  llvm::raw_string_ostream os(problems);
  const bool good =
      bool(moec::importModel(text, "fuzz.json", context, options, os));
  // Either a model, or a reason; never a model that breaks its own rules.
  if (good != problems.empty() ||
      problems.find("internal:") != std::string::npos)
    std::abort();
  return 0;
}
