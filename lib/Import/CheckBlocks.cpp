//===- CheckBlocks.cpp - Blocks, and the nodes that run them ------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A block is checked once for each set of sizes that it is given, as a graph of
// its own: an instance.
//
//===----------------------------------------------------------------------===//

#include "lib/Import/Reader.h"
#include "llvm/Support/FormatVariadic.h"

using namespace moec::import;
using llvm::ArrayRef;
using llvm::formatv;
using llvm::SmallVector;
using llvm::StringRef;
using llvm::Twine;

using Sizes = std::map<std::string, int64_t>;

/// The names of the sizes that a block wants.
static SmallVector<StringRef> sizeNames(const JsonValue &block) {
  SmallVector<StringRef> names;
  if (const JsonValue *sizes = block.find("sizes"))
    for (const JsonValue &item : sizes->items)
      if (item.isString())
        names.push_back(item.text);
  return names;
}

static void checkSizeNames(Reader &reader, const JsonValue &sizes,
                           const Twine &what) {
  bool good = sizes.isArray();
  for (const JsonValue &item : sizes.items)
    good &= item.isString();
  if (!good) {
    reader.problems.add(sizes, "'sizes' of " + what + " is not a list of names")
        .expected("[\"hidden\", ...]")
        .got(sizes.describe());
    return;
  }
  llvm::StringSet<> seen;
  for (const JsonValue &item : sizes.items) {
    reader.identifier(item.text, item, "the size's name");
    bool dim = reader.model.dims.count(item.text);
    if (dim || !seen.insert(item.text).second)
      reader.problems.add(item, "duplicate size '" + item.text + "'")
          .expected("a name of its own")
          .got(dim ? "the name of a dimension" : "a name that stands twice")
          .fix("rename one of them");
  }
}

static void readOutputs(Reader &reader, Graph &graph, const JsonValue &outputs,
                        const Twine &what) {
  if (!outputs.isArray() || outputs.items.empty()) {
    reader.problems.add(outputs, what + " has no outputs")
        .expected("an array of names")
        .got(outputs.describe());
    graph.sound = false;
    return;
  }
  for (const JsonValue &item : outputs.items) {
    std::optional<Ref> ref = resolve(reader, graph, item);
    if (ref && llvm::is_contained(graph.outputs, *ref)) {
      reader.problems.add(item, "'" + item.text + "' is an output twice")
          .expected("each output once");
      ref.reset();
    }
    graph.sound &= ref && graph.info(*ref);
    if (!ref)
      continue;
    if (!ref->isInput() &&
        graph.nodes[ref->node].values[ref->value].onlyInTraining) {
      reader.problems.add(item, "'" + item.text + "' exists in training only")
          .expected("a value that inference has, too");
      graph.sound = false;
      continue;
    }
    graph.outputs.push_back(*ref);
    graph.outputNames.push_back(item.text);
  }
}

/// Fills an instance with the nodes of the block, for `reader.sizes`.
static void checkBlock(Reader &reader, Graph &graph, const JsonValue &json) {
  std::string what = "block '" + graph.name + "'";
  graph.sound = false;
  if (!reader.object(json, what,
                     {"sizes", "inputs", "outputs", "nodes", "description"}))
    return;
  const JsonValue *inputs = json.find("inputs");
  const JsonValue *nodes = json.find("nodes");
  const JsonValue *outputs = json.find("outputs");
  if (!inputs)
    reader.missing(json, what, "inputs").expected("{ \"x\": [sizes] }");
  if (!nodes)
    reader.missing(json, what, "nodes");
  if (!outputs)
    reader.missing(json, what, "outputs").expected("an array of names");
  if (const JsonValue *sizes = json.find("sizes"))
    checkSizeNames(reader, *sizes, what);
  if (!inputs || !nodes || !outputs)
    return;
  if (!inputs->isObject() || inputs->members.empty()) {
    reader.problems.add(*inputs, what + " has no inputs")
        .expected("{ \"x\": [\"batch\", ...] }")
        .got(inputs->describe());
    return;
  }
  graph.sound = true;
  for (const JsonMember &member : inputs->members) {
    Input &input = graph.inputs.emplace_back();
    input.name = member.key;
    input.json = &member.value;
    reader.identifier(member.key, member.value, "the input's name");
    std::optional<Shape> shape = reader.shape(member.value, member.key);
    input.known = shape.has_value();
    graph.sound &= input.known;
    input.info.shape = shape.value_or(Shape{1});
  }
  checkNodes(reader, graph, *nodes);
  readOutputs(reader, graph, *outputs, what);
  checkUse(reader, graph, graph.outputs);
}

/// The instance of a block for these sizes. It is not sound after a problem;
/// `open` says that it is being checked.
static Graph &instantiate(Reader &reader, StringRef name, const JsonValue &json,
                          const Sizes &sizes) {
  std::string key = name.str();
  for (const auto &[size, value] : sizes)
    key += "|" + size + "=" + std::to_string(value);
  std::unique_ptr<Graph> &owned = reader.model.instances[key];
  if (owned)
    return *owned;
  owned = std::make_unique<Graph>();
  Graph &graph = *owned;
  graph.name = name.str();
  const Sizes *outer = reader.sizes;
  reader.sizes = &sizes;
  graph.open = true;
  checkBlock(reader, graph, json);
  graph.open = false;
  reader.sizes = outer;
  return graph;
}

