//===- BuildGraph.cpp - Nodes of a model and of its blocks --------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Import/EntryBuilder.h"

using namespace mlir;
using namespace moec;
using namespace moec::import;

Location EntryBuilder::nodeLoc(const Node &node, StringRef prefix) {
  Position at = node.json->position;
  return NameLoc::get(
      b.getStringAttr(prefix + node.name),
      FileLineColLoc::get(b.getContext(), file, at.line, at.column));
}

RankedTensorType EntryBuilder::floatType(ArrayRef<int64_t> shape) {
  return RankedTensorType::get(shape, b.getF32Type());
}

/// Of what is there for each iteration of the repeats around it.
RankedTensorType EntryBuilder::floatType(ArrayRef<int64_t> counts,
                                         ArrayRef<int64_t> shape) {
  Shape stacked(counts);
  stacked.append(shape.begin(), shape.end());
  return floatType(stacked);
}

/// One stream a node; all iterations of a repeat share it. `range`: the layers
/// of the innermost repeat around it.
ValueTree EntryBuilder::makeRandom(const Use &use, int index, StringRef prefix,
                                   ArrayRef<int64_t> counts, LayerRange range) {
  const Node &node = use.graph->nodes[index];
  ValueTree tree;
  if (node.noise) {
    Location loc = nodeLoc(node, prefix);
    RankedTensorType type = floatType(counts, node.noise->shape);
    IntegerAttr stream = b.getI64IntegerAttr(streams++);
    if (node.noise->isBits)
      tree.values.push_back(moe::RandomBitsOp::create(
          b, loc, type.clone(b.getI32Type()), seed, step, stream));
    else
      tree.values.push_back(
          moe::RandomNormalOp::create(b, loc, type, seed, step, stream,
                                      b.getF64FloatAttr(node.noise->std)));
  }
  if (node.drop) {
    // A row of four words for each layer.
    Shape shape(counts);
    shape.push_back(4);
    double rates[] = {
        node.drop->at(range.first, range.layers),
        node.drop->at(range.first + range.count - 1, range.layers)};
    tree.values.push_back(moe::DropoutKeyOp::create(
        b, nodeLoc(node, prefix), RankedTensorType::get(shape, b.getI32Type()),
        seed, step, b.getI64IntegerAttr(streams++),
        b.getDenseF64ArrayAttr(rates)));
  }
  for (auto [r, run] : llvm::enumerate(node.runs)) {
    const Use &inner = use.blocks.at(index)[r];
    Shape all(counts);
    LayerRange innerRange = range;
    if (node.op == &repeatOp) {
      all.push_back(run.count);
      innerRange = {run.first, run.count, node.numLayers()};
    }
    Trees &trees = tree.runs.emplace_back(run.graph->nodes.size());
    for (size_t i = 0; i != trees.size(); ++i)
      if (inner.needs(static_cast<int>(i)))
        trees[i] =
            makeRandom(inner, static_cast<int>(i),
                       (prefix + node.name + ".").str(), all, innerRange);
  }
  return tree;
}

/// Builds what a use needs. Random numbers are made where they are null.
std::vector<EntryBuilder::Values>
EntryBuilder::buildGraph(const Use &use, ArrayRef<Value> inputs,
                         const Trees &params, const Trees *random,
                         StringRef prefix) {
  const Graph &from = *use.graph;
  std::vector<Values> values(from.nodes.size());
  for (int index : from.order) {
    if (!use.needs(index))
      continue;
    const Node &node = from.nodes[index];
    SmallVector<Value> operands;
    for (Ref ref : node.readInputs(training))
      operands.push_back(ref.isInput() ? inputs[ref.inputIndex()]
                                       : values[ref.node][ref.value]);
    ValueTree own;
    if (random)
      own = (*random)[index];
    else if (training)
      own = makeRandom(use, index, prefix, {}, {});
    if (node.op->runsBlock()) {
      auto build = node.op == &repeatOp ? &EntryBuilder::buildRepeat
                                        : &EntryBuilder::buildCall;
      values[index] =
          (this->*build)(use, index, operands, params[index], own, prefix);
      continue;
    }
    Values &told = values[index];
    told.resize(node.values.size());
    SmallVector<Value> variables = llvm::map_to_vector(
        params[index].values, [&](Value value) { return newest(value); });
    NodeBuild build(b, nodeLoc(node, prefix), from, node, operands, variables,
                    own.values, training != nullptr, use.wanted[index], told);
    told.front() = node.op->build(build);
    for (auto [spec, value, now] :
         llvm::zip_equal(node.params, params[index].values, variables))
      if (spec.statistic)
        measured[value] = now;
  }
  return values;
}

