//===- Ops.h - The ops of the JSON format ----------------------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// An op of the JSON format is one OpDef: its attributes, a check that gives its
// result and parameters, and a builder that writes `moe`. It stands in
// one file in Ops/ and in the list below; the reader, the JSON Schema and `moec
// ops` follow from it.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_LIB_IMPORT_OPS_H
#define MOEC_LIB_IMPORT_OPS_H

#include "lib/Import/Model.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinTypes.h"
#include "llvm/ADT/SmallBitVector.h"
#include <limits>

namespace moec::import {

/// One attribute of an op. Size is a positive integer or the name of a
/// dimension; Numbers are one or a list; Name is that of a block or a node;
/// Sizes are the sizes that a block is given.
struct AttrDef {
  enum class Kind { Size, Integer, Real, Numbers, Flag, Choice, Name, Sizes };
  const char *name;
  Kind kind;
  const char *doc;
  bool required = false;
  double fallback = 0; ///< of numbers and flags; below `minimum`: there is none
  double minimum = 0;  ///< of Integer and Real
  bool above = false;  ///< Real: larger than minimum
  std::vector<llvm::StringRef> choices = {}; ///< the first is the default
  double maximum = std::numeric_limits<double>::infinity();
  bool below = false;                        ///< Real: smaller than maximum
  const char *many = "one for each channel"; ///< Numbers: what a list is

  static AttrDef size(const char *name, const char *doc) {
    return {name, Kind::Size, doc, true};
  }
  static AttrDef integer(const char *name, int64_t fallback, const char *doc) {
    return {name, Kind::Integer, doc, false, double(fallback), 1};
  }
  static AttrDef positive(const char *name, double fallback, const char *doc) {
    return {name, Kind::Real, doc, false, fallback, 0, true};
  }
  static AttrDef nonNegative(const char *name, double fallback,
                             const char *doc) {
    return {name, Kind::Real, doc, false, fallback, 0, false};
  }
  /// From 0 to 1.
  static AttrDef share(const char *name, double fallback, const char *doc) {
    return {name, Kind::Real, doc, false, fallback, 0, false, {}, 1};
  }
  /// Of an average: at least 0 and below 1, which would never forget.
  static AttrDef decay(const char *name, double fallback, const char *doc) {
    return {name, Kind::Real, doc, false, fallback, 0, false, {}, 1, true};
  }
  /// Of what is dropped: one number below 1, or one of the first and one of the
  /// last layer.
  static AttrDef rate(const char *name, const char *doc, bool required) {
    AttrDef def{name, Kind::Numbers, doc, required, 0, 0, false, {}, 1, true};
    def.many = "two, of the first and of the last layer of a 'repeat'";
    return def;
  }
  static AttrDef flag(const char *name, bool fallback, const char *doc) {
    return {name, Kind::Flag, doc, false, double(fallback)};
  }
  /// Whether linear layers have one.
  static AttrDef bias(const char *doc = "whether its linear layers have biases",
                      const char *name = "bias") {
    return flag(name, true, doc);
  }
  static AttrDef choice(const char *name, std::vector<llvm::StringRef> choices,
                        const char *doc) {
    return {name, Kind::Choice, doc, false, 0, 0, false, std::move(choices)};
  }
  /// A choice that must be made.
  static AttrDef oneOf(const char *name, std::vector<llvm::StringRef> choices,
                       const char *doc) {
    return {name, Kind::Choice, doc, true, 0, 0, false, std::move(choices)};
  }
  /// Which function is applied, between the projections of a layer for example.
  static AttrDef activation(const char *name = "activation") {
    return oneOf(name, {"gelu_tanh", "gelu_erf", "silu", "tanh", "relu"},
                 "GELU (arXiv 1606.08415), its tanh approximation or the exact "
                 "form, x * sigmoid(x) (arXiv 1702.03118), tanh, or max(x, 0)");
  }
  /// What a norm adds ahead of the root.
  static AttrDef eps(const char *doc) {
    return {"eps", Kind::Real, doc, true, 0, 0, true};
  }
  static AttrDef block(const char *name, const char *doc) {
    return {name, Kind::Name, doc, true};
  }
};

class Reader;

/// A node as its check and its builder read it.
class NodeView {
public:
  NodeView(const Graph &graph, const Node &node) : graph(graph), node(node) {}

  const Graph &graph;
  const Node &node;

  /// The node that makes input i, or null.
  const Node *producer(size_t i) const {
    Ref ref = node.inputs[i];
    return ref.isInput() ? nullptr : &graph.nodes[ref.node];
  }
  int64_t integer(llvm::StringRef name) const {
    return node.attrs.find(name)->second.integer;
  }
  double real(llvm::StringRef name) const {
    return node.attrs.find(name)->second.real;
  }
  llvm::StringRef text(llvm::StringRef name) const {
    return node.attrs.find(name)->second.text;
  }
  const std::vector<double> &numbers(llvm::StringRef name) const {
    return node.attrs.find(name)->second.numbers;
  }
};

/// What the check of a node sees and says.
class NodeCheck : public NodeView {
public:
  NodeCheck(Reader &reader, const Graph &graph, Node &node)
      : NodeView(graph, node), reader(reader), checked(node) {}

