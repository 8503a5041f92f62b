//===- EntryBuilder.h - Builds one entry -----------------------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_LIB_IMPORT_ENTRYBUILDER_H
#define MOEC_LIB_IMPORT_ENTRYBUILDER_H

#include "dialects/MoE/MoEConventions.h"
#include "lib/Import/Build.h"
#include "lib/Import/Ops.h"
#include "lib/Import/Use.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace moec::import {

/// The parameters and statistics of a node, or what it draws; of a node that
/// runs a block those of the block's nodes, for each run.
struct ValueTree {
  llvm::SmallVector<mlir::Value, 4> values;
  std::vector<std::vector<ValueTree>> runs;
};

class EntryBuilder {
public:
  EntryBuilder(mlir::ModuleOp module, const Model &model, llvm::StringRef file,
               EntryKind kind);

  void run(llvm::StringRef symbol);

private:
  using Value = mlir::Value;
  using Values = llvm::SmallVector<Value, 1>;
  using Trees = std::vector<ValueTree>;

  // Arguments, results and variables (BuildEntry.cpp).
  llvm::SmallVector<Ref> findResults() const;
  Value addArgument(mlir::Type type, mlir::NamedAttribute attr);
  Value addHost(moe::HostValue value, mlir::Type type);
  void addResult(Value value, mlir::NamedAttribute attr);
  void addMetric(Value value, llvm::StringRef name) {
    addResult(value, moe::attr::metric.with(b.getStringAttr(name)));
  }
  void addVariable(llvm::StringRef name, mlir::RankedTensorType type,
                   moe::Role role, llvm::StringRef of, bool decay,
                   moe::InitAttr init);
  Value readVariable(llvm::StringRef name, mlir::Type type);
  void writeVariable(Value value, llvm::StringRef name);
  Value getParameter(llvm::StringRef name, const ParamSpec &spec,
                     llvm::ArrayRef<int64_t> counts, llvm::StringRef shadow);
  Value getStatistic(llvm::StringRef name, const ParamSpec &spec,
                     llvm::ArrayRef<int64_t> counts, llvm::StringRef shadow);
  Trees getParameters(const Use &use, llvm::ArrayRef<int> order,
                      llvm::StringRef prefix, llvm::ArrayRef<int64_t> counts,
                      llvm::StringRef shadow);

  // Nodes (BuildGraph.cpp).
  mlir::Location nodeLoc(const Node &node, llvm::StringRef prefix);
  mlir::RankedTensorType floatType(llvm::ArrayRef<int64_t> shape);
  mlir::RankedTensorType floatType(llvm::ArrayRef<int64_t> counts,
                                   llvm::ArrayRef<int64_t> shape);
  ValueTree makeRandom(const Use &use, int index, llvm::StringRef prefix,
                       llvm::ArrayRef<int64_t> counts, LayerRange range);
  std::vector<Values> buildGraph(const Use &use, llvm::ArrayRef<Value> inputs,
                                 const Trees &params, const Trees *random,
                                 llvm::StringRef prefix);
  Values buildCall(const Use &use, int index, llvm::ArrayRef<Value> inputs,
                   const ValueTree &params, const ValueTree &random,
                   llvm::StringRef prefix);
  Values buildRepeat(const Use &use, int index, llvm::ArrayRef<Value> inputs,
                     const ValueTree &params, const ValueTree &random,
                     llvm::StringRef prefix);
  Value sumUp(mlir::Location loc, Value before, Value stack);
  Value join(mlir::Location loc, Value before, Value stack);
  void buildRun(const Use &use, int index, size_t run,
                llvm::MutableArrayRef<Value> inputs, const Trees &params,
                const Trees &random, llvm::StringRef prefix, Values &results);

  // Losses and updates (BuildTraining.cpp).
  Value valueOf(Ref ref) { return nodeValues[ref.node][ref.value]; }
  Value meanOfBatch(Value value);
  Value scaled(Value value, double factor);
  Value sum(Value total, Value value);
  void buildEvaluation();
  void buildStep();
  void addMoments();
  void buildUpdate(double weightDecay, double factor,
                   llvm::ArrayRef<Value> gradients, Value scale);
  Value shareOfNew(const Shadow &shadow);
  Value averaged(const Shadow &shadow, Value share, Value average,
                 Value parameter);
  void updateShadows();
  void writeStatistics();

  mlir::ModuleOp module;
  const Model &model;
  const Graph &graph;
  llvm::StringRef file;
  EntryKind kind;
  const Training *training; ///< only of train_step
  llvm::SmallVector<Output> outputs;
  mlir::OpBuilder b;

  mlir::Block *body = nullptr;
  llvm::SmallVector<mlir::DictionaryAttr> argAttrs, resultAttrs;
  llvm::SmallVector<Value> results;
  std::vector<Values> nodeValues;
  Value seed, step;
  int64_t streams = 0;

  /// Arguments that are variables.
  llvm::StringMap<Value> variables;
  /// A parameter that the step updates, and its moments by the names of their
  /// variables.
  struct Trained {
    std::string name;
    double weightDecay;
    double rate;    ///< times that of the optimizer
    int64_t layers; ///< of a repeat, over which it is stacked; 1 outside
    Value value;
    llvm::SmallVector<std::string, 2> moments;
    Value updated;
  };
  llvm::SmallVector<Trained> trained;
  /// Parameters in the order in which they were asked for.
  llvm::SmallVector<std::string> parameters;
  /// Names of those that train_step has, with a training section, and of
  /// statistics.
  llvm::StringSet<> inTraining;
  /// Statistics of train_step in the order in which they were asked for.
  llvm::SmallVector<std::string> statistics;
  /// What a statistic is by now, by what it was where the entry, or the layer
  /// of a repeat, began.
  llvm::DenseMap<Value, Value> measured;
  Value newest(Value value) const {
    Value now = measured.lookup(value);
    return now ? now : value;
  }
  Value rate, halfCosine;
};

} // namespace moec::import

#endif // MOEC_LIB_IMPORT_ENTRYBUILDER_H