void moec::import::checkBlocks(Reader &reader) {
  const JsonValue *blocks = reader.root.find("blocks");
  if (!blocks)
    return;
  if (!blocks->isObject())
    reader.object(*blocks, "'blocks'", {});
  for (const JsonMember &member : blocks->members) {
    reader.identifier(member.key, member.value, "the block's name");
    if (llvm::any_of(reader.model.instances, [&](const auto &entry) {
          return entry.second->name == member.key;
        }))
      continue;
    if (member.value.isObject() && !sizeNames(member.value).empty()) {
      // A node with a problem of its own may have meant it.
      if (reader.problems.empty())
        reader.problems
            .add(member.value, "block '" + member.key + "' is never run")
            .expected("a node that says its sizes")
            .fix("run it with 'repeat' or 'call', or remove it");
      continue;
    }
    instantiate(reader, member.key, member.value, {});
  }
}

/// Whether a block repeats another one, itself or in a block that it calls.
static bool repeatsInside(const Graph &graph) {
  return llvm::any_of(graph.nodes, [](const Node &node) {
    return node.op == &repeatOp || llvm::any_of(node.runs, [](const Run &run) {
             return repeatsInside(*run.graph);
           });
  });
}

namespace {
/// Checks one node that runs a block.
class BlockNodeCheck {
public:
  BlockNodeCheck(NodeCheck &check, bool repeats)
      : check(check), reader(check.reader), node(check.self()),
        repeats(repeats), name(check.text("block")) {}

  std::optional<TensorInfo> run() {
    std::optional<std::vector<Sizes>> layers;
    if (!findBlock() || !(layers = readLayers()))
      return std::nullopt;
    for (auto [i, sizes] : llvm::enumerate(*layers)) {
      if (i && sizes == (*layers)[i - 1]) {
        ++node.runs.back().count;
        continue;
      }
      Graph &graph = instantiate(reader, name, *json, sizes);
      if (graph.open) {
        check.problem("block", "block '" + name + "' runs itself")
            .expected("blocks that run other blocks only");
        return std::nullopt;
      }
      if (!graph.sound || !checkInputs(graph) || !checkOutputs(graph))
        return std::nullopt;
      node.runs.push_back({&graph, static_cast<int64_t>(i), 1});
    }
    if (layers->size() == 1 && repeats)
      node.runs.back().count = count;
    addValues();
    return node.values.front().info;
  }

private:
  bool findBlock() {
    const JsonValue *blocks = reader.root.find("blocks");
    json = blocks && blocks->isObject() ? blocks->find(name) : nullptr;
    if (json)
      return json->isObject();
    SmallVector<StringRef> known;
    if (blocks)
      for (const JsonMember &member : blocks->members)
        known.push_back(member.key);
    check.problem("block", "unknown block '" + name + "'")
        .expected(known.empty() ? "a block; the model has none"
                                : joinNames(known))
        .got("'" + name + "'")
        .fix(suggest(name, known, "add it under 'blocks'"));
    return false;
  }

  /// The sizes of each layer; of one alone, where all are alike.
  std::optional<std::vector<Sizes>> readLayers() {
    const SizeLists &lists = node.attrs.find("sizes")->second.sizes;
    SmallVector<StringRef> wanted = sizeNames(*json);
    bool good = true;
    for (StringRef size : wanted)
      if (!lists.count(size.str())) {
        check
            .problem("sizes",
                     "block '" + name + "' needs the size '" + size + "'")
            .expected("\"sizes\": { \"" + size + "\": ... }")
            .fix("give it where the block is run");
        good = false;
      }
    size_t length = 1;
    StringRef longest;
    for (const auto &[size, values] : lists) {
      if (!llvm::is_contained(wanted, StringRef(size))) {
        check
            .problem("sizes", "block '" + name + "' has no size '" + size + "'")
            .expected(wanted.empty() ? "no sizes" : joinNames(wanted))
            .got("'" + size + "'")
            .fix(suggest(size, wanted, "add it to 'sizes' of the block"));
        good = false;
      }
      if (values.size() == 1)
        continue;
      if (length != 1 && length != values.size()) {
        check.problem("sizes", "lists of sizes of different lengths")
            .expected(formatv("{0} sizes, as '{1}' has", length, longest))
            .got(formatv("{0} of '{1}'", values.size(), size));
        good = false;
      }
      length = values.size();
      longest = size;
    }
    good &= readCount(length, longest);
    if (!good)
      return std::nullopt;
    std::vector<Sizes> layers(length);
    for (const auto &[size, values] : lists)
      for (auto [i, layer] : llvm::enumerate(layers))
        layer[size] = values[values.size() == 1 ? 0 : i];
    return layers;
  }

