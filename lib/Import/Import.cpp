//===- Import.cpp - JSON models to the moe dialect ----------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "moec/Import.h"
#include "dialects/MoE/MoEOps.h"
#include "lib/Import/Build.h"
#include "lib/Import/Reader.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Verifier.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;
using namespace moec;
using namespace moec::import;

/// The batch of the training section: a number or a dimension, by default the
/// first that is listed. Its problems are checkTraining's.
static int64_t trainingBatch(const JsonValue &root, int64_t fallback) {
  const JsonValue *training = root.find("training");
  const JsonValue *batch = training ? training->find("batch") : nullptr;
  if (batch && batch->isString() && batch->text != "batch")
    if (const JsonValue *dims = root.find("dims"))
      batch = dims->find(batch->text);
  if (batch && batch->isInteger() && batch->integer > 0 &&
      batch->integer <= maxSize)
    return batch->integer;
  return fallback;
}

/// Whether there is anything that evaluation reports of an image.
static bool isEvaluated(const Model &model) {
  auto perImage = [&](Ref ref) { return model.graph.info(ref)->rank() == 1; };
  return llvm::any_of(
             model.metrics,
             [&](const Metric &metric) { return perImage(metric.value); }) ||
         llvm::any_of(model.loss, [&](const LossTerm &term) {
           return llvm::any_of(term.values, perImage);
         });
}

/// All functions share the variables, whatever their batch.
static void checkShared(const Model &first, const Model &other,
                        Problems &problems) {
  struct Found {
    std::string kind, name, shape;
    const Node *node;
  };
  auto collect = [](const Model &model) {
    std::vector<Found> all;
    forEachParam(model.graph, [&](StringRef name, ArrayRef<int64_t> shape,
                                  const ParamSpec &spec, const Node &node) {
      all.push_back({spec.kind().str(), name.str(), toString(shape), &node});
    });
    return all;
  };
  for (const auto &[a, b] : llvm::zip(collect(first), collect(other)))
    if (a.shape != b.shape)
      problems
          .add(*a.node->json,
               a.kind + " '" + a.name + "' depends on the batch size")
          .node(a.node->fullName)
          .expected("one shape for all batch sizes")
          .got(a.shape + " with batch " + Twine(first.batch) + ", " + b.shape +
               " with batch " + Twine(other.batch))
          .fix("use another size than \"batch\", or have one batch size");
}

OwningOpRef<ModuleOp> moec::importModel(StringRef text, StringRef file,
                                        MLIRContext &context,
                                        const ImportOptions &options,
                                        raw_ostream &os) {
  Problems problems;
  std::optional<JsonValue> root = parseJson(text, problems);
  SmallVector<int64_t> batches;
  SmallVector<std::unique_ptr<Model>> models;
  std::unique_ptr<Model> trained;
  bool train = options.train;
  if (root) {
    if (options.trainingOptional && !root->find("training"))
      train = false;
    batches = options.batch ? SmallVector<int64_t>{options.batch}
                            : listedBatches(*root);
    // Shapes, and so problems, may depend on the batch; the same problem is
    // kept once.
    for (int64_t batch : batches)
      models.push_back(checkModel(*root, batch, train, false, problems));
    if (train) {
      int64_t batch =
          options.batch ? options.batch : trainingBatch(*root, batches.front());
      trained = checkModel(*root, batch, true, true, problems);
    }
  }
  if (root && problems.empty()) {
    for (auto &model : models)
      checkShared(*models.front(), *model, problems);
    if (trained)
      checkShared(*models.front(), *trained, problems);
  }
  if (!problems.empty()) {
    // Nothing in the file says what a flag asked for.
    if (root && options.batch) {
      Problems own;
      for (int64_t batch : listedBatches(*root))
        checkModel(*root, batch, train, false, own);
      if (train)
        checkModel(*root, trainingBatch(*root, listedBatches(*root).front()),
                   true, true, own);
      if (own.empty())
        os << "moec: error: --batch " << options.batch
           << " does not fit the model, which is good with its own batch "
              "sizes:\n";
    }
    problems.print(os, file);
    return {};
  }

  context.loadDialect<moe::MoEDialect, func::FuncDialect>();
  OwningOpRef<ModuleOp> module =
      ModuleOp::create(FileLineColLoc::get(&context, file, 1, 1));
  describeModel(*module, trained ? *trained : *models.front());
  for (auto &model : models) {
    // Symbols are unique; the entries have one name, and different batches.
    std::string suffix;
    if (models.size() > 1)
      suffix = "." + std::to_string(model->batch);
    buildEntry(*module, *model, "infer" + suffix, file, EntryKind::Infer);
    if (isEvaluated(*model))
      buildEntry(*module, *model, "eval" + suffix, file, EntryKind::Eval);
  }
  if (trained)
    buildEntry(*module, *trained, "train_step", file, EntryKind::TrainStep);
  if (failed(verify(*module))) {
    os << file
       << ": error: internal: the model built invalid IR; please "
          "report it\n";
    return {};
  }
  return module;
}

OwningOpRef<ModuleOp> moec::importModelFile(StringRef path,
                                            MLIRContext &context,
                                            const ImportOptions &options,
                                            raw_ostream &problems) {
  auto buffer = llvm::MemoryBuffer::getFileOrSTDIN(path);
  if (!buffer) {
    problems << "moec: error: cannot read model '" << path
             << "': " << buffer.getError().message() << '\n';
    return {};
  }
  return importModel((*buffer)->getBuffer(), path == "-" ? "<stdin>" : path,
                     context, options, problems);
}