/// The block's nodes in the place of the call.
EntryBuilder::Values EntryBuilder::buildCall(const Use &use, int index,
                                             ArrayRef<Value> inputs,
                                             const ValueTree &params,
                                             const ValueTree &random,
                                             StringRef prefix) {
  const Node &node = use.graph->nodes[index];
  const Run &run = node.runs.front();
  static const Trees none;
  Trees quiet(run.graph->nodes.size());
  std::vector<Values> inner =
      buildGraph(use.blocks.at(index).front(), inputs, params.runs.front(),
                 random.runs.empty() ? &quiet : &random.runs.front(),
                 (prefix + node.name + ".").str());
  Values results(node.values.size());
  for (unsigned i : use.wanted[index].set_bits()) {
    Ref ref = innerValue(node, run, static_cast<int>(i));
    results[i] =
        ref.isInput() ? inputs[ref.inputIndex()] : inner[ref.node][ref.value];
  }
  return results;
}

/// One moe.repeat for each run of equal layers.
EntryBuilder::Values EntryBuilder::buildRepeat(const Use &use, int index,
                                               ArrayRef<Value> inputs,
                                               const ValueTree &params,
                                               const ValueTree &random,
                                               StringRef prefix) {
  const Node &node = use.graph->nodes[index];
  Values results(node.values.size());
  SmallVector<Value> current(inputs);
  int64_t count = 0;
  for (auto [r, run] : llvm::enumerate(node.runs)) {
    Trees quiet(run.graph->nodes.size());
    buildRun(use, index, r, current, params.runs[r],
             random.runs.empty() ? quiet : random.runs[r],
             (prefix + node.name + ".").str(), results);
    count += run.count;
  }
  Location loc = nodeLoc(node, prefix);
  for (auto [i, value] : llvm::enumerate(node.values))
    if (results[i] && value.over == NodeValue::Over::Mean)
      results[i] =
          moe::ScaleOp::create(b, loc, results[i].getType(), results[i],
                               b.getF64FloatAttr(1.0 / double(count)));
  llvm::copy(ArrayRef<Value>(current).take_front(node.numOutputs()),
             results.begin());
  return results;
}

/// `before`, if it is there, plus the sum of what layers stacked.
Value EntryBuilder::sumUp(Location loc, Value before, Value stack) {
  auto type = cast<RankedTensorType>(stack.getType());
  Type one = type.clone(type.getShape().drop_front());
  Value total =
      moe::ReduceOp::create(b, loc, one, stack, b.getDenseI64ArrayAttr({0}));
  return before ? moe::AddOp::create(b, loc, one, before, total).getResult()
                : total;
}

/// What layers stacked side by side along the first axis, behind `before` if it
/// is there.
Value EntryBuilder::join(Location loc, Value before, Value stack) {
  ArrayRef<int64_t> shape = cast<RankedTensorType>(stack.getType()).getShape();
  Shape joined(shape.drop_front());
  joined.front() *= shape.front();
  Value all = moe::ReshapeOp::create(b, loc, floatType(joined), stack);
  if (!before)
    return all;
  joined.front() += cast<RankedTensorType>(before.getType()).getDimSize(0);
  return moe::ConcatOp::create(b, loc, floatType(joined),
                               ValueRange{before, all}, b.getI64IntegerAttr(0));
}

/// Calls `found` for all values of trees, those of one node side by side.
static void forEachValue(std::vector<ValueTree> &trees,
                         llvm::function_ref<void(Value &)> found) {
  for (ValueTree &tree : trees) {
    llvm::for_each(tree.values, found);
    for (std::vector<ValueTree> &run : tree.runs)
      forEachValue(run, found);
  }
}

