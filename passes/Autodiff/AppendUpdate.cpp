//===- AppendUpdate.cpp - The optimizer's function @update ----------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/Autodiff/Passes.h"

namespace moec {
#define GEN_PASS_DEF_APPENDUPDATEPASS
#include "passes/Autodiff/Passes.h.inc"
} // namespace moec

using namespace mlir;
using namespace moec;

namespace {
/// What `moe.training` says about the update.
struct Optimizer {
  bool isAdamW = false;
  double beta1 = 0, beta2 = 0, eps = 0, momentum = 0, weightDecay = 0;
  double clipNorm = 0;
};

struct AppendUpdatePass
    : public moec::impl::AppendUpdatePassBase<AppendUpdatePass> {
  using AppendUpdatePassBase::AppendUpdatePassBase;

  void runOnOperation() override;
  FailureOr<Optimizer> readOptimizer(DictionaryAttr training);
  FailureOr<double> readNumber(DictionaryAttr from, StringRef where,
                               StringRef name);
};

/// Builds @update; one segment of the blocks after the other.
class UpdateBuilder {
public:
  UpdateBuilder(ModuleOp module, const Optimizer &optimizer)
      : optimizer(optimizer), builder(module.getContext()),
        loc(NameLoc::get(builder.getStringAttr("update"), module.getLoc())) {
    builder.setInsertionPointToEnd(module.getBody());
    function = func::FuncOp::create(builder, loc, "update",
                                    builder.getFunctionType({}, {}));
    builder.setInsertionPointToEnd(function.addEntryBlock());
  }

  void build(int64_t elements, int64_t decayed) {
    Value rate = addArgument(RankedTensorType::get({}, builder.getF32Type()),
                             "moe.input", "learning_rate");
    Value step;
    if (optimizer.isAdamW)
      step = addArgument(RankedTensorType::get({}, builder.getI32Type()),
                         "moe.input", "step");
    auto clip =
        moe::ClipScaleOp::create(builder, loc, rate.getType(), rate.getType(),
                                 addBlock("grads", 0, elements),
                                 builder.getF64FloatAttr(optimizer.clipNorm));
    if (decayed)
      updateSegment(0, decayed, optimizer.weightDecay, rate, step,
                    clip.getScale());
    if (decayed < elements)
      updateSegment(decayed, elements - decayed, /*weightDecay=*/0.0, rate,
                    step, clip.getScale());
    addResult(clip.getNorm(),
              builder.getDictionaryAttr(builder.getNamedAttr(
                  "moe.metric", builder.getStringAttr("grad_norm"))));
    func::ReturnOp::create(builder, loc, results);
    function.setFunctionType(
        builder.getFunctionType(function.getBody().front().getArgumentTypes(),
                                ValueRange(results).getTypes()));
    function.setArgAttrsAttr(builder.getArrayAttr(argAttrs));
    function.setResAttrsAttr(builder.getArrayAttr(resultAttrs));
  }

private:
  Value addArgument(Type type, DictionaryAttr attrs) {
    argAttrs.push_back(attrs);
    return function.getBody().front().addArgument(type, loc);
  }
  Value addArgument(Type type, StringRef attr, StringRef value) {
    return addArgument(type, builder.getDictionaryAttr(builder.getNamedAttr(
                                 attr, builder.getStringAttr(value))));
  }
  DictionaryAttr getBlockAttrs(StringRef name, int64_t offset) {
    return builder.getDictionaryAttr(
        {builder.getNamedAttr("moe.block", builder.getStringAttr(name)),
         builder.getNamedAttr("moe.offset",
                              builder.getI64IntegerAttr(offset))});
  }
  Value addBlock(StringRef name, int64_t offset, int64_t elements) {
    return addArgument(RankedTensorType::get({elements}, builder.getF32Type()),
                       getBlockAttrs(name, offset));
  }
  void addResult(Value value, DictionaryAttr attrs) {
    results.push_back(value);
    resultAttrs.push_back(attrs);
  }

  void updateSegment(int64_t offset, int64_t elements, double weightDecay,
                     Value rate, Value step, Value scale) {
    Value params = addBlock("params", offset, elements);
    Value grads = addBlock("grads", offset, elements);
    Value state0 = addBlock("state0", offset, elements);
    Type type = params.getType();
    auto number = [&](double value) { return builder.getF64FloatAttr(value); };
    if (optimizer.isAdamW) {
      Value state1 = addBlock("state1", offset, elements);
      auto update = moe::AdamWUpdateOp::create(
          builder, loc, type, type, type, params, grads, state0, state1, rate,
          step, scale, number(optimizer.beta1), number(optimizer.beta2),
          number(optimizer.eps), number(weightDecay));
      addResult(update.getNewParam(), getBlockAttrs("params", offset));
      addResult(update.getNewMean(), getBlockAttrs("state0", offset));
      addResult(update.getNewVariance(), getBlockAttrs("state1", offset));
      return;
    }
    auto update = moe::SgdUpdateOp::create(
        builder, loc, type, type, params, grads, state0, rate, scale,
        number(optimizer.momentum), number(weightDecay));
    addResult(update.getNewParam(), getBlockAttrs("params", offset));
    addResult(update.getNewMomentum(), getBlockAttrs("state0", offset));
  }

