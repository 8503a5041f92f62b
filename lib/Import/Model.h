//===- Model.h - A checked model, before there is any IR -------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_LIB_IMPORT_MODEL_H
#define MOEC_LIB_IMPORT_MODEL_H

#include "lib/Import/Json.h"
#include "lib/Import/Problems.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringMap.h"
#include <map>
#include <memory>

namespace moec::import {

struct OpDef;
struct OptimizerDef;
struct Graph;

/// Pixels are what `normalize` gives: an image that only patches are made of.
enum class DType { U8, I32, F32, Pixels };
using Shape = llvm::SmallVector<int64_t, 4>;

struct TensorInfo {
  Shape shape;
  DType dtype = DType::F32;

  int64_t rank() const { return static_cast<int64_t>(shape.size()); }
  bool operator==(const TensorInfo &other) const {
    return shape == other.shape && dtype == other.dtype;
  }
};
/// "f32 [128, 49, 96]"
std::string toString(const TensorInfo &info);
std::string toString(llvm::ArrayRef<int64_t> shape);

/// How a parameter starts, by an op of initDefs() and its number if it has one:
/// the value of `constant`, the standard deviation of `normal`, the limit of
/// `uniform`.
struct Init {
  const char *op = "zeros";
  std::optional<double> number;
  bool alike = false; ///< the experts of a layer have the same random numbers
  static Init zeros() { return {"zeros", std::nullopt}; }
  static Init ones() { return {"ones", std::nullopt}; }
  static Init normal(double std) { return {"normal", std}; }
  /// LeCun: normal with std = sqrt(1 / fanIn).
  static Init lecun(int64_t fanIn);
};

/// A variable of a node: a parameter, which the loss is differentiated by, or
/// a statistic, of which the node itself gives the new value in training.
struct ParamSpec {
  std::string suffix; ///< the name is that of the node, '.', suffix
  Shape shape;        ///< without the leading counts of repeats
  Init init;
  bool decay = false;
  bool statistic = false;
  bool ofExperts = false; ///< the first axis is that of the experts

  llvm::StringRef kind() const { return statistic ? "statistic" : "parameter"; }
};

/// Random numbers that a node needs in training.
struct NoiseSpec {
  Shape shape;
  double std = 0;      ///< of normal ones
  bool isBits = false; ///< 32 bits each instead, as i32
};

/// Shares of what a node drops in training, of the first and of the last layer
/// of the `repeat` that it is in, and in equal steps between them.
struct DropSpec {
  double first = 0, last = 0;
  /// That of layer `layer` of `count`; the first of a single one.
  double at(int64_t layer, int64_t count) const {
    return count < 2 ? first
                     : first + (last - first) * static_cast<double>(layer) /
                                   static_cast<double>(count - 1);
  }
};

/// Sizes that the use of a block gives: one, or one a layer.
using SizeLists = std::map<std::string, std::vector<int64_t>, std::less<>>;

/// The value of an attribute after its check; which member counts follows from
/// the table.
struct AttrValue {
  int64_t integer = 0; ///< also flags
  double real = 0;
  std::string text;
  std::vector<double> numbers;
  SizeLists sizes;
  const JsonValue *json = nullptr; ///< null: the default
};
using AttrValues = std::map<std::string, AttrValue, std::less<>>;

struct Input {
  std::string name;
  TensorInfo info;
  std::string field; ///< of the data set; only of the model's inputs
  bool known = true; ///< false: there is a problem with it
  const JsonValue *json = nullptr;
};

/// A value of a graph: value `value` of node `node`, or input ~node.
struct Ref {
  int node = 0, value = 0;
  static Ref input(size_t i) { return {~static_cast<int>(i), 0}; }
  bool isInput() const { return node < 0; }
  int inputIndex() const { return ~node; }
  bool operator==(const Ref &other) const {
    return node == other.node && value == other.value;
  }
};

/// A value that a node has. The first is the result of an op, or the first
/// output of a block; the others are called "node.name".
struct NodeValue {
  /// What becomes of it over the layers of a repeat. Join: they stand along its
  /// first axis.
  enum class Over { Last, Sum, Mean, Join };
  std::string name;
  TensorInfo info;
  Over over = Over::Last;
  bool onlyInTraining = false;
  /// An output of the node's block, not something that a node tells about
  /// itself.
  bool isOutput = false;
};

/// A value that a node does not have, and why.
struct Absent {
  std::string name, fix;
};

/// Layers of one form in a row, of a node that runs a block.
struct Run {
  const Graph *graph = nullptr;
  int64_t first = 0, count = 1;
};

/// Layers in a row of the `layers` of a `repeat`; outside of one a single one.
struct LayerRange {
  int64_t first = 0, count = 1, layers = 1;
};

struct Node {
  std::string name;
  std::string fullName; ///< with the block: "encoder.attn"
  const OpDef *op = nullptr;
  const JsonValue *json = nullptr;
  AttrValues attrs;
  llvm::SmallVector<Ref> inputs;
  std::vector<NodeValue> values; ///< empty after a problem
  std::vector<Absent> absent;
  llvm::SmallVector<ParamSpec> params;
  std::optional<NoiseSpec> noise;
  std::optional<DropSpec> drop;
  llvm::SmallVector<Shape> temporaries; ///< values inside the op
  std::vector<Run> runs;                ///< of `repeat` and `call`
  int owner = -1;     ///< the node whose parameters it uses, if not its own
  std::string shadow; ///< it uses that shadow of them

