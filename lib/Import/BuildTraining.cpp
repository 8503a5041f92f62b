//===- BuildTraining.cpp - Losses, metrics and updates ------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Import/EntryBuilder.h"
#include "lib/Import/Optimizers.h"

using namespace mlir;
using namespace moec;
using namespace moec::import;

static int64_t rankOf(Value value) {
  return cast<RankedTensorType>(value.getType()).getRank();
}

/// The mean over the batch of a value per image; a scalar as it is.
Value EntryBuilder::meanOfBatch(Value value) {
  if (rankOf(value) == 0)
    return value;
  Location loc = value.getLoc();
  Value total = moe::ReduceOp::create(b, loc, floatType({}), value,
                                      b.getDenseI64ArrayAttr({0}));
  return scaled(total, 1.0 / static_cast<double>(model.batch));
}

Value EntryBuilder::scaled(Value value, double factor) {
  if (factor == 1)
    return value;
  return moe::ScaleOp::create(b, value.getLoc(), value.getType(), value,
                              b.getF64FloatAttr(factor));
}

/// `total` may be null.
Value EntryBuilder::sum(Value total, Value value) {
  if (!total)
    return value;
  return moe::AddOp::create(b, NameLoc::get(b.getStringAttr("loss")),
                            value.getType(), total, value);
}

/// What the loss and the metrics are of each image.
void EntryBuilder::buildEvaluation() {
  Value loss;
  for (const LossTerm &term : model.loss)
    for (Ref ref : term.values)
      if (graph.info(ref)->rank() == 1)
        loss = sum(loss, scaled(valueOf(ref), term.weight));
  if (loss)
    addMetric(loss, "loss");
  for (const Metric &metric : model.metrics)
    if (graph.info(metric.value)->rank() == 1)
      addMetric(valueOf(metric.value), metric.name);
  for (const Metric &metric : model.routing)
    addMetric(valueOf(metric.value), metric.name);
}

/// Loss, gradients, and the optimizer's step.
void EntryBuilder::buildStep() {
  Location loc = NameLoc::get(b.getStringAttr("loss"));
  // What images have, then what layers tell.
  Value images, layers;
  SmallVector<std::pair<std::string, Value>> parts;
  for (const LossTerm &term : model.loss)
    for (Ref ref : term.values) {
      Value mean = meanOfBatch(valueOf(ref));
      parts.push_back({graph.nameOf(ref), mean});
      Value &total = graph.info(ref)->rank() ? images : layers;
      total = sum(total, scaled(mean, term.weight));
    }
  Value loss = images && layers ? sum(images, layers)
               : images         ? images
                                : layers;
  addMetric(loss, "loss");
  for (const Metric &metric : model.metrics)
    addMetric(meanOfBatch(valueOf(metric.value)), metric.name);
  auto isMetric = [&](StringRef name) {
    return name == "loss" || name == "grad_norm" ||
           llvm::any_of(model.metrics, [&](const Metric &metric) {
             return metric.name == name;
           });
  };
  if (parts.size() > 1)
    for (auto &[name, value] : parts)
      if (!isMetric(name))
        addMetric(value, name);
  for (const Metric &metric : model.routing)
    addMetric(valueOf(metric.value), metric.name);
  if (!trained.empty()) {
    SmallVector<Value> wrt;
    for (const Trained &parameter : trained)
      wrt.push_back(parameter.value);
    auto gradient =
        moe::GradientOp::create(b, loc, ValueRange(wrt).getTypes(), loss, wrt);
    SmallVector<Value> gradients(gradient.getGradients());
    auto clip = moe::ClipScaleOp::create(
        b, NameLoc::get(b.getStringAttr("update")), floatType({}),
        floatType({}), gradients, b.getF64FloatAttr(training->clipNorm));
    addMetric(clip.getNorm(), "grad_norm");
    // What decays alike and learns alike, in one update; what decays first.
    SmallVector<std::pair<double, double>> updates;
    for (const Trained &parameter : trained)
      if (std::pair key(parameter.weightDecay, parameter.rate);
          !llvm::is_contained(updates, key))
        updates.push_back(key);
    llvm::stable_sort(updates, [](const auto &a, const auto &b) {
      return (a.first > 0) > (b.first > 0);
    });
    for (auto [weightDecay, factor] : updates)
      buildUpdate(weightDecay, factor, gradients, clip.getScale());
  }
  updateShadows();
  writeStatistics();
}

/// The optimizer's state and what the training loop tells it.
void EntryBuilder::addMoments() {
  if (trained.empty())
    return;
  for (StringRef suffix : training->optimizer->moments)
    for (Trained &parameter : trained) {
      auto type = cast<RankedTensorType>(parameter.value.getType());
      std::string name = parameter.name + "." + suffix.str();
      addVariable(name, type, moe::Role::Moment, parameter.name, false, {});
      readVariable(name, type);
      parameter.moments.push_back(name);
    }
  rate = addHost(moe::HostValue::LearningRate, b.getF32Type());
  if (training->optimizer->countsSteps && !step)
    step = addHost(moe::HostValue::Step, b.getI32Type());
}

