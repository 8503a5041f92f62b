//===- KernelVerifyProgram.cpp - Verifiers of programs and addresses ------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/AttributeRules.h"
#include "dialects/Kernel/KernelOps.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace moec::kernel;
using namespace moec::dialects;

LogicalResult AddressAttr::verify(function_ref<InFlightDiagnostic()> emitError,
                                  StringRef block, int64_t offset,
                                  int64_t bytes, int64_t stride, int64_t shift,
                                  int64_t modulus, int64_t size) {
  bool named = block.size() > block.find(':') + 1 &&
               (block.starts_with("in:") || block.starts_with("host:") ||
                block.starts_with("out:"));
  if (!named && block != "arena" &&
      !llvm::is_contained(
          {"parameter", "statistic", "moment", "shadow", "derived"}, block))
    return emitError() << "expected as block a role of variables, arena, "
                          "in:NAME, host:NAME or out:NAME, got '"
                       << block << "'";
  if (bytes < 0)
    return emitError() << "expected an operand of 0 or more bytes, got "
                       << bytes;
  if (offset < 0)
    return emitError() << "expected an offset of 0 or more bytes, got "
                       << offset;
  if (shift < 0 || modulus < 1 || size < 0)
    return emitError() << "expected a ring of at least one place of 0 or more "
                          "bytes and a shift of 0 or more, got shift "
                       << shift << ", modulus " << modulus << ", size " << size;
  return success();
}

static bool isDType(Attribute attr) {
  auto text = dyn_cast<StringAttr>(attr);
  return text && llvm::is_contained({"f32", "i32", "u8"}, text.getValue());
}

/// Of a tensor that a block may hold; an empty list is a scalar's.
static bool isSizes(Attribute attr) {
  auto sizes = dyn_cast<ArrayAttr>(attr);
  if (!sizes)
    return false;
  uint64_t elements = 1;
  for (Attribute size : sizes) {
    if (!isCount(size))
      return false;
    elements = llvm::SaturatingMultiply(
        elements, uint64_t(cast<IntegerAttr>(size).getInt()));
    if (elements > uint64_t(1) << 60)
      return false;
  }
  return true;
}

/// Collects the names of the blocks, `in:x`, of what `list` describes.
static LogicalResult collectNames(ProgramOp program, ArrayAttr list,
                                  StringRef what, llvm::StringLiteral choice,
                                  ArrayRef<std::pair<StringRef, StringRef>> to,
                                  llvm::StringSet<> &names) {
  for (Attribute entry : list) {
    auto dictionary = dyn_cast<DictionaryAttr>(entry);
    auto text = [&](StringRef key) {
      auto value = dictionary ? dictionary.getAs<StringAttr>(key) : nullptr;
      return value ? value.getValue() : StringRef();
    };
    auto *prefix = llvm::find_if(
        to, [&](const auto &pair) { return pair.first == text(choice); });
    if (prefix == to.end() ||
        !isDictionary(dictionary, {{"name", isName, false},
                                   {"dtype", isDType, false},
                                   {"shape", isSizes, false},
                                   {choice, isName, false}}))
      return program.emitOpError("expected each of its ")
             << what
             << "s to be {name, dtype = \"f32\", \"i32\" or \"u8\", shape = "
             << "[sizes], " << choice << " = \"" << to.front().first
             << "\" or \"" << to.back().first << "\"}, got " << entry;
    if (!names.insert((prefix->second + text("name")).str()).second)
      return program.emitOpError("has two ")
             << what << "s '" << text("name") << "'";
  }
  return success();
}

LogicalResult ProgramOp::verifyRegions() {
  // Accessors of I64Attr are unsigned.
  if (int64_t bytes = getArena(); bytes < 0)
    return emitOpError("expected an arena of 0 or more bytes, got ") << bytes;
  llvm::StringSet<> names;
  if (failed(collectNames(*this, getInputs(), "input", "source",
                          {{"field", "in:"}, {"host", "host:"}}, names)) ||
      failed(collectNames(*this, getOutputs(), "output", "kind",
                          {{"output", "out:"}, {"metric", "out:"}}, names)))
    return failure();
  WalkResult walk = getBody().walk([&](LaunchOp launch) {
    for (auto address : launch.getArgs().getAsRange<AddressAttr>()) {
      StringRef block = address.getBlock();
      if (!block.contains(':') || names.contains(block))
        continue;
      launch.emitOpError("address names unknown block '") << block << "'";
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
