//===- CheckModel.cpp - Checks a model file -----------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Import/Reader.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/Support/FormatVariadic.h"

using namespace moec::import;
using llvm::formatv;
using llvm::SmallVector;
using llvm::StringRef;
using llvm::Twine;

static constexpr StringRef formatName = "moec.model/1";
/// Each is compiled into entries of its own.
static constexpr size_t maxBatches = 64;

static const JsonValue *batchOf(const JsonValue &root) {
  const JsonValue *dims = root.find("dims");
  return dims ? dims->find("batch") : nullptr;
}

SmallVector<int64_t> moec::import::listedBatches(const JsonValue &root) {
  SmallVector<int64_t> batches;
  auto add = [&](const JsonValue &value) {
    if (value.isInteger() && value.integer > 0 && value.integer <= maxSize &&
        batches.size() < maxBatches &&
        !llvm::is_contained(batches, value.integer))
      batches.push_back(value.integer);
  };
  if (const JsonValue *batch = batchOf(root)) {
    if (batch->isArray())
      llvm::for_each(batch->items, add);
    else
      add(*batch);
  }
  if (batches.empty())
    batches.push_back(1);
  return batches;
}

/// The version decides about all else, so nothing else is checked without it.
static bool checkFormat(const JsonValue &root, Problems &problems) {
  if (!root.isObject()) {
    problems.add(root, "a model is an object")
        .expected("{ \"format\": \"" + formatName + "\", ... }")
        .got(root.describe());
    return false;
  }
  const JsonValue *format = root.find("format");
  if (format && format->isString() && format->text == formatName)
    return true;
  problems
      .add(format ? *format : root,
           format ? "unknown format version" : "the model has no 'format'")
      .expected("\"format\": \"" + formatName + "\"")
      .got(format ? format->describe() : "nothing")
      .fix("this version of moec reads " + formatName);
  return false;
}

static void checkDims(Reader &reader, const JsonValue &root) {
  Model &model = reader.model;
  const JsonValue *dims = root.find("dims");
  const JsonValue *batch = batchOf(root);
  if (!batch)
    reader
        .missing(dims ? *dims : root, dims ? "'dims'" : "the model",
                 dims ? "batch" : "dims")
        .expected("\"dims\": { \"batch\": 128, ... }")
        .fix("add the batch size, or an array of batch sizes");
  if (!dims)
    return;
  if (!dims->isObject()) {
    reader.object(*dims, "'dims'", {});
    return;
  }
  for (const JsonMember &member : dims->members) {
    reader.identifier(member.key, member.value, "the dimension's name");
    if (member.value.isArray() && member.key == "batch") {
      if (member.value.items.empty())
        reader.problems.add(member.value, "'batch' has no sizes")
            .expected("at least one");
      if (member.value.items.size() > maxBatches)
        reader.problems.add(member.value, "'batch' has too many sizes")
            .expected(formatv("at most {0}, since each is compiled on its own",
                              maxBatches))
            .got(Twine(member.value.items.size()));
      for (const JsonValue &item : member.value.items)
        reader.size(item, member.key, "", /*names=*/false);
      continue;
    }
    if (member.value.isArray()) {
      reader.problems
          .add(member.value,
               "dimension '" + member.key + "' has a list of sizes")
          .expected("one integer; only 'batch' may have several")
          .got(member.value.describe());
      model.dims[member.key] = 0;
      continue;
    }
    std::optional<int64_t> size =
        reader.size(member.value, member.key, "", /*names=*/false);
    model.dims[member.key] = size.value_or(0);
  }
  if (batch)
    model.dims["batch"] = model.batch;
}

static void checkInputs(Reader &reader, Graph &graph, const JsonValue &inputs) {
  if (!inputs.isObject() || inputs.members.empty()) {
    reader.problems.add(inputs, "'inputs' has no inputs")
        .expected("{ \"image\": { \"shape\": [...], \"dtype\": \"u8\" } }")
        .got(inputs.describe());
    return;
  }
  for (const JsonMember &member : inputs.members) {
    Input &input = graph.inputs.emplace_back();
    input.name = member.key;
    input.json = &member.value;
    std::string what = "input '" + member.key + "'";
    reader.identifier(member.key, member.value, "the input's name");
    if (!reader.object(member.value, what, {"shape", "dtype", "description"}))
      continue;
    const JsonValue *shape = member.value.find("shape");
    const JsonValue *dtype = member.value.find("dtype");
    std::optional<Shape> read;
    if (!shape)
      reader.missing(member.value, what, "shape");
    else
      read = reader.shape(*shape, "shape");
    if (read)
      input.info.shape = *read;
    else
      input.known = graph.sound = false;
    if (read && reader.model.dims.count("batch") &&
        read->front() != reader.model.batch)
      reader.problems.add(*shape, what + " does not begin with the batch")
          .expected("[\"batch\", ...]")
          .got(toString(*read));
    if (!dtype) {
      reader.missing(member.value, what, "dtype").expected("u8, i32 or f32");
    } else if (dtype->text == "u8") {
      input.info.dtype = DType::U8;
    } else if (dtype->text == "i32") {
      input.info.dtype = DType::I32;
    } else if (dtype->text != "f32") {
      reader.problems.add(*dtype, "unknown dtype")
          .expected("u8, i32 or f32")
          .got(dtype->describe())
          .fix(suggest(dtype->text, {"u8", "i32", "f32"}, ""));
    }
  }
}

