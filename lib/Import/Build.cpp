//===- Build.cpp - Builds moe ops from a checked model ------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Import/Build.h"
#include "dialects/MoE/MoEOps.h"
#include "lib/Import/Ops.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/Support/GlobPattern.h"
#include <map>

using namespace mlir;
using namespace moec;
using namespace moec::import;

namespace {

/// Builds one function.
class FunctionBuilder {
public:
  FunctionBuilder(ModuleOp module, const Model &model, StringRef file,
                  FunctionKind kind)
      : module(module), model(model), graph(model.graph), file(file),
        training(kind == FunctionKind::Loss ? &*model.training : nullptr),
        outputs(kind == FunctionKind::Eval ? model.evalOutputs()
                                           : model.outputs),
        b(module.getBodyRegion()) {
    b.setInsertionPointToEnd(module.getBody());
  }

  void run(StringRef name);

private:
  Location nodeLoc(const Node &node, StringRef prefix);
  Type inputType(const TensorInfo &info);
  RankedTensorType floatType(ArrayRef<int64_t> shape, int64_t count);
  void findLive();
  void addArgument(Type type, NamedAttrList attrs);
  void addParams(const Node &node, StringRef name, int64_t count);
  Value randomNoise(const Node &node, Location loc, int64_t count);
  Value buildNode(const Node &node);
  Value buildRepeat(const Node &node, Value input, Location loc);
  bool balances(const Graph &block) const;
  void buildLoss(SmallVectorImpl<Value> &results,
                 SmallVectorImpl<DictionaryAttr> &attrs);

  ModuleOp module;
  const Model &model;
  const Graph &graph;
  StringRef file;
  const Training *training; ///< only of @loss
  SmallVector<Output> outputs;
  OpBuilder b;

  std::vector<bool> liveNodes, liveInputs;
  SmallVector<Type> argTypes;
  SmallVector<DictionaryAttr> argAttrs;
  /// First argument with a parameter of the node (of its block, for a repeat).
  llvm::DenseMap<const Node *, unsigned> firstParam;
  std::vector<Value> inputValues, nodeValues;
  Block *body = nullptr;
  Value seed, step;
  /// Shares of expert layers that are outputs, by layer and its repeat; null
  /// until they are computed.
  std::map<std::pair<const Node *, const Node *>, Value> shares;
  Value auxiliary; ///< weighted sum of the balance losses so far
  int64_t streams = 0;
};

Location FunctionBuilder::nodeLoc(const Node &node, StringRef prefix) {
  Position at = node.json->position;
  return NameLoc::get(
      b.getStringAttr(prefix + node.name),
      FileLineColLoc::get(b.getContext(), file, at.line, at.column));
}

Type FunctionBuilder::inputType(const TensorInfo &info) {
  Type element = b.getF32Type();
  if (info.dtype == DType::U8)
    element = b.getI8Type();
  else if (info.dtype == DType::I32)
    element = b.getI32Type();
  return RankedTensorType::get(info.shape, element);
}

/// With count > 0 for all iterations of a repeat.
RankedTensorType FunctionBuilder::floatType(ArrayRef<int64_t> shape,
                                            int64_t count) {
  Shape stacked;
  if (count)
    stacked.push_back(count);
  stacked.append(shape.begin(), shape.end());
  return RankedTensorType::get(stacked, b.getF32Type());
}

void FunctionBuilder::findLive() {
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
    for (const Output &output : outputs)
      mark(output.node);
  }
  for (Ref ref : llvm::reverse(graph.order))
    if (liveNodes[ref])
      llvm::for_each(graph.nodes[ref].inputs, mark);
}

void FunctionBuilder::addArgument(Type type, NamedAttrList attrs) {
  argTypes.push_back(type);
  argAttrs.push_back(attrs.getDictionary(b.getContext()));
}

void FunctionBuilder::addParams(const Node &node, StringRef name,
                                int64_t count) {
  firstParam.try_emplace(&node, argTypes.size());
  if (node.block) {
    for (const Node &inner : node.block->nodes)
      addParams(inner, (name + "." + inner.name).str(), node.count);
    return;
  }
  for (const ParamSpec &spec : node.params) {
    std::string full = (name + "." + spec.suffix).str();
    NamedAttrList init, attrs;
    init.append("op", b.getStringAttr(spec.init.op));
    if (StringRef(spec.init.op) == "normal")
      init.append("std", b.getF64FloatAttr(spec.init.std));
    attrs.append("moe.param", b.getStringAttr(full));
    attrs.append("moe.init", init.getDictionary(b.getContext()));
    bool decay = spec.decay;
    if (model.training && model.training->noDecay)
      decay = llvm::none_of(*model.training->noDecay, [&](StringRef pattern) {
        return llvm::cantFail(llvm::GlobPattern::create(pattern)).match(full);
      });
    if (decay)
      attrs.append("moe.decay", b.getUnitAttr());
    addArgument(floatType(spec.shape, count), attrs);
  }
}

