//===- Build.cpp - Builds moe ops from a checked model ------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Import/Build.h"
#include "dialects/MoE/MoEConventions.h"
#include "lib/Import/Ops.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/Support/GlobPattern.h"
#include <map>

using namespace mlir;
using namespace moec;
using namespace moec::import;

namespace {

/// Builds one entry.
class EntryBuilder {
public:
  EntryBuilder(ModuleOp module, const Model &model, StringRef file,
               EntryKind kind)
      : module(module), model(model), graph(model.graph), file(file),
        kind(kind),
        training(kind == EntryKind::TrainStep ? &*model.training : nullptr),
        b(module.getBodyRegion()) {
    b.setInsertionPointToEnd(module.getBody());
    if (kind == EntryKind::Infer)
      outputs = model.outputs;
    if (kind == EntryKind::Eval) {
      // Metrics have names of their own; logits of such a name are left out.
      StringRef name = graph.nameOf(*model.logits);
      if (name != "loss" && name != "accuracy")
        outputs.push_back({name.str(), *model.logits, -1, false});
    }
  }

  void run(StringRef symbol);

private:
  Location nodeLoc(const Node &node, StringRef prefix);
  Type inputType(const TensorInfo &info);
  RankedTensorType floatType(ArrayRef<int64_t> shape, int64_t count);
  void findLive();
  unsigned addArgument(Type type, NamedAttribute attr);
  unsigned addHost(moe::HostValue value, Type type);
  void addVariable(StringRef name, RankedTensorType type, moe::RoleAttr role,
                   StringRef of, bool decay, moe::InitAttr init);
  void addMoments(StringRef suffix, SmallVectorImpl<unsigned> &arguments);
  void addOptimizerState();
  void addResult(Value value, NamedAttribute attr);
  void addMetric(Value value, StringRef name) {
    addResult(value, moe::attr::metric.with(b.getStringAttr(name)));
  }
  void addParams(const Node &node, StringRef name, int64_t count);
  Value randomNoise(const Node &node, Location loc, int64_t count);
  Value buildNode(const Node &node);
  Value buildRepeat(const Node &node, Value input, Location loc);
  bool balances(const Graph &block) const;
  void buildMetrics();
  void buildStep();
  void buildUpdate(bool decay, ArrayRef<Value> gradients, Value scale);

  ModuleOp module;
  const Model &model;
  const Graph &graph;
  StringRef file;
  EntryKind kind;
  const Training *training; ///< only of train_step
  SmallVector<Output> outputs;
  OpBuilder b;