/// Carried are the outputs, and the sums that layers tell; what is joined, what
/// a mean is taken of, and what statistics become, is stacked. Inputs past the
/// outputs are the same for all layers. `inputs` becomes what the next run
/// takes; `results` grow by sums.
void EntryBuilder::buildRun(const Use &use, int index, size_t number,
                            MutableArrayRef<Value> inputs, const Trees &params,
                            const Trees &random, StringRef prefix,
                            Values &results) {
  const Node &node = use.graph->nodes[index];
  const Run &run = node.runs[number];
  Location loc =
      nodeLoc(node, StringRef(prefix).drop_back(node.name.size() + 1));
  size_t outputs = node.numOutputs();
  SmallVector<Value> carried(inputs.take_front(outputs)), stacked;
  SmallVector<unsigned> sums, stacks;
  for (unsigned i : use.wanted[index].set_bits()) {
    if (node.values[i].over == NodeValue::Over::Mean ||
        node.values[i].over == NodeValue::Over::Join)
      stacks.push_back(i);
    if (node.values[i].over != NodeValue::Over::Sum)
      continue;
    sums.push_back(i);
    if (!results[i])
      results[i] = moe::FillOp::create(
          b, loc, floatType(node.values[i].info.shape), b.getF64FloatAttr(0));
    carried.push_back(results[i]);
  }
  Region body;
  auto *inside = new Block;
  body.push_back(inside);
  OpBuilder::InsertPoint outside = b.saveInsertionPoint();
  b.setInsertionPointToEnd(inside);
  for (Value value : carried)
    inside->addArgument(value.getType(), loc);
  // Nodes that share a variable share its slice.
  llvm::MapVector<Value, Value> sliceOf;
  auto slice = [&](Value &value) {
    Value &argument = sliceOf[value];
    if (!argument) {
      auto type = cast<RankedTensorType>(value.getType());
      argument =
          inside->addArgument(type.clone(type.getShape().drop_front()), loc);
      stacked.push_back(newest(value));
    }
    value = argument;
  };
  Trees slices = params, drawn = random;
  forEachValue(slices, slice);
  forEachValue(drawn, slice);
  SmallVector<Value> own(inputs);
  for (size_t i = 0; i != outputs; ++i)
    own[i] = inside->getArgument(i);
  std::vector<Values> values =
      buildGraph(use.blocks.at(index)[number], own, slices, &drawn, prefix);
  auto value = [&](unsigned i) {
    Ref ref = innerValue(node, run, static_cast<int>(i));
    return ref.isInput() ? own[ref.inputIndex()] : values[ref.node][ref.value];
  };
  SmallVector<Value> yielded;
  for (unsigned i = 0; i != outputs; ++i)
    yielded.push_back(value(i));
  for (auto [k, i] : llvm::enumerate(sums)) {
    Value before = inside->getArgument(outputs + k);
    yielded.push_back(
        moe::AddOp::create(b, loc, before.getType(), before, value(i)));
  }
  for (unsigned i : stacks)
    yielded.push_back(value(i));
  SmallVector<Value> statistics;
  for (auto &[stack, argument] : sliceOf)
    if (Value now = newest(argument); now != argument) {
      statistics.push_back(stack);
      yielded.push_back(now);
    }
  moe::YieldOp::create(b, loc, yielded);

  SmallVector<Type> types(ValueRange(carried).getTypes());
  for (Value each :
       ArrayRef<Value>(yielded).slice(carried.size()).take_front(stacks.size()))
    types.push_back(floatType(
        run.count, cast<RankedTensorType>(each.getType()).getShape()));
  llvm::append_range(types, ValueRange(statistics).getTypes());
  b.restoreInsertionPoint(outside);
  auto repeat =
      moe::RepeatOp::create(b, loc, types, b.getI64IntegerAttr(run.count),
                            carried, stacked, UnitAttr());
  repeat.getBody().takeBody(body);
  for (size_t i = 0; i != outputs; ++i)
    inputs[i] = repeat.getResult(i);
  for (auto [k, i] : llvm::enumerate(sums))
    results[i] = repeat.getResult(outputs + k);
  for (auto [k, stack] : llvm::enumerate(statistics))
    measured[stack] = repeat.getResult(carried.size() + stacks.size() + k);
  for (auto [k, i] : llvm::enumerate(stacks)) {
    Value all = repeat.getResult(carried.size() + k);
    bool joins = node.values[i].over == NodeValue::Over::Join;
    results[i] =
        joins ? join(loc, results[i], all) : sumUp(loc, results[i], all);
  }
}
