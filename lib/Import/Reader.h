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
  Reader(Model &model, Problems &problems) : model(model), problems(problems) {}

  /// Reports what is not an object, and keys that are not known, with the
  /// nearest known one. False if it is no object.
  bool object(const JsonValue &value, const llvm::Twine &what,
              llvm::ArrayRef<llvm::StringRef> keys, llvm::StringRef node = "");
  /// A positive integer or, with `names`, the name of a dimension.
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

private:
  bool attribute(const JsonValue &value, const AttrDef &def,
                 llvm::StringRef node, AttrValue &result);
};

/// Checks the nodes of a block or of the model: reads them, orders them, gives
/// every node its result and its parameters.
void checkNodes(Reader &reader, Graph &graph, const JsonValue &nodes);
/// The node or input of that name, with a problem if there is none.
std::optional<Ref> resolve(Reader &reader, const Graph &graph,
                           const JsonValue &name, llvm::StringRef node = "");
/// Checks the training section; fills model.training if it is good.
void checkTraining(Reader &reader, const JsonValue &training);

/// A table of the training section, as in OpDef.
struct SectionDef {
  const char *name;
  const char *doc;
  std::vector<AttrDef> attrs;
};
llvm::ArrayRef<SectionDef> lossDefs();
llvm::ArrayRef<SectionDef> optimizerDefs();
llvm::ArrayRef<SectionDef> scheduleDefs();
/// The plain attributes of `training`, and those of `auxiliary`.
llvm::ArrayRef<AttrDef> trainingAttrs();
llvm::ArrayRef<AttrDef> auxiliaryAttrs();

} // namespace moec::import

#endif // MOEC_LIB_IMPORT_READER_H