  /// Whether some size is a list, be it of a single layer's.
  bool hasList() {
    const JsonValue *sizes = node.attrs.find("sizes")->second.json;
    return sizes && sizes->isObject() &&
           llvm::any_of(sizes->members, [](const JsonMember &member) {
             return member.value.isArray();
           });
  }

  bool readCount(size_t length, StringRef longest) {
    if (!repeats) {
      if (length == 1)
        return true;
      check.problem("sizes", "'call' runs its block once")
          .expected("one size")
          .got(formatv("{0} of '{1}'", length, longest))
          .fix("use 'repeat'");
      return false;
    }
    const AttrValue &value = node.attrs.find("count")->second;
    count = value.json ? value.integer : static_cast<int64_t>(length);
    if (!value.json && length == 1 && !hasList()) {
      check.problem("", "node '" + node.name + "' has no 'count'")
          .expected("the key 'count', or a list of sizes")
          .fix("add it: how many times the block runs");
      return false;
    }
    if (length == 1 || count == static_cast<int64_t>(length))
      return true;
    check.problem("count", "'count' and the list of sizes differ")
        .expected(formatv("{0}, the number of sizes of '{1}'", length, longest))
        .got(Twine(count))
        .fix("leave 'count' out");
    return false;
  }

  bool checkInputs(const Graph &graph) {
    size_t wanted = graph.inputs.size();
    if (check.inputCount() != wanted) {
      check
          .problem("inputs",
                   formatv("block '{0}' takes {1} input{2}, not {3}", name,
                           wanted, wanted == 1 ? "" : "s", check.inputCount()))
          .expected(Twine(wanted))
          .got(Twine(check.inputCount()));
      return false;
    }
    for (auto [i, input] : llvm::enumerate(graph.inputs)) {
      if (check.input(i) == input.info)
        continue;
      check
          .problem("inputs", formatv("input {0} of '{1}' is not what block "
                                     "'{2}' takes",
                                     i, node.name, name))
          .expected(toString(input.info) + ", as '" + input.name +
                    "' of the block says")
          .got(toString(check.input(i)));
      return false;
    }
    return true;
  }

  /// What a layer gives the next must be what it takes.
  bool checkOutputs(const Graph &graph) {
    if (!repeats)
      return true;
    // The memory of a repeat in a repeat cannot be planned.
    if (repeatsInside(graph)) {
      check
          .problem("block", "block '" + name +
                                "' cannot be repeated: it repeats another one")
          .expected("a block without 'repeat', also in those that it calls")
          .fix("write the layers of one of them out, with 'call'");
      return false;
    }
    if (graph.outputs.size() > graph.inputs.size()) {
      check
          .problem("block", "block '" + name +
                                "' cannot be repeated: it has more outputs "
                                "than inputs")
          .expected(formatv("at most {0}", graph.inputs.size()))
          .got(Twine(graph.outputs.size()));
      return false;
    }
    for (auto [i, output] : llvm::enumerate(graph.outputs)) {
      const TensorInfo &in = graph.inputs[i].info, &out = *graph.info(output);
      if (in == out)
        continue;
      check
          .problem("block", "block '" + name + "' cannot be repeated: '" +
                                graph.outputNames[i] + "' is not like '" +
                                graph.inputs[i].name + "'")
          .expected(toString(in))
          .got(toString(out));
      return false;
    }
    return true;
  }

  /// The outputs, then what layers in all runs tell about themselves.
  void addValues() {
    const Graph &first = *node.runs.front().graph;
    for (auto [i, output] : llvm::enumerate(first.outputs)) {
      NodeValue value{first.outputNames[i], *first.info(output)};
      value.isOutput = true;
      node.values.push_back(std::move(value));
    }
    for (const Node &inner : first.nodes)
      for (const NodeValue &value : inner.values)
        if (!value.name.empty() && !value.isOutput &&
            isEverywhere(inner, value)) {
          node.values.push_back(value);
          node.values.back().name = inner.name + "." + value.name;
          if (repeats && value.over == NodeValue::Over::Join)
            node.values.back().info.shape.front() *= layerCount();
        }
    for (const Node &inner : first.nodes)
      for (const Absent &absent : inner.absent)
        node.absent.push_back({inner.name + "." + absent.name, absent.fix});
  }

  int64_t layerCount() const {
    int64_t layers = 0;
    for (const Run &run : node.runs)
      layers += run.count;
    return layers;
  }

  bool isEverywhere(const Node &inner, const NodeValue &value) {
    return llvm::all_of(llvm::drop_begin(node.runs), [&](const Run &run) {
      const Node &other = run.graph->nodes[run.graph->names.lookup(inner.name)];
      int index = other.findValue(value.name);
      return index >= 0 && other.values[index].info == value.info;
    });
  }

  NodeCheck &check;
  Reader &reader;
  Node &node;
  bool repeats;
  StringRef name;
  const JsonValue *json = nullptr;
  int64_t count = 1;
};
} // namespace

std::optional<TensorInfo> moec::import::checkBlockNode(NodeCheck &check,
                                                       bool repeats) {
  return BlockNodeCheck(check, repeats).run();
}
