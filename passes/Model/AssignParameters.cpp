//===- AssignParameters.cpp - The parameter table -------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/Model/Passes.h"
#include "runtime/core/Limits.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/SmallPtrSet.h"
#include "llvm/Support/MathExtras.h"

namespace moec {
#define GEN_PASS_DEF_ASSIGNPARAMETERSPASS
#include "passes/Model/Passes.h.inc"
} // namespace moec

using namespace mlir;
using namespace moec;

namespace {
/// Elements in a cache line, so that no two parameters share one.
constexpr int64_t offsetMultiple = 16;
/// Length of the chunks that flat kernels work on.
constexpr int64_t blockMultiple = 4096;

struct Parameter {
  RankedTensorType type;
  bool decay;
  Attribute init;
  func::FuncOp function; // where it was seen first
  bool trained = false;  // @loss takes it, or there is none
};

struct AssignParametersPass
    : public moec::impl::AssignParametersPassBase<AssignParametersPass> {
  using AssignParametersPassBase::AssignParametersPassBase;

  void runOnOperation() override;
  LogicalResult collect(func::FuncOp function);
  LogicalResult addParameter(func::FuncOp function, unsigned index,
                             StringAttr name);

  llvm::MapVector<StringAttr, Parameter> parameters;
  bool hasLoss = false;
};
} // namespace

/// False if the number is none of 64 bits.
static bool getNumElements(RankedTensorType type, int64_t &elements) {
  elements = 1;
  return llvm::none_of(type.getShape(), [&](int64_t size) {
    return llvm::MulOverflow(elements, size, elements);
  });
}

/// Reports that two functions say different things about a parameter.
static LogicalResult disagree(func::FuncOp function, StringAttr name,
                              StringRef what, Parameter &first,
                              const Twine &expected, const Twine &got) {
  InFlightDiagnostic diag = function.emitError()
                            << "parameter " << name << " has " << what << " "
                            << got << " in @" << function.getSymName()
                            << ", but " << expected << " in @"
                            << first.function.getSymName();
  diag.attachNote(first.function.getLoc()) << "first used here";
  return failure();
}

static std::string toString(Type type) {
  std::string text;
  llvm::raw_string_ostream(text) << '\'' << type << '\'';
  return text;
}

static std::string toString(Attribute attr) {
  std::string text;
  llvm::raw_string_ostream(text) << attr;
  return text;
}

LogicalResult AssignParametersPass::addParameter(func::FuncOp function,
                                                 unsigned index,
                                                 StringAttr name) {
  Type type = function.getArgumentTypes()[index];
  auto tensor = dyn_cast<RankedTensorType>(type);
  if (!tensor || !tensor.hasStaticShape() ||
      !isa<FloatType>(tensor.getElementType()))
    return function.emitError()
           << "parameter " << name << " has type " << type
           << ", but parameters are float tensors of static shape";
  Attribute init = function.getArgAttr(index, "moe.init");
  if (!init)
    return function.emitError() << "parameter " << name
                                << " has no 'moe.init', which says how "
                                   "training starts, such as {op = \"zeros\"}";
  bool decay = bool(function.getArgAttr(index, "moe.decay"));
  auto [entry, isNew] =
      parameters.insert({name, Parameter{tensor, decay, init, function}});
  Parameter &first = entry->second;
  first.trained |= !hasLoss || function.getSymName() == "loss";
  if (isNew)
    return success();
  if (first.type != tensor)
    return disagree(function, name, "type", first, toString(first.type),
                    toString(type));
  if (first.decay != decay)
    return disagree(function, name, "weight decay", first,
                    first.decay ? "on" : "off", decay ? "on" : "off");
  if (first.init != init)
    return disagree(function, name, "moe.init", first, toString(first.init),
                    toString(init));
  return success();
}

LogicalResult AssignParametersPass::collect(func::FuncOp function) {
  llvm::SmallPtrSet<Attribute, 16> seen;
  for (unsigned i = 0; i < function.getNumArguments(); ++i) {
    auto name = function.getArgAttrOfType<StringAttr>(i, "moe.param");
    if (!name)
      continue;
    if (!seen.insert(name).second)
      return function.emitError()
             << "two arguments of @" << function.getSymName()
             << " are parameter " << name
             << "; use one argument in both places to share it";
    if (failed(addParameter(function, i, name)))
      return failure();
  }
  return success();
}

void AssignParametersPass::runOnOperation() {
  parameters.clear();
  ModuleOp module = getOperation();
  hasLoss = module.lookupSymbol("loss") != nullptr;
  for (auto function : module.getOps<func::FuncOp>())
    if (failed(collect(function)))
      return signalPassFailure();

  // With what is left free between parameters and behind them.
  int64_t total = 2 * blockMultiple;
  for (auto &[name, parameter] : parameters) {
    int64_t elements;
    if (getNumElements(parameter.type, elements) &&
        elements <= rt::maxElements) {
      total += llvm::alignTo(elements, offsetMultiple);
      if (total <= rt::maxElements)
        continue;
    }
    emitError(parameter.function.getLoc())
        << "parameter " << name << " of type " << parameter.type
        << " makes the block of parameters larger than 2^"
        << llvm::Log2_64(rt::maxElements) << " elements";
    return signalPassFailure();
  }

  Builder builder(&getContext());
  SmallVector<Attribute> table;
  int64_t offset = 0;
  auto place = [&](llvm::function_ref<bool(const Parameter &)> belongs) {
    for (auto &[name, parameter] : parameters) {
      if (!belongs(parameter))
        continue;
      NamedAttrList entry;
      entry.append("name", name);
      entry.append("shape",
                   builder.getDenseI64ArrayAttr(parameter.type.getShape()));
      entry.append("offset", builder.getI64IntegerAttr(offset));
      entry.append("decay", builder.getBoolAttr(parameter.decay));
      entry.append("init", parameter.init);
      if (!parameter.trained)
        entry.append("trained", builder.getBoolAttr(false));
      table.push_back(entry.getDictionary(&getContext()));
      offset = llvm::alignTo(offset + parameter.type.getNumElements(),
                             offsetMultiple);
    }
    return builder.getI64IntegerAttr(offset);
  };
  module->setAttr("moe.decay_elements", place([](const Parameter &parameter) {
                    return parameter.trained && parameter.decay;
                  }));
  place([](const Parameter &parameter) {
    return parameter.trained && !parameter.decay;
  });
  offset = llvm::alignTo(offset, blockMultiple);
  if (hasLoss)
    module->setAttr("moe.trained_elements", builder.getI64IntegerAttr(offset));
  place([](const Parameter &parameter) { return !parameter.trained; });
  module->setAttr("moe.parameters", builder.getArrayAttr(table));
  module->setAttr(
      "moe.parameter_elements",
      builder.getI64IntegerAttr(llvm::alignTo(offset, blockMultiple)));
}