  /// Whether it is checked as a part of train_step, with the batch of training.
  bool trains() const;
  size_t inputCount() const { return node.inputs.size(); }
  const TensorInfo &input(size_t i) const {
    return *graph.info(node.inputs[i]);
  }

  void param(llvm::StringRef suffix, Shape shape, Init init,
             bool decay = false) {
    checked.params.push_back({suffix.str(), std::move(shape), init, decay});
  }
  /// What the node measures while it is trained, and reads otherwise.
  void statistic(llvm::StringRef suffix, Shape shape, Init init) {
    checked.params.push_back({suffix.str(), std::move(shape), init,
                              /*decay=*/false, /*statistic=*/true});
  }
  /// A layer: suffix.weight [in, out], which decays, and suffix.bias [out],
  /// both with `lead` in front, the number of experts if there are any; "" as
  /// suffix gives plain names.
  void linearParams(llvm::StringRef suffix, int64_t in, int64_t out,
                    bool bias = true, llvm::ArrayRef<int64_t> lead = {});
  void normParams(llvm::StringRef suffix, int64_t width, bool bias = true);
  void noise(Shape shape, double std) {
    checked.noise = NoiseSpec{std::move(shape), std};
  }
  /// In training the node draws what it drops, at the rate that attribute
  /// `name` says, if it is given. False, after a problem.
  bool drops(llvm::StringRef name);
  /// i32, all values alike.
  void randomBits(Shape shape) {
    checked.noise = NoiseSpec{std::move(shape), 0, /*isBits=*/true};
  }
  /// A value inside the op, whose size is checked too.
  void temporary(Shape shape) {
    checked.temporaries.push_back(std::move(shape));
  }
  /// A value that the node tells about itself, "node.name"; over the layers of
  /// a repeat it is summed, joined, or their mean is taken.
  void tells(llvm::StringRef name, Shape shape, NodeValue::Over over,
             bool onlyInTraining = false) {
    checked.values.push_back(
        {name.str(), {std::move(shape)}, over, onlyInTraining});
  }
  /// One that it would tell if `fix` were done.
  void tellsNot(llvm::StringRef name, llvm::StringRef fix) {
    checked.absent.push_back({name.str(), fix.str()});
  }

  /// Reports a problem at an attribute (or at the node, if it is not given).
  Problem &problem(llvm::StringRef attribute, const llvm::Twine &message);
  /// The same at one that is given and would do nothing.
  Problem &idle(llvm::StringRef attribute) {
    return problem(attribute, "'" + attribute + "' has nothing to act on");
  }
  /// False, with a problem, if input 0 is not f32 [batch, tokens, channels].
  bool expectTokens();
  /// False, with a problem, if input i has another dtype.
  bool expectDType(size_t i, DType dtype);
  Node &self() { return checked; }

  Reader &reader;

private:
  Node &checked;
};

/// What the builder of a node sees. Values are `moe` tensors.
class NodeBuild : public NodeView {
public:
  /// `params` take the new statistics. `wanted`: which of the node's values are
  /// needed; `told` takes those that it tells about itself.
  NodeBuild(mlir::OpBuilder &builder, mlir::Location loc, const Graph &graph,
            const Node &node, llvm::ArrayRef<mlir::Value> inputs,
            llvm::MutableArrayRef<mlir::Value> params,
            llvm::ArrayRef<mlir::Value> random, bool training,
            const llvm::SmallBitVector &wanted,
            llvm::MutableArrayRef<mlir::Value> told)
      : NodeView(graph, node), b(builder), loc(loc), inputs(inputs),
        training(training), random(random), params(params), wanted(wanted),
        told(told) {}

  mlir::OpBuilder &b;
  mlir::Location loc;
  llvm::ArrayRef<mlir::Value> inputs;
  bool training; ///< in train_step

  /// A parameter or statistic by its suffix; null if the node has none of that
  /// name.
  mlir::Value param(llvm::StringRef suffix) const;
  /// In training: what a statistic is from now on.
  void setStatistic(llvm::StringRef suffix, mlir::Value value);
  /// What NodeCheck::noise() asked for; null but in training.
  mlir::Value noise() const {
    return random.empty() || !node.noise ? mlir::Value() : random.front();
  }
  /// `x` without what NodeCheck::drops() drops in training, where elements draw
  /// that differ in one of the `leading` first axes.
  mlir::Value drop(mlir::Value x, int64_t leading);
  /// Whether somebody reads "node.name", and says what it is.
  bool wants(llvm::StringRef name) const;
  void tell(llvm::StringRef name, mlir::Value value);
  /// The mean share of each expert, [batch, experts], from weights
  /// [batch, parts, experts] that sum to 1.
  mlir::Value meanShares(mlir::Value weights);