  bool known() const { return !values.empty(); }
  /// Index of the value "node.name"; that of the first is 0. -1: there is none.
  int findValue(llvm::StringRef name) const;
  /// How many outputs its block has, 0 of plain ops.
  size_t numOutputs() const;
  /// The inputs that it reads: in training all of them.
  llvm::ArrayRef<Ref> readInputs(bool training) const;
  /// How often its block runs.
  int64_t numLayers() const;
};

/// The nodes of the model or of a block.
struct Graph {
  std::string name; ///< of the block; empty for the model
  llvm::SmallVector<Input> inputs;
  std::vector<Node> nodes;
  llvm::StringMap<int> names;   ///< nodes, ~inputs; the first of a name
  llvm::SmallVector<int> order; ///< nodes, each behind what it reads
  llvm::SmallVector<Ref> outputs;
  std::vector<std::string> outputNames;
  /// False if a node, a name or a cycle is broken; checks that need
  /// the whole graph are then left out.
  bool sound = true;
  bool open = false;  ///< it is being checked
  int64_t weight = 0; ///< nodes, those of the blocks that it runs included

  /// Null where there is a problem with it.
  const TensorInfo *info(Ref ref) const {
    if (ref.isInput())
      return inputs[~ref.node].known ? &inputs[~ref.node].info : nullptr;
    const Node &node = nodes[ref.node];
    return node.known() ? &node.values[ref.value].info : nullptr;
  }
  std::string nameOf(Ref ref) const {
    if (ref.isInput())
      return inputs[~ref.node].name;
    const Node &node = nodes[ref.node];
    return ref.value ? node.name + "." + node.values[ref.value].name
                     : node.name;
  }
};

/// A part of the loss: `weight` times the sum of the values, of which those of
/// a value per image are averaged over the batch.
struct LossTerm {
  llvm::SmallVector<Ref> values;
  double weight = 1;
};

/// What training and evaluation report: a value per image, or a scalar.
struct Metric {
  std::string name;
  Ref value;
};

/// Parameters that the optimizer treats alike; the first that matches counts.
struct ParameterGroup {
  std::vector<std::string> match; ///< patterns
  std::optional<bool> decay;
  std::optional<double> weightDecay; ///< instead of that of the optimizer
  double learningRate = 1;           ///< times that of the optimizer
  bool freeze = false;
};

/// How parameters start, instead of what their ops say; the first rule that
/// matches counts.
struct InitRule {
  std::vector<std::string> match; ///< patterns
  Init init;                      ///< may be `default`, what their ops say
};

/// Averages of parameters: s = d * s + (1 - d) * p after each update, where d
/// is `decay`, or goes from there to 1 along half a cosine.
struct Shadow {
  std::string name;
  std::vector<std::string> of; ///< patterns
  double decay = 0;
  std::string schedule; ///< "constant" or "cosine"
};

struct Training {
  const OptimizerDef *optimizer = nullptr;
  double learningRate = 0, weightDecay = 0;
  AttrValues optimizerAttrs; ///< by the names in OptimizerDef
  std::vector<ParameterGroup> groups;
  std::vector<Shadow> shadows;
  std::string evaluate; ///< the shadow that inference uses; empty: none
  std::string schedule = "constant";
  AttrValues scheduleAttrs; ///< by the names in scheduleDefs()
  double clipNorm = 0;
  int64_t epochs = 1, batch = 0, seed = 0;
  int64_t steps = 0;             ///< instead of epochs; 0: not said
  std::string precision = "f32"; ///< or "bf16"

  /// The first group that a parameter is in, or null.
  const ParameterGroup *groupOf(llvm::StringRef parameter) const;
};

/// Whether one of the patterns matches. They are good ones.
bool matchesAny(llvm::ArrayRef<std::string> patterns, llvm::StringRef name);

/// An output of the entry `infer`.
struct Output {
  std::string name;
  Ref value;
};

struct Model {
  std::string name;
  std::map<std::string, int64_t, std::less<>> dims; ///< with the chosen batch
  int64_t batch = 0;
  /// train_step is built from it, and no other entry.
  bool trainStep = false;
  /// Blocks with the sizes of a use, by both.
  std::map<std::string, std::unique_ptr<Graph>, std::less<>> instances;
  /// The model's own nodes, then those of the training section.
  Graph graph;
  llvm::SmallVector<Output> outputs;
  std::vector<std::string> classNames; ///< may be empty
  std::vector<InitRule> inits;
  std::optional<Training> training;
  /// What training minimises, and evaluation reports for each image. Without a
  /// training section the cross-entropy, if it is known what the logits are.
  std::vector<LossTerm> loss;
  std::vector<Metric> metrics;
  /// What routers tell of themselves, if the training section asks for it:
  /// f32 [layers, 7], see moe.routing_statistics.
  std::vector<Metric> routing;
  /// What says the class, f32 [batch, classes], and the input that the labels
  /// are. Empty: cannot be told.
  std::optional<Ref> logits;
  std::optional<int> label;

  /// How the parameter of that name starts.
  Init initOf(llvm::StringRef name, const ParamSpec &spec) const;
};

/// The batch sizes that the model lists. Problems with them are reported by
/// checkModel; it is {1} then.
llvm::SmallVector<int64_t> listedBatches(const JsonValue &root);

/// Checks the whole document for one batch size. With `training` it must have
/// a usable training section; with `trainStep` it is what train_step is built
/// from, else the other entries. Only what has no problems may be built.
std::unique_ptr<Model> checkModel(const JsonValue &root, int64_t batch,
                                  bool training, bool trainStep,
                                  Problems &problems);

} // namespace moec::import

#endif // MOEC_LIB_IMPORT_MODEL_H
