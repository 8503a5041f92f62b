//===- KernelAttributes.cpp - What is said of kernel functions ------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/AttributeRules.h"
#include "dialects/Kernel/KernelFunctions.h"
#include "dialects/Kernel/KernelOps.h"
#include "dialects/Kernel/KernelPeak.h"
#include "dialects/Kernel/KernelTuning.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMTypes.h"

using namespace mlir;
using namespace moec::kernel;
using namespace moec::dialects;

static bool isNames(Attribute attr) {
  auto names = dyn_cast<ArrayAttr>(attr);
  return names && llvm::all_of(names, llvm::IsaPred<StringAttr>);
}
static bool isPlain(Attribute attr) { return isa<DictionaryAttr>(attr); }
static bool isMachine(Attribute attr) { return isa<MachineInterface>(attr); }
static bool isTensorMaps(Attribute attr) {
  auto maps = dyn_cast<ArrayAttr>(attr);
  return maps && llvm::all_of(maps, llvm::IsaPred<TensorMapAttr>);
}

LogicalResult
TensorMapAttr::verify(function_ref<InFlightDiagnostic()> emitError,
                      int64_t operand, Type element, DenseI64ArrayAttr shape,
                      DenseI64ArrayAttr strides, DenseI64ArrayAttr box,
                      int64_t swizzle) {
  if (operand < 0)
    return emitError() << "expected an operand of 0 or more, got " << operand;
  if (!element.isBF16() && !element.isF16() && !element.isF32() &&
      !element.isSignlessInteger(32) && !element.isSignlessInteger(8))
    return emitError() << "expected elements of bf16, f16, f32, i32 or u8 "
                          "(i8), got "
                       << element;
  int64_t rank = shape.size();
  if (rank < 1 || rank > 5 || strides.size() != rank - 1 || box.size() != rank)
    return emitError() << "expected 1 to 5 dimensions, one stride less and as "
                          "many sizes of a box, got "
                       << rank << ", " << strides.size() << " and "
                       << box.size();
  for (DenseI64ArrayAttr sizes : {shape, strides, box})
    for (int64_t size : sizes.asArrayRef())
      if (size < 0)
        return emitError() << "expected sizes of 0 or more, got " << size;
  if (!llvm::is_contained({0, 32, 64, 128}, swizzle))
    return emitError() << "expected a swizzle of 0, 32, 64 or 128 bytes, got "
                       << swizzle;
  return success();
}

static bool isTuning(Attribute attr) {
  auto schedules = dyn_cast<DictionaryAttr>(attr);
  return schedules && llvm::all_of(schedules, [](NamedAttribute entry) {
           return isa<ScheduleAttr>(entry.getValue());
         });
}
static bool isAddresses(Attribute attr) {
  auto addresses = dyn_cast<ArrayAttr>(attr);
  return addresses && llvm::all_of(addresses, llvm::IsaPred<AddressAttr>);
}
static bool isNameLists(Attribute attr) {
  auto lists = dyn_cast<ArrayAttr>(attr);
  return lists && llvm::all_of(lists, isNames);
}

static constexpr llvm::StringLiteral aCount = "an i64 of 0 or more";
static constexpr llvm::StringLiteral atLeastOne = "an i64 of 1 or more";
static const AttributeRule rules[] = {
    {attr::machine.name, OnModule,
     "a machine: #kernel.cpu<..> or #kernel.gpu<..>", isMachine},
    {attr::tuning.name, OnModule, "a dictionary of #kernel.schedule<..>",
     isTuning},
    {attr::parts.name, OnFunction, atLeastOne, isPositive},
    {attr::function.name, OnFunction, "no value", isUnit},
    {attr::nodes.name, OnFunction, "an array of names", isNames},
    {attr::kind.name, OnFunction, "a name", isName},
    {attr::flops.name, OnFunction, aCount, isCount},
    {attr::bytes.name, OnFunction, aCount, isCount},
    {attr::outs.name, OnFunction, aCount, isCount},
    {attr::blocks.name, OnFunction, atLeastOne, isPositive},
    {attr::scratch.name, OnFunction, aCount, isCount},
    {attr::builtin.name, OnFunction, "a name", isName},
    {attr::attributes.name, OnFunction, "a dictionary", isPlain},
    {attr::copies.name, OnFunction, aCount, isCount},
    {attr::peak.name, OnFunction, "an array of #kernel.address<..>",
     isAddresses},
    {attr::peakNodes.name, OnFunction, "an array of arrays of names",
     isNameLists},
    {attr::grid.name, OnFunction, atLeastOne, isPositive},
    {attr::threads.name, OnFunction, atLeastOne, isPositive},
    {attr::cluster.name, OnFunction, atLeastOne, isPositive},
    {attr::shared.name, OnFunction, aCount, isCount},
    {attr::workspace.name, OnFunction, aCount, isCount},
    {attr::variant.name, OnFunction, "a name", isName},
    {attr::tensorMaps.name, OnFunction, "an array of #kernel.tensor_map<..>",
     isTensorMaps},
    {attr::registers.name, OnFunction, aCount, isCount},
    {attr::spills.name, OnFunction, aCount, isCount},
};

/// A kernel function has a body and the arguments (operands..., begin, end,
/// scratch); where it is no func.func any more, what made it something else
/// has seen to that. `op` is not verified yet.
static LogicalResult verifyKernelFunction(Operation *op) {
  if (!isa<func::FuncOp>(op))
    return success();
  auto type = dyn_cast_or_null<TypeAttr>(
      op->getInherentAttr("function_type").value_or(Attribute()));
  auto function = type ? dyn_cast<FunctionType>(type.getValue()) : nullptr;
  if (!function)
    return success(); // func.func has its own words for it
  if (op->getNumRegions() != 1 || op->getRegion(0).empty())
    return op->emitOpError("is marked kernel.function, so it must have a body");
  ArrayRef<Type> types = function.getInputs();
  // Lowering may append pointers to tensor maps.
  while (!types.empty() && isa<LLVM::LLVMPointerType>(types.back()))
    types = types.drop_back();
  size_t count = types.size();
  auto bytes = count ? dyn_cast<MemRefType>(types.back()) : MemRefType();
  if (count < 3 || !types[count - 3].isIndex() || !types[count - 2].isIndex() ||
      !bytes || bytes.getRank() != 1 || !bytes.getElementType().isInteger(8))
    return op->emitOpError("is marked kernel.function, so its arguments must "
                           "end with (index, index, memref<?xi8>)");
  if (function.getNumResults())
    return op->emitOpError("is marked kernel.function, so it must not have "
                           "results");
  return success();
}

LogicalResult KernelDialect::verifyOperationAttribute(Operation *op,
                                                      NamedAttribute attr) {
  if (failed(verifyAttribute(op, attr, rules)))
    return failure();
  return attr.getName() == attr::function.name ? verifyKernelFunction(op)
                                               : success();
}

LogicalResult KernelDialect::verifyRegionArgAttribute(Operation *op, unsigned,
                                                      unsigned argument,
                                                      NamedAttribute attr) {
  return verifyAttribute(op, "argument " + Twine(argument), OnArgument, attr,
                         rules);
}

LogicalResult KernelDialect::verifyRegionResultAttribute(Operation *op,
                                                         unsigned,
                                                         unsigned result,
                                                         NamedAttribute attr) {
  return verifyAttribute(op, "result " + Twine(result), OnResult, attr, rules);
}
