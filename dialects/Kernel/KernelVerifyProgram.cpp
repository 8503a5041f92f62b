//===- KernelVerifyProgram.cpp - Verifiers of programs and addresses ------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/Kernel/KernelOps.h"
#include "llvm/ADT/StringSet.h"

using namespace mlir;
using namespace moec::kernel;

LogicalResult AddressAttr::verify(function_ref<InFlightDiagnostic()> emitError,
                                  StringRef block, int64_t offset,
                                  int64_t stride, int64_t shift,
                                  int64_t modulus, int64_t size) {
  StringRef number = block;
  bool state = number.consume_front("state") && !number.empty() &&
               llvm::all_of(number, llvm::isDigit);
  bool named = block.size() > block.find(':') + 1 &&
               (block.starts_with("in:") || block.starts_with("out:"));
  if (!state && !named && block != "params" && block != "grads" &&
      block != "arena")
    return emitError() << "expected block params, grads, arena, state<i>, "
                          "in:NAME or out:NAME, got '"
                       << block << "'";
  if (offset < 0)
    return emitError() << "expected an offset of 0 or more bytes, got "
                       << offset;
  if (shift < 0 || modulus < 1 || size < 0)
    return emitError() << "expected a ring of at least one place of 0 or more "
                          "bytes and a shift of 0 or more, got shift "
                       << shift << ", modulus " << modulus << ", size " << size;
  return success();
}

/// Collects the names of inputs or outputs.
static LogicalResult collectNames(ProgramOp program, ArrayAttr list,
                                  StringRef kind, llvm::StringSet<> &names) {
  for (Attribute entry : list) {
    auto dictionary = dyn_cast<DictionaryAttr>(entry);
    if (!dictionary || !dictionary.getAs<StringAttr>("name") ||
        !dictionary.getAs<StringAttr>("dtype") || !dictionary.get("shape"))
      return program.emitOpError("expected each of its ")
             << kind << "s to be {name, dtype, shape}, got " << entry;
    StringRef name = dictionary.getAs<StringAttr>("name").getValue();
    if (!names.insert(name).second)
      return program.emitOpError("has two ") << kind << "s '" << name << "'";
  }
  return success();
}

LogicalResult ProgramOp::verifyRegions() {
  // Accessors of I64Attr are unsigned.
  if (int64_t bytes = getArena(); bytes < 0)
    return emitOpError("expected an arena of 0 or more bytes, got ") << bytes;
  llvm::StringSet<> inputs, outputs;
  if (failed(collectNames(*this, getInputs(), "input", inputs)) ||
      failed(collectNames(*this, getOutputs(), "output", outputs)))
    return failure();
  WalkResult walk = getBody().walk([&](LaunchOp launch) {
    for (auto address : launch.getArgs().getAsRange<AddressAttr>()) {
      auto [kind, name] = address.getBlock().split(':');
      if (name.empty() || (kind == "in" ? inputs : outputs).contains(name))
        continue;
      launch.emitOpError("address names unknown block '")
          << address.getBlock() << "'";
      return WalkResult::interrupt();
    }
    return WalkResult::advance();
  });
  return failure(walk.wasInterrupted());
}

LogicalResult LoopOp::verify() {
  if (int64_t count = getCount(); count < 1)
    return emitOpError("expected a count of at least 1, got ") << count;
  return success();
}
