//===- KernelVerifyProgram.cpp - Verifiers of programs and addresses ------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/Kernel/KernelOps.h"
#include "llvm/ADT/DenseSet.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace moec::kernel;

LogicalResult BlockAttr::verify(function_ref<InFlightDiagnostic()> emitError,
                                BlockKind kind, StringRef name) {
  StringRef word = stringifyBlockKind(kind);
  bool named = isInput(kind) || isOutput(kind);
  if (named && name.empty())
    return emitError() << "expected the name of the " << word << ", such as "
                       << word << " \"x\"";
  if (!named && !name.empty())
    return emitError() << "expected no name of the block " << word << ", got '"
                       << name << "'";
  return success();
}

LogicalResult AddressAttr::verify(function_ref<InFlightDiagnostic()> emitError,
                                  BlockAttr, int64_t offset, int64_t bytes,
                                  int64_t stride, int64_t shift,
                                  int64_t modulus, int64_t size) {
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

bool PortAttr::canBe(Type type) {
  auto tensor = dyn_cast<RankedTensorType>(type);
  if (!tensor || !tensor.hasStaticShape())
    return false;
  uint64_t elements = 1;
  for (int64_t size : tensor.getShape()) {
    elements = llvm::SaturatingMultiply(elements, uint64_t(size));
    if (elements > uint64_t(1) << 60)
      return false;
  }
  Type element = tensor.getElementType();
  return element.isF32() || element.isSignlessInteger(32) ||
         element.isSignlessInteger(8);
}

LogicalResult PortAttr::verify(function_ref<InFlightDiagnostic()> emitError,
                               BlockAttr block, RankedTensorType type) {
  if (!isInput(block.getKind()) && !isOutput(block.getKind()))
    return emitError() << "expected a field, host, output or metric, got "
                       << stringifyBlockKind(block.getKind());
  if (!canBe(type))
    return emitError() << "expected a tensor of static shape of f32, i32 or u8 "
                          "(i8), of at most 2^60 elements, got "
                       << type;
  return success();
}

LogicalResult ProgramOp::verifyRegions() {
  // Accessors of I64Attr are unsigned.
  if (int64_t bytes = getArena(); bytes < 0)
    return emitOpError("expected an arena of 0 or more bytes, got ") << bytes;
  llvm::DenseSet<BlockAttr> blocks;
  for (auto port : getInputs().getAsRange<PortAttr>()) {
    BlockAttr block = port.getBlock();
    if (!isInput(block.getKind()))
      return emitOpError("expected fields and host values as inputs, got ")
             << port;
    if (!blocks.insert(block).second)
      return emitOpError("has two inputs ") << block;
  }
  llvm::StringSet<> names;
  for (auto port : getOutputs().getAsRange<PortAttr>()) {
    BlockAttr block = port.getBlock();
    if (!isOutput(block.getKind()))
      return emitOpError("expected outputs and metrics as outputs, got ")
             << port;
    if (!names.insert(block.getName()).second)
      return emitOpError("has two outputs '") << block.getName() << "'";
    blocks.insert(block);
  }
  WalkResult walk = getBody().walk([&](LaunchOp launch) {
    for (auto address : launch.getArgs().getAsRange<AddressAttr>()) {
      BlockAttr block = address.getBlock();
      if (block.getName().empty() || blocks.contains(block))
        continue;
      launch.emitOpError("address names unknown block ") << block;
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
