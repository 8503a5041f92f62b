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
      batch->integer <= maxElements)
    return batch->integer;
  return fallback;
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
  if (root) {
    batches = options.batch ? SmallVector<int64_t>{options.batch}
                            : listedBatches(*root);
    // Shapes, and so problems, may depend on the batch; the same problem is
    // kept once.
    for (int64_t batch : batches)
      models.push_back(checkModel(*root, batch, options.train, problems));
    if (options.train) {
      int64_t batch =
          options.batch ? options.batch : trainingBatch(*root, batches.front());
      trained = checkModel(*root, batch, true, problems);
    }
  }
  if (!problems.empty()) {
    problems.print(os, file);
    return {};
  }

  context.loadDialect<moe::MoEDialect, func::FuncDialect>();
  OwningOpRef<ModuleOp> module =
      ModuleOp::create(FileLineColLoc::get(&context, file, 1, 1));
  describeModel(*module, trained ? *trained : *models.front());
  for (auto &model : models) {
    std::string name = "infer";
    if (models.size() > 1)
      name += "_b" + std::to_string(model->batch);
    buildFunction(*module, *model, name, file, /*training=*/false);
  }
  if (trained)
    buildFunction(*module, *trained, "loss", file, /*training=*/true);
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
    problems << "error: cannot read model '" << path
             << "': " << buffer.getError().message() << '\n';
    return {};
  }
  return importModel((*buffer)->getBuffer(), path == "-" ? "<stdin>" : path,
                     context, options, problems);
}
