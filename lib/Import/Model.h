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
#include <set>

namespace moec::import {

struct OpDef;
struct Graph;

/// Pixels are what `normalize` gives: an image that only `patch_embed` reads.
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

/// How a parameter starts: `zeros`, `ones`, or `normal` with `std`.
struct Init {
  const char *op = "zeros";
  double std = 0;
  static Init zeros() { return {"zeros", 0}; }
  static Init ones() { return {"ones", 0}; }
  static Init normal(double std) { return {"normal", std}; }
  /// LeCun: normal with std = sqrt(1 / fanIn).
  static Init lecun(int64_t fanIn);
};

struct ParamSpec {
  std::string suffix; ///< the name is that of the node, '.', suffix
  Shape shape;        ///< without the leading count of a repeat
  Init init;
  bool decay = false;
};

/// Noise that a node needs in training.
struct NoiseSpec {
  Shape shape;
  double std = 0;
};

/// The value of an attribute after its check; which member counts follows from
/// the table.
struct AttrValue {
  int64_t integer = 0; ///< also flags
  double real = 0;
  std::string text;
  const JsonValue *json = nullptr; ///< null: the default
};
using AttrValues = std::map<std::string, AttrValue, std::less<>>;

struct Input {
  std::string name;
  TensorInfo info;
  bool known = true; ///< false: there is a problem with it
  const JsonValue *json = nullptr;
};

/// Node i of the graph is i; input i is ~i.
using Ref = int;

struct Node {
  std::string name;
  std::string fullName; ///< with the block: "encoder.attn"
  const OpDef *op = nullptr;
  const JsonValue *json = nullptr;
  AttrValues attrs;
  llvm::SmallVector<Ref> inputs;
  std::optional<TensorInfo> result; ///< empty after a problem
  llvm::SmallVector<ParamSpec> params;
  std::optional<NoiseSpec> noise;
  llvm::SmallVector<Shape> temporaries; ///< values inside the op
  bool balanced = false;                ///< adds to the balance losses
  const Graph *block = nullptr;         ///< of a repeat
  int64_t count = 1;
};

/// The nodes of the model or of a block.
struct Graph {
  std::string name; ///< of the block; empty for the model
  llvm::SmallVector<Input> inputs;
  std::vector<Node> nodes;
  llvm::StringMap<Ref> names;   ///< of inputs and nodes; the first of a name
  llvm::SmallVector<Ref> order; ///< nodes, each behind what it reads
  llvm::SmallVector<Ref> outputs;
  /// False if a node, a name or a cycle is broken; checks that need
  /// the whole graph are then left out.
  bool sound = true;

  const TensorInfo *info(Ref ref) const {
    if (ref < 0)
      return inputs[~ref].known ? &inputs[~ref].info : nullptr;
    return nodes[ref].result ? &*nodes[ref].result : nullptr;
  }
  llvm::StringRef nameOf(Ref ref) const {
    return ref < 0 ? inputs[~ref].name : nodes[ref].name;
  }
};

struct Training {
  Ref logits = 0, label = 0;
  std::string loss;
  double labelSmoothing = 0;
  double importance = 0, load = 0; ///< weights of the balance losses
  std::string optimizer;
  double learningRate = 0, weightDecay = 0;
  double beta1 = 0, beta2 = 0, eps = 0, momentum = 0;
  std::string schedule = "constant";
  double warmup = 0, finalShare = 0;
  double clipNorm = 0;
  int64_t epochs = 1, batch = 0, seed = 0;
  std::string precision = "f32";                   ///< or "bf16"
  std::optional<std::vector<std::string>> noDecay; ///< patterns
};

/// An output of an entry: what a node computes or, of an expert layer, the
/// share that each expert has in each image, f32 [batch, experts].
struct Output {
  std::string name;
  Ref node = 0;
  int inner = -1; ///< node of the block, if `node` is a repeat
  bool experts = false;
};

struct Model {
  std::string name;
  std::map<std::string, int64_t, std::less<>> dims; ///< with the chosen batch
  int64_t batch = 0;
  std::map<std::string, std::unique_ptr<Graph>, std::less<>> blocks;
  Graph graph;
  llvm::SmallVector<Output> outputs;   ///< beside graph.outputs
  std::vector<std::string> classNames; ///< may be empty
  std::optional<Training> training;
  /// What says the class, f32 [batch, classes]: the loss's logits or, without a
  /// training section, the one output of that form. Empty: cannot be told.
  std::optional<Ref> logits;
  /// The input that the labels are; empty where no loss names one, then
  /// evaluation takes them by a field of its own.
  std::optional<Ref> label;
  std::string labelName; ///< of the input or the field
};

/// The batch sizes that the model lists. Problems with them are reported by
/// checkModel; it is {1} then.
llvm::SmallVector<int64_t> listedBatches(const JsonValue &root);

/// Checks the whole document for one batch size. With `training` it must have
/// a usable training section. Only what has no problems may be built.
std::unique_ptr<Model> checkModel(const JsonValue &root, int64_t batch,
                                  bool training, Problems &problems);

} // namespace moec::import

#endif // MOEC_LIB_IMPORT_MODEL_H