/// One stream a layer; all iterations of a repeat share it.
Value FunctionBuilder::randomNoise(const Node &node, Location loc,
                                   int64_t count) {
  return moe::RandomNormalOp::create(
      b, loc, floatType(node.noise->shape, count), seed, step,
      b.getI64IntegerAttr(streams++), b.getF64FloatAttr(node.noise->std));
}

bool FunctionBuilder::balances(const Graph &block) const {
  return training && (training->importance != 0 || training->load != 0) &&
         llvm::any_of(block.nodes,
                      [](const Node &node) { return node.balanced; });
}

Value FunctionBuilder::buildRepeat(const Node &node, Value input,
                                   Location loc) {
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

Value FunctionBuilder::buildNode(const Node &node) {
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

void FunctionBuilder::buildLoss(SmallVectorImpl<Value> &results,
                                SmallVectorImpl<DictionaryAttr> &attrs) {
  Location loc = NameLoc::get(b.getStringAttr("loss"));
  Value logits = nodeValues[training->logits];
  Value label = inputValues[~training->label];
  auto scalar = floatType({}, 0);
  Value loss = moe::SoftmaxCrossEntropyOp::create(
      b, loc, scalar, logits, label,
      b.getF64FloatAttr(training->labelSmoothing));
  if (auxiliary)
    loss = moe::AddOp::create(b, loc, scalar, loss, auxiliary);
  auto result = [&](Value value, NamedAttribute attr) {
    results.push_back(value);
    attrs.push_back(b.getDictionaryAttr(attr));
  };
  result(loss, b.getNamedAttr("moe.loss", b.getUnitAttr()));
  Value accuracy = moe::AccuracyOp::create(b, loc, scalar, logits, label);
  result(accuracy, b.getNamedAttr("moe.metric", b.getStringAttr("accuracy")));
  if (auxiliary)
    result(auxiliary,
           b.getNamedAttr("moe.metric", b.getStringAttr("balance_loss")));
}

void FunctionBuilder::run(StringRef name) {
  findLive();
  Location loc = FileLineColLoc::get(b.getContext(), file, 1, 1);
  SmallVector<int> inputArg(graph.inputs.size(), -1);
  for (auto [i, input] : llvm::enumerate(graph.inputs)) {
    if (!liveInputs[i])
      continue;
    inputArg[i] = argTypes.size();
    NamedAttrList attrs;
    attrs.append("moe.input", b.getStringAttr(input.name));
    addArgument(inputType(input.info), attrs);
  }
  bool noisy = false;
  for (auto [i, node] : llvm::enumerate(graph.nodes)) {
    noisy |= liveNodes[i] && node.noise;
    if (liveNodes[i] && node.block)
      for (const Node &inner : node.block->nodes)
        noisy |= inner.noise.has_value();
  }
  noisy &= training != nullptr;
  unsigned seedArg = argTypes.size();
  if (noisy)
    for (const char *scalar : {"seed", "step"}) {
      NamedAttrList attrs;
      attrs.append("moe.input", b.getStringAttr(scalar));
      addArgument(RankedTensorType::get({}, b.getI32Type()), attrs);
    }
  for (Ref ref : graph.order)
    if (liveNodes[ref])
      addParams(graph.nodes[ref], graph.nodes[ref].name, 0);

  auto func =
      func::FuncOp::create(b, loc, name, b.getFunctionType(argTypes, {}));
  body = func.addEntryBlock();
  b.setInsertionPointToEnd(body);
  for (int argument : inputArg)
    inputValues.push_back(argument < 0 ? Value() : body->getArgument(argument));
  if (noisy) {
    seed = body->getArgument(seedArg);
    step = body->getArgument(seedArg + 1);
  }
  nodeValues.resize(graph.nodes.size());
  auto layer = [&](const Output &output) {
    const Node &node = graph.nodes[output.node];
    return output.inner < 0
               ? std::make_pair(&node, static_cast<const Node *>(nullptr))
               : std::make_pair(&node.block->nodes[output.inner], &node);
  };
  if (!training)
    for (const Output &output : outputs)
      if (output.experts)
        shares[layer(output)];
  for (Ref ref : graph.order)
    if (liveNodes[ref])
      nodeValues[ref] = buildNode(graph.nodes[ref]);

  SmallVector<Value> results;
  SmallVector<DictionaryAttr> resultAttrs;
  if (training) {
    buildLoss(results, resultAttrs);
  } else {
    for (const Output &output : outputs) {
      results.push_back(output.experts ? shares[layer(output)]
                                       : nodeValues[output.node]);
      resultAttrs.push_back(b.getDictionaryAttr(
          b.getNamedAttr("moe.output", b.getStringAttr(output.name))));
    }
  }
  func::ReturnOp::create(b, loc, results);
  func.setFunctionType(
      b.getFunctionType(argTypes, ValueRange(results).getTypes()));
  func.setAllArgAttrs(argAttrs);
  func.setAllResultAttrs(resultAttrs);
  func->setAttr("moe.batch", b.getI64IntegerAttr(model.batch));
}

} // namespace

void moec::import::buildFunction(ModuleOp module, const Model &model,
                                 StringRef name, StringRef file,
                                 FunctionKind kind) {
  FunctionBuilder(module, model, file, kind).run(name);
}
