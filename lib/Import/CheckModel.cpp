//===- CheckModel.cpp - Checks a model file -----------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Import/Reader.h"
#include "llvm/ADT/DenseSet.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/Support/FormatVariadic.h"

using namespace moec::import;
using llvm::formatv;
using llvm::SmallVector;
using llvm::StringRef;
using llvm::Twine;

static constexpr StringRef formatName = "moec.model/2";
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
        batches.size() < maxBatches)
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
  if (format && format->text == "moec.model/1") {
    problems.onlyLine(
        *format,
        "format moec.model/1 is not read any more: moec.model/2 has the loss "
        "as a node ('training.nodes', \"loss\": \"name\") instead of an object "
        "and 'auxiliary', 'outputs' of blocks instead of 'output', 'groups' "
        "instead of 'no_decay', and 'activation', 'form' and 'eps' wherever "
        "there is one; docs/model-format.md shows each");
    return false;
  }
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
      // An entry is named by its batch.
      llvm::DenseSet<int64_t> seen;
      for (const JsonValue &item : member.value.items)
        if (auto size = reader.size(item, member.key, "", /*names=*/false);
            size && !seen.insert(*size).second)
          reader.problems
              .add(item, formatv("'batch' lists {0} more than once", *size))
              .expected("each size once")
              .fix("remove it");
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
    input.field = member.key;
    if (!reader.object(member.value, what,
                       {"shape", "dtype", "field", "description"}))
      continue;
    if (const JsonValue *field = member.value.find("field")) {
      input.field = field->text;
      reader.identifier(field->text, *field, "the field's name");
    }
    for (const Input &other : llvm::drop_end(graph.inputs))
      if (other.field == input.field)
        reader.problems
            .add(member.value, "inputs '" + other.name + "' and '" +
                                   input.name + "' have one field")
            .expected("a field of its own for each input")
            .got("'" + input.field + "'")
            .fix("give one of them another \"field\"");
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
  for (const JsonValue &item : outputs->items) {
    std::optional<Ref> ref = resolve(reader, model.graph, item);
    if (!ref)
      continue;
    const TensorInfo *info = model.graph.info(*ref);
    if (ref->isInput() ||
        (info && (info->dtype != DType::F32 || info->rank() == 0))) {
      reader.problems.add(item, "'" + item.text + "' cannot be an output")
          .expected("an f32 value that a node computes for each image")
          .got(ref->isInput() ? "an input" : toString(*info));
      continue;
    }
    Output output{item.text, *ref};
    if (int time = ++times[output.name]; time > 1)
      output.name += "." + std::to_string(time);
    model.graph.outputs.push_back(*ref);
    model.outputs.push_back(std::move(output));
  }
}

/// Training, evaluation and classes, once the nodes are known.
static void checkRest(Reader &reader, bool training) {
  Model &model = reader.model;
  const JsonValue *section = reader.root.find("training");
  if (section)
    checkTraining(reader, *section);
  else if (training)
    reader.missing(reader.root, "the model", "training")
        .fix("add loss and optimizer, or compile with --mode infer");
  findLogits(reader, section != nullptr);
  if (const JsonValue *inits = reader.root.find("init"))
    checkInits(reader, *inits);
  if (const JsonValue *classes = reader.root.find("classes"))
    checkClasses(reader, *classes, section != nullptr);
  if (!reader.problems.empty())
    return;
  SmallVector<Ref> roots(model.graph.outputs);
  for (const LossTerm &term : model.loss)
    roots.append(term.values);
  for (const Metric &metric : model.metrics)
    roots.push_back(metric.value);
  checkUse(reader, model.graph, roots);
}

std::unique_ptr<Model> moec::import::checkModel(const JsonValue &root,
                                                int64_t batch, bool training,
                                                bool trainStep,
                                                Problems &problems) {
  if (!checkFormat(root, problems))
    return nullptr;
  auto model = std::make_unique<Model>();
  model->batch = batch;
  model->trainStep = trainStep;
  Reader reader(*model, root, problems);
  reader.object(root, "the model",
                {"format", "name", "description", "dims", "inputs", "blocks",
                 "nodes", "outputs", "init", "classes", "training"});
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
  if (const JsonValue *nodes = root.find("nodes")) {
    checkNodes(reader, model->graph, *nodes);
    checkOutputs(reader, root);
    checkRest(reader, training);
  } else {
    reader.missing(root, "the model", "nodes");
  }
  checkBlocks(reader);
  return model;
}
