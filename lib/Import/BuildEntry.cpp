//===- BuildEntry.cpp - Entries and their variables ---------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Import/EntryBuilder.h"
#include "lib/Import/Reader.h"

using namespace mlir;
using namespace moec;
using namespace moec::import;

static Type inputType(Builder &b, const TensorInfo &info) {
  Type element = b.getF32Type();
  if (info.dtype == DType::U8)
    element = b.getI8Type();
  else if (info.dtype == DType::I32)
    element = b.getI32Type();
  return RankedTensorType::get(info.shape, element);
}

/// What a step of training computes.
static SmallVector<Ref> trainingResults(const Model &model) {
  SmallVector<Ref> refs;
  for (const LossTerm &term : model.loss)
    refs.append(term.values);
  for (const Metric &metric : model.metrics)
    refs.push_back(metric.value);
  for (const Metric &metric : model.routing)
    refs.push_back(metric.value);
  return refs;
}

/// Of what uses a shadow the statistics alone, which are its own.
static void collectParameters(const Use &use, StringRef prefix,
                              StringRef shadow, llvm::StringSet<> &names) {
  for (auto [i, node] : llvm::enumerate(use.graph->nodes)) {
    int index = static_cast<int>(i);
    if (!use.needs(index))
      continue;
    const Node &owner = node.owner < 0 ? node : use.graph->nodes[node.owner];
    std::string name = (prefix + owner.name).str();
    StringRef from = node.shadow.empty() ? shadow : StringRef(node.shadow);
    for (const ParamSpec &spec : node.params)
      if (from.empty())
        names.insert(name + "." + spec.suffix);
      else if (spec.statistic)
        names.insert((from + "." + name + "." + spec.suffix).str());
    for (auto [r, run] : llvm::enumerate(node.runs))
      collectParameters(use.blocks.at(index)[r], runName(node, run, name) + ".",
                        from, names);
  }
}

EntryBuilder::EntryBuilder(ModuleOp module, const Model &model, StringRef file,
                           EntryKind kind)
    : module(module), model(model), graph(model.graph), file(file), kind(kind),
      training(kind == EntryKind::TrainStep ? &*model.training : nullptr),
      b(module.getBodyRegion()) {
  b.setInsertionPointToEnd(module.getBody());
  if (model.training)
    collectParameters(findUse(graph, trainingResults(model), /*training=*/true),
                      "", "", inTraining);
  if (kind == EntryKind::Infer)
    outputs = model.outputs;
  if (kind != EntryKind::Eval || !model.logits)
    return;
  // Metrics have names of their own; logits of such a name are left out.
  std::string name = graph.nameOf(*model.logits);
  auto taken = [&](const Metric &metric) { return metric.name == name; };
  if (name != "loss" && llvm::none_of(model.metrics, taken))
    outputs.push_back({name, *model.logits});
}

/// What the entry computes.
SmallVector<Ref> EntryBuilder::findResults() const {
  SmallVector<Ref> refs;
  for (const Output &output : outputs)
    refs.push_back(output.value);
  if (kind == EntryKind::Infer)
    return refs;
  for (Ref ref : trainingResults(model))
    // Evaluation reports what each image has, and what routers do.
    if (training || graph.info(ref)->rank() != 0)
      refs.push_back(ref);
  return refs;
}

Value EntryBuilder::addArgument(Type type, NamedAttribute attr) {
  argAttrs.push_back(b.getDictionaryAttr(attr));
  return body->addArgument(type, body->getParentOp()->getLoc());
}

Value EntryBuilder::addHost(moe::HostValue value, Type type) {
  return addArgument(
      RankedTensorType::get({}, type),
      moe::attr::host.with(moe::HostValueAttr::get(b.getContext(), value)));
}

void EntryBuilder::addResult(Value value, NamedAttribute attr) {
  results.push_back(value);
  resultAttrs.push_back(b.getDictionaryAttr(attr));
}

