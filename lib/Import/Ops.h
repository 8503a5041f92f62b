//===- Ops.h - The ops of the JSON format ----------------------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// An op of the JSON format is one OpDef: its attributes, a check that gives its
// result and parameters, and a builder that writes `moe`. It stands in
// one file in Ops/ and in the list in Ops/OpTable.cpp; the reader, the JSON
// Schema and `moec --list-ops` follow from it.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_LIB_IMPORT_OPS_H
#define MOEC_LIB_IMPORT_OPS_H

#include "lib/Import/Model.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinTypes.h"
#include <limits>

namespace moec::import {

/// One attribute of an op. Size is a positive integer or the name of a
/// dimension; Block is the name of a block; Patterns are globs over parameter
/// names.
struct AttrDef {
  enum class Kind { Size, Integer, Real, Flag, Choice, Block, Patterns };
  const char *name;
  Kind kind;
  const char *doc;
  bool required = false;
  double fallback = 0;                       ///< default of numbers and flags
  double minimum = 0;                        ///< of Integer and Real
  bool above = false;                        ///< Real: larger than minimum
  std::vector<llvm::StringRef> choices = {}; ///< the first is the default
  double maximum = std::numeric_limits<double>::infinity();

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
  static AttrDef flag(const char *name, bool fallback, const char *doc) {
    return {name, Kind::Flag, doc, false, double(fallback)};
  }
  static AttrDef choice(const char *name, std::vector<llvm::StringRef> choices,
                        const char *doc) {
    return {name, Kind::Choice, doc, false, 0, 0, false, std::move(choices)};
  }
  static AttrDef block(const char *name, const char *doc) {
    return {name, Kind::Block, doc, true};
  }
};

/// What the check of a node sees and says.
class NodeCheck {
public:
  NodeCheck(const Model &model, const Graph &graph, Node &node,
            Problems &problems)
      : model(model), graph(graph), node(node), problems(problems) {}

  size_t inputCount() const { return node.inputs.size(); }
  const TensorInfo &input(size_t i) const {
    return *graph.info(node.inputs[i]);
  }
  /// The node that makes input i, or null.
  const Node *producer(size_t i) const {
    Ref ref = node.inputs[i];
    return ref < 0 ? nullptr : &graph.nodes[ref];
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

  void param(llvm::StringRef suffix, Shape shape, Init init,
             bool decay = false) {
    node.params.push_back({suffix.str(), std::move(shape), init, decay});
  }
  /// A layer: suffix.weight [in, out], which decays, and suffix.bias [out],
  /// both with `lead` in front; "" as suffix gives plain names.
  void linearParams(llvm::StringRef suffix, int64_t in, int64_t out,
                    bool bias = true, llvm::ArrayRef<int64_t> lead = {});
  void normParams(llvm::StringRef suffix, int64_t width);
  void noise(Shape shape, double std) {
    node.noise = NoiseSpec{std::move(shape), std};
  }
  /// A value inside the op, whose size is checked too.
  void temporary(Shape shape) { node.temporaries.push_back(std::move(shape)); }
  void balanced() { node.balanced = true; }

  /// Reports a problem at an attribute (or at the node, if it is not given).
  Problem &problem(llvm::StringRef attribute, const llvm::Twine &message);
  /// False, with a problem, if input 0 is not f32 [batch, tokens, channels].
  bool expectTokens();
  /// False, with a problem, if input i has another dtype.
  bool expectDType(size_t i, DType dtype);
  /// Says what the block of a repeat is, null after a problem with it.
  const Graph *block(llvm::StringRef name);
  Node &self() { return node; }

private:
  const Model &model;
  const Graph &graph;
  Node &node;
  Problems &problems;
};

/// What the builder of a node sees. Values are `moe` tensors.
class NodeBuild {
public:
  NodeBuild(mlir::OpBuilder &builder, mlir::Location loc, const Graph &graph,
            const Node &node, llvm::ArrayRef<mlir::Value> inputs,
            llvm::ArrayRef<mlir::Value> params, mlir::Value noise,
            const Training *training, mlir::Value *auxiliary,
            mlir::Value *shares)
      : b(builder), loc(loc), graph(graph), node(node), inputs(inputs),
        training(training), noiseValue(noise), params(params),
        auxiliary(auxiliary), shares(shares) {}