/// Reports nodes that no output needs.
static void checkUse(Reader &reader, const Graph &graph,
                     llvm::ArrayRef<Ref> roots) {
  if (!graph.sound)
    return;
  std::vector<bool> used(graph.nodes.size());
  for (Ref ref : roots)
    if (ref >= 0)
      used[ref] = true;
  for (Ref ref : llvm::reverse(graph.order))
    for (Ref input : graph.nodes[ref].inputs)
      if (used[ref] && input >= 0)
        used[input] = true;
  for (auto [i, node] : llvm::enumerate(graph.nodes))
    if (!used[i])
      reader.problems
          .add(*node.json, "the result of '" + node.name + "' is not used")
          .node(graph.name.empty() ? node.name : graph.name + "." + node.name)
          .expected("nodes that an output needs")
          .fix("use it, or remove the node");
}

static void checkBlock(Reader &reader, const JsonMember &member) {
  auto owned = std::make_unique<Graph>();
  Graph &graph = *owned;
  graph.name = member.key;
  const JsonValue &json = member.value;
  std::string what = "block '" + member.key + "'";
  reader.identifier(member.key, json, "the block's name");
  reader.model.blocks[member.key] = std::move(owned);
  graph.sound = false;
  if (!reader.object(json, what, {"inputs", "output", "nodes", "description"}))
    return;
  const JsonValue *inputs = json.find("inputs");
  const JsonValue *nodes = json.find("nodes");
  const JsonValue *output = json.find("output");
  if (!inputs)
    reader.missing(json, what, "inputs").expected("{ \"x\": [sizes] }");
  if (!nodes)
    reader.missing(json, what, "nodes");
  if (!output)
    reader.missing(json, what, "output").expected("the name of a node");
  if (!inputs || !nodes || !output)
    return;
  if (!inputs->isObject() || inputs->members.size() != 1) {
    reader.problems.add(*inputs, what + " must have one input")
        .expected("{ \"x\": [\"batch\", ...] }")
        .got(inputs->isObject() ? formatv("{0}", inputs->members.size()).str()
                                : inputs->describe());
    return;
  }
  Input &input = graph.inputs.emplace_back();
  input.name = inputs->members.front().key;
  input.json = &inputs->members.front().value;
  std::optional<Shape> shape = reader.shape(*input.json, input.name);
  graph.sound = input.known = shape.has_value();
  input.info.shape = shape.value_or(Shape{1});
  checkNodes(reader, graph, *nodes);
  std::optional<Ref> ref = resolve(reader, graph, *output);
  if (!ref) {
    graph.sound = false;
    return;
  }
  graph.outputs = {*ref};
  checkUse(reader, graph, graph.outputs);
  graph.sound &= graph.info(*ref) != nullptr;
}

/// "node.experts" or "repeat.node.experts": the shares of an expert layer.
static std::optional<Output> resolveShares(Reader &reader,
                                           const JsonValue &item) {
  const Graph &graph = reader.model.graph;
  SmallVector<std::string> names;
  for (auto [i, node] : llvm::enumerate(graph.nodes)) {
    std::string name = node.name + ".experts";
    if (node.op && node.op->routes) {
      names.push_back(name);
      if (item.text == name)
        return Output{name, static_cast<Ref>(i), -1, true};
    }
    if (!node.block)
      continue;
    for (auto [j, inner] : llvm::enumerate(node.block->nodes)) {
      if (!inner.op || !inner.op->routes)
        continue;
      name = node.name + "." + inner.name + ".experts";
      names.push_back(name);
      if (item.text == name)
        return Output{name, static_cast<Ref>(i), static_cast<int>(j), true};
    }
  }
  // With a broken graph there may be more layers than can be seen.
  if (!graph.sound || reader.problems.full())
    return std::nullopt;
  SmallVector<StringRef> known(names.begin(), names.end());
  reader.problems.add(item, "no expert layer '" + item.text + "'")
      .expected(known.empty() ? "a 'moe' or 'soft_moe' node; there is none"
                              : joinNames(known))
      .got("'" + item.text + "'")
      .fix(suggest(item.text, known, "name the node, then '.experts'"));
  return std::nullopt;
}