/// All entries share the variables; the first that needs one makes it.
void EntryBuilder::addVariable(StringRef name, RankedTensorType type,
                               moe::Role role, StringRef of, bool decay,
                               moe::InitAttr init) {
  if (module.lookupSymbol(name))
    return;
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(module.getBody());
  for (auto last : module.getOps<moe::VariableOp>())
    b.setInsertionPointAfter(last);
  moe::VariableOp::create(
      b, FileLineColLoc::get(b.getContext(), file, 1, 1), b.getStringAttr(name),
      TypeAttr::get(type), moe::RoleAttr::get(b.getContext(), role),
      of.empty() ? FlatSymbolRefAttr()
                 : FlatSymbolRefAttr::get(b.getContext(), of),
      decay ? b.getUnitAttr() : UnitAttr(), init, IntegerAttr());
}

Value EntryBuilder::readVariable(StringRef name, Type type) {
  Value &value = variables[name];
  if (!value)
    value = addArgument(type, moe::attr::variable.with(FlatSymbolRefAttr::get(
                                  b.getContext(), name)));
  return value;
}

void EntryBuilder::writeVariable(Value value, StringRef name) {
  addResult(value, moe::attr::variable.with(
                       FlatSymbolRefAttr::get(b.getContext(), name)));
}

/// `experts`: the number of the variable's axis of experts, if it has one.
static moe::InitAttr initOf(Builder &b, const Init &init, int64_t experts) {
  moe::InitKind kind = *moe::symbolizeInitKind(init.op);
  bool drawn = kind == moe::InitKind::Normal || kind == moe::InitKind::Uniform;
  std::optional<int64_t> alike;
  if (init.alike && drawn)
    alike = experts;
  return moe::InitAttr::get(
      b.getContext(), kind,
      init.number ? b.getF64FloatAttr(*init.number) : FloatAttr(), alike);
}

/// The argument that a statistic is. What runs with a shadow measures its own;
/// without one that training measures so, evaluation with a shadow reads those
/// of the parameters.
Value EntryBuilder::getStatistic(StringRef name, const ParamSpec &spec,
                                 ArrayRef<int64_t> counts, StringRef shadow) {
  std::string variable =
      shadow.empty() ? name.str() : (shadow + "." + name).str();
  if (shadow.empty() && !training && model.training) {
    std::string average = (model.training->evaluate + "." + name).str();
    if (inTraining.contains(average))
      variable = average;
  }
  RankedTensorType type = floatType(counts, spec.shape);
  addVariable(variable, type, moe::Role::Statistic, "", false,
              initOf(b, spec.init, 0));
  if (training && !variables.count(variable))
    statistics.push_back(variable);
  return readVariable(variable, type);
}

/// The argument that a parameter is, or its average in a shadow.
Value EntryBuilder::getParameter(StringRef name, const ParamSpec &spec,
                                 ArrayRef<int64_t> counts, StringRef shadow) {
  if (spec.statistic)
    return getStatistic(name, spec, counts, shadow);
  const ParameterGroup *group =
      model.training ? model.training->groupOf(name) : nullptr;
  bool frozen = group && group->freeze;
  bool decay = group && group->weightDecay ? *group->weightDecay > 0
               : group && group->decay     ? *group->decay
                                           : spec.decay && !frozen;
  RankedTensorType type = floatType(counts, spec.shape);
  addVariable(
      name, type, moe::Role::Parameter, "", decay,
      initOf(b, model.initOf(name, spec), static_cast<int64_t>(counts.size())));
  // A shadow is said by the node, or else evaluation may ask for one, of what
  // training averages.
  std::string average = shadow.str();
  if (average.empty() && !training && model.training)
    for (const Shadow &each : model.training->shadows)
      if (each.name == model.training->evaluate && inTraining.contains(name) &&
          matchesAny(each.of, name))
        average = each.name;
  if (!average.empty()) {
    average += "." + name.str();
    addVariable(average, type, moe::Role::Shadow, name, false, {});
    return readVariable(average, type);
  }
  bool isNew = !variables.count(name);
  Value value = readVariable(name, type);
  if (!isNew || !training)
    return value;
  parameters.push_back(name.str());
  if (!frozen)
    trained.push_back({name.str(),
                       group && group->weightDecay ? *group->weightDecay
                       : decay                     ? training->weightDecay
                                                   : 0,
                       group ? group->learningRate : 1.0,
                       llvm::product_of(counts),
                       value,
                       {},
                       {}});
  return value;
}