  static llvm::ArrayRef<int64_t> shape(mlir::Value value) {
    return mlir::cast<mlir::RankedTensorType>(value.getType()).getShape();
  }
  mlir::RankedTensorType type(llvm::ArrayRef<int64_t> shape) {
    return mlir::RankedTensorType::get(shape, b.getF32Type());
  }
  // Steps that several ops share.
  mlir::Value linear(mlir::Value x, llvm::StringRef suffix, int64_t axis);
  /// With the scale and bias of that suffix, if the node has them.
  mlir::Value layerNorm(mlir::Value x, llvm::StringRef suffix, double eps);
  /// Of a form that AttrDef::activation lists; by default the node's
  /// `activation`.
  mlir::Value activate(mlir::Value x, llvm::StringRef form);
  mlir::Value activate(mlir::Value x) {
    return activate(x, text("activation"));
  }
  mlir::Value add(mlir::Value x, mlir::Value y);
  mlir::Value mul(mlir::Value x, mlir::Value y);
  mlir::Value scale(mlir::Value x, double factor);
  mlir::Value reshape(mlir::Value x, llvm::ArrayRef<int64_t> shape);
  mlir::Value transpose(mlir::Value x, llvm::ArrayRef<int64_t> permutation);
  /// `axes` of `shape` are those that `x` lacks.
  mlir::Value broadcast(mlir::Value x, llvm::ArrayRef<int64_t> shape,
                        llvm::ArrayRef<int64_t> axes);
  mlir::Value reduce(mlir::Value x, llvm::ArrayRef<int64_t> axes);
  mlir::Value softmax(mlir::Value x, llvm::ArrayRef<int64_t> axes);
  /// Of a part of `axis`, `size` long.
  mlir::Value slice(mlir::Value x, int64_t axis, int64_t begin, int64_t size);
  mlir::Value l2Normalize(mlir::Value x, int64_t axis, double eps);
  mlir::Value einsum(mlir::Value x, mlir::Value y, llvm::StringRef equation,
                     llvm::ArrayRef<int64_t> shape);

private:
  llvm::ArrayRef<mlir::Value> random;
  llvm::MutableArrayRef<mlir::Value> params;
  const llvm::SmallBitVector &wanted;
  llvm::MutableArrayRef<mlir::Value> told;
};

struct OpDef {
  const char *name;
  const char *doc;
  unsigned minInputs, maxInputs;
  std::vector<AttrDef> attrs;
  /// Gives the result, or nothing after a problem. Called only if all inputs
  /// are known and all attributes are good.
  std::optional<TensorInfo> (*check)(NodeCheck &);
  /// Null for what runs a block, which BuildGraph.cpp builds.
  mlir::Value (*build)(NodeBuild &);
  /// A loss that compares logits, input 0, with labels, input 1.
  bool classifies = false;
  /// So many of its inputs are read in evaluation and inference too.
  unsigned evaluationInputs = std::numeric_limits<unsigned>::max();
  bool runsBlock() const { return build == nullptr; }
};

/// All ops, by name.
llvm::ArrayRef<const OpDef *> allOps();
const OpDef *findOp(llvm::StringRef name);
llvm::SmallVector<llvm::StringRef> opNames();

// Every op, each family in a file in Ops/. A line here is all that one of them
// needs besides.
#define MOEC_IMPORT_OPS(OP)                                                    \
  OP(accuracyOp)                                                               \
  OP(activationOp)                                                             \
  OP(addOp)                                                                    \
  OP(attentionOp)                                                              \
  OP(batchNormOp)                                                              \
  OP(callOp)                                                                   \
  OP(classTokenOp)                                                             \
  OP(concatOp)                                                                 \
  OP(contrastiveOp)                                                            \
  OP(dropoutOp)                                                                \
  OP(dropPathOp)                                                               \
  OP(gatherTokensOp)                                                           \
  OP(l2NormalizeOp)                                                            \
  OP(layerNormOp)                                                              \
  OP(linearOp)                                                                 \
  OP(maskedSquaredErrorOp)                                                     \
  OP(meanOp)                                                                   \
  OP(mlpOp)                                                                    \
  OP(moeOp)                                                                    \
  OP(multiplyOp)                                                               \
  OP(normalizeOp)                                                              \
  OP(patchEmbedOp)                                                             \
  OP(patchifyOp)                                                               \
  OP(positionEmbeddingOp)                                                      \
  OP(randomOrderOp)                                                            \
  OP(reRepresentOp)                                                            \
  OP(repeatOp)                                                                 \
  OP(restoreTokensOp)                                                          \
  OP(sigmoidCrossEntropyOp)                                                    \
  OP(sliceOp)                                                                  \
  OP(softMoeOp)                                                                \
  OP(softmaxCrossEntropyOp)                                                    \
  OP(squaredErrorOp)                                                           \
  OP(stopGradientOp)                                                           \
  OP(tokenMlpOp)

#define MOEC_DECLARE_OP(op) extern const OpDef op;
MOEC_IMPORT_OPS(MOEC_DECLARE_OP)
#undef MOEC_DECLARE_OP

} // namespace moec::import

#endif // MOEC_LIB_IMPORT_OPS_H
