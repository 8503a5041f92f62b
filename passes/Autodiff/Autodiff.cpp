//===- Autodiff.cpp - @loss to @train_step --------------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/Autodiff/Passes.h"
#include "passes/Autodiff/ReverseSweep.h"

namespace moec {
#define GEN_PASS_DEF_AUTODIFFPASS
#include "passes/Autodiff/Passes.h.inc"
} // namespace moec

using namespace mlir;
using namespace moec;
using namespace moec::autodiff;

/// Checks that `loss` is what the importer makes: one block, no results but
/// scalars, the first of them the loss.
static LogicalResult checkLoss(func::FuncOp loss) {
  if (loss.isExternal())
    return loss.emitError() << "@loss has no body";
  if (!loss.getBody().hasOneBlock())
    return loss.emitError() << "@loss must have one block, but has "
                            << loss.getBody().getBlocks().size();
  if (loss.getNumResults() == 0 || !loss.getResultAttr(0, "moe.loss"))
    return loss.emitError()
           << "the first result of @loss must carry the attribute 'moe.loss'";
  auto type = dyn_cast<RankedTensorType>(loss.getResultTypes()[0]);
  if (!type || type.getRank() != 0 || !isa<FloatType>(type.getElementType()))
    return loss.emitError()
           << "the loss must be a scalar (tensor<f32> or "
              "tensor<f64>), but is "
           << loss.getResultTypes()[0] << "; reduce it with moe.reduce";
  for (unsigned i = 0; i < loss.getNumArguments(); ++i) {
    auto name = loss.getArgAttrOfType<StringAttr>(i, "moe.param");
    if (!name)
      continue;
    auto tensor = dyn_cast<RankedTensorType>(loss.getArgumentTypes()[i]);
    if (!tensor || !tensor.hasStaticShape() ||
        !isa<FloatType>(tensor.getElementType()))
      return loss.emitError()
             << "parameter " << name << " has type "
             << loss.getArgumentTypes()[i]
             << ", but parameters are float tensors of static shape";
  }
  return success();
}

/// @loss has the only loss of the module: another would be computed, but never
/// trained.
static LogicalResult checkSingleLoss(ModuleOp module, func::FuncOp loss) {
  for (auto function : module.getOps<func::FuncOp>())
    for (unsigned i = function == loss ? 1 : 0; i < function.getNumResults();
         ++i)
      if (function.getResultAttr(i, "moe.loss"))
        return function.emitError()
               << "result " << i
               << " is a second loss (moe.loss); only the first result of "
                  "@loss is trained: add the losses there";
  return success();
}

namespace {
struct AutodiffPass : public moec::impl::AutodiffPassBase<AutodiffPass> {
  using AutodiffPassBase::AutodiffPassBase;

  void runOnOperation() override {
    auto function = getOperation().lookupSymbol<func::FuncOp>("loss");
    if (!function)
      return;
    if (Operation *other = getOperation().lookupSymbol("train_step")) {
      other->emitError() << "@train_step is there already; autodiff makes it "
                            "from @loss";
      return signalPassFailure();
    }
    if (failed(checkLoss(function)) ||
        failed(checkSingleLoss(getOperation(), function)) ||
        failed(differentiate(function)))
      return signalPassFailure();
    function.setSymName("train_step");
  }

  LogicalResult differentiate(func::FuncOp function) {
    Block &block = function.getBody().front();
    Operation *terminator = block.getTerminator();
    Location loc = function.getLoc();

    SmallVector<std::pair<StringAttr, Value>> parameters;
    for (BlockArgument argument : block.getArguments())
      if (auto name = function.getArgAttrOfType<StringAttr>(
              argument.getArgNumber(), "moe.param"))
        parameters.emplace_back(name, argument);

    ReverseSweep sweep;
    for (auto [name, parameter] : parameters)
      sweep.addRoot(parameter);
    sweep.analyze(block);

    // The backward ops go before the return.
    OpBuilder builder(terminator);
    Value loss = terminator->getOperand(0);
    GradientMap gradients;
    gradients.set(loss, buildFill(builder, loss.getLoc(), loss.getType(), 1.0));
    if (failed(sweep.run(block, gradients, builder)))
      return failure();

    SmallVector<Value> results(terminator->getOperands());
    SmallVector<Attribute> resultAttrs;
    for (unsigned i = 0; i < function.getNumResults(); ++i)
      resultAttrs.push_back(
          DictionaryAttr::get(&getContext(), function.getResultAttrs(i)));
    for (auto [name, parameter] : parameters) {
      Value gradient = gradients.lookup(parameter);
      if (!gradient)
        gradient = buildFill(builder, loc, parameter.getType(), 0.0);
      results.push_back(gradient);
      resultAttrs.push_back(
          builder.getDictionaryAttr(builder.getNamedAttr("moe.grad", name)));
    }
    terminator->setOperands(results);
    function.setFunctionType(builder.getFunctionType(
        function.getArgumentTypes(), ValueRange(results).getTypes()));
    function.setResAttrsAttr(builder.getArrayAttr(resultAttrs));
    eraseDeadOps(block);
    return success();
  }
};
} // namespace