  std::vector<bool> liveNodes, liveInputs;
  SmallVector<Type> argTypes;
  SmallVector<DictionaryAttr> argAttrs;
  SmallVector<Value> results;
  SmallVector<DictionaryAttr> resultAttrs;
  /// First argument with a parameter of the node (of its block, for a repeat).
  llvm::DenseMap<const Node *, unsigned> firstParam;
  std::vector<Value> inputValues, nodeValues;
  /// A parameter and its moments (mean and variance, or momentum).
  struct Trained {
    std::string name;
    bool decay;
    unsigned argument;
    SmallVector<unsigned, 2> moments;
  };
  SmallVector<Trained> trained;
  unsigned rateArg = 0, stepArg = 0, labelArg = 0;
  Block *body = nullptr;
  Value seed, step;
  /// Shares of expert layers that are outputs, by layer and its repeat; null
  /// until they are computed.
  std::map<std::pair<const Node *, const Node *>, Value> shares;
  Value auxiliary; ///< weighted sum of the balance losses so far
  int64_t streams = 0;
};

Location EntryBuilder::nodeLoc(const Node &node, StringRef prefix) {
  Position at = node.json->position;
  return NameLoc::get(
      b.getStringAttr(prefix + node.name),
      FileLineColLoc::get(b.getContext(), file, at.line, at.column));
}

Type EntryBuilder::inputType(const TensorInfo &info) {
  Type element = b.getF32Type();
  if (info.dtype == DType::U8)
    element = b.getI8Type();
  else if (info.dtype == DType::I32)
    element = b.getI32Type();
  return RankedTensorType::get(info.shape, element);
}

/// With count > 0 for all iterations of a repeat.
RankedTensorType EntryBuilder::floatType(ArrayRef<int64_t> shape,
                                         int64_t count) {
  Shape stacked;
  if (count)
    stacked.push_back(count);
  stacked.append(shape.begin(), shape.end());
  return RankedTensorType::get(stacked, b.getF32Type());
}

void EntryBuilder::findLive() {
  liveNodes.resize(graph.nodes.size());
  liveInputs.resize(graph.inputs.size());
  auto mark = [&](Ref ref) {
    if (ref < 0)
      liveInputs[~ref] = true;
    else
      liveNodes[ref] = true;
  };
  if (training) {
    mark(training->logits);
    mark(training->label);
  } else {
    if (kind == EntryKind::Eval) {
      mark(*model.logits);
      if (model.label)
        mark(*model.label);
    }
    for (const Output &output : outputs)
      mark(output.node);
  }
  for (Ref ref : llvm::reverse(graph.order))
    if (liveNodes[ref])
      llvm::for_each(graph.nodes[ref].inputs, mark);
}

unsigned EntryBuilder::addArgument(Type type, NamedAttribute attr) {
  argTypes.push_back(type);
  argAttrs.push_back(b.getDictionaryAttr(attr));
  return argTypes.size() - 1;
}

unsigned EntryBuilder::addHost(moe::HostValue value, Type type) {
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
                               moe::RoleAttr role, StringRef of, bool decay,
                               moe::InitAttr init) {
  if (module.lookupSymbol(name))
    return;
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(module.getBody());
  for (auto last : module.getOps<moe::VariableOp>())
    b.setInsertionPointAfter(last);
  moe::VariableOp::create(
      b, FileLineColLoc::get(b.getContext(), file, 1, 1), b.getStringAttr(name),
      TypeAttr::get(type), role,
      of.empty() ? FlatSymbolRefAttr()
                 : FlatSymbolRefAttr::get(b.getContext(), of),
      decay ? b.getUnitAttr() : UnitAttr(), init, IntegerAttr());
}

static moe::InitAttr initOf(Builder &b, const Init &init) {
  StringRef op = init.op;
  if (op == "normal")
    return moe::InitAttr::get(b.getContext(), moe::InitKind::Normal,
                              b.getF64FloatAttr(init.std));
  return moe::InitAttr::get(b.getContext(), *moe::symbolizeInitKind(op), {});
}

void EntryBuilder::addParams(const Node &node, StringRef name, int64_t count) {
  firstParam.try_emplace(&node, argTypes.size());
  if (node.block) {
    for (const Node &inner : node.block->nodes)
      addParams(inner, (name + "." + inner.name).str(), node.count);
    return;
  }
  for (const ParamSpec &spec : node.params) {
    std::string full = (name + "." + spec.suffix).str();
    bool decay = spec.decay;
    if (model.training && model.training->noDecay)
      decay = llvm::none_of(*model.training->noDecay, [&](StringRef pattern) {
        return llvm::cantFail(llvm::GlobPattern::create(pattern)).match(full);
      });
    RankedTensorType type = floatType(spec.shape, count);
    addVariable(full, type,
                moe::RoleAttr::get(b.getContext(), moe::Role::Parameter), "",
                decay, initOf(b, spec.init));
    unsigned argument = addArgument(
        type,
        moe::attr::variable.with(FlatSymbolRefAttr::get(b.getContext(), full)));
    if (training)
      trained.push_back({full, decay, argument, {}});
  }
}

/// The optimizer's state and what the training loop tells it.
void EntryBuilder::addOptimizerState() {
  if (trained.empty())
    return;
  SmallVector<StringRef> suffixes = {"momentum"};
  if (training->optimizer == "adamw")
    suffixes = {"mean", "variance"};
  auto role = moe::RoleAttr::get(b.getContext(), moe::Role::Moment);
  for (StringRef suffix : suffixes)
    for (Trained &parameter : trained) {
      auto type = cast<RankedTensorType>(argTypes[parameter.argument]);
      std::string name = (parameter.name + "." + suffix).str();
      addVariable(name, type, role, parameter.name, false, {});
      parameter.moments.push_back(
          addArgument(type, moe::attr::variable.with(
                                FlatSymbolRefAttr::get(b.getContext(), name))));
    }
  rateArg = addHost(moe::HostValue::LearningRate, b.getF32Type());
  if (training->optimizer == "adamw" && !stepArg)
    stepArg = addHost(moe::HostValue::Step, b.getI32Type());
}

/// One stream a layer; all iterations of a repeat share it.
Value EntryBuilder::randomNoise(const Node &node, Location loc, int64_t count) {
  return moe::RandomNormalOp::create(
      b, loc, floatType(node.noise->shape, count), seed, step,
      b.getI64IntegerAttr(streams++), b.getF64FloatAttr(node.noise->std));
}

bool EntryBuilder::balances(const Graph &block) const {
  return training && (training->importance != 0 || training->load != 0) &&
         llvm::any_of(block.nodes,
                      [](const Node &node) { return node.balanced; });
}

Value EntryBuilder::buildRepeat(const Node &node, Value input, Location loc) {
  const Graph &block = *node.block;
  SmallVector<Value> carried = {input}, stacked;
  bool balance = balances(block);
  if (balance) {
    if (!auxiliary)
      auxiliary =
          moe::FillOp::create(b, loc, floatType({}, 0), b.getF64FloatAttr(0));
    carried.push_back(auxiliary);
  }
  unsigned argument = firstParam[&node];
  for (const Node &inner : block.nodes)
    for (size_t i = 0; i != inner.params.size(); ++i)
      stacked.push_back(body->getArgument(argument++));
  std::string prefix = node.name + ".";
  for (const Node &inner : block.nodes)
    if (training && inner.noise)
      stacked.push_back(randomNoise(inner, nodeLoc(inner, prefix), node.count));

  // Shares are stacked, one slice an iteration; their mean is what counts.
  SmallVector<Type> results(ValueRange(carried).getTypes());
  SmallVector<std::pair<const Node *, Value>> stacks;
  for (const Node &inner : block.nodes)
    if (shares.count({&inner, &node})) {
      stacks.push_back({&inner, {}});
      results.push_back(
          floatType({model.batch, inner.attrs.find("experts")->second.integer},
                    node.count));
    }
  auto repeat =
      moe::RepeatOp::create(b, loc, results, b.getI64IntegerAttr(node.count),
                            carried, stacked, UnitAttr());
  OpBuilder::InsertionGuard guard(b);
  Block *inside = b.createBlock(&repeat.getBody());
  for (Value value : carried)
    inside->addArgument(value.getType(), loc);
  for (Value value : stacked) {
    auto type = cast<RankedTensorType>(value.getType());
    inside->addArgument(type.clone(type.getShape().drop_front()), loc);
  }
  Value inner0 = inside->getArgument(0);
  Value sum = balance ? inside->getArgument(1) : Value();
  unsigned param = carried.size(), noise = param;
  for (const Node &inner : block.nodes)
    noise += inner.params.size();
  llvm::DenseMap<const Node *, std::pair<unsigned, Value>> operands;
  for (const Node &inner : block.nodes) {
    Value random;
    if (training && inner.noise)
      random = inside->getArgument(noise++);
    operands[&inner] = {param, random};
    param += inner.params.size();
  }
  std::vector<Value> values(block.nodes.size());
  auto value = [&](Ref ref) { return ref < 0 ? inner0 : values[ref]; };
  for (Ref ref : block.order) {
    const Node &inner = block.nodes[ref];
    SmallVector<Value> inputs, params;
    for (Ref from : inner.inputs)
      inputs.push_back(value(from));
    auto [first, random] = operands[&inner];
    for (size_t i = 0; i != inner.params.size(); ++i)
      params.push_back(inside->getArgument(first + i));
    auto *stack = llvm::find_if(
        stacks, [&](const auto &entry) { return entry.first == &inner; });
    NodeBuild build(b, nodeLoc(inner, prefix), block, inner, inputs, params,
                    random, training, &sum,
                    stack == stacks.end() ? nullptr : &stack->second);
    values[ref] = inner.op->build(build);
  }
  SmallVector<Value> yielded = {value(block.outputs.front())};
  if (balance)
    yielded.push_back(sum);
  for (auto &[inner, value] : stacks)
    yielded.push_back(value);
  moe::YieldOp::create(b, loc, yielded);
  if (balance)
    auxiliary = repeat.getResult(1);
  b.setInsertionPointAfter(repeat);
  for (auto [i, entry] : llvm::enumerate(stacks)) {
    Value all = repeat.getResult(carried.size() + i);
    auto type = cast<RankedTensorType>(all.getType());
    Value total =
        moe::ReduceOp::create(b, loc, type.clone(type.getShape().drop_front()),
                              all, b.getDenseI64ArrayAttr({0}));
    shares[{entry.first, &node}] = moe::ScaleOp::create(
        b, loc, total.getType(), total,
        b.getF64FloatAttr(1.0 / static_cast<double>(node.count)));
  }
  return repeat.getResult(0);
}

Value EntryBuilder::buildNode(const Node &node) {
  Location loc = nodeLoc(node, "");
  SmallVector<Value> inputs, params;
  for (Ref ref : node.inputs)
    inputs.push_back(ref < 0 ? inputValues[~ref] : nodeValues[ref]);
  if (node.block)
    return buildRepeat(node, inputs.front(), loc);
  for (size_t i = 0; i != node.params.size(); ++i)
    params.push_back(body->getArgument(firstParam[&node] + i));
  Value noise;
  if (training && node.noise)
    noise = randomNoise(node, loc, 0);
  auto share = shares.find({&node, nullptr});
  NodeBuild build(b, loc, graph, node, inputs, params, noise, training,
                  &auxiliary, share == shares.end() ? nullptr : &share->second);
  return node.op->build(build);
}

/// How right the logits are, for each item.
void EntryBuilder::buildMetrics() {
  Location loc = NameLoc::get(b.getStringAttr("metrics"));
  Value logits = nodeValues[*model.logits];
  Value label = body->getArgument(labelArg);
  auto items = floatType({model.batch}, 0);
  addMetric(moe::SoftmaxCrossEntropyOp::create(b, loc, items, logits, label,
                                               b.getF64FloatAttr(0)),
            "loss");
  addMetric(moe::AccuracyOp::create(b, loc, items, logits, label), "accuracy");
}

/// Loss, gradients, and the optimizer's step.
void EntryBuilder::buildStep() {
  Location loc = NameLoc::get(b.getStringAttr("loss"));
  Value logits = nodeValues[training->logits];
  Value label = inputValues[~training->label];
  auto scalar = floatType({}, 0);
  Value loss = moe::SoftmaxCrossEntropyOp::create(
      b, loc, scalar, logits, label,
      b.getF64FloatAttr(training->labelSmoothing));
  if (auxiliary)
    loss = moe::AddOp::create(b, loc, scalar, loss, auxiliary);
  addMetric(loss, "loss");
  addMetric(moe::AccuracyOp::create(b, loc, scalar, logits, label), "accuracy");
  if (auxiliary)
    addMetric(auxiliary, "balance_loss");
  if (trained.empty())
    return;

  SmallVector<Value> parameters;
  for (const Trained &parameter : trained)
    parameters.push_back(body->getArgument(parameter.argument));
  auto gradient = moe::GradientOp::create(
      b, loc, ValueRange(parameters).getTypes(), loss, parameters);
  SmallVector<Value> gradients(gradient.getGradients());
  auto clip = moe::ClipScaleOp::create(
      b, NameLoc::get(b.getStringAttr("update")), scalar, scalar, gradients,
      b.getF64FloatAttr(training->clipNorm));
  addMetric(clip.getNorm(), "grad_norm");
  for (bool decay : {true, false})
    buildUpdate(decay, gradients, clip.getScale());
}

/// The new values of the parameters with or without weight decay.
void EntryBuilder::buildUpdate(bool decay, ArrayRef<Value> gradients,
                               Value scale) {
  SmallVector<const Trained *> chosen;
  SmallVector<Value> parameters, grads, first, second;
  for (auto [i, parameter] : llvm::enumerate(trained)) {
    if (parameter.decay != decay)
      continue;
    chosen.push_back(&parameter);
    parameters.push_back(body->getArgument(parameter.argument));
    grads.push_back(gradients[i]);
    first.push_back(body->getArgument(parameter.moments[0]));
    if (parameter.moments.size() > 1)
      second.push_back(body->getArgument(parameter.moments[1]));
  }
  if (chosen.empty())
    return;
  Location loc = NameLoc::get(b.getStringAttr("update"));
  TypeRange types = ValueRange(parameters).getTypes();
  auto number = [&](double value) { return b.getF64FloatAttr(value); };
  auto decayAttr = number(decay ? training->weightDecay : 0.0);
  Value rate = body->getArgument(rateArg);
  auto write = [&](ResultRange values, int moment) {
    for (auto [parameter, value] : llvm::zip(chosen, values)) {
      std::string name = parameter->name;
      if (moment >= 0)
        name = moe::attr::variable.in(argAttrs[parameter->moments[moment]])
                   .getValue();
      addResult(value, moe::attr::variable.with(
                           FlatSymbolRefAttr::get(b.getContext(), name)));
    }
  };
  if (training->optimizer == "adamw") {
    auto update = moe::AdamWUpdateOp::create(
        b, loc, types, types, types, parameters, grads, first, second, rate,
        body->getArgument(stepArg), scale, number(training->beta1),
        number(training->beta2), number(training->eps), decayAttr);
    write(update.getNewParams(), -1);
    write(update.getNewMeans(), 0);
    write(update.getNewVariances(), 1);
    return;
  }
  auto update = moe::SgdUpdateOp::create(b, loc, types, types, parameters,
                                         grads, first, rate, scale,
                                         number(training->momentum), decayAttr);
  write(update.getNewParams(), -1);
  write(update.getNewMomenta(), 0);
}

void EntryBuilder::run(StringRef symbol) {
  findLive();
  Location loc = FileLineColLoc::get(b.getContext(), file, 1, 1);
  SmallVector<int> inputArg(graph.inputs.size(), -1);
  for (auto [i, input] : llvm::enumerate(graph.inputs))
    if (liveInputs[i])
      inputArg[i] =
          addArgument(inputType(input.info),
                      moe::attr::field.with(b.getStringAttr(input.name)));
  if (kind == EntryKind::Eval)
    labelArg =
        model.label
            ? inputArg[~*model.label]
            : addArgument(
                  RankedTensorType::get({model.batch}, b.getI32Type()),
                  moe::attr::field.with(b.getStringAttr(model.labelName)));
  bool noisy = false;
  for (auto [i, node] : llvm::enumerate(graph.nodes)) {
    noisy |= liveNodes[i] && node.noise;
    if (liveNodes[i] && node.block)
      for (const Node &inner : node.block->nodes)
        noisy |= inner.noise.has_value();
  }
  noisy &= training != nullptr;
  unsigned seedArg = 0;
  if (noisy) {
    seedArg = addHost(moe::HostValue::Seed, b.getI32Type());
    stepArg = addHost(moe::HostValue::Step, b.getI32Type());
  }
  for (Ref ref : graph.order)
    if (liveNodes[ref])
      addParams(graph.nodes[ref], graph.nodes[ref].name, 0);
  if (training)
    addOptimizerState();

  auto func =
      func::FuncOp::create(b, loc, symbol, b.getFunctionType(argTypes, {}));
  body = func.addEntryBlock();
  b.setInsertionPointToEnd(body);
  for (int argument : inputArg)
    inputValues.push_back(argument < 0 ? Value() : body->getArgument(argument));
  if (noisy) {
    seed = body->getArgument(seedArg);
    step = body->getArgument(stepArg);
  }
  nodeValues.resize(graph.nodes.size());
  auto layer = [&](const Output &output) {
    const Node &node = graph.nodes[output.node];
    return output.inner < 0
               ? std::make_pair(&node, static_cast<const Node *>(nullptr))
               : std::make_pair(&node.block->nodes[output.inner], &node);
  };
  for (const Output &output : outputs)
    if (output.experts)
      shares[layer(output)];
  for (Ref ref : graph.order)
    if (liveNodes[ref])
      nodeValues[ref] = buildNode(graph.nodes[ref]);

  for (const Output &output : outputs)
    addResult(output.experts ? shares[layer(output)] : nodeValues[output.node],
              moe::attr::output.with(b.getStringAttr(output.name)));
  if (kind == EntryKind::Eval)
    buildMetrics();
  if (training)
    buildStep();
  func::ReturnOp::create(b, loc, results);
  func.setFunctionType(
      b.getFunctionType(argTypes, ValueRange(results).getTypes()));
  func.setAllArgAttrs(argAttrs);
  func.setAllResultAttrs(resultAttrs);
  StringRef names[] = {"infer", "eval", "train_step"};
  moe::attr::entry.set(
      func, moe::EntryAttr::get(b.getContext(), names[int(kind)], model.batch));
}

} // namespace

void moec::import::buildEntry(ModuleOp module, const Model &model,
                              StringRef symbol, StringRef file,
                              EntryKind kind) {
  EntryBuilder(module, model, file, kind).run(symbol);
}