  const Optimizer &optimizer;
  OpBuilder builder;
  Location loc;
  func::FuncOp function;
  SmallVector<Attribute> argAttrs, resultAttrs;
  SmallVector<Value> results;
};
} // namespace

FailureOr<double> AppendUpdatePass::readNumber(DictionaryAttr from,
                                               StringRef where,
                                               StringRef name) {
  Attribute attr = from.get(name);
  auto number = dyn_cast_or_null<FloatAttr>(attr);
  if (number && number.getValue().isFinite() && !number.getValue().isNegative())
    return number.getValueAsDouble();
  InFlightDiagnostic diag = getOperation().emitError()
                            << "'" << where << "' needs '" << name
                            << "', a float that is not negative";
  if (attr)
    diag << ", but has " << attr;
  else
    diag << ", but has none";
  return failure();
}

FailureOr<Optimizer> AppendUpdatePass::readOptimizer(DictionaryAttr training) {
  auto dictionary = training.getAs<DictionaryAttr>("optimizer");
  auto op = dictionary ? dictionary.getAs<StringAttr>("op") : StringAttr();
  if (!op || (op != "adamw" && op != "sgd")) {
    InFlightDiagnostic diag =
        getOperation().emitError()
        << "'moe.training' needs 'optimizer', a dictionary with op = \"adamw\" "
           "or \"sgd\"";
    if (Attribute found = training.get("optimizer"))
      diag << ", but has " << found;
    else
      diag << ", but has none";
    return failure();
  }
  Optimizer optimizer;
  optimizer.isAdamW = op == "adamw";
  SmallVector<std::pair<StringRef, double *>> wanted = {
      {"weight_decay", &optimizer.weightDecay}};
  if (optimizer.isAdamW)
    wanted.append({{"beta1", &optimizer.beta1},
                   {"beta2", &optimizer.beta2},
                   {"eps", &optimizer.eps}});
  else
    wanted.push_back({"momentum", &optimizer.momentum});
  for (auto [name, place] : wanted) {
    FailureOr<double> number =
        readNumber(dictionary, "moe.training.optimizer", name);
    if (failed(number))
      return failure();
    *place = *number;
  }
  FailureOr<double> clipNorm =
      readNumber(training, "moe.training", "clip_norm");
  if (failed(clipNorm))
    return failure();
  optimizer.clipNorm = *clipNorm;
  return optimizer;
}

void AppendUpdatePass::runOnOperation() {
  ModuleOp module = getOperation();
  auto trainStep = module.lookupSymbol<func::FuncOp>("train_step");
  if (!trainStep)
    return;
  if (Operation *other = module.lookupSymbol("update")) {
    other->emitError() << "@update is there already; moec-append-update makes "
                          "it from 'moe.training'";
    return signalPassFailure();
  }
  auto training = module->getAttrOfType<DictionaryAttr>("moe.training");
  if (!training) {
    module.emitError() << "the module has @train_step, but no dictionary "
                          "'moe.training' that says how to update";
    return signalPassFailure();
  }
  auto elements = module->getAttrOfType<IntegerAttr>("moe.trained_elements");
  auto decayed = module->getAttrOfType<IntegerAttr>("moe.decay_elements");
  if (!elements || !decayed) {
    module.emitError() << "the module has no 'moe.trained_elements' and "
                          "'moe.decay_elements'; run moec-assign-parameters "
                          "first";
    return signalPassFailure();
  }
  if (decayed.getInt() > elements.getInt()) {
    module.emitError() << "'moe.decay_elements' is " << decayed.getInt()
                       << ", more than 'moe.trained_elements', "
                       << elements.getInt();
    return signalPassFailure();
  }
  FailureOr<Optimizer> optimizer = readOptimizer(training);
  if (failed(optimizer))
    return signalPassFailure();
  // A loss of no parameters has no update.
  if (elements.getInt() == 0)
    return;
  for (unsigned i = 0; i < trainStep.getNumArguments(); ++i) {
    Attribute name = trainStep.getArgAttr(i, "moe.param");
    if (name &&
        !getElementTypeOrSelf(trainStep.getArgumentTypes()[i]).isF32()) {
      trainStep.emitError()
          << "parameter " << name << " has type "
          << trainStep.getArgumentTypes()[i] << ", but the update works on f32";
      return signalPassFailure();
    }
  }
  UpdateBuilder(module, *optimizer).build(elements.getInt(), decayed.getInt());
}
