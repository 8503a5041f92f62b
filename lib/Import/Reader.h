//===- Reader.h - Reads the parts of a model file --------------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_LIB_IMPORT_READER_H
#define MOEC_LIB_IMPORT_READER_H

#include "lib/Import/Ops.h"
#include <limits>

namespace moec::import {

/// Largest size of a dimension, and largest count: kernels number positions
/// along one dimension in i32. A tensor may have rt::maxElements.
constexpr int64_t maxSize = std::numeric_limits<int32_t>::max();

/// Reads keys, sizes and attributes, and reports what is wrong with them.
class Reader {
public:
  Reader(Model &model, const JsonValue &root, Problems &problems)
      : model(model), problems(problems), root(root) {}

  /// Reports what is not an object, and keys that are not known, with the
  /// nearest known one. False if it is no object.
  bool object(const JsonValue &value, const llvm::Twine &what,
              llvm::ArrayRef<llvm::StringRef> keys, llvm::StringRef node = "");
  /// A positive integer or, with `names`, the name of a dimension or of a size
  /// of the block that is being read.
  std::optional<int64_t> size(const JsonValue &value, llvm::StringRef what,
                              llvm::StringRef node = "", bool names = true);
  std::optional<Shape> shape(const JsonValue &value, llvm::StringRef what);
  /// A name of letters, digits, '_' and '-'.
  bool identifier(llvm::StringRef name, const JsonValue &at,
                  const llvm::Twine &what);
  /// Fills the values of a table of attributes, defaults included.
  bool attributes(const JsonValue &object, llvm::ArrayRef<AttrDef> defs,
                  const llvm::Twine &what, llvm::StringRef node,
                  AttrValues &values);
  /// A tensor with too many elements, or more bytes than int64 can say.
  bool elements(llvm::ArrayRef<int64_t> shape, const JsonValue &at,
                const llvm::Twine &what, llvm::StringRef node);
  /// A problem for a key that must be there.
  Problem &missing(const JsonValue &object, const llvm::Twine &what,
                   llvm::StringRef key, llvm::StringRef node = "");

  Model &model;
  Problems &problems;
  const JsonValue &root;
  /// What the block that is being read is given; null outside of blocks.
  const std::map<std::string, int64_t> *sizes = nullptr;

private:
  bool number(const JsonValue &value, const AttrDef &def, llvm::StringRef node);
  bool sizeLists(const JsonValue &value, llvm::StringRef node,
                 SizeLists &result);
  bool attribute(const JsonValue &value, const AttrDef &def,
                 llvm::StringRef node, AttrValue &result);
};

/// Adds nodes to a graph: reads them, orders them, gives every node its values
/// and its parameters.
void checkNodes(Reader &reader, Graph &graph, const JsonValue &nodes);
/// The value or input of that name, "node", "node.output" or, for what a layer
/// tells about itself, "node.experts"; with a problem if there is none. The
/// node must have been checked; empty without a problem if it has one.
std::optional<Ref> resolve(Reader &reader, const Graph &graph,
                           const JsonValue &name, llvm::StringRef node = "");
/// The node or ~input that a name begins with, with a problem if there is none.
std::optional<int> resolveBase(Reader &reader, const Graph &graph,
                               const JsonValue &name, llvm::StringRef node);
/// Adds a node that the file does not have, with the defaults of its op.
/// `name` may be in use: no other node can read it.
int addNode(Reader &reader, Graph &graph, llvm::StringRef name, const OpDef &op,
            llvm::ArrayRef<Ref> inputs);
/// Reports nodes that are needed for none of `roots`.
void checkUse(Reader &reader, const Graph &graph, llvm::ArrayRef<Ref> roots);

/// Checks the blocks that nothing runs.
void checkBlocks(Reader &reader);
/// Fills the runs and the values of a node that runs a block, `repeat` or
/// `call`; gives the first value, or nothing after a problem.
std::optional<TensorInfo> checkBlockNode(NodeCheck &check, bool repeats);
/// Finds the nodes that `parameters` name.
void checkOwners(Reader &reader, Graph &graph);

/// What the parameters of a run begin with: `name`, that of the node, and where
/// there are several runs the number of its first layer.
std::string runName(const Node &node, const Run &run, llvm::StringRef name);
/// Takes the name of a parameter or statistic, its shape with the counts of
/// repeats and the node that has it.
using FoundParam =
    llvm::function_ref<void(llvm::StringRef name, llvm::ArrayRef<int64_t> shape,
                            const ParamSpec &spec, const Node &node)>;
/// Calls `found` for each parameter and statistic of the model.
void forEachParam(const Graph &graph, FoundParam found);
/// The same for one node, which may run a block.
void forEachParam(const Node &node, llvm::StringRef name,
                  llvm::ArrayRef<int64_t> counts, FoundParam found);

/// Checks the training section; fills model.training if it is good.
void checkTraining(Reader &reader, const JsonValue &training);
/// Its loss and its metrics; false after a problem.
bool checkLoss(Reader &reader, const JsonValue &training);
bool checkMetrics(Reader &reader, const JsonValue &training);
/// Fills model.routing, as `flag` asks; false after a problem.
bool findRouting(Reader &reader, const JsonValue &flag);
/// How parameters start; false after a problem.
bool checkInits(Reader &reader, const JsonValue &inits);
/// Parameter groups and shadows; false after a problem.
bool checkGroups(Reader &reader, const JsonValue &groups, Training &training);
bool checkShadows(Reader &reader, const JsonValue &json, Training &training);
/// Makes the accuracy a metric, of the first cross-entropy of the loss.
void addAccuracy(Reader &reader);
/// Fills logits and label, from the loss, or the metrics, or else the outputs.
void findLogits(Reader &reader, bool hasTraining);

/// A table of the training section, as in OpDef.
struct SectionDef {
  const char *name;
  const char *doc;
  std::vector<AttrDef> attrs;
};
/// Reads { "op": ..., attributes } by a list of tables; null after a problem.
/// `otherKeys` are read by the caller.
const SectionDef *readSection(Reader &reader, const JsonValue &json,
                              const llvm::Twine &what,
                              llvm::ArrayRef<SectionDef> defs,
                              llvm::ArrayRef<llvm::StringRef> otherKeys,
                              AttrValues &values);
llvm::ArrayRef<SectionDef> initDefs();
llvm::ArrayRef<SectionDef> optimizerDefs();
llvm::ArrayRef<SectionDef> scheduleDefs();
/// The plain attributes of `training`, of a parameter group, of a shadow and of
/// a part of the loss.
llvm::ArrayRef<AttrDef> trainingAttrs();
llvm::ArrayRef<AttrDef> groupAttrs();
llvm::ArrayRef<AttrDef> shadowAttrs();
llvm::ArrayRef<AttrDef> termAttrs();
/// As many patterns may stand in one list.
constexpr size_t maxPatterns = 64;

} // namespace moec::import

#endif // MOEC_LIB_IMPORT_READER_H