  mlir::OpBuilder &b;
  mlir::Location loc;
  const Graph &graph;
  const Node &node;
  llvm::ArrayRef<mlir::Value> inputs;
  const Training *training; ///< null in inference

  const Node *producer(size_t i) const {
    Ref ref = node.inputs[i];
    return ref < 0 ? nullptr : &graph.nodes[ref];
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
  /// A parameter by its suffix; null if the node has none of that name.
  mlir::Value param(llvm::StringRef suffix) const;
  mlir::Value noise() const { return noiseValue; }
  /// Adds weight * value to the loss.
  void addAuxiliary(mlir::Value value, double weight);
  /// For expert layers: whether the share of each expert is an output, and
  /// says what it is, from weights [batch, parts, experts] that sum to 1.
  bool wantsShares() const { return shares != nullptr; }
  void setShares(mlir::Value weights);

  static llvm::ArrayRef<int64_t> shape(mlir::Value value) {
    return mlir::cast<mlir::RankedTensorType>(value.getType()).getShape();
  }
  mlir::RankedTensorType type(llvm::ArrayRef<int64_t> shape) {
    return mlir::RankedTensorType::get(shape, b.getF32Type());
  }
  // Steps that several ops share.
  mlir::Value linear(mlir::Value x, llvm::StringRef suffix, int64_t axis);
  mlir::Value layerNorm(mlir::Value x, llvm::StringRef suffix, double eps);
  mlir::Value gelu(mlir::Value x);
  mlir::Value add(mlir::Value x, mlir::Value y);
  mlir::Value scale(mlir::Value x, double factor);
  mlir::Value reshape(mlir::Value x, llvm::ArrayRef<int64_t> shape);
  mlir::Value transpose(mlir::Value x, llvm::ArrayRef<int64_t> permutation);
  mlir::Value broadcast(mlir::Value x, llvm::ArrayRef<int64_t> shape,
                        llvm::ArrayRef<int64_t> axes);
  mlir::Value reduce(mlir::Value x, llvm::ArrayRef<int64_t> axes);
  mlir::Value softmax(mlir::Value x, llvm::ArrayRef<int64_t> axes);
  mlir::Value einsum(mlir::Value x, mlir::Value y, llvm::StringRef equation,
                     llvm::ArrayRef<int64_t> shape);

private:
  mlir::Value noiseValue;
  llvm::ArrayRef<mlir::Value> params;
  mlir::Value *auxiliary;
  mlir::Value *shares;
};

struct OpDef {
  const char *name;
  const char *doc;
  unsigned minInputs, maxInputs;
  std::vector<AttrDef> attrs;
  /// Gives the result, or nothing after a problem. Called only if all inputs
  /// are known and all attributes are good.
  std::optional<TensorInfo> (*check)(NodeCheck &);
  /// Null for `repeat` (Build.cpp) and for what its reader builds.
  mlir::Value (*build)(NodeBuild &);
  /// An expert layer, whose shares may be an output ("node.experts"); it has
  /// the attribute `experts`.
  bool routes = false;

  const AttrDef *attr(llvm::StringRef attrName) const;
};

/// All ops, by name.
llvm::ArrayRef<const OpDef *> allOps();
const OpDef *findOp(llvm::StringRef name);
llvm::SmallVector<llvm::StringRef> opNames();

/// The activation of all layers: GELU in the tanh form, as Mixer's and Soft
/// MoE's authors use it.
constexpr bool tanhGelu = true;

// Every op, each in a file in Ops/.
extern const OpDef normalizeOp, patchEmbedOp, positionEmbeddingOp, layerNormOp,
    linearOp, geluOp, addOp, mlpOp, tokenMlpOp, reRepresentOp, moeOp, softMoeOp,
    attentionOp, meanOp, repeatOp;

} // namespace moec::import

#endif // MOEC_LIB_IMPORT_OPS_H