/// Those of all nodes that a use needs, which stands `counts` times.
EntryBuilder::Trees EntryBuilder::getParameters(const Use &use,
                                                ArrayRef<int> order,
                                                StringRef prefix,
                                                ArrayRef<int64_t> counts,
                                                StringRef shadow) {
  Trees trees(use.graph->nodes.size());
  for (int index : order) {
    if (!use.needs(index))
      continue;
    const Node &node = use.graph->nodes[index];
    const Node &owner = node.owner < 0 ? node : use.graph->nodes[node.owner];
    std::string name = (prefix + owner.name).str();
    StringRef from = node.shadow.empty() ? shadow : StringRef(node.shadow);
    for (const ParamSpec &spec : node.params)
      trees[index].values.push_back(
          getParameter(name + "." + spec.suffix, spec, counts, from));
    for (auto [r, run] : llvm::enumerate(node.runs)) {
      Shape inner(counts);
      if (node.op == &repeatOp)
        inner.push_back(run.count);
      // In the order of the file.
      auto all = llvm::to_vector(
          llvm::seq<int>(0, static_cast<int>(run.graph->nodes.size())));
      trees[index].runs.push_back(getParameters(use.blocks.at(index)[r], all,
                                                runName(node, run, name) + ".",
                                                inner, from));
    }
  }
  return trees;
}

void EntryBuilder::run(StringRef symbol) {
  Use use = findUse(graph, findResults(), training);
  Location loc = FileLineColLoc::get(b.getContext(), file, 1, 1);
  auto func = func::FuncOp::create(b, loc, symbol, b.getFunctionType({}, {}));
  body = func.addEntryBlock();
  b.setInsertionPointToEnd(body);

  Values inputs(graph.inputs.size());
  for (auto [i, input] : llvm::enumerate(graph.inputs))
    if (use.inputs[i])
      inputs[i] =
          addArgument(inputType(b, input.info),
                      moe::attr::field.with(b.getStringAttr(input.field)));
  if (training && use.isRandom()) {
    seed = addHost(moe::HostValue::Seed, b.getI32Type());
    step = addHost(moe::HostValue::Step, b.getI32Type());
  }
  Trees params = getParameters(use, graph.order, "", {}, "");
  if (training)
    addMoments();

  nodeValues = buildGraph(use, inputs, params, nullptr, "");
  for (const Output &output : outputs)
    addResult(valueOf(output.value),
              moe::attr::output.with(b.getStringAttr(output.name)));
  if (kind == EntryKind::Eval)
    buildEvaluation();
  if (training)
    buildStep();
  func::ReturnOp::create(b, loc, results);
  func.setFunctionType(b.getFunctionType(body->getArgumentTypes(),
                                         ValueRange(results).getTypes()));
  func.setAllArgAttrs(argAttrs);
  func.setAllResultAttrs(resultAttrs);
  StringRef names[] = {"infer", "eval", "train_step"};
  moe::attr::entry.set(
      func, moe::EntryAttr::get(b.getContext(), names[int(kind)], model.batch));
}

void moec::import::buildEntry(ModuleOp module, const Model &model,
                              StringRef symbol, StringRef file,
                              EntryKind kind) {
  EntryBuilder(module, model, file, kind).run(symbol);
}