static void checkClasses(Reader &reader, const JsonValue &json,
                         bool hasTraining) {
  Model &model = reader.model;
  bool names = json.isArray();
  for (const JsonValue &item : json.items)
    names &= item.isString();
  if (!names) {
    reader.problems.add(json, "'classes' is not a list of names")
        .expected("an array of strings, one a class")
        .got(json.describe());
    return;
  }
  for (const JsonValue &item : json.items)
    model.classNames.push_back(item.text);
  const TensorInfo *logits =
      model.logits ? model.graph.info(*model.logits) : nullptr;
  if (!model.logits && !hasTraining && model.graph.sound)
    reader.problems.add(json, "it cannot be told which output has 'classes'")
        .expected("one output f32 [batch, classes], or a loss that names it")
        .fix("remove 'classes', or add a training section");
  if (logits && logits->shape.back() != int64_t(json.items.size()))
    reader.problems
        .add(json, "'classes' does not fit '" +
                       model.graph.nameOf(*model.logits) + "'")
        .expected(formatv("{0} names, for {1}", logits->shape.back(),
                          toString(*logits)))
        .got(Twine(json.items.size()));
}

/// The loss says which node makes the logits, and which input the labels are.
/// Without a training section the logits are the one output that may be logits,
/// if there is one, and evaluation brings labels of its own.
static void findLogits(Model &model, bool hasTraining) {
  if (model.training) {
    model.logits = model.training->logits;
    model.label = model.training->label;
    model.labelName = model.graph.nameOf(*model.label).str();
  }
  if (hasTraining)
    return;
  model.labelName = "label";
  while (model.graph.names.contains(model.labelName))
    model.labelName += "_";
  for (const Output &output : model.outputs) {
    const TensorInfo *info = model.graph.info(output.node);
    if (output.experts || !info || info->rank() != 2 ||
        info->shape[0] != model.batch)
      continue;
    if (model.logits && *model.logits != output.node) {
      model.logits.reset();
      return;
    }
    model.logits = output.node;
  }
}

static void checkOutputs(Reader &reader, const JsonValue &root) {
  Model &model = reader.model;
  const JsonValue *outputs = root.find("outputs");
  if (!outputs || !outputs->isArray() || outputs->items.empty()) {
    reader.problems.add(outputs ? *outputs : root, "the model has no outputs")
        .expected("\"outputs\": [\"logits\"]")
        .got(outputs ? outputs->describe() : "nothing");
    return;
  }
  // What stands there again is a result of its own. An entry's results are told
  // apart by their names; no node has a name that begins with a digit.
  llvm::StringMap<int> times;
  auto add = [&](Output output) {
    if (int time = ++times[output.name]; time > 1)
      output.name += "." + std::to_string(time);
    model.graph.outputs.push_back(output.node);
    model.outputs.push_back(std::move(output));
  };
  for (const JsonValue &item : outputs->items) {
    if (item.isString() && StringRef(item.text).ends_with(".experts")) {
      if (std::optional<Output> shares = resolveShares(reader, item))
        add(*shares);
      continue;
    }
    std::optional<Ref> ref = resolve(reader, model.graph, item);
    if (!ref)
      continue;
    const TensorInfo *info = model.graph.info(*ref);
    if (*ref < 0 || (info && info->dtype != DType::F32)) {
      reader.problems.add(item, "'" + item.text + "' cannot be an output")
          .expected("an f32 value that a node computes")
          .got(*ref < 0 ? "an input" : toString(*info));
      continue;
    }
    add({item.text, *ref, -1, false});
  }
}

std::unique_ptr<Model> moec::import::checkModel(const JsonValue &root,
                                                int64_t batch, bool training,
                                                Problems &problems) {
  if (!checkFormat(root, problems))
    return nullptr;
  auto model = std::make_unique<Model>();
  model->batch = batch;
  Reader reader(*model, problems);
  reader.object(root, "the model",
                {"format", "name", "description", "dims", "inputs", "blocks",
                 "nodes", "outputs", "classes", "training"});
  const JsonValue *name = root.find("name");
  if (!name)
    reader.missing(root, "the model", "name");
  else if (reader.identifier(name->text, *name, "the model's name"))
    model->name = name->text;

  checkDims(reader, root);
  const JsonValue *inputs = root.find("inputs");
  if (inputs)
    checkInputs(reader, model->graph, *inputs);
  else
    reader.missing(root, "the model", "inputs");
  if (const JsonValue *blocks = root.find("blocks")) {
    if (!blocks->isObject())
      reader.object(*blocks, "'blocks'", {});
    for (const JsonMember &member : blocks->members)
      checkBlock(reader, member);
  }
  const JsonValue *nodes = root.find("nodes");
  if (!nodes) {
    reader.missing(root, "the model", "nodes");
    return model;
  }
  checkNodes(reader, model->graph, *nodes);
  checkOutputs(reader, root);
  SmallVector<Ref> roots(model->graph.outputs);
  const JsonValue *section = root.find("training");
  if (section) {
    checkTraining(reader, *section);
    if (model->training)
      roots.push_back(model->training->logits);
  } else if (training) {
    reader.missing(root, "the model", "training")
        .fix("add loss and optimizer, or compile with --mode infer");
  }
  findLogits(*model, section != nullptr);
  if (const JsonValue *classes = root.find("classes"))
    checkClasses(reader, *classes, section != nullptr);
  if (problems.empty())
    checkUse(reader, model->graph, roots);
  return model;
}