/// The new values of the parameters with that weight decay and that factor of
/// the learning rate.
void EntryBuilder::buildUpdate(double weightDecay, double factor,
                               ArrayRef<Value> gradients, Value scale) {
  Location loc = NameLoc::get(b.getStringAttr("update"));
  const OptimizerDef &optimizer = *training->optimizer;
  Value own = rate;
  if (factor != 1)
    own = moe::ScaleOp::create(b, loc, rate.getType(), rate,
                               b.getF64FloatAttr(factor));
  SmallVector<SmallVector<Value>, 2> moments(optimizer.moments.size());
  UpdateBuild update{b,   loc,        training->optimizerAttrs,
                     {},  {},         std::move(moments),
                     own, scale,      step,
                     {},  weightDecay};
  SmallVector<Trained *> chosen;
  for (auto [i, parameter] : llvm::enumerate(trained)) {
    if (parameter.weightDecay != weightDecay || parameter.rate != factor)
      continue;
    chosen.push_back(&parameter);
    update.params.push_back(parameter.value);
    update.grads.push_back(gradients[i]);
    for (auto [list, name] : llvm::zip(update.moments, parameter.moments))
      list.push_back(variables[name]);
    update.layers.push_back(parameter.layers);
  }
  // The new parameters, then each list of new moments.
  Operation::result_range values =
      createUpdate(optimizer, update)->getResults();
  size_t count = chosen.size();
  for (auto [i, parameter] : llvm::enumerate(chosen)) {
    parameter->updated = values[i];
    writeVariable(values[i], parameter->name);
  }
  for (size_t moment = 0; moment < optimizer.moments.size(); ++moment)
    for (auto [i, parameter] : llvm::enumerate(chosen))
      writeVariable(values[(moment + 1) * count + i],
                    parameter->moments[moment]);
}

/// 1 - d of an average whose decay goes to 1: (1 - decay) * c, with the half
/// cosine c that the training loop computes. Ahead of all else, so that it is
/// at hand where averages become a part of the update. Null if d stays.
Value EntryBuilder::shareOfNew(const Shadow &shadow) {
  if (shadow.schedule == "constant")
    return {};
  if (!halfCosine)
    halfCosine = addHost(moe::HostValue::HalfCosine, b.getF32Type());
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(body);
  return moe::ScaleOp::create(b, NameLoc::get(b.getStringAttr(shadow.name)),
                              halfCosine.getType(), halfCosine,
                              b.getF64FloatAttr(1 - shadow.decay));
}

/// d * s + (1 - d) * p; with a `share` 1 - d, which gets small, that is
/// s + share * (p - s).
Value EntryBuilder::averaged(const Shadow &shadow, Value share, Value average,
                             Value parameter) {
  Location loc = NameLoc::get(b.getStringAttr(shadow.name));
  auto type = cast<RankedTensorType>(average.getType());
  if (!share) {
    auto part = [&](Value value, double weight) {
      return moe::ScaleOp::create(b, loc, type, value,
                                  b.getF64FloatAttr(weight));
    };
    Value kept = part(average, shadow.decay);
    return moe::AddOp::create(b, loc, type, kept,
                              part(parameter, 1 - shadow.decay));
  }
  auto axes = llvm::to_vector(llvm::seq<int64_t>(0, type.getRank()));
  share = moe::BroadcastOp::create(b, loc, type, share,
                                   b.getDenseI64ArrayAttr(axes));
  Value apart = moe::SubOp::create(b, loc, type, parameter, average);
  return moe::AddOp::create(b, loc, type, average,
                            moe::MulOp::create(b, loc, type, share, apart));
}

/// Averages of the parameters as they are after the update.
void EntryBuilder::updateShadows() {
  llvm::StringMap<Value> now;
  for (const Trained &parameter : trained)
    now[parameter.name] = parameter.updated;
  for (const Shadow &shadow : training->shadows) {
    Value share = shareOfNew(shadow);
    for (const std::string &name : parameters) {
      if (!matchesAny(shadow.of, name))
        continue;
      Value parameter = now.lookup(name);
      if (!parameter)
        parameter = variables[name];
      auto type = cast<RankedTensorType>(parameter.getType());
      std::string average = shadow.name + "." + name;
      addVariable(average, type, moe::Role::Shadow, name, false, {});
      writeVariable(
          averaged(shadow, share, readVariable(average, type), parameter),
          average);
    }
  }
}

/// What the nodes have measured.
void EntryBuilder::writeStatistics() {
  for (const std::string &name : statistics)
    if (Value before = variables[name], now = newest(before); now != before)
      writeVariable(now, name);
}
